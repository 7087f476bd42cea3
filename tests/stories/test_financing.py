"""Two banks and one document: whoever is shown it second pays out nothing, and neither claim nor title moves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fondaco.core import Instant, Reason, Refusal
from fondaco.hub import Perform, Tick, prove_hub
from fondaco.trade import Deed, financing, fingerprint
from fondaco.trade.invoice import State as Life
from letters import AMOUNT, LetterDesk
from stories.test_invoices import SELLER, InvoiceDesk, accepted, act, begin, invoice, owed, pay, refused
from trades import CARRIER, EXPORTER, TradeDesk, hands_of, signed
from union import HUB, MY1, SG1, SG2, TH1, S, agree

GROUP = fingerprint.GroupKey(7, b"g" * 32)
PAPER = fingerprint.InvoiceFacts("201912345K", "199801234D", "F-7", "2026-11-20", "SGD", 1250_00)
MONTH = financing.REGISTRATION_DAYS * 86_400 * S


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TradeDesk]:
    made = InvoiceDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def prints(**changes: Any) -> tuple[fingerprint.Print, ...]:
    """What a bank of the group makes of the paper that it was shown."""
    return fingerprint.invoice_prints(GROUP, msgspec.structs.replace(PAPER, **changes))


def registering(bank: str, subject: str = "", *hands: str, paper: tuple[fingerprint.Print, ...] = ()) -> Deed:
    body = msgspec.json.encode(financing.Registering(paper, subject))
    return signed(Deed(HUB, bank, "", 0, financing.REGISTER, body), *hands_of(bank), *hands)


def registered(desk: TradeDesk, bank: str, subject: str = "", *hands: str, **more: Any) -> str:
    answer = desk.perform(registering(bank, subject, *hands, **more))
    assert isinstance(answer, str), answer
    return answer.split(" ")[0]


def of(desk: TradeDesk, one: str) -> financing.Financing:
    found = desk.hub.trading.financings.found(one)
    assert found is not None
    return found


def word(desk: TradeDesk, bank: str, action: str, one: str, **body: str) -> Deed:
    return signed(Deed(HUB, bank, one, of(desk, one).version, action, json.dumps(body).encode()))


def say(desk: TradeDesk, bank: str, action: str, one: str, **body: str) -> Refusal | str | None:
    return desk.perform(word(desk, bank, action, one, **body))


def calls(desk: TradeDesk, bank: str) -> list[tuple[str, str]]:
    notices = [json.loads(one.raw)["said"] for one in desk.inbox if one.kind == financing.NOTICE and one.recipient == bank]
    return [(one["likeness"], one["call"]) for one in notices]


def encumber(desk: TradeDesk, one: str, bank: str, kind: str = "financed") -> Refusal | str | None:
    return act(desk, SELLER, "ENCUMBER", one, kind=kind, to=bank)


def test_a_claim_is_financed_released_and_financed_anew(desk: TradeDesk) -> None:
    one = accepted(desk)
    first = registered(desk, MY1, one, SELLER)
    assert first == "FIN-000001" and encumber(desk, one, MY1) == f"{one} 3"
    assert (of(desk, first).state, of(desk, first).bound) == (financing.State.FINANCED, True)
    assert invoice(desk, one).encumbered_to == MY1
    second = registered(desk, TH1, one, SELLER)
    assert refused(encumber(desk, one, TH1)).reason is Reason.OUT_OF_TURN
    assert act(desk, MY1, "RELEASE", one) == f"{one} 4"
    assert of(desk, first).state is financing.State.RELEASED
    assert encumber(desk, one, TH1) == f"{one} 5" and of(desk, second).bound


def test_without_a_registration_nothing_is_financed(desk: TradeDesk) -> None:
    one = accepted(desk)
    registered(desk, TH1, one, SELLER)
    no = refused(encumber(desk, one, MY1))
    assert (no.where, no.article) == ("body.to", "17.1") and MY1 in no.found
    assert invoice(desk, one).encumbrance == "" and sorted(owed(desk, one)) == [-125000, 125000]


@pytest.mark.parametrize("number", ["f-7", "F/7", "F 7.", "Ｆ７"])
def test_the_same_invoice_under_an_edited_number_is_seen_through(desk: TradeDesk, number: str) -> None:
    one, copy = accepted(desk), accepted(desk, number=number)
    assert copy != one
    registered(desk, MY1, one, SELLER)
    assert encumber(desk, one, MY1) == f"{one} 3"
    second = registered(desk, TH1, copy, SELLER)
    assert calls(desk, TH1) == [("EXACT", MY1)] and calls(desk, MY1) == [("EXACT", TH1)]
    for kind in ("financed", "pledged"):
        no = refused(encumber(desk, copy, TH1, kind))
        assert (no.reason, no.where, no.article) == (Reason.OUT_OF_TURN, "body.to", "17.1") and MY1 not in no.found
    assert refused(say(desk, TH1, "PAY_OUT", second, seen="we looked")).found == f"EXACT, call {MY1}"
    assert invoice(desk, copy).encumbrance == "" and sorted(owed(desk, copy)) == [-125000, 125000]
    # The first bank cannot give it to itself twice either.
    assert refused(desk.perform(registering(MY1, copy, SELLER))).found == "registered already as FIN-000001"


def test_a_copy_on_paper_that_another_bank_financed_is_seen(desk: TradeDesk) -> None:
    outside = registered(desk, MY1, paper=prints())
    assert say(desk, MY1, "PAY_OUT", outside) == f"{outside} 2"
    one = accepted(desk)
    registered(desk, TH1, one, SELLER, paper=prints(number="f 7"))
    assert refused(encumber(desk, one, TH1)).article == "17.1"
    assert say(desk, MY1, "REPAY", outside) == f"{outside} 3"
    assert encumber(desk, one, TH1) == f"{one} 3"


@pytest.mark.parametrize("faster", [MY1, TH1])
def test_two_banks_race_and_one_pays_out(desk: TradeDesk, faster: str) -> None:
    """Both register and pay out in one batch, as it comes: the earlier registration wins, whoever says first that it pays."""
    slower = TH1 if faster == MY1 else MY1
    desk.now = Instant(desk.now + S)
    results = desk.hub.process(
        [
            Perform(registering(faster, paper=prints())),
            Perform(registering(slower, paper=prints())),
            Perform(signed(Deed(HUB, slower, "FIN-000002", 1, "PAY_OUT", b'{"seen": "a copy"}'))),
            Perform(signed(Deed(HUB, faster, "FIN-000001", 1, "PAY_OUT", b'{"seen": "called them"}'))),
            Perform(signed(Deed(HUB, slower, "FIN-000002", 1, "PAY_OUT", b'{"seen": "again"}'))),
        ],
        desk.now,
    )
    assert [isinstance(one, Refusal) for one in results] == [False, False, True, False, True]
    desk.hub.flush()
    assert of(desk, "FIN-000001").state is financing.State.FINANCED
    assert of(desk, "FIN-000002").state is financing.State.REGISTERED
    assert say(desk, slower, "WITHDRAW", "FIN-000002") == "FIN-000002 2"


def test_two_banks_race_for_two_copies_in_the_hub(desk: TradeDesk) -> None:
    one, copy = accepted(desk), accepted(desk, number="F7")
    registered(desk, MY1, one, SELLER)
    registered(desk, TH1, copy, SELLER)
    said = b'{"kind": "financed", "to": "%s"}'
    second = signed(Deed(HUB, SELLER, copy, 2, "ENCUMBER", said % TH1.encode()))
    first = signed(Deed(HUB, SELLER, one, 2, "ENCUMBER", said % MY1.encode()))
    assert say(desk, MY1, "PAY_OUT", "FIN-000001", seen="called them") == "FIN-000001 2"
    desk.now = Instant(desk.now + S)
    results = desk.hub.process([Perform(second), Perform(first)], desk.now)
    desk.hub.flush()
    assert isinstance(results[0], Refusal) and results[1] == f"{one} 3"
    assert (invoice(desk, one).encumbered_to, invoice(desk, copy).encumbered_to) == (MY1, "")


def test_what_is_alike_in_part_waits_for_a_word(desk: TradeDesk) -> None:
    one, other = accepted(desk), accepted(desk, number="F-8")
    registered(desk, MY1, one, SELLER)
    assert encumber(desk, one, MY1) == f"{one} 3"
    second = registered(desk, TH1, other, SELLER)
    assert calls(desk, TH1) == [("LIKELY", MY1)]
    no = refused(encumber(desk, other, TH1))
    assert no.reason is Reason.ELEMENT_MISSING and MY1 not in no.found
    assert say(desk, TH1, "PAY_OUT", second, seen="two deliveries, both notes seen") == f"{second} 2"
    assert encumber(desk, other, TH1) == f"{other} 3"


def test_a_bank_needs_the_word_of_whose_it_is(desk: TradeDesk) -> None:
    one = accepted(desk)
    no = refused(desk.perform(registering(TH1, one)))
    assert (no.where, no.reason) == ("signatures", Reason.ROLE_NOT_HELD)
    assert registered(desk, SG2, one) == "FIN-000001", "its own customer's claim"
    for subject in ("INV-000099", "ETR-000001", "LC-000001/P1", "CON-000001", f"{one}/P1"):
        assert refused(desk.perform(registering(SG2, subject))).where == "body.subject"
    no = refused(begin(desk, SELLER, financing.REGISTER, subject=one))
    assert no.reason is Reason.ROLE_NOT_HELD
    assert (
        refused(begin(desk, SG2, financing.REGISTER, subject=one, prints=[["F1.invoice", 0, "a" * 64]])).where == "prints/0/kind"
    )


def test_what_is_paid_is_repaid(desk: TradeDesk) -> None:
    one = accepted(desk)
    first = registered(desk, SG2, one)
    assert encumber(desk, one, SG2) == f"{one} 3"
    no = refused(say(desk, SG2, "REPAY", first))
    assert no.article == "17.4" and of(desk, first).state is financing.State.FINANCED
    assert act(desk, SG2, "RECEIPT", one, reference="R-1", amount="1000.00") == f"{one} 4"
    assert of(desk, first).state is financing.State.FINANCED, "a part is owed still"
    assert act(desk, SG2, "RECEIPT", one, reference="R-2", amount="250.00") == f"{one} 5"
    assert invoice(desk, one).state is Life.PAID and of(desk, first).state is financing.State.RELEASED
    assert len(desk.hub.trading.financings.book) == 0


def test_what_the_hub_settles_ends_the_financing(desk: TradeDesk) -> None:
    one = accepted(desk, seller=SELLER)
    first = registered(desk, SG2, one)
    assert act(desk, SELLER, "ENCUMBER", one, kind="pledged", to=SG2) == f"{one} 3"
    pay(desk, one, creditor="Bank B")
    # A member that is owed the money is paid by its BIC: the payment reaches its own bank.
    assert invoice(desk, one).state is Life.PAID and of(desk, first).state is financing.State.RELEASED


def test_a_registration_lapses_also_after_a_restart(tmp_path: Path) -> None:
    desk: TradeDesk = InvoiceDesk(tmp_path / "hub")
    one = accepted(desk)
    registered(desk, MY1, one, SELLER)
    second = registered(desk, TH1, one, SELLER)
    assert encumber(desk, one, TH1) != f"{one} 3", "the first registration has the better right"
    until = of(desk, "FIN-000001").until
    desk = desk.again()
    assert len(desk.hub.trading.financings.book) == 2
    desk.now = Instant(until - 2 * S)
    desk.do(Tick())
    assert of(desk, "FIN-000001").state is financing.State.REGISTERED
    desk.do(Tick())
    assert of(desk, "FIN-000001").state is financing.State.RELEASED
    assert of(desk, second).state is financing.State.REGISTERED, "it came one second later"
    desk.close()


def test_a_record_is_pledged_once(desk: TradeDesk) -> None:
    bill = desk.issue()
    terms = {"secured": "SGD 1000.00", "power": "HOLD", "due": "2026-12-01"}
    assert desk.act(EXPORTER, "PLEDGE", bill, pledgee=MY1, **terms) == f"{bill} 3"
    no = refused(desk.act(MY1, "ACCEPT_PLEDGE", bill))
    assert (no.where, no.article) == ("pledge", "17.1") and desk.holder(bill) == EXPORTER
    first = registered(desk, MY1, bill)
    assert desk.act(MY1, "ACCEPT_PLEDGE", bill) == f"{bill} 4" and of(desk, first).bound
    # The same bill on paper, under its carrier's code and number: no other bank of the group is to be fooled with it.
    assert say(desk, MY1, "REPAY", first) != f"{first} 3"
    assert desk.act(MY1, "RELEASE", bill) == f"{bill} 5"
    assert of(desk, first).state is financing.State.RELEASED


def test_the_same_goods_under_a_second_bill_are_seen(desk: TradeDesk) -> None:
    """Two bills of lading with one container, seal and day: the second bank must say what it found."""
    day = {"shippedOnBoardDate": "2026-11-25"}
    bill, other = desk.issue("SLT0001", **day), desk.issue("SLT0002", **day)
    terms = {"secured": "SGD 1000.00", "power": "HOLD", "due": "2026-12-01"}
    for each, bank in ((bill, MY1), (other, TH1)):
        assert desk.act(EXPORTER, "PLEDGE", each, pledgee=bank, **terms) == f"{each} 3"
        registered(desk, bank, each)
    assert calls(desk, TH1) == [("LIKELY", MY1)]
    assert refused(desk.act(MY1, "ACCEPT_PLEDGE", bill)).reason is Reason.ELEMENT_MISSING, "the first is told of the second too"
    assert say(desk, MY1, "PAY_OUT", "FIN-000001", seen="the carrier says the second is void") == "FIN-000001 2"
    assert desk.act(MY1, "ACCEPT_PLEDGE", bill) == f"{bill} 4"
    assert refused(desk.act(TH1, "ACCEPT_PLEDGE", other)).reason is Reason.ELEMENT_MISSING
    assert desk.record(other).pledge is not None and desk.record(other).holder == EXPORTER


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def test_documents_are_negotiated_by_a_bank_that_registered_them(letters: LetterDesk) -> None:
    bank = {"name": "Bank A", "id": TH1}
    credit = letters.issued(available_by="NEGOTIATION", available_with=bank)
    bill = letters.issue()
    letters.act(
        EXPORTER, "OFFER_AGAINST", bill, recipient=TH1, until=letters.until(30 * 86_400), against="PAYMENT", reference=credit,
        endorsement="ENDORSE_TO_ORDER",
    )  # fmt: skip
    letters.done(EXPORTER, "PRESENTED", credit, bank=TH1, currency="THB", amount=AMOUNT)
    letters.done(TH1, "FOUND_COMPLYING", credit, presentation=1)
    books = letters.standing(credit)
    no = refused(letters.say(TH1, "NEGOTIATED", credit, presentation=1))
    assert (no.where, no.article) == ("body.presentation", "17.1")
    assert letters.letter(credit).presentations[0].state.value == "COMPLYING" and letters.standing(credit) == books
    first = registered(letters, TH1, f"{credit}/P1")
    letters.done(TH1, "NEGOTIATED", credit, presentation=1)
    assert of(letters, first).bound and of(letters, first).subject == f"{credit}/P1"
    letters.done(TH1, "FORWARDED", credit, presentation=1, to=SG1)
    letters.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    payment = letters.credit_payment(f"{credit}/P2")
    letters.answer(payment)
    assert letters.letter(credit).presentations[0].state.value in ("REIMBURSED", "SETTLED")
    assert of(letters, first).state is financing.State.RELEASED


def test_an_undertaking_is_discounted_by_a_bank_that_registered_it(letters: LetterDesk) -> None:
    deferred = {"available_by": "DEFERRED_PAYMENT", "deferred": {"event": "AFTER_SIGHT", "days": 30}}
    credit = letters.issued(**deferred)
    letters.done(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT)
    letters.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    letters.done(SG1, "UNDERTAKEN", credit, presentation=1)
    subject = f"{credit}/U1"
    no = refused(letters.say(EXPORTER, "DISCOUNTED", credit, undertaking=1, to=SG2))
    assert (no.where, no.article) == ("body.to", "17.1")
    assert refused(letters.perform(registering(SG2, subject))).where == "signatures"
    first = registered(letters, SG2, subject, EXPORTER)
    letters.done(EXPORTER, "DISCOUNTED", credit, undertaking=1, to=SG2)
    assert of(letters, first).bound and letters.letter(credit).undertakings[0].creditor == SG2
    assert CARRIER not in json.dumps(calls(letters, SG2))

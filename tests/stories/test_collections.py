"""Documents are collected: title against payment or acceptance, through two banks, in two currencies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from collections_desk import COL, REM, CollectionDesk
from fondaco.core import Reason, Refusal
from fondaco.hub import SwapLists, prove_hub
from fondaco.payments import Payment, State
from fondaco.trade import collection
from stories.test_rules_change import next_day
from trades import CARRIER, EXPORTER, IMPORTER
from union import MY1, SG1, TH1, agree, newly_listed

S = collection.State


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[CollectionDesk]:
    made = CollectionDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def presented(desk: CollectionDesk) -> tuple[str, str, str, str]:
    """A collection against payment whose bill of lading is offered to the drawee: its number, the bill, the offer, the amount."""
    baht = desk.arrives()
    bill = desk.blank_bill()
    number = desk.instruct(baht, bill)
    desk.present(number, bill)
    return number, bill, desk.offered_under(bill, number), baht


def minor(text: str) -> int:
    return int(text.replace(".", ""))


def refused(answer: object, reason: Reason, where: str) -> None:
    assert isinstance(answer, Refusal), answer
    assert (answer.reason, answer.where) == (reason, where), answer.sentence()


def test_a_collection_against_payment_from_instruction_to_proceeds(desk: CollectionDesk) -> None:
    number, bill, lock, baht = presented(desk)
    assert number == "COL-000001" and desk.with_whom(bill) == COL
    assert desk.memoranda(number) == {"COLLECTION_CLAIM": -minor(baht), "COLLECTION_LIABILITY": minor(baht)}
    before = desk.balance(TH1, "THB")
    payment = desk.pay_collection(lock, baht)
    assert payment.state is State.OFFERED, payment.refusal
    assert payment.legs >= 3 and desk.with_whom(bill) == COL and desk.collection().state is S.PRESENTED
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED
    assert desk.holder(bill) == IMPORTER and desk.balance(TH1, "THB") - before == minor(baht)
    paid = desk.collection()
    assert paid.state is S.PAID and paid.paid == paid.amount == minor(baht) and desk.memoranda(number) == {}
    title = json.loads(desk.hub.trading.records.events(desk.record(bill))[-1].text)
    assert title["action"] == "SETTLE" and paid.batches == (title["batch"],)
    assert any(mail.recipient == REM and mail.kind == "MT400" for mail in desk.inbox)
    # The importer has the goods: nothing binds the bill any more, and the proceeds do not wait for it.
    assert isinstance(desk.act(IMPORTER, "SURRENDER_FOR_DELIVERY", bill), str)
    assert desk.say(REM, "PROCEEDS_REMITTED", number, text="less charges") == f"{number} 6"
    assert desk.say(REM, "CLOSED", number) == f"{number} 7"


def test_the_memoranda_go_in_the_very_chain_that_pays(desk: CollectionDesk) -> None:
    _, _, lock, baht = presented(desk)
    desk.answer(desk.pay_collection(lock, baht))
    events = [event for _, event, _ in desk.hub.books.history()]
    posted = next(at for at, event in enumerate(events) if event.id >> 64 == events[-1].id >> 64)
    chain = events[posted:]
    assert len(chain) >= 4 and all(event.flags & 1 for event in chain[:-1]) and not chain[-1].flags & 1
    assert chain[-1].amount == minor(baht) and chain[-1].pending_id == 0


def test_a_collection_against_acceptance_is_paid_at_its_maturity(desk: CollectionDesk) -> None:
    baht, bill = desk.arrives(), desk.blank_bill()
    number = desk.instruct(baht, bill, terms="DA", tenor={"event": "AFTER_SIGHT", "days": 1})
    desk.present(number, bill)
    refused(desk.say(IMPORTER, "ACCEPTED", number), Reason.OUT_OF_TURN, "records")
    refused(desk.act(COL, "OFFER_AGAINST", bill, recipient=IMPORTER, until=desk.until(60), against="PAYMENT", reference=number),
            Reason.OUT_OF_TURN, "action")  # fmt: skip
    desk.offered_under(bill, number, "ACCEPTANCE")
    assert desk.say(IMPORTER, "ACCEPTED", number) == f"{number} 5"
    assert desk.holder(bill) == IMPORTER and desk.record(bill).seq
    assert desk.memoranda(number) == {
        "COLLECTION_CLAIM": -minor(baht), "COLLECTION_LIABILITY": minor(baht),
        "OBLIGATION_CLAIM": -minor(baht), "OBLIGATION_LIABILITY": minor(baht),
    }  # fmt: skip
    # What was released is the drawee's: it takes the goods, and owes the money all the same.
    assert isinstance(desk.act(IMPORTER, "SURRENDER_FOR_DELIVERY", bill), str)
    assert isinstance(desk.act(CARRIER, "SACC", bill), str)
    early = desk.pay_collection(number, baht)
    assert early.state is State.REJECTED and early.refusal is not None and early.refusal.reason is Reason.OUT_OF_TURN
    assert next_day(desk) is None
    desk.quotes()
    desk.wait(3_600)
    assert desk.collection().state is S.MATURED and desk.collection().matures_on == "2026-11-25"
    desk.quotes()
    before = desk.balance(TH1, "THB")
    payment = desk.pay_collection(number, baht, day="2026-11-25")
    assert payment.state is State.OFFERED, payment.refusal
    twice = desk.pay_collection(number, baht, day="2026-11-25")
    assert twice.refusal is not None and "another payment" in twice.refusal.found
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED and desk.balance(TH1, "THB") - before == minor(baht)
    assert desk.collection().state is S.PAID and desk.memoranda(number) == {}
    assert len(desk.collection().batches[0]) == 64


def test_what_the_drawee_refuses_goes_back(desk: CollectionDesk) -> None:
    number, bill, lock, baht = presented(desk)
    assert desk.say(IMPORTER, "DISHONOURED", number, text="the goods are late") == f"{number} 5"
    late = desk.pay_collection(lock, baht)
    assert late.state is State.REJECTED and late.refusal is not None and late.refusal.reason is Reason.OUT_OF_TURN
    assert desk.say(REM, "RE_INSTRUCTED", number, direction="RETURN") == f"{number} 6"
    refused(desk.say(COL, "DOCS_RETURNED", number), Reason.OUT_OF_TURN, "records")
    assert isinstance(desk.act(COL, "WITHDRAW", bill), str)
    desk.hand_over(bill, COL, REM)
    assert desk.say(COL, "DOCS_RETURNED", number) == f"{number} 7" and desk.memoranda(number) == {}
    desk.hand_over(bill, REM, EXPORTER)
    assert desk.say(REM, "CLOSED", number) == f"{number} 8"
    assert desk.holder(bill) == EXPORTER
    # It is the exporter's again, and may be sold to somebody else.
    assert isinstance(desk.act(EXPORTER, "TRANSFER", bill, recipient=IMPORTER, until=desk.until(600)), str)


@pytest.mark.parametrize("by", [-1, 1])
def test_one_minor_unit_too_little_or_too_much_moves_neither_title_nor_money(desk: CollectionDesk, by: int) -> None:
    number, bill, lock, baht = presented(desk)
    wrong = minor(baht) + by
    books = desk.books()
    payment = desk.pay_collection(lock, f"{wrong // 100}.{wrong % 100:02d}")
    assert payment.state is State.REJECTED and payment.refusal is not None
    assert (payment.refusal.reason, payment.refusal.where) == (Reason.AMOUNT_DIFFERS, "CdtTrfTxInf/InstdAmt")
    assert desk.books() == books and desk.with_whom(bill) == COL and desk.collection().state is S.PRESENTED
    desk.answer(desk.pay_collection(lock, baht))
    assert desk.holder(bill) == IMPORTER and desk.collection(number).state is S.PAID


def test_nobody_says_that_it_is_paid(desk: CollectionDesk) -> None:
    number, bill, lock, baht = presented(desk)
    books = desk.books()
    for who in (COL, REM, IMPORTER, EXPORTER):
        refused(desk.say(who, "PAID", number, batch="0" * 64, currency="THB", amount=baht), Reason.ROLE_NOT_HELD, "actor")
    refused(desk.say("", "PAID", number, f"{COL} maker", f"{COL} checker", batch="0" * 64, currency="THB", amount=baht),
            Reason.ROLE_NOT_HELD, "signatures")  # fmt: skip
    refused(desk.say(COL, "PART_PAID", number), Reason.CODE_UNKNOWN, "action")
    assert desk.books() == books and desk.with_whom(bill) == COL and lock == desk.record(bill).lock_id()


def test_a_drawee_whom_new_lists_name_gets_nothing_and_pays_nothing(desk: CollectionDesk) -> None:
    number, bill, lock, baht = presented(desk)
    in_flight = desk.pay_collection(lock, baht)
    assert in_flight.state is State.OFFERED
    before = desk.balance(TH1, "THB")
    assert not isinstance(desk.do(SwapLists(newly_listed(desk, "Tan Wei Trading"))), Refusal)
    desk.answer(in_flight)
    assert desk.see(in_flight).state is not State.SETTLED
    again = desk.pay_collection(lock, baht)
    assert again.state is not State.OFFERED and again.state is not State.SETTLED
    assert desk.with_whom(bill) == COL and desk.balance(TH1, "THB") == before and desk.collection().state is S.PRESENTED
    refused(desk.say(COL, "DISHONOURED", number), Reason.REGULATORY, "")


def test_parts_are_taken_only_where_the_instruction_says_so_and_release_nothing(desk: CollectionDesk) -> None:
    baht, bill = desk.arrives("200.00"), desk.blank_bill()
    half = desk.arrives()
    number = desk.instruct(baht, bill, part_payment=True)
    desk.present(number, bill)
    part = desk.pay_collection(number, half)
    assert part.state is State.OFFERED, part.refusal
    desk.answer(part)
    rest = minor(baht) - minor(half)
    assert desk.collection().state is S.PRESENTED and desk.collection().outstanding == rest and desk.with_whom(bill) == COL
    assert desk.memoranda(number) == {"COLLECTION_CLAIM": -rest, "COLLECTION_LIABILITY": rest}
    # The last part carries the title: without it the collection does not take the rest.
    text = f"{rest // 100}.{rest % 100:02d}"
    bare = desk.pay_collection(number, text)
    assert bare.state is State.REJECTED and bare.refusal is not None and "must be with" in bare.refusal.found
    last = desk.pay_collection(desk.offered_under(bill, number), text)
    assert last.state is State.OFFERED, last.refusal
    desk.answer(last)
    assert desk.holder(bill) == IMPORTER and desk.memoranda(number) == {} and desk.collection().state is S.PAID
    whole = desk.instruct(half, terms="DP")
    desk.present(whole)
    short = desk.pay_collection(whole, f"{minor(half) // 100 - 1}.00")
    assert short.state is State.REJECTED and short.refusal is not None and short.refusal.article == "URC522.19b"


def test_what_is_decided_while_the_payees_bank_thinks_is_what_counts(desk: CollectionDesk) -> None:
    number, bill, lock, baht = presented(desk)
    payment = desk.pay_collection(lock, baht)
    before = desk.balance(SG1, "SGD"), desk.balance(TH1, "THB")
    assert isinstance(desk.say(COL, "DISHONOURED", number), str)
    desk.answer(payment)
    ended = desk.see(payment)
    assert ended.state is State.REJECTED and desk.with_whom(bill) == COL and desk.balance(TH1, "THB") == before[1]
    assert desk.collection().state is S.DISHONOURED and desk.balance(SG1, "SGD") >= before[0]


def test_a_record_that_is_out_for_collection_goes_nowhere_else(desk: CollectionDesk) -> None:
    baht, bill = desk.arrives(), desk.blank_bill()
    number = desk.instruct(baht, bill)
    free = desk.blank_bill("SLT0002")
    until = desk.until(600)
    refused(desk.act(EXPORTER, "TRANSFER", bill, recipient=IMPORTER, until=until), Reason.OUT_OF_TURN, "action")
    refused(desk.say(REM, "SENT", number), Reason.OUT_OF_TURN, "records")
    desk.present(number, bill)
    for action, more in (
        ("TRANSFER", {"recipient": IMPORTER, "until": until}),
        ("OFFER_AGAINST", {"recipient": IMPORTER, "until": until, "against": "PAYMENT", "reference": f"SGD 1.00 {SG1}"}),
        ("OFFER_AGAINST", {"recipient": IMPORTER, "until": until, "against": "ACCEPTANCE", "reference": number}),
        ("PLEDGE", {"pledgee": MY1, "secured": "SGD 1.00", "power": "ENFORCE", "due": "2026-12-01"}),
        ("ENDORSE", {"recipient": IMPORTER}),
        ("SURRENDER_FOR_DELIVERY", {}),
    ):
        refused(desk.act(COL, action, bill, **more), Reason.OUT_OF_TURN, "action")
    stray = desk.act(EXPORTER, "OFFER_AGAINST", free, recipient=IMPORTER, until=until, against="PAYMENT", reference=number)
    refused(stray, Reason.NOT_FOUND, "body.reference")
    assert desk.with_whom(bill) == COL


def test_a_record_that_is_on_offer_to_others_is_not_sent_for_collection(desk: CollectionDesk) -> None:
    bill, free = desk.blank_bill(), desk.blank_bill("SLT0002")
    assert isinstance(desk.act(EXPORTER, "TRANSFER", bill, recipient=IMPORTER, until=desk.until(600)), str)
    said = {"remitting_bank": REM, "collecting_bank": COL, "drawee": IMPORTER, "currency": "THB", "amount": "10.00"}
    refused(desk.say(EXPORTER, "INSTRUCTED", **said, records=[free, bill]), Reason.OUT_OF_TURN, "records")
    assert isinstance(desk.act(EXPORTER, "WITHDRAW", bill), str)
    # What is already on its way to the bank that is instructed may be.
    assert isinstance(desk.act(EXPORTER, "TRANSFER", bill, recipient=REM, until=desk.until(600)), str)
    assert isinstance(desk.say(EXPORTER, "INSTRUCTED", **said, records=[free, bill]), str)


@pytest.mark.parametrize(
    ("more", "reason", "where"),
    [
        ({"remitting_bank": MY1}, Reason.ROLE_NOT_HELD, "remitting_bank"),
        ({"collecting_bank": "ZZNOSG01"}, Reason.NOT_FOUND, "collecting_bank"),
        ({"drawee": "NOBODY-AT-ALL"}, Reason.NOT_FOUND, "drawee"),
        ({"drawee": COL}, Reason.ELEMENT_NOT_ADMITTED, "drawee"),
        ({"currency": "KRW", "amount": "1000"}, Reason.CURRENCY_NOT_HELD, "currency"),
        ({"records": ["ETR-000009"]}, Reason.NOT_FOUND, "records"),
        ({"amount": "1000.001"}, Reason.DECIMALS_WRONG, "amount"),
        ({"surprise": 1}, Reason.MALFORMED, "$"),
    ],
)
def test_an_instruction_that_nobody_could_carry_out_is_refused(
    desk: CollectionDesk, more: dict[str, object], reason: Reason, where: str
) -> None:
    bill = desk.blank_bill()
    said = {
        "remitting_bank": REM,
        "collecting_bank": COL,
        "drawee": IMPORTER,
        "currency": "THB",
        "amount": "10.00",
        "records": [bill],
    }
    refused(desk.say(EXPORTER, "INSTRUCTED", **{**said, **more}), reason, where)
    assert desk.hub.trading.collections.collection("COL-000001") is None
    desk.instruct("10.00", bill)
    refused(desk.say(EXPORTER, "INSTRUCTED", **said), Reason.OUT_OF_TURN, "records")


def test_a_payment_for_a_collection_that_is_not_there_is_refused(desk: CollectionDesk) -> None:
    payment: Payment = desk.pay_collection("COL-000007", "1.00")
    assert payment.state is State.REJECTED and payment.refusal is not None and payment.refusal.reason is Reason.NOT_FOUND


def test_an_electronic_bill_of_exchange_stays_with_the_bank_until_it_is_paid(desk: CollectionDesk) -> None:
    """The goods go against acceptance, the accepted bill against the money at its maturity."""
    baht, lading = desk.arrives(), desk.blank_bill()
    draft = desk.blank_bill("SLT0002")  # stands for the bill: what the register moves is a record of any kind
    number = desk.instruct(baht, lading, draft, terms="DA", tenor={"event": "AFTER_SIGHT", "days": 1}, bill=draft)
    desk.present(number, lading, draft)
    desk.offered_under(lading, number, "ACCEPTANCE")
    assert isinstance(desk.say(IMPORTER, "ACCEPTED", number), str)
    assert (desk.with_whom(lading), desk.with_whom(draft)) == (IMPORTER, COL)
    assert next_day(desk) is None
    desk.wait(3_600)
    desk.quotes()
    bare = desk.pay_collection(number, baht, day="2026-11-25")
    assert bare.state is State.REJECTED, "the bill is handed over with the money, or there is no money"
    assert bare.refusal is not None and f"{draft} is with {COL}" in bare.refusal.found
    payment = desk.pay_collection(desk.offered_under(draft, number), baht, day="2026-11-25")
    assert payment.state is State.OFFERED, payment.refusal
    desk.answer(payment)
    assert desk.holder(draft) == IMPORTER and desk.collection().state is S.PAID and desk.memoranda(number) == {}

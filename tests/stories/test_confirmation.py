"""A confirmed credit through the hub: two banks are bound, each examines on its own, and neither's decision is the other's (UCP 600 article 8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import Reason
from fondaco.hub import prove_hub
from fondaco.payments import State
from letters import AMOUNT, DISCREPANCIES, MINOR, LetterDesk, refused
from trades import EXPORTER, IMPORTER, named
from union import SG1, TH1, TH2, agree

ENGAGED_ALONE = {("CONTINGENT_CLAIM", SG1): -MINOR, ("CONTINGENT_LIABILITY", SG1): MINOR}
ENGAGED = {(f"CONTINGENT_{side}", bank): sign * MINOR for bank in (SG1, TH2) for side, sign in (("CLAIM", -1), ("LIABILITY", 1))}
AT_TH2: dict[str, Any] = {
    "confirmation": "CONFIRM",
    "confirming_bank": {"name": "Bank B", "id": TH2},
    "available_with": {"name": "Bank B", "id": TH2},
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def confirmed(desk: LetterDesk, **changes: Any) -> str:
    credit = desk.issued(**AT_TH2, **changes)
    desk.done(TH2, "CONFIRMED", credit)
    return credit


def presented(desk: LetterDesk, credit: str, bank: str = TH2, bill: str = "", **more: Any) -> str:
    """The exporter's documents with their bill at a bank; returns the bill."""
    bill = bill or desk.issue()
    desk.offered(bill, credit, to=bank)
    desk.done(EXPORTER, "PRESENTED", credit, bank=bank, currency="THB", amount=AMOUNT, records=[bill], **more)
    return bill


def pay(desk: LetterDesk, name: str) -> None:
    """The confirming bank pays in baht what it owes the exporter."""
    desk.paid(desk.pay(TH2, TH1, AMOUNT, "THB", urgent=True, extra=named(name)))


def shown(desk: LetterDesk, credit: str) -> list[str]:
    return [one.state.value for one in desk.letter(credit).presentations]


def test_a_confirming_bank_that_paid_has_no_recourse_when_the_issuing_bank_refuses(desk: LetterDesk) -> None:
    """One bank sees what the other did not: the exporter keeps its money, the confirming bank keeps the bill, the issuing bank owes nothing."""
    credit = confirmed(desk)
    assert desk.standing(credit) == ENGAGED
    baht = desk.balance(TH1, "THB")
    bill = presented(desk, credit)
    refused(desk.say(SG1, "FOUND_COMPLYING", credit, presentation=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.14a")
    desk.done(TH2, "FOUND_COMPLYING", credit, presentation=1)
    # It honours before it passes anything on: it is bound itself.
    refused(desk.say(TH2, "FORWARDED", credit, presentation=1, to=SG1), Reason.OUT_OF_TURN, "presentation", "UCP600.8a")
    pay(desk, desk.lock(bill))
    assert desk.balance(TH1, "THB") == baht + MINOR and {who for _, who in desk.standing(credit)} == {SG1}
    desk.offered(bill, credit, giver=TH2)
    desk.done(TH2, "FORWARDED", credit, presentation=1, to=SG1)
    desk.done(SG1, "FOUND_DISCREPANT", credit, presentation=2, discrepancies=DISCREPANCIES)
    desk.done(SG1, "NOTICE_GIVEN", credit, presentation=2, discrepancies=DISCREPANCIES, disposal="RETURN")
    assert shown(desk, credit) == ["UNREIMBURSED", "RETURNED"]
    assert desk.credit_payment(desk.lock(bill), to=TH2).state is State.REJECTED
    assert desk.balance(TH1, "THB") == baht + MINOR and desk.record(bill).holder == TH2
    assert desk.standing(credit) == {}
    desk.to_day("2026-12-21")
    assert desk.letter(credit).issue.state.value == "CLOSED"


def test_each_bank_has_days_of_its_own_and_silence_binds_the_one_that_was_silent(desk: LetterDesk) -> None:
    credit = confirmed(desk)
    bill = presented(desk, credit)
    desk.to_day("2026-12-02")
    assert shown(desk, credit) == ["PRECLUDED"]
    late = desk.say(TH2, "NOTICE_GIVEN", credit, presentation=1, discrepancies=DISCREPANCIES, disposal="RETURN")
    refused(late, Reason.OUT_OF_TURN, "presentation", "UCP600.16c")
    pay(desk, desk.lock(bill))
    desk.offered(bill, credit, giver=TH2)
    desk.done(TH2, "FORWARDED", credit, presentation=1, to=SG1)
    # What bound the one binds the other to nothing: it sees for itself, in five days of its own.
    assert shown(desk, credit)[1] == "UNDER_EXAMINATION"
    desk.to_day("2026-12-08")
    assert shown(desk, credit)[1] == "UNDER_EXAMINATION"
    # The 10th is no business day in Thailand.
    desk.to_day("2026-12-11")
    assert shown(desk, credit)[1] == "PRECLUDED"
    desk.quotes()
    desk.paid(desk.credit_payment(desk.lock(bill), to=TH2))
    assert desk.standing(credit) == {} and desk.record(bill).holder == SG1


def test_what_the_confirming_bank_refuses_the_issuing_bank_may_still_take(desk: LetterDesk) -> None:
    credit = confirmed(desk)
    bill = presented(desk, credit)
    desk.done(TH2, "FOUND_DISCREPANT", credit, presentation=1, discrepancies=DISCREPANCIES)
    desk.done(TH2, "NOTICE_GIVEN", credit, presentation=1, discrepancies=DISCREPANCIES, disposal="RETURN")
    one_only = desk.pay(TH2, TH1, AMOUNT, "THB", urgent=True, extra=named(desk.lock(bill)))
    assert one_only.state is State.REJECTED and desk.standing(credit) == ENGAGED
    assert isinstance(desk.act(EXPORTER, "WITHDRAW", bill), str)
    presented(desk, credit, SG1, bill)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    desk.paid(desk.credit_payment(desk.lock(bill)))
    # The issuing bank's payment discharges both.
    assert desk.standing(credit) == {} and desk.record(bill).holder == SG1


def test_a_bank_that_will_not_confirm_is_bound_by_no_silence(desk: LetterDesk) -> None:
    credit = desk.issued(**AT_TH2)
    refused(desk.say(SG1, "CONFIRMED", credit), Reason.ROLE_NOT_HELD, "actor", "UCP600.8")
    desk.done(TH2, "CONFIRMATION_DECLINED", credit, text="no line for it")
    refused(desk.say(TH2, "CONFIRMED", credit), Reason.OUT_OF_TURN, "confirmation", "UCP600.8")
    assert {who for _, who in desk.standing(credit)} == {SG1}
    presented(desk, credit)
    desk.to_day("2026-12-07")
    assert shown(desk, credit) == ["UNDER_EXAMINATION"]
    assert desk.pay(TH2, TH1, AMOUNT, "THB", urgent=True, extra=named(f"{credit}/P1")).state is State.REJECTED


def test_a_confirming_bank_that_undertook_pays_at_maturity_and_is_reimbursed_on_the_same_day(desk: LetterDesk) -> None:
    credit = confirmed(desk, available_by="DEFERRED_PAYMENT", deferred={"event": "AFTER_SIGHT", "days": 7})
    bill = desk.issue()
    desk.offered(bill, credit, against="UNDERTAKING", to=TH2)
    desk.done(EXPORTER, "PRESENTED", credit, bank=TH2, currency="THB", amount=AMOUNT, records=[bill])
    desk.done(TH2, "FOUND_COMPLYING", credit, presentation=1)
    refused(desk.say(TH2, "CREDITED", credit, presentation=1), Reason.OUT_OF_TURN, "terms.available_by", "UCP600.6b")
    desk.done(TH2, "UNDERTAKEN", credit, presentation=1)
    desk.offered(bill, credit, against="UNDERTAKING", giver=TH2)
    desk.done(TH2, "FORWARDED", credit, presentation=1, to=SG1)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    desk.done(SG1, "UNDERTAKEN", credit, presentation=2)
    assert [one.matures_on for one in desk.letter(credit).undertakings] == ["2026-12-01"] * 2
    assert desk.record(bill).holder == SG1
    desk.to_day("2026-12-01")
    desk.quotes()
    pay(desk, f"{credit}/U1")
    assert desk.credit_payment(f"{credit}/U2", to=TH1).state is State.REJECTED
    desk.paid(desk.credit_payment(f"{credit}/U2", to=TH2))
    assert desk.standing(credit) == {} and shown(desk, credit) == ["SETTLED", "HONOURED"]


def test_a_bank_that_pays_its_own_customer_says_so_and_nobody_else_can(desk: LetterDesk) -> None:
    """The exporter's own bank confirmed: what it pays moves on its own books, and its word releases the title that is offered for it."""
    own = {"name": "Bank A", "id": TH1}
    credit = desk.issued(confirmation="CONFIRM", confirming_bank=own, available_with=own)
    desk.done(TH1, "CONFIRMED", credit)
    bill = desk.issue()
    desk.offered(bill, credit, against="UNDERTAKING", to=TH1)
    desk.done(EXPORTER, "PRESENTED", credit, bank=TH1, currency="THB", amount=AMOUNT, records=[bill])
    refused(desk.say(TH1, "CREDITED", credit, presentation=1), Reason.OUT_OF_TURN, "presentation", "UCP600.15")
    desk.done(TH1, "FOUND_COMPLYING", credit, presentation=1)
    for who in (SG1, EXPORTER):
        refused(desk.say(who, "CREDITED", credit, presentation=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.14a")
    refused(desk.say(TH1, "CREDITED", credit), Reason.ELEMENT_MISSING, "presentation", "UCP600.15")
    baht = desk.balance(TH1, "THB")
    desk.done(TH1, "CREDITED", credit, presentation=1)
    assert desk.balance(TH1, "THB") == baht and desk.record(bill).holder == desk.holder_in_books(bill) == TH1
    refused(desk.say(TH1, "CREDITED", credit, presentation=1), Reason.OUT_OF_TURN, "presentation", "UCP600.15")
    desk.offered(bill, credit, giver=TH1)
    desk.done(TH1, "FORWARDED", credit, presentation=1, to=SG1)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    # The issuing bank is no bank of the one that it must pay: its word alone pays nothing.
    refused(desk.say(SG1, "CREDITED", credit, presentation=2), Reason.ROLE_NOT_HELD, "actor", "UCP600.15")
    desk.paid(desk.credit_payment(desk.lock(bill)))
    assert desk.balance(TH1, "THB") == baht + MINOR and desk.standing(credit) == {}
    desk.handed(bill, SG1, IMPORTER)
    desk.done(SG1, "RELEASED", credit, presentation=2)
    assert desk.letter(credit).issue.state.value == "CLOSED"


def test_a_maturity_that_a_bank_owes_its_own_customer_ends_with_its_word(desk: LetterDesk) -> None:
    own = {"name": "Bank A", "id": TH1}
    deferred = {"available_by": "DEFERRED_PAYMENT", "deferred": {"event": "AFTER_SIGHT", "days": 7}}
    credit = desk.issued(confirmation="CONFIRM", confirming_bank=own, available_with=own, **deferred)
    desk.done(TH1, "CONFIRMED", credit)
    desk.done(EXPORTER, "PRESENTED", credit, bank=TH1, currency="THB", amount=AMOUNT)
    desk.done(TH1, "FOUND_COMPLYING", credit, presentation=1)
    desk.done(TH1, "UNDERTAKEN", credit, presentation=1)
    refused(desk.say(TH1, "CREDITED", credit, undertaking=1), Reason.OUT_OF_TURN, "undertaking", "UCP600.7c")
    desk.to_day("2026-12-01")
    refused(desk.say(SG1, "CREDITED", credit, undertaking=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.15")
    desk.done(TH1, "CREDITED", credit, undertaking=1)
    assert desk.letter(credit).undertakings[0].state.value == "PAID"
    desk.to_day("2026-12-03")
    assert desk.letter(credit).undertakings[0].state.value == "PAID"
    assert {who for _, who in desk.standing(credit)} == {SG1}


def test_a_bank_buys_documents_that_are_drawn_on_another(desk: LetterDesk) -> None:
    """Negotiation: the exporter's own bank buys documents that comply, with its word; who need not buy is precluded by no silence."""
    own = {"name": "Bank A", "id": TH1}
    credit = desk.issued(available_by="NEGOTIATION", available_with=own)
    bill = desk.issue()
    desk.offered(bill, credit, against="UNDERTAKING", to=TH1)
    desk.done(EXPORTER, "PRESENTED", credit, bank=TH1, currency="THB", amount=AMOUNT, records=[bill])
    refused(desk.say(TH1, "NEGOTIATED", credit, presentation=1), Reason.OUT_OF_TURN, "presentation", "UCP600.15")
    desk.done(TH1, "FOUND_COMPLYING", credit, presentation=1)
    desk.registered(TH1, f"{credit}/P1")
    desk.done(TH1, "NEGOTIATED", credit, presentation=1)
    assert desk.record(bill).holder == TH1 and desk.holder_in_books(bill) == TH1
    desk.offered(bill, credit, giver=TH1)
    desk.done(TH1, "FORWARDED", credit, presentation=1, to=SG1)
    desk.done(SG1, "FOUND_DISCREPANT", credit, presentation=2, discrepancies=DISCREPANCIES)
    desk.done(SG1, "NOTICE_GIVEN", credit, presentation=2, discrepancies=DISCREPANCIES, disposal="RETURN")
    # Refused documents leave the bank that bought them without recourse unpaid.
    assert shown(desk, credit) == ["UNREIMBURSED", "RETURNED"] and desk.record(bill).holder == TH1
    assert desk.standing(credit) == ENGAGED_ALONE


def test_a_bank_that_bought_with_recourse_has_its_advance_back_for_the_documents(desk: LetterDesk) -> None:
    credit = desk.issued(available_by="NEGOTIATION", available_with={"name": "Bank A", "id": TH1})
    bill = desk.issue()
    desk.offered(bill, credit, against="UNDERTAKING", to=TH1)
    desk.done(EXPORTER, "PRESENTED", credit, bank=TH1, currency="THB", amount=AMOUNT, records=[bill])
    desk.done(TH1, "FOUND_COMPLYING", credit, presentation=1)
    desk.registered(TH1, f"{credit}/P1")
    desk.done(TH1, "NEGOTIATED", credit, presentation=1, rate="4.5", days=30, recourse=True)
    # 39,529.95 at 4.5 % for 30 of 360 days: 148.23, and nothing more is kept off.
    kept = MINOR * 45 * 30 // 360_000
    bought = {("NEGOTIATED_CLAIM", TH1): -MINOR, ("NEGOTIATED_ADVANCE", TH1): MINOR - kept, ("NEGOTIATED_DISCOUNT", TH1): kept}
    assert kept == 148_23 and desk.standing(credit) == {**ENGAGED_ALONE, **bought}
    desk.offered(bill, credit, giver=TH1)
    desk.done(TH1, "FORWARDED", credit, presentation=1, to=SG1)
    desk.done(SG1, "FOUND_DISCREPANT", credit, presentation=2, discrepancies=DISCREPANCIES)
    desk.done(SG1, "NOTICE_GIVEN", credit, presentation=2, discrepancies=DISCREPANCIES, disposal="RETURN")
    owed = {("RECOURSE_CLAIM", TH1): kept - MINOR, ("RECOURSE_LIABILITY", EXPORTER): MINOR - kept}
    assert shown(desk, credit) == ["RECOURSE", "RETURNED"] and desk.standing(credit) == {**ENGAGED_ALONE, **owed}
    # The advance comes back for the documents: who gave it has them, or it has not come back.
    refused(desk.say(TH1, "ADVANCE_REPAID", credit, presentation=1), Reason.OUT_OF_TURN, "records", "T.3")
    assert isinstance(desk.act(TH1, "WITHDRAW", bill), str)
    desk.handed(bill, TH1, EXPORTER)
    desk.done(TH1, "ADVANCE_REPAID", credit, presentation=1)
    assert desk.standing(credit) == ENGAGED_ALONE and desk.holder_in_books(bill) == EXPORTER

"""Documentary credits in the hub: from the application to the payment, on the books and by the clock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal
from fondaco.hub import prove_hub
from fondaco.payments import State
from letters import AMOUNT, DISCREPANCIES, MINOR, LetterDesk, refused
from trades import EXPORTER, IMPORTER
from union import SG1, TH1, agree

ENGAGED = {("CONTINGENT_CLAIM", SG1): -MINOR, ("CONTINGENT_LIABILITY", SG1): MINOR}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def presented(desk: LetterDesk, credit: str, **more: object) -> None:
    desk.done(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT, **more)


def test_the_issuing_bank_is_bound_from_its_own_deed_on(desk: LetterDesk) -> None:
    credit = str(desk.apply()).split(" ")[0]
    assert credit == "LC-000001"
    desk.done(SG1, "APPROVED", credit)
    assert desk.standing(credit) == {}
    desk.inbox.clear()
    desk.done(SG1, "ISSUED", credit)
    assert desk.standing(credit) == ENGAGED
    assert [one.kind for one in desk.inbox if one.recipient == TH1] == ["MT700"]
    desk.done(TH1, "ADVISED", credit)
    assert desk.letter(credit).issue.state.value == "AVAILABLE"


def test_what_nobody_may_ask_for_changes_nothing(desk: LetterDesk) -> None:
    refused(desk.apply(beneficiary={"name": "Nobody", "id": "NOBODY-LTD"}), Reason.NOT_FOUND, "party", "T.7")
    refused(desk.apply(currency="SGD"), Reason.CURRENCY_NOT_HELD, "terms.currency", "T.3")
    refused(
        desk.apply(issuing_bank={"name": "Elsewhere", "id": "ZZXXSG99"}), Reason.NOT_FOUND, "terms.issuing_bank.id", "UCP600.2"
    )
    credit = desk.issued()
    books = desk.books()
    refused(desk.say(IMPORTER, "ISSUED", credit), Reason.OUT_OF_TURN, "state", "UCP600.7b")
    paid = {"batch": "0" * 64, "currency": "THB", "amount": AMOUNT, "presentation": 1}
    for who in (EXPORTER, SG1):
        refused(desk.say(who, "PAID", credit, **paid), Reason.ROLE_NOT_HELD, "actor", "UCP600.15")
    assert desk.books() == books and desk.letter(credit).version == 4


def test_an_expired_credit_leaves_nothing_on_the_books(desk: LetterDesk) -> None:
    credit = desk.issued(expiry="2026-11-25")
    desk.to_day("2026-11-25")
    assert desk.standing(credit) == ENGAGED
    desk.to_day("2026-11-26")
    assert desk.letter(credit).issue.state.value == "CLOSED" and desk.standing(credit) == {}


def test_documents_that_are_refused_in_time_bind_nobody(desk: LetterDesk) -> None:
    credit = desk.issued()
    bill = desk.issue()
    desk.offered(bill, credit)
    presented(desk, credit, records=[bill])
    desk.to_day("2026-12-01")
    desk.done(SG1, "FOUND_DISCREPANT", credit, presentation=1, discrepancies=DISCREPANCIES)
    desk.inbox.clear()
    desk.done(SG1, "NOTICE_GIVEN", credit, presentation=1, discrepancies=DISCREPANCIES, disposal="RETURN")
    assert [one.kind for one in desk.inbox if one.recipient == TH1] == ["MT734"]
    assert desk.letter(credit).presentations[0].state.value == "RETURNED"
    desk.to_day("2026-12-03")
    assert desk.letter(credit).presentations[0].state.value == "RETURNED" and desk.standing(credit) == ENGAGED
    assert desk.record(bill).holder == EXPORTER and desk.credit_payment(desk.lock(bill)).state is State.REJECTED


def test_a_bank_that_is_silent_on_the_fifth_banking_day_is_precluded(desk: LetterDesk) -> None:
    credit = desk.issued()
    bill = desk.issue()
    desk.offered(bill, credit)
    presented(desk, credit, records=[bill])
    # Tuesday the 24th; the fifth banking day is the 1st of December, and closes at 09:30 UTC.
    desk.to_day("2026-12-01", 9, 29)
    assert desk.letter(credit).presentations[0].state.value == "UNDER_EXAMINATION"
    desk.wait(120)
    assert desk.letter(credit).presentations[0].state.value == "PRECLUDED"
    late = desk.say(SG1, "NOTICE_GIVEN", credit, presentation=1, discrepancies=DISCREPANCIES, disposal="RETURN")
    refused(late, Reason.OUT_OF_TURN, "presentation", "UCP600.16c")
    assert desk.standing(credit) == ENGAGED
    # It must honour, and does.
    desk.to_day("2026-12-02")
    desk.quotes()
    paid(desk, credit, desk.lock(bill))
    assert desk.record(bill).holder == SG1 and desk.standing(credit) == {}


def test_a_hub_that_begins_anew_has_the_credits_and_their_clocks(tmp_path: Path) -> None:
    desk = LetterDesk(tmp_path / "hub")
    credit = desk.issued()
    presented(desk, credit)
    before = desk.letter(credit)
    again = desk.again()
    assert again.letter(credit) == before
    again.to_day("2026-12-02")
    assert again.letter(credit).presentations[0].state.value == "PRECLUDED"
    assert prove_hub(again.hub).faults == []
    agree(again)
    again.close()


def paid(desk: LetterDesk, credit: str, name: str) -> None:
    """The issuing bank pays what it owes under the credit, and the exporter's bank takes it."""
    payment = desk.credit_payment(name)
    assert payment.state is State.OFFERED, payment.refusal
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED


def test_a_clean_credit_at_sight_from_the_application_to_the_payment(desk: LetterDesk) -> None:
    credit = desk.issued()
    bill = desk.issue()
    desk.offered(bill, credit)
    presented(desk, credit, records=[bill])
    early = desk.pay_credit_early(desk.lock(bill))
    assert early is not None and "nothing is to be paid now" in early.found
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    # A payment that names the presentation carries the title as well: money alone does not discharge the bank.
    whole = desk.credit_payment(f"{credit}/P1")
    assert (
        whole.state is State.OFFERED
        and whole.delivery is not None
        and [one.lock for one in whole.delivery.titles] == [desk.lock(bill)]
    )
    assert desk.credit_payment(desk.lock(bill)).state is State.REJECTED
    desk.answer(whole, "RJCT", "AC04")
    assert desk.see(whole).state is State.REJECTED and desk.record(bill).holder == EXPORTER
    before = desk.letter(credit)
    paid(desk, credit, desk.lock(bill))
    after = desk.letter(credit)
    assert after.version == before.version + 1 and len(after.batches) == 1
    assert desk.record(bill).holder == SG1 and desk.standing(credit) == {}
    last = json.loads(desk.hub.trading.records.events(desk.record(bill))[-1].text)
    assert (last["action"], last["batch"]) == ("SETTLE", after.batches[0])
    # The bank lets its customer have the bill, and closes its file.
    refused(desk.say(SG1, "RELEASED", credit, presentation=1), Reason.OUT_OF_TURN, "records", "T.3")
    assert isinstance(
        desk.act(SG1, "TRANSFER", bill, recipient=IMPORTER, until=desk.until(3_600), endorsement="ENDORSE_TO_ORDER"), str
    )
    assert isinstance(desk.act(IMPORTER, "ACCEPT", bill), str)
    desk.done(SG1, "RELEASED", credit, presentation=1)
    assert desk.letter(credit).issue.state.value == "CLOSED" and desk.record(bill).holder == IMPORTER


def test_discrepant_documents_that_the_applicant_takes_are_paid(desk: LetterDesk) -> None:
    credit = desk.issued()
    bill = desk.issue()
    desk.offered(bill, credit)
    presented(desk, credit, records=[bill])
    desk.done(SG1, "FOUND_DISCREPANT", credit, presentation=1, discrepancies=DISCREPANCIES)
    assert desk.credit_payment(desk.lock(bill)).state is State.REJECTED
    desk.done(SG1, "WAIVER_ASKED", credit, presentation=1)
    refused(desk.say(EXPORTER, "WAIVER_GIVEN", credit, presentation=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.16b")
    desk.done(IMPORTER, "WAIVER_GIVEN", credit, presentation=1)
    paid(desk, credit, desk.lock(bill))
    assert desk.record(bill).holder == SG1 and desk.standing(credit) == {}


def test_documents_come_with_the_title_that_is_offered_to_the_bank(desk: LetterDesk) -> None:
    credit = desk.issued()
    bill, other = desk.issue(), desk.issue("SLT0002")
    books = desk.books()
    ask = {"bank": SG1, "currency": "THB", "amount": AMOUNT}
    for records, where in (
        ([bill], "records"),
        (["ETR-000009"], "records"),
        ([bill, other], "records"),
        ([bill, bill], "records"),
    ):
        answer = desk.say(EXPORTER, "PRESENTED", credit, **ask, records=records)
        assert isinstance(answer, Refusal) and answer.where == where, answer
    # An offer of another kind, or under another credit, is not this one.
    desk.offered(bill, credit, against="UNDERTAKING")
    refused(desk.say(EXPORTER, "PRESENTED", credit, **ask, records=[bill]), Reason.OUT_OF_TURN, "records", "T.3")
    desk.offered(other, "LC-000009")
    refused(desk.say(EXPORTER, "PRESENTED", credit, **ask, records=[other]), Reason.OUT_OF_TURN, "records", "T.3")
    assert desk.books() == books and desk.letter(credit).presentations == ()


def test_an_undertaking_takes_the_title_and_is_paid_at_maturity(desk: LetterDesk) -> None:
    credit = desk.issued(available_by="DEFERRED_PAYMENT", deferred={"event": "AFTER_SIGHT", "days": 7})
    bill = desk.issue()
    desk.offered(bill, credit, against="UNDERTAKING")
    presented(desk, credit, records=[bill])
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    desk.done(SG1, "UNDERTAKEN", credit, presentation=1)
    assert desk.record(bill).holder == SG1 and desk.holder_in_books(bill) == SG1
    owed = {("ACCEPTED_CLAIM", SG1): -MINOR, ("ACCEPTED_LIABILITY", SG1): MINOR}
    assert desk.standing(credit) == owed
    early = desk.credit_payment(f"{credit}/U1")
    assert early.state is State.REJECTED and desk.standing(credit) == owed
    desk.to_day("2026-12-01")
    desk.quotes()
    paid(desk, credit, f"{credit}/U1")
    assert desk.standing(credit) == {} and desk.letter(credit).undertakings[0].state.value == "PAID"
    again = desk.credit_payment(f"{credit}/U1")
    assert again.state is State.REJECTED


def test_margin_is_money_that_must_be_there(desk: LetterDesk) -> None:
    """Between two banks of one currency: margin is set aside at the approval, and let go with the last of what may be owed."""
    desk.at_second_bank("HARBOUR-SPICE")
    asked = {"beneficiary": {"name": "Harbour Spice", "id": "HARBOUR-SPICE"}, "currency": "SGD", "amount": "500.00"}
    credit = str(desk.apply(**asked, advising_bank={"name": "Bank A", "id": SG1}, expiry="2026-11-25")).split(" ")[0]
    free, books = desk.balance(SG1, "SGD"), desk.books()
    refused(desk.say(SG1, "APPROVED", credit, margin="500.01"), Reason.ABOVE_AVAILABLE, "margin", "UCP600.4a")
    assert desk.books() == books
    desk.done(SG1, "APPROVED", credit, margin="500.00")
    assert desk.standing(credit) == {("MARGIN", SG1): 500_00} and desk.balance(SG1, "SGD") == free - 500_00
    desk.done(SG1, "ISSUED", credit)
    desk.to_day("2026-11-26")
    assert desk.standing(credit) == {} and desk.balance(SG1, "SGD") == free
    rich = str(desk.apply(**asked | {"amount": "9000000.00"}, advising_bank={"name": "Bank A", "id": SG1})).split(" ")[0]
    free = desk.balance(SG1, "SGD")
    assert free < 9_000_000_00
    refused(desk.say(SG1, "APPROVED", rich, margin="9000000.00"), Reason.INSUFFICIENT_FUNDS, "the books", "7.3")
    assert desk.balance(SG1, "SGD") == free and desk.letter(rich).issue.state.value == "APPLIED" and desk.standing(rich) == {}
    # In a currency that the bank does not hold there is none.
    baht = str(desk.apply()).split(" ")[0]
    refused(desk.say(SG1, "APPROVED", baht, margin="1.00"), Reason.CURRENCY_NOT_HELD, "margin", "T.3")

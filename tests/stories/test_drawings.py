"""Drawings in parts, by instalments, in time and too late, through the hub (UCP 600 articles 6, 18, 29, 31 and 32)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import Reason
from fondaco.hub import prove_hub
from fondaco.payments import State
from letters import AMOUNT, MINOR, LetterDesk, refused
from trades import EXPORTER, IMPORTER, named
from union import SG1, TH1, TH2, agree

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


def drawn(desk: LetterDesk, credit: str, bill: str, amount: str, **more: Any) -> int:
    """A drawing with its bill that the confirming bank pays in baht; the presentation's number."""
    desk.offered(bill, credit, to=TH2)
    desk.done(EXPORTER, "PRESENTED", credit, bank=TH2, currency="THB", amount=amount, records=[bill], **more)
    number = len(desk.letter(credit).presentations)
    desk.done(TH2, "FOUND_COMPLYING", credit, presentation=number)
    desk.paid(desk.pay(TH2, TH1, amount, "THB", urgent=True, extra=named(f"{credit}/P{number}")))
    return number


def open_at(desk: LetterDesk, credit: str) -> dict[str, int]:
    return {who: minor for (role, who), minor in desk.standing(credit).items() if role == "CONTINGENT_LIABILITY"}


def test_parts_are_drawn_until_nothing_is_left_and_never_a_minor_unit_more(desk: LetterDesk) -> None:
    credit = confirmed(desk, plus=10, amount="1000.00")
    first, second = desk.issue(), desk.issue("SLT0002")
    drawn(desk, credit, first, "600.00")
    assert open_at(desk, credit) == {SG1: 1_100_00, TH2: 500_00} and desk.record(first).holder == TH2
    ask = {"bank": TH2, "currency": "THB"}
    # The tolerance is of the whole credit; what is drawn counts at both banks; a record is presented once.
    above = desk.say(EXPORTER, "PRESENTED", credit, **ask, amount="500.01")
    refused(above, Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b")
    above = desk.say(EXPORTER, "PRESENTED", credit, **{**ask, "bank": SG1}, amount="500.01")
    refused(above, Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b")
    twice = desk.say(EXPORTER, "PRESENTED", credit, **ask, amount="100.00", records=[first])
    refused(twice, Reason.ELEMENT_NOT_ADMITTED, "records", "UCP600.17")
    wrong = desk.say(EXPORTER, "PRESENTED", credit, bank=TH2, currency="SGD", amount="100.00")
    refused(wrong, Reason.AMOUNT_DIFFERS, "currency", "UCP600.18a")
    drawn(desk, credit, second, "500.00")
    assert desk.letter(credit).issue.state.value == "EXHAUSTED"
    refused(desk.say(EXPORTER, "PRESENTED", credit, **ask, amount="0.01"), Reason.OUT_OF_TURN, "state", "UCP600.6a")


def test_one_drawing_alone_where_parts_are_not_allowed(desk: LetterDesk) -> None:
    credit = confirmed(desk, partial_shipments="NOT_ALLOWED")
    drawn(desk, credit, desk.issue(), "39000.00")
    rest = desk.say(EXPORTER, "PRESENTED", credit, bank=TH2, currency="THB", amount="529.95")
    refused(rest, Reason.OUT_OF_TURN, "presentation", "UCP600.31a")


def test_an_expiry_moves_with_the_calendar_of_its_place(desk: LetterDesk) -> None:
    """The 10th of December is no business day in Thailand, and one in Singapore."""
    bangkok = {"expiry": "2026-12-10", "expiry_place": {"name": "BANGKOK", "locode": "THBKK"}}
    there = desk.issued(**bangkok)
    here = desk.issued(expiry="2026-12-10")
    desk.to_day("2026-12-11")
    ask = {"bank": SG1, "currency": "THB", "amount": AMOUNT}
    assert desk.letter(here).issue.state.value == "CLOSED" and desk.standing(here) == {}
    refused(desk.say(EXPORTER, "PRESENTED", here, **ask), Reason.EXPIRED, "expiry", "UCP600.6d")
    desk.done(EXPORTER, "PRESENTED", there, **ask)
    assert desk.letter(there).presentations[0].extended
    desk.to_day("2026-12-14")
    # It is over now; what came in time runs on, and binds the bank when it complies.
    refused(desk.say(EXPORTER, "PRESENTED", there, **ask), Reason.EXPIRED, "expiry", "UCP600.6d")
    assert open_at(desk, there) == {SG1: MINOR}
    desk.done(SG1, "FOUND_COMPLYING", there, presentation=1)
    desk.quotes()
    desk.paid(desk.credit_payment(f"{there}/P1"))
    assert desk.standing(there) == {}


def test_a_missed_instalment_ends_the_credit_and_leaves_the_books(desk: LetterDesk) -> None:
    periods = [
        {"first_day": "2026-11-20", "last_day": "2026-11-25"},
        {"first_day": "2026-11-27", "last_day": "2026-11-30"},
        {"first_day": "2026-12-07", "last_day": "2026-12-11"},
    ]
    credit = confirmed(desk, instalments=periods)
    ask = {"bank": TH2, "currency": "THB", "amount": "10000.00"}
    for number, reason in ((0, Reason.ELEMENT_MISSING), (4, Reason.ELEMENT_MISSING), (2, Reason.OUT_OF_TURN)):
        refused(desk.say(EXPORTER, "PRESENTED", credit, **ask, instalment=number), reason, "instalment", "UCP600.32")
    drawn(desk, credit, desk.issue(), "10000.00", instalment=1)
    desk.to_day("2026-11-30")
    assert desk.letter(credit).issue.state.value == "AVAILABLE"
    desk.inbox.clear()
    desk.to_day("2026-12-01")
    assert desk.letter(credit).issue.state.value == "EXPIRED"
    assert any(b"INSTALMENT_MISSED" in one.raw for one in desk.inbox if one.recipient == SG1)
    # What the confirming bank paid for is still to come to the issuing bank; the rest is available no more.
    assert open_at(desk, credit) == {SG1: 10_000_00}
    late = desk.say(EXPORTER, "PRESENTED", credit, **ask, instalment=3)
    refused(late, Reason.EXPIRED, "instalment", "UCP600.32")


def test_an_accepted_draft_is_paid_at_maturity_to_whom_it_was_discounted(desk: LetterDesk) -> None:
    """Acceptance: the exporter sells what it is owed to a second bank's customer, and the money goes there."""
    desk.at_second_bank("HARBOUR-SPICE")
    tenor = {"tenor": {"event": "AFTER_SHIPMENT", "days": 10}, "drawee": SG1}
    credit = desk.issued(available_by="ACCEPTANCE", draft=tenor)
    bill = desk.issue()
    desk.offered(bill, credit, against="UNDERTAKING")
    desk.done(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT, records=[bill], shipped_on="2026-11-23")
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    desk.done(SG1, "UNDERTAKEN", credit, presentation=1)
    assert desk.letter(credit).undertakings[0].matures_on == "2026-12-03"
    refused(desk.say(IMPORTER, "DISCOUNTED", credit, undertaking=1, to=TH2), Reason.ROLE_NOT_HELD, "actor", "UCP600.39")
    desk.registered(TH2, f"{credit}/U1", EXPORTER)
    desk.done(EXPORTER, "DISCOUNTED", credit, undertaking=1, to=TH2)
    refused(desk.say(EXPORTER, "ASSIGNED", credit, undertaking=1, to=TH1), Reason.OUT_OF_TURN, "undertaking", "UCP600.7c")
    desk.to_day("2026-12-03")
    desk.quotes()
    assert desk.credit_payment(f"{credit}/U1").state is State.REJECTED
    baht = desk.balance(TH2, "THB")
    desk.paid(desk.credit_payment(f"{credit}/U1", to=TH2))
    assert desk.balance(TH2, "THB") == baht + MINOR and desk.standing(credit) == {}


def test_a_bank_that_does_not_pay_on_the_day_is_in_default_until_it_does(desk: LetterDesk) -> None:
    credit = desk.issued(available_by="DEFERRED_PAYMENT", deferred={"event": "AFTER_SIGHT", "days": 7})
    desk.done(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    desk.done(SG1, "UNDERTAKEN", credit, presentation=1)
    desk.to_day("2026-12-01")
    desk.inbox.clear()
    desk.to_day("2026-12-02")
    assert desk.letter(credit).undertakings[0].state.value == "DEFAULTED"
    assert any(b"DEFAULTED" in one.raw for one in desk.inbox if one.recipient == TH1)
    refused(desk.say(SG1, "WRITTEN_OFF", credit, undertaking=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.7c")
    desk.quotes()
    desk.paid(desk.credit_payment(f"{credit}/U1"))
    assert desk.letter(credit).undertakings[0].state.value == "PAID" and desk.standing(credit) == {}

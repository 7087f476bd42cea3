"""Credits by instalments (UCP 600 article 32): each in its period and in its turn, and one that is missed ends the credit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_desk import DISCREPANCIES, EXPORTER, ISSUER, CreditDesk
from fondaco.core import Reason, Refusal
from fondaco.trade import Kind, deadline, instalments
from fondaco.trade.letter_of_credit import State
from trade_world import moment

PERIODS = [
    {"first_day": "2027-03-10", "last_day": "2027-03-20"},
    {"first_day": "2027-04-01", "last_day": "2027-04-11"},
    {"first_day": "2027-05-01", "last_day": "2027-05-07"},
]
SHIPPED = {"documents": [{"kind": "TRANSPORT", "form": "BILL_OF_LADING"}]}


def desk_of(**more: Any) -> CreditDesk:
    return CreditDesk(**{"instalments": PERIODS, "available_with": {"name": "Dhaka", "id": ISSUER}, **more}).issue()


def drawn(desk: CreditDesk, number: int, amount: str = "300.00", **more: Any) -> int:
    return desk.present(ISSUER, amount, instalment=number, **more)


def test_each_instalment_is_shipped_in_its_period_and_presented_in_its_turn() -> None:
    desk = desk_of(**SHIPPED)
    body = {"bank": ISSUER, "currency": "SGD", "amount": "300.00", "shipped_on": "2027-03-15"}
    desk.refuse(Reason.ELEMENT_MISSING, "instalment", "UCP600.32", EXPORTER, "PRESENTED", **body)
    desk.refuse(Reason.ELEMENT_MISSING, "instalment", "UCP600.32", EXPORTER, "PRESENTED", **body, instalment=4)
    desk.refuse(Reason.OUT_OF_TURN, "instalment", "UCP600.32", EXPORTER, "PRESENTED", **body, instalment=2)
    for day in ("2027-03-09", "2027-03-21"):
        desk.refuse(
            Reason.EXPIRED, "shipped_on", "UCP600.32", EXPORTER, "PRESENTED", **{**body, "shipped_on": day, "instalment": 1}
        )
    # Shipped on its last day, a Saturday, and presented weeks after: it is in time.
    desk.pass_to(moment("2027-04-05T05:00"))
    drawn(desk, 1, shipped_on="2027-03-20")
    again = {**body, "shipped_on": "2027-03-18", "instalment": 1}
    desk.refuse(Reason.OUT_OF_TURN, "instalment", "UCP600.32", EXPORTER, "PRESENTED", **again)
    drawn(desk, 2, shipped_on="2027-04-01")
    assert instalments.missed(desk.lc) == 0


@pytest.mark.parametrize("late_ns", [-1, 0])
def test_a_missed_instalment_ends_the_credit_for_itself_and_all_that_follow(late_ns: int) -> None:
    desk = desk_of(**SHIPPED)
    shown = drawn(desk, 1, shipped_on="2027-03-10")
    clock = next(d for d in desk.lc.deadlines if d.id == instalments.clock_id(desk.lc, 2))
    # 21 days after the 11th of April is Sunday the 2nd of May: the place of expiry is Singapore.
    assert (clock.starts_on, clock.due_on) == ("2027-04-11", "2027-05-03")
    desk.do(ISSUER, "FOUND_COMPLYING", presentation=shown)
    desk.pass_to(clock.due_at + late_ns)
    if late_ns:
        assert desk.lc.issue.state is State.AVAILABLE
        return
    assert desk.lc.issue.state is State.EXPIRED and instalments.missed(desk.lc) == 2
    # What was presented in time runs on; what follows is not available, and leaves the books.
    assert desk.books.standing()[Kind.CONTINGENT_LIABILITY, ISSUER] == 300_00
    body = {"bank": ISSUER, "currency": "SGD", "amount": "300.00", "shipped_on": "2027-05-01", "instalment": 3}
    desk.refuse(Reason.EXPIRED, "instalment", "UCP600.32", EXPORTER, "PRESENTED", **body)
    desk.pay("300.00", presentation=shown)
    desk.do(ISSUER, "RELEASED", presentation=shown)
    assert desk.lc.issue.state is State.CLOSED and desk.books.standing() == {}
    assert ("INSTALMENT_MISSED" in str(desk.books.tells)) and all(d.state is not deadline.State.OPEN for d in desk.lc.deadlines)


def test_drawings_without_transport_are_in_their_period_by_the_day_of_presentation() -> None:
    desk = desk_of()
    early = {"bank": ISSUER, "currency": "SGD", "amount": "300.00", "instalment": 1}
    desk.refuse(Reason.EXPIRED, "presented_on", "UCP600.32", EXPORTER, "PRESENTED", **early)
    # The 20th of March is a Saturday in Singapore, where the credit expires: the last day for presentation moves to Monday.
    desk.pass_to(moment("2027-03-22T05:00"))
    drawn(desk, 1)
    desk.pass_to(moment("2027-04-13T12:00"))
    assert desk.lc.issue.state is State.EXPIRED and instalments.missed(desk.lc) == 2


def test_an_instalment_that_was_refused_may_be_presented_anew_and_was_not_missed() -> None:
    desk = desk_of(**SHIPPED)
    shown = drawn(desk, 1, shipped_on="2027-03-10")
    desk.do(ISSUER, "FOUND_DISCREPANT", presentation=shown, discrepancies=DISCREPANCIES)
    desk.do(ISSUER, "NOTICE_GIVEN", presentation=shown, discrepancies=DISCREPANCIES, disposal="HOLD")
    desk.pass_to(moment("2027-04-12T05:00"))
    assert desk.lc.issue.state is State.AVAILABLE
    drawn(desk, 2, shipped_on="2027-04-02")
    drawn(desk, 1, shipped_on="2027-03-10", corrects=shown, records=["ETR-000001"])


@pytest.mark.parametrize(
    ("terms", "where"),
    [
        ({"instalments": [PERIODS[1], PERIODS[0]]}, "terms.instalments"),
        ({"instalments": [PERIODS[0], {"first_day": "2027-03-20", "last_day": "2027-03-25"}]}, "terms.instalments"),
        ({"instalments": [{"first_day": "2027-03-20", "last_day": "2027-03-19"}]}, "terms.instalments"),
        ({"instalments": [{"first_day": "2027-03-20", "last_day": "2027-05-31"}]}, "terms.instalments"),
        ({"instalments": PERIODS, "partial_shipments": "NOT_ALLOWED"}, "terms.partial_shipments"),
    ],
)
def test_periods_that_cannot_be_kept_are_refused(terms: dict[str, Any], where: str) -> None:
    with pytest.raises(AssertionError) as refused:
        CreditDesk(**terms)
    assert where in str(refused.value) and "UCP600.32" in str(refused.value)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 80)), max_size=10))
def test_whatever_is_presented_instalments_stand_once_each_and_in_their_order(tries: list[tuple[int, int]]) -> None:
    """`tries` are an instalment, and the days that pass before it is tried."""
    desk = desk_of()
    for number, days in tries:
        to = int(desk.at) + days * 86_400_000_000_000
        if to > int(moment("2027-07-01T00:00")):
            break
        desk.pass_to(to)
        body = {"bank": ISSUER, "currency": "SGD", "amount": "100.00", "instalment": number}
        answer = desk.ask(EXPORTER, "PRESENTED", **body)
        if isinstance(answer, Refusal):
            continue
        desk.take(answer)
        taken = [each.instalment for each in desk.lc.presentations]
        assert taken == list(range(1, len(taken) + 1))
        day, period = desk.lc.presentations[-1].presented_on, PERIODS[number - 1]
        assert period["first_day"] <= day <= instalments._clock(desk.lc, number).due_on
        assert not instalments.missed(desk.lc)

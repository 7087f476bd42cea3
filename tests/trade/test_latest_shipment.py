"""The latest day for shipment (UCP 600 article 29(c)): it passes, and the transport document says at the examination whether goods went in time."""

from __future__ import annotations

from typing import Any

import pytest

from credit_desk import ADVISER, DISCREPANCIES, EXPORTER, IMPORTER, ISSUER, CreditDesk
from fondaco.core import Instant
from fondaco.trade import deadline
from fondaco.trade.deadline import Deadline, State
from trade_world import DAY_NS

RULE = deadline.LATEST_SHIPMENT.name
LAST = "2027-05-09"  # a Sunday, on which Singapore is closed


def clocks(desk: CreditDesk, where: str = "LC-000001/") -> list[Deadline]:
    return [each for each in desk.lc.deadlines if each.rule == RULE and each.id.startswith(where)]


def shown(desk: CreditDesk, number: int) -> tuple[State, str]:
    """How the day of shipment of a presentation's documents came out, and against which last day."""
    (found,) = clocks(desk, f"LC-000001/P{number}/")
    return found.state, found.due_on


def after_the_day(desk: CreditDesk) -> CreditDesk:
    desk.pass_to(clocks(desk)[0].due_at + DAY_NS)
    return desk


def test_the_day_passes_and_nobody_missed_it_by_presenting_later() -> None:
    desk = after_the_day(CreditDesk().issue())
    (day,) = clocks(desk)
    assert (day.state, day.due_on) == (State.PASSED, LAST)
    said = [body for who, _, body in desk.books.tells if who == EXPORTER and body.get("rule") == RULE]
    assert [body["what"] for body in said] == ["DAY_PASSED"]
    number = desk.present(ADVISER, shipped_on="2027-05-08")
    assert clocks(desk, f"LC-000001/P{number}/") == [], "a presentation decides nothing"
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=number)
    assert shown(desk, number) == (State.MET, LAST)
    assert clocks(desk)[0].state is State.PASSED


@pytest.mark.parametrize(("shipped", "state"), [(LAST, State.MET), ("2027-05-10", State.MISSED)])
def test_the_transport_documents_day_decides_and_the_last_day_is_never_moved(shipped: str, state: State) -> None:
    """The next banking day is the 10th: article 29(a) moves the expiry, and nothing moves a shipment."""
    desk = after_the_day(CreditDesk().issue())
    number = desk.present(ADVISER, shipped_on=shipped)
    desk.do(ADVISER, "FOUND_DISCREPANT", presentation=number, discrepancies=DISCREPANCIES)
    assert shown(desk, number) == (state, LAST)


def test_each_drawing_in_parts_has_a_day_of_its_own() -> None:
    desk = CreditDesk().issue()
    first = desk.present(ADVISER, "400.00", shipped_on="2027-03-05")
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=first)
    assert shown(desk, first) == (State.MET, LAST) and clocks(desk)[0].state is State.OPEN
    late = after_the_day(desk).present(ADVISER, "600.00", shipped_on="2027-05-11")
    desk.do(ADVISER, "FOUND_DISCREPANT", presentation=late, discrepancies=DISCREPANCIES)
    assert (shown(desk, first)[0], shown(desk, late)[0]) == (State.MET, State.MISSED)


def test_documents_under_an_amendment_are_held_to_its_day() -> None:
    desk = CreditDesk().issue()
    desk.do(ISSUER, "AMENDMENT_ISSUED", changes={"latest_shipment": "2027-05-12"})
    desk.pass_to(clocks(desk)[-1].due_at)
    under = desk.present(ADVISER, "400.00", shipped_on="2027-05-11")
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=under, under=[1])
    assert shown(desk, under) == (State.MET, "2027-05-12")
    desk = CreditDesk().issue()
    desk.do(ISSUER, "AMENDMENT_ISSUED", changes={"latest_shipment": "2027-05-12"})
    desk.pass_to(clocks(desk)[-1].due_at)
    old = desk.present(ADVISER, "400.00", shipped_on="2027-05-11")
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=old)
    assert shown(desk, old) == (State.MISSED, LAST), "the bank decides; the day that was in force is told as it was"


@pytest.mark.parametrize("changes", [{"latest_shipment": None}, {}])
def test_without_a_last_day_or_a_day_of_shipment_there_is_nothing_to_say(changes: dict[str, Any]) -> None:
    desk = CreditDesk(**changes).issue()
    number = desk.present(ADVISER, **({"shipped_on": "2027-03-05"} if changes else {}))
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=number)
    assert clocks(desk, f"LC-000001/P{number}/") == []


def test_a_second_beneficiary_is_held_to_the_day_of_its_transfer() -> None:
    desk = CreditDesk(transferable=True).issue()
    desk.do(EXPORTER, "TRANSFER_REQUESTED", to="PALM-OILS", amount="400.00", latest_shipment="2027-04-01")
    desk.do(ADVISER, "TRANSFERRED", transfer=1)
    desk.do("PALM-OILS", "PRESENTED", bank=ADVISER, currency="SGD", amount="400.00", transfer=1, shipped_on="2027-03-05")
    desk.do(ADVISER, "FOUND_COMPLYING", presentation=1)
    assert shown(desk, 1) == (State.MET, "2027-04-01")
    assert clocks(desk, "LC-000001/P1/")[0].holder == "PALM-OILS"


def test_an_expiry_before_which_documents_came_is_over_and_not_missed() -> None:
    for came, state in ((True, State.PASSED), (False, State.MISSED)):
        desk = CreditDesk().issue()
        if came:
            desk.present(ISSUER)
        (expiry,) = [each for each in desk.lc.deadlines if each.rule == deadline.EXPIRY.name]
        desk.pass_to(Instant(expiry.due_at))
        assert [each.state for each in desk.lc.deadlines if each.rule == deadline.EXPIRY.name] == [state]
        assert ("EXPIRED" in [body.get("what") for who, _, body in desk.books.tells if who == IMPORTER]) is True

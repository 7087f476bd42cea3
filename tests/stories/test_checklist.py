"""What an operator sees to before the day ends: each line turns when its thing is done."""

from __future__ import annotations

from fondaco.hub import Check, CloseCycle, EndDay, checklist
from fondaco.payments import State
from union import SG1, TH1, Desk

CYCLES, OFFERS, CASES, HELD, FUNDINGS, QUEUED, MOTIONS, ASKED = range(8)


def lines(desk: Desk) -> list[Check]:
    return checklist(desk.hub.desk)


def open_lines(desk: Desk) -> set[int]:
    return {at for at, one in enumerate(lines(desk)) if not one.done}


def test_a_fresh_day_has_its_open_cycle_and_nothing_else(desk: Desk) -> None:
    assert open_lines(desk) == {CYCLES} and "OPEN" in lines(desk)[CYCLES].found


def test_each_thing_that_waits_has_its_line(desk: Desk) -> None:
    offered = desk.pay(SG1, TH1, "10.00", "SGD")
    queued = desk.pay(SG1, TH1, "9000000.00", "SGD", urgent=True)
    assert queued.state is State.QUEUED
    assert open_lines(desk) == {CYCLES, OFFERS, QUEUED} and lines(desk)[OFFERS].found == offered.uetr
    desk.answer(offered)
    assert OFFERS in open_lines(desk), "accepted is not settled"
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert open_lines(desk) == {QUEUED} and not lines(desk)[QUEUED].needed
    assert desk.do(EndDay()) is None
    assert open_lines(desk) == set()


def test_what_is_needed_keeps_the_day_from_ending(desk: Desk) -> None:
    desk.answer(desk.pay(SG1, TH1, "10.00", "SGD"))
    assert any(one.needed and not one.done for one in lines(desk))
    assert desk.do(EndDay()) is not None


def test_many_are_counted_and_few_are_named(desk: Desk) -> None:
    for _ in range(7):
        desk.pay(SG1, TH1, "10.00", "SGD")
    assert lines(desk)[OFFERS].found.endswith("and 2 more")

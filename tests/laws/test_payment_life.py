"""Laws over every path of a payment's table."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fondaco.core import Step
from fondaco.payments.lifecycle import LIFE, Books, Event, State

Row = Step[State, Event, Books]


def lives() -> Iterator[tuple[Row, ...]]:
    """Every life in which no row is taken twice, and a payment is held at most twice."""
    for path in LIFE.paths(visits_max=1):
        if sum(row.after is State.HELD for row in path) <= 2:
            yield path


LIVES = list(lives())


def test_there_are_lives_to_judge() -> None:
    assert len(LIVES) > 100


def test_money_is_reserved_at_most_once_at_a_time_and_posted_or_voided_exactly_once() -> None:
    after = {
        ("free", Books.NOTHING): "free",
        ("free", Books.RESERVE): "reserved",
        ("reserved", Books.NOTHING): "reserved",
        ("reserved", Books.POST): "posted",
        ("reserved", Books.VOID): "free",
        ("posted", Books.NOTHING): "posted",
        ("posted", Books.UNWIND): "free",
    }
    for path in LIVES:
        held = "free"
        for row in path:
            assert (held, row.books) in after, f"{row.books.name} while {held}: {[r.on.name for r in path]}"
            held = after[held, row.books]
        assert held == ("posted" if path[-1].after is State.SETTLED else "free")


def test_nothing_is_reserved_at_an_end_but_what_settled() -> None:
    for row in LIFE.rows:
        if row.after in (State.REJECTED, State.CANCELLED) and row.before in (State.OFFERED, State.RESERVED):
            assert row.books is Books.VOID
        if row.after in (State.REJECTED, State.CANCELLED) and row.before is State.ACCEPTED:
            assert row.books is Books.UNWIND


def test_no_road_leads_to_reserved_around_validation_screening_or_price() -> None:
    for path in LIVES:
        passed: set[State] = set()
        for row in path:
            if row.after is State.RESERVED:
                assert {State.VALIDATED, State.SCREENED, State.PRICED} <= passed
            if row.after is State.HELD:
                passed -= {State.SCREENED, State.PRICED}  # what was held is screened and priced anew
            passed.add(row.after)


def test_what_is_held_holds_no_money() -> None:
    for row in LIFE.rows:
        if row.after is State.HELD and row.before in (State.RESERVED, State.OFFERED):
            assert row.books is Books.VOID
        if row.before is State.HELD:
            assert row.books is Books.NOTHING


def test_a_confirmed_hit_ends_the_payment() -> None:
    (row,) = [row for row in LIFE.rows if row.on is Event.HIT_CONFIRMED]
    assert row.after is State.REJECTED


def test_every_state_that_is_not_final_can_meet_a_changed_list() -> None:
    must = {State.SCREENED, State.PRICED, State.QUEUED, State.RESERVED, State.OFFERED, State.ACCEPTED}
    assert {row.before for row in LIFE.rows if row.on is Event.LIST_CHANGED} == must


def test_settled_has_no_way_out() -> None:
    assert not [row for row in LIFE.rows if row.before is State.SETTLED]


@pytest.mark.parametrize("row", LIFE.rows, ids=lambda row: f"{row.before.name}-{row.on.name}")
def test_every_row_cites_an_article_and_an_end_is_told(row: Row) -> None:
    assert row.article
    if row.after in (State.SETTLED, State.REJECTED, State.CANCELLED):
        assert row.tells in ("ACSC", "RJCT", "CANC")

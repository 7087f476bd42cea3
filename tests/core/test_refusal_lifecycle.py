from __future__ import annotations

from enum import Enum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import Reason, Refusal, Step, Table, UnlawfulStep, first_of
from fondaco.messages import is_code


class S(Enum):
    A = 1
    B = 2
    C = 3


class E(Enum):
    GO = 1
    BACK = 2


class B(Enum):
    NOTHING = 1


def row(before: S, on: E, after: S) -> Step[S, E, B]:
    return Step(before, on, after, B.NOTHING, "", "1")


def test_a_table_with_two_rows_for_one_event_is_refused() -> None:
    with pytest.raises(AssertionError, match="two rows"):
        Table("t", S.A, [S.B], [row(S.A, E.GO, S.B), row(S.A, E.GO, S.C)])


def test_an_end_has_no_way_out() -> None:
    with pytest.raises(AssertionError, match="way out"):
        Table("t", S.A, [S.B], [row(S.A, E.GO, S.B), row(S.B, E.BACK, S.A)])


def test_a_state_that_cannot_end_is_refused() -> None:
    with pytest.raises(AssertionError, match="no way to an end"):
        Table("t", S.A, [S.B], [row(S.A, E.GO, S.B), row(S.A, E.BACK, S.C)])


def test_a_state_that_cannot_be_reached_is_refused() -> None:
    with pytest.raises(AssertionError, match="cannot be reached"):
        Table("t", S.A, [S.B], [row(S.A, E.GO, S.B), row(S.C, E.GO, S.B)])


def test_a_step_that_no_row_allows_stops_the_process() -> None:
    table = Table("t", S.A, [S.B], [row(S.A, E.GO, S.B)])
    with pytest.raises(UnlawfulStep):
        table.step(S.A, E.BACK)


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_carries_a_code_of_the_external_set(reason: Reason) -> None:
    assert is_code("ExternalStatusReason1Code", reason.code)


@given(st.lists(st.sampled_from(list(Reason)), min_size=1))
def test_the_refusal_that_is_told_has_the_lowest_rank(reasons: list[Reason]) -> None:
    told = first_of([Refusal(reason, where=str(i)) for i, reason in enumerate(reasons)])
    assert told.reason.rank == min(reason.rank for reason in reasons)
    assert int(told.where) == reasons.index(told.reason)


@given(st.sampled_from(list(Reason)), st.text(), st.text())
def test_a_refusal_survives_storage(reason: Reason, where: str, found: str) -> None:
    refusal = Refusal(reason, where, found)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(refusal), type=Refusal) == refusal


def test_a_confirmed_hit_tells_the_sender_nothing_but_the_neutral_code() -> None:
    assert Refusal(Reason.REGULATORY).code == "RR04"

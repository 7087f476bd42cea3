"""What is fetched ahead comes in its order, fails in its place, and leaves no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.ledger.read_ahead import read_ahead


def threads() -> int:
    return sum(thread.name == "read-ahead" for thread in threading.enumerate())


@given(st.lists(st.integers()), st.integers(1, 5))
def test_the_same_things_in_the_same_order(things: list[int], most: int) -> None:
    assert list(read_ahead(iter(things), most)) == things
    assert threads() == 0


def test_what_the_source_raises_is_raised_in_its_place() -> None:
    def source() -> Iterator[int]:
        yield from (1, 2, 3)
        raise ValueError("row 4")

    seen = []
    with pytest.raises(ValueError, match="row 4"):
        for one in read_ahead(source(), 2):
            seen.append(one)
    assert seen == [1, 2, 3] and threads() == 0


def test_who_leaves_early_leaves_no_thread_and_fetches_little() -> None:
    fetched = []

    def source() -> Iterator[int]:
        for one in range(1_000):
            fetched.append(one)
            yield one

    rows = read_ahead(source(), 3)
    assert next(rows) == 0
    rows.close()
    assert threads() == 0 and len(fetched) <= 6

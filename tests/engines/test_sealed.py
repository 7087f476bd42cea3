"""Ids that came long ago are found as if they were not sealed, and records keep what they hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fondaco.ledger import Account, Role, Transfer, account_id, place_of
from fondaco.ledger.engine import decode, decode_accounts, encode, encode_accounts
from fondaco.ledger.kernel import Ids
from fondaco.ledger.sealed import NOT_FOUND, Sealed, Segments, columns_of


@given(st.integers(1, 2**128 - 1), st.integers(0, 2**128 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1))
def test_a_record_survives_its_128_bytes(key: int, amount: int, user_data: int, code: int) -> None:
    event = Transfer(key, key ^ 1, key ^ 2, amount, 7, code, 3, key, 9, user_data)
    assert decode(encode([event, event])) == [event, event] and len(encode([event])) == 128
    account = Account(key, 7, code, 2, user_data)
    assert decode_accounts(encode_accounts([account])) == [account]


@given(st.sampled_from(Role), st.integers(1, 2**31), st.integers(0, 2**24 - 1), st.integers(0, 2**40 - 1))
def test_an_account_number_says_what_it_stands_for(role: Role, ledger: int, participant: int, cycle: int) -> None:
    assert place_of(account_id(role, ledger, participant, cycle)) == (role, ledger, participant, cycle)


@given(
    st.dictionaries(
        st.one_of(
            st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), st.tuples(st.integers(500, 520), st.integers(1, 12))
        ),
        st.tuples(st.integers(0, 2**40), st.integers(0, 5)),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 20),
)
def test_sealed_ids_are_found_as_if_they_were_not_sealed(known: dict[tuple[int, int], tuple[int, int]], size: int) -> None:
    ids = Ids()
    for number, ((high, low), (position, outcome)) in enumerate(known.items(), start=1):
        ids.recent[(high << 64) | low] = (position << 3) | outcome
        if number % size == 0:
            ids.segments.seal(columns_of(ids.recent))
            ids.recent = {}
    for (high, low), (position, outcome) in known.items():
        key = (high << 64) | low
        assert ids.get(key) == (position << 3) | outcome
        neighbour = (key + 1) % 2**128
        assert (divmod(neighbour, 2**64) in known) == (ids.get(neighbour) is not None)
        ids.resolve(key, 7 - outcome)
        assert ids.get(key) == (position << 3) | (7 - outcome)


keys = st.one_of(
    st.integers(0, 2**128 - 1),
    st.integers(2**64 * 500, 2**64 * 501),
    st.builds(lambda h, low: h << 64 | low, st.integers(0, 3), st.integers(0, 9)),
)


@given(st.dictionaries(keys, st.integers(0, 2**60), min_size=1, max_size=80), st.lists(keys, max_size=40))
def test_a_segment_finds_what_it_holds_and_nothing_else(held: dict[int, int], others: list[int]) -> None:
    columns = columns_of(held)
    segment = Sealed.of(columns)
    assert [column.tolist() for column in segment.columns()] == [column.tolist() for column in columns]
    wanted = [*held, *others]
    highs = np.array([key >> 64 for key in wanted], np.uint64)
    lows = np.array([key & (2**64 - 1) for key in wanted], np.uint64)
    for found in (segment.find(highs, lows), Segments([segment]).find(highs, lows)):
        assert [None if entry == NOT_FOUND else int(entry) for entry in found] == [held.get(key) for key in wanted]

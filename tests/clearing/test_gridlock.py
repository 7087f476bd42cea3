"""The set that settles together: nobody short, nobody passed, and nothing left out that could have come."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.clearing import Holder, Obligation, Paying, Waiting, fifo_set, heads_that_settle


def short(waiting: list[Waiting], chosen: set[int], room: dict[tuple[int, str], int]) -> bool:
    positions = dict(room)
    for one in waiting:
        if one.number in chosen:
            for currency, payer, payee, minor in one.legs:
                positions[payer, currency] = positions.get((payer, currency), 0) - minor
                positions[payee, currency] = positions.get((payee, currency), 0) + minor
    return any(minor < 0 for minor in positions.values())


def queues(waiting: list[Waiting]) -> list[list[int]]:
    found: dict[tuple[int, str, bool], list[int]] = {}
    for one in waiting:
        found.setdefault(one.queue, []).append(one.number)
    return list(found.values())


payments = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 9)).filter(lambda p: p[0] != p[1]), max_size=8)
rooms = st.dictionaries(st.tuples(st.integers(1, 4), st.just("SGD")), st.integers(0, 6))


@settings(max_examples=400)
@given(payments, rooms)
def test_no_larger_set_settles(drawn: list[tuple[int, int, int]], room: dict[tuple[int, str], int]) -> None:
    waiting = [Waiting(n, (a, "SGD", True), (Obligation("SGD", a, b, m),)) for n, (a, b, m) in enumerate(drawn, start=1)]
    best: set[int] = set()
    for cut in product(*(range(len(queue) + 1) for queue in queues(waiting))):
        chosen = {number for queue, length in zip(queues(waiting), cut, strict=True) for number in queue[:length]}
        if len(chosen) > len(best) and not short(waiting, chosen, room):
            best = chosen
    assert set(fifo_set(waiting, room)) == (best if len(best) > 1 else set())


legs = st.tuples(st.integers(1, 4), st.integers(1, 4), st.sampled_from(["SGD", "THB"]), st.integers(1, 9)).filter(
    lambda p: p[0] != p[1]
)


@given(
    st.lists(st.tuples(legs, legs), max_size=12),
    st.dictionaries(st.tuples(st.integers(1, 4), st.sampled_from(["SGD", "THB"])), st.integers(0, 9)),
)
def test_payments_in_two_currencies_stay_whole_and_nobody_is_short(drawn, room) -> None:  # type: ignore[no-untyped-def]
    waiting = [
        Waiting(n, (one[0], one[2], True), tuple(Obligation(c, a, b, m) for a, b, c, m in (one, two)))
        for n, (one, two) in enumerate(drawn, start=1)
    ]
    chosen = set(fifo_set(waiting, room))
    assert not chosen or not short(waiting, chosen, room)
    for queue in queues(waiting):
        inside = [number in chosen for number in queue]
        assert inside == sorted(inside, reverse=True), "nobody passes"


def test_the_textbook_ring() -> None:
    ring = [Waiting(n, (n, "SGD", True), (Obligation("SGD", n, n % 3 + 1, 100),)) for n in (1, 2, 3)]
    assert fifo_set(ring, {}) == [1, 2, 3]
    assert fifo_set(ring[:2], {(1, "SGD"): 99}) == []
    assert fifo_set([], {}) == []


plain = st.tuples(st.integers(1, 5), st.integers(1, 5), st.sampled_from(["SGD", "THB"]), st.integers(1, 9), st.integers(0, 2))


@settings(max_examples=400)
@given(
    st.lists(plain, max_size=24),
    st.dictionaries(st.tuples(st.integers(1, 5), st.sampled_from(["SGD", "THB"])), st.integers(0, 12)),
)
def test_queues_cut_from_their_ends_settle_the_same(drawn: list[tuple[int, int, str, int, int]], room: dict[Holder, int]) -> None:
    """Payments of one currency each, with fees owed to the hub; some pay themselves."""
    waiting, lines, numbers = [], {}, {}
    for n, (payer, payee, currency, minor, fee) in enumerate(drawn, start=1):
        legs = [Obligation(currency, payer, payee, minor)] + ([Obligation(currency, payer, 0, fee)] if fee else [])
        waiting.append(Waiting(n, (payer, currency, True), tuple(legs)))
        lines.setdefault((payer, currency), []).append(Paying((payee, currency), minor, minor + fee))
        numbers.setdefault((payer, currency), []).append(n)
    found = heads_that_settle(lines, {holder: room.get(holder, 0) for holder in lines})
    assert sorted(n for holder, count in found.items() for n in numbers[holder][:count]) == fifo_set(waiting, room)

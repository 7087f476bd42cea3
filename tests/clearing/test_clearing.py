"""Nets add up to zero, queues are passed by nobody, and who fails leaves whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.clearing import Obligation, Queues, figures, nets, without

obligations = st.lists(
    st.tuples(st.sampled_from(["SGD", "THB"]), st.integers(1, 6), st.integers(1, 6), st.integers(1, 10**15))
    .filter(lambda o: o[1] != o[2]).map(lambda o: Obligation(*o)),
    max_size=60,
)  # fmt: skip


@given(obligations)
def test_each_currency_adds_up_to_zero_and_each_bank_to_what_it_owes_and_is_owed(owed: list[Obligation]) -> None:
    found = nets(owed)
    for currency, positions in found.items():
        assert sum(positions.values()) == 0
        for number in range(1, 7):
            expected = sum(o.minor for o in owed if o.currency == currency and o.payee == number)
            expected -= sum(o.minor for o in owed if o.currency == currency and o.payer == number)
            assert positions.get(number, 0) == expected


@given(obligations)
def test_netting_never_asks_for_more_than_gross_and_multilateral_never_for_more_than_bilateral(owed: list[Obligation]) -> None:
    for one in figures(owed).values():
        assert 0 <= one.net_minor <= one.bilateral_minor <= one.gross_minor
        assert 0 <= one.saved_permille <= 1000


@pytest.mark.parametrize("minor", [0, -5])
def test_an_obligation_that_is_not_above_zero_is_refused(minor: int) -> None:
    with pytest.raises(ValueError, match="obligation"):
        nets([Obligation("SGD", 1, 2, minor)])


def test_a_ring_of_three_owes_nothing() -> None:
    ring = [Obligation("SGD", 1, 2, 5), Obligation("SGD", 2, 3, 5), Obligation("SGD", 3, 1, 5)]
    assert nets(ring) == {"SGD": {}} and figures(ring)["SGD"].saved_permille == 1000


def test_both_currencies_of_a_payment_leave_together() -> None:
    payments = {
        1: (Obligation("SGD", 1, 9, 10), Obligation("THB", 9, 2, 260)),
        2: (Obligation("SGD", 3, 9, 10), Obligation("THB", 9, 2, 260)),
        3: (Obligation("THB", 2, 4, 1),),
    }
    assert without(payments, {(1, "SGD")}) == {1}
    assert without(payments, {(9, "THB")}) == {1, 2}
    assert without(payments, {(2, "SGD")}) == set()


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.integers(1, 50)), max_size=40), st.integers(0, 200))
def test_what_leaves_a_queue_is_its_head_and_fits_the_room(waiting: list[tuple[int, bool, int]], room: int) -> None:
    queues = Queues()
    for number, (payer, urgent, minor) in enumerate(waiting, start=1):
        queues.put((payer, "SGD", urgent), number, minor)
    released = list(queues.release(lambda _: room))
    assert len(queues) == len(waiting) - len(released)
    for key in {(payer, urgent) for payer, urgent, _ in waiting}:
        own = [n for n, (p, u, _) in enumerate(waiting, start=1) if (p, u) == key]
        out = [n for n in released if n in own]
        assert out == own[: len(out)], "nobody passes the head"
        assert sum(waiting[n - 1][2] for n in out) <= room
        if len(out) < len(own):
            assert sum(waiting[n - 1][2] for n in out) + waiting[own[len(out)] - 1][2] > room


def test_who_is_taken_back_does_not_leave_the_queue_and_does_not_stop_it() -> None:
    queues = Queues()
    for number in (1, 2, 3):
        queues.put((1, "SGD", False), number, 10)
    queues.take_back(1)
    assert queues.has((1, "SGD", False))
    assert list(queues.release(lambda _: 20)) == [2, 3] and not queues.has((1, "SGD", False))

"""Nets add up to zero, queues are passed by nobody, and who fails leaves whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.clearing import UNMOVED, Obligation, Queues, figures, nets, without

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


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans(), st.booleans()), max_size=40))
def test_the_head_of_a_queue_is_its_first_that_waits_and_urgent_heads_come_first(waiting: list[tuple[int, bool, bool]]) -> None:
    queues = Queues()
    for number, (payer, urgent, _) in enumerate(waiting, start=1):
        queues.put((payer, "SGD", urgent), number)
    for number, (_, _, back) in enumerate(waiting, start=1):
        if back:
            queues.take_back(number)
    still = [(number, (payer, "SGD", urgent)) for number, (payer, urgent, back) in enumerate(waiting, start=1) if not back]
    heads = queues.heads()
    assert len(queues) == len(still)
    assert dict(heads) == {key: min(n for n, k in still if k == key) for _, key in still}
    assert [key[2] for key, _ in heads] == sorted((key[2] for key, _ in heads), reverse=True)


def test_who_is_taken_back_does_not_leave_the_queue_and_does_not_stop_it() -> None:
    queues = Queues()
    key = (1, "SGD", False)
    for number in (1, 2, 3):
        queues.put(key, number)
    queues.take_back(1)
    assert queues.has(key) and queues.heads() == [(key, 2)]
    queues.take_back(2)
    queues.put(key, 2)
    assert queues.heads() == [(key, 2)], "put back, it keeps its place"
    queues.take_back(2)
    queues.take_back(3)
    assert not queues.has(key) and queues.heads() == []


DEEDS = st.lists(st.tuples(st.sampled_from(("comes", "first", "last", "goes", "is tried")), st.integers(0, 50)), max_size=60)


@given(DEEDS)
def test_a_queue_stands_as_its_payer_last_ordered_it_and_who_comes_stands_behind(deeds: list[tuple[str, int]]) -> None:
    queues, key, newest = Queues(), (1, "SGD", True), 0
    places: dict[int, tuple[int, int]] = {}
    order: list[int] = []
    for deed, which in deeds:
        if deed == "comes":
            newest += 1 + which % 2  # another's payment may have come between
            queues.put(key, newest)
            order.append(newest)
        elif order:
            number = order[which % len(order)]
            queues.take_back(number)
            if deed == "goes":
                order.remove(number)
            elif deed != "is tried" and queues.has(key):
                places[number] = queues.first_place(key) if deed == "first" else queues.last_place(key, newest)
                order.remove(number)
                order.insert(0 if deed == "first" else len(order), number)
            if deed != "goes":
                queues.put(key, number, places.get(number, UNMOVED))
        assert queues.waiting() == [(number, key) for number in order]
        assert queues.heads() == ([(key, order[0])] if order else [])
        assert len(queues) == len(order) and queues.has(key) == bool(order)
        again = Queues()
        for number in sorted(order):  # as a restart reads them
            again.put(key, number, places.get(number, UNMOVED))
        assert again.waiting() == queues.waiting()

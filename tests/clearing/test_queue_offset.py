"""Most value of what waits: at least what the order of arrival settles, nobody short, nobody passed whom the rulebook protects, all of it proved."""

from __future__ import annotations

import copy
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fondaco.clearing.queue_offset as module
from fondaco.clearing import Budget, CheckFailed, Obligation, Waiting, fifo_set, most_value, offset_faults

BUDGET = Budget(tries=50, rounds=2, exact_max=40)
Room = dict[tuple[int, str], int]


def paying(number: int, payer: int, payee: int, minor: int, fee: int = 0, currency: str = "SGD") -> Waiting:
    legs = [Obligation(currency, payer, payee, minor)]
    if fee:
        legs.append(Obligation(currency, payer, 0, fee))
    return Waiting(number, (payer, currency, True), tuple(legs))


def exchanging(number: int, payer: int, payee: int, provider: int, minor: int) -> Waiting:
    return Waiting(
        number, (payer, "SGD", True), (Obligation("SGD", payer, provider, minor), Obligation("THB", provider, payee, minor))
    )


def short(chosen: list[Waiting], room: Room) -> bool:
    positions = dict(room)
    for one in chosen:
        for currency, payer, payee, minor in one.legs:
            positions[payer, currency] = positions.get((payer, currency), 0) - minor
            positions[payee, currency] = positions.get((payee, currency), 0) + minor
    return any(minor < 0 for minor in positions.values())


def worth(some: list[Waiting], currency: str) -> int:
    return sum(leg.minor for one in some for leg in one.legs if leg.currency == currency and leg.payee)


banks = st.integers(1, 5)
drawn_payments = st.lists(
    st.tuples(banks, banks, banks, st.integers(1, 30), st.integers(0, 2), st.booleans()).filter(
        lambda p: len({p[0], p[1], p[2]}) == 3
    ),
    max_size=14,
)
rooms = st.dictionaries(st.tuples(banks, st.sampled_from(["SGD", "THB"])), st.integers(0, 25))


def waiting_of(drawn: list[tuple[int, int, int, int, int, bool]]) -> list[Waiting]:
    return [
        exchanging(number, payer, payee, other, minor) if across else paying(number, payer, payee, minor, fee)
        for number, (payer, payee, other, minor, fee, across) in enumerate(drawn, start=1)
    ]


@settings(max_examples=300, deadline=None)
@given(drawn_payments, rooms, st.sets(st.integers(1, 14)))
def test_the_laws_of_most_value(drawn: list[tuple[int, int, int, int, int, bool]], room: Room, bound: set[int]) -> None:
    waiting = waiting_of(drawn)
    found = most_value(waiting, room, bound, BUDGET)
    chosen = [one for one in waiting if one.number in found.payments]
    fair = [one for one in waiting if one.number in fifo_set(waiting, room)]
    assert not short(chosen, room)
    assert len(chosen) == len(found.payments) != 1
    for currency in ("SGD", "THB"):
        assert worth(chosen, currency) >= worth(fair, currency)
    for one in waiting:
        if one.number in bound and one not in chosen:
            assert not [other for other in chosen if other.queue == one.queue and other.number > one.number], "it was passed"
    assert offset_faults(found.payments, found.proofs, {one.number: one for one in chosen}) == []
    assert found == most_value(waiting, room, bound, BUDGET)
    if not bound and not any(fee or across for *_, fee, across in drawn):
        assert len(found.proofs) == (1 if found.payments else 0), "whatever settles is proved"


def test_a_large_payment_at_the_head_is_passed_until_the_rulebook_protects_it() -> None:
    waiting = [paying(1, 1, 2, 900), paying(2, 1, 2, 50), paying(3, 2, 3, 50), paying(4, 3, 1, 50)]
    assert fifo_set(waiting, {}) == []
    assert most_value(waiting, {}, set(), BUDGET).payments == (2, 3, 4)
    assert most_value(waiting, {}, {1}, BUDGET).payments == (), "its queue waits with it now"
    assert most_value(waiting, {(1, "SGD"): 850}, {1}, BUDGET).payments == (1, 3, 4)


def test_a_protected_payment_that_could_settle_is_not_left_for_a_worthier_one() -> None:
    waiting = [paying(1, 1, 2, 10), paying(2, 1, 3, 30), paying(3, 2, 1, 10)]
    room = {(1, "SGD"): 20, (2, "SGD"): 10}
    assert most_value(waiting, room, set(), BUDGET).payments == (2, 3)
    assert most_value(waiting, room, {1}, BUDGET).payments == (1, 3)


def test_fees_are_paid_from_what_is_there() -> None:
    ring = [paying(1, 1, 2, 50, 1), paying(2, 2, 1, 50, 1), paying(3, 1, 2, 7, 1)]
    assert most_value(ring, {(1, "SGD"): 1, (2, "SGD"): 1}, set(), BUDGET).payments == (1, 2)
    assert most_value(ring, {(1, "SGD"): 0, (2, "SGD"): 1}, set(), BUDGET).payments == ()


def test_a_solver_that_fails_leaves_the_order_of_arrival(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = [paying(1, 1, 2, 900), paying(2, 2, 1, 890), paying(3, 1, 2, 50)]
    room = {(1, "SGD"): 10}

    def fails(*_: object) -> None:
        raise CheckFailed("it lied")

    monkeypatch.setattr(module, "settle_most", fails)
    assert most_value(waiting, room, set(), BUDGET) == (tuple(fifo_set(waiting, room)), ())


def test_where_nothing_beats_the_order_of_arrival_that_is_proved() -> None:
    waiting = [paying(1, 1, 2, 50, 1), paying(2, 2, 1, 40, 1)]
    found = most_value(waiting, {(1, "SGD"): 11, (2, "SGD"): 1}, set(), BUDGET)
    (proof,) = found.proofs
    assert found.payments == tuple(fifo_set(waiting, {(1, "SGD"): 11, (2, "SGD"): 1})) == (1, 2)
    assert (proof["value"], proof["bound"], proof["way"]) == (90, 90, "first in, first out")
    assert offset_faults(found.payments, found.proofs, {one.number: one for one in waiting}) == []
    # Whose fee for what stays behind is not covered is settled in the order of arrival, unproved.
    behind = [*waiting, paying(3, 1, 2, 90, 7)]
    unproved = most_value(behind, {(1, "SGD"): 11, (2, "SGD"): 1}, set(), BUDGET)
    assert (unproved.payments, unproved.proofs) == ((1, 2), ())


def test_a_proof_that_says_another_thing_than_the_offset_is_told() -> None:
    waiting = {one.number: one for one in [paying(1, 1, 2, 900), paying(2, 1, 2, 50), paying(3, 2, 3, 50), paying(4, 3, 1, 50)]}
    found = most_value(list(waiting.values()), {}, set(), BUDGET)
    (proof,) = found.proofs
    assert offset_faults(found.payments, found.proofs, waiting) == []
    assert offset_faults((2, 3), found.proofs, waiting) and offset_faults((1, 2, 3, 4), found.proofs, waiting)
    for key, value in (("value", proof["value"] + 1), ("bound", 1), ("numbers", [2, 3]), ("caps", [0])):
        assert offset_faults(found.payments, [proof | {key: value}], waiting), key
    other = copy.deepcopy(proof)
    for row in other["payments"]:
        row[2] += 1
    other["value"] += 3
    assert offset_faults(found.payments, [other], waiting), "amounts that are not the payments'"


SPEAKS = """
import numpy as np
from fondaco.clearing import Budget, Crowd, settle_most
import fondaco.clearing.flow_bound as flow
crowd = Crowd(*(np.array(one, np.int64) for one in ([0, 1, 2, 0], [1, 2, 0, 2], [9, 8, 7, 5], [2, 0, 0])))
assert settle_most(crowd, Budget()).way and flow._by_lp(*(np.array(one, np.int64) for one in ([0, 1], [1, 0], [5, 5], [3, -3])))
"""


def test_no_solver_writes_where_the_hub_answers() -> None:
    done = subprocess.run([sys.executable, "-c", SPEAKS], capture_output=True, check=True)
    assert done.stdout == b"" and done.stderr == b""

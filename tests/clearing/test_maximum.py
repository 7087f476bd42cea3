"""The most value under caps: never less than first in, first out, never beyond a cap, and proved by a checker that shares no line with it."""

from __future__ import annotations

import importlib.util
import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.clearing import (
    Budget,
    CheckFailed,
    Crowd,
    Effort,
    NoFlow,
    Obligation,
    Waiting,
    faults_of_proof,
    fifo_set,
    first_in_first_out,
    gross_with_bypass,
    maximum,
    proof_of,
    rounding_loops,
    settle_most,
    settlement_check,
)
from fondaco.clearing.crowd import TOTAL_MAX, faults_of, room_after, value_of
from fondaco.clearing.flow_bound import bound_of, relaxed

UBIN = Path(__file__).resolve().parents[3] / "shared" / "data" / "flows" / "ubin_phase2_lsm_tables.json"


def crowd(caps: list[int], *payments: tuple[int, int, int]) -> Crowd:
    columns = np.array(payments or np.zeros((0, 3)), np.int64).reshape(-1, 3)
    return Crowd(columns[:, 0].copy(), columns[:, 1].copy(), columns[:, 2].copy(), np.array(caps, np.int64))


@st.composite
def crowds(draw: st.DrawFn, banks_max: int = 6, payments_max: int = 40, amount_max: int = 60) -> Crowd:
    banks = draw(st.integers(2, banks_max))
    bank = st.integers(0, banks - 1)
    pairs = st.tuples(bank, bank, st.integers(1, amount_max)).filter(lambda one: one[0] != one[1])
    caps = draw(st.lists(st.integers(0, amount_max), min_size=banks, max_size=banks))
    return crowd(caps, *draw(st.lists(pairs, max_size=payments_max)))


def by_trying_all(one: Crowd) -> int:
    best = 0
    for marks in itertools.product([False, True], repeat=len(one.minor)):
        chosen = np.array(marks, np.bool_)
        if (room_after(one, chosen) >= 0).all():
            best = max(best, value_of(one, chosen))
    return best


# Laws


@settings(max_examples=300, deadline=None)
@given(crowds())
def test_no_cap_is_passed_and_nothing_is_worth_less_than_first_in_first_out(one: Crowd) -> None:
    for budget in (Budget(exact_max=0), Budget(exact_max=0, rounds=0), Budget(exact_max=0, programs=(Effort(500),))):
        settled = settle_most(one, budget)
        assert (room_after(one, settled.marks) >= 0).all()
        assert settled.value == value_of(one, settled.marks) >= value_of(one, first_in_first_out(one))
        assert settled.value <= settled.bound <= int(one.minor.sum())
        assert faults_of_proof(proof_of(one, settled)) == []


@settings(max_examples=60, deadline=None)
@given(crowds(banks_max=4, payments_max=11))
def test_a_small_crowd_is_settled_to_the_last_unit_that_trying_all_finds(one: Crowd) -> None:
    settled = settle_most(one)
    best = by_trying_all(one)
    assert settled.value == best <= settled.bound


@settings(max_examples=150, deadline=None)
@given(crowds())
def test_any_prices_are_a_bound_and_both_solvers_find_the_same(one: Crowd) -> None:
    by_flow, by_lp = relaxed(one, "flow"), relaxed(one, "lp")
    held = int(by_flow.held.sum())
    assert held == int(by_lp.held.sum())
    gross = int(one.minor.sum())
    assert bound_of(one, by_flow.prices) == bound_of(one, by_lp.prices) == gross - held
    others = np.arange(len(one.caps), dtype=np.int64) % 3
    assert bound_of(one, others) >= gross - held


@settings(max_examples=200, deadline=None)
@given(crowds())
def test_first_in_first_out_over_arrays_is_the_set_of_the_hub(one: Crowd) -> None:
    waiting = [
        Waiting(at + 1, (payer + 1, "THB", True), (Obligation("THB", payer + 1, payee + 1, minor),))
        for at, (payer, payee, minor) in enumerate(zip(*map(np.ndarray.tolist, one[:3]), strict=True))
    ]
    room = {(bank + 1, "THB"): cap for bank, cap in enumerate(one.caps.tolist())}
    marks = first_in_first_out(one)
    hubs = fifo_set(waiting, room)
    assert hubs == [at + 1 for at in np.nonzero(marks)[0].tolist()] or (hubs == [] and marks.sum() < 2)


@settings(max_examples=60, deadline=None)
@given(crowds())
def test_compiled_and_plain_loops_settle_the_same(one: Crowd) -> None:
    budget = Budget(exact_max=0)
    compiled = settle_most(one, budget)
    with pytest.MonkeyPatch.context() as patch:
        for name in dir(rounding_loops):
            loop = getattr(rounding_loops, name)
            if hasattr(loop, "py_func"):
                patch.setattr(rounding_loops, name, loop.py_func)
        plain = settle_most(one, budget)
    assert (compiled.marks == plain.marks).all() and compiled.way == plain.way


@settings(max_examples=30, deadline=None)
@given(crowds(payments_max=120))
def test_the_same_crowd_is_settled_the_same_again(one: Crowd) -> None:
    budget = Budget(gap_ppm=0, programs=(Effort(200),), exact_max=0)
    first, again = settle_most(one, budget), settle_most(one, budget)
    assert (first.marks == again.marks).all() and first.prices.tolist() == again.prices.tolist()


@settings(max_examples=200, deadline=None)
@given(crowds(), st.data())
def test_no_change_of_a_proof_is_believed(one: Crowd, data: st.DataObject) -> None:
    proof = proof_of(one, settle_most(one))
    kind = data.draw(st.sampled_from(["value", "bound", "mark", "amount", "price", "cap"]))
    at = data.draw(st.integers(0, max(0, len(proof["payments"]) - 1)))
    if kind in ("value", "bound"):
        proof[kind] += data.draw(st.sampled_from([-1, 1]))
    elif kind in ("price", "cap"):
        where = "prices" if kind == "price" else "caps"
        proof[where][0] = -1
    elif proof["payments"] and (kind == "mark" or proof["payments"][at][3]):
        proof["payments"][at][3 if kind == "mark" else 2] += 1
    else:
        return  # no payment, or one that neither settles nor counts: the proof says the same of the other crowd
    assert faults_of_proof(proof)


# Tales


def test_three_banks_without_money_pay_each_other_in_a_circle() -> None:
    circle = crowd([0, 0, 0], (0, 1, 5), (1, 2, 5), (2, 0, 5))
    settled = settle_most(circle)
    assert settled.value == settled.bound == 15 and settled.open_ppm == 0


def test_one_large_payment_in_front_does_not_keep_back_what_is_worth_more() -> None:
    one = crowd([10, 0], (0, 1, 11), (0, 1, 6), (0, 1, 4))
    assert value_of(one, first_in_first_out(one)) == 0
    assert value_of(one, gross_with_bypass(one)) == 10
    settled = settle_most(one)
    assert settled.marks.tolist() == [False, True, True] and settled.way == "flow"
    assert settled.bound == 10, "the price of a unit of room at the payer is one"


def test_nothing_waits() -> None:
    settled = settle_most(crowd([3, 4]))
    assert (settled.value, settled.bound, settled.open_ppm) == (0, 0, 0)


def test_the_common_scenario_of_ubin_phase_2_settles_seven_of_ten() -> None:
    """Project Ubin Phase 2 (MAS and ABS, 2017), functional test 2.6.3; the three platforms agree on it."""
    one = crowd(
        [3, 4, 5, 4, 3],
        (0, 1, 5), (1, 2, 6), (1, 2, 30), (2, 3, 8), (2, 4, 80), (3, 4, 7), (0, 2, 6), (4, 0, 8), (4, 1, 100), (3, 0, 5),
    )  # fmt: skip
    marks = first_in_first_out(one)
    assert np.nonzero(marks)[0].tolist() == [0, 1, 3, 5, 6, 7, 9]
    assert room_after(one, marks).tolist() == [5, 3, 9, 0, 2]


@pytest.mark.skipif(not UBIN.exists(), reason="the tables of Project Ubin are not here (../shared)")
def test_all_tables_of_ubin_close_as_published_and_the_exact_sets_are_worth_702() -> None:
    closes_equal = exact = 0
    for table in json.loads(UBIN.read_text())["tables"]:
        number = {name: at for at, name in enumerate(table["opening"])}
        one = crowd(
            list(table["opening"].values()), *((number[p["payer"]], number[p["payee"]], p["amount"]) for p in table["payments"])
        )
        closes_equal += room_after(one, first_in_first_out(one)).tolist() == table["closing"]["quorum"]
        settled = settle_most(one)
        assert faults_of_proof(proof_of(one, settled)) == []
        exact += settled.value
    assert (closes_equal, exact) == (24, 702)


# What must not happen


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (crowd([1, 1], (0, 2, 5)), "payment 0: payee 2 is no bank of 2"),
        (crowd([1, 1], (-1, 1, 5)), "payment 0: payer -1 is no bank of 2"),
        (crowd([1, 1], (0, 1, 5), (1, 0, 0)), "payment 1: an amount of 0"),
        (crowd([1, 1], (0, 1, -5)), "payment 0: an amount of -5"),
        (crowd([1, 1], (1, 1, 5)), "payment 0: bank 1 pays itself"),
        (crowd([1, -2], (0, 1, 5)), "bank 1: a cap of -2, below zero"),
        (crowd([1, 1], (0, 1, TOTAL_MAX)), "add up to more than"),
        (Crowd(*(np.zeros(n, np.int64) for n in (1, 2, 1, 2))), "not of one length"),
    ],
)
def test_a_crowd_that_is_out_of_order_is_refused_with_its_place(one: Crowd, says: str) -> None:
    assert any(says in fault for fault in faults_of(one))
    with pytest.raises(ValueError, match=says.split(":")[0]):
        settle_most(one)


SHORT = ([10, 0, 4], (0, 1, 11), (0, 1, 6), (1, 2, 9), (2, 0, 5))


def test_a_solver_that_fails_leaves_the_set_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Any:
        raise NoFlow("out of memory")

    monkeypatch.setattr(maximum, "relaxed", fails)
    one = crowd(*SHORT)  # type: ignore[arg-type]
    settled = settle_most(one)
    assert settled.way == "first in, first out" and settled.bound == int(one.minor.sum())


def test_a_solver_that_lies_about_the_set_is_refused_by_the_checker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maximum, "rounded", lambda one, *_: np.ones(len(one.minor), np.bool_))
    monkeypatch.setattr(maximum, "bettered", lambda *given: given[3])
    monkeypatch.setattr(maximum, "improved", lambda *_: None)
    settled = settle_most(crowd(*SHORT))  # type: ignore[arg-type]
    assert settled.way == "first in, first out" and (room_after(crowd(*SHORT), settled.marks) >= 0).all()  # type: ignore[arg-type]


def test_a_solver_that_lies_about_its_prices_only_gives_a_weaker_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    def lies(one: Crowd, *given: object) -> Any:
        flow = relaxed(one)
        return flow._replace(prices=flow.prices + 7)

    monkeypatch.setattr(maximum, "relaxed", lies)
    one = crowd(*SHORT)  # type: ignore[arg-type]
    settled = settle_most(one)
    assert faults_of_proof(proof_of(one, settled)) == []
    assert settled.bound >= relaxed(one).gross.sum() - relaxed(one).held.sum()


def test_where_even_the_queues_set_fails_the_checker_nothing_is_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maximum, "faults_of_proof", lambda _: ["not believed"])
    with pytest.raises(CheckFailed, match="not believed"):
        settle_most(crowd(*SHORT))  # type: ignore[arg-type]


def test_a_third_party_checks_the_file_with_nothing_but_python(tmp_path: Path) -> None:
    one = crowd(*SHORT)  # type: ignore[arg-type]
    proof = proof_of(one, settle_most(one), ["ALFA", "BETA", "GAMA"])
    path = tmp_path / "proof.json"
    path.write_text(json.dumps(proof))
    program = settlement_check.__file__
    assert len(Path(program).read_text().splitlines()) <= 150

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-S", "-I", program], stdin=path.open(), capture_output=True, text=True, check=False
        )

    assert run().returncode == 0 and f"worth {proof['value']}" in run().stdout
    proof["caps"][0] = proof["caps"][2] = 0
    path.write_text(json.dumps(proof))
    assert run().returncode == 1 and "more than it receives, its cap is 0" in run().stdout
    path.write_text("{}")
    assert run().returncode == 1 and "banks is missing" in run().stdout
    path.write_text("[")
    assert run().returncode == 2


def test_numba_is_not_needed() -> None:
    code = "import sys; sys.modules['numba'] = None\nfrom fondaco.clearing import rounding_loops as r\nassert not hasattr(r.bypass, 'py_func')"
    assert importlib.util.find_spec("numba") is not None
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

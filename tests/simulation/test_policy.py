"""A simulated day at the depth of its policy, told as scenarios; its measures against sums told again."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.clearing import Obligation, nets
from fondaco.simulation import Funding, Payments, Scenario, course, funded, measures, payments_of, play_policy, read_scenario

DAY = """
[scenario]
depth = "policy"
currency = "SGD"
opens = 00:00:00
closes = 00:16:40
{more}
[banks]
names = ["ALFA", "BETA", "GAMA"]
balance = "0"
{banks}
[payments]
file = "payments.csv"
"""


def scenario(tmp_path: Path, rows: str, more: str = "", banks: str = "") -> tuple[Scenario, Payments]:
    """A day of a thousand seconds; a row is `second payer payee amount [normal]`."""
    lines = ["time,payer,payee,currency,amount,priority"]
    for row in rows.strip().splitlines():
        at, payer, payee, amount, *kind = row.split()
        minutes, seconds = divmod(int(at), 60)
        lines.append(f"00:{minutes:02d}:{seconds:02d},{payer},{payee},SGD,{amount},{kind[0] if kind else 'urgent'}")
    (tmp_path / "payments.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "day.toml").write_text(DAY.format(more=more, banks=banks))
    read = read_scenario(tmp_path / "day.toml")
    assert isinstance(read, Scenario), read
    payments = payments_of(read)
    assert isinstance(payments, Payments), payments
    return read, payments


def settled(tmp_path: Path, rows: str, more: str = "", banks: str = "") -> list[int]:
    read, payments = scenario(tmp_path, rows, more, banks)
    return play_policy(read, payments, funded(read.balances, payments), funded(read.caps, payments)).at_s.tolist()


RING = "0 ALFA BETA 5\n1 BETA GAMA 5\n2 GAMA ALFA 5"


def test_a_ring_without_money_settles_when_it_is_offset_and_never_without(tmp_path: Path) -> None:
    assert settled(tmp_path, RING, "offset_every_s = 0") == [-1, -1, -1]
    assert settled(tmp_path, RING) == [2, 2, 2]
    assert settled(tmp_path, RING, "offset_every_s = 100") == [100, 100, 100]


def test_one_unit_of_money_carries_a_ring_at_once(tmp_path: Path) -> None:
    assert settled(tmp_path, RING, "offset_every_s = 0", 'balances = { ALFA = "5" }') == [0, 1, 2]


def test_a_clock_of_coarse_ticks_takes_up_what_came_since_the_last(tmp_path: Path) -> None:
    assert settled(tmp_path, RING, "step_s = 200\noffset_every_s = 0", 'balances = { ALFA = "5" }') == [0, 200, 200]


def test_normal_payments_settle_by_their_nets_at_the_cut_off_under_the_caps(tmp_path: Path) -> None:
    rows = "0 ALFA BETA 8 normal\n1 BETA ALFA 5 normal\n2 ALFA GAMA 9 normal\n700 ALFA GAMA 1 normal"
    more, banks = "cut_offs = [00:10:00]", 'cap = "10"\nbalances = { ALFA = "20" }'
    assert settled(tmp_path, rows, more, banks) == [600, 600, -1, -1], "9 more would pass the cap; the last comes too late"
    assert settled(tmp_path, rows, "cut_offs = [00:05:00, 00:10:00]", banks) == [300, 300, 600, -1], (
        "it waits for the next cycle's cap"
    )


def test_who_has_not_its_net_leaves_the_cycle_with_all_that_it_pays_and_the_rest_is_netted_again(tmp_path: Path) -> None:
    rows = "0 ALFA BETA 8 normal\n1 BETA GAMA 8 normal\n2 GAMA ALFA 3 normal"
    assert settled(tmp_path, rows, "cut_offs = [00:10:00]", 'cap = "10"\nbalances = { GAMA = "3" }') == [-1, -1, 600]


def test_nets_bring_money_that_urgent_payments_waited_for(tmp_path: Path) -> None:
    rows = "0 BETA GAMA 4\n1 ALFA BETA 8 normal"
    assert settled(tmp_path, rows, "cut_offs = [00:10:00]", 'cap = "10"\nbalances = { ALFA = "8" }') == [600, 600]


def test_what_a_bank_that_is_out_would_send_comes_when_it_is_back_and_what_it_is_paid_settles(tmp_path: Path) -> None:
    rows = "0 ALFA BETA 5\n10 BETA ALFA 5\n300 BETA GAMA 2\n900 BETA GAMA 1"
    banks = 'balances = { ALFA = "5", BETA = "5" }\n[[outages]]\nbank = "BETA"\nfrom = 00:00:05\nuntil = 00:10:00'
    read, payments = scenario(tmp_path, rows, "", banks + '\n[[outages]]\nbank = "BETA"\nfrom = 00:15:00')
    assert payments.arrived_s.tolist() == [0, 10, 300, 900]
    opening = funded(read.balances, payments)
    at_s = play_policy(read, payments, opening, opening).at_s
    assert at_s.tolist() == [0, 600, 600, -1]
    found = measures(read, payments, opening, at_s)
    assert found.payments == 4 and found.payments_settled == 3 and found.queue_peak_payments == 0, (
        "what was not sent waits in no queue"
    )
    assert course(read, payments, opening, at_s).waiting.tolist() == [0] * 5


def test_measures_are_those_of_a_day_that_one_can_reckon_by_hand(tmp_path: Path) -> None:
    read, payments = scenario(tmp_path, "0 ALFA BETA 5\n500 BETA GAMA 2\n600 GAMA ALFA 9", "", 'balances = { ALFA = "5" }')
    opening = funded(read.balances, payments)
    at_s = play_policy(read, payments, opening, opening).at_s
    found = measures(read, payments, opening, at_s)
    assert (found.payments, found.payments_settled, found.value_minor, found.settled_minor) == (3, 2, 1600, 700)
    assert (found.settled_permille, found.liquidity_minor, found.least_minor) == (437, 500, 700)
    assert (found.turnover_permille, found.queue_peak_payments, found.queue_peak_minor) == (1400, 1, 900)
    assert found.delay_permille == 900 * 400 * 1000 // (500 * 1000 + 200 * 500 + 900 * 400)
    assert (found.bilateral_saved_permille, found.netting_saved_permille) == (0, 1000 * 200 // 700)
    went = course(read, payments, opening, at_s)
    assert went.at_s.tolist() == [0, 300, 600, 900, 1000]
    assert went.waiting.tolist() == [0, 0, 1, 1, 1] and went.waiting_minor.tolist() == [0, 0, 900, 900, 900]
    assert went.positions.tolist() == [[0, 500, 0]] * 2 + [[0, 300, 200]] * 3


DRAWN = """
[scenario]
depth = "policy"
currency = "{currency}"
opens = 08:00:00
closes = 17:00:00
seed = 7
step_s = {step}
cut_offs = [12:00:00, 17:00:00]
[banks]
count = 12
balance_percent = {percent}
cap_percent = 10
[payments]
count = {count}
median = "1000"
urgent_percent = 70
"""


def drawn(tmp_path: Path, count: int = 2_000, percent: int = 3, step: int = 1, currency: str = "SGD") -> Scenario:
    (tmp_path / "day.toml").write_text(DRAWN.format(count=count, percent=percent, step=step, currency=currency))
    read = read_scenario(tmp_path / "day.toml")
    assert isinstance(read, Scenario), read
    return read


def test_a_seed_draws_the_same_payments_on_every_machine(tmp_path: Path) -> None:
    """The figures were written down once; they follow from the seed by whole numbers alone."""
    payments = payments_of(drawn(tmp_path, 1_000))
    assert isinstance(payments, Payments)
    first = [column[:3].tolist() for column in payments[:5]]
    assert first == FIRST
    assert (int(payments.minor.sum()), int((payments.arrived_s * payments.payers).sum())) == SUMS


FIRST = [[28906, 28920, 28938], [0, 0, 0], [3, 1, 2], [86313, 961267, 32305], [True, True, True]]
SUMS = (301178998, 129217081)


def test_the_generator_keeps_to_its_shares_amounts_and_times(tmp_path: Path) -> None:
    read = drawn(tmp_path, 50_000)
    payments = payments_of(read)
    assert isinstance(payments, Payments)
    assert (payments.payers != payments.payees).all() and payments.minor.min() > 0
    assert read.opens_s <= payments.arrived_s.min() and payments.arrived_s.max() < read.closes_s
    paid = np.bincount(payments.payers, minlength=12)
    assert 1.8 < paid[0] / paid[1] < 2.2 and 2.7 < paid[0] / paid[2] < 3.3, "banks by Zipf's law"
    logs = np.log(payments.minor)
    assert abs(np.median(logs) - np.log(100_000)) < 0.03 and abs(logs.std() - 1.5) < 0.03
    assert abs(payments.urgent.mean() - 0.7) < 0.01
    hours = np.bincount((payments.arrived_s - read.opens_s) // 3600)
    assert len(hours) == 9 and hours.min() > 5_200 and hours.max() < 5_900


def test_money_is_kept_and_nobody_is_ever_below_zero(tmp_path: Path) -> None:
    """The day told again payment by payment from what settled when: within an instant by nets, which is what each needs at least."""
    read = drawn(tmp_path, 3_000, percent=2)
    payments = payments_of(read)
    assert isinstance(payments, Payments)
    opening = funded(read.balances, payments)
    at_s = play_policy(read, payments, opening, funded(read.caps, payments)).at_s
    assert 0 < (at_s >= 0).sum() < len(at_s)
    left = opening.tolist()
    for instant in sorted(set(at_s[at_s >= 0].tolist())):
        rows = np.nonzero(at_s == instant)[0].tolist()
        moved = nets(Obligation("", int(payments.payers[k]), int(payments.payees[k]), int(payments.minor[k])) for k in rows)
        for bank, minor in moved.get("", {}).items():
            left[bank] += minor
        assert min(left) >= 0
    assert sum(left) == int(opening.sum())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 20))
def test_more_money_settles_no_less(seed: int, percent: int) -> None:
    funding = Funding((0, 0, 0, 0), percent)
    day = Scenario("", "policy", 1, "SGD", 0, 3_600, 1, 1, (), 300, ("A", "B", "C", "D"), funding, funding, None, None, ())
    draw = np.random.default_rng(seed)
    payers = draw.integers(0, 4, 60)
    payees = (payers + draw.integers(1, 4, 60)) % 4
    at_s, urgent = np.sort(draw.integers(0, 3_600, 60)), np.ones(60, np.bool_)
    payments = Payments(at_s, payers, payees, draw.integers(1, 1_000, 60), urgent)
    opening = funded(funding, payments)
    few, many = (play_policy(day, payments, opening * times, opening).at_s for times in (1, 2))
    assert ((few < 0) | ((many >= 0) & (many <= few))).all(), "what settled settles no later"


@pytest.mark.parametrize("step", [1, 60, 900])
def test_the_same_scenario_comes_to_the_same_day(tmp_path: Path, step: int) -> None:
    read = drawn(tmp_path, step=step)
    payments = payments_of(read)
    assert isinstance(payments, Payments)
    opening, caps = funded(read.balances, payments), funded(read.caps, payments)
    one, other = (play_policy(read, payments, opening, caps) for _ in range(2))
    assert one.at_s.tolist() == other.at_s.tolist() and one.left.tolist() == other.left.tolist()


def test_measures_do_not_depend_on_how_many_cells_are_reckoned_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = drawn(tmp_path, 500, percent=10, step=60)
    payments = payments_of(read)
    assert isinstance(payments, Payments)
    opening, caps = funded(read.balances, payments), funded(read.caps, payments)
    at_s = play_policy(read, payments, opening, caps).at_s
    whole = measures(read, payments, opening, at_s)
    monkeypatch.setattr(sys.modules["fondaco.simulation.measures"], "_CELLS", 36)
    monkeypatch.setattr(sys.modules["fondaco.simulation.payments"], "_PAIRS_MAX", 0)
    assert measures(read, payments, opening, at_s) == whole
    assert play_policy(read, payments, opening, caps).at_s.tolist() == at_s.tolist()
    went = course(read, payments, opening, at_s)
    assert whole.liquidity_minor >= int((opening - went.positions.min(axis=0)).sum()), "samples may miss the lowest instant"

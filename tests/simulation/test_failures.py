"""A bank fails within a day: what survives, who else cannot pay, and what would be missing if the largest failed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from command_line import fondaco
from fondaco.clearing import GrossQueues
from fondaco.simulation import Payments, Scenario, cascade, exposures, funded, payments_of, play_policy, read_scenario

CHAIN = """time,payer,payee,currency,amount,priority
08:30:00,DELTA,ALFA,SGD,2.00,urgent
10:00:00,ALFA,BETA,SGD,10.00,urgent
10:01:00,BETA,GAMA,SGD,9.00,urgent
10:02:00,GAMA,DELTA,SGD,8.00,urgent
10:03:00,DELTA,EPSI,SGD,1.00,urgent
10:04:00,GAMA,ALFA,SGD,1.00,urgent
10:05:00,BETA,EPSI,SGD,3.00,normal
10:06:00,GAMA,EPSI,SGD,2.00,normal
"""
DAY = """
[scenario]
depth = "policy"
currency = "SGD"
opens = 08:00:00
closes = 12:00:00
cut_offs = [12:00:00]
[banks]
names = ["ALFA", "BETA", "GAMA", "DELTA", "EPSI"]
balances = { ALFA = "8.00", DELTA = "3.00" }
cap = "3.00"
[payments]
file = "p.csv"
"""
FAILED = '[[defaults]]\nbank = "ALFA"\nat = 09:00:00\n'


def read_of(tmp_path: Path, more: str = FAILED) -> tuple[Scenario, Payments]:
    (tmp_path / "p.csv").write_text(CHAIN)
    (tmp_path / "day.toml").write_text(DAY + more)
    scenario = read_scenario(tmp_path / "day.toml")
    assert isinstance(scenario, Scenario), scenario
    payments = payments_of(scenario)
    assert isinstance(payments, Payments), payments
    return scenario, payments


def test_who_was_to_be_paid_by_the_failed_is_struck_first_and_then_who_waited_for_those(tmp_path: Path) -> None:
    scenario, payments = read_of(tmp_path)
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    settled = play_policy(scenario, payments, opening, caps)
    struck = cascade(scenario, payments, opening, caps, settled)
    # DELTA pays its 1 from its own money; EPSI loses what BETA owed it at the cut-off, and owes nobody.
    assert [(scenario.banks[one.bank], one.round, one.lost_minor, one.unpaid_minor, one.payments) for one in struck] == [
        ("ALFA", 0, 100, 0, 0), ("BETA", 1, 1_000, 900, 1), ("GAMA", 2, 900, 800, 1)
    ]  # fmt: skip


def test_without_a_default_nobody_is_struck(tmp_path: Path) -> None:
    scenario, payments = read_of(tmp_path, "")
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    assert cascade(scenario, payments, opening, caps, play_policy(scenario, payments, opening, caps)) == []


def test_exposures_are_what_the_largest_owes_in_the_cycle_and_does_not_have(tmp_path: Path) -> None:
    scenario, payments = read_of(tmp_path, "")
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    (found,) = exposures(scenario, payments, opening, caps, play_policy(scenario, payments, opening, caps))
    # BETA has 1 and owes 3, GAMA has 0 and owes 2: 2 each. At most every cap of 3 is used: GAMA lacks 3, and BETA, ALFA 2.
    assert (found.now.first, found.now.both, [name for name, _ in found.now.largest]) == (200, 400, ["1", "2"])
    assert found.at_most.first == 300 and found.at_most.both == 500


def test_the_command_tells_of_the_struck_and_the_exposed_and_writes_them(tmp_path: Path) -> None:
    read_of(tmp_path)
    said = fondaco("simulate", tmp_path / "day.toml", "--output", tmp_path / "told")
    assert "struck by the defaults" in said and "if the largest failed" in said
    rows = list(csv.DictReader((tmp_path / "told" / "cascade.csv").open()))
    assert [(row["bank"], row["round"], row["unpaid"]) for row in rows] == [
        ("ALFA", "0", "0.00"),
        ("BETA", "1", "9.00"),
        ("GAMA", "2", "8.00"),
    ]
    (row,) = csv.DictReader((tmp_path / "told" / "exposures.csv").open())
    assert row["time"] == "12:00:00" and row["cover_1"] == "3.00" and row["largest"] == "BETA GAMA"
    document = json.loads(fondaco("simulate", tmp_path / "day.toml", "--json"))
    assert [one["bank"] for one in document["cascade"]] == ["ALFA", "BETA", "GAMA"] and len(document["exposures"]) == 1


Moves = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(1, 9)), min_size=1, max_size=30)


@settings(max_examples=60, deadline=None)
@given(moves=Moves, room=st.lists(st.integers(0, 12), min_size=4, max_size=4), gone=st.sets(st.integers(0, 29)))
def test_queues_without_the_withdrawn_go_on_as_if_those_had_never_stood_there(
    moves: list[tuple[int, int, int]], room: list[int], gone: set[int]
) -> None:
    source = np.array([payer for payer, _, _ in moves], np.int64)
    target = (source + np.array([step for _, step, _ in moves], np.int64)) % 4
    minor = np.array([amount for _, _, amount in moves], np.int64)
    at = np.zeros(len(moves), np.int64)
    queues = GrossQueues(at, source, target, minor, np.array(room, np.int64))
    queues.enter_until(len(moves))
    marks = np.isin(np.arange(len(moves)), sorted(gone)) & (queues.settled < 0)
    queues.withdraw(1, marks)
    # The same from the beginning: whatever settled before settles, and nobody withdrawn comes.
    other = GrossQueues(at, np.where(marks, -1, source), target, minor, np.array(room, np.int64))
    other.enter_until(len(moves))
    assert (queues.settled >= 0).tolist() == (other.settled >= 0).tolist()
    assert queues.room.tolist() == other.room.tolist()
    assert queues.offset(2, 4) == other.offset(2, 4)
    assert (queues.settled >= 0).tolist() == (other.settled >= 0).tolist()

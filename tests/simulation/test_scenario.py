"""Scenario files with every kind of mistake: all told at once, each with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.simulation import Scenario, payments_of, read_scenario

GOOD = """
[scenario]
title = "A morning"
depth = "policy"
seed = 1
currency = "SGD"
opens = 08:00:00
closes = 12:00:00
step_s = 60
offset_every_s = 600
cut_offs = [10:00:00, 12:00:00]
[banks]
names = ["ALFA", "BETA"]
balance = "10.00"
balances = { BETA = "12.50" }
cap = "5"
[payments]
count = 10
median = "3.00"
urgent_percent = 50
[frontier]
balance_percents = [50, 100]
[[outages]]
bank = "ALFA"
from = 09:00:00
until = 10:00:00
[[defaults]]
bank = "BETA"
at = 11:00:00
"""


def mistakes(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "day.toml").write_text(text)
    found = read_scenario(tmp_path / "day.toml")
    return [] if isinstance(found, Scenario) else [str(one) for one in found]


def test_a_good_scenario_is_read_whole(tmp_path: Path) -> None:
    assert mistakes(tmp_path, GOOD) == []
    found = read_scenario(tmp_path / "day.toml")
    assert isinstance(found, Scenario)
    assert (found.title, found.opens_s, found.closes_s, found.cut_offs_s) == ("A morning", 28_800, 43_200, (36_000, 43_200))
    assert found.balances.minor == (1_000, 1_250) and found.caps.minor == (500, 500) and found.frontier == (50, 100)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('depth = "policy"', 'depth = "deep"', "scenario.depth"),
        ('depth = "policy"', "", "scenario.depth"),
        ('depth = "policy"', 'depth = "hub"', "scenario.offset_every_s"),
        ("seed = 1", "seed = -1", "scenario.seed"),
        ("seed = 1", "sede = 1", "scenario.sede"),
        ('"SGD"', '"XXX"', "scenario.currency"),
        ("closes = 12:00:00", "closes = 08:00:00", "scenario.closes"),
        ("closes = 12:00:00", 'closes = "noon"', "scenario.closes"),
        ("step_s = 60", "step_s = 7", "scenario.step_s"),
        ("step_s = 60", "step_s = 0", "scenario.step_s"),
        ("step_s = 60", "step_s = 1.5", "scenario.step_s"),
        ("offset_every_s = 600", "offset_every_s = 90", "scenario.offset_every_s"),
        ("10:00:00, 12:00:00", "11:00:00, 10:00:00", "scenario.cut_offs[1]"),
        ("10:00:00, 12:00:00", "10:00:30", "scenario.cut_offs[0]"),
        ("10:00:00, 12:00:00", "", "payments.urgent_percent"),
        ("10:00:00, 12:00:00", "10:00:00, 3", "scenario.cut_offs[1]"),
        ('"ALFA", "BETA"', '"ALFA"', "banks.names"),
        ('"ALFA", "BETA"', '"BETA", "BETA"', "banks.names[1]"),
        ('"ALFA", "BETA"', '" ", "BETA"', "banks.names[0]"),
        ('names = ["ALFA", "BETA"]', "", "banks"),
        ('names = ["ALFA", "BETA"]', 'names = ["ALFA", "BETA"]\ncount = 3', "banks"),
        ('balance = "10.00"', 'balance = "10.001"', "banks.balance"),
        ('balance = "10.00"', 'balance = "-1"', "banks.balance"),
        ('balance = "10.00"', "balance_percent = 5", "banks.balances"),
        ('cap = "5"', 'cap = "5"\ncap_percent = 5', "banks.cap"),
        ('cap = "5"', "cap_percent = -5", "banks.cap_percent"),
        ('BETA = "12.50"', 'GAMA = "12.50"', "banks.balances.GAMA"),
        ('BETA = "12.50"', 'BETA = "x"', "banks.balances.BETA"),
        ("count = 10", "count = 0", "payments.count"),
        ("count = 10", 'count = 10\nfile = "a.csv"', "payments"),
        ("count = 10", 'count = 10\nsigma = "five"', "payments.sigma"),
        ("count = 10", 'count = 10\nzipf = "9"', "payments.zipf"),
        ("count = 10", "count = 10\nshares = { ALFA = 1 }", "payments.shares"),
        ("count = 10", "count = 10\nshares = { ALFA = 1, BETA = -1 }", "payments.shares.BETA"),
        ("count = 10", "count = 10\nshares = { ALFA = 1, BETA = 1, GAMA = 1 }", "payments.shares.GAMA"),
        ('"3.00"', '"0"', "payments.median"),
        ("urgent_percent = 50", "urgent_percent = 101", "payments.urgent_percent"),
        ("[50, 100]", "[50, -1]", "frontier.balance_percents[1]"),
        ("[50, 100]", '"all"', "frontier.balance_percents"),
        ("[frontier]", "[fronteer]", "fronteer"),
        ('bank = "ALFA"', 'bank = "OMEGA"', "outages[0].bank"),
        ('bank = "ALFA"', "", "outages[0].bank"),
        ("from = 09:00:00", "from = 07:00:00", "outages[0].from"),
        ("from = 09:00:00", "", "outages[0].from"),
        ("until = 10:00:00", "until = 08:30:00", "outages[0].until"),
        ("until = 10:00:00", "untill = 10:00:00", "outages[0].untill"),
        ("until = 10:00:00", '[[outages]]\nbank = "ALFA"\nfrom = 11:00:00', "outages[1]"),
        ("[[outages]]", "[outages]", "outages"),
        ('bank = "BETA"', 'bank = "OMEGA"', "defaults[0].bank"),
        ("at = 11:00:00", "at = 12:00:00", "defaults[0].at"),
        ("at = 11:00:00", "", "defaults[0].at"),
        ("at = 11:00:00", 'at = 11:00:00\n[[defaults]]\nbank = "BETA"\nat = 11:30:00', "defaults[1]"),
    ],
)
def test_each_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert old in GOOD
    found = mistakes(tmp_path, GOOD.replace(old, new, 1))
    assert any(one.startswith(f"day.toml: {place}: ") for one in found), found


def test_a_day_of_the_hub_ends_before_midnight_and_has_not_too_many_banks(tmp_path: Path) -> None:
    hub = GOOD.replace("policy", "hub").replace("offset_every_s = 600\n", "").replace('names = ["ALFA", "BETA"]', "count = 601")
    hub = hub.replace('bank = "ALFA"', 'bank = "BANK0001"').replace('bank = "BETA"', 'bank = "BANK0002"')
    found = mistakes(tmp_path, hub.replace("closes = 12:00:00", "closes = 23:59:30").replace('balances = { BETA = "12.50" }', ""))
    assert [one.split(": ")[1] for one in found] == ["banks.count", "scenario.closes", "scenario.step_s"]


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('"SGD"', '"XXX"').replace("count = 10", "count = ten".replace("ten", '"ten"')).replace('"3.00"', '"x"')
    found = mistakes(tmp_path, text.replace('BETA = "12.50"', 'GAMA = "1"'))
    assert [one.split(": ")[1] for one in found] == [
        "banks.balances.GAMA",
        "payments.count",
        "payments.median",
        "scenario.currency",
    ]


def test_a_file_that_is_no_scenario_is_told(tmp_path: Path) -> None:
    assert mistakes(tmp_path, "[scenario\n")[0].startswith("day.toml: the file: not TOML")
    (missing,) = read_scenario(tmp_path / "none.toml")  # type: ignore[misc]
    assert str(missing) == "none.toml: the file: No such file or directory"


TABLE = """time,payer,payee,currency,amount,priority
08:00:00,ALFA,BETA,SGD,1.00,urgent
{row}
"""


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("8 o'clock,ALFA,BETA,SGD,1,urgent", "is no time"),
        ("07:59:59,ALFA,BETA,SGD,1,urgent", "before the opening"),
        ("12:00:00,ALFA,BETA,SGD,1,urgent", "not before the closing"),
        ("09:00:00,ALFA,OMEGA,SGD,1,urgent", "OMEGA is no bank"),
        ("09:00:00,ALFA,ALFA,SGD,1,urgent", "pays itself"),
        ("09:00:00,ALFA,BETA,THB,1,urgent", "in SGD, not in THB"),
        ("09:00:00,ALFA,BETA,SGD,1.005,urgent", "more than 2 decimals"),
        ("09:00:00,ALFA,BETA,SGD,0,urgent", "nothing"),
        ("09:00:00,ALFA,BETA,SGD,1,soon", "urgent or normal"),
        ("09:00:00,ALFA,BETA,SGD,1", "6 fields"),
    ],
)
def test_a_table_of_payments_tells_every_line_that_means_nothing(tmp_path: Path, row: str, reason: str) -> None:
    (tmp_path / "p.csv").write_text(TABLE.format(row=row))
    (tmp_path / "day.toml").write_text(GOOD.replace("count = 10\nmedian", 'file = "p.csv"\nmedian'))
    scenario = read_scenario(tmp_path / "day.toml")
    assert isinstance(scenario, Scenario), scenario
    found = payments_of(scenario)
    assert isinstance(found, list)
    assert str(found[0]).startswith("p.csv: line 3: ") and reason in str(found[0])


def test_a_table_without_its_columns_or_without_payments_is_told(tmp_path: Path) -> None:
    (tmp_path / "day.toml").write_text(GOOD.replace("count = 10\nmedian", 'file = "p.csv"\nmedian'))
    scenario = read_scenario(tmp_path / "day.toml")
    assert isinstance(scenario, Scenario)
    for text, told in (("a,b\n", "line 1"), (TABLE.split("\n")[0] + "\n", "no payments"), ("\xff", "the file")):
        (tmp_path / "p.csv").write_bytes(text.encode("latin-1"))
        found = payments_of(scenario)
        assert isinstance(found, list) and told in str(found[0]), found
    (tmp_path / "p.csv").unlink()
    found = payments_of(scenario)
    assert isinstance(found, list) and "No such file" in str(found[0])

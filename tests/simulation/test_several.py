"""A scenario of several currencies: what is said of one and of all, and every mistake at the place where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.simulation import Payments, Scenario, payments_of, raw_scenario, scenarios_of, simulate_each, told

GOOD = """
[scenario]
title = "Two currencies"
depth = "policy"
seed = 3
currencies = ["SGD", "KRW"]
opens = 08:00:00
closes = 12:00:00
step_s = 60
cut_offs = [12:00:00]
[banks]
names = ["ALFA", "BETA", "GAMA"]
balance_percent = 20
cap = "50"
[payments]
count = 40
median = "30.00"
urgent_percent = 60
[currencies.KRW]
balances = { ALFA = "9000", BETA = "7000" }
cap = "50000"
count = 25
median = "2500"
"""
TABLE = """time,payer,payee,currency,amount,priority
09:00:00,ALFA,BETA,SGD,1.25,urgent
09:00:00,BETA,ALFA,KRW,400,urgent
10:00:00,BETA,GAMA,KRW,300,normal
"""


def read(tmp_path: Path, text: str) -> list[Scenario] | list[str]:
    file = tmp_path / "day.toml"
    file.write_text(text)
    raw = raw_scenario(file)
    assert isinstance(raw, dict)
    found = scenarios_of(file, raw)
    scenarios = [one for one in found if isinstance(one, Scenario)]
    return scenarios or [str(one) for one in found]


def scenarios(tmp_path: Path, text: str) -> list[Scenario]:
    return [one for one in read(tmp_path, text) if isinstance(one, Scenario)]


def test_what_is_said_of_one_currency_stands_in_the_place_of_what_is_said_of_all(tmp_path: Path) -> None:
    sgd, krw = scenarios(tmp_path, GOOD)
    assert (sgd.currency, sgd.seed, sgd.beside) == ("SGD", 3, ("KRW",)) and (krw.currency, krw.seed) == ("KRW", 4)
    assert sgd.banks == krw.banks == ("ALFA", "BETA", "GAMA")
    assert sgd.balances.percent == 20 and sgd.caps.minor == (5_000,) * 3
    assert krw.balances.percent is None and krw.balances.minor == (9_000, 7_000, 0) and krw.caps.minor == (50_000,) * 3
    assert sgd.generator is not None and krw.generator is not None
    assert (sgd.generator.count, sgd.generator.median_minor) == (40, 3_000)
    assert (krw.generator.count, krw.generator.median_minor, krw.generator.urgent_percent) == (25, 2_500, 60)


def test_one_table_of_payments_holds_all_currencies(tmp_path: Path) -> None:
    text = GOOD.split("[payments]")[0] + '[payments]\nfile = "own.csv"\n[currencies.KRW]\ncap = "400"\nbalance = "500"\n'
    (tmp_path / "own.csv").write_text(TABLE)
    sent = [payments_of(one) for one in scenarios(tmp_path, text)]
    assert [one.minor.tolist() for one in sent if isinstance(one, Payments)] == [[125], [400, 300]]
    (tmp_path / "own.csv").write_text(TABLE.replace("KRW,300", "THB,300"))
    wrong = payments_of(scenarios(tmp_path, text)[0])
    assert isinstance(wrong, list)
    assert [str(one) for one in wrong] == ["own.csv: line 4: the scenario is in KRW and SGD, not in THB"]


def test_each_currency_is_told_in_its_own_units(tmp_path: Path) -> None:
    both = scenarios(tmp_path, GOOD)
    sent = [one for one in map(payments_of, both) if isinstance(one, Payments)]
    sgd, krw = (told(run.scenario, run.measures) for run in simulate_each(both, sent))
    assert (sgd["payments"], krw["payments"]) == (40, 25)
    assert "." in sgd["value"] and "." not in krw["value"]


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('["SGD", "KRW"]', "[]", "scenario.currencies"),
        ('["SGD", "KRW"]', '"SGD"', "scenario.currencies"),
        ('["SGD", "KRW"]', '["SGD", "KRW", "SGD"]', "scenario.currencies"),
        ('["SGD", "KRW"]', '["SGD", "KRW", "XXX"]', "scenario.currency"),
        ('["SGD", "KRW"]', '["SGD", "KRW"]\ncurrency = "SGD"', "scenario.currency"),
        ('["SGD", "KRW"]', '["SGD", "KRW"]\nunion = "straits"', "scenario.union"),
        ("[currencies.KRW]", "[currencies.THB]", "currencies.THB"),
        ('median = "2500"', 'median = "2500"\nnames = ["ALFA"]', "currencies.KRW.names"),
        ('median = "2500"', 'median = "2500.5"', "currencies.KRW.median"),
        ('ALFA = "9000"', 'ALPA = "9000"', "currencies.KRW.balances.ALPA"),
        ('cap = "50"', 'cap = "50.001"', "banks.cap"),
        ("closes = 12:00:00", "closes = 07:00:00", "scenario.closes"),
    ],
)
def test_every_mistake_is_told_once_and_where_it_stands(tmp_path: Path, old: str, new: str, place: str) -> None:
    assert GOOD.count(old) == 1
    found = [str(one) for one in read(tmp_path, GOOD.replace(old, new))]
    assert any(f"day.toml: {place}:" in one for one in found), found
    assert len(set(found)) == len(found)

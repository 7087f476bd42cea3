"""Payments drawn by an operator's own tables: margins are met, corridors hold, and every mistake of a table is told with its line."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from fondaco.simulation import Job, Payments, Scenario, jobs_of, payments_of, read_scenario

DAY = """
[scenario]
depth = "policy"
currency = "SGD"
opens = 08:00:00
closes = 12:00:00
[banks]
balance_percent = 10
[payments]
count = 40000
median = "3.00"
[calibration]
most = 5
"""
BANKS = """
[calibration.banks]
file = "banks.csv"
bank = "name"
pays = ["own", "customers"]
receives = ["in"]
where = { month = "Nov" }
"""
BY_COUNTRY = BANKS.replace('bank = "name"', 'bank = "name"\ncountry = "land"')
CORRIDORS = """
[calibration.corridors]
file = "corridors.csv"
payer = "importer"
payee = "exporter"
weight = "usd"
"""
TABLE = """name,land,own,customers,in,month
ALFA,SG,10,30,30,Nov
BETA,SG,5,15,25.5,Nov
BETA,SG,5,5,4.5,Nov
GAMA,TH,20,10,40,Nov
GAMA,TH,900,10,40,Oct
tiny,TH,0.5,0,0,Nov
none,TH,,0,0,Nov
"""
FLOWS = "exporter,importer,usd\nTH,SG,300\nSG,TH,100\nMY,SG,50\n"


def read_of(tmp_path: Path, more: str, table: str = TABLE, flows: str = FLOWS) -> Scenario | list[str]:
    (tmp_path / "banks.csv").write_text(table)
    (tmp_path / "corridors.csv").write_text(flows)
    (tmp_path / "day.toml").write_text(DAY + more)
    found = read_scenario(tmp_path / "day.toml")
    return found if isinstance(found, Scenario) else [str(one) for one in found]


def drawn(found: Scenario | list[str]) -> tuple[Counter[tuple[str, str]], int]:
    assert isinstance(found, Scenario), found
    payments = payments_of(found)
    assert isinstance(payments, Payments)
    pairs = zip(payments.payers.tolist(), payments.payees.tolist(), strict=True)
    return Counter((found.banks[payer], found.banks[payee]) for payer, payee in pairs), len(payments)


def test_banks_alone_meet_what_each_pays_and_receives(tmp_path: Path) -> None:
    found = read_of(tmp_path, BANKS)
    pairs, count = drawn(found)
    assert isinstance(found, Scenario) and found.banks == ("ALFA", "GAMA", "BETA", "tiny")
    assert all(payer != payee for payer, payee in pairs)
    # 40, 30, 30 and 0.5 of 100.5 are paid, 30, 40 and 30 of 100 received.
    for bank, pays, receives in (("ALFA", 0.398, 0.30), ("GAMA", 0.2985, 0.40), ("BETA", 0.2985, 0.30), ("tiny", 0.005, 0.0)):
        assert sum(n for (payer, _), n in pairs.items() if payer == bank) / count == pytest.approx(pays, abs=0.012)
        assert sum(n for (_, payee), n in pairs.items() if payee == bank) / count == pytest.approx(receives, abs=0.012)


def test_corridors_alone_are_banks_of_their_own(tmp_path: Path) -> None:
    found = read_of(tmp_path, CORRIDORS)
    pairs, count = drawn(found)
    assert isinstance(found, Scenario) and found.banks == ("SG", "TH", "MY"), "by what flows through them"
    assert pairs["SG", "TH"] / count == pytest.approx(300 / 450, abs=0.01) and set(pairs) == {
        ("SG", "TH"),
        ("TH", "SG"),
        ("SG", "MY"),
    }


def test_corridors_are_parted_among_the_banks_of_their_countries(tmp_path: Path) -> None:
    pairs, count = drawn(read_of(tmp_path, BY_COUNTRY + CORRIDORS))
    # Singapore pays Thailand 300 of 400: ALFA pays 40 of Singapore's 70, and only GAMA receives in Thailand.
    assert pairs["ALFA", "GAMA"] / count == pytest.approx(300 / 400 * 40 / 70, abs=0.01)
    assert pairs["GAMA", "BETA"] / count == pytest.approx(100 / 400 * 30 / 30.5 * 30 / 60, abs=0.01)
    assert ("ALFA", "BETA") not in pairs, "no flow of a country to itself is in the table"


def test_a_compressed_table_is_the_same_table_and_another_one_is_another_run(tmp_path: Path) -> None:
    plain, _ = drawn(read_of(tmp_path, BANKS))
    (tmp_path / "banks.csv.gz").write_bytes(gzip.compress(TABLE.encode()))
    packed, _ = drawn(read_of(tmp_path, BANKS.replace("banks.csv", "banks.csv.gz")))
    assert plain == packed
    digests = set()
    for table in (TABLE, TABLE.replace("10,30,30", "11,30,30")):
        assert isinstance(read_of(tmp_path, BANKS, table), Scenario)
        digests |= {one.digest for one in jobs_of([tmp_path / "day.toml"]) if isinstance(one, Job)}
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("old", "new", "place", "reason"),
    [
        ('file = "banks.csv"', 'file = "none.csv"', "calibration.banks.file", "No such file"),
        ('bank = "name"', 'bank = "bank"', "calibration.banks.file", "no column 'bank'"),
        ('bank = "name"', "", "calibration.banks.bank", "missing"),
        ('"own", "customers"', "", "calibration.banks.pays", "missing"),
        ('month = "Nov"', 'year = "2012"', "calibration.banks.file", "no column 'year'"),
        ('month = "Nov"', 'month = "Dec"', "calibration", "nobody pays anybody"),
        ("[calibration.banks]", "[calibration.shops]", "calibration.shops", "no key"),
        ('file = "banks.csv"', "file = 3", "calibration.banks.file", "Expected `str`"),
    ],
)
def test_a_calibration_with_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, place: str, reason: str) -> None:
    assert old in BANKS
    found = read_of(tmp_path, BANKS.replace(old, new))
    assert isinstance(found, list)
    assert any(one.startswith(f"day.toml: {place}") and reason in one for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("10,30,30", "10,-3,30", "line 2, customers: '-3' is no amount"),
        ("10,30,30", "10,x,30", "line 2, customers: 'x' is no amount"),
        ("BETA,SG,5,5", "BETA,TH,5,5", "line 4: BETA is of SG and of TH"),
    ],
)
def test_a_table_with_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    found = read_of(tmp_path, BY_COUNTRY + CORRIDORS, TABLE.replace(old, new))
    assert isinstance(found, list) and told in found[0], found


def test_a_calibration_stands_alone(tmp_path: Path) -> None:
    for old, new, place in (
        ("balance_percent = 10", "count = 3", "banks"),
        ("count = 40000", "count = 40000\nshares = { ALFA = 1, BETA = 1 }", "payments.shares"),
        ("count = 40000\nmedian", 'file = "p.csv"\nmedian', "calibration"),
        ("most = 5", "most = 1", "calibration.most"),
    ):
        (tmp_path / "banks.csv").write_text(TABLE)
        (tmp_path / "day.toml").write_text(DAY.replace(old, new) + BANKS)
        found = read_scenario(tmp_path / "day.toml")
        assert isinstance(found, list) and f"day.toml: {place}: " in str(found[0]), found
    assert "a table of banks" in str(read_of(tmp_path, ""))

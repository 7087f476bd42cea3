"""A scenario under a union's own rulebook: its banks, caps, cycles and hours, unless the scenario says otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fondaco.rulebook import union_folder
from fondaco.simulation import (
    CurrencyDay,
    Job,
    Payments,
    Scenario,
    funded,
    jobs_of,
    payments_of,
    play_hub,
    play_policy,
    read_scenario,
)

DAY = """
[scenario]
depth = "policy"
union = "straits"
currency = "SGD"
step_s = 1800
[banks]
balance_percent = 4
[payments]
count = 150
median = "200000"
sigma = "1.2"
urgent_percent = 60
"""


def read_of(tmp_path: Path, text: str = DAY) -> Scenario:
    (tmp_path / "day.toml").write_text(text)
    found = read_scenario(tmp_path / "day.toml")
    assert isinstance(found, Scenario), found
    return found


def test_the_rulebook_says_who_takes_part_when_and_up_to_what(tmp_path: Path) -> None:
    found = read_of(tmp_path)
    assert found.banks[:3] == ("ZZBASG01", "ZZBBSG02", "ZZBCSG03") and {"ZZFXSG01", "ZZFYTH02"} <= set(found.banks)
    # Nine to half past five in Singapore, and the union's cut-offs within: all in UTC.
    assert (found.opens_s, found.closes_s) == (3_600, 34_200)
    assert found.cut_offs_s == (10_800, 18_000, 25_200, 32_400)
    assert found.caps.minor[0] == 21_000_000_000 and found.caps.percent is None


def test_what_the_scenario_says_itself_goes_before_the_rulebook(tmp_path: Path) -> None:
    own = DAY.replace("step_s", "opens = 02:00:00\ncut_offs = [04:00:00]\nstep_s").replace(
        "balance_percent", 'cap = "7.00"\nbalance_percent'
    )
    found = read_of(tmp_path, own)
    assert (found.opens_s, found.cut_offs_s, set(found.caps.minor)) == (7_200, (14_400,), {700})
    counted = read_of(tmp_path, DAY.replace("balance_percent", "count = 4\nbalance_percent"))
    assert counted.banks[0] == "BANK0001" and set(counted.caps.minor) == {0}


def test_a_folder_is_a_union_too_and_another_rulebook_is_another_run(tmp_path: Path) -> None:
    shutil.copytree(union_folder("straits"), tmp_path / "ours")
    text = DAY.replace('"straits"', '"ours"').replace("step_s", "day = 2026-11-24\nstep_s")
    assert read_of(tmp_path, text) == read_of(tmp_path)
    digests = set()
    for cap in ("210000000", "110000000"):
        path = tmp_path / "ours" / "participants.toml"
        path.write_text(path.read_text().replace('SGD = "210000000"', f'SGD = "{cap}"'))
        (tmp_path / "day.toml").write_text(text)
        digests |= {one.digest for one in jobs_of([tmp_path / "day.toml"]) if isinstance(one, Job)}
    assert len(digests) == 2


@pytest.mark.parametrize(("union", "currency"), [("straits", "KRW"), ("bridge", "BRL")])
def test_every_ready_union_can_be_played_in_its_currencies(tmp_path: Path, union: str, currency: str) -> None:
    found = read_of(tmp_path, DAY.replace("straits", union).replace("SGD", currency).replace('"200000"', '"2000"'))
    payments = payments_of(found)
    assert isinstance(payments, Payments) and len(payments) == 150 and len(found.banks) >= 2


def test_both_depths_settle_the_same_under_a_unions_rules(tmp_path: Path) -> None:
    found = read_of(tmp_path, DAY.replace('"policy"', '"hub"'))
    payments = payments_of(found)
    assert isinstance(payments, Payments)
    opening, caps = funded(found.balances, payments), funded(found.caps, payments)
    policy = play_policy(found, payments, opening, caps)
    (hub,) = play_hub(tmp_path / "hub", [CurrencyDay(found, payments, opening, caps)])
    assert hub.at_s.tolist() == policy.at_s.tolist()
    assert 0 < (policy.at_s >= 0).sum() < len(payments), "some wait for ever, else the comparison would say little"


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"straits"', '"streets"', "day.toml: scenario.union"),
        ('"straits"', "3", "day.toml: scenario.union"),
        ('"straits"', '"broken"', "currencies.toml: "),
        ("SGD", "EUR", "day.toml: scenario.currency"),
        ("step_s", "day = 2026-11-28\nstep_s", "day.toml: scenario.day"),
        ("step_s", "day = 2031-11-28\nstep_s", "day.toml: scenario.day"),
        ("step_s", "day = 2016-11-28\nstep_s", "day.toml: scenario.day"),
        ("step_s", 'day = "soon"\nstep_s', "day.toml: scenario.day"),
        ("step_s = 1800", "step_s = 1801", "day.toml: scenario.step_s"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    shutil.copytree(union_folder("straits"), tmp_path / "broken")
    (tmp_path / "broken" / "currencies.toml").write_text("[currencies.SGD]\n")
    (tmp_path / "day.toml").write_text(DAY.replace(old, new, 1))
    found = read_scenario(tmp_path / "day.toml")
    assert isinstance(found, list) and any(str(one).startswith(place) for one in found), found

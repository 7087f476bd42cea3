"""Payments that change currency at both depths: the same settlements, amounts, providers, positions and residue, on days drawn at random."""

from __future__ import annotations

import csv
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fondaco.hub import close_hub, open_hub, prove_hub
from fondaco.simulation import (
    CurrencyDay,
    HubDay,
    Payments,
    Scenario,
    Settled,
    day_of,
    payments_of,
    play_converting,
    raw_scenario,
    scenarios_of,
    simulate_each,
    write_results,
)
from fondaco.simulation.payments import instants

DAY = """
[scenario]
depth = "hub"
currencies = ["SGD", "KRW", "THB"]
opens = 08:00:00
closes = 12:00:00
seed = {seed}
step_s = {step}
cut_offs = [10:00:00, 12:00:00]
[banks]
count = {banks}
balance_percent = {percent}
cap_percent = {cap}
[payments]
count = {count}
median = "1000"
urgent_percent = {urgent}
converted_percent = {converted}
[currencies.KRW]
median = "900000"
[currencies.THB]
median = "25000"
[fx]
providers = {providers}
spread_bps = {spreads}
rates = {{ "SGD/KRW" = "1000.25", "KRW/THB" = "0.0251" }}
every_s = {every}
valid_s = {valid}
move_bps = {move}
most = {most}
balances = {{ SGD = "{rich}", KRW = "{rich}000", THB = "{rich}0" }}
caps = {{ SGD = "{rich}", KRW = "{rich}000", THB = "{rich}0" }}
requote = {requote}
"""
FAILED = """
[[defaults]]
bank = "BANK0002"
at = 09:07:00
[[outages]]
bank = "BANK0003"
from = 08:30:00
until = 09:30:00
"""


def drawn_day(seed: int, folder: Path, **said: object) -> list[CurrencyDay]:
    """A random union's day: everything about it follows from the seed, but for what is said."""
    draw = random.Random(seed)
    every = draw.choice([0, 1_800, 2_700])
    keys = {
        "seed": seed, "step": draw.choice([300, 900, 1_800]), "banks": draw.choice([3, 4, 6]), "percent": draw.choice([0, 10, 30]),
        "cap": draw.choice([0, 15, 40]), "count": 60, "urgent": draw.choice([30, 60, 100]), "converted": draw.choice([20, 60]),
        "providers": draw.choice(['["BANK0001"]', '["BANK0002", "BANK0001"]', '["BANK0003", "BANK0002"]']), "every": every,
        "valid": draw.choice([900, 2_700]) if every else 86_400, "move": draw.choice([0, 25]),
        "most": draw.choice(["{}", '{ KRW = "3000000", THB = "60000" }']), "rich": draw.choice([500, 6_000, 60_000]),
        "requote": draw.choice(["true", "false"]),
    }  # fmt: skip
    keys["spreads"] = "[7]" if keys["providers"] == '["BANK0001"]' else "[7, 9]"
    text = DAY.format(**(keys | said)) + (FAILED if draw.random() < 0.4 else "")
    (folder / "day.toml").write_text(text)
    raw = raw_scenario(folder / "day.toml")
    assert isinstance(raw, dict)
    scenarios = [one for one in scenarios_of(folder / "day.toml", raw) if isinstance(one, Scenario)]
    assert len(scenarios) == 3, scenarios_of(folder / "day.toml", raw)
    days = []
    for one in scenarios:
        sent = payments_of(one)
        assert isinstance(sent, Payments)
        days.append(day_of(one, sent))
    return days


def played_twice(days: list[CurrencyDay], folder: Path) -> list[Settled]:
    """The day at both depths, which come to the same; returns what the policy says."""
    policy = played(days)
    hub = HubDay(folder, days)
    try:
        settled, residue = hub.play(), hub.residue_nano()
    finally:
        hub.close()
    for one, other, day in zip(settled, policy, days, strict=True):
        assert one.at_s.tolist() == other.at_s.tolist(), day.scenario.currency
        assert one.left.tolist() == other.left.tolist(), day.scenario.currency
        assert one.converted is not None and other.converted is not None
        for column, same in zip(one.converted, other.converted, strict=True):
            done = other.at_s >= 0
            assert column[done].tolist() == same[done].tolist(), day.scenario.currency
    assert residue == residue_of(days, policy)
    return policy


def residue_of(days: list[CurrencyDay], settled: list[Settled]) -> dict[tuple[int, str], int]:
    """What rounding left with each provider in each currency, added up from the payments that settled."""
    found: Counter[tuple[int, str]] = Counter()
    exchange = days[0].scenario.exchange
    assert exchange is not None
    for day, one in zip(days, settled, strict=True):
        assert one.converted is not None
        for k in np.nonzero((one.at_s >= 0) & (one.converted.providers >= 0))[0].tolist():
            target = exchange.currencies[int(day.payments.arriving()[k])]
            found[int(one.converted.providers[k]), target] += int(one.converted.residue_nano[k])
    return {key: nano for key, nano in sorted(found.items()) if nano}


@pytest.mark.parametrize("seed", range(1, 9))
def test_both_depths_settle_the_same_where_payments_change_currency(tmp_path: Path, seed: int) -> None:
    days = drawn_day(seed, tmp_path)
    played_twice(days, tmp_path / "hub")
    hub = open_hub(tmp_path / "hub")
    try:
        assert prove_hub(hub).faults == []
    finally:
        close_hub(hub)


def test_the_days_that_are_compared_have_conversions_that_wait_net_fail_and_are_refused(tmp_path: Path) -> None:
    """Else the comparison would say little."""
    found: Counter[str] = Counter()
    for seed in range(1, 9):
        days = drawn_day(seed, tmp_path)
        for day, one in zip(days, played(days), strict=True):
            assert one.converted is not None and one.let_in_s is not None
            changes, urgent, settled = day.payments.arriving() >= 0, day.payments.urgent, one.at_s >= 0
            let_in, came = one.let_in_s >= 0, instants(day.scenario, day.payments)
            signs = {
                "gross": settled & urgent, "waited": settled & urgent & (one.at_s > came), "netted": settled & ~urgent,
                "left its cycle": ~settled & let_in, "refused or waits": ~settled & ~let_in & (came <= day.scenario.closes_s),
                "residue": settled & (one.converted.residue_nano != 0), "by the other provider": settled & (one.converted.providers > 0),
            }  # fmt: skip
            found += Counter({name: int((there & changes).sum()) for name, there in signs.items()})
    assert len(found) == 7 and min(found.values()) > 1, found


RING = """time,payer,payee,currency,amount,priority,arrives
09:00:00,ALFA,BETA,SGD,10.00,{kind},KRW
09:00:00,BETA,ALFA,KRW,10000,{kind},SGD
"""
SMALL = """
[scenario]
depth = "policy"
currencies = ["SGD", "KRW"]
opens = 08:00:00
closes = 10:00:00
step_s = 60
cut_offs = [10:00:00]
[banks]
names = ["ALFA", "BETA", "CHANGER"]
[payments]
file = "own.csv"
[fx]
providers = ["CHANGER"]
rates = {{ "SGD/KRW" = "1000" }}
{more}
"""


def small(folder: Path, rows: str, more: str = "", text: str = SMALL) -> list[CurrencyDay] | list[str]:
    (folder / "own.csv").write_text(rows)
    (folder / "day.toml").write_text(text.format(more=more))
    raw = raw_scenario(folder / "day.toml")
    assert isinstance(raw, dict)
    found = scenarios_of(folder / "day.toml", raw)
    scenarios = [one for one in found if isinstance(one, Scenario)]
    sent = [payments_of(one) for one in scenarios]
    mistakes = [*(found if not scenarios else ()), *(one for part in sent if isinstance(part, list) for one in part)]
    if mistakes:
        return list(dict.fromkeys(map(str, mistakes)))
    return [day_of(one, part) for one, part in zip(scenarios, sent, strict=True) if isinstance(part, Payments)]


def day_with(folder: Path, rows: str, more: str = "", text: str = SMALL) -> list[CurrencyDay]:
    found = small(folder, rows, more, text)
    days = [one for one in found if isinstance(one, CurrencyDay)]
    assert len(days) == 2, found
    return days


def played(days: list[CurrencyDay]) -> list[Settled]:
    exchange = days[0].scenario.exchange
    assert exchange is not None
    return play_converting(days, exchange)


NINE, TEN = 9 * 3_600, 10 * 3_600


def test_two_conversions_that_face_each_other_settle_without_any_money(tmp_path: Path) -> None:
    """Through the provider each pays out what the other pays in: both currencies' nets are zero."""
    found = played(day_with(tmp_path, RING.format(kind="urgent")))
    assert [one.at_s.tolist() for one in found] == [[NINE], [NINE]]


def test_a_cycle_nets_across_currencies_at_the_rates_of_the_day(tmp_path: Path) -> None:
    caps = 'caps = { SGD = "10", KRW = "10000" }'
    text = RING.format(kind="normal")
    bare = played(day_with(tmp_path, text, caps))
    assert [one.at_s.tolist() for one in bare] == [[-1], [-1]], "the payers have no caps themselves"
    with_caps = SMALL.replace("[payments]", 'cap = "10000"\n[currencies.SGD]\ncap = "10"\n[payments]')
    found = played(day_with(tmp_path, text, caps, with_caps))
    assert [one.at_s.tolist() for one in found] == [[TEN], [TEN]], "nobody has any money, and every net is zero"


def test_where_one_leg_fails_the_other_does_not_settle(tmp_path: Path) -> None:
    """A conversion is paid by its payer in one currency and by its provider in the other; who of them has not its net takes both legs with it."""
    rows = "time,payer,payee,currency,amount,priority,arrives\n09:00:00,ALFA,BETA,SGD,10.00,normal,KRW\n"
    text = SMALL.replace("[payments]", 'cap = "10000"\n[currencies.SGD]\ncap = "10"\nbalances = {{ ALFA = "{sgd}" }}\n[payments]')
    held = 'balances = {{ KRW = "{won}" }}\ncaps = {{ KRW = "10000" }}'
    for dollars, won, expected in (("9.99", "10000", -1), ("10", "9999", -1), ("10", "10000", TEN)):
        days = day_with(tmp_path, rows, held.format(won=won), text.replace("{sgd}", dollars))
        sgd, krw = played(days)
        assert sgd.at_s.tolist() == [expected], (dollars, won)
        assert sgd.left.tolist() == ([0, 0, 1_000] if expected > 0 else [999 if dollars == "9.99" else 1_000, 0, 0])
        assert krw.left.tolist() == ([0, 10_000, 0] if expected > 0 else [0, 0, int(won)])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('["CHANGER"]', '["CHANGED"]', "day.toml: fx.providers[0]: CHANGED is no bank of this scenario"),
        ('["CHANGER"]', "[]", "day.toml: fx.providers: names of banks that change money"),
        ('"1000"', '"0"', "day.toml: fx.rates.SGD/KRW: a rate of at most eleven digits, ten of them decimals; not '0'"),
        ("SGD/KRW", "SGD/XXX", "day.toml: fx.rates.SGD/XXX: two of the scenario's currencies, as in SGD/KRW"),
        ("{more}", "every_s = -1", "day.toml: fx.every_s: -1 is not from 0 to 86400"),
        ("{more}", 'most = {{ EUR = "1" }}', "day.toml: fx.most.EUR: is none of the scenario's: SGD, KRW"),
        ("step_s = 60", "step_s = 60\noffset_every_s = 0", "day.toml: scenario.offset_every_s: where currencies change"),
        ("[fx]\n", "[fxx]\n", "day.toml: fxx: is no table of a scenario"),
    ],
)
def test_every_mistake_of_an_exchange_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    found = small(tmp_path, RING.format(kind="urgent"), text=SMALL.replace(old, new))
    assert any(str(one).startswith(told) for one in found), found


def test_a_payment_that_changes_into_what_is_not_played_is_told_by_its_line(tmp_path: Path) -> None:
    wrong = RING.format(kind="urgent").replace("urgent,KRW", "urgent,EUR")
    assert small(tmp_path, wrong) == ["own.csv: line 2: EUR is none of the scenario's currencies"]
    without = SMALL.split("[fx]")[0]
    found = small(tmp_path, RING.format(kind="urgent"), text=without)
    assert "own.csv: line 2: it changes into KRW, and the scenario has no table [fx] that says at what rates" in map(str, found)


def test_a_day_with_conversions_is_told_alike_at_both_depths(tmp_path: Path) -> None:
    """Measures of each currency are of all that moves in it, and the tables say what arrived and who converted it."""
    days = drawn_day(3, tmp_path)
    scenarios, sent = [one.scenario for one in days], [one.payments for one in days]
    hub = simulate_each(scenarios, sent)
    policy = simulate_each([replace(one, depth="policy", frontier=(50,)) for one in scenarios], sent)
    for one, other in zip(hub, policy, strict=True):
        assert one.measures == other.measures and one.exposed == other.exposed
        assert np.array_equal(one.course.positions, other.course.positions)
        assert one.course.positions[-1].tolist() == one.settled.left.tolist()
        assert len(other.frontier) == 1 and other.frontier[0][1].settled_minor <= other.measures.value_minor
    write_results(tmp_path, policy[0])
    rows = list(csv.DictReader((tmp_path / "payments.csv").open()))
    arrived = [row for row in rows if row["arrives_currency"] != "SGD" and row["settled"]]
    assert arrived and all(row["arrives"] and row["provider"] for row in arrived)

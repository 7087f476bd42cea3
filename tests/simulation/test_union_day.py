"""A day of a whole union through the production hub: several currencies, foreign exchange, its own rulebook."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.hub import close_hub, open_hub, prove_hub
from fondaco.payments import State
from fondaco.rulebook import union_folder
from fondaco.simulation import UnionScenario, play_union, raw_scenario, took, union_scenario_of
from union import MY1, SG1, SG2, TH1, pacs_008

DAY = """
[scenario]
title = "A morning of six currencies"
union = "straits"
depth = "hub"
opens = 01:30:00
closes = 04:00:00
step_s = 300
[banks]
balances = { SGD = "1000000", MYR = "3000000", THB = "25000000", IDR = "12000000000", PHP = "42000000", KRW = "1000000000" }
[payments]
count = 40
"""


def read_of(tmp_path: Path, text: str = DAY) -> UnionScenario | list[str]:
    (tmp_path / "day.toml").write_text(text)
    raw = raw_scenario(tmp_path / "day.toml")
    assert isinstance(raw, dict), raw
    found = union_scenario_of(tmp_path / "day.toml", raw)
    return found if isinstance(found, UnionScenario) else [str(one) for one in found]


def test_payments_of_six_currencies_are_converted_and_settle_and_the_hub_is_proved(tmp_path: Path) -> None:
    scenario = read_of(tmp_path)
    assert isinstance(scenario, UnionScenario), scenario
    run = play_union(tmp_path / "one", scenario)
    again = play_union(tmp_path / "other", scenario)
    assert run.payments == again.payments, "one seed comes to the same day"
    assert run.ended and len(run.payments) >= 40
    settled = [one for one in run.payments if one.state is State.SETTLED]
    assert len(settled) > 30 and all(one.locked is not None for one in settled), "trade is between countries: each is converted"
    found = took(run.payments, run.scheme, scenario.day.isoformat())
    assert len(found) >= 4 and all(one.settled <= one.payments for one in found) and any(one.liquidity_minor for one in found)
    hub = open_hub(tmp_path / "one")
    try:
        assert prove_hub(hub).faults == []
    finally:
        close_hub(hub)


def test_the_bridge_prices_by_reference_rates(tmp_path: Path) -> None:
    text = (
        DAY.replace("straits", "bridge")
        .replace("01:30:00", "10:00:00")
        .replace("04:00:00", "12:00:00")
        .replace("count = 40", "count = 8")
    )
    head, _, tail = text.partition("balances = ")
    scenario = read_of(tmp_path, head + 'balances = { BRL = "3000000", INR = "50000000" }\n' + tail.partition("\n")[2])
    assert isinstance(scenario, UnionScenario), scenario
    run = play_union(tmp_path / "hub", scenario)
    assert run.ended and {one.source_currency for one in run.payments} == {"BRL", "INR"}
    assert any(one.state is State.SETTLED for one in run.payments)


def test_a_folder_of_messages_is_sent_as_it_is(tmp_path: Path) -> None:
    """Without money the urgent one waits to the day's end; the others are let into a cycle, one within a currency."""
    home = tmp_path / "messages"
    home.mkdir()
    rows = [(SG1, MY1, "10.00", "SGD", False), (SG1, SG2, "20.00", "SGD", False), (TH1, SG1, "30.00", "THB", True)]
    for number, (payer, payee, amount, currency, urgent) in enumerate(rows):
        raw = pacs_008(payer, payee, amount, currency, urgent=urgent).replace(b"2026-11-24T01:00:00", b"2026-11-24T02:00:00")
        (home / f"{number}.xml").write_bytes(raw)
    text = DAY.replace("count = 40", 'file = "messages"').replace('THB = "25000000", ', "")
    scenario = read_of(tmp_path, text)
    assert isinstance(scenario, UnionScenario), scenario
    run = play_union(tmp_path / "hub", scenario)
    ends = {one.source_minor: (one.state.name, one.refusal.reason.name if one.refusal else "") for one in run.payments}
    assert ends == {1_000: ("SETTLED", ""), 2_000: ("SETTLED", ""), 3_000: ("REJECTED", "INSUFFICIENT_FUNDS")}


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('"straits"', '"streets"', "day.toml: scenario.union: "),
        ('depth = "hub"', 'depth = "policy"', "day.toml: scenario.depth: "),
        ('depth = "hub"', "", "day.toml: scenario.depth: "),
        ("opens = 01:30:00", "", "day.toml: scenario.opens: "),
        ("closes = 04:00:00", "closes = 01:00:00", "day.toml: scenario.closes: "),
        ("step_s = 300", "step_s = 0", "day.toml: scenario.step_s: "),
        ("step_s = 300", "steps = 3", "day.toml: scenario.steps: "),
        ("step_s = 300", "day = 2026-11-28", "day.toml: scenario.day: "),
        ("step_s = 300", "day = 2031-11-28", "day.toml: scenario.day: "),
        ("step_s = 300", "day = 2027-06-01", "day.toml: scenario.day: "),
        ('SGD = "1000000"', 'EUR = "1000000"', "day.toml: banks.balances.EUR: "),
        ('SGD = "1000000"', 'SGD = "1.005"', "day.toml: banks.balances.SGD: "),
        ("count = 40", "count = 0", "day.toml: payments: "),
        ("count = 40", 'file = "none"', "day.toml: payments.file: "),
        ("count = 40", 'file = "bad"', "day.toml: payments.file.1.xml: "),
        ("count = 40", 'file = "bad"', "day.toml: payments.file.2.xml: "),
        ("count = 40", 'count = 40\n[[defaults]]\nbank = "x"', "day.toml: defaults: "),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, place: str) -> None:
    (tmp_path / "bad").mkdir()
    good = pacs_008(SG1, SG2, "1.00", "SGD")
    (tmp_path / "bad" / "1.xml").write_bytes(good[:-9])
    (tmp_path / "bad" / "2.xml").write_bytes(good)  # made at 01:00, before the opening
    assert old in DAY
    found = read_of(tmp_path, DAY.replace(old, new, 1))
    assert isinstance(found, list) and any(one.startswith(place) for one in found), found


def test_a_rulebook_with_mistakes_is_told_with_its_own_places(tmp_path: Path) -> None:
    shutil.copytree(union_folder("straits"), tmp_path / "ours")
    (tmp_path / "ours" / "participants.toml").write_text("[[participants]]\nnumber = 1\n")
    found = read_of(tmp_path, DAY.replace('"straits"', '"ours"'))
    assert isinstance(found, list) and found[0].startswith("participants.toml: ")


def test_the_command_tells_each_currency_and_keeps_the_hub(tmp_path: Path) -> None:
    (tmp_path / "day.toml").write_text(DAY.replace("count = 40", "count = 6"))
    said = fondaco("simulate", tmp_path / "day.toml", "--output", tmp_path / "told")
    assert "straits on 2026-11-24" in said and "SETTLED" in said
    rows = list(csv.DictReader((tmp_path / "told" / "payments.csv").open()))
    assert len(rows) >= 6 and {"SETTLED"} <= {row["state"] for row in rows}
    assert "every payment" in fondaco("prove", "--hub", tmp_path / "told" / "hub")
    document = json.loads(fondaco("simulate", tmp_path / "day.toml", "--json"))
    assert document["ended"] and sum(row["payments"] for row in document["currencies"]) == len(rows)
    assert "played alone" in fondaco("simulate", tmp_path / "day.toml", tmp_path / "day.toml", code=2)
    (tmp_path / "bad.toml").write_text(DAY.replace("straits", "streets"))
    assert "scenario.union" in fondaco("simulate", tmp_path / "bad.toml", code=2)

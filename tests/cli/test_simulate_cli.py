"""A scenario at the command line: what it comes to, its tables and pictures, and its mistakes."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

from lxml import etree

from command_line import fondaco

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "simulator" / "morning.toml"
TABLE = """time,payer,payee,currency,amount,priority
08:00:30,ALFA,BETA,SGD,30.00,urgent
08:01:00,BETA,GAMA,SGD,25.00,urgent
08:02:00,GAMA,ALFA,SGD,40.00,urgent
08:03:00,BETA,ALFA,SGD,7.50,normal
"""
DAY = """
[scenario]
title = "Three banks <by hand>"
depth = "{depth}"
currency = "SGD"
opens = 08:00:00
closes = 09:00:00
cut_offs = [08:30:00]
[banks]
names = ["ALFA", "BETA", "GAMA"]
balance = "15.00"
cap = "10.00"
[payments]
file = "payments.csv"
[frontier]
balance_percents = [0, 100]
"""


def by_hand(tmp_path: Path, depth: str) -> Path:
    (tmp_path / "payments.csv").write_text(TABLE)
    (tmp_path / "day.toml").write_text(DAY.format(depth=depth))
    return tmp_path / "day.toml"


def test_both_depths_tell_the_same_and_a_hub_that_was_played_is_proved(tmp_path: Path) -> None:
    told = {}
    for depth in ("policy", "hub"):
        found = json.loads(fondaco("simulate", by_hand(tmp_path, depth), "--output", tmp_path / depth, "--json"))
        assert found.pop("depth") == depth
        told[depth] = found
    assert told["policy"] == told["hub"]
    assert told["hub"]["measures"] == {
        "payments": 4, "payments_settled": 4, "value": "102.50", "settled": "102.50", "settled_permille": 1000, "liquidity": "17.50",
        "least": "17.50", "turnover_permille": 5857, "delay_permille": 45,
        "queue_peak_payments": 2, "queue_peak": "55.00", "bilateral_saved_permille": 146, "netting_saved_permille": 829,
    }  # fmt: skip
    settled = [row["settled"] for row in csv.DictReader((tmp_path / "hub" / "payments.csv").open())]
    assert settled == ["08:02:00", "08:02:00", "08:02:00", "08:30:00"]
    assert "0 transfers are pending" in fondaco("prove", "--hub", tmp_path / "hub" / "hub")


def test_several_currencies_are_told_apart_by_both_depths_and_each_has_a_folder(tmp_path: Path) -> None:
    won = "08:00:30,ALFA,BETA,KRW,300,urgent\n08:04:00,BETA,ALFA,KRW,200,normal\n"
    told = {}
    for depth in ("policy", "hub"):
        file = by_hand(tmp_path, depth)
        file.write_text(
            file.read_text().replace('currency = "SGD"', 'currencies = ["SGD", "KRW"]')
            + '[currencies.KRW]\nbalance = "250"\ncap = "400"\n'
        )
        (tmp_path / "payments.csv").write_text(TABLE + won)
        found = json.loads(fondaco("simulate", file, "--output", tmp_path / depth, "--json"))
        assert found.pop("depth") == depth and [one.pop("depth") for one in found["currencies"]] == [depth] * 2
        told[depth] = found
    assert told["policy"] == told["hub"]
    sgd, krw = (one["measures"] for one in told["hub"]["currencies"])
    assert (sgd["payments_settled"], sgd["settled"], krw["payments_settled"], krw["settled"]) == (4, "102.50", 2, "500")
    rows = list(csv.DictReader((tmp_path / "hub" / "KRW" / "payments.csv").open()))
    assert [(row["currency"], row["settled"]) for row in rows] == [("KRW", "08:30:00")] * 2
    assert "0 transfers are pending" in fondaco("prove", "--hub", tmp_path / "hub" / "hub")


def test_tables_and_pictures_are_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    shown = fondaco("simulate", by_hand(tmp_path, "policy"), "--output", out)
    names = [
        "payments.csv",
        "course.csv",
        "frontier.csv",
        "exposures.csv",
        "positions.svg",
        "queue.svg",
        "network.svg",
        "frontier.svg",
    ]
    assert sorted(path.name for path in out.iterdir()) == sorted(names) and all(name in shown for name in names)
    course = list(csv.DictReader((out / "course.csv").open()))
    assert len(course) == 13 and course[0]["ALFA"] == "15.00"
    assert {row["waiting"] for row in course[:6]} == {"0", "1"} and course[-1]["waiting"] == "0"
    assert sum(float(course[-1][bank]) for bank in ("ALFA", "BETA", "GAMA")) == 45
    frontier = list(csv.DictReader((out / "frontier.csv").open()))
    assert [row["balance_percent"] for row in frontier] == ["0", "100"]
    for name in names[4:]:
        drawing = etree.fromstring((out / name).read_bytes())
        texts = [one.text for one in drawing.iter("{*}text")]
        assert texts[0] is not None and texts[0].startswith("Three banks <by hand>: ")
    lines = etree.fromstring((out / "positions.svg").read_bytes()).findall("{*}path[@fill='none']")
    assert len(lines) == 3


def test_the_example_comes_to_what_was_recorded_to_the_byte() -> None:
    """Recorded once: the same on every machine, compiled or not."""
    said = fondaco("simulate", EXAMPLE, "--json")
    assert said == EXAMPLE.with_suffix(".json").read_text()
    shares = [row["settled_permille"] for row in json.loads(said)["frontier"]]
    assert shares == sorted(shares), "more money settles more"


PLAIN = """
import sys
sys.modules["numba"] = None
from fondaco.cli.program import main
sys.argv = ["fondaco", "simulate", sys.argv[1], "--json"]
main()
"""


def test_without_the_compiler_the_example_comes_to_the_same() -> None:
    done = subprocess.run([sys.executable, "-c", PLAIN, EXAMPLE], capture_output=True, text=True, check=True)
    assert done.stdout == EXAMPLE.with_suffix(".json").read_text()


def test_mistakes_are_told_all_at_once_with_their_place(tmp_path: Path) -> None:
    file = by_hand(tmp_path, "deep")
    file.write_text(file.read_text().replace('"SGD"', '"XXX"'))
    said = fondaco("simulate", file, code=2)
    assert "day.toml: scenario.depth: " in said and "day.toml: scenario.currency: XXX is not a currency" in said
    by_hand(tmp_path, "policy")
    (tmp_path / "payments.csv").write_text(TABLE.replace("SGD,30.00", "SGD,30.005").replace("GAMA,ALFA", "GAMA,OMEGA"))
    said = fondaco("simulate", file, code=2)
    assert "payments.csv: line 2: " in said and "payments.csv: line 4: OMEGA is no bank" in said
    assert "none.toml: the file" in fondaco("simulate", tmp_path / "none.toml", code=2)


def test_results_are_written_into_a_new_folder_alone(tmp_path: Path) -> None:
    assert "new folder" in fondaco("simulate", by_hand(tmp_path, "policy"), "--output", tmp_path, code=3)

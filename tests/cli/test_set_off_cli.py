"""Invoices set off at the command line: screened first, told line by line, each party its own."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from command_line import fondaco

HEAD = "reference,debtor,creditor,currency,amount,due,accepted,debtor_opted_in,creditor_opted_in,encumbrance\n"
RING = """I1,Kilang Contoh,Batu Trading,SGD,900.00,2026-12-01,yes,yes,yes,
I2,Batu Trading,Citra Foods,SGD,400.00,2026-12-03,yes,yes,yes,
I3,Citra Foods,Kilang Contoh,SGD,650.00,2026-12-09,yes,yes,yes,
"""


@pytest.fixture
def hub(laid_out: Path, tmp_path: Path) -> Path:
    shutil.copytree(laid_out, tmp_path / "hub")
    fondaco("day", "open", "--hub", tmp_path / "hub")
    return tmp_path / "hub"


def test_a_ring_clears_and_each_party_reads_its_own_lines(hub: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "invoices.csv", tmp_path / "out"
    file.write_text(HEAD + RING)
    found = json.loads(fondaco("set-off", file, "--output", out, "--hub", hub, "--json"))
    assert found == {
        "set_off": [
            {"currency": "SGD", "claims": 3, "parties": 3, "owed": "1950.00", "cleared": "1200.00", "at_most": "1200.00"}
        ],
        "excluded": {},
    }
    tables = [list(csv.DictReader(path.open())) for path in sorted(out.iterdir())]
    assert [rows[0]["party"] for rows in tables] == ["Batu Trading", "Citra Foods", "Kilang Contoh"]
    assert [(row["reference"], row["cleared"], row["open"]) for row in tables[2]] == [
        ("I1", "400.00", "500.00"),
        ("I3", "400.00", "250.00"),
    ]
    assert "new folder" in fondaco("set-off", file, "--output", out, "--hub", hub, code=3)


def test_who_is_listed_takes_no_part_and_without_lists_nobody_does(hub: Path, tmp_path: Path) -> None:
    file = tmp_path / "invoices.csv"
    file.write_text(HEAD + RING.replace("Citra Foods", "Sorvemir Brulomarov") + "I9,A B,C D,SGD,1.00,2026-12-01,yes,no,yes,\n")
    found = json.loads(fondaco("set-off", file, "--hub", hub, "--json", code=1))
    assert found["set_off"][0]["cleared"] == "0.00"
    assert found["excluded"] == {
        "I2": "a party of it is held by screening", "I3": "a party of it is held by screening", "I9": "its debtor has not opted in",
    }  # fmt: skip
    empty = tmp_path / "empty"
    fondaco("init", "straits", empty)
    file.write_text(HEAD + RING)
    assert "lists" in fondaco("set-off", file, "--hub", empty, code=3)


def test_a_table_with_mistakes_is_told_line_by_line(hub: Path, tmp_path: Path) -> None:
    file = tmp_path / "invoices.csv"
    file.write_text(
        HEAD
        + "I1,A,B,SGD,1.005,2026-12-01,yes,yes,yes,\nI1,A,B,SGD,1.00,2026-12-01,yes,yes,yes,\nI3,A,B,XXQ,1.00,2026-12-01,yes,yes,yes,\n"
        + "I4,A,,SGD,1.00,2026-12-01,yes,yes,yes,\nI5,A,B,SGD,1.00,2026-12-01,perhaps,yes,yes,\nI6,A,B\n"
    )
    shown = fondaco("set-off", file, "--hub", hub, code=2)
    assert all(f"line {line}: " in shown for line in range(2, 8)), shown
    file.write_text("reference,debtor\n")
    assert "encumbrance" in fondaco("set-off", file, "--hub", hub, code=2)
    assert "No such file" in fondaco("set-off", tmp_path / "none.csv", "--hub", hub, code=3)

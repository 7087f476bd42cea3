"""Payments of a scenario from a folder of messages and from Parquet: the same as from a table in CSV, and every mistake with its place."""

from __future__ import annotations

import importlib.util
import sys
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fondaco.simulation import Payments, Scenario, payments_of, read_scenario
from union import MY1, SG1, SG2, pacs_008

needs_parquet = pytest.mark.skipif(importlib.util.find_spec("pyarrow") is None, reason="the extra `parquet` is not installed")
DAY = f"""
[scenario]
depth = "policy"
currency = "SGD"
opens = 00:00:00
closes = 12:00:00
cut_offs = [12:00:00]
[banks]
names = ["{SG1}", "{SG2}", "{MY1}"]
balance = "10.00"
[payments]
file = "%s"
"""
ROWS = [("01:00:00", SG1, SG2, "SGD", "7.50", "urgent"), ("01:00:00", SG2, SG1, "SGD", "3.00", "normal")]


def read_of(tmp_path: Path, file: str) -> Payments | list[str]:
    (tmp_path / "day.toml").write_text(DAY % file)
    scenario = read_scenario(tmp_path / "day.toml")
    assert isinstance(scenario, Scenario), scenario
    found = payments_of(scenario)
    return found if isinstance(found, Payments) else [str(one) for one in found]


def plain(found: Payments | list[str]) -> list[list[Any]]:
    assert isinstance(found, Payments), found
    assert found.targets is None, "nothing changes currency"
    return [column.tolist() for column in found[:5]]


def by_csv(tmp_path: Path) -> list[list[Any]]:
    lines = ["time,payer,payee,currency,amount,priority", *(",".join(row) for row in ROWS)]
    (tmp_path / "p.csv").write_text("\n".join(lines) + "\n")
    return plain(read_of(tmp_path, "p.csv"))


def test_a_folder_of_messages_says_what_a_table_says(tmp_path: Path) -> None:
    home = tmp_path / "messages"
    home.mkdir()
    (home / "1.xml").write_bytes(pacs_008(SG1, SG2, "7.50", "SGD", urgent=True))
    (home / "2.xml").write_bytes(pacs_008(SG2 + "XXX", SG1, "3.00", "SGD"))
    (home / "notes.txt").write_text("nothing of ours")
    assert plain(read_of(tmp_path, "messages")) == by_csv(tmp_path)


def test_messages_that_are_none_are_told_with_file_and_transaction(tmp_path: Path) -> None:
    home = tmp_path / "messages"
    home.mkdir()
    assert read_of(tmp_path, "messages") == ["messages: the file: no payments"]
    good = pacs_008(SG1, SG2, "7.50", "SGD")
    (home / "1.xml").write_bytes(good[:-20])
    (home / "2.xml").write_bytes(pacs_008(SG1, "ZZZZSG99", "7.50", "SGD"))
    (home / "3.xml").write_bytes(pacs_008(SG1, SG2, "7.50", "THB"))
    (home / "4.xml").write_bytes(good.replace(b"<NbOfTxs>1<", b"<NbOfTxs>2<"))
    found = read_of(tmp_path, "messages")
    assert isinstance(found, list)
    assert [one.split(": ")[:2] for one in found] == [
        ["1.xml", "the message"], ["2.xml", "transaction 1"], ["3.xml", "transaction 1"], ["4.xml", "transaction 1"]
    ]  # fmt: skip
    assert "ZZZZSG99 is no bank" in found[1] and "in SGD, not in THB" in found[2] and "NbOfTxs" in found[3]


def parquet(tmp_path: Path, **columns: list[Any]) -> str:
    import pyarrow
    from pyarrow import parquet as writer

    writer.write_table(pyarrow.table(columns), tmp_path / "p.parquet")
    return "p.parquet"


def columns(**other: list[Any]) -> dict[str, list[Any]]:
    named = dict(
        zip(("time", "payer", "payee", "currency", "amount", "priority"), map(list, zip(*ROWS, strict=True)), strict=True)
    )
    return named | other


@needs_parquet
def test_a_parquet_file_says_what_a_table_says_in_whatever_types_are_exact(tmp_path: Path) -> None:
    wanted = by_csv(tmp_path)
    assert plain(read_of(tmp_path, parquet(tmp_path, **columns()))) == wanted
    at = {"time": [time(1), time(1)], "amount": [Decimal("7.5000"), Decimal("3.0000")], "more": [1, 2]}
    assert plain(read_of(tmp_path, parquet(tmp_path, **columns(**at)))) == wanted
    assert plain(read_of(tmp_path, parquet(tmp_path, **columns(time=[datetime(2026, 11, 24, 1)] * 2)))) == wanted  # noqa: DTZ001


@needs_parquet
def test_parquet_that_means_nothing_is_told_by_row(tmp_path: Path) -> None:
    found = read_of(tmp_path, parquet(tmp_path, **columns(payer=[SG1, "OMEGA"], amount=["7.505", "3"])))
    assert isinstance(found, list)
    assert [one.split(": ")[:2] for one in found] == [["p.parquet", "row 1"], ["p.parquet", "row 2"]]
    without = columns()
    del without["amount"]
    assert "the columns" in str(read_of(tmp_path, parquet(tmp_path, **without)))
    floats = read_of(tmp_path, parquet(tmp_path, **columns(amount=[7.5, 3.0])))
    assert isinstance(floats, list) and len(floats) == 2 and "floating-point" in floats[0]
    assert "None is no bank" in str(read_of(tmp_path, parquet(tmp_path, **columns(payee=[SG2, None]))))
    (tmp_path / "p.parquet").write_bytes(b"PAR0")
    assert "not Parquet" in str(read_of(tmp_path, "p.parquet"))
    (tmp_path / "p.parquet").unlink()
    assert "No such file" in str(read_of(tmp_path, "p.parquet"))


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "p.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert "pip install 'fondaco[parquet]'" in str(read_of(tmp_path, "p.parquet"))

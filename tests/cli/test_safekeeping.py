"""The words that keep a hub from being lost, as an operator types them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from command_line import fondaco
from kept import busy
from union import Desk


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "hub"
    busy(Desk(folder)).close()
    return folder


def test_a_hub_is_backed_up_lost_and_restored(hub: Path, tmp_path: Path) -> None:
    made = json.loads(fondaco("backup", tmp_path / "backup", "--hub", hub, "--json"))
    assert made["batch"] > 20 and made["rows_cut_at_restore"] == 0
    assert "not empty" in fondaco("backup", tmp_path / "backup", "--hub", hub, code=3)
    back = json.loads(fondaco("restore", tmp_path / "backup", tmp_path / "again", "--json"))
    assert (back["batch"], back["hash"]) == (made["batch"], made["hash"]) and back["proof"]["faults"] == []
    assert "not empty" in fondaco("restore", tmp_path / "backup", tmp_path / "again", code=3)
    assert json.loads(fondaco("prove", "--hub", tmp_path / "again", "--json"))["faults"] == []
    text = fondaco("restore", tmp_path / "backup", tmp_path / "earlier", "--until", "5")
    assert "batch 5 (" in text and "5 batches decided again" in text
    assert "ISO 8601" in fondaco("restore", tmp_path / "backup", tmp_path / "x", "--until", "yesterday", code=2)
    assert "from 1 on" in fondaco("restore", tmp_path / "backup", tmp_path / "x", "--until", "0", code=2)
    (tmp_path / "backup" / "hub" / "union" / "union.toml").write_text("")
    assert "union.toml is damaged" in fondaco("restore", tmp_path / "backup", tmp_path / "x", code=3)


def test_the_doctor_says_what_to_do_and_it_works(hub: Path, tmp_path: Path) -> None:
    assert "nothing to do" in fondaco("doctor", hub)
    shutil.copytree(hub, tmp_path / "hub")
    path = tmp_path / "hub" / "books" / "books.sqlite"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    told = json.loads(fondaco("doctor", tmp_path / "hub", "--json", code=1))
    assert told["faults"] and "fondaco restore DIR NEW" in " ".join(told["advice"])
    assert "what holds was saved" in fondaco("doctor", tmp_path / "hub", "--save-to", tmp_path / "saved", code=1)
    assert "proved" in fondaco("restore", tmp_path / "saved", tmp_path / "again")
    assert "nothing to do" in fondaco("doctor", tmp_path / "again")
    assert "neither" in fondaco("doctor", tmp_path / "none", code=3)


def test_the_doctor_finds_the_hub_as_other_words_do(hub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nothing to do" in fondaco("doctor", "--hub", hub) and "nothing to do" in fondaco("doctor", "-C", hub)
    monkeypatch.setenv("FONDACO_HUB", str(hub))
    assert "nothing to do" in fondaco("doctor")
    assert "neither" in fondaco("doctor", tmp_path / "none", code=3), "what is said counts before the environment"


@pytest.mark.parametrize(("form", "begins"), [("hledger", "commodity"), ("ledger", "tag at"), ("beancount", 'option "title"')])
def test_the_books_are_exported_for_three_programs(hub: Path, tmp_path: Path, form: str, begins: str) -> None:
    assert fondaco("export", "--format", form, "--hub", hub).startswith(begins)
    assert "balances written to" in fondaco("export", "--format", form, "--hub", hub, "--output", tmp_path / "books")
    assert [one.name for one in tmp_path.iterdir()] == ["books"] and (tmp_path / "books").read_text().startswith(begins)

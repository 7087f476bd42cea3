"""`fondaco lists`: load, take, status, diff, history, in text and in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.cli.terminal import bring_into_force
from fondaco.compliance.demo_lists import demo_list
from fondaco.hub import list_set
from fondaco.simulation import lay_out
from union import Desk

UN = demo_list("un")[0]
LATER = UN.replace(b"2026-11-23T", b"2026-11-24T").replace(b"BRULOMAROV", b"BRULOMAREV")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lists") / "hub"
    lay_out(folder)
    return folder


def test_a_new_edition_is_loaded_compared_and_remembered(hub: Path, tmp_path: Path) -> None:
    later, broken = tmp_path / "later.xml", tmp_path / "broken.xml"
    later.write_bytes(LATER)
    broken.write_bytes(UN)
    loaded = json.loads(fondaco("lists", "load", later, "--hub", hub, "--json"))
    assert loaded["list"] == "un" and loaded["entries"] > 10
    found = json.loads(fondaco("lists", "diff", "un", "--hub", hub, "--json"))
    assert (found["added"], found["removed"]) == ([], []) and found["changed"][0]["facts"] == ["names"]
    assert found["after"] == loaded["digest"] and "BRULOMAREV" in " ".join(found["changed"][0]["names"])
    backwards = json.loads(fondaco("lists", "diff", "un", found["after"][:12], found["before"][:12], "--hub", hub, "--json"))
    assert "BRULOMAROV" in " ".join(backwards["changed"][0]["names"])
    assert "1 changed" in fondaco("lists", "diff", "un", "--hub", hub)
    assert "older than" in fondaco("lists", "load", broken, "--hub", hub, "--list", "un", code=1)
    told = json.loads(fondaco("lists", "history", "un", "--hub", hub, "--json"))
    assert (
        [one["outcome"] for one in told] == ["taken", "taken", "quarantined"]
        and told[1]["by"]
        and told[1]["list_set"] == loaded["list_set"]
    )
    assert "quarantined" in fondaco("lists", "history", "--hub", hub)
    rows = {row["list"]: row for row in json.loads(fondaco("lists", "status", "--hub", hub, "--json"))}
    assert (
        rows["un"]["edition"] == loaded["digest"][:12]
        and rows["un"]["published"] == "2026-11-24"
        and rows["un"]["state"] == "fresh"
    )
    assert rows["un"]["format"] == "un_xml" and "fresh" in fondaco("lists", "status", "--hub", hub)


def test_a_folder_among_the_files_is_passed_over_with_a_word(hub: Path, tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "un.xml").write_bytes(LATER.replace(b"2026-11-24T", b"2026-11-25T"))
    said = fondaco("lists", "load", *sorted(tmp_path.iterdir()), "--hub", hub)
    assert "list un:" in said and "__pycache__ is a folder: passed over" in said
    assert "which files?" in fondaco("lists", "load", tmp_path / "__pycache__", "--hub", hub, code=2)


def test_what_waits_is_taken_and_what_is_bad_is_said(hub: Path) -> None:
    inbox = hub / "lists" / "inbox" / "uk"
    inbox.mkdir(parents=True)
    (inbox / "uk.csv").write_bytes(demo_list("uk")[0])
    (inbox / "z.csv").write_bytes(demo_list("uk")[0][:-40])
    assert [row["waiting"] for row in json.loads(fondaco("lists", "status", "--hub", hub, "--json")) if row["list"] == "uk"] == [
        2
    ]
    said = fondaco("lists", "take", "--hub", hub, code=1)
    assert "z.csv" in said and "truncated" in said
    assert json.loads(fondaco("lists", "take", "--hub", hub, "--json")) == []


def test_a_damaged_list_is_said_to_be_damaged(hub: Path) -> None:
    current = hub / "lists" / "ofac" / "current.json"
    kept = current.read_bytes()
    current.write_bytes(b"{")
    rows = {row["list"]: row["state"] for row in json.loads(fondaco("lists", "status", "--hub", hub, "--json"))}
    current.write_bytes(kept)
    assert rows["ofac"] == "damaged" and rows["un"] == "fresh"


def test_what_is_not_there_is_told(hub: Path) -> None:
    assert "keeps no list" in fondaco("lists", "diff", "nowhere", "--hub", hub, code=3)
    assert "begin with" in fondaco("lists", "diff", "un", "ffff", "--hub", hub, code=3)
    assert "begin with" in fondaco("lists", "diff", "un", "../..", "--hub", hub, code=3)


def test_words_that_decide_take_what_waits_and_bring_it_into_force(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = Desk(tmp_path)
    before = desk.hub.desk.counters.list_set
    inbox = tmp_path / "lists" / "inbox"
    for list_id, raw in (("un", LATER), ("uk", demo_list("uk")[0][:-40]), ("nowhere", b"")):
        (inbox / list_id).mkdir(parents=True)
        (inbox / list_id / "list").write_bytes(raw)
    bring_into_force(desk.hub, tmp_path)
    after = desk.hub.desk.counters.list_set
    assert after != before and after == list_set(tmp_path, desk.rules.scheme).version
    assert desk.hub.screener().lists.editions["un"].published == "2026-11-24"  # type: ignore[union-attr]
    said = capsys.readouterr().err
    assert "list uk is quarantined" in said and "inbox/nowhere is of no list" in said
    bring_into_force(desk.hub, tmp_path)
    assert desk.hub.desk.counters.list_set == after, "doing it again does nothing"
    desk.close()


def test_of_files_that_are_no_list_each_list_says_why(hub: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.xml"
    cut.write_bytes(UN[: len(UN) // 2])
    said = fondaco("lists", "load", cut, "--hub", hub, code=1)
    assert "say which with --list ID" in said
    told = {line.strip().partition(":")[0] for line in said.splitlines() if line.startswith("  ")}
    assert told == {"un", "ofac", "uk"}

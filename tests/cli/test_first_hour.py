"""The researcher's first hour comes to what its page says: the page's own files, and its own commands."""

from __future__ import annotations

import csv
import re
import shlex
from pathlib import Path

import pytest

from command_line import fondaco

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "first-hour.md").read_text()


def test_every_command_of_the_page_runs_as_it_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = re.findall(r"```(\S+\.\w+)\n(.*?)```", PAGE, re.DOTALL)
    assert [name for name, _ in files] == ["own.csv", "own.toml", "series.toml"]
    for name, content in files:
        (tmp_path / name).write_text(content)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^    lab/bin/fondaco (.*)$", PAGE, re.MULTILINE)
    assert len(commands) == 3
    for command in commands:
        fondaco(*shlex.split(command))
    for name in re.findall(r"`((?:morning|own|series)/\S+)`", PAGE):
        assert (tmp_path / name).exists(), name
    frontier = list(csv.DictReader((tmp_path / "own" / "frontier.csv").open()))
    assert [row["balance_percent"] for row in frontier] == ["0", "50", "100", "200", "300"]
    settled = {row["balance_percent"]: row["settled_permille"] for row in frontier}
    assert settled["50"] == "1000" and settled["0"] == "0"
    assert len(list(csv.DictReader((tmp_path / "series" / "runs.csv").open()))) == 9


def test_the_mistake_that_the_page_shows_is_told_so(tmp_path: Path) -> None:
    own = dict(re.findall(r"```(own\.\w+)\n(.*?)```", PAGE, re.DOTALL))
    for name, content in own.items():
        (tmp_path / name).write_text(content.replace("09:10:00,East", "09:10:00,Eest"))
    (told,) = re.findall(r"such as `(.*?)`", PAGE)
    assert told in fondaco("simulate", tmp_path / "own.toml", code=2)

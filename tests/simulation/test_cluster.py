"""A series over a cluster comes to what one process comes to; without the extra it is said what to install."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from command_line import fondaco
from fondaco.simulation import Job, jobs_of, play_on_cluster, play_series

DAY = """
[scenario]
depth = "policy"
currency = "SGD"
opens = 08:00:00
closes = 09:00:00
[banks]
count = 4
balance_percent = 5
[payments]
count = 60
median = "10"
[sweep]
"scenario.seed" = [1, 2, 3]
"""


def series(tmp_path: Path) -> list[Job]:
    (tmp_path / "day.toml").write_text(DAY)
    return [one for one in jobs_of([tmp_path / "day.toml"]) if isinstance(one, Job)]


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="the extra `ray` is not installed")
def test_a_cluster_of_one_machine_comes_to_what_one_process_comes_to(tmp_path: Path) -> None:
    jobs = series(tmp_path)
    found = {job.digest: played for job, played in play_on_cluster(jobs, "local")}
    assert found == {job.digest: played for job, played in play_series(jobs, 1)} and len(found) == 3


def test_without_the_extra_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series(tmp_path)
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "pip install 'fondaco[ray]'" in fondaco("simulate", tmp_path / "day.toml", "--ray", "local", code=3)


def test_an_address_at_which_nobody_listens_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    series(tmp_path)
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))  # what answers first is the network
    assert "no cluster at 127.0.0.1:1: " in fondaco("simulate", tmp_path / "day.toml", "--ray", "127.0.0.1:1", code=3)
    assert "host:port" in fondaco("simulate", tmp_path / "day.toml", "--ray", "somewhere", code=3)

"""Many scenarios: files and sweeps over processes, every run once, kept when interrupted."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.rulebook import Mistake
from fondaco.simulation import Job, Kept, jobs_of, play_series
from fondaco.simulation.series import play_job

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
"""
SWEEP = """
[sweep]
"banks.balance_percent" = [5, 50]
"scenario.seed" = [1, 2, 3]
"""


def file(tmp_path: Path, more: str = SWEEP, name: str = "day.toml") -> Path:
    path = tmp_path / name
    path.write_text(DAY + more)
    return path


def jobs(*files: Path) -> list[Job]:
    found = jobs_of(files)
    assert all(isinstance(one, Job) for one in found), found
    return [one for one in found if isinstance(one, Job)]


def test_a_sweep_is_the_product_of_its_lists_the_last_key_changing_first(tmp_path: Path) -> None:
    found = jobs(file(tmp_path))
    assert [list(one.values.values()) for one in found] == [[5, 1], [5, 2], [5, 3], [50, 1], [50, 2], [50, 3]]
    assert len({one.digest for one in found}) == 6
    assert [one.digest for one in found] == [one.digest for one in jobs(file(tmp_path))], "a digest is of what is said alone"


def test_a_run_is_known_by_everything_that_it_depends_on(tmp_path: Path) -> None:
    own = '[scenario]\ndepth = "policy"\ncurrency = "SGD"\nopens = 08:00:00\ncloses = 09:00:00\n[banks]\nnames = ["A", "B"]\n[payments]\nfile = "p.csv"\n'
    (tmp_path / "own.toml").write_text(own)
    digests = set()
    for amount in ("1", "2"):
        (tmp_path / "p.csv").write_text(f"time,payer,payee,currency,amount,priority\n08:00:00,A,B,SGD,{amount},urgent\n")
        digests.add(jobs(tmp_path / "own.toml")[0].digest)
    assert len(digests) == 2, "another table of payments is another run"
    assert jobs(file(tmp_path, ""))[0].digest != jobs(file(tmp_path, "sigma = '1'"))[0].digest


def test_processes_come_to_what_one_process_comes_to(tmp_path: Path) -> None:
    found = jobs(file(tmp_path), file(tmp_path, "", "other.toml"))
    by_two = {job.digest: played for job, played in play_series(found, 2)}
    assert by_two == {job.digest: play_job(job) for job in found}
    assert len(by_two) == 7 and all(one.measures and not one.mistakes for one in by_two.values())


def test_an_interrupted_series_goes_on_where_it_was_and_plays_nothing_twice(tmp_path: Path) -> None:
    found, kept = jobs(file(tmp_path)), Kept(tmp_path / "out")
    for number, (job, played) in enumerate(play_series(found, 1)):
        kept.put(job, played)
        if number == 1:
            break  # as a person who interrupts it
    kept_files = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "runs").iterdir()}
    assert len(kept_files) == 2
    # One that a machine's failure tore is played again.
    torn = tmp_path / "out" / "runs" / f"{found[1].digest}.json"
    torn.write_bytes(torn.read_bytes()[:-9])
    said = json.loads(fondaco("simulate", file(tmp_path), "--output", tmp_path / "out", "--json"))
    assert said["played_before"] == 1 and len(said["runs"]) == 6
    again = json.loads(fondaco("simulate", file(tmp_path), "--output", tmp_path / "out", "--json"))
    assert again["played_before"] == 6 and again["runs"] == said["runs"]
    rows = list(csv.DictReader((tmp_path / "out" / "runs.csv").open()))
    assert [(row["banks.balance_percent"], row["scenario.seed"]) for row in rows][:4] == [
        ("5", "1"),
        ("5", "2"),
        ("5", "3"),
        ("50", "1"),
    ]
    assert {
        name: (tmp_path / "out" / "runs" / name).stat().st_mtime_ns for name in kept_files if name[:64] == found[0].digest
    } == {f"{found[0].digest}.json": kept_files[f"{found[0].digest}.json"]}


def test_a_table_of_all_runs_is_shown_and_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    said = fondaco("simulate", file(tmp_path), file(tmp_path, "", "other.toml"), "--workers", "2")
    assert "7 runs, 0 of them played before" in said and "seed" in said
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine").write_text("x")
    assert "something else" in fondaco("simulate", file(tmp_path), "--output", tmp_path / "used", code=3)
    assert "at least one worker" in fondaco("simulate", file(tmp_path), "--workers", "0", code=2)
    assert "name a scenario" in fondaco("simulate", code=2)


@pytest.mark.parametrize(
    ("sweep", "place"),
    [
        ('[sweep]\n"banks.balance_percent" = 5', "sweep.banks.balance_percent"),
        ('[sweep]\n"banks.balance_percent" = []', "sweep.banks.balance_percent"),
        ('[sweep]\nseed = [1]', "sweep.seed"),
        ('[sweep]\n"banks.balance_percent" = [5, -1]', "banks.balance_percent"),
        ('[sweep]\n"banks.pounds" = [5]', "banks.pounds"),
        ('[sweep]\n"shops.count" = [5]', "shops"),
        ('[sweep]\n"scenario.seed" = [1, "two"]', "scenario.seed"),
    ],
)  # fmt: skip
def test_a_sweep_with_a_mistake_is_told_with_its_place(tmp_path: Path, sweep: str, place: str) -> None:
    found = jobs_of([file(tmp_path, sweep), file(tmp_path, "", "good.toml")])
    assert found and all(isinstance(one, Mistake) for one in found)
    assert str(found[0]).startswith(f"day.toml: {place}: "), found
    assert place in fondaco("simulate", tmp_path / "day.toml", code=2)


def test_a_run_that_cannot_be_played_is_told_and_what_was_done_is_kept(tmp_path: Path) -> None:
    bad = file(tmp_path, "", "bad.toml")
    bad.write_text(DAY.replace('count = 60\nmedian = "10"', 'file = "none.csv"'))
    said = fondaco("simulate", file(tmp_path, ""), bad, "--output", tmp_path / "out", code=2)
    assert "none.csv" in said and len(list((tmp_path / "out" / "runs").iterdir())) == 1

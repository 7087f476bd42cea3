"""The simulator's page: real small runs in processes of their own, one at a time, with an end to their time, and nothing of the hub in their hands."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from console_door import Consoles, Page, consoles_on
from console_person import Person, key_in
from fondaco.console import house, simulating
from fondaco.console.simulating import BOUNDS, KEPT_MAX, SCENARIOS, Simulating, Wanted, read_wanted
from fondaco.simulation import Scenario, payments_of, simulate, told_run
from fondaco.simulation.small_day import SCENARIOS as SHIPPED
from fondaco.simulation.small_day import small_day

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "simulator" / "morning.toml"
SMALL = {"scenario": "morning", "seed": "7", "banks": "4", "payments": "40", "balance": "5", "cap": "10", "urgent": "80"}
SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
# Plays until a file of its folder says that it is enough, and fails.
LASTS = [
    sys.executable,
    "-c",
    "import pathlib, sys, time\nwhile not pathlib.Path('enough').exists(): time.sleep(0.05)\nsys.exit(2)",
]


@pytest.fixture(scope="module")
def opened(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Consoles, Simulating]]:
    """A console of our own, with the runs that it keeps."""
    made: list[Simulating] = []

    def make() -> Simulating:
        made.append(Simulating())
        return made[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house, "Simulating", make)
        with consoles_on(ready, tmp_path_factory.mktemp("simulator") / "hub") as door:
            yield door, made[0]
    assert made[0]._scratch is not None and not made[0]._scratch.exists(), "its files are gone with the server"


def begun(who: Person, **changed: str) -> str:
    """Begin a run and wait for its end; its path."""
    page = who.send("/simulator", who.look("/simulator"), SMALL | changed)
    assert page.status == 303, page.text
    path = page.headers["location"].removeprefix("/console")
    ended(who, path)
    return path


def ended(who: Person, path: str) -> Page:
    until = time.monotonic() + 600
    while "being played" in (page := who.look(path)).text:
        assert page.status == 200 and time.monotonic() < until
        time.sleep(0.3)
    return page


# What is asked for


def test_every_scenario_is_shipped_and_the_first_is_the_example() -> None:
    assert {one.stem for one in SHIPPED.glob("*.toml")} == set(SCENARIOS)
    example, shipped = (tomllib.loads(file.read_text()) for file in (EXAMPLE, SHIPPED / "morning.toml"))
    assert example["scenario"] | {"title": ""} == shipped["scenario"] | {"title": ""}
    assert {key: example[key] for key in ("banks", "payments", "frontier")} == {
        key: shipped[key] for key in ("banks", "payments", "frontier")
    }
    for name in SCENARIOS:
        for end in (0, 1):  # with the least and with the most of everything
            assert isinstance(small_day(name, *(bounds[end] for bounds in BOUNDS.values())), Scenario), name
    assert isinstance(small_day("../morning", 1, 4, 10, 5, 10, 80), list) and isinstance(
        small_day("none", 1, 4, 10, 5, 10, 80), list
    )


def test_a_form_asks_within_its_bounds_or_for_nothing() -> None:
    assert read_wanted(SMALL | {"word": "x", "key": "y"}) == Wanted("morning", 7, 4, 40, 5, 10, 80)
    for name, (least, most) in BOUNDS.items():
        assert isinstance(read_wanted(SMALL | {name: str(least)}), Wanted) and isinstance(
            read_wanted(SMALL | {name: str(most)}), Wanted
        )
        for wrong in (str(most + 1), "-1", "", "1.5", "1e3", " 7", "٧", "0x7", "9" * 40, "7\n"):
            assert read_wanted(SMALL | {name: wrong}) == name, wrong
    for name in ("hub", "../morning", "Morning", ""):
        assert read_wanted(SMALL | {"scenario": name}) == "scenario"
    for foreign in (SMALL | {"file": "/etc/passwd"}, {key: SMALL[key] for key in list(SMALL)[1:]}):
        with pytest.raises(KeyError):
            read_wanted(foreign)


# The page


@pytest.mark.server
def test_a_run_is_played_shown_and_taken_away_as_the_command_line_plays_it(
    opened: tuple[Consoles, Simulating], monkeypatch: pytest.MonkeyPatch
) -> None:
    door, runs = opened
    given: list[tuple[list[str], dict[str, Any]]] = []
    popen = subprocess.Popen

    def noticed(command: list[str], **more: Any) -> subprocess.Popen[bytes]:
        given.append((command, more))
        return popen(command, **more)

    monkeypatch.setattr(simulating.subprocess, "Popen", noticed)
    head, who = door.hub.journal.head(), Person(door, "operator-1")
    path = begun(who, scenario="failure")
    page = who.look(path)
    assert "This is a simulation." in page.text and "operator-1" in page.text and "hx-sse:connect" not in page.text
    wanted = small_day("failure", 7, 4, 40, 5, 10, 80)
    assert isinstance(wanted, Scenario)
    payments = payments_of(wanted)
    assert not isinstance(payments, list)
    here = json.loads(json.dumps(told_run(simulate(wanted, payments))))
    taken = who.look(f"{path}/result")
    assert taken.headers["content-disposition"].startswith("attachment;") and taken.headers["content-type"] == "application/json"
    told = json.loads(taken.text)
    assert told["result"] == here and told["by"] == "operator-1" and told["simulated"] is True
    assert told["wanted"] == {"scenario": "failure"} | {name: int(SMALL[name]) for name in BOUNDS}
    for name in ("Payments not settled", "Liquidity used", "Delay, weighed by value", "(bound)", "Struck by the failure"):
        assert name in page.text, name
    left = here["measures"]["payments"] - here["measures"]["payments_settled"]
    assert f'Payments not settled</th><td class="number"><bdi>{left}</bdi>' in page.text
    assert door.hub.journal.head() == head, "the hub is as it was"
    # The process has a folder of its own, and no word of the hub's.
    (command, more), = given  # fmt: skip
    assert Path(more["cwd"]) == runs.all()[0].folder and str(door.house.folder) not in f"{command} {more}"
    assert set(more["env"]) <= {*simulating._SURROUNDINGS, "TMPDIR", "HOME", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"}
    assert not runs.all()[0].folder.is_relative_to(door.house.folder)
    assert "simulation 1" in [one.subject for one in door.access.looks.of("operator-1")]


@pytest.mark.server
def test_pictures_are_files_of_the_run_and_nothing_else_is(opened: tuple[Consoles, Simulating]) -> None:
    door, _ = opened
    who = Person(door, "operator-1")
    path = begun(who)
    page = who.look(path)
    for name in ("positions.svg", "queue.svg", "network.svg", "frontier.svg"):
        assert f'src="/console{path}/{name}"' in page.text
        drawn = who.look(f"{path}/{name}")
        assert drawn.status == 200 and drawn.headers["content-type"] == "image/svg+xml"
        assert (
            drawn.headers["x-content-type-options"] == "nosniff"
            and "script-src 'self'" in drawn.headers["content-security-policy"]
        )
        assert ElementTree.fromstring(drawn.text).tag.endswith("svg")
    for name in ("payments.csv", "result.json", "..%2fresult.json", "%2e%2e", "none.svg"):
        assert who.look(f"{path}/{name}").status == 404, name
    for run in ("0", "99999", "-1", "1%00", "%D9%A3", "9" * 5000):
        assert who.look(f"/simulator/{run}").status in (400, 404), run


@pytest.mark.server
def test_two_runs_stand_side_by_side(opened: tuple[Consoles, Simulating]) -> None:
    door, runs = opened
    who = Person(door, "operator-1")
    first, second = (int(begun(who, balance=balance).rsplit("/", 1)[1]) for balance in ("5", "400"))
    page = who.look(f"/simulator/comparison?one={first}&other={second}")
    told = [runs.found(number) for number in (first, second)]
    settled = [one.told.measures["payments_settled"] for one in told if one is not None and one.told is not None]
    assert isinstance(settled[0], int) and isinstance(settled[1], int) and settled[0] < settled[1]
    row = page.text.partition("Payments settled</th>")[2].partition("</tr>")[0]
    assert [f"<bdi>{number}</bdi>" in row for number in (*settled, settled[1] - settled[0])] == [True] * 3
    assert f"/simulator/{first}/queue.svg" in page.text and f"/simulator/{second}/queue.svg" in page.text
    assert who.look("/simulator/comparison").status == 200
    assert who.look(f"/simulator/comparison?one={first}&other=99999").status == 404


@pytest.mark.server
def test_one_run_at_a_time_and_each_has_an_end(opened: tuple[Consoles, Simulating], monkeypatch: pytest.MonkeyPatch) -> None:
    door, runs = opened
    who, other = Person(door, "operator-1"), Person(door, "operator-2")
    monkeypatch.setattr(simulating, "playing_command", lambda folder, wanted: LASTS)
    shown = who.look("/simulator")
    page = who.send("/simulator", shown, SMALL)
    path = page.headers["location"].removeprefix("/console")
    assert f'hx-sse:connect="/console{path}/live"' in who.look(path).text
    refused = other.send("/simulator", other.look("/simulator"), SMALL | {"seed": "8"})
    assert refused.status == 409 and "there is one at a time" in refused.text and 'value="8"' in refused.text
    again = who.send("/simulator", shown, SMALL)
    assert (again.status, again.headers["location"]) == (303, f"/console{path}"), "a double click begins one run"
    assert who.send("/simulator", shown, SMALL | {"seed": "9"}).status == 400, "the form was used for another"
    assert other.send("/simulator", other.look("/simulator"), SMALL | {"key": key_in(shown)}).status == 400
    for part in ("result", "queue.svg"):
        assert who.look(f"{path}/{part}").status == 404
    (runs.all()[0].folder / "enough").touch()
    assert "The run failed" in ended(who, path).text
    monkeypatch.setattr(simulating, "playing_command", lambda folder, wanted: SLEEPS)
    monkeypatch.setattr(runs, "within_s", 2.0)
    assert "took too long" in who.look(begun(who)).text
    assert runs._process is not None and runs._process.returncode == -9, "it was killed"


@pytest.mark.server
def test_foreign_parameters_and_other_roles_begin_nothing(opened: tuple[Consoles, Simulating]) -> None:
    door, runs = opened
    who, before = Person(door, "operator-1"), len(runs.all())
    for changed, status in (
        ({"banks": "41"}, 400), ({"payments": "10001"}, 400), ({"scenario": "../../etc/passwd"}, 400), ({"seed": "-1"}, 400), ({"union": "straits"}, 400),
        ({"key": "x"}, 400), ({"word": "0" * 64}, 403),
    ):  # fmt: skip
        page = who.send("/simulator", who.look("/simulator"), SMALL | changed)
        assert page.status == status, changed
    assert "Not within its bounds" in who.send("/simulator", who.look("/simulator"), SMALL | {"banks": "41"}).text
    for name, status in (
        ("zzcbsg00", 200),
        ("operator-2", 200),
        ("auditor", 403),
        ("officer-1", 403),
        ("supervisor-sg", 403),
        ("zzbasg01-maker", 403),
    ):
        person = Person(door, name)
        assert person.look("/simulator").status == status, name
        assert ("/console/simulator" in person.look("/account").text) == (status == 200), name
        if status == 403:
            for path in (
                "/simulator/1",
                "/simulator/1/result",
                "/simulator/1/queue.svg",
                "/simulator/1/live",
                "/simulator/comparison",
            ):
                assert person.look(path).status == 403
            assert person.send("/simulator", person.look("/account"), SMALL | {"key": "0" * 32}).status == 403
    assert len(runs.all()) == before


@pytest.mark.server
def test_the_last_runs_are_kept_and_older_ones_go(opened: tuple[Consoles, Simulating], monkeypatch: pytest.MonkeyPatch) -> None:
    door, runs = opened
    monkeypatch.setattr(simulating, "playing_command", lambda folder, wanted: [sys.executable, "-c", "raise SystemExit(2)"])
    who = Person(door, "operator-1")
    first = begun(who)
    folder = runs.all()[0].folder
    assert folder.is_dir()
    for _ in range(KEPT_MAX):
        begun(who)
    assert len(runs.all()) == KEPT_MAX and who.look(first).status == 404 and not folder.exists()

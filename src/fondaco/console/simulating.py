"""Runs of the simulator beside the hub: one at a time, each in a process of its own with an end to its time. The process is given a folder of its own and nothing of
the hub's; the last runs are kept until the server stops."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from fondaco.core import Instant

# Seconds that a run may take; so many runs are kept.
WITHIN_S, KEPT_MAX = 120.0, 8
# What is handed on of the server's surroundings: where programs are, and how texts are written.
_SURROUNDINGS = ("PATH", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG", "LC_ALL")
# What somebody may ask for, from and up to. With the most of everything a run takes some seconds.
BOUNDS: Mapping[str, tuple[int, int]] = {
    "seed": (0, 999_999_999),
    "banks": (4, 40),
    "payments": (10, 10_000),
    "balance": (0, 400),
    "cap": (0, 400),
    "urgent": (0, 100),
}
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
State = Literal["running", "done", "late", "failed"]


def _(text: str) -> str:
    """Marks a text for the catalogs; it is translated where it is shown."""
    return text


# The shipped scenarios by their names.
SCENARIOS: Mapping[str, str] = {
    "morning": _("A morning"),
    "outage": _("A morning: the largest bank's systems are out from 09:00 to 10:30"),
    "failure": _("A morning: the largest bank fails at 10:00"),
}


class Wanted(msgspec.Struct, frozen=True):
    """What is played: a shipped scenario, the seed, how many banks and payments; `balance` and `cap` as percentages of what each bank pays in the day; `urgent` of a hundred
    payments are."""

    scenario: str = "morning"
    seed: int = 20261126
    banks: int = 20
    payments: int = 2000
    balance: int = 5
    cap: int = 10
    urgent: int = 80


class Told(msgspec.Struct, frozen=True):
    """What a run came to, as `fondaco simulate --json` tells it: amounts are decimal texts of `currency`, shares are in thousandths."""

    title: str
    currency: str
    measures: dict[str, str | int]
    frontier: list[dict[str, str | int]]
    exposures: list[dict[str, str]]
    cascade: list[dict[str, str | int]]


class Simulated(msgspec.Struct, frozen=True):
    """A run: who began it and when, under which form's key, and where its files are. `result` is what the process wrote, `told` the same read."""

    number: int
    who: str
    at: Instant
    key: str
    wanted: Wanted
    folder: Path
    state: State = "running"
    result: bytes = b""
    told: Told | None = None


def read_wanted(fields: Mapping[str, str]) -> Wanted | str:
    """What a form asks for, or the name of the first of its fields that is not within its bounds. Raises `KeyError` for a form that says more or less than ours. Pure."""
    if set(fields) - {"word", "key"} != {"scenario", *BOUNDS}:
        raise KeyError("these are not the fields of the form")
    if fields["scenario"] not in SCENARIOS:
        return "scenario"
    for name, (least, most) in BOUNDS.items():
        if not _NUMBER.fullmatch(fields[name]) or not least <= int(fields[name]) <= most:
            return name
    return Wanted(fields["scenario"], **{name: int(fields[name]) for name in BOUNDS})


def playing_command(folder: Path, wanted: Wanted) -> list[str]:
    """The process that plays it (fondaco.simulation, which a hub that is served does not read)."""
    numbers = [str(getattr(wanted, name)) for name in BOUNDS]
    return [sys.executable, "-P", "-m", "fondaco.simulation.small_day", str(folder), wanted.scenario, *numbers]


class Simulating:
    """The runs of one server. Used on one event loop."""

    def __init__(self, within_s: float = WITHIN_S) -> None:
        self.within_s = within_s
        self._runs: dict[int, Simulated] = {}
        self._begun = 0
        self._playing: asyncio.Task[Simulated] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: Path | None = None
        self._ended = False

    def all(self) -> list[Simulated]:
        """The runs that are kept, newest first."""
        return list(self._runs.values())[::-1]

    def found(self, number: int) -> Simulated | None:
        return self._runs.get(number)

    def begun_under(self, key: str) -> Simulated | None:
        """The run that a form with this key began."""
        return next((one for one in self._runs.values() if one.key == key), None)

    def begin(self, wanted: Wanted, who: str, key: str, at: Instant) -> Simulated | None:
        """Begin a run; None where one is under way, or the server stops. The oldest goes, with its files, when there are too many."""
        if self._ended or (self._playing is not None and not self._playing.done()):
            return None
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="fondaco-simulator-"))
        self._begun += 1
        folder = self._scratch / str(self._begun)
        folder.mkdir()
        run = self._runs[self._begun] = Simulated(self._begun, who, at, key, wanted, folder)
        while len(self._runs) > KEPT_MAX:
            shutil.rmtree(self._runs.pop(next(iter(self._runs))).folder, ignore_errors=True)
        self._playing = asyncio.create_task(asyncio.to_thread(self._play, run))
        self._playing.add_done_callback(lambda task: self._keep(run, task))
        return run

    def _keep(self, run: Simulated, task: asyncio.Task[Simulated]) -> None:
        failed = task.cancelled() or task.exception() is not None
        self._runs[run.number] = msgspec.structs.replace(run, state="failed") if failed else task.result()

    def _play(self, run: Simulated) -> Simulated:
        """In a thread: it waits for the process alone. Raises `OSError`, `msgspec.MsgspecError` for what is no result."""
        surroundings = {name: os.environ[name] for name in _SURROUNDINGS if name in os.environ}
        surroundings |= {"TMPDIR": str(run.folder), "HOME": str(run.folder), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        nowhere = subprocess.DEVNULL
        with subprocess.Popen(  # noqa: S603 - a known scenario and numbers that were read
            playing_command(run.folder, run.wanted),
            stdin=nowhere,
            stdout=nowhere,
            stderr=nowhere,
            cwd=run.folder,
            env=surroundings,
        ) as process:
            self._process = process
            if self._ended:
                process.kill()
            try:
                process.wait(timeout=self.within_s)
            except subprocess.TimeoutExpired:
                process.kill()
                return msgspec.structs.replace(run, state="late")
        if process.returncode != 0:
            return msgspec.structs.replace(run, state="failed")
        result = (run.folder / "result.json").read_bytes()
        return msgspec.structs.replace(run, state="done", result=result, told=msgspec.json.decode(result, type=Told))

    def end(self) -> None:
        """Kill what is being played and forget every run: the server is to stop."""
        self._ended = True
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)

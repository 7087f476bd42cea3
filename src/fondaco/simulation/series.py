"""Many scenarios played one beside the other over processes: files, and the values that a `[sweep]` gives to their keys.

A run is known by a digest of everything it depends on. What was played is kept under it, so that an interrupted series goes on where it was.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fondaco import __version__
from fondaco.rulebook import Mistake
from fondaco.simulation.payments import payments_of
from fondaco.simulation.run import simulate, told
from fondaco.simulation.scenario import Scenario, raw_scenario, scenario_of

RUNS_MAX = 100_000
_SWEEP = "sweep"


class Job(NamedTuple):
    """One run: the scenario of `file` with the values that the sweep gives (by key, such as `banks.balance_percent`). `digest` is of the tables,
    the files that they name and this program's version."""

    file: Path
    scenario: Scenario
    values: dict[str, Any]
    digest: str


class Played(msgspec.Struct):
    """What a run came to: a row of measures as people read them, or what is wrong."""

    title: str = ""
    depth: str = ""
    currency: str = ""
    seed: int = 0
    measures: dict[str, int | str] = {}
    mistakes: list[str] = []


def jobs_of(files: Sequence[Path]) -> list[Job] | list[Mistake]:
    """The runs of these files, in their order; of a sweep the product of its lists, the last key changing first. Or every mistake."""
    jobs: list[Job] = []
    mistakes: list[Mistake] = []
    for file in map(Path.absolute, files):  # a worker may stand elsewhere
        raw = raw_scenario(file)
        if isinstance(raw, list):
            mistakes += raw
            continue
        found = _swept(file, raw)
        if isinstance(found, list):
            mistakes += found
            continue
        for values in found:
            tables = _with(raw, values)
            scenario = scenario_of(file, tables)
            if isinstance(scenario, list):
                where = " ".join(f"{key}={value}" for key, value in values.items())
                mistakes += [Mistake(one.file, one.key, f"{one.reason}{f' (with {where})' if where else ''}") for one in scenario]
                break  # of one sweep the first run with mistakes tells enough
            jobs.append(Job(file, scenario, values, _digest(scenario, tables)))
    if len(jobs) > RUNS_MAX:
        mistakes.append(Mistake(files[0].name, _SWEEP, f"{len(jobs)} runs; at most {RUNS_MAX}"))
    return mistakes or jobs


def _swept(file: Path, raw: dict[str, Any]) -> Iterator[dict[str, Any]] | list[Mistake]:
    """The values of each run; of a file without a sweep one run without any."""
    sweep = raw.get(_SWEEP, {})
    if not isinstance(sweep, dict):
        return [Mistake(file.name, _SWEEP, "is to be a table")]
    mistakes = []
    for key, values in sweep.items():
        place = f"{_SWEEP}.{key}"
        if not isinstance(values, list) or not values:
            mistakes.append(Mistake(file.name, place, "a list of the values that the key has in turn"))
        elif not isinstance(raw.get(key.partition(".")[0], {}), dict) or key.count(".") != 1:
            mistakes.append(Mistake(file.name, place, 'a key of a table, in quotes: "banks.balance_percent"'))
    names = list(sweep)
    return mistakes or (dict(zip(names, one, strict=True)) for one in product(*sweep.values()))


def _with(raw: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
    tables = deepcopy({name: table for name, table in raw.items() if name != _SWEEP})
    for key, value in values.items():
        table, _, name = key.partition(".")
        tables.setdefault(table, {})[name] = value
    return tables


def _digest(scenario: Scenario, tables: dict[str, Any]) -> str:
    digest = hashlib.sha256(f"fondaco run 1\0{__version__}\0{scenario.title}\0".encode())
    digest.update(msgspec.json.encode(tables, order="sorted"))
    # What a union's rulebook said, or a calibration: not in the tables, and part of the run.
    ruled = (scenario.banks, scenario.caps, scenario.opens_s, scenario.closes_s, scenario.cut_offs_s)
    digest.update(msgspec.json.encode(ruled))
    for source in (*([scenario.file] if scenario.file is not None else []), *scenario.calibration_files):
        for path in sorted(source.glob("*.xml")) if source.is_dir() else [source] if source.exists() else []:
            content = hashlib.sha256(path.read_bytes()).digest()
            digest.update(b"\0" + path.name.encode() + b"\0" + content)
    return digest.hexdigest()


def play_job(job: Job) -> Played:
    """Play one run, in whatever process; a hub that plays it goes again with the run."""
    scenario = job.scenario
    payments = payments_of(scenario)
    if isinstance(payments, list):
        return Played(scenario.title, mistakes=[str(one) for one in payments])
    try:
        run = simulate(scenario, payments)
    except ValueError as fault:
        return Played(scenario.title, mistakes=[f"{job.file}: {fault}"])
    return Played(scenario.title, scenario.depth, scenario.currency, scenario.seed, told(scenario, run.measures))


class Kept:
    """The runs that a folder keeps, by their digest. A run is written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._home = folder / "runs"
        self._home.mkdir(parents=True, exist_ok=True)

    def get(self, job: Job) -> Played | None:
        path = self._home / f"{job.digest}.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Played)
        except (OSError, msgspec.DecodeError):
            return None

    def put(self, job: Job, played: Played) -> None:
        path = self._home / f"{job.digest}.json"
        draft = path.with_suffix(f".{os.getpid()}.draft")
        draft.write_bytes(msgspec.json.encode(played))
        draft.replace(path)


def play_series(jobs: Sequence[Job], workers: int) -> Iterator[tuple[Job, Played]]:
    """Play each digest once, in up to so many processes, and hand each out as it is done. Who stops listening ends what has not begun."""
    once = list({job.digest: job for job in jobs}.values())
    if workers <= 1 or len(once) <= 1:
        for job in once:
            yield job, play_job(job)
        return
    pool = ProcessPoolExecutor(min(workers, len(once)), multiprocessing.get_context("spawn"))
    try:
        waiting: dict[Future[Played], Job] = {}
        ahead = iter(once)
        while True:  # ends: each round hands one out, and none comes twice
            for job in ahead:
                waiting[pool.submit(play_job, job)] = job
                if len(waiting) >= 2 * workers:
                    break
            if not waiting:
                return
            for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(done), done.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)

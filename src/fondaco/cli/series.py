"""A series of scenarios at the command line: a bar while it is played, a row for each run, and nothing played twice."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fondaco.cli.terminal import Misused, console, errors, print_table, show
from fondaco.hub import NotReady
from fondaco.simulation import Job, Kept, NoCluster, Played, play_on_cluster, play_series

_SHOWN = ("settled_permille", "liquidity", "delay_permille", "queue_peak_payments")
_ROWS = 40


def play(jobs: list[Job], workers: int, ray: str, output: Path | None, as_json: bool) -> None:
    """Play what `output` does not keep yet, in processes or on the cluster `ray` names, and tell all of it in the order of the jobs."""
    kept = _kept(output) if output is not None else None
    found: dict[str, Played] = {}
    for job in jobs:
        before = kept.get(job) if kept is not None else None
        if before is not None:
            found[job.digest] = before
    missing = [job for job in jobs if job.digest not in found]
    bar = Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=errors, transient=True
    )
    with bar:
        task = bar.add_task("runs", total=len({job.digest for job in jobs}), completed=len(found))
        try:
            for job, played in play_on_cluster(missing, ray) if ray else play_series(missing, workers):
                if played.mistakes:
                    raise Misused("a run cannot be played:\n" + "\n".join(f"  {one}" for one in played.mistakes))
                found[job.digest] = played
                if kept is not None:
                    kept.put(job, played)
                bar.advance(task)
        except NoCluster as fault:
            raise NotReady(str(fault)) from fault
    rows = [_row(job, found[job.digest]) for job in jobs]
    if output is not None:
        _write(output / "runs.csv", rows)
    told = {"runs": rows, "played_before": len(jobs) - len(missing)}
    show(as_json, told, lambda: _print(rows, len(jobs) - len(missing), jobs, output))


def _kept(output: Path) -> Kept:
    try:
        known = {path.name for path in output.iterdir()} if output.exists() else set()
        if known - {"runs", "runs.csv"}:
            raise NotReady(f"{output} holds something else; a series is kept in a folder of its own")
        return Kept(output)
    except OSError as fault:
        raise NotReady(f"{output}: {fault.strerror}") from fault


def _row(job: Job, played: Played) -> dict[str, Any]:
    fixed = {"scenario": played.title, "depth": played.depth, "currency": played.currency, "seed": played.seed}
    return fixed | {key: str(value) for key, value in job.values.items()} | played.measures


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def _print(rows: list[dict[str, Any]], before: int, jobs: list[Job], output: Path | None) -> None:
    swept = list(dict.fromkeys(key for job in jobs for key in job.values))
    # A terminal is narrow: of a key its last word, as long as two keys do not share it.
    short = {key: key.partition(".")[2] for key in swept}
    named = short if len(set(short.values())) == len(swept) else {key: key for key in swept}
    shown = [
        {"scenario": row["scenario"], **{named[key]: row.get(key, "") for key in swept}, **{key: row[key] for key in _SHOWN}}
        for row in rows[:_ROWS]
    ]
    title = f"{len(rows)} runs" if len(rows) <= _ROWS else f"the first {_ROWS} of {len(rows)} runs"
    print_table(f"{title}, {before} of them played before", shown)
    if output is not None:
        console.print(f"written to {output / 'runs.csv'}", markup=False, highlight=False)

"""Scenarios at the command line: a day played before anybody settles it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fondaco.cli import series, union_runs
from fondaco.cli.terminal import Json, Misused, Refused, app, console, print_table, progress_of, show
from fondaco.hub import NotReady
from fondaco.rulebook import Mistake
from fondaco.simulation import (
    Job,
    Run,
    is_of_a_whole_union,
    jobs_of,
    payments_of,
    raw_scenario,
    simulate,
    told,
    told_exposed,
    told_struck,
    write_results,
)


@app.command(name="simulate")
def simulate_(*scenarios: Path, output: Path | None = None, workers: int = 1, ray: str = "", json: Json = False) -> None:
    """Play the day of each of SCENARIOS (TOML, docs/simulator.md) and tell what it came to: settled, liquidity used, delay, queues, netting.

    With OUTPUT (a new folder) every payment, the course of the day and pictures are written there; a hub that was played is kept in its
    `hub`, to be looked at and proved like any other. Of several scenarios, or one with a `[sweep]`, each run is a row of a table, they are played
    in WORKERS processes, or on the cluster at the address RAY (extra `ray`; "local" is this machine), and OUTPUT keeps what was played: the same command goes on where it was interrupted. Every mistake of a scenario is
    told with its place. A scenario with a union and no currency is a day of the whole union, through the production hub.
    """
    if not scenarios or workers < 1:
        raise Misused("name a scenario, and at least one worker")
    whole = [raw for raw in map(raw_scenario, scenarios) if isinstance(raw, dict) and is_of_a_whole_union(raw)]
    if whole and len(scenarios) == 1:
        union_runs.play(scenarios[0], whole[0], output, json)
        return
    if whole:
        raise Misused("a whole union's day is played alone; a series is of one currency")
    jobs = jobs_of(scenarios)
    if jobs and isinstance(jobs[0], Mistake):
        raise Misused(_listed([one for one in jobs if isinstance(one, Mistake)]))
    runs = [one for one in jobs if isinstance(one, Job)]
    if len(scenarios) > 1 or runs[0].values:
        series.play(runs, workers, ray, output, json)
    else:
        _one(runs[0], output, json)


def _one(job: Job, output: Path | None, json: bool) -> None:
    read = job.scenario
    payments = payments_of(read)
    if isinstance(payments, list):
        raise Misused(_listed(payments))
    if output is not None:
        try:
            output.mkdir(parents=True)
        except OSError as fault:
            raise NotReady(f"{output}: {fault.strerror}; results are written into a new folder") from fault
    with progress_of(f"playing {len(payments):,} payments", "handed to the hub") as progress:
        try:
            run = simulate(read, payments, output / "hub" if output is not None else None, progress)
        except ValueError as fault:
            raise Refused(f"{job.file}: {fault}") from fault
    found = _found(run)
    if output is not None:
        found["files"] = write_results(output, run)

    def text() -> None:
        print_table(
            f"{read.title}, {read.currency}, depth {read.depth}",
            [{"measure": k, "value": v} for k, v in found["measures"].items()],
        )
        if run.frontier:
            keys = ("balance_percent", "settled_permille", "liquidity", "delay_permille", "queue_peak")
            print_table("with other opening balances", [{key: row[key] for key in keys} for row in found["frontier"]])
        for title, key in (("if the largest failed just before a cut-off", "exposures"), ("struck by the defaults", "cascade")):
            if found[key]:
                print_table(title, found[key])
        if output is not None:
            console.print(f"written to {output}: {', '.join(found['files'])}", markup=False)

    show(json, found, text)


def _found(run: Run) -> dict[str, Any]:
    scenario = run.scenario
    return {
        "title": scenario.title,
        "depth": scenario.depth,
        "currency": scenario.currency,
        "seed": scenario.seed,
        "measures": told(scenario, run.measures),
        "frontier": [{"balance_percent": percent, **told(scenario, found)} for percent, found in run.frontier],
        "exposures": [told_exposed(scenario, one) for one in run.exposed],
        "cascade": [told_struck(scenario, one) for one in run.struck],
    }


def _listed(mistakes: list[Mistake]) -> str:
    return "the scenario has mistakes:\n" + "\n".join(f"  {one}" for one in mistakes)

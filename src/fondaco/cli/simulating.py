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
    Payments,
    Scenario,
    is_of_a_whole_union,
    is_of_several,
    jobs_of,
    payments_of,
    raw_scenario,
    scenarios_of,
    simulate_each,
    told_run,
    write_results,
)


@app.command(name="simulate")
def simulate_(*scenarios: Path, output: Path | None = None, workers: int = 1, ray: str = "", json: Json = False) -> None:
    """Play the day of each of SCENARIOS (TOML, docs/simulator.md) and tell what it came to: settled, liquidity used, delay, queues, netting.

    With OUTPUT (a new folder) every payment, the course of the day and pictures are written there; a hub that was played is kept in its
    `hub`, to be looked at and proved like any other. Of several scenarios, or one with a `[sweep]`, each run is a row of a table, they are played
    in WORKERS processes, or on the cluster at the address RAY (extra `ray`; "local" is this machine), and OUTPUT keeps what was played: the same command goes on where it was interrupted. Every mistake of a scenario is
    told with its place. A scenario of several currencies is told for each of them, and written into folders of their names. A scenario with a
    union and no currency is a day of the whole union, through the production hub.
    """
    if not scenarios or workers < 1:
        raise Misused("name a scenario, and at least one worker")
    read = [raw for raw in map(raw_scenario, scenarios) if isinstance(raw, dict)]
    if any(map(is_of_several, read)):
        if len(scenarios) > 1 or "sweep" in read[0]:
            raise Misused("a day of several currencies is played alone; a series is of one currency")
        _play(scenarios[0], _without_mistakes(scenarios_of(scenarios[0], read[0])), output, json)
        return
    whole = [raw for raw in read if is_of_a_whole_union(raw)]
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
        _play(runs[0].file, [runs[0].scenario], output, json)


def _without_mistakes(found: list[Scenario] | list[Mistake]) -> list[Scenario]:
    mistakes = [one for one in found if isinstance(one, Mistake)]
    if mistakes:
        raise Misused(_listed(mistakes))
    return [one for one in found if isinstance(one, Scenario)]


def _payments(scenarios: list[Scenario]) -> list[Payments]:
    found = [payments_of(one) for one in scenarios]
    mistakes = list(dict.fromkeys(one for told in found if isinstance(told, list) for one in told))
    if mistakes:
        raise Misused(_listed(mistakes))
    return [one for one in found if isinstance(one, Payments)]


def _play(file: Path, scenarios: list[Scenario], output: Path | None, json: bool) -> None:
    """Play a day of one currency or of several, and tell what it came to in each."""
    payments = _payments(scenarios)
    if output is not None:
        try:
            output.mkdir(parents=True)
        except OSError as fault:
            raise NotReady(f"{output}: {fault.strerror}; results are written into a new folder") from fault
    with progress_of(f"playing {sum(map(len, payments)):,} payments", "handed to the hub") as progress:
        try:
            runs = simulate_each(scenarios, payments, output / "hub" if output is not None else None, progress)
        except ValueError as fault:
            raise Refused(f"{file}: {fault}") from fault
    found = [told_run(run) for run in runs]
    for run, told in zip(runs, found, strict=True) if output is not None else ():
        assert output is not None
        home = output / run.scenario.currency if len(runs) > 1 else output
        home.mkdir(exist_ok=True)
        told["files"] = write_results(home, run)

    def text() -> None:
        for one in found:
            _print(one, output)

    first = scenarios[0]
    several = {"title": first.title, "depth": first.depth, "currencies": found}
    show(json, found[0] if len(found) == 1 else several, text)


def _print(found: dict[str, Any], output: Path | None) -> None:
    print_table(
        f"{found['title']}, {found['currency']}, depth {found['depth']}",
        [{"measure": k, "value": v} for k, v in found["measures"].items()],
    )
    if found["frontier"]:
        keys = ("balance_percent", "settled_permille", "liquidity", "delay_permille", "queue_peak")
        print_table("with other opening balances", [{key: row[key] for key in keys} for row in found["frontier"]])
    for title, key in (("if the largest failed just before a cut-off", "exposures"), ("struck by the defaults", "cascade")):
        if found[key]:
            print_table(title, found[key])
    if output is not None:
        console.print(f"written to {output}: {', '.join(found['files'])}", markup=False)


def _listed(mistakes: list[Mistake]) -> str:
    return "the scenario has mistakes:\n" + "\n".join(f"  {one}" for one in mistakes)

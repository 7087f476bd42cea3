"""A scenario played at its depth, and again with more or less money for the frontier; its results as files."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fondaco.core import minor_text
from fondaco.simulation.measures import Course, Measures, course, measures
from fondaco.simulation.payments import Payments, Whole, funded
from fondaco.simulation.plots import Axis, Line, line_plot
from fondaco.simulation.policy import Settled, play_policy
from fondaco.simulation.real_hub import play_hub
from fondaco.simulation.scenario import Scenario

# So many banks are drawn: those that move most.
_DRAWN = 8


class Run(NamedTuple):
    """A played scenario. `frontier` are percentages of the opening balances with what the day came to under them."""

    scenario: Scenario
    payments: Payments
    settled: Settled
    measures: Measures
    course: Course
    frontier: tuple[tuple[int, Measures], ...]


def simulate(
    scenario: Scenario, payments: Payments, hub_folder: Path | None = None, progress: Callable[[int], None] | None = None
) -> Run:
    """Play the scenario at its depth. The frontier is always played at the depth of the policy, which settles the same.

    A hub is laid out in `hub_folder`, which is kept; without one in a folder of its own, which goes again. `progress` is told how many
    payments were handed to it. Raises `ValueError` where the day's money passes what 64 bits hold exactly.
    """
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    if scenario.depth == "policy":
        settled = play_policy(scenario, payments, opening, caps)
    elif hub_folder is not None:
        settled = play_hub(hub_folder, scenario, payments, opening, caps, progress)
    else:
        with tempfile.TemporaryDirectory(prefix="fondaco-simulate-") as folder:
            settled = play_hub(Path(folder), scenario, payments, opening, caps, progress)
    frontier = []
    for percent in scenario.frontier:
        scaled = np.array([minor * percent // 100 for minor in opening.tolist()], np.int64)
        found = play_policy(scenario, payments, scaled, caps)
        frontier.append((percent, measures(scenario, payments, scaled, found.at_s)))
    return Run(
        scenario, payments, settled, measures(scenario, payments, opening, settled.at_s),
        course(scenario, payments, opening, settled.at_s), tuple(frontier),
    )  # fmt: skip


def told(scenario: Scenario, found: Measures) -> dict[str, Any]:
    """Measures as people read them: amounts as decimal texts of the currency, shares in thousandths."""
    return {
        name.removesuffix("_minor"): minor_text(value, scenario.exponent) if name.endswith("_minor") else value
        for name, value in found._asdict().items()
    }


def write_results(folder: Path, run: Run) -> list[str]:
    """Write the run's tables (CSV) and pictures (SVG) into `folder`, which is there; returns their names."""
    files = {"payments.csv": _payments(run), "course.csv": _course(run)}
    pictures = {"positions.svg": _positions_picture(run), "queue.svg": _queue_picture(run)}
    if run.frontier:
        files["frontier.csv"] = _frontier(run)
        pictures["frontier.svg"] = _frontier_picture(run)
    for name, rows in files.items():
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    for name, picture in pictures.items():
        (folder / name).write_text(picture, encoding="utf-8")
    return [*files, *pictures]


def _time(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _payments(run: Run) -> list[list[str]]:
    banks, currency, exponent = run.scenario.banks, run.scenario.currency, run.scenario.exponent
    rows = [["time", "payer", "payee", "currency", "amount", "priority", "settled"]]
    columns = (*(column.tolist() for column in run.payments), run.settled.at_s.tolist())
    for at, payer, payee, minor, urgent, settled in zip(*columns, strict=True):
        priority = "urgent" if urgent else "normal"
        rows.append(
            [
                _time(at),
                banks[payer],
                banks[payee],
                currency,
                minor_text(minor, exponent),
                priority,
                _time(settled) if settled >= 0 else "",
            ]
        )
    return rows


def _course(run: Run) -> list[list[str]]:
    exponent, went = run.scenario.exponent, run.course
    rows = [["time", "waiting", "waiting_value", *run.scenario.banks]]
    for at, count, worth, left in zip(*(column.tolist() for column in went), strict=True):
        rows.append([_time(at), str(count), *(minor_text(minor, exponent) for minor in (worth, *left))])
    return rows


def _frontier(run: Run) -> list[list[str]]:
    rows = [["balance_percent", *told(run.scenario, run.measures)]]
    return rows + [[str(percent), *map(str, told(run.scenario, found).values())] for percent, found in run.frontier]


def _clock_axis() -> Axis:
    return Axis("time", lambda seconds: _time(seconds)[:5])


def _money_axis(run: Run, name: str) -> Axis:
    unit = 10**run.scenario.exponent
    return Axis(f"{name}, {run.scenario.currency}", lambda minor: f"{minor / unit:,.0f}")


def _positions_picture(run: Run) -> str:
    moved = np.zeros(len(run.scenario.banks), np.int64)
    for banks in (run.payments.payers, run.payments.payees):
        np.add.at(moved, banks, run.payments.minor)
    largest = np.argsort(-moved, kind="stable")[:_DRAWN].tolist()
    lines = [Line(run.scenario.banks[bank], _points(run.course.at_s, run.course.positions[:, bank])) for bank in largest]
    title = f"{run.scenario.title}: positions through the day"
    return line_plot(title, _clock_axis(), _money_axis(run, "balance"), lines, stairs=True)


def _queue_picture(run: Run) -> str:
    lines = [Line("waiting", _points(run.course.at_s, run.course.waiting))]
    title = f"{run.scenario.title}: payments that wait"
    return line_plot(title, _clock_axis(), Axis("payments", lambda count: f"{count:,.0f}"), lines, stairs=True)


def _frontier_picture(run: Run) -> str:
    points = sorted((float(found.liquidity_minor), found.delay_permille / 1000) for _, found in run.frontier)
    title = f"{run.scenario.title}: liquidity used against delay"
    delay = Axis("delay (0 none, 1 all to the closing)", lambda share: f"{share:.2f}")
    return line_plot(title, _money_axis(run, "liquidity used"), delay, [Line("frontier", points)])


def _points(at_s: Whole, values: Whole) -> list[tuple[float, float]]:
    return [(float(at), float(value)) for at, value in zip(at_s.tolist(), values.tolist(), strict=True)]

"""A scenario played at its depth, and again with more or less money for the frontier; its results as files."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fondaco.core import CURRENCIES, minor_text
from fondaco.simulation.converting import play_converting
from fondaco.simulation.debts import Debts, debts
from fondaco.simulation.failures import Exposed, Struck, cascade, exposures
from fondaco.simulation.measures import Course, Measures, course, measures
from fondaco.simulation.network import Link, network_plot
from fondaco.simulation.payments import CurrencyDay, Payments, Whole, by_pair, day_of
from fondaco.simulation.plots import Axis, Line, line_plot
from fondaco.simulation.policy import Settled, play_policy
from fondaco.simulation.real_hub import play_hub
from fondaco.simulation.scenario import Scenario

# So many banks are drawn: those that move most.
_DRAWN = 8


class Run(NamedTuple):
    """A played scenario. `frontier` are percentages of the opening balances with what the day came to under them; `exposed` and `struck` are
    what `exposures` and `cascade` find. `debts` are what was owed in the currency where payments change it, conversions by others among it."""

    scenario: Scenario
    payments: Payments
    settled: Settled
    measures: Measures
    course: Course
    frontier: tuple[tuple[int, Measures], ...]
    exposed: tuple[Exposed, ...]
    struck: tuple[Struck, ...]
    debts: Debts | None = None


def simulate(
    scenario: Scenario, payments: Payments, hub_folder: Path | None = None, progress: Callable[[int], None] | None = None
) -> Run:
    """Play a scenario of one currency at its depth, as `simulate_each` does."""
    return simulate_each([scenario], [payments], hub_folder, progress)[0]


def simulate_each(
    scenarios: Sequence[Scenario],
    payments: Sequence[Payments],
    hub_folder: Path | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Run]:
    """Play a scenario at its depth: one for each of its currencies, with the payments in it. The frontier, exposures and what defaults do are
    always found at the depth of the policy, which settles the same.

    A hub is laid out in `hub_folder`, which is kept; without one in a folder of its own, which goes again. `progress` is told how many
    payments were handed to it. Raises `ValueError` where the day's money passes what 64 bits hold exactly.
    """
    days = [day_of(one, sent) for one, sent in zip(scenarios, payments, strict=True)]
    if scenarios[0].depth == "policy":
        settled = _policy(days)
    elif hub_folder is not None:
        settled = play_hub(hub_folder, days, progress)
    else:
        with tempfile.TemporaryDirectory(prefix="fondaco-simulate-") as folder:
            settled = play_hub(Path(folder), days, progress)
    if scenarios[0].exchange is not None:
        return _converting(days, settled)
    return [_run(*one) for one in zip(days, settled, strict=True)]


def _policy(days: Sequence[CurrencyDay]) -> list[Settled]:
    """Where nothing moves from one currency into another, each is played by itself."""
    exchange = days[0].scenario.exchange
    return [play_policy(*day) for day in days] if exchange is None else play_converting(days, exchange)


def _converting(days: Sequence[CurrencyDay], settled: Sequence[Settled]) -> list[Run]:
    """What is measured of each currency is of all that moves in it. What defaults do is not told: who struck whom goes from currency to currency."""
    closely = list(settled) if settled[0].let_in_s is not None else _policy(days)
    frontiers: list[list[tuple[int, Measures]]] = [[] for _ in days]
    for percent in days[0].scenario.frontier:
        scaled = [one._replace(opening=_scaled(one.opening, percent)) for one in days]
        for place, (day, owed) in enumerate(zip(scaled, debts(scaled, _policy(scaled)), strict=True)):
            frontiers[place].append((percent, measures(day.scenario, owed.payments, day.opening, owed.settled.at_s, owed.came_s)))
    runs = []
    columns = (days, settled, debts(days, settled), debts(days, closely, let_in=True), frontiers)
    for day, done, owed, close, frontier in zip(*columns, strict=True):
        of_all = (day.scenario, owed.payments, day.opening, owed.settled.at_s, owed.came_s)
        exposed = exposures(day.scenario, close.payments, day.opening, day.caps, close.settled)
        runs.append(
            Run(day.scenario, day.payments, done, measures(*of_all), course(*of_all), tuple(frontier), tuple(exposed), (), owed)
        )
    return runs


def _scaled(opening: Whole, percent: int) -> Whole:
    return np.array([minor * percent // 100 for minor in opening.tolist()], np.int64)


def _run(day: CurrencyDay, settled: Settled) -> Run:
    scenario, payments, opening, caps = day
    closely = settled if settled.let_in_s is not None else play_policy(scenario, payments, opening, caps)
    frontier = []
    for percent in scenario.frontier:
        scaled = _scaled(opening, percent)
        found = play_policy(scenario, payments, scaled, caps)
        frontier.append((percent, measures(scenario, payments, scaled, found.at_s)))
    return Run(
        scenario, payments, settled, measures(scenario, payments, opening, settled.at_s),
        course(scenario, payments, opening, settled.at_s), tuple(frontier),
        tuple(exposures(scenario, payments, opening, caps, closely)), tuple(cascade(scenario, payments, opening, caps, closely)),
    )  # fmt: skip


def told(scenario: Scenario, found: Measures) -> dict[str, Any]:
    """Measures as people read them: amounts as decimal texts of the currency, shares in thousandths."""
    return {
        name.removesuffix("_minor"): minor_text(value, scenario.exponent) if name.endswith("_minor") else value
        for name, value in found._asdict().items()
    }


def told_exposed(scenario: Scenario, one: Exposed) -> dict[str, str]:
    """One cut-off's exposures as people read them: what the failure of the largest (cover 1) and of the two largest (cover 2) would leave
    unpaid, now and at most under the caps."""
    row = {"time": _time(one.at_s)}
    for name, cover in (("", one.now), ("_at_most", one.at_most)):
        names = [scenario.banks[int(family)] for family, _ in cover.largest]
        row |= {
            f"cover_1{name}": minor_text(cover.first, scenario.exponent),
            f"cover_2{name}": minor_text(cover.both, scenario.exponent),
            f"largest{name}": " ".join(names),
        }
    return row


def told_struck(scenario: Scenario, one: Struck) -> dict[str, Any]:
    """One struck bank as people read it; a round of "" where no chain of losses leads to it."""
    return {
        "bank": scenario.banks[one.bank],
        "round": one.round if one.round >= 0 else "",
        "lost": minor_text(one.lost_minor, scenario.exponent),
        "unpaid": minor_text(one.unpaid_minor, scenario.exponent),
        "unpaid_payments": one.payments,
    }


def told_run(run: Run) -> dict[str, Any]:
    """A run as people read it, and as `fondaco simulate --json` tells it: its measures, the frontier, exposures, and what defaults did."""
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


def write_results(folder: Path, run: Run) -> list[str]:
    """Write the run's tables (CSV) and pictures (SVG) into `folder`, which is there; returns their names."""
    files = {"payments.csv": _payments(run), "course.csv": _course(run)}
    pictures = {"positions.svg": _positions_picture(run), "queue.svg": _queue_picture(run), "network.svg": _network_picture(run)}
    if run.frontier:
        files["frontier.csv"] = _frontier(run)
        pictures["frontier.svg"] = _frontier_picture(run)
    for name, told_rows in (
        ("exposures.csv", [told_exposed(run.scenario, one) for one in run.exposed]),
        ("cascade.csv", [told_struck(run.scenario, one) for one in run.struck]),
    ):
        if told_rows:
            files[name] = [list(told_rows[0]), *([str(value) for value in row.values()] for row in told_rows)]
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
    """Every payment and when it settled; of one that changed currency also what arrived, and who converted it."""
    banks, currency, exponent = run.scenario.banks, run.scenario.currency, run.scenario.exponent
    rows = [["time", "payer", "payee", "currency", "amount", "priority", "settled"]]
    columns = (*(column.tolist() for column in run.payments[:5]), run.settled.at_s.tolist())
    for at, payer, payee, minor, urgent, settled in zip(*columns, strict=True):
        priority = "urgent" if urgent else "normal"
        amount = minor_text(minor, exponent)
        rows.append([_time(at), banks[payer], banks[payee], currency, amount, priority, _time(settled) if settled >= 0 else ""])
    exchange, converted = run.scenario.exchange, run.settled.converted
    if exchange is None or converted is None:
        return rows
    rows[0] += ["arrives_currency", "arrives", "provider", "residue_nano"]
    told = (run.payments.arriving(), run.settled.at_s, *converted)
    for row, (target, settled, provider, minor, nano) in zip(
        rows[1:], zip(*(one.tolist() for one in told), strict=True), strict=True
    ):
        code = exchange.currencies[target] if target >= 0 else currency
        if settled < 0 or target < 0:
            row += [code, row[4] if settled >= 0 else "", "", ""]
        else:
            row += [code, minor_text(minor, CURRENCIES[code].exponent), banks[provider], str(nano)]
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
    return Axis("time", lambda seconds: _time(seconds)[:5], even=True)


def _money_axis(run: Run, name: str) -> Axis:
    unit = 10**run.scenario.exponent
    return Axis(f"{name}, {run.scenario.currency}", lambda minor: f"{minor / unit:,.0f}")


def _positions_picture(run: Run) -> str:
    moved, sent = np.zeros(len(run.scenario.banks), np.int64), run.payments if run.debts is None else run.debts.payments
    for banks in (sent.payers, sent.payees):
        np.add.at(moved, banks, sent.minor)
    largest = np.argsort(-moved, kind="stable")[:_DRAWN].tolist()
    lines = [Line(run.scenario.banks[bank], _points(run.course.at_s, run.course.positions[:, bank])) for bank in largest]
    title = f"{run.scenario.title}: positions through the day"
    return line_plot(title, _clock_axis(), _money_axis(run, "balance"), lines, stairs=True)


def _network_picture(run: Run) -> str:
    banks, payments, at_s = len(run.scenario.banks), run.payments, run.settled.at_s
    if run.debts is not None:
        payments, at_s = run.debts.payments, run.debts.settled.at_s
    owed, sums = by_pair(payments, banks, np.ones(len(payments), np.bool_))
    done = dict(zip(*(column.tolist() for column in by_pair(payments, banks, at_s >= 0)), strict=True))
    links = [
        Link(pair // banks, pair % banks, minor, done.get(pair, 0))
        for pair, minor in zip(owed.tolist(), sums.tolist(), strict=True)
    ]
    title = f"{run.scenario.title}: who owes whom"
    return network_plot(title, run.scenario.banks, links, frozenset(one.bank for one in run.scenario.defaults))


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

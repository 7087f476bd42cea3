"""The page of the simulator: a small day that is played beside the hub and touches nothing of it, what it came to, and two of them side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from starlette.responses import Response, StreamingResponse

from fondaco.access import Right
from fondaco.console.deeds import key_of, noted
from fondaco.console.simulating import BOUNDS, KEPT_MAX, SCENARIOS, Simulated, Told, Wanted, read_wanted
from fondaco.console.visit import SECURITY, Shown, Visit
from fondaco.core import CURRENCIES, minor_of, utc_text

Kind = Literal["count", "amount", "share"]


def _(text: str) -> str:
    """Marks a text for the catalogs; it is translated where it is shown."""
    return text


# What the form asks, by the field's name.
FIELDS: Mapping[str, str] = {
    "seed": _("Seed of chance"),
    "banks": _("Banks"),
    "payments": _("Payments"),
    "balance": _("Money of each bank, in percent of what it pays"),
    "cap": _("Net debit cap of a cycle, in percent of what each pays"),
    "urgent": _("Urgent payments of a hundred"),
}
# What is shown of a run's measures, in this order.
MEASURES: tuple[tuple[str, str, Kind], ...] = (
    ("payments", _("Payments"), "count"),
    ("payments_settled", _("Payments settled"), "count"),
    ("payments_unsettled", _("Payments not settled"), "count"),
    ("value", _("Value"), "amount"),
    ("settled", _("Value settled"), "amount"),
    ("unsettled", _("Value not settled"), "amount"),
    ("settled_permille", _("Share of the value that settled"), "share"),
    ("liquidity", _("Liquidity used"), "amount"),
    ("least", _("The least that would settle all (bound)"), "amount"),
    ("turnover_permille", _("Value settled, to the liquidity used"), "share"),
    ("delay_permille", _("Delay, weighed by value"), "share"),
    ("queue_peak_payments", _("Most payments that waited"), "count"),
    ("queue_peak", _("Most value that waited"), "amount"),
    ("bilateral_saved_permille", _("Netting between two would save"), "share"),
    ("netting_saved_permille", _("Netting among all would save"), "share"),
)
# The pictures that a run may have made: the file, what it shows, and its height on a width of 760.
PICTURES: tuple[tuple[str, str, int], ...] = (
    ("positions.svg", _("What the largest banks had during the day"), 430),
    ("queue.svg", _("What waited during the day"), 430),
    ("network.svg", _("Who owes whom"), 640),
    ("frontier.svg", _("Liquidity against delay"), 430),
)


class Measure(msgspec.Struct, frozen=True):
    """One measure of runs, a value for each: counts, whole minor units, or thousandths."""

    title: str
    kind: Kind
    values: list[int]


def measured(runs: Sequence[Told]) -> list[Measure]:
    """The measures of runs side by side. Pure."""
    columns = [_values(one) for one in runs]
    return [Measure(title, kind, [column[name] for column in columns]) for name, title, kind in MEASURES]


def _values(told: Told) -> dict[str, int]:
    found = {name: _whole(told, value) for name, value in told.measures.items()}
    found["payments_unsettled"] = found["payments"] - found["payments_settled"]
    found["unsettled"] = found["value"] - found["settled"]
    return found


def _whole(told: Told, value: str | int) -> int:
    return value if isinstance(value, int) else minor_of(value, CURRENCIES[told.currency].exponent)


def shown(run: Simulated) -> dict[str, Any]:
    """A run as its page shows it: rows with whole minor units and thousandths. Pure."""
    facts: dict[str, Any] = {"run": run, "scenarios": SCENARIOS, "fields": FIELDS}
    if run.told is None:
        return facts
    told = run.told

    def rows(found: Sequence[Mapping[str, str | int]], *amounts: str) -> list[dict[str, str | int]]:
        return [{name: _whole(told, value) if name in amounts else value for name, value in row.items()} for row in found]

    return facts | {
        "currency": told.currency,
        "measures": measured([told]),
        "frontier": rows(told.frontier, "liquidity", "queue_peak"),
        "exposures": rows(told.exposures, "cover_1", "cover_2"),
        "cascade": rows(told.cascade, "lost", "unpaid"),
        "pictures": [one for one in PICTURES if told.frontier or one[0] != "frontier.svg"],
    }


def _run(visit: Visit, said: str) -> Simulated:
    """Raises `Shown` for what is no run that is kept."""
    run = visit.house.simulating.found(int(said)) if said.isascii() and said.isdecimal() and len(said) < 10 else None
    if run is None:
        raise Shown(404)
    return run


async def page(visit: Visit) -> Response:
    return _form(visit, Wanted())


def _form(visit: Visit, wanted: Wanted, *, fault: str = "", status: int = 200) -> Response:
    said = {name: visit.said(name, 20) or str(getattr(wanted, name)) for name in ("scenario", *BOUNDS)}
    return visit.page(
        "simulator.html", status=status, said=said, fault=fault, scenarios=SCENARIOS, fields=FIELDS, bounds=BOUNDS,
        runs=visit.house.simulating.all(), kept=KEPT_MAX, within=int(visit.house.simulating.within_s),
    )  # fmt: skip


async def begin(visit: Visit) -> Response:
    """Begin a run. The same form again leads to the run that it began."""
    simulating, caller, key = visit.house.simulating, visit.caller, key_of(visit)
    assert caller is not None
    try:
        wanted = read_wanted(visit.fields)
    except KeyError as fault:
        raise Shown(400) from fault
    if isinstance(wanted, str):
        return _form(visit, Wanted(), fault=wanted, status=400)
    run = simulating.begun_under(key)
    if run is not None:
        if (run.who, run.wanted) != (caller.name, wanted):
            raise Shown(400)
        return visit.to(f"/simulator/{run.number}")
    run = simulating.begin(wanted, caller.name, key, visit.house.clock.now())
    if run is None:
        return _form(visit, wanted, fault="busy", status=409)
    noted(visit, Right.SIMULATION_RUN, f"simulation {run.number}")
    return visit.to(f"/simulator/{run.number}")


async def one(visit: Visit) -> Response:
    run = _run(visit, visit.request.path_params["run"])
    live = f"/simulator/{run.number}/live" if run.state == "running" else ""
    return visit.page("simulator_run.html", **shown(run) | {"live": live})


async def live(visit: Visit) -> Response:
    """A run until it has ended and what it came to, while the session lasts. Everybody who may look sees the same."""
    house, caller = visit.house, visit.caller
    assert caller is not None
    if house.live.full:
        raise Shown(503)
    number, language, session = _run(visit, visit.request.path_params["run"]).number, visit.language, visit.session

    async def make() -> str:
        facts = shown(_run(visit, str(number))) | {"base": visit.frame()["base"]}
        return house.pages.render("simulator_facts.html", language, facts)

    def allowed() -> bool:
        return (
            house.simulating.found(number) is not None and house.access.sessions.recognise(session, house.clock.now()) == caller
        )

    key = ("simulator", number, language)
    return StreamingResponse(house.live.watch(key, make, allowed), media_type="text/event-stream", headers=SECURITY)


async def picture(visit: Visit) -> Response:
    """A picture that the run made. Its names are known beforehand: no name of the path comes near the disk."""
    run = _run(visit, visit.request.path_params["run"])
    name = next((name for name, _, _ in PICTURES if name == visit.request.path_params["picture"]), None)
    if name is None or run.state != "done":
        raise Shown(404)
    try:
        drawn = await asyncio.to_thread((run.folder / name).read_bytes)
    except OSError as fault:
        raise Shown(404) from fault
    return Response(drawn, media_type="image/svg+xml", headers=SECURITY)


async def result(visit: Visit) -> Response:
    """What the run came to, to be kept: who asked for what, and the document of `fondaco simulate --json`."""
    run = _run(visit, visit.request.path_params["run"])
    if run.state != "done":
        raise Shown(404)
    told = {
        "run": run.number,
        "by": run.who,
        "at": utc_text(run.at),
        "simulated": True,
        "wanted": run.wanted,
        "result": msgspec.Raw(run.result),
    }
    kept = {"Content-Disposition": f'attachment; filename="simulation-{run.number}.json"'}
    body = msgspec.json.format(msgspec.json.encode(told), indent=1)
    return Response(body, media_type="application/json", headers=SECURITY | kept)


async def compare(visit: Visit) -> Response:
    """Two runs side by side; without two of them the form alone."""
    done = [run for run in visit.house.simulating.all() if run.told is not None]
    said = [visit.asked(name, 9) for name in ("one", "other")]
    pair = [_run(visit, number) for number in said] if all(said) else []
    told = [run.told for run in pair if run.told is not None]
    if len(told) != len(pair):
        raise Shown(404)
    return visit.page(
        "simulator_comparison.html", runs=done, said=said, pair=pair, measures=measured(told) if told else [],
        currency=told[0].currency if told else "", scenarios=SCENARIOS, fields=FIELDS,
        pictures=[one for one in PICTURES if all(run.frontier for run in told) or one[0] != "frontier.svg"],
    )  # fmt: skip

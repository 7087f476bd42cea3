"""The minutes of a default, rehearsed or declared: who failed, what is missing, who bears it with which money, and what leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fondaco.core import CURRENCIES, amount_text
from fondaco.settlement import Default, Drill, Short, Waterfall


def minutes(drill: Drill) -> str:
    """What would have happened, who would have borne what, by which article, and from which state of the hub it was told."""
    return "\n".join(_of_drill(drill)) + "\n"


def default_minutes(one: Default) -> str:
    """What happened of a declared default so far: step by step, and how it fell when it was counted last."""
    return "\n".join(_of_default(one)) + "\n"


def _of_drill(drill: Drill) -> Iterator[str]:
    yield f"# Default drill: {drill.bic}, business day {drill.day}"
    yield ""
    yield "A dry run: nothing was booked, decided or sent."
    yield ""
    yield from _state(drill)
    yield from _counted(drill)
    yield "## Messages that would go"
    yield ""
    yield from (f"- {one.kind} to {one.recipient}" for one in drill.notices)


def _of_default(one: Default) -> Iterator[str]:
    yield f"# Default {one.number}: {one.bic}, business day {one.day}"
    yield ""
    loss, unmet, figures = one.seen.split(" ")
    yield f"{one.state.name}. Declared by motion {one.motion}, which names the dry run of figures `{figures}` (loss {loss}, unmet {unmet} minor units)."
    if one.without:
        yield f"Settlement agents that refused or were silent: those of {' '.join(one.without)}."
    yield ""
    yield "## Steps"
    yield ""
    yield from (f"- {at} {event}: {facts}" for event, at, facts in one.steps)
    yield ""
    if one.told is None:
        yield f"Fails: {' '.join(one.failing)}. Cycles at risk: {_numbers(one.cycles)}. Nothing is counted yet."
        return
    yield from _state(one.told)
    yield from _counted(one.told)


def _state(drill: Drill) -> Iterator[str]:
    yield f"Told from the hub as it stood after batch {drill.batch} ({drill.at}), whose link is `{drill.head}`; figures `{drill.figures()}`."
    yield f"Fails: {' '.join(drill.failing)}. Cycles at risk: {_numbers(drill.cycles)}."
    yield f"Final, and touched by nothing here: cycles {_numbers(drill.settled)}, and every payment that is settled."
    yield ""


def _counted(drill: Drill) -> Iterator[str]:
    home = drill.home
    yield "## What is missing"
    yield ""
    yield from _missing(drill.short, home)
    yield f"{'' if not drill.short else chr(10)}Loss: {amount_text(drill.fall.loss, home)}."
    yield ""
    yield "## Who bears it"
    yield ""
    yield from _borne(drill.fall, home)
    yield f"Survivors bear by `{drill.formula}`."
    for tranche, units in drill.fall.odd:
        yield f"Of {tranche}, {units} minor units did not divide: one each to the largest remainders."
    yield ""
    if drill.dropped:
        yield "## What leaves"
        yield ""
        pairs = ", ".join(f"{bic} in {currency}" for bic, currency in drill.dropped)
        yield (
            f"Nobody bears in part: nothing is paid for {pairs}, and {len(drill.leaving)} payments that are not final leave their cycles, with all "
            "their legs (article 9.2). What is left falls so:"
        )
        yield ""
        yield from (f"- payment {number}, {uetr}" for number, uetr in drill.leaving)
        yield ""
        yield from _borne(drill.paid, home)
        yield ""
    if drill.takings:
        yield "## With which money"
        yield ""
        yield "| tranche | who | gives | for | pays | more than it bears |"
        yield "| --- | --- | ---: | --- | ---: | ---: |"
        for one in drill.takings:
            gives = amount_text(one.units, one.asset) if one.asset in CURRENCIES else f"{one.units} {one.asset}"
            place = "lodged" if one.lodged else "prefunded"
            yield (
                f"| {one.tranche} | {one.bic} | {gives} ({place}) | {one.towards} | {amount_text(one.minor, one.currency)} "
                f"| {amount_text(one.over, home)} |"
            )
        yield ""
    yield "## Articles"
    yield ""
    yield from (f"- {number} `{key}`: {value}" for key, number, value in drill.articles)
    yield ""


def _missing(short: Iterable[Short], home: str) -> Iterator[str]:
    rows = list(short)
    if rows:
        yield f"| who | currency | owes | own money pays | missing | in {home} | rounded up by |"
        yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for one in rows:
        cells = (amount_text(minor, one.currency) for minor in (one.owed, one.paid, one.owed - one.paid))
        residue = f"{one.residue_nano} x 10^-9 minor units"
        yield f"| {one.bic} | {one.currency} | {' | '.join(cells)} | {amount_text(one.home, home)} | {residue} |"


def _borne(fall: Waterfall, home: str) -> Iterator[str]:
    yield f"| order | tranche | who | has | bears ({home}) |"
    yield "| ---: | --- | --- | ---: | ---: |"
    order = {name: at for at, name in enumerate(dict.fromkeys(one.tranche for one in fall.borne), 1)}
    for row in fall.borne:
        if row.size or row.minor:
            yield (
                f"| {order[row.tranche]} | {row.tranche} | {row.bic} | {amount_text(row.size, home)} | {amount_text(row.minor, home)} |"
            )
    borne = sum(row.minor for row in fall.borne)
    yield f"\nBorne {amount_text(borne, home)} and unmet {amount_text(fall.unmet, home)}: together the loss, to the unit."


def _numbers(numbers: Iterable[int]) -> str:
    return " ".join(map(str, numbers)) or "none"

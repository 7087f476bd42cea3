"""The minutes of a default drill: one Markdown text for whoever must say that the rules can be carried out."""

from __future__ import annotations

from collections.abc import Iterator

from fondaco.core import amount_text
from fondaco.settlement import Drill


def minutes(drill: Drill) -> str:
    """What would have happened, who would have borne what, by which article, and from which state of the hub it was told."""
    return "\n".join(_lines(drill)) + "\n"


def _lines(drill: Drill) -> Iterator[str]:
    home, fall = drill.home, drill.fall
    yield f"# Default drill: {drill.bic}, business day {drill.day}"
    yield ""
    yield "A dry run: nothing was booked, decided or sent."
    yield ""
    yield f"Told from the hub as it stood after batch {drill.batch} ({drill.at}), whose link is `{drill.head}`."
    yield f"Fails: {' '.join(drill.failing)}. Cycles at risk: {_numbers(drill.cycles)}."
    yield f"Final, and touched by nothing here: cycles {_numbers(drill.settled)}, and every payment that is settled."
    yield ""
    yield "## What is missing"
    yield ""
    if drill.short:
        yield f"| who | currency | owes | own money pays | missing | in {home} | rounded up by |"
        yield "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
    for one in drill.short:
        cells = (amount_text(minor, one.currency) for minor in (one.owed, one.paid, one.owed - one.paid))
        residue = f"{one.residue_nano} x 10^-9 minor units"
        yield f"| {one.bic} | {one.currency} | {' | '.join(cells)} | {amount_text(one.home, home)} | {residue} |"
    yield f"{'' if not drill.short else chr(10)}Loss: {amount_text(fall.loss, home)}."
    yield ""
    yield "## Who bears it"
    yield ""
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
    yield f"Survivors bear by `{drill.formula}`."
    for tranche, units in fall.odd:
        yield f"Of {tranche}, {units} minor units did not divide: one each to the largest remainders."
    yield ""
    if fall.unmet:
        yield "## What would leave"
        yield ""
        yield f"A rest is unmet: {len(drill.leaving)} payments that are not final would leave their cycles, with all their legs (article 9.2)."
        yield ""
        yield from (f"- payment {number}, {uetr}" for number, uetr in drill.leaving)
        yield ""
    yield "## Articles"
    yield ""
    yield from (f"- {number} `{key}`: {value}" for key, number, value in drill.articles)
    yield ""
    yield "## Messages that would go"
    yield ""
    yield from (f"- {one.kind} to {one.recipient}" for one in drill.notices)


def _numbers(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers)) or "none"

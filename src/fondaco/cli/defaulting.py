"""Defaults at the command line: rehearsed, with minutes and messages in files; declared by two operators; shown as they stand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fondaco.cli.terminal import HERE, Folder, Json, Refused, console, default_app, opened_hub, show, vote_for
from fondaco.core import CURRENCIES, Reason, Refusal, amount_text, bic8, minor_text
from fondaco.hub import drill as drilled
from fondaco.hub import seen_text
from fondaco.reporting import default_minutes, minutes
from fondaco.rulebook import DECLARE, Deed
from fondaco.settlement import Default, Drill, Waterfall


@default_app.command
def drill(bic: str, *, cycle: int = 0, output: Path | None = None, hub: Folder = HERE, json: Json = False) -> None:
    """What the rulebook's articles would do if BIC failed now, with its affiliates: in every cycle at risk, or in --cycle alone. A dry run: the
    books and the journal stay as they are. --output writes the minutes and the messages that would go into a new folder."""
    with opened_hub(hub) as opened:
        if opened.desk.rules is None:
            raise Refused("no business day was opened yet: `fondaco day open` opens one")
        found = drilled(opened.desk, opened.books, opened.journal, opened.collateral, bic, cycle)
    if isinstance(found, Refusal):
        raise Refused(found.sentence())
    if output is not None:
        _write(found, output)
    show(json, {"dry_run": True, "seen": seen_text(found), **_document(found)}, lambda: _print(found, output))


@default_app.command
def declare(bic: str, *, seen: str, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False) -> None:
    """Declare that BIC has failed, with its affiliates. --seen are the figures of the dry run that this is decided from, as `drill` tells them:
    where they are not those of now, nothing is declared and the difference is shown. The second operator's vote for the same makes it so, at once."""
    vote_for(Deed(DECLARE, bic8(bic), seen), officer, key, note, hub, json)


@default_app.command(name="list")
def list_(*, hub: Folder = HERE, json: Json = False) -> None:
    """Every declared default, and where it stands."""
    with opened_hub(hub) as opened:
        rows = [
            {"default": number, "state": one.state.name, "failing": one.failing, "day": one.day, "cycles": one.cycles}
            for number, one in sorted(opened.desk.defaults.items())
        ]

    def text() -> None:
        for row in rows:
            console.print(f"{row['default']}  {row['state']}  {' '.join(row['failing'])}  {row['day']}", highlight=False)  # type: ignore[arg-type]
        if not rows:
            console.print("no defaults")

    show(json, rows, text)


@default_app.command(name="show")
def show_(number: int, *, hub: Folder = HERE, json: Json = False) -> None:
    """The minutes of default NUMBER: its steps, who bore what with which money, and what left its cycles."""
    with opened_hub(hub) as opened:
        found = opened.desk.defaults.get(number)
    if found is None:
        raise Refused(Refusal(Reason.NOT_FOUND, "default", str(number), "16.1").sentence())
    show(json, _declared(found), lambda: console.print(default_minutes(found), markup=False, highlight=False, end=""))


def _declared(one: Default) -> dict[str, Any]:
    steps = [{"event": event, "at": at, "facts": facts} for event, at, facts in one.steps]
    head = {
        "dry_run": False,
        "default": one.number,
        "state": one.state.name,
        "motion": one.motion,
        "seen": one.seen,
        "steps": steps,
    }
    told = _document(one.told) if one.told is not None else {"day": one.day, "failing": one.failing, "cycles": one.cycles}
    return head | told


def _write(found: Drill, folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError as fault:
        raise Refused(f"{folder} is there already: every drill has a folder of its own") from fault
    (folder / "minutes.md").write_text(minutes(found))
    for at, one in enumerate(found.notices, 1):
        (folder / f"{at:04d}-{one.recipient}-{one.kind}.xml").write_text(one.raw)


def _document(found: Drill) -> dict[str, Any]:
    exponent = CURRENCIES[found.home].exponent
    return {
        "day": found.day,
        "batch": found.batch,
        "head": found.head,
        "figures": found.figures(),
        "failing": list(found.failing),
        "cycles": list(found.cycles),
        "settled_cycles_untouched": list(found.settled),
        "currency": found.home,
        "short": [
            {
                "who": one.bic,
                "currency": one.currency,
                "owed": minor_text(one.owed, CURRENCIES[one.currency].exponent),
                "paid": minor_text(one.paid, CURRENCIES[one.currency].exponent),
                "missing": minor_text(one.home, exponent),
                "rounded_up_by_nano": one.residue_nano,
            }
            for one in found.short
        ],
        "loss": minor_text(found.fall.loss, exponent),
        "borne": _rows(found.fall, exponent),
        "unmet": minor_text(found.fall.unmet, exponent),
        "odd_units": [{"tranche": tranche, "units": units} for tranche, units in found.fall.odd],
        "formula": found.formula,
        "leaving": [uetr for _, uetr in found.leaving],
        "dropped": [{"who": bic, "currency": currency} for bic, currency in found.dropped],
        "paid": _rows(found.paid, exponent),
        "takings": [
            {
                "tranche": one.tranche,
                "who": one.bic,
                "from": "lodged" if one.lodged else "prefunded",
                "asset": one.asset,
                "gives": minor_text(one.units, CURRENCIES[one.asset].exponent) if one.asset in CURRENCIES else str(one.units),
                "for": one.towards,
                "currency": one.currency,
                "pays": minor_text(one.minor, CURRENCIES[one.currency].exponent),
                "over": minor_text(one.over, exponent),
            }
            for one in found.takings
        ],
        "messages": [{"to": one.recipient, "kind": one.kind} for one in found.notices],
    }


def _rows(fall: Waterfall, exponent: int) -> list[dict[str, str]]:
    return [
        {"tranche": one.tranche, "who": one.bic, "has": minor_text(one.size, exponent), "bears": minor_text(one.minor, exponent)}
        for one in fall.borne
    ]


def _print(found: Drill, output: Path | None) -> None:
    home, fall = found.home, found.fall
    console.print(
        f"dry run: if {' '.join(found.failing)} failed; cycles {' '.join(map(str, found.cycles)) or '-'}; nothing is changed"
    )
    for one in found.short:
        console.print(
            f"  {one.bic} owes {amount_text(one.owed, one.currency)}, pays {amount_text(one.paid, one.currency)}; "
            f"missing {amount_text(one.home, home)}",
            highlight=False,
        )
    console.print(f"loss {amount_text(fall.loss, home)}", highlight=False)
    for row in fall.borne:
        if row.minor:
            console.print(f"  {row.tranche}: {row.bic} bears {amount_text(row.minor, home)}", highlight=False)
    console.print(f"unmet {amount_text(fall.unmet, home)}; {len(found.leaving)} payments would leave", highlight=False)
    console.print(f"{len(found.notices)} messages would go" + (f"; minutes and messages in {output}" if output else ""))
    console.print(f'`fondaco default declare {found.bic} --seen "{seen_text(found)}"` declares it', markup=False, highlight=False)

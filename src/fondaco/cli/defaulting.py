"""The default drill at the command line: who would bear what, with minutes and messages in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fondaco.cli.terminal import HERE, Folder, Json, Refused, console, default_app, opened_hub, show
from fondaco.core import CURRENCIES, Refusal, amount_text, minor_text
from fondaco.hub import drill as drilled
from fondaco.reporting import minutes
from fondaco.settlement import Drill


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
    show(json, _document(found), lambda: _print(found, output))


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
        "dry_run": True,
        "day": found.day,
        "batch": found.batch,
        "head": found.head,
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
        "borne": [
            {
                "tranche": one.tranche,
                "who": one.bic,
                "has": minor_text(one.size, exponent),
                "bears": minor_text(one.minor, exponent),
            }
            for one in found.fall.borne
        ],
        "unmet": minor_text(found.fall.unmet, exponent),
        "odd_units": [{"tranche": tranche, "units": units} for tranche, units in found.fall.odd],
        "formula": found.formula,
        "leaving": [uetr for _, uetr in found.leaving],
        "messages": [{"to": one.recipient, "kind": one.kind} for one in found.notices],
    }


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

"""What the union would be short of: cover 1 and cover 2."""

from __future__ import annotations

from typing import Any

from fondaco.clearing import Cover
from fondaco.cli.terminal import HERE, Folder, Json, Refused, app, console, opened_hub, show
from fondaco.core import CURRENCIES, amount_text, minor_text
from fondaco.hub import ExposureReport, exposure_report


@app.command
def exposures(*, hub: Folder = HERE, json: Json = False) -> None:
    """What would be missing if the largest participant, or the two largest, failed now: in each currency, and over all (cover 1, cover 2)."""
    with opened_hub(hub) as opened:
        if opened.desk.rules is None:
            raise Refused("no business day was opened yet: `fondaco day open` opens the accounts")
        found = exposure_report(opened.desk, opened.books, opened.collateral)
    show(json, _document(found), lambda: _print(found))


def _cover(cover: Cover, currency: str) -> dict[str, Any]:
    exponent = CURRENCIES[currency].exponent
    return {
        "largest": [{"who": name, "missing": minor_text(minor, exponent)} for name, minor in cover.largest],
        "first": minor_text(cover.first, exponent),
        "both": minor_text(cover.both, exponent),
        "resources": minor_text(cover.resources, exponent),
        "lacking_1": minor_text(cover.missing_1, exponent),
        "lacking_2": minor_text(cover.missing_2, exponent),
    }


def _document(found: ExposureReport) -> dict[str, Any]:
    home = found.home
    return {
        "day": found.day,
        "cycles": list(found.cycles),
        "liquidity": [
            {"currency": one.currency, "now": _cover(one.now, one.currency), "at_most": _cover(one.at_most, one.currency)}
            for one in found.liquid
        ],
        "currency": home,
        "now": _cover(found.now, home) if found.now is not None else None,
        "at_most": _cover(found.at_most, home) if found.at_most is not None else None,
        "exposures": [
            {
                "who": one.family,
                **{k: minor_text(getattr(one, k), CURRENCIES[home].exponent) for k in ("owed", "own", "uncovered")},
            }
            for one in found.exposures
        ],
        "unknown": found.unknown,
    }


def _line(title: str, cover: Cover, currency: str) -> None:
    if not cover.both:
        console.print(
            f"{title}  nobody is short; there is {amount_text(cover.resources, currency)}", markup=False, highlight=False
        )
        return
    names = " and ".join(name for name, _ in cover.largest)
    console.print(
        f"{title}  cover 1: {amount_text(cover.first, currency)}, cover 2: {amount_text(cover.both, currency)} ({names}); "
        f"there is {amount_text(cover.resources, currency)}; lacking {amount_text(cover.missing_1, currency)} and "
        f"{amount_text(cover.missing_2, currency)}",
        markup=False,
        highlight=False,
    )


def _print(found: ExposureReport) -> None:
    console.print(f"business day {found.day}, cycles {' '.join(map(str, found.cycles)) or '-'}")
    for one in found.liquid:
        _line(f"{one.currency} now    ", one.now, one.currency)
        _line(f"{one.currency} at most", one.at_most, one.currency)
    if found.now is None or found.at_most is None:
        console.print(f"over all currencies: not known; {found.unknown}", markup=False, highlight=False)
        return
    _line("all now    ", found.now, found.home)
    _line("all at most", found.at_most, found.home)
    for row in found.exposures:
        if row.owed:
            parts = (f"{name} {amount_text(getattr(row, name), found.home)}" for name in ("owed", "own", "uncovered"))
            console.print(f"  {row.family}  {', '.join(parts)}")

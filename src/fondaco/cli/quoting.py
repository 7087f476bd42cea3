"""Firm quotes of FX providers at the command line: posted from a file, and what is in force."""

from __future__ import annotations

import csv
import uuid
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Misused,
    Refused,
    bring_into_force,
    clock,
    console,
    decide,
    opened_hub,
    quotes_app,
    show,
)
from fondaco.core import CURRENCIES, AmountFault, Instant, Refusal, minor_of, minor_text, utc_text
from fondaco.fx import Quote
from fondaco.hub import NotReady, PostQuotes
from fondaco.rulebook import PRICING_REFERENCE

_COLUMNS = ["source", "target", "rate", "capacity"]


@quotes_app.command
def post(provider: str, file: Path, *, hub: Folder = HERE, json: Json = False) -> None:
    """Post the firm quotes of PROVIDER (BIC), which replace all its earlier ones.

    FILE is CSV with the columns source, target, rate, capacity: currencies, units of target for one of source, and the most that is
    paid out, in units of target. They hold for as long as the rulebook says (article `quote_valid_s`).
    """
    rows = _read(file)
    with opened_hub(hub) as opened:
        bring_into_force(opened, hub)
        rules, now = opened.desk.in_force(), int(clock(opened).now())
        if rules.pricing == PRICING_REFERENCE:
            raise Refused("this union prices by reference rates, which `fondaco day open` takes up; it has no providers")
        strange = sorted({code for row in rows for code in row[:2]} - set(rules.currencies))
        if strange:
            raise Refused(f"{file}: {', '.join(strange)} is not a currency of this union ({', '.join(sorted(rules.currencies))})")
        until = now + rules.quote_valid_s * 1_000_000_000
        quotes = tuple(
            Quote(str(uuid.uuid4()), provider[:8], source, target, rate, (), now, until, capacity)
            for source, target, rate, capacity in rows
        )
        (result,) = decide(opened, [PostQuotes(provider, quotes)])
    if isinstance(result, Refusal):
        raise Refused(result.sentence())
    valid = utc_text(Instant(until))
    found = {"provider": provider[:8], "valid_until": valid, "quotes": [quote.quote_id for quote in quotes]}
    show(json, found, lambda: console.print(f"{len(quotes)} quotes of {provider[:8]} hold until {valid}"))


def _read(file: Path) -> list[tuple[str, str, Decimal, int]]:
    """Pairs with rate and capacity (whole minor units of target). Every mistake is told with its line."""
    try:
        with file.open(newline="") as lines:
            reader = csv.DictReader(lines)
            given = [(reader.line_num, row) for row in reader]
            columns = list(reader.fieldnames or ())
    except (OSError, UnicodeDecodeError) as fault:
        raise NotReady(f"{file}: {fault}") from fault
    if columns != _COLUMNS:
        raise Misused(f"{file}: its first line is {','.join(_COLUMNS)}")
    if not given:
        raise Misused(f"{file}: no quotes stand in it")
    found, faults = [], []
    for line, row in given:
        source, target = str(row["source"]), str(row["target"])
        try:
            if source == target or source not in CURRENCIES or target not in CURRENCIES:
                raise ValueError(f"{source}/{target} is no pair of currencies")
            rate = Decimal(row["rate"])
            if not rate.is_finite() or rate <= 0:
                raise ValueError(f"the rate {rate} is not above zero")
            found.append((source, target, rate, minor_of(row["capacity"] or "", CURRENCIES[target].exponent)))
        except InvalidOperation:
            faults.append(f"{file} line {line}: {row['rate']!r} is no rate")
        except (AmountFault, TypeError, ValueError) as fault:
            faults.append(f"{file} line {line}: {fault}")
    if faults:
        raise Misused("\n".join(faults))
    return found


@quotes_app.command(name="list")
def list_quotes(*, hub: Folder = HERE, json: Json = False) -> None:
    """The quotes in force: by whom, at which rate, until when, and how much of each is left."""
    with opened_hub(hub) as opened:
        now = clock(opened).now()
        rows: list[dict[str, Any]] = [
            {
                "quote": one.quote_id, "provider": one.provider, "source": one.source, "target": one.target, "rate": str(one.rate),
                "left": minor_text(one.capacity_minor, CURRENCIES[one.target].exponent), "valid_until": utc_text(Instant(one.valid_until)),
            }
            for one in opened.desk.quotes.state()
            if one.valid_from <= now < one.valid_until
        ]  # fmt: skip

    def text() -> None:
        for row in rows:
            console.print(
                f"{row['provider']}  {row['source']}/{row['target']}  {row['rate']:>15}  {row['left']:>24} {row['target']} left  "
                f"until {row['valid_until']}  {row['quote']}"
            )
        if not rows:
            console.print("no quote is in force: `fondaco quotes post PROVIDER FILE` posts some")

    show(json, rows, text)

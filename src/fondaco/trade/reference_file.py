"""Reference data of trade as an operator loads it: how its files are read, and when one may take the place of another."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from fondaco.core import CURRENCIES
from fondaco.trade.harmonised import HarmonisedSystem, read_harmonised
from fondaco.trade.price_reference import References, decimal_of, read_references
from fondaco.trade.reference_edition import HARMONISED, KINDS, PLACES, PRICES, RATES
from fondaco.trade.transport_code import Locations, read_locations

BYTES_MAX = 16 * 1024 * 1024
# Gates: a file that lost more than this share of its rows, or whose prices moved by more than this, is more likely torn or in other units than true.
SHRINK_PER_CENT_MAX = 20
MOVED_TIMES_MAX = 10
_TOLD_MAX = 5


class Rates(dict[str, Decimal]):
    """What one unit of a currency is worth, in a measure that all of them share."""

    def into(self, currency: str) -> dict[str, Decimal]:
        """How much of `currency` one unit of each is; nothing where it is not among them."""
        own = self.get(currency)
        return {code: worth / own for code, worth in self.items()} if own else {}


def read_rates(lines: Iterable[str]) -> Rates | list[str]:
    """A CSV file with columns `currency` and `worth`, or all of its mistakes, each with its line."""
    reader = csv.DictReader(lines, strict=True)
    found, mistakes = Rates(), []
    try:
        if tuple(reader.fieldnames or ()) != ("currency", "worth"):
            return ["line 1: the columns are currency,worth"]
        for row in reader:
            code, worth = row["currency"], decimal_of(row["worth"] or "")
            if code not in CURRENCIES or code in found:
                mistakes.append(f"line {reader.line_num}: {code!r} is unknown, or stands there twice")
            elif worth is None or worth <= 0:
                mistakes.append(f"line {reader.line_num}: {row['worth']!r} is no worth")
            else:
                found[code] = worth
    except csv.Error as fault:
        mistakes.append(f"line {reader.line_num}: {fault}")
    return mistakes or found


_READERS: dict[str, Any] = {PRICES: read_references, RATES: read_rates, HARMONISED: read_harmonised, PLACES: read_locations}
Content = References | Rates | HarmonisedSystem | Locations


def read_content(kind: str, raw: bytes) -> Content | list[str]:
    """What a file holds, or what is wrong with it: taken whole or not at all."""
    if kind not in _READERS:
        return [f"{kind!r} is none of {', '.join(KINDS)}"]
    if len(raw) > BYTES_MAX:
        return [f"{len(raw)} bytes, of at most {BYTES_MAX}"]
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        return [f"not UTF-8 at byte {fault.start}"]
    found: Content | list[str] = _READERS[kind](text.splitlines(keepends=True))
    if not isinstance(found, list) and not len(found):
        return ["it has no rows"]
    return found


def gate(before: Content | None, after: Content) -> list[str]:
    """Why a file should not take the place of the one in force without a person's word; nothing where it may."""
    if before is None:
        return []
    reasons = []
    if len(after) * 100 < len(before) * (100 - SHRINK_PER_CENT_MAX):
        reasons.append(f"{len(after)} rows, where {len(before)} are in force")
    if isinstance(before, References) and isinstance(after, References):
        reasons += _moved(before.medians(), after.medians())
    if isinstance(before, Rates) and isinstance(after, Rates):
        reasons += _moved({(code,): one for code, one in before.items()}, {(code,): one for code, one in after.items()})
    return reasons


def _moved(before: dict[tuple[str, ...], Decimal], after: dict[tuple[str, ...], Decimal]) -> list[str]:
    found = [
        f"{' '.join(filter(None, key))}: {after[key]}, where {before[key]} is in force"
        for key in sorted(before.keys() & after.keys())
        if not before[key] / MOVED_TIMES_MAX < after[key] < before[key] * MOVED_TIMES_MAX
    ]
    return found[:_TOLD_MAX] + ([f"and {len(found) - _TOLD_MAX} more"] if len(found) > _TOLD_MAX else [])

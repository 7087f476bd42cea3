"""When a period of the clearing union closes."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from fondaco.rulebook import MONTH, WEEK


def close_after(period: str, close_day: int, began: date) -> date:
    """The first day after `began` on which a period closes; where nothing opens on that day, the next business day does it.

    A month that is shorter than `close_day` closes on its last day. Periods of two months close in even months, as the Asian Clearing
    Union's do.
    """
    if period == WEEK:
        return began + timedelta(days=(close_day - began.weekday() - 1) % 7 + 1)
    year, month = began.year, began.month
    while True:  # ends: one of the next three months closes, and not before `began`
        day = date(year, month, min(close_day, monthrange(year, month)[1]))
        if day > began and (period == MONTH or month % 2 == 0):
            return day
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)

"""The words that trade uses for days, and the arithmetic of maturities (UCP 600 article 3)."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import NamedTuple

from fondaco.core import Reason, Refusal
from fondaco.trade.examination.words import Tenor

ARTICLE = "UCP600.3"
# "On or about": five days before until five days after, both ends included.
ABOUT_DAYS = 5
# Words that bind nobody to a day: they are disregarded.
DISREGARDED = ("prompt", "immediately", "as soon as possible")

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MONTH = r"(?P<year>\d{4})-(?P<month>\d{2})"
_PART = re.compile(rf"(?P<part>beginning|middle|end|first half|second half) of {_MONTH}")
_DAY = re.compile(r"(?P<word>on or about|on|from|after|before|to|until|till) (?P<day>\d{4}-\d{2}-\d{2})")
_BETWEEN = re.compile(r"between (?P<first>\d{4}-\d{2}-\d{2}) and (?P<last>\d{4}-\d{2}-\d{2})")


class Period(NamedTuple):
    """From `first` to `last`, both included; None is no bound on that side."""

    first: date | None
    last: date | None

    def holds(self, day: date) -> bool:
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


def shipment_period(text: str) -> Period | Refusal:
    """The days that words allow for a shipment, such as `on or about 2027-03-15` or `end of 2027-03`.

    For shipment "from", "to", "until", "till" and "between" include the day they name, "before" and "after" exclude it. Words that are
    disregarded allow every day.
    """
    words = " ".join(text.lower().split())
    if words in DISREGARDED:
        return Period(None, None)
    try:
        return _period(words)
    except ValueError:
        return Refusal(Reason.CODE_UNKNOWN, "period", text, ARTICLE)


def _period(words: str) -> Period:
    if between := _BETWEEN.fullmatch(words):
        return Period(date.fromisoformat(between["first"]), date.fromisoformat(between["last"]))
    if part := _PART.fullmatch(words):
        year, month = int(part["year"]), int(part["month"])
        length = calendar.monthrange(year, month)[1] if 1 <= month <= 12 else 0
        first, last = {
            "first half": (1, 15),
            "second half": (16, length),
            "beginning": (1, 10),
            "middle": (11, 20),
            "end": (21, length),
        }[part["part"]]
        return Period(date(year, month, first), date(year, month, last))
    named = _DAY.fullmatch(words)
    if named is None:
        raise ValueError(words)
    day, one = date.fromisoformat(named["day"]), timedelta(days=1)
    about = timedelta(days=ABOUT_DAYS)
    return {
        "on or about": Period(day - about, day + about),
        "on": Period(day, day),
        "from": Period(day, None),
        "after": Period(day + one, None),
        "before": Period(None, day - one),
        "to": Period(None, day),
        "until": Period(None, day),
        "till": Period(None, day),
    }[named["word"]]


# No trade is paid later than this after its day; a tenor beyond it is a slip of the pen.
TENOR_DAYS_MAX = 3_660
AT_SIGHT = "SIGHT"
FIXED = "FIXED"


def tenor_fault(tenor: Tenor) -> str:
    """What is wrong with a tenor, "" for nothing: a fixed day is a day, one counted from another day has days, at sight has neither."""
    if tenor.event == FIXED:
        return "" if _DATE.fullmatch(tenor.day) and not tenor.days else "a fixed tenor has a day and no number of days"
    if tenor.event == AT_SIGHT:
        return "" if not tenor.days and not tenor.day else "at sight there is neither a day nor a number of days"
    return "" if 0 < tenor.days <= TENOR_DAYS_MAX and not tenor.day else f"a tenor has 1 to {TENOR_DAYS_MAX} days"


def maturity(tenor: Tenor, starts_on: date) -> date | Refusal:
    """The day on which `tenor` falls due, counted from `starts_on`, the day of its event.

    "From" and "after" both exclude that day for a maturity: 30 days from 1 March is 31 March. Whether the day found is a banking day is the
    deadline's business.
    """
    fault = tenor_fault(tenor)
    if fault:
        return Refusal(Reason.MALFORMED, "tenor", fault, ARTICLE)
    if tenor.event == FIXED:
        try:
            return date.fromisoformat(tenor.day)
        except ValueError:
            return Refusal(Reason.MALFORMED, "tenor.day", tenor.day, ARTICLE)
    return starts_on + timedelta(days=tenor.days)

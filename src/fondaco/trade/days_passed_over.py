"""Which days a deadline passed over, and why: what a person needs to count it again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from fondaco.core import Calendar
from fondaco.trade.deadline import Deadline, Shift, Unit

# A deadline of so many days or more is not listed day by day.
_DAYS_MAX = 400


class PassedOver(NamedTuple):
    """A day that did not count, or on which the last day could not fall: its weekday or holiday, and the holiday's source ("" for a weekend)."""

    day: date
    name: str
    source: str


def days_passed_over(deadline: Deadline, calendar: Calendar) -> tuple[PassedOver, ...]:
    """Of banking days those between, on which the place does not work; of calendar days those over which the last one moved.

    `calendar` is that of the deadline's place. Days that it does not know are left out: the deadline itself was counted when they were known.
    """
    begins, due = date.fromisoformat(deadline.starts_on), date.fromisoformat(deadline.due_on)
    if deadline.unit is Unit.CALENDAR:
        first = begins + timedelta(days=deadline.count)
        days = (
            [] if deadline.shift is Shift.NONE else [first + timedelta(days=n) for n in range(min((due - first).days, _DAYS_MAX))]
        )
    else:
        days = [begins + timedelta(days=n) for n in range(1, min((due - begins).days, _DAYS_MAX))]
    return tuple(_named(day, calendar) for day in days if calendar.knows(day) and not calendar.is_business_day(day))


def _named(day: date, calendar: Calendar) -> PassedOver:
    holiday = calendar.holidays.get(day)
    return PassedOver(day, holiday.name, holiday.source) if holiday is not None else PassedOver(day, f"{day:%A}", "")

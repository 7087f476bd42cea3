"""Business days and cut-offs of one currency's settlement system, in its own local time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from fondaco.core.clock import NS_PER_SECOND, Instant, at

# No settlement system is closed for longer than this in a row; a calendar that says so is wrong.
CLOSED_DAYS_MAX = 30


@dataclass(frozen=True)
class Calendar:
    """When one currency can be settled.

    `opens` and `cut_off` are local wall-clock times of `zone`; daylight saving is the zone's. `weekend` holds weekday
    numbers, Monday is 0. `holidays` maps a closed day to the source that says so. `last_day` is the last day the
    calendar knows: beyond it, it refuses to answer rather than guess.
    """

    zone: str
    opens: time
    cut_off: time
    weekend: frozenset[int]
    last_day: date
    holidays: Mapping[date, str] = field(default_factory=dict)

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def local_date(self, instant: Instant) -> date:
        return datetime.fromtimestamp(int(instant) // NS_PER_SECOND, self.tz).date()

    def is_business_day(self, day: date) -> bool:
        """Whether the system opens on `day`. Raises `ValueError` beyond the calendar's last day."""
        if day > self.last_day:
            raise ValueError(f"the calendar of {self.zone} ends on {self.last_day}; {day} is beyond it")
        return day.weekday() not in self.weekend and day not in self.holidays

    def business_day_from(self, day: date) -> date:
        """The first business day that is not before `day`."""
        for ahead in range(CLOSED_DAYS_MAX):
            candidate = day + timedelta(days=ahead)
            if self.is_business_day(candidate):
                return candidate
        raise ValueError(f"no business day within {CLOSED_DAYS_MAX} days of {day} in {self.zone}")

    def business_day_after(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`, which itself does not count."""
        for _ in range(count):
            day = self.business_day_from(day + timedelta(days=1))
        return day

    def opening(self, day: date) -> Instant:
        return at(datetime.combine(day, self.opens, self.tz))

    def cut_off_at(self, day: date) -> Instant:
        """The first instant of `day` that is too late."""
        return at(datetime.combine(day, self.cut_off, self.tz))

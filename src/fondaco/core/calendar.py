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
# How the source of a holiday begins that is not fixed yet: kept by the moon, or not announced.
PROVISIONAL = "provisional:"


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which a settlement system is closed: its name, and the law or circular that closes it."""

    name: str
    source: str

    def __str__(self) -> str:
        return f"{self.name} ({self.source})"

    @property
    def provisional(self) -> bool:
        return self.source.startswith(PROVISIONAL)


@dataclass(frozen=True)
class Calendar:
    """When one currency can be settled.

    `opens` and `cut_off` are local wall-clock times of `zone`; daylight saving is the zone's. `weekend` holds weekday
    numbers, Monday is 0. The calendar knows the days from `first_day` to `last_day`, both included; about any other it
    refuses to answer rather than guess.

    A wall-clock time becomes an instant by one rule: the first instant at which the clock on the wall of that day shows the time
    or a later one. A time that the clock shows twice is its first showing (`fold=0` of PEP 495): nobody is let in after a cut-off that
    everybody has seen pass. A time that the clock skips is the instant of the jump, not an hour later as `fold=0` alone would
    have it: else in London a cut-off at 02:15 would come before an opening at 01:45. So opening and cut-off never change places,
    and cut-offs follow each other from day to day. Where opening and cut-off both are skipped, they are one instant: the
    system does not open on that day.
    """

    zone: str
    opens: time
    cut_off: time
    weekend: frozenset[int]
    last_day: date
    holidays: Mapping[date, Holiday] = field(default_factory=dict)
    first_day: date = date.min

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def local_date(self, instant: Instant) -> date:
        return datetime.fromtimestamp(int(instant) // NS_PER_SECOND, self.tz).date()

    def knows(self, day: date) -> bool:
        """Whether the calendar can answer for `day`."""
        return self.first_day <= day <= self.last_day

    def is_business_day(self, day: date) -> bool:
        """Whether the system opens on `day`. Raises `ValueError` for a day that the calendar does not know."""
        if day > self.last_day:
            raise ValueError(f"the calendar of {self.zone} ends on {self.last_day}; {day} is beyond it")
        if day < self.first_day:
            raise ValueError(f"the calendar of {self.zone} begins on {self.first_day}; {day} is before it")
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
        """The first instant of `day` at which payments are taken."""
        return self._first_showing(day, self.opens)

    def cut_off_at(self, day: date) -> Instant:
        """The first instant of `day` that is too late."""
        return self._first_showing(day, self.cut_off)

    def open_hours_after(self, instant: Instant, hours: int) -> Instant:
        """The instant at which so many hours of opening have passed since `instant`: nights, weekends and holidays do not count.

        Raises `ValueError` when that is beyond the days that the calendar knows.
        """
        left = hours * 3_600 * NS_PER_SECOND
        day, now = self.business_day_from(self.local_date(instant)), int(instant)
        while True:  # ends: each round is a business day, and the calendar has a last one
            begins, ends = max(now, int(self.opening(day))), int(self.cut_off_at(day))
            if begins < ends:
                if left <= ends - begins:
                    return Instant(begins + left)
                left -= ends - begins
            day = self.business_day_after(day, 1)

    def _first_showing(self, day: date, wall: time) -> Instant:
        moment = datetime.combine(day, wall, self.tz)
        other = moment.replace(fold=1)
        before, after = moment.utcoffset(), other.utcoffset()
        assert before is not None and after is not None
        if before >= after:
            return at(moment)
        # Skipped. Read by the offset of after the jump the time lies before it, read by that of before the jump it lies behind:
        # the jump is found between the two. Zones change at whole seconds.
        early, late = int(at(other)) // NS_PER_SECOND, int(at(moment)) // NS_PER_SECOND
        while late - early > 1:
            middle = (early + late) // 2
            if datetime.fromtimestamp(middle, self.tz).utcoffset() == before:
                early = middle
            else:
                late = middle
        return Instant(late * NS_PER_SECOND)

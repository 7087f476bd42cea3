"""Instants are whole nanoseconds since 1970-01-01T00:00:00Z; whoever decides is handed one."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import NewType, Protocol

Instant = NewType("Instant", int)

NS_PER_SECOND = 1_000_000_000
NS_PER_MS = 1_000_000
# A clock that jumps back further than this is not jitter: the hub stops rather than date entries wrongly.
STEP_BACK_MAX_NS = 2 * NS_PER_SECOND


class ClockWentBack(Exception):
    """The machine's clock stands before an instant already journalled. Set it right, then start again."""


class Clock(Protocol):
    def now(self) -> Instant: ...


class SystemClock:
    """The machine's clock, made strictly increasing.

    A step back of at most `STEP_BACK_MAX_NS` is ridden out by counting on from the last instant given; a greater one
    raises `ClockWentBack`, also against `not_before`, the last instant that the journal knows.
    """

    def __init__(self, not_before: Instant = Instant(0)) -> None:
        self._last = int(not_before)

    def now(self) -> Instant:
        instant = time.time_ns()
        if instant <= self._last:
            if self._last - instant > STEP_BACK_MAX_NS:
                raise ClockWentBack(
                    f"the clock says {utc_text(Instant(instant))}, but {utc_text(Instant(self._last))} is already journalled"
                )
            instant = self._last + 1
        self._last = instant
        return Instant(instant)


class ManualClock:
    """A clock that only moves when told to; for simulation, the demo's day and tests."""

    def __init__(self, start: Instant) -> None:
        self._now = int(start)

    def now(self) -> Instant:
        return Instant(self._now)

    def advance(self, ns: int) -> Instant:
        """Move on by `ns` nanoseconds, never back."""
        assert ns >= 0, "time does not run back"
        self._now += ns
        return Instant(self._now)

    def advance_to(self, instant: Instant) -> Instant:
        return self.advance(max(0, int(instant) - self._now))


def utc_text(instant: Instant) -> str:
    """ISO 8601 in UTC with three decimals and `Z` (CPMI harmonised requirement 4: common time convention)."""
    seconds, rest = divmod(int(instant), NS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // NS_PER_MS:03d}Z"


def instant_of(text: str) -> Instant:
    """Read an ISO 8601 date-time with any offset and up to nine decimals; without an offset it is taken as UTC.

    Raises `ValueError` when it is not one.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Instant(int(moment.replace(microsecond=0).timestamp()) * NS_PER_SECOND + moment.microsecond * 1000)


def at(moment: datetime) -> Instant:
    """The instant of an aware datetime, to the microsecond."""
    assert moment.tzinfo is not None, "a moment without a zone is not an instant"
    return Instant(int(moment.replace(microsecond=0).timestamp()) * NS_PER_SECOND + moment.microsecond * 1000)

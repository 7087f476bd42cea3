from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import Calendar, ClockWentBack, Holiday, Instant, ManualClock, SystemClock, at, instant_of, utc_text
from fondaco.core import clock as clock_module


def test_a_clock_that_jumps_far_back_stops_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    first = clock.now()
    monkeypatch.setattr(clock_module.time, "time_ns", lambda: int(first) - 10_000_000_000)
    with pytest.raises(ClockWentBack):
        clock.now()


def test_a_clock_that_jitters_back_counts_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock()
    first = clock.now()
    monkeypatch.setattr(clock_module.time, "time_ns", lambda: int(first) - 1_000)
    assert [clock.now() - first for _ in range(3)] == [1, 2, 3]


def test_a_clock_behind_the_journal_is_refused() -> None:
    with pytest.raises(ClockWentBack):
        SystemClock(not_before=Instant(2**62)).now()


def test_a_manual_clock_does_not_run_back() -> None:
    clock = ManualClock(Instant(10))
    assert clock.advance_to(Instant(5)) == 10
    with pytest.raises(AssertionError):
        clock.advance(-1)


@given(st.integers(0, 4_000_000_000_000))
def test_an_instant_survives_its_text_to_the_millisecond(ms: int) -> None:
    instant = Instant(ms * 1_000_000)
    assert instant_of(utc_text(instant)) == instant


@pytest.mark.parametrize(
    "text", ["2026-11-24T07:00:00+08:00", "2026-11-23T23:00:00Z", "2026-11-23T23:00:00.000", "2026-11-24T04:30:00+05:30"]
)
def test_offsets_are_the_same_instant(text: str) -> None:
    assert utc_text(instant_of(text)) == "2026-11-23T23:00:00.000Z"


CHILE = Calendar(
    "America/Santiago",
    time(9),
    time(14),
    frozenset({5, 6}),
    date(2026, 12, 31),
    {date(2026, 9, 18): Holiday("Independencia Nacional", "Ley 2.977")},
    date(2026, 1, 1),
)


def test_cut_off_is_local_and_follows_daylight_saving() -> None:
    assert CHILE.cut_off_at(date(2026, 7, 1)) == at(datetime(2026, 7, 1, 18, tzinfo=UTC))
    assert CHILE.cut_off_at(date(2026, 12, 1)) == at(datetime(2026, 12, 1, 17, tzinfo=UTC))


def test_weekends_and_holidays_are_closed_and_the_next_business_day_is_found() -> None:
    assert not CHILE.is_business_day(date(2026, 9, 18))
    assert not CHILE.is_business_day(date(2026, 9, 19))
    assert CHILE.business_day_from(date(2026, 9, 18)) == date(2026, 9, 21)


def test_a_calendar_refuses_to_guess_beyond_its_end() -> None:
    with pytest.raises(ValueError, match="ends on"):
        CHILE.is_business_day(date(2027, 1, 4))
    with pytest.raises(ValueError, match="begins on"):
        CHILE.is_business_day(date(2025, 12, 31))
    assert [CHILE.knows(date(year, 7, 1)) for year in (2025, 2026, 2027)] == [False, True, False]


def test_a_holiday_says_whether_it_is_fixed() -> None:
    assert not Holiday("Natal", "Lei 662/1949").provisional
    assert Holiday("Hari Raya Puasa", "provisional: Holidays Act 1998; kept by the moon").provisional

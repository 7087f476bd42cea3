"""Opening and cut-off on the days on which the clock on the wall jumps or falls back, in every zone there is."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fondaco.core import Calendar, Instant, at

ZONES = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
FIRST, LAST = date(2026, 1, 1), date(2030, 12, 31)
HOUR = 3_600_000_000_000


def calendar(zone: str, opens: time, cut_off: time) -> Calendar:
    return Calendar(zone, opens, cut_off, frozenset(), date(2031, 1, 31))


def utc(text: str) -> Instant:
    return at(datetime.fromisoformat(text).replace(tzinfo=UTC))


def first_showing(zone: str, day: date, wall: time) -> Instant:
    """The rule said over again, the slow way: look at the wall once a minute, from the day before on."""
    tz, wanted = zoneinfo.ZoneInfo(zone), datetime.combine(day, wall)
    moment = datetime.combine(day - timedelta(days=1), time(0), UTC)
    while moment.astimezone(tz).replace(tzinfo=None) < wanted:
        moment += timedelta(minutes=1)
    return at(moment)


def changes(zone: str) -> list[date]:
    """The days of 2026 to 2030 that do not last 24 hours there."""
    tz, day, found = zoneinfo.ZoneInfo(zone), FIRST, []
    while day <= LAST:
        following = day + timedelta(days=1)
        if datetime.combine(day, time(0), tz).utcoffset() != datetime.combine(following, time(0), tz).utcoffset():
            found.append(day)
        day = following
    return found


CHANGING = {zone: days for zone in ZONES if (days := changes(zone))}


# zone, day, hours of the day, a wall-clock time that the clock skips (gap) or shows twice, and the instant that is meant
DAYS_OF_CHANGE = [
    ("Europe/London", "2027-03-28", 23, "01:30", "2027-03-28T01:00"),
    ("Europe/London", "2027-10-31", 25, "01:30", "2027-10-31T00:30"),
    ("America/Santiago", "2027-09-05", 23, "00:30", "2027-09-05T04:00"),
    ("America/Santiago", "2027-04-03", 25, "23:30", "2027-04-04T02:30"),
    ("Africa/Cairo", "2027-04-30", 23, "00:15", "2027-04-29T22:00"),
    ("Africa/Cairo", "2027-10-28", 25, "23:45", "2027-10-28T20:45"),
    ("Australia/Sydney", "2027-10-03", 23, "02:30", "2027-10-02T16:00"),
    ("Australia/Sydney", "2027-04-04", 25, "02:30", "2027-04-03T15:30"),
]


@pytest.mark.parametrize(("zone", "text", "hours", "wall", "instant"), DAYS_OF_CHANGE)
def test_a_time_that_is_skipped_is_the_jump_and_one_shown_twice_its_first_showing(
    zone: str, text: str, hours: int, wall: str, instant: str
) -> None:
    day = date.fromisoformat(text)
    midnight = calendar(zone, time(0), time(23, 59))
    assert midnight.opening(day + timedelta(days=1)) - midnight.opening(day) == hours * HOUR
    assert calendar(zone, time(0), time.fromisoformat(wall)).cut_off_at(day) == utc(instant)
    assert calendar(zone, time.fromisoformat(wall), time(23, 59)).opening(day) == utc(instant)


@pytest.mark.parametrize(("zone", "text"), [(zone, text) for zone, text, *_ in DAYS_OF_CHANGE])
def test_an_ordinary_day_of_business_is_as_long_as_ever_on_a_day_of_change(zone: str, text: str) -> None:
    day = date.fromisoformat(text)
    for one in (day - timedelta(days=1), day, day + timedelta(days=1)):
        made = calendar(zone, time(9), time(17, 30))
        assert made.cut_off_at(one) - made.opening(one) == 17 * HOUR // 2


def test_a_day_that_begins_in_the_gap_and_ends_soon_after_still_begins_first() -> None:
    made = calendar("Europe/London", time(1, 45), time(2, 15))
    assert made.opening(date(2027, 3, 28)) == utc("2027-03-28T01:00")
    assert made.cut_off_at(date(2027, 3, 28)) == utc("2027-03-28T01:15")


def test_a_day_that_lies_in_the_gap_does_not_open() -> None:
    made = calendar("Europe/London", time(1, 15), time(1, 45))
    assert made.opening(date(2027, 3, 28)) == made.cut_off_at(date(2027, 3, 28))


WALLS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
NIGHT = st.builds(time, st.integers(0, 4), st.integers(0, 59))


def shown(zone: str, day: date, wall: time) -> bool:
    """Whether the clock shows this time on this day at all."""
    tz = zoneinfo.ZoneInfo(zone)
    return datetime.combine(day, wall, tz).astimezone(UTC).astimezone(tz).time() == wall


def keeps_the_law(zone: str, day: date, opens: time, cut_off: time) -> None:
    made = calendar(zone, opens, cut_off)
    begin, end = made.opening(day), made.cut_off_at(day)
    # A window has no length where the clock shows nothing of it: 02:00 to 03:00 on a night that has no such hour.
    nothing = not shown(zone, day, opens) and first_showing(zone, day, opens) == first_showing(zone, day, cut_off)
    assert begin < end or (begin == end and nothing)
    assert end < made.cut_off_at(day + timedelta(days=1))
    assert made.local_date(begin) == day and made.local_date(Instant(end - 1)) <= day


def test_a_window_that_the_clock_skips_whole_has_no_length() -> None:
    keeps_the_law("Africa/Ceuta", date(2026, 3, 29), time(2), time(3))
    made = calendar("Africa/Ceuta", time(2), time(3))
    assert made.opening(date(2026, 3, 29)) == made.cut_off_at(date(2026, 3, 29))


@given(st.sampled_from(ZONES), st.dates(FIRST, LAST), WALLS, WALLS)
def test_every_day_of_every_zone_begins_before_it_ends_and_ends_before_the_next(
    zone: str, day: date, opens: time, cut_off: time
) -> None:
    assume(opens < cut_off)
    keeps_the_law(zone, day, opens, cut_off)


@given(st.data(), st.sampled_from(sorted(CHANGING)), st.integers(-1, 0), NIGHT | WALLS, NIGHT | WALLS)
def test_so_does_every_day_of_change(data: st.DataObject, zone: str, off: int, opens: time, cut_off: time) -> None:
    assume(opens < cut_off)
    day = data.draw(st.sampled_from(CHANGING[zone])) + timedelta(days=off)
    keeps_the_law(zone, day, opens, cut_off)


@given(st.data(), st.sampled_from(sorted(CHANGING)), NIGHT | WALLS)
def test_the_rule_is_what_the_wall_shows(data: st.DataObject, zone: str, wall: time) -> None:
    day = data.draw(st.sampled_from(CHANGING[zone]))
    assert calendar(zone, wall, time(23, 59, 59)).opening(day) == first_showing(zone, day, wall)


def test_there_are_zones_that_change() -> None:
    assert {"Europe/London", "America/Santiago", "Africa/Cairo", "Australia/Sydney", "Australia/Lord_Howe"} <= set(CHANGING)
    assert not {"Asia/Jakarta", "Asia/Kuala_Lumpur", "Asia/Manila", "Asia/Singapore", "Asia/Bangkok"} & set(CHANGING)
    assert not {"Asia/Seoul", "America/Sao_Paulo", "Asia/Kolkata"} & set(CHANGING)

"""Deadlines of trade, against a second way to count: numpy's business days over the holidays of many countries."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import holidays
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import Calendar, Holiday, Instant, Reason, Refusal, at
from fondaco.trade import deadline
from fondaco.trade.date_words import Period, maturity, shipment_period
from fondaco.trade.deadline import BankingPlace, Deadline, Effect, Rule, Shift, State, Unit
from fondaco.trade.examination.words import Tenor

# Country, its bank's weekend (Monday is 0), its zone: Friday and Saturday, Friday alone, Saturday alone and Sunday alone are all there.
PLACES = [
    ("SG", (5, 6), "Asia/Singapore"), ("IN", (6,), "Asia/Kolkata"), ("BR", (5, 6), "America/Sao_Paulo"), ("GB", (5, 6), "Europe/London"),
    ("BD", (4, 5), "Asia/Dhaka"), ("EG", (4, 5), "Africa/Cairo"), ("SA", (4, 5), "Asia/Riyadh"), ("NP", (5,), "Asia/Kathmandu"),
    ("IR", (4,), "Asia/Tehran"), ("IL", (4, 5), "Asia/Jerusalem"), ("AE", (5, 6), "Asia/Dubai"), ("KR", (5, 6), "Asia/Seoul"),
    ("ID", (5, 6), "Asia/Jakarta"), ("MY", (5, 6), "Asia/Kuala_Lumpur"), ("TH", (5, 6), "Asia/Bangkok"), ("PH", (5, 6), "Asia/Manila"),
    ("VN", (5, 6), "Asia/Ho_Chi_Minh"), ("JP", (5, 6), "Asia/Tokyo"), ("HK", (6,), "Asia/Hong_Kong"), ("TR", (5, 6), "Europe/Istanbul"),
    ("ZA", (5, 6), "Africa/Johannesburg"), ("NG", (5, 6), "Africa/Lagos"), ("KE", (5, 6), "Africa/Nairobi"), ("MA", (5, 6), "Africa/Casablanca"),
    ("DE", (5, 6), "Europe/Berlin"), ("PL", (5, 6), "Europe/Warsaw"), ("MX", (5, 6), "America/Mexico_City"), ("CL", (5, 6), "America/Santiago"),
    ("AR", (5, 6), "America/Argentina/Buenos_Aires"), ("CO", (5, 6), "America/Bogota"), ("PE", (5, 6), "America/Lima"),
    ("US", (5, 6), "America/New_York"), ("CA", (5, 6), "America/Toronto"), ("AU", (5, 6), "Australia/Sydney"), ("NZ", (5, 6), "Pacific/Auckland"),
    ("KW", (4, 5), "Asia/Kuwait"), ("QA", (4, 5), "Asia/Qatar"), ("PK", (5, 6), "Asia/Karachi"), ("LK", (5, 6), "Asia/Colombo"),
    ("KZ", (5, 6), "Asia/Almaty"), ("UA", (5, 6), "Europe/Kyiv"),
]  # fmt: skip
YEARS = range(2024, 2030)
_made: dict[str, tuple[BankingPlace, np.busdaycalendar]] = {}


def place(code: str) -> tuple[BankingPlace, np.busdaycalendar]:
    """A country's place in our form, and the same days as numpy keeps them."""
    if code not in _made:
        _, weekend, zone = next(row for row in PLACES if row[0] == code)
        closed = holidays.country_holidays(code, years=YEARS)
        named = {day: Holiday(str(name), f"holidays {holidays.__version__}") for day, name in closed.items() if day.year in YEARS}
        ours = Calendar(
            zone=zone, opens=time(9), cut_off=time(15, 30), weekend=frozenset(weekend), first_day=date(2024, 1, 1),
            last_day=date(2029, 12, 31), holidays=named,
        )  # fmt: skip
        mask = [day not in weekend for day in range(7)]
        _made[code] = BankingPlace(code, "1", ours), np.busdaycalendar(weekmask=mask, holidays=sorted(named))
    return _made[code]


codes = st.sampled_from([row[0] for row in PLACES])
days = st.dates(date(2024, 1, 1), date(2029, 10, 1))


def simple(
    closed: tuple[str, ...] = (), zone: str = "Asia/Singapore", version: str = "1", **more: frozenset[date]
) -> BankingPlace:
    named = {date.fromisoformat(day): Holiday("a holiday", "written by us") for day in closed}
    calendar = Calendar(zone, time(9), time(15), frozenset({5, 6}), date(2027, 12, 31), named, date(2027, 1, 1))
    return BankingPlace("FNDCSGSG", version, calendar, **more)


def begun(rule: Rule, starts_on: str, where: BankingPlace, count: int | None = None) -> Deadline:
    found = deadline.begin("LC-000001/1", rule, "FNDCSGSG", date.fromisoformat(starts_on), where, count)
    assert isinstance(found, Deadline), found
    return found


@given(codes, days, st.integers(0, 40))
def test_banking_days_are_counted_as_numpy_counts_them(code: str, start: date, count: int) -> None:
    ours, theirs = place(code)
    rule = Rule("UCP600.14b", Unit.BANKING, count, Effect.PRECLUDED)
    expected = start
    if count:
        # The day itself does not count, whether it is a banking day or not.
        expected = np.busday_offset(start, count, roll="backward", busdaycal=theirs).astype(date)
    assert deadline.last_day(rule, start, ours) == expected


@given(codes, days, st.integers(0, 60))
def test_a_last_day_on_which_the_place_is_closed_moves_as_numpy_rolls_it(code: str, start: date, count: int) -> None:
    ours, theirs = place(code)
    nominal = start + timedelta(days=count)
    moved = deadline.last_day(deadline.EXPIRY, start, ours, count)
    assert moved == np.busday_offset(nominal, 0, roll="forward", busdaycal=theirs).astype(date)
    assert deadline.last_day(deadline.LATEST_SHIPMENT, start, ours, count) == nominal  # UCP 600 art. 29(c): never


def test_forty_one_countries_and_six_years_agree_on_every_day() -> None:
    for code, _, _ in PLACES:
        ours, theirs = place(code)
        start = np.arange("2024-01-01", "2029-12-01", dtype="datetime64[D]")
        fifth = np.busday_offset(start, 5, roll="backward", busdaycal=theirs)
        for first, expected in zip(start.astype(object)[::7], fifth.astype(object)[::7], strict=True):
            assert deadline.last_day(deadline.EXAMINE, first, ours) == expected, (code, first)


@given(codes, days)
def test_a_deadline_ends_when_the_banks_close_there_whatever_the_clocks_were_put_to(code: str, start: date) -> None:
    ours, _ = place(code)
    made = deadline.begin("X/1", deadline.GIVE_NOTICE, "FNDCSGSG", start, ours)
    assert isinstance(made, Deadline)
    local = datetime.fromtimestamp(made.due_at // 1_000_000_000, ours.calendar.tz)
    assert (local.date().isoformat(), local.time()) == (made.due_on, time(15, 30))
    assert deadline.counted_on(ours, Instant(made.due_at - 1), "x") == local.date()
    after = deadline.counted_on(ours, Instant(made.due_at), "x")
    assert isinstance(after, date)
    assert after > local.date()


def test_five_banking_days_over_the_change_of_clocks_in_london_end_at_the_same_local_time() -> None:
    ours, _ = place("GB")
    spring = begun(deadline.GIVE_NOTICE, "2027-03-25", ours)  # Good Friday lies between, and the night of 28 March
    assert spring.due_on == "2027-04-02"
    assert spring.due_at == int(at(datetime(2027, 4, 2, 14, 30, tzinfo=UTC)))
    autumn = begun(deadline.GIVE_NOTICE, "2027-10-28", ours)
    assert autumn.due_at == int(at(datetime(2027, 11, 4, 15, 30, tzinfo=UTC)))


def test_what_comes_at_the_close_counts_for_the_next_banking_day() -> None:
    where = simple(("2027-03-15",))
    close = int(where.calendar.cut_off_at(date(2027, 3, 12)))  # a Friday
    assert deadline.counted_on(where, Instant(close - 1), "x") == date(2027, 3, 12)
    assert deadline.counted_on(where, Instant(close), "x") == date(2027, 3, 16)
    assert deadline.counted_on(where, Instant(close + 1), "x") == date(2027, 3, 16)


def test_a_day_that_the_calendar_does_not_know_is_refused() -> None:
    where = simple()
    for rule, start in (
        (deadline.GIVE_NOTICE, "2027-12-29"),
        (deadline.LATEST_SHIPMENT, "2028-01-01"),
        (deadline.EXPIRY, "2028-01-01"),
    ):
        refused = deadline.begin("X/1", rule, "FNDCSGSG", date.fromisoformat(start), where)
        assert isinstance(refused, Refusal)
        assert (refused.reason, refused.where, refused.article) == (Reason.DAY_UNKNOWN, "FNDCSGSG", rule.name)
    late = deadline.counted_on(where, at(datetime(2028, 1, 3, tzinfo=UTC)), "now")
    assert isinstance(late, Refusal)
    assert late.reason is Reason.DAY_UNKNOWN


def test_a_place_that_nobody_keeps_is_refused() -> None:
    refused = deadline.place_of({}, "FNDCSGSG", "bank")
    assert refused == Refusal(Reason.NOT_FOUND, "bank", "FNDCSGSG", "UCP600.2")


def test_force_majeure_extends_no_expiry_and_is_not_counted_against_the_bank() -> None:
    strike = simple(interruptions=frozenset({date(2027, 3, 10), date(2027, 3, 11)}))  # a Wednesday and a Thursday
    assert begun(deadline.EXPIRY, "2027-03-10", strike).due_on == "2027-03-10"
    assert begun(deadline.GIVE_NOTICE, "2027-03-08", strike).due_on == "2027-03-17"
    assert begun(deadline.GIVE_NOTICE, "2027-03-08", simple()).due_on == "2027-03-15"


def test_a_system_that_was_down_on_the_last_day_moves_it() -> None:
    down = simple(outages=frozenset({date(2027, 3, 12)}))
    assert begun(deadline.EXPIRY, "2027-03-12", down).due_on == "2027-03-15"
    assert begun(deadline.GIVE_NOTICE, "2027-03-05", down).due_on == "2027-03-12"  # the bank's own days run on


def test_a_newer_calendar_moves_a_deadline_later_never_earlier() -> None:
    first = begun(deadline.GIVE_NOTICE, "2027-03-08", simple())
    later = deadline.counted_again(first, simple(("2027-03-09",), version="2"))
    assert (later.due_on, later.calendar_version) == ("2027-03-16", "2")
    back = deadline.counted_again(later, simple(version="3"))
    assert (back.due_on, back.calendar_version) == ("2027-03-16", "3")
    assert deadline.counted_again(first, simple(("2027-03-09",))) == first  # the same version says the same
    met = first.after(deadline.Event.ACT_DONE)
    assert deadline.counted_again(met, simple(("2027-03-09",), version="2")) == met


def test_the_first_to_run_out_is_told_first_and_ends_once() -> None:
    soon = begun(deadline.GIVE_NOTICE, "2027-03-08", simple())
    late = begun(deadline.FURTHER_INSTRUCTIONS, "2027-03-08", simple())
    assert late.due_on == "2027-05-07"
    assert deadline.overdue((late, soon), Instant(soon.due_at - 1)) is None
    assert deadline.overdue((late, soon), Instant(soon.due_at)) == soon
    assert deadline.overdue((late, soon), Instant(late.due_at)) == soon
    ended = deadline.ended((late, soon), deadline.Event.TIME_RAN_OUT, soon.rule)
    assert [each.state for each in ended] == [State.OPEN, State.MISSED]
    assert deadline.overdue(ended, Instant(late.due_at - 1)) is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("on or about 2027-03-15", "2027-03-10", "2027-03-20"),
        ("on or about 2027-03-03", "2027-02-26", "2027-03-08"),
        ("On  2027-03-15", "2027-03-15", "2027-03-15"),
        ("from 2027-03-15", "2027-03-15", None),
        ("after 2027-03-15", "2027-03-16", None),
        ("before 2027-03-15", None, "2027-03-14"),
        ("until 2027-03-15", None, "2027-03-15"),
        ("till 2027-03-15", None, "2027-03-15"),
        ("to 2027-03-15", None, "2027-03-15"),
        ("between 2027-03-15 and 2027-04-02", "2027-03-15", "2027-04-02"),
        ("beginning of 2027-02", "2027-02-01", "2027-02-10"),
        ("middle of 2027-02", "2027-02-11", "2027-02-20"),
        ("end of 2027-02", "2027-02-21", "2027-02-28"),
        ("end of 2028-02", "2028-02-21", "2028-02-29"),
        ("first half of 2027-04", "2027-04-01", "2027-04-15"),
        ("second half of 2027-04", "2027-04-16", "2027-04-30"),
        ("as soon as possible", None, None),
    ],
)
def test_words_for_days_mean_what_article_3_says(text: str, first: str | None, last: str | None) -> None:
    found = shipment_period(text)
    assert found == Period(first and date.fromisoformat(first), last and date.fromisoformat(last))
    assert isinstance(found, Period)
    if first:
        assert found.holds(date.fromisoformat(first))
        assert not found.holds(date.fromisoformat(first) - timedelta(days=1))
    if last:
        assert found.holds(date.fromisoformat(last))
        assert not found.holds(date.fromisoformat(last) + timedelta(days=1))


@pytest.mark.parametrize("text", ["soon", "end of 2027-13", "from 2027-02-30", "on or about", "between 2027-01-01 and soon", ""])
def test_words_that_name_no_day_are_refused(text: str) -> None:
    refused = shipment_period(text)
    assert isinstance(refused, Refusal)
    assert (refused.where, refused.article) == ("period", "UCP600.3")


@given(days, st.integers(1, 400))
def test_from_and_after_leave_out_the_day_that_a_maturity_is_counted_from(start: date, count: int) -> None:
    due = maturity(Tenor(event="AFTER_SHIPMENT", days=count), start)
    assert isinstance(due, date)
    naive = start
    for _ in range(count):
        naive = date.fromordinal(naive.toordinal() + 1)
    assert due == naive


def test_a_tenor_that_cannot_be_counted_is_refused() -> None:
    for tenor in (
        Tenor(event="AFTER_SIGHT", days=0),
        Tenor(event="AFTER_SIGHT", days=-3),
        Tenor(event="AFTER_SIGHT", days=100_000),
        Tenor(event="FIXED", day="2027-02-30"),
        Tenor(event="FIXED", day="soon"),
        Tenor(event="FIXED", days=3, day="2027-02-03"),
        Tenor(event="SIGHT", days=3),
    ):
        refused = maturity(tenor, date(2027, 3, 1))
        assert isinstance(refused, Refusal)
        assert refused.article == "UCP600.3"
    assert maturity(Tenor(event="FIXED", day="2027-06-30"), date(2027, 3, 1)) == date(2027, 6, 30)
    assert maturity(Tenor(event="AFTER_DRAFT", days=30), date(2027, 3, 1)) == date(2027, 3, 31)


def test_every_path_of_a_deadline_ends_it_once() -> None:
    for path in deadline.DEADLINE.paths():
        assert path[-1].after in (State.MET, State.MISSED, State.VOID, State.PASSED)
        assert all(row.after is State.OPEN for row in path[:-1])


def test_a_place_that_never_opens_is_refused() -> None:
    never = Calendar("UTC", time(9), time(15), frozenset(range(7)), date(2027, 12, 31), {}, date(2027, 1, 1))
    for rule in (deadline.GIVE_NOTICE, deadline.EXPIRY):
        refused = deadline.begin("X/1", rule, "A", date(2027, 3, 1), BankingPlace("NEVER", "1", never))
        assert isinstance(refused, Refusal)
        assert refused.reason is Reason.DAY_UNKNOWN
    assert Shift.NONE is deadline.LATEST_SHIPMENT.shift

"""The holidays of the ready unions, checked by another's list: every difference has a name and a reason here, or is a fault."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import holidays
import pytest

from fondaco.core import at
from fondaco.rulebook import UNIONS, Scheme, read_scheme
from fondaco.simulation import demo_day, lay_out

# How the library `holidays` names what a settlement system keeps.
SAME = {
    "IDR": ("ID", {"categories": ("public", "government")}),
    "MYR": ("MY", {"subdiv": "KUL"}),
    "PHP": ("PH", {}),
    "SGD": ("SG", {}),
    "THB": ("TH", {}),
    "KRW": ("KR", {}),
    "BRL": ("BR", {"categories": ("public", "optional")}),
    "INR": ("IN", {"subdiv": "MH"}),
}
_LENT = "Buddhist Lent is a holiday of offices, not of financial institutions"
_CHILDREN = "Children's Day is no holiday of financial institutions"
_LEAVE = "civil servants may stay at home, STR is open"
_CLOSING = "banks close their yearly accounts; a bank holiday, not a public one"
_BIRTH = "not among Maharashtra's holidays under the Negotiable Instruments Act"
# (currency, day, what the file says): why.
DIFFERENCES: dict[tuple[str, str, str], str] = {
    ("PHP", "2027-03-09", "open"): "an estimate by the calendar of Mecca; in Manila the moon can be seen on the evening of the 9th",
    ("PHP", "2027-03-10", "closed"): "the day after that evening",
    ("THB", "2026-01-10", "open"): _CHILDREN,
    ("THB", "2026-07-30", "open"): _LENT,
    ("THB", "2027-01-09", "open"): _CHILDREN,
    ("THB", "2027-07-20", "open"): "Asarnha Bucha's Sunday is made good on Monday the 19th, since " + _LENT,
    ("BRL", "2026-02-18", "open"): "Ash Wednesday: open from noon, and " + _LEAVE,
    ("BRL", "2026-10-28", "open"): _LEAVE,
    ("BRL", "2026-12-24", "open"): _LEAVE,
    ("BRL", "2026-12-31", "open"): _LEAVE,
    ("BRL", "2027-02-10", "open"): "Ash Wednesday: open from noon, and " + _LEAVE,
    ("BRL", "2027-10-28", "open"): _LEAVE,
    ("BRL", "2027-12-24", "open"): _LEAVE,
    ("BRL", "2027-12-31", "open"): _LEAVE,
    ("INR", "2026-01-15", "closed"): "declared for the elections of Maharashtra's municipal corporations; the exchanges of Mumbai closed",
    ("INR", "2026-04-01", "closed"): _CLOSING,
    ("INR", "2026-05-27", "open"): "in Mumbai Bakri Id was kept on the 28th; the exchanges say so too",
    ("INR", "2026-05-28", "closed"): "in Mumbai Bakri Id was kept on the 28th; the exchanges say so too",
    ("INR", "2026-09-04", "open"): _BIRTH,
    ("INR", "2027-04-01", "closed"): _CLOSING,
    ("INR", "2027-08-25", "open"): _BIRTH,
}  # fmt: skip


@pytest.fixture(scope="module")
def schemes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scheme]:
    found = {}
    for union in UNIONS:
        folder: Path = tmp_path_factory.mktemp(union) / "hub"
        lay_out(folder, union=union)
        scheme = read_scheme(folder / "union")
        assert isinstance(scheme, Scheme)
        found[union] = scheme
    return found


def differing(scheme: Scheme) -> set[tuple[str, str, str]]:
    found = set()
    for code, rules in scheme.currencies.items():
        country, more = SAME[code]
        other = set(holidays.country_holidays(country, years=(2026, 2027), **more))  # type: ignore[arg-type]
        own = set(rules.calendar.holidays)
        found |= {(code, day.isoformat(), "closed") for day in own - other}
        found |= {(code, day.isoformat(), "open") for day in other - own}
    return found


def test_every_difference_from_the_library_is_known_and_has_its_reason(schemes: dict[str, Scheme]) -> None:
    found = set().union(*(differing(scheme) for scheme in schemes.values()))
    assert found == set(DIFFERENCES)


def test_every_currency_knows_both_years_and_every_holiday_its_source(schemes: dict[str, Scheme]) -> None:
    for scheme in schemes.values():
        for code, rules in scheme.currencies.items():
            calendar = rules.calendar
            assert (calendar.first_day, calendar.last_day) == (date(2026, 1, 1), date(2027, 12, 31))
            assert all(one.name and one.source for one in calendar.holidays.values()), code
            assert not any(one.provisional for day, one in calendar.holidays.items() if day.year == 2026), code
            assert all(0 < len([day for day in calendar.holidays if day.year == year]) < 40 for year in (2026, 2027)), code


# Feasts by the moon that are announced days before, and years whose list was not published when the file was written.
BY_THE_MOON = {
    "IDR": ["2027-03-10", "2027-05-17"],
    "MYR": ["2027-03-10", "2027-05-17"],
    "PHP": ["2027-03-10", "2027-05-16"],
    "SGD": ["2027-03-10", "2027-05-17"],
    "INR": ["2027-03-10", "2027-05-17", "2027-06-16"],
}


def test_what_is_not_fixed_yet_is_labelled(schemes: dict[str, Scheme]) -> None:
    for scheme in schemes.values():
        for code, rules in scheme.currencies.items():
            for text in BY_THE_MOON.get(code, []):
                assert rules.calendar.holidays[date.fromisoformat(text)].provisional, (code, text)
    thai = schemes["straits"].currencies["THB"].calendar.holidays
    assert all(one.provisional for day, one in thai.items() if day.year == 2027), "the Bank of Thailand had not announced it"


def test_the_estimates_of_the_library_are_provisional_here(schemes: dict[str, Scheme]) -> None:
    for scheme in schemes.values():
        for code, rules in scheme.currencies.items():
            country, more = SAME[code]
            other = holidays.country_holidays(country, years=2027, language="en_US", **more)  # type: ignore[arg-type]
            for day, name in other.items():
                here = rules.calendar.holidays.get(day)
                if "estimated" in name and here is not None:
                    # A day that is a holiday for another reason as well is fixed.
                    assert here.provisional or ";" in name, (code, day, name)


def test_the_demos_play_on_a_day_on_which_everybody_is_open(schemes: dict[str, Scheme]) -> None:
    for union, scheme in schemes.items():
        assert all(one.calendar.is_business_day(demo_day(union)) for one in scheme.currencies.values()), union


def test_every_cycle_is_cut_off_while_every_agent_that_is_open_that_day_is_open(schemes: dict[str, Scheme]) -> None:
    """A cycle's cut-off is a time of day in UTC on the business day's date; an agent is asked to earmark then."""
    for scheme in schemes.values():
        day = date(2026, 1, 1)
        while day <= date(2027, 12, 31):
            for rules in scheme.currencies.values():
                opening, closing = rules.calendar.opening(day), rules.calendar.cut_off_at(day)
                for cycle in scheme.cycles:
                    assert opening < at(datetime.combine(day, cycle.cut_off, UTC)) < closing, (rules.currency.code, day, cycle)
            day += timedelta(days=1)

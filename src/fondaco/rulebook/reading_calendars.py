"""The calendars of a rulebook: holidays by year and currency, each with its name and source."""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from datetime import date
from itertools import pairwise

from fondaco.core import Holiday
from fondaco.rulebook import forms as form
from fondaco.rulebook.draft import Draft

_CALENDARS = "calendars"


def years_of(draft: Draft) -> dict[int, dict[str, dict[str, form.Holiday]]]:
    """The calendars by year, currency and date as written. An unreadable year is told, and counts as one that names nothing."""
    found = {}
    for path in sorted((draft.folder / _CALENDARS).glob("*.toml")):
        name = f"{_CALENDARS}/{path.name}"
        if not re.fullmatch(r"20\d\d", path.stem):
            draft.wrong(name, "the file", "named for its year, such as 2027.toml")
            continue
        found[int(path.stem)] = draft.read(name, dict[str, dict[str, form.Holiday]]) or {}
    return found


def _holidays(draft: Draft, year: int, code: str, given: dict[str, form.Holiday]) -> dict[date, Holiday]:
    """One currency's holidays of one year. One on a weekend is no mistake: laws list them, and weekends can be moved."""
    file, found = f"{_CALENDARS}/{year}.toml", {}
    for text, one in given.items():
        key = f"{code}.{text}"
        day: date | None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        # Python reads more spellings of a date than one, and a day that stands twice would be seen by nobody.
        if day is None or day.isoformat() != text:
            draft.wrong(file, key, "not a date such as 2027-01-31")
            continue
        if day.year != year:
            draft.wrong(file, key, f"not a day of {year}")
        if not one.name:
            draft.wrong(file, key, "a holiday needs its name")
        if not one.source:
            draft.wrong(file, key, "a holiday needs its source")
        found[day] = Holiday(one.name, one.source)
    return found


def calendars_of(
    draft: Draft, codes: Iterable[str], years: dict[int, dict[str, dict[str, form.Holiday]]], first_form: Set[str]
) -> dict[str, tuple[date, date, dict[date, Holiday]]]:
    """First day, last day and holidays of every currency, from the years that name it: each after the other, without a gap."""
    known, found = set(codes), {}
    for year, tables in years.items():
        for code in sorted(set(tables) - known):
            if code in first_form:
                draft.wrong("currencies.toml", f"currencies.{code}", f"a calendar of its own, and {year}.toml names it too")
            else:
                draft.wrong(f"{_CALENDARS}/{year}.toml", code, f"{code} is not a currency of this union")
    for code in known:
        named = [year for year, tables in years.items() if code in tables]
        holidays: dict[date, Holiday] = {}
        for year in named:
            holidays |= _holidays(draft, year, code, years[year][code])
        for before, after in pairwise(named):
            if after != before + 1:
                draft.wrong(f"{_CALENDARS}/{before + 1}.toml", code, f"no calendar, though {before} and {after} have one")
        if named:
            found[code] = date(named[0], 1, 1), date(named[-1], 12, 31), holidays
        else:
            draft.wrong(_CALENDARS, code, "no year's file names this currency")
    return found


def first_form_of(draft: Draft, code: str, one: form.Currency) -> tuple[date, date, dict[date, Holiday]]:
    """A calendar that stands with its currency: every day up to `last_day`, holidays as date and source."""
    key, found = f"currencies.{code}", {}
    if one.last_day is None:
        draft.wrong("currencies.toml", f"{key}.last_day", "holidays without the day up to which they are known")
    for text, source in one.holidays.items():
        try:
            found[date.fromisoformat(text)] = Holiday(source.rpartition(": ")[2], source)
        except ValueError:
            draft.wrong("currencies.toml", f"{key}.holidays.{text}", "not a date")
        if not source:
            draft.wrong("currencies.toml", f"{key}.holidays.{text}", "a holiday needs its source")
    return date.min, one.last_day or date.min, found

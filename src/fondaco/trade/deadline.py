"""Deadlines as objects: by which rule, from which day, on whose calendar, until which instant, and what follows when one is missed.

A deadline is counted once, when it begins, and keeps the version of the calendar that it was counted on. `due_at` is the first instant that is too
late: the close of the place's banking hours on its last day. Sources: UCP 600 articles 2, 3, 14, 16, 29, 33 and 36; URC 522 article 26; ULB article 44; URR 725.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple

import msgspec

from fondaco.core import Calendar, Instant, Nothing, Reason, Refusal, Step, Table

# A place that regularly works is not closed for longer in a row; a calendar that says so is wrong (as in `core/calendar`).
CLOSED_DAYS_MAX = 30


class Unit(Enum):
    """What is counted. BANKING (UCP 600 art. 2) and BUSINESS (URDG 758 art. 2) days are days on which the place regularly works."""

    BANKING = "BANKING"
    CALENDAR = "CALENDAR"
    BUSINESS = "BUSINESS"


class Effect(Enum):
    """What missing it means."""

    HONOUR_DUE = "HONOUR_DUE"
    PRECLUDED = "PRECLUDED"
    LAPSE = "LAPSE"
    EXTEND = "EXTEND"
    REMIND = "REMIND"
    DISCREPANCY = "DISCREPANCY"  # documents do not comply: for the bank that examines them to find


class Shift(Enum):
    """What happens to a last day on which the place does not work."""

    NONE = "NONE"
    NEXT_BANKING_DAY = "NEXT_BANKING_DAY"


class State(Enum):
    OPEN = "OPEN"
    MET = "MET"
    MISSED = "MISSED"
    VOID = "VOID"
    PASSED = "PASSED"


class Event(Enum):
    ACT_DONE = "ACT_DONE"
    TIME_RAN_OUT = "TIME_RAN_OUT"
    NEEDED_NO_MORE = "NEEDED_NO_MORE"
    DAY_PASSED = "DAY_PASSED"
    CALENDAR_CHANGED = "CALENDAR_CHANGED"


DEADLINE = Table(
    "deadline",
    start=State.OPEN,
    ends=(State.MET, State.MISSED, State.VOID, State.PASSED),
    rows=(
        Step(State.OPEN, Event.ACT_DONE, State.MET, Nothing.NOTHING, "", "UCP600.14b"),
        Step(State.OPEN, Event.TIME_RAN_OUT, State.MISSED, Nothing.NOTHING, "", "UCP600.16f"),
        Step(State.OPEN, Event.NEEDED_NO_MORE, State.VOID, Nothing.NOTHING, "", "UCP600.14b"),
        # The day is over, and nobody missed it for all that is known: a document says later whether the act was done by it, or it was done in part.
        Step(State.OPEN, Event.DAY_PASSED, State.PASSED, Nothing.NOTHING, "", "UCP600.29c"),
        Step(State.OPEN, Event.CALENDAR_CHANGED, State.OPEN, Nothing.NOTHING, "", "UCP600.2"),
    ),
)


class Rule(NamedTuple):
    """How a kind of deadline is counted: the day it begins on is never counted itself."""

    name: str
    unit: Unit
    days: int
    effect: Effect
    shift: Shift = Shift.NONE


EXAMINE = Rule("UCP600.14b", Unit.BANKING, 5, Effect.REMIND)
PRESENT_AFTER_SHIPMENT = Rule("UCP600.14c", Unit.CALENDAR, 21, Effect.DISCREPANCY, Shift.NEXT_BANKING_DAY)
GIVE_NOTICE = Rule("UCP600.16d", Unit.BANKING, 5, Effect.PRECLUDED)
EXPIRY = Rule("UCP600.29a", Unit.CALENDAR, 0, Effect.LAPSE, Shift.NEXT_BANKING_DAY)
INSTALMENT = Rule("UCP600.32", Unit.CALENDAR, 21, Effect.LAPSE, Shift.NEXT_BANKING_DAY)
LATEST_SHIPMENT = Rule("UCP600.29c", Unit.CALENDAR, 0, Effect.DISCREPANCY)
PAY_AT_MATURITY = Rule("UCP600.7c", Unit.CALENDAR, 0, Effect.HONOUR_DUE, Shift.NEXT_BANKING_DAY)
PAY_ACCEPTED_BILL = Rule("URC522.6", Unit.CALENDAR, 0, Effect.HONOUR_DUE, Shift.NEXT_BANKING_DAY)
ANSWER_OF_DRAWEE = Rule("URC522.5b", Unit.CALENDAR, 0, Effect.REMIND, Shift.NEXT_BANKING_DAY)
FURTHER_INSTRUCTIONS = Rule("URC522.26c", Unit.CALENDAR, 60, Effect.LAPSE)
PROTEST = Rule("ULB.44", Unit.BANKING, 2, Effect.LAPSE)
REIMBURSE = Rule("URR725.11a", Unit.BANKING, 3, Effect.HONOUR_DUE)


class BankingPlace(NamedTuple):
    """A branch or town at which acts are done: whose working days, and by which version of its calendar.

    `calendar.opens` and `calendar.cut_off` are its banking hours. `interruptions` are days on which it regularly works but was kept from
    working (UCP 600 art. 36): they extend no expiry, and are not held against the bank when its own days are counted. `outages` are days on
    which it worked but could not receive electronic records (eUCP e6): what may be presented for the last time then may come on the next banking day.
    """

    id: str
    version: str
    calendar: Calendar
    interruptions: frozenset[date] = frozenset()
    outages: frozenset[date] = frozenset()

    def works_on(self, day: date) -> bool:
        """Raises `ValueError` for a day that the calendar does not know."""
        return self.calendar.is_business_day(day) and day not in self.interruptions


Places = Mapping[str, BankingPlace]


class Deadline(msgspec.Struct, frozen=True, array_like=True):
    """One deadline of an instrument. `holder` is the party that must act; days are ISO dates, `due_at` is the first instant too late."""

    id: str
    rule: str
    holder: str
    starts_on: str
    unit: Unit
    count: int
    calendar: str
    calendar_version: str
    due_on: str
    due_at: int
    effect: Effect
    shift: Shift
    state: State = State.OPEN

    def after(self, event: Event) -> Deadline:
        return msgspec.structs.replace(self, state=DEADLINE.step(self.state, event).after)


def place_of(places: Places, name: str, where: str) -> BankingPlace | Refusal:
    """The place by its id (a BIC of eight or a UN/LOCODE), or a refusal at `where`: a calendar is never guessed."""
    found = places.get(name)
    return found if found is not None else Refusal(Reason.NOT_FOUND, where, name, "UCP600.2")


def counted_on(place: BankingPlace, at: Instant, where: str) -> date | Refusal:
    """The banking day on which what arrives at `at` counts: after banking hours it is the next one's (UCP 600 art. 33)."""
    calendar = place.calendar
    day = calendar.local_date(at)
    try:
        if place.works_on(day) and int(at) < int(calendar.cut_off_at(day)):
            return day
        return _next_working(place, day + timedelta(days=1))
    except ValueError as unknown:
        return Refusal(Reason.DAY_UNKNOWN, where, str(unknown), "UCP600.33")


def last_day(rule: Rule, starts_on: date, place: BankingPlace, count: int | None = None) -> date | Refusal:
    """The last day of a deadline of `rule` that begins on `starts_on`; `count` replaces the rule's own number of days."""
    days = rule.days if count is None else count
    try:
        if rule.unit is Unit.CALENDAR:
            return _shifted(rule.shift, starts_on + timedelta(days=days), place)
        day = starts_on
        for _ in range(days):
            day = _next_working(place, day + timedelta(days=1))
        return day
    except ValueError as unknown:
        return Refusal(Reason.DAY_UNKNOWN, place.id, str(unknown), rule.name)


def begin(
    identity: str, rule: Rule, holder: str, starts_on: date, place: BankingPlace, count: int | None = None
) -> Deadline | Refusal:
    """A deadline of `rule` for `holder` from `starts_on`, counted on the calendar of `place`; refused where that does not know a day."""
    due_on = last_day(rule, starts_on, place, count)
    if isinstance(due_on, Refusal):
        return due_on
    return Deadline(
        id=identity,
        rule=rule.name,
        holder=holder,
        starts_on=starts_on.isoformat(),
        unit=rule.unit,
        count=rule.days if count is None else count,
        calendar=place.id,
        calendar_version=place.version,
        due_on=due_on.isoformat(),
        due_at=int(place.calendar.cut_off_at(due_on)),
        effect=rule.effect,
        shift=rule.shift,
    )


def counted_again(deadline: Deadline, place: BankingPlace) -> Deadline:
    """The same deadline on a newer version of its calendar: an open one moves to a later last day, never to an earlier one.

    Whoever acted by the day that it was told did not act late. One whose days the newer calendar does not know stands as it was.
    """
    if deadline.state is not State.OPEN or place.version == deadline.calendar_version:
        return deadline
    rule = Rule(deadline.rule, deadline.unit, deadline.count, deadline.effect, deadline.shift)
    anew = begin(deadline.id, rule, deadline.holder, date.fromisoformat(deadline.starts_on), place)
    if isinstance(anew, Refusal):
        return deadline
    stays = deadline.after(Event.CALENDAR_CHANGED)
    return anew if anew.due_at > stays.due_at else msgspec.structs.replace(stays, calendar_version=place.version)


def recounted(deadlines: Iterable[Deadline], places: Places) -> tuple[Deadline, ...]:
    """All of them on today's versions of their calendars."""
    return tuple(counted_again(each, places[each.calendar]) if each.calendar in places else each for each in deadlines)


def overdue(deadlines: Iterable[Deadline], at: Instant) -> Deadline | None:
    """The open deadline that ran out first, if one has by `at`."""
    late = [each for each in deadlines if each.state is State.OPEN and int(at) >= each.due_at]
    return min(late, key=lambda each: each.due_at, default=None)


def ended(deadlines: tuple[Deadline, ...], event: Event, *rules: str, under: str = "") -> tuple[Deadline, ...]:
    """`deadlines` with the open ones of `rules` (all rules, where none is named) ended by `event`; only those whose id is `under` or lies
    below it, where that is given."""

    def meant(each: Deadline) -> bool:
        below = not under or each.id == under or each.id.startswith(f"{under}/")
        return each.state is State.OPEN and below and (not rules or each.rule in rules)

    return tuple(each.after(event) if meant(each) else each for each in deadlines)


def _next_working(place: BankingPlace, day: date) -> date:
    for ahead in range(CLOSED_DAYS_MAX):
        candidate = day + timedelta(days=ahead)
        if place.works_on(candidate):
            return candidate
    raise ValueError(f"{place.id} does not work within {CLOSED_DAYS_MAX} days of {day}")


def _shifted(shift: Shift, day: date, place: BankingPlace) -> date:
    """UCP 600 art. 29(a): only a day on which the place regularly does not work moves; art. 36 extends nothing."""
    if shift is Shift.NONE:
        if not place.calendar.knows(day):
            place.calendar.is_business_day(day)  # raises, and says which days it knows
        return day
    for ahead in range(CLOSED_DAYS_MAX):
        candidate = day + timedelta(days=ahead)
        if place.calendar.is_business_day(candidate) and candidate not in place.outages:
            return candidate
    raise ValueError(f"{place.id} does not work within {CLOSED_DAYS_MAX} days of {day}")

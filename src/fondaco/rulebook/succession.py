"""Which rulebook follows which: an edition takes over with a business day that has not begun, and leaves every past day as it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from fondaco.core import Calendar, Reason, Refusal
from fondaco.rulebook.difference import difference
from fondaco.rulebook.scheme import Scheme


class Edition(msgspec.Struct, frozen=True, array_like=True):
    """A rulebook by its version, in force from the first business day that is not before `from_day` (ISO date; "" is the first of all)."""

    from_day: str
    version: str


def edition_on(editions: Sequence[Edition], day: str) -> Edition:
    """The edition in force on a business day: the one that took over last. `editions` begin with the first of all."""
    return max((one for one in editions if one.from_day <= day), key=lambda one: one.from_day)


def succession_faults(before: Scheme, after: Scheme, today: str, from_day: str) -> list[Refusal]:
    """Why `after` cannot take over from `before` with the business day `from_day`, while `today` is open; nothing when it can.

    What may never change is whatever books and past days stand on: the union, the hub, currencies with their agents, participants with
    their numbers and who settles for them, and the articles of every day before `from_day`.
    """
    return [Refusal(Reason.OUT_OF_TURN, place, found, "2.6") for place, found in _faults(before, after, today, from_day)]


def _faults(before: Scheme, after: Scheme, today: str, from_day: str) -> Iterable[tuple[str, str]]:
    try:
        first = date.fromisoformat(from_day)
    except ValueError:
        yield "the day", f"{from_day} is no date"
        return
    if first.isoformat() != from_day:
        yield "the day", f"{from_day} is written {first}"  # days are compared as texts
        return
    if from_day <= today:
        yield "the day", f"{from_day} is not after {today}: past days keep their rules"
        return
    if not difference(before, after):
        yield "the rulebook", "nothing differs"
    for name in ("union", "hub_bic"):
        if getattr(before, name) != getattr(after, name):
            yield name, f"{getattr(before, name)} cannot become {getattr(after, name)}"
    for code, currency in before.currencies.items():
        now = after.currencies.get(code)
        if now is None:
            yield f"currencies/{code}", "accounts in it stand on the books"
        elif now.agent_bic != currency.agent_bic:
            yield f"currencies/{code}", f"its settlement agent is {currency.agent_bic}"
        elif _holidays(currency.calendar, first) != _holidays(now.calendar, first):
            yield f"currencies/{code}/calendar", "days before the change keep their holidays"
    yield from _participants(before, after)
    yield from _union(before, after)
    yield from _articles(before, after, first)
    try:
        if not after.on(first).retention_years:
            yield "articles/retention_years", "an article must say for how many years people are remembered"
    except KeyError as missing:
        yield "articles", str(missing)
    if len({one.public_key for one in after.officers if "operator" in one.roles}) < 2:
        yield "officers", "fewer than two operators: nobody could carry a motion"


def _holidays(calendar: Calendar, first: date) -> set[date]:
    return {day for day in calendar.holidays if day < first}


def _participants(before: Scheme, after: Scheme) -> Iterable[tuple[str, str]]:
    now = {one.number: one for one in after.participants}
    for one in before.participants:
        place = f"participants/{one.bic}"
        same = now.get(one.number)
        if same is None:
            yield place, f"number {one.number} stands on the books; who leaves keeps it"
            continue
        for name in ("bic", "lei", "country", "roles", "standing", "sponsor"):
            if getattr(one, name) != getattr(same, name):
                yield f"{place}/{name}", f"{getattr(one, name)} cannot become {getattr(same, name)}"
        if not one.currencies <= same.currencies:
            yield f"{place}/currencies", f"{' '.join(sorted(one.currencies - same.currencies))}: an account is not taken away"


def _union(before: Scheme, after: Scheme) -> Iterable[tuple[str, str]]:
    """What central banks owe each other, and its interest, must go on under some articles: members may join, none may go."""
    if before.clearing_union is None:
        return
    now = {one.bic for one in after.clearing_union.members} if after.clearing_union is not None else set()
    for one in before.clearing_union.members:
        if one.bic not in now:
            yield f"clearing_union/members/{one.bic}", "what it owes and is owed stands on the books"


def _articles(before: Scheme, after: Scheme, first: date) -> Iterable[tuple[str, str]]:
    """An article that was in force on any day before `first` stays word for word; none is added to those days."""
    past = {(one.key, one.valid_from): one for one in before.articles if one.valid_from < first}
    new = {(one.key, one.valid_from): one for one in after.articles if one.valid_from < first}
    for key, day in sorted(past.keys() | new.keys()):
        if past.get((key, day)) != new.get((key, day)):
            yield f"articles/{key}/{day}", "days before the change keep their articles"

"""What the deeds of a collection share: who does something and when, a step of the table, clocks that begin and end, and a bank's message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from fondaco.core import Instant, Refusal
from fondaco.trade import deadline, notices
from fondaco.trade.collection import COLLECTION, Collection, Event
from fondaco.trade.deadline import BankingPlace, Places, Rule
from fondaco.trade.deed import Tell


class Doing(NamedTuple):
    """Who does something, when, and on which calendars."""

    actor: str
    at: Instant
    places: Places


Change = tuple[Collection, tuple[Tell, ...]]
# What a deed asks for: the form of its body, and what it comes to.
Act = tuple[type[msgspec.Struct], Callable[[Collection, Any, Doing], Change | Refusal]]
Acts = Mapping[Event, Act]


def step(c: Collection, event: Event) -> Collection:
    return msgspec.structs.replace(c, state=COLLECTION.step(c.state, event).after)


def clocks_ended(c: Collection, event: deadline.Event, *rules: Rule) -> Collection:
    """The open clocks of these rules ended, all of them where none is named."""
    return msgspec.structs.replace(c, deadlines=deadline.ended(c.deadlines, event, *(each.name for each in rules)))


def met(c: Collection) -> Collection:
    return clocks_ended(c, deadline.Event.ACT_DONE)


def void(c: Collection) -> Collection:
    return clocks_ended(c, deadline.Event.NEEDED_NO_MORE)


def running(c: Collection, rule: Rule) -> bool:
    return any(each.rule == rule.name and each.state is deadline.State.OPEN for each in c.deadlines)


def place_of_presentation(c: Collection, doing: Doing) -> BankingPlace | Refusal:
    """Where the collecting bank works: all days of a collection are counted there."""
    return deadline.place_of(doing.places, c.collecting_bank, "collecting_bank")


def with_clock(c: Collection, rule: Rule, holder: str, starts_on: date, doing: Doing) -> Collection | Refusal:
    place = place_of_presentation(c, doing)
    if isinstance(place, Refusal):
        return place
    made = deadline.begin(f"{c.id}/{len(c.deadlines) + 1}", rule, holder, starts_on, place)
    return made if isinstance(made, Refusal) else msgspec.structs.replace(c, deadlines=(*c.deadlines, made))


def mt(c: Collection, number: str, recipient: str, fields: dict[str, str]) -> Tell:
    return notices.mt(number, recipient, {"20": c.id, "21": c.id, **fields})

"""Limits that the scheme, or a central bank for the banks of its country, sets in the rulebook: of a currency, of all together, of a flow.

Whoever sets one, and the participant itself, bind side by side: the strictest of them holds. Only who set one lets it be raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from fondaco.core import COUNTRIES, MINOR_MAX
from fondaco.rulebook.participant import Participant

SCHEME = "scheme"
# Kinds: of what a participant may owe in one currency in a cycle; of all that it may owe in a cycle, in the currency of exposures; of what may
# flow from it on a day to one bank or country.
CAP, TOTAL, FLOW = "cap", "total", "flow"


@dataclass(frozen=True, slots=True)
class SetLimitRule:
    """A limit of `member` (BIC of eight), in whole minor units of `currency`, from `valid_from` on until a later one of the same place takes
    over. `set_by` is `SCHEME` or a central bank (BIC of eight); `towards` a BIC of eight or a country, of a flow alone."""

    kind: str
    member: str
    set_by: str
    currency: str
    towards: str
    minor: int
    article: str
    valid_from: date

    @property
    def place(self) -> tuple[str, str, str, str, str]:
        return self.kind, self.member, self.set_by, self.currency, self.towards


def in_force(limits: Iterable[SetLimitRule], day: date) -> tuple[SetLimitRule, ...]:
    """Of each place the last that began, in the order of the places."""
    found: dict[tuple[str, str, str, str, str], SetLimitRule] = {}
    for one in sorted(limits, key=lambda one: one.valid_from):
        if one.valid_from <= day:
            found[one.place] = one
    return tuple(found[place] for place in sorted(found))


def set_limit_faults(
    limits: Iterable[SetLimitRule], participants: Mapping[str, Participant], home: str
) -> Iterable[tuple[str, str]]:
    """What is wrong with them, each as place and reason. `participants` are by BIC of eight; `home` is the currency of exposures, "" for none."""
    seen: set[tuple[tuple[str, str, str, str, str], date]] = set()
    for at, one in enumerate(limits):
        place = f"limits[{at}] {one.member} {one.currency}"
        member, setter = participants.get(one.member), participants.get(one.set_by)
        if (one.place, one.valid_from) in seen:
            yield place, f"two limits from {one.valid_from}"
        seen.add((one.place, one.valid_from))
        if member is None or member.roles == {"settlement_agent"}:
            yield f"{place}.member", "a limit is a participant's"
            continue
        if one.set_by != SCHEME and (
            setter is None or not setter.roles & {"central_bank", "settlement_agent"} or setter.country != member.country
        ):
            yield f"{place}.set_by", f"the scheme, or the central bank of {member.country}"
        if one.kind == TOTAL and one.currency != home:
            yield f"{place}.currency", f"a limit of all currencies is in that of exposures ({home or 'no article names one'})"
        elif one.kind != TOTAL and one.currency not in member.currencies:
            yield f"{place}.currency", "it holds no account in it"
        if one.kind == FLOW and (one.towards == one.member or (one.towards not in participants and one.towards not in COUNTRIES)):
            yield f"{place}.towards", "another participant's BIC, or a country of ISO 3166"
        if not 0 <= one.minor <= MINOR_MAX // 4:
            yield f"{place}.amount", "not below zero, and within what the books can hold"


def who_must_agree(before: Iterable[SetLimitRule], after: Iterable[SetLimitRule], days: Iterable[date]) -> frozenset[str]:
    """The central banks (BICs of eight) of which the other rulebook raises a limit, or has it no more, on one of these days."""
    was, now = list(before), list(after)
    found: set[str] = set()
    for day in days:
        later = {one.place: one.minor for one in in_force(now, day)}
        found |= {
            one.set_by for one in in_force(was, day) if one.set_by != SCHEME and later.get(one.place, one.minor + 1) > one.minor
        }
    return frozenset(found)

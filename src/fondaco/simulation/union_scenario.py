"""A day of a whole union as a scenario: all of its currencies, foreign exchange and rules, through the production hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import msgspec

from fondaco.core import CURRENCIES, Instant, MalformedMessage, Refusal, at, instant_of, utc_text
from fondaco.fx import reference
from fondaco.messages import read
from fondaco.rulebook import UNIONS, Mistake, Rules, union_folder
from fondaco.simulation.day import demo_day
from fondaco.simulation.reader import Reader
from fondaco.simulation.union_rules import scheme_with_officers
from fondaco.simulation.workload import TRADE_2016

MESSAGES_MAX = 1_000_000
# What foreign exchange is paid from: providers begin with so many times what a member has.
PROVIDERS_HOLD = 20


@dataclass(frozen=True, slots=True)
class UnionScenario:
    """One day of a union: messages come from `opens` to `closes`, the hub's clock ticks every `step_s` seconds. Instants are of the day, in UTC.

    `balances` are whole minor units by currency, that each member begins with; providers have `PROVIDERS_HOLD` times as much. `messages` are
    (instant, sender's BIC, raw) in the order of time; without them `count` are drawn from `seed`.
    """

    title: str
    home: Path
    day: date
    seed: int
    opens: Instant
    closes: Instant
    step_s: int
    balances: dict[str, int]
    count: int
    messages: tuple[tuple[Instant, str, bytes], ...]


class _Day(msgspec.Struct):
    union: str = ""
    depth: str = ""
    title: str = ""
    day: date | None = None
    seed: int = 1
    opens: time = time(0)
    closes: time = time(0)
    step_s: int = 60


class _Banks(msgspec.Struct):
    balances: dict[str, str] = {}


class _Payments(msgspec.Struct):
    count: int = 0
    file: str = ""


_TABLES: dict[str, type[msgspec.Struct]] = {"scenario": _Day, "banks": _Banks, "payments": _Payments}
_REQUIRED = frozenset({"scenario.depth", "scenario.opens", "scenario.closes"})


def is_of_a_whole_union(raw: dict[str, Any]) -> bool:
    """Whether a scenario's tables name a union and no currency of it."""
    said = raw.get("scenario")
    return isinstance(said, dict) and "union" in said and "currency" not in said


def union_scenario_of(file: Path, raw: dict[str, Any]) -> UnionScenario | list[Mistake]:
    """The scenario of these tables, read from `file`, with the messages that it names; or every mistake found."""
    reader = Reader(file, raw, _REQUIRED)
    for name in sorted(raw.keys() - _TABLES.keys()):
        reader.wrong(name, f"is no table of a whole union's day; there are {', '.join(_TABLES)}")
    day, banks, payments = reader.table("scenario", _Day), reader.table("banks", _Banks), reader.table("payments", _Payments)
    if day.depth not in ("", "hub"):
        reader.wrong("scenario.depth", "a whole union is played by the hub; name one currency for the depth of the policy")
    home = union_folder(day.union) if day.union in UNIONS else file.parent / day.union
    when = day.day or demo_day(day.union)
    rules = _rules(reader, home, day.union, when)
    if isinstance(rules, list):
        return rules
    opens, closes = (at(datetime.combine(when, clock, UTC)) for clock in (day.opens, day.closes))
    if opens >= closes:
        reader.wrong("scenario.closes", "the day closes after it opens")
    reader.within("scenario.step_s", day.step_s, 1, 3_600)
    reader.within("scenario.seed", day.seed, 0, 2**63 - 1)
    balances = {}
    for code, text in banks.balances.items():
        if rules is not None and code not in rules.currencies:
            reader.wrong(f"banks.balances.{code}", f"is no currency of the union; it has {', '.join(rules.currencies)}")
        elif code in CURRENCIES:
            balances[code] = reader.amount(f"banks.balances.{code}", text, CURRENCIES[code].exponent)
    messages = _messages(reader, payments, rules, (opens, closes)) if rules is not None else []
    if reader.mistakes:
        return [Mistake(file.name, place, reason) for place, reason in sorted(reader.mistakes.items())]
    title = day.title or file.stem
    return UnionScenario(title, home, when, day.seed, opens, closes, day.step_s, balances, payments.count, tuple(messages))


def _rules(reader: Reader, home: Path, union: str, when: date) -> Rules | list[Mistake] | None:
    """The union's rules of the day; its rulebook's own mistakes; or None after a mistake of the scenario."""
    if not union or not home.is_dir():
        reader.wrong("scenario.union", f"{union or 'nothing'} is no folder, and no ready union; there are {', '.join(UNIONS)}")
        return None
    scheme = scheme_with_officers(home)
    if isinstance(scheme, list):
        return scheme
    try:
        rules = scheme.on(when)
        closed = [code for code, one in rules.currencies.items() if not one.calendar.is_business_day(when)]
    except (KeyError, ValueError) as fault:
        reader.wrong("scenario.day", f"{when}: {fault}")
        return None
    if closed:
        reader.wrong("scenario.day", f"{', '.join(closed)} closed on {when}")
    for source in rules.currencies:
        for target in rules.currencies:
            if source != target and isinstance(reference(source, target, when, rules.reference_max_age_days), Refusal):
                reader.wrong("scenario.day", f"no reference rate of {source}/{target} is known for {when}")
    return rules


def _messages(
    reader: Reader, given: _Payments, rules: Rules, bounds: tuple[Instant, Instant]
) -> list[tuple[Instant, str, bytes]]:
    """The messages of the folder that is named, in the order of time: each comes when it says that it was made."""
    if bool(given.file) == bool(given.count):
        reader.wrong("payments", "either a folder of messages or a count of messages to draw")
    if not given.file:
        reader.within("payments.count", given.count, 1, MESSAGES_MAX)
        countries = {one.country for one in rules.members() if one.roles == {"member"}}
        if not any({payer, payee} <= countries for payer, payee in TRADE_2016):
            reader.wrong(
                "payments.count", "drawn messages follow the trade of the ready unions' countries; name a folder of messages"
            )
        return []
    folder, found = reader.file.parent / given.file, []
    if not folder.is_dir():
        reader.wrong("payments.file", f"{given.file} is no folder")
    for path in sorted(folder.glob("*.xml")):
        place = f"payments.file.{path.name}"
        try:
            raw = path.read_bytes()
            message = read(raw, bulk=True)
            comes = instant_of(message.created)
        except (OSError, ValueError) as fault:
            reader.wrong(place, str(fault))
            continue
        except MalformedMessage as fault:
            reader.wrong(place, fault.refusal.sentence())
            continue
        if message.header is None or not message.kind.startswith("pacs.008"):
            reader.wrong(place, f"is a {message.kind}, not a pacs.008 with its header")
        elif not bounds[0] <= comes < bounds[1]:
            reader.wrong(place, f"was made at {utc_text(comes)}: before the opening, or not before the closing")
        else:
            found.append((comes, message.header.sender, raw))
    if folder.is_dir() and not found and not reader.mistakes:
        reader.wrong("payments.file", "no messages")
    return sorted(found, key=lambda one: one[0])

"""The supervisor's view of its countries at a glance. It reads alone, and each look at it is in the log before it is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from starlette.responses import Response

from fondaco.access import Caller, Look, Paid, Reach, Right
from fondaco.console.cases import sees
from fondaco.console.course import Course, Moves, course
from fondaco.console.positions import Limit, held, limits
from fondaco.console.visit import Visit
from fondaco.core import bic8
from fondaco.hub import Count, Hub, exposure_report, queued
from fondaco.reporting import Position

# So many live payments are looked at for what waits: whoever asks keeps the hub waiting. So many of the own looks are shown.
LOOKED_AT_MAX, LOOKS_MAX = 10_000, 12
_OUTCOMES = ("settled", "rejected", "cancelled", "held")


class Member(msgspec.Struct, frozen=True):
    """A participant of these countries. `cases` wait upon it or its payments; `waiting` of its payments are queued."""

    bic: str
    name: str
    country: str
    standing: str
    agent: bool
    waiting: int
    cases: int


class Corridor(msgspec.Struct, frozen=True):
    """What came of payments between two countries in a currency, by outcome: payments and whole minor units."""

    payer: str
    payee: str
    currency: str
    settled: tuple[int, int]
    rejected: tuple[int, int]
    cancelled: tuple[int, int]
    held: tuple[int, int]


class Exposure(msgspec.Struct, frozen=True):
    """What a family of members would leave unpaid over all currencies, in whole minor units of the report's; who of it is of these countries."""

    family: str
    members: list[str]
    owed: int
    own: int
    uncovered: int


class Lodged(msgspec.Struct, frozen=True):
    """What a member lodged: whole units of an asset, for a purpose."""

    bic: str
    purpose: str
    asset: str
    units: int
    money: bool


class Share(msgspec.Struct, frozen=True):
    """Of what was settled in a currency: how many paid, the share of the first and of the first five (thousandths), and these countries' own payers with theirs."""

    currency: str
    payers: int
    first_mille: int
    five_mille: int
    own: list[tuple[str, int, int]]


class Fallen(msgspec.Struct, frozen=True):
    """A declared default."""

    number: int
    bic: str
    failing: list[str]
    day: str
    state: str
    steps: list[tuple[str, str, str]]


class Waiting(msgspec.Struct, frozen=True):
    """Cases that wait: how many, how many of them are with nobody, since when the oldest waits, and when the next one ends."""

    cases: int
    unassigned: int
    oldest: int
    due: int


class View(msgspec.Struct, frozen=True):
    """What the hub says now of a supervisor's countries. `home` is the currency of exposures, `unknown` why they cannot be told."""

    day: str
    ended: bool
    cycle: int
    members: list[Member]
    positions: list[Position]
    limits: list[Limit]
    home: str
    unknown: str
    exposures: list[Exposure]
    resources: int
    lodged: list[Lodged]
    waiting: Waiting
    defaults: list[Fallen]
    moves: Moves
    whole: bool


def view(hub: Hub, reach: Reach, caller: Caller) -> View:
    """Everything that the hub knows now; what came to an end before is the index's to say (`corridors`, `course`, `shares`)."""
    desk = hub.desk
    seen = {one.number: one.bic[:8] for one in desk.scheme.participants if reach.bank(one.bic)}
    live = list(desk.live.values())[: LOOKED_AT_MAX + 1]
    moves: Moves = []
    for payment in live[:LOOKED_AT_MAX]:
        if reach.bank(payment.sender):
            moves += list(queued(payment))
    hits: dict[str, int] = {}
    cases = [one for one in desk.cases.values() if one.open and sees(hub, reach, caller.roles, one)]
    for case in cases:
        payment_of = hub.payment(case.payment) if case.payment else None
        for bic in {payment_of.sender[:8], payment_of.creditor_agent[:8]} if payment_of is not None else {case.subject[:8]}:
            hits[bic] = hits.get(bic, 0) + 1
    queues: dict[str, int] = {}
    for number, _ in desk.queues.waiting():
        sender = desk.live[number].sender[:8]
        queues[sender] = queues.get(sender, 0) + 1
    home, unknown, exposures, resources = _exposures(hub, seen)
    return View(
        desk.counters.day, desk.counters.day_ended, desk.counters.open_cycle, _members(hub, reach, hits, queues),
        held(hub, reach), limits(hub, reach) if desk.rules is not None else [], home, unknown, exposures, resources, _lodged(hub, reach),
        Waiting(
            len(cases), sum(not one.assignee for one in cases), min((one.opened_at for one in cases), default=0),
            min((one.due_at for one in cases if one.due_at), default=0),
        ),
        [
            Fallen(one.number, one.bic[:8], [bic8(bic) for bic in one.failing], one.day, one.state.name, one.steps)
            for _, one in sorted(desk.defaults.items(), reverse=True)
            if any(reach.bank(bic) for bic in (one.bic, *one.failing))
        ],
        moves, len(live) <= LOOKED_AT_MAX,
    )  # fmt: skip


def _members(hub: Hub, reach: Reach, hits: Mapping[str, int], queues: Mapping[str, int]) -> list[Member]:
    """The participants with the standing that the rules of the day give them."""
    rules = hub.desk.rules
    today = {one.number: one for one in rules.participants.values()} if rules is not None else {}
    found = []
    for named in sorted(hub.desk.scheme.participants, key=lambda one: (one.country, one.bic)):
        if reach.bank(named.bic):
            one, bic = today.get(named.number, named), named.bic[:8]
            found.append(
                Member(
                    bic,
                    one.name,
                    one.country,
                    one.standing,
                    one.roles == {"settlement_agent"},
                    queues.get(bic, 0),
                    hits.get(bic, 0),
                )
            )
    return found


def _exposures(hub: Hub, seen: Mapping[int, str]) -> tuple[str, str, list[Exposure], int]:
    """By family with a member that is seen; and the resources that all share. What others of a family owe is within its sum, without their names."""
    if hub.desk.rules is None:
        return "", "", [], 0
    report = exposure_report(hub.desk, hub.books, hub.collateral)
    found = [
        Exposure(one.family, [seen[number] for number in one.members if number in seen], one.owed, one.own, one.uncovered)
        for one in report.exposures
        if any(number in seen for number in one.members)
    ]
    return report.home, report.unknown, found, report.now.resources if report.now is not None else 0


def _lodged(hub: Hub, reach: Reach) -> list[Lodged]:
    known = hub.desk.scheme.currencies
    return [
        Lodged(place.holder, place.purpose, place.asset, units, place.asset in known)
        for place, units in hub.collateral.holdings()
        if reach.bank(place.holder)
    ]


def corridors(sums: Mapping[Count, tuple[int, int]], countries: frozenset[str]) -> list[Corridor]:
    """What payments came to whose payer or payee is of these countries, by corridor. Pure."""
    found: dict[tuple[str, str, str], dict[str, tuple[int, int]]] = {}
    for key, (count, minor) in sums.items():
        if key.what in _OUTCOMES and not countries.isdisjoint((key.payer, key.payee)) and key.currency:
            of = found.setdefault((key.payer, key.payee, key.currency), {})
            before = of.get(key.what, (0, 0))
            of[key.what] = (before[0] + count, before[1] + minor)
    return [Corridor(*key, *(of.get(what, (0, 0)) for what in _OUTCOMES)) for key, of in sorted(found.items())]


def shares(paid: Iterable[Paid], own: Sequence[str]) -> list[Share]:
    """Who pays most of what is paid in a currency (PFMI principle 3), over the whole union; by name the own members alone. Pure."""
    rows = list(paid)
    found = []
    for currency in sorted({one.currency for one in rows}):
        sums = sorted((-one.minor, one.bic) for one in rows if one.currency == currency and one.minor)
        whole = -sum(minor for minor, _ in sums)
        if not whole:
            continue
        of = [-minor * 1000 // whole for minor, _ in sums]
        named = [(bic, -minor, mille) for (minor, bic), mille in zip(sums, of, strict=True) if bic in own]
        five = -sum(minor for minor, _ in sums[:5]) * 1000 // whole
        found.append(Share(currency, len(sums), of[0], five, named))
    return found


def of_day(sums: Mapping[Count, tuple[int, int]], countries: frozenset[str], opened: int, now: int, live: Moves) -> Course:
    """The course of the day: what payers of these countries settled, and how much of theirs waited."""
    own = [(key, count) for key, (count, _) in sums.items() if key.payer in countries]
    settled = [(key.slot, count) for key, count in own if key.what == "settled"]
    changes = [(key.slot, count if key.what == "queued" else -count) for key, count in own if key.what in ("queued", "unqueued")]
    changes += [(instant, 1 if what == "queued" else -1) for what, instant in live]
    return course(settled, changes, opened, now)


async def page(visit: Visit) -> Response:
    caller, house = visit.caller, visit.house
    assert caller is not None
    visit.note(Right.SUPERVISE_LOOK, "place supervisor")
    reach, trail = visit.reach, house.following.trail
    behind = await house.following.up()
    now = await house.ask(lambda hub: view(hub, reach, caller))
    day = visit.asked("day", 10) or now.day
    days = trail.days()
    opened = dict(days).get(day, 0)
    sums, paid = trail.sums(day), trail.paid(day)
    end = min((at for _, at in days if at > opened), default=int(house.clock.now()))
    bics = [one.bic for one in now.members]
    looks: list[Look] = house.access.looks.newest(who=caller.name, most=LOOKS_MAX)
    settled: dict[str, int] = {}
    for one in paid:
        settled[one.bic] = settled.get(one.bic, 0) + one.payments
    return visit.page(
        "supervisor.html", view=now, day=day, days=[one for one, _ in days], behind=behind,
        corridors=corridors(sums, caller.jurisdiction), shares=shares(paid, bics), settled=settled,
        course=of_day(sums, caller.jurisdiction, opened, end, now.moves if day == now.day else []),
        countries=sorted(caller.jurisdiction), looks=looks, audits=visit.allows(Right.AUDIT_LOOK), reads_cases=visit.allows(Right.CASE_LOOK),
    )  # fmt: skip

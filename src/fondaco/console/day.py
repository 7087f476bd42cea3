"""The day at a glance: what is owed between whom and not settled yet, what netting saves, what waits, and the money that there is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from starlette.responses import Response, StreamingResponse

from fondaco.access import Reach, Right
from fondaco.console.network import Drawing, Edge, drawing
from fondaco.console.owing import Owing
from fondaco.console.positions import held
from fondaco.console.visit import SECURITY, Shown, Visit
from fondaco.hub import Hub
from fondaco.payments import State
from fondaco.reporting import Position
from fondaco.settlement import Cycle, CycleState


class Owed(NamedTuple):
    """What one member owes another in a currency, in whole minor units, of how many payments."""

    payer: int
    payee: int
    currency: str
    minor: int
    payments: int


class Line(msgspec.Struct, frozen=True):
    """One currency. Amounts in whole minor units; `saved_mille` is what netting saves of the gross, in thousandths."""

    currency: str
    payments: int
    gross: int
    net: int
    saved_mille: int
    queued: int
    queued_minor: int


class Ended(msgspec.Struct, frozen=True):
    """A cycle that settled, in one currency."""

    number: int
    decided_at: int
    currency: str
    gross: int
    net: int
    saved_mille: int


class Liquidity(msgspec.Struct, frozen=True):
    """Prefunded money of the members that are seen, in one currency and whole minor units: all of it, what of it is free, what they would have to pay if
    the open cycle closed now, and how much of that is not there."""

    currency: str
    booked: int
    available: int
    pay_in: int
    shortfall: int


class OwedRow(msgspec.Struct, frozen=True):
    """The same with BICs of eight in place of numbers."""

    payer: str
    payee: str
    currency: str
    minor: int
    payments: int


class Glance(msgspec.Struct, frozen=True):
    """The day as one caller sees it. `whole` is false where what is owed is of a part of the payments that live."""

    day: str
    ended: bool
    cycle: int
    cut_off: int
    lines: list[Line]
    liquidity: list[Liquidity]
    cycles: list[Ended]
    owed: list[OwedRow]
    map: Drawing | None
    queued: int
    held: int
    accepted: int
    list_set: str
    whole: bool


def saved_mille(gross: int, net: int) -> int:
    """What netting saves, in thousandths of the gross, rounded down; 0 for nothing."""
    return (gross - net) * 1000 // gross if gross else 0


def net_of(owed: Iterable[Owed]) -> dict[str, tuple[int, int, int]]:
    """By currency: payments, gross, and the net that would have to move; in whole minor units. Pure."""
    gross: dict[str, int] = {}
    counts: dict[str, int] = {}
    nets: dict[tuple[str, int], int] = {}
    for one in owed:
        gross[one.currency] = gross.get(one.currency, 0) + one.minor
        counts[one.currency] = counts.get(one.currency, 0) + one.payments
        nets[one.currency, one.payer] = nets.get((one.currency, one.payer), 0) - one.minor
        nets[one.currency, one.payee] = nets.get((one.currency, one.payee), 0) + one.minor
    return {
        currency: (counts[currency], minor, sum(net for (code, _), net in nets.items() if code == currency and net > 0))
        for currency, minor in gross.items()
    }


def liquidity_of(positions: Iterable[Position]) -> list[Liquidity]:
    """Positions summed by currency. Pure."""
    sums: dict[str, tuple[int, int, int, int]] = {}
    for one in positions:
        booked, available, pay_in, shortfall = sums.get(one.currency, (0, 0, 0, 0))
        sums[one.currency] = (booked + one.booked, available + one.available, pay_in + one.pay_in, shortfall + one.shortfall)
    return [Liquidity(code, *sums[code]) for code in sorted(sums)]


def glance(hub: Hub, reach: Reach, owing: Owing) -> Glance:
    """The day as `reach` sees it. Figures of a currency are of what is seen alone; `owing` is what the last question left."""
    desk = hub.desk
    rules = desk.rules
    names = {one.number: one.bic[:8] for one in desk.scheme.participants}
    seen = {number for number, bic in names.items() if reach.bank(bic)}
    waiting: dict[str, tuple[int, int]] = {}
    for number, (_, currency, _) in desk.queues.waiting():
        payment = desk.live[number]
        if reach.bank(payment.sender):
            count, minor = waiting.get(currency, (0, 0))
            waiting[currency] = (count + 1, minor + payment.source_minor)
    whole = rules is None or owing.follow(desk.live, rules)
    sums = {} if rules is None else {pair: of for pair, of in owing.sums.items() if pair[0] in seen or pair[1] in seen}
    owed = [Owed(payer, payee, code, minor, count) for (payer, payee, code), (minor, count) in sorted(sums.items())]
    figures = net_of(owed)
    lines = [
        Line(code, *figures.get(code, (0, 0, 0)), saved_mille(*figures.get(code, (0, 0, 0))[1:]), *waiting.get(code, (0, 0)))
        for code in sorted(figures.keys() | waiting.keys())
    ]
    cycle = desk.cycles.get(desk.counters.open_cycle)
    banks = [(one.number, one.bic[:8], one.country) for one in desk.scheme.participants if one.roles != {"settlement_agent"}]
    return Glance(
        desk.counters.day, desk.counters.day_ended, desk.counters.open_cycle, cycle.cut_off if cycle is not None else 0, lines,
        liquidity_of(held(hub, reach)), _ended(desk.cycles.values()),
        [OwedRow(names.get(one.payer, "-"), names.get(one.payee, "-"), one.currency, one.minor, one.payments) for one in owed if one.payee],
        drawing(banks, _edges(owed)),
        sum(count for count, _ in waiting.values()),
        sum(1 for one in desk.live.values() if one.state is State.HELD and reach.payment(one)),
        owing.accepted(reach.payment) if rules is not None else 0, desk.counters.list_set, whole,
    )  # fmt: skip


def _edges(owed: Iterable[Owed]) -> list[Edge]:
    """One arrow for each pair that owes, over all currencies; what is owed to the hub (its fee) has none."""
    counts: dict[tuple[int, int], int] = {}
    for one in owed:
        if one.payee:
            counts[one.payer, one.payee] = counts.get((one.payer, one.payee), 0) + one.payments
    return [Edge(payer, payee, count) for (payer, payee), count in counts.items()]


def _ended(cycles: Iterable[Cycle]) -> list[Ended]:
    """The last cycles that settled, newest first, a line for each currency."""
    settled = [one for one in cycles if one.state is CycleState.SETTLED and one.decided_at and one.figures]
    settled.sort(key=lambda one: -one.number)
    return [
        Ended(one.number, one.decided_at, code, gross, net, saved_mille(gross, net))
        for one in settled[:4]
        for code, gross, _, net in sorted(one.figures)
    ]


async def page(visit: Visit) -> Response:
    visit.note(Right.CYCLE_LOOK, "place day")
    reach, owing = visit.reach, visit.house.owing
    now = await visit.house.ask(lambda hub: glance(hub, reach, owing))
    return visit.page("day.html", glance=now, bundles=visit.allows(Right.EVIDENCE_BUNDLE), live="/day/live")


async def live(visit: Visit) -> Response:
    """The same as it changes, while the session lasts. One fragment serves everybody who sees the same in the same language."""
    house, caller = visit.house, visit.caller
    assert caller is not None
    if house.live.full:
        raise Shown(503)
    visit.note(Right.CYCLE_LOOK, "place day")
    reach, language, session = visit.reach, visit.language, visit.session

    async def make() -> str:
        return house.pages.render(
            "day_facts.html", language, {"glance": await house.ask(lambda hub: glance(hub, reach, house.owing))}
        )

    def allowed() -> bool:
        return house.access.sessions.recognise(session, house.clock.now()) == caller

    key = ("day", language, caller.roles, caller.institution, caller.jurisdiction)
    return StreamingResponse(house.live.watch(key, make, allowed), media_type="text/event-stream", headers=SECURITY)

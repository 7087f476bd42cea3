"""Positions and limits: what members hold, owe and may still owe; and what one payment more would find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from starlette.responses import Response

from fondaco.access import Reach, Right
from fondaco.console.language import Words
from fondaco.console.visit import Visit
from fondaco.core import CURRENCIES, AmountFault
from fondaco.hub import Hub, set_by_text
from fondaco.reporting import Position


class Limit(msgspec.Struct, frozen=True):
    """A limit in whole minor units; `towards` a bank, a country, `all` or `cap`; `used` is None where nobody counts it or no rate tells it."""

    bank: str
    towards: str
    currency: str
    minor: int
    used: int | None
    set_by: str


class WhatIf(msgspec.Struct, frozen=True):
    """What a payment of `minor` would find: the room before it, and what it leaves; below zero is what would be lacking.

    `ahead` counts those that wait in the same queue: nobody overtakes them.
    """

    bank: str
    currency: str
    minor: int
    urgent: bool
    room: int
    left: int
    ahead: int = 0

    @property
    def fits(self) -> bool:
        return self.left >= 0 and not self.ahead


def what_if(one: Position, minor: int, *, urgent: bool, ahead: int = 0) -> WhatIf:
    """Urgent payments take prefunded money, others what the cap of the open cycle still lets a member owe. Fees and limits that a member set
    itself are not looked at. Pure."""
    room = one.available if urgent else one.headroom
    return WhatIf(one.bic[:8], one.currency, minor, urgent, room, room - minor, ahead)


def held(hub: Hub, reach: Reach) -> list[Position]:
    """Positions in the open cycle, of whom `reach` sees, by member and currency."""
    desk = hub.desk
    if desk.rules is None:
        return []
    wanted = [
        (one.number, one.bic, currency)
        for one in sorted(desk.scheme.participants, key=lambda one: one.number)
        for currency in sorted(one.currencies)
        if one.roles != {"settlement_agent"} and reach.bank(one.bic)
    ]
    return hub.positions.of(wanted)


def queued(hub: Hub) -> dict[tuple[int, str, bool], int]:
    """How many wait in each queue: by the payer's number, currency, and whether urgent."""
    counts: dict[tuple[int, str, bool], int] = {}
    for _, key in hub.desk.queues.waiting():
        counts[key] = counts.get(key, 0) + 1
    return counts


def limits(hub: Hub, reach: Reach) -> list[Limit]:
    """Members' own caps, their limits on what flows, and on what they owe over all currencies."""
    desk, limiting = hub.desk, hub.limiting
    known = {one.number: one.bic[:8] for one in desk.scheme.participants}
    rows = [
        Limit(known[number], "cap", currency, minor, None, set_by_text(""))
        for (number, currency), minor in sorted(desk.limits.items())
    ]
    for ((payer, currency, towards), minor, used), setter in zip(limiting.state(), limiting.set_by(), strict=True):
        other = known[int(towards)] if towards.isdigit() else towards
        rows.append(Limit(known[payer], other, currency, minor, used, set_by_text(setter)))
    rows += [
        Limit(known[one.payer], one.towards, one.currency, one.minor, one.used_minor, set_by_text(one.set_by))
        for one in limiting.totals.state()
    ]
    return [row for row in rows if reach.bank(row.bank)]


def _tried(
    rows: Sequence[Position],
    waiting: Mapping[tuple[int, str, bool], int],
    account: str,
    amount: str,
    words: Words,
    *,
    urgent: bool,
) -> WhatIf | None:
    """None where the account is none that is seen. Raises `AmountFault`."""
    one = next((one for one in rows if f"{one.bic[:8]} {one.currency}" == account), None)
    if one is None:
        return None
    minor = words.minor_of(amount, CURRENCIES[one.currency].exponent)
    return what_if(one, minor, urgent=urgent, ahead=waiting.get((one.number, one.currency, urgent), 0))


async def page(visit: Visit) -> Response:
    visit.note(Right.POSITION_LOOK, "place positions")
    reach, sees_limits = visit.reach, visit.allows(Right.LIMIT_LOOK)
    if sees_limits:
        visit.note(Right.LIMIT_LOOK, "place positions")
    cycle, rows, waiting, bounds = await visit.house.ask(
        lambda hub: (hub.desk.counters.open_cycle, held(hub, reach), queued(hub), limits(hub, reach) if sees_limits else [])
    )
    account, amount, urgent = visit.asked("account"), visit.asked("amount", 30), visit.asked("kind") == "urgent"
    tried, wrong = None, False
    if amount:
        try:
            tried = _tried(rows, waiting, account, amount, visit.words, urgent=urgent)
        except AmountFault:
            wrong = True
        wrong = wrong or tried is None
    return visit.page(
        "positions.html", rows=rows, limits=bounds, cycle=cycle, tried=tried, wrong=wrong, account=account, amount=amount, urgent=urgent,
        sees_limits=sees_limits,
    )  # fmt: skip

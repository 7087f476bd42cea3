"""The default drill: what the rulebook's articles would do if a member failed now. Nothing is changed, booked or sent; to declare takes two operators elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from starlette.responses import Response

from fondaco.access import Reach, Right
from fondaco.console.visit import Visit
from fondaco.core import Refusal, bic8
from fondaco.hub import Cascade, Hub, cascade, drill, seen_text
from fondaco.settlement import ASSESSMENTS, COLLATERAL, OPERATOR, OTHER_MONEY, OWN_SHARE, SURVIVORS, Drill, Waterfall

# With more payments alive a drill would keep the hub waiting too long; the command line has it, while the hub is not served.
LIVE_MAX, LEAVING_MAX = 20_000, 200
WIDTH, ROW = 640, 34
_ORDER = (OTHER_MONEY, COLLATERAL, OWN_SHARE, OPERATOR, SURVIVORS, ASSESSMENTS)


def _(text: str) -> str:
    """Marks a text for the catalogs; it is translated where it is shown."""
    return text


UNMET = _("unmet: nobody bears it")
TRANCHES: Mapping[str, str] = {
    OTHER_MONEY: _("its money of other currencies"),
    COLLATERAL: _("its collateral"),
    OWN_SHARE: _("its share of the fund"),
    OPERATOR: _("the operator's tranche"),
    SURVIVORS: _("the survivors' shares"),
    ASSESSMENTS: _("assessments of the survivors"),
}
TOO_MANY = _("Too many payments are alive for a drill beside the hub's work.")


class Bearing(msgspec.Struct, frozen=True):
    """What somebody bears of a tranche, out of what it has in it; `bic` is "" for those that the caller does not see, together."""

    bic: str
    many: int
    size: int
    minor: int


class Tranche(msgspec.Struct, frozen=True):
    """A step of the waterfall: what it bears, out of what it has, and what is left after it. `x` and `width` are where it is drawn."""

    title: str
    size: int
    minor: int
    left: int
    x: int
    width: int
    y: int
    who: list[Bearing]


class Missing(msgspec.Struct, frozen=True):
    """What one that fails would pay in of a currency and what its own money pays, in that currency's minor units; `home` is the rest in that of exposures."""

    bic: str
    currency: str
    owed: int
    paid: int
    home: int


class Struck(msgspec.Struct, frozen=True):
    """Who would be short in a round of the cascade, by so many minor units; `bic` is "" for those that the caller does not see, `many` of them together."""

    round: int
    bic: str
    many: int
    currency: str
    short: int


class Rehearsed(msgspec.Struct, frozen=True):
    """A drill as one caller sees it. Amounts in minor units of `home` unless a currency stands beside them. `hidden` payments leave that it does not see."""

    bic: str
    failing: list[str]
    cycles: list[int]
    settled: list[int]
    home: str
    loss: int
    unmet: int
    missing: list[Missing]
    tranches: list[Tranche]
    height: int
    dropped: list[tuple[str, str]]
    leaving: list[str]
    hidden: int
    struck: list[Struck]
    after: list[int]
    seen: str
    batch: int
    head: str
    articles: list[tuple[str, str, str]]
    notices: int


class Choice(msgspec.Struct, frozen=True):
    """A member that could be chosen."""

    bic: str
    name: str


def choices(hub: Hub, reach: Reach) -> list[Choice]:
    """The members that the caller sees, which could fail."""
    rules = hub.desk.rules
    if rules is None:
        return []
    return [Choice(one.bic[:8], one.name) for one in sorted(rules.members(), key=lambda one: one.bic) if reach.bank(one.bic)]


def rehearse(hub: Hub, reach: Reach, bic: str) -> Rehearsed | Refusal | str:
    """What would happen; a refusal with the hub's words, or a text of the catalogs."""
    if len(hub.desk.live) > LIVE_MAX:
        return TOO_MANY
    found = drill(hub.desk, hub.books, hub.journal, hub.collateral, bic)
    if isinstance(found, Refusal):
        return found
    return told(hub, reach, found, cascade(hub.desk, hub.books, found.failing, found.cycles))


def told(hub: Hub, reach: Reach, found: Drill, then: Cascade) -> Rehearsed:
    leaving = [uetr for number, uetr in found.leaving if reach.payment(hub.desk.live[number])]
    tranches = drawn(found.fall, reach)
    return Rehearsed(
        found.bic, list(found.failing), list(found.cycles), list(found.settled), found.home, found.fall.loss, found.fall.unmet,
        [Missing(one.bic, one.currency, one.owed, one.paid, one.home) for one in found.short if reach.bank(one.bic)], tranches, ROW * (len(tranches) + 1),
        [one for one in found.dropped if reach.bank(one[0])], leaving[:LEAVING_MAX], len(found.leaving) - len(leaving[:LEAVING_MAX]), _struck(then, reach), list(then.leaving), seen_text(found),
        found.batch, found.head, list(found.articles), len(found.notices),
    )  # fmt: skip


def drawn(fall: Waterfall, reach: Reach) -> list[Tranche]:
    """The steps in the order of the articles, each beginning where the one before ended; what nobody bears is the last."""
    left, rows = fall.loss, []
    whole = max(fall.loss, 1)
    for place, tranche in enumerate(_ORDER):
        of = [one for one in fall.borne if one.tranche == tranche]
        minor = sum(one.minor for one in of)
        own = [
            Bearing(one.bic, 1, one.size, one.minor)
            for one in of
            if one.size and (reach.all or reach.bank(one.bic) or tranche == OPERATOR)
        ]
        others = [one for one in of if one.size and not any(one.bic == known.bic for known in own)]
        if others:
            own.append(Bearing("", len(others), sum(one.size for one in others), sum(one.minor for one in others)))
        x = (fall.loss - left) * WIDTH // whole
        left -= minor
        rows.append(
            Tranche(TRANCHES[tranche], sum(one.size for one in of), minor, left, x, minor * WIDTH // whole, place * ROW, own)
        )
    x = (fall.loss - left) * WIDTH // whole
    rows.append(Tranche(UNMET, 0, fall.unmet, 0, x, fall.unmet * WIDTH // whole, len(_ORDER) * ROW, []))
    return rows


def _struck(then: Cascade, reach: Reach) -> list[Struck]:
    """Who else would be short; of those that are not seen the number and the sum, by round and currency."""
    rows: list[Struck] = []
    others: dict[tuple[int, str], tuple[int, int]] = {}
    for one in then.struck:
        if reach.all or reach.bank(one.bic):
            rows.append(Struck(one.round, one.bic, 1, one.currency, one.short))
        else:
            many, short = others.get((one.round, one.currency), (0, 0))
            others[one.round, one.currency] = (many + 1, short + one.short)
    rows += [Struck(at, "", many, currency, short) for (at, currency), (many, short) in others.items()]
    return sorted(rows, key=lambda row: (row.round, row.bic == "", row.bic, row.currency))


def _declared(hub: Hub, reach: Reach) -> Sequence[tuple[int, str, str, str]]:
    """Every declared default that is seen: number, who, day, state."""
    return [
        (number, bic8(one.bic), one.day, one.state.name)
        for number, one in sorted(hub.desk.defaults.items(), reverse=True)
        if any(reach.bank(bic) for bic in (one.bic, *one.failing))
    ]


async def page(visit: Visit) -> Response:
    bic = visit.asked("bic", 11).upper()[:8]
    visit.note(Right.DEFAULT_LOOK, f"drill {bic}".strip())
    reach = visit.reach
    known, declared = await visit.house.ask(lambda hub: (choices(hub, reach), _declared(hub, reach)))
    found = None
    if any(one.bic == bic for one in known):
        found = await visit.house.ask(lambda hub: rehearse(hub, reach, bic))
    why = found.sentence() if isinstance(found, Refusal) else ""
    return visit.page(
        "drill.html", choices=known, declared=declared, bic=bic, why=why, said=found if isinstance(found, str) else "",
        found=found if isinstance(found, Rehearsed) else None, width=WIDTH, row=ROW, sees_payments=visit.allows(Right.PAYMENT_LOOK),
    )  # fmt: skip

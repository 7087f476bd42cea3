"""What waits for a second person: deeds of the desk, and payments of one's own house that somebody wrote by hand. To approve, and to take back."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from fondaco.access import Reach, Right, Whose, may, other_person, second_right
from fondaco.console.deciding import NOTE_LENGTH_MAX
from fondaco.console.deeds import done, done_under, noted
from fondaco.console.draft import Draft, Event
from fondaco.console.draft import State as DraftState
from fondaco.console.markup import highlighted
from fondaco.console.visit import Shown, Visit
from fondaco.console.voting import ballots, said
from fondaco.core import Refusal, bic8
from fondaco.hub import (
    Arrive,
    CloseCycle,
    EndDay,
    Hub,
    LimitFlow,
    LimitTotal,
    OpenDay,
    Proposal,
    Propose,
    Second,
    SetLimit,
    TakeBackProposal,
    Twofold,
)
from fondaco.rulebook import ProposalState

ENDED_MAX = 30


class Shape(msgspec.Struct, frozen=True):
    """A proposal. `kind` names the deed; amounts in whole minor units, `minor` below zero takes a limit away. `mine`: the caller proposed it, `mine_to_approve`
    where the caller may be its second person."""

    number: int
    kind: str
    bank: str
    towards: str
    currency: str
    minor: int
    day: str
    by: str
    made_at: int
    until: int
    state: str
    decided_by: str
    decided_at: int
    mine: bool
    mine_to_approve: bool


def shape(one: Proposal, home: str, caller: str, *, may_second: bool) -> Shape:
    deed: Twofold = one.deed
    kind, towards, currency, minor, day = "close_cycle", "", "", 0, ""
    match deed:
        case SetLimit():
            kind, currency, minor = "set_own_cap", deed.currency, deed.minor
        case LimitFlow():
            kind, currency, towards, minor = "set_flow_limit", deed.currency, deed.towards, deed.minor
        case LimitTotal():
            kind, currency, minor = "set_total_limit", home, deed.minor
        case OpenDay():
            kind, day = "open_day", deed.day
        case EndDay():
            kind = "end_day"
        case CloseCycle():
            pass
    waits, mine = one.state is ProposalState.PROPOSED, one.by == caller
    return Shape(
        one.number, kind, one.institution, towards, currency, minor, day, one.by, one.made_at, one.until, one.state.name, one.decided_by,
        one.decided_at, mine and waits, may_second and waits and not mine,
    )  # fmt: skip


def found(hub: Hub, visit: Visit, reach: Reach) -> tuple[list[Shape], list[Shape]]:
    """What waits, oldest first, and what was decided last, of what the caller sees: a bank's by who sees the bank, the operator's by its own people."""
    caller = visit.caller
    assert caller is not None
    home = hub.desk.rules.risk.exposure_currency if hub.desk.rules is not None else ""
    waiting: list[Shape] = []
    ended: list[Shape] = []
    for _, one in sorted(hub.desk.proposals.items(), reverse=True):
        if not (reach.bank(one.institution) if one.institution else reach.all):
            continue
        seconds = may(caller, second_right(one.deed), Whose(one.institution)) is None
        row = shape(one, home, caller.name, may_second=seconds)
        if one.state is ProposalState.PROPOSED:
            waiting.append(row)
        elif len(ended) < ENDED_MAX:
            ended.append(row)
    return waiting[::-1], ended


async def page(visit: Visit) -> Response:
    return await shown(visit)


async def shown(visit: Visit, fault: str = "", status: int = 200) -> Response:
    """The page, with why a deed of it was refused."""
    visit.note(Right.PROPOSAL_LOOK, "place proposals")
    reach, caller, house = visit.reach, visit.caller, visit.house
    assert caller is not None
    waiting, ended = await house.ask(lambda hub: found(hub, visit, reach))
    drafts: list[Draft] = []
    own = bic8(caller.institution) if caller.institution else ""
    if own and (visit.allows(Right.PAYMENT_DRAFT) or visit.allows(Right.PAYMENT_SEND)):
        drafts = house.drafts.of(own, house.clock.now(), waiting=True)
    # Motions are the operator's: who sees everything sees them.
    who, origin = caller.name, house.access.address
    motions = await house.ask(lambda hub: ballots(hub, who, origin)) if reach.all else None
    possible = house.access.passkeys.possible
    proposes, votes = (visit.allows(one) for one in (Right.MOTION_PROPOSE, Right.MOTION_APPROVE))
    signs = possible and motions is not None and motions.signs and (proposes or votes)
    return visit.page(
        "proposals.html", status=status, waiting=waiting, ended=ended, drafts=drafts, may_send=visit.allows(Right.PAYMENT_SEND),
        highlighted=highlighted, fault=fault, back="/console/proposals", motions=motions, passkeys=signs, possible=possible,
        proposes=proposes, votes=votes, note_max=NOTE_LENGTH_MAX,
    )  # fmt: skip


def _number(visit: Visit) -> int:
    given = visit.request.path_params["number"]
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Shown(404)
    return int(given)


async def _one(visit: Visit) -> Proposal:
    number, reach = _number(visit), visit.reach
    one = await visit.house.ask(lambda hub: hub.desk.proposals.get(number))
    if one is None or not (reach.bank(one.institution) if one.institution else reach.all):
        raise Shown(404)
    return one


async def approve(visit: Visit) -> Response:
    """Give the second word: the deed is done with it, or both are refused."""
    one = await _one(visit)
    caller = visit.caller
    assert caller is not None
    if may(caller, second_right(one.deed), Whose(one.institution)) is not None:
        raise Shown(403)
    answer = await done(visit, Second(one.number, caller.name, one.institution), one.deed)
    return await _answered(visit, answer)


async def withdraw(visit: Visit) -> Response:
    one = await _one(visit)
    caller = visit.caller
    assert caller is not None
    own = bic8(caller.institution) if caller.institution else ""
    return await _answered(visit, await done(visit, TakeBackProposal(one.number, caller.name, own)))


async def propose_closing(visit: Visit) -> Response:
    """Propose to close the open cycle now. Another operator approves it."""
    caller = visit.caller
    assert caller is not None
    return await _answered(visit, await done(visit, Propose(caller.name, "", CloseCycle())))


async def vote(visit: Visit) -> Response:
    """A vote that was signed, the first of a motion or another: the hub counts it."""
    fault, status = await said(visit)
    return await shown(visit, fault, status) if fault else visit.to("/proposals#motions")


async def _answered(visit: Visit, answer: Refusal | str | None) -> Response:
    if isinstance(answer, Refusal):
        return await shown(visit, answer.sentence(), 409)
    return visit.to("/proposals#waiting")


# Payments that were written by hand


async def send(visit: Visit) -> Response:
    """Send a payment that another wrote: it goes the way of every message, and is screened as every one. Sent once, however often this is asked."""
    one = _draft(visit)
    house, caller = visit.house, visit.caller
    assert caller is not None
    other = other_person(one.by, caller)
    if other is not None:
        return await shown(visit, other.sentence(), 409)
    now = house.clock.now()
    if one.state is DraftState.SENT:
        return visit.to(f"/payments/{one.uetr}")
    released = house.drafts.step(one.uetr, one.state, Event.APPROVED, caller.name, now) if one.state in _SENDABLE else None
    if released is None:
        raise Shown(410)
    noted(visit, Right.PAYMENT_SEND, f"payment {one.uetr}")
    sender = next((bank.bic for bank in house.scheme().participants if bank.bic[:8] == one.institution), one.institution)
    answer = await done_under(visit, f"draft {one.uetr}", Arrive(sender, released.raw))
    if isinstance(answer, Refusal):
        house.drafts.step(one.uetr, DraftState.RELEASED, Event.NOT_TAKEN, caller.name, house.clock.now())
        return await shown(visit, answer.sentence(), 409)
    house.drafts.step(one.uetr, DraftState.RELEASED, Event.TAKEN, caller.name, house.clock.now())
    return visit.to(f"/payments/{one.uetr}")


_SENDABLE = (DraftState.DRAFTED, DraftState.RELEASED)


async def take_back(visit: Visit) -> Response:
    """Who wrote it takes it back."""
    one = _draft(visit)
    house, caller = visit.house, visit.caller
    assert caller is not None
    if one.by != caller.name:
        raise Shown(403)
    if house.drafts.step(one.uetr, DraftState.DRAFTED, Event.TAKEN_BACK, caller.name, house.clock.now()) is None:
        raise Shown(410)
    noted(visit, Right.PAYMENT_DRAFT, f"payment {one.uetr}")
    return visit.to("/pay")


def _draft(visit: Visit) -> Draft:
    """The draft of the caller's own house that the path names. Raises `Shown`."""
    caller = visit.caller
    assert caller is not None
    one = visit.house.drafts.find(visit.request.path_params["uetr"].lower()[:36], visit.house.clock.now())
    if one is None or not caller.institution or one.institution != bic8(caller.institution):
        raise Shown(404)
    return one

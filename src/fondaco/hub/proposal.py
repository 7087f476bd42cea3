"""Deeds at the desk that take two people: one proposes, another approves, and time ends what nobody approved. Pure.

A proposal holds the very command that is to be decided, so that the second person approves what the first one asked for, and nothing else.
"""

from __future__ import annotations

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.hub.commands import (
    CloseCycle,
    EndDay,
    LimitFlow,
    LimitTotal,
    OpenDay,
    Propose,
    Second,
    SetLimit,
    TakeBackProposal,
    Twofold,
)
from fondaco.rulebook import PROPOSAL, ProposalEvent, ProposalState

HOURS_OPEN = 24
# So many may wait of one institution: who proposes without end fills no desk.
OPEN_MAX = 100
_HOUR_NS = 3_600 * 1_000_000_000


class Proposal(msgspec.Struct, frozen=True, array_like=True):
    """One deed and who stands behind it. `institution` is the BIC of eight whose deed it is, "" for the operator's; `until` is when it lapses;
    `decided_by` and `decided_at` are of its end, "" and 0 while it waits."""

    number: int
    deed: Twofold
    institution: str
    by: str
    made_at: Instant
    until: Instant
    state: ProposalState = ProposalState.PROPOSED
    decided_by: str = ""
    decided_at: int = 0


def propose(number: int, said: Propose, waiting: list[Proposal], at: Instant) -> Proposal | Refusal:
    """A new proposal; `waiting` are those that nobody decided yet."""
    own = [one for one in waiting if one.institution == said.institution]
    known = next((one for one in own if one.deed == said.deed), None)
    if known is not None:
        return Refusal(Reason.OUT_OF_TURN, "proposal", f"{known.number} is the same and waits", "2.2")
    if len(own) >= OPEN_MAX:
        return Refusal(Reason.ASKED_TOO_OFTEN, "proposal", f"{OPEN_MAX} wait", "2.2")
    return Proposal(number, said.deed, said.institution, said.by, at, Instant(int(at) + HOURS_OPEN * _HOUR_NS))


def second_fault(known: Proposal | None, said: Second, deed: object, at: Instant) -> Refusal | None:
    """Why `said` does not let `deed` through: not there (or another's), decided, over, another deed, or the same person."""
    if known is None or known.institution != said.institution:
        return Refusal(Reason.NOT_FOUND, "proposal", str(said.number), "2.2")
    if known.state is not ProposalState.PROPOSED:
        return Refusal(Reason.OUT_OF_TURN, "proposal", f"{known.number} is {known.state.name}", "2.2")
    if at >= known.until:
        return Refusal(Reason.OUT_OF_TURN, "proposal", f"{known.number} lapsed", "2.3")
    if known.deed != deed:
        return Refusal(Reason.OUT_OF_TURN, "proposal", f"{known.number} is for something else", "2.2")
    if known.by == said.by:
        return Refusal(Reason.RIGHT_NOT_HELD, "the second person", f"{said.by} proposed it", "2.2")
    return None


def take_back(known: Proposal | None, said: TakeBackProposal, at: Instant) -> Proposal | Refusal:
    """Who proposed takes back, and nobody else."""
    if known is None or known.institution != said.institution:
        return Refusal(Reason.NOT_FOUND, "proposal", str(said.number), "2.2")
    if known.state is not ProposalState.PROPOSED or at >= known.until:
        return Refusal(Reason.OUT_OF_TURN, "proposal", f"{known.number} does not wait any more", "2.2")
    if known.by != said.by:
        return Refusal(Reason.RIGHT_NOT_HELD, "proposal", f"{known.by} proposed it", "2.2")
    return ended(known, ProposalEvent.TAKEN_BACK, said.by, at)


def ended(known: Proposal, event: ProposalEvent, by: str, at: Instant) -> Proposal:
    """The proposal after its last step."""
    after = PROPOSAL.step(known.state, event).after
    return msgspec.structs.replace(known, state=after, decided_by=by, decided_at=int(at))


def said_of(deed: Twofold) -> str:
    """A deed in words, for the journal; amounts in minor units."""
    match deed:
        case SetLimit():
            return f"cap of {deed.member}: {deed.minor} {deed.currency} minor"
        case LimitFlow():
            return f"limit of {deed.member} towards {deed.towards}: {deed.minor} {deed.currency} minor"
        case LimitTotal():
            return f"limit of {deed.member} over all currencies: {deed.minor} minor"
        case CloseCycle():
            return "close the open cycle"
        case OpenDay():
            return f"open the day {deed.day}"
        case EndDay():
            return "end the day"

"""A held hit: released or confirmed by two different officers, each signing what was decided (Ed25519)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.compliance.screening import Verdict
from fondaco.core import Nothing, Reason, Refusal, Step, Table, signature_holds


class State(Enum):
    OPENED = "OPENED"
    RELEASE_PROPOSED = "RELEASE_PROPOSED"
    CONFIRM_PROPOSED = "CONFIRM_PROPOSED"
    RELEASED = "RELEASED"
    CONFIRMED = "CONFIRMED"
    SUPERSEDED = "SUPERSEDED"


class Event(Enum):
    RELEASE = "RELEASE"
    CONFIRM = "CONFIRM"
    SCREENED_AGAIN = "SCREENED_AGAIN"


S, E, B = State, Event, Nothing

CASE = Table(
    "case",
    start=S.OPENED,
    ends=(S.RELEASED, S.CONFIRMED, S.SUPERSEDED),
    rows=(
        Step(S.OPENED, E.RELEASE, S.RELEASE_PROPOSED, B.NOTHING, "", "5.5"),
        Step(S.OPENED, E.CONFIRM, S.CONFIRM_PROPOSED, B.NOTHING, "", "5.6"),
        Step(S.RELEASE_PROPOSED, E.RELEASE, S.RELEASED, B.NOTHING, "", "5.5"),
        Step(S.RELEASE_PROPOSED, E.CONFIRM, S.CONFIRM_PROPOSED, B.NOTHING, "", "5.6"),
        Step(S.CONFIRM_PROPOSED, E.CONFIRM, S.CONFIRMED, B.NOTHING, "", "5.6"),
        Step(S.CONFIRM_PROPOSED, E.RELEASE, S.RELEASE_PROPOSED, B.NOTHING, "", "5.5"),
        Step(S.OPENED, E.SCREENED_AGAIN, S.SUPERSEDED, B.NOTHING, "", "5.4"),
        Step(S.RELEASE_PROPOSED, E.SCREENED_AGAIN, S.SUPERSEDED, B.NOTHING, "", "5.4"),
        Step(S.CONFIRM_PROPOSED, E.SCREENED_AGAIN, S.SUPERSEDED, B.NOTHING, "", "5.4"),
    ),
)


class Officer(msgspec.Struct, frozen=True):
    """A person whom the rulebook names; `public_key` is the raw Ed25519 key of 32 bytes."""

    officer_id: str
    name: str
    roles: frozenset[str]
    public_key: bytes


class Decision(msgspec.Struct, frozen=True, array_like=True):
    """What one officer decided; the signature covers everything else and the verdict that was seen."""

    case_id: str
    officer_id: str
    verb: str
    note: str
    at: int
    verdict: bytes
    signature: bytes = b""

    def material(self) -> bytes:
        """The bytes that are signed: canonical, and led by what they are for."""
        body = [self.case_id, self.officer_id, self.verb, self.note, self.at, self.verdict]
        return b"fondaco case decision 1\0" + msgspec.msgpack.encode(body)


class Case(msgspec.Struct, frozen=True, array_like=True):
    """One payment's hits on one list set. A decision releases exactly these; a new list set asks again."""

    case_id: str
    payment: int
    opened_at: int
    verdict: Verdict
    state: State = State.OPENED
    decisions: tuple[Decision, ...] = ()


def sign(decision: Decision, key: Ed25519PrivateKey) -> Decision:
    return msgspec.structs.replace(decision, signature=key.sign(decision.material()))


def decide(case: Case, decision: Decision, officers: Mapping[str, Officer]) -> Case | Refusal:
    """The case after one officer's decision, or a refusal that leaves it as it was.

    The first proposes, a second who is somebody else makes it so; one who disagrees turns the proposal round.
    """
    if decision.case_id != case.case_id:
        return Refusal(Reason.NOT_FOUND, "case", decision.case_id)
    officer = officers.get(decision.officer_id)
    if officer is None or "compliance" not in officer.roles:
        return Refusal(Reason.ROLE_NOT_HELD, "officer", decision.officer_id, "5.5")
    if decision.verb not in ("RELEASE", "CONFIRM"):
        return Refusal(Reason.OUT_OF_TURN, "verb", decision.verb, "5.5")
    if not decision.note.strip():
        return Refusal(Reason.ELEMENT_MISSING, "note", "a decision needs its reason", "5.5")
    if decision.verdict != case.verdict.digest():
        return Refusal(Reason.OUT_OF_TURN, "verdict", "the decision was made on another verdict", "5.4")
    if not signature_holds(officer.public_key, decision.signature, decision.material()):
        return Refusal(Reason.ROLE_NOT_HELD, "signature", "the signature does not hold", "5.5")
    event = Event(decision.verb)
    if not CASE.can(case.state, event):
        return Refusal(Reason.OUT_OF_TURN, "case", case.state.name, "5.5")
    row = CASE.step(case.state, event)
    if row.after in (S.RELEASED, S.CONFIRMED):
        proposal = case.decisions[-1]
        proposer = officers.get(proposal.officer_id)
        stands = proposer is not None and "compliance" in proposer.roles
        if proposer is None or not stands or not signature_holds(proposer.public_key, proposal.signature, proposal.material()):
            # Who proposed is an officer no more, or the key was changed since: this decision is the first of two.
            return msgspec.structs.replace(case, decisions=(*case.decisions, decision))
        if proposer.officer_id == decision.officer_id or proposer.public_key == officer.public_key:
            return Refusal(Reason.ROLE_NOT_HELD, "officer", "the second decision is another person's", "5.5")
    return msgspec.structs.replace(case, state=row.after, decisions=(*case.decisions, decision))


def supersede(case: Case) -> Case:
    """Close a case because its payment was screened again on another list set."""
    return msgspec.structs.replace(case, state=CASE.step(case.state, Event.SCREENED_AGAIN).after)

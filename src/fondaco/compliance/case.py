"""A held hit: decided by two different officers within its time, each signing what was decided. What was said stays said."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.compliance.officer import Officer, signature_fault
from fondaco.compliance.verdict import Verdict
from fondaco.core import Nothing, Reason, Refusal, Step, Table, is_assertion

COMPLIANCE, HEAD = "compliance", "compliance_head"
# What an officer may say of a case. A note changes no state.
ASSIGN, ESCALATE, NOTE, RELEASE, CONFIRM = "ASSIGN", "ESCALATE", "NOTE", "RELEASE", "CONFIRM"
VERBS = (ASSIGN, ESCALATE, NOTE, RELEASE, CONFIRM)
# What a refusal found, for whoever tells it in other words.
UNSEEN, SECOND_IS_ANOTHERS = "something was said since that the officer has not seen", "the second decision is another person's"


class State(Enum):
    OPENED = "OPENED"
    ASSIGNED = "ASSIGNED"
    ESCALATED = "ESCALATED"
    RELEASE_PROPOSED = "RELEASE_PROPOSED"
    CONFIRM_PROPOSED = "CONFIRM_PROPOSED"
    RELEASED = "RELEASED"
    CONFIRMED = "CONFIRMED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"


class Event(Enum):
    ASSIGN = "ASSIGN"
    ESCALATE = "ESCALATE"
    RELEASE = "RELEASE"
    CONFIRM = "CONFIRM"
    TIME_RAN_OUT = "TIME_RAN_OUT"
    SCREENED_AGAIN = "SCREENED_AGAIN"


S, E, B = State, Event, Nothing
_UNDECIDED = (S.OPENED, S.ASSIGNED, S.ESCALATED, S.RELEASE_PROPOSED, S.CONFIRM_PROPOSED)

CASE = Table(
    "case",
    start=S.OPENED,
    ends=(S.RELEASED, S.CONFIRMED, S.EXPIRED, S.SUPERSEDED),
    rows=(
        Step(S.OPENED, E.ASSIGN, S.ASSIGNED, B.NOTHING, "", "5.5"),
        Step(S.ASSIGNED, E.ASSIGN, S.ASSIGNED, B.NOTHING, "", "5.5"),
        Step(S.ESCALATED, E.ASSIGN, S.ESCALATED, B.NOTHING, "", "5.5"),
        # Who escalates takes a proposal off the table: it is for a head of compliance now.
        *(Step(state, E.ESCALATE, S.ESCALATED, B.NOTHING, "", "5.8") for state in _UNDECIDED),
        *(Step(state, E.RELEASE, S.RELEASE_PROPOSED, B.NOTHING, "", "5.5") for state in (S.OPENED, S.ASSIGNED, S.ESCALATED)),
        *(Step(state, E.CONFIRM, S.CONFIRM_PROPOSED, B.NOTHING, "", "5.6") for state in (S.OPENED, S.ASSIGNED, S.ESCALATED)),
        Step(S.RELEASE_PROPOSED, E.RELEASE, S.RELEASED, B.NOTHING, "", "5.5"),
        Step(S.RELEASE_PROPOSED, E.CONFIRM, S.CONFIRM_PROPOSED, B.NOTHING, "", "5.6"),
        Step(S.CONFIRM_PROPOSED, E.CONFIRM, S.CONFIRMED, B.NOTHING, "", "5.6"),
        Step(S.CONFIRM_PROPOSED, E.RELEASE, S.RELEASE_PROPOSED, B.NOTHING, "", "5.5"),
        # The clock ran out: nobody released it, and nobody may now.
        *(Step(state, E.TIME_RAN_OUT, S.EXPIRED, B.NOTHING, "", "5.9") for state in _UNDECIDED),
        *(Step(state, E.SCREENED_AGAIN, S.SUPERSEDED, B.NOTHING, "", "5.4") for state in _UNDECIDED),
    ),
)
DECIDED = CASE.ends


class Decision(msgspec.Struct, frozen=True, array_like=True):
    """What one officer said of a case; the signature covers everything else and the verdict that was seen. It is Ed25519, or the whole
    assertion of a passkey (`core.Assertion`) whose challenge is the digest of the same bytes.

    `assignee` is the officer whom ASSIGN names. `seen` is the last link of the case that the officer had before it, b"" where that is not
    said: a word on a case to which somebody added since does not count then. What the hub's clock does has no officer and no signature.
    """

    case_id: str
    officer_id: str
    verb: str
    note: str
    at: int
    verdict: bytes
    signature: bytes = b""
    assignee: str = ""
    seen: bytes = b""

    def material(self) -> bytes:
        """The bytes that are signed: canonical, and led by what they are for."""
        body: list[object] = [self.case_id, self.officer_id, self.verb, self.note, self.at, self.verdict]
        if not self.assignee and not self.seen:
            return b"fondaco case decision 1\0" + msgspec.msgpack.encode(body)
        return b"fondaco case decision 2\0" + msgspec.msgpack.encode([*body, self.assignee, self.seen])


class Case(msgspec.Struct, frozen=True, array_like=True):
    """One payment's hits on one list set. A decision releases exactly these; a new list set asks again.

    `decisions` is everything that was said, in order, and `links` the chain over it: each link is over the one before, the word and its
    signature, so nothing is taken out or altered unseen. `escalate_at` and `due_at` are the instants (ns) at which the clock escalates the
    case and ends it, 0 where no article sets one. `alerts` are its parties with what they hit, the same in every payment of such a party.
    `subject` says who is meant where it is no payment: an applicant or a participant, by BIC.
    """

    case_id: str
    payment: int
    opened_at: int
    verdict: Verdict
    state: State = State.OPENED
    decisions: tuple[Decision, ...] = ()
    escalate_at: int = 0
    due_at: int = 0
    escalated_at: int = 0
    assignee: str = ""
    alerts: tuple[str, ...] = ()
    links: tuple[bytes, ...] = ()
    subject: str = ""

    @property
    def open(self) -> bool:
        return self.state not in DECIDED

    def link(self) -> bytes:
        """The last link; of a case about which nothing was said yet that of its opening."""
        return self.links[-1] if self.links else _first_link(self)


def _first_link(case: Case) -> bytes:
    body = [case.case_id, case.payment, case.opened_at, case.verdict.digest()]
    return hashlib.sha256(b"fondaco case 1\0" + msgspec.msgpack.encode(body)).digest()


def _next_link(before: bytes, decision: Decision) -> bytes:
    return hashlib.sha256(before + decision.material() + decision.signature).digest()


def _said(case: Case, decision: Decision) -> Case:
    """The case with one more word, whatever it does to the state."""
    linked = len(case.links) == len(case.decisions)  # an earlier release kept no chain: what it began has none
    links = (*case.links, _next_link(case.link(), decision)) if linked else ()
    return msgspec.structs.replace(case, decisions=(*case.decisions, decision), links=links)


def chain_fault(case: Case) -> str:
    """What does not hold of a case's chain, "" for nothing. Of one whose notes were erased after their retention nothing can be checked."""
    if not case.links or any(not one.note for one in case.decisions):
        return ""
    if len(case.links) != len(case.decisions):
        return f"case {case.case_id}: {len(case.decisions)} words and {len(case.links)} links"
    before = _first_link(case)
    for at, decision in enumerate(case.decisions):
        before = _next_link(before, decision)
        if before != case.links[at]:
            return f"case {case.case_id}: word {at + 1} is not the one that was said"
    return ""


def sign(decision: Decision, key: Ed25519PrivateKey) -> Decision:
    return msgspec.structs.replace(decision, signature=key.sign(decision.material()))


def decide(case: Case, decision: Decision, officers: Mapping[str, Officer]) -> Case | Refusal:
    """The case after one officer's word, or a refusal that leaves it as it was.

    The first proposes, a second who is somebody else makes it so; one who disagrees turns the proposal round. An escalated case is
    released only with the word of a head of compliance, where the rulebook names any.
    """
    fault = _word_fault(case, decision, officers)
    if fault is not None:
        return fault
    wrong = signature_fault(officers[decision.officer_id], decision.signature, decision.material())
    if wrong:
        return Refusal(Reason.ROLE_NOT_HELD, "signature", wrong, "5.5")
    if is_assertion(decision.signature) and not decision.seen:
        return Refusal(Reason.ELEMENT_MISSING, "seen", "a passkey signs what its officer saw last", "5.5")
    return _come_to(case, decision, officers)


def foresee(case: Case, decision: Decision, officers: Mapping[str, Officer]) -> Case | Refusal:
    """What a word that is not signed yet would come to: for whoever is about to sign it. Nothing is decided by it."""
    return _word_fault(case, decision, officers) or _come_to(case, decision, officers)


def _word_fault(case: Case, decision: Decision, officers: Mapping[str, Officer]) -> Refusal | None:
    """What is wrong with a word whoever signs it."""
    if decision.case_id != case.case_id:
        return Refusal(Reason.NOT_FOUND, "case", decision.case_id)
    officer = officers.get(decision.officer_id)
    if officer is None or COMPLIANCE not in officer.roles:
        return Refusal(Reason.ROLE_NOT_HELD, "officer", decision.officer_id, "5.5")
    if decision.verb not in VERBS:
        return Refusal(Reason.OUT_OF_TURN, "verb", decision.verb, "5.5")
    if not decision.note.strip():
        return Refusal(Reason.ELEMENT_MISSING, "note", "a decision needs its reason", "5.5")
    if decision.verdict != case.verdict.digest():
        return Refusal(Reason.OUT_OF_TURN, "verdict", "the decision was made on another verdict", "5.4")
    if decision.seen and decision.seen != case.link():
        return Refusal(Reason.OUT_OF_TURN, "case", UNSEEN, "5.5")
    return None


def _come_to(case: Case, decision: Decision, officers: Mapping[str, Officer]) -> Case | Refusal:
    """The case after a word that is its officer's own."""
    officer = officers[decision.officer_id]
    # By what was said, not by its signature: of an assertion there may be two upon the same bytes, and of a curve's signature always are.
    if any(decision.material() == one.material() for one in case.decisions):
        return Refusal(Reason.OUT_OF_TURN, "decision", "it was said before", "5.5")
    if decision.verb == NOTE:
        return _said(case, decision)
    event = Event(decision.verb)
    if not CASE.can(case.state, event):
        return Refusal(Reason.OUT_OF_TURN, "case", case.state.name, "5.5")
    row = CASE.step(case.state, event)
    if decision.verb == ASSIGN:
        assignee = officers.get(decision.assignee)
        if assignee is None or COMPLIANCE not in assignee.roles:
            return Refusal(Reason.ROLE_NOT_HELD, "assignee", decision.assignee, "5.5")
        return msgspec.structs.replace(_said(case, decision), state=row.after, assignee=assignee.officer_id)
    if decision.verb == ESCALATE:
        return msgspec.structs.replace(_said(case, decision), state=row.after, escalated_at=case.escalated_at or decision.at)
    if row.after in (S.RELEASED, S.CONFIRMED):
        proposal = proposal_of(case)
        proposer = officers.get(proposal.officer_id)
        stands = proposer is not None and COMPLIANCE in proposer.roles
        if proposer is None or not stands or signature_fault(proposer, proposal.signature, proposal.material()):
            # Who proposed is an officer no more, or the key was changed since: this decision is the first of two.
            return _said(case, decision)
        if proposer.officer_id == decision.officer_id or proposer.keys & officer.keys:
            return Refusal(Reason.ROLE_NOT_HELD, "officer", SECOND_IS_ANOTHERS, "5.5")
        heads = any(HEAD in one.roles and COMPLIANCE in one.roles for one in officers.values())
        if row.after is S.RELEASED and case.escalated_at and heads and HEAD not in proposer.roles | officer.roles:
            return Refusal(Reason.ROLE_NOT_HELD, "officer", "an escalated case needs a head of compliance", "5.8")
    return msgspec.structs.replace(_said(case, decision), state=row.after)


def proposal_of(case: Case) -> Decision:
    """The word that proposed what is on the table, of a case that has one: the last RELEASE or CONFIRM."""
    return next(one for one in reversed(case.decisions) if one.verb in (RELEASE, CONFIRM))


def supersede(case: Case) -> Case:
    """Close a case because its payment was screened again on another list set."""
    return msgspec.structs.replace(case, state=CASE.step(case.state, Event.SCREENED_AGAIN).after)


def escalate(case: Case, at: int) -> Case:
    """The clock's own word: undecided for as long as the article lets it be."""
    word = Decision(case.case_id, "", ESCALATE, "undecided for as long as article 5.8 allows", at, case.verdict.digest())
    return msgspec.structs.replace(_said(case, word), state=CASE.step(case.state, E.ESCALATE).after, escalated_at=at)


def expire(case: Case, at: int) -> Case:
    """The clock's last word: the case ends undecided, and what it held is refused."""
    word = Decision(case.case_id, "", "EXPIRE", "undecided when the time of article 5.9 ran out", at, case.verdict.digest())
    return msgspec.structs.replace(_said(case, word), state=CASE.step(case.state, E.TIME_RAN_OUT).after)

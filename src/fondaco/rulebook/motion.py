"""What people decide about the running hub: a member's standing, a longer day, another rulebook. One proposes, others carry."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import Nothing, Reason, Refusal, Step, Table, word_fault
from fondaco.rulebook.participant import OfficerRule

STANDING, EXTENSION, RULES, KEY = "standing", "extension", "rules", "key"
LODGE, RELEASE = "lodge", "release"
RESIDUAL = "residual"
DECLARE = "declare"
OPERATOR, REPRESENTATIVE = "operator", "representative"


class State(Enum):
    PROPOSED = "PROPOSED"
    CARRIED = "CARRIED"
    LAPSED = "LAPSED"


class Event(Enum):
    SECONDED = "SECONDED"
    DAY_ENDED = "DAY_ENDED"


MOTION = Table(
    "motion",
    start=State.PROPOSED,
    ends=(State.CARRIED, State.LAPSED),
    rows=(
        Step(State.PROPOSED, Event.SECONDED, State.CARRIED, Nothing.NOTHING, "", "2.2"),
        Step(State.PROPOSED, Event.DAY_ENDED, State.LAPSED, Nothing.NOTHING, "", "2.3"),
    ),
)


class Deed(msgspec.Struct, frozen=True, array_like=True):
    """What is to be done: `standing` of a BIC to one of the standings; `extension` of a currency's day by whole minutes; `rules` of a
    version from a business day on; `key` of an applicant (BIC) by its fingerprint; `lodge` and `release` of collateral (holder's BIC of
    eight, purpose, asset) by whole units; `residual` of a close (its number, debtor's and creditor's BICs of eight) by whole minor units of
    the creditor's currency: its agreed asset was delivered; `declare` of a participant's (BIC) default, by the figures of the dry run that was seen:
    loss and unmet in minor units, and their digest."""

    kind: str
    subject: str
    value: str


class Vote(msgspec.Struct, frozen=True, array_like=True):
    """One operator's signed word for a deed, on one business day. `at` is the operator's own instant, part of what is signed. `signature` is of the
    officer's key, or the whole assertion of one of its passkeys."""

    deed: Deed
    officer_id: str
    note: str
    day: str
    at: int
    signature: bytes = b""

    def material(self) -> bytes:
        """The bytes that are signed: canonical, and led by what they are for."""
        body = [self.deed.kind, self.deed.subject, self.deed.value, self.officer_id, self.note, self.day, self.at]
        return b"fondaco motion 1\0" + msgspec.msgpack.encode(body)


class Motion(msgspec.Struct, frozen=True, array_like=True):
    """A deed and the votes for it, in the order in which they came."""

    key: str
    deed: Deed
    votes: tuple[Vote, ...]
    state: State = State.PROPOSED


def sign_vote(vote: Vote, key: Ed25519PrivateKey) -> Vote:
    return msgspec.structs.replace(vote, signature=key.sign(vote.material()))


class Electorate(NamedTuple):
    """Who must agree to other rules besides two operators: at least `percent` of these members (BICs), and each of `setters`, by its
    representative."""

    members: frozenset[str] = frozenset()
    percent: int = 0
    setters: frozenset[str] = frozenset()


def vote_fault(vote: Vote, day: str, officers: Mapping[str, OfficerRule]) -> Refusal | None:
    """Why a vote does not count: who votes, on which day, for what reason, and whether the signature holds."""
    officer = officers.get(vote.officer_id)
    entitled = {OPERATOR, REPRESENTATIVE} if vote.deed.kind == RULES else {OPERATOR}
    if officer is None or not entitled & officer.roles:
        return Refusal(Reason.ROLE_NOT_HELD, "officer", vote.officer_id, "2.2")
    if vote.day != day:
        return Refusal(Reason.OUT_OF_TURN, "day", vote.day, "2.2")
    if not vote.note.strip():
        return Refusal(Reason.ELEMENT_MISSING, "note", "a motion needs its reason", "2.2")
    wrong = _unsigned(vote, officer)
    return Refusal(Reason.ROLE_NOT_HELD, "signature", wrong, "2.2") if wrong else None


def _unsigned(vote: Vote, officer: OfficerRule) -> str:
    return word_fault(bytes.fromhex(officer.public_key), officer.passkeys, vote.signature, vote.material())


def join(motion: Motion, vote: Vote, officers: Mapping[str, OfficerRule], electorate: Electorate) -> Motion | Refusal:
    """The motion with another person's vote, carried when that was the last it needed; a refusal leaves it as it was."""
    own = officers[vote.officer_id].public_key
    for earlier in motion.votes:
        if _stands(earlier, officers) and own == officers[earlier.officer_id].public_key:
            return Refusal(Reason.ROLE_NOT_HELD, "officer", "every vote is another person's", "2.2")
    joined = msgspec.structs.replace(motion, votes=(*motion.votes, vote))
    if not _suffices(joined, officers, electorate):
        return joined
    return msgspec.structs.replace(joined, state=MOTION.step(motion.state, Event.SECONDED).after)


def _stands(vote: Vote, officers: Mapping[str, OfficerRule]) -> bool:
    """Whether who voted is an officer still, under the same key: a key that was changed may have been somebody else's."""
    officer = officers.get(vote.officer_id)
    return officer is not None and not _unsigned(vote, officer)


def _suffices(motion: Motion, officers: Mapping[str, OfficerRule], electorate: Electorate) -> bool:
    """Two operators whose votes stand; for other rules the electorate's share of members as well."""
    voters = [officers[vote.officer_id] for vote in motion.votes if _stands(vote, officers)]
    if len({one.public_key for one in voters if OPERATOR in one.roles}) < 2:
        return False
    if motion.deed.kind != RULES:
        return True
    speak = {one.member for one in voters if REPRESENTATIVE in one.roles}
    if not electorate.setters <= speak:
        return False
    agreed = speak & electorate.members
    return not electorate.percent or 100 * len(agreed) >= electorate.percent * len(electorate.members)


def lapse(motion: Motion) -> Motion:
    """A motion that did not find its votes in time."""
    return msgspec.structs.replace(motion, state=MOTION.step(motion.state, Event.DAY_ENDED).after)

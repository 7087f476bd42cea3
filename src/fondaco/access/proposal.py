"""Deeds of access that take two people: one proposes, another approves, and time ends what nobody approved."""

from __future__ import annotations

from enum import Enum

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import Instant, Reason, Refusal
from fondaco.rulebook import PROPOSAL, ProposalEvent, ProposalState

DAYS_OPEN = 7
_DAY_NS = 86_400 * 1_000_000_000
# How far the signer's own instant may be from ours.
WORD_AGE_MAX_NS = 600 * 1_000_000_000
PROPOSE, APPROVE, WITHDRAW = "propose", "approve", "withdraw"
# One word suffices to take access away; it is no step of a proposal.
TAKE_AWAY = "take away"


class Kind(Enum):
    """What may be proposed. Taking access away is no proposal: one person does that, at once."""

    CERTIFICATE = "certificate"
    PERSON = "person"
    RESET = "reset"
    ENABLE = "enable"


class AccessDeed(msgspec.Struct, frozen=True):
    """What is to be done: `subject` is a person's or a machine's name, `content` the encoded `Grant` or `Registration`, or empty."""

    kind: Kind
    subject: str
    content: bytes = b""


class AccessWord(msgspec.Struct, frozen=True):
    """One person's word for a deed. `at` is the person's own instant; a word of an officer's key carries key and signature, one of a session
    neither."""

    verb: str
    deed: AccessDeed
    person: str
    note: str
    at: Instant
    public_key: str = ""
    signature: bytes = b""

    def material(self) -> bytes:
        """The bytes that are signed: canonical, and led by what they are for."""
        body = [self.verb, self.deed.kind.value, self.deed.subject, self.deed.content, self.person, self.note, int(self.at)]
        return b"fondaco access 1\0" + msgspec.msgpack.encode(body)


class Proposal(msgspec.Struct, frozen=True):
    """A deed and the words for it, in the order in which they came."""

    number: int
    deed: AccessDeed
    words: tuple[AccessWord, ...]
    made_at: Instant
    until: Instant
    state: ProposalState = ProposalState.PROPOSED


def sign_word(word: AccessWord, key: Ed25519PrivateKey) -> AccessWord:
    named = msgspec.structs.replace(word, public_key=key.public_key().public_bytes_raw().hex())
    return msgspec.structs.replace(named, signature=key.sign(named.material()))


def word_fault(word: AccessWord, at: Instant) -> Refusal | None:
    """What is wrong with a word by itself: no reason given, or of another time."""
    if not word.note.strip():
        return Refusal(Reason.ELEMENT_MISSING, "note", "a deed of two needs its reason", "2.2")
    if abs(int(at) - int(word.at)) > WORD_AGE_MAX_NS:
        return Refusal(Reason.SIGNATURE_STALE, "at", "a word counts within ten minutes", "2.2")
    return None


def propose(number: int, word: AccessWord, at: Instant) -> Proposal | Refusal:
    """Who proposes something for itself may: another approves it, or nobody does."""
    fault = word_fault(word, at)
    if fault is not None:
        return fault
    if word.verb != PROPOSE:
        return Refusal(Reason.OUT_OF_TURN, "verb", word.verb, "2.2")
    return Proposal(number, word.deed, (word,), at, Instant(int(at) + DAYS_OPEN * _DAY_NS))


def decide(proposal: Proposal, word: AccessWord, at: Instant) -> Proposal | Refusal:
    """The proposal with another's word. Approved by another person, under another key, who is not the one that it is about."""
    fault = word_fault(word, at)
    if fault is not None:
        return fault
    if proposal.state is not ProposalState.PROPOSED:
        return Refusal(Reason.OUT_OF_TURN, "proposal", f"{proposal.number} is {proposal.state.name}", "2.2")
    if at >= proposal.until:
        return Refusal(Reason.OUT_OF_TURN, "proposal", f"{proposal.number} lapsed", "2.3")
    if word.deed != proposal.deed:
        return Refusal(Reason.OUT_OF_TURN, "proposal", "the word is for something else", "2.2")
    first = proposal.words[0]
    if word.verb == WITHDRAW:
        if word.person != first.person:
            return Refusal(Reason.RIGHT_NOT_HELD, "proposal", f"{first.person} proposed it", "2.2")
        return _with(proposal, word, ProposalEvent.TAKEN_BACK)
    if word.verb != APPROVE:
        return Refusal(Reason.OUT_OF_TURN, "verb", word.verb, "2.2")
    if word.person == first.person or (word.public_key and word.public_key == first.public_key):
        return Refusal(Reason.RIGHT_NOT_HELD, "the second person", f"{word.person} proposed it", "2.2")
    if word.person == proposal.deed.subject:
        return Refusal(Reason.RIGHT_NOT_HELD, "the second person", "nobody approves what is given to oneself", "2.2")
    return _with(proposal, word, ProposalEvent.APPROVED)


def lapse(proposal: Proposal) -> Proposal:
    """A proposal whose time is over."""
    return msgspec.structs.replace(proposal, state=PROPOSAL.step(proposal.state, ProposalEvent.TIME_RAN_OUT).after)


def _with(proposal: Proposal, word: AccessWord, event: ProposalEvent) -> Proposal:
    after = PROPOSAL.step(proposal.state, event).after
    return msgspec.structs.replace(proposal, words=(*proposal.words, word), state=after)

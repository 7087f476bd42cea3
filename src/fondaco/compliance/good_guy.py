"""A good-guy entry: two officers vouch that one party is not one listed entity, for a time. It answers that hit and no other.

Bound to the party as it was told (its fingerprint) and to the entry as it was listed (its digest): where either says something else the
entry answers nothing, and it is void when the list's entry changes. It answers likeness of names alone, never a number that is the
listed one. The United Nations list binds everyone, and is never answered so: we read "binds" strictly, and no article may allow it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import Enum

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.compliance.case import Case
from fondaco.compliance.case import State as CaseState
from fondaco.compliance.officer import Officer
from fondaco.compliance.verdict import EMBARGO, PARTY_DATA, Hit
from fondaco.core import Instant, Nothing, Reason, Refusal, Step, Table, signature_holds

UNITED_NATIONS = "un"
VOUCH, WITHDRAW = "VOUCH", "WITHDRAW"
_DAY_NS = 86_400 * 1_000_000_000


class State(Enum):
    PROPOSED = "PROPOSED"
    IN_FORCE = "IN_FORCE"
    WITHDRAWN = "WITHDRAWN"
    VOID = "VOID"
    EXPIRED = "EXPIRED"


class Event(Enum):
    SECONDED = "SECONDED"
    WITHDRAWN = "WITHDRAWN"
    ENTRY_CHANGED = "ENTRY_CHANGED"
    TIME_RAN_OUT = "TIME_RAN_OUT"


S, E, N = State, Event, Nothing.NOTHING

GOOD_GUY = Table(
    "good guy",
    start=S.PROPOSED,
    ends=(S.WITHDRAWN, S.VOID, S.EXPIRED),
    rows=(
        Step(S.PROPOSED, E.SECONDED, S.IN_FORCE, N, "", "5.10"),
        *(Step(state, E.WITHDRAWN, S.WITHDRAWN, N, "", "5.10") for state in (S.PROPOSED, S.IN_FORCE)),
        *(Step(state, E.ENTRY_CHANGED, S.VOID, N, "", "5.10") for state in (S.PROPOSED, S.IN_FORCE)),
        *(Step(state, E.TIME_RAN_OUT, S.EXPIRED, N, "", "5.10") for state in (S.PROPOSED, S.IN_FORCE)),
    ),
)


class Word(msgspec.Struct, frozen=True, array_like=True):
    """One officer's signed word: VOUCH for the party of a released case against one entry until an instant (ns), or WITHDRAW it."""

    verb: str
    case_id: str
    fingerprint: str
    list_id: str
    entry_id: str
    entry: str
    until: int
    officer_id: str
    note: str
    at: int
    signature: bytes = b""

    def material(self) -> bytes:
        """The bytes that are signed: canonical, and led by what they are for."""
        body = [
            self.verb, self.case_id, self.fingerprint, self.list_id, self.entry_id, self.entry, self.until, self.officer_id,
            self.note, self.at,
        ]  # fmt: skip
        return b"fondaco good guy 1\0" + msgspec.msgpack.encode(body)


class GoodGuy(msgspec.Struct, frozen=True, array_like=True):
    """One party that is not one listed entity, by the words of two officers. `until` is the first instant at which it is over."""

    key: str
    fingerprint: str
    list_id: str
    entry_id: str
    entry: str
    until: int
    state: State
    words: tuple[Word, ...]

    @property
    def open(self) -> bool:
        return self.state not in GOOD_GUY.ends

    @property
    def case_id(self) -> str:
        """The case on which its first word was given."""
        return self.words[0].case_id if self.words else ""

    def answers(self, hit: Hit, at: int) -> bool:
        """Whether this entry answers that hit at that instant."""
        return (
            self.state is S.IN_FORCE
            and at < self.until
            and not hit.exact
            and hit.list_id != UNITED_NATIONS
            and (hit.fingerprint, hit.list_id, hit.entry_id, hit.entry)
            == (self.fingerprint, self.list_id, self.entry_id, self.entry)
        )


def sign_word(word: Word, key: Ed25519PrivateKey) -> Word:
    return msgspec.structs.replace(word, signature=key.sign(word.material()))


def vouch(
    known: GoodGuy | None, word: Word, case: Case | None, officers: Mapping[str, Officer], at: Instant, days_max: int
) -> GoodGuy | Refusal:
    """The entry after one officer's VOUCH: the first proposes, a second who is somebody else brings it into force.

    `known` is the open entry for the same party and entity, `case` the released case whose hit it answers.
    """
    fault = _word_fault(word, officers)
    if fault is not None:
        return fault
    if word.list_id == UNITED_NATIONS:
        return Refusal(Reason.OUT_OF_TURN, "list", "the United Nations list binds everyone: no entry answers it", "5.10")
    if case is None or case.state is not CaseState.RELEASED:
        found = f"{word.case_id} is {case.state.name if case else 'no case'}: two officers release the hit first"
        return Refusal(Reason.OUT_OF_TURN, "case", found, "5.10")
    bound = (word.fingerprint, word.list_id, word.entry_id, word.entry)
    hits = [hit for hit in case.verdict.hits if (hit.fingerprint, hit.list_id, hit.entry_id, hit.entry) == bound]
    if not word.fingerprint or not word.entry or not hits or word.list_id in (EMBARGO, PARTY_DATA):
        return Refusal(Reason.NOT_FOUND, "hit", "the case holds no such hit of a listed party: an entry answers one", "5.10")
    if any(hit.exact for hit in hits):
        return Refusal(Reason.OUT_OF_TURN, "hit", "a number is the listed one: that is no likeness of names", "5.10")
    if not at < word.until <= at + days_max * _DAY_NS:
        return Refusal(Reason.OUT_OF_TURN, "until", f"an entry holds for at most {days_max} days from now", "5.10")
    if known is None:
        # The key names neither list nor party: it stands in the journal, which more people read than cases.
        key = f"G-{case.case_id}-{hashlib.sha256(msgspec.msgpack.encode(bound)).hexdigest()[:8]}"
        return GoodGuy(key, *bound, word.until, S.PROPOSED, (word,))
    if known.state is S.IN_FORCE:
        return Refusal(Reason.OUT_OF_TURN, "entry", f"{known.key} is in force; withdraw it first", "5.10")
    first = known.words[0]
    if known.until != word.until or known.entry != word.entry or first.case_id != word.case_id:
        return Refusal(Reason.OUT_OF_TURN, "entry", f"{known.key} says otherwise: the second word is for the same", "5.10")
    proposer, officer = officers.get(first.officer_id), officers[word.officer_id]
    if proposer is None or "compliance" not in proposer.roles or not _holds(first, proposer):
        return msgspec.structs.replace(known, words=(word,))  # who proposed is an officer no more: this word is the first
    if proposer.officer_id == officer.officer_id or proposer.public_key == officer.public_key:
        return Refusal(Reason.ROLE_NOT_HELD, "officer", "the second word is another person's", "5.10")
    return msgspec.structs.replace(known, state=GOOD_GUY.step(known.state, E.SECONDED).after, words=(*known.words, word))


def withdraw(known: GoodGuy, word: Word, officers: Mapping[str, Officer]) -> GoodGuy | Refusal:
    """The entry taken back. One officer suffices: what it did was to let payments pass."""
    fault = _word_fault(word, officers)
    if fault is not None:
        return fault
    if not GOOD_GUY.can(known.state, E.WITHDRAWN):
        return Refusal(Reason.OUT_OF_TURN, "entry", known.state.name, "5.10")
    return msgspec.structs.replace(known, state=GOOD_GUY.step(known.state, E.WITHDRAWN).after, words=(*known.words, word))


def end(known: GoodGuy, event: Event) -> GoodGuy:
    """The entry after its listed entity changed, or its time ran out."""
    return msgspec.structs.replace(known, state=GOOD_GUY.step(known.state, event).after)


def without_people(known: GoodGuy) -> GoodGuy:
    """An ended entry after its case was erased: who said what of which entity stays, without reasons and without the party."""
    words = tuple(msgspec.structs.replace(one, note="", fingerprint="") for one in known.words)
    return msgspec.structs.replace(known, fingerprint="", words=words)


def _word_fault(word: Word, officers: Mapping[str, Officer]) -> Refusal | None:
    officer = officers.get(word.officer_id)
    if officer is None or "compliance" not in officer.roles:
        return Refusal(Reason.ROLE_NOT_HELD, "officer", word.officer_id, "5.10")
    if word.verb not in (VOUCH, WITHDRAW):
        return Refusal(Reason.OUT_OF_TURN, "verb", word.verb, "5.10")
    if not word.note.strip():
        return Refusal(Reason.ELEMENT_MISSING, "note", "an entry needs its reason", "5.10")
    if not _holds(word, officer):
        return Refusal(Reason.ROLE_NOT_HELD, "signature", "the signature does not hold", "5.10")
    return None


def _holds(word: Word, officer: Officer) -> bool:
    return signature_holds(officer.public_key, word.signature, word.material())

"""Deeds of access as they are kept: each word is checked, written down, and the second one is carried out in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec

from fondaco.access.caller import Caller, Grant, Proof, Role, grant_fault
from fondaco.access.looks import Looks
from fondaco.access.people import People
from fondaco.access.proposal import (
    APPROVE,
    PROPOSE,
    TAKE_AWAY,
    WITHDRAW,
    AccessDeed,
    AccessWord,
    Kind,
    Proposal,
    decide,
    lapse,
    propose,
    word_fault,
)
from fondaco.access.register import Register, Registration, registration_fault
from fondaco.access.rights import Right, Whose, may
from fondaco.access.store import AccessStore
from fondaco.core import Instant, Reason, Refusal, signature_holds
from fondaco.rulebook import OfficerRule, ProposalState

_BOTH = frozenset({Role.OPERATOR_MAKER, Role.OPERATOR_CHECKER})
OPEN_MAX = 500


class _UndoneError(Exception):
    """Takes a transaction back with the no that it met."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence())
        self.refusal = refusal


class Outcome(msgspec.Struct, frozen=True):
    """What became of a word: the proposal's number and state. `link` is the secret that the named person enrols with, shown this once."""

    number: int
    state: ProposalState
    link: str = ""


def officer_caller(word: AccessWord, officers: Mapping[str, OfficerRule]) -> Caller | Refusal:
    """An operator of the rulebook whose key signed the word. It is maker and checker; that another gives the second word is checked there."""
    officer = officers.get(word.person)
    if officer is None or "operator" not in officer.roles or officer.public_key != word.public_key:
        return Refusal(Reason.NOT_RECOGNISED, "officer", word.person, "2.2")
    if not signature_holds(bytes.fromhex(officer.public_key), word.signature, word.material()):
        return Refusal(Reason.SIGNATURE_WRONG, "signature", "the signature does not hold", "2.2")
    return Caller(word.person, "", _BOTH, Proof.OFFICER_KEY)


class Deeds:
    """The proposals of a store."""

    def __init__(self, store: AccessStore, register: Register, people: People, looks: Looks) -> None:
        self._store = store
        self._register = register
        self._people = people
        self._looks = looks

    def say(self, speaker: Caller, word: AccessWord, institutions: frozenset[str], at: Instant) -> Outcome | Refusal:
        """Count a word of `speaker` (of a session, or of `officer_caller`): it proposes, approves or withdraws. Refused, nothing changes."""
        right = Right.RIGHTS_APPROVE if word.verb == APPROVE else Right.RIGHTS_SET
        fault = may(speaker, right)
        fault = fault or self._speaker_fault(speaker, word)
        if fault is None and word.verb != WITHDRAW:
            fault = self._fault(word.deed, institutions, at)
        if fault is not None:
            return fault
        try:
            with self._store.transaction() as connection:
                return self._said(connection, speaker, word, at)
        except _UndoneError as undone:
            return undone.refusal
        except sqlite3.IntegrityError:
            return Refusal(Reason.SIGNATURE_STALE, "word", "it was counted before", "2.2")

    def take_away(self, speaker: Caller, word: AccessWord, at: Instant) -> Refusal | None:
        """Revoke a certificate (subject: its thumbprint) or disable a person: one word, at once. A member's checker reaches its own house alone.

        Saying it twice is told as not found. What was proposed and waits stays: nothing of it is in force.
        """
        if word.verb != TAKE_AWAY or word.deed.content:
            return Refusal(Reason.OUT_OF_TURN, "verb", word.verb, "2.2")
        found: Grant | None = None
        if word.deed.kind is Kind.CERTIFICATE:
            known = self._register.find(word.deed.subject)
            found = known.grant if known is not None else None
        elif word.deed.kind is Kind.PERSON:
            person = self._people.find(word.deed.subject)
            found = person.grant if person is not None else None
        fault = may(speaker, Right.ACCESS_REVOKE, Whose(found.institution if found is not None else ""))
        fault = fault or self._speaker_fault(speaker, word) or word_fault(word, at)
        if fault is not None:
            return fault
        if found is None:
            return Refusal(Reason.NOT_FOUND, word.deed.kind.value, word.deed.subject)
        with self._store.transaction():
            if word.deed.kind is Kind.CERTIFICATE:
                fault = self._register.revoke(word.deed.subject, word.person, word.note, at)
            else:
                fault = self._people.disable(word.deed.subject)
            if fault is None:
                verb = f"take away {word.deed.kind.value}"
                self._looks.note(speaker, verb, [f"{_ABOUT[word.deed.kind]} {found.name}"], at, word.note)
        return fault

    def open(self, at: Instant) -> list[Proposal]:
        """What waits for a second word, oldest first. What time ended is noted on the way."""
        with self._store.transaction() as connection:
            rows = connection.execute(f"{_SELECT} WHERE state='PROPOSED' ORDER BY number").fetchall()
            found = [self._read(connection, row) for row in rows]
            for one in found:
                if at >= one.until:
                    connection.execute("UPDATE proposal SET state=? WHERE number=?", (lapse(one).state.name, one.number))
        return [one for one in found if at < one.until]

    def find(self, number: int) -> Proposal | None:
        with self._store.transaction() as connection:
            row = connection.execute(f"{_SELECT} WHERE number=?", (number,)).fetchone()
            return None if row is None else self._read(connection, row)

    def _said(self, connection: sqlite3.Connection, speaker: Caller, word: AccessWord, at: Instant) -> Outcome | Refusal:
        key = (word.deed.kind.value, word.deed.subject, word.deed.content)
        row = connection.execute(
            f"{_SELECT} WHERE state='PROPOSED' AND until>? AND kind=? AND subject=? AND content=?", (at, *key)
        ).fetchone()
        known = None if row is None else self._read(connection, row)
        if word.verb == PROPOSE and known is not None:
            return Refusal(Reason.OUT_OF_TURN, "proposal", f"{known.number} is the same and waits", "2.2")
        if word.verb != PROPOSE and known is None:
            return Refusal(Reason.NOT_FOUND, "proposal", f"no such deed waits for {word.deed.subject}", "2.2")
        if known is None:
            count, last = connection.execute("SELECT sum(state='PROPOSED'), coalesce(max(number), 0) FROM proposal").fetchone()
            if (count or 0) >= OPEN_MAX:
                return Refusal(Reason.ASKED_TOO_OFTEN, "proposal", f"{OPEN_MAX} wait", "2.2")
            after = propose(last + 1, word, at)
        else:
            after = decide(known, word, at)
        if isinstance(after, Refusal):
            return after
        connection.execute(
            "INSERT INTO proposal VALUES (?,?,?,?,?,?,?) ON CONFLICT (number) DO UPDATE SET state=excluded.state",
            (after.number, *key, after.state.name, after.made_at, after.until),
        )
        connection.execute(
            "INSERT INTO word VALUES (?,?,?,?,?,?,?)",
            (after.number, word.person, word.public_key, word.verb, word.note, word.at, word.signature),
        )
        subjects = [f"{_ABOUT[word.deed.kind]} {word.deed.subject}"]
        self._looks.note(speaker, f"{word.verb} {word.deed.kind.value}", subjects, at, f"proposal {after.number}: {word.note}")
        if after.state is not ProposalState.DONE:
            return Outcome(after.number, after.state)
        done = self._carry_out(connection, after.deed, at)
        if isinstance(done, Refusal):
            raise _UndoneError(done)  # the word with it: what cannot be done was not approved
        return Outcome(after.number, after.state, done)

    def _carry_out(self, connection: sqlite3.Connection, deed: AccessDeed, at: Instant) -> Refusal | str:
        """Do it; the enrolment secret where one is due."""
        if deed.kind is Kind.CERTIFICATE:
            said = msgspec.msgpack.decode(deed.content, type=Registration)
            added = self._register.add(connection, said, at)
            return added if isinstance(added, Refusal) else ""
        if deed.kind is Kind.PERSON:
            new = self._people.put(connection, msgspec.msgpack.decode(deed.content, type=Grant), at)
            return self._people.link(deed.subject, at) if new else ""
        if deed.kind is Kind.RESET:
            self._people.clear(connection, deed.subject)
            return self._people.link(deed.subject, at)
        self._people.enable(connection, deed.subject)
        return ""

    def _fault(self, deed: AccessDeed, institutions: frozenset[str], at: Instant) -> Refusal | None:
        """Why a deed cannot be done as things stand; asked at both words."""
        try:
            if deed.kind is Kind.CERTIFICATE:
                said = msgspec.msgpack.decode(deed.content, type=Registration)
                named, fault = said.grant.name, registration_fault(said, institutions, at)
                if fault is None and self._people.find(named) is not None:
                    fault = Refusal(Reason.OUT_OF_TURN, "certificate", f"{named} is a person's account")
            elif deed.kind is Kind.PERSON:
                grant = msgspec.msgpack.decode(deed.content, type=Grant)
                named, fault = grant.name, grant_fault(grant, institutions)
                if fault is None and self._register.of_name(named):
                    fault = Refusal(Reason.OUT_OF_TURN, "person", f"{named} is a machine's name")
            else:
                known = self._people.find(deed.subject)
                wrong = known is None or (deed.kind is Kind.ENABLE and known.active) or bool(deed.content)
                named = deed.subject
                fault = Refusal(Reason.NOT_FOUND, "person", f"{deed.subject}: nothing to {deed.kind.value}") if wrong else None
        except msgspec.DecodeError as broken:
            return Refusal(Reason.MALFORMED, "content", str(broken))
        if fault is None and named != deed.subject:
            return Refusal(Reason.MALFORMED, "subject", f"{deed.subject}, and the content says {named}")
        return fault

    @staticmethod
    def _speaker_fault(speaker: Caller, word: AccessWord) -> Refusal | None:
        """A word is its speaker's own, and a person's."""
        if word.person != speaker.name:
            return Refusal(Reason.RIGHT_NOT_HELD, "word", f"it is {word.person}'s", "2.2")
        if speaker.proof not in (Proof.SESSION, Proof.OFFICER_KEY):
            return Refusal(Reason.RIGHT_NOT_HELD, "word", "this takes a person", "2.2")
        if speaker.proof is Proof.OFFICER_KEY and not word.signature:
            return Refusal(Reason.SIGNATURE_MISSING, "word", "an officer's word is signed", "2.2")
        return None

    @staticmethod
    def _read(connection: sqlite3.Connection, row: tuple[int, str, str, bytes, str, int, int]) -> Proposal:
        number, kind, subject, content, state, made_at, until = row
        deed = AccessDeed(Kind(kind), subject, content)
        words = connection.execute(
            "SELECT verb, person, note, at, public_key, signature FROM word WHERE proposal=? ORDER BY at, verb DESC", (number,)
        )
        said = tuple(AccessWord(verb, deed, *rest) for verb, *rest in words)
        # The first word is the proposer's, whatever the clocks of two people said.
        ordered = tuple(sorted(said, key=lambda one: one.verb != PROPOSE))
        return Proposal(number, deed, ordered, Instant(made_at), Instant(until), ProposalState[state])


_SELECT = "SELECT number, kind, subject, content, state, made_at, until FROM proposal"
_ABOUT = {Kind.CERTIFICATE: "machine", Kind.PERSON: "person", Kind.RESET: "person", Kind.ENABLE: "person"}

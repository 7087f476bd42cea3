"""Sessions of people: an id of 256 bits in a cookie, its digest in the store, an end by idleness and an end for good."""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

from fondaco.access.caller import Caller, Grant, Proof
from fondaco.access.one_use_secrets import SECRET_BYTES, digest_of
from fondaco.access.presented import PLAIN_COOKIE, SESSION_COOKIE
from fondaco.access.store import AccessStore
from fondaco.core import Instant, Reason, Refusal

_S = 1_000_000_000
IDLE_S, ABSOLUTE_S = 15 * 60, 8 * 3600
# A session's use is noted at most this often: a page of fifty requests is one write.
NOTED_EVERY_S = 60
SESSIONS_MAX = 5
# What changes how somebody gets in asks for a proof that is no older than this.
FRESH_S = 10 * 60


class OwnSession(msgspec.Struct, frozen=True):
    """A session as its owner sees it. `key` names it to be ended and opens nothing."""

    key: str
    how: str
    made_at: Instant
    seen_at: Instant
    this: bool


class Sessions:
    """The sessions of a store. Whoever logs in gets a new id: one that was planted before is worth nothing."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    def begin(self, person: str, how: str, at: Instant, old: str = "") -> str:
        """A new session id for the cookie; `old`, the one that the browser came with, ends. Of many, a person keeps the latest few."""
        session = secrets.token_urlsafe(SECRET_BYTES)
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM session WHERE ends_at < ? OR seen_at < ?", (at, int(at) - IDLE_S * _S))
            connection.execute("DELETE FROM session WHERE hash=?", (digest_of(old),))
            connection.execute(
                "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE person=? ORDER BY made_at DESC LIMIT -1 OFFSET ?)",
                (person, SESSIONS_MAX - 1),
            )
            connection.execute(
                "INSERT INTO session VALUES (?,?,?,?,?,?)", (digest_of(session), person, how, at, at, int(at) + ABSOLUTE_S * _S)
            )
        return session

    def recognise(self, session: str, at: Instant) -> Caller | Refusal:
        """Whose session it is, with the rights that the person has now; a disabled account has none."""
        row = self._store.row(
            "SELECT granted, seen_at, ends_at FROM session JOIN person ON person = name WHERE hash=? AND active=1",
            (digest_of(session),),
        )
        if row is None or at >= row[2] or int(at) - row[1] >= IDLE_S * _S:
            return Refusal(Reason.NOT_RECOGNISED, "session", "it ended; log in again")
        if int(at) - row[1] >= NOTED_EVERY_S * _S:
            with self._store.transaction() as connection:
                connection.execute("UPDATE session SET seen_at=? WHERE hash=? AND seen_at<?", (at, digest_of(session), at))
        return msgspec.json.decode(row[0], type=Grant).caller(Proof.SESSION)

    def end(self, session: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM session WHERE hash=?", (digest_of(session),))

    def is_fresh(self, session: str, at: Instant) -> bool:
        """Whether its person proved itself within the last minutes: a session begins with a proof, and is begun anew by the next."""
        row = self._store.row("SELECT made_at FROM session WHERE hash=?", (digest_of(session),))
        return row is not None and int(at) - int(row[0]) < FRESH_S * _S

    def of(self, person: str, session: str, at: Instant) -> list[OwnSession]:
        """The sessions of a person that still live, the newest first; `session` is the one that asks."""
        rows = self._store.rows(
            "SELECT hash, how, made_at, seen_at FROM session WHERE person=? AND ends_at>? AND seen_at>? ORDER BY made_at DESC, hash",
            (person, at, int(at) - IDLE_S * _S),
        )
        own = digest_of(session)
        return [OwnSession(hash_.hex(), how, made, seen, hash_ == own) for hash_, how, made, seen in rows]

    def end_one(self, person: str, key: str) -> bool:
        """End a session of this person by its `key`; whether there was one."""
        with self._store.transaction() as connection:
            done = connection.execute("DELETE FROM session WHERE person=? AND lower(hex(hash))=?", (person, key))
        return bool(done.rowcount)

    def end_others(self, person: str, session: str) -> None:
        """End every session of a person but this one."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM session WHERE person=? AND hash<>?", (person, digest_of(session)))

    def end_all(self, person: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM session WHERE person=?", (person,))


def csrf_token(session: str) -> str:
    """What a form of this session carries: made of the session's id, so that it needs no store, and another session's does not fit."""
    return hmac.new(session.encode("utf-8", "surrogatepass"), b"fondaco csrf 1", hashlib.sha256).hexdigest()


def csrf_fault(session: str, given: str, fetch_site: str = "") -> Refusal | None:
    """Why a request that changes something is not believed to come from our own page. `fetch_site` is the browser's `Sec-Fetch-Site`, where
    it sends one."""
    if fetch_site not in ("", "same-origin", "none"):
        return Refusal(Reason.NOT_RECOGNISED, "csrf", f"sent from {fetch_site}")
    if not session or not hmac.compare_digest(csrf_token(session).encode(), given.encode("utf-8", "replace")):
        return Refusal(Reason.NOT_RECOGNISED, "csrf", "the form is not this session's; load the page again")
    return None


def set_cookie(session: str, *, secure: bool = True) -> str:
    """The `Set-Cookie` of a session; an empty id removes it. Not `secure` is for a demo on loopback without TLS, under another name."""
    age = ABSOLUTE_S if session else 0
    name = SESSION_COOKIE if secure else PLAIN_COOKIE
    return f"{name}={session}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict" + ("; Secure" if secure else "")

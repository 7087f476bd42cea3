"""Secrets that are taken once: links to enrol or to enter, challenges of passkeys. The store holds their digests alone."""

from __future__ import annotations

import hashlib
import secrets

from fondaco.access.store import AccessStore
from fondaco.core import Instant

SECRET_BYTES = 32
KEPT_MAX = 10_000


def digest_of(secret: str) -> bytes:
    """What is stored in a secret's place. The secret has 256 bits of its own: no salt and no slowness are needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


class OneUseSecrets:
    """The secrets of a store that can each be taken once."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    def make(self, kind: str, person: str, content: bytes, at: Instant, until: Instant) -> str:
        """A new secret in base64url. The oldest goes where there are too many: whoever asks for challenges fills no disk."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM once WHERE until < ?", (at,))
            connection.execute(
                "DELETE FROM once WHERE hash IN (SELECT hash FROM once WHERE kind=? ORDER BY until DESC LIMIT -1 OFFSET ?)",
                (kind, KEPT_MAX - 1),
            )
            connection.execute("INSERT INTO once VALUES (?,?,?,?,?)", (digest_of(secret), kind, person, content, until))
        return secret

    def take(self, kind: str, secret: str, at: Instant) -> tuple[str, bytes] | None:
        """Whose it is, and what was kept with it; None for what is unknown, of another kind, over, or taken."""
        with self._store.transaction() as connection:
            row = connection.execute(
                "DELETE FROM once WHERE hash=? AND kind=? AND until>=? RETURNING person, content", (digest_of(secret), kind, at)
            ).fetchone()
        return None if row is None else (row[0], row[1])

    def use(self, kind: str, name: str, at: Instant, until: Instant) -> bool:
        """Use something up that was not made here, such as a sealed challenge; False when it was used before. It is forgotten after `until`,
        when it counts no more by itself."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM once WHERE until < ?", (at,))
            done = connection.execute("INSERT OR IGNORE INTO once VALUES (?,?,?,?,?)", (digest_of(name), kind, "", b"", until))
        return bool(done.rowcount)

    def look(self, kind: str, secret: str, at: Instant) -> tuple[str, bytes] | None:
        """The same without taking it: for the page that a link opens."""
        row = self._store.row(
            "SELECT person, content FROM once WHERE hash=? AND kind=? AND until>=?", (digest_of(secret), kind, at)
        )
        return None if row is None else (row[0], row[1])

    def drop(self, person: str) -> None:
        """Everything that was made for a person is void."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM once WHERE person=?", (person,))

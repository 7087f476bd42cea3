"""What was shown once and must not be shown again: message ids, nonces, assertions. Durable, and forgotten when its time is over."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from fondaco.access.store import AccessStore
from fondaco.core import Instant, Reason, Refusal

# More than this of one scope within its time is no use of a hub: it is what a sender of 2,000 a second signs in half an hour.
SEEN_MAX = 4_000_000
ID_LENGTH_MAX = 256
_FORGOTTEN_AT_ONCE = 1_000


class Sight(NamedTuple):
    """`scope` is whose ids they are and of which kind; `content` is what came under the id; `until` is when it would be refused as too old."""

    scope: str
    id: str
    content: bytes
    until: Instant


class SeenBefore:
    """The memory of a store. It holds no more of a scope than `most`: beyond, what comes is refused, never let through unremembered."""

    def __init__(self, store: AccessStore, most: int = SEEN_MAX) -> None:
        self._store = store
        self._most = most

    def note(self, sights: Sequence[Sight], at: Instant) -> list[Refusal | None]:
        """For each, in order: None at the first time, a refusal at the second. One transaction for all, on the disk before it returns."""
        answers: list[Refusal | None] = []
        counts: dict[str, int] = {}
        with self._store.transaction() as connection:
            # At most twice as many go as come, so that no request pays for the night's.
            least = max(_FORGOTTEN_AT_ONCE, 2 * len(sights))
            connection.execute(
                "DELETE FROM seen WHERE (scope, id) IN (SELECT scope, id FROM seen WHERE until < ? ORDER BY until LIMIT ?)",
                (at, least),
            )
            for one in sights:
                if not one.id or len(one.id) > ID_LENGTH_MAX:
                    answers.append(Refusal(Reason.MALFORMED, "id", f"{len(one.id)} characters, 1 to {ID_LENGTH_MAX}"))
                    continue
                if one.until < at:
                    answers.append(Refusal(Reason.SIGNATURE_STALE, "time", "it is over"))
                    continue
                if one.scope not in counts:
                    row = connection.execute("SELECT count FROM seen_count WHERE scope=?", (one.scope,)).fetchone()
                    counts[one.scope] = row[0] if row is not None else 0
                if counts[one.scope] >= self._most:
                    answers.append(Refusal(Reason.ASKED_TOO_OFTEN, one.scope, f"{self._most} within their time"))
                    continue
                done = connection.execute(
                    "INSERT OR IGNORE INTO seen VALUES (?,?,?,?)",
                    (one.scope, one.id, hashlib.sha256(one.content).digest(), one.until),
                )
                counts[one.scope] += done.rowcount
                answers.append(None if done.rowcount else Refusal(Reason.SIGNATURE_STALE, "id", f"{one.id} came before"))
        return answers

    def same(self, scope: str, id_: str, content: bytes) -> bool:
        """Whether the same content came under this id before: asking again is not the same as replaying something else."""
        row = self._store.row("SELECT digest FROM seen WHERE scope=? AND id=?", (scope, id_))
        return row is not None and row[0] == hashlib.sha256(content).digest()

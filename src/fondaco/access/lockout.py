"""How often somebody may try: after a few failures each further one makes the next wait longer. Names that do not exist count the same."""

from __future__ import annotations

import hashlib

from fondaco.access.store import AccessStore
from fondaco.core import Instant, Reason, Refusal

# A name has few tries; an address may be that of a whole bank.
FREE_NAME, FREE_PEER = 5, 50
WAIT_S_MAX = 900
_FORGOTTEN_S = 86_400
KEPT_MAX = 100_000
_S = 1_000_000_000


def wait_s(failures: int, free: int) -> int:
    """Seconds to wait after so many failures: none for the first `free`, then 1, 2, 4, ... up to a quarter of an hour."""
    return 0 if failures < free else min(WAIT_S_MAX, 1 << min(failures - free, 20))


class Lockout:
    """The failures of a store, by name and by peer, each as a digest: the table says nothing about who exists."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    def fault(self, name: str, at: Instant, free: int = FREE_NAME) -> Refusal | None:
        """Why the name may not be tried now. The answer says how long, and would say the same of a name that nobody has."""
        row = self._store.row("SELECT count, last_at FROM failure WHERE name=?", (_digest(name),))
        wait = 0 if row is None else wait_s(row[0], free)
        if row is None or not wait:
            return None
        left = row[1] + wait * _S - int(at)
        return Refusal(Reason.ASKED_TOO_OFTEN, "log in", f"wait {-(-left // _S)} seconds") if left > 0 else None

    def failed(self, name: str, at: Instant) -> None:
        """Count before the answer is given: whoever hangs up early has tried all the same."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM failure WHERE last_at < ?", (int(at) - _FORGOTTEN_S * _S,))
            connection.execute(
                "DELETE FROM failure WHERE name IN (SELECT name FROM failure ORDER BY last_at DESC LIMIT -1 OFFSET ?)",
                (KEPT_MAX,),
            )
            connection.execute(
                "INSERT INTO failure VALUES (?1,1,?2) ON CONFLICT (name) DO UPDATE SET count=count+1, last_at=?2",
                (_digest(name), at),
            )

    def passed(self, name: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM failure WHERE name=?", (_digest(name),))


def _digest(name: str) -> bytes:
    return hashlib.sha256(b"fondaco failure 1\0" + name.encode("utf-8", "surrogatepass")).digest()

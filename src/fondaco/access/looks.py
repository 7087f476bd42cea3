"""Who looked at what, and what was done to access: one log, each line bound to the one before, on the disk before the look is answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from fondaco.access.caller import Caller
from fondaco.access.store import AccessStore
from fondaco.core import Instant

PAGE = 500


class Look(msgspec.Struct, frozen=True):
    """One line: who, for whom, with which roles, did what (a right's name, or a verb of access) to what, when."""

    seq: int
    at: Instant
    who: str
    institution: str
    roles: str
    verb: str
    subject: str
    detail: str = ""


class Looks:
    """The log of a store. Lines are added and never changed; `broken` finds one that was."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store

    def note(self, caller: Caller, verb: str, subjects: Sequence[str], at: Instant, detail: str = "") -> None:
        """Write one line for each subject. When this returns, they are on the disk; when it raises, nothing may be shown.

        `subject` is what people search by, such as `payment UETR`, `participant BIC`, `case ID`, `person NAME`.
        """
        roles = " ".join(sorted(role.value for role in caller.roles))
        self.write([(caller.name, caller.institution, roles, verb, one, detail) for one in subjects], at)

    def write(self, lines: Sequence[tuple[str, str, str, str, str, str]], at: Instant) -> None:
        with self._store.transaction() as connection:
            last = connection.execute("SELECT seq, hash FROM look ORDER BY seq DESC LIMIT 1").fetchone()
            seq, before = last if last is not None else (0, b"")
            for line in lines:
                seq += 1
                before = _link(before, Look(seq, at, *line))
                connection.execute("INSERT INTO look VALUES (?,?,?,?,?,?,?,?,?)", (seq, at, *line, before))

    def about(self, subject: str, after: int = 0) -> list[Look]:
        """Who saw or changed this: at most `PAGE` lines, oldest first, behind line `after`."""
        return self._found("subject=? AND seq>? ORDER BY seq LIMIT ?", subject, after, PAGE)

    def of(self, who: str, after: int = 0) -> list[Look]:
        """What somebody looked at, in the same way."""
        return self._found("who=? AND seq>? ORDER BY seq LIMIT ?", who, after, PAGE)

    def latest_of(self, who: str, most: int) -> list[Look]:
        """The last lines of somebody, the newest first."""
        return self._found("who=? ORDER BY seq DESC LIMIT ?", who, most)

    def all(self, after: int = 0) -> list[Look]:
        return self._found("seq>? ORDER BY seq LIMIT ?", after, PAGE)

    def newest(
        self, *, subjects: Sequence[str] = (), who: str = "", since: int = 0, until: int = 0, before: int = 0, most: int = PAGE
    ) -> list[Look]:
        """Lines newest first, numbered below `before` where it is not 0: about one of these subjects or of somebody (either, where both are given; all, where neither
        is), from instant `since` to before `until` (0: no end)."""
        low = self._first_from(since) if since else 1
        high = self._first_from(until) if until else 0
        below = min(filter(None, (high, before)), default=0)
        bound, values = "seq>=?" + (" AND seq<?" if below else ""), (low, *((below,) if below else ()))
        if not subjects and not who:
            return self._found(f"{bound} ORDER BY seq DESC LIMIT ?", *values, most)
        found: dict[int, Look] = {}
        for column, name in (*(("subject", one) for one in subjects), *((("who", who),) if who else ())):
            for look in self._found(f"{column}=? AND {bound} ORDER BY seq DESC LIMIT ?", name, *values, most):
                found[look.seq] = look
        return [found[seq] for seq in sorted(found, reverse=True)[:most]]

    def _first_from(self, instant: int) -> int:
        """The number of the first line at an instant or after it: lines are numbered without a gap in the order of their instants, so that halving finds it. (Two
        processes with two clocks may differ by what the clocks do.)"""
        low, high = 1, self.head()[0] + 1
        while low < high:  # ends: each round halves the stretch
            middle = (low + high) // 2
            row = self._store.row("SELECT at FROM look WHERE seq=?", (middle,))
            if row is not None and row[0] < instant:
                low = middle + 1
            else:
                high = middle
        return low

    def continues(self, lines: int, digest: str) -> bool:
        """Whether the log still begins with those that somebody kept the head of: so many lines, and the last one's digest in hexadecimal."""
        row = self._store.row("SELECT hash FROM look WHERE seq=?", (lines,))
        return (row is not None and row[0].hex() == digest) or (lines == 0 and not digest)

    def broken(self) -> int:
        """The number of the first line that is not as it was written, or is missing; 0 for none."""
        before, expected = b"", 1
        for look, kept in self._every():
            before = _link(before, look)
            if look.seq != expected or before != kept:
                return expected
            expected += 1
        return 0

    def head(self) -> tuple[int, str]:
        """The last line's number and digest in hexadecimal: who keeps it elsewhere notices when the log's end is cut off."""
        row = self._store.row("SELECT seq, hash FROM look ORDER BY seq DESC LIMIT 1")
        return (0, "") if row is None else (row[0], row[1].hex())

    def _every(self) -> Iterator[tuple[Look, bytes]]:
        after = 0
        while rows := self._store.rows(f"{_SELECT} WHERE seq>? ORDER BY seq LIMIT ?", (after, PAGE)):
            for row in rows:
                yield Look(*row[:-1]), row[-1]
            after = rows[-1][0]

    def _found(self, condition: str, *values: object) -> list[Look]:
        return [Look(*row[:-1]) for row in self._store.rows(f"{_SELECT} WHERE {condition}", values)]


_SELECT = "SELECT seq, at, who, institution, roles, verb, subject, detail, hash FROM look"


def _link(before: bytes, look: Look) -> bytes:
    return hashlib.sha256(b"fondaco look 1\0" + before + msgspec.msgpack.encode(msgspec.structs.astuple(look))).digest()

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

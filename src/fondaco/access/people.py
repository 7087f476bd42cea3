"""Accounts of people: what was given them, whether they are active. How they prove themselves is kept beside, never read out."""

from __future__ import annotations

import sqlite3

import msgspec

from fondaco.access.caller import Grant
from fondaco.access.one_use_secrets import OneUseSecrets
from fondaco.access.store import AccessStore
from fondaco.core import Instant, Reason, Refusal

ENROL = "enrol"
_LINK_NS = 24 * 3600 * 1_000_000_000


class Person(msgspec.Struct, frozen=True):
    """An account. `has_password` means a password and a code's secret; `passkeys` counts them."""

    grant: Grant
    active: bool
    has_password: bool
    passkeys: int
    made_at: Instant

    @property
    def name(self) -> str:
        return self.grant.name


class People:
    """The accounts of a store."""

    def __init__(self, store: AccessStore, once: OneUseSecrets) -> None:
        self._store = store
        self._once = once

    def find(self, name: str) -> Person | None:
        row = self._store.row(f"{_SELECT} WHERE name=?", (name,))
        return None if row is None else _person(row)

    def all(self) -> list[Person]:
        return [_person(row) for row in self._store.rows(f"{_SELECT} ORDER BY name")]

    def put(self, connection: sqlite3.Connection, grant: Grant, at: Instant) -> bool:
        """Add the account, or give it another grant; whether it is new. Its sessions end: they were begun with other rights."""
        known = connection.execute("SELECT 1 FROM person WHERE name=?", (grant.name,)).fetchone()
        granted = msgspec.json.encode(grant)
        if known:
            connection.execute("UPDATE person SET granted=? WHERE name=?", (granted, grant.name))
            connection.execute("DELETE FROM session WHERE person=?", (grant.name,))
        else:
            connection.execute("INSERT INTO person (name, granted, active, made_at) VALUES (?,?,1,?)", (grant.name, granted, at))
        return not known

    def clear(self, connection: sqlite3.Connection, name: str) -> None:
        """Take away everything by which the person proved itself, and every session."""
        connection.execute("UPDATE person SET password='', totp=x'' WHERE name=?", (name,))
        for table in ("passkey", "session", "once"):
            connection.execute(f"DELETE FROM {table} WHERE person=?", (name,))  # noqa: S608 - three names of ours

    def link(self, name: str, at: Instant) -> str:
        """A secret with which the person enrols once, within a day. Those made before are void."""
        self._once.drop(name)
        return self._once.make(ENROL, name, b"", at, Instant(int(at) + _LINK_NS))

    def enable(self, connection: sqlite3.Connection, name: str) -> None:
        connection.execute("UPDATE person SET active=1 WHERE name=?", (name,))

    def disable(self, name: str) -> Refusal | None:
        """At once: no session of the person lives on."""
        with self._store.transaction() as connection:
            done = connection.execute("UPDATE person SET active=0 WHERE name=? AND active=1", (name,))
            if not done.rowcount:
                return Refusal(Reason.NOT_FOUND, "person", f"{name} is no active account")
            connection.execute("DELETE FROM session WHERE person=?", (name,))
            connection.execute("DELETE FROM once WHERE person=?", (name,))
        return None


_SELECT = """SELECT granted, active, length(password) > 0, (SELECT count(*) FROM passkey WHERE passkey.person = person.name), made_at
             FROM person"""


def _person(row: tuple[bytes, int, int, int, int]) -> Person:
    granted, active, has_password, passkeys, made_at = row
    return Person(msgspec.json.decode(granted, type=Grant), bool(active), bool(has_password), passkeys, Instant(made_at))

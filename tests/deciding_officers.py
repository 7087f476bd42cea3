"""Two officers with passkeys that a rulebook names, for tests of their words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from console_door import Consoles, prepared_with
from fondaco.access import Grant, Role
from fondaco.core import PasskeyKey
from fondaco.hub.build import officers_text
from fondaco.payments import State
from fondaco.rulebook import Scheme, read_scheme
from server_ports import free_port
from software_authenticator import Authenticator
from union import SG1, TH1, Desk

OFFICERS = ("officer-1", "officer-2")


def devices(origin: str, site: str) -> dict[str, Authenticator]:
    return {who: Authenticator(origin, site) for who in OFFICERS}


def key_of(one: Authenticator) -> PasskeyKey:
    return PasskeyKey(one.origin, one.credential, one.public_key())


def naming(held: Mapping[str, Authenticator]) -> Callable[[Path], None]:
    """Write each one's passkey below its officer in a rulebook's folder."""

    def change(home: Path) -> None:
        found = read_scheme(home)
        assert isinstance(found, Scheme), found
        named = [
            replace(one, passkeys=(key_of(held[one.officer_id]),)) if one.officer_id in held else one for one in found.officers
        ]
        (home / "officers.toml").write_text(officers_text(named))

    return change


class Officers(Consoles):
    """A console whose two officers have accounts and passkeys that the rulebook names; `held` are their devices."""

    def __init__(self, folder: Path, start_ns: int, port: int, held: dict[str, Authenticator]) -> None:
        super().__init__(folder, start_ns, "localhost", port)
        self.held = held
        for who in (*OFFICERS, "officer-3"):
            with self.access.store.transaction() as connection:
                self.access.people.put(connection, Grant(who, "", (Role.COMPLIANCE_OFFICER,)), self.clock.now())
        for who, device in held.items():
            ceremony, options = self.access.passkeys.begin_registration(who, self.clock.now())
            done = self.access.passkeys.finish_registration(ceremony, device.create(options), self.clock.now(), who)
            assert done == who

    def case(self, at: int = 0) -> str:
        """The name of one of the cases of which nothing was said yet."""
        return sorted(key for key, one in self.hub.desk.cases.items() if not one.decisions)[at]


@contextmanager
def officers_on(folder: Path, cases: int) -> Iterator[Officers]:
    """So many payments are held; nobody said anything yet."""
    port = free_port()
    held = devices(f"http://localhost:{port}", "localhost")

    def tale(desk: Desk) -> None:
        for _ in range(cases):
            assert desk.pay(SG1, TH1, "17.00", "SGD", creditor="Sorvemir Brulomarov").state is State.HELD

    left = prepared_with(folder, tale, naming(held))
    opened = Officers(folder, left, port, held)
    try:
        yield opened
    finally:
        opened.close()

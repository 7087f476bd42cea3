"""Two operators with passkeys that a rulebook names, and one whom it does not know, for tests of their votes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from console_door import Consoles, prepared_with
from deciding_officers import naming
from fondaco.access import Grant, Role
from server_ports import free_port
from software_authenticator import Authenticator
from union import Desk

OPERATORS = ("operator-1", "operator-2")


class Voting(Consoles):
    """A console whose two operators have passkeys that the rulebook names, and a third who has one that it does not name."""

    def __init__(self, folder: Path, start_ns: int, port: int, held: dict[str, Authenticator]) -> None:
        super().__init__(folder, start_ns, "localhost", port)
        self.held = held
        with self.access.store.transaction() as connection:
            self.access.people.put(connection, Grant("operator-3", "", (Role.OPERATOR_CHECKER,)), self.clock.now())
        for who, device in held.items():
            ceremony, options = self.access.passkeys.begin_registration(who, self.clock.now())
            assert self.access.passkeys.finish_registration(ceremony, device.create(options), self.clock.now(), who) == who


@contextmanager
def voting_on(folder: Path) -> Iterator[Voting]:
    """An open day, and no motion yet."""
    port = free_port()
    held = {who: Authenticator(f"http://localhost:{port}", "localhost") for who in (*OPERATORS, "operator-3")}

    def tale(desk: Desk) -> None:
        assert not desk.hub.desk.motions

    opened = Voting(folder, prepared_with(folder, tale, naming({who: held[who] for who in OPERATORS})), port, held)
    try:
        yield opened
    finally:
        opened.close()

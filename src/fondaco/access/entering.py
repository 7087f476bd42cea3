"""How people come in: a passkey, or a password with a code; the link that enrols them; the one-use link of a demo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import msgspec

from fondaco.access import one_time_code, passwords
from fondaco.access.keys import Keys
from fondaco.access.lockout import FREE_PEER, Lockout
from fondaco.access.looks import Looks
from fondaco.access.one_use_secrets import OneUseSecrets
from fondaco.access.passkeys import Passkeys
from fondaco.access.people import ENROL, People
from fondaco.access.sessions import Sessions
from fondaco.access.store import AccessStore
from fondaco.core import Instant, Reason, Refusal

ENTER, ENROL_CODE = "enter", "enrol code"
_ENTER_S, _ENROL_S = 600, 900
_S = 1_000_000_000
# Each takes 64 MB and a core for a tenth of a second; who comes when so many wait is asked to come later.
AT_ONCE, WAITING_MAX = 2, 32
# The same words whatever was wrong: name, password, code, or that the account is disabled.
_NO = Refusal(Reason.NOT_RECOGNISED, "log in", "name, password or code is wrong")
_NO_LINK = Refusal(Reason.NOT_RECOGNISED, "link", "used, over or unknown; two operators make another")
_T = TypeVar("_T")


class Entered(msgspec.Struct, frozen=True):
    """A session begun: its id goes into the cookie and nowhere else."""

    person: str
    session: str


class Enrolment(msgspec.Struct, frozen=True):
    """A person about to set a password: `ceremony` comes back with password and code; `uri` is shown as a code to be read, once."""

    person: str
    ceremony: str
    uri: str


class Entrance:
    """Log in, enrol, enter. Every success and every failure is in the log; a failure is counted before it is answered."""

    def __init__(
        self,
        store: AccessStore,
        keys: Keys,
        people: People,
        once: OneUseSecrets,
        sessions: Sessions,
        passkeys: Passkeys,
        looks: Looks,
    ) -> None:
        self._store = store
        self._keys = keys
        self._people = people
        self._once = once
        self._sessions = sessions
        self.passkeys = passkeys
        self._looks = looks
        self._lockout = Lockout(store)

    def log_in(self, name: str, password: str, code: str, peer: str, at: Instant, old: str = "") -> Entered | Refusal:
        """By password and code. Takes a tenth of a second of a core: `Turnstile` runs it. `old` is the session that the browser came with.

        The path is the same for a name that nobody has: a hash is computed, a code compared, a failure counted.
        """
        # What is no text (half of a surrogate pair) is another text, and wrong as that.
        name, password, code = (one.encode("utf-8", "replace").decode() for one in (name, password, code))
        waits = self._lockout.fault(f"name {name}", at) or self._lockout.fault(f"peer {peer}", at, FREE_PEER)
        if waits is not None:
            return waits
        row = self._store.row("SELECT password, totp, totp_step, active FROM person WHERE name=?", (name,))
        kept, sealed, last_step, active = row if row is not None else ("", b"", 0, 0)
        secret = self._keys.opened(sealed, name)
        right = passwords.fits(kept, password)
        step = one_time_code.step_that_fits(secret or bytes(one_time_code.SECRET_BYTES), code, at, last_step)
        if not (right and step and secret is not None and active) or not self._use(name, step):
            self._lockout.failed(f"name {name}", at)
            self._lockout.failed(f"peer {peer}", at)
            # A name that nobody has may be a password typed into the wrong field: it is not written down.
            self._note(name if row is not None else "unknown", "log in refused", peer, at)
            return _NO
        self._lockout.passed(f"name {name}")
        return self._enter(name, "password and code", peer, at, old)

    def log_in_by_passkey(
        self, ceremony: str, response: str, peer: str, at: Instant, old: str = "", wanted: str = ""
    ) -> Entered | Refusal:
        """By the answer to `passkeys.begin_log_in`. Failures count against the peer; a password's lockout does not bar a passkey. Where
        somebody is at the door already, `wanted` is who may answer."""
        waits = self._lockout.fault(f"peer {peer}", at, FREE_PEER)
        if waits is not None:
            return waits
        person = self.passkeys.finish_log_in(ceremony, response, at)
        if isinstance(person, Refusal) or (wanted and person != wanted):
            self._lockout.failed(f"peer {peer}", at)
            self._note(wanted or "unknown", "log in refused", peer, at)
            return person if isinstance(person, Refusal) else _NO
        return self._enter(person, "passkey", peer, at, old)

    def enrol_passkey(self, link: str, at: Instant) -> tuple[str, str] | Refusal:
        """Begin a passkey's registration with an enrolment link: (ceremony, options). The link lives until a passkey was made with it."""
        known = self._once.look(ENROL, link, at)
        return _NO_LINK if known is None else self.passkeys.begin_registration(known[0], at)

    def finish_passkey(self, link: str, ceremony: str, response: str, at: Instant, name: str = "passkey") -> str | Refusal:
        """End it: the person, whose link is taken now. What the browser or the person broke off may be begun again."""
        known = self._once.look(ENROL, link, at)
        if known is None:
            return _NO_LINK
        person = self.passkeys.finish_registration(ceremony, response, at, known[0], name=name)
        if not isinstance(person, Refusal):
            self._once.take(ENROL, link, at)
            self._note(person, "enrolled", "passkey", at)
        return person

    def enrol_password(self, link: str, at: Instant) -> Enrolment | Refusal:
        """Begin with a password in the same way: the link is taken, a new secret for codes is made and not in force yet."""
        taken = self._once.take(ENROL, link, at)
        return _NO_LINK if taken is None else self.begin_password(taken[0], at)

    def enrolling(self, link: str, at: Instant) -> str:
        """Whose enrolment link it is, without taking it; "" for one that opens nothing."""
        known = self._once.look(ENROL, link, at)
        return "" if known is None else known[0]

    def begin_password(self, person: str, at: Instant) -> Enrolment:
        """A new secret for codes of somebody who is known by now; it is in force when `finish_password` has seen a code of it."""
        secret = one_time_code.new_secret()
        ceremony = self._once.make(ENROL_CODE, person, self._keys.sealed(secret, person), at, Instant(int(at) + _ENROL_S * _S))
        return Enrolment(person, ceremony, one_time_code.enrolment_uri(secret, person, "Fondaco"))

    def enrolment(self, ceremony: str, at: Instant) -> Enrolment | None:
        """An enrolment that goes on, to be shown again; None when it is over."""
        known = self._once.look(ENROL_CODE, ceremony, at)
        secret = self._keys.opened(known[1], known[0]) if known is not None else None
        if known is None or secret is None:
            return None
        return Enrolment(known[0], ceremony, one_time_code.enrolment_uri(secret, known[0], "Fondaco"))

    def finish_password(self, ceremony: str, password: str, code: str, at: Instant, wanted: str = "") -> str | Refusal:
        """Set password and code; the person (`wanted`, where somebody is at the door). A wrong code or a poor password may be mended while
        the ceremony lasts."""
        known = self._once.look(ENROL_CODE, ceremony, at)
        if known is None or (wanted and known[0] != wanted):
            return Refusal(Reason.NOT_RECOGNISED, "enrolment", "used or over; two operators make another link")
        person, sealed = known
        poor = passwords.password_fault(password, person)
        if poor is not None:
            return poor
        secret = self._keys.opened(sealed, person)
        step = 0 if secret is None else one_time_code.step_that_fits(secret, code, at, 0)
        if not step:
            waits = self._lockout.fault(f"enrol {person}", at)
            self._lockout.failed(f"enrol {person}", at)
            return waits or Refusal(Reason.NOT_RECOGNISED, "code", "it does not fit")
        kept = passwords.hashed(password)
        if self._once.take(ENROL_CODE, ceremony, at) is None:
            return Refusal(Reason.NOT_RECOGNISED, "enrolment", "used or over; two operators make another link")
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE person SET password=?, totp=?, totp_step=? WHERE name=? AND active=1", (kept, sealed, step, person)
            )
        self._note(person, "enrolled", "password and code", at)
        return person

    def change_password(self, person: str, old: str, new: str, at: Instant) -> Refusal | None:
        """Another password for somebody who has one and says it. Takes two tenths of a second of a core: `Turnstile` runs it."""
        waits = self._lockout.fault(f"name {person}", at)
        if waits is not None:
            return waits
        old, new = (one.encode("utf-8", "replace").decode() for one in (old, new))
        row = self._store.row("SELECT password FROM person WHERE name=? AND active=1", (person,))
        if not passwords.fits(row[0] if row is not None else "", old):
            self._lockout.failed(f"name {person}", at)
            return Refusal(Reason.NOT_RECOGNISED, "password", "it is not the present one")
        poor = passwords.password_fault(new, person)
        if poor is not None:
            return poor
        kept = passwords.hashed(new)
        with self._store.transaction() as connection:
            connection.execute("UPDATE person SET password=? WHERE name=?", (kept, person))
        self._note(person, "password changed", "", at)
        return None

    def own(self, person: str, verb: str, detail: str, at: Instant) -> None:
        """Write down what somebody did to the own account."""
        self._note(person, verb, detail, at)

    def entering_link(self, name: str, at: Instant) -> str | Refusal:
        """A secret that begins a session for `name`, once, within ten minutes: for a demo, and only in a folder that `make_demo` marked."""
        if self._store.row("SELECT 1 FROM meta WHERE key='demo'") is None:
            return Refusal(Reason.RIGHT_NOT_HELD, "link", "this hub is no demo: people log in")
        person = self._people.find(name)
        if person is None or not person.active:
            return Refusal(Reason.NOT_FOUND, "person", name)
        return self._once.make(ENTER, name, b"", at, Instant(int(at) + _ENTER_S * _S))

    def enter(self, link: str, peer: str, at: Instant, old: str = "") -> Entered | Refusal:
        """Follow an entering link. It is taken; a second one who has it finds nothing."""
        taken = self._once.take(ENTER, link, at)
        if taken is None:
            return Refusal(Reason.NOT_RECOGNISED, "link", "used, over or unknown")
        return self._enter(taken[0], "demo link", peer, at, old)

    def log_out(self, session: str) -> None:
        self._sessions.end(session)

    def _use(self, name: str, step: int) -> bool:
        """Use a code up: of two that come with the same one, the first counts."""
        with self._store.transaction() as connection:
            done = connection.execute("UPDATE person SET totp_step=? WHERE name=? AND totp_step<?", (step, name, step))
        return bool(done.rowcount)

    def _enter(self, name: str, how: str, peer: str, at: Instant, old: str) -> Entered:
        session = self._sessions.begin(name, how, at, old)
        self._note(name, "log in", f"{how}, from {peer}", at)
        return Entered(name, session)

    def _note(self, name: str, verb: str, detail: str, at: Instant) -> None:
        self._looks.write([(name, "", "", verb, f"person {name}", detail)], at)


def make_demo(store: AccessStore) -> None:
    """Mark a folder as a demo's, for ever: links that enter work there."""
    with store.transaction() as connection:
        connection.execute("INSERT OR IGNORE INTO meta VALUES ('demo', x'01')")


class Turnstile:
    """Runs what takes long in threads, few at a time, so that a flood of log-ins cannot take the machine from the payments."""

    def __init__(self, at_once: int = AT_ONCE, waiting_max: int = WAITING_MAX) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._waiting_max = waiting_max

    async def run(self, work: Callable[[], _T]) -> _T | Refusal:
        """What `work` returns; a refusal at once where too many wait already."""
        if self._waiting >= self._waiting_max:
            return Refusal(Reason.ASKED_TOO_OFTEN, "log in", "too many at once; try again shortly")
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1

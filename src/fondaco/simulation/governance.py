"""What people decide on the demo's day: limits, standings, a longer day, who comes, who goes, another rulebook. Invented, and at fixed times."""

from __future__ import annotations

import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import CURRENCIES, Instant, lei_with_check_digits, minor_text, utc_text
from fondaco.hub import Apply, Certify, Command, Move, Rulebooks, SetLimit
from fondaco.rulebook import (
    EXTENSION,
    KEY,
    RULES,
    STANDING,
    Application,
    Certificate,
    Deed,
    Participant,
    Rules,
    Vote,
    admitting_row,
    sign_application,
    sign_certificate,
    sign_vote,
)
from fondaco.simulation.conformance import try_system

_MINUTE = 60 * 1_000_000_000
_LEAVING = 230
# The day follows from its seed, on a busy machine too: the applicant's program may take its time.
_PATIENCE_S = 3_600.0
# Nobody's key: everybody can read it here, and the applicant is invented.
_APPLICANT_KEY = Ed25519PrivateKey.from_private_bytes(b"fondaco demo key of an applicant")
# What is due: a command as it stands, a vote, or a command that is made when its time has come.
_Due = Command | tuple[Deed, str, str] | Callable[[Instant], Command]


class Governance:
    """The day's deeds in their order; each is due at so many minutes after the first payment, and done once.

    `leaver` (BIC) begins its wind-down at the instant `leaves_at`; `applicant` (BIC of eight) is certified and is admitted from
    `next_day` (ISO date) on. `certificate` (also in the file `certificate_path`) and `kit_seconds` (measured) are there once the kit has run.
    """

    def __init__(self, folder: Path, rules: Rules, opens: Instant, key_of: dict[str, Ed25519PrivateKey]) -> None:
        self._folder = folder
        self._rules = rules
        self._keys = key_of
        self._opens = int(opens)
        own = [one for one in rules.members() if one.roles == {"member"} and not one.sponsor]
        bound, suspended, leaver, sends, receives = own[0], own[1], own[len(own) // 2 - 1], own[-2], own[-1]
        self.leaver, self.leaves_at = leaver.bic, Instant(self._opens + _LEAVING * _MINUTE)
        self._application = _application(bound)
        self.applicant = self._application.bic[:8]
        self.next_day = _next_day(rules)
        self.certificate: Certificate | None = None
        self.certificate_path = folder / f"certificate-{self.applicant}.json"
        self.kit_seconds = 0.0
        cap = bound.caps.get(bound.currency, 0)
        self._plan: list[tuple[int, _Due]] = [
            (30, SetLimit(bound.bic, bound.currency, cap // 2)),
            (150, SetLimit(bound.bic, bound.currency, cap)),
            (100, Apply(self._application)),
            (130, self._certified),
        ]
        for minutes, one, standing, why in (
            ((60, 75), receives, "receive_only", "its own system is being repaired"),
            ((85, 95), sends, "send_only", "it cannot credit accounts"),
            ((105, 113), suspended, "suspended", "its messages cannot be trusted"),
        ):
            self._both(minutes[0], Deed(STANDING, one.bic[:8], standing), why)
            self._both(minutes[1], Deed(STANDING, one.bic[:8], "active"), "over")
        self._both(115, Deed(KEY, self.applicant, self._application.fingerprint()), "read out at the ceremony")
        self._both(170, Deed(EXTENSION, bound.currency, "15"), "the agent was down")
        self._plan.append((180, (Deed(STANDING, sends.bic[:8], "send_only"), "operator-1", "asked for, and not agreed to")))
        self._both(200, Deed(RULES, self._tomorrows(), self.next_day), "agreed by the council")
        self._both(_LEAVING, Deed(STANDING, leaver.bic[:8], "leaving"), "it gives up this business, as it wrote")
        self._plan.sort(key=lambda one: one[0])

    def _both(self, minute: int, deed: Deed, note: str) -> None:
        self._plan += [(minute, (deed, "operator-1", note)), (minute + 2, (deed, "operator-2", note))]

    def due(self, now: Instant) -> Iterator[Command]:
        """What is due until now, once each."""
        while self._plan and self._opens + self._plan[0][0] * _MINUTE <= now:
            _, what = self._plan.pop(0)
            if isinstance(what, tuple):
                deed, officer, note = what
                vote = Vote(deed, officer, note, self._rules.day.isoformat(), int(now))
                yield Move(sign_vote(vote, self._keys[officer]))
            else:
                yield what(now) if callable(what) else what

    def _certified(self, now: Instant) -> Certify:
        """The applicant's system, a program of its own, against the kit; an operator signs what was found, good or not."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory() as scratch:
            key = Path(scratch) / "key"
            key.write_text(_APPLICANT_KEY.private_bytes_raw().hex())
            bank = f"{shlex.quote(sys.executable)} -m fondaco.cli small-bank {shlex.quote(str(key))}"
            found = try_system(self._folder, self._application, bank, utc_text(now), answer_s=_PATIENCE_S)
        self.certificate = sign_certificate(found, "operator-1", self._keys["operator-1"])
        self.kit_seconds = time.monotonic() - started
        self.certificate_path.write_bytes(msgspec.json.format(msgspec.json.encode(self.certificate)) + b"\n")
        return Certify(self.certificate)

    def _tomorrows(self) -> str:
        """The version of the rulebook that is to follow, kept in the hub's folder: one fee changed, and the applicant admitted."""
        draft = self._folder / "draft"
        shutil.copytree(self._folder / "union", draft)
        path = draft / "union.toml"
        before, mark, after = path.read_text().partition("[[tariffs]]\n")
        path.write_text(before + mark + after.replace("bps = 0", "bps = 1", 1))
        said = self._application
        most = max(one.caps.get(said.currency, 0) for one in self._rules.members())
        cap = minor_text(most // 10, CURRENCIES[said.currency].exponent)
        members = draft / "participants.toml"
        number = max(self._rules.by_number) + 1
        members.write_text(members.read_text() + admitting_row(said, number, {said.currency: cap}))
        return Rulebooks(self._folder).keep(draft).version


def _application(like: Participant) -> Application:
    """An invented bank of the same country as `like`."""
    bic = f"ZZNW{like.country}77"
    lei = lei_with_check_digits(f"FNDC00{bic}0077")
    said = Application(bic, lei, "Bank Baru Contoh", like.country, like.currency, (like.currency,), "")
    return sign_application(said, _APPLICANT_KEY)


def _next_day(rules: Rules) -> str:
    """The next day on which every currency of the union is open."""
    day: date = rules.day + timedelta(days=1)
    while not all(one.calendar.is_business_day(day) for one in rules.currencies.values()):
        day += timedelta(days=1)
    return day.isoformat()

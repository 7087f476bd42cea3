"""What people decide on the demo's day: limits, standings, a longer day, an applicant, another rulebook. Invented, and at fixed times."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import Instant, lei_with_check_digits
from fondaco.hub import Apply, Command, Move, Rulebooks, SetLimit
from fondaco.rulebook import (
    EXTENSION,
    KEY,
    RULES,
    STANDING,
    Application,
    Deed,
    Participant,
    Rules,
    Vote,
    sign_application,
    sign_vote,
)

_MINUTE = 60 * 1_000_000_000


class Governance:
    """The day's deeds in their order; each is due at so many minutes after the first payment."""

    def __init__(self, folder: Path, rules: Rules, opens: Instant, key_of: dict[str, Ed25519PrivateKey]) -> None:
        self._rules = rules
        self._keys = key_of
        plain = [one for one in rules.members() if one.roles == {"member"}]
        bound, paused = plain[0], plain[-1]
        self._plan: list[tuple[int, Command | tuple[Deed, str, str]]] = []
        cap = bound.caps.get(bound.currency, 0)
        self._plan += [(30, SetLimit(bound.bic, bound.currency, cap // 2)), (150, SetLimit(bound.bic, bound.currency, cap))]
        self._both(60, Deed(STANDING, paused.bic[:8], "receive_only"), "its own system is being repaired")
        self._both(90, Deed(STANDING, paused.bic[:8], "active"), "repaired")
        applicant = _applicant(plain[0])
        self._plan.append((100, Apply(applicant)))
        self._both(110, Deed(KEY, applicant.bic[:8], applicant.fingerprint()), "read out at the ceremony")
        self._both(170, Deed(EXTENSION, plain[0].currency, "15"), "the agent was down")
        self._plan.append((180, (Deed(STANDING, plain[1].bic[:8], "send_only"), "operator-1", "asked for, and not agreed to")))
        self._both(200, Deed(RULES, _tomorrows(folder), _next_day(rules)), "agreed by the council")
        self._plan.sort(key=lambda one: one[0])
        self._opens = int(opens)

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
                yield what


def _applicant(like: Participant) -> Application:
    """An invented bank of the same country as `like`; nobody holds its key but the demo."""
    bic = f"ZZNW{like.country}77"
    lei = lei_with_check_digits(f"FNDC00{bic}0077")
    said = Application(bic, lei, "Bank Baru Contoh", like.country, like.currency, (like.currency,), "")
    return sign_application(said, Ed25519PrivateKey.from_private_bytes(b"fondaco demo key of an applicant"))


def _tomorrows(folder: Path) -> str:
    """The version of the union's rulebook with one fee changed, kept in the hub's folder."""
    draft = folder / "draft"
    shutil.copytree(folder / "union", draft)
    path = draft / "union.toml"
    before, mark, after = path.read_text().partition("[[tariffs]]\n")
    path.write_text(before + mark + after.replace("bps = 0", "bps = 1", 1))
    return Rulebooks(folder).keep(draft).version


def _next_day(rules: Rules) -> str:
    """The next day on which every currency of the union is open."""
    day: date = rules.day + timedelta(days=1)
    while not all(one.calendar.is_business_day(day) for one in rules.currencies.values()):
        day += timedelta(days=1)
    return day.isoformat()

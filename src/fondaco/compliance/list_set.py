"""The lists that are in force together, and until when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from fondaco.compliance.lists import ListEdition
from fondaco.core import Instant

ENGINE = "fondaco-names-3"
_DAY_NS = 86_400 * 1_000_000_000


class ListSetting(msgspec.Struct, frozen=True, array_like=True):
    """How one list binds: the alert threshold in thousandths, its greatest age, whether the hub may run without it."""

    list_id: str
    threshold_milli: int
    max_age_days: int
    required: bool


class ScreeningUnfit(Exception):
    """A list is missing, or a name known to be listed is not found: nothing may be screened with this."""


class ListSet:
    """Lists in force together. Immutable; its version is a hash over their digests, the readers that read them, and their settings.

    Raises `ScreeningUnfit` for a list without a setting. `version` is given for a set that was noted before, and kept: a later release
    counts other things into a version, and what was decided under the old one still names it.
    """

    __slots__ = ("_until", "editions", "settings", "version")

    def __init__(self, editions: Sequence[ListEdition], settings: Sequence[ListSetting], version: str = "") -> None:
        self.editions: Mapping[str, ListEdition] = MappingProxyType({edition.list_id: edition for edition in editions})
        self.settings: Mapping[str, ListSetting] = MappingProxyType({setting.list_id: setting for setting in settings})
        unknown = set(self.editions) - set(self.settings)
        if unknown:
            raise ScreeningUnfit(f"no setting for list {', '.join(sorted(unknown))}")
        self.version = version or self._hash()
        self._until = {
            key: edition.received_at + self.settings[key].max_age_days * _DAY_NS for key, edition in self.editions.items()
        }

    def _hash(self) -> str:
        def part(key: str) -> tuple[str, str, str]:
            edition = self.editions.get(key)
            return (key, edition.digest, edition.reader) if edition else (key, "", "")

        ordered = sorted(self.settings)
        material = msgspec.msgpack.encode([ENGINE, [part(key) for key in ordered], [self.settings[key] for key in ordered]])
        return hashlib.sha256(material).hexdigest()[:32]

    def valid_until(self, list_id: str) -> int:
        """The first instant at which this list is too old: a list counts from the instant it was received."""
        return self._until[list_id]

    def unfit(self, at: Instant) -> str:
        """Why nothing may be screened at this instant, "" when it may."""
        for key in sorted(self.settings):
            setting = self.settings[key]
            if key not in self.editions:
                if setting.required:
                    return f"list {key} is missing"
            elif at >= self.valid_until(key):
                return f"list {key} is older than {setting.max_age_days} days"
            elif not self.editions[key].entries and not self.editions[key].goods:
                return f"list {key} is empty"
        return ""

"""The lists that are in force together, and until when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from fondaco.compliance.lists import ListEdition
from fondaco.core import Instant

ENGINE = "fondaco-names-1"
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
    """Lists in force together. Immutable; its version is a hash over all their digests and settings."""

    def __init__(self, editions: Sequence[ListEdition], settings: Sequence[ListSetting]) -> None:
        self.editions: Mapping[str, ListEdition] = {edition.list_id: edition for edition in editions}
        self.settings: Mapping[str, ListSetting] = {setting.list_id: setting for setting in settings}
        unknown = set(self.editions) - set(self.settings)
        if unknown:
            raise ScreeningUnfit(f"no setting for list {', '.join(sorted(unknown))}")
        parts = [(key, self.editions[key].digest if key in self.editions else "") for key in sorted(self.settings)]
        material = msgspec.msgpack.encode([ENGINE, parts, [self.settings[key] for key in sorted(self.settings)]])
        self.version = hashlib.sha256(material).hexdigest()[:32]

    def valid_until(self, list_id: str) -> int:
        """The first instant at which this list is too old: a list counts from the instant it was received."""
        return self.editions[list_id].received_at + self.settings[list_id].max_age_days * _DAY_NS

    def unfit(self, at: Instant) -> str:
        """Why nothing may be screened at this instant, "" when it may."""
        for key in sorted(self.settings):
            setting = self.settings[key]
            if key not in self.editions:
                if setting.required:
                    return f"list {key} is missing"
            elif at >= self.valid_until(key):
                return f"list {key} is older than {setting.max_age_days} days"
            elif not self.editions[key].entries:
                return f"list {key} is empty"
        return ""

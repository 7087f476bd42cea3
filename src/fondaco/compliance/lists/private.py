"""A list of the operator's own, as CSV; what each column holds is written in `docs/lists.md`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fondaco.compliance.lists.draft import Draft
from fondaco.compliance.lists.entry import Entry
from fondaco.compliance.lists.gates import Reading, Unreadable
from fondaco.compliance.lists.open_sanctions import share_millionths
from fondaco.compliance.lists.tables import own_table
from fondaco.compliance.ownership import Owner

_NEEDED = ("id", "type", "name")
_COLUMNS = frozenset(
    "id type name aliases weak_aliases former_names birth_dates countries programmes identifiers addresses gender flags owners listed".split()
)
_TYPES = ("person", "organisation", "vessel", "aircraft")
_KINDS = ("imo", "bic", "lei", "passport", "national_id", "tax", "registration", "account", "other")
_OWNER = re.compile(r"(id:)?(.+?)(?:\s+(\d{1,3}(?:\.\d{1,12})?)\s*%)?(?:\s+from\s+([\d-]{4,10}))?(?:\s+to\s+([\d-]{4,10}))?")


def read_private(files: Sequence[bytes]) -> Reading:
    """Entries by `id`. The first line may be `published,YYYY-MM-DD`; a column that is not known is refused, for a misspelt one would be
    lost in silence. Raises `Unreadable` with the row."""
    published, table = own_table(files[0], _NEEDED, _COLUMNS)
    entries: list[Entry] = []
    related: list[Entry] = []
    for number, row in enumerate(table, 1):
        if row["type"] not in _TYPES:
            raise Unreadable(f"row {number}: type {row['type'][:20]!r} is not one of {', '.join(_TYPES)}")
        draft = Draft(row["id"], row["type"])
        draft.name(row["name"], kind="primary", whole=True)
        for column, weak, kind in (
            ("aliases", False, "alias"),
            ("weak_aliases", True, "alias"),
            ("former_names", False, "former"),
        ):
            for text in row[column].split("|"):
                draft.name(text, weak=weak, kind=kind, whole=True)
        for column, take in (
            ("birth_dates", draft.born), ("countries", draft.country), ("programmes", draft.programme), ("addresses", draft.address),
            ("flags", draft.flag),
        ):  # fmt: skip
            for text in row[column].split("|"):
                take(text)
        draft.sex(row["gender"])
        for text in filter(None, row["identifiers"].split("|")):
            kind, _, value = text.strip().partition(":")
            value, _, country = value.partition("@")
            if kind not in _KINDS or not value:
                raise Unreadable(f"row {number}: identifier {text[:40]!r} is not kind:number with a kind of {', '.join(_KINDS)}")
            draft.number(kind, value, country)
        for text in filter(None, row["owners"].split("|")):
            draft.owner(_owner(number, text.strip()))
        (related if row["listed"].casefold() in ("no", "false", "0") else entries).append(draft.entry())
    return Reading(published, entries, related=tuple(related))


def _owner(number: int, text: str) -> Owner:
    met = _OWNER.fullmatch(text)
    share = share_millionths([met[3]]) if met and met[3] else None
    if met is None or (met[3] and share is None):
        raise Unreadable(
            f"row {number}: owner {text[:60]!r} is not `id:ENTRY 50 % from 2024-01-01 to 2025-12-31` or a name in its place"
        )
    return Owner(met[2] if met[1] else "", "" if met[1] else met[2], share, met[4] or "", met[5] or "")

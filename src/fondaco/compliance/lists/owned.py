"""Parties that a list does not name itself, and that its listed parties own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fondaco.compliance.lists.entry import Entry
from fondaco.compliance.ownership import OFAC, Rule, blocked_by_ownership, percent


def with_owned(entries: Sequence[Entry], related: Sequence[Entry], day: str, rule: Rule = OFAC) -> tuple[Entry, ...]:
    """`entries`, and after them those of `related` that the rule blocks on `day`, each with a programme that says by whom."""
    if not related:
        return tuple(entries)
    owners = {entry.entry_id: entry.owners for entry in (*entries, *related) if entry.owners}
    blocked = blocked_by_ownership(owners, (entry.entry_id for entry in entries), day, rule)
    names = {entry.entry_id: entry.names[0].text for entry in (*entries, *related) if entry.names}
    added = []
    for entry in related:
        one = blocked.get(entry.entry_id)
        if one is not None:
            held = ", ".join(names.get(key, key) for key in one.through)
            said = f"owned {percent(one.share_millionths)} by listed parties ({held})"
            added.append(msgspec.structs.replace(entry, programmes=(*entry.programmes, said)))
    return (*entries, *added)

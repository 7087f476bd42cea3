"""How each list of the rulebook stands: which edition is kept and which one screens, until when it may be used, and what its last editions changed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import msgspec

from fondaco.compliance import ListEdition
from fondaco.hub.list_store import Delivery, ListDamaged, kept_edition, list_history, newest, waiting
from fondaco.hub.stores import NotReady
from fondaco.rulebook import Scheme

DAY_NS = 86_400 * 10**9


class ListState(NamedTuple):
    """One list. `state` is fresh, stale, missing or damaged; instants in nanoseconds since 1970, `size` in bytes of the files as they came; `edition` and
    `in_force` are digests, of the newest that is kept and of the one that screens ("" for none). `waits` counts deliveries in the inbox."""

    list_id: str
    format: str
    required: bool
    threshold_milli: int
    state: str
    edition: str
    in_force: str
    published: str
    received_at: int
    valid_until: int
    entries: int
    size: int
    waits: int
    last: Delivery | None
    notes: tuple[str, ...] = ()

    @property
    def fails_closed(self) -> bool:
        """Nothing is reserved or settled while it stands so."""
        return self.required and self.state != "fresh"


class _Part(msgspec.Struct):
    edition: str


class _Set(msgspec.Struct):
    lists: dict[str, _Part]


def list_states(folder: Path, scheme: Scheme, now: int, version: str) -> list[ListState]:
    """Every list that the rulebook names, in its order; `version` is the list set that screens. Reads the newest edition of each whole."""
    inbox = Counter(list_id for list_id, _ in waiting(folder, scheme))
    screening = _editions_of(folder, version)
    last: dict[str, Delivery] = {}
    for delivery in list_history(folder):
        if delivery.outcome == "taken":
            last[delivery.list] = delivery
    found = []
    for rule in scheme.lists:
        damaged = False
        try:
            edition = newest(folder, rule.list_id)
        except ListDamaged:
            edition, damaged = None, True
        until = edition.received_at + rule.max_age_days * DAY_NS if edition is not None else 0
        state = "damaged" if damaged else "missing" if edition is None else "stale" if now >= until else "fresh"
        home = folder / "lists" / rule.list_id / edition.digest if edition is not None else folder
        size = sum(path.stat().st_size for path in home.glob("*.raw")) if edition is not None else 0
        found.append(
            ListState(
                rule.list_id, rule.format, rule.required, rule.threshold_milli, state, edition.digest if edition is not None else "",
                screening.get(rule.list_id, ""), edition.published if edition is not None else "",
                edition.received_at if edition is not None else 0, until, len(edition.entries) + len(edition.goods) if edition is not None else 0,
                size, inbox[rule.list_id], last.get(rule.list_id), edition.notes if edition is not None else (),
            )
        )  # fmt: skip
    return found


def _editions_of(folder: Path, version: str) -> dict[str, str]:
    """The editions of a list set that was noted; none for one that was not."""
    path = folder / "lists" / "sets" / f"{version}.json"
    if not version.isalnum() or not path.exists():
        return {}
    return {key: part.edition for key, part in msgspec.json.decode(path.read_bytes(), type=_Set).lists.items()}


def last_editions(
    folder: Path, scheme: Scheme, list_id: str, before: str = "", after: str = ""
) -> tuple[ListEdition | None, ListEdition]:
    """Two editions of a list by the beginnings of their digests: without any the newest, and the one in force before it (None for a first one).

    Raises `NotReady` for a list or an edition that is not kept, `ListDamaged` for one that is no longer what it was.
    """
    taken = [one.edition for one in list_history(folder) if one.list == list_id and one.outcome == "taken"]
    if after:
        latest = kept_edition(folder, list_id, after)
    else:
        found = newest(folder, list_id) if any(rule.list_id == list_id for rule in scheme.lists) else None
        if found is None:
            raise NotReady(f"the hub keeps no list {list_id!r}; `fondaco lists status` names those that it keeps")
        latest = found
    if before:
        return kept_edition(folder, list_id, before), latest
    # The edition in force just before `latest` was first taken.
    at = taken.index(latest.digest) if latest.digest in taken else len(taken)
    earlier = [digest for digest in taken[:at] if digest != latest.digest]
    return (kept_edition(folder, list_id, earlier[-1]) if earlier else None), latest

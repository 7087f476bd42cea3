"""What changed between two editions of one list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fondaco.compliance.lists.entry import Entry, Good, ListEdition


class EditionDifference(NamedTuple):
    """Each part in the order of the ids. Of what changed: as it was, and as it is."""

    added: tuple[Entry | Good, ...]
    removed: tuple[Entry | Good, ...]
    changed: tuple[tuple[Entry | Good, Entry | Good], ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def edition_difference(before: ListEdition | None, after: ListEdition) -> EditionDifference:
    """By id; the order in which a list prints names, dates and numbers is no change. Without an edition before, all is added."""
    old = _by_id(before) if before is not None else {}
    new = _by_id(after)
    return EditionDifference(
        tuple(new[key] for key in sorted(new.keys() - old.keys())),
        tuple(old[key] for key in sorted(old.keys() - new.keys())),
        tuple((old[key], new[key]) for key in sorted(old.keys() & new.keys()) if _content(old[key]) != _content(new[key])),
    )


def _by_id(edition: ListEdition) -> Mapping[str, Entry | Good]:
    return {**{one.entry_id: one for one in edition.entries}, **{one.good_id: one for one in edition.goods}}


def _content(one: Entry | Good) -> object:
    if isinstance(one, Good):
        return one
    return (one.schema, one.gender, *map(frozenset, _parts(one)))


def _parts(one: Entry) -> Iterable[tuple[object, ...]]:
    return (
        one.names, one.birth_dates, one.countries, one.programmes, one.identifiers, one.addresses, one.flags, one.owners
    )  # fmt: skip


def changed_facts(before: Entry, after: Entry) -> list[str]:
    """Which kinds of facts of an entry changed, as words."""
    words = ("names", "birth dates", "countries", "programmes", "identifiers", "addresses", "flags", "owners")
    found = [
        word for word, old, new in zip(words, _parts(before), _parts(after), strict=True) if frozenset(old) != frozenset(new)
    ]
    return found + [word for word in ("schema", "gender") if getattr(before, word) != getattr(after, word)]

"""Instruments of trade as the doors see them: found by their names, listed newest first, told as documents, with all that is named in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple

import msgspec

from fondaco.hub.hub import Hub
from fondaco.hub.machines import NUMBER, prefix_of

# The kinds, as they are listed: what a deal is made of first.
KINDS = ("LC", "COL", "ETR", "INV", "ORD", "CON", "FIN", "FLG")
# Of these nobody is told whom they are about: what guards noticed is for the officers.
CONFIDENTIAL = frozenset({"FLG"})
_NAME = re.compile(r"[A-Z]{2,4}-[0-9]{6,12}")


class Found(NamedTuple):
    """An instrument: its name, the record of its machine, and that record as a document of JSON."""

    name: str
    one: Any
    document: dict[str, Any]

    @property
    def state(self) -> str:
        return str(self.document.get("state") or self.document.get("issue", {}).get("state", ""))

    @property
    def named(self) -> set[str]:
        """Every text in it, parties and banks among them."""
        return texts_of(self.document)

    @property
    def confidential(self) -> bool:
        return prefix_of(self.name) in CONFIDENTIAL


def document_of(value: Any) -> Any:
    """A record of trade as JSON gives it, by the names of its fields."""
    if isinstance(value, msgspec.Struct):
        return {name: document_of(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple | list | frozenset):
        return [document_of(one) for one in value]
    if isinstance(value, dict):
        return {str(key): document_of(one) for key, one in value.items()}
    return value


def texts_of(value: Any) -> set[str]:
    """Every text in a document of JSON."""
    if isinstance(value, dict):
        return {text for one in value.values() for text in texts_of(one)}
    if isinstance(value, list):
        return {text for one in value for text in texts_of(one)}
    return {value} if isinstance(value, str) else set()


def links_in(found: Found) -> list[str]:
    """The other instruments that it names, in their order."""
    names = {match for text in found.named for match in _NAME.findall(text)}
    return sorted(one for one in names if one != found.name and prefix_of(one) in KINDS)


def found_of(name: str, one: Any) -> Found:
    return Found(name, one, document_of(one))


def instrument_of(hub: Hub, name: str) -> Found | None:
    """The instrument of this name, None for none. Reads one record."""
    trading, prefix = hub.trading, prefix_of(name)
    if not _NAME.fullmatch(name) or hub.desk.rules is None:
        return None
    readers: dict[str, Callable[[str], Any]] = {
        "ETR": trading.records.record,
        "LC": trading.credits.credit,
        "COL": trading.collections.collection,
    }
    reader = readers.get(prefix) or getattr(trading.machines.get(prefix), "found", None)
    one = reader(name) if reader is not None else None
    return found_of(name, one) if one is not None else None


def newest_first(hub: Hub, kinds: tuple[str, ...], after: str = "") -> Iterator[Found]:
    """Instruments of these kinds, kind by kind and each from the newest on; behind the one of the name `after`. Reads one record for each."""
    begun = not after
    for kind in kinds:
        top = hub.trading.shelf.get(NUMBER, kind, int) or 0
        if not begun:
            if kind != prefix_of(after):
                continue
            begun, number = True, after.partition("-")[2]
            top = min(top, int(number) - 1) if number.isascii() and number.isdigit() else 0
        for at in range(top, 0, -1):
            found = instrument_of(hub, f"{kind}-{at:06d}")
            if found is not None:
                yield found

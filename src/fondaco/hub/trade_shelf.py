"""What the hub keeps of trade: read from the journal when it is asked for, never all of it in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

import msgspec

from fondaco.hub.state import Batch
from fondaco.journal import Journal

T = TypeVar("T")
# So many records are remembered; what an earlier batch changed is in the journal by then, and is read again.
REMEMBERED_MAX = 100_000


class ShelfHub(Protocol):
    """What a shelf needs of the hub."""

    @property
    def journal(self) -> Journal: ...


class TradeShelf:
    """Records of trade by kind and key, as the batch in hand left them."""

    def __init__(self, hub: ShelfHub) -> None:
        self._hub = hub
        self._known: dict[tuple[str, str], Any] = {}

    def begin(self) -> None:
        """A batch begins: the one before it is kept."""
        if len(self._known) > REMEMBERED_MAX:
            self._known.clear()

    def get(self, kind: str, key: str, form: type[T]) -> T | None:
        """The record, None for none. Who changes it puts the changed one."""
        found: T | None
        if (kind, key) in self._known:
            found = self._known[kind, key]
            return found
        raw = self._hub.journal.record(kind, key)
        found = None if raw is None else msgspec.msgpack.decode(raw, type=form)
        self._known[kind, key] = found
        return found

    def put(self, batch: Batch, kind: str, key: str, value: Any) -> None:
        """Keep a record with the batch."""
        self._known[kind, key] = value
        batch.trade[kind, key] = value

    def all(self, kind: str, form: type[T]) -> Iterator[tuple[str, T]]:
        """Every record of a kind that the journal has, in the order of the keys; not what the batch in hand changes."""
        for key, raw in self._hub.journal.records(kind):
            yield key, msgspec.msgpack.decode(raw, type=form)


def records_of_trade(batch: Batch) -> list[tuple[str, str, bytes]]:
    """What a batch changed of trade, as the journal keeps it."""
    encode = msgspec.msgpack.encode
    return [(kind, key, encode(value)) for (kind, key), value in sorted(batch.trade.items())]

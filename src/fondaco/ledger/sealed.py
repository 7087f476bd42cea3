"""Which transfer ids came before, and what became of each: sorted columns that are written once.

An id is known by two halves of 64 bits and an entry, `position << 3 | outcome`. What is sealed never changes: an outcome that
changes later is sealed again in a newer segment, and the newest word counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# What became of an id: the low three bits of its entry. The rest is the position of its event in the count of all events.
APPLIED, OPEN, POSTED, VOIDED, EXPIRED, BURNT = range(6)

U64 = NDArray[np.uint64]
_LOW = (1 << 64) - 1
NOT_FOUND = np.uint64(_LOW)


class Columns(NamedTuple):
    """Ids and entries side by side, sorted by (high, low), each id once."""

    highs: U64
    lows: U64
    entries: U64


class Sealed:
    """One segment: distances from the smallest, in the fewest bytes that hold them.

    Ids that follow each other, as ours do, take 8 to 9 bytes each; any others are held as well, in up to 24.
    """

    def __init__(self, facts: Mapping[str, int], keys: NDArray[Any], lows: NDArray[Any] | None, entries: NDArray[Any]) -> None:
        self.facts = dict(facts)
        self.keys, self.lows, self.entries = keys, lows, entries
        self.name: str | None = None  # of the file that holds it, once one does
        self.first_high, self.last_high = facts["first_high"], facts["last_high"]
        self.first, self.last = self.first_high << 64 | facts["first_low"], self.last_high << 64 | facts["last_low"]
        self._base_low, self._low_bits, self._base_entry = facts["base_low"], facts["low_bits"], facts["base_entry"]

    @classmethod
    def of(cls, columns: Columns) -> Sealed:
        """Seal columns that are not empty."""
        highs, lows, entries = columns
        facts = {
            "first_high": int(highs[0]),
            "first_low": int(lows[0]),
            "last_high": int(highs[-1]),
            "last_low": int(lows[-1]),
            "base_low": int(lows.min()),
            "base_entry": int(entries.min()),
        }
        low_range = int(lows.max()) - facts["base_low"]
        facts["low_bits"] = low_range.bit_length()
        high_range = facts["last_high"] - facts["first_high"]
        distances = highs - np.uint64(facts["first_high"])
        narrow_entries = _narrow(entries - np.uint64(facts["base_entry"]))
        if high_range.bit_length() + facts["low_bits"] > 64:
            return cls(facts, distances, lows.copy(), narrow_entries)
        # Both halves fit one number: one column, one search.
        keys = lows - np.uint64(facts["base_low"])
        if high_range:
            keys |= distances << np.uint64(facts["low_bits"])
        return cls(facts, _narrow(keys), None, narrow_entries)

    def __len__(self) -> int:
        return len(self.keys)

    def columns(self) -> Columns:
        entries = self.entries.astype(np.uint64) + np.uint64(self._base_entry)
        keys = self.keys.astype(np.uint64)
        if self.lows is not None:
            return Columns(keys + np.uint64(self.first_high), self.lows.astype(np.uint64), entries)
        lows = (keys & np.uint64((1 << self._low_bits) - 1)) + np.uint64(self._base_low)
        high = keys >> np.uint64(self._low_bits) if self._low_bits < 64 else np.zeros_like(keys)
        return Columns(high + np.uint64(self.first_high), lows, entries)

    def find(self, highs: U64, lows: U64) -> U64:
        """The entry of each id, `NOT_FOUND` where it is not here."""
        found = np.full(len(highs), NOT_FOUND, np.uint64)
        here = (highs >= np.uint64(self.first_high)) & (highs <= np.uint64(self.last_high)) & (lows >= np.uint64(self._base_low))
        distances = lows - np.uint64(self._base_low)
        if self._low_bits < 64:
            here &= distances < np.uint64(1 << self._low_bits)
        wanted = np.nonzero(here)[0]
        if not len(wanted):
            return found
        keys = highs[wanted] - np.uint64(self.first_high)
        if self.lows is None:
            keys = distances[wanted] | (keys << np.uint64(self._low_bits) if self._low_bits < 64 else np.uint64(0))
            keys, wanted = _fitting(keys, wanted, self.keys.dtype)
            # The needles take the type of the column: the other way round the whole column would be copied.
            at = np.searchsorted(self.keys, keys)
            hit = at < len(self.keys)
            hit[hit] = self.keys[at[hit]] == keys[hit]
        else:
            low = lows[wanted]
            at = np.searchsorted(self.keys, keys)
            hit = np.zeros(len(wanted), bool)
            searching = np.nonzero(at < len(self.keys))[0]
            while len(searching):  # ends with the longest run of ids that share a high half
                same_high = self.keys[at[searching]] == keys[searching]
                reached = self.lows[at[searching]] >= low[searching]
                hit[searching[same_high & reached & (self.lows[at[searching]] == low[searching])]] = True
                searching = searching[same_high & ~reached]
                at[searching] += 1
                searching = searching[at[searching] < len(self.keys)]
        found[wanted[hit]] = self.entries[at[hit]].astype(np.uint64) + np.uint64(self._base_entry)
        return found


def _narrow(column: U64) -> NDArray[Any]:
    return column.astype(np.min_scalar_type(int(column.max())))


def _fitting(keys: U64, places: NDArray[Any], kind: np.dtype[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Those keys that the narrower type can hold at all, in that type, with their places."""
    fits = keys <= np.uint64(np.iinfo(kind).max)
    return keys[fits].astype(kind), places[fits]


class Segments:
    """Sealed segments, oldest first; the newest that knows an id has the word."""

    def __init__(self, segments: Iterable[Sealed] = ()) -> None:
        self.sealed: list[Sealed] = list(segments)
        self._note_range()

    def _note_range(self) -> None:
        """`last` is the highest id that any segment may know: whoever is above it need not be looked for."""
        self.last = max((one.last for one in self.sealed), default=0)

    def seal(self, columns: Columns) -> None:
        """Add a segment; ids that increase never overlap, others are merged so that few segments are asked."""
        if not len(columns.highs):
            return
        made = Sealed.of(columns)
        while self.sealed and self.sealed[-1].last >= made.first and len(self.sealed[-1]) <= 2 * len(made):
            made = Sealed.of(merged([self.sealed.pop().columns(), made.columns()]))
        self.sealed.append(made)
        self._note_range()

    def find(self, highs: U64, lows: U64) -> U64:
        """The entry of each id, `NOT_FOUND` where none was sealed."""
        found = np.full(len(highs), NOT_FOUND, np.uint64)
        if not len(highs):
            return found
        lowest, highest = int(highs.min()), int(highs.max())
        for segment in reversed(self.sealed):
            if highest < segment.first_high or lowest > segment.last_high:
                continue
            open_ = np.nonzero(found == NOT_FOUND)[0]
            if not len(open_):
                break
            found[open_] = segment.find(highs[open_], lows[open_])
        return found

    def find_one(self, key: int) -> int | None:
        if key > self.last:
            return None
        entry = self.find(np.array([key >> 64], np.uint64), np.array([key & _LOW], np.uint64))[0]
        return None if entry == NOT_FOUND else int(entry)


def columns_of(ids: Mapping[int, int]) -> Columns:
    """Columns of a mapping from id to entry."""
    halves = np.frombuffer(b"".join([key.to_bytes(16, "little") for key in ids]), np.uint64).reshape(-1, 2)
    entries = np.fromiter(ids.values(), np.uint64, len(ids))
    return sorted_columns(halves[:, 1].copy(), halves[:, 0].copy(), entries)


def merged(parts: Iterable[Columns]) -> Columns:
    """One of several, oldest first: of an id that stands in two, the newer entry."""
    given = list(parts)
    highs, lows, entries = (np.concatenate([part[at] for part in given]) for at in range(3))
    return sorted_columns(highs, lows, entries)


def sorted_columns(highs: U64, lows: U64, entries: U64) -> Columns:
    """Columns in the order of the ids; of an id that comes twice the later entry."""
    if len(highs) > 1:
        ascending = (highs[:-1] < highs[1:]) | ((highs[:-1] == highs[1:]) & (lows[:-1] < lows[1:]))
        if not ascending.all():
            order = np.lexsort((np.arange(len(highs)), lows, highs))
            highs, lows, entries = highs[order], lows[order], entries[order]
            last = np.ones(len(highs), bool)
            last[:-1] = (highs[:-1] != highs[1:]) | (lows[:-1] != lows[1:])
            highs, lows, entries = highs[last], lows[last], entries[last]
    return Columns(highs, lows, entries)

"""Which 16-byte keys came before, and what each stands for: exact, durable, and as fast at ten million as at ten.

A unique index with random keys costs more with every million rows, since each insertion touches a random page of the
write-ahead log (measured: 7 us empty, 25 at one million, 58 at ten). So recent keys stand in a dict that is rebuilt
from the store at start, and older ones in sealed files: sorted, immutable, merged by size so that there are few.
"""

from __future__ import annotations

import hashlib
import os
import re
from array import array
from bisect import bisect_left
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fondaco.journal.face import JournalUnavailable

_ROW = np.dtype([("high", ">u8"), ("low", ">u8"), ("value", "<i8")])
_NAME = re.compile(r"seen-(\d+)-(\d+)\.segment")
_MERGE_AT = 8
_DIGEST = 32


class BrokenSegment(Exception):
    """A sealed file does not have the digest that it states."""


class Seen:
    """Keys of 16 bytes to positive numbers that increase from key to key in the order in which they are added.

    `sealed_up_to` is the highest number that the sealed files hold: at start, the owner adds again what came after.
    `folder` None keeps everything in memory.
    """

    def __init__(self, folder: Path | None, recent_max: int = 1 << 16) -> None:
        self._folder = folder
        self._recent_max = recent_max
        self._recent: dict[bytes, int] = {}
        self._segments: list[tuple[int, int, NDArray[np.void], array[int]]] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._load(folder)

    @property
    def sealed_up_to(self) -> int:
        return max((last for _, last, _, _ in self._segments), default=0)

    def __len__(self) -> int:
        return len(self._recent) + sum(len(rows) for _, _, rows, _ in self._segments)

    def get(self, key: bytes) -> int:
        """The number of `key`, 0 when it was never added."""
        found = self._recent.get(key)
        if found is not None:
            return found
        if self._segments:
            high, low = int.from_bytes(key[:8], "big"), int.from_bytes(key[8:], "big")
            for _, _, rows, highs in self._segments:
                at = bisect_left(highs, high)
                while at < len(highs) and highs[at] == high:  # ends: few keys share their first 64 bits
                    if int(rows[at]["low"]) == low:
                        return int(rows[at]["value"])
                    at += 1
        return 0

    def add(self, key: bytes, value: int) -> None:
        """Remember `key`; adding it again keeps the first number."""
        assert value > 0, "numbers are positive: 0 means never seen"
        self._recent.setdefault(key, value)

    def seal(self, durable_up_to: int) -> None:
        """Move recent keys into a sealed file once there are enough of them.

        Only numbers up to `durable_up_to` (what the store has committed) are sealed, or a crash could leave a key
        whose payment does not exist. Raises `JournalUnavailable` when the file cannot be kept: every key is still remembered.
        """
        if len(self._recent) < self._recent_max or self._folder is None:
            return
        ripe = {key: value for key, value in self._recent.items() if value <= durable_up_to}
        if len(ripe) < self._recent_max // 2:
            return
        rows = np.zeros(len(ripe), _ROW)
        keys = np.frombuffer(b"".join(ripe), dtype=">u8").reshape(-1, 2)
        rows["high"], rows["low"], rows["value"] = keys[:, 0], keys[:, 1], list(ripe.values())
        try:
            self._write(rows, self.sealed_up_to + 1, max(ripe.values()))
            for key in ripe:
                del self._recent[key]
            self._merge()
        except OSError as fault:
            raise JournalUnavailable(f"{self._folder}: {fault}") from fault

    def _write(self, rows: NDArray[np.void], first: int, last: int) -> None:
        assert self._folder is not None
        rows = rows[np.lexsort((rows["low"], rows["high"]))]
        # Joining arrays turns their fields to the machine's byte order; the file has one order everywhere.
        body = rows.astype(_ROW).tobytes()
        path = self._folder / f"seen-{first:020d}-{last:020d}.segment"
        draft = path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(hashlib.sha256(body).digest() + body)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        _sync_folder(self._folder)
        self._segments.append(self._map(path, first, last, check=False))

    def _merge(self) -> None:
        """Join the newest segments while eight of about one size stand together, so that few remain."""
        assert self._folder is not None
        while len(self._segments) >= _MERGE_AT:  # ends: every round leaves fewer segments
            tail = self._segments[-_MERGE_AT:]
            if len(tail[0][2]) > 2 * len(tail[-1][2]):
                return
            old = [self._path(first, last) for first, last, _, _ in tail]
            rows = np.concatenate([rows for _, _, rows, _ in tail])
            self._segments = self._segments[:-_MERGE_AT]
            self._write(rows, tail[0][0], tail[-1][1])
            for path in old:
                path.unlink()

    def _load(self, folder: Path) -> None:
        found: list[tuple[int, int]] = []
        for path in sorted(folder.iterdir()):
            match = _NAME.fullmatch(path.name)
            if match:
                found.append((int(match[1]), int(match[2])))
            elif path.suffix == ".draft":
                path.unlink()
        # A crash between writing a merged file and removing its parts leaves both: the larger span is enough.
        whole = [a for a in found if not any(b != a and b[0] <= a[0] and a[1] <= b[1] for b in found)]
        for first, last in set(found) - set(whole):
            self._path(first, last).unlink()
        self._segments = [self._map(self._path(first, last), first, last, check=True) for first, last in sorted(whole)]

    def _map(self, path: Path, first: int, last: int, *, check: bool) -> tuple[int, int, NDArray[np.void], array[int]]:
        if check:
            content = path.read_bytes()
            if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
                raise BrokenSegment(f"{path.name} is damaged; remove it and it is rebuilt from the journal")
        rows = np.memmap(path, dtype=_ROW, mode="r", offset=_DIGEST)
        # The first halves stand in memory in the machine's order: the search reads them alone.
        # As an array of the standard library: for one key, bisect costs a third of numpy's search.
        highs = array("Q")
        highs.frombytes(rows["high"].astype(np.uint64).tobytes())
        return first, last, rows, highs

    def _path(self, first: int, last: int) -> Path:
        assert self._folder is not None
        return self._folder / f"seen-{first:020d}-{last:020d}.segment"


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

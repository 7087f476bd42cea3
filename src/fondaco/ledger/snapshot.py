"""Snapshots of the books: a shortcut past the log that can be thrown away at any time.

A folder holds one file of what changes (`current`) and one for each sealed segment of ids, named by its content and never written
again. `current` binds itself to a row of the log by that row's digest, and to its segments by theirs.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from fondaco.ledger.engine import ACCOUNT, TRANSFER
from fondaco.ledger.kernel import State
from fondaco.ledger.sealed import Columns, Sealed

_FORM = 2
_NAME = "current"


class _Segment(msgspec.Struct, array_like=True):
    name: str
    facts: dict[str, int]


class _Current(msgspec.Struct, array_like=True):
    form: int
    seq: int
    digest: bytes
    position: int
    last_ns: int
    last_transfer_ns: int
    accounts: bytes
    pendings: bytes
    recent: tuple[bytes, bytes, bytes]
    balanced: tuple[bytes, bytes]
    segments: list[_Segment]


class Snapshot(msgspec.Struct, frozen=True):
    """A kernel's state after the row `seq` of the log, whose digest is `digest`."""

    seq: int
    digest: bytes
    state: State


def write(folder: Path, snapshot: Snapshot) -> None:
    """Keep a snapshot in place of the one before; a kill at any moment leaves one of the two whole. Raises `OSError`."""
    folder.mkdir(exist_ok=True)
    state = snapshot.state
    segments = [_Segment(_write_segment(folder, one), one.facts) for one in state.sealed]
    current = _Current(
        _FORM,
        snapshot.seq,
        snapshot.digest,
        state.position,
        state.last_ns,
        state.last_transfer_ns,
        state.accounts.tobytes(),
        state.pendings.tobytes(),
        (state.recent.highs.tobytes(), state.recent.lows.tobytes(), state.recent.entries.tobytes()),
        (state.balanced[0].tobytes(), state.balanced[1].tobytes()),
        segments,
    )
    body = msgspec.msgpack.encode(current)
    _replace(folder / _NAME, [hashlib.blake2b(body, digest_size=16).digest(), body])
    kept = {one.name for one in segments} | {_NAME}
    for path in folder.iterdir():
        if path.name not in kept:
            path.unlink()


def read(folder: Path) -> Snapshot | None:
    """The snapshot, when all of it is whole; else None: then the log is applied from its start."""
    try:
        content = (folder / _NAME).read_bytes()
        if hashlib.blake2b(content[16:], digest_size=16).digest() != content[:16]:
            return None
        current = msgspec.msgpack.decode(content[16:], type=_Current)
        if current.form != _FORM:
            return None
        sealed = [_read_segment(folder, one) for one in current.segments]
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    state = State(
        current.position,
        current.last_ns,
        current.last_transfer_ns,
        np.frombuffer(current.accounts, ACCOUNT),
        np.frombuffer(current.pendings, TRANSFER),
        Columns(*(np.frombuffer(part, np.uint64) for part in current.recent)),
        sealed,
        (np.frombuffer(current.balanced[0], np.uint64), np.frombuffer(current.balanced[1], np.uint64)),
    )
    return Snapshot(current.seq, current.digest, state)


class _Digested:
    """A file that is written and told by its content."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._content = file, hashlib.blake2b(digest_size=16)

    def write(self, data: bytes) -> int:
        self._content.update(data)
        return self._file.write(data)

    def name(self) -> str:
        return f"ids-{self._content.hexdigest()}"


def _write_segment(folder: Path, one: Sealed) -> str:
    if one.name is None:
        columns = [one.keys, one.entries] + ([one.lows] if one.lows is not None else [])
        draft = folder / "ids.draft"
        with draft.open("wb") as file:
            told = _Digested(file)
            for column in columns:
                np.save(told, column, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / told.name())
        one.name = told.name()
    return one.name


def _read_segment(folder: Path, one: _Segment) -> Sealed:
    """A segment whose columns stay in the file until they are looked at. Raises `ValueError` when it is not what its name says."""
    path = folder / one.name
    with path.open("rb") as file:
        # Nothing is read as if it said something before it is known to be what was written.
        content = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
        if one.name != f"ids-{content.hexdigest()}":
            raise ValueError(f"{path} is damaged")
        size = file.tell()
        file.seek(0)
        columns = []
        while file.tell() < size:
            columns.append(_mapped(path, file))
    made = Sealed(one.facts, columns[0], columns[2] if len(columns) == 3 else None, columns[1])
    made.name = one.name
    return made


def _mapped(path: Path, file: BinaryIO) -> NDArray[Any]:
    npy.read_magic(file)
    shape, _, kind = npy.read_array_header_1_0(file)
    start = file.tell()
    file.seek(start + kind.itemsize * shape[0])
    return np.memmap(path, kind, "r", start, shape)


def _replace(path: Path, parts: list[bytes]) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""A disk that breaks when it is told to: under SQLite as a file system of its own, under plain files as a class of paths.

Every byte goes to a real file, so that whoever is tested reads what it wrote; beside it the disk knows what of it would outlive a
loss of power: per file what was there at its last honest fsync, and in order what was asked for since. `crash` leaves of that what the
kind of crash leaves. Names of files are kept as strictly as POSIX allows: a file that is new, renamed or removed is so for good when
its folder was synced. Not modelled: a byte that changes outside of what was being written (SQLite's "powersafe overwrite").
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path, PosixPath
from typing import Any, NamedTuple
from unittest import mock

import apsw

SECTOR = 512
# What changes files or makes them safe; a fault counts the calls of the kinds it is on.
CHANGES = frozenset({"create", "write", "truncate", "sync", "rename", "delete"})


class Does(Enum):
    """What a call that fails does."""

    STOP = "the power ends: neither this call nor any later one is done, a write perhaps in part"
    EIO = "the call is refused; of a sync, what it should have kept may be lost and is not written again"
    ENOSPC = "there is no room; half of a write is done"
    SHORT = "a read ends early"
    LIE = "a sync says that it was done, and nothing was"
    GONE = "the power ended before"


class Crash(Enum):
    """What is left of what was written since the last honest fsync."""

    KEPT = "all: the process was killed, the machine was not"
    LOST = "nothing"
    TORN = "what came first, and a part of one write"
    SCATTERED = "any sectors of any writes, and any renames and removals"


class Fault(NamedTuple):
    """The `at`-th call (from 1) among those of the kinds `on` fails; with `lasting` every later one of them, too."""

    does: Does
    at: int
    on: frozenset[str] = CHANGES
    lasting: bool = False


class _File:
    """What of one file is safe, whatever its name."""

    def __init__(self, content: bytes = b"") -> None:
        self.safe = bytearray(content)


class _Change(NamedTuple):
    """One change that no honest fsync has confirmed. A name that is given no file is removed."""

    file: _File | None
    offset: int = 0
    data: bytes = b""
    size: int | None = None
    names: tuple[tuple[str, _File | None], ...] = ()


class Broken(OSError):
    """The disk's answer to a call that failed."""


class Disk:
    """One disk. `fault` says when it breaks and how, `seed` what is left to chance; both may be replaced while it runs.

    One at a time is installed: `with disk.installed(): SqliteEngine(disk.folder, vfs=disk.name)`.
    """

    def __init__(self, folder: Path, seed: int = 0, fault: Fault | None = None) -> None:
        self.folder: Path = type("FaultyPath", (_FaultyPath,), {"disk": self})(folder)
        self.name = "faulty"
        self.fault = fault
        self.calls: Counter[str] = Counter()
        self.stopped = False
        self.struck = False
        self._matching = 0
        self._random = random.Random(seed)
        self._lock = threading.RLock()
        self._names: dict[str, _File] = {}
        self._safe_names: dict[str, _File] = {}
        self._changes: list[_Change] = []
        # What is there already outlives whatever happens, also a file that nobody opens. SQLite makes its shared memory anew.
        for found in sorted(folder.rglob("*")) if folder.exists() else []:
            if found.is_file() and not found.name.endswith("-shm"):
                self.opened(str(found), existed=True)

    @contextmanager
    def installed(self) -> Iterator[None]:
        """SQLite knows the disk by `name`, and `os.fsync` knows its plain files, until the block ends."""
        vfs = _Vfs(self)
        with mock.patch.object(os, "fsync", self._fsync):
            try:
                yield
            finally:
                vfs.unregister()

    def expect(self, fault: Fault | None) -> None:
        """Break at `fault` from now on; what was called before does not count."""
        with self._lock:
            self.fault, self._matching, self.struck = fault, 0, False

    def goes_on(self) -> None:
        """The process was killed, the machine was not: another process finds all that was written, and what no fsync confirmed is still at stake."""
        with self._lock:
            self.stopped = False

    def crash(self, kind: Crash, into: Path) -> None:
        """Lay out in a new folder what a loss of power now would leave. The disk stays as it is: another crash may be tried."""
        if kind is Crash.KEPT:
            shutil.copytree(self.folder, into)
            return
        names = dict(self._safe_names)
        images = {id(file): bytearray(file.safe) for file in [*self._names.values(), *names.values()]}
        for change in self._survivors(kind):
            for name, file in change.names:
                if file is None:
                    names.pop(name, None)
                else:
                    names[name] = file
            if change.file is not None:
                _apply(images.setdefault(id(change.file), bytearray(change.file.safe)), change)
        into.mkdir()
        for name, file in names.items():
            place = into / Path(name).relative_to(self.folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(images.get(id(file), file.safe))

    def _survivors(self, kind: Crash) -> list[_Change]:
        if kind is Crash.LOST:
            return []
        if kind is Crash.TORN:
            whole = self._random.randint(0, len(self._changes))
            part = [self._part(change) for change in self._changes[whole : whole + 1]]
            return self._changes[:whole] + part
        left = []
        for change in self._changes:
            if change.data:
                left += [one for one in _sectors(change) if self._random.random() < 0.5]
            elif self._random.random() < 0.5:
                left.append(change)
        return left

    def _part(self, change: _Change) -> _Change:
        return change._replace(data=change.data[: self._random.randint(0, len(change.data))]) if change.data else change

    # What files ask

    def strikes(self, kind: str) -> Does | None:
        """Count a call; what it does if it is to fail."""
        self.calls[kind] += 1
        if self.stopped:
            return Does.GONE
        fault = self.fault
        if fault is None or kind not in fault.on:
            return None
        self._matching += 1
        if self._matching < fault.at or (self._matching > fault.at and not fault.lasting):
            return None
        self.struck = True
        self.stopped = fault.does is Does.STOP
        return fault.does

    def opened(self, name: str, *, existed: bool) -> None:
        """A file is open; one that is new has a name that may be lost."""
        with self._lock:
            if name in self._names:
                return
            file = self._names[name] = _File(Path(name).read_bytes() if existed else b"")
            if existed:
                self._safe_names[name] = file
            else:
                self._changes.append(_Change(None, names=((name, file),)))

    def write(self, name: str, offset: int, data: bytes, real: Any) -> None:
        with self._lock:
            does = self.strikes("write")
            if does is Does.ENOSPC:
                data = data[: len(data) // 2]
            if does in (None, Does.ENOSPC, Does.STOP):
                self._changes.append(_Change(self._names[name], offset, bytes(data)))
            if does in (None, Does.ENOSPC):
                real(data, offset)
            if does is not None:
                raise _refusal(does, "write", name)

    def truncate(self, name: str, size: int, real: Any) -> None:
        with self._lock:
            self.refuse("truncate", name)
            self._changes.append(_Change(self._names[name], size=size))
            real(size)

    def sync(self, name: str, *, folder: bool) -> None:
        """Make a file safe, and with `folder` the names in its folder; the real file is not synced, nothing here outlives the test."""
        with self._lock:
            does = self.strikes("sync")
            if does is Does.LIE:
                return
            if does is None:
                self._settle(self._names[name])
                if folder:
                    self._settle_names(str(Path(name).parent))
                return
            if does in (Does.EIO, Does.ENOSPC):
                # The system tells once and takes the pages for written; whether they were is chance.
                self._settle(self._names[name], chance=True)
            raise _refusal(does, "sync", name)

    def rename(self, source: str, target: str) -> None:
        with self._lock:
            self.refuse("rename", source)
            file = self._names.pop(source)
            self._names[target] = file
            self._changes.append(_Change(None, names=((source, None), (target, file))))
            Path(source).replace(target)

    def delete(self, name: str, *, folder: bool, real: Any) -> None:
        with self._lock:
            self.refuse("delete", name)
            real()
            if self._names.pop(name, None) is not None:
                self._changes.append(_Change(None, names=((name, None),)))
            if folder:
                self._settle_names(str(Path(name).parent))

    def refuse_read(self, name: str) -> bool:
        """Whether a read is to end early. Raises `Broken`."""
        with self._lock:
            does = self.strikes("read")
            if does is not None and does is not Does.SHORT:
                raise _refusal(does, "read", name)
            return does is Does.SHORT

    def refuse(self, kind: str, name: str) -> None:
        """Count a call that nothing is special about. Raises `Broken` when it fails."""
        does = self.strikes(kind)
        if does is not None:
            raise _refusal(does, kind, name)

    def _settle(self, file: _File, *, chance: bool = False) -> None:
        rest = []
        for change in self._changes:
            if change.file is not file:
                rest.append(change)
            elif not chance or self._random.random() < 0.5:
                _apply(file.safe, change)
        self._changes = rest

    def _settle_names(self, folder: str) -> None:
        rest = []
        for change in self._changes:
            if not change.names or str(Path(change.names[-1][0]).parent) != folder:
                rest.append(change)
                continue
            for name, file in change.names:
                if file is None:
                    self._safe_names.pop(name, None)
                else:
                    self._safe_names[name] = file
        self._changes = rest

    def _fsync(self, descriptor: int) -> None:
        """`os.fsync` of a plain file or a folder."""
        name = str(Path(f"/proc/self/fd/{descriptor}").readlink())
        if name in self._names:
            self.sync(name, folder=False)
        elif Path(name).is_dir():
            with self._lock:
                does = self.strikes("sync")
                if does is None:
                    self._settle_names(name)
                elif does is not Does.LIE:
                    raise _refusal(does, "sync", name)


def _refusal(does: Does, kind: str, name: str) -> Broken:
    return Broken(errno.ENOSPC if does is Does.ENOSPC else errno.EIO, kind, name)


def _apply(image: bytearray, change: _Change) -> None:
    if change.size is not None:
        del image[change.size :]
        image.extend(bytes(change.size - len(image)))
        return
    image.extend(bytes(max(0, change.offset - len(image))))
    image[change.offset : change.offset + len(change.data)] = change.data


def _sectors(change: _Change) -> Iterator[_Change]:
    """A write cut at the disk's sectors."""
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, start - start % SECTOR + SECTOR)
        yield change._replace(offset=start, data=change.data[start - change.offset : stop - change.offset])
        start = stop


# SQLite's files

_CODES = {"read": apsw.SQLITE_IOERR_READ, "write": apsw.SQLITE_IOERR_WRITE, "sync": apsw.SQLITE_IOERR_FSYNC,
          "truncate": apsw.SQLITE_IOERR_TRUNCATE, "delete": apsw.SQLITE_IOERR_DELETE, "create": apsw.SQLITE_CANTOPEN}  # fmt: skip
_SYNCS_ITS_FOLDER = apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL


class _ToldToSqlite:
    """The disk's answer in SQLite's words. A life makes thousands of calls, so no generator stands around each."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, Broken):
            code = apsw.SQLITE_FULL if fault.errno == errno.ENOSPC else _CODES[str(fault.strerror)]
            raise apsw.exception_for(code) from fault


_told_to_sqlite = _ToldToSqlite()


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        super().__init__(disk.name, "")

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        if path is None:
            return apsw.VFSFile("", name, flags)  # a temporary file of SQLite's own: nothing in it need outlive anything
        existed = Path(path).exists()
        with _told_to_sqlite:
            if not existed:
                self.disk.refuse("create", path)
        made = _SqliteFile(self.disk, path, name, flags)
        self.disk.opened(path, existed=existed)
        return made

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802
        with _told_to_sqlite:
            self.disk.delete(filename, folder=bool(syncdir), real=lambda: super(_Vfs, self).xDelete(filename, False))


class _SqliteFile(apsw.VFSFile):
    def __init__(self, disk: Disk, path: str, name: Any, flags: list[int]) -> None:
        self.disk, self.path = disk, path
        # SQLite's unix file system syncs the folder with the first sync of a journal that it may have made.
        self.syncs_folder = bool(flags[0] & apsw.SQLITE_OPEN_CREATE and flags[0] & _SYNCS_ITS_FOLDER)
        super().__init__("", name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        with _told_to_sqlite:
            short = self.disk.refuse_read(self.path)
        read = super().xRead(amount, offset)
        return read[: len(read) // 2] if short else read

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        with _told_to_sqlite:
            self.disk.write(self.path, offset, data, super().xWrite)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        with _told_to_sqlite:
            self.disk.truncate(self.path, newsize, super().xTruncate)

    def xSync(self, flags: int) -> None:  # noqa: N802
        with _told_to_sqlite:
            self.disk.sync(self.path, folder=self.syncs_folder)
        self.syncs_folder = False


# Plain files


class _FaultyPath(PosixPath):
    """A path whose files are on a disk; every path made from it, too."""

    disk: Disk

    def open(self, mode: str = "r", *args: Any, **more: Any) -> Any:  # type: ignore[override]
        if mode in ("wb", "r+b"):
            self.disk.refuse("create", str(self))
            return _PlainFile(self.disk, str(self), emptied=mode == "wb")
        if self.disk.refuse_read(str(self)):
            raise _refusal(Does.EIO, "read", str(self))
        return super().open(mode, *args, **more)

    def replace(self, target: Any) -> Any:
        self.disk.rename(str(self), str(target))
        return target

    def unlink(self, missing_ok: bool = False) -> None:
        if not missing_ok or self.exists():
            self.disk.delete(str(self), folder=False, real=lambda: Path(str(self)).unlink())


class _PlainFile:
    """As much of a file opened for writing as its writers use; nothing waits in a buffer."""

    def __init__(self, disk: Disk, name: str, *, emptied: bool) -> None:
        existed = Path(name).exists()
        self._disk, self._name = disk, name
        self._file = Path(name).open("r+b" if existed else "wb", buffering=0)  # noqa: SIM115 - closed by its own exit
        disk.opened(name, existed=existed)
        if existed and emptied:
            disk.truncate(name, 0, self._file.truncate)

    def write(self, data: bytes) -> int:
        raw = bytes(data)
        self._disk.write(self._name, self._file.tell(), raw, lambda part, _: self._file.write(part))
        return len(raw)

    def flush(self) -> None:
        """Nothing waits."""

    def fileno(self) -> int:
        return self._file.fileno()

    def __enter__(self) -> _PlainFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

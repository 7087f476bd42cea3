"""What an uploaded file holds: one message as XML, or a zip with one message in each entry. Nothing of it is believed before it was counted."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

from fondaco.api.route import XML

ZIP = "application/zip"
# The end of a zip's directory, of a zip that has no comment and is small enough not to need the longer form (APPNOTE 4.3.16).
_END = struct.Struct("<4s4H2LH")
# A row of the directory (APPNOTE 4.3.12): its mark, and how long its name, its extra field and its comment are.
_ROW_BYTES, _ROW_BYTES_MAX = 46, 1_024
_ROW_LENGTHS = struct.Struct("<3H")
# A zip may unfold to so many times what an upload may be.
UNFOLDS_MAX = 20
_STORED, _DEFLATED, _ENCRYPTED = 0, 8, 1
_NAME_MAX = 120


class NotReadable(Exception):
    """The file holds no messages in a form that is taken; the text says why."""


class TooLarge(Exception):
    """One message of the file is larger than a message may be; the others are not touched."""


class OneMessage:
    """A file that is one message."""

    def __init__(self, path: Path, size_max: int) -> None:
        self._path = path
        size = path.stat().st_size if path.exists() else 0
        if not size:
            raise NotReadable("it is empty")
        if size > size_max:
            raise NotReadable(f"one message of {size} bytes, at most {size_max}: divide it, and put the messages into a zip")

    def __len__(self) -> int:
        return 1

    def entry(self, _: int) -> str:
        return ""

    def size(self, _: int) -> int:
        return self._path.stat().st_size

    def raw(self, _: int) -> bytes:
        return self._path.read_bytes()

    def close(self) -> None:
        """Nothing is open."""


class ZipOfMessages:
    """A zip: one message an entry, in the order of its directory. Folders are passed over."""

    def __init__(self, path: Path, size_max: int, count_max: int, unfolded_max: int) -> None:
        self._size_max = size_max
        _check_directory(path, count_max)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as fault:
            raise NotReadable(f"not a zip: {str(fault)[:200]}") from fault
        self._entries = [one for one in self._zip.infolist() if not one.is_dir()]
        if not self._entries:
            raise NotReadable("a zip without a message")
        for one in self._entries:
            if one.flag_bits & _ENCRYPTED or one.compress_type not in (_STORED, _DEFLATED):
                raise NotReadable("an entry is encrypted, or packed in another way than deflate")
        unfolded = sum(one.file_size for one in self._entries)
        if unfolded > unfolded_max:
            raise NotReadable(f"it unfolds to {unfolded} bytes, at most {unfolded_max}")

    def __len__(self) -> int:
        return len(self._entries)

    def entry(self, place: int) -> str:
        """The name of an entry, as far as it can be shown."""
        return "".join(one if one.isprintable() else "?" for one in self._entries[place].filename[:_NAME_MAX])

    def size(self, place: int) -> int:
        """What the directory says of its size; no more than that is ever read."""
        return self._entries[place].file_size

    def raw(self, place: int) -> bytes:
        """The bytes of an entry. Raises `TooLarge`, and `NotReadable` for bytes that are not what the directory says."""
        one = self._entries[place]
        if one.file_size > self._size_max:
            raise TooLarge(f"{one.file_size} bytes, at most {self._size_max}")
        try:
            with self._zip.open(one) as entry:
                return entry.read(self._size_max + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as fault:
            raise NotReadable(f"the entry cannot be unfolded: {str(fault)[:200]}") from fault

    def close(self) -> None:
        self._zip.close()


def opened(path: Path, media: str, size_max: int, count_max: int, upload_max: int) -> OneMessage | ZipOfMessages:
    """The messages of a file of this form. Raises `NotReadable`."""
    if media == XML:
        return OneMessage(path, size_max)
    return ZipOfMessages(path, size_max, count_max, UNFOLDS_MAX * upload_max)


def _check_directory(path: Path, count_max: int) -> None:
    """Count the rows of the directory before a library makes records of them. Raises `NotReadable`."""
    size = path.stat().st_size if path.exists() else 0
    if size < _END.size:
        raise NotReadable("not a zip")
    with path.open("rb") as file:
        file.seek(size - _END.size)
        mark, disk, start_disk, here, count, length, start, comment = _END.unpack(file.read(_END.size))
        if mark != b"PK\x05\x06" or comment or disk or start_disk or here != count:
            raise NotReadable("not a zip of one part, without a comment")
        if 0xFFFF in (here, count) or 0xFFFFFFFF in (length, start) or start + length != size - _END.size:
            raise NotReadable("not a zip in the shorter form, whose directory stands at its end")
        if count > count_max or length > count_max * _ROW_BYTES_MAX:
            raise NotReadable(f"{count} entries, at most {count_max}")
        file.seek(start)
        directory = file.read(length)
    at = found = 0
    while at < length:  # ends: each row is at least 46 bytes
        if directory[at : at + 4] != b"PK\x01\x02" or at + _ROW_BYTES > length:
            raise NotReadable("its directory is damaged")
        at += _ROW_BYTES + sum(_ROW_LENGTHS.unpack_from(directory, at + 28))
        found += 1
    if at != length or found != count:
        raise NotReadable("its directory is damaged")

"""Server-sent events as they come, in whatever pieces: WHATWG HTML section 9.2, as far as a mailbox speaks it."""

from __future__ import annotations

from typing import NamedTuple

from fondaco.client.fault import malformed

# The largest message is ten megabytes; as JSON it may be twice that.
EVENT_BYTES_MAX = 64 * 1024 * 1024


class Event(NamedTuple):
    """One event: its id ("" for none), and its data."""

    id: str
    data: bytes


class Events:
    """Takes pieces of a stream and gives whole events. What was begun when the stream ended is no event."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._id = ""
        self._data: list[bytes] = []

    def feed(self, piece: bytes) -> list[Event]:
        """The events that this piece completes. Raises `Malformed` for one that never ends."""
        self._size += len(piece)
        if self._size > EVENT_BYTES_MAX:
            raise malformed(f"an event of more than {EVENT_BYTES_MAX} bytes")
        self._pieces.append(piece)
        if b"\n" not in piece:
            return []
        *lines, rest = b"".join(self._pieces).split(b"\n")
        self._pieces = [rest]
        found = []
        for line in lines:
            event = self._line(line.removesuffix(b"\r"))
            if event is not None:
                found.append(event)
        self._size = len(rest) + sum(len(one) for one in self._data)
        return found

    def _line(self, line: bytes) -> Event | None:
        if not line:
            found = Event(self._id, b"\n".join(self._data)) if self._data else None
            self._data = []
            return found
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        return None

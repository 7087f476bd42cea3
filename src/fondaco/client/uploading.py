"""A file of many messages sent in parts, going on after each break where the hub says that it is (docs/api.md, "Files")."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fondaco.client.call import JSON, Call, Flow, Pause, Reply, Request
from fondaco.client.fault import Refused, malformed, media_of
from fondaco.client.reading import record
from fondaco.client.records import UploadPage, UploadState

if TYPE_CHECKING:
    from fondaco.client.conversation import Conversation

ZIP = "application/zip"
# A part is lost with its connection: small enough to go within one attempt's time over a slow one.
PART_BYTES = 1024 * 1024
# The states of an upload that is not over (docs/lifecycle/upload.md).
UNDER_WAY = frozenset({"RECEIVING", "WHOLE"})
_RECEIVING, _CONFLICT = "RECEIVING", 409
_PLACE = "/v1/uploads"
_BLOCK = 1024 * 1024
# Who waits asks after so many seconds, and after twice as many each time, up to the second number.
_FIRST_LOOK_S, _LAST_LOOK_S = 0.05, 2.0


class Source:
    """A file on the disk, or bytes, that does not change while it is sent. Raises `OSError`."""

    def __init__(self, given: Path | bytes) -> None:
        self._given = given
        self.size = len(given) if isinstance(given, bytes) else given.stat().st_size

    def part(self, offset: int, size: int) -> bytes:
        if isinstance(self._given, bytes):
            return self._given[offset : offset + size]
        with self._given.open("rb") as file:
            file.seek(offset)
            return file.read(size)

    def digest(self) -> str:
        """The digest of the whole, as the header Repr-Digest has it."""
        made = hashlib.sha256()
        for offset in range(0, self.size, _BLOCK):
            made.update(self.part(offset, _BLOCK))
        return _written(made.digest())


def _written(digest: bytes) -> str:
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def begin(source: Source, media: str) -> Call[UploadState]:
    """Begin an upload without a part. Asked again it begins another, and the first one runs out."""
    headers = {
        "Accept": JSON, "Content-Type": media, "Upload-Complete": "?0", "Upload-Length": str(source.size), "Repr-Digest": source.digest(),
    }  # fmt: skip
    return Call(Request("POST", _PLACE, b"", headers), _told)


def append(name: str, offset: int, part: bytes, last: bool) -> Call[UploadState]:
    """Put a part behind the first `offset` bytes. Asked again when it was taken, it is refused with 409, and nothing is put twice."""
    headers = {
        "Accept": JSON, "Content-Type": "application/partial-upload", "Upload-Offset": str(offset), "Upload-Complete": "?1" if last else "?0",
        "Content-Digest": _written(hashlib.sha256(part).digest()),
    }  # fmt: skip
    return Call(Request("PATCH", f"{_PLACE}/{name}", part, headers), _told)


def look(name: str, after: int = 0, limit: int = 1) -> Call[UploadState]:
    """How an upload stands, with results of messages from the place `after` on."""
    return Call(Request("GET", f"{_PLACE}/{name}?after={after}&limit={limit}", headers={"Accept": JSON}), _told)


def under_way() -> Call[UploadPage]:
    return Call(Request("GET", _PLACE, headers={"Accept": JSON}), lambda reply: record(UploadPage, reply.body))


def cancel(name: str) -> Call[None]:
    return Call(Request("DELETE", f"{_PLACE}/{name}"), lambda _: None)


def _told(reply: Reply) -> UploadState:
    if media_of(reply.headers) != JSON:
        raise malformed(f"{media_of(reply.headers) or 'nothing'} came where {JSON} was expected", reply.status)
    return record(UploadState, reply.body)


def sent(
    talk: Conversation, source: Source, media: str, name: str, part_bytes: int, begun: Callable[[str], None]
) -> Flow[UploadState]:
    """Send all of a file, or what is missing of the upload `name`; `begun` hears the name before the first part goes. Raises `HubFault`, and `ValueError` for a size of parts
    below one, or a file that is shorter than what the hub has of it."""
    if part_bytes < 1:
        raise ValueError("a part is one byte at least")
    state = yield from talk.run(look(name) if name else begin(source, media))
    begun(state.upload)
    while state.state == _RECEIVING:  # ends: each turn sends a part, or sees that another did, or raises
        if state.offset > source.size:
            raise ValueError(f"the hub has {state.offset} bytes of a file of {source.size}")
        part = source.part(state.offset, part_bytes)
        last = state.offset + len(part) >= source.size
        try:
            state = yield from talk.run(append(state.upload, state.offset, part, last))
        except Refused as refused:
            # The part before this answer came may have been taken: what the hub has says where to go on.
            stands = yield from talk.run(look(state.upload))
            if refused.status != _CONFLICT or (stands.offset, stands.state) == (state.offset, state.state):
                raise
            state = stands
    return state


def ended(talk: Conversation, name: str, timeout_s: float) -> Flow[UploadState]:
    """Ask until an upload is over. Raises `TimeoutError`."""
    until, look_s = talk.monotonic() + timeout_s, _FIRST_LOOK_S
    while True:  # ends with the upload, or at `until`
        state = yield from talk.run(look(name))
        if state.state not in UNDER_WAY:
            return state
        left = until - talk.monotonic()
        if left <= 0:
            raise TimeoutError(
                f"after {timeout_s:g} seconds the upload {name} is {state.state}, {state.taken_in} messages taken in"
            )
        yield Pause(min(look_s, left))
        look_s = min(2 * look_s, _LAST_LOOK_S)


def unheard(_: str) -> None:
    """Nobody asks for the name."""

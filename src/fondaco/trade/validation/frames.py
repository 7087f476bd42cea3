"""How the engine of the rules and its process speak: MessagePack behind its length, four bytes, big-endian."""

from __future__ import annotations

from typing import Any, BinaryIO

import msgspec

HEAD = 4


def receive(pipe: BinaryIO) -> Any:
    """The next message, None at the end of the stream."""
    head = pipe.read(HEAD)
    if len(head) < HEAD:
        return None
    return msgspec.msgpack.decode(pipe.read(int.from_bytes(head, "big")))


def framed(message: Any) -> bytes:
    raw = msgspec.msgpack.encode(message)
    return len(raw).to_bytes(HEAD, "big") + raw

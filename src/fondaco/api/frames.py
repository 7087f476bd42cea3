"""What a door in a process of its own and the hub's process say to each other: frames of msgpack over two joined sockets that nobody else can reach.

A frame is its length in four bytes, and a record. Many messages go in one frame to be decided, and their outcomes come back in one: the hub's process is woken for
many, not for each.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from typing import Any, cast

import msgspec

from fondaco.api.settings import Settings
from fondaco.core import Refusal
from fondaco.hub import Arrive, Original
from fondaco.journal import Mail

_LENGTH = struct.Struct("<I")


class Hello(msgspec.Struct, frozen=True, array_like=True, tag=0):
    """What a door is told before it opens. `newest` is the number of the newest mail, `ahead_ns` how far the hub's clock is ahead of the machine's (a story's day is another
    than today), `connections` how many this door may keep; the paths of keys are "" where there are none."""

    folder: str
    address: str
    settings: Settings
    connections: int
    newest: int = 0
    ahead_ns: int = 0
    log_level: int = 20
    certificate: str = ""
    key: str = ""
    authorities: str = ""
    signing_certificate: str = ""
    signing_key: str = ""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What a door counted since it said so last: requests as (route, status, seconds), messages as (family, result), UETRs of payments that came in."""

    requests: list[tuple[str, int, float]] = []
    messages: list[tuple[str, str]] = []
    came: list[str] = []


# From a door to the hub


class Bundle(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """Messages to be decided together, in their order, as the door read them; before one that was signed, it as it came."""

    number: int
    commands: list[Arrive | Original]
    told: Told


class Counted(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """Figures alone, where no bundle took them along."""

    told: Told


class Opened(msgspec.Struct, frozen=True, array_like=True, tag=3):
    """A request that the hub's own application answers: what its connection and its head say, `chain` the client's certificate as TLS had it (None: no TLS)."""

    stream: int
    method: str
    path: str
    raw_path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    client: tuple[str, int] | None
    server: tuple[str, int | None] | None
    scheme: str
    http_version: str
    chain: tuple[str, ...] | None
    tls_version: int | None = None


class Body(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """The next part of a request's body, which was asked for by `Wanted`."""

    stream: int
    part: bytes
    more: bool


class Gone(msgspec.Struct, frozen=True, array_like=True, tag=5):
    """The client of a request has left."""

    stream: int


class Passed(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """A part of an answer was handed to the client's connection: the next may come."""

    stream: int


class Ready(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """This door takes connections."""


# From the hub to a door


class Decided(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """What a bundle came to: one result for each message, and the mail of its batch that may answer them. Sent when both are durable."""

    number: int
    results: list[Refusal | str | None]
    mail: list[Mail]
    newest: int


class TurnedAway(msgspec.Struct, frozen=True, array_like=True, tag=11):
    """A bundle was not taken on (`busy`), or the hub has stopped."""

    number: int
    busy: bool
    why: str


class Wanted(msgspec.Struct, frozen=True, array_like=True, tag=12):
    """The hub waits for the next part of a request's body, or for its client to leave."""

    stream: int


class Begun(msgspec.Struct, frozen=True, array_like=True, tag=13):
    """The head of an answer."""

    stream: int
    status: int
    headers: list[tuple[bytes, bytes]]


class Part(msgspec.Struct, frozen=True, array_like=True, tag=14):
    """The next part of an answer's body; behind one with `more` the hub waits for `Passed`."""

    stream: int
    part: bytes
    more: bool


class Broken(msgspec.Struct, frozen=True, array_like=True, tag=15):
    """The hub's application failed in the middle of an answer."""

    stream: int


class Close(msgspec.Struct, frozen=True, array_like=True, tag=16):
    """Take no new connection, answer what is being answered, and end."""


class Renew(msgspec.Struct, frozen=True, array_like=True, tag=17):
    """Read certificates and key again, for the connections that come from now on."""


FromDoor = Bundle | Counted | Opened | Body | Gone | Passed | Ready
FromHub = Decided | TurnedAway | Wanted | Begun | Part | Broken | Close | Renew
AT_THE_HUB = msgspec.msgpack.Decoder(FromDoor)
AT_A_DOOR = msgspec.msgpack.Decoder(FromHub)
_HELLO = msgspec.msgpack.Decoder(Hello)
_ENCODER = msgspec.msgpack.Encoder()


def framed(record: msgspec.Struct) -> bytes:
    raw = _ENCODER.encode(record)
    return _LENGTH.pack(len(raw)) + raw


def read_hello(receive: Callable[[int], bytes]) -> Hello | None:
    """The first frame of a connection, read before a loop runs; None where the other side has gone."""
    raw = b""
    wanted = _LENGTH.size
    while len(raw) < wanted:  # ends with the frame or with the connection
        part = receive(wanted - len(raw))
        if not part:
            return None
        raw += part
        if len(raw) == _LENGTH.size:
            wanted += _LENGTH.unpack(raw)[0]
    return _HELLO.decode(raw[_LENGTH.size :])


class Link(asyncio.Protocol):
    """One end of the connection. `heard` is called with each record, in order; `lost` once, when the other process has gone."""

    def __init__(self, decoder: msgspec.msgpack.Decoder[Any], heard: Callable[[Any], None], lost: Callable[[], None]) -> None:
        self._decoder = decoder
        self._heard = heard
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._over = False
        # What was said before there was a connection.
        self._early: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own is one by its deeds alone
        self._transport.write(b"".join(self._early))
        self._early = []

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        at, end = 0, len(buffer)
        found = []
        while end - at >= _LENGTH.size:
            until = at + _LENGTH.size + _LENGTH.unpack_from(buffer, at)[0]
            if until > end:
                break
            found.append(self._decoder.decode(memoryview(buffer)[at + _LENGTH.size : until].tobytes()))
            at = until
        if at:
            del buffer[:at]
        for record in found:
            self._heard(record)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._over = True
        self._lost()

    def say(self, record: msgspec.Struct) -> None:
        """Send a record, first of all where there is no connection yet; nothing happens where the other side has gone, and `lost` was told or will be."""
        if self._transport is None and not self._over:
            self._early.append(framed(record))
        elif self._transport is not None and not self._transport.is_closing():
            self._transport.write(framed(record))

    def end(self) -> None:
        if self._transport is not None:
            self._transport.close()

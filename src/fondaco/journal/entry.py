"""One decision, hash-linked to the one before it.

A journal is a chain of links, one link for each batch of the hub. A link holds the entries of its batch, so that a
batch costs one hash and one row however many decisions it took.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from fondaco.core import Instant

GENESIS = bytes(32)


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What was decided: `event` on `subject` (`payment 17`), by which `article`, with the facts that it rests on.

    `facts` is short text for people and auditors: identifiers, amounts, codes; never a party's name or account, which
    live beside the journal and may be erased after the article's retention (house plan, section 5 item 9).
    """

    subject: str
    event: str
    article: str
    facts: str = ""


class Link(msgspec.Struct, frozen=True):
    """One batch in the chain. `hash` is SHA-256 over previous, number, instant and the encoded entries."""

    number: int
    instant: int
    previous: bytes
    hash: bytes
    encoded: bytes

    def entries(self) -> list[Entry]:
        return _DECODER.decode(self.encoded)


class Inputs(msgspec.Struct, frozen=True):
    """What commit one keeps of a batch: all that is needed to decide it again, and to the same end."""

    batch: int
    instant: int
    first_intent: int
    list_set: str
    commands: bytes


class BrokenChain(Exception):
    """The journal was changed or damaged; says at which batch."""


class Journal(Protocol):
    """The face of a journal, whatever keeps it."""

    def links(self, first: int = 1) -> Iterator[Link]: ...

    def head(self) -> tuple[int, bytes]: ...


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Entry])


def link(number: int, instant: Instant, previous: bytes, entries: Sequence[Entry]) -> Link:
    encoded = _ENCODER.encode(entries)
    return Link(number, int(instant), previous, _hash(number, int(instant), previous, encoded), encoded)


def _hash(number: int, instant: int, previous: bytes, encoded: bytes) -> bytes:
    return hashlib.sha256(previous + number.to_bytes(8, "big") + instant.to_bytes(8, "big") + encoded).digest()


def verify(links: Iterator[Link], previous: bytes = GENESIS) -> int:
    """Walk the chain and count its entries. Raises `BrokenChain` at the first link that does not hold."""
    count = 0
    for one in links:
        if one.previous != previous:
            raise BrokenChain(f"batch {one.number} does not follow the one before it")
        if _hash(one.number, one.instant, one.previous, one.encoded) != one.hash:
            raise BrokenChain(f"batch {one.number} does not have the hash that it states")
        count += len(one.entries())
        previous = one.hash
    return count

"""One decision, hash-linked to the one before it.

A journal is a chain of links, one link for each batch of the hub. A link holds the entries of its batch, so that a
batch costs one hash and one row however many decisions it took.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

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
    """One batch in the chain. `hash` is SHA-256 over previous, number, instant and the encoded entries.

    A link of the first `form` covers no more. One of the second begins with its purpose and covers the commitments to the `inputs` and
    the `mail` of its batch as well (`commitment.py`). After one of the second form none of the first can follow.
    """

    number: int
    instant: int
    previous: bytes
    hash: bytes
    encoded: bytes
    form: int = 1
    inputs: bytes = b""
    mail: bytes = b""

    def entries(self) -> list[Entry]:
        return _DECODER.decode(self.encoded)


class Inputs(msgspec.Struct, frozen=True):
    """What commit one keeps of a batch: all that is needed to decide it again, and to the same end."""

    batch: int
    instant: int
    first_intent: int
    list_set: str
    commands: bytes
    # Random, and erased with the commands; "" for a batch of the first form.
    salt: bytes = b""


class Mail(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One message to one recipient, delivered at least once and in the order of `seq`. `raw` is empty once it was erased."""

    seq: int
    recipient: str
    kind: str
    subject: str
    raw: bytes


class BrokenChain(Exception):
    """The journal was changed or damaged; says at which batch."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Entry])


def link(
    number: int, instant: Instant, previous: bytes, entries: Sequence[Entry], inputs: bytes = b"", mail: bytes = b""
) -> Link:
    """The next link; with both commitments (32 bytes each) of the second form, without them of the first."""
    assert len(inputs) == len(mail) and len(inputs) in (0, 32), "a link commits to both or to neither"
    bare = Link(number, int(instant), previous, b"", _ENCODER.encode(entries), 2 if inputs else 1, inputs, mail)
    return msgspec.structs.replace(bare, hash=_hash(bare))


def _hash(one: Link) -> bytes:
    body = one.previous + one.number.to_bytes(8, "big") + one.instant.to_bytes(8, "big")
    if one.form == 1:
        return hashlib.sha256(body + one.encoded).digest()
    return hashlib.sha256(b"fondaco link 2\0" + body + one.inputs + one.mail + one.encoded).digest()


def verify(links: Iterator[Link], previous: bytes = GENESIS) -> int:
    """Walk the chain and count its entries. Raises `BrokenChain` at the first link that does not hold."""
    count, form = 0, 1
    for one in links:
        if one.previous != previous:
            raise BrokenChain(f"batch {one.number} does not follow the one before it")
        commitments = 0 if one.form == 1 else 32
        if one.form not in (form, 2) or (len(one.inputs), len(one.mail)) != (commitments, commitments):
            raise BrokenChain(f"batch {one.number} has a form that cannot stand here")
        if _hash(one) != one.hash:
            raise BrokenChain(f"batch {one.number} does not have the hash that it states")
        count += len(one.entries())
        previous, form = one.hash, one.form
    return count

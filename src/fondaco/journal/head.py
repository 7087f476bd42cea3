"""The head of a journal: what a hub signs so that nobody, itself included, rewrites what was before.

The log's leaves are the hashes of the chain's links in their order, so that leaf number n - 1 is the link of batch n. Trees and proofs are those of
RFC 6962 section 2.1.
"""

from __future__ import annotations

from typing import Literal

import msgspec

_ENCODER = msgspec.json.Encoder(order="sorted")


class JournalHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`size` links with `root` (hexadecimal) in the journal of `hub`, at an instant (UTC text, milliseconds)."""

    hub: str
    size: int
    root: str
    at: str
    purpose: Literal["fondaco journal head 1"] = "fondaco journal head 1"


def head_text(head: JournalHead) -> bytes:
    """What is signed, and kept: one line of JSON."""
    return _ENCODER.encode(head) + b"\n"


def sided(index: int, size: int, path: list[bytes]) -> list[tuple[Literal["L", "R"], bytes]]:
    """A proof of inclusion with the side on which each hash stands (RFC 9162 section 2.1.3.2, where the verifier reckons it)."""
    found: list[tuple[Literal["L", "R"], bytes]] = []
    at, last = index, size - 1
    for one in path:
        if at & 1 or at == last:
            found.append(("L", one))
            while not at & 1 and at:  # ends: each round halves it
                at, last = at >> 1, last >> 1
        else:
            found.append(("R", one))
        at, last = at >> 1, last >> 1
    return found

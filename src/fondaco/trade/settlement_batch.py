"""The hash that ties a title to the money it moved with: one value over a whole posted chain, which a third party can compute again.

What it covers: every transfer of the reservation, in the order of the chain, with the transfer that posted it; nothing else, and nothing of it
is changed or added later. A line of ASCII for each, its numbers in decimal digits, ended by a line feed:

    <id that posted> <id that was pending> <debit account> <credit account> <amount> <ledger> <code>

The hash is SHA-256 over `fondaco settlement batch 1`, a zero byte, and these lines. The title's own transfer is one of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fondaco.ledger import Transfer


def settlement_batch_text(reserved: Sequence[Transfer], posting: Sequence[Transfer]) -> bytes:
    """The lines that are hashed: `posting` posts `reserved`, one for one and in one order."""
    assert [one.pending_id for one in posting] == [one.id for one in reserved], "a chain is posted whole and in its order"
    return "".join(
        f"{post.id} {one.id} {one.debit} {one.credit} {one.amount} {one.ledger} {one.code}\n"
        for one, post in zip(reserved, posting, strict=True)
    ).encode()


def settlement_batch_hash(reserved: Sequence[Transfer], posting: Sequence[Transfer]) -> str:
    """SHA-256 of the batch, 64 hexadecimal digits."""
    return hashlib.sha256(b"fondaco settlement batch 1\0" + settlement_batch_text(reserved, posting)).hexdigest()

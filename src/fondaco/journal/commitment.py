"""What a link of the chain commits to beside its entries: the inputs and the mail of its batch, by salted SHA-256.

The salt is 32 random bytes, made when the inputs are kept and stored with them, so that a batch decided a second time has the link of the
first. Who has content and salt can prove it against the chain; when both are erased, the commitment says nothing about what it was:
without the salt no guessed name can be tried on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

from fondaco.journal.entry import BrokenChain, Inputs, Link, Mail

SALT_BYTES = 32
# How the journal notes an erasure; the facts end with the batches, as ranges.
RETENTION, ERASED = "retention", "ERASED"
_BATCHES = "; batches "


class Contents(NamedTuple):
    """What stands beside the chain, in batches: true to its commitment, erased and noted, and of links that commit to nothing (first form)."""

    true: int
    erased: int
    uncommitted: int


class KeptJournal(Protocol):
    """What proving the contents reads of a journal."""

    def links(self, first: int = 1) -> Iterator[Link]: ...

    def inputs_of(self, batch: int) -> Inputs | None: ...

    def mail_of(self, batch: int) -> Iterator[Mail]: ...


def commit_inputs(inputs: Inputs) -> bytes:
    """The commitment to the inputs of a batch, 32 bytes."""
    head = [inputs.batch, inputs.instant, inputs.first_intent]
    parts = [inputs.list_set.encode(), inputs.commands]
    return _commitment(b"fondaco inputs 2\0", inputs.salt, [*(number.to_bytes(8, "big") for number in head), *parts])


def commit_mail(salt: bytes, mail: Iterable[Mail]) -> bytes:
    """The commitment to the mail of a batch in the order of its numbers, 32 bytes."""
    parts: list[bytes] = []
    for one in mail:
        parts += [one.seq.to_bytes(8, "big"), one.recipient.encode(), one.kind.encode(), one.subject.encode(), one.raw]
    return _commitment(b"fondaco mail 2\0", salt, parts)


def _commitment(purpose: bytes, salt: bytes, parts: Iterable[bytes]) -> bytes:
    said = [purpose + salt]
    for part in parts:
        # Lengths keep two contents apart whose parts, written one after the other, look the same.
        said.append(len(part).to_bytes(8, "big"))
        said.append(part)
    return hashlib.sha256(b"".join(said)).digest()


def ranges_of(batches: Sequence[int]) -> list[tuple[int, int]]:
    """Increasing numbers as (first, last), both included."""
    found: list[tuple[int, int]] = []
    for one in batches:
        if found and found[-1][1] == one - 1:
            found[-1] = (found[-1][0], one)
        else:
            found.append((one, one))
    return found


def erasure_facts(summary: str, ranges: Iterable[tuple[int, int]]) -> str:
    """The facts of the entry that notes an erasure: a sentence for people, and the batches for `verify_contents`."""
    return summary + _BATCHES + ",".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)


def _noted(links: Iterator[Link]) -> list[tuple[int, int]]:
    found = []
    for one in links:
        if ERASED.encode() not in one.encoded:
            continue
        for entry in one.entries():
            if (entry.subject, entry.event) == (RETENTION, ERASED):
                for part in entry.facts.rpartition(_BATCHES)[2].split(","):
                    first, _, last = part.partition("-")
                    found.append((int(first), int(last or first)))
                    if int(last or first) >= one.number:
                        raise BrokenChain(f"batch {one.number} notes the erasure of batches that came after it")
    return sorted(found)


def verify_contents(journal: KeptJournal) -> Contents:
    """Check the inputs and the mail of every batch against its link: present and true to the commitment, or erased and noted as erased.

    The chain itself must have been verified. Raises `BrokenChain` at the first batch that is neither.
    """
    noted = _noted(journal.links())
    true = erased = uncommitted = place = 0
    for one in journal.links():
        while place < len(noted) and noted[place][1] < one.number:
            place += 1
        is_noted = place < len(noted) and noted[place][0] <= one.number
        inputs, mail = journal.inputs_of(one.number), list(journal.mail_of(one.number))
        if inputs is None:
            raise BrokenChain(f"the inputs of batch {one.number} are gone")
        if is_noted:
            if inputs.salt or inputs.commands or any(m.raw for m in mail):
                raise BrokenChain(f"batch {one.number} is noted as erased, and something of it is there")
            erased += 1
        elif not inputs.commands or not all(m.raw for m in mail):
            raise BrokenChain(f"something of batch {one.number} was erased, and the chain notes no erasure of it")
        elif one.form == 1:
            uncommitted += 1
        elif commit_inputs(inputs) != one.inputs:
            raise BrokenChain(f"the inputs of batch {one.number} are not those that its link commits to")
        elif commit_mail(inputs.salt, mail) != one.mail:
            raise BrokenChain(f"the mail of batch {one.number} is not the one that its link commits to")
        else:
            true += 1
    return Contents(true, erased, uncommitted)

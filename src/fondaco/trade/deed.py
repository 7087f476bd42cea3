"""What is asked of an instrument of trade, and what the answer changes: one shape for every machine of this package.

A machine is a table (`core/lifecycle`) and one pure function that is handed the instrument as it stands, the deed, the instant and the calendars. It
answers with a `Decided` or a `Refusal`; it books nothing, sends nothing and reads no clock. The hub puts everything that one deed decided into one linked
chain on the books: money, memoranda and control of records move together or not at all.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

import msgspec

I = TypeVar("I")  # noqa: E741 - the instrument


class Deed(msgspec.Struct, frozen=True, array_like=True, tag="deed"):
    """What a party does, signed by the keys that may sign for it.

    `hub` is the BIC of the hub that it is meant for. `actor` is the party; `instrument` the id of what it acts on, "" where the deed begins one.
    `version` is the instrument's number of steps so far (0 for one that begins): a deed for another version is refused, so that none takes effect twice
    or out of its order. `action` is the name of the machine's event; `body` the deed's particulars as JSON. `signatures` are (public key, Ed25519 signature of
    `material()`): one for a trader, for a bank those of its maker and its checker, who are different keys.
    """

    hub: str
    actor: str
    instrument: str
    version: int
    action: str
    body: bytes
    signatures: tuple[tuple[bytes, bytes], ...] = ()

    def material(self) -> bytes:
        """The bytes that are signed: canonical, and led by what they are for."""
        digest = hashlib.sha256(self.body).digest()
        return b"fondaco deed 1\0" + msgspec.msgpack.encode(
            [self.hub, self.actor, self.instrument, self.version, self.action, digest]
        )


class Kind(IntEnum):
    """What an account of trade stands for. Claims and liabilities are memoranda, in pairs that add up to zero; margin is money.

    The number is part of the account's; never reuse one.
    """

    MONEY = 1  # a participant's prefunded money
    MARGIN = 2  # a participant's money set aside for one instrument; never below zero
    OBLIGATION_CLAIM = 3  # a debt that its debtor accepted: what its creditor may ask
    OBLIGATION_LIABILITY = 4
    COLLECTION_CLAIM = 5  # documents out for collection
    COLLECTION_LIABILITY = 6
    CONTINGENT_CLAIM = 7  # what an applicant (or the bank before) would owe if a credit were drawn
    CONTINGENT_LIABILITY = 8  # what a bank would pay then
    ACCEPTED_CLAIM = 9  # what is owed at a maturity
    ACCEPTED_LIABILITY = 10
    NEGOTIATED_CLAIM = 11  # what a bank that bought documents is to be reimbursed: what it advanced and what it kept off
    NEGOTIATED_ADVANCE = 12  # what it gave for them
    NEGOTIATED_DISCOUNT = 13  # what it kept off, which is earned when it is reimbursed
    RECOURSE_CLAIM = 14  # the advance, which it may have back because the documents were refused
    RECOURSE_LIABILITY = 15


class Holding(NamedTuple):
    """One account: its kind, the party that holds it, and the instrument that it is for ("" for none)."""

    kind: Kind
    holder: str
    instrument: str = ""


class Entry(NamedTuple):
    """`minor` whole minor units of `currency` from `debit` to `credit`, above zero."""

    debit: Holding
    credit: Holding
    currency: str
    minor: int


class ControlStep(NamedTuple):
    """Control of one transferable record passes from `giver` to `taker` (parties; the issuer's register account is "")."""

    record: str
    giver: str
    taker: str


class Tell(NamedTuple):
    """A notice to a party: `kind` names its form (such as `MT734` or `trade.notice`), `body` is JSON."""

    recipient: str
    kind: str
    body: bytes


class Decided(msgspec.Struct, Generic[I], frozen=True):
    """What a deed came to: the instrument after it, and all that moves with it."""

    instrument: I
    entries: tuple[Entry, ...] = ()
    control: tuple[ControlStep, ...] = ()
    tells: tuple[Tell, ...] = ()

"""A payment: the life of one instruction, as the hub keeps it."""

from __future__ import annotations

import msgspec

from fondaco.core import Instant, Mention, Refusal
from fondaco.fx import Locked
from fondaco.payments.lifecycle import LIFE, Books, Event, State

# An enumeration's own `name` is a look-up by functions in Python.
_NAMES = {one: one.name for one in (*State, *Event)}


class Taken(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One step that was taken: when, on which event, to which state, by which article."""

    at: int
    event: str
    state: str
    article: str


class Screened(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The last verdict: its outcome and digest, and what it was bound to besides the list set: instant, configuration's digest, engine."""

    at: int
    configuration: str
    verdict: bytes
    outcome: str
    engine: str


class Title(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One record that passes with a payment: its offer, its ledger, and its parties' numbers in the books (`taker` 0 where it ends by being paid)."""

    lock: str
    ledger: int
    giver: int
    taker: int


class Delivery(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The title that a payment pays for: control of a record passes in the payment's own chain.

    `lock` is the offer's id, or that of the instrument under which it is paid where no title passes. `ledger` is the record's, 0 for none; `giver` and `taker` are its parties' numbers in the books, `taker` 0 where the record ends by
    being paid. `minor` whole minor units of `currency` must arrive, no more and no less. `said` is what is screened of the parties with the payment.
    `titles` are the records of all the documents where the payment names the instrument (`ledger` is 0 then): they pass together, or none does.
    """

    lock: str
    ledger: int
    giver: int
    taker: int
    currency: str
    minor: int
    said: tuple[Mention, ...] = ()
    titles: tuple[Title, ...] = ()

    @property
    def passing(self) -> tuple[Title, ...]:
        """Every record that passes with the payment, in the order in which they stand in its chain."""
        return (Title(self.lock, self.ledger, self.giver, self.taker),) if self.ledger else self.titles

    @property
    def claims(self) -> tuple[str, ...]:
        """What no other payment may pay for while this one lives."""
        return (self.lock, *(each.lock for each in self.titles))


class Remitted(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The invoice of the hub that a payment names as what it pays, and the number in the books of the party whose name its creditor bears, 0 where that is
    nobody to whom the invoice is owed."""

    invoice: str
    payee: int


class Payment(msgspec.Struct, array_like=True, gc=False):
    """One payment. Amounts are whole minor units; `source` is what the debtor agent pays, `target` what arrives.

    What the message said beyond this stands in the raw message: batch, command and position find it again.
    `intent` names the transfers of the reservation that stands or stood last: their ids are (intent, 1..legs).
    `cycle` is the net cycle that the reservation belongs to, 0 for gross.
    """

    number: int
    uetr: str
    sender: str
    creditor_agent: str
    message_kind: str
    message_id: str
    instruction_id: str
    end_to_end_id: str
    transaction_id: str
    batch: int
    command: int
    position: int
    received_at: int
    urgent: bool
    source_currency: str
    source_minor: int
    target_currency: str
    settlement_date: str
    state: State = State.RECEIVED
    target_minor: int = 0
    fee_minor: int = 0
    locked: Locked | None = None
    cycle: int = 0
    intent: int = 0
    legs: int = 0
    deadline: int = 0
    list_set: str = ""
    case: str = ""
    refusal: Refusal | None = None
    told: str = ""
    offered_as: str = ""
    taken: list[Taken] = []
    mail: list[int] = []
    # A return: the number of the payment that it returns, and why (ISO ExternalReturnReason1Code).
    returns: int = 0
    reason: str = ""
    # The return that stands against this payment, 0 for none.
    returned_by: int = 0
    # What was asked about it through the hub: the assignment's key, and the asker's own message identification.
    assignments: list[tuple[str, str]] = []
    # The article of the tariff that its fee follows.
    fee_article: str = ""
    # The customer limits that it counts against.
    counted: list[str] = []
    # None for what an earlier release screened, and for what was refused before it.
    screened: Screened | None = None
    # Held without a case: the instants at which officers are told, and at which it is refused; 0 where no clock runs.
    hold_escalates: int = 0
    hold_ends: int = 0
    # Where its payer put it in its queue, as `clearing/queue.py` orders places; by its number where it was never moved.
    queue_place: tuple[int, int] = (0, 0)
    # None for a payment that delivers nothing.
    delivery: Delivery | None = None
    # None for a payment that names no invoice of the hub.
    remitted: Remitted | None = None

    def step(self, event: Event, at: Instant) -> Books:
        """Take the table's step for `event` and say what the books must do.

        Raises `UnlawfulStep` when the table has none.
        """
        row = LIFE.step(self.state, event)
        self.state = row.after
        self.taken.append(Taken(int(at), _NAMES[event], _NAMES[row.after], row.article))
        if row.tells:
            self.told = row.tells
        return row.books

    @property
    def final(self) -> bool:
        return self.state in LIFE.ends


ENCODER = msgspec.msgpack.Encoder()
DECODER = msgspec.msgpack.Decoder(Payment)

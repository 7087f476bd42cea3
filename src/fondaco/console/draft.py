"""A payment that a person wrote by hand: it waits at its own bank for another person, and is nothing to the hub before that one sends it. Pure."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Instant, Nothing, Step, Table

HOURS_OPEN = 12
_HOUR_NS = 3_600 * 1_000_000_000


class State(Enum):
    DRAFTED = "DRAFTED"
    RELEASED = "RELEASED"
    SENT = "SENT"
    WITHDRAWN = "WITHDRAWN"
    LAPSED = "LAPSED"


class Event(Enum):
    APPROVED = "APPROVED"
    TAKEN = "TAKEN"
    NOT_TAKEN = "NOT_TAKEN"
    TAKEN_BACK = "TAKEN_BACK"
    TIME_RAN_OUT = "TIME_RAN_OUT"


PAYMENT_DRAFT = Table(
    "payment-draft",
    start=State.DRAFTED,
    ends=(State.SENT, State.WITHDRAWN, State.LAPSED),
    rows=(
        Step(State.DRAFTED, Event.APPROVED, State.RELEASED, Nothing.NOTHING, "", "2.2"),
        # Released and not known to be taken: the second person asks again, under the same key, and it is sent once.
        Step(State.RELEASED, Event.APPROVED, State.RELEASED, Nothing.NOTHING, "", "2.2"),
        Step(State.RELEASED, Event.TAKEN, State.SENT, Nothing.NOTHING, "", "2.2"),
        Step(State.RELEASED, Event.NOT_TAKEN, State.DRAFTED, Nothing.NOTHING, "", "2.2"),
        Step(State.DRAFTED, Event.TAKEN_BACK, State.WITHDRAWN, Nothing.NOTHING, "", "2.2"),
        Step(State.DRAFTED, Event.TIME_RAN_OUT, State.LAPSED, Nothing.NOTHING, "", "2.3"),
    ),
)


class Written(msgspec.Struct, frozen=True):
    """What the form said, as it is shown to the second person. Amounts in whole minor units; `paid` of `paid_currency` is what the payer's bank
    pays by the quote `quote`, the same as what arrives where nothing is converted."""

    payer: str
    payer_account: str
    payers_town: str
    payees_bank: str
    payee: str
    payee_account: str
    currency: str
    minor: int
    paid_currency: str
    paid: int
    rate: str
    quote: str
    reference: str
    invoice: str
    urgent: bool


class Draft(msgspec.Struct, frozen=True):
    """One draft of a bank (BIC of eight). `raw` is the message as it would be sent and `written` what it says: both are gone when it has ended."""

    uetr: str
    institution: str
    by: str
    made_at: Instant
    until: Instant
    invoice: str = ""
    written: Written | None = None
    raw: bytes = b""
    state: State = State.DRAFTED
    decided_by: str = ""
    decided_at: int = 0


def drafted(uetr: str, institution: str, by: str, written: Written, raw: bytes, at: Instant) -> Draft:
    """A new one; it lapses when nobody sends it within `HOURS_OPEN`."""
    return Draft(uetr, institution, by, at, Instant(int(at) + HOURS_OPEN * _HOUR_NS), written.invoice, written, raw)


def stepped(one: Draft, event: Event, by: str, at: Instant) -> Draft:
    """The draft after a lawful step. What has ended says nothing of people any more."""
    after = PAYMENT_DRAFT.step(one.state, event).after
    found = msgspec.structs.replace(one, state=after, decided_by=by, decided_at=int(at))
    return msgspec.structs.replace(found, written=None, raw=b"") if after in PAYMENT_DRAFT.ends else found

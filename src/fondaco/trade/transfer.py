"""Transfers of a credit to second beneficiaries (UCP 600 article 38): what of its terms may shrink, and what that leaves to the first beneficiary."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Nothing, Step, Table


class State(Enum):
    REQUESTED = "REQUESTED"
    IN_FORCE = "IN_FORCE"
    DECLINED = "DECLINED"
    CLOSED = "CLOSED"


class Event(Enum):
    TRANSFERRED = "TRANSFERRED"
    DECLINED = "DECLINED"
    CREDIT_ENDED = "CREDIT_ENDED"


S, E = State, Event

# There is no row from one transfer to the next: a second beneficiary transfers nothing (38(d)).
TRANSFER = Table(
    "transfer",
    start=S.REQUESTED,
    ends=(S.DECLINED, S.CLOSED),
    rows=(
        Step(S.REQUESTED, E.TRANSFERRED, S.IN_FORCE, Nothing.NOTHING, "", "UCP600.38b"),
        # No bank need transfer, except as far as it agreed to.
        Step(S.REQUESTED, E.DECLINED, S.DECLINED, Nothing.NOTHING, "", "UCP600.38a"),
        Step(S.REQUESTED, E.CREDIT_ENDED, S.CLOSED, Nothing.NOTHING, "", "UCP600.6d"),
        Step(S.IN_FORCE, E.CREDIT_ENDED, S.CLOSED, Nothing.NOTHING, "", "UCP600.6d"),
    ),
)


class Transfer(msgspec.Struct, frozen=True):
    """`minor` units of the credit are available to `second`. Days are ISO dates, "" where the credit's own stands; `presentation_days` None likewise.

    `unit_prices` are texts of the credit's currency, one for each line of goods, none where they stand; `insurance` is a per cent, "" for the credit's.
    """

    number: int
    second: str
    minor: int
    expiry: str = ""
    latest_shipment: str = ""
    presentation_days: int | None = None
    unit_prices: tuple[str, ...] = ()
    insurance: str = ""
    state: State = TRANSFER.start

    def after(self, event: Event) -> Transfer:
        return msgspec.structs.replace(self, state=TRANSFER.step(self.state, event).after)

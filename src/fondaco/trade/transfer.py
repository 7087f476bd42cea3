"""Transfers of a credit to second beneficiaries (UCP 600 article 38): what of its terms may shrink, and what that leaves to the first beneficiary."""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec

from fondaco.core import Nothing, Step, Table
from fondaco.trade.transferred_amendment import TRANSFERRED_AMENDMENT, TransferredAmendment
from fondaco.trade.transferred_amendment import Event as Answer


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


Advise = Literal["NONE", "ALL", "NAMED"]


class Transfer(msgspec.Struct, frozen=True):
    """`minor` units of the credit are available to `second`. Days are ISO dates, "" where the credit's own stands; `presentation_days` None likewise.

    `amendments` says which ones `second` is to be advised of: none, all, or those that change one of `amended_fields` (38(e)). `base` are the
    amendments that were in force when it was transferred (None in what was kept before parts had any), `answers` what `second` said to later ones.
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
    amendments: Advise = "NONE"
    amended_fields: tuple[str, ...] = ()
    base: tuple[int, ...] | None = None
    answers: tuple[TransferredAmendment, ...] = ()

    def after(self, event: Event) -> Transfer:
        return msgspec.structs.replace(self, state=TRANSFER.step(self.state, event).after)

    def lapsed(self) -> Transfer:
        """With nothing more to be answered: the credit has ended."""
        ended = Answer.CREDIT_ENDED
        open_ones = (each.after(ended) if TRANSFERRED_AMENDMENT.can(each.state, ended) else each for each in self.answers)
        return msgspec.structs.replace(self, answers=tuple(open_ones))

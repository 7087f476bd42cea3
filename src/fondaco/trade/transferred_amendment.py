"""An amendment of a credit towards one second beneficiary (UCP 600 article 38(e) and (f)): each accepts or refuses for itself, and its part follows or stays."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Nothing, Step, Table


class State(Enum):
    ADVISED = "ADVISED"
    ACCEPTED = "ACCEPTED"
    DEEMED_ACCEPTED = "DEEMED_ACCEPTED"
    REJECTED = "REJECTED"
    LAPSED = "LAPSED"


class Event(Enum):
    ACCEPTED = "ACCEPTED"
    PRESENTED_UNDER = "PRESENTED_UNDER"
    REJECTED = "REJECTED"
    CREDIT_ENDED = "CREDIT_ENDED"


S, E = State, Event

# As towards the beneficiary, silence is never acceptance: no row is the clock's (10(f)). What one second beneficiary says is no word for another.
TRANSFERRED_AMENDMENT = Table(
    "amendment of a transfer",
    start=S.ADVISED,
    ends=(S.ACCEPTED, S.DEEMED_ACCEPTED, S.REJECTED, S.LAPSED),
    rows=(
        Step(S.ADVISED, E.ACCEPTED, S.ACCEPTED, Nothing.NOTHING, "", "UCP600.38f"),
        Step(S.ADVISED, E.PRESENTED_UNDER, S.DEEMED_ACCEPTED, Nothing.NOTHING, "", "UCP600.10c"),
        # Acceptance of a part is a rejection of the whole (10(e)).
        Step(S.ADVISED, E.REJECTED, S.REJECTED, Nothing.NOTHING, "", "UCP600.38f"),
        Step(S.ADVISED, E.CREDIT_ENDED, S.LAPSED, Nothing.NOTHING, "", "UCP600.6d"),
    ),
)

AGREED = (S.ACCEPTED, S.DEEMED_ACCEPTED)


class TransferredAmendment(msgspec.Struct, frozen=True):
    """What one second beneficiary says to the credit's amendment of this number."""

    number: int
    state: State = TRANSFERRED_AMENDMENT.start

    def after(self, event: Event) -> TransferredAmendment:
        return msgspec.structs.replace(self, state=TRANSFERRED_AMENDMENT.step(self.state, event).after)

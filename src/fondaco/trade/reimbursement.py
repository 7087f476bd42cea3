"""Claims of a nominated bank on a reimbursing bank (UCP 600 article 13, URR 725); the reimbursing bank may be the claimant's own central bank."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Nothing, Step, Table


class State(Enum):
    AUTHORISED = "AUTHORISED"
    IRREVOCABLE_UNDERTAKING = "IRREVOCABLE_UNDERTAKING"
    CLAIMED = "CLAIMED"
    PAID = "PAID"
    REFUSED_NONCONFORMING = "REFUSED_NONCONFORMING"
    REFUND_DUE = "REFUND_DUE"
    CLOSED = "CLOSED"


class Event(Enum):
    UNDERTAKEN = "UNDERTAKEN"
    CLAIMED = "CLAIMED"
    PAID = "PAID"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    REFUND_CLAIMED = "REFUND_CLAIMED"
    REFUNDED = "REFUNDED"
    CREDIT_ENDED = "CREDIT_ENDED"


S, E = State, Event

REIMBURSEMENT = Table(
    "reimbursement",
    start=S.AUTHORISED,
    ends=(S.CLOSED,),
    rows=(
        Step(S.AUTHORISED, E.UNDERTAKEN, S.IRREVOCABLE_UNDERTAKING, Nothing.NOTHING, "", "URR725.9"),
        Step(S.AUTHORISED, E.CLAIMED, S.CLAIMED, Nothing.NOTHING, "MT742", "URR725.10"),
        Step(S.AUTHORISED, E.CREDIT_ENDED, S.CLOSED, Nothing.NOTHING, "", "URR725.7"),
        Step(S.IRREVOCABLE_UNDERTAKING, E.CLAIMED, S.CLAIMED, Nothing.NOTHING, "MT742", "URR725.10"),
        Step(S.IRREVOCABLE_UNDERTAKING, E.CREDIT_ENDED, S.CLOSED, Nothing.NOTHING, "", "URR725.7"),
        Step(S.CLAIMED, E.PAID, S.PAID, Nothing.NOTHING, "MT756", "URR725.11"),
        Step(S.CLAIMED, E.REFUSED, S.REFUSED_NONCONFORMING, Nothing.NOTHING, "MT744", "URR725.11"),
        # One that was not paid on first demand: the claimant turns to the issuing bank, which is bound as before.
        Step(S.CLAIMED, E.WITHDRAWN, S.CLOSED, Nothing.NOTHING, "", "UCP600.13c"),
        # Documents that the issuing bank refused after its money had gone: it asks for it back.
        Step(S.PAID, E.REFUND_CLAIMED, S.REFUND_DUE, Nothing.NOTHING, "", "UCP600.16g"),
        Step(S.REFUND_DUE, E.REFUNDED, S.CLOSED, Nothing.NOTHING, "", "UCP600.16g"),
        Step(S.PAID, E.CREDIT_ENDED, S.CLOSED, Nothing.NOTHING, "", "URR725.7"),
        Step(S.REFUSED_NONCONFORMING, E.CREDIT_ENDED, S.CLOSED, Nothing.NOTHING, "", "URR725.7"),
    ),
)

OPEN = (S.AUTHORISED, S.IRREVOCABLE_UNDERTAKING)
# The reimbursing bank pays, or has paid: the issuing bank must not.
COVERS = (S.CLAIMED, S.PAID)


class Claim(msgspec.Struct, frozen=True):
    """One claim, or (`presentation` 0) the authority that is left: `minor` units, by `claimant` for a presentation that it honoured.

    `irrevocable` says that the reimbursing bank gave its own undertaking (URR 725 art. 9).
    """

    number: int
    minor: int
    presentation: int = 0
    claimant: str = ""
    irrevocable: bool = False
    state: State = REIMBURSEMENT.start

    def after(self, event: Event) -> Claim:
        return msgspec.structs.replace(self, state=REIMBURSEMENT.step(self.state, event).after)

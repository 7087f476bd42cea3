"""What a bank owes at a maturity: a deferred payment that it undertook or a draft that it accepted (UCP 600 articles 7, 8 and 12)."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Step, Table


class State(Enum):
    INCURRED = "INCURRED"
    ASSIGNED = "ASSIGNED"
    DISCOUNTED = "DISCOUNTED"
    DUE = "DUE"
    PAID = "PAID"
    DEFAULTED = "DEFAULTED"
    WRITTEN_OFF = "WRITTEN_OFF"


class Event(Enum):
    ASSIGNED = "ASSIGNED"
    DISCOUNTED = "DISCOUNTED"
    MATURITY_CAME = "MATURITY_CAME"
    MATURITY_PASSED = "MATURITY_PASSED"
    PAID = "PAID"
    WRITTEN_OFF = "WRITTEN_OFF"


class Moves(Enum):
    """RELEASE takes the accepted pair of this undertaking off the books."""

    NOTHING = "NOTHING"
    RELEASE = "RELEASE"


S, E, M = State, Event, Moves

UNDERTAKING = Table(
    "undertaking",
    start=S.INCURRED,
    ends=(S.PAID, S.WRITTEN_OFF),
    rows=(
        Step(S.INCURRED, E.ASSIGNED, S.ASSIGNED, M.NOTHING, "", "UCP600.39"),
        Step(S.INCURRED, E.DISCOUNTED, S.DISCOUNTED, M.NOTHING, "", "UCP600.12b"),
        Step(S.INCURRED, E.MATURITY_CAME, S.DUE, M.NOTHING, "", "UCP600.7a"),
        Step(S.ASSIGNED, E.MATURITY_CAME, S.DUE, M.NOTHING, "", "UCP600.7a"),
        Step(S.DISCOUNTED, E.MATURITY_CAME, S.DUE, M.NOTHING, "", "UCP600.7a"),
        Step(S.DUE, E.PAID, S.PAID, M.RELEASE, "MT756", "UCP600.7c"),
        Step(S.DUE, E.MATURITY_PASSED, S.DEFAULTED, M.NOTHING, "", "UCP600.7c"),
        Step(S.DEFAULTED, E.PAID, S.PAID, M.RELEASE, "MT756", "UCP600.7c"),
        # Only the creditor gives up what it is owed.
        Step(S.DEFAULTED, E.WRITTEN_OFF, S.WRITTEN_OFF, M.RELEASE, "", "UCP600.7c"),
    ),
)


class Undertaking(msgspec.Struct, frozen=True):
    """`bank` owes `creditor` `minor` at `matures_on` (a banking day) for presentation `presentation`; `matures_at` is that day's opening."""

    number: int
    presentation: int
    bank: str
    creditor: str
    minor: int
    matures_on: str
    matures_at: int
    state: State = UNDERTAKING.start

    def after(self, event: Event) -> Undertaking:
        return msgspec.structs.replace(self, state=UNDERTAKING.step(self.state, event).after)

    @property
    def owed(self) -> bool:
        return self.state not in UNDERTAKING.ends

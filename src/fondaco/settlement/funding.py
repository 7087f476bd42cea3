"""Money into and out of a participant's prefunded position: confirmed by the currency's settlement agent, or moved by its sponsor."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Step, Table


class State(Enum):
    ASKED = "ASKED"
    CONFIRMED = "CONFIRMED"
    REFUSED = "REFUSED"


class Event(Enum):
    AGENT_CONFIRMED = "AGENT_CONFIRMED"
    AGENT_REFUSED = "AGENT_REFUSED"
    MOVED = "MOVED"


class Books(Enum):
    """BOOK makes a deposit or a reserved withdrawal stand; RELEASE lets a reserved withdrawal go."""

    BOOK = "BOOK"
    RELEASE = "RELEASE"


FUNDING = Table(
    "funding",
    start=State.ASKED,
    ends=(State.CONFIRMED, State.REFUSED),
    rows=(
        Step(State.ASKED, Event.AGENT_CONFIRMED, State.CONFIRMED, Books.BOOK, "ACSC", "7.1"),
        Step(State.ASKED, Event.AGENT_REFUSED, State.REFUSED, Books.RELEASE, "RJCT", "7.1"),
        Step(State.ASKED, Event.MOVED, State.CONFIRMED, Books.BOOK, "ACSC", "7.10"),
    ),
)


class Funding(msgspec.Struct):
    """One request: `withdrawal` or deposit, `message_id` is the member's, `asked_as` the hub's to the agent. Between a sponsor and whom
    it settles for, `other` (BIC of eight) is who receives, and no agent is asked."""

    asked_as: str
    member: str
    message_id: str
    currency: str
    minor: int
    withdrawal: bool
    intent: int = 0
    state: State = State.ASKED
    other: str = ""

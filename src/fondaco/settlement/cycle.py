"""A net cycle: from its opening to the entry that makes it final, and to the books brought back to rest."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Instant, Step, Table


class State(Enum):
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"
    RESERVED = "RESERVED"
    DECIDED = "DECIDED"
    SETTLED = "SETTLED"


class Event(Enum):
    CUT_OFF_REACHED = "CUT_OFF_REACHED"
    OFFERS_ANSWERED = "OFFERS_ANSWERED"
    NETS_RESERVED = "NETS_RESERVED"
    PAYER_SHORT = "PAYER_SHORT"
    AGENT_REFUSED = "AGENT_REFUSED"
    ALL_EARMARKED = "ALL_EARMARKED"
    NETS_POSTED = "NETS_POSTED"


class Books(Enum):
    NOTHING = "NOTHING"
    RESERVE_NETS = "RESERVE_NETS"
    VOID_NETS = "VOID_NETS"
    POST_NETS = "POST_NETS"


S, E, B = State, Event, Books

CYCLE = Table(
    "cycle",
    start=S.OPEN,
    ends=(S.SETTLED,),
    rows=(
        Step(S.OPEN, E.CUT_OFF_REACHED, S.CLOSING, B.NOTHING, "", "9.1"),
        Step(S.CLOSING, E.OFFERS_ANSWERED, S.CLOSED, B.NOTHING, "", "9.1"),
        # A payer without money: its payments leave, and the nets are computed again without them.
        Step(S.CLOSED, E.PAYER_SHORT, S.CLOSED, B.VOID_NETS, "", "9.2"),
        Step(S.CLOSED, E.NETS_RESERVED, S.RESERVED, B.RESERVE_NETS, "", "9.1"),
        Step(S.RESERVED, E.AGENT_REFUSED, S.CLOSED, B.VOID_NETS, "", "9.2"),
        # Finality: every settlement agent has earmarked the money, and the journal says so. No way leads back.
        Step(S.RESERVED, E.ALL_EARMARKED, S.DECIDED, B.NOTHING, "", "9.1"),
        Step(S.DECIDED, E.NETS_POSTED, S.SETTLED, B.POST_NETS, "", "9.1"),
    ),
)


class Cycle(msgspec.Struct):
    """One cycle. `nets` are (currency, participant number, minor), what each receives or pays; hub fees are number 0.

    `members` are the payments it was computed from, `left_out` those that a failing payer took with it.
    `unwound` are the obligations (currency, payer, payee, minor) of payments that were held after they were accepted;
    `gross` is what urgent payments moved since the last cycle; `caps` are (currency, participant, cap) as granted.
    `asked`, `earmarked`, `executed` are requests to agents as `mail number:currency`; `figures` are (currency, gross,
    bilateral, net) in whole minor units.
    """

    number: int
    rule: int
    opened_at: int
    cut_off: int
    last: bool = False
    state: State = State.OPEN
    members: list[int] = []
    left_out: list[int] = []
    unwound: list[tuple[str, int, int, int]] = []
    failing: list[tuple[int, str]] = []
    nets: list[tuple[str, int, int]] = []
    gross: list[tuple[str, int, int]] = []
    attempt: int = 0
    intent: int = 0
    caps: list[tuple[str, int, int]] = []
    asked: list[str] = []
    earmarked: list[str] = []
    executed: list[str] = []
    figures: list[tuple[str, int, int, int]] = []
    decided_at: int = 0
    # Made of queued urgent payments that settle together, from prefunded money alone: no agent is asked.
    offset: bool = False

    def step(self, event: Event, at: Instant) -> Books:
        row = CYCLE.step(self.state, event)
        self.state = row.after
        if row.after is State.DECIDED:
            self.decided_at = int(at)
        return row.books

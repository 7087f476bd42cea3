"""A declared default: from the vote of two operators to the last cycle that it touched, and the transfers that cover it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

from fondaco.core import Step, Table
from fondaco.ledger import Role, TransferCode, account_id
from fondaco.settlement.cycle import Books
from fondaco.settlement.default import Drill, Taking
from fondaco.settlement.net import Leg


class State(Enum):
    DECLARED = "DECLARED"
    EARMARKING = "EARMARKING"
    COVERED = "COVERED"
    UNMET = "UNMET"
    CLOSED = "CLOSED"


class Event(Enum):
    MEANS_RESERVED = "MEANS_RESERVED"
    NOTHING_MISSING = "NOTHING_MISSING"
    NOTHING_BORNE = "NOTHING_BORNE"
    AGENT_REFUSED = "AGENT_REFUSED"
    AGENT_SILENT = "AGENT_SILENT"
    ALL_EARMARKED = "ALL_EARMARKED"
    PART_EARMARKED = "PART_EARMARKED"
    CYCLES_SETTLED = "CYCLES_SETTLED"


S, E, B = State, Event, Books

DEFAULT = Table(
    "default",
    start=S.DECLARED,
    ends=(S.CLOSED,),
    rows=(
        # Nobody of the cycles at risk is waited for any more: what is missing is counted, and its cover reserved.
        Step(S.DECLARED, E.NOTHING_MISSING, S.COVERED, B.NOTHING, "", "16.1"),
        Step(S.DECLARED, E.MEANS_RESERVED, S.EARMARKING, B.RESERVE_NETS, "", "16.4"),
        Step(S.DECLARED, E.NOTHING_BORNE, S.UNMET, B.NOTHING, "", "9.2"),
        # Who refuses or is silent takes its currency out, and what is missing falls anew without it.
        Step(S.EARMARKING, E.AGENT_REFUSED, S.DECLARED, B.VOID_NETS, "", "16.5"),
        Step(S.EARMARKING, E.AGENT_SILENT, S.DECLARED, B.VOID_NETS, "", "16.5"),
        Step(S.EARMARKING, E.ALL_EARMARKED, S.COVERED, B.POST_NETS, "", "16.4"),
        Step(S.EARMARKING, E.PART_EARMARKED, S.UNMET, B.POST_NETS, "", "9.2"),
        Step(S.COVERED, E.CYCLES_SETTLED, S.CLOSED, B.NOTHING, "", "9.1"),
        Step(S.UNMET, E.CYCLES_SETTLED, S.CLOSED, B.NOTHING, "", "9.1"),
    ),
)


class Default(msgspec.Struct):
    """One declared default. `seen` are the figures that the two operators voted on; `told` is how it fell when it was last counted, None before.

    `cycles` are those at risk when it was declared, `rates` the day's (currency, numerator, denominator) into the currency of exposures; `without` currencies whose settlement agents refused or were silent. `asked`, `earmarked`
    and `executed` are requests to agents as `mail number:currency`, `past` those of earlier rounds, `due` the last instant for their answers. `steps` are (event, ISO
    instant, what was noted).
    """

    number: int
    bic: str
    day: str
    motion: str
    seen: str
    failing: list[str]
    cycles: list[int]
    rates: list[tuple[str, int, int]]
    state: State = State.DECLARED
    told: Drill | None = None
    without: list[str] = []
    round: int = 0
    due: int = 0
    intent: int = 0
    asked: list[str] = []
    earmarked: list[str] = []
    executed: list[str] = []
    past: list[str] = []
    steps: list[tuple[str, str, str]] = []

    @property
    def waits(self) -> bool:
        """Whether its cycles must wait: nothing is decided of what it can pay."""
        return self.state in (State.DECLARED, State.EARMARKING)

    def step(self, event: Event, at_text: str, facts: str) -> Step[State, Event, Books]:
        row = DEFAULT.step(self.state, event)
        self.state = row.after
        self.steps.append((event.name, at_text, facts))
        return row


class CoverMove(NamedTuple):
    """Money of `currency` that its settlement agent moves: between the accounts of two BICs, the hub's standing for the union's own."""

    currency: str
    payer: str
    payee: str
    minor: int


def cover_moves(takings: Iterable[Taking], agents: Mapping[str, str], hub: str, settling: Mapping[str, str]) -> list[CoverMove]:
    """What the settlement agents are to move, by currency and accounts; `settling` are those through whom others settle (BICs of eight)."""
    found: dict[tuple[str, str, str], int] = {}

    def move(currency: str, payer: str, payee: str, minor: int) -> None:
        ends = settling.get(payer, payer), settling.get(payee, payee)
        if ends[0] != ends[1] and minor:
            found[currency, *ends] = found.get((currency, *ends), 0) + minor

    for one in takings:
        giver = hub if one.lodged else one.bic
        if one.asset == one.currency:
            move(one.currency, giver, one.towards, one.minor)
            continue
        if one.asset in agents:
            move(one.asset, giver, agents[one.currency], one.units)
        move(one.currency, agents[one.currency], one.towards, one.minor)
    return [CoverMove(*key, minor) for key, minor in sorted(found.items())]


def cover_legs(takings: Iterable[Taking], numbers: Mapping[str, int], ledgers: Mapping[str, int]) -> list[Leg]:
    """The same on the books, where what is lodged has no accounts: prefunded money of who bears it, the agent's mirror for the rest."""
    found: dict[tuple[int, int, int], int] = {}

    def move(ledger: int, debit: int, credit: int, minor: int) -> None:
        if minor and debit != credit:
            found[ledger, debit, credit] = found.get((ledger, debit, credit), 0) + minor

    for one in takings:
        ledger = ledgers[one.currency]
        short = account_id(Role.PREFUNDED, ledger, numbers[one.towards])
        if one.asset == one.currency and not one.lodged:
            move(ledger, account_id(Role.PREFUNDED, ledger, numbers[one.bic]), short, one.minor)
            continue
        if not one.lodged:
            other = ledgers[one.asset]
            move(other, account_id(Role.PREFUNDED, other, numbers[one.bic]), account_id(Role.AGENT, other), one.units)
        move(ledger, account_id(Role.AGENT, ledger), short, one.minor)
    return [
        Leg(debit, credit, minor, ledger, TransferCode.DEFAULT_COVER) for (ledger, debit, credit), minor in sorted(found.items())
    ]


def spent(takings: Iterable[Taking]) -> dict[str, int]:
    """What is taken of all that is lodged, by (holder, purpose, asset) as one text: whole units."""
    found: dict[str, int] = {}
    for one in takings:
        if one.lodged:
            key = f"{one.bic} {one.purpose} {one.asset}"
            found[key] = found.get(key, 0) + one.units
    return found

"""A close of the clearing union's period: computed, reserved on the books, set aside by the central banks, decided by one entry, posted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

import msgspec

from fondaco.core import Instant, Step, Table
from fondaco.ledger import HUB, Role, TransferCode, account_id
from fondaco.settlement.compensation import Row
from fondaco.settlement.cycle import Books
from fondaco.settlement.net import Leg


class State(Enum):
    COMPUTED = "COMPUTED"
    RESERVED = "RESERVED"
    DECIDED = "DECIDED"
    SETTLED = "SETTLED"
    LAPSED = "LAPSED"


class Event(Enum):
    NETS_RESERVED = "NETS_RESERVED"
    LINE_REACHED = "LINE_REACHED"
    AGENT_REFUSED = "AGENT_REFUSED"
    DUE_DAY_PASSED = "DUE_DAY_PASSED"
    ALL_EARMARKED = "ALL_EARMARKED"
    NETS_POSTED = "NETS_POSTED"


S, E, B = State, Event, Books

UNION_CLOSE = Table(
    "union-close",
    start=S.COMPUTED,
    ends=(S.SETTLED, S.LAPSED),
    rows=(
        Step(S.COMPUTED, E.NETS_RESERVED, S.RESERVED, B.RESERVE_NETS, "", "10.2"),
        Step(S.COMPUTED, E.LINE_REACHED, S.LAPSED, B.NOTHING, "", "10.1"),
        # All or nothing: what one central bank refuses, or does not answer, none gives. Debts and interest stand as they were.
        Step(S.RESERVED, E.AGENT_REFUSED, S.LAPSED, B.VOID_NETS, "", "10.2"),
        Step(S.RESERVED, E.DUE_DAY_PASSED, S.LAPSED, B.VOID_NETS, "", "10.2"),
        # Finality: every central bank has set its part aside, and the journal says so. No way leads back.
        Step(S.RESERVED, E.ALL_EARMARKED, S.DECIDED, B.NOTHING, "", "10.2"),
        Step(S.DECIDED, E.NETS_POSTED, S.SETTLED, B.POST_NETS, "", "10.2"),
    ),
)


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """What a central bank (participant number) has in another's currency when a period closes: at the period's beginning, and now.
    Below zero it owes; whole minor units."""

    number: int
    currency: str
    opening: int
    now: int


class UnionClose(msgspec.Struct):
    """One close. `nets` are (currency, participant number, minor): what each account moves by, the hub's margin as number 0.

    `of` is 0 for the close of a period; else the number of the close whose residual (debtor, creditor) was delivered in the agreed asset.
    `since` is the business day on which the period began, `day` that of the close, `due` the last day for the answers. `rates` are (currency,
    units of account for one of it, the day they are of). `asked`, `earmarked` and `executed` are requests to agents as `mail
    number:currency`. `delivered` are the residuals in an agreed asset that were confirmed since.
    """

    number: int
    day: str
    since: str
    due: str
    unit: str
    article: str
    of: int = 0
    pair: tuple[int, int] = (0, 0)
    state: State = State.COMPUTED
    rates: list[tuple[str, str, str]] = []
    standings: list[Standing] = []
    rows: list[Row] = []
    nets: list[tuple[str, int, int]] = []
    intent: int = 0
    asked: list[str] = []
    earmarked: list[str] = []
    executed: list[str] = []
    delivered: list[tuple[int, int]] = []
    decided_at: int = 0

    def step(self, event: Event, at: Instant) -> Books:
        row = UNION_CLOSE.step(self.state, event)
        self.state = row.after
        if row.after is State.DECIDED:
            self.decided_at = int(at)
        return row.books


class UnionBook(msgspec.Struct):
    """What the hub keeps of its clearing union between two closes, by `number currency`.

    `since` is the business day on which the period began, `counted` the day up to which nights are counted. `standings` are what central banks
    have at each other (below zero: owe), `opening` the same at the period's beginning, `accrued` the parts of interest that the debtor owes and
    the creditor is owed, in decimal digits: they are more than a record's whole number holds.
    """

    since: str = ""
    counted: str = ""
    closes: int = 0
    standings: dict[str, int] = {}
    opening: dict[str, int] = {}
    accrued: dict[str, tuple[str, str]] = {}

    def parts(self, key: str) -> tuple[int, int]:
        """The parts of interest that are owed and due on an account so far."""
        debit, credit = self.accrued.get(key, ("0", "0"))
        return int(debit), int(credit)

    def bear(self, key: str, debit: int, credit: int) -> None:
        """Make these the parts of an account."""
        self.accrued[key] = (str(debit), str(credit))
        if not debit and not credit:
            del self.accrued[key]


class UnionAccount(NamedTuple):
    """Whose account in which currency: what `UnionBook` keeps it under."""

    number: int
    currency: str

    def key(self) -> str:
        return f"{self.number} {self.currency}"


def nets_of(rows: Iterable[Row], currency_of: Mapping[int, str]) -> list[tuple[str, int, int]]:
    """What every account moves by, (currency, participant number, minor) in that order; those at zero are left out."""
    found: dict[tuple[str, int], int] = {}
    for row in rows:
        owed_in, own = currency_of[row.creditor], currency_of[row.debtor]
        for place, minor in (
            ((owed_in, row.debtor), row.before - row.carried),
            ((owed_in, HUB), row.margin),
            ((own, row.creditor), row.paid),
        ):
            found[place] = found.get(place, 0) + minor
    return [(currency, number, minor) for (currency, number), minor in sorted(found.items()) if minor]


def net_legs(nets: Iterable[tuple[str, int, int]], ledgers: Mapping[str, int]) -> list[Leg]:
    """The central bank of a currency writes accounts in it up or down: its mirror gives and takes; in the order of `nets`."""
    legs = []
    for currency, number, minor in nets:
        ledger = ledgers[currency]
        mirror, own = account_id(Role.AGENT, ledger), account_id(Role.PREFUNDED, ledger, number)
        debit, credit = (mirror, own) if minor > 0 else (own, mirror)
        legs.append(Leg(debit, credit, abs(minor), ledger, TransferCode.UNION_NET))
    return legs


def residue_legs(rows: Iterable[Row], currency_of: Mapping[int, str], fine: Mapping[str, int]) -> list[Leg]:
    """What rounding left over, on the residue ledgers (`fine`, by currency): interest against the union's pool, the rest between the two."""
    legs = []
    for row in rows:
        owed_in, own = fine[currency_of[row.creditor]], fine[currency_of[row.debtor]]
        for ledger, nano, giver, taker in (
            (owed_in, row.interest_residue, row.debtor, HUB),
            (owed_in, row.credited_residue, HUB, row.creditor),
            (owed_in, row.carried_residue, row.debtor, row.creditor),
            (own, row.paid_residue, row.debtor, row.creditor),
        ):
            if nano:
                ends = _residue(ledger, giver), _residue(ledger, taker)
                debit, credit = ends if nano > 0 else ends[::-1]
                legs.append(Leg(debit, credit, abs(nano), ledger, TransferCode.RESIDUE))
    return legs


def _residue(ledger: int, number: int) -> int:
    return account_id(Role.RESIDUE_DUE, ledger, number) if number != HUB else account_id(Role.RESIDUE, ledger)

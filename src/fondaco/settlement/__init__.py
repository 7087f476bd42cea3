"""How money moves for good: net cycles, the prefunded positions that they and urgent payments draw on, and what central banks owe each other."""

from fondaco.settlement.compensation import Compensation, Debt, Row, compensate
from fondaco.settlement.cycle import CYCLE, Cycle
from fondaco.settlement.cycle import Event as CycleEvent
from fondaco.settlement.cycle import State as CycleState
from fondaco.settlement.default import (
    ASSESSMENTS,
    COLLATERAL,
    OPERATOR,
    OTHER_MONEY,
    OWN_SHARE,
    SURVIVORS,
    Borne,
    Drill,
    Means,
    Notice,
    Short,
    Survivor,
    Taking,
    Waterfall,
    pour,
    waterfall,
)
from fondaco.settlement.default_life import DEFAULT, CoverMove, Default, cover_legs, cover_moves, spent
from fondaco.settlement.default_life import Event as DefaultEvent
from fondaco.settlement.default_life import State as DefaultState
from fondaco.settlement.default_means import Purse, takings
from fondaco.settlement.funding import FUNDING, Funding
from fondaco.settlement.funding import Event as FundingEvent
from fondaco.settlement.funding import State as FundingState
from fondaco.settlement.interest import PARTS, Billed, accrued, billed
from fondaco.settlement.net import Leg, chain_resolved, chained, closing, opening, reservation
from fondaco.settlement.union_close import UNION_CLOSE, UnionAccount, UnionBook, UnionClose, net_legs, nets_of, residue_legs
from fondaco.settlement.union_close import Event as UnionEvent
from fondaco.settlement.union_close import Standing as UnionStanding
from fondaco.settlement.union_close import State as UnionState
from fondaco.settlement.union_period import close_after

__all__ = [
    "ASSESSMENTS",
    "COLLATERAL",
    "CYCLE",
    "DEFAULT",
    "FUNDING",
    "OPERATOR",
    "OTHER_MONEY",
    "OWN_SHARE",
    "PARTS",
    "SURVIVORS",
    "UNION_CLOSE",
    "Billed",
    "Borne",
    "Compensation",
    "CoverMove",
    "Cycle",
    "CycleEvent",
    "CycleState",
    "Debt",
    "Default",
    "DefaultEvent",
    "DefaultState",
    "Drill",
    "Funding",
    "FundingEvent",
    "FundingState",
    "Leg",
    "Means",
    "Notice",
    "Purse",
    "Row",
    "Short",
    "Survivor",
    "Taking",
    "UnionAccount",
    "UnionBook",
    "UnionClose",
    "UnionEvent",
    "UnionStanding",
    "UnionState",
    "Waterfall",
    "accrued",
    "billed",
    "chain_resolved",
    "chained",
    "close_after",
    "closing",
    "compensate",
    "cover_legs",
    "cover_moves",
    "net_legs",
    "nets_of",
    "opening",
    "pour",
    "reservation",
    "residue_legs",
    "spent",
    "takings",
    "waterfall",
]

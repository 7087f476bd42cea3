"""How money moves for good: net cycles, and the prefunded positions that they and urgent payments draw on."""

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
    Waterfall,
    pour,
    waterfall,
)
from fondaco.settlement.funding import FUNDING, Funding
from fondaco.settlement.funding import Event as FundingEvent
from fondaco.settlement.funding import State as FundingState
from fondaco.settlement.net import Leg, closing, opening, reservation

__all__ = [
    "ASSESSMENTS",
    "COLLATERAL",
    "CYCLE",
    "FUNDING",
    "OPERATOR",
    "OTHER_MONEY",
    "OWN_SHARE",
    "SURVIVORS",
    "Borne",
    "Cycle",
    "CycleEvent",
    "CycleState",
    "Drill",
    "Funding",
    "FundingEvent",
    "FundingState",
    "Leg",
    "Means",
    "Notice",
    "Short",
    "Survivor",
    "Waterfall",
    "closing",
    "opening",
    "pour",
    "reservation",
    "waterfall",
]

"""How money moves for good: net cycles, and the prefunded positions that they and urgent payments draw on."""

from fondaco.settlement.cycle import CYCLE, Cycle
from fondaco.settlement.cycle import Event as CycleEvent
from fondaco.settlement.cycle import State as CycleState
from fondaco.settlement.funding import FUNDING, Funding
from fondaco.settlement.funding import Event as FundingEvent
from fondaco.settlement.funding import State as FundingState
from fondaco.settlement.net import Leg, closing, opening, reservation

__all__ = [
    "CYCLE",
    "FUNDING",
    "Cycle",
    "CycleEvent",
    "CycleState",
    "Funding",
    "FundingEvent",
    "FundingState",
    "Leg",
    "closing",
    "opening",
    "reservation",
]

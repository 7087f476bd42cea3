"""Who owes whom: nets that add up to zero, queues that nobody passes, and the most that waiting payments can settle."""

from fondaco.clearing.collateral import AssetPrice, Lodged, Terms, Valuation, valued
from fondaco.clearing.core_mip import Effort
from fondaco.clearing.crowd import Crowd
from fondaco.clearing.debt_circles import Claim, Cleared, PartyStatement, SetOff, excluded_because, set_off, statements
from fondaco.clearing.exposure import Cover, Owing, Rate, Uncovered, credit, liquidity, uncovered, worth
from fondaco.clearing.flow_bound import NoFlow
from fondaco.clearing.flow_limit import FlowLimit, leaving, passing
from fondaco.clearing.gridlock import Holder, Paying, Waiting, fifo_set, heads_that_settle
from fondaco.clearing.gross import GrossQueues
from fondaco.clearing.maximum import Budget, CheckFailed, Settled, proof_of, settle_most
from fondaco.clearing.netting import Figures, Obligation, figures, nets, without
from fondaco.clearing.queue import UNMOVED, Key, Place, Queues
from fondaco.clearing.queue_offset import Offset, most_value, offset_faults
from fondaco.clearing.rounding import first_in_first_out, gross_with_bypass
from fondaco.clearing.settlement_check import faults_of_proof

__all__ = [
    "UNMOVED",
    "AssetPrice",
    "Budget",
    "CheckFailed",
    "Claim",
    "Cleared",
    "Cover",
    "Crowd",
    "Effort",
    "Figures",
    "FlowLimit",
    "GrossQueues",
    "Holder",
    "Key",
    "Lodged",
    "NoFlow",
    "Obligation",
    "Offset",
    "Owing",
    "PartyStatement",
    "Paying",
    "Place",
    "Queues",
    "Rate",
    "SetOff",
    "Settled",
    "Terms",
    "Uncovered",
    "Valuation",
    "Waiting",
    "credit",
    "excluded_because",
    "faults_of_proof",
    "fifo_set",
    "figures",
    "first_in_first_out",
    "gross_with_bypass",
    "heads_that_settle",
    "leaving",
    "liquidity",
    "most_value",
    "nets",
    "offset_faults",
    "passing",
    "proof_of",
    "set_off",
    "settle_most",
    "statements",
    "uncovered",
    "valued",
    "without",
    "worth",
]

"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade.deed import ControlStep, Decided, Deed, Entry, Holding, Kind, Tell
from fondaco.trade.examination import (
    BankingDays,
    Finding,
    Presentation,
    Report,
    Terms,
    examine_on,
    lint,
    precheck,
    read_presentation,
    read_terms,
    refusal_notice,
    unfit,
)

__all__ = [
    "BankingDays",
    "ControlStep",
    "Decided",
    "Deed",
    "Entry",
    "Finding",
    "Holding",
    "Kind",
    "Presentation",
    "Report",
    "Tell",
    "Terms",
    "examine_on",
    "lint",
    "precheck",
    "read_presentation",
    "read_terms",
    "refusal_notice",
    "unfit",
]

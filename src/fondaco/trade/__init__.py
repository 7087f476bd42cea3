"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import financing, fingerprint, harmonised, mt, price_flag, price_reference, register, transport_code
from fondaco.trade.control_event import ControlEvent, event_hash, event_text, leaf, signers_of
from fondaco.trade.control_replay import BrokenHistory, replayed
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
from fondaco.trade.register import Change, RegisterView
from fondaco.trade.register_book import RegisterBook
from fondaco.trade.transferable_record import BILL, FREEZE, LOCK, PLEDGE, RECORD, TITLE, TransferableRecord

__all__ = [
    "BILL",
    "FREEZE",
    "LOCK",
    "PLEDGE",
    "RECORD",
    "TITLE",
    "BankingDays",
    "BrokenHistory",
    "Change",
    "ControlEvent",
    "ControlStep",
    "Decided",
    "Deed",
    "Entry",
    "Finding",
    "Holding",
    "Kind",
    "Presentation",
    "RegisterBook",
    "RegisterView",
    "Report",
    "Tell",
    "Terms",
    "TransferableRecord",
    "event_hash",
    "event_text",
    "examine_on",
    "financing",
    "fingerprint",
    "harmonised",
    "leaf",
    "lint",
    "mt",
    "precheck",
    "price_flag",
    "price_reference",
    "read_presentation",
    "read_terms",
    "refusal_notice",
    "register",
    "replayed",
    "signers_of",
    "transport_code",
    "unfit",
]

"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import register
from fondaco.trade.control_event import ControlEvent, event_hash, event_text, leaf, signers_of
from fondaco.trade.control_replay import BrokenHistory, replayed
from fondaco.trade.deed import ControlStep, Decided, Deed, Entry, Holding, Kind, Tell
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
    "BrokenHistory",
    "Change",
    "ControlEvent",
    "ControlStep",
    "Decided",
    "Deed",
    "Entry",
    "Holding",
    "Kind",
    "RegisterBook",
    "RegisterView",
    "Tell",
    "TransferableRecord",
    "event_hash",
    "event_text",
    "leaf",
    "register",
    "replayed",
    "signers_of",
]

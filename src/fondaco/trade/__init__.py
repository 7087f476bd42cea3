"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import register
from fondaco.trade.control_event import ControlEvent, event_hash, event_text, leaf, signers_of
from fondaco.trade.control_replay import BrokenHistory, replayed
from fondaco.trade.deed import ControlStep, Decided, Deed, Entry, Holding, Kind, Tell
from fondaco.trade.log_follower import LogFollower
from fondaco.trade.register import Change, RegisterView
from fondaco.trade.register_book import RegisterBook
from fondaco.trade.title_proof import title_proof
from fondaco.trade.transferable_record import BILL, FREEZE, LOCK, PLEDGE, RECORD, TITLE, TransferableRecord
from fondaco.trade.tree_head import (
    RecordHead,
    TreeHead,
    WitnessSignature,
    countersigned,
    head_material,
    record_material,
    witness_fault,
    witness_material,
)

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
    "LogFollower",
    "RecordHead",
    "RegisterBook",
    "RegisterView",
    "Tell",
    "TransferableRecord",
    "TreeHead",
    "WitnessSignature",
    "countersigned",
    "event_hash",
    "event_text",
    "head_material",
    "leaf",
    "record_material",
    "register",
    "replayed",
    "signers_of",
    "title_proof",
    "witness_fault",
    "witness_material",
]

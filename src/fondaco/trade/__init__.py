"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import register
from fondaco.trade.canonical import canonical as canonical_text
from fondaco.trade.control_event import ControlEvent, event_hash, event_text, leaf, signers_of
from fondaco.trade.control_replay import BrokenHistory, replayed
from fondaco.trade.deed import ControlStep, Decided, Deed, Entry, Holding, Kind, Tell
from fondaco.trade.log_follower import LogFollower
from fondaco.trade.party import (
    PARTY,
    REGISTER_PARTY,
    RESTATE_PARTY,
    PartyBody,
    PartyEvent,
    PartyState,
    TradeParty,
    is_party_id,
    stated,
)
from fondaco.trade.payment_terms import PAYMENT, PaymentTerms, payment_terms, terms_of_deed
from fondaco.trade.register import Change, RegisterView
from fondaco.trade.register_book import RegisterBook
from fondaco.trade.settlement_batch import settlement_batch_hash, settlement_batch_text
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
    "PARTY",
    "PAYMENT",
    "PLEDGE",
    "RECORD",
    "REGISTER_PARTY",
    "RESTATE_PARTY",
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
    "PartyBody",
    "PartyEvent",
    "PartyState",
    "PaymentTerms",
    "RecordHead",
    "RegisterBook",
    "RegisterView",
    "Tell",
    "TradeParty",
    "TransferableRecord",
    "TreeHead",
    "WitnessSignature",
    "canonical_text",
    "countersigned",
    "event_hash",
    "event_text",
    "head_material",
    "is_party_id",
    "leaf",
    "payment_terms",
    "record_material",
    "register",
    "replayed",
    "settlement_batch_hash",
    "settlement_batch_text",
    "signers_of",
    "stated",
    "terms_of_deed",
    "title_proof",
    "witness_fault",
    "witness_material",
]

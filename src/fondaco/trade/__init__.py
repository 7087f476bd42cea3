"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import register
from fondaco.trade.canonical import canonical as canonical_text
from fondaco.trade.control_event import ControlEvent, event_hash, event_text, leaf, signers_of
from fondaco.trade.control_replay import BrokenHistory, replayed
from fondaco.trade.deed import ControlStep, Decided, Deed, Entry, Holding, Kind, Tell
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
from fondaco.trade.transferable_record import BILL, FREEZE, LOCK, PLEDGE, RECORD, TITLE, TransferableRecord

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
    "PartyBody",
    "PartyEvent",
    "PartyState",
    "PaymentTerms",
    "RegisterBook",
    "RegisterView",
    "Tell",
    "TradeParty",
    "TransferableRecord",
    "canonical_text",
    "event_hash",
    "event_text",
    "is_party_id",
    "leaf",
    "payment_terms",
    "register",
    "replayed",
    "settlement_batch_hash",
    "settlement_batch_text",
    "signers_of",
    "stated",
    "terms_of_deed",
]

"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import (
    examination,
    financing,
    fingerprint,
    harmonised,
    mt,
    price_flag,
    price_reference,
    register,
    transport_code,
)
from fondaco.trade.contract import CONTRACT, Contract
from fondaco.trade.control_event import ControlEvent, event_hash, event_text, leaf, signers_of
from fondaco.trade.control_replay import BrokenHistory, replayed
from fondaco.trade.deed import ControlStep, Decided, Deed, Entry, Holding, Kind, Tell
from fondaco.trade.documents import (
    CreditNote,
    DespatchAdvice,
    ExtraMissing,
    Invoice,
    InvoiceResponse,
    Kept,
    Order,
    ReceiptAdvice,
    lost_in,
    read_document,
    to_json,
    write_document,
)
from fondaco.trade.finding import Finding
from fondaco.trade.invoice import INVOICE, TradeInvoice
from fondaco.trade.match import Tolerances, match
from fondaco.trade.obligations import obligations_for_set_off
from fondaco.trade.order import ORDER, TradeOrder
from fondaco.trade.register import Change, RegisterView
from fondaco.trade.register_book import RegisterBook
from fondaco.trade.remittance import remittance_of
from fondaco.trade.transferable_record import BILL, FREEZE, LOCK, PLEDGE, RECORD, TITLE, TransferableRecord
from fondaco.trade.validation import Engine, Rules, check

__all__ = [
    "BILL",
    "CONTRACT",
    "FREEZE",
    "INVOICE",
    "LOCK",
    "ORDER",
    "PLEDGE",
    "RECORD",
    "TITLE",
    "BrokenHistory",
    "Change",
    "Contract",
    "ControlEvent",
    "ControlStep",
    "CreditNote",
    "Decided",
    "Deed",
    "DespatchAdvice",
    "Engine",
    "Entry",
    "ExtraMissing",
    "Finding",
    "Holding",
    "Invoice",
    "InvoiceResponse",
    "Kept",
    "Kind",
    "Order",
    "ReceiptAdvice",
    "RegisterBook",
    "RegisterView",
    "Rules",
    "Tell",
    "Tolerances",
    "TradeInvoice",
    "TradeOrder",
    "TransferableRecord",
    "check",
    "event_hash",
    "event_text",
    "examination",
    "financing",
    "fingerprint",
    "harmonised",
    "leaf",
    "lost_in",
    "match",
    "mt",
    "obligations_for_set_off",
    "price_flag",
    "price_reference",
    "read_document",
    "register",
    "remittance_of",
    "replayed",
    "signers_of",
    "to_json",
    "transport_code",
    "write_document",
]

"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade.contract import CONTRACT, Contract
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
from fondaco.trade.remittance import remittance_of
from fondaco.trade.validation import Engine, Rules, check

__all__ = [
    "CONTRACT",
    "INVOICE",
    "ORDER",
    "Contract",
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
    "Rules",
    "Tell",
    "Tolerances",
    "TradeInvoice",
    "TradeOrder",
    "check",
    "lost_in",
    "match",
    "obligations_for_set_off",
    "read_document",
    "remittance_of",
    "to_json",
    "write_document",
]

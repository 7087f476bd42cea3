"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import (
    availability,
    collecting,
    collection,
    crediting,
    financing,
    fingerprint,
    harmonised,
    mt,
    price_flag,
    price_reference,
    register,
    transport_code,
)
from fondaco.trade.collection import Collection
from fondaco.trade.contract import CONTRACT, Contract
from fondaco.trade.control_event import ControlEvent, event_hash, event_text, leaf, signers_of
from fondaco.trade.control_replay import BrokenHistory, replayed
from fondaco.trade.deadline import BankingPlace, Deadline
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
from fondaco.trade.finding import Finding
from fondaco.trade.invoice import INVOICE, TradeInvoice
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.match import Tolerances, match
from fondaco.trade.obligations import obligations_for_set_off
from fondaco.trade.order import ORDER, TradeOrder
from fondaco.trade.register import Change, RegisterView
from fondaco.trade.register_book import RegisterBook
from fondaco.trade.remittance import remittance_of
from fondaco.trade.standing import Lock, Payable
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
    "BankingDays",
    "BankingPlace",
    "BrokenHistory",
    "Change",
    "Collection",
    "Contract",
    "ControlEvent",
    "ControlStep",
    "CreditNote",
    "Deadline",
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
    "LetterOfCredit",
    "Lock",
    "Order",
    "Payable",
    "Presentation",
    "ReceiptAdvice",
    "RegisterBook",
    "RegisterView",
    "Report",
    "Rules",
    "Tell",
    "Terms",
    "Tolerances",
    "TradeInvoice",
    "TradeOrder",
    "TransferableRecord",
    "availability",
    "check",
    "collecting",
    "collection",
    "crediting",
    "event_hash",
    "event_text",
    "examine_on",
    "financing",
    "fingerprint",
    "harmonised",
    "leaf",
    "lint",
    "lost_in",
    "match",
    "mt",
    "obligations_for_set_off",
    "precheck",
    "price_flag",
    "price_reference",
    "read_document",
    "read_presentation",
    "read_terms",
    "refusal_notice",
    "register",
    "remittance_of",
    "replayed",
    "signers_of",
    "to_json",
    "transport_code",
    "unfit",
    "write_document",
]

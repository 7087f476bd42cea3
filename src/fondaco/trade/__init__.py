"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here."""

from fondaco.trade import financing, fingerprint, harmonised, mt, price_flag, price_reference, register, transport_code
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
from fondaco.trade.log_follower import LogFollower
from fondaco.trade.match import Tolerances, match
from fondaco.trade.obligations import obligations_for_set_off
from fondaco.trade.order import ORDER, TradeOrder
from fondaco.trade.register import Change, RegisterView
from fondaco.trade.register_book import RegisterBook
from fondaco.trade.remittance import remittance_of
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
    "LogFollower",
    "Order",
    "Presentation",
    "ReceiptAdvice",
    "RecordHead",
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
    "TreeHead",
    "WitnessSignature",
    "check",
    "countersigned",
    "event_hash",
    "event_text",
    "examine_on",
    "financing",
    "fingerprint",
    "harmonised",
    "head_material",
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
    "record_material",
    "refusal_notice",
    "register",
    "remittance_of",
    "replayed",
    "signers_of",
    "title_proof",
    "to_json",
    "transport_code",
    "unfit",
    "witness_fault",
    "witness_material",
    "write_document",
]

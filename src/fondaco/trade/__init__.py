"""Trade: from the order to title against payment. Decides and books nothing itself; the hub does what is decided here.

Rooms with faces of their own, so that each is read by whom it serves: `from fondaco.trade import examination` (documents under a credit), `mt` and
`credit_message` (messages between banks), `availability`, `collecting`, `collection`, `contract`, `contract_match`, `crediting`,
`document_prints`, `documents`, `financing`, `fingerprint`, `flag`, `flag_case`, `goods_flags`, `goods_line`, `harmonised`, `invoice`, `lading_flags`, `open_account`,
`order`, `own_books`, `price_flag`, `price_reference`, `reference_edition`, `reference_file`, `register`, `reimbursement`, `set_off_round`, `transport_code`.
"""

from typing import TYPE_CHECKING

from fondaco.core import shown_late
from fondaco.trade.canonical import canonical as canonical_text
from fondaco.trade.collection import Collection
from fondaco.trade.contract import CONTRACT, Contract
from fondaco.trade.control_event import ControlEvent, event_hash, event_text, leaf, signers_of
from fondaco.trade.control_replay import BrokenHistory, replayed, states_of
from fondaco.trade.days_passed_over import PassedOver, days_passed_over
from fondaco.trade.deadline import BankingPlace, Deadline
from fondaco.trade.deadline import Effect as DeadlineEffect
from fondaco.trade.deadline import State as DeadlineState
from fondaco.trade.deed import ControlStep, Decided, Deed, Entry, Holding, Kind, Tell
from fondaco.trade.deed_articles import article_of, article_text
from fondaco.trade.documents import Address, CreditNote, DespatchAdvice, Invoice, InvoiceResponse, Kept, Order, ReceiptAdvice
from fondaco.trade.finding import Finding
from fondaco.trade.invoice import INVOICE, TradeInvoice
from fondaco.trade.invoice_deeds import answer_of, credit_of, issue_of
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.log_follower import LogFollower
from fondaco.trade.match import Tolerances, match
from fondaco.trade.next_steps import By, Life, NextStep, lives_of
from fondaco.trade.obligations import obligations_for_set_off
from fondaco.trade.order import ORDER, TradeOrder
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
from fondaco.trade.payment_terms import PAYMENT, PaymentTerms, names_instrument, payment_terms, terms_of_deed
from fondaco.trade.register import Change, RegisterView
from fondaco.trade.register_book import RegisterBook
from fondaco.trade.remittance import remittance_of
from fondaco.trade.set_off_round import Round
from fondaco.trade.settlement_batch import settlement_batch_hash, settlement_batch_text
from fondaco.trade.standing import Against, Lock, Payable
from fondaco.trade.title_proof import title_proof
from fondaco.trade.transferable_record import BILL, FREEZE, LOCK, PLEDGE, RECORD, TITLE, RecordKind, TransferableRecord
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

if TYPE_CHECKING:
    from fondaco.trade.documents import ExtraMissing, lost_in, read_document, to_json, write_document
    from fondaco.trade.validation import Engine, Rules, check
else:
    __getattr__ = shown_late(
        __name__,
        {
            "documents": ("ExtraMissing", "lost_in", "read_document", "to_json", "write_document"),
            "validation": ("Engine", "Rules", "check"),
        },
    )

__all__ = [
    "BILL",
    "CONTRACT",
    "FREEZE",
    "INVOICE",
    "LOCK",
    "ORDER",
    "PARTY",
    "PAYMENT",
    "PLEDGE",
    "RECORD",
    "REGISTER_PARTY",
    "RESTATE_PARTY",
    "TITLE",
    "Address",
    "Against",
    "BankingPlace",
    "BrokenHistory",
    "By",
    "Change",
    "Collection",
    "Contract",
    "ControlEvent",
    "ControlStep",
    "CreditNote",
    "Deadline",
    "DeadlineEffect",
    "DeadlineState",
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
    "Life",
    "Lock",
    "LogFollower",
    "NextStep",
    "Order",
    "PartyBody",
    "PartyEvent",
    "PartyState",
    "PassedOver",
    "Payable",
    "PaymentTerms",
    "ReceiptAdvice",
    "RecordHead",
    "RecordKind",
    "RegisterBook",
    "RegisterView",
    "Round",
    "Rules",
    "Tell",
    "Tolerances",
    "TradeInvoice",
    "TradeOrder",
    "TradeParty",
    "TransferableRecord",
    "TreeHead",
    "WitnessSignature",
    "answer_of",
    "article_of",
    "article_text",
    "canonical_text",
    "check",
    "countersigned",
    "credit_of",
    "days_passed_over",
    "event_hash",
    "event_text",
    "head_material",
    "is_party_id",
    "issue_of",
    "leaf",
    "lives_of",
    "lost_in",
    "match",
    "names_instrument",
    "obligations_for_set_off",
    "payment_terms",
    "read_document",
    "record_material",
    "remittance_of",
    "replayed",
    "settlement_batch_hash",
    "settlement_batch_text",
    "signers_of",
    "stated",
    "states_of",
    "terms_of_deed",
    "title_proof",
    "to_json",
    "witness_fault",
    "witness_material",
    "write_document",
]

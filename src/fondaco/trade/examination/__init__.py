"""The examination of documents under a credit: deterministic rules, each citing its article. The engine proposes; the bank decides."""

from fondaco.trade.examination.captions import RULES, TERMS_RULES, article
from fondaco.trade.examination.dates import BankingDays, Days, OpenDays, days_of, shipment_day, shipment_of
from fondaco.trade.examination.documents import Document, Presentation, TransportDocument, kind_of, read_presentation
from fondaco.trade.examination.examining import Precheck, Report, examine, examine_on, precheck
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.lint import lint, unfit
from fondaco.trade.examination.notice import Disposal, RefusalNotice, refusal_notice
from fondaco.trade.examination.terms import Terms, read_terms
from fondaco.trade.examination.transfer import transfer
from fondaco.trade.examination.words import Amount, Party, Place, Quantity, Tenor

__all__ = [
    "RULES",
    "TERMS_RULES",
    "Amount",
    "BankingDays",
    "Days",
    "Disposal",
    "Document",
    "Finding",
    "OpenDays",
    "Party",
    "Place",
    "Precheck",
    "Presentation",
    "Quantity",
    "RefusalNotice",
    "Report",
    "Tenor",
    "Terms",
    "TransportDocument",
    "article",
    "days_of",
    "examine",
    "examine_on",
    "kind_of",
    "lint",
    "precheck",
    "read_presentation",
    "read_terms",
    "refusal_notice",
    "shipment_day",
    "shipment_of",
    "transfer",
    "unfit",
]

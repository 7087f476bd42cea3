"""Orders, despatches, receipts and invoices: typed records, and the formats in which the world sends them.

The hub needs the records; who reads and writes the formats is read when it is asked for.
"""

from typing import TYPE_CHECKING

from fondaco.core import shown_late
from fondaco.trade.documents.parts import (
    Account,
    Address,
    AllowanceCharge,
    Attachment,
    Attribute,
    Card,
    Contact,
    Delivery,
    Discount,
    Identifier,
    Item,
    Party,
    PaymentMeans,
    Period,
    Price,
    Quantity,
    Reference,
    TaxCategory,
    TaxPart,
    TaxRegistration,
    TaxTotal,
    Terms,
    Totals,
)
from fondaco.trade.documents.records import (
    CreditNote,
    DespatchAdvice,
    Invoice,
    InvoiceLine,
    InvoiceResponse,
    Kept,
    MovedLine,
    Note,
    Order,
    OrderLine,
    OrderResponse,
    ReceiptAdvice,
    TradeDocument,
    Why,
)

if TYPE_CHECKING:
    from fondaco.trade.documents.factur_x import ExtraMissing
    from fondaco.trade.documents.json_form import from_json, to_json
    from fondaco.trade.documents.reading import CII, FACTUR_X, JSON, UBL, lost_in, read_document, write_document
else:
    __getattr__ = shown_late(
        __name__,
        {
            "factur_x": ("ExtraMissing",),
            "json_form": ("from_json", "to_json"),
            "reading": ("CII", "FACTUR_X", "JSON", "UBL", "lost_in", "read_document", "write_document"),
        },
    )

__all__ = [
    "CII",
    "FACTUR_X",
    "JSON",
    "UBL",
    "Account",
    "Address",
    "AllowanceCharge",
    "Attachment",
    "Attribute",
    "Card",
    "Contact",
    "CreditNote",
    "Delivery",
    "DespatchAdvice",
    "Discount",
    "ExtraMissing",
    "Identifier",
    "Invoice",
    "InvoiceLine",
    "InvoiceResponse",
    "Item",
    "Kept",
    "MovedLine",
    "Note",
    "Order",
    "OrderLine",
    "OrderResponse",
    "Party",
    "PaymentMeans",
    "Period",
    "Price",
    "Quantity",
    "ReceiptAdvice",
    "Reference",
    "TaxCategory",
    "TaxPart",
    "TaxRegistration",
    "TaxTotal",
    "Terms",
    "Totals",
    "TradeDocument",
    "Why",
    "from_json",
    "lost_in",
    "read_document",
    "to_json",
    "write_document",
]

"""The documents of a sale on open account: order and its answer, despatch, receipt, invoice, credit note, and the answer to an invoice."""

from __future__ import annotations

import msgspec

from fondaco.trade.documents.parts import (
    AllowanceCharge,
    Attachment,
    Delivery,
    Identifier,
    Item,
    Part,
    Party,
    PaymentMeans,
    Period,
    Price,
    Quantity,
    Reference,
    TaxTotal,
    Terms,
    Totals,
)


class Note(Part, frozen=True):
    """BG-1."""

    text: str
    subject: str = ""


class InvoiceLine(Part, frozen=True):
    """BG-25. `order_line` is the line of the order, `cost` the buyer's account."""

    id: str
    quantity: Quantity
    net_minor: int
    item: Item
    note: str = ""
    object: Identifier | None = None
    cost: str = ""
    period: Period | None = None
    order_line: str = ""
    allowances: tuple[AllowanceCharge, ...] = ()
    price: Price | None = None


class _Bill(Part, frozen=True):
    number: str
    issued: str
    currency: str
    type_code: str = ""
    specification: str = ""
    process: str = ""
    due: str = ""
    tax_point: str = ""
    tax_currency: str = ""
    cost: str = ""
    buyer_reference: str = ""
    notes: tuple[Note, ...] = ()
    period: Period | None = None
    order: str = ""
    sales_order: str = ""
    preceding: tuple[Reference, ...] = ()
    despatch: str = ""
    receipt: str = ""
    tender: str = ""
    contract: str = ""
    attachments: tuple[Attachment, ...] = ()
    project: str = ""
    seller: Party | None = None
    buyer: Party | None = None
    payee: Party | None = None
    tax_representative: Party | None = None
    delivery: Delivery | None = None
    terms: Terms | None = None
    payment: tuple[PaymentMeans, ...] = ()
    payment_terms: str = ""
    allowances: tuple[AllowanceCharge, ...] = ()
    taxes: tuple[TaxTotal, ...] = ()
    totals: Totals | None = None
    lines: tuple[InvoiceLine, ...] = ()


class Invoice(_Bill, frozen=True, tag="invoice"):
    """EN 16931: what a buyer is asked to pay. `currency` is of ISO 4217; `type_code` of UNTDID 1001 (380)."""


class CreditNote(_Bill, frozen=True, tag="credit note"):
    """EN 16931 with a type code such as 381: what is taken back of an invoice. Its amounts are above zero where an invoice's are."""


class OrderLine(Part, frozen=True):
    """One line of an order or of the answer to it. `status` is the answer's code (Peppol T76: 1 added, 3 changed, 5 accepted, 7 not accepted);
    `order_line` is there the line of the order that it answers."""

    id: str
    quantity: Quantity | None = None
    net_minor: int | None = None
    price: Price | None = None
    item: Item | None = None
    status: str = ""
    order_line: str = ""
    note: str = ""


class Order(Part, frozen=True, tag="order"):
    """What a buyer orders of a seller."""

    number: str
    issued: str
    currency: str = ""
    type_code: str = ""
    specification: str = ""
    process: str = ""
    note: str = ""
    buyer_reference: str = ""
    valid_until: str = ""
    contract: str = ""
    buyer: Party | None = None
    seller: Party | None = None
    delivery: Delivery | None = None
    terms: Terms | None = None
    payable_minor: int | None = None
    lines: tuple[OrderLine, ...] = ()


class OrderResponse(Part, frozen=True, tag="order response"):
    """What a seller answers: `code` AB acknowledged, AP accepted, RE rejected, CA accepted with changes (UNCL 4343)."""

    number: str
    issued: str
    code: str = ""
    currency: str = ""
    specification: str = ""
    process: str = ""
    note: str = ""
    order: str = ""
    seller: Party | None = None
    buyer: Party | None = None
    lines: tuple[OrderLine, ...] = ()


class MovedLine(Part, frozen=True):
    """One line of a despatch or receipt: what was sent, or what arrived and what of it was refused."""

    id: str
    delivered: Quantity | None = None
    received: Quantity | None = None
    rejected: Quantity | None = None
    order_line: str = ""
    item: Item | None = None
    note: str = ""


class DespatchAdvice(Part, frozen=True, tag="despatch advice"):
    """What a seller sent."""

    number: str
    issued: str
    type_code: str = ""
    specification: str = ""
    process: str = ""
    note: str = ""
    order: str = ""
    seller: Party | None = None
    buyer: Party | None = None
    lines: tuple[MovedLine, ...] = ()


class ReceiptAdvice(Part, frozen=True, tag="receipt advice"):
    """What a buyer received."""

    number: str
    issued: str
    specification: str = ""
    process: str = ""
    note: str = ""
    order: str = ""
    despatch: str = ""
    buyer: Party | None = None
    seller: Party | None = None
    lines: tuple[MovedLine, ...] = ()


class Why(Part, frozen=True):
    """One reason or wish of an answer: the list (OPStatusReason or OPStatusAction), the code, the text."""

    list: str
    code: str
    text: str = ""


class InvoiceResponse(Part, frozen=True, tag="invoice response"):
    """What a buyer answers to an invoice: `code` AB, IP, UQ, CA, RE, AP or PD (UNCL 4343, Peppol T111)."""

    number: str
    issued: str
    code: str
    specification: str = ""
    process: str = ""
    note: str = ""
    buyer: Party | None = None
    seller: Party | None = None
    effective: str = ""
    reasons: tuple[Why, ...] = ()
    invoice: str = ""
    invoice_issued: str = ""
    invoice_type: str = ""


TradeDocument = Invoice | CreditNote | Order | OrderResponse | DespatchAdvice | ReceiptAdvice | InvoiceResponse


class Kept(msgspec.Struct, frozen=True):
    """A document as it came: the very bytes and their SHA-256, its form, the record, and what it says that the record doesn't (`left`: paths in the original)."""

    raw: bytes
    sha256: str
    form: str
    document: TradeDocument
    left: tuple[str, ...] = ()

"""UBL 2.1 documents as records and back (OASIS UBL 2.1; EN 16931-3-2 and Peppol BIS 3 for invoices and credit notes)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from fondaco.core import MalformedMessage, Reason
from fondaco.trade.documents.forms import AMOUNT, DAY, QUANTITY, Form, Reading, Row, Writing
from fondaco.trade.documents.records import (
    CreditNote,
    DespatchAdvice,
    Invoice,
    InvoiceLine,
    InvoiceResponse,
    MovedLine,
    Note,
    Order,
    OrderLine,
    OrderResponse,
    ReceiptAdvice,
    TradeDocument,
    Why,
)
from fondaco.trade.documents.ubl_parts import (
    ALLOWANCE,
    ATTACHMENT,
    DELIVERY,
    ITEM,
    OBJECT,
    PARTY,
    PAYMENT,
    PERIOD,
    PRECEDING,
    PRICE_FORM,
    TAX_TOTAL,
    TERMS,
    TOTALS,
)

_ROOT = "urn:oasis:names:specification:ubl:schema:xsd:"
_NAMESPACES = {"cac": _ROOT + "CommonAggregateComponents-2", "cbc": _ROOT + "CommonBasicComponents-2"}


class _Subject:
    """A note; `#AAI#text` names its subject (EN 16931-3-2, BT-21)."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Note | None:
        text = reading.text(element)
        if text.startswith("#") and text.count("#") > 1 and len(text.split("#")[1]) == 3:
            return Note(text.split("#", 2)[2], text.split("#")[1])
        return Note(text) if text else None

    def write(self, element: etree._Element, attribute: str, value: Note, writing: Writing) -> None:
        element.text = f"#{value.subject}#{value.text}" if value.subject else value.text


def _line(name: str, quantity: str) -> Row:
    rows = (
        Row("id", "cbc:ID"),
        Row("note", "cbc:Note"),
        Row("quantity", quantity, QUANTITY),
        Row("net_minor", "cbc:LineExtensionAmount", AMOUNT),
        Row("cost", "cbc:AccountingCost"),
        Row("period", "cac:InvoicePeriod", PERIOD),
        Row("order_line", "cac:OrderLineReference/cbc:LineID"),
        Row("object", "cac:DocumentReference", OBJECT, when=("cbc:DocumentTypeCode", "130"), says_last=True),
        Row("allowances", "cac:AllowanceCharge", ALLOWANCE, many=True),
        Row("item", "cac:Item", ITEM),
        Row("price", "cac:Price", PRICE_FORM),
    )
    return Row("lines", name, Form(InvoiceLine, rows), many=True)


def _head(*rows: Row) -> Iterator[Row]:
    yield Row("specification", "cbc:CustomizationID")
    yield Row("process", "cbc:ProfileID")
    yield Row("number", "cbc:ID")
    yield Row("issued", "cbc:IssueDate", DAY)
    yield from rows


_PARTIES = (
    Row("seller", "cac:AccountingSupplierParty/cac:Party", PARTY),
    Row("buyer", "cac:AccountingCustomerParty/cac:Party", PARTY),
    Row("payee", "cac:PayeeParty", PARTY),
    Row("tax_representative", "cac:TaxRepresentativeParty", PARTY),
    Row("delivery", "cac:Delivery", DELIVERY),
    Row("terms", "cac:DeliveryTerms", TERMS),
    Row("payment", "cac:PaymentMeans", PAYMENT, many=True),
    Row("payment_terms", "cac:PaymentTerms/cbc:Note"),
    Row("allowances", "cac:AllowanceCharge", ALLOWANCE, many=True),
    Row("taxes", "cac:TaxTotal", TAX_TOTAL, many=True),
    Row("totals", "cac:LegalMonetaryTotal", TOTALS),
)
_NOTES = Row("notes", "cbc:Note", _Subject(), many=True)
_MONEY = (
    Row("currency", "cbc:DocumentCurrencyCode"),
    Row("tax_currency", "cbc:TaxCurrencyCode"),
    Row("cost", "cbc:AccountingCost"),
    Row("buyer_reference", "cbc:BuyerReference"),
    Row("period", "cac:InvoicePeriod", PERIOD),
    Row("order", "cac:OrderReference/cbc:ID"),
    Row("sales_order", "cac:OrderReference/cbc:SalesOrderID"),
    Row("preceding", "cac:BillingReference", PRECEDING, many=True),
    Row("despatch", "cac:DespatchDocumentReference/cbc:ID"),
    Row("receipt", "cac:ReceiptDocumentReference/cbc:ID"),
)
_TENDER = Row("tender", "cac:OriginatorDocumentReference/cbc:ID")
_CONTRACT = Row("contract", "cac:ContractDocumentReference/cbc:ID")
_ATTACHMENTS = Row("attachments", "cac:AdditionalDocumentReference", ATTACHMENT, many=True)
_TAX_POINT = Row("tax_point", "cbc:TaxPointDate", DAY)

_INVOICE = Form(
    Invoice,
    (
        *_head(Row("due", "cbc:DueDate", DAY), Row("type_code", "cbc:InvoiceTypeCode"), _NOTES, _TAX_POINT),
        *_MONEY,
        _TENDER,
        _CONTRACT,
        _ATTACHMENTS,
        Row("project", "cac:ProjectReference/cbc:ID"),
        *_PARTIES,
        _line("cac:InvoiceLine", "cbc:InvoicedQuantity"),
    ),
    currency="cbc:DocumentCurrencyCode",
)
_CREDIT_NOTE = Form(
    CreditNote,
    (
        *_head(_TAX_POINT, Row("type_code", "cbc:CreditNoteTypeCode"), _NOTES),
        *_MONEY,
        _CONTRACT,
        _ATTACHMENTS,
        _TENDER,
        *_PARTIES,
        _line("cac:CreditNoteLine", "cbc:CreditedQuantity"),
    ),
    currency="cbc:DocumentCurrencyCode",
)


def _order_lines(quantity: str) -> Row:
    rows = (
        Row("note", "cbc:Note"),
        Row("id", "cac:LineItem/cbc:ID"),
        Row("status", "cac:LineItem/cbc:LineStatusCode"),
        Row("quantity", quantity, QUANTITY),
        Row("net_minor", "cac:LineItem/cbc:LineExtensionAmount", AMOUNT),
        Row("price", "cac:LineItem/cac:Price", PRICE_FORM),
        Row("item", "cac:LineItem/cac:Item", ITEM),
        Row("order_line", "cac:OrderLineReference/cbc:LineID"),
    )
    return Row("lines", "cac:OrderLine", Form(OrderLine, rows), many=True)


_ORDER = Form(
    Order,
    (
        *_head(
            Row("type_code", "cbc:OrderTypeCode"),
            Row("note", "cbc:Note"),
            Row("currency", "cbc:DocumentCurrencyCode"),
            Row("buyer_reference", "cbc:CustomerReference"),
        ),
        Row("valid_until", "cac:ValidityPeriod/cbc:EndDate", DAY),
        Row("contract", "cac:Contract/cbc:ID"),
        Row("buyer", "cac:BuyerCustomerParty/cac:Party", PARTY),
        Row("seller", "cac:SellerSupplierParty/cac:Party", PARTY),
        Row("delivery", "cac:Delivery", DELIVERY),
        Row("terms", "cac:DeliveryTerms", TERMS),
        Row("payable_minor", "cac:AnticipatedMonetaryTotal/cbc:PayableAmount", AMOUNT),
        _order_lines("cac:LineItem/cbc:Quantity"),
    ),
    currency="cbc:DocumentCurrencyCode",
)
_ORDER_RESPONSE = Form(
    OrderResponse,
    (
        *_head(Row("code", "cbc:OrderResponseCode"), Row("note", "cbc:Note"), Row("currency", "cbc:DocumentCurrencyCode")),
        Row("order", "cac:OrderReference/cbc:ID"),
        Row("seller", "cac:SellerSupplierParty/cac:Party", PARTY),
        Row("buyer", "cac:BuyerCustomerParty/cac:Party", PARTY),
        _order_lines("cac:LineItem/cbc:Quantity"),
    ),
    currency="cbc:DocumentCurrencyCode",
)
_SHARED_LINE = (Row("order_line", "cac:OrderLineReference/cbc:LineID"), Row("item", "cac:Item", ITEM))
_DESPATCH = Form(
    DespatchAdvice,
    (
        *_head(Row("type_code", "cbc:DespatchAdviceTypeCode"), Row("note", "cbc:Note")),
        Row("order", "cac:OrderReference/cbc:ID"),
        Row("seller", "cac:DespatchSupplierParty/cac:Party", PARTY),
        Row("buyer", "cac:DeliveryCustomerParty/cac:Party", PARTY),
        Row(
            "lines",
            "cac:DespatchLine",
            Form(
                MovedLine,
                (
                    Row("id", "cbc:ID"),
                    Row("note", "cbc:Note"),
                    Row("delivered", "cbc:DeliveredQuantity", QUANTITY),
                    *_SHARED_LINE,
                ),
            ),
            many=True,
        ),
    ),
)
_RECEIPT = Form(
    ReceiptAdvice,
    (
        *_head(Row("note", "cbc:Note")),
        Row("order", "cac:OrderReference/cbc:ID"),
        Row("despatch", "cac:DespatchDocumentReference/cbc:ID"),
        Row("buyer", "cac:DeliveryCustomerParty/cac:Party", PARTY),
        Row("seller", "cac:DespatchSupplierParty/cac:Party", PARTY),
        Row(
            "lines",
            "cac:ReceiptLine",
            Form(
                MovedLine,
                (
                    Row("id", "cbc:ID"),
                    Row("note", "cbc:Note"),
                    Row("received", "cbc:ReceivedQuantity", QUANTITY),
                    Row("rejected", "cbc:RejectedQuantity", QUANTITY),
                    *_SHARED_LINE,
                ),
            ),
            many=True,
        ),
    ),
)
_ANSWER = "cac:DocumentResponse/cac:Response/"
_ANSWERED = "cac:DocumentResponse/cac:DocumentReference/"
_INVOICE_RESPONSE = Form(
    InvoiceResponse,
    (
        *_head(Row("note", "cbc:Note")),
        Row("buyer", "cac:SenderParty", PARTY),
        Row("seller", "cac:ReceiverParty", PARTY),
        Row("code", _ANSWER + "cbc:ResponseCode"),
        Row("effective", _ANSWER + "cbc:EffectiveDate", DAY),
        Row(
            "reasons",
            _ANSWER + "cac:Status",
            Form(
                Why,
                (
                    Row("code", "cbc:StatusReasonCode"),
                    Row("list", "cbc:StatusReasonCode/@listID"),
                    Row("text", "cbc:StatusReason"),
                ),
            ),
            many=True,
        ),
        Row("invoice", _ANSWERED + "cbc:ID"),
        Row("invoice_issued", _ANSWERED + "cbc:IssueDate", DAY),
        Row("invoice_type", _ANSWERED + "cbc:DocumentTypeCode"),
    ),
)
FORMS: dict[str, Form] = {
    "Invoice": _INVOICE,
    "CreditNote": _CREDIT_NOTE,
    "Order": _ORDER,
    "OrderResponse": _ORDER_RESPONSE,
    "DespatchAdvice": _DESPATCH,
    "ReceiptAdvice": _RECEIPT,
    "ApplicationResponse": _INVOICE_RESPONSE,
}
_NAME_OF: dict[type[Any], str] = {form.record: name for name, form in FORMS.items()}


def is_ubl(root: etree._Element) -> bool:
    return bool(etree.QName(root).namespace == f"{_ROOT}{etree.QName(root).localname}-2")


def read_ubl(root: etree._Element) -> tuple[TradeDocument, tuple[str, ...]]:
    """The record of a UBL document, and the places in it that the record does not carry. Raises `MalformedMessage`."""
    form = FORMS.get(etree.QName(root).localname)
    if form is None:
        raise MalformedMessage(
            Reason.MALFORMED, etree.QName(root).localname, f"a document that is not read here; {', '.join(FORMS)} are"
        )
    reading = Reading(root, _NAMESPACES)
    # An order need not name its currency: its first amount does.
    if form.currency and root.find(form.currency, _NAMESPACES) is None:
        reading.currency = next((one.get("currencyID") for one in reading.elements if one.get("currencyID")), "")
    document: TradeDocument = form.read(root, "", reading)
    return document, reading.left()


def write_ubl(document: TradeDocument) -> bytes:
    name = _NAME_OF[type(document)]
    space = f"{_ROOT}{name}-2"
    prefixes: dict[str | None, str] = {}
    prefixes.update(_NAMESPACES)
    prefixes[None] = space
    root = etree.Element(f"{{{space}}}{name}", nsmap=prefixes)
    FORMS[name].write(root, "", document, Writing(_NAMESPACES, getattr(document, "currency", "")))
    raw: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return raw

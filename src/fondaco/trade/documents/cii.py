"""UN/CEFACT Cross Industry Invoices as records and back, and so the XML inside a Factur-X file (EN 16931-3-3).

CII has the same terms as UBL at other places: the tax point stands with each tax, the reference of a payment and the creditor of a direct debit stand beside
the means. What differs is read into private records first; two functions without any XML turn them into the record of EN 16931 and back.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
from lxml import etree

from fondaco.trade.documents.cii_parts import ADDRESS as _ADDRESS
from fondaco.trade.documents.cii_parts import (
    ALLOWANCE,
    ATTACHMENT,
    CII_DAY,
    DISCOUNTED,
    ITEM,
    MEANS,
    PARTY,
    PERIOD,
    PRECEDING,
    TERMS,
    category,
)
from fondaco.trade.documents.forms import AMOUNT, IDENTIFIER, NUMBER, QUANTITY, Form, Reading, Row, Writing
from fondaco.trade.documents.parts import (
    Address,
    AllowanceCharge,
    Attachment,
    Delivery,
    Discount,
    Identifier,
    Item,
    Part,
    Party,
    PaymentMeans,
    Period,
    Price,
    Quantity,
    Reference,
    TaxCategory,
    TaxPart,
    TaxTotal,
    Terms,
    Totals,
)
from fondaco.trade.documents.records import CreditNote, Invoice, InvoiceLine, Note

_STANDARD = "urn:un:unece:uncefact:data:standard:"
_NAMESPACES = {
    "rsm": _STANDARD + "CrossIndustryInvoice:100",
    "ram": _STANDARD + "ReusableAggregateBusinessInformationEntity:100",
    "qdt": _STANDARD + "QualifiedDataType:100",
    "udt": _STANDARD + "UnqualifiedDataType:100",
}
# UNTDID 1001: what takes back instead of asking.
CREDIT_CODES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
_USUAL: dict[type, str] = {Invoice: "380", CreditNote: "381"}
_TENDER, _SUPPORT, _OBJECT = "50", "916", "130"
# The list of creditors of direct debits, as EN 16931-3-2 names it where UBL says whose number it is.
_SEPA = "SEPA"
# When tax is due: UNTDID 2475 here, UNTDID 2005 in UBL and in the record (issue, delivery, payment).
_POINT_OF = {"5": "3", "29": "35", "72": "432"}
_POINT_HERE = {there: here for here, there in _POINT_OF.items()}


class _Line(Part, frozen=True):
    id: str
    item: Item
    quantity: Quantity
    net_minor: int
    note: str = ""
    order_line: str = ""
    discount: Discount | None = None
    gross_base: Quantity | None = None
    price: Decimal | None = None
    base: Quantity | None = None
    category: TaxCategory | None = None
    period: Period | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    object: Identifier | None = None
    cost: str = ""


_PRODUCT, _AGREED, _SETTLED = "ram:SpecifiedTradeProduct", "ram:SpecifiedLineTradeAgreement/", "ram:SpecifiedLineTradeSettlement/"
_LINE = Form(
    _Line,
    (
        Row("id", "ram:AssociatedDocumentLineDocument/ram:LineID"),
        Row("note", "ram:AssociatedDocumentLineDocument/ram:IncludedNote/ram:Content"),
        Row("item", _PRODUCT, ITEM),
        Row("order_line", _AGREED + "ram:BuyerOrderReferencedDocument/ram:LineID"),
        Row("discount", _AGREED + "ram:GrossPriceProductTradePrice", DISCOUNTED),
        Row("gross_base", _AGREED + "ram:GrossPriceProductTradePrice/ram:BasisQuantity", QUANTITY, alternative=True),
        Row("price", _AGREED + "ram:NetPriceProductTradePrice/ram:ChargeAmount", NUMBER),
        Row("base", _AGREED + "ram:NetPriceProductTradePrice/ram:BasisQuantity", QUANTITY),
        Row("quantity", "ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", QUANTITY),
        Row("category", _SETTLED + "ram:ApplicableTradeTax", Form(TaxCategory, category(why=True))),
        Row("period", _SETTLED + "ram:BillingSpecifiedPeriod", PERIOD),
        Row("allowances", _SETTLED + "ram:SpecifiedTradeAllowanceCharge", ALLOWANCE, many=True),
        Row("net_minor", _SETTLED + "ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount", AMOUNT),
        Row(
            "object",
            _SETTLED + "ram:AdditionalReferencedDocument",
            Form(Identifier, (Row("id", "ram:IssuerAssignedID"), Row("scheme", "ram:ReferenceTypeCode"))),
            when=("ram:TypeCode", _OBJECT),
        ),
        Row("cost", _SETTLED + "ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
    ),
)


class _Tax(Part, frozen=True):
    tax_minor: int
    base_minor: int
    code: str
    tax: str = "VAT"
    exempt: str = ""
    exempt_code: str = ""
    point: str = ""
    point_code: str = ""
    rate: Decimal | None = None


class _TaxAmount(Part, frozen=True):
    minor: int
    currency: str = ""


class _ShipTo(Part, frozen=True):
    number: Identifier | None = None
    name: str = ""
    address: Address | None = None


class _Cii(Part, frozen=True):
    number: str
    issued: str
    type_code: str
    currency: str
    specification: str = ""
    process: str = ""
    notes: tuple[Note, ...] = ()
    lines: tuple[_Line, ...] = ()
    buyer_reference: str = ""
    seller: Party | None = None
    buyer: Party | None = None
    tax_representative: Party | None = None
    terms: Terms | None = None
    sales_order: str = ""
    order: str = ""
    contract: str = ""
    attachments: tuple[Attachment, ...] = ()
    project: str = ""
    project_name: str = ""
    ship_to: _ShipTo | None = None
    delivered: str = ""
    despatch: str = ""
    receipt: str = ""
    creditor: str = ""
    payment_reference: str = ""
    tax_currency: str = ""
    payee: Party | None = None
    means: tuple[PaymentMeans, ...] = ()
    taxes: tuple[_Tax, ...] = ()
    period: Period | None = None
    allowances: tuple[AllowanceCharge, ...] = ()
    payment_terms: str = ""
    due: str = ""
    mandate: str = ""
    tax_amounts: tuple[_TaxAmount, ...] = ()
    totals: Totals | None = None
    preceding: tuple[Reference, ...] = ()
    cost: str = ""


class _Totals:
    """The sums of an invoice, and among them the tax in each currency that it is told in."""

    def __init__(self) -> None:
        self.before = Form(
            Totals,
            (
                Row("lines_minor", "ram:LineTotalAmount", AMOUNT),
                Row("charges_minor", "ram:ChargeTotalAmount", AMOUNT),
                Row("allowances_minor", "ram:AllowanceTotalAmount", AMOUNT),
                Row("net_minor", "ram:TaxBasisTotalAmount", AMOUNT),
                Row("rounding_minor", "ram:RoundingAmount", AMOUNT),
                Row("gross_minor", "ram:GrandTotalAmount", AMOUNT),
                Row("prepaid_minor", "ram:TotalPrepaidAmount", AMOUNT),
                Row("payable_minor", "ram:DuePayableAmount", AMOUNT),
            ),
        )

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Totals:
        found: Totals = self.before.read(element, attribute, reading)
        return found

    def write(self, element: etree._Element, attribute: str, value: Totals, writing: Writing) -> None:
        self.before.write(element, attribute, value, writing)
        # The tax was written before the sums: its place is after the base.
        told = element.findall("ram:TaxTotalAmount", writing.namespaces)
        base = element.find("ram:TaxBasisTotalAmount", writing.namespaces)
        for one in reversed(told):
            (base.addnext(one) if base is not None else element.insert(0, one))


_CONTEXT, _DOCUMENT = "rsm:ExchangedDocumentContext/ram:", "rsm:ExchangedDocument/ram:"
_DEAL = "rsm:SupplyChainTradeTransaction/ram:"
_AGREEMENT = _DEAL + "ApplicableHeaderTradeAgreement/ram:"
_DELIVERY = _DEAL + "ApplicableHeaderTradeDelivery/ram:"
_SETTLEMENT = _DEAL + "ApplicableHeaderTradeSettlement/ram:"
_SUMMATION = _SETTLEMENT + "SpecifiedTradeSettlementHeaderMonetarySummation"
_FORM = Form(
    _Cii,
    (
        Row("process", _CONTEXT + "BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
        Row("specification", _CONTEXT + "GuidelineSpecifiedDocumentContextParameter/ram:ID"),
        Row("number", _DOCUMENT + "ID"),
        Row("type_code", _DOCUMENT + "TypeCode"),
        Row("issued", _DOCUMENT + "IssueDateTime/udt:DateTimeString", CII_DAY),
        Row(
            "notes",
            _DOCUMENT + "IncludedNote",
            Form(Note, (Row("text", "ram:Content"), Row("subject", "ram:SubjectCode"))),
            many=True,
        ),
        Row("lines", _DEAL + "IncludedSupplyChainTradeLineItem", _LINE, many=True),
        Row("buyer_reference", _AGREEMENT + "BuyerReference"),
        Row("seller", _AGREEMENT + "SellerTradeParty", PARTY),
        Row("buyer", _AGREEMENT + "BuyerTradeParty", PARTY),
        Row("tax_representative", _AGREEMENT + "SellerTaxRepresentativeTradeParty", PARTY),
        Row("terms", _AGREEMENT + "ApplicableTradeDeliveryTerms", TERMS),
        Row("sales_order", _AGREEMENT + "SellerOrderReferencedDocument/ram:IssuerAssignedID"),
        Row("order", _AGREEMENT + "BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
        Row("contract", _AGREEMENT + "ContractReferencedDocument/ram:IssuerAssignedID"),
        Row("attachments", _AGREEMENT + "AdditionalReferencedDocument", ATTACHMENT, many=True),
        Row("project", _AGREEMENT + "SpecifiedProcuringProject/ram:ID"),
        Row("project_name", _AGREEMENT + "SpecifiedProcuringProject/ram:Name"),
        Row(
            "ship_to",
            _DELIVERY + "ShipToTradeParty",
            Form(
                _ShipTo,
                (
                    Row("number", "ram:ID", IDENTIFIER),
                    Row("number", "ram:GlobalID", IDENTIFIER, alternative=True),
                    Row("name", "ram:Name"),
                    Row("address", "ram:PostalTradeAddress", _ADDRESS),
                ),
            ),
        ),
        Row("delivered", _DELIVERY + "ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime/udt:DateTimeString", CII_DAY),
        Row("despatch", _DELIVERY + "DespatchAdviceReferencedDocument/ram:IssuerAssignedID"),
        Row("receipt", _DELIVERY + "ReceivingAdviceReferencedDocument/ram:IssuerAssignedID"),
        Row("creditor", _SETTLEMENT + "CreditorReferenceID"),
        Row("payment_reference", _SETTLEMENT + "PaymentReference"),
        Row("tax_currency", _SETTLEMENT + "TaxCurrencyCode"),
        Row("currency", _SETTLEMENT + "InvoiceCurrencyCode"),
        Row("payee", _SETTLEMENT + "PayeeTradeParty", PARTY),
        Row("means", _SETTLEMENT + "SpecifiedTradeSettlementPaymentMeans", MEANS, many=True),
        Row(
            "taxes",
            _SETTLEMENT + "ApplicableTradeTax",
            Form(
                _Tax,
                (
                    Row("tax_minor", "ram:CalculatedAmount", AMOUNT),
                    Row("tax", "ram:TypeCode"),
                    Row("exempt", "ram:ExemptionReason"),
                    Row("base_minor", "ram:BasisAmount", AMOUNT),
                    Row("code", "ram:CategoryCode"),
                    Row("exempt_code", "ram:ExemptionReasonCode"),
                    Row("point", "ram:TaxPointDate/udt:DateString", CII_DAY),
                    Row("point_code", "ram:DueDateTypeCode"),
                    Row("rate", "ram:RateApplicablePercent", NUMBER),
                ),
            ),
            many=True,
        ),
        Row("period", _SETTLEMENT + "BillingSpecifiedPeriod", PERIOD),
        Row("allowances", _SETTLEMENT + "SpecifiedTradeAllowanceCharge", ALLOWANCE, many=True),
        Row("payment_terms", _SETTLEMENT + "SpecifiedTradePaymentTerms/ram:Description"),
        Row("due", _SETTLEMENT + "SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString", CII_DAY),
        Row("mandate", _SETTLEMENT + "SpecifiedTradePaymentTerms/ram:DirectDebitMandateID"),
        Row(
            "tax_amounts",
            _SUMMATION + "/ram:TaxTotalAmount",
            Form(_TaxAmount, (Row("currency", "@currencyID"), Row("minor", "", AMOUNT)), currency="@currencyID"),
            many=True,
        ),
        Row("totals", _SUMMATION, _Totals()),
        Row("preceding", _SETTLEMENT + "InvoiceReferencedDocument", PRECEDING, many=True),
        Row("cost", _SETTLEMENT + "ReceivableSpecifiedTradeAccountingAccount/ram:ID"),
    ),
    currency=_SETTLEMENT + "InvoiceCurrencyCode",
)


def is_cii(root: etree._Element) -> bool:
    return str(root.tag) == f"{{{_NAMESPACES['rsm']}}}CrossIndustryInvoice"


def read_cii(root: etree._Element) -> tuple[Invoice | CreditNote, tuple[str, ...]]:
    """The record of a Cross Industry Invoice, and the places in it that the record does not carry. Raises `MalformedMessage`."""
    reading = Reading(root, _NAMESPACES)
    return _bill(_FORM.read(root, "", reading)), reading.left()


def write_cii(document: Invoice | CreditNote) -> bytes:
    root = etree.Element(f"{{{_NAMESPACES['rsm']}}}CrossIndustryInvoice", nsmap=_NAMESPACES)
    _FORM.write(root, "", _cii(document), Writing(_NAMESPACES, document.currency, names_currency=False))
    # The schema wants these where nothing is said in them, too.
    if root.find("rsm:ExchangedDocumentContext", _NAMESPACES) is None:
        root.insert(0, etree.Element(f"{{{_NAMESPACES['rsm']}}}ExchangedDocumentContext"))
    after = root.find(_SETTLEMENT.removesuffix("/ram:"), _NAMESPACES)
    for name in ("ApplicableHeaderTradeDelivery", "ApplicableHeaderTradeAgreement"):
        found = root.find(_DEAL + name, _NAMESPACES)
        if found is None:
            found = etree.Element(f"{{{_NAMESPACES['ram']}}}{name}")
            after.addprevious(found)
        after = found
    raw: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return raw


def _bill(told: _Cii) -> Invoice | CreditNote:
    made = CreditNote if told.type_code in CREDIT_CODES else Invoice
    seller, payee = told.seller, told.payee
    if told.creditor:
        whose = (payee or seller) or Party()
        whose = msgspec.structs.replace(whose, identifiers=(*whose.identifiers, Identifier(told.creditor, _SEPA)))
        seller, payee = (seller, whose) if payee is not None else (whose, None)
    means = told.means
    if not means and (told.payment_reference or told.mandate):
        means = (PaymentMeans("1"),)
    code = next((one.point_code for one in told.taxes if one.point_code), "")
    period = told.period
    if code:
        period = msgspec.structs.replace(period or Period(), tax_point=_POINT_OF.get(code, code))
    return made(
        number=told.number, issued=told.issued, currency=told.currency, type_code=told.type_code, specification=told.specification,
        process=told.process, due=told.due, tax_point=next((one.point for one in told.taxes if one.point), ""),
        tax_currency=told.tax_currency, cost=told.cost, buyer_reference=told.buyer_reference, notes=told.notes, period=period,
        order=told.order, sales_order=told.sales_order, preceding=told.preceding, despatch=told.despatch, receipt=told.receipt,
        tender=next((one.number for one in told.attachments if one.type_code == _TENDER), ""), contract=told.contract,
        attachments=tuple(
            msgspec.structs.replace(one, type_code="" if one.type_code == _SUPPORT else one.type_code)
            for one in told.attachments if one.type_code != _TENDER
        ),
        project=told.project, seller=seller, buyer=told.buyer, payee=payee, tax_representative=told.tax_representative,
        delivery=_delivery(told), terms=told.terms, payment_terms=told.payment_terms, allowances=told.allowances,
        payment=tuple(msgspec.structs.replace(one, reference=told.payment_reference, mandate=told.mandate) for one in means),
        taxes=_tax_totals(told), totals=told.totals, lines=tuple(_invoice_line(one) for one in told.lines),
    )  # fmt: skip


def _delivery(told: _Cii) -> Delivery | None:
    to = told.ship_to or _ShipTo()
    found = Delivery(told.delivered, to.number, to.address, to.name)
    return found if found != Delivery() else None


def _tax_totals(told: _Cii) -> tuple[TaxTotal, ...]:
    """The tax of the invoice with its parts, then that in the currency of the accounts. A tax whose sum is not told is the sum of its parts."""
    parts = tuple(
        TaxPart(one.base_minor, one.tax_minor, TaxCategory(one.code, one.rate, one.exempt, one.exempt_code, one.tax))
        for one in told.taxes
    )
    own = next((one.minor for one in told.tax_amounts if one.currency == told.currency), None)
    if own is None and parts:
        own = sum(one.tax_minor for one in parts)
    found = [] if own is None else [TaxTotal(told.currency, own, parts)]
    return tuple(found + [TaxTotal(one.currency, one.minor) for one in told.tax_amounts if one.currency != told.currency])


def _invoice_line(told: _Line) -> InvoiceLine:
    price = None
    if told.price is not None:
        price = Price(told.price, told.base or told.gross_base, told.discount)
    return InvoiceLine(
        id=told.id, quantity=told.quantity, net_minor=told.net_minor, item=msgspec.structs.replace(told.item, category=told.category),
        note=told.note, object=told.object, cost=told.cost, period=told.period, order_line=told.order_line, allowances=told.allowances,
        price=price,
    )  # fmt: skip


def _cii(document: Invoice | CreditNote) -> _Cii:
    creditor, seller, payee = "", document.seller, document.payee
    for party in (payee, seller):
        creditor = creditor or next((one.id for one in (party.identifiers if party else ()) if one.scheme == _SEPA), "")
    own = [one for one in document.taxes if one.currency == document.currency]
    code = document.period.tax_point if document.period else ""
    period = msgspec.structs.replace(document.period, tax_point="") if document.period else None
    attachments = tuple(msgspec.structs.replace(one, type_code=one.type_code or _SUPPORT) for one in document.attachments) + (
        (Attachment(document.tender, type_code=_TENDER),) if document.tender else ()
    )
    delivery = document.delivery or Delivery()
    to = _ShipTo(delivery.location, delivery.party, delivery.address)
    return _Cii(
        number=document.number, issued=document.issued, type_code=document.type_code or _USUAL[type(document)], currency=document.currency,
        specification=document.specification, process=document.process, notes=document.notes,
        lines=tuple(_line(one) for one in document.lines), buyer_reference=document.buyer_reference, seller=_without(seller),
        buyer=document.buyer, tax_representative=document.tax_representative, terms=document.terms, sales_order=document.sales_order,
        order=document.order, contract=document.contract, attachments=attachments, project=document.project,
        project_name="Project reference" if document.project else "", ship_to=to if to != _ShipTo() else None, delivered=delivery.date,
        despatch=document.despatch, receipt=document.receipt, creditor=creditor,
        payment_reference=next((one.reference for one in document.payment if one.reference), ""), tax_currency=document.tax_currency,
        payee=_without(payee), means=document.payment,
        taxes=tuple(
            _Tax(
                part.tax_minor, part.base_minor, part.category.code, part.category.tax, part.category.exempt, part.category.exempt_code,
                document.tax_point, _POINT_HERE.get(code, code), part.category.rate,
            )
            for total in own[:1] for part in total.parts
        ),
        period=None if period == Period() else period, allowances=document.allowances, payment_terms=document.payment_terms,
        due=document.due, mandate=next((one.mandate for one in document.payment if one.mandate), ""),
        tax_amounts=tuple(_TaxAmount(one.tax_minor, one.currency) for one in document.taxes), totals=document.totals,
        preceding=document.preceding, cost=document.cost,
    )  # fmt: skip


def _without(party: Party | None) -> Party | None:
    """A party without its number as a creditor of direct debits, which stands elsewhere here."""
    if party is None:
        return None
    return msgspec.structs.replace(party, identifiers=tuple(one for one in party.identifiers if one.scheme != _SEPA))


def _line(line: InvoiceLine) -> _Line:
    price = line.price
    return _Line(
        id=line.id, item=line.item, quantity=line.quantity, net_minor=line.net_minor, note=line.note, order_line=line.order_line,
        discount=price.discount if price else None, price=price.net if price else None, base=price.base if price else None,
        category=line.item.category, period=line.period, allowances=line.allowances, object=line.object, cost=line.cost,
    )  # fmt: skip

"""The parts of UBL 2.1 documents, where they stand (OASIS UBL 2.1; Peppol BIS 3 and EN 16931-3-2 say which term goes where)."""

from __future__ import annotations

from fondaco.trade.documents.forms import AMOUNT, CONTENT, DAY, FLAG, IDENTIFIER, NUMBER, PRICE, QUANTITY, Form, Row
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

ADDRESS = Form(
    Address,
    (
        Row("street", "cbc:StreetName"),
        Row("more", "cbc:AdditionalStreetName"),
        Row("city", "cbc:CityName"),
        Row("postcode", "cbc:PostalZone"),
        Row("region", "cbc:CountrySubentity"),
        Row("line", "cac:AddressLine/cbc:Line"),
        Row("country", "cac:Country/cbc:IdentificationCode"),
    ),
)
PARTY = Form(
    Party,
    (
        Row("endpoint", "cbc:EndpointID", IDENTIFIER),
        Row(
            "identifiers",
            "cac:PartyIdentification",
            Form(Identifier, (Row("id", "cbc:ID"), Row("scheme", "cbc:ID/@schemeID"))),
            many=True,
        ),
        Row("known_as", "cac:PartyName/cbc:Name"),
        Row("address", "cac:PostalAddress", ADDRESS),
        Row(
            "taxes",
            "cac:PartyTaxScheme",
            Form(TaxRegistration, (Row("id", "cbc:CompanyID"), Row("tax", "cac:TaxScheme/cbc:ID"))),
            many=True,
        ),
        Row("name", "cac:PartyLegalEntity/cbc:RegistrationName"),
        Row("registration", "cac:PartyLegalEntity/cbc:CompanyID", IDENTIFIER),
        Row("legal_form", "cac:PartyLegalEntity/cbc:CompanyLegalForm"),
        Row(
            "contact",
            "cac:Contact",
            Form(Contact, (Row("name", "cbc:Name"), Row("telephone", "cbc:Telephone"), Row("mail", "cbc:ElectronicMail"))),
        ),
    ),
)

PERIOD = Form(
    Period, (Row("start", "cbc:StartDate", DAY), Row("end", "cbc:EndDate", DAY), Row("tax_point", "cbc:DescriptionCode"))
)
# The object that a line is about (BT-128): the one kind of document reference that a line of EN 16931 has.
OBJECT = Form(Identifier, (Row("id", "cbc:ID"), Row("scheme", "cbc:ID/@schemeID")))
# What was invoiced before stands one step deeper than other documents that are named.
PRECEDING = Form(
    Reference,
    (Row("number", "cac:InvoiceDocumentReference/cbc:ID"), Row("issued", "cac:InvoiceDocumentReference/cbc:IssueDate", DAY)),
)
ATTACHMENT = Form(
    Attachment,
    (
        Row("number", "cbc:ID"),
        Row("scheme", "cbc:ID/@schemeID"),
        Row("type_code", "cbc:DocumentTypeCode"),
        Row("description", "cbc:DocumentDescription"),
        Row("content", "cac:Attachment/cbc:EmbeddedDocumentBinaryObject", CONTENT),
        Row("mime", "cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@mimeCode"),
        Row("filename", "cac:Attachment/cbc:EmbeddedDocumentBinaryObject/@filename"),
        Row("uri", "cac:Attachment/cac:ExternalReference/cbc:URI"),
    ),
)
DELIVERY = Form(
    Delivery,
    (
        Row("date", "cbc:ActualDeliveryDate", DAY),
        Row("location", "cac:DeliveryLocation/cbc:ID", IDENTIFIER),
        Row("address", "cac:DeliveryLocation/cac:Address", ADDRESS),
        Row("party", "cac:DeliveryParty/cac:PartyName/cbc:Name"),
    ),
)
TERMS = Form(
    Terms,
    (
        Row("code", "cbc:ID"),
        Row("text", "cbc:SpecialTerms"),
        Row("place_code", "cac:DeliveryLocation/cbc:ID"),
        Row("place", "cac:DeliveryLocation/cbc:Description"),
    ),
)
PAYMENT = Form(
    PaymentMeans,
    (
        Row("code", "cbc:PaymentMeansCode"),
        Row("text", "cbc:PaymentMeansCode/@name"),
        Row("due", "cbc:PaymentDueDate", DAY),
        Row("reference", "cbc:PaymentID"),
        Row(
            "card",
            "cac:CardAccount",
            Form(
                Card,
                (Row("number", "cbc:PrimaryAccountNumberID"), Row("network", "cbc:NetworkID"), Row("holder", "cbc:HolderName")),
            ),
        ),
        Row(
            "account",
            "cac:PayeeFinancialAccount",
            Form(Account, (Row("id", "cbc:ID"), Row("name", "cbc:Name"), Row("bic", "cac:FinancialInstitutionBranch/cbc:ID"))),
        ),
        Row("mandate", "cac:PaymentMandate/cbc:ID"),
        Row("debited", "cac:PaymentMandate/cac:PayerFinancialAccount/cbc:ID"),
    ),
)


def _category(of_allowance: bool = False) -> Form:
    """A category of tax: the same everywhere, but why it is exempt stands in the breakdown alone."""
    why = () if of_allowance else (Row("exempt_code", "cbc:TaxExemptionReasonCode"), Row("exempt", "cbc:TaxExemptionReason"))
    return Form(
        TaxCategory, (Row("code", "cbc:ID"), Row("rate", "cbc:Percent", NUMBER), *why, Row("tax", "cac:TaxScheme/cbc:ID"))
    )


CATEGORY = _category()
ALLOWANCE = Form(
    AllowanceCharge,
    (
        Row("charge", "cbc:ChargeIndicator", FLAG),
        Row("reason_code", "cbc:AllowanceChargeReasonCode"),
        Row("reason", "cbc:AllowanceChargeReason"),
        Row("percent", "cbc:MultiplierFactorNumeric", NUMBER),
        Row("actual_minor", "cbc:Amount", AMOUNT),
        Row("base_minor", "cbc:BaseAmount", AMOUNT),
        Row("category", "cac:TaxCategory", _category(of_allowance=True)),
    ),
)
TAX_TOTAL = Form(
    TaxTotal,
    (
        Row("currency", "cbc:TaxAmount/@currencyID"),
        Row("tax_minor", "cbc:TaxAmount", AMOUNT),
        Row(
            "parts",
            "cac:TaxSubtotal",
            Form(
                TaxPart,
                (
                    Row("base_minor", "cbc:TaxableAmount", AMOUNT),
                    Row("tax_minor", "cbc:TaxAmount", AMOUNT),
                    Row("category", "cac:TaxCategory", CATEGORY),
                ),
            ),
            many=True,
        ),
    ),
    currency="cbc:TaxAmount/@currencyID",
)
TOTALS = Form(
    Totals,
    (
        Row("lines_minor", "cbc:LineExtensionAmount", AMOUNT),
        Row("net_minor", "cbc:TaxExclusiveAmount", AMOUNT),
        Row("gross_minor", "cbc:TaxInclusiveAmount", AMOUNT),
        Row("allowances_minor", "cbc:AllowanceTotalAmount", AMOUNT),
        Row("charges_minor", "cbc:ChargeTotalAmount", AMOUNT),
        Row("prepaid_minor", "cbc:PrepaidAmount", AMOUNT),
        Row("rounding_minor", "cbc:PayableRoundingAmount", AMOUNT),
        Row("payable_minor", "cbc:PayableAmount", AMOUNT),
    ),
)
_WEIGHT = Form(Quantity, (Row("value", "cbc:Measure", NUMBER), Row("unit", "cbc:Measure/@unitCode")))
ITEM = Form(
    Item,
    (
        Row("description", "cbc:Description"),
        Row("name", "cbc:Name"),
        Row("buyer_id", "cac:BuyersItemIdentification/cbc:ID"),
        Row("seller_id", "cac:SellersItemIdentification/cbc:ID"),
        Row("standard_id", "cac:StandardItemIdentification/cbc:ID", IDENTIFIER),
        Row("origin", "cac:OriginCountry/cbc:IdentificationCode"),
        Row(
            "classifications",
            "cac:CommodityClassification",
            Form(
                Identifier,
                (
                    Row("id", "cbc:ItemClassificationCode"),
                    Row("scheme", "cbc:ItemClassificationCode/@listID"),
                    Row("version", "cbc:ItemClassificationCode/@listVersionID"),
                ),
            ),
            many=True,
        ),
        Row("category", "cac:ClassifiedTaxCategory", CATEGORY),
        Row(
            "attributes",
            "cac:AdditionalItemProperty",
            Form(Attribute, (Row("name", "cbc:Name"), Row("value", "cbc:Value"))),
            many=True,
        ),
        # UNTDID 6313: AAA net weight, AAB gross weight.
        Row("net_weight", "cac:Dimension", _WEIGHT, when=("cbc:AttributeID", "AAA")),
        Row("gross_weight", "cac:Dimension", _WEIGHT, when=("cbc:AttributeID", "AAB")),
    ),
)
PRICE_FORM = Form(
    Price,
    (
        Row("net", "cbc:PriceAmount", PRICE),
        Row("base", "cbc:BaseQuantity", QUANTITY),
        Row(
            "discount",
            "cac:AllowanceCharge",
            Form(Discount, (Row("off", "cbc:Amount", PRICE), Row("before", "cbc:BaseAmount", PRICE))),
            when=("cbc:ChargeIndicator", "false"),
        ),
    ),
)

"""The parts of a UN/CEFACT Cross Industry Invoice, where they stand (D16B and D22B; EN 16931-3-3 says which term goes where)."""

from __future__ import annotations

import re
from decimal import Decimal

from lxml import etree

from fondaco.core import MalformedMessage, Reason, iban_fault
from fondaco.trade.documents.forms import (
    AMOUNT,
    CONTENT,
    FLAG,
    IDENTIFIER,
    NUMBER,
    Form,
    Reading,
    Row,
    Writing,
    descend,
    place_of,
)
from fondaco.trade.documents.parts import (
    Account,
    Address,
    AllowanceCharge,
    Attachment,
    Attribute,
    Card,
    Contact,
    Discount,
    Identifier,
    Item,
    Part,
    Party,
    PaymentMeans,
    Period,
    Reference,
    TaxCategory,
    TaxRegistration,
    Terms,
)

_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


class CiiDay:
    """A day of format 102 (UNTDID 2379), which is an ISO date without its hyphens."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> str:
        text = reading.text(element)
        if element.get("format") is not None and reading.text(element, "format") != "102":
            raise MalformedMessage(Reason.CODE_UNKNOWN, place_of(element, "format"), "a form of day other than 102")
        found = _DAY.match(text)
        if found is None:
            raise MalformedMessage(Reason.MALFORMED, place_of(element), f"{text!r} is not a day")
        return "-".join(found.groups())

    def write(self, element: etree._Element, attribute: str, value: str, writing: Writing) -> None:
        element.text = value.replace("-", "")
        element.set("format", "102")


CII_DAY = CiiDay()
ADDRESS = Form(
    Address,
    (
        Row("postcode", "ram:PostcodeCode"),
        Row("street", "ram:LineOne"),
        Row("more", "ram:LineTwo"),
        Row("line", "ram:LineThree"),
        Row("city", "ram:CityName"),
        Row("country", "ram:CountryID"),
        Row("region", "ram:CountrySubDivisionName"),
    ),
)


class _CiiParty(Part, frozen=True):
    name: str = ""
    bare: tuple[Identifier, ...] = ()
    of_lists: tuple[Identifier, ...] = ()
    legal_form: str = ""
    registration: Identifier | None = None
    known_as: str = ""
    contact: Contact | None = None
    address: Address | None = None
    endpoint: Identifier | None = None
    taxes: tuple[TaxRegistration, ...] = ()


_PARTY = Form(
    _CiiParty,
    (
        Row("bare", "ram:ID", IDENTIFIER, many=True),
        Row("of_lists", "ram:GlobalID", IDENTIFIER, many=True),
        Row("name", "ram:Name"),
        Row("legal_form", "ram:Description"),
        Row("registration", "ram:SpecifiedLegalOrganization/ram:ID", IDENTIFIER),
        Row("known_as", "ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        Row(
            "contact",
            "ram:DefinedTradeContact",
            Form(
                Contact,
                (
                    Row("name", "ram:PersonName"),
                    Row("name", "ram:DepartmentName", alternative=True),
                    Row("telephone", "ram:TelephoneUniversalCommunication/ram:CompleteNumber"),
                    Row("mail", "ram:EmailURIUniversalCommunication/ram:URIID"),
                ),
            ),
        ),
        Row("address", "ram:PostalTradeAddress", ADDRESS),
        Row("endpoint", "ram:URIUniversalCommunication/ram:URIID", IDENTIFIER),
        Row(
            "taxes",
            "ram:SpecifiedTaxRegistration",
            Form(TaxRegistration, (Row("id", "ram:ID"), Row("tax", "ram:ID/@schemeID"))),
            many=True,
        ),
    ),
)
# UNTDID 1153 words of the one, UNTDID 5153 words of the other.
_TAX_OF = {"VA": "VAT", "FC": "TAX"}


class CiiParty:
    """A party. Numbers of no list stand apart from the others, and a tax register has a code of its own."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Party:
        found: _CiiParty = _PARTY.read(element, attribute, reading)
        return Party(
            name=found.name, known_as=found.known_as, endpoint=found.endpoint, identifiers=found.bare + found.of_lists,
            registration=found.registration, legal_form=found.legal_form, address=found.address, contact=found.contact,
            taxes=tuple(TaxRegistration(one.id, _TAX_OF.get(one.tax, one.tax)) for one in found.taxes),
        )  # fmt: skip

    def write(self, element: etree._Element, attribute: str, value: Party, writing: Writing) -> None:
        told = _CiiParty(
            name=value.name, known_as=value.known_as, endpoint=value.endpoint, registration=value.registration,
            bare=tuple(one for one in value.identifiers if not one.scheme),
            of_lists=tuple(one for one in value.identifiers if one.scheme), legal_form=value.legal_form, address=value.address,
            contact=value.contact, taxes=tuple(TaxRegistration(one.id, "VA" if one.tax == "VAT" else "FC") for one in value.taxes),
        )  # fmt: skip
        _PARTY.write(element, attribute, told, writing)


PARTY = CiiParty()


def category(prefix: str = "", why: bool = False) -> tuple[Row, ...]:
    """The rows of a tax category, `why` it is exempt where the element has places for that."""
    exempt = (Row("exempt", prefix + "ram:ExemptionReason"),) if why else ()
    exempt_code = (Row("exempt_code", prefix + "ram:ExemptionReasonCode"),) if why else ()
    return (
        Row("tax", prefix + "ram:TypeCode"),
        *exempt,
        Row("code", prefix + "ram:CategoryCode"),
        *exempt_code,
        Row("rate", prefix + "ram:RateApplicablePercent", NUMBER),
    )


PERIOD = Form(
    Period,
    (Row("start", "ram:StartDateTime/udt:DateTimeString", CII_DAY), Row("end", "ram:EndDateTime/udt:DateTimeString", CII_DAY)),
)
ALLOWANCE = Form(
    AllowanceCharge,
    (
        Row("charge", "ram:ChargeIndicator/udt:Indicator", FLAG),
        Row("percent", "ram:CalculationPercent", NUMBER),
        Row("base_minor", "ram:BasisAmount", AMOUNT),
        Row("actual_minor", "ram:ActualAmount", AMOUNT),
        Row("reason_code", "ram:ReasonCode"),
        Row("reason", "ram:Reason"),
        Row("category", "ram:CategoryTradeTax", Form(TaxCategory, category())),
    ),
)
PRECEDING = Form(
    Reference, (Row("number", "ram:IssuerAssignedID"), Row("issued", "ram:FormattedIssueDateTime/qdt:DateTimeString", CII_DAY))
)
ATTACHMENT = Form(
    Attachment,
    (
        Row("number", "ram:IssuerAssignedID"),
        Row("uri", "ram:URIID"),
        Row("type_code", "ram:TypeCode"),
        Row("description", "ram:Name"),
        Row("content", "ram:AttachmentBinaryObject", CONTENT),
        Row("mime", "ram:AttachmentBinaryObject/@mimeCode"),
        Row("filename", "ram:AttachmentBinaryObject/@filename"),
        Row("scheme", "ram:ReferenceTypeCode"),
    ),
)
TERMS = Form(
    Terms,
    (
        Row("code", "ram:DeliveryTypeCode"),
        Row("text", "ram:Description"),
        Row("place_code", "ram:RelevantTradeLocation/ram:ID"),
        Row("place", "ram:RelevantTradeLocation/ram:Name"),
    ),
)


class _CiiAccount(Part, frozen=True):
    iban: str = ""
    name: str = ""
    other: str = ""


class _CiiMeans(Part, frozen=True):
    code: str
    text: str = ""
    card: Card | None = None
    debited: str = ""
    account: _CiiAccount | None = None
    bic: str = ""


_MEANS = Form(
    _CiiMeans,
    (
        Row("code", "ram:TypeCode"),
        Row("text", "ram:Information"),
        Row(
            "card",
            "ram:ApplicableTradeSettlementFinancialCard",
            Form(Card, (Row("number", "ram:ID"), Row("holder", "ram:CardholderName"))),
        ),
        Row("debited", "ram:PayerPartyDebtorFinancialAccount/ram:IBANID"),
        Row(
            "account",
            "ram:PayeePartyCreditorFinancialAccount",
            Form(_CiiAccount, (Row("iban", "ram:IBANID"), Row("name", "ram:AccountName"), Row("other", "ram:ProprietaryID"))),
        ),
        Row("bic", "ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"),
    ),
)


class CiiMeans:
    """A means of payment; accounts that are no IBAN have a place of their own."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> PaymentMeans:
        found: _CiiMeans = _MEANS.read(element, attribute, reading)
        told = found.account or _CiiAccount()
        account = Account(told.iban or told.other, told.name, found.bic)
        return PaymentMeans(
            found.code, text=found.text, card=found.card, debited=found.debited, account=account if account != Account() else None
        )

    def write(self, element: etree._Element, attribute: str, value: PaymentMeans, writing: Writing) -> None:
        account, bic = None, ""
        if value.account is not None:
            is_iban = not iban_fault(value.account.id)
            bic = value.account.bic
            account = _CiiAccount(value.account.id if is_iban else "", value.account.name, "" if is_iban else value.account.id)
        told = _CiiMeans(value.code, value.text, value.card, value.debited, None if account == _CiiAccount() else account, bic)
        _MEANS.write(element, attribute, told, writing)


MEANS = CiiMeans()
ITEM = Form(
    Item,
    (
        Row("standard_id", "ram:GlobalID", IDENTIFIER),
        Row("seller_id", "ram:SellerAssignedID"),
        Row("buyer_id", "ram:BuyerAssignedID"),
        Row("name", "ram:Name"),
        Row("description", "ram:Description"),
        Row(
            "attributes",
            "ram:ApplicableProductCharacteristic",
            Form(Attribute, (Row("name", "ram:Description"), Row("value", "ram:Value"))),
            many=True,
        ),
        Row("classifications", "ram:DesignatedProductClassification", Form(
            Identifier,
            (Row("id", "ram:ClassCode"), Row("scheme", "ram:ClassCode/@listID"), Row("version", "ram:ClassCode/@listVersionID")),
        ), many=True),
        Row("origin", "ram:OriginTradeCountry/ram:ID"),
    ),
)  # fmt: skip
_TAKEN_OFF = "ram:AppliedTradeAllowanceCharge"
_IS_CHARGE = "ram:ChargeIndicator/udt:Indicator"


class _Off:
    """What was taken off a price, one step down; what was added to one has no term in EN 16931."""

    def read(self, element: etree._Element, attribute: str, reading: Reading) -> Decimal | None:
        indicator = element.find(_IS_CHARGE, reading.namespaces)
        amount = element.find("ram:ActualAmount", reading.namespaces)
        if amount is None or (indicator is not None and reading.text(indicator) not in ("false", "0")):
            return None
        return NUMBER.read(amount, "", reading)

    def write(self, element: etree._Element, attribute: str, value: Decimal, writing: Writing) -> None:
        FLAG.write(descend(element, _IS_CHARGE, writing), "", False, writing)
        NUMBER.write(descend(element, "ram:ActualAmount", writing), "", value, writing)


DISCOUNTED = Form(Discount, (Row("before", "ram:ChargeAmount", NUMBER), Row("off", _TAKEN_OFF, _Off())))

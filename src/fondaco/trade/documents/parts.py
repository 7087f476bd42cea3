"""What the documents of a sale are made of: parties, places, references, prices.

Texts are "" and tuples empty where a document says nothing; numbers are None then, since nought is a number. Amounts are whole minor units of the
document's currency and their names end in `_minor`; quantities, prices and rates are `Decimal` with the digits that they were written with. Dates are
ISO dates. BT and BG numbers are the business terms and groups of EN 16931-1.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a document; equal when all that it says is equal."""


class Identifier(Part, frozen=True):
    """A number and the list that it is of (ISO 6523, UNTDID 1153 or 7143), "" where none is named."""

    id: str
    scheme: str = ""
    version: str = ""


class Address(Part, frozen=True):
    """BG-5, BG-8, BG-12, BG-15. `country` is the code of ISO 3166-1."""

    street: str = ""
    more: str = ""
    line: str = ""
    city: str = ""
    postcode: str = ""
    region: str = ""
    country: str = ""


class Contact(Part, frozen=True):
    """BG-6, BG-9."""

    name: str = ""
    telephone: str = ""
    mail: str = ""


class TaxRegistration(Part, frozen=True):
    """A number under which a party is known to a tax authority; `tax` is VAT or another word of UNTDID 5153."""

    id: str
    tax: str = "VAT"


class Party(Part, frozen=True):
    """BG-4 seller, BG-7 buyer, BG-10 payee, BG-11 tax representative. `name` is the registered one, `known_as` the one that it trades under."""

    name: str = ""
    known_as: str = ""
    endpoint: Identifier | None = None
    identifiers: tuple[Identifier, ...] = ()
    registration: Identifier | None = None
    legal_form: str = ""
    taxes: tuple[TaxRegistration, ...] = ()
    address: Address | None = None
    contact: Contact | None = None


class Period(Part, frozen=True):
    """BG-14, BG-26. `tax_point` is the code of BT-8."""

    start: str = ""
    end: str = ""
    tax_point: str = ""


class Reference(Part, frozen=True):
    """Another document: its number, date and line."""

    number: str = ""
    issued: str = ""


class Attachment(Part, frozen=True):
    """BG-24, and BT-18 with `type_code` 130. A letter of credit under which the goods are sold has type code 465 (UNTDID 1001)."""

    number: str
    scheme: str = ""
    type_code: str = ""
    description: str = ""
    uri: str = ""
    content: bytes = b""
    mime: str = ""
    filename: str = ""


class TaxCategory(Part, frozen=True):
    """UNTDID 5305 code, percentage; why it is exempt, as text and code; the tax (VAT, GST...)."""

    code: str
    rate: Decimal | None = None
    exempt: str = ""
    exempt_code: str = ""
    tax: str = "VAT"


class AllowanceCharge(Part, frozen=True):
    """BG-20, BG-21, BG-27, BG-28: `charge` adds, else it takes away."""

    charge: bool
    actual_minor: int
    base_minor: int | None = None
    percent: Decimal | None = None
    reason: str = ""
    reason_code: str = ""
    category: TaxCategory | None = None


class TaxPart(Part, frozen=True):
    """BG-23: what is taxed in one category, and the tax on it."""

    base_minor: int
    tax_minor: int
    category: TaxCategory


class TaxTotal(Part, frozen=True):
    """BT-110 with its parts, or BT-111 in the currency of the accounts. Amounts are in `currency`, which may differ from the document's."""

    currency: str
    tax_minor: int
    parts: tuple[TaxPart, ...] = ()


class Totals(Part, frozen=True):
    """BG-22. BT-106, 109, 112, 115, and where they are told 107, 108, 113, 114."""

    payable_minor: int
    lines_minor: int | None = None
    net_minor: int | None = None
    gross_minor: int | None = None
    allowances_minor: int | None = None
    charges_minor: int | None = None
    prepaid_minor: int | None = None
    rounding_minor: int | None = None


class Account(Part, frozen=True):
    """BG-17: an account, its holder's name, its bank's BIC."""

    id: str = ""
    name: str = ""
    bic: str = ""


class Card(Part, frozen=True):
    """BG-18."""

    number: str
    network: str = ""
    holder: str = ""


class PaymentMeans(Part, frozen=True):
    """BG-16. `code` is of UNTDID 4461 (1: not said), `reference` BT-83; `mandate` and `debited` are those of a direct debit (BG-19)."""

    code: str
    text: str = ""
    due: str = ""
    reference: str = ""
    account: Account | None = None
    card: Card | None = None
    mandate: str = ""
    debited: str = ""


class Delivery(Part, frozen=True):
    """BG-13: to whom, where, when."""

    date: str = ""
    location: Identifier | None = None
    address: Address | None = None
    party: str = ""


class Terms(Part, frozen=True):
    """Terms of delivery: the code of Incoterms and the named place, with its code of UN/LOCODE where it has one."""

    code: str = ""
    text: str = ""
    place: str = ""
    place_code: str = ""


class Quantity(Part, frozen=True):
    """So many of a unit of UN/ECE Recommendation 20 or 21, "" where none is named."""

    value: Decimal
    unit: str = ""


class Discount(Part, frozen=True):
    """BT-147, BT-148: what was taken off a price, and the price before."""

    off: Decimal | None = None
    before: Decimal | None = None


class Price(Part, frozen=True):
    """BG-29: the net price of `base`, of one unit where it is not told."""

    net: Decimal
    base: Quantity | None = None
    discount: Discount | None = None


class Attribute(Part, frozen=True):
    """BG-32."""

    name: str
    value: str


class Item(Part, frozen=True):
    """BG-31. A code of the Harmonized System is a classification whose scheme is HS (UNTDID 7143); `origin` is a country's code. Weights are of the whole line."""

    name: str = ""
    description: str = ""
    seller_id: str = ""
    buyer_id: str = ""
    standard_id: Identifier | None = None
    classifications: tuple[Identifier, ...] = ()
    origin: str = ""
    attributes: tuple[Attribute, ...] = ()
    category: TaxCategory | None = None
    net_weight: Quantity | None = None
    gross_weight: Quantity | None = None

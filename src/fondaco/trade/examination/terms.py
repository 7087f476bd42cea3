"""The terms of a documentary credit, as an examiner reads them. The numbers in comments are the fields of SWIFT MT 700."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from fondaco.core import CURRENCIES, AmountFault, minor_of
from fondaco.trade.examination.words import (
    EXACT,
    Count,
    DayCount,
    Party,
    Percent,
    Place,
    Quantity,
    Strict,
    Tenor,
    dated,
    plain,
    read_json,
)

# What a document is: the demand of a credit and the document presented under it use one set of words.
DocumentKind = Literal["DRAFT", "INVOICE", "TRANSPORT", "INSURANCE", "ORIGIN", "PACKING_LIST", "INSPECTION", "OTHER"]
# The forms of a transport document, each with an article of its own (UCP 600 art. 19 to 25).
TransportForm = Literal[
    "MULTIMODAL", "BILL_OF_LADING", "SEA_WAYBILL", "CHARTER_PARTY", "AIR_WAYBILL", "ROAD", "RAIL", "INLAND_WATERWAY", "COURIER"
]
Operator = Literal["EQUALS", "CONTAINS", "GTE", "LTE", "EXISTS"]
# How much a word says: nothing, give or take a tenth (art. 30(a)), or no more than this.
AmountWords = Literal["", "ABOUT", "NOT_EXCEEDING"]


class Clause(Strict, frozen=True, kw_only=True):
    """One thing that a document must say, compiled from the words of the credit.

    `doc` is a kind of document, or `ANY` for all that are demanded. `key` is the path of a field in it (`freight`, `consignee.name`, `goods[0].hs`),
    or `text` for every text in it; of a list any item will do. EQUALS and CONTAINS compare as people read: letter case, spaces and full stops don't count. GTE and LTE compare
    numbers and dates. EXISTS wants something to be there. `text` are the credit's own words.
    """

    doc: DocumentKind | Literal["ANY"]
    key: str
    operator: Operator
    expected: str = ""
    text: str = ""


class DemandedDocument(Strict, frozen=True, kw_only=True):
    """One item of field 46A.

    `form` narrows a transport document, `title` names another one ("Fumigation certificate"). `issuer` is who must have made it, "" where the credit
    doesn't say. `full_set` wants all originals that were issued. `uncompiled` are words that no clause holds: they are for a person to examine.
    """

    kind: DocumentKind
    form: TransportForm | Literal[""] = ""
    title: str = ""
    issuer: str = ""
    originals: Count = 1
    copies: Count = 0
    full_set: bool = False
    signed: bool = False
    clauses: tuple[Clause, ...] = ()
    uncompiled: tuple[str, ...] = ()
    text: str = ""


class Condition(Strict, frozen=True, kw_only=True):
    """One item of field 47A. Without `doc` and clauses it names no document that would show it (art. 14(h))."""

    text: str
    doc: DocumentKind | Literal["", "ANY"] = ""
    clauses: tuple[Clause, ...] = ()


class GoodsLine(Strict, frozen=True, kw_only=True):
    """One good of field 45A. `about` says that the quantity is approximate; `plus` and `minus` are per cent, where the credit states a tolerance.

    `unit_price` is in the credit's currency, for one `quantity.unit`. `packing_units` says that the quantity counts packages or single items, so that
    the tolerance of art. 30(b) does not apply.
    """

    description: str
    quantity: Quantity | None = None
    about: bool = False
    plus: Percent | None = None
    minus: Percent | None = None
    packing_units: bool = False
    unit_price: Decimal | None = None
    price_about: bool = False
    hs: str = ""
    origin: str = ""

    def __post_init__(self) -> None:
        if self.unit_price is not None:
            plain(self.unit_price)


class Instalment(Strict, frozen=True, kw_only=True):
    """One drawing or shipment within a given period (art. 32), both days included."""

    first_day: date
    last_day: date
    quantity: Quantity | None = None


class DraftTerms(Strict, frozen=True, kw_only=True):
    """Fields 42C and 42A: the draft's tenor, on whom it is drawn (a bank's BIC or name), and for how much of the invoice, in per cent."""

    tenor: Tenor
    drawee: str
    percent: Percent = 100


class InsuranceTerms(Strict, frozen=True, kw_only=True):
    """What cover the credit asks for: per cent of the goods' value (art. 28(f)(ii): 110 where it is silent) and the risks by name."""

    percent: Percent | None = None
    risks: tuple[str, ...] = ()


class Terms(Strict, frozen=True, kw_only=True):
    """A credit in the version that is examined against.

    `amount` is in `currency`; `plus` and `minus` its tolerance in per cent (39A), None where none is stated. `presentation_days` are the calendar days
    after shipment (48), None where the credit is silent: then 21, with an original transport document (art. 14(c)). `available_with` None is any bank.
    `shipment_about` is a day on or about which to ship (art. 3).
    """

    number: str  # 20
    issued: date  # 31C
    expiry: date  # 31D
    expiry_place: Place
    applicant: Party  # 50
    beneficiary: Party  # 59
    issuing_bank: Party
    currency: str  # 32B
    amount: Decimal
    available_by: Literal["SIGHT_PAYMENT", "DEFERRED_PAYMENT", "ACCEPTANCE", "NEGOTIATION"]  # 41a
    rules: Literal["UCP600", "EUCP"] = "UCP600"  # 40E
    transferable: bool = False  # 40A
    advising_bank: Party | None = None
    confirming_bank: Party | None = None
    reimbursing_bank: Party | None = None
    available_with: Party | None = None
    confirmation: Literal["WITHOUT", "MAY_ADD", "CONFIRM"] = "WITHOUT"  # 49
    plus: Percent | None = None  # 39A
    minus: Percent | None = None
    amount_words: AmountWords = ""
    additional_amounts: str = ""  # 39C
    draft: DraftTerms | None = None
    deferred: Tenor | None = None  # 42P
    partial_shipments: Literal["", "ALLOWED", "NOT_ALLOWED", "CONDITIONAL"] = ""  # 43P
    transhipment: Literal["", "ALLOWED", "NOT_ALLOWED", "CONDITIONAL"] = ""  # 43T
    taking_in_charge: Place | None = None  # 44A
    loading: Place | None = None  # 44E
    discharge: Place | None = None  # 44F
    destination: Place | None = None  # 44B
    latest_shipment: date | None = None  # 44C
    earliest_shipment: date | None = None
    shipment_about: date | None = None
    shipment_period: str = ""  # 44D
    instalments: tuple[Instalment, ...] = ()
    goods: tuple[GoodsLine, ...] = ()  # 45A
    goods_text: str = ""
    incoterm: str = ""
    incoterm_place: Place | None = None
    documents: tuple[DemandedDocument, ...] = ()  # 46A
    conditions: tuple[Condition, ...] = ()  # 47A
    insurance: InsuranceTerms | None = None
    presentation_days: DayCount | None = None  # 48
    languages: tuple[str, ...] = ()
    electronic_place: str = ""  # eUCP: where electronic records are presented
    formats: tuple[str, ...] = ()  # eUCP: in which formats

    def __post_init__(self) -> None:
        plain(self.amount)
        dated(self.issued, self.expiry, self.latest_shipment, self.earliest_shipment, self.shipment_about)

    def amount_minor(self) -> int:
        """The credit's amount in minor units of its currency. Raises `AmountFault` where the currency is unknown or the amount unfit; `lint` tells."""
        currency = CURRENCIES.get(self.currency)
        if currency is None:
            raise AmountFault(f"{self.currency} is not a currency that we know")
        return minor_of(f"{self.amount:f}", currency.exponent)

    def maximum_minor(self) -> int:
        """The most that may be drawn in all, tolerance included (39A, or a tenth for "about": art. 30(a)); part of a minor unit is cut off."""
        return self.amount_minor() * (100 + self.plus_percent) // 100

    @property
    def plus_percent(self) -> int:
        if self.amount_words == "ABOUT":
            return 10
        return 0 if self.amount_words == "NOT_EXCEEDING" else self.plus or 0

    @property
    def minus_percent(self) -> int:
        return 10 if self.amount_words == "ABOUT" else self.minus or 0

    def maximum(self) -> Decimal:
        """The most that may be drawn, before the minor unit is looked at: the examiner's bound, whatever the currency."""
        return EXACT.multiply(self.amount, Decimal(100 + self.plus_percent).scaleb(-2))


def read_terms(raw: bytes) -> Terms:
    """The terms in `raw` (JSON). Raises `MalformedMessage` with the place of what is broken, missing or unknown; `lint` weighs what they say."""
    return read_json(raw, Terms)

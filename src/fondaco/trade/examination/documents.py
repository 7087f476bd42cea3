"""The documents of a presentation: what each bears, where it stands in the original, and what its original's bytes hash to.

All documents share the data that one may contradict another in (UCP 600 art. 14(d)): parties, goods, weights, packages, marks, containers, vessel, ports,
references. A field that a document doesn't bear is empty, and nothing empty contradicts anything.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from fondaco.trade.examination.terms import TransportForm
from fondaco.trade.examination.words import Amount, Count, Party, Place, Quantity, Strict, Tenor, dated, plain, read_json


class Signature(Strict, frozen=True, kw_only=True):
    """Who signed, as what, and for whom: an agent names its principal (art. 20(a)(i)).

    Capacities of a transport document: CARRIER, MASTER, OWNER, CHARTERER, or AGENT with `principal` one of these; of an insurance document: INSURER,
    UNDERWRITER, AGENT, PROXY. `principal_name` is the principal's name where the signature gives it.
    """

    name: str = ""
    capacity: str = ""
    principal: str = ""
    principal_name: str = ""


class Container(Strict, frozen=True, kw_only=True):
    """A container by its number (ISO 6346) and its seal."""

    number: str
    seal: str = ""


class Packages(Strict, frozen=True, kw_only=True):
    """How many packages, and of what kind (a word or a code of UN/ECE Recommendation 21)."""

    count: Count
    kind: str = ""


class DocumentLine(Strict, frozen=True, kw_only=True):
    """One good. `unit_price` and `amount` are in the document's currency; `free` goods are charged nothing."""

    description: str
    quantity: Quantity | None = None
    unit_price: Decimal | None = None
    amount: Decimal | None = None
    hs: str = ""
    origin: str = ""
    free: bool = False

    def __post_init__(self) -> None:
        for value in (self.unit_price, self.amount):
            if value is not None:
                plain(value)


class Charge(Strict, frozen=True, kw_only=True):
    """Something beside the goods on an invoice: freight, insurance, a discount (negative), an advance that is taken off (negative)."""

    name: str
    amount: Decimal

    def __post_init__(self) -> None:
        plain(self.amount)


class Common(Strict, frozen=True, kw_only=True, tag_field="kind"):
    """What every document may bear.

    `id` names it within the presentation. `statements` are the texts on it that are no data: certifications, notations, clauses. `languages` is its
    language (ISO 639). `corrected` says that it bears corrections, `authenticated` that they are authenticated. `sha256` is the hash of the original's
    bytes (hexadecimal) and `paths` says, for a field here, where it stands there. `electronic` is an electronic record (eUCP), of `format`.
    """

    id: str
    number: str = ""
    title: str = ""
    issuer: Party | None = None
    issued: date | None = None
    originals: Count = 1
    copies: Count = 0
    signatures: tuple[Signature, ...] = ()
    statements: tuple[str, ...] = ()
    language: str = ""
    corrected: bool = False
    authenticated: bool = False
    electronic: bool = False
    format: str = ""
    sha256: str = ""
    paths: dict[str, str] = msgspec.field(default_factory=dict)
    # What it refers to
    credit_number: str = ""
    invoice_number: str = ""
    order_number: str = ""
    transport_number: str = ""
    # Parties
    applicant: Party | None = None
    beneficiary: Party | None = None
    shipper: Party | None = None
    consignee: Party | None = None
    notify: tuple[Party, ...] = ()
    # Goods
    goods_text: str = ""
    goods: tuple[DocumentLine, ...] = ()
    packages: Packages | None = None
    gross_weight: Quantity | None = None
    net_weight: Quantity | None = None
    volume: Quantity | None = None
    marks: tuple[str, ...] = ()
    containers: tuple[Container, ...] = ()
    origin: str = ""
    # The voyage
    vessel: str = ""
    imo: str = ""
    voyage: str = ""
    taking_in_charge: Place | None = None
    loading: Place | None = None
    discharge: Place | None = None
    destination: Place | None = None
    shipped: date | None = None  # the day of shipment as this document states it
    incoterm: str = ""
    incoterm_place: Place | None = None

    def __post_init__(self) -> None:
        dated(self.issued, self.shipped)


class Draft(Common, frozen=True, kw_only=True, tag="DRAFT"):
    """A bill of exchange: `issuer` is its drawer."""

    amount: Amount
    tenor: Tenor
    drawee: str = ""
    payee: str = ""
    endorsed: bool = False


class Invoice(Common, frozen=True, kw_only=True, tag="INVOICE"):
    """A commercial invoice: `issuer` sells, `applicant` is whom it is made out to. `provisional` and `proforma` are named as such on it."""

    currency: str
    total: Decimal
    charges: tuple[Charge, ...] = ()
    provisional: bool = False
    proforma: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        plain(self.total)


class TransportDocument(Common, frozen=True, kw_only=True, tag="TRANSPORT"):
    """A bill of lading or another transport document.

    `carrier` is the carrier's name as shown. `shipped_on_board` is pre-printed wording; `on_board_date` a dated notation, `on_board_vessel` and
    `on_board_port` what that notation names. `intended_vessel` says that the vessel is qualified so. `originals_issued` is the number of originals that
    it says were issued. `order` is "" for a named consignee, else to whose order: `TO_ORDER`, `SHIPPER`, or a name. `defects` are clauses that declare
    the goods or packing defective. `record` is the id of an electronic transferable record, whose control is presented in place of originals.
    """

    form: TransportForm
    carrier: str = ""
    shipped_on_board: bool = False
    on_board_date: date | None = None
    on_board_vessel: str = ""
    on_board_port: str = ""
    intended_vessel: bool = False
    received_date: date | None = None
    originals_issued: Count = 0
    original_for: str = ""  # an air waybill's or a road document's copy: CONSIGNOR, CONSIGNEE, CARRIER
    order: str = ""
    endorsed: str = ""  # BLANK, or to whom
    freight: Literal["", "PREPAID", "COLLECT"] = ""
    transhipment: bool = False
    transhipment_whole_voyage: bool = True  # one and the same document covers the carriage
    defects: tuple[str, ...] = ()
    on_deck: Literal["", "MAY", "IS"] = ""
    charter_party: bool = False
    record: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        dated(self.on_board_date, self.received_date)


class InsuranceDocument(Common, frozen=True, kw_only=True, tag="INSURANCE"):
    """Cover of the goods: `issuer` is the insurer. `effective` is the day from which it covers, where it is not that of issue."""

    form: Literal["POLICY", "CERTIFICATE", "DECLARATION", "COVER_NOTE"]
    insured: Amount
    effective: date | None = None
    originals_issued: Count = 0
    assured: str = ""
    endorsed: str = ""
    risks: tuple[str, ...] = ()
    cover_from: Place | None = None
    cover_to: Place | None = None
    claims_payable: Place | None = None
    expires: date | None = None


class OriginCertificate(Common, frozen=True, kw_only=True, tag="ORIGIN"):
    """A certificate of origin; `origin` is the country (ISO 3166)."""


class PackingList(Common, frozen=True, kw_only=True, tag="PACKING_LIST"):
    """What is packed in what."""


class InspectionCertificate(Common, frozen=True, kw_only=True, tag="INSPECTION"):
    """What an inspector found; `adverse` are findings against the goods."""

    inspected: date | None = None
    adverse: tuple[str, ...] = ()


class OtherDocument(Common, frozen=True, kw_only=True, tag="OTHER"):
    """Any other document, known by its `title`."""


Document = (
    Draft
    | Invoice
    | TransportDocument
    | InsuranceDocument
    | OriginCertificate
    | PackingList
    | InspectionCertificate
    | OtherDocument
)

# What a clause's `doc` stands for: the fields that its `key` may name.
CLASSES: dict[str, type[Common]] = {
    "ANY": Common,
    "DRAFT": Draft,
    "INVOICE": Invoice,
    "TRANSPORT": TransportDocument,
    "INSURANCE": InsuranceDocument,
    "ORIGIN": OriginCertificate,
    "PACKING_LIST": PackingList,
    "INSPECTION": InspectionCertificate,
    "OTHER": OtherDocument,
}


class Presentation(Strict, frozen=True, kw_only=True):
    """What is presented under a credit, when, where, and what was drawn before.

    `received` is the day on which it was delivered; `in_banking_hours` says whether before the bank closed (art. 33). `claimed` is what is asked for,
    None to take the draft's or else the invoices' amount. `drawn_before` is what earlier presentations drew, in the credit's currency;
    `shipped_before` the quantities that they shipped, by the number of the line of goods (the first is 0). `instalments_missed` are numbers of earlier
    instalments that were not shipped or drawn in their period. `complete` is the day of the notice of completeness (eUCP), None where none came.
    """

    credit_number: str
    received: date
    documents: tuple[Document, ...]
    in_banking_hours: bool = True
    place: Place | None = None
    claimed: Amount | None = None
    drawn_before: Decimal = Decimal(0)
    shipped_before: tuple[Quantity | None, ...] = ()
    instalment: Count = 0
    instalments_missed: tuple[Count, ...] = ()
    electronic: bool = False
    complete: date | None = None

    def __post_init__(self) -> None:
        plain(self.drawn_before)
        dated(self.received, self.complete)
        ids = [document.id for document in self.documents]
        if len(set(ids)) != len(ids):
            raise ValueError("two documents bear one id")


def kind_of(document: Document) -> str:
    """The document's kind, as a credit demands it: `INVOICE`, `TRANSPORT`..."""
    return str(type(document).__struct_config__.tag)


def read_presentation(raw: bytes) -> Presentation:
    """The presentation in `raw` (JSON). Raises `MalformedMessage` with the place of what is broken, missing or unknown."""
    return read_json(raw, Presentation)

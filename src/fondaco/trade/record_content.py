"""What must stand in the document of a transferable record, checked strictly; what else stands there is kept and hashed with it.

A bill of lading is a transport document of DCSA (eBL 3.0, field names as there): the fields that the standard requires, and those that say whom it
names. A bill of exchange and a promissory note have the particulars of the Geneva uniform law (ULB articles 1 and 75).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, NamedTuple

import msgspec

from fondaco.core import CURRENCIES, AmountFault, Reason, Refusal, minor_of
from fondaco.trade.canonical import NotCanonical, read_canonical
from fondaco.trade.transferable_record import RecordKind

Line = Annotated[str, msgspec.Meta(min_length=1)]
Name = Annotated[str, msgspec.Meta(pattern=r"^\S(.*\S)?\Z", max_length=70)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\d\Z")]
AT_SIGHT = "AT_SIGHT"


class _Fields(msgspec.Struct, frozen=True, rename="camel"):
    """Names as DCSA writes them. Fields that are not listed here are admitted: the standard has hundreds, and they are hashed all the same."""


class DocumentParty(_Fields, frozen=True):
    """A party as the document shows it; the hub's own name for it stands in the act, not in the document."""

    party_name: Name


class DocumentParties(_Fields, frozen=True):
    """Whom the document names: an endorsee of a bill to order, a consignee of a straight one."""

    shipper: DocumentParty
    issuing_party: DocumentParty
    consignee: DocumentParty | None = None
    endorsee: DocumentParty | None = None


class VesselVoyage(_Fields, frozen=True):
    """The ship and the carrier's number of its voyage."""

    vessel_name: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
    carrier_export_voyage_number: Annotated[str, msgspec.Meta(min_length=1, max_length=50)]


class Place(_Fields, frozen=True):
    """A place in any of the ways in which DCSA tells one."""

    location_code: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{2}[A-Z2-9]{3}\Z")] = msgspec.field(
        name="UNLocationCode", default=""
    )


class Transports(_Fields, frozen=True):
    """From where to where, when, and by which voyages."""

    planned_arrival_date: Day
    planned_departure_date: Day
    port_of_loading: Place
    port_of_discharge: Place
    vessel_voyages: Annotated[tuple[VesselVoyage, ...], msgspec.Meta(min_length=1)]


class Weight(_Fields, frozen=True):
    """A weight; no money, so a floating-point number as the standard has it."""

    value: Annotated[float, msgspec.Meta(gt=0)]
    unit: Literal["KGM", "LBR", "GRM", "ONZ"]


class OuterPackaging(_Fields, frozen=True):
    """How many packages of which kind."""

    number_of_packages: Annotated[int, msgspec.Meta(ge=0)] | None = None
    package_code: str = ""
    description: str = ""


class CargoItem(_Fields, frozen=True):
    """What stands in one container."""

    equipment_reference: Annotated[str, msgspec.Meta(min_length=1, max_length=11)]
    cargo_gross_weight: Weight
    outer_packaging: OuterPackaging


class ConsignmentItem(_Fields, frozen=True):
    """Goods under one booking."""

    carrier_booking_reference: Annotated[str, msgspec.Meta(min_length=1, max_length=35)]
    description_of_goods: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1)]
    hs_codes: tuple[Annotated[str, msgspec.Meta(pattern=r"^\d{6,10}\Z")], ...] = msgspec.field(name="HSCodes")
    cargo_items: Annotated[tuple[CargoItem, ...], msgspec.Meta(min_length=1)]


class TransportDocument(_Fields, frozen=True):
    """A bill of lading: what DCSA requires of one, in its types."""

    transport_document_reference: Annotated[str, msgspec.Meta(pattern=r"^\S(.*\S)?\Z", max_length=20)]
    transport_document_status: Literal["DRAFT", "APPROVED", "ISSUED"]
    transport_document_type_code: Literal["BOL"]
    is_shipped_on_board_type: bool
    is_electronic: bool
    is_to_order: bool
    carrier_code: Annotated[str, msgspec.Meta(pattern=r"^\S+\Z", max_length=4)]
    carrier_code_list_provider: Literal["SMDG", "NMFTA"]
    terms_and_conditions: str
    receipt_type_at_origin: Literal["CY", "SD", "CFS"]
    delivery_type_at_destination: Literal["CY", "SD", "CFS"]
    cargo_movement_type_at_origin: Literal["FCL", "LCL"]
    cargo_movement_type_at_destination: Literal["FCL", "LCL"]
    transports: Transports
    document_parties: DocumentParties
    consignment_items: Annotated[tuple[ConsignmentItem, ...], msgspec.Meta(min_length=1)]
    utilized_transport_equipments: tuple[msgspec.Raw, ...]
    invoice_payable_at: msgspec.Raw
    party_contact_details: tuple[msgspec.Raw, ...]


class BillContent(_Fields, frozen=True, forbid_unknown_fields=True):
    """A bill of exchange (order) or a promissory note (promise). Parties are the hub's; `amount` in the currency's own decimals; `maturity` ISO or AT_SIGHT.

    `drawer` is the maker of a note, which has no `drawee`.
    """

    reference: Annotated[str, msgspec.Meta(min_length=2, max_length=35)]
    unconditional: Literal["ORDER_TO_PAY", "PROMISE_TO_PAY"]
    currency: Annotated[str, msgspec.Meta(pattern=r"^[A-Z]{3}\Z")]
    amount: Annotated[str, msgspec.Meta(max_length=24)]
    maturity: Annotated[str, msgspec.Meta(pattern=r"^(AT_SIGHT|\d{4}-\d\d-\d\d)\Z")]
    drawer: Line
    payee: Line
    place_of_payment: Line
    place_of_issue: Line
    date_of_issue: Day
    drawee: str = ""
    value_received: str = ""


class Obligation(NamedTuple):
    """Who owes by a bill or note, and when (ISO date or AT_SIGHT)."""

    obligor: str
    due: str


_TRANSPORT = msgspec.json.Decoder(TransportDocument)
_BILL = msgspec.json.Decoder(BillContent)


def read_transport_document(raw: bytes | str) -> TransportDocument:
    """Raises `msgspec.ValidationError` with the path of the first field that is missing or wrong."""
    return _TRANSPORT.decode(raw)


def read_bill(raw: bytes | str) -> BillContent:
    """Raises `msgspec.ValidationError` with the path of the first field that is missing or wrong."""
    return _BILL.decode(raw)


def content_fault(kind: RecordKind, content: str, issuer: str, serial: str, title: str, named: str) -> Refusal | None:
    """Why this document cannot be a record of this kind, or says something else than the act that issues it; None where it can."""
    try:
        read_canonical(content)
    except NotCanonical as fault:
        return Refusal(Reason.MALFORMED, "body.content", str(fault), "MLETR 10")
    try:
        if kind is RecordKind.BILL_OF_LADING:
            return _lading_fault(read_transport_document(content), serial, title)
        return _bill_fault(read_bill(content), kind, issuer, serial, title, named)
    except (msgspec.DecodeError, ValueError) as fault:
        return Refusal(Reason.MALFORMED, "body.content", str(fault), "MLETR 10")


def _lading_fault(document: TransportDocument, serial: str, title: str) -> Refusal | None:
    if document.transport_document_reference != serial:
        return _differs("transportDocumentReference", document.transport_document_reference)
    parties = document.document_parties
    # DCSA: to order with an endorsee, to order and in blank without one, straight to a consignee.
    said = "STRAIGHT" if not document.is_to_order else "ORDER" if parties.endorsee is not None else "BLANK"
    if said != title:
        return _differs("isToOrder", said)
    if title == "STRAIGHT" and parties.consignee is None:
        return _differs("documentParties.consignee", "none")
    for day in (document.transports.planned_arrival_date, document.transports.planned_departure_date):
        date.fromisoformat(day)
    return None


def _bill_fault(bill: BillContent, kind: RecordKind, issuer: str, serial: str, title: str, named: str) -> Refusal | None:
    note = kind is RecordKind.PROMISSORY_NOTE
    if bill.reference != serial:
        return _differs("reference", bill.reference)
    if bill.unconditional != ("PROMISE_TO_PAY" if note else "ORDER_TO_PAY"):
        return _differs("unconditional", bill.unconditional)
    if bill.drawer != issuer:
        return _differs("drawer", bill.drawer)
    if title != "ORDER" or bill.payee != named:
        # A bill or note is to the order of a payee: one to bearer is none (ULB 1(6), 75(5)); in blank it comes by endorsement.
        return _differs("payee", bill.payee)
    if note == bool(bill.drawee):
        return _differs("drawee", bill.drawee)
    if bill.currency not in CURRENCIES:
        return _differs("currency", bill.currency)
    try:
        minor = minor_of(bill.amount, CURRENCIES[bill.currency].exponent)
    except AmountFault as fault:
        return _differs("amount", str(fault))
    if minor <= 0:
        return _differs("amount", bill.amount)
    date.fromisoformat(bill.date_of_issue)
    if bill.maturity != AT_SIGHT and date.fromisoformat(bill.maturity) < date.fromisoformat(bill.date_of_issue):
        return _differs("maturity", bill.maturity)
    return None


def _differs(field: str, found: str) -> Refusal:
    return Refusal(Reason.MALFORMED, f"body.content.{field}", found, "MLETR 10")


def obligation(kind: RecordKind, content: str) -> Obligation | None:
    """Who owes by a document that was checked; None for a bill of lading."""
    if kind is RecordKind.BILL_OF_LADING:
        return None
    bill = read_bill(content)
    return Obligation(bill.drawee or bill.drawer, bill.maturity)


def external_name(kind: RecordKind, issuer: str, content: str) -> str:
    """Under which name the world outside knows the document: the carrier's code and its reference, or the drawer and its."""
    if kind is RecordKind.BILL_OF_LADING:
        document = read_transport_document(content)
        return f"{document.carrier_code_list_provider}:{document.carrier_code}:{document.transport_document_reference}"
    return f"{kind.value}:{issuer}:{read_bill(content).reference}"

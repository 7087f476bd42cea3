"""Which fields of which document make its fingerprints: at the bank from the paper, in the hub from what stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from fondaco.trade.documents import Invoice, Party
from fondaco.trade.financing import HUB_KEY
from fondaco.trade.fingerprint import BillFacts, GroupKey, InvoiceFacts, Print, bill_prints, instrument_print, invoice_prints
from fondaco.trade.invoice import TradeInvoice

# No secret: what these fingerprints are of stands in the same journal. It keeps them apart from those of every group of banks.
_HUB = GroupKey(HUB_KEY, hashlib.sha256(b"fondaco fingerprints of what stands in a hub").digest())


def invoice_facts(invoice: Invoice) -> InvoiceFacts:
    """An invoice as its fingerprints see it, the same at every bank that is shown it: each party by its legal registration, else its tax number,
    else its name. Raises `ValueError` where there is no total."""
    if invoice.totals is None:
        raise ValueError("an invoice without a total has no fingerprints")
    return InvoiceFacts(
        _identifier(invoice.seller),
        _identifier(invoice.buyer),
        invoice.number,
        invoice.issued,
        invoice.currency,
        invoice.totals.payable_minor,
    )


def _identifier(party: Party | None) -> str:
    if party is None:
        return ""
    if party.registration is not None:
        return party.registration.id
    return party.taxes[0].id if party.taxes else party.name


class _Fields(msgspec.Struct, frozen=True, rename="camel"):
    """Names as DCSA writes them; whatever else stands there makes no fingerprint."""


class _Seal(_Fields, frozen=True):
    number: str = ""


class _Equipment(_Fields, frozen=True):
    equipment_reference: str = ""


class _Utilized(_Fields, frozen=True):
    equipment: _Equipment = _Equipment()
    seals: tuple[_Seal, ...] = ()


class _Voyage(_Fields, frozen=True):
    vessel_imo: str = msgspec.field(name="vesselIMONumber", default="")
    carrier_export_voyage_number: str = ""


class _Transports(_Fields, frozen=True):
    vessel_voyages: tuple[_Voyage, ...] = ()


class _Lading(_Fields, frozen=True):
    transport_document_reference: str
    carrier_code: str = ""
    shipped_on_board_date: str = ""
    transports: _Transports = _Transports()
    utilized_transport_equipments: tuple[_Utilized, ...] = ()


class _Bill(_Fields, frozen=True):
    reference: str
    drawer: str = ""


def bill_facts(content: str | bytes) -> BillFacts:
    """A bill of lading (DCSA's transport document) as its fingerprints see it; of a bill of exchange or note (`drawer`, `reference`) who drew it
    and its number. Raises `msgspec.DecodeError` for a document that is neither."""
    try:
        said = msgspec.json.decode(content, type=_Lading)
    except msgspec.ValidationError:
        bill = msgspec.json.decode(content, type=_Bill)
        return BillFacts(bill.drawer, bill.reference)
    voyage = said.transports.vessel_voyages[0] if said.transports.vessel_voyages else _Voyage()
    # One seal tells a container's load apart from its next one; where there are several the first in their order does.
    containers = tuple(
        (one.equipment.equipment_reference, min((seal.number for seal in one.seals), default=""))
        for one in said.utilized_transport_equipments
        if one.equipment.equipment_reference
    )
    return BillFacts(
        said.carrier_code,
        said.transport_document_reference,
        containers,
        said.shipped_on_board_date,
        voyage.vessel_imo,
        voyage.carrier_export_voyage_number,
    )


def hub_prints_of_invoice(invoice: TradeInvoice) -> tuple[Print, ...]:
    """The hub's own fingerprints of an invoice that stands in it."""
    facts = InvoiceFacts(invoice.seller, invoice.buyer, invoice.number, invoice.issued, invoice.currency, invoice.minor)
    return (instrument_print(_HUB, invoice.id), *invoice_prints(_HUB, facts))


def hub_prints(name: str, contents: Iterable[str] = ()) -> tuple[Print, ...]:
    """The hub's own fingerprints of what stands in it under `name`, with the documents of title that belong to it."""
    bills = [bill_prints(_HUB, bill_facts(one)) for one in contents]
    return tuple(dict.fromkeys((instrument_print(_HUB, name), *(one for bill in bills for one in bill))))

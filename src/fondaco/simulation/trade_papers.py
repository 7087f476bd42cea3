"""The papers of the six invented sales that the demo of trade plays: orders, invoices, bills of lading, terms of credits, presentations.

Everybody in them is invented, and says so in its name. Each paper is what a firm's own system would write: UBL for orders and invoices, DCSA's
transport document for the bill of lading, the records of `trade.examination` for terms and presentations.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from fondaco.core import CURRENCIES, minor_text
from fondaco.trade import documents, examination

EXPORTER, IMPORTER, CARRIER = "LION-LANE-BISCUITS", "DOK-MAI-FOODS", "SELAT-LINES"
# Exporter and importer, and their banks: two countries, two currencies.
EXPORTERS_BANK, IMPORTERS_BANK, CARRIERS_BANK = "ZZBASG01", "ZZBATH01", "ZZBAMY01"
_BANK_NAMES = {EXPORTERS_BANK: "Merlion Sample Bank", IMPORTERS_BANK: "Ratchaphruek Example Bank"}
SOLD_IN, PAID_IN = "SGD", "THB"
_GOODS, _HS, _PRICE = "Sweet biscuits in tins", "190531", Decimal("4.00")
_LOADING, _DISCHARGE = {"name": "Singapore", "locode": "SGSIN"}, {"name": "Bangkok", "locode": "THBKK"}
# An invented carrier's code in the list of the Ship Message Design Group: its bills of lading bear it.
CARRIER_CODE = "SMDG:SLT"
_ELSEWHERE = {"name": "Port Klang", "locode": "MYPKG"}
# A tin weighs a kilogram, a carton holds twelve tins and weighs a kilogram itself.
_TINS = 12


class Firm(NamedTuple):
    """An invented firm: its id in the hub, its bank, what it is and where."""

    id: str
    bank: str
    name: str
    role: str
    country: str
    street: str
    city: str


FIRMS = {
    one.id: one
    for one in (
        Firm(EXPORTER, EXPORTERS_BANK, "Lion Lane Biscuits (invented)", "trader", "SG", "8 Example Lane", "Singapore"),
        Firm(IMPORTER, IMPORTERS_BANK, "Dok Mai Foods (invented)", "trader", "TH", "21 Example Road", "Bangkok"),
        Firm(CARRIER, CARRIERS_BANK, "Selat Lines (invented)", "carrier", "MY", "3 Example Quay", "Port Klang"),
    )
}


class Deal(NamedTuple):
    """One sale: `cartons` of biscuits, by a collection or under a credit. `flaws` name what is wrong with its documents."""

    number: int
    title: str
    cartons: int
    credit: bool
    flaws: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        return f"PO-{2600 + self.number}"

    @property
    def invoice(self) -> str:
        return f"LL-{7100 + self.number}"

    @property
    def lading(self) -> str:
        return f"SLT{4400 + self.number}"

    @property
    def credit_number(self) -> str:
        return f"DC-{500 + self.number}"

    @property
    def tins(self) -> int:
        return self.cartons * _TINS

    @property
    def minor(self) -> int:
        """What it comes to, in minor units of `SOLD_IN`."""
        return int(self.tins * _PRICE * 10 ** CURRENCIES[SOLD_IN].exponent)

    @property
    def amount(self) -> str:
        return minor_text(self.minor, CURRENCIES[SOLD_IN].exponent)

    @property
    def told(self) -> str:
        """The same for people: `SGD 48,000.00`."""
        whole, _, digits = self.amount.partition(".")
        return f"{SOLD_IN} {int(whole):,}.{digits}"


DEALS = (
    Deal(1, "documents against payment, clean", 1000, credit=False),
    Deal(2, "documents against acceptance, paid at maturity", 750, credit=False),
    Deal(3, "credit at sight, complying documents", 1250, credit=True),
    Deal(4, "credit at sight, discrepant documents, waived", 1500, credit=True, flaws=("freight", "weight")),
    Deal(5, "credit at sight, discrepant documents, refused in time", 625, credit=True, flaws=("port", "goods")),
    Deal(6, "credit at sight, discrepant documents, notice too late", 875, credit=True, flaws=("clean",)),
)
DAYS_AFTER_SIGHT = 14


def order(deal: Deal, day: date) -> documents.Order:
    """What the importer orders."""
    line = documents.OrderLine("1", _quantity(deal), deal.minor, documents.Price(_PRICE), _item())
    return documents.Order(
        deal.order, day.isoformat(), SOLD_IN, buyer=_party(IMPORTER), seller=_party(EXPORTER),
        terms=documents.Terms("CFR", place="Bangkok", place_code="THBKK"), payable_minor=deal.minor, lines=(line,),
    )  # fmt: skip


def invoice(deal: Deal, day: date, due: date, under: str = "") -> documents.Invoice:
    """What the exporter asks for; `under` is the credit in the hub that it is drawn under."""
    minor = deal.minor
    zero = documents.TaxCategory("Z", Decimal(0))
    line = documents.InvoiceLine("1", _quantity(deal), minor, _item(zero), order_line="1", price=documents.Price(_PRICE))
    attached = (documents.Attachment(under, type_code="465"),) if under else ()
    return documents.Invoice(
        number=deal.invoice, issued=day.isoformat(), due=due.isoformat(), type_code="380", currency=SOLD_IN, order=deal.order,
        seller=_party(EXPORTER), buyer=_party(IMPORTER), lines=(line,), terms=documents.Terms("CFR", place="Bangkok", place_code="THBKK"),
        taxes=(documents.TaxTotal(SOLD_IN, 0, (documents.TaxPart(minor, 0, zero),)),), totals=documents.Totals(minor, minor, minor, minor),
        attachments=attached,
    )  # fmt: skip


def lading(deal: Deal, day: date) -> dict[str, Any]:
    """The carrier's transport document (DCSA eBL 3.0): shipped on board on `day`, to the exporter's order."""
    container = f"NARU{347_248 + deal.number:06d}{deal.number}"
    loading = _loading(deal)["locode"]
    said = {"partyName": FIRMS[EXPORTER].name}
    return {
        "transportDocumentReference": deal.lading, "transportDocumentStatus": "ISSUED", "transportDocumentTypeCode": "BOL",
        "isShippedOnBoardType": True, "isElectronic": True, "isToOrder": True, "carrierCode": CARRIER_CODE[5:], "carrierCodeListProvider": CARRIER_CODE[:4],
        "termsAndConditions": "As agreed.", "receiptTypeAtOrigin": "CY", "deliveryTypeAtDestination": "CY",
        "cargoMovementTypeAtOrigin": "FCL", "cargoMovementTypeAtDestination": "FCL", "invoicePayableAt": {"UNLocationCode": "SGSIN"},
        "partyContactDetails": [{"name": "Desk", "email": "desk@example.org"}],
        "documentParties": {
            "shipper": said, "endorsee": {**said, "identifyingCodes": []},
            "issuingParty": {"partyName": FIRMS[CARRIER].name, "address": {"city": "Port Klang", "countryCode": "MY"}},
        },
        "transports": {
            "plannedDepartureDate": day.isoformat(), "plannedArrivalDate": (day + timedelta(days=4)).isoformat(),
            "portOfLoading": {"UNLocationCode": loading}, "portOfDischarge": {"UNLocationCode": _DISCHARGE["locode"]},
            "vesselVoyages": [{"vesselName": "Selat Satu", "carrierExportVoyageNumber": "118N"}],
        },
        "consignmentItems": [{
            "carrierBookingReference": f"BK-{deal.number}", "descriptionOfGoods": [_GOODS], "HSCodes": [_HS],
            "cargoItems": [{
                "equipmentReference": container, "cargoGrossWeight": {"value": float(_gross(deal)), "unit": "KGM"},
                "outerPackaging": {"numberOfPackages": deal.cartons, "packageCode": "CT", "description": "Cartons"},
            }],
        }],
        "utilizedTransportEquipments": [
            {"isShipperOwned": False, "seals": [{"number": f"S-{deal.number}"}], "equipment": {"equipmentReference": container}}
        ],
    }  # fmt: skip


def terms(deal: Deal, issued: date, expiry: date, latest_shipment: date) -> examination.Terms:
    """The credit that the importer asks for: at sight, available with its own bank in Bangkok."""
    said = {
        "number": deal.credit_number, "issued": issued, "expiry": expiry, "expiry_place": _DISCHARGE,
        "applicant": _named(IMPORTER), "beneficiary": _named(EXPORTER),
        "issuing_bank": _bank(IMPORTERS_BANK), "advising_bank": _bank(EXPORTERS_BANK), "available_with": _bank(IMPORTERS_BANK),
        "currency": SOLD_IN, "amount": deal.amount, "available_by": "SIGHT_PAYMENT", "partial_shipments": "NOT_ALLOWED",
        "loading": _LOADING, "discharge": _DISCHARGE, "latest_shipment": latest_shipment, "goods_text": _GOODS,
        "goods": [{
            "description": _GOODS, "quantity": {"value": str(deal.tins), "unit": "KGM"}, "unit_price": str(_PRICE), "hs": _HS, "origin": "SG",
        }],
        "incoterm": "CFR", "incoterm_place": _DISCHARGE,
        "documents": [
            {"kind": "INVOICE", "signed": True, "text": "Signed commercial invoice"},
            {"kind": "TRANSPORT", "form": "BILL_OF_LADING", "full_set": True, "text": "Clean on board bill of lading to order, blank endorsed, marked freight prepaid",
             "clauses": [{"doc": "TRANSPORT", "key": "freight", "operator": "EQUALS", "expected": "PREPAID", "text": "marked freight prepaid"},
                         {"doc": "TRANSPORT", "key": "endorsed", "operator": "EQUALS", "expected": "BLANK", "text": "blank endorsed"}]},
            {"kind": "PACKING_LIST", "text": "Packing list"},
        ],
    }  # fmt: skip
    return msgspec.convert(said, examination.Terms, strict=False)


def presentation(deal: Deal, received: date, shipped: date, record: str, digests: dict[str, str]) -> examination.Presentation:
    """What the exporter presents. `record` is the bill of lading in the register, `digests` the SHA-256 of each paper by its kind."""
    clean = not deal.flaws
    goods = "Biscuits, assorted" if "goods" in deal.flaws else _GOODS
    kilograms = {"value": str(_gross(deal)), "unit": "KGM"}
    common = {
        "credit_number": deal.credit_number, "goods_text": goods, "gross_weight": kilograms, "packages": {"count": deal.cartons, "kind": "CT"},
        "net_weight": {"value": str(deal.tins), "unit": "KGM"},
    }  # fmt: skip
    papers: list[dict[str, Any]] = [
        {
            **common, "kind": "INVOICE", "id": "INV", "number": deal.invoice, "issuer": _named(EXPORTER), "applicant": _named(IMPORTER), "issued": shipped,
            "signatures": [{"name": FIRMS[EXPORTER].name}], "currency": SOLD_IN, "total": deal.amount, "incoterm": "CFR", "incoterm_place": _DISCHARGE,
            "loading": _LOADING, "discharge": _DISCHARGE, "sha256": digests.get("INVOICE", ""),
            "goods": [{"description": goods, "quantity": {"value": str(deal.tins), "unit": "KGM"}, "unit_price": str(_PRICE),
                       "amount": deal.amount, "hs": _HS, "origin": "SG"}],
            "paths": {"total": "/Invoice/LegalMonetaryTotal/PayableAmount"},
        },
        {
            **common, "kind": "TRANSPORT", "id": "BL", "number": deal.lading, "form": "BILL_OF_LADING", "issuer": _named(CARRIER), "issued": shipped,
            "carrier": FIRMS[CARRIER].name, "signatures": [{"name": FIRMS[CARRIER].name, "capacity": "CARRIER"}], "shipped_on_board": True,
            "on_board_date": shipped, "vessel": "Selat Satu", "voyage": "118N", "shipper": _named(EXPORTER), "order": "SHIPPER", "endorsed": "BLANK",
            "freight": "COLLECT" if "freight" in deal.flaws else "PREPAID", "loading": _loading(deal), "discharge": _DISCHARGE,
            "defects": ["Several cartons wet"] if "clean" in deal.flaws else [], "originals_issued": 1, "record": record,
            "goods_text": _GOODS, "sha256": digests.get("TRANSPORT", ""), "paths": {"loading": "/transports/portOfLoading"},
        },
        {
            **common, "kind": "PACKING_LIST", "id": "PL", "number": f"{deal.invoice}-P", "issuer": _named(EXPORTER), "issued": shipped,
            "gross_weight": {"value": str(_gross(deal) + 40), "unit": "KGM"} if "weight" in deal.flaws else kilograms,
            "sha256": digests.get("PACKING_LIST", ""),
        },
    ]  # fmt: skip
    assert clean or deal.credit, "only documents under a credit are examined"
    said = {
        "credit_number": deal.credit_number, "received": received, "place": _DISCHARGE, "claimed": {"currency": SOLD_IN, "value": deal.amount},
        "documents": papers,
    }  # fmt: skip
    return msgspec.convert(said, examination.Presentation, strict=False)


def _gross(deal: Deal) -> int:
    return deal.tins + deal.cartons


def _loading(deal: Deal) -> dict[str, str]:
    return _ELSEWHERE if "port" in deal.flaws else _LOADING


def _quantity(deal: Deal) -> documents.Quantity:
    return documents.Quantity(Decimal(deal.tins), "KGM")


def _item(category: documents.TaxCategory | None = None) -> documents.Item:
    return documents.Item(name=_GOODS, classifications=(documents.Identifier(_HS, "HS"),), origin="SG", category=category)


def _party(firm: str) -> documents.Party:
    one = FIRMS[firm]
    return documents.Party(name=one.name, address=documents.Address(street=one.street, city=one.city, country=one.country))


def _named(firm: str) -> dict[str, Any]:
    one = FIRMS[firm]
    return {"name": one.name, "id": one.id, "address": [one.street, one.city], "country": one.country}


def _bank(bic: str) -> dict[str, str]:
    return {"name": _BANK_NAMES[bic], "id": bic, "country": bic[4:6]}

"""A little register with its parties and their keys, for tests and for measuring: who acts says what, and what was decided is taken."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import Instant, Refusal, instant_of, utc_text
from fondaco.journal import Tree
from fondaco.trade import (
    Change,
    ControlStep,
    Decided,
    Deed,
    RegisterBook,
    TransferableRecord,
    leaf,
    register,
    replayed,
    signers_of,
)
from fondaco.trade.canonical import canonical
from fondaco.trade.title_proof import title_proof
from fondaco.trade.tree_head import TreeHead, WitnessSignature, countersigned, head_material

HUB, OPERATOR, SUPERVISOR = "FONDSGSG", "OPERATOR-1", "CBANK-SG"
CARRIER, SHIPPER, BUYER, BANK, OTHER = "CARRIER-1", "SHIPPER-1", "BUYER-1", "ALFASGSG", "OTHER-1"
PARTIES = (OPERATOR, SUPERVISOR, CARRIER, SHIPPER, BUYER, BANK, OTHER)
NOON = instant_of("2026-11-26T12:00:00Z")
SOON, LATER = "2026-11-26T13:00:00.000Z", "2026-11-27T12:00:00.000Z"
BATCH = hashlib.sha256(b"a batch that settled").hexdigest()
HOUR = 3_600_000_000_000


@cache
def key_of(party: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(party.encode()).digest())


def public(party: str) -> bytes:
    return key_of(party).public_key().public_bytes_raw()


def keys() -> dict[bytes, str]:
    """Every party's key, as a hub would have registered them."""
    return {public(party): party for party in PARTIES}


def lading(serial: str, title: str = "ORDER", **more: Any) -> dict[str, Any]:
    """A transport document with what DCSA requires, and one field that we do not read."""
    parties: dict[str, Any] = {
        "shipper": {"partyName": "Batik Maju"},
        "issuingParty": {"partyName": "Selat Lines", "address": {"city": "Singapore", "countryCode": "SG"}},
    }
    if title == "ORDER":
        parties["endorsee"] = {"partyName": "Batik Maju", "identifyingCodes": []}
    if title == "STRAIGHT":
        parties["consignee"] = {"partyName": "Hanok Trading", "identifyingCodes": []}
    return {
        "transportDocumentReference": serial,
        "transportDocumentStatus": "ISSUED",
        "transportDocumentTypeCode": "BOL",
        "isShippedOnBoardType": True,
        "isElectronic": True,
        "isToOrder": title != "STRAIGHT",
        "carrierCode": "SLT",
        "carrierCodeListProvider": "SMDG",
        "termsAndConditions": "As agreed.",
        "receiptTypeAtOrigin": "CY",
        "deliveryTypeAtDestination": "CY",
        "cargoMovementTypeAtOrigin": "FCL",
        "cargoMovementTypeAtDestination": "FCL",
        "invoicePayableAt": {"UNLocationCode": "SGSIN"},
        "partyContactDetails": [{"name": "Desk", "email": "desk@example.org"}],
        "documentParties": parties,
        "transports": {
            "plannedDepartureDate": "2026-11-25",
            "plannedArrivalDate": "2026-12-04",
            "portOfLoading": {"UNLocationCode": "IDJKT"},
            "portOfDischarge": {"UNLocationCode": "KRPUS"},
            "vesselVoyages": [{"vesselName": "Selat Satu", "carrierExportVoyageNumber": "402E"}],
        },
        "consignmentItems": [
            {
                "carrierBookingReference": "BK-1",
                "descriptionOfGoods": ["Batik, cotton"],
                "HSCodes": ["520852"],
                "cargoItems": [
                    {
                        "equipmentReference": "NARU3472484",
                        "cargoGrossWeight": {"value": 12000.5, "unit": "KGM"},
                        "outerPackaging": {"numberOfPackages": 400, "packageCode": "4G", "description": "Boxes"},
                    }
                ],
            }
        ],
        "utilizedTransportEquipments": [
            {"isShipperOwned": False, "seals": [{"number": "S-1"}], "equipment": {"equipmentReference": "NARU3472484"}}
        ],
        **more,
    }


def bill(serial: str, note: bool = False, **more: Any) -> dict[str, Any]:
    """A bill of exchange drawn by the shipper on the buyer, or the buyer's note, to the shipper's order."""
    drawer = BUYER if note else SHIPPER
    return {
        "reference": serial,
        "unconditional": "PROMISE_TO_PAY" if note else "ORDER_TO_PAY",
        "currency": "KRW",
        "amount": "12000000",
        "maturity": "2026-11-27",
        "drawer": drawer,
        "payee": SHIPPER,
        "placeOfPayment": "Busan",
        "placeOfIssue": "Jakarta",
        "dateOfIssue": "2026-11-20",
        **({} if note else {"drawee": BUYER}),
        **more,
    }


class Desk:
    """A register and its clock. `act` signs, decides and takes; what it refuses changes nothing, and that is checked each time."""

    def __init__(self) -> None:
        self.book = RegisterBook(HUB, OPERATOR, SUPERVISOR)
        self.now: Instant = NOON
        self.events: dict[str, list[Change]] = {}
        self.units: dict[str, dict[str, int]] = {}
        self.told: list[str] = []
        self.begun = 0
        self.log = Tree()
        self.places: dict[str, int] = {}
        self.log_places: dict[str, int] = {}

    def record(self, instrument: str) -> TransferableRecord:
        found = self.book.record(instrument)
        assert found is not None
        return found

    def deed(self, actor: str, action: str, instrument: str, body: dict[str, Any], signed: tuple[str, ...] = ()) -> Deed:
        record = self.book.record(instrument)
        filled = body if record is None or "head" in body else {"head": record.head, **body}
        bare = Deed(HUB, actor, instrument, record.seq if record is not None else 0, action, json.dumps(filled).encode())
        material = bare.material()
        pairs = tuple((public(one), key_of(one).sign(material)) for one in signed or (actor,))
        return Deed(HUB, actor, instrument, bare.version, action, bare.body, pairs)

    def act(
        self, actor: str, action: str, instrument: str, *, signed: tuple[str, ...] = (), **body: Any
    ) -> Decided[tuple[Change, ...]] | Refusal:
        return self.put(self.deed(actor, action, instrument, body, signed))

    def put(self, deed: Deed) -> Decided[tuple[Change, ...]] | Refusal:
        signers = signers_of(deed, keys())
        if isinstance(signers, Refusal):
            return signers
        return self.take(register.decide(self.book, deed, self.now, signers, f"ETR-{self.begun + 1:06d}"))

    def take(self, answer: Decided[tuple[Change, ...]] | Refusal) -> Decided[tuple[Change, ...]] | Refusal:
        if isinstance(answer, Refusal):
            return answer
        before = {change.record.instrument: self.book.record(change.record.instrument) for change in answer.instrument}
        self.book.take(answer.instrument)
        for change in answer.instrument:
            instrument = change.record.instrument
            self.begun += before[instrument] is None
            self.events.setdefault(instrument, []).append(change)
            self.places[instrument] = self.log_places[change.hash] = self.log.append(leaf(change.event, change.hash))
        for step in answer.control:
            self._book(step)
        self.told += [tell.recipient for tell in answer.tells]
        return answer

    def _book(self, step: ControlStep) -> None:
        unit = self.units.setdefault(step.record, {})
        if step.giver:
            unit[step.giver] = unit.get(step.giver, 0) - 1
        if step.taker:
            unit[step.taker] = unit.get(step.taker, 0) + 1

    def issue(self, serial: str = "SLT0001", title: str = "ORDER", **more: Any) -> str:
        """A bill of lading, issued by the carrier to the shipper and not yet accepted; its number."""
        named = {"ORDER": SHIPPER, "STRAIGHT": BUYER, "BLANK": ""}[title]
        content = more.pop("content", canonical(lading(serial, title)))
        given = {"kind": "BILL_OF_LADING", "serial": serial, "recipient": SHIPPER, "title": title, "named": named}
        answer = self.act(CARRIER, "ISSUE", "", **{**given, "content": content, "law": "SG", **more})
        assert isinstance(answer, Decided), answer
        return answer.instrument[0].record.instrument

    def live(self, serial: str = "SLT0001", title: str = "ORDER") -> str:
        """The same, in the shipper's hands."""
        instrument = self.issue(serial, title)
        self.done(SHIPPER, "ACCEPT", instrument)
        return instrument

    def drawn(self, serial: str = "BE-1", note: bool = False, **more: Any) -> str:
        """A bill of exchange or a note in the hands of the shipper."""
        content = canonical(bill(serial, note, **more))
        kind = "PROMISSORY_NOTE" if note else "BILL_OF_EXCHANGE"
        given = {"kind": kind, "serial": serial, "recipient": SHIPPER, "title": "ORDER", "named": SHIPPER, "law": "KR"}
        answer = self.act(BUYER if note else SHIPPER, "ISSUE", "", content=content, **given)
        assert isinstance(answer, Decided), answer
        instrument = answer.instrument[0].record.instrument
        self.done(SHIPPER, "ACCEPT", instrument)
        return instrument

    def done(self, actor: str, action: str, instrument: str, **more: Any) -> TransferableRecord:
        """An act that must be lawful; the record after it."""
        answer = self.act(actor, action, instrument, **more)
        assert isinstance(answer, Decided), answer.sentence()
        self.check()
        return self.record(instrument)

    def refused(self, actor: str, action: str, instrument: str, **more: Any) -> tuple[str, str]:
        """An act that must be refused and change nothing: its place and its article."""
        before = dict(self.book.records)
        answer = self.act(actor, action, instrument, **more)
        assert isinstance(answer, Refusal), f"{action} by {actor} was let through"
        assert self.book.records == before
        assert answer.where
        assert answer.article
        return answer.where, answer.article

    def head(self) -> TreeHead:
        return TreeHead(HUB, self.log.size, self.log.root().hex(), utc_text(self.now))

    def proof(self, instrument: str, witnesses: tuple[str, ...] = ("ALFASGSG", "CBANK-SG")) -> bytes:
        """The proof file of a record now, with the signatures of these witnesses, who see the log for the first time."""
        head, hub = self.head(), key_of(HUB)
        signature = hub.sign(head_material(head))
        words = []
        for one in witnesses:
            word = countersigned(one, public(one), key_of(one).sign, None, head, signature, public(HUB), [])
            assert isinstance(word, WitnessSignature)
            words.append(word)
        events = [change.event for change in self.events[instrument]]
        former = self.book.record(self.record(instrument).supersedes)
        etr = former.etr if former else ""
        return title_proof(events, self.places[instrument], self.log, head, signature, public(HUB), hub.sign, words, etr)

    def check(self) -> None:
        """The laws that hold after every act: one holder, a unit of one while it lives, and a history that says the same."""
        for instrument, record in self.book.records.items():
            held = {party: units for party, units in self.units[instrument].items() if units}
            assert held == ({} if record.ended else {record.holder: 1})
            former = self.book.record(record.supersedes)
            assert replayed((change.event for change in self.events[instrument]), former.etr if former else "") == record

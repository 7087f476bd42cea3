"""What a document must hold to be a record; and DCSA's own examples, where they are at hand."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from fondaco.trade.canonical import canonical
from fondaco.trade.record_content import content_fault, read_transport_document
from fondaco.trade.transferable_record import RecordKind
from titles import BUYER, CARRIER, SHIPPER, bill, lading

SHARED = Path(os.environ.get("FONDACO_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data" / "trade" / "dcsa"


def fault_of(document: dict[str, Any], title: str = "ORDER") -> tuple[str, str] | None:
    found = content_fault(RecordKind.BILL_OF_LADING, canonical(document), CARRIER, "SLT0001", title, SHIPPER)
    return found and (found.where, found.article)


def without(document: dict[str, Any], *path: str | int) -> dict[str, Any]:
    copy: Any = json.loads(json.dumps(document))
    place = copy
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return copy  # type: ignore[no-any-return]


@pytest.mark.parametrize("title", ["ORDER", "BLANK", "STRAIGHT"])
def test_a_whole_document_is_taken_in_its_own_title_and_in_no_other(title: str) -> None:
    for claimed in ("ORDER", "BLANK", "STRAIGHT"):
        assert (fault_of(lading("SLT0001", title), claimed) is None) == (claimed == title)


@pytest.mark.parametrize(
    "path",
    [
        ("transportDocumentReference",),
        ("isToOrder",),
        ("carrierCode",),
        ("transports", "portOfLoading"),
        ("transports", "vesselVoyages", 0, "vesselName"),
        ("documentParties", "issuingParty", "partyName"),
        ("consignmentItems", 0, "cargoItems", 0, "cargoGrossWeight", "unit"),
    ],
)
def test_what_is_missing_is_named(path: tuple[str | int, ...]) -> None:
    found = content_fault(
        RecordKind.BILL_OF_LADING, canonical(without(lading("SLT0001"), *path)), CARRIER, "SLT0001", "ORDER", SHIPPER
    )
    assert found is not None
    assert str(path[-1]) in found.found
    assert (found.where, found.article) == ("body.content", "MLETR 10")


@pytest.mark.parametrize(
    "wrong",
    [
        {"transportDocumentReference": "SLT0002"},
        {"transportDocumentTypeCode": "SWB"},
        {"transportDocumentStatus": "VOIDED"},
        {"isToOrder": "true"},
        {"consignmentItems": []},
        {"carrierCode": "TOOLONG"},
    ],
)
def test_what_is_wrong_is_refused(wrong: dict[str, Any]) -> None:
    assert fault_of(lading("SLT0001", **wrong)) is not None


def test_another_spelling_of_the_document_is_refused() -> None:
    text = json.dumps(lading("SLT0001"))
    found = content_fault(RecordKind.BILL_OF_LADING, text, CARRIER, "SLT0001", "ORDER", SHIPPER)
    assert found is not None
    assert "canonical" in found.found


def test_fields_that_we_do_not_read_are_admitted() -> None:
    assert fault_of(lading("SLT0001", serviceContractReference="SC-1", charges=[{"unitPrice": 1.5}])) is None


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"reference": "BE-2"}, "reference"),
        ({"unconditional": "PROMISE_TO_PAY"}, "unconditional"),
        ({"drawer": BUYER}, "drawer"),
        ({"payee": BUYER}, "payee"),
        ({"drawee": ""}, "drawee"),
        ({"currency": "XXQ"}, "currency"),
        ({"amount": "1.5"}, "amount"),
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"maturity": "2026-11-19"}, "maturity"),
        ({"maturity": "2026-13-01"}, "body.content"),
        ({"interest": "5 %"}, "body.content"),
    ],
)
def test_a_bill_of_exchange_has_the_particulars_of_the_law(wrong: dict[str, Any], where: str) -> None:
    found = content_fault(RecordKind.BILL_OF_EXCHANGE, canonical(bill("BE-1", **wrong)), SHIPPER, "BE-1", "ORDER", SHIPPER)
    assert found is not None
    assert where in found.where
    assert content_fault(RecordKind.BILL_OF_EXCHANGE, canonical(bill("BE-1")), SHIPPER, "BE-1", "ORDER", SHIPPER) is None
    assert content_fault(RecordKind.PROMISSORY_NOTE, canonical(bill("PN-1", note=True)), BUYER, "PN-1", "ORDER", SHIPPER) is None


def documents(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = [value] if "transportDocumentReference" in value and "documentParties" in value else []
        return own + [one for inner in value.values() for one in documents(inner)]
    return [one for inner in value for one in documents(inner)] if isinstance(value, list) else []


def test_the_examples_of_the_standard_are_read() -> None:
    if not SHARED.exists():
        pytest.skip("the examples of DCSA are not at hand")
    read = []
    for path in sorted(SHARED.glob("openapi-examples/*.json")) + sorted(SHARED.glob("conformance-messages/*.json")):
        try:
            found = documents(json.loads(path.read_text()))
        except ValueError:
            continue  # a template with places to be filled in
        for document in found:
            text = canonical(document)
            document["transportDocumentReference"] = document["transportDocumentReference"][:20]
            read_transport_document(json.dumps(document))
            assert canonical(json.loads(text)) == text
            read.append(path.name)
    assert len(read) >= 8

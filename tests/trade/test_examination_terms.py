"""Words of a credit compiled to clauses, and transferred credits beside the first one."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.trade.examination import transfer
from fondaco.trade.examination.compiling import PATTERNS, clauses_of, compiled
from trade.presented import build, examined

TERMS, _ = build({})

# kind | the credit's words | the fields that they speak of, and what they expect
WORDS: list[tuple[str, str, dict[str, tuple[str, str]]]] = [
    ("TRANSPORT", "Full set of clean on board B/L made out to the order of Example Bank of Klang, marked freight prepaid and notify the applicant",
     {"order": ("EQUALS", "Example Bank of Klang"), "freight": ("EQUALS", "PREPAID"), "notify[0].name": ("EQUALS", "Selangor Foods Sdn. Bhd.")}),
    ("TRANSPORT", "Bills of lading to order of shipper, blank endorsed, freight collect, notify Example Forwarders Ltd.",
     {"order": ("EQUALS", "SHIPPER"), "endorsed": ("EQUALS", "BLANK"), "freight": ("EQUALS", "COLLECT"), "notify[0].name": ("EQUALS", "Example Forwarders Ltd")}),
    ("TRANSPORT", "B/L to order and blank endorsed, freight payable at destination",
     {"order": ("EQUALS", "SHIPPER"), "endorsed": ("EQUALS", "BLANK"), "freight": ("EQUALS", "COLLECT")}),
    ("TRANSPORT", "Sea waybill consigned to the issuing bank, carriage paid",
     {"consignee.name": ("EQUALS", "Example Bank of Klang"), "freight": ("EQUALS", "PREPAID")}),
    ("TRANSPORT", "B/L showing the container numbers, the seal numbers and the vessel's IMO number", {"containers": ("EXISTS", "")}),
    ("TRANSPORT", "B/L showing seal numbers", {"containers[0].seal": ("EXISTS", "")}),
    ("TRANSPORT", "B/L indicating the IMO number", {"imo": ("EXISTS", "")}),
    ("TRANSPORT", "B/L indicating the voyage number", {"voyage": ("EXISTS", "")}),
    ("INSURANCE", "Insurance policy endorsed in blank, claims payable in Port Klang",
     {"endorsed": ("EQUALS", "BLANK"), "claims_payable": ("EQUALS", "Port Klang")}),
    ("ORIGIN", "Certificate of origin dated not later than 5 March 2026, showing the credit number",
     {"issued": ("LTE", "2026-03-05"), "credit_number": ("EQUALS", "EXKL-2026-0117")}),
    ("INSPECTION", "Certificate, inspected no later than 2026-03-05", {"inspected": ("LTE", "2026-03-05")}),
    ("PACKING_LIST", "Packing list showing gross and net weights", {"gross_weight": ("EXISTS", ""), "net_weight": ("EXISTS", "")}),
    ("PACKING_LIST", "Packing list showing net weight", {"net_weight": ("EXISTS", "")}),
    ("PACKING_LIST", "Packing list stating the number of packages", {"packages": ("EXISTS", "")}),
    ("PACKING_LIST", "Packing list bearing the shipping marks", {"marks": ("EXISTS", "")}),
    ("OTHER", "Certificate quoting invoice number", {"invoice_number": ("EXISTS", "")}),
    ("OTHER", "Certificate mentioning the B/L number", {"transport_number": ("EXISTS", "")}),
    ("OTHER", "Certificate stating the name of the vessel", {"vessel": ("EXISTS", "")}),
    ("INVOICE", "Invoice quoting purchase order no. and indicating country of origin", {"order_number": ("EXISTS", ""), "origin": ("EXISTS", "")}),
    ("INVOICE", "Invoice showing the HS code 100630", {"goods[0].hs": ("CONTAINS", "100630")}),
    ("INVOICE", 'Invoice certifying that "the goods are of Thai origin"', {"text": ("CONTAINS", "the goods are of Thai origin")}),
    ("OTHER", 'Certificate stating exactly "one set of documents was sent to the applicant"', {"text": ("CONTAINS", "one set of documents was sent to the applicant")}),
    ("OTHER", 'Certificate marked "original"', {"text": ("CONTAINS", "original")}),
    ("INVOICE", "Signed commercial invoice in three originals", {}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "words", "expected"), WORDS, ids=range(len(WORDS)))
def test_the_commonest_words_are_compiled(kind: Any, words: str, expected: dict[str, tuple[str, str]]) -> None:
    assert {one.key: (one.operator, one.expected) for one in clauses_of(words, kind, TERMS)} == expected


def test_every_form_of_words_is_read_somewhere() -> None:
    spoken = [(kind, words) for kind, words, _ in WORDS]
    assert [
        one.words.pattern for one in PATTERNS if not any(kind in one.kinds and one.words.search(words) for kind, words in spoken)
    ] == []


def test_what_a_clause_says_already_is_left_to_it() -> None:
    assert compiled(TERMS).documents[1].clauses == TERMS.documents[1].clauses
    terms, _ = build({"terms.documents.1.clauses": []})
    assert {one.key for one in compiled(terms).documents[1].clauses} == {"order", "endorsed", "freight", "notify[0].name"}
    assert {one.rule for one in examined({"terms.documents.1.clauses": [], "BL.order": "Somebody"}).of("DISCREPANCY")} == {
        "CREDIT.46A"
    }


def test_conditions_for_all_documents_are_compiled() -> None:
    numbered = {"terms.conditions": [{"text": "All documents must show this credit number."}]}
    assert not examined(numbered).findings
    assert [(one.rule, one.document) for one in examined({**numbered, "PL.credit_number": None}).findings] == [
        ("CREDIT.47A", "PL")
    ]
    english = {"terms.conditions": [{"text": "All documents must be issued in English"}], "INV.language": "th"}
    assert "CREDIT.47A/language" in {one.rule for one in examined(english).of("DISCREPANCY")}


SECOND: dict[str, Any] = {
    "terms.number": "EXKL-2026-0117-T1", "terms.applicant": {"name": "Chao Phraya Grain Co., Ltd."}, "terms.beneficiary": {"name": "Isan Mill Co., Ltd."},
    "terms.amount": "400000.00", "terms.goods.0.unit_price": "2000.00", "terms.expiry": "2026-04-01", "terms.latest_shipment": "2026-03-10",
    "terms.presentation_days": 14, "terms.insurance.percent": 127,
}  # fmt: skip


def test_a_lawful_transfer_is_less_earlier_and_better_covered() -> None:
    first, _ = build({"terms.transferable": True})
    second, _ = build(SECOND)
    assert transfer(first, second) == ()


@pytest.mark.parametrize(
    ("rule", "where", "of_first", "of_second"),
    [
        ("UCP600.38b", "transferable", {"terms.transferable": False}, {}),
        ("UCP600.38d", "transferable", {}, {"terms.transferable": True}),
        ("UCP600.38g", "amount", {}, {"terms.amount": "460000.01"}),
        ("UCP600.38g", "expiry", {}, {"terms.expiry": "2026-04-11"}),
        ("UCP600.38g", "latest_shipment", {}, {"terms.latest_shipment": "2026-03-16"}),
        ("UCP600.38g", "presentation_days", {}, {"terms.presentation_days": 22}),
        ("UCP600.38g", "applicant.name", {}, {"terms.applicant.name": "A Stranger"}),
        ("UCP600.38g", "insurance.percent", {}, {"terms.insurance.percent": 109}),
        ("UCP600.38g", "goods[0].unit_price", {}, {"terms.goods.0.unit_price": "2300.01"}),
        ("UCP600.38g", "goods[0].quantity", {}, {"terms.goods.0.quantity.value": "200.001"}),
        ("UCP600.38g", "goods[0]", {}, {"terms.goods.0.description": "Broken rice"}),
        ("UCP600.38g", "goods", {}, {"terms.goods": []}),
        ("UCP600.38g", "currency", {}, {"terms.currency": "THB"}),
        ("UCP600.38g", "discharge", {}, {"terms.discharge": {"name": "Penang"}}),
        ("UCP600.38g", "documents", {}, {"terms.documents.4": None}),
    ],
    ids=range(15),
)
def test_a_transfer_that_changes_more_is_told(rule: str, where: str, of_first: dict[str, Any], of_second: dict[str, Any]) -> None:
    first, _ = build({"terms.transferable": True, **of_first})
    second, _ = build({**SECOND, **of_second})
    assert [(one.rule, one.where) for one in transfer(first, second)] == [(rule, where)]

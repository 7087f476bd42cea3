"""Terms before issue: every rule with terms that break it; the credit of the example keeps them all."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.trade.examination import TERMS_RULES, lint
from trade.presented import build

SIGHT = {"tenor": {"event": "SIGHT"}, "drawee": "EXKLMYKL"}

# rule | severity | where | what breaks it
ROWS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("CREDIT.20", "QUERY", "number", {"terms.number": "X" * 17}),
    ("CREDIT.32B", "DISCREPANCY", "currency", {"terms.currency": "XXX"}),
    ("CREDIT.32B", "DISCREPANCY", "amount", {"terms.amount": "0"}),
    ("CREDIT.32B", "DISCREPANCY", "amount", {"terms.amount": "0.001"}),
    ("CREDIT.39A", "DISCREPANCY", "plus", {"terms.plus": 100}),
    ("CREDIT.39A", "DISCREPANCY", "amount_words", {"terms.amount_words": "ABOUT"}),
    ("CREDIT.39A", "DISCREPANCY", "goods[0].about", {"terms.goods.0.about": True}),
    ("CREDIT.39A", "DISCREPANCY", "goods[0].plus", {"terms.goods.0.quantity": None}),
    ("CREDIT.39A", "QUERY", "goods[0].plus", {"terms.plus": None, "terms.minus": None}),
    ("CREDIT.39A", "QUERY", "additional_amounts", {"terms.additional_amounts": "freight"}),
    ("CREDIT.43P", "DISCREPANCY", "partial_shipments", {"terms.instalments": [{"first_day": "2026-02-01", "last_day": "2026-02-28"}]}),
    ("CREDIT.44C", "DISCREPANCY", "latest_shipment", {"terms.latest_shipment": "2026-04-11"}),
    ("CREDIT.44C", "QUERY", "latest_shipment", {"terms.latest_shipment": "2026-01-11"}),
    ("CREDIT.44C", "DISCREPANCY", "earliest_shipment", {"terms.earliest_shipment": "2026-03-16"}),
    ("CREDIT.44C", "DISCREPANCY", "shipment_period", {"terms.shipment_period": "two weeks"}),
    ("CREDIT.44E", "DISCREPANCY", "loading.locode", {"terms.loading.locode": "ZZLCH"}),
    ("CREDIT.44E", "DISCREPANCY", "loading.locode", {"terms.loading.locode": "THLAEM"}),
    ("CREDIT.44E", "DISCREPANCY", "loading.country", {"terms.loading.country": "MY"}),
    ("CREDIT.44E", "DISCREPANCY", "discharge", {"terms.discharge.locode": "THLCH"}),
    ("CREDIT.44E", "QUERY", "loading.locode", {"terms.loading": {"name": "Laem Chabang"}}),
    ("CREDIT.45A", "DISCREPANCY", "goods", {"terms.goods": [], "terms.goods_text": ""}),
    ("CREDIT.45A", "DISCREPANCY", "goods[0].quantity", {"terms.goods.0.quantity.value": "0"}),
    ("CREDIT.45A", "QUERY", "goods", {"terms.goods.0.unit_price": "2415.01"}),
    ("CREDIT.45A/incoterm", "DISCREPANCY", "incoterm", {"terms.incoterm": "CNF"}),
    ("CREDIT.45A/incoterm", "QUERY", "incoterm_place", {"terms.incoterm_place": None}),
    ("CREDIT.45A/incoterm", "QUERY", "documents", {"terms.incoterm": "FOB"}),
    ("CREDIT.45A/incoterm", "DISCREPANCY", "documents[1].form", {"terms.documents.1.form": "AIR_WAYBILL"}),
    ("CREDIT.45A/incoterm", "DISCREPANCY", "documents[1].clauses[2].expected", {"terms.documents.1.clauses.2.expected": "COLLECT"}),
    ("CREDIT.46A/clause", "DISCREPANCY", "documents[1].clauses[0].key", {"terms.documents.1.clauses.0.key": "weather"}),
    ("CREDIT.46A/clause", "DISCREPANCY", "documents[1].clauses[0].doc", {"terms.documents.1.clauses.0.doc": "INVOICE", "terms.documents.1.clauses.0.key": "number"}),
    ("CREDIT.46A/clause", "DISCREPANCY", "documents[1].clauses[0].expected", {"terms.documents.1.clauses.0.expected": ""}),
    ("CREDIT.46A/invoice", "DISCREPANCY", "documents", {"terms.documents.0": None}),
    ("CREDIT.47A/clause", "DISCREPANCY", "conditions[0].clauses[0].doc", {"terms.conditions.0.clauses.0.doc": "INSPECTION"}),
    ("CREDIT.48", "DISCREPANCY", "presentation_days", {"terms.presentation_days": 0}),
    ("CREDIT.48", "QUERY", "presentation_days", {"terms.documents.1": None}),
    ("CREDIT.48", "QUERY", "expiry", {"terms.expiry": "2026-04-04"}),
    ("CREDIT.50", "DISCREPANCY", "applicant.country", {"terms.applicant.country": "ZZ"}),
    ("CREDIT.59", "DISCREPANCY", "beneficiary.name", {"terms.beneficiary.name": "Selangor Foods Sdn Bhd"}),
    ("CREDIT.42C", "DISCREPANCY", "draft", {"terms.available_by": "ACCEPTANCE"}),
    ("CREDIT.42C", "DISCREPANCY", "draft.tenor", {"terms.available_by": "ACCEPTANCE", "terms.draft": SIGHT}),
    ("CREDIT.42C", "DISCREPANCY", "draft.tenor", {"terms.draft": {**SIGHT, "tenor": {"event": "AFTER_SIGHT", "days": 30}}}),
    ("CREDIT.42C", "DISCREPANCY", "deferred", {"terms.available_by": "DEFERRED_PAYMENT"}),
    ("CREDIT.42C", "DISCREPANCY", "draft.percent", {"terms.draft": {**SIGHT, "percent": 0}}),
    ("UCP600.3/terms", "QUERY", "documents[4]", {"terms.documents.4.issuer": "first class surveyor"}),
    ("UCP600.3/terms", "QUERY", "conditions[1]", {"terms.conditions.+": {"text": "Stale documents acceptable", "doc": "ANY"}}),
    ("UCP600.6c", "DISCREPANCY", "draft.drawee", {"terms.draft": {**SIGHT, "drawee": "Selangor Foods Sdn Bhd"}}),
    ("UCP600.6d", "DISCREPANCY", "expiry", {"terms.expiry": "2026-01-11"}),
    ("UCP600.6d", "DISCREPANCY", "expiry_place", {"terms.expiry_place": {}}),
    ("UCP600.8", "DISCREPANCY", "confirming_bank", {"terms.confirmation": "CONFIRM", "terms.advising_bank": None}),
    ("UCP600.14f/terms", "QUERY", "documents[5]", {"terms.documents.+": {"kind": "INSPECTION"}}),
    ("UCP600.14f/terms", "DISCREPANCY", "documents[5].title", {"terms.documents.+": {"kind": "OTHER"}}),
    ("UCP600.14h/terms", "QUERY", "conditions[1]", {"terms.conditions.+": {"text": "The vessel is young"}}),
    ("UCP600.17/terms", "DISCREPANCY", "documents[3].originals", {"terms.documents.3.originals": 0}),
    ("UCP600.19c/terms", "QUERY", "transhipment", {"terms.transhipment": "NOT_ALLOWED", "terms.documents.1.form": "MULTIMODAL"}),
    ("UCP600.28f/terms", "QUERY", "insurance.percent", {"terms.insurance.percent": 99}),
    ("UCP600.32", "DISCREPANCY", "instalments[0]", {"terms.instalments": [{"first_day": "2026-02-02", "last_day": "2026-02-01"}]}),
    ("eUCP2.1.e6/place", "DISCREPANCY", "electronic_place", {"terms.rules": "EUCP"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "severity", "where", "changes"), ROWS, ids=[f"{number}-{row[0]}" for number, row in enumerate(ROWS)]
)
def test_terms_that_break_a_rule_are_told(rule: str, severity: str, where: str, changes: dict[str, Any]) -> None:
    terms, _ = build(changes)
    assert (rule, severity, where) in {(one.rule, one.severity, one.where) for one in lint(terms)}, lint(terms)


def test_every_rule_of_terms_is_earned() -> None:
    of_transfers = {"UCP600.38b", "UCP600.38d", "UCP600.38g"}  # test_examination_terms.py
    assert {rule for rule, *_ in ROWS} >= set(TERMS_RULES) - of_transfers


def test_a_port_that_nobody_knows_is_told_where_ports_are_known() -> None:
    terms, _ = build({})
    assert lint(terms, ports={"THLCH", "MYPKG", "THBKK"}) == ()
    assert [one.where for one in lint(terms, ports={"THLCH", "THBKK"})] == ["discharge.locode", "incoterm_place.locode"]

"""Every rule with a presentation that breaks it and, one step away, one that keeps it."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.trade.examination import RULES, article
from trade.presented import examined

# rule | document | what breaks it | what, beside that or in its place, keeps it
Row = tuple[str, str, dict[str, Any], dict[str, Any]]

BILL = {"kind": "DRAFT", "id": "DR", "issued": "2026-03-10", "issuer": {"name": "Chao Phraya Grain Co., Ltd."},
        "drawee": "Example Bank of Klang", "tenor": {"event": "SIGHT"}, "amount": {"currency": "MYR", "value": "460000.00"},
        "signatures": [{"name": "Chao Phraya Grain Co., Ltd."}]}  # fmt: skip
WITH_DRAFT: dict[str, Any] = {"terms.draft": {"tenor": {"event": "SIGHT"}, "drawee": "EXKLMYKL"}, "made.documents.+": BILL}
SECOND_BILL = {"kind": "TRANSPORT", "id": "BL2", "form": "BILL_OF_LADING", "number": "EXLN-2", "issued": "2026-03-05", "originals": 3,
               "originals_issued": 3, "carrier": "Example Line Pte. Ltd.", "shipped_on_board": True, "on_board_date": "2026-03-06",
               "vessel": "Straits Heron", "voyage": "118S", "loading": {"locode": "THLCH"}, "discharge": {"locode": "MYPKG"}, "order": "SHIPPER",
               "endorsed": "BLANK", "freight": "PREPAID", "notify": [{"name": "Selangor Foods Sdn. Bhd."}],
               "signatures": [{"name": "Example Line Pte. Ltd.", "capacity": "CARRIER"}], "credit_number": "EXKL-2026-0117"}  # fmt: skip
FUMIGATION = {"kind": "OTHER", "title": "Fumigation certificate", "issuer": "Example Fumigators"}
FUMIGATED = {"kind": "OTHER", "id": "FUM", "title": "Certificate of fumigation", "issuer": {"name": "Example Fumigators"}, "issued": "2026-03-05",
             "statements": ["Fumigated with phosphine"], "signatures": [{"name": "Example Fumigators"}], "credit_number": "EXKL-2026-0117"}  # fmt: skip
INSPECTED = {"kind": "INSPECTION", "id": "QC", "title": "Pre-shipment inspection", "issued": "2026-03-06", "inspected": "2026-03-05",
             "signatures": [{"name": "Example Survey"}], "statements": ["Conforms"], "credit_number": "EXKL-2026-0117"}  # fmt: skip
ORIGIN = {"kind": "ORIGIN", "id": "C2", "issuer": {"name": "Thai Chamber of Example Commerce"}, "origin": "TH",
          "signatures": [{"name": "T. Chamber"}], "credit_number": "EXKL-2026-0117"}  # fmt: skip
INSTALMENTS = [{"first_day": "2026-02-01", "last_day": "2026-02-28"}, {"first_day": "2026-03-01", "last_day": "2026-03-31"}]
BY_INSTALMENTS: dict[str, Any] = {"terms.partial_shipments": "ALLOWED", "terms.instalments": INSTALMENTS, "made.instalment": 1}
ELECTRONIC: dict[str, Any] = {"terms.rules": "EUCP", "terms.formats": ["JSON"], "INV.electronic": True, "INV.format": "JSON"}
BULK: dict[str, Any] = {"terms.goods.0.plus": None, "terms.goods.0.minus": None, "terms.plus": 20}


def quantity(tonnes: str, amount: str) -> dict[str, Any]:
    """An invoice of so many tonnes, with the papers of its weight left out."""
    return {
        "INV.goods.0.quantity.value": tonnes, "INV.goods.0.amount": amount, "INV.total": amount, "made.claimed.value": amount,
        "INS.insured.value": "900000.00", "INV.net_weight": None, "BL.net_weight": None, "PL.net_weight": None,
    }  # fmt: skip


ROWS: list[Row] = [
    # The clock
    ("UCP600.6e", "", {"made.received": "2026-04-13", "terms.presentation_days": 60}, {"made.received": "2026-04-10"}),
    ("UCP600.14c", "", {"made.received": "2026-03-30"}, {"made.received": "2026-03-27"}),
    ("UCP600.3/about", "BL", {"terms.shipment_about": "2026-02-28"}, {"terms.shipment_about": "2026-03-01"}),
    ("UCP600.3/about", "BL", {"terms.shipment_about": "2026-03-12"}, {"terms.shipment_about": "2026-03-11"}),
    ("UCP600.14i", "COO", {"COO.issued": "2026-03-17"}, {"COO.issued": "2026-03-16"}),
    ("UCP600.14i", "INV", {"INV.issued": "2026-03-17"}, {"INV.issued": "2025-12-01"}),  # before the credit is no matter
    ("CREDIT.44C/earliest", "BL", {"terms.earliest_shipment": "2026-03-07"}, {"terms.earliest_shipment": "2026-03-06"}),
    # What is presented
    ("UCP600.14a", "ORIGIN", {"COO": None}, {"made.documents.+": ORIGIN}),
    ("UCP600.14a", "OTHER", {"terms.documents.+": FUMIGATION}, {"made.documents.+": FUMIGATED}),
    ("UCP600.14d/credit", "PL", {"terms.conditions": [], "PL.credit_number": "EXKL-2026-0171"}, {"PL.credit_number": "EXKL 2026 0117"}),
    ("UCP600.14f", "PL", {"PL.packages": None, "PL.gross_weight": None, "PL.net_weight": None}, {"PL.packages": {"count": 4000}}),
    ("UCP600.14f", "COO", {"COO.origin": None}, {"COO.statements": ["The goods are of Thai origin"]}),
    ("UCP600.3/issuer", "COO", {"terms.documents.3.issuer": "independent", "COO.issuer.name": "Chao Phraya Grain Co., Ltd."},
     {"COO.issuer.name": "Anybody"}),
    ("UCP600.3/issuer", "COO", {"terms.documents.3.issuer": "a competent authority", "COO.issuer.name": "Chao Phraya Grain Co., Ltd."},
     {"COO.issuer.name": "Anybody"}),
    ("UCP600.17a", "PL", {"PL.originals": 0, "PL.copies": 2}, {"PL.originals": 1, "PL.copies": 1}),
    ("UCP600.17/originals", "INV", {"INV.originals": 1, "INV.copies": 2}, {"INV.originals": 2}),
    ("UCP600.17/copies", "INV", {"INV.copies": 0}, {"INV.originals": 3}),  # an original stands for a copy
    ("UCP600.17/copies", "INV", {"terms.documents.0.text": "invoice in 3 copies", "INV.originals": 1, "INV.copies": 1}, {"INV.copies": 2}),
    ("CREDIT.46A", "BL", {"BL.notify.0.name": "Somebody Else"}, {"BL.notify.0.name": "SELANGOR FOODS SDN BHD"}),
    ("CREDIT.46A", "BL", {"BL.freight": "COLLECT", "terms.incoterm": "FOB", "INV.incoterm": "FOB"}, {"BL.freight": None, "BL.statements": ["Freight prepaid"]}),
    ("CREDIT.46A/issuer", "COO", {"COO.issuer.name": "Another Chamber"}, {"COO.issuer.name": "THAI CHAMBER OF EXAMPLE COMMERCE"}),
    ("CREDIT.46A/signed", "INV", {"INV.signatures": []}, {"terms.documents.0.signed": False}),
    ("CREDIT.46A/signed", "COO", {"COO.signatures": []}, {"COO.signatures": [{"name": "T. Chamber"}]}),
    ("CREDIT.46A/endorsed", "BL", {"BL.endorsed": "", "terms.documents.1.clauses": []}, {"BL.order": "", "BL.consignee": {"name": "Example Bank of Klang"}}),
    ("CREDIT.46A/endorsed", "INS", {"INS.endorsed": ""}, {"INS.assured": "Selangor Foods Sdn. Bhd."}),
    ("CREDIT.46A/before", "QC", {"terms.documents.+": {"kind": "INSPECTION", "title": "Pre-shipment inspection"},
                                 "made.documents.+": {**INSPECTED, "inspected": "2026-03-07"}}, {"made.documents.+": INSPECTED}),
    ("CREDIT.46A/form", "BL", {"BL.form": "SEA_WAYBILL"}, {"BL.form": "BILL_OF_LADING"}),
    ("CREDIT.47A", "PL", {"PL.credit_number": None}, {"PL.statements": ["Credit no. EXKL-2026-0117"]}),
    ("CREDIT.47A/language", "INV", {"terms.languages": ["en"], "INV.language": "th"}, {"INV.language": "en"}),
    ("UCP600.14d/correction", "COO", {"COO.corrected": True}, {"COO.authenticated": True}),
    # Money
    ("UCP600.18b", "INV", {**quantity("210", "483000.01")}, {**quantity("210", "483000.00")}),
    ("UCP600.18b", "", {"made.claimed.value": "483000.01"}, {"made.claimed.value": "460000.00"}),
    ("UCP600.18b", "INV", {"made.drawn_before": "23000.01"}, {"made.drawn_before": "23000.00"}),
    ("UCP600.30c", "INV", {**quantity("190", "436999.99")}, {**quantity("190", "437000.00")}),
    ("UCP600.30c", "INV", {"terms.plus": None, "terms.minus": None, **quantity("190", "436999.99")}, {**quantity("190", "437000.00")}),
    ("UCP600.30a", "INV", {"terms.plus": None, "terms.minus": None, "terms.amount_words": "ABOUT", **quantity("180", "413999.99")},
     {**quantity("180", "414000.00")}),
    ("UCP600.14d/arithmetic", "INV", {"INV.goods.0.amount": "460000.01", "INV.total": "460000.01"}, {"INV.goods.0.amount": "460000.00", "INV.total": "460000.00"}),
    ("UCP600.14d/arithmetic", "INV", {"INV.total": "459999.99"}, {"INV.charges": [{"name": "discount", "amount": "-0.01"}]}),
    ("CREDIT.42C", "DR", {**WITH_DRAFT, "made.documents.5.tenor": {"event": "AFTER_SIGHT", "days": 30}}, {"made.documents.5.tenor": {"event": "SIGHT"}}),
    ("CREDIT.42C/dated", "DR", {**WITH_DRAFT, "made.documents.5.issued": None}, {"made.documents.5.issued": "2026-03-10"}),
    ("CREDIT.42A", "DR", {**WITH_DRAFT, "made.documents.5.drawee": "Selangor Foods Sdn. Bhd."}, {"made.documents.5.drawee": "EXKLMYKL"}),
    ("CREDIT.42C/drawer", "DR", {**WITH_DRAFT, "made.documents.5.signatures": []}, {"made.documents.5.signatures": [{"name": "CPG"}]}),
    ("CREDIT.42C/amount", "DR", {**WITH_DRAFT, "made.documents.5.amount": {"currency": "MYR", "value": "459999.99"}},
     {"made.documents.5.amount": {"currency": "MYR", "value": "460000.00"}}),
    # Goods
    ("UCP600.30b", "INV", {**BULK, **quantity("210.001", "483002.30")}, {**quantity("210", "483000.00")}),
    ("UCP600.31a", "INV", {**BULK, **quantity("189.999", "436997.70")}, {**quantity("190", "437000.00")}),
    ("UCP600.30b", "INV", {**BULK, "terms.goods.0.packing_units": True, **quantity("200.001", "460002.30")}, {**quantity("200", "460000.00")}),
    ("UCP600.30a", "INV", {**BULK, "terms.goods.0.about": True, **quantity("220.001", "506002.30")}, {**quantity("220", "506000.00")}),
    ("UCP600.30a", "INV", {"terms.goods.0.price_about": True, "terms.goods.0.unit_price": "2090.90"}, {"terms.goods.0.unit_price": "2091.00"}),
    ("UCP600.31a", "BL2", {"made.documents.+": {**SECOND_BILL, "vessel": "Straits Egret"}}, {"made.documents.+": SECOND_BILL}),
    ("UCP600.31a", "BL2", {"made.documents.+": {**SECOND_BILL, "voyage": "119S"}}, {"terms.partial_shipments": "ALLOWED"}),
    ("UCP600.32", "", {**BY_INSTALMENTS, "made.instalments_missed": [0]}, {"made.instalments_missed": []}),
    ("UCP600.32", "", {**BY_INSTALMENTS, "BL.on_board_date": "2026-02-28"}, {"BL.on_board_date": "2026-03-01"}),
    ("UCP600.32", "INV", {**BY_INSTALMENTS, "terms.instalments": [INSTALMENTS[0], {**INSTALMENTS[1], "quantity": {"value": "150", "unit": "TNE"}}]},
     {"terms.instalments": [INSTALMENTS[0], {**INSTALMENTS[1], "quantity": {"value": "200000", "unit": "KGM"}}]}),
    ("UCP600.18c", "INV", {"INV.goods_text": "Thai Hom Mali rice", "INV.goods.0.description": "Thai Hom Mali rice, crop 2025"},
     {"INV.goods.0.description": "RICE, Thai Hom Mali; crop 2025 - Grade A", "INV.goods_text": "in 50 kg bags"}),
    ("UCP600.18c", "INV", {"INV.goods_text": "Thai Hom Mali rice, grade A, crop 2025, in bags of 50 kg, damaged"}, {"terms.goods_text": "Rice, damaged"}),
    ("UCP600.18c", "INV", {"INV.goods.+": {"description": "Rice cookers", "free": True}}, {"INV.goods.1": {"description": "Thai rice", "free": True}}),
    ("UCP600.18c", "INV", {"INV.goods.+": {"description": "Rice cookers, electric", "amount": "1.00"}, "terms.goods.0.description": "Thai Hom Mali grains",
                           "terms.goods_text": "Thai Hom Mali grains", "INV.goods.0.description": "Thai Hom Mali grains", "INV.total": "460001.00"},
     {"INV.goods.1": {"description": "Inland freight and handling", "amount": "1.00"}}),
    ("UCP600.18c", "INV", {"terms.goods": [], "terms.goods_text": "200 MT Thai Jasmine rice at MYR 2,300.00 per MT"}, {"terms.goods_text": "About 200 MT Thai Hom Mali rice at MYR 2,300.00 per MT"}),
    ("UCP600.18c/price", "INV", {"terms.goods.0.unit_price": "2300.01"}, {"terms.goods.0.unit_price": "2.30", "terms.goods.0.quantity": {"value": "200000", "unit": "KGM"}}),
    ("UCP600.18c/incoterm", "INV", {"INV.incoterm": "CFR"}, {"INV.incoterm": "CIF"}),
    ("UCP600.18c/incoterm", "INV", {"INV.incoterm_place": None}, {"INV.statements": ["CIF Port Klang"]}),
    ("UCP600.18c/incoterm", "INV", {"INV.incoterm_place": {"name": "Penang"}}, {"INV.incoterm_place": {"name": "Port Klang, Malaysia"}}),
    ("UCP600.14e", "BL", {"BL.goods_text": "Wheat in bulk"}, {"BL.goods_text": "Foodstuffs"}),
    ("UCP600.14e", "COO", {"COO.goods_text": "Rice grade B"}, {"COO.goods_text": "Rice grade A"}),
    ("UCP600.14e", "PL", {"PL.goods_text": "Thai Jasmine rice"}, {"PL.goods_text": "4000 bags rice"}),
    ("UCP600.14d/quantity", "BL", {"BL.net_weight.value": "199999"}, {"BL.net_weight": {"value": "200", "unit": "MT"}}),
    ("UCP600.14d/quantity", "PL", {"PL.goods": [{"description": "Rice", "quantity": {"value": "199", "unit": "TNE"}}]},
     {"PL.goods": [{"description": "Rice", "quantity": {"value": "200000", "unit": "kg"}}]}),
    # Invoice and parties
    ("UCP600.18a.i", "INV", {"INV.issuer.name": "Mekong Grain Co., Ltd."}, {"INV.issuer.name": "Chao Phraya Grain Company Limited"}),
    ("UCP600.18a.ii", "INV", {"INV.applicant.name": "Johor Foods Sdn. Bhd."}, {"INV.applicant.name": "SELANGOR FOODS SENDIRIAN BERHAD"}),
    ("UCP600.18a.iii", "INV", {"INV.currency": "THB"}, {"INV.currency": "MYR"}),
    ("UCP600.18/form", "INV", {"INV.title": "Pro forma invoice"}, {"INV.title": "Invoice"}),
    ("UCP600.14j", "INV", {"INV.applicant.country": "SG"}, {"INV.applicant.country": "MY", "INV.applicant.address": ["99 Another Street"]}),
    ("UCP600.14j", "BL", {"BL.notify.0.address": ["99 Another Street"]}, {"BL.notify.0.address": ["42000 PORT KLANG"], "BL.notify.0.contact": ["+60 3 000"]}),
    ("UCP600.14d/party", "COO", {"COO.consignee": {"name": "A Stranger"}}, {"COO.consignee": {"name": "Selangor Foods Sdn. Bhd."}}),
    ("UCP600.14d/party", "PL", {"PL.applicant": {"name": "A Stranger"}}, {"PL.applicant": {"name": "Selangor Foods Sdn Bhd"}}),
    # Data that contradict each other
    ("UCP600.14d/weight", "BL", {"BL.gross_weight.value": "200601"}, {"BL.gross_weight": {"value": "200.6", "unit": "TNE"}}),
    ("UCP600.14d/weight", "PL", {"PL.gross_weight": {"value": "199999", "unit": "KGM"}}, {"PL.gross_weight": None}),
    ("UCP600.14d/packages", "PL", {"PL.packages.count": 3999}, {"PL.packages": {"count": 4000, "kind": "sacks"}}),
    ("UCP600.14d/packing", "PL", {"PL.packages.kind": "cartons"}, {"PL.packages.kind": "PP sacks"}),
    ("UCP600.14d/marks", "BL", {"BL.marks": ["JOHOR / 1-4000"]}, {"BL.marks": ["SELANGOR FOODS", "PORT KLANG"]}),
    ("UCP600.14d/container", "PL", {"PL.containers": [{"number": "MSCU1234566"}]}, {"PL.containers": [{"number": "CSQU 305438 3"}]}),
    ("UCP600.14d/container", "PL", {"PL.containers": [{"number": "CSQU3054383", "seal": "TH1"}]}, {"PL.containers": [{"number": "CSQU3054383", "seal": "TH118820"}]}),
    ("UCP600.14d/vessel", "INS", {"INS.vessel": "Straits Egret"}, {"INS.vessel": "M/V STRAITS HERON"}),
    ("UCP600.14d/vessel", "INS", {"INS.voyage": "119S"}, {"INS.voyage": "118-S"}),
    ("UCP600.14d/place", "INV", {"INV.loading": {"name": "Bangkok", "locode": "THBKK"}}, {"INV.loading": {"name": "Laem Chabang, Thailand"}}),
    ("UCP600.14d/reference", "PL", {"PL.invoice_number": "CPG-260302"}, {"PL.invoice_number": "CPG 260301"}),
    ("UCP600.14d/reference", "PL", {"PL.order_number": "PO 2", "INV.order_number": "PO 1"}, {"PL.order_number": "PO-1"}),
    ("UCP600.14d/shipped", "INV", {"INV.shipped": "2026-03-05"}, {"INV.shipped": "2026-03-06"}),
    ("UCP600.14d/origin", "COO", {"COO.origin": "VN"}, {"COO.origin": "TH"}),
    ("UCP600.14d/incoterm", "BL", {"BL.freight": "COLLECT", "terms.documents.1.clauses": [], "terms.documents.1.text": ""}, {"BL.freight": "PREPAID"}),
    # Carriage
    ("UCP600.26a", "BL", {"BL.on_deck": "IS"}, {"BL.on_deck": "MAY"}),
    ("UCP600.27", "BL", {"BL.defects": ["Some bags torn"]}, {"BL.defects": [], "BL.statements": ["Said to contain"]}),
    # Insurance
    ("UCP600.28a", "INS", {"INS.signatures.0.capacity": "BROKER"}, {"INS.signatures.0": {"capacity": "AGENT", "principal": "INSURER"}}),
    ("UCP600.28a", "INS", {"INS.signatures.0": {"capacity": "AGENT"}}, {"INS.signatures.0": {"capacity": "UNDERWRITER"}}),
    ("UCP600.28b", "INS", {"INS.originals": 1}, {"INS.originals": 2}),
    ("UCP600.28c", "INS", {"INS.form": "COVER_NOTE"}, {"INS.form": "DECLARATION"}),
    ("UCP600.28d", "INS", {"terms.documents.2.text": "Insurance policy", "INS.form": "CERTIFICATE"}, {"INS.form": "POLICY"}),
    ("UCP600.28e", "INS", {"INS.issued": "2026-03-07"}, {"INS.issued": "2026-03-09", "INS.effective": "2026-03-06"}),
    ("UCP600.28f.i", "INS", {"INS.insured.currency": "THB"}, {"INS.insured.currency": "MYR"}),
    ("UCP600.28f.ii", "INS", {"INS.insured.value": "505999.99"}, {"INS.insured.value": "506000.00"}),
    ("UCP600.28f.ii", "INS", {"terms.insurance.percent": 120, "INS.insured.value": "551999.99"}, {"INS.insured.value": "552000"}),
    ("UCP600.28f.iii", "INS", {"INS.cover_to": {"name": "Singapore", "locode": "SGSIN"}}, {"INS.cover_to": {"name": "PORT KLANG"}}),
    ("UCP600.28g", "INS", {"INS.risks": ["Institute Cargo Clauses (C)"]}, {"INS.risks": ["ICC (A)", "Institute War Clauses"]}),
    # Electronic records
    ("eUCP2.1.e5", "INV", {**ELECTRONIC, "INV.format": "PDF"}, {"INV.format": "json"}),
    ("eUCP2.1.e6", "", ELECTRONIC, {"made.complete": "2026-03-16"}),
    ("eUCP2.1.e6/credit", "", {**ELECTRONIC, "made.credit_number": "ANOTHER"}, {"made.credit_number": "EXKL-2026-0117"}),
]  # fmt: skip

AGENT = {
    "name": "Andaman Agencies Co., Ltd.",
    "capacity": "AGENT",
    "principal": "CARRIER",
    "principal_name": "Example Line Pte. Ltd.",
}
MASTER = {"name": "S. Chai", "capacity": "MASTER"}
AT_SEA = {"BILL_OF_LADING": "20", "SEA_WAYBILL": "21", "MULTIMODAL": "19", "CHARTER_PARTY": "22"}


def _sea(form: str, number: str) -> list[Row]:
    """What the parallel articles of carriage by sea, and partly by sea, have in common."""
    base: dict[str, Any] = {"BL.form": form, "terms.documents.1.form": form}
    signature = {} if form == "CHARTER_PARTY" else {"BL.signatures": [AGENT]}
    rows: list[Row] = [
        (f"UCP600.{number}a.i", "BL", {**base, "BL.signatures": [{"name": "Somebody"}]}, {"BL.signatures": [MASTER]}),
        (f"UCP600.{number}a.i", "BL", {**base, "BL.signatures": [{"capacity": "AGENT", "principal": "MASTER"}]},
         {"BL.signatures": [{"name": "Andaman", "capacity": "AGENT", "principal": "MASTER"}]}),
        (f"UCP600.{number}a.ii/latest", "BL", {**base, "BL.on_board_date": "2026-03-16", "made.received": "2026-03-20"}, {"BL.on_board_date": "2026-03-15"}),
        (f"UCP600.{number}a.iii", "BL", {**base, "BL.discharge": {"name": "Penang", "locode": "MYPEN"}}, {"BL.discharge": {"name": "Port Klang (Malaysia)"}}),
        (f"UCP600.{number}a.iii", "BL", {**base, "BL.loading": None}, {"BL.loading": {"locode": "THLCH"}}),
        (f"UCP600.{number}a.iv", "BL", {**base, "BL.originals": 2}, {"BL.originals": 2, "BL.originals_issued": 2}),
    ]  # fmt: skip
    if number != "19":
        rows += [
            (
                f"UCP600.{number}a.ii",
                "BL",
                {**base, "BL.shipped_on_board": False, "BL.on_board_date": None},
                {"BL.shipped_on_board": True},
            ),
            (f"UCP600.{number}a.ii", "BL", {**base, "BL.intended_vessel": True}, {"BL.on_board_vessel": "Straits Heron"}),
            (f"UCP600.{number}a.ii", "BL", {**base, "BL.vessel": ""}, {"BL.vessel": "Straits Heron"}),
        ]
    else:
        nowhere = {"BL.shipped_on_board": False, "BL.on_board_date": None, "BL.issued": None}
        rows.append((f"UCP600.{number}a.ii", "BL", {**base, **nowhere}, {"BL.received_date": "2026-03-04"}))
    if number != "22":
        rows += [
            (f"UCP600.{number}a.vi", "BL", {**base, **signature, "BL.charter_party": True}, {"BL.charter_party": False}),
            (f"UCP600.{number}c", "BL", {**base, "BL.transhipment": True, "BL.transhipment_whole_voyage": False}, {"BL.transhipment_whole_voyage": True}),
        ]  # fmt: skip
    if number in ("20", "21"):
        barred = {**base, "terms.transhipment": "NOT_ALLOWED", "BL.transhipment": True}
        rows.append((f"UCP600.{number}c", "BL", {**barred, "BL.containers": []}, {"BL.containers": [{"number": "CSQU3054383"}]}))
    return rows


for _form, _number in AT_SEA.items():
    ROWS += _sea(_form, _number)
ROWS += [
    ("UCP600.22a.i", "BL", {"BL.form": "CHARTER_PARTY", "terms.documents.1.form": "CHARTER_PARTY", "BL.signatures": [AGENT]},
     {"BL.signatures": [{"name": "A", "capacity": "AGENT", "principal": "OWNER", "principal_name": "Heron Shipping"}]}),
    ("UCP600.20a.i", "BL", {"BL.carrier": "", "BL.signatures": [MASTER]}, {"BL.carrier": "Example Line Pte Ltd"}),
    ("UCP600.20a.i", "BL", {"BL.signatures": [{"name": "Another Line", "capacity": "CARRIER"}]}, {"BL.signatures": [{"name": "Example Line Pte Ltd", "capacity": "CARRIER"}]}),
    ("UCP600.20a.vi", "BL", {"BL.form": "CHARTER_PARTY", "BL.signatures": [MASTER]}, {"BL.form": "BILL_OF_LADING"}),
    ("UCP600.20a.iii", "BL", {"BL.loading": {"name": "Bangkok", "locode": "THBKK"}}, {"BL.on_board_port": "Laem Chabang"}),
]  # fmt: skip

BY_AIR: dict[str, Any] = {"BL.form": "AIR_WAYBILL", "terms.documents.1": {"kind": "TRANSPORT", "form": "AIR_WAYBILL"}, "BL.on_board_date": None,
                          "BL.signatures": [AGENT]}  # fmt: skip
BY_ROAD: dict[str, Any] = {**BY_AIR, "BL.form": "ROAD", "terms.documents.1": {"kind": "TRANSPORT", "form": "ROAD"}}
BY_COURIER: dict[str, Any] = {**BY_AIR, "BL.form": "COURIER", "terms.documents.1": {"kind": "TRANSPORT", "form": "COURIER"}}
ROWS += [
    ("UCP600.23a.i", "BL", {**BY_AIR, "BL.carrier": "", "BL.signatures": [{"capacity": "CARRIER"}]}, {"BL.carrier": "Example Air"} | {"BL.signatures": [{"capacity": "CARRIER"}]}),
    ("UCP600.23a.iii", "BL", {**BY_AIR, "BL.issued": None}, {"BL.issued": "2026-03-05"}),
    ("UCP600.23a.iii/latest", "BL", {**BY_AIR, "BL.issued": "2026-03-16"}, {"BL.issued": "2026-03-15"}),
    ("UCP600.23a.iv", "BL", {**BY_AIR, "BL.discharge": {"locode": "SGSIN"}}, {"BL.discharge": {"locode": "MYPKG"}}),
    ("UCP600.23a.v", "BL", {**BY_AIR, "BL.original_for": "CONSIGNEE"}, {"BL.original_for": "CONSIGNOR"}),
    ("UCP600.24a.i", "BL", {**BY_ROAD, "BL.signatures": []}, {"BL.signatures": [AGENT]}),
    ("UCP600.24a.ii", "BL", {**BY_ROAD, "BL.issued": None}, {"BL.received_date": "2026-03-05"}),
    ("UCP600.24a.ii/latest", "BL", {**BY_ROAD, "BL.received_date": "2026-03-16"}, {"BL.received_date": "2026-03-15"}),
    ("UCP600.24a.iii", "BL", {**BY_ROAD, "BL.discharge": {"locode": "SGSIN"}}, {"BL.discharge": {"locode": "MYPKG"}}),
    ("UCP600.24b", "BL", {**BY_ROAD, "BL.original_for": "CONSIGNEE"}, {"BL.original_for": ""}),
    ("UCP600.25a.i", "BL", {**BY_COURIER, "BL.carrier": "", "BL.signatures": [{"capacity": "CARRIER"}]}, {"BL.carrier": "Example Line Pte. Ltd."}),
    ("UCP600.25a.ii", "BL", {**BY_COURIER, "BL.issued": None}, {"BL.shipped": "2026-03-05"}),
    ("UCP600.25a.ii/latest", "BL", {**BY_COURIER, "BL.issued": "2026-03-16"}, {"BL.issued": "2026-03-15"}),
]  # fmt: skip

# What never is a discrepancy, and has tests of its own below.
NO_DISCREPANCY = {
    "UCP600.3/period",
    "UCP600.33", "UCP600.14g", "UCP600.14h", "UCP600.14k", "UCP600.18b/invoice", "CREDIT.46A/uncompiled", "CREDIT.47A/uncompiled", "eUCP2.1.e1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "document", "breaking", "keeping"), ROWS, ids=[f"{number}-{row[0]}" for number, row in enumerate(ROWS)]
)
def test_a_rule_finds_what_breaks_it_and_not_what_keeps_it(
    rule: str, document: str, breaking: dict[str, Any], keeping: dict[str, Any]
) -> None:
    told = {(one.rule, one.document) for one in examined(breaking).of("DISCREPANCY")}
    assert (rule, document) in told
    kept = examined({**breaking, **keeping})
    assert rule not in {one.rule for one in kept.of("DISCREPANCY")}, [one.sentence() for one in kept.of("DISCREPANCY")]


def test_every_rule_is_earned() -> None:
    assert {rule for rule, *_ in ROWS} == set(RULES) - NO_DISCREPANCY
    assert len({article(rule) for rule in RULES}) >= 35


TOLD: list[tuple[str, str, str, dict[str, Any]]] = [
    ("UCP600.3/period", "QUERY", "BL", {"terms.latest_shipment": None, "terms.shipment_period": "in two lots"}),
    ("UCP600.33", "INFO", "", {"made.in_banking_hours": False}),
    ("UCP600.14g", "INFO", "EXTRA", {"made.documents.+": {"kind": "OTHER", "id": "EXTRA", "title": "Greetings"}}),
    ("UCP600.14h", "INFO", "", {"terms.conditions.+": {"text": "The vessel is not older than 15 years"}}),
    ("UCP600.14k", "INFO", "BL", {"BL.shipper": {"name": "A forwarder"}}),
    ("UCP600.26a", "INFO", "BL", {"BL.on_deck": "MAY"}),
    ("UCP600.31a", "INFO", "BL2", {"made.documents.+": SECOND_BILL}),
    ("UCP600.18b/invoice", "QUERY", "INV", {"INV.total": "483000.01", "INV.charges": [{"name": "freight", "amount": "23000.01"}], "INS.insured.value": "600000"}),
    ("CREDIT.46A/uncompiled", "QUERY", "PL", {"terms.documents.4.uncompiled": ["showing the colour of the bags"]}),
    ("CREDIT.47A/uncompiled", "QUERY", "", {"terms.conditions.+": {"text": "All documents in blue ink", "doc": "ANY"}}),
    ("CREDIT.47A/uncompiled", "QUERY", "INV", {"terms.conditions.0.clauses.0.key": "weather"}),
    ("eUCP2.1.e1", "QUERY", "INV", {"INV.electronic": True}),
    ("UCP600.14d/vessel", "QUERY", "BL", {"BL.imo": "9074728"}),
    ("UCP600.14d/vessel", "QUERY", "BL", {"BL.on_board_vessel": "Straits Egret"}),
    ("UCP600.14d/packages", "QUERY", "PL", {"PL.packages": {"count": 80, "kind": "pallets"}}),
    ("CREDIT.46A/issuer", "QUERY", "COO", {"terms.documents.3.issuer": "chamber of commerce"}),
    ("UCP600.14d/container", "QUERY", "BL", {"BL.containers.0.number": "CSQU3054384"}),
    ("UCP600.18a.i", "QUERY", "INV", {"INV.issuer.name": "Chao Prhaya Grain Co., Ltd."}),
    ("UCP600.18c", "QUERY", "INV", {"terms.goods_text": "Fragrant rice, crop 2025", "INV.goods_text": "Fragarnt rice"}),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "severity", "document", "changes"), TOLD, ids=[f"{row[0]}-{row[1]}" for row in TOLD])
def test_what_is_no_discrepancy_is_told_as_what_it_is(rule: str, severity: str, document: str, changes: dict[str, Any]) -> None:
    report = examined(changes)
    assert (rule, severity, document) in {(one.rule, one.severity, one.document) for one in report.findings}, [
        one.sentence() for one in report.findings
    ]

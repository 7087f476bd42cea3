"""Neighbours of the adjudicated presentations: one change each, by whoever wrote the rules, with the articles that may be cited for it."""

from __future__ import annotations

import copy
import json
from typing import Any

import msgspec
import pytest

from fondaco.trade.examination import BankingDays, examine_on, read_presentation, read_terms
from trade.adjudication import FOLDER, _change, _cited

BASES: dict[str, Any] = json.loads((FOLDER / "bases.json").read_text(encoding="utf-8"))
Changes = dict[str, Any]
# base | what is changed | of the terms | of the presentation | for each discrepancy the articles under which it may be cited
Row = tuple[str, str, Changes, Changes, list[list[str]]]


def inv(quantity: str, price: str, amount: str) -> Changes:
    """An invoice of one line, that adds up."""
    line = "documents.INV.goods.0"
    return {
        f"{line}.quantity.value": quantity,
        f"{line}.unit_price": price,
        f"{line}.amount": amount,
        "documents.INV.total": amount,
    }


ROWS: list[Row] = [
    ("A", "exact", {}, {}, []),
    (
        "A",
        "below 5% qty exact, partial barred",
        {},
        {**inv("19000", "5.00", "95000.00"), "documents.PL.net_weight.value": "19000"},
        [],
    ),
    (
        "A",
        "one kg below",
        {},
        {**inv("18999", "5.00", "94995.00"), "documents.PL.net_weight.value": "18999"},
        [["30", "31", "30c", "30b"]],
    ),
    (
        "A",
        "1.5 lots",
        {},
        {**inv("15000", "5.00", "75000.00"), "documents.PL.net_weight.value": "15000"},
        [["30", "31", "30c", "30b"]],
    ),
    (
        "A",
        "discount 5000",
        {},
        {"documents.INV.charges": [{"name": "discount", "amount": "-5000.00"}], "documents.INV.total": "95000.00"},
        [],
    ),
    (
        "A",
        "discount 5000.01",
        {},
        {"documents.INV.charges": [{"name": "discount", "amount": "-5000.01"}], "documents.INV.total": "94999.99"},
        [["30c"]],
    ),
    ("A", "21 days", {}, {"received": "2026-11-05"}, []),
    ("A", "22 days", {}, {"received": "2026-11-06"}, [["14c"]]),
    ("A", "after expiry", {"presentation_days": 40}, {"received": "2026-11-11"}, [["6", "29"]]),
    (
        "A",
        "latest nonbusiness not extended",
        {"latest_shipment": "2026-10-17"},
        {"documents.BL.on_board_date": "2026-10-19", "documents.BL.issued": "2026-10-19"},
        [["20", "29"]],
    ),
    (
        "A",
        "received for shipment",
        {},
        {"documents.BL.shipped_on_board": False, "documents.BL.on_board_date": None, "documents.BL.received_date": "2026-10-15"},
        [["20"]],
    ),
    ("A", "intended w/ named", {}, {"documents.BL.intended_vessel": True, "documents.BL.on_board_vessel": "Melati Contoh"}, []),
    ("A", "port with country", {}, {"documents.BL.loading": {"name": "Jakarta, Indonesia"}}, []),
    ("A", "other loading", {}, {"documents.BL.loading": {"name": "Surabaya", "locode": "IDSUB"}}, [["20a.iii"]]),
    ("A", "transh containers", {}, {"documents.BL.transhipment": True}, []),
    (
        "A",
        "transh bulk",
        {},
        {"documents.BL.transhipment": True, "documents.BL.containers": None, "documents.PL.containers": None},
        [["20c"]],
    ),
    ("A", "charter", {}, {"documents.BL.charter_party": True}, [["20a.vi"]]),
    ("A", "charter form", {}, {"documents.BL.form": "CHARTER_PARTY"}, [["20", "46A"]]),
    ("A", "seaway bill", {}, {"documents.BL.form": "SEA_WAYBILL"}, [["20", "46A", "14a"]]),
    ("A", "multimodal named", {}, {"documents.BL.form": "MULTIMODAL"}, []),
    ("A", "agent w/o principal", {}, {"documents.BL.signatures": [{"name": "X", "capacity": "AGENT"}]}, [["20a.i"]]),
    ("A", "agent for carrier", {}, {"documents.BL.signatures": [{"name": "X", "capacity": "AGENT", "principal": "CARRIER"}]}, []),
    ("A", "unsigned BL", {}, {"documents.BL.signatures": None}, [["20a.i"]]),
    (
        "A",
        "no carrier",
        {},
        {"documents.BL.carrier": None, "documents.BL.signatures": [{"name": "Tok", "capacity": "MASTER"}]},
        [["20a.i"]],
    ),
    ("A", "deck", {}, {"documents.BL.on_deck": "IS"}, [["26"]]),
    ("A", "2/3", {}, {"documents.BL.originals": 2}, [["20a.iv"]]),
    ("A", "ins 1/2", {}, {"documents.INS.originals": 1}, [["28b", "17"]]),
    ("A", "cover note", {}, {"documents.INS.form": "COVER_NOTE"}, [["28c", "28"]]),
    ("A", "policy", {}, {"documents.INS.form": "POLICY"}, []),
    ("A", "broker", {}, {"documents.INS.signatures": [{"name": "B", "capacity": "BROKER"}]}, [["28a"]]),
    ("A", "ins late", {}, {"documents.INS.issued": "2026-10-16"}, [["28e"]]),
    ("A", "ins same day", {}, {"documents.INS.issued": "2026-10-15"}, []),
    ("A", "ins unendorsed", {}, {"documents.INS.endorsed": ""}, [["46A", "28", "14"]]),
    ("A", "cover from elsewhere", {}, {"documents.INS.cover_from": {"name": "Singapore", "locode": "SGSIN"}}, [["28f"]]),
    ("A", "gross differs", {}, {"documents.BL.gross_weight.value": "20500"}, [["14d"]]),
    ("A", "net gt gross", {}, {"documents.PL.net_weight.value": "20500"}, [["14d"]]),
    ("A", "gross t", {}, {"documents.BL.gross_weight": {"value": "20.4", "unit": "TNE"}}, []),
    ("A", "vessel", {}, {"documents.INS.vessel": "Mawar Contoh"}, [["14d"]]),
    ("A", "vessel case", {}, {"documents.INS.vessel": "MV MELATI CONTOH"}, []),
    ("A", "voyage", {}, {"documents.INS.voyage": "118N"}, [["14d"]]),
    ("A", "seal", {}, {"documents.PL.containers": [{"number": "CSQU3054383", "seal": "S772"}]}, [["14d"]]),
    ("A", "inv robusta", {}, {"documents.INV.goods.0.description": "Green coffee beans, Robusta grade 1"}, [["18c"]]),
    ("A", "inv upper", {}, {"documents.INV.goods.0.description": "GREEN COFFEE BEANS ARABICA GRADE 1, crop 2026"}, []),
    ("A", "inv grade 2", {}, {"documents.INV.goods.0.description": "Green coffee beans, Arabica grade 2"}, [["18c"]]),
    ("A", "bl general", {}, {"documents.BL.goods_text": "Coffee"}, []),
    ("A", "bl foodstuffs", {}, {"documents.BL.goods_text": "Foodstuffs"}, []),
    ("A", "bl cocoa", {}, {"documents.BL.goods_text": "Cocoa beans"}, [["14e", "14d"]]),
    ("A", "bl robusta", {}, {"documents.BL.goods_text": "Robusta coffee beans"}, [["14e", "14d"]]),
    ("A", "bl stc", {}, {"documents.BL.goods_text": "400 bags said to contain green coffee beans"}, []),
    ("A", "bl roasted", {}, {"documents.BL.goods_text": "Roasted coffee beans"}, [["14e", "14d"]]),
    ("A", "bl grade 2", {}, {"documents.CO.goods_text": "Green coffee beans grade 2"}, [["14e", "14d"]]),
    ("A", "no coo", {}, {"documents.CO": None}, [["14a", "46A"]]),
    ("A", "co late", {}, {"documents.CO.issued": "2026-10-29"}, [["14i"]]),
    ("A", "co old", {}, {"documents.CO.issued": "2026-09-01"}, []),
    ("A", "co consignee stranger", {}, {"documents.CO.consignee": {"name": "Tan Foods Pte Ltd"}}, [["14d"]]),
    ("A", "co consignee bank", {}, {"documents.CO.consignee": {"name": "Bank Straits Contoh"}}, []),
    ("A", "co to order", {}, {"documents.CO.consignee": {"name": "To order"}}, []),
    ("A", "co unsigned", {}, {"documents.CO.signatures": None}, [["46A", "3", "14f"]]),
    ("A", "shipper other", {}, {"documents.BL.shipper": {"name": "Ekspedisi Contoh"}}, []),
    (
        "A",
        "applicant address other same country",
        {},
        {"documents.INV.applicant": {"name": "Lim Foods Pte Ltd", "address": ["9 Other Rd"], "country": "SG"}},
        [],
    ),
    ("A", "beneficiary abroad", {}, {"documents.INV.issuer.country": "MY"}, [["14j"]]),
    (
        "A",
        "notify address other",
        {},
        {"documents.BL.notify": [{"name": "Lim Foods Pte Ltd", "address": ["1 Other Road"], "country": "SG"}]},
        [["14j"]],
    ),
    (
        "A",
        "notify tel",
        {},
        {
            "documents.BL.notify": [
                {"name": "Lim Foods Pte Ltd", "address": ["8 Example Quay", "Singapore"], "country": "SG", "contact": ["+65"]}
            ]
        },
        [],
    ),
    ("A", "invoice to other", {}, {"documents.INV.applicant": {"name": "Tan Foods Pte Ltd"}}, [["18a.ii"]]),
    ("A", "invoice by other", {}, {"documents.INV.issuer": {"name": "Teh Nusantara PT", "country": "ID"}}, [["18a.i"]]),
    ("A", "proforma", {}, {"documents.INV.proforma": True}, [["18"]]),
    ("A", "line wrong", {}, {"documents.INV.goods.0.amount": "99999.99"}, [["14d", "18"]]),
    ("A", "total wrong", {}, {"documents.INV.total": "99999.99"}, [["14d", "18"]]),
    (
        "A",
        "free samples",
        {},
        {"documents.INV.goods.1": {"description": "Roasted coffee samples", "free": True}},
        [["18c", "18"]],
    ),
    ("A", "invoice no place", {}, {"documents.INV.incoterm_place": None}, [["18c", "18"]]),
    (
        "A",
        "incoterm other port",
        {},
        {"documents.INV.incoterm_place": {"name": "Port Klang", "locode": "MYPKG"}},
        [["18c", "18", "14d"]],
    ),
    ("A", "freight collect", {}, {"documents.BL.freight": "COLLECT"}, [["46A", "14d"]]),
    ("A", "freight as statement", {}, {"documents.BL.freight": "", "documents.BL.statements": ["Freight prepaid"]}, []),
    (
        "A",
        "PL no data",
        {},
        {
            "documents.PL.packages": None,
            "documents.PL.gross_weight": None,
            "documents.PL.net_weight": None,
            "documents.PL.containers": None,
        },
        [["14f", "14a", "46A"]],
    ),
    (
        "A",
        "all docs number",
        {"conditions": [{"text": "All documents must show the credit number"}]},
        {},
        [["47A"], ["47A"], ["47A"], ["47A"]],
    ),
    ("A", "invoice copies instead", {}, {"documents.INV.originals": 0, "documents.INV.copies": 3}, [["17"]]),
    (
        "A",
        "overdrawn claim ok",
        {},
        {
            **inv("20000", "5.00", "100000.00"),
            "documents.INV.charges": [{"name": "h", "amount": "10.00"}],
            "documents.INV.total": "100010.00",
            "claimed": {"currency": "SGD", "value": "100000.00"},
            "documents.INS.insured.value": "120000",
        },
        [],
    ),
    ("A", "drawn before", {"partial_shipments": "ALLOWED"}, {"drawn_before": "0.01"}, [["18b"]]),
    ("A", "bags vs cartons", {}, {"documents.PL.packages": {"count": 400, "kind": "cartons"}}, [["14d"]]),
    ("A", "corrected BL", {}, {"documents.BL.corrected": True}, [["14d", "20"]]),
    ("A", "name legal form", {}, {"documents.INV.applicant.name": "LIM FOODS PRIVATE LIMITED"}, []),
    ("A", "PT first", {}, {"documents.INV.issuer.name": "PT. Kopi Nusantara"}, []),
    ("A", "all risks", {"insurance": {"percent": 110, "risks": ["All risks"]}}, {}, []),
    ("A", "120%", {"insurance": {"percent": 120, "risks": []}}, {}, [["28f"]]),
    ("A", "inv older than LC", {}, {"documents.INV.issued": "2026-08-01"}, []),
    ("B", "exact", {}, {}, []),
    (
        "B",
        "5% charges",
        {},
        {"documents.INV.charges": [{"name": "packing", "amount": "2500000"}], "documents.INV.total": "52500000"},
        [],
    ),
    (
        "B",
        "5% +1",
        {},
        {"documents.INV.charges": [{"name": "packing", "amount": "2500001"}], "documents.INV.total": "52500001"},
        [["18b", "39A", "30"]],
    ),
    (
        "B",
        "9 machines ok",
        {},
        {**inv("9", "5000000", "45000000"), "documents.BL.packages.count": 9, "documents.QC.packages.count": 9},
        [],
    ),
    ("B", "model other", {}, {"documents.INV.goods.0.description": "Injection moulding machine, model HC-30"}, [["18c"]]),
    ("B", "BL model other", {}, {"documents.BL.goods_text": "Injection moulding machines model HC-30"}, [["14e", "14d"]]),
    ("B", "day 10", {}, {"received": "2026-10-06"}, []),
    ("B", "consigned to other", {}, {"documents.BL.consignee": {"name": "Other Sdn Bhd"}}, [["46A", "20", "14"]]),
    (
        "B",
        "to order",
        {},
        {"documents.BL.consignee": None, "documents.BL.order": "TO_ORDER", "documents.BL.endorsed": "BLANK"},
        [["46A", "20", "14"]],
    ),
    ("B", "inspected late", {}, {"documents.QC.inspected": "2026-10-01", "documents.QC.issued": "2026-10-01"}, [["46A", "14"]]),
    ("B", "QC by another", {}, {"documents.QC.issuer.name": "Busan Survey"}, [["46A", "14"]]),
    ("B", "QC unsigned", {}, {"documents.QC.signatures": None}, [["46A", "14"]]),
    ("B", "freight prepaid", {}, {"documents.BL.freight": "PREPAID"}, [["46A", "14"]]),
    ("B", "used machines", {}, {"documents.INV.goods.0.description": "Used injection moulding machine, model HC-20"}, [["18c"]]),
    (
        "B",
        "agent no name",
        {},
        {"documents.BL.signatures": [{"capacity": "AGENT", "principal": "CARRIER", "principal_name": "Hanbada Lines"}]},
        [["20a.i"]],
    ),
    ("B", "transh barred", {}, {"documents.BL.transhipment": True}, [["20c", "20"]]),
    (
        "B",
        "latest",
        {},
        {"documents.BL.on_board_date": "2026-10-01", "documents.BL.issued": "2026-10-01"},
        [["20", "44C", "14", "29"]],
    ),
    ("B", "about +5", {"shipment_about": "2026-09-20", "latest_shipment": None}, {}, []),
    ("B", "about +6", {"shipment_about": "2026-09-19", "latest_shipment": None}, {}, [["3"]]),
    ("B", "packages QC", {}, {"documents.QC.packages.count": 9}, [["14d"]]),
    ("B", "price", {}, inv("10", "4999999", "49999990"), [["18c"]]),
    ("B", "origin invoice", {}, {"documents.INV.goods.0.origin": "CN"}, [["14d", "46A", "18c"]]),
    ("C", "exact", {}, {}, []),
    (
        "C",
        "over 10",
        {},
        {
            **inv("110.001", "15000.00", "1650015.00"),
            "documents.DR.amount.value": "1650015.00",
            "documents.BL.net_weight.value": "110001",
            "documents.BL.gross_weight.value": "112000",
        },
        [["18b", "30"], ["30"]],
    ),
    (
        "C",
        "90",
        {},
        {
            **inv("90", "15000.00", "1350000.00"),
            "documents.DR.amount.value": "1350000.00",
            "documents.BL.net_weight.value": "90000",
        },
        [],
    ),
    (
        "C",
        "89.999",
        {},
        {
            **inv("89.999", "15000.00", "1349985.00"),
            "documents.DR.amount.value": "1349985.00",
            "documents.BL.net_weight.value": "89999",
        },
        [["30", "31"]],
    ),
    ("C", "tenor", {}, {"documents.DR.tenor.days": 60}, [["42", "46A", "14"]]),
    ("C", "draft unsigned", {}, {"documents.DR.signatures": None}, [["42", "46A", "14"]]),
    (
        "C",
        "draft by other",
        {},
        {"documents.DR.issuer.name": "Another Co Ltd", "documents.DR.signatures": [{"name": "Another Co Ltd"}]},
        [["42", "46A", "14"]],
    ),
    ("C", "no draft", {}, {"documents.DR": None}, [["14a", "42", "46A"]]),
    ("C", "notice late", {}, {"complete": "2026-09-16"}, [["6", "eUCP", "14c"]]),
    ("C", "notice after 21 days", {}, {"complete": "2026-09-11"}, [["14c"]]),
    ("C", "net differs", {}, {"documents.BL.net_weight.value": "99000"}, [["14d"]]),
    ("C", "broken 5%", {}, {"documents.INV.goods.0.description": "Thai white rice, 5% broken"}, []),
    ("C", "broken 10%", {}, {"documents.INV.goods.0.description": "Thai white rice, 10 per cent broken"}, [["18c"]]),
    ("C", "BL 25% broken", {}, {"documents.BL.goods_text": "Thai white rice 25% broken"}, [["14e", "14d"]]),
    ("C", "unendorsed", {}, {"documents.BL.endorsed": ""}, [["46A", "20", "14"]]),
    ("C", "order other", {}, {"documents.BL.order": "Luzon Rice Contoh Inc"}, [["46A", "20", "14"]]),
    ("C", "fum vessel", {}, {"documents.FUM.vessel": "Other"}, [["14d"]]),
    ("C", "no fum", {}, {"documents.FUM": None}, [["14a", "46A"]]),
    ("C", "draft THB vs USD", {}, {"documents.DR.amount.currency": "USD"}, [["42", "18", "14d", "46A"]]),
    ("C", "BIC drawee", {}, {"documents.DR.drawee": "ZZBAPH01"}, []),
    ("C", "credit no", {}, {"credit_number": "LC-C-0009"}, [["eUCP", "14d"]]),
    ("C", "net lbs", {}, {"documents.FUM.net_weight": {"value": "100000", "unit": "LBR"}}, [["14d"]]),
]


@pytest.mark.parametrize(("base", "name", "terms", "made", "expected"), ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_one_change_is_one_discrepancy_or_none(
    base: str, name: str, terms: Changes, made: Changes, expected: list[list[str]]
) -> None:
    tree = copy.deepcopy(BASES[base])
    for path, value in terms.items():
        _change(tree["terms"], path.split("."), value)
    for path, value in made.items():
        steps = path.split(".")
        if steps[-2:] == ["goods", "1"]:
            next(one for one in tree["presentation"]["documents"] if one["id"] == steps[1])["goods"].append(value)
        else:
            _change(tree["presentation"], steps, value)
    credit, presentation = (
        reading(json.dumps(tree[part]).encode()) for part, reading in (("terms", read_terms), ("presentation", read_presentation))
    )
    report = examine_on(credit, presentation, msgspec.convert(tree["banking"], BankingDays))
    told = report.of("DISCREPANCY")
    assert [one.sentence() for one in told if not any(_cited(one.rule, articles) for articles in expected)] == []
    assert [articles for articles in expected if not any(_cited(one.rule, articles) for one in told)] == []

"""A credit that came as SWIFT MT 700: its terms are those of its JSON, as far as a message holds them."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import MalformedMessage
from fondaco.trade import mt
from fondaco.trade.examination import BankingDays, Terms, examine_on, lint, read_presentation, read_terms, terms_of_mt
from mt_messages import messages
from trade.presented import FOLDER

RAW = (FOLDER / "credit.mt700").read_bytes()
CREDIT = mt.credit_terms(mt.read(RAW, "700"))
SAME = (
    "number", "issued", "expiry", "currency", "amount", "plus", "minus", "available_by", "partial_shipments", "transhipment", "latest_shipment",
    "presentation_days", "incoterm", "confirmation", "rules", "transferable",
)  # fmt: skip


def test_the_message_and_the_json_are_one_credit() -> None:
    terms, other = terms_of_mt(CREDIT, "EXKLMYK1"), read_terms((FOLDER / "credit.json").read_bytes())
    assert {name: getattr(terms, name) for name in SAME} == {name: getattr(other, name) for name in SAME}
    assert [(one.kind, one.form, one.full_set) for one in terms.documents] == [
        ("INVOICE", "", False), ("TRANSPORT", "BILL_OF_LADING", True), ("INSURANCE", "", False), ("ORIGIN", "", False), ("PACKING_LIST", "", False),
    ]  # fmt: skip
    assert terms.issuing_bank.id == "EXKLMYK1"


@pytest.mark.parametrize(
    ("name", "told"),
    [("clean", []), ("discrepant", ["UCP600.14d/weight", "UCP600.27", "UCP600.28e", "UCP600.28f.ii", "CREDIT.47A"])],
)
def test_presentations_are_examined_against_the_message(name: str, told: list[str]) -> None:
    made = read_presentation((FOLDER / f"{name}.json").read_bytes())
    report = examine_on(terms_of_mt(CREDIT, "EXKLMYK1"), made, BankingDays())
    assert [one.rule for one in report.of("DISCREPANCY")] == told
    assert report.of("QUERY") == ()


# The credit's words | what is demanded
DEMANDS: list[tuple[str, dict[str, Any]]] = [
    ("SIGNED COMMERCIAL INVOICE IN TRIPLICATE", {"kind": "INVOICE", "originals": 1, "copies": 2, "signed": True}),
    ("COMMERCIAL INVOICE IN 3 ORIGINALS AND 2 COPIES", {"kind": "INVOICE", "originals": 3, "copies": 2}),
    ("COPY OF SEA WAYBILL", {"kind": "TRANSPORT", "form": "SEA_WAYBILL", "originals": 0, "copies": 1}),
    ("FULL SET OF CHARTER PARTY BILLS OF LADING, FREIGHT PREPAID", {"kind": "TRANSPORT", "form": "CHARTER_PARTY", "full_set": True}),
    ("AIR WAYBILL CONSIGNED TO THE ISSUING BANK", {"kind": "TRANSPORT", "form": "AIR_WAYBILL"}),
    ("MULTIMODAL TRANSPORT DOCUMENT", {"kind": "TRANSPORT", "form": "MULTIMODAL"}),
    ("CMR CONSIGNMENT NOTE SHOWING THE TRUCK NUMBER", {"kind": "TRANSPORT", "form": "ROAD", "uncompiled": ("CMR CONSIGNMENT NOTE SHOWING THE TRUCK NUMBER",)}),
    ("RAILWAY CONSIGNMENT NOTE", {"kind": "TRANSPORT", "form": "RAIL"}),
    ("COURIER RECEIPT", {"kind": "TRANSPORT", "form": "COURIER"}),
    ("CERTIFICATE OF THAI ORIGIN ISSUED BY CHAMBER OF COMMERCE", {"kind": "ORIGIN", "issuer": "CHAMBER OF COMMERCE", "uncompiled": ("CERTIFICATE OF THAI ORIGIN ISSUED BY CHAMBER OF COMMERCE",)}),
    ("INSPECTION CERTIFICATE ISSUED BY EXAMPLE SURVEY", {"kind": "INSPECTION", "title": "INSPECTION CERTIFICATE", "issuer": "EXAMPLE SURVEY"}),
    ("FUMIGATION CERTIFICATE IN DUPLICATE", {"kind": "OTHER", "title": "FUMIGATION CERTIFICATE", "originals": 1, "copies": 1}),
    ("BENEFICIARY'S CERTIFICATE STATING THAT DOCUMENTS WERE SENT", {"kind": "OTHER", "title": "BENEFICIARY'S CERTIFICATE", "uncompiled": ("BENEFICIARY'S CERTIFICATE STATING THAT DOCUMENTS WERE SENT",)}),
    ("PACKING LIST SHOWING THE COLOUR OF EACH BAG", {"kind": "PACKING_LIST", "uncompiled": ("PACKING LIST SHOWING THE COLOUR OF EACH BAG",)}),
    ("DRAFTS IN DUPLICATE", {"kind": "DRAFT", "originals": 1, "copies": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("words", "expected"), DEMANDS, ids=[words[:30] for words, _ in DEMANDS])
def test_demands_are_read_by_the_words_that_banks_use(words: str, expected: dict[str, Any]) -> None:
    (demand,) = terms_of_mt(msgspec.structs.replace(CREDIT, documents=(words,))).documents
    assert {name: getattr(demand, name) for name in {*expected, "uncompiled"}} == {"uncompiled": (), **expected}
    assert demand.text == words


@pytest.mark.parametrize(
    ("words", "event", "days"),
    [("SIGHT", "SIGHT", 0), ("90 DAYS AFTER SIGHT", "AFTER_SIGHT", 90), ("AT 60 DAYS FROM B/L DATE", "AFTER_SHIPMENT", 60), ("30 DAYS INVOICE DATE", "AFTER_INVOICE", 30)],
)  # fmt: skip
def test_tenors_in_words(words: str, event: str, days: int) -> None:
    credit = msgspec.structs.replace(CREDIT, drafts_at=words, drawee=mt.Party("EXKLMYK1"))
    draft = terms_of_mt(credit).draft
    assert draft is not None
    assert (draft.tenor.event, draft.tenor.days, draft.drawee) == (event, days, "EXKLMYK1")


def test_a_tenor_in_other_words_is_for_a_person() -> None:
    terms = terms_of_mt(msgspec.structs.replace(CREDIT, drafts_at="WHEN THE SHIP COMES IN", drawee=mt.Party("EXKLMYK1")))
    assert terms.draft is None
    assert terms.conditions[0].doc == "DRAFT"


def test_insurance_and_days_and_any_bank() -> None:
    credit = msgspec.structs.replace(
        CREDIT, documents=("INSURANCE POLICY FOR 120 PCT, ALL RISKS AND INSTITUTE WAR CLAUSES (CARGO)",), days_text="AFTER FCR", available_with=mt.Party(lines=("ANY BANK IN THAILAND",))
    )  # fmt: skip
    terms = terms_of_mt(credit)
    assert terms.insurance is not None
    assert (terms.insurance.percent, len(terms.insurance.risks)) == (120, 2)
    assert terms.available_with is None
    assert terms.conditions[0].text == "Period for presentation: AFTER FCR"
    assert terms.expiry == date(2026, 4, 10)


@pytest.mark.parametrize(
    ("change", "where"),
    [({"available_by": "BY MIXED PYMT"}, "41a"), ({"rules": "ISP LATEST VERSION"}, "40E"), ({"rules": "OTHR"}, "40E")],
)
def test_what_no_terms_hold_is_refused(change: dict[str, str], where: str) -> None:
    with pytest.raises(MalformedMessage) as fault:
        terms_of_mt(msgspec.structs.replace(CREDIT, **change))
    assert fault.value.refusal.where == where


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_a_lawful_message_says_has_terms_or_a_place(data: st.DataObject) -> None:
    message = data.draw(messages(data.draw(st.sampled_from(["700", "710", "720"]))))
    try:
        terms = terms_of_mt(mt.credit_terms(message), message.sender)
    except MalformedMessage as fault:
        assert fault.refusal.where
        return
    assert isinstance(lint(terms), tuple)
    assert read_terms(msgspec.json.encode(terms)) == terms
    assert isinstance(terms, Terms)

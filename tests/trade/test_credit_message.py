"""A credit's message as terms of examination: what is understood is a term, what is not goes to a person, and nothing is lost or guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import MalformedMessage, Money
from fondaco.trade import credit_message, mt
from fondaco.trade.credit_words import condition_of, demand_of, incoterm_of, insured_percent, insured_risks, tenor_of
from fondaco.trade.examination import RefusalNotice, lint, read_terms
from fondaco.trade.examination.compiling import clauses_of
from mt_messages import messages

FIELDS = [
    ("27", "1/1"), ("40A", "IRREVOCABLE TRANSFERABLE"), ("20", "LC-000001"), ("31C", "261102"), ("40E", "UCP LATEST VERSION"), ("31D", "270131BANGKOK"),
    ("50", "TAN WEI TRADING\n12 CYCLE SQUARE"), ("59", "SOMCHAI FOODS\nBANGKOK"), ("32B", "SGD100000,5"), ("39A", "10/05"), ("41D", "ANY BANK IN THAILAND\nBY NEGOTIATION"),
    ("42C", "90 DAYS AFTER SIGHT"), ("42A", "ZZBASG01"), ("43P", "NOT ALLOWED"), ("43T", "ALLOWED"), ("44E", "LAEM CHABANG, THAILAND"), ("44F", "SINGAPORE"), ("44C", "270110"),
    ("45A", "+400 DRUMS OF COCONUT OIL\nCIF SINGAPORE"),
    ("46A", "+SIGNED COMMERCIAL INVOICE IN 3 COPIES\n+FULL SET OF CLEAN ON BOARD BILLS OF LADING MADE OUT TO\nORDER AND MARKED FREIGHT PREPAID\n"
            "+INSURANCE POLICY IN DUPLICATE FOR 120 PCT OF INVOICE VALUE\n+BENEFICIARY'S CERTIFICATE STATING THAT ALL IS NEW"),
    ("47A", "+ALL DOCUMENTS MUST SHOW THE CREDIT NUMBER\n+GOODS ARE FOR HUMAN CONSUMPTION"), ("48", "15"), ("49", "MAY ADD"), ("58A", "ZZBATH01"),
]  # fmt: skip


def compiled(**changes: str) -> credit_message.Compiled:
    fields = [(tag, changes.get(f"f{tag}", text)) for tag, text in FIELDS]
    message = mt.compose("700", fields, mt.headers("700", "ZZBASG01", "ZZBATH01"))
    return credit_message.terms_of(mt.credit_terms(message), message.sender)


def test_a_credit_becomes_terms_that_can_be_issued() -> None:
    terms = compiled().terms
    assert terms is not None
    assert (terms.number, terms.issued, terms.expiry, terms.transferable) == (
        "LC-000001",
        date(2026, 11, 2),
        date(2027, 1, 31),
        True,
    )
    assert (terms.currency, terms.amount, terms.plus, terms.minus) == ("SGD", Decimal("100000.50"), 10, 5)
    assert terms.available_by == "NEGOTIATION" and terms.available_with is None and terms.confirmation == "MAY_ADD"
    assert terms.issuing_bank.id == "ZZBASG01" and terms.confirming_bank is not None and terms.confirming_bank.country == "TH"
    assert terms.draft is not None and (terms.draft.tenor.event, terms.draft.tenor.days) == ("AFTER_SIGHT", 90)
    assert (terms.partial_shipments, terms.transhipment) == ("NOT_ALLOWED", "ALLOWED")
    assert (terms.incoterm, terms.incoterm_place and terms.incoterm_place.name) == ("CIF", "SINGAPORE")
    assert terms.applicant.address == ("12 CYCLE SQUARE",) and terms.presentation_days == 15
    assert terms.insurance is not None and terms.insurance.percent == 120
    assert not [one for one in lint(terms) if one.severity == "DISCREPANCY"]
    assert read_terms(msgspec.json.encode(terms)) == terms


def test_what_is_left_to_people_is_said_field_by_field() -> None:
    left = compiled(f48="15/AFTER RECEIPT", f42C="WHEN THE MOON IS FULL").open
    assert [one.field for one in left] == ["42C", "45A", "46A", "47A", "47A", "48"]
    assert left[2].text.startswith("BENEFICIARY'S CERTIFICATE")


@pytest.mark.parametrize(
    ("changes", "field"), [({"f40E": "ISP LATEST VERSION"}, "40E"), ({"f41D": "ANY BANK\nBY MIXED PYMT"}, "41a")]
)
def test_a_credit_of_another_kind_has_no_terms(changes: dict[str, str], field: str) -> None:
    found = compiled(**changes)
    assert found.terms is None and field in [one.field for one in found.open]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COMMERCIAL INVOICE", ("INVOICE", "", 1, 0, False, False, False)),
        ("SIGNED COMMERCIAL INVOICE IN TRIPLICATE", ("INVOICE", "", 1, 2, False, True, False)),
        ("INVOICE IN 2 ORIGINALS AND 1 COPY", ("INVOICE", "", 2, 1, False, False, False)),
        ("PACKING LIST IN THREE-FOLD", ("PACKING_LIST", "", 1, 2, False, False, False)),
        ("PACKING LIST SHOWING THE INVOICE NUMBER", ("PACKING_LIST", "", 1, 0, False, False, False)),
        ("FULL SET 3/3 OF MARINE BILLS OF LADING", ("TRANSPORT", "BILL_OF_LADING", 1, 0, True, False, False)),
        ("CHARTER PARTY BILL OF LADING", ("TRANSPORT", "CHARTER_PARTY", 1, 0, False, False, False)),
        ("MULTIMODAL TRANSPORT DOCUMENT", ("TRANSPORT", "MULTIMODAL", 1, 0, False, False, False)),
        ("BILL OF LADING MADE OUT TO ORDER OF ISSUING BANK", ("TRANSPORT", "BILL_OF_LADING", 1, 0, False, False, False)),
        ("BILL OF LADING BLANK ENDORSED", ("TRANSPORT", "BILL_OF_LADING", 1, 0, False, False, False)),
        ("PACKING LIST SHOWING THE COLOUR OF EACH BAG", ("PACKING_LIST", "", 1, 0, False, False, True)),
        ("BENEFICIARY'S CERTIFICATE STATING THAT DOCUMENTS WERE SENT", ("OTHER", "", 1, 0, False, False, True)),
        ("CERTIFICATE OF ORIGIN ISSUED BY CHAMBER OF COMMERCE", ("ORIGIN", "", 1, 0, False, False, False)),
        ("INSURANCE POLICY FOR 120 PCT OF CIF VALUE, ALL RISKS", ("INSURANCE", "", 1, 0, False, False, False)),
        ("CERTIFICATE OF ORIGIN", ("ORIGIN", "", 1, 0, False, False, False)),
        ("FUMIGATION CERTIFICATE", ("OTHER", "", 1, 0, False, False, False)),
    ],
)
def test_demands(text: str, expected: tuple[object, ...]) -> None:
    one = demand_of(text)
    assert (one.kind, one.form, one.originals, one.copies, one.full_set, one.signed, bool(one.uncompiled)) == expected
    assert one.text == text


def test_a_document_without_a_kind_is_known_by_its_name() -> None:
    assert demand_of("BENEFICIARY'S CERTIFICATE STATING THAT ALL IS NEW").title == "BENEFICIARY'S CERTIFICATE"
    assert demand_of("Weight list, in 2 copies").title == "WEIGHT LIST"
    assert demand_of("STATING NOTHING").title == "STATING NOTHING"


def test_what_is_understood_of_a_bill_of_lading_becomes_a_clause_when_it_is_examined() -> None:
    terms = compiled().terms
    assert terms is not None
    one = demand_of("BILL OF LADING MADE OUT TO ORDER MARKED FREIGHT COLLECT")
    assert (one.clauses, one.uncompiled) == ((), ())
    assert [(clause.key, clause.expected) for clause in clauses_of(one.text, one.kind, terms)] == [
        ("freight", "COLLECT"),
        ("order", "SHIPPER"),
    ]
    assert demand_of("CERTIFICATE OF ORIGIN ISSUED BY CHAMBER OF COMMERCE").issuer == "CHAMBER OF COMMERCE"
    assert insured_risks("POLICY, ALL RISKS AND INSTITUTE WAR CLAUSES (CARGO)") == ("ALL RISKS", "INSTITUTE WAR CLAUSES")


@settings(deadline=None)
@given(st.text(alphabet=mt.Z, min_size=1, max_size=80))
def test_any_words_are_taken_and_none_are_dropped(text: str) -> None:
    one = demand_of(text)
    assert one.text == text and (one.uncompiled in ((), (text,)))
    assert condition_of(text).text == text
    tenor_of(text)
    incoterm_of((text,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIGHT", ("SIGHT", 0)),
        ("AT SIGHT.", ("SIGHT", 0)),
        ("60 DAYS FROM B/L DATE", ("AFTER_SHIPMENT", 60)),
        ("AT 60 DAYS AFTER DATE OF SHIPMENT", ("AFTER_SHIPMENT", 60)),
        ("30 DAYS AFTER INVOICE DATE", ("AFTER_INVOICE", 30)),
        ("60 DAYS AFTER SIGHT FOR 80 PCT", None),
        ("60 DAYS", None),
    ],
)
def test_tenors(text: str, expected: tuple[str, int] | None) -> None:
    found = tenor_of(text)
    assert (None if found is None else (found.event, found.days)) == expected


def test_conditions_name_a_document_or_none() -> None:
    assert condition_of("ALL DOCUMENTS IN ENGLISH").doc == "ANY"
    assert condition_of("INVOICE MUST SHOW THE HS CODE").doc == "INVOICE"
    assert condition_of("GOODS ARE NEW").doc == ""


def test_two_trade_terms_are_none() -> None:
    assert incoterm_of(("A CIF SINGAPORE", "B FOB BANGKOK")) is None
    assert incoterm_of(("A FOB LAEM CHABANG, INCOTERMS 2020",)) == ("FOB", "LAEM CHABANG")
    assert insured_percent("FOR 110% OF CIF VALUE") == 110 and insured_percent("ALL RISKS") is None


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["700", "710", "720"]).flatmap(messages))
def test_every_credit_that_can_be_read_comes_to_terms_or_to_what_is_open(message: mt.Message) -> None:
    found = credit_message.terms_of(mt.credit_terms(message), "ZZBASG01")
    assert found.terms is not None or found.open
    if found.terms is not None:
        assert read_terms(msgspec.json.encode(found.terms)) == found.terms


def test_a_notice_of_refusal_goes_as_mt_734() -> None:
    notice = RefusalNotice(
        credit_number="LC-000001",
        presented=date(2026, 11, 10),
        by_day=date(2026, 11, 17),
        claimed="90000.00 SGD",
        discrepancies=(
            "TRANSPORT shipped shows 2027-01-11, the credit: 2027-01-10 (UCP600.14c)",
            "INVOICE goods shows “Kokosöl” (UCP600.18c)",
        ),
        disposal="NOTIFY",
    )
    message = credit_message.refusal_of(notice, "PRES-1", Money("SGD", 9_000_000), mt.headers("734", "ZZBASG01", "ZZBATH01"))
    view = mt.drawing(mt.read(mt.write(message)))
    assert view.disposal == "NOTIFY" and view.related == "PRES-1" and view.day == "2026-11-10"
    assert view.discrepancies[0] == notice.discrepancies[0] and 'shows "Kokosol"' in view.discrepancies[1]
    endless = msgspec.structs.replace(notice, discrepancies=tuple("X" * 49 + str(at) for at in range(40)))
    with pytest.raises(MalformedMessage, match="rule length"):
        credit_message.refusal_of(endless, "PRES-1", Money("SGD", 1))

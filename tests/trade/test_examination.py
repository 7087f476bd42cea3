"""The examination as a whole: stable, exact, in time, and nothing that isn't demanded counts against the presenter."""

from __future__ import annotations

import json
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import Calendar, MalformedMessage
from fondaco.trade.examination import (
    BankingDays,
    days_of,
    examine_on,
    lint,
    precheck,
    read_presentation,
    read_terms,
    refusal_notice,
    unfit,
)  # fmt: skip
from fondaco.trade.examination.normal import misprinted, near, same_party
from fondaco.trade.transport_code import container_fault, imo_fault
from trade.adjudication import cases, score
from trade.presented import CLEAN, CREDIT, FOLDER, build, examined

TERMS = read_terms((FOLDER / "credit.json").read_bytes())


def test_the_clean_example_complies_without_a_word() -> None:
    report = examine_on(TERMS, read_presentation((FOLDER / "clean.json").read_bytes()), BankingDays())
    assert report.proposal == "COMPLYING"
    assert report.findings == ()


def test_the_discrepant_example_is_found_out() -> None:
    report = examine_on(TERMS, read_presentation((FOLDER / "discrepant.json").read_bytes()), BankingDays())
    assert [(one.rule, one.document) for one in report.findings] == [
        ("UCP600.14d/weight", "BL"),
        ("UCP600.27", "BL"),
        ("UCP600.28e", "INS"),
        ("UCP600.28f.ii", "INS"),
        ("CREDIT.47A", "PL"),
    ]
    assert report.proposal == "DISCREPANT"


def test_a_finding_names_both_places_and_both_values() -> None:
    (one,) = examined({"BL.gross_weight.value": "200601"}).of("DISCREPANCY")
    assert (one.document, one.where, one.found) == ("BL", "gross_weight", "200601 KGM")
    assert (one.other, one.other_where, one.expected) == ("INV", "gross_weight", "200600 KGM")
    (one,) = examined({"INV.total": "460000.01", "INS.insured.value": "600000"}).of("DISCREPANCY")
    assert one.path == "/Invoice/LegalMonetaryTotal/PayableAmount"


# Clocks


def test_an_expiry_on_a_closed_day_moves_and_says_so() -> None:
    changes = {
        "terms.expiry": "2026-03-28",
        "terms.latest_shipment": "2026-03-15",
        "made.received": "2026-03-30",
        "terms.presentation_days": 60,
    }
    report = examined(changes)  # the 28th is a Saturday
    assert [(one.rule, one.severity) for one in report.findings] == [("UCP600.6e", "INFO")]
    assert "UCP600.6e" in {one.rule for one in examined({**changes, "made.received": "2026-03-31"}).of("DISCREPANCY")}
    assert not examined({**changes, "made.received": "2026-03-31"}, "2026-03-30").of("DISCREPANCY")


def test_what_comes_after_the_bank_has_closed_counts_for_the_next_day() -> None:
    late = {"made.received": "2026-04-10", "made.in_banking_hours": False, "terms.presentation_days": 60}
    assert {one.rule for one in examined(late).of("DISCREPANCY")} == {"UCP600.6e"}


def test_the_latest_day_of_shipment_is_never_moved() -> None:
    late = {"terms.latest_shipment": "2026-03-07", "BL.on_board_date": "2026-03-09"}  # a Saturday, and the Monday after it
    assert "UCP600.20a.ii/latest" in {one.rule for one in examined(late).of("DISCREPANCY")}


def test_the_five_days_of_a_bank_leave_out_what_its_calendar_closes() -> None:
    terms, made = build({})
    assert days_of(terms, made, BankingDays()).examined_by == date(2026, 3, 23)
    assert days_of(terms, made, BankingDays(closed=(date(2026, 3, 18),))).examined_by == date(2026, 3, 24)
    assert days_of(terms, made, BankingDays(weekend=(4, 5))).examined_by == date(
        2026, 3, 23
    )  # 16 March is a Monday, Friday and Saturday are closed


def test_a_calendar_of_the_hub_counts_as_well() -> None:
    calendar = Calendar("Asia/Bangkok", time(8), time(17), frozenset({5, 6}), date(2027, 1, 1))
    terms, made = build({})
    assert days_of(terms, made, calendar) == days_of(terms, made, BankingDays())


def test_electronic_records_are_presented_with_their_notice_of_completeness() -> None:
    late = {"terms.rules": "EUCP", "INV.electronic": True, "made.complete": "2026-04-13", "terms.presentation_days": 60}
    assert {one.rule for one in examined(late).of("DISCREPANCY")} == {"UCP600.6e"}


# Money is exact in every currency


@pytest.mark.parametrize(
    ("currency", "least", "less"),
    [("KRW", "506000", "505999"), ("BHD", "506000.000", "505999.999"), ("MYR", "506000.00", "505999.99")],
)
def test_cover_is_measured_to_the_minor_unit(currency: str, least: str, less: str) -> None:
    changes = {
        "terms.currency": currency,
        "INV.currency": currency,
        "made.claimed.currency": currency,
        "INS.insured.currency": currency,
    }
    assert not examined({**changes, "INS.insured.value": least}).of("DISCREPANCY")
    assert [one.rule for one in examined({**changes, "INS.insured.value": less}).of("DISCREPANCY")] == ["UCP600.28f.ii"]


@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999.99"), places=2), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_a_claim_is_overdrawn_from_one_minor_unit_on(amount: Decimal, plus: int) -> None:
    terms, made = build({"terms.amount": str(amount), "terms.plus": plus, "terms.partial_shipments": "ALLOWED"})
    most = terms.maximum_minor()
    for minor, over in ((most, False), (most + 1, True)):
        claim = {"currency": "MYR", "value": str(Decimal(minor).scaleb(-2))}
        _, made = build({"made.claimed": claim})
        rules = {(one.rule, one.severity) for one in examine_on(terms, made, BankingDays()).findings}
        assert (("UCP600.18b", "DISCREPANCY") in rules) is over


# Order and what is not demanded


EXTRA = [
    {"kind": "OTHER", "id": "X1", "title": "Letter", "credit_number": "ANOTHER", "gross_weight": {"value": "1", "unit": "KGM"}, "issued": "2030-01-01"},
    {"kind": "INSPECTION", "id": "X2", "adverse": ["mould"], "vessel": "Another", "packages": {"count": 1}, "goods_text": "Wheat"},
    {"kind": "OTHER", "id": "A0", "title": "Weight note", "containers": [{"number": "X"}], "marks": ["OTHER"], "origin": "VN"},
    {"kind": "DRAFT", "id": "X4", "amount": {"currency": "USD", "value": "1"}, "tenor": {"event": "SIGHT"}},
]  # fmt: skip
DEFECTS: list[tuple[str, Any]] = [
    ("BL.gross_weight.value", "1"), ("INS.insured.value", "1"), ("INV.total", "1"), ("COO.origin", "VN"), ("PL.packages.count", 7),
    ("BL.on_board_date", "2026-03-20"), ("INV.currency", "THB"), ("BL.defects", ["torn"]), ("INS.vessel", "Another"), ("PL.marks", ["NOTHING"]),
]  # fmt: skip


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_the_order_of_documents_does_not_matter(data: st.DataObject) -> None:
    changes = dict(data.draw(st.lists(st.sampled_from(DEFECTS), unique_by=lambda one: one[0])))
    terms, made = build(changes)
    report = examine_on(terms, made, BankingDays())
    shuffled = data.draw(st.permutations(list(made.documents)))
    again = type(made)(
        **{name: getattr(made, name) for name in made.__struct_fields__ if name != "documents"}, documents=tuple(shuffled)
    )
    assert examine_on(terms, again, BankingDays()) == report
    assert examine_on(terms, made, BankingDays()) == report


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_document_that_is_not_demanded_adds_no_discrepancy(data: st.DataObject) -> None:
    changes = dict(data.draw(st.lists(st.sampled_from(DEFECTS), unique_by=lambda one: one[0])))
    extra = data.draw(st.lists(st.sampled_from(EXTRA), min_size=1, unique_by=lambda one: one["id"]))
    terms, made = build(changes)
    more = read_presentation(json.dumps({**CLEAN, "documents": extra}).encode()).documents
    fuller = type(made)(
        **{name: getattr(made, name) for name in made.__struct_fields__ if name != "documents"},
        documents=(*more, *made.documents),
    )
    before, after = (examine_on(terms, one, BankingDays()) for one in (made, fuller))
    assert after.of("DISCREPANCY") == before.of("DISCREPANCY")
    assert {one.document for one in after.of("INFO") if one.rule == "UCP600.14g"} == {one["id"] for one in extra}


# What is read


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        (b"{", "the document"),
        (b"\xff\xfe", "the document"),
        (b"[" * 100_000, "the document"),
        (json.dumps({**CLEAN, "weather": "fair"}).encode(), "the document"),
        (json.dumps({**CLEAN, "received": "16 March"}).encode(), "$.received"),
        (json.dumps({**CLEAN, "documents": [{"kind": "LETTER", "id": "A"}]}).encode(), "$.documents[0]"),
        (json.dumps({**CLEAN, "documents": CLEAN["documents"] * 2}).encode(), "the document"),
        (json.dumps({**CLEAN, "claimed": {"currency": "MYR", "value": "NaN"}}).encode(), "$.claimed"),
        (json.dumps({**CLEAN, "claimed": {"currency": "MYR", "value": "1E+300"}}).encode(), "$.claimed"),
    ],
    ids=range(9),
)
def test_what_is_broken_is_refused_with_its_place(raw: bytes, where: str) -> None:
    with pytest.raises(MalformedMessage) as fault:
        read_presentation(raw)
    assert (fault.value.refusal.where or "the document").startswith(where)


def test_a_number_is_read_as_it_is_written() -> None:
    made = read_presentation(
        json.dumps({**CLEAN, "claimed": {"currency": "MYR", "value": "0.10"}}).encode().replace(b'"0.10"', b"0.10")
    )
    assert made.claimed is not None
    assert made.claimed.value == Decimal("0.10")


# Before presenting, and refusing


def test_who_prechecks_learns_what_is_missing_and_by_when() -> None:
    terms, made = build({"COO": None, "INS": None})
    found = precheck(terms, made, BankingDays())
    assert found.missing == ("INSURANCE", "ORIGIN")
    assert found.last_day == date(2026, 3, 27)
    assert {one.rule for one in found.report.of("DISCREPANCY")} == {"UCP600.14a"}


def test_a_notice_of_refusal_holds_every_discrepancy_and_what_becomes_of_the_documents() -> None:
    report = examine_on(TERMS, read_presentation((FOLDER / "discrepant.json").read_bytes()), BankingDays())
    notice = refusal_notice(TERMS, report, "NOTIFY", "460000.00 MYR")
    assert len(notice.discrepancies) == len(report.of("DISCREPANCY")) == 5
    assert all(sentence in notice.text() for sentence in notice.discrepancies)
    assert "waiver" in notice.text()
    assert max(map(len, notice.lines())) <= 50
    assert notice.by_day == report.examined_by
    kept = refusal_notice(TERMS, report, "RETURN", upheld=report.findings[:1])
    assert len(kept.discrepancies) == 1


def test_nothing_is_refused_for_nothing() -> None:
    report = examine_on(TERMS, read_presentation((FOLDER / "clean.json").read_bytes()), BankingDays())
    with pytest.raises(ValueError, match="discrepancy"):
        refusal_notice(TERMS, report, "HOLD")


# Words that are compared


def test_names_of_one_party_are_one() -> None:
    assert same_party("Selangor Foods Sdn. Bhd.", "SELANGOR FOODS SENDIRIAN BERHAD")
    assert same_party("PT Kopi Contoh", "Kopi Contoh, PT")
    assert not same_party("Kopi Contoh PT", "Kopi Contoh Jaya PT")
    assert misprinted("Selangor Foods", "Selagnor Foods")
    assert not misprinted("Selangor Foods", "Selangor Goods Trading")


@pytest.mark.parametrize(("one", "other", "is_near"), [
    ("machine", "mashine", True), ("machine", "machines", True), ("machine", "mahcine", True), ("machine", "marine", False),
    ("x2000", "x2001", False), ("rice", "rise", False), ("machine", "engine", False),
])  # fmt: skip
def test_one_letter_may_be_a_misprint(one: str, other: str, is_near: bool) -> None:
    assert near(one, other) is is_near
    assert near(other, one) is is_near


def test_check_digits_of_vessels_and_containers() -> None:
    assert imo_fault("9074729") == "" == imo_fault("IMO 9074729")
    assert imo_fault("9074728")
    assert container_fault("CSQU3054383") == "" == container_fault("csqu 305438-3")
    assert container_fault("CSQU3054384")
    assert container_fault("CSQX305438")


# The adjudicated cases: one half that the rules were written with, and one that nobody looked at until they stood


@pytest.mark.parametrize("case", [*cases("development"), *cases("heldout")], ids=lambda case: case.id)
def test_a_presentation_is_examined_as_it_was_adjudicated(case: Any) -> None:
    terms, made = read_terms(case.terms), read_presentation(case.presentation)
    calendar = BankingDays(
        **{
            key: tuple(date.fromisoformat(day) if isinstance(day, str) else day for day in days)
            for key, days in case.banking.items()
        }
    )
    report = examine_on(terms, made, calendar)
    kinds = {one.id: type(one).__struct_config__.tag for one in made.documents}
    told = score(case, [(one.rule, one.document, kinds.get(one.document, one.document)) for one in report.of("DISCREPANCY")])
    assert (told.missed, told.false) == ([], [])


def test_the_example_can_be_issued() -> None:
    assert lint(TERMS) == ()
    assert unfit(TERMS) == ()
    assert CREDIT["number"] == TERMS.number

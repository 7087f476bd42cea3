"""Fingerprints: the same document however it is written, another one never, and nothing to be read in them."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import MINOR_MAX
from fondaco.trade.fingerprint import (
    LIKENESS,
    BillFacts,
    GroupKey,
    InvoiceFacts,
    Print,
    alike,
    amount_rung,
    bill_prints,
    day_rung,
    invoice_prints,
)

KEY, OTHER = GroupKey(1, b"k" * 32), GroupKey(1, b"o" * 32)
EASY = settings(max_examples=150, deadline=None)
INVOICE = InvoiceFacts("5493001KJTIIGC8Y1R12", "SG-202612345K", "INV-0012/A", "2026-11-02", "SGD", 1_000_050)
BILL = BillFacts(
    "MAEU", "MAEU-123456789", (("CSQU3054383", "SL 4471"), ("MSKU0383250", "SL-4472")), "2026-11-05", "9074729", "112W"
)
IDS = st.text(alphabet="ABCDEFGH0123456789", min_size=1, max_size=12)
FACTS = st.builds(
    InvoiceFacts,
    IDS,
    IDS,
    IDS,
    st.dates(date(2000, 1, 1), date(2100, 1, 1)).map(date.isoformat),
    st.sampled_from(["SGD", "KRW", "BHD"]),
    st.integers(1, MINOR_MAX),
)


def of(prints: tuple[Print, ...], kind: str) -> set[str]:
    return {one.digest for one in prints if one.kind == kind}


def shared(one: tuple[Print, ...], other: tuple[Print, ...]) -> set[str]:
    return {a.kind for a in one for b in other if (a.kind, a.digest) == (b.kind, b.digest)}


def test_an_invoice_has_two_exact_fingerprints_and_four_near_ones() -> None:
    prints = invoice_prints(KEY, INVOICE)
    assert [one.kind for one in prints] == ["F1.invoice", "F2.unnumbered", *["F4.near"] * 4]
    assert all(len(one.digest) == 64 and one.key == 1 for one in prints) and {one.kind for one in prints} <= set(LIKENESS)


@pytest.mark.parametrize("number", ["inv0012a", "INV 0012 A", "ＩＮＶ－0012／A", "inv.0012.a"])
def test_another_spelling_of_the_number_is_the_same_invoice(number: str) -> None:
    assert invoice_prints(KEY, msgspec.structs.replace(INVOICE, number=number)) == invoice_prints(KEY, INVOICE)


@pytest.mark.parametrize(
    ("field", "value", "left"),
    [
        ("number", "INV-0013", {"F2.unnumbered", "F4.near"}),
        ("minor", 1_000_051, {"F4.near"}),
        ("day", "2026-11-03", {"F4.near"}),
        ("minor", 2_000_000, set()),
        ("day", "2026-12-30", set()),
        ("currency", "THB", set()),
        ("seller", "SOMEBODY", set()),
        ("buyer", "SOMEBODY", set()),
    ],
)
def test_what_one_field_changes(field: str, value: object, left: set[str]) -> None:
    assert shared(invoice_prints(KEY, INVOICE), invoice_prints(KEY, msgspec.structs.replace(INVOICE, **{field: value}))) == left


@EASY
@given(FACTS, FACTS)
def test_exact_fingerprints_are_equal_only_for_equal_documents(one: InvoiceFacts, other: InvoiceFacts) -> None:
    same = [alike(str(value)) for value in msgspec.structs.astuple(one)] == [
        alike(str(value)) for value in msgspec.structs.astuple(other)
    ]
    assert ("F1.invoice" in shared(invoice_prints(KEY, one), invoice_prints(KEY, other))) == same


@EASY
@given(FACTS)
def test_without_the_key_nothing_matches(facts: InvoiceFacts) -> None:
    mine = invoice_prints(KEY, facts)
    assert not shared(mine, invoice_prints(OTHER, facts))
    assert not shared(mine, invoice_prints(GroupKey(2, KEY.secret), facts)), "the key's number is part of what is digested"
    plain = [hashlib.sha256(value.encode()).hexdigest() for value in (facts.number, facts.seller, facts.buyer)]
    assert not {one.digest for one in mine} & set(plain)


@EASY
@given(FACTS, st.integers(0, 7), st.integers(0, 200))
def test_near_ones_are_always_found(facts: InvoiceFacts, days: int, parts: int) -> None:
    """At most a week and 2 % apart: some bucket is shared, wherever the bounds of the buckets lie."""
    minor = min(facts.minor + facts.minor * parts // 10_000, MINOR_MAX)
    day = (date.fromisoformat(facts.day) + timedelta(days)).isoformat()
    near = msgspec.structs.replace(facts, number="OTHER", minor=minor, day=day)
    assert of(invoice_prints(KEY, facts), "F4.near") & of(invoice_prints(KEY, near), "F4.near")


@EASY
@given(FACTS, st.integers(14, 1_000), st.integers(1, MINOR_MAX))
def test_far_ones_are_never_found(facts: InvoiceFacts, days: int, minor: int) -> None:
    late = msgspec.structs.replace(facts, day=(date.fromisoformat(facts.day) + timedelta(days)).isoformat())
    assert not of(invoice_prints(KEY, facts), "F4.near") & of(invoice_prints(KEY, late), "F4.near")
    other = msgspec.structs.replace(facts, minor=minor)
    found = bool(of(invoice_prints(KEY, facts), "F4.near") & of(invoice_prints(KEY, other), "F4.near"))
    assert found == (abs(amount_rung(facts.minor) - amount_rung(minor)) <= 1)


def test_the_bounds_of_near() -> None:
    assert amount_rung(1_000_000) + 1 >= amount_rung(1_020_000) and amount_rung(1_050_000) > amount_rung(1_000_000) + 1
    monday = date(2026, 11, 2)
    assert (
        abs(day_rung(monday) - day_rung(monday + timedelta(7))) == 1
        and abs(day_rung(monday) - day_rung(monday + timedelta(14))) == 2
    )
    assert amount_rung(MINOR_MAX) > amount_rung(MINOR_MAX // 2) and amount_rung(1) >= 1


def test_a_bill_of_lading_by_its_number_and_by_each_container() -> None:
    prints = bill_prints(KEY, BILL)
    assert sorted(one.kind for one in prints) == ["F3.bill", *["F3.container"] * 2, *["F3.voyage"] * 2]
    again = BillFacts("maeu", "MAEU 123456789")
    assert shared(prints, bill_prints(KEY, again)) == {"F3.bill"}
    other_number = msgspec.structs.replace(BILL, number="MAEU-999", containers=BILL.containers[1:])
    assert shared(prints, bill_prints(KEY, other_number)) == {"F3.container", "F3.voyage"}
    other_seal = msgspec.structs.replace(BILL, number="MAEU-999", containers=(("MSKU0383250", "X"),))
    assert shared(prints, bill_prints(KEY, other_seal)) == {"F3.voyage"}


def test_a_field_that_is_empty_makes_no_fingerprint() -> None:
    """Else every document without a number would be the same as every other."""
    assert not of(invoice_prints(KEY, msgspec.structs.replace(INVOICE, number="--")), "F1.invoice")
    assert invoice_prints(KEY, msgspec.structs.replace(INVOICE, seller=" ")) == ()
    assert bill_prints(KEY, BillFacts("", "1", (("CSQU3054383", ""),))) == ()


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        invoice_prints(KEY, msgspec.structs.replace(INVOICE, day="2026-02-29x"))
    for minor in (0, -1, MINOR_MAX + 1):
        with pytest.raises(ValueError, match="no amount"):
            invoice_prints(KEY, msgspec.structs.replace(INVOICE, minor=minor))
    with pytest.raises(ValueError, match="32 bytes"):
        GroupKey(1, b"short")
    with pytest.raises(ValueError, match="isoformat"):
        bill_prints(KEY, msgspec.structs.replace(BILL, on_board="5 NOV"))

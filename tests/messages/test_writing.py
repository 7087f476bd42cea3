"""What we write is true to its schema and says again what went in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import MINOR_MAX
from fondaco.messages import (
    BankTransfers,
    Entry,
    LiquidityTransfer,
    Movement,
    NetSettlement,
    Notice,
    Receipt,
    Statement,
    Status,
    StatusReport,
    admi_002,
    admi_004,
    admi_007,
    camt_025,
    camt_05x,
    camt_050,
    pacs_002,
    pacs_009,
    pacs_029,
    read,
    wrap,
)
from union import HUB, SG1, TH1

AT = "2026-11-24T01:00:00.000Z"
UETR = "8a562c67-ca16-48ba-b074-65581be6f001"
minors = st.integers(1, 10**15)
texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), min_size=1, max_size=35).filter(
    lambda s: s == " ".join(s.split())
)


def sent(kind: str, document: str) -> object:
    return read(wrap(kind, SG1, HUB, "M1", AT, document), bulk=True).body


@pytest.mark.parametrize("kind", ["pacs.002.001.10", "pacs.002.001.15"])
@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x24F), min_size=1, max_size=800))
@settings(max_examples=40)
def test_a_reason_longer_than_one_line_of_a_report_is_told_over_several(kind: str, information: str) -> None:
    content = pacs_002("A1", AT, "M1", "pacs.008.001.08", [Status("", "", "", UETR, "RJCT", "AB04", information)])
    body = sent(kind, content)
    assert isinstance(body, StatusReport) and body.statuses[0].information == information[:630]


@pytest.mark.parametrize("kind", ["pacs.002.001.10", "pacs.002.001.15"])
@given(texts, texts, st.sampled_from(["ACSP", "RJCT", "PDNG", "ACSC"]))
@settings(max_examples=40)
def test_status_reports(kind: str, reference: str, information: str, status: str) -> None:
    told = Status(
        reference, reference, reference, UETR, status, "AC04" if status == "RJCT" else "", information if status == "RJCT" else ""
    )
    body = sent(kind, pacs_002("M1", AT, reference, "pacs.008.001.08", [told], "ACSP", ""))
    assert isinstance(body, StatusReport)
    assert body.statuses == (told,) and body.original_id == reference and body.group_status == "ACSP"


@given(st.lists(st.tuples(st.sampled_from(["SGD", "KRW", "THB"]), minors, st.booleans()), min_size=2, max_size=8))
@settings(max_examples=40)
def test_settlement_requests(rows: list[tuple[str, int, bool]]) -> None:
    movements = tuple(Movement(f"C1P{n}", TH1, c, -m if pays else m) for n, (c, m, pays) in enumerate(rows))
    assert sent("pacs.029.001.02", pacs_029("M1", AT, "C1A1", movements)) == NetSettlement("C1A1", movements)


@given(st.sampled_from([("SGD", 2), ("KRW", 0)]), minors)
@settings(max_examples=30)
def test_liquidity_and_receipts(currency: tuple[str, int], minor: int) -> None:
    asked = LiquidityTransfer("I1", "E1", HUB, SG1, currency[0], minor)
    assert sent("camt.050.001.07", camt_050("M1", AT, asked)) == asked
    receipt = Receipt("M0", "RJCT", "AM04")
    assert sent("camt.025.001.08", camt_025("M1", AT, receipt)) == receipt


@pytest.mark.parametrize("kind", ["pacs.009.001.08", "pacs.009.001.12"])
def test_bank_transfers(kind: str) -> None:
    body = sent(kind, pacs_009("M1", AT, "2026-11-24", [("L1", UETR, "SGD", "10.50", SG1, TH1)]))
    assert isinstance(body, BankTransfers)
    (leg,) = body.transfers
    assert (leg.amount_minor, leg.debtor_agent, leg.creditor_agent, leg.uetr) == (1050, SG1, TH1, UETR)
    assert leg.faults == ()


@pytest.mark.parametrize("family", ["camt.052", "camt.053", "camt.054"])
@given(st.lists(st.integers(-(10**12), 10**12).filter(bool), max_size=6), st.integers(-(10**12), 10**12))
@settings(max_examples=25)
def test_statements(family: str, amounts: list[int], opening: int) -> None:
    entries = tuple(Entry(m, f"R{n}", UETR if n % 2 else "", "SOURCE_LEG", AT) for n, m in enumerate(amounts))
    statement = Statement("ZZBASG01SGD", SG1, "SGD", opening, opening + sum(amounts), entries)
    body = sent(f"{family}.001.08", camt_05x(family, "M1", AT, "2026-11-24", statement))
    assert isinstance(body, Statement)
    assert body.entries == entries and body.account == statement.account and body.owner == SG1
    if family != "camt.054":
        assert (body.opening_minor, body.closing_minor) == (statement.opening_minor, statement.closing_minor)


def test_system_messages() -> None:
    assert sent("admi.002.001.01", admi_002("REF", "FF01", AT, "a<b", "x & y")) == Notice("REF", "FF01", "x & y")
    assert sent("admi.004.001.02", admi_004("OPEN", "the day < opens", AT)) == Notice("", "OPEN", "the day < opens")
    assert sent("admi.007.001.01", admi_007("M1", AT, "REF", "ACPT")) == Notice("REF", "ACPT", "")


def test_the_largest_amount_of_the_schema_is_within_the_books() -> None:
    assert MINOR_MAX >= 10**18 - 1

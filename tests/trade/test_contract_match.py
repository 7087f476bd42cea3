"""Papers of a sale against their contract: where they are off, both places and both values are told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from fondaco.trade import Contract, Tolerances, contract, match
from fondaco.trade.contract_match import tolerances_of, under_contract
from fondaco.trade.documents import Quantity, Terms
from sale_papers import BUYER, SELLER, despatch, invoice, order
from trade.test_match import with_line

replace = msgspec.structs.replace
TERMS = contract.Terms("SGD", "ab" * 32, "CIF", "Singapore", "2.5", "30 days net")
AGREED = Contract(
    "CON-000001", "REMPAH", "HARBOUR", TERMS, "2026-10-01", "2026-12-31", "2026-10-01", state=contract.State.IN_FORCE
)
NAMES = {"REMPAH": (SELLER.name.upper(), "Rempah"), "HARBOUR": ("Somebody", f" {BUYER.name}  ")}


def rules(agreed: Contract = AGREED, paper: Any = None, asked: Any = None, names: Any = NAMES) -> list[tuple[str, str]]:
    return [(one.rule, one.place) for one in under_contract(agreed, paper or order(), asked or invoice(), names)]


def test_papers_as_agreed_are_not_worth_a_word() -> None:
    assert rules() == [] == rules(names={})
    assert rules(paper=replace(order(), contract="CON-000001", terms=None)) == []


@pytest.mark.parametrize(
    ("agreed", "wanted"),
    [
        (replace(AGREED, terms=replace(TERMS, currency="THB")), [("3W-10", "order PO-3, currency"), ("3W-10", "invoice INV-7, currency")]),
        (replace(AGREED, terms=replace(TERMS, incoterm="FOB")), [("3W-12", "order PO-3, terms"), ("3W-12", "invoice INV-7, terms")]),
        (replace(AGREED, terms=replace(TERMS, place="Batam")), [("3W-12", "order PO-3, place"), ("3W-12", "invoice INV-7, place")]),
        (replace(AGREED, last_day="2026-10-31"), [("3W-13", "order PO-3, issued")]),
        (replace(AGREED, first_day="2026-11-02"), [("3W-13", "order PO-3, issued")]),
        (replace(AGREED, seller="HARBOUR"), [("3W-11", "order PO-3, seller"), ("3W-11", "invoice INV-7, seller")]),
        (replace(AGREED, state=contract.State.OFFERED), [("3W-15", "contract CON-000001")]),
        (replace(AGREED, state=contract.State.DECLINED), [("3W-15", "contract CON-000001")]),
    ],
)  # fmt: skip
def test_what_is_not_as_agreed_is_told(agreed: Contract, wanted: list[tuple[str, str]]) -> None:
    assert rules(agreed) == wanted


def test_another_contract_is_a_warning() -> None:
    (found,) = under_contract(AGREED, order(), replace(invoice(), contract="C-9"), NAMES)
    assert (found.rule, found.level, found.found, found.wanted) == ("3W-14", "warning", "C-9", "CON-000001")
    elsewhere = replace(invoice(), terms=Terms("CIF", place=" SINGAPORE "))
    assert rules(asked=elsewhere) == []


@pytest.mark.parametrize(("quantity", "differs"), [("1025", False), ("1025.1", True)])
def test_its_tolerance_counts_to_the_last_digit(quantity: str, differs: bool) -> None:
    more = with_line(quantity=Quantity(Decimal(quantity), "KGM"))
    given = tolerances_of(AGREED, Tolerances())
    assert given == Tolerances(Decimal("2.5"), Decimal(0), Decimal("2.5"))
    told = {(one.rule, one.other_place) for one in match(order(), despatch(), more, given)}
    assert (("3W-07", "order PO-3, line 1, quantity") in told) is differs, told


def test_a_wider_tolerance_that_is_given_counts() -> None:
    wider = Tolerances(Decimal(5), Decimal(1), Decimal(0))
    assert tolerances_of(AGREED, wider) == Tolerances(Decimal(5), Decimal(1), Decimal("2.5"))

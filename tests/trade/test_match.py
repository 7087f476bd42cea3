"""Order, despatch or receipt, and invoice of one sale; and what keeps them from being one."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from fondaco.trade import Tolerances, match
from fondaco.trade.documents import Invoice, Price, Quantity, Totals
from sale_papers import SELLER, despatch, invoice, order, receipt

replace = msgspec.structs.replace


def with_line(**more: object) -> Invoice:
    first, second = invoice().lines
    return replace(invoice(), lines=(replace(first, **more), second))


def rules(sale: Invoice, *more: object, rejected: int = 0) -> list[tuple[str, str]]:
    return [(one.rule, one.level) for one in match(order(), receipt(rejected), sale, *more)]  # type: ignore[arg-type]


def test_the_papers_of_one_sale_match() -> None:
    assert match(order(), despatch(), invoice()) == match(order(), receipt(), invoice()) == []


def test_more_than_came_is_told_with_both_places_and_both_values() -> None:
    (found,) = match(order(), receipt(rejected=1), invoice())
    assert found.rule == "3W-07" and found.level == "error"
    assert (found.place, found.found) == ("invoice INV-7, line 1, quantity", "1000 KGM")
    assert (found.other_place, found.wanted) == ("receipt R-1, line 1", "999 KGM")


@pytest.mark.parametrize(
    ("sale", "wanted"),
    [
        (replace(invoice(), order="PO-4"), [("3W-01", "error")]),
        (replace(invoice(), order=""), [("3W-01", "warning")]),
        (replace(invoice(), currency="USD"), [("3W-02", "error")]),
        (replace(invoice(), seller=replace(SELLER, identifiers=(), endpoint=None, name="Somebody Else")), [("3W-03", "error")]),
        (with_line(order_line="9"), [("3W-04", "error"), ("3W-08", "warning")]),
        (with_line(price=Price(Decimal("5.26"))), [("3W-05", "error")]),
        (with_line(price=Price(Decimal("5.24"))), [("3W-05", "warning")]),
        (with_line(price=Price(Decimal("525"), Quantity(Decimal(100), "KGM"))), []),
        (with_line(quantity=Quantity(Decimal(1), "TNE")), [("3W-06", "error")]),
        (with_line(quantity=Quantity(Decimal(1001), "KGM")), [("3W-07", "error"), ("3W-07", "error")]),
        (with_line(quantity=Quantity(Decimal(900), "KGM")), [("3W-07", "warning")]),
        (replace(invoice(), totals=Totals(528_001)), [("3W-09", "error")]),
    ],
)
def test_each_difference_has_its_rule(sale: Invoice, wanted: list[tuple[str, str]]) -> None:
    assert rules(sale) == wanted


def test_tolerances_are_kept_to_the_last_digit() -> None:
    two = Tolerances(Decimal(5), Decimal(2), Decimal(1))
    assert rules(with_line(price=Price(Decimal("5.355"))), two) == []
    assert rules(with_line(price=Price(Decimal("5.3551"))), two) == [("3W-05", "error")]
    assert rules(replace(invoice(), totals=Totals(533_280)), two) == []
    assert rules(replace(invoice(), totals=Totals(533_281)), two) == [("3W-09", "error")]
    # Within the tolerance of the order; but no tolerance pays for what did not come.
    assert rules(with_line(quantity=Quantity(Decimal(1050), "KGM")), two) == [("3W-07", "error")]


def test_two_lines_of_an_invoice_on_one_of_the_order_are_added_up() -> None:
    first, second = invoice().lines
    halves = [replace(first, id=name, quantity=Quantity(Decimal(half), "KGM")) for name, half in (("1a", 400), ("1b", 600))]
    assert rules(replace(invoice(), lines=(*halves, second))) == []
    halves[1] = replace(halves[1], quantity=Quantity(Decimal(601), "KGM"))
    assert rules(replace(invoice(), lines=(*halves, second))) == [("3W-07", "error"), ("3W-07", "error")]


def test_lines_without_a_number_of_the_order_are_known_by_their_item() -> None:
    lines = tuple(replace(one, order_line="") for one in invoice().lines)
    assert rules(replace(invoice(), lines=lines)) == []

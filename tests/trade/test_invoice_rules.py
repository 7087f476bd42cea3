"""Sums made again to the last minor unit, and what a trade invoice must say."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.trade.documents import AllowanceCharge, Identifier, Invoice, Price, Quantity, TaxTotal, Terms, Totals
from fondaco.trade.finding import ERROR, WARNING, Finding
from fondaco.trade.invoice_sums import sums_of
from fondaco.trade.invoice_terms import terms_of
from sale_papers import european, invoice, pepper, sales

replace = msgspec.structs.replace


def rules(found: list[Finding], level: str = ERROR) -> list[str]:
    return [one.rule for one in found if one.level == level]


def test_the_sale_adds_up() -> None:
    assert sums_of(invoice()) == sums_of(european()) == terms_of(invoice()) == []


@settings(max_examples=80, deadline=None)
@given(sales())
def test_sums_that_are_right_are_never_found_wrong(sale: Invoice) -> None:
    assert sums_of(sale) == []


@settings(max_examples=80, deadline=None)
@given(
    sales(),
    st.sampled_from(["lines_minor", "net_minor", "gross_minor", "payable_minor", "allowances_minor", "charges_minor"]),
    st.sampled_from([-1, 1]),
)
def test_one_minor_unit_in_any_total_is_found(sale: Invoice, field: str, by: int) -> None:
    assert sale.totals is not None
    totals = replace(sale.totals, **{field: getattr(sale.totals, field) + by})
    assert rules(sums_of(replace(sale, totals=totals)))


@settings(max_examples=40, deadline=None)
@given(sales(), st.sampled_from([-1, 1]))
def test_one_minor_unit_in_the_tax_or_a_base_is_found(sale: Invoice, by: int) -> None:
    (total,) = sale.taxes
    assert "BR-CO-14" in rules(sums_of(replace(sale, taxes=(replace(total, tax_minor=total.tax_minor + by),))))
    first = replace(total.parts[0], base_minor=total.parts[0].base_minor + by)
    found = sums_of(replace(sale, taxes=(replace(total, parts=(first, *total.parts[1:])),)))
    assert any(one.endswith("-08") for one in rules(found))


def test_a_tax_that_the_official_slack_lets_pass_is_found() -> None:
    """BR-CO-17 of the published artefacts lets a tax be wrong by up to one whole unit."""
    sale = european()
    (total,) = sale.taxes
    (part,) = total.parts
    wrong = replace(total, tax_minor=total.tax_minor + 60, parts=(replace(part, tax_minor=part.tax_minor + 60),))
    assert sale.totals is not None
    totals = replace(sale.totals, gross_minor=660_060, payable_minor=660_060)
    (found,) = sums_of(replace(sale, taxes=(wrong,), totals=totals))
    assert (found.rule, found.place, found.found, found.wanted) == ("BR-CO-17", "taxes.parts[0].tax", "1320.60", "1320")


def test_a_product_may_be_rounded_either_way_and_no_further() -> None:
    line = invoice().lines[0]
    for net, quantity, price, fine in (
        (1, "0.5", "0.01", True), (0, "0.5", "0.01", True), (2, "0.5", "0.01", False), (105, "3", "0.35", True), (106, "3", "0.35", False),
    ):  # fmt: skip
        one = replace(line, net_minor=net, quantity=Quantity(Decimal(quantity), "KGM"), price=Price(Decimal(price)))
        assert ("PEPPOL-EN16931-R120" not in rules(sums_of(replace(invoice(), lines=(one,))))) is fine, (net, quantity, price)


def test_what_peppol_asks_beyond_the_standard_can_be_a_warning() -> None:
    line = replace(invoice().lines[0], price=Price(Decimal("5.24")))
    sale = replace(invoice(), lines=(line, invoice().lines[1]))
    assert rules(sums_of(sale)) == ["PEPPOL-EN16931-R120"] and rules(sums_of(sale, WARNING), WARNING) == ["PEPPOL-EN16931-R120"]
    assert (
        rules(sums_of(replace(sale, lines=(replace(line, price=Price(Decimal(5), Quantity(Decimal(0)))),))))[0]
        == "PEPPOL-EN16931-R121"
    )


def test_an_allowance_is_its_percentage_and_a_category_has_its_part() -> None:
    charge = AllowanceCharge(True, 101, base_minor=1000, percent=Decimal(10))
    assert "PEPPOL-EN16931-R040" in rules(sums_of(replace(invoice(), allowances=(charge,))))
    assert "BR-CO-12" in rules(sums_of(replace(invoice(), allowances=(charge,))))
    taxed = european()
    assert "BR-CO-18" in rules(sums_of(replace(taxed, taxes=(replace(taxed.taxes[0], parts=invoice().taxes[0].parts),))))
    assert "BR-53" in rules(sums_of(replace(taxed, tax_currency="SEK")))
    assert sums_of(replace(taxed, tax_currency="SEK", taxes=(*taxed.taxes, TaxTotal("SEK", 1)))) == []
    assert rules(sums_of(replace(invoice(), totals=None))) == ["BR-12"]


@pytest.mark.parametrize(
    ("rule", "sale"),
    [
        ("TI-01", replace(invoice(), seller=None)),
        ("TI-02", replace(invoice(), buyer=replace(invoice().buyer, address=None))),
        ("BR-CL-04", replace(invoice(), currency="XXQ", taxes=(), lines=(), allowances=(), totals=None)),
        ("TI-03", replace(invoice(), due="2026-11-19")),
        ("TI-05", replace(invoice(), terms=None)),
        ("TI-05", replace(invoice(), terms=Terms("FOT", place="Jakarta"))),
        ("TI-06", replace(invoice(), terms=Terms("FOB"))),
        ("TI-07", replace(invoice(), lines=(), totals=Totals(0), taxes=())),
        ("TI-08", replace(invoice(), lines=(invoice().lines[0], invoice().lines[0]))),
        ("TI-09", replace(invoice(), lines=(replace(invoice().lines[0], item=pepper(name="", description="")),))),
        ("TI-10", replace(invoice(), lines=(replace(invoice().lines[0], quantity=Quantity(Decimal(1000))),))),
        ("TI-11", replace(invoice(), lines=(replace(invoice().lines[0], item=pepper(classifications=())),))),
        ("TI-11", replace(invoice(), lines=(replace(invoice().lines[0], item=pepper(classifications=(Identifier("0904", "HS"),))),))),
        ("TI-12", replace(invoice(), lines=(replace(invoice().lines[0], item=pepper(origin="XX")),))),
        ("TI-14", replace(invoice(), lines=(replace(invoice().lines[0], item=pepper(gross_weight=Quantity(Decimal(999), "KGM"))),))),
        ("TI-14", replace(invoice(), lines=(replace(invoice().lines[0], item=pepper(gross_weight=Quantity(Decimal("0.9"), "TNE"))),))),
    ],
)  # fmt: skip
def test_each_rule_of_a_trade_invoice_is_earned(rule: str, sale: Invoice) -> None:
    assert rule in rules(terms_of(sale))


def test_a_letter_of_credit_is_named_where_there_is_one() -> None:
    assert rules(terms_of(invoice(), "LC-1")) == ["TI-15"]
    from fondaco.trade.documents import Attachment

    assert terms_of(replace(invoice(), attachments=(Attachment("LC-1", type_code="465"),)), "LC-1") == []


def test_weights_and_days_that_are_missing_are_warnings() -> None:
    bare = replace(
        invoice(), due="", payment_terms="", payment=(), lines=(replace(invoice().lines[0], item=pepper(net_weight=None)),)
    )
    assert rules(terms_of(bare), WARNING) == ["TI-04", "TI-13"]


def test_an_invoice_without_any_tax_is_added_up_all_the_same() -> None:
    lines = tuple(replace(one, item=replace(one.item, category=None)) for one in invoice().lines)
    bare = replace(invoice(), lines=lines, taxes=(), totals=Totals(528_000))
    assert terms_of(bare) == []
    assert rules(terms_of(replace(bare, totals=Totals(528_001)))) == ["BR-CO-16"]
    assert rules(terms_of(replace(bare, totals=Totals(528_000, gross_minor=528_001)))) == ["BR-CO-15", "BR-CO-16"]

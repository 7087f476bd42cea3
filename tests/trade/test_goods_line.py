"""The lines of a paper come into the hub as they are, and what guards read of a bill that is none is nothing."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from fondaco.core import Refusal
from fondaco.trade.documents import Identifier, Quantity
from fondaco.trade.goods_line import LINES_MAX, GoodsLine, destination_of, goods_fault, goods_of
from fondaco.trade.harmonised import HarmonisedSystem
from fondaco.trade.lading_flags import lading_flags
from fondaco.trade.reference_file import gate, read_content, read_rates
from sale_papers import invoice
from titles import bill


def test_lines_of_a_paper_are_goods_of_the_hub() -> None:
    paper = invoice()
    (line, *_) = paper.lines
    item = msgspec.structs.replace(
        line.item,
        classifications=(Identifier("0801.11", "HS"),),
        origin="TH",
        net_weight=Quantity(Decimal("1.5"), "TNE"),
        gross_weight=Quantity(Decimal("1600"), "KGM"),
    )
    less = msgspec.structs.replace(line, net_minor=-1)
    goods = goods_of(msgspec.structs.replace(paper, lines=(msgspec.structs.replace(line, item=item), less)))
    (one,) = goods
    assert (one.hs, one.origin, one.net_kg, one.gross_kg, one.unit) == ("0801.11", "TH", "1500.0", "1600", line.quantity.unit)
    assert Decimal(one.quantity) == line.quantity.value and one.description
    assert goods_fault(goods, destination_of(paper), paper.currency) is None


@pytest.mark.parametrize(("goods", "destination"), [((), "XX"), ((GoodsLine("1.00", "1", "KGM"),) * (LINES_MAX + 1), "SG")])
def test_too_much_and_nowhere_are_refused(goods: tuple[GoodsLine, ...], destination: str) -> None:
    assert isinstance(goods_fault(goods, destination, "SGD"), Refusal)


def test_a_bill_of_exchange_has_no_goods() -> None:
    assert lading_flags(msgspec.json.encode(bill("B-1")).decode(), "ETR-000001", HarmonisedSystem()) == ()


def test_rates_are_of_one_measure() -> None:
    rates = read_rates(["currency,worth\n", "USD,1.00\n", "SGD,0.75\n"])
    assert (
        not isinstance(rates, list) and rates.into("SGD")["USD"] == Decimal("1.00") / Decimal("0.75") and rates.into("THB") == {}
    )
    assert read_rates(["currency,worth\n", "USD,0\n", "USD,x\n"]) == ["line 2: '0' is no worth", "line 3: 'x' is no worth"]
    assert read_rates(["code,worth\n"]) == ["line 1: the columns are currency,worth"]


def test_the_first_edition_has_no_gate() -> None:
    found = read_content("rates", b"currency,worth\nUSD,1\n")
    assert not isinstance(found, list) and gate(None, found) == [] and gate(found, found) == []

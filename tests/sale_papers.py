"""The papers of one small sale, written by us: pepper from Jakarta to Singapore. And any number of sales like it."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import msgspec
from hypothesis import strategies as st

from fondaco.core import CURRENCIES
from fondaco.trade.documents import (
    Account,
    Address,
    AllowanceCharge,
    Attachment,
    Contact,
    Delivery,
    DespatchAdvice,
    Discount,
    Identifier,
    Invoice,
    InvoiceLine,
    Item,
    MovedLine,
    Note,
    Order,
    OrderLine,
    Party,
    PaymentMeans,
    Period,
    Price,
    Quantity,
    ReceiptAdvice,
    TaxCategory,
    TaxPart,
    TaxRegistration,
    TaxTotal,
    Terms,
    Totals,
)

SELLER = Party(
    name="Rempah Nusantara PT",
    endpoint=Identifier("7300010000001", "0088"),
    identifiers=(Identifier("7300010000001", "0088"),),
    registration=Identifier("AHU-123", "0060"),
    taxes=(TaxRegistration("ID0123456789", "VAT"),),
    address=Address(street="Jalan Lada 1", city="Jakarta", postcode="14110", country="ID"),
    contact=Contact("Export desk", "+62 21 000", "export@rempah.example"),
)
BUYER = Party(
    name="Marina Spices Pte",
    endpoint=Identifier("5790000435975", "0088"),
    identifiers=(Identifier("T00XX0000A", "0195"),),
    taxes=(TaxRegistration("SG0000000A", "VAT"),),
    address=Address(street="1 Quay Street", city="Singapore", postcode="018989", country="SG"),
)
ZERO = TaxCategory("Z", Decimal(0))
C62 = "C62"


def pepper(**more: object) -> Item:
    fields: dict[str, object] = {
        "name": "Black pepper", "description": "Black pepper, whole, 500 g/l", "seller_id": "BP-500", "classifications": (Identifier("090411", "HS"),),
        "origin": "ID", "category": ZERO, "net_weight": Quantity(Decimal(1000), "KGM"), "gross_weight": Quantity(Decimal(1020), "KGM"),
    }  # fmt: skip
    return Item(**(fields | more))  # type: ignore[arg-type]


def invoice(**more: object) -> Invoice:
    """A thousand kilograms at 5.25 and twenty sacks at 1.50, in Singapore dollars: 5280.00."""
    lines = (
        InvoiceLine("1", Quantity(Decimal(1000), "KGM"), 525_000, pepper(), order_line="1", price=Price(Decimal("5.25"))),
        InvoiceLine(
            "2", Quantity(Decimal(20), C62), 3_000,
            pepper(name="Jute sack", description="", seller_id="JS-1", classifications=(Identifier("630510", "HS"),)), order_line="2",
            price=Price(Decimal("1.50")),
        ),
    )  # fmt: skip
    fields: dict[str, object] = {
        "number": "INV-7", "issued": "2026-11-20", "due": "2026-12-20", "type_code": "380", "currency": "SGD", "order": "PO-3",
        "seller": SELLER, "buyer": BUYER, "lines": lines, "terms": Terms("CIF", place="Singapore", place_code="SGSIN"),
        "delivery": Delivery(address=Address(city="Singapore", country="SG")),
        "payment": (PaymentMeans("30", reference="RF18539007547034", account=Account("1234567890", "Rempah Nusantara PT")),),
        "payment_terms": "30 days net", "notes": (Note("Shipped in one lot"),), "taxes": (TaxTotal("SGD", 0, (TaxPart(528_000, 0, ZERO),)),),
        "totals": Totals(528_000, 528_000, 528_000, 528_000),
    }  # fmt: skip
    return Invoice(**(fields | more))  # type: ignore[arg-type]


PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
EN16931 = "urn:cen.eu:en16931:2017"


def european(specification: str = PEPPOL, **more: object) -> Invoice:
    """The same sale inside the European Union, as Peppol has it: 5280.00 and 25 per cent."""
    standard = TaxCategory("S", Decimal(25))
    seller = msgspec.structs.replace(
        SELLER, taxes=(TaxRegistration("DK12345674"),), address=Address(city="Aarhus", postcode="8000", country="DK"),
        registration=Identifier("DK12345674", "0184"), identifiers=(),
    )  # fmt: skip
    buyer = msgspec.structs.replace(
        BUYER, taxes=(TaxRegistration("SE556677889901"),), address=Address(city="Lund", country="SE"), identifiers=()
    )
    plain = {"net_weight": None, "gross_weight": None, "category": standard, "classifications": ()}
    made = invoice(
        specification=specification,
        process="urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        currency="EUR",
        seller=seller,
        buyer=buyer,
        terms=None,
    )
    fields: dict[str, object] = {
        "lines": tuple(msgspec.structs.replace(one, item=msgspec.structs.replace(one.item, **plain)) for one in made.lines),
        "taxes": (TaxTotal("EUR", 132_000, (TaxPart(528_000, 132_000, standard),)),),
        "totals": Totals(660_000, 528_000, 528_000, 660_000),
        "payment": (PaymentMeans("30", reference="RF18539007547034", account=Account("DK5000400440116243")),),
    }  # fmt: skip
    return msgspec.structs.replace(made, **(fields | more))


def order() -> Order:
    lines = tuple(OrderLine(one.id, one.quantity, one.net_minor, one.price, one.item) for one in invoice().lines)
    return Order(
        "PO-3",
        "2026-11-01",
        "SGD",
        buyer=BUYER,
        seller=SELLER,
        terms=Terms("CIF", place="Singapore"),
        payable_minor=528_000,
        lines=lines,
    )


def despatch() -> DespatchAdvice:
    lines = tuple(MovedLine(one.id, one.quantity, order_line=one.id, item=one.item) for one in order().lines)
    return DespatchAdvice("D-1", "2026-11-18", order="PO-3", seller=SELLER, buyer=BUYER, lines=lines)


def receipt(rejected: int = 0) -> ReceiptAdvice:
    refused = Quantity(Decimal(rejected), "KGM") if rejected else None
    lines = tuple(
        MovedLine(one.id, received=one.quantity, rejected=refused if one.id == "1" else None, order_line=one.id, item=one.item)
        for one in order().lines
    )
    return ReceiptAdvice("R-1", "2026-11-25", order="PO-3", despatch="D-1", buyer=BUYER, seller=SELLER, lines=lines)


# What XML 1.0 lets through and a person might write; blanks at the ends are not told from layout.
WORDS = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=30)
    .map(str.strip)
    .filter(bool)
)
NUMBERS = st.from_regex(r"[A-Za-z0-9/-]{1,20}", fullmatch=True)
PRICES = st.decimals(min_value=0, max_value=10_000, places=4)


def minor(exact: Decimal, currency: str) -> int:
    return int((exact * 10 ** CURRENCIES[currency].exponent).quantize(Decimal(1), ROUND_HALF_UP))


@st.composite
def sales(draw: st.DrawFn) -> Invoice:
    """Invoices of any parties, currency, lines, allowances and taxes, whose sums are right."""
    currency = draw(st.sampled_from(["EUR", "SGD", "JPY", "KWD", "IDR", "KRW", "INR"]))
    categories = [
        TaxCategory("S", rate) for rate in draw(st.lists(st.decimals(1, 30, places=1), min_size=1, max_size=3, unique=True))
    ] + [ZERO]
    lines, allowances = [], []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        quantity, price = draw(st.decimals(1, 500, places=3)), draw(PRICES)
        off = draw(st.none() | st.decimals(0, 5, places=2))
        allowance = draw(st.none() | st.integers(0, 500))
        inside = () if allowance is None else (AllowanceCharge(draw(st.booleans()), allowance, reason=draw(WORDS)),)
        net = minor(quantity * price, currency) + sum(one.actual_minor if one.charge else -one.actual_minor for one in inside)
        item = Item(
            name=draw(WORDS), description=draw(st.just("") | WORDS), seller_id=draw(st.just("") | NUMBERS),
            standard_id=draw(st.none() | st.just(Identifier("4012345678901", "0160"))), category=draw(st.sampled_from(categories)),
            classifications=draw(st.just(()) | st.just((Identifier("090411", "HS"),))), origin=draw(st.sampled_from(["", "ID", "BR"])),
        )  # fmt: skip
        lines.append(
            InvoiceLine(
                str(number),
                Quantity(quantity, draw(st.sampled_from(["KGM", C62, "LTR"]))),
                net,
                item,
                note=draw(st.just("") | WORDS),
                allowances=inside,
                price=Price(price, discount=None if off is None else Discount(off, price + off)),
                period=draw(st.none() | st.just(Period("2026-10-01", "2026-10-31"))),
            )
        )
    for _ in range(draw(st.integers(0, 2))):
        allowances.append(
            AllowanceCharge(
                draw(st.booleans()), draw(st.integers(1, 1000)), reason=draw(WORDS), category=draw(st.sampled_from(categories))
            )
        )
    bases: dict[TaxCategory, int] = {}
    for line in lines:
        assert line.item.category is not None
        bases[line.item.category] = bases.get(line.item.category, 0) + line.net_minor
    for one in allowances:
        assert one.category is not None
        bases[one.category] = bases.get(one.category, 0) + (one.actual_minor if one.charge else -one.actual_minor)
    parts = tuple(TaxPart(base, round_half_up(base * (key.rate or Decimal(0)) / 100), key) for key, base in bases.items())
    tax, net = sum(part.tax_minor for part in parts), sum(bases.values())
    down = sum(one.actual_minor for one in allowances if not one.charge)
    up = sum(one.actual_minor for one in allowances if one.charge)
    prepaid = draw(st.none() | st.integers(0, 1000))
    return invoice(
        number=draw(NUMBERS), currency=currency, lines=tuple(lines), allowances=tuple(allowances), taxes=(TaxTotal(currency, tax, parts),),
        totals=Totals(net + tax - (prepaid or 0), sum(one.net_minor for one in lines), net, net + tax, down, up, prepaid),
        seller=msgspec.structs.replace(SELLER, name=draw(WORDS)), notes=tuple(Note(one) for one in draw(st.lists(WORDS.filter(lambda w: w[0] != "#"), max_size=2))),
        attachments=draw(st.just(()) | st.just((Attachment("LC-1", type_code="465"), Attachment("A", description="x", content=b"\x00\xff", mime="application/pdf", filename="a.pdf")))),
        buyer_reference=draw(st.just("") | WORDS), contract=draw(st.just("") | NUMBERS), project=draw(st.just("") | NUMBERS),
    )  # fmt: skip


def round_half_up(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))

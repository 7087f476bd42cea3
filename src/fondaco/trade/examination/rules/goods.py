"""Rules of the goods: description, quantity and its tolerance, unit price, shipment in parts and by instalments."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fondaco.core import CURRENCIES
from fondaco.trade.examination.case import Case, found, total
from fondaco.trade.examination.documents import (
    Document,
    DocumentLine,
    Draft,
    InsuranceDocument,
    Invoice,
    PackingList,
    TransportDocument,
)
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.normal import (
    DEGRADING,
    GENERAL,
    Likeness,
    base_price,
    contradicting_kinds,
    contradicting_marks,
    counts_packages,
    dimension,
    goods_words,
    in_base,
    is_unit,
    likeness,
    near,
    unit_words,
    vessel_name,
)  # fmt: skip
from fondaco.trade.examination.terms import GoodsLine
from fondaco.trade.examination.words import EXACT, Quantity

ABOUT_PERCENT = 10  # art. 30(a)
BULK_PERCENT = 5  # art. 30(b)


# What an invoice may charge on a line beside the goods.
_CHARGES = frozenset(
    "freight insurance premium packing handling charge inland transport fee document documentation cost of".split()
)


def described(document: Document) -> str:
    return " ".join([document.goods_text, *(line.description for line in document.goods)]).strip()


def _all_words(one: Invoice) -> str:
    """All that an invoice says of the goods, wherever it stands: what the credit says in one text an invoice may say in several fields."""
    place = one.incoterm_place.name if one.incoterm_place else ""
    packed = one.packages.kind if one.packages else ""
    counted = [
        word
        for line in one.goods
        for word in (
            *((f"{line.quantity.value.normalize():f}", *unit_words(line.quantity.unit)) if line.quantity else ()),
            f"{line.unit_price.normalize():f}" if line.unit_price is not None else "",
            line.origin,
        )
    ]
    fields = [one.title, one.incoterm, place, one.order_number, one.origin, packed, one.currency]
    return " ".join([described(one), *one.statements, *one.marks, *fields, *counted])


def _credit_goods(case: Case) -> str:
    return " ".join([case.terms.goods_text, *(line.description for line in case.terms.goods)]).strip()


def invoice_goods(case: Case) -> Iterator[Finding]:
    """The invoice must correspond: all that the credit says of the goods, and nothing that makes them others."""
    invoices = case.of(Invoice)
    if not invoices:
        return
    wanted = [(f"goods[{number}].description", line.description) for number, line in enumerate(case.terms.goods)]
    said = " ".join(_all_words(one) for one in invoices)
    if case.terms.goods_text and (not wanted or any(one.goods_text for one in invoices)):
        wanted.append(("goods_text", case.terms.goods_text))
    known = goods_words(said)
    lacking = [(at, words, goods_words(words) - known) for at, words in wanted]
    lines = len(case.terms.goods)
    if case.terms.partial_shipments != "NOT_ALLOWED" and lines > 1 and any(not lack for _, _, lack in lacking[:lines]):
        # In parts some lines may be left out; a line that is there must be there whole.
        lacking = [(at, words, lack) for at, words, lack in lacking[:lines] if 2 * len(lack) < len(goods_words(words))]
    for at, words, lack in lacking:
        certain = sorted(word for word in lack if not (_counts(word, at) or any(near(word, other) for other in known)))
        if lack:
            yield found(
                "UCP600.18c", "DISCREPANCY" if certain else "QUERY", invoices[-1], "goods", described(invoices[-1]), at=at, expected=words,
                advice=f"The invoice lacks: {', '.join(certain)}." if certain else f"Examine by eye: {', '.join(sorted(lack))}.",
            )  # fmt: skip
    extra = (goods_words(said) & DEGRADING) - goods_words(_credit_goods(case))
    if extra:
        yield found(
            "UCP600.18c", "DISCREPANCY", invoices[-1], "goods", sorted(extra), at="goods_text", expected=_credit_goods(case)
        )


def _counts(word: str, at: str) -> bool:
    """A number, a unit or a currency of a credit that says its goods in one text: quantities and prices have tolerances, which a person weighs."""
    return at == "goods_text" and (
        word.replace(".", "").replace("%", "").isdigit() or is_unit(word) or word.upper() in CURRENCIES
    )


def other_lines(case: Case) -> Iterator[Finding]:
    """Goods on the invoice that the credit doesn't name: none, not even free of charge."""
    known = goods_words(_credit_goods(case))
    for one in case.of(Invoice):
        for number, line in enumerate(one.goods):
            words = goods_words(line.description)
            stranger = not words <= known if line.free else not words & known
            if known and words and stranger and not words <= _CHARGES:
                yield found(
                    "UCP600.18c",
                    "DISCREPANCY",
                    one,
                    f"goods[{number}]",
                    line.description,
                    at="goods",
                    expected="no goods beside the credit's",
                )


def other_goods(case: Case) -> Iterator[Finding]:
    """Any other document may describe the goods generally, but not as other goods."""
    credit = _credit_goods(case)
    known = goods_words(credit)
    for one in case.documents:
        said = described(one)
        if isinstance(one, Invoice | Draft) or not said or not credit:
            continue
        words = goods_words(said)
        marks = contradicting_marks(said, credit)
        marks = marks or contradicting_kinds(said, credit)
        if marks is not None:
            yield found("UCP600.14e", "DISCREPANCY", one, "goods_text", marks[0], at="goods_text", expected=marks[1])
        elif (words & DEGRADING) - known:
            yield found("UCP600.14e", "DISCREPANCY", one, "goods_text", said, at="goods_text", expected=credit)
        elif not words & known and not words <= GENERAL:
            severity = "QUERY" if words & GENERAL else "DISCREPANCY"
            yield found("UCP600.14e", severity, one, "goods_text", said, at="goods_text", expected=credit)  # type: ignore[arg-type]


Entry = tuple[Invoice, int, DocumentLine]


def lines_of(case: Case) -> list[list[Entry]]:
    """For each line of the credit's goods the invoices' lines of it: where there is one good all are, else those whose words or HS code fit it best."""
    entries = [(one, place, line) for one in case.of(Invoice) for place, line in enumerate(one.goods) if not line.free]
    if len(case.terms.goods) == 1:
        return [entries]
    wanted = [goods_words(line.description) for line in case.terms.goods]
    same = {words: number for number, words in reversed(list(enumerate(wanted)))}
    found: list[list[Entry]] = [[] for _ in wanted]
    for entry in entries:
        words = goods_words(entry[2].description)
        number = same.get(words)
        if number is None:
            number = _best(case.terms.goods, wanted, words, entry[2].hs)
        if number is not None:
            found[number].append(entry)
    return found


def _best(goods: tuple[GoodsLine, ...], wanted: list[frozenset[str]], words: frozenset[str], hs: str) -> int | None:
    """The credit's line that shares most words with an invoice's, the same HS code breaking a tie; None where none shares any."""
    fits = [2 * len(other & words) + (1 if hs and goods[number].hs == hs else 0) for number, other in enumerate(wanted)]
    best = max(fits, default=0)
    return fits.index(best) if best else None


def bounds(line: GoodsLine) -> tuple[int, int, str]:
    """How many per cent less and more of a quantity may be shipped, and by which article."""
    if line.about:
        return ABOUT_PERCENT, ABOUT_PERCENT, "UCP600.30a"
    if line.plus is not None or line.minus is not None:
        return line.minus or 0, line.plus or 0, "UCP600.30b"
    if line.packing_units or (line.quantity is not None and counts_packages(line.quantity.unit)):
        return 0, 0, "UCP600.30b"
    return BULK_PERCENT, BULK_PERCENT, "UCP600.30b"


def quantities(case: Case) -> Iterator[Finding]:
    for number, (wanted, entries) in enumerate(zip(case.terms.goods, lines_of(case), strict=False)):
        quantities = [(one, place, line.quantity) for one, place, line in entries if line.quantity is not None]
        if wanted.quantity is None or not quantities:
            continue
        at = f"goods[{number}].quantity"
        last, place, _ = quantities[-1]
        if any(dimension(quantity.unit) != dimension(wanted.quantity.unit) for _, _, quantity in quantities):
            yield found("UCP600.30b", "QUERY", last, f"goods[{place}].quantity", "another unit", at=at, expected=wanted.quantity)
            continue
        before = case.presentation.shipped_before[number] if number < len(case.presentation.shipped_before) else None
        shipped = total(in_base(quantity) for _, _, quantity in quantities)
        shipped = EXACT.add(shipped, in_base(before) if before else Decimal(0))
        less, more, rule = bounds(wanted)
        whole = in_base(wanted.quantity)
        low, high = (EXACT.multiply(whole, Decimal(percent).scaleb(-2)) for percent in (100 - less, 100 + more))
        short = case.terms.partial_shipments == "NOT_ALLOWED" and shipped < low and not case.terms.instalments
        if shipped > high or short:
            yield found(
                "UCP600.31a" if short and not wanted.about else rule, "DISCREPANCY", last, f"goods[{place}].quantity", [quantity for _, _, quantity in quantities], at=at,
                expected=f"{wanted.quantity}, {less} % less to {more} % more",
            )  # fmt: skip


def unit_prices(case: Case) -> Iterator[Finding]:
    for number, (wanted, entries) in enumerate(zip(case.terms.goods, lines_of(case), strict=False)):
        if wanted.unit_price is None:
            continue
        for one, place, line in entries:
            if line.unit_price is None or one.currency != case.terms.currency:
                continue
            here, there = line.unit_price, wanted.unit_price
            if line.quantity and wanted.quantity and line.quantity.unit != wanted.quantity.unit:
                if dimension(line.quantity.unit) != dimension(wanted.quantity.unit):
                    continue
                here = base_price(line.unit_price, line.quantity.unit, wanted.quantity.unit)
                there = base_price(wanted.unit_price, wanted.quantity.unit, line.quantity.unit)
            where = f"goods[{place}].unit_price"
            if wanted.price_about:
                if abs(EXACT.subtract(here, there)) > EXACT.multiply(there, Decimal(ABOUT_PERCENT).scaleb(-2)):
                    yield found(
                        "UCP600.30a",
                        "DISCREPANCY",
                        one,
                        where,
                        line.unit_price,
                        at=f"goods[{number}].unit_price",
                        expected=f"about {wanted.unit_price:f}",
                    )
            elif here != there:
                yield found(
                    "UCP600.18c/price",
                    "DISCREPANCY",
                    one,
                    where,
                    line.unit_price,
                    at=f"goods[{number}].unit_price",
                    expected=wanted.unit_price,
                )


def parts(case: Case) -> Iterator[Finding]:
    """Shipment in parts: barred, unless all goods go on one vessel's voyage to one destination (art. 31(b))."""
    documents = case.of(TransportDocument)
    if case.terms.partial_shipments != "NOT_ALLOWED" or len(documents) < 2:
        return
    first = documents[0]
    for one in documents[1:]:
        differing = [
            name
            for name, differs in (
                ("form", one.form != first.form),
                ("vessel", vessel_name(one.vessel) != vessel_name(first.vessel)),
                ("voyage", bool(one.voyage and first.voyage and one.voyage != first.voyage)),
                (
                    "discharge",
                    bool(one.discharge and first.discharge and likeness(one.discharge, first.discharge) is Likeness.DIFFERENT),
                ),
            )
            if differs
        ]
        if differing or first.form in ("ROAD", "RAIL", "INLAND_WATERWAY", "AIR_WAYBILL"):
            where = differing[0] if differing else "form"
            yield found(
                "UCP600.31a",
                "DISCREPANCY",
                one,
                where,
                getattr(one, where),
                against=first.id,
                at=where,
                expected=f"{getattr(first, where)}, in one shipment",
            )
        else:
            yield found(
                "UCP600.31a",
                "INFO",
                one,
                "vessel",
                one.vessel,
                against=first.id,
                at="vessel",
                expected="one voyage to one destination is one shipment",
            )


def instalments(case: Case) -> Iterator[Finding]:
    terms, presentation = case.terms, case.presentation
    if not terms.instalments:
        return
    missed = [number for number in presentation.instalments_missed if number < presentation.instalment]
    if missed:
        yield found(
            "UCP600.32", "DISCREPANCY", None, "instalment", presentation.instalment, at=f"instalments[{missed[0]}]",
            expected="an instalment before was missed; the credit is no longer available",
        )  # fmt: skip
    if presentation.instalment < len(terms.instalments):
        period = terms.instalments[presentation.instalment]
        yield from _instalment_quantity(case, period.quantity)
        day = case.shipped()
        if day and not period.first_day.isoformat() <= day <= period.last_day.isoformat():
            yield found(
                "UCP600.32", "DISCREPANCY", None, "shipped", day, at=f"instalments[{presentation.instalment}]",
                expected=f"{period.first_day} to {period.last_day}",
            )  # fmt: skip


def _instalment_quantity(case: Case, wanted: Quantity | None) -> Iterator[Finding]:
    """An instalment is shipped in its own quantity, within the tolerance of the goods."""
    lines = [
        (one, line.quantity) for one in case.of(Invoice) for line in one.goods if line.quantity is not None and not line.free
    ]
    if wanted is None or not lines or any(dimension(quantity.unit) != dimension(wanted.unit) for _, quantity in lines):
        return
    less, more, _ = bounds(case.terms.goods[0]) if case.terms.goods else (0, 0, "")
    shipped = total(in_base(quantity) for _, quantity in lines)
    low, high = (EXACT.multiply(in_base(wanted), Decimal(percent).scaleb(-2)) for percent in (100 - less, 100 + more))
    if not low <= shipped <= high:
        yield found(
            "UCP600.32", "DISCREPANCY", lines[-1][0], "goods", [quantity for _, quantity in lines], at=f"instalments[{case.presentation.instalment}].quantity",
            expected=wanted,
        )  # fmt: skip


def other_quantities(case: Case) -> Iterator[Finding]:
    """A quantity on another document against the invoice's, where both are of one dimension."""
    invoices = case.of(Invoice)
    invoiced = _sum_by_dimension([line.quantity for one in invoices for line in one.goods if line.quantity])
    if len(invoices) != 1:
        return
    for one in case.documents:
        if (
            isinstance(one, Invoice | Draft | InsuranceDocument)
            or len([other for other in case.documents if type(other) is type(one)]) > 1
        ):
            continue
        for measure, value in _sum_by_dimension([line.quantity for line in one.goods if line.quantity]).items():
            if measure in invoiced and invoiced[measure] != value:
                yield found(
                    "UCP600.14d/quantity", "DISCREPANCY", one, "goods", [line.quantity for line in one.goods if line.quantity],
                    against=invoices[0].id, at="goods", expected=[line.quantity for line in invoices[0].goods if line.quantity],
                )  # fmt: skip


def net_weights(case: Case) -> Iterator[Finding]:
    """Goods that are sold by weight: the net weight on another document is what was invoiced."""
    invoices = case.of(Invoice)
    lines = [line.quantity for one in invoices for line in one.goods]
    quantities = [quantity for quantity in lines if quantity is not None and dimension(quantity.unit) == "mass"]
    if not lines or len(quantities) < len(lines):
        return
    invoiced = total(in_base(quantity) for quantity in quantities)
    for kind in (Invoice, TransportDocument, PackingList):
        documents = case.of(kind)
        weights = [one.net_weight for one in documents if one.net_weight is not None and dimension(one.net_weight.unit) == "mass"]
        if documents and len(weights) == len(documents) and total(in_base(weight) for weight in weights) != invoiced:
            yield found(
                "UCP600.14d/quantity",
                "DISCREPANCY",
                documents[-1],
                "net_weight",
                weights,
                against=invoices[0].id,
                at="goods[0].quantity",
                expected=quantities,
            )


def _sum_by_dimension(quantities: list[Quantity]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for quantity in quantities:
        measure = dimension(quantity.unit)
        sums[measure] = EXACT.add(sums.get(measure, Decimal(0)), in_base(quantity))
    return sums


RULES = (invoice_goods, other_lines, other_goods, quantities, unit_prices, parts, instalments, other_quantities, net_weights)

"""Flags on prices, quantities and sums of a trade invoice: what trade-based money laundering looks like from outside (FATF/Egmont, 2020 and 2021).

A flag says what was found, what was looked for and why it matters; people decide. Nothing here stops a payment, and no number here is a float: ratios
and their logarithms are `Decimal` of 28 digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

import msgspec

from fondaco.core import CURRENCIES, amount_text, minor_text
from fondaco.trade.flag import Flag, Grade
from fondaco.trade.price_reference import Reference, References

# Kilograms in one of a unit of Recommendation 20: prices by mass are compared whatever the unit of mass.
MASS: dict[str, Decimal] = {
    "KGM": Decimal(1),
    "GRM": Decimal("0.001"),
    "TNE": Decimal(1000),
    "DTN": Decimal(100),
    "LBR": Decimal("0.45359237"),
    "ONZ": Decimal("0.028349523125"),
}
# Of a normal distribution the quartiles are 1.349 standard deviations apart.
_QUARTILES = Decimal("1.349")
# ISO 668:2020: no series 1 container weighs more than 36,000 kg with what is in it. Inner volumes, in litres, of the largest of each length.
CONTAINER_KG_MOST = 36_000
CONTAINER_LITRES = {20: 38_000, 40: 77_000, 45: 87_000}
_CONTEXT = Context(prec=28, rounding=ROUND_HALF_EVEN)
# Quantities, weights and prices beyond these are slips of a key, and nothing that can be judged.
_MOST, _DIGITS_AFTER = Decimal(10) ** 15, 18


class Thresholds(msgspec.Struct, frozen=True):
    """From where on something is flagged. `score` is a robust standard score; `ratio` how many times (or what part of) the median a price must be besides,
    and is the only measure where a reference has no spread; `n_least` is how many observations a reference needs to count."""

    score: Decimal = Decimal("3.5")
    ratio: Decimal = Decimal("1.5")
    n_least: int = 30


class Goods(msgspec.Struct, frozen=True):
    """One line of an invoice as far as its price goes. `quantity` above zero, in `unit`; `minor` is the line's amount in whole minor units."""

    where: str
    hs6: str
    quantity: Decimal
    unit: str
    minor: int
    origin: str = ""
    destination: str = ""


class Load(msgspec.Struct, frozen=True):
    """What a transport document or packing list says of weight and room. `containers` are their lengths in feet; 0 and empty: not said. Kilograms; litres."""

    where: str
    net_kg: Decimal | None = None
    gross_kg: Decimal | None = None
    packages: int = 0
    containers: tuple[int, ...] = ()
    litres: Decimal | None = None


class Sum(msgspec.Struct, frozen=True):
    """One line of an invoice as far as its arithmetic goes: `quantity` times `price` (of `per` units) should be `minor`."""

    where: str
    quantity: Decimal
    price: Decimal
    minor: int
    per: Decimal = Decimal(1)


def price_flags(
    lines: Iterable[Goods],
    currency: str,
    references: References,
    rates: Mapping[str, Decimal],
    thresholds: Thresholds | None = None,
) -> tuple[Flag, ...]:
    """Unit prices far from what such goods usually cost.

    `currency` is the invoice's; `rates` say how much of it one unit of another currency is, for the references' currencies. What cannot be judged is a NOTE.
    """
    limits = thresholds or Thresholds()
    with localcontext(_CONTEXT):
        return tuple(flag for line in lines for flag in _price(line, currency, references, rates, limits))


def _price(
    line: Goods, currency: str, references: References, rates: Mapping[str, Decimal], limits: Thresholds
) -> tuple[Flag, ...]:
    if not _sane(line.quantity) or line.quantity <= 0 or line.minor <= 0:
        text = "a line without quantity or amount has no price"
        return (Flag("PRICE_NONE", Grade.QUERY, line.where, str(line.quantity), "above 0", text),)
    found = _found(line, references, limits.n_least)
    if found is None:
        text = "no reference price for this code and unit is loaded"
        return (Flag("PRICE_UNKNOWN", Grade.NOTE, line.where, f"{line.hs6} {line.unit}", "a reference", text),)
    row, units = found
    rate = Decimal(1) if row.currency == currency else rates.get(row.currency)
    if rate is None or rate <= 0:
        text = f"the reference is in {row.currency} and no rate into {currency} is given"
        return (Flag("PRICE_UNKNOWN", Grade.NOTE, line.where, currency, row.currency, text),)
    price = Decimal(line.minor).scaleb(-CURRENCIES[currency].exponent) / (line.quantity * units) / rate
    return _judged(line, row, price, limits)


def _found(line: Goods, references: References, n_least: int) -> tuple[Reference, Decimal] | None:
    """The reference of a line and how many of its units one of the line's is."""
    row = references.nearest(line.hs6, line.unit, line.origin, line.destination, n_least)
    if row is not None:
        return row, Decimal(1)
    if line.unit in MASS:
        for unit in references.units(line.hs6):
            row = references.nearest(line.hs6, unit, line.origin, line.destination, n_least) if unit in MASS else None
            if row is not None:
                return row, MASS[line.unit] / MASS[unit]
    return None


def score_of(price: Decimal, row: Reference) -> Decimal | None:
    """How many robust standard deviations the logarithm of a price is from that of the median; None where the reference has no spread.

    The spread of the logarithm is taken as the relative distance of the quartiles over 1.349, which is its first-order value.
    """
    with localcontext(_CONTEXT):
        spread = row.iqr / row.median / _QUARTILES
        return (price / row.median).ln() / spread if spread > 0 else None


def _judged(line: Goods, row: Reference, price: Decimal, limits: Thresholds) -> tuple[Flag, ...]:
    ratio, score = price / row.median, score_of(price, row)
    high, low = ratio >= limits.ratio, ratio * limits.ratio <= 1
    if not high and not low:
        return ()
    if score is not None and abs(score) < limits.score:
        return ()
    rule, word = ("PRICE_HIGH", "above") if high else ("PRICE_LOW", "below")
    grade = Grade.REVIEW if row.n >= limits.n_least and score is not None else Grade.QUERY
    corridor = f"{row.origin or 'any'} to {row.destination or 'any'}"
    measured = f", {_short(abs(score))} standard deviations off" if score is not None else ", without a spread to measure by"
    text = (
        f"{_short(price)} {row.currency} per {row.unit} is {word} the median of {_short(row.median)} "
        f"({row.hs6}: {row.n} observations, {corridor}, {row.period}): {_short(ratio)} times it{measured}"
    )
    return (Flag(rule, grade, line.where, _short(price), _short(row.median), text),)


def load_flags(load: Load) -> tuple[Flag, ...]:
    """Weights and volumes that cannot be: net above gross, more in a container than it may weigh or hold, packages of no weight, less than nothing."""
    flags: list[Flag] = []

    def flag(rule: str, grade: Grade, found: object, expected: object, text: str) -> None:
        flags.append(Flag(rule, grade, load.where, str(found), str(expected), text))

    for name, value in (("net weight", load.net_kg), ("gross weight", load.gross_kg), ("volume", load.litres)):
        if value is not None and not (_sane(value) and value > 0):
            flag("LOAD_NONE", Grade.REVIEW, value, "above 0", f"a {name} of nothing or less")
    if flags:
        return tuple(flags)
    if load.net_kg is not None and load.gross_kg is not None and load.net_kg > load.gross_kg:
        flag("NET_ABOVE_GROSS", Grade.REVIEW, load.net_kg, load.gross_kg, "the goods weigh more than goods and packing together")
    kilograms = load.gross_kg if load.gross_kg is not None else load.net_kg
    if kilograms is not None and load.containers and kilograms > CONTAINER_KG_MOST * len(load.containers):
        most = CONTAINER_KG_MOST * len(load.containers)
        flag(
            "CONTAINER_OVERWEIGHT",
            Grade.REVIEW,
            kilograms,
            most,
            f"{len(load.containers)} containers cannot weigh that much (ISO 668)",
        )
    room = sum(CONTAINER_LITRES.get(feet, max(CONTAINER_LITRES.values())) for feet in load.containers)
    if load.litres is not None and load.containers and load.litres > room:
        flag("CONTAINER_OVERFULL", Grade.REVIEW, load.litres, room, f"{len(load.containers)} containers do not hold that much")
    if load.packages < 0:
        flag("LOAD_NONE", Grade.REVIEW, load.packages, "0 or above", "fewer packages than none")
    if load.packages > 0 and kilograms is not None and kilograms > CONTAINER_KG_MOST * load.packages:
        flag("PACKAGE_OVERWEIGHT", Grade.QUERY, kilograms, load.packages, "a package weighs more than a loaded container may")
    if load.packages > 0 and load.containers and load.packages < len(load.containers):
        flag("PACKAGES_FEW", Grade.QUERY, load.packages, len(load.containers), "fewer packages than containers")
    return tuple(flags)


def arithmetic_flags(
    lines: Sequence[Sum], currency: str, total_minor: int, charges_minor: int = 0, allowances_minor: int = 0
) -> tuple[Flag, ...]:
    """Quantity times price that is not the line's amount, by a whole minor unit or more; lines, charges and allowances that are not the total, at all."""
    exponent = CURRENCIES[currency].exponent
    flags = []
    with localcontext(_CONTEXT):
        for line in lines:
            if not all(map(_sane, (line.quantity, line.price, line.per))) or line.per <= 0:
                text = "quantity, price or the quantity that the price is of is no number to reckon with"
                found = f"{line.quantity} {line.price} {line.per}"
                flags.append(Flag("LINE_SUM", Grade.QUERY, line.where, found, "numbers", text))
                continue
            exact = (line.quantity * line.price / line.per).scaleb(exponent)
            # A line is rounded once, whichever way: it is less than one minor unit off.
            if abs(exact - line.minor) >= 1:
                expected = minor_text(int(exact.to_integral_value(ROUND_HALF_EVEN)), exponent)
                text = f"{line.quantity} times {line.price} is {expected} {currency}"
                flags.append(Flag("LINE_SUM", Grade.QUERY, line.where, amount_text(line.minor, currency), expected, text))
    summed = sum(line.minor for line in lines) + charges_minor - allowances_minor
    if summed != total_minor:
        text = "lines and charges less allowances do not come to the total"
        flags.append(
            Flag("TOTAL_SUM", Grade.QUERY, "total", amount_text(total_minor, currency), amount_text(summed, currency), text)
        )
    return tuple(flags)


def _sane(value: Decimal) -> bool:
    return value.is_finite() and abs(value) <= _MOST and int(value.as_tuple().exponent) >= -_DIGITS_AFTER


def _short(value: Decimal) -> str:
    """A number for people: four significant digits, and never with an exponent."""
    with localcontext(Context(prec=4, rounding=ROUND_HALF_EVEN)):
        return f"{+value:f}"

"""What would be missing if the largest participants failed now: exposures beside the money that stands for them (cover 1, cover 2).

PFMI (CPSS-IOSCO, April 2012): principle 4 (key consideration 3) asks a net system without a guarantee for resources that cover the *two*
participants, with their affiliates, whose failure would cost most; principle 7 (3) for liquid resources, in every currency, for the largest one. Everything here is rounded to the disadvantage of the hub: debts up, resources down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

_BPS = 10_000


class Owing(NamedTuple):
    """One participant in one currency, whole minor units, none below zero.

    `owed` is what it would have to pay in if its cycles closed now, `at_most` what that may come to under its caps; `own` is its
    prefunded money that nothing else holds.
    """

    number: int
    currency: str
    owed: int
    at_most: int
    own: int


class Rate(NamedTuple):
    """Minor units of the report's currency for one minor unit of another: a fraction of whole numbers."""

    numerator: int
    denominator: int


class Cover(NamedTuple):
    """What the failure of one (`first`) and of two (`both`) would leave unpaid, beside the resources that all share.

    `largest` are the families at their head, the largest first, each with what it would leave; families at zero are left out.
    """

    largest: tuple[tuple[str, int], ...]
    resources: int

    @property
    def first(self) -> int:
        return sum(minor for _, minor in self.largest[:1])

    @property
    def both(self) -> int:
        return sum(minor for _, minor in self.largest)

    @property
    def missing_1(self) -> int:
        """What cover 1 lacks, zero where the resources suffice."""
        return max(0, self.first - self.resources)

    @property
    def missing_2(self) -> int:
        return max(0, self.both - self.resources)


class Uncovered(NamedTuple):
    """One family over all currencies, in the report's: what its members owe beyond their own money of each currency, what else of theirs
    stands for it, and what that leaves. Each member's own means stand for itself alone: affiliates are legal persons of their own."""

    family: str
    members: tuple[int, ...]
    owed: int
    own: int
    uncovered: int


def worth(minor: int, rate: Rate, haircut_bps: int, *, up: bool) -> int:
    """`minor` units in the report's currency. A debt (`up`) grows by the haircut and is rounded up, a resource shrinks and is rounded down.

    One rounding, of the exact product. Raises `ValueError` for an amount below zero or a haircut that is none.
    """
    if minor < 0 or not 0 <= haircut_bps <= _BPS:
        raise ValueError(f"{minor} minor units under a haircut of {haircut_bps} basis points")
    weight = _BPS + haircut_bps if up else _BPS - haircut_bps
    product, whole = minor * rate.numerator * weight, rate.denominator * _BPS
    return -(-product // whole) if up else product // whole


def liquidity(owing: Iterable[Owing], families: Mapping[int, str], fund: int, *, at_most: bool) -> Cover:
    """Cover in one currency, in its own minor units: what would have to be paid in and is not prefunded, against the shared money `fund`.

    Nothing is converted: on the day itself only money of this currency pays. Raises `ValueError` for several currencies at once.
    """
    found: dict[str, int] = {}
    seen: set[str] = set()
    for one in owing:
        seen.add(one.currency)
        missing = max(0, (one.at_most if at_most else one.owed) - one.own)
        found[families[one.number]] = found.get(families[one.number], 0) + missing
    if len(seen) > 1:
        raise ValueError(f"liquidity is of one currency, not of {' '.join(sorted(seen))}")
    return _cover(found, fund)


def uncovered(
    owing: Iterable[Owing],
    families: Mapping[int, str],
    rates: Mapping[str, Rate],
    home: str,
    haircut_bps: int,
    collateral: Mapping[int, int],
    *,
    at_most: bool,
) -> list[Uncovered]:
    """Every family's exposure over all currencies in minor units of `home`, the largest uncovered first, then by name.

    Own money pays first in its own currency; what is left of it stands for other currencies after the haircut, then collateral
    (by participant, in `home`, haircuts taken already). `rates` has every currency but `home`, which needs none.
    """
    owed: dict[int, int] = {}
    own: dict[int, int] = {}
    for one in owing:
        rate, haircut = (Rate(1, 1), 0) if one.currency == home else (rates[one.currency], haircut_bps)
        debt = one.at_most if at_most else one.owed
        owed[one.number] = owed.get(one.number, 0) + worth(max(0, debt - one.own), rate, haircut, up=True)
        own[one.number] = own.get(one.number, 0) + worth(max(0, one.own - debt), rate, haircut, up=False)
    found: dict[str, Uncovered] = {}
    for number in sorted(owed):
        means, family = own[number] + collateral.get(number, 0), families[number]
        before = found.get(family, Uncovered(family, (), 0, 0, 0))
        found[family] = Uncovered(
            family,
            (*before.members, number),
            before.owed + owed[number],
            before.own + min(means, owed[number]),
            before.uncovered + max(0, owed[number] - means),
        )
    return sorted(found.values(), key=lambda one: (-one.uncovered, one.family))


def credit(exposures: Iterable[Uncovered], resources: int) -> Cover:
    """Cover over all currencies, in the report's: the uncovered exposures of the largest against what all share."""
    return _cover({one.family: one.uncovered for one in exposures}, resources)


def _cover(by_family: Mapping[str, int], resources: int) -> Cover:
    largest = sorted(((name, minor) for name, minor in by_family.items() if minor), key=lambda one: (-one[1], one[0]))
    return Cover(tuple(largest[:2]), resources)

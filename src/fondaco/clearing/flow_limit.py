"""The most that a participant lets flow to one counterparty, or to one country, beyond what has come back: counted leg by leg."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fondaco.clearing.netting import Obligation

Legs = Sequence[Obligation]


class FlowLimit(msgspec.Struct, array_like=True):
    """`towards` is a participant's number or a country's code. `minor` is the most, whole minor units of `currency`; `used_minor` what is
    reserved or paid on this business day less what has become final the other way, below zero when more came in."""

    payer: int
    currency: str
    towards: str
    minor: int
    used_minor: int = 0

    @property
    def key(self) -> tuple[int, str, str]:
        return self.payer, self.currency, self.towards

    def out(self, legs: Iterable[Obligation], countries: Mapping[int, str]) -> int:
        """What of these legs flows out under this limit."""
        return sum(
            leg.minor
            for leg in legs
            if leg.currency == self.currency and leg.payer == self.payer and self._is_towards(leg.payee, countries)
        )

    def back(self, legs: Iterable[Obligation], countries: Mapping[int, str]) -> int:
        """What of these legs comes back."""
        return sum(
            leg.minor
            for leg in legs
            if leg.currency == self.currency and leg.payee == self.payer and self._is_towards(leg.payer, countries)
        )

    def _is_towards(self, number: int, countries: Mapping[int, str]) -> bool:
        return self.towards in (str(number), countries.get(number))


def passing(limits: Iterable[FlowLimit], legs: Legs, countries: Mapping[int, str]) -> FlowLimit | None:
    """The first limit that these legs would pass, were they reserved now; None where there is room under all."""
    for limit in limits:
        out = limit.out(legs, countries)
        if out and limit.used_minor + out > limit.minor:
            return limit
    return None


def leaving(limits: Sequence[FlowLimit], settling: Mapping[int, Legs], countries: Mapping[int, str]) -> dict[int, FlowLimit]:
    """Which payments of a set that settles together must leave it so that no limit is passed, each with the limit that it would pass.

    `settling` is in the order of their places: under a limit that is passed the last payment that counts leaves, until none is. What
    comes back within the set counts at once. Ends: each round takes one out.
    """
    kept, left = dict(settling), dict[int, FlowLimit]()
    while True:
        for limit in limits:
            net = sum(limit.out(legs, countries) - limit.back(legs, countries) for legs in kept.values())
            counted = [number for number, legs in kept.items() if limit.out(legs, countries)]
            if counted and limit.used_minor + net > limit.minor:
                left[counted[-1]] = limit
                del kept[counted[-1]]
                break
        else:
            return left

"""With which money a default is paid: money of the short currency first, then what is turned into it at the day's reference rates.

The waterfall says who bears how much in one currency; this says what each gives for it, so that every short currency gets what it needs to the
unit. Who gives something else than the short currency gives it to that currency's settlement agent, which gives the money (article 16.4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from fondaco.clearing import Rate
from fondaco.settlement.default import COLLATERAL, OTHER_MONEY, Borne, Short, Taking


class Purse(NamedTuple):
    """What one has for a tranche, of one asset: whole `units`, each worth `rate` minor units of the currency of exposures, before haircuts.
    `purpose` is the word under which it is lodged, "" for prefunded money."""

    asset: str
    units: int
    rate: Rate
    purpose: str = ""


def takings(
    short: Sequence[Short], borne: Iterable[Borne], purses: Mapping[tuple[str, str], Sequence[Purse]]
) -> tuple[Taking, ...] | None:
    """Who gives what for which shortage. `borne` adds up to all that is `short`; `purses` are by (tranche, BIC), in the order in which they
    are to be used.

    None where whole units of what somebody has do not come to what it bears: that can be where no haircut leaves room for the rounding.
    """
    wanted = _Wanted(short)
    found: list[Taking] = []
    for row in borne:
        own = row.tranche in (OTHER_MONEY, COLLATERAL)
        left, bags = row.minor, list(purses.get((row.tranche, row.bic), ()))
        for same in (True, False):
            for at in range(len(bags)):
                for place, one in enumerate(short):
                    fits = (bags[at].asset == one.currency) is same and not (own and one.bic != row.bic)
                    home = min(left, wanted.home(place), _worth(bags[at])) if fits else 0
                    if home:
                        minor = wanted.give(place, home)
                        units = minor if same else -(-home * bags[at].rate.denominator // bags[at].rate.numerator)
                        over = 0 if same else units * bags[at].rate.numerator // bags[at].rate.denominator - home
                        found.append(
                            Taking(
                                row.tranche, row.bic, bool(bags[at].purpose), bags[at].purpose, bags[at].asset, units, home, over,
                                one.bic, one.currency, minor,
                            )
                        )  # fmt: skip
                        bags[at] = bags[at]._replace(units=bags[at].units - units)
                        assert bags[at].units >= 0, "nobody gives more than it has"
                        left -= home
        if left:
            return None
    assert wanted.nothing(), "what is borne is given to those that are short"
    return tuple(found)


def _worth(purse: Purse) -> int:
    return purse.units * purse.rate.numerator // purse.rate.denominator


class _Wanted:
    """What is still to be given for each shortage. Parts of it are whole units, and together what is missing: each is the difference between
    two marks on the way there."""

    def __init__(self, short: Sequence[Short]) -> None:
        self._short = short
        self._given = [0] * len(short)

    def home(self, place: int) -> int:
        return self._short[place].home - self._given[place]

    def give(self, place: int, home: int) -> int:
        before = self._mark(place)
        self._given[place] += home
        return self._mark(place) - before

    def nothing(self) -> bool:
        return all(not self.home(place) for place in range(len(self._short)))

    def _mark(self, place: int) -> int:
        one = self._short[place]
        return (one.owed - one.paid) * self._given[place] // one.home if one.home else 0

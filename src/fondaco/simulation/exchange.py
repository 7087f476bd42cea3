"""At what rates payments of a scenario change currency: its providers, and the firm quotes that they post through the day.

A rate is the scenario's own, the other way of one, or a cross rate of the European Central Bank's references of the demo's day. Posted once, a
quote is the rate of every cycle of the day; posted again and again, it moves by chance, and what was locked before runs out.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import permutations
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from fondaco.core import CURRENCIES, MINOR_MAX, Refusal
from fondaco.fx import Quote, convert, fitting, reference
from fondaco.simulation.day import DEMO_DAY
from fondaco.simulation.reader import Reader

_NS = 1_000_000_000
_DAY_S = 86_400
_MAX_AGE_DAYS = 40
_BPS = 10_000


@dataclass(frozen=True, slots=True)
class Exchange:
    """`providers` are numbers of banks, each with its spread in basis points; `rates` are major units of the second currency for one of the first,
    before the spread.

    Quotes are posted every `every_s` seconds from the opening on (0: once), hold for `valid_s`, and lie up to `move_bps` off their rate by
    chance. `most_minor` is what a provider pays out at one quote, `held_minor` and `owed_minor` what each provider begins with and may owe in a cycle
    beside what its bank has: whole minor units, by currency in their order. `requote`: a payment whose rate runs out in its queue is priced again,
    else it is refused.
    """

    currencies: tuple[str, ...]
    providers: tuple[int, ...]
    spreads_bps: tuple[int, ...]
    rates: tuple[tuple[str, str, Decimal], ...]
    every_s: int
    valid_s: int
    move_bps: int
    most_minor: tuple[int, ...]
    held_minor: tuple[int, ...]
    owed_minor: tuple[int, ...]
    requote: bool

    def posted_at(self, opens_s: int, closes_s: int, step_s: int) -> list[int]:
        """The seconds at which quotes are posted: ticks of the clock."""
        if not self.every_s:
            return [opens_s]
        return sorted({opens_s - -at // step_s * step_s for at in range(0, closes_s - opens_s + 1, self.every_s)})

    def quotes(self, seed: int, number: int, begins: int, names: list[str]) -> list[tuple[str, tuple[Quote, ...]]]:
        """What each provider posts the `number`-th time (from 0): its BIC of eight, which `names` has by bank, and its quotes from the instant
        `begins` on, in nanoseconds. The same on every machine."""
        found = []
        for place, (bank, spread) in enumerate(zip(self.providers, self.spreads_bps, strict=True)):
            source = np.random.PCG64([seed, number, place])
            own = []
            for one, other, rate in self.rates:
                off = int(source.random_raw()) % (2 * self.move_bps + 1) - self.move_bps + spread
                name = hashlib.sha256(f"{seed} {number} {bank} {one}{other}".encode()).digest()
                own.append(
                    Quote(
                        str(uuid.UUID(bytes=name[:16], version=4)), names[bank], one, other, fitting(rate * (_BPS - off) / _BPS), (),
                        begins, begins + self.valid_s * _NS, self.most_minor[self.currencies.index(other)],
                    )
                )  # fmt: skip
            found.append((names[bank], tuple(own)))
        return found

    def about(self, minor: int, source: str, target: str) -> int:
        """What an amount is worth in another currency before any spread, at least one minor unit."""
        rate = next(rate for one, other, rate in self.rates if (one, other) == (source, target))
        return max(1, convert(minor, rate, source, target).target_minor)

    def with_held(self, minor: NDArray[np.int64], currency: str) -> NDArray[np.int64]:
        """What every bank begins with, and each provider so much more."""
        return self._more(minor, self.held_minor[self.currencies.index(currency)])

    def with_owed(self, minor: NDArray[np.int64], currency: str) -> NDArray[np.int64]:
        """What every bank may owe in a cycle, and each provider so much more."""
        return self._more(minor, self.owed_minor[self.currencies.index(currency)])

    def _more(self, minor: NDArray[np.int64], more: int) -> NDArray[np.int64]:
        found = minor.copy()
        found[list(self.providers)] += more
        return found


class _Given(msgspec.Struct):
    providers: list[str] = []
    spread_bps: list[int] = []
    rates: dict[str, str] = {}
    every_s: int = 0
    valid_s: int = _DAY_S
    move_bps: int = 0
    most: dict[str, str] = {}
    balances: dict[str, str] = {}
    caps: dict[str, str] = {}
    requote: bool = True


def exchange_of(reader: Reader, currencies: tuple[str, ...], banks: tuple[str, ...]) -> Exchange | None:
    """The table `[fx]` of a scenario of these currencies and banks; None where it has none. Mistakes are the reader's."""
    if "fx" not in reader.raw:
        return None
    given = reader.table("fx", _Given)
    providers = [_bank(reader, at, name, banks) for at, name in enumerate(given.providers)]
    if not providers:
        reader.wrong("fx.providers", "names of banks that change money")
    if len(set(providers)) < len(providers):
        reader.wrong("fx.providers", "each bank once")
    spreads = given.spread_bps or [0] * len(providers)
    if len(spreads) != len(providers):
        reader.wrong("fx.spread_bps", "one for each provider, in their order")
    for at, spread in enumerate(spreads):
        reader.within(f"fx.spread_bps[{at}]", spread, 0, _BPS // 2)
    reader.within("fx.every_s", given.every_s, 0, _DAY_S)
    reader.within("fx.valid_s", given.valid_s, 1, _DAY_S)
    reader.within("fx.move_bps", given.move_bps, 0, _BPS // 4)
    rates = _rates(reader, given.rates, currencies)
    most, held, owed = (
        _amounts(reader, name, own, currencies)
        for name, own in (("most", given.most), ("balances", given.balances), ("caps", given.caps))
    )
    return Exchange(
        currencies, tuple(providers), tuple(spreads), rates, given.every_s, given.valid_s, given.move_bps,
        tuple(MINOR_MAX if one is None else one for one in most), tuple(one or 0 for one in held), tuple(one or 0 for one in owed),
        given.requote,
    )  # fmt: skip


def _bank(reader: Reader, at: int, name: str, banks: tuple[str, ...]) -> int:
    if name not in banks:
        reader.wrong(f"fx.providers[{at}]", f"{name} is no bank of this scenario")
        return -1 - at
    return banks.index(name)


def _amounts(reader: Reader, name: str, given: dict[str, str], currencies: tuple[str, ...]) -> list[int | None]:
    """Amounts by currency in their order, None where nothing is said."""
    for code in sorted(given.keys() - set(currencies)):
        reader.wrong(f"fx.{name}.{code}", f"is none of the scenario's: {', '.join(currencies)}")
    return [
        reader.amount(f"fx.{name}.{code}", given[code], CURRENCIES[code].exponent)
        if code in given and code in CURRENCIES
        else None
        for code in currencies
    ]


def _rates(reader: Reader, given: dict[str, str], currencies: tuple[str, ...]) -> tuple[tuple[str, str, Decimal], ...]:
    """The rate of every pair, rising."""
    own: dict[tuple[str, str], Decimal] = {}
    for pair, text in given.items():
        one, _, other = pair.partition("/")
        place = f"fx.rates.{pair}"
        if one == other or not {one, other} <= set(currencies):
            reader.wrong(place, "two of the scenario's currencies, as in SGD/KRW")
            continue
        try:
            rate = Decimal(text)
        except InvalidOperation:
            rate = Decimal("NaN")
        if not rate.is_finite() or not Decimal("1e-9") <= rate <= Decimal("1e9") or fitting(rate) != rate:
            reader.wrong(place, f"a rate of at most eleven digits, ten of them decimals; not {text!r}")
            continue
        own[one, other] = rate
    found = []
    for one, other in permutations(sorted(set(currencies) & CURRENCIES.keys()), 2):
        rate_of = own.get((one, other)) or _other_way(own.get((other, one))) or _published(one, other)
        if rate_of is None:
            reader.wrong(f"fx.rates.{one}/{other}", "is missing, and no reference rate of it is known")
            continue
        found.append((one, other, rate_of))
    return tuple(found)


def _other_way(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else fitting(1 / rate)


def _published(one: str, other: str) -> Decimal | None:
    found: Any = reference(one, other, DEMO_DAY, _MAX_AGE_DAYS)
    return None if isinstance(found, Refusal) else fitting(found.rate)

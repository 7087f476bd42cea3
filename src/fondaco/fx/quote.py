"""Firm quotes of several providers: the best price is chosen and locked for one payment.

A provider's price for an amount is its base rate, improved by the tier that the amount reaches (Nexus quote flow). A quote
holds until it expires and as long as its capacity lasts; locking takes capacity at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from fondaco.core import MINOR_MAX, Instant, Reason, Refusal, amount_text
from fondaco.fx.conversion import convert, convert_exactly, source_for

_BPS = Decimal(10_000)
# ISO 20022 BaseOneRate: at most eleven digits, ten of them decimals.
_RATE_DIGITS, _RATE_DECIMALS = 11, 10


def fitting(rate: Decimal) -> Decimal:
    """`rate` with as many decimals as an ISO 20022 message can carry, half to even."""
    whole = max(1, rate.adjusted() + 1)
    return round(rate, min(_RATE_DECIMALS, max(0, _RATE_DIGITS - whole)))


class Quote(msgspec.Struct, frozen=True, array_like=True):
    """`rate` is target major units for one source major unit. `tiers` are (from source minor units, improvement in bps),
    rising. `capacity_minor` is the most the provider will still pay out, in target minor units."""

    quote_id: str
    provider: str
    source: str
    target: str
    rate: Decimal
    tiers: tuple[tuple[int, int], ...]
    valid_from: int
    valid_until: int
    capacity_minor: int

    def rate_for(self, source_minor: int) -> Decimal:
        improvement = 0
        for start, bps in self.tiers:
            if source_minor >= start:
                improvement = bps
        return self.rate if not improvement else fitting(self.rate * (_BPS + improvement) / _BPS)


class Locked(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A price that holds for one payment until `expires`: both legs, and what rounding left (10^-9 target minor)."""

    quote_id: str
    provider: str
    rate: str
    source_minor: int
    target_minor: int
    residue_nano: int
    expires: int


class QuoteBook:
    """The firm quotes in force. All decisions follow from what was posted and the instant given."""

    def __init__(self, quotes: Iterable[Quote] = ()) -> None:
        self._by_pair: dict[tuple[str, str], list[Quote]] = {}
        self._left: dict[str, int] = {}
        self._rates: dict[tuple[str, int], Decimal] = {}
        for quote in quotes:
            self._add(quote)

    def _add(self, quote: Quote) -> None:
        self._by_pair.setdefault((quote.source, quote.target), []).append(quote)
        self._left[quote.quote_id] = quote.capacity_minor

    def replace(self, provider: str, quotes: Iterable[Quote]) -> Refusal | None:
        """The provider's quotes in place of all its earlier ones. Refused whole when one is not its own, has no rate that a message can
        carry, or bears a name that another quote has: a payment names its quote by that alone."""
        new = list(quotes)
        taken = {quote.quote_id for pair in self._by_pair.values() for quote in pair if quote.provider != provider}
        for quote in new:
            if quote.quote_id in taken:
                return Refusal(Reason.QUOTE_UNKNOWN, quote.quote_id, "another quote has this name")
            taken.add(quote.quote_id)
            if (
                quote.provider != provider
                or not quote.rate.is_finite()
                or quote.rate <= 0
                or fitting(quote.rate) != quote.rate
                or quote.valid_until <= quote.valid_from
                or not 0 <= quote.capacity_minor <= MINOR_MAX
            ):
                return Refusal(Reason.QUOTE_UNKNOWN, quote.quote_id, f"of {quote.provider}")
        for pair in list(self._by_pair):
            kept = [quote for quote in self._by_pair[pair] if quote.provider != provider]
            for quote in self._by_pair[pair]:
                if quote.provider == provider:
                    del self._left[quote.quote_id]
            self._by_pair[pair] = kept
        self._rates.clear()
        for quote in new:
            self._add(quote)
        return None

    def best(self, source: str, target: str, source_minor: int, at: Instant) -> Locked | Refusal:
        """Lock the price that pays out most; of equal ones the provider's whose BIC comes first."""
        chosen: tuple[int, str, Quote, Decimal, int] | None = None
        for quote in self._by_pair.get((source, target), ()):
            if not quote.valid_from <= at < quote.valid_until:
                continue
            rate = self._rate(quote, source_minor)
            target_minor, residue = convert(source_minor, rate, source, target)
            if target_minor > self._left[quote.quote_id]:
                continue
            if chosen is None or (-target_minor, quote.provider) < (-chosen[0], chosen[1]):
                chosen = (target_minor, quote.provider, quote, rate, residue)
        if chosen is None:
            return Refusal(Reason.NO_PRICE, f"{source}/{target}")
        target_minor, _, quote, rate, residue = chosen
        return self._lock(quote, rate, source_minor, target_minor, residue)

    def named(
        self, quote_id: str, source: str, target: str, source_minor: int, at: Instant, exact_minor: int = 0
    ) -> Locked | Refusal:
        """Lock the price that the instruction names. With `exact_minor` that is what arrives, to the unit, and the instruction must pay
        the fewest source units that buy it."""
        found = [quote for quote in self._by_pair.get((source, target), ()) if quote.quote_id == quote_id]
        if not found:
            return Refusal(Reason.QUOTE_UNKNOWN, "AgrdRate/QtId", quote_id)
        quote = found[0]
        if not quote.valid_from <= at < quote.valid_until:
            return Refusal(Reason.QUOTE_EXPIRED, "AgrdRate/QtId", quote_id)
        rate = self._rate(quote, source_minor)
        converted = convert(source_minor, rate, source, target)
        if exact_minor:
            exact = convert_exactly(source_minor, exact_minor, rate, source, target)
            if exact is None:
                needed = source_for(exact_minor, rate, source, target)
                return Refusal(
                    Reason.QUOTE_DIFFERS, "InstdAmt", f"{amount_text(exact_minor, target)} needs {amount_text(needed, source)}"
                )
            converted = exact
        target_minor, residue = converted
        if target_minor > self._left[quote.quote_id]:
            return Refusal(Reason.NO_PRICE, "AgrdRate/QtId", quote_id)
        return self._lock(quote, rate, source_minor, target_minor, residue)

    def release(self, locked: Locked) -> None:
        """Give a lock's capacity back, where its quote still stands."""
        if locked.quote_id in self._left:
            self._left[locked.quote_id] += locked.target_minor

    def _rate(self, quote: Quote, source_minor: int) -> Decimal:
        if not quote.tiers:
            return quote.rate
        tier = sum(source_minor >= start for start, _ in quote.tiers)
        key = (quote.quote_id, tier)
        found = self._rates.get(key)
        if found is None:
            found = self._rates[key] = quote.rate_for(source_minor)
        return found

    def _lock(self, quote: Quote, rate: Decimal, source_minor: int, target_minor: int, residue: int) -> Locked | Refusal:
        if target_minor <= 0:
            return Refusal(Reason.AMOUNT_VANISHES, "IntrBkSttlmAmt", str(source_minor))
        self._left[quote.quote_id] -= target_minor
        return Locked(quote.quote_id, quote.provider, format(rate, "f"), source_minor, target_minor, residue, quote.valid_until)

    def state(self) -> list[Quote]:
        """The quotes with the capacity that is left: what is stored, and read again by the constructor."""
        return [
            msgspec.structs.replace(quote, capacity_minor=self._left[quote.quote_id])
            for pair in sorted(self._by_pair)
            for quote in self._by_pair[pair]
        ]

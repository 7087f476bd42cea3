"""Bid, ask and middle of a pair out of the quotes each way, and the curve of the rates that were used. Rates are `Decimal` up to the text; only a picture is not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal

import msgspec

# Divisions of rates: far more digits than are shown, half to even.
_EXACT = Context(prec=34, rounding=ROUND_HALF_EVEN)
_SHOWN = Context(prec=10, rounding=ROUND_HALF_EVEN)
_BPS = Decimal(10_000)
WIDTH, HEIGHT, _MARGIN = 240, 48, 4
# Of more uses a curve shows every second, third ... one.
POINTS_MAX = 240


class Price(msgspec.Struct, frozen=True):
    """A pair in units of the second currency for one of the first. `bid` is what one that gives the first receives, `ask` what one that wants it pays; "" where
    nobody quotes that way. `spread_bps` is ask less bid, in hundredths of a per cent of the middle; below zero where two makers cross."""

    bid: str
    ask: str
    mid: str
    spread_bps: str


def text_of(rate: Decimal) -> str:
    """A rate with ten significant digits at most, half to even, without an exponent and without zeros at its end."""
    text = format(_SHOWN.plus(rate), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_of(there: Decimal | None, back: Decimal | None) -> Price:
    """The price of a pair: `there` is the best rate from the first currency to the second, `back` the best from the second to the first. Pure."""
    ask = _EXACT.divide(Decimal(1), back) if back is not None else None
    if there is None or ask is None:
        return Price(text_of(there) if there is not None else "", text_of(ask) if ask is not None else "", "", "")
    mid = _EXACT.divide(_EXACT.add(there, ask), Decimal(2))
    spread = _EXACT.multiply(_EXACT.divide(_EXACT.subtract(ask, there), mid), _BPS)
    return Price(text_of(there), text_of(ask), text_of(mid), format(spread.quantize(Decimal("0.1"), ROUND_HALF_EVEN), "f"))


class Curve(msgspec.Struct, frozen=True):
    """Rates as they were used, from the earliest to the last, as a line in a field of `width` by `height`; lowest, highest and last as texts."""

    pair: str
    points: str
    uses: int
    first_at: int
    last_at: int
    low: str
    high: str
    last: str
    end_x: float
    end_y: float
    width: int = WIDTH
    height: int = HEIGHT


def curve_of(pair: str, uses: Sequence[tuple[int, Decimal]]) -> Curve:
    """The curve of a pair's uses (instant, rate), in the order of time. Pure."""
    rates = [rate for _, rate in uses]
    low, high = min(rates), max(rates)
    step = -(-len(uses) // POINTS_MAX)
    shown = [*uses[::-step][::-1]] if step else []
    begin, span = shown[0][0], max(1, shown[-1][0] - shown[0][0])
    tall = high - low
    places: list[str] = []
    x = y = HEIGHT / 2
    for at, rate in shown:
        x = _MARGIN + (WIDTH - 2 * _MARGIN) * (at - begin) / span
        y = HEIGHT / 2 if not tall else HEIGHT - _MARGIN - (HEIGHT - 2 * _MARGIN) * float((rate - low) / tall)
        places.append(f"{x:.1f},{y:.1f}")
    return Curve(
        pair,
        " ".join(places),
        len(uses),
        uses[0][0],
        uses[-1][0],
        text_of(low),
        text_of(high),
        text_of(rates[-1]),
        round(x, 1),
        round(y, 1),
    )

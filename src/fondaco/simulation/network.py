"""Who owes whom on a simulated day, as a picture (SVG): banks on a ring, the largest at the top, and an arrow for what one owes another."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, pi, sin, sqrt
from typing import NamedTuple

from fondaco.simulation.plots import svg, text

_WIDTH, _HEIGHT, _RING, _MIDDLE_X, _MIDDLE_Y = 760, 640, 225, 380, 335
_NODE_MAX, _NODE_MIN, _LINE_MAX, _LINE_MIN = 20.0, 4.0, 8.0, 0.5
# More of either is a grey disc: the picture shows the largest, and says how many it leaves out.
_BANKS_MAX, _LINKS_MAX = 30, 120
# Okabe and Ito's blue and vermilion, which the colour-blind can tell apart.
_DONE, _OPEN = "#0072B2", "#D55E00"


class Link(NamedTuple):
    """What one bank owed another in the day: `minor` in all, `settled_minor` of it settled; whole minor units. Banks by number."""

    payer: int
    payee: int
    minor: int
    settled_minor: int


def network_plot(title: str, names: Sequence[str], links: Sequence[Link], failed: frozenset[int] = frozenset()) -> str:
    """An SVG document. The width of an arrow is by what is owed, the area of a bank by what it pays and is paid; vermilion is what did not
    settle, from the payee's end, and banks that `failed` are hollow. The same links give the same picture."""
    moved = [0] * len(names)
    for one in links:
        moved[one.payer] += one.minor
        moved[one.payee] += one.minor
    order = sorted((bank for bank in range(len(names)) if moved[bank]), key=lambda bank: (-moved[bank], bank))
    shown = _ring(order[:_BANKS_MAX])
    place = {bank: _at(number, len(shown)) for number, bank in enumerate(shown)}
    size = {bank: max(_NODE_MIN, _NODE_MAX * sqrt(moved[bank] / moved[order[0]])) for bank in shown}
    drawn = sorted(
        (one for one in links if one.payer in place and one.payee in place), key=lambda one: (-one.minor, one.payer, one.payee)
    )
    largest = drawn[0].minor if drawn else 1
    parts = [text(20, 24, title, size=15)]
    left_out = len(order) - len(shown), len(links) - len(drawn[:_LINKS_MAX])
    parts.append(text(20, 42, "width: what one owes another; vermilion: not settled" + ("; hollow: failed" if failed else "")))
    if any(left_out):
        parts.append(text(20, _HEIGHT - 12, f"left out: {left_out[0]} smaller banks, {left_out[1]} smaller obligations"))
    for one in reversed(drawn[:_LINKS_MAX]):  # the largest on top
        width = max(_LINE_MIN, _LINE_MAX * one.minor / largest)
        parts += _arrow(place, size, one, width)
    for bank in shown:
        x, y = place[bank]
        fill = "white" if bank in failed else "#444"
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size[bank]:.1f}" fill="{fill}" stroke="#444" stroke-width="2"/>')
    for bank in shown:
        parts.append(_label(names[bank], place[bank], size[bank]))
    return svg(_WIDTH, _HEIGHT, parts)


def _ring(order: Sequence[int]) -> list[int]:
    """Round the ring from the top: the largest there, and the next ones far from it, so that their arrows do not crowd each other."""
    return [*order[0::3], *order[1::3], *order[2::3]]


def _at(number: int, count: int) -> tuple[float, float]:
    angle = 2 * pi * number / count - pi / 2
    return _MIDDLE_X + _RING * cos(angle), _MIDDLE_Y + _RING * sin(angle)


def _arrow(place: dict[int, tuple[float, float]], size: dict[int, float], one: Link, width: float) -> list[str]:
    """A curve that bends to its left, so that two banks which owe each other have two of them; its open part is drawn over it."""
    (x, y), (end_x, end_y) = place[one.payer], place[one.payee]
    bend_x = (x + end_x) / 2 * 0.75 + _MIDDLE_X * 0.25 + (end_y - y) * 0.12
    bend_y = (y + end_y) / 2 * 0.75 + _MIDDLE_Y * 0.25 - (end_x - x) * 0.12
    # It ends at the rim of the payee's disc, where it comes in.
    away = sqrt((bend_x - end_x) ** 2 + (bend_y - end_y) ** 2) or 1.0
    reach = size[one.payee] + 4 + width
    tip_x, tip_y = end_x + (bend_x - end_x) / away * reach, end_y + (bend_y - end_y) / away * reach
    open_share = 1 - one.settled_minor / one.minor
    found = []
    if open_share < 1:
        found.append(_curve(*_part((x, y), (bend_x, bend_y), (tip_x, tip_y), 1 - open_share), width, _DONE))
    if open_share > 0:
        found.append(_curve(*_part((tip_x, tip_y), (bend_x, bend_y), (x, y), open_share), width, _OPEN))
    head = 3 + width
    to_x, to_y = (end_x - bend_x) / away, (end_y - bend_y) / away
    wing_x, wing_y = -to_y * head * 0.6, to_x * head * 0.6
    point = f"{tip_x + to_x * head:.1f} {tip_y + to_y * head:.1f}"
    fill = _OPEN if open_share > 0 else _DONE
    found.append(
        f'<path d="M{point}L{tip_x + wing_x:.1f} {tip_y + wing_y:.1f}L{tip_x - wing_x:.1f} {tip_y - wing_y:.1f}Z" fill="{fill}" fill-opacity="0.75"/>'
    )
    return found


_Point = tuple[float, float]


def _part(begin: _Point, bend: _Point, end: _Point, share: float) -> tuple[_Point, _Point, _Point]:
    """The curve from its beginning to this share of it (de Casteljau's division)."""

    def between(one: _Point, other: _Point) -> _Point:
        return one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share

    first, second = between(begin, bend), between(bend, end)
    return begin, first, between(first, second)


def _curve(begin: _Point, bend: _Point, end: _Point, width: float, colour: str) -> str:
    path = f"M{begin[0]:.1f} {begin[1]:.1f}Q{bend[0]:.1f} {bend[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.1f}" stroke-opacity="0.6"/>'


def _label(name: str, at: tuple[float, float], size: float) -> str:
    """The name outside the ring, beside its bank."""
    x, y = at
    out_x, out_y = (x - _MIDDLE_X) / _RING, (y - _MIDDLE_Y) / _RING
    anchor = "middle" if abs(out_x) < 0.3 else "start" if out_x > 0 else "end"
    return text(x + out_x * (size + 6), y + out_y * (size + 10) + 4, name, anchor=anchor)

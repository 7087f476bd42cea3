"""A map of members and what they owe each other: places on a circle, arrows between them. A picture, so numbers here are `float`."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, hypot, pi, sin
from typing import NamedTuple

import msgspec

# Of more members a circle shows nothing; the table beside it shows all.
MEMBERS_MAX = 60
WIDTH, HEIGHT, NODE = 760, 520, 9
_MARGIN_X, _MARGIN_Y = 110, 50
# An arrow of fewer payments than these is thin, also where no other is wider.
_FULL_WIDTH = 5


class Edge(NamedTuple):
    """Who owes whom, from how many payments."""

    payer: int
    payee: int
    payments: int


class Node(msgspec.Struct, frozen=True):
    """A member's place, and that of its label."""

    bic: str
    country: str
    x: float
    y: float
    label_x: float
    label_y: float
    anchor: str
    busy: bool


class Arrow(msgspec.Struct, frozen=True):
    """A curve from payer to payee (a path of SVG), as wide as the share of the payments."""

    path: str
    width: float
    payer: str
    payee: str
    payments: int


class Drawing(msgspec.Struct, frozen=True):
    """The whole map, in a field of `width` by `height`."""

    nodes: list[Node]
    arrows: list[Arrow]
    width: int = WIDTH
    height: int = HEIGHT


def drawing(members: Sequence[tuple[int, str, str]], edges: Sequence[Edge]) -> Drawing | None:
    """The map of members (number, BIC, country), those of one country side by side; None for more than `MEMBERS_MAX`. Pure."""
    if len(members) > MEMBERS_MAX:
        return None
    ordered = sorted(members, key=lambda one: (one[2], one[1]))
    busy = {number for edge in edges for number in (edge.payer, edge.payee)}
    places: dict[int, tuple[float, float]] = {}
    names = {number: bic for number, bic, _ in ordered}
    nodes = []
    middle_x, middle_y = WIDTH / 2, HEIGHT / 2
    for at, (number, bic, country) in enumerate(ordered):
        angle = 2 * pi * at / len(ordered) - pi / 2
        x, y = middle_x + (middle_x - _MARGIN_X) * cos(angle), middle_y + (middle_y - _MARGIN_Y) * sin(angle)
        places[number] = (x, y)
        anchor = "middle" if abs(cos(angle)) < 0.25 else "start" if cos(angle) > 0 else "end"
        label_x, label_y = x + (NODE + 7) * cos(angle), y + (NODE + 16) * sin(angle) + 4
        rounded = [round(one, 1) for one in (x, y, label_x, label_y)]
        nodes.append(Node(bic, country, rounded[0], rounded[1], rounded[2], rounded[3], anchor, number in busy))
    most = max([edge.payments for edge in edges] + [_FULL_WIDTH])
    arrows = [
        Arrow(
            _curve(places[edge.payer], places[edge.payee], (middle_x, middle_y)), round(1 + 5 * edge.payments / most, 2),
            names[edge.payer], names[edge.payee], edge.payments,
        )
        for edge in sorted(edges)
        if edge.payer in places and edge.payee in places and edge.payer != edge.payee
    ]  # fmt: skip
    return Drawing(nodes, arrows)


def _curve(start: tuple[float, float], end: tuple[float, float], middle: tuple[float, float]) -> str:
    """A curve bent towards the middle and a little to its right, so that there and back are two; it ends at the rims of its nodes."""
    (x1, y1), (x2, y2) = start, end
    length = hypot(x2 - x1, y2 - y1)
    mid_x, mid_y = (x1 + x2) / 2, (y1 + y2) / 2
    bend_x = mid_x + (middle[0] - mid_x) * 0.35 + (y1 - y2) / length * 16
    bend_y = mid_y + (middle[1] - mid_y) * 0.35 + (x2 - x1) / length * 16

    def rim(x: float, y: float, more: float) -> tuple[float, float]:
        away = hypot(bend_x - x, bend_y - y) or 1
        return x + (bend_x - x) / away * (NODE + more), y + (bend_y - y) / away * (NODE + more)

    (from_x, from_y), (to_x, to_y) = rim(x1, y1, 1), rim(x2, y2, 6)
    return f"M{from_x:.1f},{from_y:.1f} Q{bend_x:.1f},{bend_y:.1f} {to_x:.1f},{to_y:.1f}"

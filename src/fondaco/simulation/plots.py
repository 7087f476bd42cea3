"""Pictures of lines over an axis, as SVG: enough for a day and a frontier, and nothing to install (decision 0029)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 430, 90, 170, 56, 50
# Okabe and Ito's colours, which the colour-blind can tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")


class Line(NamedTuple):
    """One line with its name in the key; points are (x, y), in the order in which they are joined."""

    name: str
    points: Sequence[tuple[float, float]]


class Axis(NamedTuple):
    """What an axis counts, and how a value on it is written; `even` where its ends are marks and what lies between is parted evenly, as on a
    clock, instead of at round numbers."""

    name: str
    text: Callable[[float], str]
    even: bool = False


def line_plot(title: str, across: Axis, up: Axis, lines: Sequence[Line], *, stairs: bool = False) -> str:
    """An SVG document. `stairs`: a value holds until the next point, as balances do. The y axis begins at zero, or below where values do."""
    xs = [x for line in lines for x, _ in line.points] or [0.0]
    ys = [y for line in lines for _, y in line.points] or [0.0]
    left, right = min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1
    low = min(0.0, *ys)
    high = max(ys) if max(ys) > low else low + 1
    marks_x, marks_y = _marks(left, right, across), _marks(low, high, up)
    left, right = min(left, marks_x[0]), max(right, marks_x[-1])
    low, high = min(low, marks_y[0]), max(high, marks_y[-1])

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + (x - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - (y - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM),
        )

    parts = [
        text(_LEFT, 22, title, size=15),
        text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, across.name, anchor="middle"),
        text(_LEFT, _TOP - 6, up.name),
    ]
    for y in marks_y:
        at_y = place(left, y)[1]
        parts.append(f'<path d="M{_LEFT} {at_y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(text(_LEFT - 6, at_y + 4, up.text(y), anchor="end"))
    parts += [text(place(x, low)[0], _HEIGHT - _BOTTOM + 16, across.text(x), anchor="middle") for x in marks_x]
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(f'<path d="{_path(line, place, stairs)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        if not stairs:  # what was reckoned; the line between is for the eye
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in (place(*one) for one in line.points)
            ]
        key_y = _TOP + 16 * number
        parts.append(f'<path d="M{_WIDTH - _RIGHT + 12} {key_y}h18" stroke="{colour}" stroke-width="3"/>')
        parts.append(text(_WIDTH - _RIGHT + 36, key_y + 4, line.name))
    return svg(_WIDTH, _HEIGHT, parts)


def _marks(low: float, high: float, axis: Axis) -> list[float]:
    """Where an axis is marked: five parts, or round steps (1, 2 or 5 of a power of ten) that reach from below `low` to above `high`."""
    if axis.even:
        return [low + (high - low) * part / 5 for part in range(6)]
    power = 10.0 ** floor(log10((high - low) / 5))
    step = next(size * power for size in (1, 2, 5, 10) if size * power * 5 >= high - low)
    return [number * step for number in range(floor(low / step), ceil(high / step) + 1)]


def _path(line: Line, place: Callable[[float, float], tuple[float, float]], stairs: bool) -> str:
    steps = []
    for number, point in enumerate(line.points):
        x, y = place(*point)
        if not number:
            steps.append(f"M{x:.1f} {y:.1f}")
        else:
            steps.append(f"H{x:.1f}V{y:.1f}" if stairs else f"L{x:.1f} {y:.1f}")
    return "".join(steps)


def svg(width: int, height: int, parts: Sequence[str]) -> str:
    """A document of these parts on white."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, f'<rect width="{width}" height="{height}" fill="white"/>', *parts, "</svg>\n"])


def text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'

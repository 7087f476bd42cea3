"""Pictures of lines over an axis, as SVG: enough for a day and a frontier, and nothing to install (decision 0029)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 420, 90, 170, 40, 50
# Okabe and Ito's colours, which the colour-blind can tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#999999")


class Line(NamedTuple):
    """One line with its name in the key; points are (x, y), in the order in which they are joined."""

    name: str
    points: Sequence[tuple[float, float]]


class Axis(NamedTuple):
    """What an axis counts, and how a value on it is written."""

    name: str
    text: Callable[[float], str]


def line_plot(title: str, across: Axis, up: Axis, lines: Sequence[Line], *, stairs: bool = False) -> str:
    """An SVG document. `stairs`: a value holds until the next point, as balances do. The y axis begins at zero, or below where values do."""
    xs = [x for line in lines for x, _ in line.points] or [0.0]
    ys = [y for line in lines for _, y in line.points] or [0.0]
    left, right = min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1
    low = min(0.0, *ys)
    high = max(ys) if max(ys) > low else low + 1

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            _LEFT + (x - left) / (right - left) * (_WIDTH - _LEFT - _RIGHT),
            _HEIGHT - _BOTTOM - (y - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM),
        )

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        _text(_LEFT, 24, title, size=15),
        _text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12, across.name, anchor="middle"),
        _text(_LEFT, _TOP - 6, up.name),
    ]
    for part in range(6):
        x, y = left + (right - left) * part / 5, low + (high - low) * part / 5
        at_x, at_y = place(x, low)[0], place(left, y)[1]
        parts.append(f'<path d="M{_LEFT} {at_y:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 6, at_y + 4, up.text(y), anchor="end"))
        parts.append(_text(at_x, _HEIGHT - _BOTTOM + 16, across.text(x), anchor="middle"))
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        parts.append(f'<path d="{_path(line, place, stairs)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        key_y = _TOP + 16 * number
        parts.append(f'<path d="M{_WIDTH - _RIGHT + 12} {key_y}h18" stroke="{colour}" stroke-width="3"/>')
        parts.append(_text(_WIDTH - _RIGHT + 36, key_y + 4, line.name))
    return "\n".join([*parts, "</svg>\n"])


def _path(line: Line, place: Callable[[float, float], tuple[float, float]], stairs: bool) -> str:
    steps = []
    for number, point in enumerate(line.points):
        x, y = place(*point)
        if not number:
            steps.append(f"M{x:.1f} {y:.1f}")
        else:
            steps.append(f"H{x:.1f}V{y:.1f}" if stairs else f"L{x:.1f} {y:.1f}")
    return "".join(steps)


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(text)}</text>'

"""A business day as a picture: what settled in each quarter of an hour, and how many payments waited at its end."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fondaco.core import Instant, utc_text
from fondaco.hub import SLOT_NS

# A day is drawn over at most so many quarters of an hour; of a longer one the end is drawn.
SLOTS_MAX = 192
WIDTH, HEIGHT = 960, 220
_LEFT, _BOTTOM, _TOP = 44, 24, 12

# When a payment began to wait ("queued") and when it ended ("unqueued"), as instants.
Moves = list[tuple[str, int]]


class Slot(msgspec.Struct, frozen=True):
    """A quarter of an hour from `at` on (ns; `clock` is that in UTC): payments that settled in it, and that waited at its end. `x`, `bar` and `line` are where it is
    drawn, `marked` whether its time is written below."""

    at: int
    clock: str
    settled: int
    waiting: int
    x: int
    bar: int
    line: int
    marked: bool


class Course(msgspec.Struct, frozen=True):
    """The picture. `step` is a slot's width; `most` and `deepest` are the largest of each; `path` is the line of what waited."""

    slots: list[Slot]
    step: int
    most: int
    deepest: int
    path: str
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - _BOTTOM
    left: int = _LEFT


def course(settled: Iterable[tuple[int, int]], changes: Iterable[tuple[int, int]], opened: int, end: int) -> Course:
    """`settled` are (instant, payments), `changes` (instant, by how many more wait), from the day's opening to its end or now. Pure."""
    first, last = _slot(opened), _slot(max(end, opened))
    done: dict[int, int] = {}
    for at, count in settled:
        done[_slot(at)] = done.get(_slot(at), 0) + count
        last = max(last, _slot(at))
    moved: dict[int, int] = {}
    for at, count in changes:
        moved[_slot(at)] = moved.get(_slot(at), 0) + count
    if not opened:
        return Course([], 0, 0, 0, "")
    many = min((last - first) // SLOT_NS + 1, SLOTS_MAX)
    start = last - (many - 1) * SLOT_NS
    # What began to wait on a day before waits when this one begins.
    depth = sum(count for at, count in moved.items() if at < start)
    rows = []
    for at in range(start, last + 1, SLOT_NS):
        depth += moved.get(at, 0)
        rows.append((at, done.get(at, 0), depth))
    return _drawn(rows)


def _drawn(rows: list[tuple[int, int, int]]) -> Course:
    most, deepest = max(row[1] for row in rows), max(row[2] for row in rows)
    room, step = HEIGHT - _BOTTOM - _TOP, max(2, (WIDTH - _LEFT - 8) // max(len(rows), 24))
    between = len(rows) // 8 + 1
    slots = [
        Slot(
            at, utc_text(Instant(at))[11:16], settled, waiting, _LEFT + place * step, settled * room // max(most, 1), waiting * room // max(deepest, 1),
            place % between == 0,
        )
        for place, (at, settled, waiting) in enumerate(rows)
    ]  # fmt: skip
    base = HEIGHT - _BOTTOM
    path = " ".join(f"{'L' if place else 'M'}{one.x},{base - one.line} H{one.x + step}" for place, one in enumerate(slots))
    return Course(slots, step, most, deepest, path)


def _slot(instant: int) -> int:
    return instant - instant % SLOT_NS

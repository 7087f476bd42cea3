"""The title chain as a picture: who had a record, one below the other, with what passed it on between them. Positions are `float`, like those of any picture."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fondaco.hub import TitleStep

WIDTH, BOX_WIDTH, BOX, GAP, TOP = 340, 300, 40, 58, 8
# Of a longer chain the end is drawn; the table beside it has all.
HOLDERS_MAX = 40
_SHORT = 40


class Box(msgspec.Struct, frozen=True):
    """Somebody who had the record; "" where it ended. `last` is who has it now."""

    holder: str
    y: float
    last: bool


class Passing(msgspec.Struct, frozen=True):
    """What passed it on: which event, when (UTC text), and against what."""

    seq: int
    action: str
    at: str
    against: str
    y: float


class Chain(msgspec.Struct, frozen=True):
    """The picture, in a field of `width` by `height`; the first holder stands at the top. `whole` is false where earlier holders were left out."""

    boxes: list[Box]
    passings: list[Passing]
    height: float
    whole: bool
    width: int = WIDTH
    box_width: int = BOX_WIDTH
    box: int = BOX
    gap: int = GAP


def chain_of(steps: Sequence[TitleStep]) -> Chain:
    """One box for each that had control in turn. What an offer waited for stands at the event by which it took effect. Pure."""
    holders: list[tuple[str, TitleStep, str]] = []
    against = ""
    for step in steps:
        against = step.against or against
        if not holders or holders[-1][0] != step.holder:
            holders.append((step.holder, step, against))
            against = ""
    shown = holders[-HOLDERS_MAX:]
    boxes = [Box(holder, TOP + at * (BOX + GAP), at == len(shown) - 1) for at, (holder, _, _) in enumerate(shown)]
    passings = [
        Passing(step.seq, step.action, step.at[:16].replace("T", " "), told[:_SHORT], boxes[at - 1].y + BOX)
        for at, (_, step, told) in enumerate(shown)
        if at
    ]
    return Chain(boxes, passings, boxes[-1].y + BOX + TOP if boxes else 0, len(shown) == len(holders))

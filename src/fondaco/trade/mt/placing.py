"""Fields against the table of their type: who stands where, what is missing, what is out of its order."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import NamedTuple

from fondaco.trade.mt.envelope import Placed
from fondaco.trade.mt.layout import Layout, Row, Sequence
from fondaco.trade.mt.message import Fault


class Standing(NamedTuple):
    """Where a field stands: its sequence, and in which occurrence of it, from 0."""

    sequence: str
    occurrence: int
    row: Row


class _Walk:
    """A walk through the rows of a type, field by field; it only goes forward, or back to the first row of a sequence that comes again."""

    def __init__(self, layout: Layout) -> None:
        self.slots: list[tuple[int, Sequence, Row]] = [
            (number, sequence, row) for number, sequence in enumerate(layout.sequences) for row in sequence.rows
        ]
        self.starts = {number: at for at, (number, _, _) in reversed(list(enumerate(self.slots)))}
        self.at = 0
        self.occurrence = 0
        self.missing: list[tuple[int, Row]] = []

    def step(self, tag: str, index: int) -> Standing | str:
        """The slot of a field, or the rule that it breaks."""
        forward = next((at for at in range(self.at, len(self.slots)) if tag in self.slots[at][2].tags), -1)
        last = self.at - 1
        if forward < 0 and last >= 0:
            number, sequence, row = self.slots[last]
            if tag in row.tags and row.repeats:
                return Standing(sequence.name, self.occurrence, row)
            if sequence.times > 1 and tag in self.slots[self.starts[number]][2].tags:
                if self.occurrence + 1 >= sequence.times:
                    return "repetition"
                self._pass(self._end(number), index)
                self.at, self.occurrence = self.starts[number] + 1, self.occurrence + 1
                return Standing(sequence.name, self.occurrence, self.slots[self.at - 1][2])
        if forward < 0:
            return self._refused(tag)
        self._pass(forward, index)
        if last >= 0 and self.slots[last][0] != self.slots[forward][0]:
            self.occurrence = 0
        self.at = forward + 1
        return Standing(self.slots[forward][1].name, self.occurrence, self.slots[forward][2])

    def finish(self, index: int) -> None:
        self._pass(len(self.slots), index)

    def _pass(self, to: int, index: int) -> None:
        self.missing += [(index, row) for _, _, row in self.slots[self.at : to] if row.mandatory]

    def _end(self, number: int) -> int:
        return next((at for at in range(self.starts[number], len(self.slots)) if self.slots[at][0] != number), len(self.slots))

    def _refused(self, tag: str) -> str:
        same = [at for at, (_, _, row) in enumerate(self.slots) if tag in row.tags]
        if not same:
            return "option" if any(tag[:2] == one[:2] for _, _, row in self.slots for one in row.tags) else "unknown"
        return "repetition" if same[-1] == self.at - 1 else "order"


_SENTENCES = {
    "repetition": "the field stands there more often than it may",
    "order": "the field stands behind one that comes after it",
    "option": "the field has no such option in this type",
    "unknown": "this type has no such field",
}


def place(layout: Layout, fields: Many[Placed]) -> tuple[list[Standing | None], list[Fault]]:
    """For each field where it stands, None for one that may not stand there, and all faults of order and presence, by line."""
    walk = _Walk(layout)
    found: list[Standing | None] = []
    faults: list[Fault] = []
    for index, one in enumerate(fields):
        standing = walk.step(one.tag, index)
        if isinstance(standing, str):
            faults.append(Fault(one.line, one.tag, standing, f"{_SENTENCES[standing]} (MT {layout.kind})"))
            found.append(None)
        else:
            found.append(standing)
    walk.finish(len(fields))
    # A field that only stands too late is told once, as out of its order.
    strays = {one.tag for one, standing in zip(fields, found, strict=True) if standing is None}
    for index, row in walk.missing:
        if not strays.intersection(row.tags):
            line = fields[index].line if index < len(fields) else fields[-1].line + fields[-1].text.count("\n")
            faults.append(Fault(line, row.name, "mandatory", f"field {row.name} is missing (MT {layout.kind})"))
    return found, sorted(faults, key=lambda fault: fault.line)

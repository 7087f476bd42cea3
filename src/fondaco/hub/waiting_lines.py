"""The queues of urgent payments as the search for offsets reads them, kept from batch to batch for as long as a queue stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from fondaco.clearing import Holder, Key, Paying
from fondaco.core import Instant, instant_of
from fondaco.hub.state import Desk
from fondaco.messages import Transfer as Instruction
from fondaco.payments import Payment, obligations
from fondaco.rulebook import Rules


class Instructions(Protocol):
    def instruction(self, payment: Payment) -> Instruction: ...


class Line(NamedTuple):
    """One queue: its payments in their order; when each has to be refused, 0 for never, and the first of these instants."""

    numbers: tuple[int, ...]
    paying: tuple[Paying, ...]
    ends: tuple[int, ...]
    until: int


class WaitingLines:
    """The lines of a desk's queues, where each payment of them moves one currency alone."""

    def __init__(self, desk: Desk, hub: Instructions) -> None:
        self._desk = desk
        self._hub = hub
        self._lines: dict[Key, Line | None] = {}
        self._states: dict[Key, int] = {}

    def of(self, keys: Iterable[Key], rules: Rules, at: Instant) -> Mapping[Holder, Line] | None:
        """The lines of these queues, by their holders; None where a payment of them changes currency, or has to be refused by now."""
        found: dict[Holder, Line] = {}
        for key in keys:
            state = self._desk.queues.state(key)
            if self._states.get(key) != state:
                self._states[key], self._lines[key] = state, self._line(key, rules)
            line = self._lines[key]
            if line is None or 0 < line.until <= at:
                return None
            found[key[0], key[1]] = line
        return found

    def _line(self, key: Key, rules: Rules) -> Line | None:
        known = self._lines.get(key)
        # What waited before is known; most changes are one payment more at the end, or one less at the head.
        before = {one[0]: one for one in zip(known.numbers, known.paying, known.ends, strict=True)} if known is not None else {}
        rows = []
        for number in self._desk.queues.line(key):
            row = before.get(number)
            if row is None:
                payment = self._desk.live[number]
                if payment.locked is not None:
                    return None
                leg, *fees = obligations(payment, rules)
                expires = self._hub.instruction(payment).expires
                paying = Paying((leg.payee, leg.currency), leg.minor, leg.minor + sum(fee.minor for fee in fees))
                row = number, paying, int(instant_of(expires)) if expires else 0
            rows.append(row)
        if not rows:
            return Line((), (), (), 0)
        numbers, all_paying, ends = zip(*rows, strict=True)
        return Line(numbers, all_paying, ends, min((end for end in ends if end), default=0))

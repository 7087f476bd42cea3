"""What accepted payments make members owe each other, kept from one question to the next: whoever looks works out what is new since the last look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from fondaco.payments import Payment, State, obligations
from fondaco.rulebook import Rules

# What so many payments owe is worked out anew for one question: whoever asks keeps the hub waiting.
NEW_MAX = 5_000


# Payer, payee (by number) and currency.
Pair = tuple[int, int, str]


class Ends(NamedTuple):
    """All that says who sees a payment. Of an offer and a case no more than the first letter, so that payments alike are counted together."""

    sender: str
    creditor_agent: str
    offered_as: str
    case: str


class _Known(msgspec.Struct, frozen=True, gc=False):
    """What one payment added, under which reservation: whole minor units for each pair. A hub may have many thousands of these: they are nothing that the collector
    of garbage goes through."""

    intent: int
    ends: Ends
    pairs: tuple[Pair, ...]
    minors: tuple[int, ...]


class Owing:
    """The sums of one hub. What a payment owes is worked out once for each of its reservations. Used where nothing is undecided, by one thread at a time."""

    def __init__(self) -> None:
        self._rules: Rules | None = None
        self._known: dict[int, _Known] = {}
        self._ends: dict[Ends, int] = {}
        # Whole minor units, of how many payments.
        self.sums: dict[Pair, tuple[int, int]] = {}

    def follow(self, live: Mapping[int, Payment], rules: Rules) -> bool:
        """Take in what was accepted since, and leave out what is accepted no more. False where more is new than was taken in: the sums are then of a part."""
        if rules is not self._rules:
            self._rules = rules
            for kept in (self._known, self._ends, self.sums):
                kept.clear()
        standing, new, whole = 0, 0, True
        for number, payment in live.items():
            if payment.state is not State.ACCEPTED or not payment.cycle:
                continue
            before = self._known.get(number)
            if before is None or before.intent != payment.intent:
                if before is not None:
                    self._leave(number)
                if new == NEW_MAX:
                    whole = False
                    continue
                new += 1
                self._take(number, payment, rules)
            standing += 1
        if standing < len(self._known):
            for number in [one for one in self._known if one not in live or not _stands(live[one])]:
                self._leave(number)
        return whole

    def accepted(self, sees: Callable[[Ends], bool]) -> int:
        """How many payments that somebody sees are accepted and wait for their cycle."""
        return sum(count for ends, count in self._ends.items() if sees(ends))

    def _take(self, number: int, payment: Payment, rules: Rules) -> None:
        ends = Ends(payment.sender, payment.creditor_agent, payment.offered_as[:1], payment.case[:1])
        owed = [((payer, payee, currency), minor) for currency, payer, payee, minor in obligations(payment, rules)]
        self._ends[ends] = self._ends.get(ends, 0) + 1
        for pair, minor in owed:
            before, payments = self.sums.get(pair, (0, 0))
            self.sums[pair] = (before + minor, payments + 1)
        self._known[number] = _Known(payment.intent, ends, tuple(pair for pair, _ in owed), tuple(minor for _, minor in owed))

    def _leave(self, number: int) -> None:
        known = self._known.pop(number)
        self._ends[known.ends] -= 1
        for pair, minor in zip(known.pairs, known.minors, strict=True):
            before, payments = self.sums.pop(pair)
            if payments > 1:
                self.sums[pair] = (before - minor, payments - 1)


def _stands(payment: Payment) -> bool:
    return payment.state is State.ACCEPTED and payment.cycle != 0

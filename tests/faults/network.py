"""Simulated time, and what carries messages in it: lines to the hub that lose and repeat, a courier that delivers at least once."""

from __future__ import annotations

import random
from collections.abc import Callable
from heapq import heappop, heappush

from fondaco.core import Instant, Refusal
from fondaco.hub import CloseCycle, Command, EndDay, OpenDay, SwapLists
from fondaco.journal import Mail

MS, S, MINUTE = 1_000_000, 1_000_000_000, 60_000_000_000
Heard = Callable[[Refusal | str | None], None]


class Agenda:
    """What will happen, in the order of time; at one instant in the order in which it was put down."""

    def __init__(self, now: Instant) -> None:
        self.now = int(now)
        self._what: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def at(self, instant: int, deed: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._what, (max(instant, self.now), self._count, deed))

    def after(self, ns: int, deed: Callable[[], None]) -> None:
        self.at(self.now + ns, deed)

    def run(self, until: int) -> None:
        """Let time pass to an instant, with all that happens before it."""
        while self._what and self._what[0][0] < until:
            self.now, _, deed = heappop(self._what)
            deed()
        self.now = max(self.now, until)


class Weather:
    """How bad the network is. Healed, it delivers once and soon."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.healed = False
        self._lost, self._repeated = chance.choice([(0.0, 0.0), (0.02, 0.05), (0.1, 0.1), (0.3, 0.3)])
        self._slow = chance.choice([0.0, 0.05, 0.3])

    def loses(self) -> bool:
        return not self.healed and self.chance.random() < self._lost

    def repeats(self) -> bool:
        return not self.healed and self.chance.random() < self._repeated

    def delay(self) -> int:
        if self.healed or self.chance.random() >= self._slow:
            return self.chance.randrange(5 * MS, 400 * MS)
        return self.chance.randrange(S, 90 * S)


class Sent:
    """One command on its way, sent again until its sender has heard that it was taken."""

    def __init__(self, command: Command, heard: Heard | None) -> None:
        self.command, self.heard, self.taken = command, heard, False
        # Who sits at the console sees whether the hub is there, and gives a command again only where it went down under it.
        self.by_hand = isinstance(command, OpenDay | EndDay | SwapLists | CloseCycle)


class Lines:
    """From everybody to the hub. Nothing keeps the order of two messages, and nothing says how often one comes."""

    def __init__(self, agenda: Agenda, weather: Weather, arrive: Callable[[Sent], None]) -> None:
        self._agenda, self._weather, self._arrive = agenda, weather, arrive
        self._waiting: set[Sent] = set()

    def say(self, command: Command, heard: Heard | None = None) -> None:
        """Send until it was taken; `heard` is told what it came to, once."""
        one = Sent(command, heard)
        self._waiting.add(one)
        self._send(one)

    @property
    def quiet(self) -> bool:
        """Whether everything that was said was taken."""
        return not self._waiting

    def _send(self, one: Sent) -> None:
        if one.taken:
            return
        if one.by_hand:
            self._arrive(one)
            self._agenda.after(MINUTE, lambda: self._send(one))
            return
        for _ in range(2 if self._weather.repeats() else 1):
            if not self._weather.loses():
                self._agenda.after(self._weather.delay(), lambda: self._arrive(one))
        self._agenda.after(self._weather.chance.randrange(3 * S, 30 * S), lambda: self._send(one))

    def took(self, one: Sent, outcome: Refusal | str | None) -> None:
        """The hub says that it has a command for good. That word may be lost, too."""
        if one.taken or (not one.by_hand and self._weather.loses()):
            return
        one.taken = True
        self._waiting.discard(one)
        if one.heard is not None:
            one.heard(outcome)


class Courier:
    """From the hub to everybody: at least once, and to each recipient in the order of the mail's numbers.

    It keeps the number of the last mail that it has, and asks a hub that was opened again for what came behind it.
    """

    def __init__(self, agenda: Agenda, weather: Weather, deliver: Callable[[Mail], None]) -> None:
        self._agenda, self._weather, self._deliver = agenda, weather, deliver
        self.after = 0
        self.under_way = 0
        self._free_at: dict[str, int] = {}

    def take(self, mail: list[Mail]) -> None:
        for one in mail:
            assert one.seq == self.after + 1, f"mail {one.seq} comes after {self.after}: some was swallowed, or comes again"
            self.after = one.seq
            at = max(self._agenda.now + self._weather.delay(), self._free_at.get(one.recipient, 0) + 1)
            self._free_at[one.recipient] = at
            self._bring(at, one)
            if self._weather.repeats():  # it was not sure whether it had delivered it
                self._bring(at + self._weather.delay(), one)

    def _bring(self, at: int, one: Mail) -> None:
        self.under_way += 1

        def hand_over() -> None:
            self.under_way -= 1
            self._deliver(one)

        self._agenda.at(at, hand_over)

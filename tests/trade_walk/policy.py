"""Walks without a hub: the pure deciders of credits and of the register alone, with books and laws of their own; many more steps for the same time."""

from __future__ import annotations

import random
from collections import Counter

from credit_walk import CreditWalk
from random_titles import Lots


class PolicyWalk:
    """A seed's walk: one step of it is an act upon one credit, or upon one little register, or a jump of the clock."""

    # A credit's life is over by then, and a register's history long enough to be replayed whole.
    EACH = 120

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.steps = 0

    def walk(self, steps: int) -> None:
        """So many steps at least. Raises `AssertionError` at the first law that is broken."""
        while self.steps < steps:
            self._credit()
            self._register()

    def _credit(self) -> None:
        walk = CreditWalk(self.dice.choice)
        kinds = (walk.anything, walk.likely, walk.likely, walk.likely, walk.time)
        for _ in range(self.EACH):
            self.dice.choice(kinds)(self.dice.choice)
            walk.laws()
        self.steps += self.EACH
        self.done["steps upon credits"] += self.EACH
        self.done["deeds upon credits"] += sum(walk.done.values())

    def _register(self) -> None:
        lots = Lots(self.dice)
        for _ in range(self.EACH):
            lots.step()
        lots.desk.check()
        self.steps += self.EACH
        self.done["steps upon records"] += self.EACH
        self.done["deeds upon records"] += sum(lots.done.values())

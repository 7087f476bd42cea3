"""One walk: acts of all kinds in batches of any mix, jumps of the clock, crashes, and after each batch the auditor."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from fondaco.core import Instant
from fondaco.hub import Tick, prove_hub
from fondaco.trade import Deed
from trade_walk.acts import Act, spoilt
from trade_walk.auditor import whole
from trade_walk.collecting import Collecting
from trade_walk.crediting import Crediting
from trade_walk.ground import LAST_DAY, TradeGround
from trade_walk.papers import Papers
from trade_walk.paying import Paying
from trade_walk.records import Records
from trade_walk.world import TradeWorld
from union import S

# Longer walks only look at the same instruments; a new one begins with new ones.
STEPS_MAX = 1_500
DYING = 0.02


class Walk:
    """A seed's walk. A step is one deed, payment, answer, message that comes again, or jump of the clock; `done` counts them by what came of them."""

    def __init__(self, ground: TradeGround, seed: int, dying: float = DYING) -> None:
        self.seed, self.dice = seed, random.Random(seed)
        self.world = TradeWorld(ground, self.dice, dying)
        self.records = Records(self.world)
        self.collecting, self.crediting = Collecting(self.world, self.records), Crediting(self.world, self.records)
        self.papers, self.paying = Papers(self.world), Paying(self.world, self.records)
        self.given: list[Deed] = []
        self.done: Counter[str] = Counter()
        self.steps = 0
        hands: list[tuple[int, Callable[[], Act | None]]] = [
            (20, self.records.act), (1, self.records.from_paper), (20, self.collecting.act), (32, self.crediting.act), (6, self.papers.act),
            (18, self.paying.pay), (18, self.paying.answer), (1, self.paying.again), (3, self._tick),
        ]  # fmt: skip
        self._weights, self._hands = [weight for weight, _ in hands], [hand for _, hand in hands]

    def walk(self, steps: int) -> None:
        """So many steps at least, and the proofs at the end. Raises `AssertionError` at the first law that is broken."""
        while self.steps < steps and self.world.days < LAST_DAY - 5:
            self.batch()
            if self.dice.random() < 0.012:
                self.jump()
        self.prove()

    def batch(self) -> None:
        acts: list[Act] = []
        touched: set[str] = set()
        for _ in range(self.dice.choice((1, 1, 2, 3, 6, 10))):
            act = self.dice.choices(self._hands, self._weights)[0]()
            # Of two deeds upon one instrument in a batch the second comes too late: seen often enough with some of them.
            if act is None or (act.deed is not None and act.deed.instrument in touched and self.dice.random() < 0.8):
                continue
            touched |= {act.deed.instrument} if act.deed is not None and act.deed.instrument else set()
            if act.deed is not None and self.dice.random() < 0.1:
                act = spoilt(self.dice, act, self.world.ground, self.given)
            acts.append(act)
        if not acts:
            return
        self.world.keep_quoting()
        answers = self.world.play(acts)
        self.steps += len(acts)
        for act, answer in zip(acts, answers, strict=True):
            if act.deed is not None:
                self.done[f"{act.deed.action} {'taken' if isinstance(answer, str) else 'refused'}"] += 1
                if isinstance(answer, str):
                    self.given.append(act.deed)

    def _tick(self) -> Act:
        """Time passes: to the next thing that waits for it, to the nanosecond before or after, or some minutes."""
        now = int(self.world.now)
        waiting = [due for due, _ in self.world.hub.trading.clock.waiting if now < due < now + 6 * 3_600 * S]
        seconds = self.dice.choice((5, 60, 600))
        to = (
            self.dice.choice(waiting) + self.dice.choice((-1, 0, 1)) - S
            if waiting and self.dice.random() < 0.6
            else now + seconds * S
        )
        self.world.now = Instant(max(now, to))
        return Act(Tick())

    def jump(self) -> None:
        """Some days pass."""
        self.world.to_day(self.dice.choice((1, 1, 1, 3, 5, 8, 20)))
        self.steps += 1
        self.done["days passed"] += 1

    def prove(self) -> None:
        """What the hub proves of itself, what the auditor says of the books' history, and the chain of the journal."""
        hub = self.world.hub
        assert prove_hub(hub).faults == []
        self.world.auditor.chains(hub.books.history())
        whole(hub.journal.links())
        self.done.update(self.world.auditor.counts)
        self.done.update(self.world.deaths)

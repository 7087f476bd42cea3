"""What members and operators do about bounds in one life: limits on flows and on all that is owed, the order of a queue, collateral, a declared default.

A life has one or two of these, so that what bounds do to each other is met and a life stays as long as it was.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from faults.little_union import AGENTS, BANKS, CAPS, HOME, PAPER, PROVIDERS, SPONSORED, LittleUnion
from faults.network import MINUTE, MS, S
from faults.parties import Parties, Stage
from fondaco.clearing import AssetPrice
from fondaco.hub import LimitFlow, LimitTotal, PostPrices, Reorder, seen_text
from fondaco.hub.defaulting import stock_of, told_of
from fondaco.rulebook import DECLARE, LODGE, RELEASE, Deed
from fondaco.settlement import Drill

_KINDS, _WEIGHTS = ("flows", "totals", "order", "collateral", "default"), (4, 3, 3, 3, 2)
# How often operators begin again where the figures moved between their dry run and their votes.
_DECLARED_AT_MOST = 12
_SAME = ("ZZBASG01", "ZZBBSG02")


@dataclass
class Bounds:
    """The deeds about bounds of one life. `chance` is its own, so that a life's other deeds are drawn as they were without it."""

    stage: Stage
    parties: Parties
    chance: random.Random
    union: LittleUnion

    def __post_init__(self) -> None:
        count = self.chance.choice([0, 1, 1, 2])
        self.kinds = sorted(set(self.chance.choices(_KINDS, _WEIGHTS, k=count)))
        self._declarations = 0

    def begin(self, day: date, until: int) -> None:
        """Put down what is done on this day, before the instant `until`."""
        self._day = day
        agenda, chance = self.stage.agenda, self.chance
        deeds: dict[str, tuple[Callable[[], None], int]] = {
            "flows": (self._flow, 4), "totals": (self._total, 3), "order": (self._reorder, 5), "collateral": (self._collateral, 5),
            "default": (self._declare, 1),
        }  # fmt: skip
        for kind in self.kinds:
            deed, most = deeds[kind]
            for _ in range(chance.randint(1, most)):
                agenda.at(agenda.now + 20 * S + chance.randrange(max(until - agenda.now - MINUTE, MINUTE)), deed)
        if "flows" in self.kinds:
            agenda.after(S, self._flow)
        if "collateral" in self.kinds:
            agenda.after(10 * S, self._price)
        if "default" in self.kinds:
            agenda.after(10 * S, self._fund)

    # Limits

    def _flow(self) -> None:
        """Most between banks of one currency, of which the auditor knows who pays whom; providers and countries as well."""
        chance = self.chance
        bic = chance.choice([*_SAME, *_SAME, *BANKS])
        others = [*_SAME, *_SAME, SPONSORED] if bic in _SAME and chance.random() < 0.8 else [*BANKS, *PROVIDERS, "SG", "TH"]
        towards = chance.choice([one for one in others if one != bic])
        share = chance.choice([-1, 0, 0.01, 0.05, 0.3])
        self.stage.ask(LimitFlow(bic, HOME[bic], towards, int(CAPS[HOME[bic]] * share) if share >= 0 else -1))

    def _total(self) -> None:
        share = self.chance.choice([-1, 0, 0.1, 0.5, 2])
        self.stage.ask(LimitTotal(self.chance.choice(BANKS), int(CAPS["SGD"] * share) if share >= 0 else -1))

    # Queues

    def _reorder(self) -> None:
        """A payer that looks at its queue puts one of it before or behind the others."""
        hub = self.stage.hub
        waiting = [number for number, _ in hub.desk.queues.waiting()] if hub is not None else []
        if hub is not None and waiting:
            payment = hub.desk.live[self.chance.choice(waiting)]
            self.stage.ask(Reorder(payment.sender, payment.uetr, self.chance.random() < 0.5))

    # Collateral

    def _price(self) -> None:
        """A price of the paper, and what the currencies are: from morning to evening it may lose a half."""
        price = AssetPrice(
            PAPER, "government_bond", "SINGAPORE", "SGD", self.chance.choice(["100", "80.5", "50"]), self._day.isoformat()
        )
        self.stage.ask(PostPrices((price,), tuple((code, *one) for code, one in _RATES.items())))

    def _collateral(self) -> None:
        bic, kind = self.chance.choice(BANKS), self.chance.choice([LODGE, LODGE, RELEASE, ""])
        if not kind:
            self._price()
            return
        asset = self.chance.choice([HOME[bic], HOME[bic], PAPER])
        units = self.chance.choice([1, 5, 20]) if asset == PAPER else int(CAPS[asset] * self.chance.choice([0.1, 0.5]))
        self.parties.carry(Deed(kind, f"{bic} collateral {asset}", str(units)))

    # A default

    def _fund(self) -> None:
        """What the others have in the common fund, and the operator."""
        for bic in self.chance.sample([*BANKS, "ZZHBSG00"], 3):
            self.parties.carry(Deed(LODGE, f"{bic} fund SGD", str(CAPS["SGD"] * self.chance.choice([1, 10, 40]) // 10)))

    def _declare(self) -> None:
        """Two operators decide from one dry run, of whoever would leave most unpaid; who comes between it and their votes makes them begin again."""
        hub = self.stage.hub
        if hub is None or hub.desk.rules is None or hub.desk.counters.day_ended or self._declarations >= _DECLARED_AT_MOST:
            return
        self._declarations += 1
        stock = stock_of(hub.desk, hub.books)
        drills = [told_of(hub.desk, stock, hub.kept(), hub.collateral, bic) for bic in BANKS if hub.defaults.of(bic) is None]
        found = max((one for one in drills if isinstance(one, Drill)), key=lambda one: (one.fall.loss, one.bic), default=None)
        if found is not None and (found.fall.loss or self._declarations == _DECLARED_AT_MOST):
            deed = Deed(DECLARE, found.bic, seen_text(found))
            self.parties.vote(deed, "operator-1")
            self.stage.agenda.after(self.chance.randrange(MS, 2 * S), lambda: self.parties.vote(deed, "operator-2"))
        if not hub.desk.defaults:
            self.stage.agenda.after(self.chance.randrange(20 * S, 3 * MINUTE), self._declare)


_RATES = {code: {"SGD": (1, 1), "THB": (4, 100), "KRW": (95, 1_000)}[code] for code in sorted(AGENTS)}

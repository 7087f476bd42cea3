"""A whole union's day through the production hub: its own rulebook, quotes or reference rates, cycles, agents and banks that answer."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import NamedTuple

from fondaco.core import Instant, at, utc_text
from fondaco.hub import (
    BATCH_MAX,
    Arrive,
    Command,
    EndDay,
    OpenDay,
    PostQuotes,
    SwapLists,
    Tick,
    close_hub,
    list_set,
    open_hub,
    reference_rates,
    scheme_of,
)
from fondaco.messages import LiquidityTransfer, camt_050, wrap
from fondaco.payments import DECODER, Payment
from fondaco.rulebook import PRICING_REFERENCE, Scheme
from fondaco.simulation.day import demo_officers, lay_out, provider_quotes
from fondaco.simulation.union_scenario import PROVIDERS_HOLD, UnionScenario
from fondaco.simulation.workload import Traffic
from fondaco.simulation.world import World

_NS = 1_000_000_000
_QUOTED_S = 300
_ROUNDS_MAX = 1_000
# A day's last cycle and the answers to it are waited for so long after its closing.
_AFTER_S = 12 * 3_600


class UnionRun(NamedTuple):
    """A played day: its payments in the order in which they came, and the rulebook under which they did. `ended` says whether the day did."""

    scenario: UnionScenario
    payments: tuple[Payment, ...]
    scheme: Scheme
    ended: bool


class _UnionDay:
    """The hub of the day, in `folder`, with the world around it."""

    def __init__(self, folder: Path, scenario: UnionScenario) -> None:
        self._scenario = scenario
        # The lists are those of the demo's union; a rulebook that asks for others finds no hub that starts.
        lay_out(folder, scenario.day)
        home = folder / "union"
        shutil.rmtree(home)
        shutil.copytree(scenario.home, home)
        if not (home / "officers.toml").exists():
            (home / "officers.toml").write_text(demo_officers())
        self.scheme = scheme_of(folder)
        self._rules = self.scheme.on(scenario.day)
        self._world = World(self._rules)
        self.hub = open_hub(folder, lambda batch: hashlib.sha256(f"salt {scenario.seed} {batch}".encode()).digest())
        self._now = int(at(datetime.combine(scenario.day, time(0), UTC)))
        self._quoted = -_QUOTED_S * _NS
        self._round = 0
        self._step([OpenDay(scenario.day.isoformat())])
        self._step([SwapLists(list_set(folder, self.scheme).version)])
        self._until_quiet(list(self._deposits()))

    def play(self, progress: Callable[[int], None] | None) -> bool:
        """Play the day; returns whether it could be ended."""
        scenario, ahead, done = self._scenario, self._messages(), 0
        upcoming = next(ahead, None)
        last = int(scenario.closes) + _AFTER_S * _NS
        for instant in range(int(scenario.opens), last, scenario.step_s * _NS):
            self._now = max(self._now + 1_000, instant)
            commands: list[Command] = [Tick(), *self._prices(instant)]
            while upcoming is not None and upcoming[0] <= instant:
                commands.append(Arrive(upcoming[1], upcoming[2]))
                done += 1
                upcoming = next(ahead, None)
            self._until_quiet(commands)
            if progress is not None:
                progress(done)
            if upcoming is None and instant >= scenario.closes and not self._open():
                break
        self._step([EndDay()])
        return self.hub.desk.counters.day_ended

    def payments(self) -> tuple[Payment, ...]:
        self.hub.flush()
        return tuple(DECODER.decode(raw) for _, raw in self.hub.journal.payments())

    def _messages(self) -> Iterator[tuple[Instant, str, bytes]]:
        scenario = self._scenario
        if not scenario.count:
            return iter(scenario.messages)
        traffic = Traffic(self._rules, scenario.seed, parties=2_000)
        drawn = traffic.messages(scenario.count, scenario.opens, scenario.closes, bad_share=0.0)
        return ((one.at, one.sender, one.raw) for one in drawn)

    def _prices(self, instant: int) -> list[Command]:
        """New quotes of the providers every few minutes, or the day's reference rates once."""
        if self._rules.pricing == PRICING_REFERENCE:
            self._round += 1
            return [reference_rates(self._rules)] if self._round == 1 else []
        if instant < self._quoted + _QUOTED_S * _NS:
            return []
        self._quoted = instant
        self._round += 1
        return [
            PostQuotes(bic, own)
            for bic, own in provider_quotes(self._rules, Instant(instant), self._rules.quote_valid_s, self._round)
        ]

    def _open(self) -> bool:
        desk = self.hub.desk
        return bool(desk.counters.open_cycle) or any(one.state.name != "SETTLED" for one in desk.cycles.values())

    def _until_quiet(self, commands: list[Command]) -> None:
        for _ in range(_ROUNDS_MAX):  # ends: banks and agents answer once what they are sent
            commands = self._step(commands)
            if not commands:
                return
        raise AssertionError("the hub and the world talk without end")

    def _step(self, commands: list[Command]) -> list[Command]:
        """Decide these commands; returns what banks and agents say to the hub's mail."""
        back: list[Command] = []
        for start in range(0, len(commands), BATCH_MAX):
            now = Instant(self._now)
            self._now += 1_000
            self.hub.process(commands[start : start + BATCH_MAX], now)
            self.hub.flush()
            mail = [(one.recipient, one.kind, one.raw) for one in self.hub.take_mail()]
            back += [Arrive(sender, raw) for sender, raw in self._world.exchange(mail, now)]
        return back

    def _deposits(self) -> Iterator[Command]:
        hub, text, number = self._rules.hub_bic, utc_text(Instant(self._now)), 0
        for member in self._rules.members():
            if "central_bank" in member.roles or member.sponsor:
                continue
            for code in sorted(member.currencies):
                minor = self._scenario.balances.get(code, 0) * (PROVIDERS_HOLD if "fx_provider" in member.roles else 1)
                if minor:
                    number += 1
                    name = f"P{number:06d}"
                    asked = LiquidityTransfer(name, name, hub, member.bic, code, minor)
                    yield Arrive(member.bic, wrap("camt.050.001.07", member.bic, hub, name, text, camt_050(name, text, asked)))


def play_union(folder: Path, scenario: UnionScenario, progress: Callable[[int], None] | None = None) -> UnionRun:
    """Play the day through a hub of its own in `folder`, which must be empty or not there. `progress` is told messages.

    The same scenario comes to the same chain. Raises what `open_hub` raises.
    """
    day = _UnionDay(folder, scenario)
    try:
        ended = day.play(progress)
        return UnionRun(scenario, day.payments(), day.scheme, ended)
    finally:
        close_hub(day.hub)

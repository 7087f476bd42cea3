"""A day's shape of load in some minutes: little at night, most at noon and in the afternoon; what the processes' memory does meanwhile.

The hub's own clock closes a net cycle each minute, and the settlement agents, who are as much behind the doors as the banks are, settle it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from math import cos, pi
from statistics import median
from typing import Any

from door_driver import Banks, Line, Round, asked, letters_of, posted
from fondaco.simulation import World

# The night's load, as a share of the peak's.
NIGHT = 0.1
# So often memory is looked at, in seconds.
LOOK_S = 5.0
# When the load is over, the last cycle has so long to close and settle: cycles are a minute apart.
SETTLED_WITHIN_S = 75.0


def rate_of(share: float, peak: float) -> float:
    """Payments a second at this share of the day, 0 and 1 at midnight: two humps, at ten and at three."""
    hump = max(0.0, -cos(2 * pi * share)) * (0.85 + 0.15 * cos(6 * pi * (share - 0.52)))
    return peak * (NIGHT + (1 - NIGHT) * hump)


class Agents:
    """The settlement agents: each reads its mailbox, and says of each instruction of a cycle that it is done."""

    def __init__(self, banks: Banks, world: World) -> None:
        self._banks, self._world = banks, world
        self.answered = 0
        self._waiting: dict[str, deque[bytes]] = {bic: deque() for bic in banks.agents}
        self._lines: list[Line] = []

    async def begin(self) -> None:
        for bic in self._banks.agents:
            # No line is idle long enough to be ended: who has nothing to say asks what there is to read.
            line = await self._banks.line(bic, self._heard)
            self._lines.append(line)
            line.send(asked(self._banks.after[bic], 5))

    def _heard(self, line: Line, status: int, body: bytes, _seconds: float) -> None:
        bic = line.bank
        if line.about == "answer":
            if status not in (200, 202):
                raise SystemExit(f"the agent {bic} was answered {status}: {body!r}")
            self.answered += 1
        else:
            found = letters_of(status, body)
            self._banks.after[bic] = found.after
            given = [(bic, one.kind, one.xml.encode()) for one in found.messages]
            self._waiting[bic] += [posted(raw) for _, raw in self._world.exchange(given, self._banks.now())]
        if self._waiting[bic]:
            line.send(self._waiting[bic].popleft(), "answer")
        else:
            line.send(asked(self._banks.after[bic], 5))

    def end(self) -> None:
        for line in self._lines:
            if line.transport is None:
                raise SystemExit(f"the door ended the line of the agent {line.bank}")
            line.transport.abort()


class Day:
    """One day: its payments, made before it begins, and what was looked at meanwhile."""

    def __init__(self, banks: Banks, seed: int, minutes: float, peak: float, watched: Callable[[], Any]) -> None:
        self._banks, self._whole, self._peak, self._watched = banks, 60 * minutes, peak, watched
        count = int(sum(rate_of(second / self._whole, peak) for second in range(int(self._whole) + 1)) * 1.3) + 500
        self._waiting = banks.payments(count, seed, False)
        self.looks: list[dict[str, Any]] = []

    async def play(self) -> dict[str, Any]:
        """Returns what the round was. It ends when the last cycle is closed and settled."""
        looking = asyncio.create_task(self._look())
        played = Round(self._banks, self._waiting, False, lambda at: rate_of(min(1.0, at / self._whole), self._peak))
        found = await played.run(0.0, self._whole, self._watched)
        looking.cancel()
        await asyncio.sleep(SETTLED_WITHIN_S)
        return found

    async def _look(self) -> None:
        while True:  # ends with the round
            self.looks.append(self._watched())
            await asyncio.sleep(LOOK_S)

    def memory(self, who: str) -> list[float]:
        """Medians of the fifths of the day, in MB."""
        fifth = len(self.looks) // 5
        return [round(median(one[f"{who}_mb"] for one in self.looks[n * fifth : (n + 1) * fifth]), 1) for n in range(5)]


async def soak(banks: Banks, world: World, minutes: float, peak: float, watched: Callable[[], Any]) -> dict[str, Any]:
    """Two days of as many payments: what a hub remembers for speed has its bounds, and fills in the first, which takes half as long. The second is measured."""
    agents = Agents(banks, world)
    await agents.begin()
    before = Day(banks, 4_241, minutes / 2, 2 * peak, watched)
    earlier = await before.play()
    day = Day(banks, 4_242, minutes, peak, watched)
    start = watched()
    found = await day.play()
    after = watched()
    agents.end()
    payments = found["payments_per_s"] * found["seconds"]
    figures: dict[str, Any] = {}
    for who in ("hub", "doors"):
        figures[f"soak_first_day_{who}_mb"], figures[f"soak_{who}_mb"] = before.memory(who), day.memory(who)
        figures[f"soak_{who}_kb_a_payment"] = round(1000 * (after[f"{who}_mb"] - start[f"{who}_mb"]) / payments, 2)
    return figures | {
        "soak_minutes": minutes, "soak_peak_per_s": peak, "soak_payments": round(payments),
        "soak_first_day_payments": round(earlier["payments_per_s"] * earlier["seconds"]),
        "soak_p50_ms": round(found["late_ms"][0], 1), "soak_p99_ms": round(found["late_ms"][1], 1), "soak_statuses": found["statuses"],
        "soak_agents_answers": agents.answered,
    }  # fmt: skip

"""Many callers, one writer: whatever was asked while the last commit ran is one commit.

Books have one writer, and a commit costs the disk the same for one transfer as for thousands. So callers leave their messages here; the
gateway takes all that is there, has them made durable together, and answers each. No waiting: a lone message is a group of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from fondaco.ledger.engine import Statuses, Transfers

# One commit takes at most so many events: what is beyond waits for the next, so that nobody's answer waits for all of a flood.
GROUP_EVENTS_MAX = 4 * 8189


class GroupEngine(Protocol):
    """What the gateway asks of an engine."""

    def book_all(self, messages: Sequence[Transfers], at_ns: int) -> list[Statuses]: ...


class Gateway:
    """The one writer of an engine, for the coroutines of one event loop.

    `clock` gives nanoseconds since 1970. After `EngineUnavailable` every caller, waiting or new, is told the same: the outcome is
    unknown, and the same ids may be asked again once the books are open again.
    """

    def __init__(self, engine: GroupEngine, clock: Callable[[], int]) -> None:
        self._engine, self._clock = engine, clock
        self._waiting: list[tuple[Transfers, asyncio.Future[Statuses]]] = []
        self._asked = False

    def book(self, message: Transfers) -> asyncio.Future[Statuses]:
        """As `Engine.book`, to be awaited: one status for each event of this message, once they are durable.

        Asked at the call, not when it is awaited. Called within the event loop, which a coroutine of its own would only slow.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Statuses] = loop.create_future()
        self._waiting.append((message, answer))
        if not self._asked:
            # Whoever is ready to ask does so before the callback comes to its turn.
            self._asked = True
            loop.call_soon(self._commit)
        return answer

    def _commit(self) -> None:
        group: list[Transfers] = []
        events = 0
        for message, _ in self._waiting:
            if group and events + len(message) > GROUP_EVENTS_MAX:
                break
            group.append(message)
            events += len(message)
        asked, self._waiting = self._waiting[: len(group)], self._waiting[len(group) :]
        self._asked = bool(self._waiting)
        if self._asked:
            asyncio.get_running_loop().call_soon(self._commit)
        try:
            answers = self._engine.book_all(group, self._clock())
        except Exception as fault:  # each caller is told; the engine refuses what comes later by itself
            for _, answer in asked:
                if not answer.cancelled():
                    answer.set_exception(fault)
            return
        for (_, answer), statuses in zip(asked, answers, strict=True):
            if not answer.cancelled():
                answer.set_result(statuses)

"""Keeps the index beside the journal up with it: read from the hub a stretch at a time, so that nobody waits long for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from fondaco.access import Trail
from fondaco.hub import stretch

# A page waits so long for the index, in seconds; what is not read by then is read for the next one, and the page says so.
WAIT_S = 1.5


class Behind(NamedTuple):
    """The last link that the index knows, and the journal's last."""

    last: int
    head: int

    @property
    def whole(self) -> bool:
        return self.last >= self.head


class Following:
    """The index of one hub, followed on one event loop. Reading goes on behind a page that did not wait for its end."""

    def __init__(self, ask: Callable[..., Awaitable[Any]], trail: Trail) -> None:
        self._ask = ask
        self.trail = trail
        self._reading: asyncio.Task[Behind] | None = None

    async def up(self) -> Behind:
        """Read on until the journal's end, at most `WAIT_S` long. Raises `Unanswered`."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        reading = self._reading
        done, _ = await asyncio.wait({reading}, timeout=WAIT_S)
        if done:
            return reading.result()
        return Behind(self.trail.followed().last, await self._ask(lambda hub: hub.journal.head()[0]))

    async def _read(self) -> Behind:
        while True:  # ends at the journal's end: what is read was there before
            after, _, day = self.trail.followed()
            found = await self._ask(lambda hub, after=after, day=day: stretch(hub, after, day))
            known = await asyncio.to_thread(self.trail.add, found)
            if known and found.last >= found.head:
                return Behind(found.last, found.head)

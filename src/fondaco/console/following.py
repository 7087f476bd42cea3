"""Keeps the index beside the journal up with it: read from the hub a stretch at a time, so that nobody waits long for it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from fondaco.access import Trail
from fondaco.hub import stretch

# A page waits so long for the index, in seconds; what is not read by then is read for the next one, and the page says how far it is.
WAIT_S = 0.1
# While nobody looks, a stretch is read after a pause: of so many seconds where nothing was lacking, else of so many times what the last stretch took. So the index
# never takes more than a tenth of the hub's time to itself, and less where the hub has much to do.
QUIET_S, PAUSES = 1.0, 9


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

    async def on(self) -> float:
        """Read one stretch for whoever looks next; in how many seconds to go on. Raises `Unanswered`."""
        if self._reading is not None and not self._reading.done():
            return QUIET_S
        begun = time.monotonic()
        behind = await self._stretch()
        return QUIET_S if behind.whole else PAUSES * (time.monotonic() - begun)

    def end(self) -> None:
        """Read no further: the server is to stop."""
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> Behind:
        while True:  # ends at the journal's end: what is read was there before
            behind = await self._stretch()
            if behind.whole:
                return behind

    async def _stretch(self) -> Behind:
        after, _, day = self.trail.followed()
        found = await self._ask(lambda hub: stretch(hub, after, day))
        known = await asyncio.to_thread(self.trail.add, found)
        return Behind(found.last if known else 0, found.head)

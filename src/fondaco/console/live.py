"""Fragments of pages that move: each is made once for all who see the same in the same language, and sent where it changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable

# How often a fragment is made anew while somebody watches, in seconds; and how many may watch.
EVERY_S = 1.0
WATCHERS_MAX = 2_000
# A comment goes out after so many rounds without a change, so that whoever has gone is noticed.
QUIET_ROUNDS = 15

Make = Callable[[], Awaitable[str]]


class Live:
    """Who watches what. Used on one event loop. A fragment that fails by what is `passing` is made in a later round: nobody's stream ends by it."""

    def __init__(self, every_s: float = EVERY_S, passing: type[Exception] | tuple[type[Exception], ...] = ()) -> None:
        self._every_s = every_s
        self._passing = passing
        self._ended = False
        self._watching = 0
        self._made: dict[Hashable, tuple[int, asyncio.Future[str]]] = {}

    @property
    def full(self) -> bool:
        return self._watching >= WATCHERS_MAX

    def end(self) -> None:
        self._ended = True

    async def watch(self, key: Hashable, make: Make, allowed: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Server-sent events, one for each change, until the server ends or `allowed` says no: a session ends, a right is taken away."""
        self._watching += 1
        last, quiet = "", 0
        try:
            yield b"retry: 3000\n\n"
            while not self._ended and allowed():
                quiet += 1
                try:
                    text = await self._fragment(key, make)
                except self._passing:
                    text = last
                if text != last:
                    last, quiet = text, 0
                    yield event(text)
                elif quiet >= QUIET_ROUNDS:
                    quiet = 0
                    yield b": still here\n\n"
                await asyncio.sleep(self._every_s)
        finally:
            self._watching -= 1

    async def _fragment(self, key: Hashable, make: Make) -> str:
        """The fragment of this round: whoever comes first makes it, others wait for the same."""
        loop = asyncio.get_running_loop()
        round_ = int(loop.time() / self._every_s)
        known = self._made.get(key)
        if known is None or known[0] != round_:
            self._made = {one: kept for one, kept in self._made.items() if kept[0] >= round_ - 1}
            known = self._made[key] = (round_, asyncio.ensure_future(make()))
        return await asyncio.shield(known[1])


def event(text: str) -> bytes:
    """One server-sent event; a line of it begins with `data:`."""
    return "".join(f"data: {line}\n" for line in text.splitlines()).encode() + b"\n"

"""The tables of disclosure of a day (PFMI, G20), made beside the hub by a process of its own: one at a time, with an end to its time."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from fondaco.hub import Disclosed, Hub, disclosing_command
from fondaco.journal import JournalFile

# A page waits so long for the tables; they may take so long to be made; so many days are remembered. Seconds.
WAIT_S, MADE_WITHIN_S, KEPT_MAX = 3.0, 300, 16


class Disclosing:
    """The tables that were made. Used on one event loop."""

    def __init__(self, ask: Callable[..., Awaitable[Any]]) -> None:
        self._ask = ask
        self._made: dict[str, Disclosed] = {}
        self._making: asyncio.Task[Disclosed | None] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False

    def made(self, day: str) -> Disclosed | None:
        return self._made.get(day)

    async def make(self, day: str) -> str:
        """Begin to make the tables of a day, and wait a little: "made", "making" (this day's or another's; ask again), "failed", or "elsewhere" where the journal
        is on a server and only the command line makes them."""
        path, size = await self._ask(_place)
        if path is None:
            return "elsewhere"
        known = self._made.get(day)
        if known is not None and known.size == size:
            return "made"
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(asyncio.to_thread(self._run, path, day))
            self._making.add_done_callback(self._keep)
        making = self._making
        done, _ = await asyncio.wait({making}, timeout=WAIT_S)
        if not done:
            return "making"
        found = making.result()
        if found is None:
            return "failed"
        return "made" if found.day == day else "making"

    def _keep(self, making: asyncio.Task[Disclosed | None]) -> None:
        found = None if making.cancelled() or making.exception() is not None else making.result()
        if found is not None:
            self._made.pop(found.day, None)
            self._made[found.day] = found
            while len(self._made) > KEPT_MAX:
                del self._made[next(iter(self._made))]

    def _run(self, journal: Path, day: str) -> Disclosed | None:
        """In a thread: it waits for the process alone. None where that failed, took too long, or was ended."""
        if self._ended:
            return None
        command = disclosing_command(journal, day)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:  # noqa: S603 - a day that was parsed
            self._process = process
            try:
                out, _ = process.communicate(timeout=MADE_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                return None
        return msgspec.json.decode(out, type=Disclosed) if process.returncode == 0 else None

    def end(self) -> None:
        """Kill what is being made: the server is to stop."""
        self._ended = True
        if self._process is not None and self._process.poll() is None:
            self._process.kill()


def _place(hub: Hub) -> tuple[Path | None, int]:
    journal = hub.journal
    return (journal.path if isinstance(journal, JournalFile) else None), journal.head()[0]

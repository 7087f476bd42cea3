"""What the system's supervisor is told (`sd_notify(3)`): that the hub serves, that it still decides, that it stops.

Where the environment names no socket (`NOTIFY_SOCKET`) there is no supervisor, and nothing is told. The watchdog is fed by the hub's own answers, not by the
loop that serves: a server whose hub decides nothing any more is to be started again, however well it answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Mapping

from fondaco.api.writer import Writer, WriterFull, WriterStopped

# Seconds after which a question that got no answer is asked again.
AGAIN_S = 1.0
# Of the watchdog's time: the supervisor's manual advises half.
SHARE = 2

Answers = Callable[[], Awaitable[bool]]


async def decides(writer: Writer) -> bool:
    """Whether the hub answers between two batches; a queue that is full for a moment is asked again."""
    try:
        await writer.ask(lambda hub: hub.desk.counters.last_instant)
    except (WriterFull, WriterStopped):
        return False
    return True


class Supervisor:
    """Who started this process, where the environment names it. Used on one event loop."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        micros = environment.get("WATCHDOG_USEC", "")
        meant = environment.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        # Seconds between two signs of life; 0 where nobody waits for them.
        self.every_s = int(micros) / 1e6 / SHARE if self._address and meant and micros.isdigit() else 0.0
        self._feeding: asyncio.Task[None] | None = None
        self._said = False

    def tell(self, *facts: str) -> None:
        """Send facts such as `READY=1`. A supervisor that does not hear is its own trouble: payments go on."""
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sent:
            sent.setblocking(False)  # nobody's ear holds up the loop
            sent.connect(address)
            sent.sendall("\n".join(facts).encode())

    def started(self, answers: Answers) -> None:
        """The hub serves; from now on it gives signs of life, each time that `answers` says that it decides. A second time changes nothing."""
        if self._said:
            return
        self._said = True
        self.tell("READY=1", "STATUS=serves")
        if self.every_s:
            self._feeding = asyncio.get_running_loop().create_task(self._feed(answers))

    def stopping(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
        self.tell("STOPPING=1", "STATUS=stops; what was taken in is decided and kept first")

    async def _feed(self, answers: Answers) -> None:
        while True:  # ends when the server stops
            if await answers():
                self.tell("WATCHDOG=1")
                await asyncio.sleep(self.every_s)
            else:
                await asyncio.sleep(min(AGAIN_S, self.every_s))

"""The hub's process behind doors that are processes of their own: it starts them, decides what they hand on, answers what they forward, and ends them.

The listening socket is the hub's and is shared by all doors; a door that dies is started again on it, and who connects meanwhile waits in its queue. What a door had
handed on is decided all the same: its clients ask again, and hear what came of it.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import msgspec
import uvloop
from starlette.applications import Starlette

from fondaco.api.forwarding import Answering
from fondaco.api.frames import (
    AT_THE_HUB,
    Bundle,
    Close,
    Counted,
    Decided,
    FromDoor,
    Hello,
    Link,
    Ready,
    Renew,
    Told,
    TurnedAway,
    framed,
)
from fondaco.api.house import House
from fondaco.api.listening import CertificatesUnfit, ServerTls, not_taken
from fondaco.api.replies import ONWARD
from fondaco.api.serving import GRACE_S, listening_on
from fondaco.api.shared_buckets import SharedBuckets
from fondaco.api.supervised import Supervisor, decides
from fondaco.api.writer import WriterFull, WriterStopped
from fondaco.core import bic8
from fondaco.hub import Arrive, Original

log = logging.getLogger("fondaco.api")

# Without what lies in the folder that `serve` was started in: a door imports what is installed, as the hub does.
PROCESS = (sys.executable, "-P", "-m", "fondaco.api.front_process")
# A door that ends within so many seconds of its start is started again later each time, at most so much later.
SHORT_LIFE_S, PATIENCE_S = 10.0, 5.0
# The interpreter hands over between the loop and the writer so often, in seconds: the loop has little to do, and should not wait for it.
SWITCH_S = 0.001


def run_doors(
    app: Starlette, house: House, host: str, port: int, count: int, hello: Hello, process: Sequence[str] = PROCESS
) -> bool:
    """Serve through `count` doors until a signal (INT, TERM) says to stop, or the hub stops by itself; whether it ended as it was told to. HUP has certificates and key read
    again for the connections that come from then on. Raises `OSError` where the address is
    not to be had."""
    listening = listening_on(host, port)
    sys.setswitchinterval(SWITCH_S)
    served = Doors(app, house, listening, count, hello, process)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(served.run())
    return house.writer.fault is None


class Doors:
    """All doors of one hub. Used on the event loop of its process."""

    def __init__(
        self, app: Starlette, house: House, listening: socket.socket, count: int, hello: Hello, process: Sequence[str]
    ) -> None:
        self._app = app
        self._house = house
        self._listening = listening
        self._count = count
        self._hello = hello
        self._process = process
        self._memory = SharedBuckets.make()
        house.buckets = SharedBuckets(self._memory, house.settings.requests_per_s, house.settings.requests_at_once)
        self._stop = asyncio.Event()
        self._doors: set[_Door] = set()
        self._open: set[_Door] = set()
        self._supervisor = Supervisor()

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        self._house.fallen = self._stop.set
        self._house.measures.doors_missing(self._count)
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, self._told_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._renew)
        # A hub that had stopped by itself says so once more at its end; it stands in the log, and `fault` tells the caller.
        with suppress(WriterStopped):
            async with self._app.router.lifespan_context(self._app):
                await self._keep_open()

    async def _keep_open(self) -> None:
        keeping = [asyncio.create_task(self._keep()) for _ in range(self._count)]
        await self._stop.wait()
        self._supervisor.stopping()
        self._listening.close()
        self._house.end_waiting()
        for door in self._doors:
            door.link.say(Close())
        _, late = await asyncio.wait(keeping, timeout=GRACE_S + 5)
        for door in self._doors:
            door.process.kill()
        for task in late:
            await task

    def opened(self, door: _Door) -> None:
        """A door takes connections: with the first one the hub serves."""
        self._open.add(door)
        self._house.measures.doors_missing(self._count - len(self._open))
        log.info(
            "a door takes connections", extra={"facts": {"door": door.process.pid, "open": len(self._open), "of": self._count}}
        )
        self._supervisor.started(partial(decides, self._house.writer))

    def _ended(self, door: _Door) -> None:
        self._doors.discard(door)
        self._open.discard(door)
        self._house.measures.doors_missing(self._count - len(self._open))

    def _told_to_stop(self) -> None:
        if self._stop.is_set():  # told twice: nobody is waited for
            for door in self._doors:
                door.process.kill()
        self._stop.set()

    def _renew(self) -> None:
        """Have all doors read certificates and key again, where they fit: what does not is told once, and by no door."""
        hello = self._hello
        if not hello.certificate:
            return
        try:
            ServerTls(Path(hello.certificate), Path(hello.key), Path(hello.authorities)).context()
        except CertificatesUnfit as unfit:
            not_taken(unfit)
            return
        for door in self._doors:
            door.link.say(Renew())

    async def _keep(self) -> None:
        """Keep one door open: start it, and again when it ends, until all are to close."""
        pause = 0.0
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                door = _Door(self)
                self._doors.add(door)
                try:
                    await door.live()
                finally:
                    self._ended(door)
                if self._stop.is_set():
                    return
                log.warning("a door ended, and is started again", extra={"facts": {"code": door.process.returncode}})
            except OSError:
                log.exception("a door could not be started; it is tried again")
            pause = min(PATIENCE_S, 2 * pause or 0.1) if time.monotonic() - begun < SHORT_LIFE_S else 0.0
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), pause)


class _Door:
    """One door's process and what it says."""

    def __init__(self, doors: Doors) -> None:
        self._house = doors._house
        self._doors = doors
        self._mailboxes = self._house.mailboxes
        ours, theirs = socket.socketpair()
        handed = (theirs.fileno(), doors._listening.fileno(), doors._memory)
        self.process = subprocess.Popen([*doors._process, *map(str, handed)], pass_fds=handed, stdin=subprocess.DEVNULL)  # noqa: S603 - ours
        theirs.close()
        ours.sendall(framed(msgspec.structs.replace(doors._hello, newest=self._mailboxes.newest)))
        ours.setblocking(False)
        self._socket = ours
        self._lost = asyncio.Event()
        self.link = Link(AT_THE_HUB, self._heard, self._lost.set)
        self._answering = Answering(doors._app, self.link)
        self._deciding: set[asyncio.Task[None]] = set()

    async def live(self) -> None:
        """Until its process has ended."""
        await asyncio.get_running_loop().create_unix_connection(lambda: self.link, sock=self._socket)
        await self._lost.wait()
        self._answering.end()
        await asyncio.to_thread(self.process.wait)

    def _heard(self, record: FromDoor) -> None:
        if isinstance(record, Bundle):
            self._count(record.told)
            task = asyncio.create_task(self._decide(record.number, record.commands))
            self._deciding.add(task)
            task.add_done_callback(self._deciding.discard)
        elif isinstance(record, Counted):
            self._count(record.told)
        elif isinstance(record, Ready):
            self._doors.opened(self)
        else:
            self._answering.heard(record)

    async def _decide(self, number: int, commands: list[Arrive | Original]) -> None:
        try:
            outcome = await self._house.writer.decide(commands)
        except WriterFull as full:
            self.link.say(TurnedAway(number, True, str(full)))
        except WriterStopped as stopped:
            self.link.say(TurnedAway(number, False, str(stopped)))
        except Exception:
            log.exception("a bundle could not be decided")
            self.link.say(TurnedAway(number, False, "what became of it is not known"))
        else:
            # Which mail answers which message is for the door to find; what goes on to others answers nobody, and stays here.
            senders = {bic8(one.sender) for one in commands if isinstance(one, Arrive)}
            mail = [one for one in outcome.posted.mail if one.recipient in senders and not one.kind.startswith(ONWARD)]
            self.link.say(Decided(number, list(outcome.results), mail, self._mailboxes.newest))

    def _count(self, told: Told) -> None:
        measures = self._house.measures
        for route, status, seconds in told.requests:
            measures.request(route, status, seconds)
        for kind, result in told.messages:
            measures.message(kind, result)
        for uetr in told.came:
            measures.came(uetr)

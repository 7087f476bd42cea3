"""A door in a process of its own: it recognises who asks, reads and verifies messages, and writes answers, so that the hub's process only decides.

What it answers itself is `POST /v1/messages`, by the same code as the hub's own application; every other request goes on to that (`forwarding`). It decides nothing,
and nobody is answered before the hub has said that an outcome is durable.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Any, cast

from starlette.requests import Request

from fondaco.api.app import answered_by, problem_response
from fondaco.api.forwarding import Forwarder, Receive, Scope, Send
from fondaco.api.frames import AT_A_DOOR, Bundle, Close, Counted, Decided, FromHub, Hello, Link, Renew, Told, TurnedAway
from fondaco.api.house import Authenticate, Forged, House, LookAt
from fondaco.api.messages_route import SEND
from fondaco.api.problem import Problem
from fondaco.api.protocol import hang_up
from fondaco.api.replies import Posted
from fondaco.api.shared_buckets import SharedBuckets
from fondaco.api.signatures import Seal, Signatures
from fondaco.api.writer import BYTES_MAX, COMMANDS_MAX, Outcome, WriterFull, WriterStopped
from fondaco.hub import Arrive, Command, Original

log = logging.getLogger("fondaco.api")

# What goes in one bundle, and how many are with the hub: while it decides one it has the next at hand, and what comes meanwhile grows to the one behind.
BUNDLE_MAX, BUNDLE_BYTES = 512, 8 * 1024 * 1024
AHEAD = 2
# How often figures are told where no bundle takes them along, in seconds.
COUNTED_S = 1.0


class FrontMeasures:
    """What this door counts, until the hub is told: the hub's process keeps the figures of all doors."""

    def __init__(self) -> None:
        self._told = Told([], [], [])

    def request(self, route: str, status: int, seconds: float) -> None:
        self._told.requests.append((route, status, seconds))

    def message(self, kind: str, result: str) -> None:
        self._told.messages.append((kind, result))

    def came(self, uetr: str) -> None:
        self._told.came.append(uetr)

    def taken(self) -> Told:
        told, self._told = self._told, Told([], [], [])
        return told


class FrontMailboxes:
    """The one thing that a door knows of mailboxes: a number behind which whatever answers what it hands on now will be."""

    def __init__(self, newest: int) -> None:
        self.newest = newest

    def last(self, _recipient: str) -> int:
        return self.newest


class FrontWriter:
    """The hub's writer, as a door asks it. Used on the door's event loop."""

    def __init__(self, link: Link, measures: FrontMeasures, mailboxes: FrontMailboxes) -> None:
        self._link = link
        self._measures = measures
        self._mailboxes = mailboxes
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[list[Arrive | Original], asyncio.Future[Outcome]]] = deque()
        self._bytes = 0
        # Whoever waits for commands that are with the hub, and for how many of them.
        self._with_hub: dict[int, list[tuple[asyncio.Future[Outcome], int]]] = {}
        self._last = 0
        self._soon = False
        self._stopped = False

    async def decide(self, commands: Sequence[Command]) -> Outcome:
        """Have a message decided, behind what it was signed as where it was. Raises `WriterFull`, `WriterStopped`."""
        handed = [one for one in commands if isinstance(one, Arrive | Original)]
        assert len(handed) == len(commands), "a door hands on messages alone"
        if self._stopped:
            raise WriterStopped("the hub has stopped")
        size = _size(handed)
        if len(self._waiting) >= COMMANDS_MAX or (self._bytes and self._bytes + size > BYTES_MAX):
            raise WriterFull("too much waits to be decided")
        future: asyncio.Future[Outcome] = self._loop.create_future()
        self._waiting.append((handed, future))
        self._bytes += size
        self._hand_on_soon()
        return await future

    def _hand_on_soon(self) -> None:
        # Behind whatever else this turn of the loop reads: it goes along.
        if not self._soon and self._waiting and len(self._with_hub) < AHEAD:
            self._soon = True
            self._loop.call_soon(self._hand_on)

    def _hand_on(self) -> None:
        self._soon = False
        if self._stopped or not self._waiting or len(self._with_hub) >= AHEAD:
            return
        commands: list[Arrive | Original] = []
        futures: list[tuple[asyncio.Future[Outcome], int]] = []
        size = 0
        while (
            self._waiting and len(commands) < BUNDLE_MAX and (not commands or size + _size(self._waiting[0][0]) <= BUNDLE_BYTES)
        ):
            handed, future = self._waiting.popleft()
            self._bytes -= _size(handed)
            if future.done():
                continue  # whoever asked has gone, and it was not handed on
            size += _size(handed)
            commands += handed
            futures.append((future, len(handed)))
        if commands:
            self._last += 1
            self._with_hub[self._last] = futures
            self._link.say(Bundle(self._last, commands, self._measures.taken()))

    def heard(self, record: Decided | TurnedAway) -> None:
        futures = self._with_hub.pop(record.number)
        if isinstance(record, TurnedAway):
            for future, _ in futures:
                if not future.done():
                    future.set_exception(WriterFull(record.why) if record.busy else WriterStopped(record.why))
        else:
            self._mailboxes.newest = record.newest
            posted = Posted(record.mail)
            results = iter(record.results)
            for future, count in futures:
                own = tuple(islice(results, count))
                if not future.done():
                    future.set_result(Outcome(own, posted))
        self._hand_on_soon()

    def end(self) -> None:
        """The hub has gone. What is with it may be decided or not: who asked is told to ask again."""
        self._stopped = True
        for future in [*(one for futures in self._with_hub.values() for one, _ in futures), *(one for _, one in self._waiting)]:
            if not future.done():
                future.set_exception(WriterStopped("the hub has stopped"))
        self._with_hub.clear()
        self._waiting.clear()


def _size(commands: Sequence[Arrive | Original]) -> int:
    return sum(len(one.raw) for one in commands if isinstance(one, Arrive))


class Front:
    """The application of a door. `closing` is called when it is to end: by the hub's word, or because the hub has gone; `renewing` when certificates are to be
    read again."""

    def __init__(
        self,
        hello: Hello,
        authenticate: Authenticate,
        buckets: SharedBuckets,
        *,
        forged: Forged | None = None,
        look: LookAt | None = None,
        signatures: Signatures | None = None,
        seal: Seal | None = None,
    ) -> None:
        self.link = Link(AT_A_DOOR, self._heard, self._lost)
        self.settings = hello.settings
        self.authenticate = authenticate
        self.forged, self.look, self.signatures, self.seal = forged, look, signatures, seal
        self.buckets = buckets
        self.measures = FrontMeasures()
        self.mailboxes = FrontMailboxes(hello.newest)
        self.forwarder = Forwarder(self.link)
        self.gone = False
        self._told_to_close = False
        # A route asks its house for these parts alone where it takes a message in; a door has them, and no hub.
        self._send = answered_by(cast(House, self), SEND)

    def start(self) -> None:
        """On the event loop, before the first request."""
        self.writer = FrontWriter(self.link, self.measures, self.mailboxes)
        self._counting = asyncio.create_task(self._count())

    closing: Any = staticmethod(lambda: None)
    renewing: Any = staticmethod(lambda: None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", "nothing else is spoken"
        try:
            await self._answer(scope, receive, send)
        except asyncio.CancelledError:
            # The server stops, and waited as long as it does; that it did so stands in the log once, not for each client.
            hang_up(scope)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == SEND.path and scope["method"] == SEND.method:
            response = await self._send(Request(scope, receive))
        elif not self.gone and await self.forwarder.forward(scope, receive, send):
            return
        else:
            response = problem_response(Problem("stopping", "the hub has stopped", headers={"Retry-After": "5"}))
        await response(scope, receive, send)

    async def _count(self) -> None:
        while True:  # ends with the process
            await asyncio.sleep(COUNTED_S)
            told = self.measures.taken()
            if told.requests or told.messages:
                self.link.say(Counted(told))

    def _heard(self, record: FromHub) -> None:
        if isinstance(record, Decided | TurnedAway):
            self.writer.heard(record)
        elif isinstance(record, Close):
            self._told_to_close = True
            self.closing()
        elif isinstance(record, Renew):
            self.renewing()
        else:
            self.forwarder.heard(record)

    def _lost(self) -> None:
        self.gone = True
        self.writer.end()
        broken_off = self.forwarder.end()
        if not self._told_to_close:
            log.warning("the hub's process has gone: this door ends", extra={"facts": {"broken_off": broken_off}})
        self.closing()

"""A request that a door does not answer itself goes to the hub's own application as it came, and the answer back as it is made, part by part.

Who the client is stands in the record of the door, from the TLS connection, never in a header: what a client writes cannot become it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

from fondaco.api.frames import Begun, Body, Broken, Gone, Link, Opened, Part, Passed, Wanted
from fondaco.api.protocol import hang_up

log = logging.getLogger("fondaco.api")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
_LEFT = {"type": "http.disconnect"}


class Forwarder:
    """The door's side: all requests that are with the hub now."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._streams: dict[int, _Waiting] = {}
        self._last = 0

    async def forward(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Have a request answered by the hub. False where the hub went before it began to answer; in the middle of an answer the connection is broken off, so that its
        client takes it for no end. A client that leaves is waited for no longer."""
        self._last += 1
        number = self._last
        stream = self._streams[number] = _Waiting()
        self._link.say(_opened(number, scope))
        pulling = asyncio.create_task(self._pull(number, stream, receive))
        begun = False
        try:
            while True:  # ends with the answer, with the hub, or with the client
                record = await stream.answer.get()
                if isinstance(record, Begun):
                    await send({"type": "http.response.start", "status": record.status, "headers": record.headers})
                    begun = True
                elif isinstance(record, Part):
                    await send({"type": "http.response.body", "body": record.part, "more_body": record.more})
                    if not record.more:
                        return True
                    self._link.say(Passed(number))
                elif isinstance(record, Gone):
                    return True
                elif begun:
                    hang_up(scope)
                    return True
                else:
                    return False
        finally:
            del self._streams[number]
            pulling.cancel()
            with suppress(asyncio.CancelledError):
                await pulling

    async def _pull(self, number: int, stream: _Waiting, receive: Receive) -> None:
        """Read the body as the hub asks for it; behind its end this waits for the client to leave."""
        while True:  # ends when the client leaves, or is cancelled with its request
            await stream.wanted.get()
            message = await receive()
            if message["type"] != "http.request":
                gone = Gone(number)
                self._link.say(gone)
                stream.answer.put_nowait(gone)
                return
            self._link.say(Body(number, message.get("body", b""), message.get("more_body", False)))

    def heard(self, record: Wanted | Begun | Part | Broken) -> None:
        stream = self._streams.get(record.stream)
        if stream is None:
            return  # its client has left meanwhile
        if isinstance(record, Wanted):
            stream.wanted.put_nowait(None)
        else:
            stream.answer.put_nowait(record)

    def end(self) -> int:
        """The hub has gone: nobody is answered any more. How many were with it."""
        for number, stream in self._streams.items():
            stream.answer.put_nowait(Broken(number))
        return len(self._streams)


class _Waiting:
    def __init__(self) -> None:
        self.wanted: asyncio.Queue[None] = asyncio.Queue()
        self.answer: asyncio.Queue[Begun | Part | Broken | Gone] = asyncio.Queue()


def _opened(number: int, scope: Scope) -> Opened:
    tls = (scope.get("extensions") or {}).get("tls")
    return Opened(
        number, scope["method"], scope["path"], scope["raw_path"], scope["query_string"], scope["headers"], scope.get("client"), scope.get("server"),
        scope["scheme"], scope["http_version"], None if tls is None else tuple(tls["client_cert_chain"]), None if tls is None else tls["tls_version"],
    )  # fmt: skip


class Answering:
    """The hub's side: the requests of one door, each answered by the application in a task of its own."""

    def __init__(self, app: Application, link: Link) -> None:
        self._app = app
        self._link = link
        self._requests: dict[int, _Request] = {}

    def heard(self, record: Opened | Body | Gone | Passed) -> None:
        if isinstance(record, Opened):
            request = self._requests[record.stream] = _Request(record.stream, self._link)
            request.task = asyncio.create_task(self._answer(record, request))
            return
        found = self._requests.get(record.stream)
        if found is None:
            return  # answered meanwhile
        if isinstance(record, Body):
            found.came.put_nowait({"type": "http.request", "body": record.part, "more_body": record.more})
        elif isinstance(record, Gone):
            found.leave()
        else:
            found.passed.set()

    def end(self) -> None:
        """The door has gone, and its clients with it."""
        for request in self._requests.values():
            request.leave()

    async def _answer(self, record: Opened, request: _Request) -> None:
        try:
            await self._app(_scope(record), request.receive, request.send)
            if not request.ended and not request.left:
                self._link.say(Broken(record.stream))
        except Exception:
            log.exception("a forwarded request failed")
            self._link.say(Broken(record.stream))
        finally:
            del self._requests[record.stream]


class _Request:
    """One request as the application sees it."""

    def __init__(self, number: int, link: Link) -> None:
        self._number = number
        self._link = link
        self.left = False
        self.ended = False
        self.came: asyncio.Queue[MutableMapping[str, Any]] = asyncio.Queue()
        self.passed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    async def receive(self) -> MutableMapping[str, Any]:
        if self.left:
            return _LEFT
        self._link.say(Wanted(self._number))
        return await self.came.get()

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if self.left:
            return
        if message["type"] == "http.response.start":
            self._link.say(Begun(self._number, message["status"], list(message.get("headers", []))))
            return
        more = message.get("more_body", False)
        # Nothing is to be waited for behind the last part; before that a slow client holds what is made for it.
        self.passed.clear()
        self._link.say(Part(self._number, message.get("body", b""), more))
        if more:
            await self.passed.wait()
        else:
            self.ended = True

    def leave(self) -> None:
        self.left = True
        self.came.put_nowait(_LEFT)
        self.passed.set()


def _scope(record: Opened) -> Scope:
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": record.http_version, "method": record.method,
        "path": record.path, "raw_path": record.raw_path, "query_string": record.query, "root_path": "", "headers": record.headers,
        "client": record.client, "server": record.server, "scheme": record.scheme, "state": {},
    }  # fmt: skip
    if record.chain is not None:
        scope["extensions"] = {
            "tls": {
                "server_cert": None, "client_cert_chain": record.chain, "client_cert_name": None, "client_cert_error": None,
                "tls_version": record.tls_version, "cipher_suite": None,
            }
        }  # fmt: skip
    return scope

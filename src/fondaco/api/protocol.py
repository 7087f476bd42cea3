"""HTTP as uvicorn speaks it, for clients that we do not trust: headers have a size and a time, and who says nothing is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from http import HTTPStatus
from typing import Any, cast
from weakref import ref

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from fondaco.access import ClientCertificateProtocol
from fondaco.api.problem import MEDIA, Problem

# Where a scope's extensions have a weak reference to uvicorn's own record of the request, which has the scope: one that held it would keep the
# connection's buffers until the garbage collector looks at what lived long, which it almost never does.
_ARRIVING = "fondaco.arriving"


def _whole(problem: Problem) -> bytes:
    """The answer to what never became a request, as it goes over the connection, which ends with it."""
    body = problem.encoded()
    head = f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\nconnection: close\r\ncontent-type: {MEDIA}\r\n"
    return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


_NO_HTTP = _whole(Problem("bad-request", "this is no HTTP/1.1", "the request line or its headers"))
_TOO_SLOW = _whole(Problem("too-slow", "the headers did not arrive in time", "the headers"))
_TOO_LARGE = _whole(Problem("header-too-large", "more headers than are read", "the headers"))


def protocol_of(headers_s: float, headers_bytes_max: int) -> type[ClientCertificateProtocol]:
    """A protocol that tells the client's certificate where there is TLS, and ends a connection whose request's headers did not arrive within `headers_s` seconds, or pass so many bytes."""

    class Patient(ClientCertificateProtocol):
        _headers_due: asyncio.TimerHandle | None = None
        _headers_bytes = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._expect_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self._headers_came()
            super().connection_lost(exc)

        def on_message_begin(self) -> None:
            self._headers_bytes = 0
            self._expect_headers()
            super().on_message_begin()

        def on_url(self, url: bytes) -> None:
            self._count(len(url))
            super().on_url(url)

        def on_header(self, name: bytes, value: bytes) -> None:
            self._count(len(name) + len(value) + 4)
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            self._headers_came()
            super().on_headers_complete()
            # The application runs behind this: it may ask whether there is anything to wait for.
            cast(dict[str, Any], self.scope.setdefault("extensions", {}))[_ARRIVING] = ref(self.cycle)

        def _count(self, size: int) -> None:
            self._headers_bytes += size
            if self._headers_bytes > headers_bytes_max and not self.transport.is_closing():
                self._refuse(_TOO_LARGE)

        def _expect_headers(self) -> None:
            if self._headers_due is None:
                self._headers_due = self.loop.call_later(headers_s, self._too_slow)

        def _headers_came(self) -> None:
            if self._headers_due is not None:
                self._headers_due.cancel()
                self._headers_due = None

        def _too_slow(self) -> None:
            self._headers_due = None
            if not self.transport.is_closing():
                self._refuse(_TOO_SLOW)

        def send_400_response(self, msg: str) -> None:
            self._refuse(_NO_HTTP)

        def _refuse(self, problem: bytes) -> None:
            self.transport.write(problem)
            self.transport.close()

    return Patient


def hang_up(scope: MutableMapping[str, Any]) -> None:
    """End the connection of a request whose answer cannot be brought to its end. The server then takes its client for gone, and tells no failure of ours."""
    cycle = _cycle_of(scope)
    assert cycle is not None, "a request that is answered is there"
    cycle.transport.close()
    cycle.disconnected = True
    cycle.message_event.set()


def is_all_there(scope: MutableMapping[str, Any]) -> bool:
    """Whether all of a request's body has come, so that there is nothing to wait for. Where that is not known (no server of ours), it has not."""
    cycle = _cycle_of(scope)
    return cycle is not None and not cycle.more_body


def _cycle_of(scope: MutableMapping[str, Any]) -> RequestResponseCycle | None:
    found: ref[RequestResponseCycle] | None = (scope.get("extensions") or {}).get(_ARRIVING)
    return found() if found is not None else None

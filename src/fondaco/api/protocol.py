"""HTTP as uvicorn speaks it, for clients that we do not trust: headers have a size and a time, and who says nothing is not waited for."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any, cast

from fondaco.access import ClientCertificateProtocol

# Where a scope's extensions have uvicorn's own record of the request: its `more_body` is false once all of the body is there.
ARRIVING = "fondaco.arriving"


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
            cast(dict[str, Any], self.scope.setdefault("extensions", {}))[ARRIVING] = self.cycle

        def _count(self, size: int) -> None:
            self._headers_bytes += size
            if self._headers_bytes > headers_bytes_max and not self.transport.is_closing():
                self._refuse(b"431 Request Header Fields Too Large")

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
                self._refuse(b"408 Request Timeout")

        def _refuse(self, status: bytes) -> None:
            self.transport.write(b"HTTP/1.1 " + status + b"\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            self.transport.close()

    return Patient


def hang_up(scope: MutableMapping[str, Any]) -> None:
    """End the connection of a request whose answer cannot be brought to its end. The server then takes its client for gone, and tells no failure of ours."""
    cycle = scope["extensions"][ARRIVING]
    cycle.transport.close()
    cycle.disconnected = True
    cycle.message_event.set()

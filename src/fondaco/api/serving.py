"""The server's life: it listens, and stops so that nothing that was answered is lost and nobody who waits is forgotten."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from typing import Any

import msgspec
import uvicorn
from starlette.applications import Starlette

from fondaco.api.house import House
from fondaco.api.listening import ListeningServer, Proxies, ServerTls
from fondaco.api.protocol import protocol_of
from fondaco.api.settings import Settings
from fondaco.api.supervised import Supervisor, decides
from fondaco.core import Instant, utc_text

# For requests that are being answered when the server is told to stop, in seconds.
GRACE_S = 10
BACKLOG = 2_048
# The doors of a hub that was killed close their socket within a second; so long a new one waits for the address.
ADDRESS_S = 5.0


class _Server(ListeningServer):
    """A server that lets who waits for mail go before it waits for requests to end."""

    def __init__(self, config: uvicorn.Config, house: House, tls: ServerTls | None) -> None:
        super().__init__(config, tls, Proxies(house.settings.trusted_proxies), house.settings.headers_s)
        self._house = house
        self._supervisor = Supervisor()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let signals stop the server and no more: uvicorn's own raises them again at the end, and the hub would not be closed."""
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._tls is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self.renew)
        if self.started:
            self._supervisor.started(partial(decides, self._house.writer))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._supervisor.stopping()
        self._house.end_waiting()
        await super().shutdown(sockets)


class JsonLines(logging.Formatter):
    """One JSON object for each line of the log; the UETR of a payment is its trace."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "at": utc_text(Instant(int(record.created * 1e9))),
            "level": record.levelname,
            "from": record.name,
            "said": record.getMessage(),
        }
        told |= getattr(record, "facts", {})
        if record.exc_info:
            told["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(told).decode()


def log_in_json(level: int = logging.INFO) -> None:
    """Let everything that is logged go to standard error as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address; a name is none, since what it means may change."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def server_config(app: Any, settings: Settings, **more: Any) -> uvicorn.Config:
    """How every server of ours speaks HTTP; nothing of a proxy's headers is believed."""
    return uvicorn.Config(
        app, http=protocol_of(settings.headers_s, settings.headers_bytes_max), log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=settings.keep_alive_s, ws="none", **more,
    )  # fmt: skip


def listening_on(host: str, port: int) -> socket.socket:
    """A socket that listens; an address that another process is just letting go of is waited for. Raises `OSError` where it is not to be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + ADDRESS_S
    while True:  # ends with the address, or when it is not free in time
        try:
            return socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def run(
    app: Starlette, house: House, host: str, port: int, tls: ServerTls | None = None, *, bound: socket.socket | None = None
) -> bool:
    """Serve until a signal (INT, TERM) says to stop, or the hub stops by itself; whether it ended as it was told to. With `tls`, HUP has its files read again for the
    connections that come from then on. With `bound`, a socket that has the address already, that one listens.

    Nothing of a proxy's headers is believed. Raises `CertificatesUnfit`, and `OSError` where the address is not to be had.
    """
    settings = house.settings
    config = server_config(app, settings, limit_concurrency=settings.connections_max, timeout_graceful_shutdown=GRACE_S)
    server = _Server(config, house, tls)

    def fallen() -> None:
        server.should_exit = True

    house.fallen = fallen
    if bound is not None:
        bound.listen(BACKLOG)
    server.run([bound or listening_on(host, port)])
    return house.writer.fault is None and server.started

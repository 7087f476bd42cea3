"""The process of one door: `python -m fondaco.api.front_process LINK LISTENING BUCKETS`, three descriptors that the hub's process hands on (`doors`).

It is told everything else by the first frame, opens access for itself (each question is asked of the file, so a revocation counts in every process), and ends when
the hub says so or has gone. Signals are the hub's to hear: it tells its doors.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from fondaco.access import Access
from fondaco.api.frames import Hello, Ready, read_hello
from fondaco.api.front import Front
from fondaco.api.identity import Identity
from fondaco.api.listening import CertificatesUnfit, ListeningServer, Proxies, ServerTls
from fondaco.api.serving import GRACE_S, log_in_json, server_config
from fondaco.api.shared_buckets import SharedBuckets
from fondaco.api.signatures import REQUIRED, Seal, Signatures
from fondaco.core import Instant

log = logging.getLogger("fondaco.api")

# For requests that are being answered when the hub has gone: they are told so, and nothing more comes.
GONE_S = 1


class AheadClock:
    """The machine's clock and what the hub's is ahead of it. It dates what was seen, and never a decision."""

    def __init__(self, ahead_ns: int) -> None:
        self._ahead = ahead_ns

    def now(self) -> Instant:
        return Instant(time.time_ns() + self._ahead)


class _FrontServer(ListeningServer):
    def __init__(self, config: uvicorn.Config, front: Front, link: socket.socket, tls: ServerTls | None) -> None:
        super().__init__(config, tls, Proxies(front.settings.trusted_proxies), front.settings.headers_s)
        self._front = front
        self._link = link

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._front.closing, self._front.renewing = self._close, self.renew
        self._front.start()
        await asyncio.get_running_loop().create_unix_connection(lambda: self._front.link, sock=self._link)
        await super().startup(sockets)
        self._front.link.say(Ready())

    def _close(self) -> None:
        if self._front.gone:
            self.config.timeout_graceful_shutdown = GONE_S
        self.should_exit = True


def serve(made: Callable[[Hello, SharedBuckets], tuple[Front, ServerTls | None]]) -> None:
    """Run one door. `made` makes its application, and names the files of its TLS (None: plain HTTP)."""
    link, listening, buckets = (int(word) for word in sys.argv[1:4])
    joined = socket.socket(fileno=link)
    hello = read_hello(joined.recv)
    if hello is None:
        return
    log_in_json(hello.log_level)
    settings = hello.settings
    front, tls = made(hello, SharedBuckets(buckets, settings.requests_per_s, settings.requests_at_once))
    joined.setblocking(False)
    config = server_config(
        front, settings, limit_concurrency=hello.connections, lifespan="off", timeout_graceful_shutdown=GRACE_S
    )
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        server = _FrontServer(config, front, joined, tls)
    except CertificatesUnfit as unfit:
        # Whoever put them there may still be at it: the hub starts a door again until it opens.
        log.error("a door cannot open: its certificates do not fit", extra={"facts": {"fault": str(unfit)}})
        sys.exit(1)
    server.run(sockets=[socket.socket(fileno=listening)])


def of_access(hello: Hello, buckets: SharedBuckets) -> tuple[Front, ServerTls]:
    """A door with mutual TLS, over the hub's own access."""
    access, clock, settings = Access(Path(hello.folder), hello.address), AheadClock(hello.ahead_ns), hello.settings
    identity = Identity(access, clock)
    seal = None
    if hello.signing_certificate:
        seal = Seal(
            Path(hello.signing_certificate).read_bytes(), Path(hello.signing_key).read_bytes(), settings.message_bytes_max
        )
    signatures = Signatures(access, clock, settings.signatures == REQUIRED, settings.message_bytes_max)
    front = Front(
        hello, identity.authenticate, buckets, forged=identity.forged, look=identity.look, signatures=signatures, seal=seal
    )
    return front, ServerTls(Path(hello.certificate), Path(hello.key), Path(hello.authorities))


if __name__ == "__main__":
    serve(of_access)

"""What is left of a connection that has ended: nothing, and without the garbage collector, which looks at what lived long almost never."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from fondaco.access import SERVER, DemoAuthority
from fondaco.api.listening import ListeningServer, Proxies, ServerTls
from fondaco.api.protocol import protocol_of
from fondaco.core import Instant

pytestmark = pytest.mark.server
DAY_NS = 86_400_000_000_000
MADE = protocol_of(30.0, 16_384)


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    now = Instant(time.time_ns())
    DemoAuthority.create(folder, Instant(now - DAY_NS)).issue("server", SERVER, Instant(now - DAY_NS), 3, ("127.0.0.1",))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(application, http=MADE, lifespan="off", log_level="critical", timeout_graceful_shutdown=1)
        server = ListeningServer(
            config, ServerTls(folder / "server.pem", folder / "server.key", folder / "ca.pem"), Proxies(()), 30.0
        )
        thread = threading.Thread(target=lambda: uvloop.run(server.serve(sockets=[listening])), daemon=True)
        thread.start()
        while not server.started:  # ends with its start
            assert thread.is_alive()
            time.sleep(0.01)
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join(timeout=30)
        assert not thread.is_alive()


def asked(port: int, context: ssl.SSLContext, leave: bool) -> None:
    """One connection with three requests, the last of which is left unanswered where `leave`."""
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port), 30), server_hostname="127.0.0.1") as line:
        for turn in range(3):
            if leave and turn == 2:
                line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
                return
            line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
            found = b""
            while not found.endswith(b"ok"):
                part = line.recv(4096)
                assert part
                found += part


def left() -> list[str]:
    return [type(one).__name__ for one in gc.get_objects() if isinstance(one, MADE | RequestResponseCycle)]


def test_a_connection_that_has_ended_leaves_nothing_for_the_collector(tmp_path: Path) -> None:
    with serving(tmp_path) as port:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        gc.collect()
        gc.disable()
        try:
            for number in range(12):
                asked(port, context, leave=number % 3 == 2)
            until = time.monotonic() + 30
            while left() and time.monotonic() < until:
                time.sleep(0.05)
            assert left() == []
        finally:
            gc.enable()

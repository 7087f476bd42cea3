"""A hub with both doors on loopback, in a thread of the test's own process."""

from __future__ import annotations

import http.client
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from door_process import ShiftedClock
from fondaco.api import Bundles, DemoKeys, House, read_settings
from fondaco.cli.composing import SIMULATED, composed, demo_access, demo_links
from fondaco.console import following
from fondaco.hub import close_hub, open_hub
from server_ports import free_port
from union import Desk

# A page that reads the index does not wait long for it; what is tested is what it says when it has read on, however slow the machine is.
following.WAIT_S = 30.0


class Page(NamedTuple):
    status: int
    headers: dict[str, str]
    cookies: dict[str, str]
    text: str


class Consoles:
    """A served hub, and a plain browser of it for each person: cookies kept, redirects followed when asked to."""

    def __init__(self, folder: Path, start_ns: int, host: str = "127.0.0.1", port: int = 0) -> None:
        self.hub = open_hub(folder)
        self.hub.take_mail()
        self.clock = ShiftedClock(start_ns, self.hub.desk.counters.last_instant)
        self.port = port or free_port()
        self.address = f"http://{host}:{self.port}"
        scheme = self.hub.desk.scheme
        self.access = demo_access(self.address, scheme, self.clock.now(), [*self.hub.trade_parties.known.values()])
        demo = DemoKeys(scheme)
        self.tokens = demo.tokens
        bundles = Bundles(folder, self.access.looks.head, ec.derive_private_key(0xF07DAC0, ec.SECP256R1()))
        self.house = House(self.hub, self.clock, folder, read_settings(folder), demo.authenticate, bundles=bundles)
        # The hub's own key of its register; tests compare its fingerprint.
        self.register_key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
        app = composed(self.house, self.access, self.clock, SIMULATED, self.register_key)
        self.server = uvicorn.Server(uvicorn.Config(app, port=self.port, log_config=None, timeout_graceful_shutdown=2))
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive()
            time.sleep(0.02)

    def link(self, name: str) -> str:
        return demo_links(self.access, self.clock.now(), (name,))[0][1]

    def session(self, name: str) -> str:
        """A session of somebody, begun beside the door."""
        return self.access.sessions.begin(name, "test", self.clock.now())

    def ask(
        self,
        path: str,
        *,
        session: str = "",
        form: dict[str, str] | None = None,
        method: str = "",
        body: bytes | None = None,
        **headers: str,
    ) -> Page:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            if session:
                sent["Cookie"] = "; ".join(filter(None, (sent.get("Cookie", ""), f"fondaco-demo={session}")))
            if form is not None:
                body = urlencode(form).encode()
                sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
            connection.request(method or ("GET" if body is None else "POST"), path, body, sent)
            found = connection.getresponse()
            cookies = dict(re.match(r"([^=]+)=([^;]*)", one).groups() for one in found.headers.get_all("Set-Cookie", []))  # type: ignore[union-attr]
            # What is no text (an archive) is looked at by its headers.
            text = found.read().decode("utf-8", "replace")
            return Page(found.status, {name.lower(): value for name, value in found.getheaders()}, cookies, text)
        finally:
            connection.close()

    def close(self) -> None:
        self.server.should_exit = True
        self.house.end_waiting()
        self.thread.join()
        self.access.close()
        close_hub(self.hub)


def word_in(page: Page) -> str:
    found = re.search(r'name="word" value="([0-9a-f]{64})"', page.text)
    assert found, page.text[:500]
    return found[1]


@contextmanager
def consoles_on(ready: tuple[Path, int], folder: Path, host: str = "127.0.0.1") -> Iterator[Consoles]:
    shutil.copytree(ready[0], folder)
    opened = Consoles(folder, ready[1], host)
    try:
        yield opened
    finally:
        opened.close()


def prepared_with(folder: Path, tale: Callable[[Desk], None], amend: Callable[[Path], None] | None = None) -> int:
    """Lay out a hub, let a tale happen, close it; the instant at which it was left."""
    desk = Desk(folder, amend=amend)
    tale(desk)
    desk.hub.flush()
    left = int(desk.now)
    desk.close()
    return left

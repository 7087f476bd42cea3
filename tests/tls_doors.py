"""The word `serve` with mutual TLS in a process of its own: what is between is a real connection, and who asks what two operators registered."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from access_world import DAY, World, bank, registering
from command_line import await_day, open_at_all_hours
from doors import Answer, all_open, wait_until
from fondaco.access import (
    CLIENT,
    CONNECT,
    SERVER,
    SIGN,
    DemoAuthority,
    Grant,
    Request,
    Role,
    from_pem,
    sign_message,
    sign_request,
)
from fondaco.api.settings import read_settings
from fondaco.core import Instant
from fondaco.simulation import lay_out
from server_ports import free_port
from union import SG1, SG2

SIZE = 10 * 1024 * 1024


class TlsDoor:
    """A hub of today with two banks, a supervisor, and their keys for signing; `host` is what its certificate names."""

    # The hub's own port, where something stands before it and `port` is that one's.
    direct = 0

    def __init__(self, folder: Path, settings: str = "", *, seals: bool = True, hooks: str = "") -> None:
        await_day()
        now = self.now()
        self.hub, self.tls = folder / "hub", folder / "tls"
        self.today = datetime.fromtimestamp(int(now) / 1e9, UTC).date()
        lay_out(self.hub, self.today)
        open_at_all_hours(self.hub / "union")
        if settings:
            (self.hub / "api.toml").write_text(settings)
        if hooks:
            (self.hub / "webhooks.toml").write_text(hooks)
        self.authority = DemoAuthority.create(self.tls, Instant(int(now) - 40 * DAY))
        self.authority.issue("server", SERVER, Instant(int(now) - DAY), 30, ("127.0.0.1",))
        self.authority.issue("hub-sign", CLIENT, Instant(int(now) - DAY), 30)
        self.world = World(self.hub)
        self.machine("sg1", bank("sg1", SG1))
        self.machine("sg2", bank("sg2", SG2))
        self.machine("watch-sg", Grant("watch-sg", "", (Role.SUPERVISOR,), ("SG",)))
        self.machine("sg1.sender", bank("sg1.sender", SG1), SIGN)
        self.machine("sg2.sender", bank("sg2.sender", SG2), SIGN)
        self.port = free_port()
        self.base = f"https://127.0.0.1:{self.port}"
        self.log = folder / "log"
        self._seals = seals
        self.open()

    def open(self) -> None:
        words = ["serve", "--hub", self.hub, "--port", self.direct or self.port, "--certificate", self.tls / "server.pem", "--key", self.tls / "server.key",
                 "--authorities", self.tls / "ca.pem"]  # fmt: skip
        if self._seals:
            words += ["--signing-certificate", self.tls / "hub-sign.pem", "--signing-key", self.tls / "hub-sign.key"]
        before = len(self.log.read_text()) if self.log.exists() else 0
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "fondaco.cli", *map(str, words)], stdout=out, stderr=out, env={**os.environ}
            )
        while True:  # ends with an answer or with the process
            assert self.process.poll() is None, self.log.read_text()
            # A door whose hub was killed may still be there, and break an answer off.
            with suppress(OSError, http.client.HTTPException):
                live = self.ask("", "GET", "/health/live").status == 200
                if live and all_open(self.log.read_text()[before:], read_settings(self.hub).doors):
                    break
            time.sleep(0.1)

    @staticmethod
    def now() -> Instant:
        return Instant(time.time_ns())

    def machine(self, name: str, grant: Grant, purpose: str = CONNECT, *, begins_days: int = -1, days: int = 30) -> str:
        """Issue and register; the thumbprint. One that is over by now was registered while it was in force."""
        now = int(self.now())
        begins = Instant(now + begins_days * DAY)
        facts = from_pem(self.authority.issue(name, CLIENT, begins, days).read_bytes())
        self.world.done(registering(facts.der, grant, purpose), Instant(min(now, int(facts.not_after) - DAY)))
        return facts.thumbprint

    def context(self, who: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        if who:
            context.load_cert_chain(self.tls / f"{who}.pem", self.tls / f"{who}.key")
        return context

    def ask(self, who: str, method: str, path: str, body: bytes | Any = None, media: str = "", **headers: str) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body, media = json.dumps(body).encode(), media or "application/json"
        if body is not None:
            sent["Content-Type"] = media or "application/xml"
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context(who), timeout=60)
        try:
            connection.request(method, path, body, sent)
            found = connection.getresponse()
            return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())
        finally:
            connection.close()

    def form(self, who: str, pairs: dict[str, str] | str, **headers: str) -> Answer:
        body = pairs if isinstance(pairs, str) else urlencode(pairs)
        return self.ask(who, "POST", "/v1/token", body.encode(), "application/x-www-form-urlencoded", **headers)

    def token(self, who: str) -> str:
        found = self.form(who, {"grant_type": "client_credentials"})
        assert found.status == 200, found
        return str(found.json["access_token"])

    # Signing

    def key(self, name: str) -> Any:
        return load_pem_private_key((self.tls / f"{name}.key").read_bytes(), None)

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.tls / f"{name}.pem").read_bytes())

    def thumbprint(self, name: str) -> str:
        return from_pem((self.tls / f"{name}.pem").read_bytes()).thumbprint

    def signed(self, raw: bytes, name: str = "sg1.sender") -> bytes:
        return sign_message(raw, self.key(name), self.certificate(name), SIZE)

    def signing(self, name: str, method: str, path: str, body: bytes, at: Instant | None = None) -> dict[str, str]:
        """The headers of RFC 9421 for a request."""
        made = Request(method, self.base + path, {"host": urlsplit(self.base).netloc})
        sign_request(made, body, self.key(name), self.thumbprint(name), at or self.now())
        return {one: made.headers[one] for one in made.headers if one.lower() != "host"}

    def stop(self) -> None:
        self.end()
        self.world.store.close()

    def end(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=60) == 0, self.log.read_text()[-3000:]


def has_ended(pid: int) -> bool:
    """Whether a door's process runs no more; one that nobody has asked for its end yet (its hub was killed) has no words left."""
    try:
        return b"fondaco.api.front_process" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return True


def killed(pid: int) -> None:
    """Kill a door's process, and wait until it is dead: until then it could still take a connection on."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: has_ended(pid), pid)


def doors_of(door: TlsDoor) -> list[int]:
    """The processes of a hub's doors."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = process.joinpath("stat").read_text().rpartition(")")[2].split()[1]
            words = process.joinpath("cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if parent == str(door.process.pid) and b"fondaco.api.front_process" in words:
            found.append(int(process.name))
    return found

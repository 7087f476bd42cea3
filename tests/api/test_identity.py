"""The word `serve` with mutual TLS on loopback: who a client is, is what two operators registered."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from access_world import World, bank, registering
from fondaco.access import CLIENT, SERVER, AccessStore, DemoAuthority, Grant, Looks, Role, from_pem
from fondaco.core import Instant
from fondaco.messages import read
from fondaco.simulation import lay_out
from server_ports import free_port
from union import SG1, SG2, TH1, pacs_008

pytestmark = pytest.mark.server
DAY = 86_400 * 10**9


def ask(port: int, folder: Path, who: str, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    if who:
        context.load_cert_chain(folder / f"{who}.pem", folder / f"{who}.key")
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=60)
    try:
        connection.request(method, path, body, {"Content-Type": "application/xml"} if body else {})
        found = connection.getresponse()
        return found.status, found.read()
    finally:
        connection.close()


def test_a_certificate_is_who_asks_and_a_supervisors_look_is_written_down(tmp_path: Path) -> None:
    now = Instant(time.time_ns())
    hub, tls = tmp_path / "hub", tmp_path / "tls"
    lay_out(hub, datetime.fromtimestamp(int(now) / 1e9, UTC).date())
    authority = DemoAuthority.create(tls, Instant(int(now) - 2 * DAY))
    authority.issue("server", SERVER, Instant(int(now) - DAY), 30, ("127.0.0.1",))
    authority.issue("stranger", CLIENT, Instant(int(now) - DAY), 30)
    world = World(hub)
    grants: dict[str, Any] = {"sg1": bank("sg1", SG1), "watch-sg": Grant("watch-sg", "", (Role.SUPERVISOR,), ("SG",))}
    for name, grant in grants.items():
        certificate = from_pem(authority.issue(name, CLIENT, Instant(int(now) - DAY), 30).read_bytes())
        world.done(registering(certificate.der, grant), now)
    world.store.close()
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "fondaco.cli", "serve", "--hub", str(hub), "--port", str(port), "--certificate", str(tls / "server.pem"),
             "--key", str(tls / "server.key"), "--authorities", str(tls / "ca.pem")],
            stdout=out, stderr=out,
        )  # fmt: skip
    try:
        while True:
            assert server.poll() is None, log.read_text()
            try:
                if ask(port, tls, "", "GET", "/health/live")[0] == 200:
                    break
            except (OSError, http.client.HTTPException):
                time.sleep(0.1)
        for who in ("", "stranger"):
            status, raw = ask(port, tls, who, "GET", "/v1/day")
            assert (status, json.loads(raw)["type"]) == (401, "/docs#problem-not-recognised")
        assert ask(port, tls, "sg1", "GET", "/v1/day")[0] == 200
        status, raw = ask(port, tls, "sg1", "POST", "/v1/messages", pacs_008(SG1, TH1, "1.00", "SGD"))
        assert status in (200, 202) and read(raw).kind.startswith("pacs.002")
        assert ask(port, tls, "sg1", "POST", "/v1/messages", pacs_008(SG2, TH1, "1.00", "SGD"))[0] == 403
        assert ask(port, tls, "sg1", "GET", "/v1/cases")[0] == 403
        status, raw = ask(port, tls, "watch-sg", "GET", "/v1/payments")
        assert status == 200 and len(json.loads(raw)["payments"]) == 1
        assert ask(port, tls, "watch-sg", "POST", "/v1/messages", b"<a/>")[0] == 403
    finally:
        server.terminate()
        assert server.wait(timeout=60) == 0
    store = AccessStore(hub)
    lines = [(one.who, one.verb, one.subject) for one in Looks(store).all()]
    store.close()
    assert ("watch-sg", "payment.look", "place payments") in lines
    assert not [line for line in lines if line[0] == "sg1" and line[1] == "payment.look"]

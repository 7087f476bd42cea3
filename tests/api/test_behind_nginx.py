"""nginx before a hub as deploy/nginx/fondaco.conf has it: TLS passes through, so the client's certificate reaches the hub and nobody in between can forge it.

Debian's nginx with its stream module judges this, where it is installed (`apt-get install nginx libnginx-mod-stream`), or where FONDACO_NGINX names one.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from fondaco.core import utc_text
from server_ports import free_port
from tls_doors import TlsDoor
from union import SG1, SG2, calm_uetr, pacs_008

ROOT = Path(__file__).resolve().parents[2]
NGINX = os.environ.get("FONDACO_NGINX") or shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin") or ""
MODULE = Path(NGINX).parent.parent / "lib" / "nginx" / "modules" / "ngx_stream_module.so"
if str(MODULE).startswith("/lib") or not MODULE.exists():
    MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")

pytestmark = pytest.mark.skipif(
    not NGINX or not MODULE.exists(), reason="no nginx with its stream module (apt-get install nginx libnginx-mod-stream)"
)


class Proxied(TlsDoor):
    """A hub of today, asked through nginx; `direct` is its own port."""

    def behind(self, folder: Path, *, tells: bool = False) -> None:
        self.direct = self.port
        self.port = free_port()
        shipped = (ROOT / "deploy" / "nginx" / "fondaco.conf").read_text()
        ours = re.sub(r"listen 443;", f"listen 127.0.0.1:{self.port};", re.sub(r".*listen \[::\]:443;\n", "", shipped))
        ours = ours.replace("/var/log/nginx/", f"{folder}/").replace("127.0.0.1:8440", f"127.0.0.1:{self.direct}")
        assert ours.count(str(self.port)) == 1 and ours.count(str(self.direct)) == 1
        if tells:
            assert ours.count("# proxy_protocol on;") == 1
            ours = ours.replace("# proxy_protocol on;", "proxy_protocol on;")
        conf = folder / "nginx.conf"
        conf.write_text(
            f"load_module {MODULE};\ndaemon off;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/errors;\n"
            f"events {{ worker_connections 256; }}\n{ours}"
        )
        self.errors = folder / "errors"
        self.nginx = subprocess.Popen([NGINX, "-c", str(conf), "-p", str(folder), "-e", str(folder / "errors")])
        while True:  # ends with an answer or with the process
            assert self.nginx.poll() is None, self.errors.read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder = tmp_path_factory.mktemp("nginx")
    opened = Proxied(folder)
    opened.behind(folder)
    yield opened
    opened.nginx.terminate()
    opened.nginx.wait(timeout=20)
    opened.stop()


def test_a_certificate_reaches_the_hub_through_nginx(door: Proxied) -> None:
    assert door.ask("sg1", "GET", "/v1/positions").json["positions"][0]["bank"] == SG1
    assert door.ask("sg2", "GET", "/v1/positions").json["positions"][0]["bank"] == SG2
    assert door.ask("", "GET", "/v1/positions").status == 401


def test_a_certificate_in_a_header_is_not_believed(door: Proxied) -> None:
    """Who asks through nginx comes from loopback: were the header believed, everybody would be every bank."""
    header = (door.tls / "sg2.pem").read_text().replace("\n", "%0A")
    for who in ("", "sg1"):
        assert door.ask(who, "GET", "/v1/positions", X_Client_Cert=header).status == 401
        assert door.ask(who, "GET", "/v1/positions", X_Client_Cert=header, X_Fondaco_Proxy="x" * 40).status == 401


def test_a_message_signed_and_large_passes_as_it_was_sent(door: Proxied) -> None:
    raw = pacs_008(SG1, SG2, "3.00", "SGD", uetr=calm_uetr(), day=door.today.isoformat())
    raw = raw.replace(b"2026-11-24T01:00:00.000Z", utc_text(door.now()).encode())
    found = door.ask("sg1", "POST", "/v1/messages", door.signed(raw))
    assert found.status in (200, 202), found.raw
    large = b"<a>" + b"x" * (9 * 1024 * 1024) + b"</a>"
    assert door.ask("sg1", "POST", "/v1/messages", large).status == 422
    assert door.ask("sg1", "POST", "/v1/messages", large + large).status == 413


def test_what_happens_is_told_at_once_and_not_gathered(door: Proxied) -> None:
    """A stream of events through nginx brings each message when it is sent."""
    listening = http.client.HTTPSConnection("127.0.0.1", door.port, context=door.context("sg1"), timeout=30)
    listening.request("GET", "/v1/messages?after=0", headers={"Accept": "text/event-stream"})
    events = listening.getresponse()
    assert events.status == 200
    for _ in range(2):
        uetr = calm_uetr()
        assert door.ask(
            "sg1", "POST", "/v1/messages", pacs_008(SG1, SG2, "1.00", "SGD", uetr=uetr, day=door.today.isoformat())
        ).status in (200, 202)
        begun = time.monotonic()
        while uetr.encode() not in events.readline():
            assert time.monotonic() - begun < 10
    listening.close()


def test_the_hub_hears_from_nginx_whose_connection_it_is(tmp_path: Path) -> None:
    """The client has another address of this machine than nginx: a log-in that fails counts against that one."""
    door = Proxied(tmp_path)
    door.end()
    (door.hub / "api.toml").write_text('trusted_proxies = ["127.0.0.1"]\n')
    door.behind(tmp_path, tells=True)
    door.open()
    try:
        client = http.client.HTTPSConnection(
            "127.0.0.1", door.port, context=door.context(""), timeout=60, source_address=("127.0.0.9", 0)
        )
        form = urlencode({"name": "nobody", "password": "a guess at a password", "code": "123456"})
        client.request("POST", "/console/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        assert client.getresponse().status == 401
        client.close()
        noted = door.world.store.row("SELECT detail FROM look WHERE verb='log in refused' ORDER BY seq DESC LIMIT 1", ())
        assert noted is not None and noted[0] == "127.0.0.9"
    finally:
        door.nginx.terminate()
        door.nginx.wait(timeout=20)
        door.stop()

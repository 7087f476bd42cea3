"""Whose address counts behind a proxy: what a trusted one says before TLS (the PROXY protocol), and nobody else's word, in no header and in no line."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from doors import wait_until
from fondaco.access import Lockout
from fondaco.api import SettingsWrong, read_settings
from fondaco.api.listening import LINE_MAX, Proxies, ProxyLineWrong, read_line
from tls_doors import TlsDoor

FORM = urlencode({"name": "nobody", "password": "a guess at a password", "code": "123456"}).encode()
# A line that belongs to no address of the machine, and one that does.
FIRST, SECOND = b"PROXY TCP4 203.0.113.7 192.0.2.1 40001 443\r\n", b"PROXY TCP6 2001:db8::7 2001:db8::1 40002 443\r\n"


def test_a_proxys_line_is_read_to_its_end_and_no_further() -> None:
    assert read_line(FIRST + b"\x16\x03\x01") == (("203.0.113.7", 40001), len(FIRST))
    assert read_line(SECOND) == (("2001:db8::7", 40002), len(SECOND))
    assert read_line(b"PROXY UNKNOWN\r\n\x16") == (None, 15)
    assert all(read_line(FIRST[:length]) is None for length in range(len(FIRST)))


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\n", b"PROXY \r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 1 443 x\r\n", b"PROXY TCP4 1.2.3.4 1.2.3.4 70000 443\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 1 443\r\n", b"PROXY TCP6 1.2.3.4 1.2.3.4 1 443\r\n", b"PROXY TCP4 localhost 1.2.3.4 1 443\r\n",
        b"PROXY TCP4 1.2.3.4 1.2.3.4 \xff 443\r\n", b"PROXY " + b"x" * LINE_MAX, b"proxy TCP4 1.2.3.4 1.2.3.4 1 443\r\n", b"\r\n\r\n\x00\r\nQUIT\n",
    ],
)  # fmt: skip
def test_what_is_no_line_of_a_proxy_is_refused(raw: bytes) -> None:
    with pytest.raises(ProxyLineWrong):
        read_line(raw)


def test_a_proxy_is_trusted_by_its_address_or_its_network_alone(tmp_path: Path) -> None:
    proxies = Proxies(["127.0.0.1", "2001:db8::/32", "10.1.0.0/16"])
    assert all(map(proxies.trusted, ("127.0.0.1", "::ffff:127.0.0.1", "2001:db8::5", "10.1.200.3", "::ffff:10.1.0.1")))
    assert not any(map(proxies.trusted, ("127.0.0.2", "::1", "10.2.0.1", "2001:db9::1", "fe80::1%lo")))
    assert not Proxies(read_settings(tmp_path).trusted_proxies).trusted("127.0.0.1"), "nobody is, where nothing is said"
    for wrong in ('trusted_proxies = ["nginx"]', 'trusted_proxies = ["10.1.2.3/16"]', 'trusted_proxies = "127.0.0.1"'):
        (tmp_path / "api.toml").write_text(wrong)
        with pytest.raises(SettingsWrong):
            read_settings(tmp_path)


class Behind(TlsDoor):
    """A hub that this machine reaches as its proxy; each request comes with the line that a proxy would say."""

    line = FIRST

    def ask(self, who: str, method: str, path: str, body: Any = None, media: str = "", **headers: str) -> Any:
        status, text = spoken(self, self.line, who, method, path, body or b"", media, **headers)
        return type("Answer", (), {"status": status, "text": text})


def spoken(
    door: TlsDoor, line: bytes, who: str, method: str, path: str, body: bytes, media: str, **headers: str
) -> tuple[int, str]:
    """One request behind the first bytes of a connection. Raises `OSError` where the hub hangs up."""
    plain = socket.create_connection(("127.0.0.1", door.port), 30)
    plain.sendall(line)
    with door.context(who).wrap_socket(plain, server_hostname="127.0.0.1") as tls:
        more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{door.port}\r\nConnection: close\r\nContent-Type: {media}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        tls.sendall(head.encode() + body)
        raw = b""
        while part := tls.recv(65536):
            raw += part
    if not raw:
        raise ConnectionResetError("the hub hung up")
    return int(raw.split()[1]), raw.decode()


def log_in(door: TlsDoor, line: bytes, **headers: str) -> int:
    return spoken(door, line, "", "POST", "/console/login", FORM, "application/x-www-form-urlencoded", **headers)[0]


def barred(door: TlsDoor, *peers: str) -> None:
    """So many have failed from there that everybody waits."""
    for peer in peers:
        for _ in range(60):
            Lockout(door.world.store).failed(f"peer {peer}", door.now())


@pytest.fixture(scope="module", params=[1, 0], ids=["a door", "no door"])
def settings(request: pytest.FixtureRequest) -> str:
    return f'trusted_proxies = ["127.0.0.1"]\ndoors = {request.param}\n'


@pytest.fixture(scope="module")
def door(settings: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    found = Behind(tmp_path_factory.mktemp("behind"), settings, seals=False)
    yield found
    found.stop()


@pytest.mark.server
def test_who_fails_too_often_bars_that_address_and_no_other(door: Behind) -> None:
    assert log_in(door, FIRST) == log_in(door, SECOND) == 401
    barred(door, "203.0.113.7")
    assert log_in(door, FIRST) == 429
    assert log_in(door, SECOND) == 401
    assert log_in(door, b"PROXY UNKNOWN\r\n") == 401, "whose it is nobody knows: it counts as the proxy's"


@pytest.mark.server
def test_a_client_behind_a_proxy_cannot_say_that_it_is_another(door: Behind) -> None:
    barred(door, "203.0.113.7")
    headers = {"X_Forwarded_For": "198.51.100.9", "Forwarded": "for=198.51.100.9", "X_Real_IP": "198.51.100.9"}
    assert log_in(door, FIRST, **headers) == 429
    with pytest.raises(OSError):  # a second line is the client's, and no beginning of TLS
        log_in(door, FIRST + SECOND)


@pytest.mark.server
def test_a_certificate_counts_as_it_does_without_a_proxy(door: Behind) -> None:
    assert door.ask("sg1", "GET", "/v1/positions").status == 200
    assert door.ask("", "GET", "/v1/positions").status == 401


@pytest.mark.server
def test_a_proxy_that_says_nothing_is_let_go_and_told(door: Behind) -> None:
    with pytest.raises(OSError):
        spoken(door, b"", "", "GET", "/health/live", b"", "")
    wait_until(lambda: "did not say whose connection it is" in door.log.read_text())  # it hangs up first
    slow = socket.create_connection(("127.0.0.1", door.port), 30)
    slow.sendall(FIRST[:10])
    time.sleep(0.2)
    slow.sendall(FIRST[10:])
    with door.context("").wrap_socket(slow, server_hostname="127.0.0.1") as tls:
        assert tls.version() in ("TLSv1.2", "TLSv1.3"), "a line may come in parts"


@pytest.mark.server
def test_a_proxy_that_never_speaks_is_not_waited_for_longer_than_for_headers(settings: str, tmp_path: Path) -> None:
    # A hub of its own: with so little patience, whoever asks from a machine that is held up for a second is let go as well.
    found = Behind(tmp_path, settings + "headers_s = 1.0\n", seals=False)
    try:
        silent = socket.create_connection(("127.0.0.1", found.port), 60)
        assert silent.recv(1) == b""
        wait_until(lambda: "did not say whose connection it is" in found.log.read_text())
    finally:
        found.stop()


@pytest.mark.server
def test_without_a_trusted_proxy_a_line_is_no_tls_and_a_header_is_nobody(tmp_path: Path) -> None:
    door = TlsDoor(tmp_path, 'trusted_proxies = ["192.0.2.1"]\n', seals=False)
    try:
        with pytest.raises((OSError, ssl.SSLError)):
            log_in(door, FIRST)
        barred(door, "127.0.0.1")
        assert log_in(door, b"", X_Forwarded_For="198.51.100.9", Forwarded="for=198.51.100.9") == 429
    finally:
        door.stop()

"""Other certificates without a pause: SIGHUP lets new connections have the files of now, those that stand go on, and files that do not fit change nothing."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from access_world import DAY, bank, registering
from fondaco.access import CLIENT, SERVER, DemoAuthority, from_pem
from fondaco.core import Instant
from tls_doors import TlsDoor, doors_of, killed
from union import SG2

pytestmark = pytest.mark.server


@pytest.fixture(params=[2, 0], ids=["two doors", "no door"])
def doors(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture
def door(doors: int, tmp_path: Path) -> Iterator[TlsDoor]:
    found = TlsDoor(tmp_path, f"doors = {doors}\n", seals=False)
    yield found
    found.process.kill()
    found.process.wait()
    found.world.store.close()


def thumbprint(door: TlsDoor) -> str:
    """Of the certificate that a new connection is shown."""
    plain = socket.create_connection(("127.0.0.1", door.port), 30)
    with door.context("").wrap_socket(plain, server_hostname="127.0.0.1") as tls:
        der = tls.getpeercert(binary_form=True)
    assert der is not None
    return from_pem(ssl.DER_cert_to_PEM_cert(der).encode()).thumbprint


def shown(door: TlsDoor) -> set[str]:
    """What several new connections are shown: one of them alone says nothing of the other door."""
    return {thumbprint(door) for _ in range(12)}


def renew(door: TlsDoor, said: str, times: int) -> str:
    """Tell the hub, and wait until its log has said so as often; the log."""
    os.kill(door.process.pid, signal.SIGHUP)
    until = time.monotonic() + 60
    while (text := door.log.read_text()).count(said) < times:
        assert door.process.poll() is None and time.monotonic() < until, text[-3000:]
        time.sleep(0.05)
    return text


def test_new_connections_have_the_new_certificate_and_those_that_stand_go_on(door: TlsDoor, doors: int) -> None:
    before = door.thumbprint("server")
    listening = http.client.HTTPSConnection("127.0.0.1", door.port, context=door.context("sg1"), timeout=60)
    listening.request("GET", "/v1/messages?after=0", headers={"Accept": "text/event-stream"})
    stream = listening.getresponse()
    kept = http.client.HTTPSConnection("127.0.0.1", door.port, context=door.context("sg1"), timeout=60)
    kept.request("GET", "/v1/members")
    kept.getresponse().read()
    assert shown(door) == {before}
    door.authority.issue("server", SERVER, Instant(int(door.now()) - DAY), 60, ("127.0.0.1",))
    after = door.thumbprint("server")
    assert after != before and shown(door) == {before}, "nothing changes before the hub is told"
    said = renew(door, "serves with these certificates from now on", doors or 1)
    assert after in said
    assert shown(door) == {after}
    kept.request("GET", "/v1/members")
    assert kept.getresponse().status == 200, "a connection from before"
    assert stream.readline() == b": you are heard\n"
    door.process.terminate()
    stream.read()  # raises where the stream was broken off
    assert door.process.wait(timeout=60) == 0


def test_files_that_do_not_fit_change_nothing_and_are_told(door: TlsDoor) -> None:
    before = door.thumbprint("server")
    good = {name: (door.tls / name).read_bytes() for name in ("server.pem", "server.key", "ca.pem")}
    door.authority.issue("other", SERVER, Instant(int(door.now()) - DAY), 60, ("127.0.0.1",))
    other = (door.tls / "other.pem").read_bytes()
    broken = [
        ("server.pem", b"no certificate"),
        ("server.pem", other),
        ("server.key", b""),
        ("ca.pem", b"-----BEGIN"),
        ("ca.pem", None),
    ]
    for times, (name, raw) in enumerate(broken, 1):
        if raw is None:
            (door.tls / name).unlink()
        else:
            (door.tls / name).write_bytes(raw)
        said = renew(door, "are not taken: those from before stay", times)
        assert "Traceback" not in said
        (door.tls / name).write_bytes(good[name])
        assert shown(door) == {before}
    door.ask("sg1", "GET", "/v1/members")
    door.end()


def test_a_door_that_finds_unfit_files_at_its_start_says_so_and_opens_once_they_fit(door: TlsDoor, doors: int) -> None:
    if not doors:
        pytest.skip("a hub that serves without doors reads its files once, at its own start")
    assert door.ask("sg1", "GET", "/v1/members").status == 200
    good = (door.tls / "server.key").read_bytes()
    (door.tls / "server.key").write_bytes(b"")
    for pid in doors_of(door):
        killed(pid)
    until = time.monotonic() + 60
    while "a door cannot open: its certificates do not fit" not in (said := door.log.read_text()):
        assert door.process.poll() is None and time.monotonic() < until, said[-3000:]
        time.sleep(0.05)
    (door.tls / "server.key").write_bytes(good)
    while True:  # ends with an answer, or in time
        try:
            assert door.ask("sg1", "GET", "/v1/members").status == 200
            break
        except (http.client.HTTPException, OSError):
            assert time.monotonic() < until
    assert "Traceback" not in door.log.read_text()
    door.end()


def test_an_authority_comes_and_goes_without_a_restart(door: TlsDoor, doors: int, tmp_path: Path) -> None:
    own = DemoAuthority.create(tmp_path / "own", Instant(int(door.now()) - 40 * DAY))
    facts = from_pem(own.issue("sg2.own", CLIENT, Instant(int(door.now()) - DAY), 30).read_bytes())
    door.world.done(registering(facts.der, bank("sg2.own", SG2), "connect"), door.now())
    for end in ("pem", "key"):
        shutil.copy(tmp_path / "own" / f"sg2.own.{end}", door.tls)

    def let_in() -> bool:
        try:
            return door.ask("sg2.own", "GET", "/v1/positions").status == 200
        except OSError:
            return False

    before = (door.tls / "ca.pem").read_bytes()
    assert not let_in()
    try:
        (door.tls / "ca.pem").write_bytes(before + (tmp_path / "own" / "ca.pem").read_bytes())
        renew(door, "serves with these certificates from now on", doors or 1)
        assert let_in() and door.ask("sg1", "GET", "/v1/members").status == 200
    finally:
        (door.tls / "ca.pem").write_bytes(before)
    renew(door, "serves with these certificates from now on", 2 * (doors or 1))
    assert not let_in()
    assert door.ask("sg1", "GET", "/v1/members").status == 200

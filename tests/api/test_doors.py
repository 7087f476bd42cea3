"""Doors in processes of their own: what a kill of either side leaves, what a client cannot forge or bend through them, and that bounds hold over all of them."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from doors import Waiting, wait_until
from fondaco.access import Grant, Role
from fondaco.core import utc_text
from fondaco.hub import close_hub, open_hub, prove_hub
from fondaco.payments import DECODER
from tls_doors import TlsDoor, doors_of, has_ended, killed
from union import SG1, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server
Unanswered = (OSError, http.client.HTTPException)


@contextmanager
def opened(folder: Path, settings: str = "") -> Iterator[TlsDoor]:
    door = TlsDoor(folder, settings, seals=False)
    try:
        yield door
    finally:
        door.process.kill()
        door.process.wait()
        door.world.store.close()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsDoor]:
    with opened(tmp_path_factory.mktemp("doors")) as found:
        yield found


def payment(door: TlsDoor, uetr: str) -> bytes:
    raw = pacs_008(SG1, TH1, "1.00", "SGD", day=door.today.isoformat(), uetr=uetr, message_id=f"D{uetr[:12]}")
    return raw.replace(b"2026-11-24T01:00:00.000Z", utc_text(door.now()).encode())


def kept(door: TlsDoor) -> list[str]:
    hub = open_hub(door.hub)
    try:
        assert list(prove_hub(hub).faults) == []
        return sorted(DECODER.decode(raw).uetr for _, raw in hub.journal.payments())
    finally:
        close_hub(hub)


class Load:
    """Payments that are sent until each is answered, and what was answered."""

    def __init__(self, door: TlsDoor, count: int) -> None:
        self._door = door
        self.messages = {uetr: payment(door, uetr) for uetr in (calm_uetr() for _ in range(count))}
        self.answered: set[str] = set()
        self.enough = threading.Event()

    def send(self, uetr: str) -> None:
        try:
            found = self._door.ask("sg1", "POST", "/v1/messages", self.messages[uetr])
        except Unanswered:
            return  # whether it was taken in is not known: it is sent again
        if found.status in (200, 202):
            self.answered.add(uetr)
            if len(self.answered) >= len(self.messages) // 4:
                self.enough.set()

    def until_all(self) -> None:
        for _ in range(60):
            left = [uetr for uetr in self.messages if uetr not in self.answered]
            if not left:
                return
            with ThreadPoolExecutor(8) as pool:
                list(pool.map(self.send, left))
            time.sleep(0.1)
        raise AssertionError(f"{len(left)} of {len(self.messages)} were never answered")


def test_a_door_killed_in_mid_load_is_started_again_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with opened(tmp_path) as door:
        load = Load(door, 120)
        (before,) = doors_of(door)
        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(load.send, uetr) for uetr in load.messages]
            assert load.enough.wait(timeout=120)
            killed(before)
            for one in sent:
                one.result()
        answered = set(load.answered)
        load.until_all()
        # Where all were answered before it died, nobody has waited for the next one yet.
        wait_until(lambda: len(doors_of(door)) == 1)
        (after,) = doors_of(door)
        assert after != before and door.process.poll() is None
        for uetr in sorted(answered)[:10]:
            assert door.ask("sg1", "GET", f"/v1/payments/{uetr}").status == 200
        door.end()
        assert "a door ended, and is started again" in door.log.read_text()
        assert kept(door) == sorted(load.messages)


def test_a_hub_killed_in_mid_load_takes_its_doors_along_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with opened(tmp_path, "doors = 2\n") as door:
        load = Load(door, 120)
        before = doors_of(door)
        assert len(before) == 2
        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(load.send, uetr) for uetr in load.messages]
            assert load.enough.wait(timeout=120)
            door.process.kill()
            door.process.wait()
            for one in sent:
                one.result()
        answered = set(load.answered)
        door.open()  # at once, on the same address
        wait_until(lambda: all(map(has_ended, before)))  # a door without its hub has one second for who still asks
        for uetr in sorted(answered):
            assert door.ask("sg1", "GET", f"/v1/payments/{uetr}").status == 200
        load.until_all()
        door.end()
        assert kept(door) == sorted(load.messages)


def test_a_door_that_is_missing_is_counted_until_it_is_open_again(tmp_path: Path) -> None:
    with opened(tmp_path, "doors = 2\n") as door:
        door.machine("monitor", Grant("monitor", "", (Role.AUDITOR,)))

        def missing() -> str:
            found = door.ask("monitor", "GET", "/metrics")
            assert found.status == 200, found
            return re.findall(r"^fondaco_doors_missing (\S+)$", found.raw.decode(), re.MULTILINE)[0]

        assert missing() == "0.0"
        slow = door.tls / "server.key"
        key = slow.read_bytes()
        slow.write_bytes(b"")  # what is started again cannot open
        before, _ = doors_of(door)
        killed(before)
        wait_until(lambda: missing() == "1.0")
        slow.write_bytes(key)
        wait_until(lambda: missing() == "0.0")
        door.end()


def test_told_to_stop_all_doors_end_and_who_waits_is_let_go(tmp_path: Path) -> None:
    with opened(tmp_path) as door:
        last = door.ask("sg1", "GET", "/v1/messages?limit=500").json["after"]
        connection = http.client.HTTPSConnection("127.0.0.1", door.port, context=door.context("sg1"), timeout=120)
        waiting = Waiting(connection, f"/v1/messages?after={last + 100}&wait=60", {})
        load = Load(door, 10)
        load.until_all()
        pids = doors_of(door)
        door.end()  # with exit code 0
        waiting.join(timeout=60)
        assert waiting.status == 200
        assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
        assert kept(door) == sorted(load.messages)


def test_nobody_becomes_another_by_what_is_written_in_a_header(door: TlsDoor) -> None:
    certificate = (door.tls / "sg2.pem").read_text().replace("\n", "%0A")
    forged = {"X-Client-Cert": certificate, "X-Fondaco-Proxy": "x" * 40}
    for method, path, body in (("POST", "/v1/messages", payment(door, calm_uetr())), ("GET", "/v1/payments", None)):
        assert door.ask("", method, path, body).status == 401
        assert door.ask("", method, path, body, **forged).status == 401
        assert door.ask("sg1", method, path, body, **forged).status == 401
        assert door.ask("watch-sg", "POST", "/v1/messages", payment(door, calm_uetr())).status == 403
    # Whoever shows a certificate is that one in what is forwarded too: another's payment is not there.
    uetr = calm_uetr()
    assert door.ask("sg1", "POST", "/v1/messages", payment(door, uetr)).status in (200, 202)
    assert door.ask("sg1", "GET", f"/v1/payments/{uetr}").status == 200
    more = {"Extensions": "tls", "Scope": "{}", "Client-Cert-Chain": certificate, "Forwarded": "for=127.0.0.1"}
    assert door.ask("sg2", "GET", f"/v1/payments/{uetr}", **more).status == 404


def test_who_is_slow_is_told_and_holds_nobody_up(tmp_path: Path) -> None:
    # A door of its own: with so little patience, whoever asks from a machine that is held up for a second is slow as well.
    with opened(tmp_path, "headers_s = 1.0\nbody_s = 1.0\n") as door:
        slow_ones(door)


def slow_ones(door: TlsDoor) -> None:
    def connected() -> ssl.SSLSocket:
        return door.context("sg1").wrap_socket(
            socket.create_connection(("127.0.0.1", door.port), 30), server_hostname="127.0.0.1"
        )

    head = b"POST /v1/messages HTTP/1.1\r\nHost: hub\r\nContent-Type: application/xml\r\nContent-Length: 100\r\n"
    with connected() as headers, connected() as body, connected() as forwarded:
        headers.sendall(head)
        body.sendall(head + b"\r\n<half")
        forwarded.sendall(
            head.replace(b"/v1/messages", b"/v1/quotes").replace(b"application/xml", b"application/json") + b"\r\n{"
        )
        while (found := door.ask("sg1", "GET", "/health/live")).status == 408:  # so slow was this test itself
            continue
        assert found.status == 200
        assert b"408" in headers.recv(65536).split(b"\r\n")[0]
        assert b"408" in body.recv(65536).split(b"\r\n")[0]
        answer = forwarded.recv(65536).split(b"\r\n")[0]
        assert b"408" in answer or b"403" in answer, "a member posts no quotes, and is told so before its body is read"


def test_a_rate_holds_for_an_institution_over_all_doors_and_all_places(tmp_path: Path) -> None:
    with opened(tmp_path, "doors = 2\nrequests_per_s = 0.01\nrequests_at_once = 20\n") as door:
        found = []
        for number in range(30):  # each over a connection of its own, to whichever door takes it
            asked = ("POST", "/v1/messages", payment(door, calm_uetr())) if number % 2 else ("GET", "/v1/members", None)
            found.append(door.ask("sg1", *asked))
        statuses = [one.status for one in found]
        assert statuses[20:] == [429] * 10 and 429 not in statuses[:20]
        assert int(found[-1].headers["retry-after"]) > 1
        assert door.ask("sg2", "GET", "/v1/members").status == 200, "another's bucket is its own"
        door.end()


def test_mail_comes_as_it_is_sent_and_figures_are_of_all_doors(door: TlsDoor) -> None:
    last = door.ask("sg1", "GET", "/v1/messages?limit=500").json["after"]
    uetr = calm_uetr()
    connection = http.client.HTTPSConnection("127.0.0.1", door.port, context=door.context("sg1"), timeout=60)
    connection.request("GET", f"/v1/messages?after={last}", headers={"Accept": "text/event-stream"})
    stream = connection.getresponse()
    assert stream.status == 200 and stream.readline() == b": you are heard\n"
    assert door.ask("sg1", "POST", "/v1/messages", payment(door, uetr)).status in (200, 202)
    seen = b""
    while uetr.encode() not in seen:  # ends with the message, or with the connection's patience
        seen = stream.readline()
        assert seen
    connection.close()
    lines = [json.loads(line) for line in door.log.read_text().splitlines() if line.startswith("{")]
    (told,) = [one for one in lines if one.get("uetr") == uetr]
    assert told["route"] == "send_message" and told["trace_id"] == uetr.replace("-", "") and told["caller"] == "sg1"


def listening(door: TlsDoor) -> tuple[http.client.HTTPSConnection, http.client.HTTPResponse]:
    """A stream of events that has begun."""
    connection = http.client.HTTPSConnection("127.0.0.1", door.port, context=door.context("sg1"), timeout=60)
    connection.request("GET", "/v1/messages?after=0", headers={"Accept": "text/event-stream"})
    stream = connection.getresponse()
    assert stream.status == 200 and stream.readline() == b": you are heard\n"
    return connection, stream


def failures(door: TlsDoor) -> list[str]:
    return [line for line in door.log.read_text().splitlines() if "Traceback" in line or '"level":"ERROR"' in line]


def test_told_to_stop_every_stream_ends_whole_and_none_is_told_as_a_failure(tmp_path: Path) -> None:
    with opened(tmp_path, "doors = 2\n") as door:
        listeners = [listening(door) for _ in range(24)]
        for connection, stream in listeners[20:]:  # these have left, just before or while the hub stops
            stream.close()
            connection.close()
        begun = time.monotonic()
        door.process.terminate()
        for connection, stream in listeners[:20]:
            stream.read()  # raises where a stream's last part never came
            connection.close()
        assert door.process.wait(timeout=60) == 0
        assert time.monotonic() - begun < 8, "nobody was waited for in vain"
        assert failures(door) == []


def test_whoever_leaves_a_stream_is_no_failure(door: TlsDoor) -> None:
    for connection, stream in [listening(door) for _ in range(5)]:
        stream.close()
        connection.close()
    assert door.ask("sg1", "GET", "/v1/members").status == 200
    time.sleep(1)  # longer than the hub takes to see it
    assert failures(door) == []


def test_a_hub_that_is_killed_breaks_its_streams_off_and_each_door_says_so_once(tmp_path: Path) -> None:
    with opened(tmp_path) as door:
        (pid,) = doors_of(door)
        listeners = [listening(door) for _ in range(20)]
        door.process.kill()
        door.process.wait()
        for connection, stream in listeners:
            with pytest.raises(Unanswered):  # not an end that looks like one
                stream.read()
            connection.close()
        wait_until(lambda: has_ended(pid))  # within the second that a door has
        assert failures(door) == []
        said = door.log.read_text()
        assert said.count("the hub's process has gone") == 1 and '"broken_off":20' in said


def test_whoever_never_ends_a_request_is_waited_for_so_long_and_told_of_once(tmp_path: Path) -> None:
    with opened(tmp_path) as door:
        halves = []
        for path, media in (("/v1/messages", "application/xml"), ("/v1/quotes", "application/json")):
            half = socket.create_connection(("127.0.0.1", door.port), 30)
            halves.append(door.context("sg1").wrap_socket(half, server_hostname="127.0.0.1"))
            head = f"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Type: {media}\r\nContent-Length: 100\r\n\r\n<"
            halves[-1].sendall(head.encode())
        door.ask("sg1", "GET", "/v1/members")
        begun = time.monotonic()
        door.end()  # with exit code 0
        assert time.monotonic() - begun < 30, "a body is waited for so long"
        (told,) = failures(door)
        assert "graceful shutdown exceeded" in told
        for half in halves:
            half.close()

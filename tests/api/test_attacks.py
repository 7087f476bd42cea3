"""What somebody would try who means us harm, against a real server on loopback."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from doors import Door, door_on
from union import SG1, TH1, pacs_008

pytestmark = pytest.mark.server
SETTINGS = """
message_bytes_max = 300000
json_bytes_max = 20000
"""


@pytest.fixture(scope="module", params=[0, 1], ids=["one process", "behind a door"])
def fronts(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def door(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory, fronts: int) -> Iterator[Door]:
    with door_on(ready, tmp_path_factory.mktemp("attacked") / "hub", SETTINGS, fronts) as opened:
        yield opened


@pytest.fixture(scope="module")
def impatient(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory, fronts: int) -> Iterator[Door]:
    """A door for who is slow on purpose: whoever else asked there would be, on a machine that is held up for a second."""
    settings = "headers_s = 1.0\nbody_s = 1.0\n"
    with door_on(ready, tmp_path_factory.mktemp("impatient") / "hub", settings, fronts) as opened:
        yield opened
        never_failed(opened)


def problem_in(raw: bytes) -> dict[str, object]:
    """The problem that a whole answer holds (RFC 9457); its length is what it says."""
    head, _, body = raw.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower() and b"connection: close" in head.lower(), raw
    assert f"content-length: {len(body)}".encode() in head.lower()
    found: dict[str, object] = json.loads(body)
    assert raw.startswith(f"HTTP/1.1 {found['status']} ".encode()) and found["advice"]
    return found


def never_failed(door: Door) -> None:
    said = [json.loads(line) for line in door.log.read_text().splitlines()]
    assert [one for one in said if one.get("status") == 500 or one["level"] in ("ERROR", "CRITICAL")] == []


def bearer(door: Door, who: str = f"{SG1}-maker") -> bytes:
    return f"Authorization: Bearer {door.keys[who]}\r\n".encode()


def first_line(raw: bytes) -> bytes:
    return raw.partition(b"\r\n")[0]


def test_nobody_is_let_in_without_a_key_or_with_a_wrong_one(door: Door) -> None:
    for who in ("", "no-such-token"):
        found = door.ask("GET", "/v1/payments", who=who)
        assert (found.status, found.headers["content-type"]) == (401, "application/problem+json")
        assert "www-authenticate" in found.headers


@pytest.mark.parametrize("size", [300_001, 10_000_000])
def test_what_is_too_large_is_refused_before_it_is_read(door: Door, size: int) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\n" + bearer(door)
    found = door.raw(head + f"Content-Length: {size}\r\n\r\n".encode())
    assert first_line(found) == b"HTTP/1.1 413 Content Too Large" or b" 413 " in first_line(found)


def test_what_is_too_large_in_chunks_is_refused_as_it_comes(door: Door) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nTransfer-Encoding: chunked\r\n" + bearer(
        door
    )
    chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    assert b" 413 " in first_line(door.raw(head + b"\r\n" + chunk * 8))


def test_a_compressed_bomb_is_not_unfolded(door: Door) -> None:
    bomb = gzip.compress(b"<" + b" " * 200_000_000)
    assert len(bomb) < 300_000
    begun = time.monotonic()
    found = door.ask("POST", "/v1/messages", bomb, who=f"{SG1}-maker", Content_Encoding="gzip")
    assert found.status == 413
    assert time.monotonic() - begun < 60


@pytest.mark.parametrize(
    "body",
    [
        b"not gzip",
        gzip.compress(b"<a/>", mtime=0)[:-4],
        gzip.compress(b"<a/>", mtime=0) + b"more",
        gzip.compress(b"<a/>", mtime=0) * 2,
        b"",
    ],
)
def test_bad_gzip_is_told_as_such(door: Door, body: bytes) -> None:
    found = door.ask("POST", "/v1/messages", body, who=f"{SG1}-maker", Content_Encoding="gzip")
    assert found.status == 400, found


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate", "x" * 100])
def test_other_encodings_are_not_taken(door: Door, encoding: str) -> None:
    assert door.ask("POST", "/v1/messages", b"<a/>", who=f"{SG1}-maker", Content_Encoding=encoding).status == 415


def test_who_sends_headers_a_byte_at_a_time_is_not_waited_for(impatient: Door) -> None:
    with socket.create_connection(("127.0.0.1", impatient.port), timeout=30) as slow:
        slow.sendall(b"GET /v1/payments HTTP/1.1\r\nHost: x\r\n")
        begun = time.monotonic()
        found = b""
        try:
            while time.monotonic() - begun < 60:
                slow.sendall(b"X")
                slow.settimeout(0.2)
                try:
                    part = slow.recv(1000)
                except TimeoutError:
                    continue
                if not part:
                    break
                found += part
        except OSError:
            pass
        assert time.monotonic() - begun < 60
        assert found == b"" or b" 408 " in first_line(found)


def test_who_says_nothing_at_all_is_not_waited_for(impatient: Door) -> None:
    begun = time.monotonic()
    assert problem_in(impatient.raw(b""))["status"] == 408
    assert time.monotonic() - begun < 60


def test_who_sends_a_body_too_slowly_is_not_waited_for(impatient: Door) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: 100\r\n" + bearer(
        impatient
    )
    assert b" 408 " in first_line(impatient.raw(head + b"\r\n<half"))


def test_endless_headers_are_cut_off(door: Door) -> None:
    found = door.raw(b"GET /v1/payments HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"a" * 60_000 + b"\r\n\r\n")
    assert problem_in(found)["status"] == 431


@pytest.mark.parametrize(
    "line", [b"FOO\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00"]
)
def test_what_is_no_http_is_told_so_as_every_other_problem_is(door: Door, line: bytes) -> None:
    assert problem_in(door.raw(line))["status"] == 400


@pytest.mark.parametrize("name", ["Authorization", "Content-Type", "Content-Encoding", "Idempotency-Key"])
def test_a_header_that_says_two_things_is_refused(door: Door, name: str) -> None:
    value = {"Authorization": f"Bearer {door.keys[f'{SG1}-maker']}", "Content-Type": "application/xml"}.get(name, "gzip")
    lines = [f"{name}: {value}", f"{name}: other"] + ([] if name == "Authorization" else [bearer(door).decode().strip()])
    request = (
        "POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 4\r\n"
        + "\r\n".join(lines)
        + "\r\n\r\n<a/>"
    )
    assert b" 400 " in first_line(door.raw(request.encode()))


@pytest.mark.parametrize(
    "request_",
    [
        b"Content-Length: 4\r\nContent-Length: 5\r\n\r\n<a/>",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"Content-Length: +4\r\n\r\n<a/>",
        b"Content-Length : 4\r\n\r\n<a/>",
    ],
)
def test_requests_that_two_readers_would_read_differently_are_refused(door: Door, request_: bytes) -> None:
    head = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/xml\r\n" + bearer(door)
    assert b" 400 " in first_line(door.raw(head + request_))


@pytest.mark.parametrize(
    "path",
    [
        "/v1/payments/../evidence/head", "/v1/payments/..%2fevidence%2fhead", "//v1/payments", "/v1/payments/", "/V1/payments", "/v1/payments/%00",
        "/v1/payments/'%20OR%201=1--", "/v1/payments/{{7*7}}", "/v1/messages/-1", "/v1/messages/99999999999999999999", "/v1/messages/1e3",
        "/v1/cycles/0x1", "/v1/trade/instruments/ETR-1'", "/v1/payments/%c0%ae%c0%ae", "/../../etc/passwd", "/docs/../v1/payments",
    ],
)  # fmt: skip
def test_paths_that_are_none_lead_nowhere(door: Door, path: str) -> None:
    found = door.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode() + bearer(door) + b"\r\n")
    assert b" 404 " in first_line(found), found[:300]


@pytest.mark.parametrize(
    "query", ["after=1&after=2", "nope=1", "limit=0", "limit=501", "limit=1e9", "after=-1", "state=held", "state=HELD%0A"]
)
def test_questions_that_are_none_are_refused(door: Door, query: str) -> None:
    found = door.ask("GET", f"/v1/payments?{query}", who=f"{SG1}-maker")
    assert (found.status, found.json["type"]) == (400, "/docs#problem-bad-request")


@pytest.mark.parametrize(
    "body", [b"[" * 9_000, b'{"a":' * 3_000, b"\xff\xfe", b"", b"{", b'{"currency":"SGD","amount":1}', b"null"]
)
def test_json_that_is_none_or_endlessly_deep_is_refused(door: Door, body: bytes) -> None:
    for path, who in (("/v1/limits/cap", f"{SG1}-desk"), ("/v1/messages", f"{SG1}-maker")):
        found = door.ask("POST", path, body, who=who, media="application/json")
        assert found.status in (400, 422), (path, found)


@pytest.mark.parametrize("amount", ["1e5", "-1", "1.", " 1", "1\n", "NaN", "1" * 30, "1,5", "0x10", "１"])
def test_amounts_that_are_none_are_refused(door: Door, amount: str) -> None:
    found = door.ask("POST", "/v1/limits/cap", {"currency": "SGD", "amount": amount}, who=f"{SG1}-desk")
    assert (found.status, found.json["where"]) == (422, "$.amount")


def test_entities_and_declarations_are_not_read(door: Door) -> None:
    evil = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'
    found = door.ask("POST", "/v1/messages", evil, who=f"{SG1}-maker")
    assert found.status == 422 and b"document type declaration" in found.raw


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/xml; charset=utf-16", ""]
)
def test_other_forms_are_not_taken(door: Door, media: str) -> None:
    found = door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "1.00", "SGD"), who=f"{SG1}-maker", Content_Type=media)
    assert found.status == 415


def test_a_key_of_a_deed_is_a_plain_word(door: Door) -> None:
    for key in ("with space", "a" * 129, ""):
        found = door.ask("POST", "/v1/limits/cap", {"currency": "SGD", "amount": "1"}, who=f"{SG1}-desk", Idempotency_Key=key)
        assert found.status == 400, key


def test_a_body_where_none_is_taken_is_refused(door: Door) -> None:
    assert door.ask("GET", "/v1/payments", b"<a/>", who=f"{SG1}-maker").status == 400


def test_other_methods_are_told_which_there_are(door: Door) -> None:
    found = door.ask("DELETE", "/v1/payments", who=f"{SG1}-maker")
    assert found.status == 405 and "GET" in found.headers["allow"]


def test_no_answer_may_be_framed_sniffed_or_kept(door: Door) -> None:
    for path in ("/v1/payments", "/docs", "/health/live", "/nowhere"):
        found = door.ask("GET", path, who=f"{SG1}-maker")
        assert "default-src 'none'" in found.headers["content-security-policy"]
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "server" not in found.headers


def test_after_all_this_it_still_serves_and_never_failed(door: Door) -> None:
    assert door.ask("GET", "/health/ready").json == {"ready": True, "lacks": []}
    never_failed(door)

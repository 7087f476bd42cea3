"""Words that would be something else to a database, a template, a browser or a proxy are words here; and who looks for others' things learns nothing."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import quote, urlencode

import msgspec
import pytest

from doors import Answer, Door, door_on
from fondaco.api import ROUTES, Route
from union import SG1, SG2, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server
MINE, OTHER = f"{SG1}-maker", f"{SG2}-maker"
EVIL = (
    "' OR '1'='1", "1; DROP TABLE payment;--", '" UNION SELECT value FROM meta--', "{{7*7}}", "${7*7}", "<script>alert(1)</script>", "%00", "../../etc/passwd",
    "\u202egnp.exe", "a\r\nSet-Cookie: x=y", "%s%s%n", "\ud83d\ude00" * 3,
)  # fmt: skip


@pytest.fixture(scope="module")
def door(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door_on(ready, tmp_path_factory.mktemp("injected") / "hub", "wait_s_max = 0.05\n") as opened:
        yield opened


def is_text(kind: Any) -> bool:
    return kind is str or (get_origin(kind) is not None and any(is_text(one) for one in get_args(kind)))


def texts_of(record: type[msgspec.Struct]) -> list[str]:
    return [one.name for one in msgspec.structs.fields(record) if is_text(one.type)]


READING = [route for route in ROUTES if route.method == "GET" and (texts_of(route.place) or texts_of(route.query))]


@pytest.mark.parametrize("route", READING, ids=lambda route: route.name)
def test_no_text_of_a_question_is_anything_but_a_text(door: Door, route: Route) -> None:
    """Every text in every path and query, by who sees all: it is refused, not found, or finds nothing; nothing of it is evaluated, and nothing fails."""
    for name, evil in ((name, evil) for name in (*texts_of(route.place), *texts_of(route.query)) for evil in EVIL):
        evil = evil.encode("utf-16", "surrogatepass").decode("utf-16")
        path = re.sub(r"\{\w+\}", "1", route.path.replace(f"{{{name}}}", quote(evil, safe="")))
        query = "?" + urlencode({name: evil}) if name in texts_of(route.query) else ""
        for who in ("auditor", MINE, "officer"):
            found = door.ask("GET", path + query, who=who)
            assert found.status in (200, 400, 403, 404, 406), (path, query, found)
            assert b"49" not in found.raw or b"7*7" not in evil.encode(), found
            assert "set-cookie" not in found.headers and "text/html" not in found.headers["content-type"]


def test_what_a_message_says_is_kept_as_it_says_it(door: Door) -> None:
    names = ["Robert'); DROP TABLE payment;--", "{{7*7}} ${7*7} Ltd", "O'Neil & Sons 1=1"]
    for name in names:
        uetr = calm_uetr()
        text = name.replace("&", "&amp;")
        assert door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "1.00", "SGD", uetr=uetr, debtor=text), who=MINE).status in (
            200,
            202,
        )
        onward = [
            one["xml"]
            for one in door.ask("GET", "/v1/messages?limit=500", who=f"{TH1}-maker").json["messages"]
            if uetr in one["xml"]
        ]
        assert onward and text in onward[0]
    assert len(door.ask("GET", "/v1/payments?limit=500", who=MINE).json["payments"]) >= len(names)


HIDDEN = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/xml\r\nContent-Length: 4\r\n"


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 4\r\nContent-Length: 4\r\n\r\n<a/>",
        b"Content-Length: 4, 4\r\n\r\n<a/>",
        b"Content-Length: 0x4\r\n\r\n<a/>",
        b"Content-Type: application/xml\r\n X-Folded: y\r\nContent-Length: 4\r\n\r\n<a/>",
        b"X-Null: a\x00b\r\nContent-Length: 4\r\n\r\n<a/>",
        b"Bad Name: y\r\nContent-Length: 4\r\n\r\n<a/>",
        b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n<a/>\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\n-4\r\n<a/>\r\n0\r\n\r\n",
    ],
    ids=lambda one: one.partition(b"\r\n\r\n")[0].decode("latin-1").replace("\r\n", " "),
)
def test_a_request_that_hides_another_is_refused_and_neither_is_done(door: Door, framing: bytes) -> None:
    """What stands behind an end that two readers would see differently is never read as a request of its own: the connection ends."""
    key = f"Authorization: Bearer {door.keys[MINE]}\r\n".encode()
    media = b"" if b"Content-Type" in framing else b"Content-Type: application/xml\r\n"
    head = b"POST /v1/messages HTTP/1.1\r\nHost: x\r\n" + media + key
    found = door.raw(head + framing + HIDDEN + key + b"Connection: close\r\n\r\n<a/>")
    statuses = re.findall(rb"HTTP/1\.1 (\d{3})", found)
    assert statuses == [b"400"], found[:400]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1@evil.example", "x\tb", "a" * 300])
def test_what_a_host_header_says_leads_nowhere(door: Door, host: str) -> None:
    found = door.raw(
        f"GET /v1/payments HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: evil\r\nConnection: close\r\n\r\n".encode()
    )
    assert b" 401 " in found.partition(b"\r\n")[0] or b" 400 " in found.partition(b"\r\n")[0]
    assert b"evil" not in found and b"Location" not in found


def same(one: Answer, other: Answer, names: tuple[str, str]) -> bool:
    """Whether two answers say the same but for what was asked."""
    told = [json.dumps(answer.json).replace(name, "NAME") for answer, name in zip((one, other), names, strict=True)]
    drop = ("date", "content-length")
    heads = [{key: value for key, value in answer.headers.items() if key not in drop} for answer in (one, other)]
    return one.status == other.status and told[0] == told[1] and heads[0] == heads[1]


def test_what_is_anothers_is_told_like_what_is_not_there_and_takes_as_long(door: Door) -> None:
    """Payments, messages, proposals, uploads, cases: the answer is the same to the letter, and so is the work, measured turn by turn so that load falls on both."""
    uetr, held = calm_uetr(), calm_uetr()
    door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "7.00", "SGD", uetr=uetr), who=MINE)
    door.ask("POST", "/v1/messages", pacs_008(SG1, TH1, "7.00", "SGD", uetr=held, creditor="Sorvemir Brulomarov"), who=MINE)
    letter = door.ask("GET", "/v1/messages?limit=1", who=MINE).json["messages"][0]["seq"]
    proposal = door.ask("POST", "/v1/limits/cap", {"currency": "SGD", "amount": "9000.00"}, who=f"{SG1}-desk").json["number"]
    upload = door.ask("POST", "/v1/uploads", b"", who=MINE, media="application/zip", Upload_Complete="?0").headers["location"]
    pairs = {
        f"/v1/payments/{uetr}": f"/v1/payments/{calm_uetr()}",
        f"/v1/payments/{held}": f"/v1/payments/{calm_uetr()}",
        f"/v1/messages/{letter}": "/v1/messages/99999999",
        f"/v1/proposals/{proposal}": "/v1/proposals/99999999",
        upload: "/v1/uploads/" + "0" * 32,
    }
    for theirs, nobodys in pairs.items():
        took: tuple[list[float], list[float]] = ([], [])
        # The work is what is left of the time where nothing else ran: the shortest of many turns. A busy machine has few of those, so it has more turns.
        for turn in range(600):
            answers = []
            for at, path in enumerate((theirs, nobodys)):
                begun = time.perf_counter()
                answers.append(door.ask("GET", path, who=OTHER))
                took[at].append(time.perf_counter() - begun)
            assert answers[0].status == 404, (theirs, answers[0])
            assert same(answers[0], answers[1], (theirs.rpartition("/")[2], nobodys.rpartition("/")[2])), (turn, answers)
            first, second = (min(one) for one in took)
            if turn >= 29 and max(first, second) < 2 * min(first, second):
                break
        assert max(first, second) < 2 * min(first, second), (theirs, first, second)
    door.ask("DELETE", upload, who=MINE)


def test_a_payees_account_is_not_found_out_by_paying_to_it(door: Door) -> None:
    """Who sends to a bank learns from the rulebook who takes part (`/v1/members` says it to every member), and of its customers nothing: two accounts of one bank, there or not, are answered alike."""
    answers = []
    for account in ("SG-0000-1", "SG-9999-9"):
        uetr = calm_uetr()
        raw = pacs_008(SG1, TH1, "1.00", "SGD", uetr=uetr).replace(b"<CdtrAcct>", b"<CdtrAcct>", 1)
        raw = re.sub(rb"(<CdtrAcct><Id><Othr><Id>)[^<]*", rb"\g<1>" + account.encode(), raw)
        found = door.ask("POST", "/v1/messages", raw, who=MINE)
        answers.append((found.status, re.findall(rb"<TxSts>([A-Z]{4})<", found.raw)))
    assert answers[0] == answers[1]


def test_after_all_this_nothing_failed(door: Door) -> None:
    assert door.ask("GET", "/health/ready").json == {"ready": True, "lacks": []}
    said = [json.loads(line) for line in door.log.read_text().splitlines()]
    assert [one for one in said if one.get("status", 0) >= 500 or one["level"] in ("ERROR", "CRITICAL")] == []

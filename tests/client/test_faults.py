"""Servers and networks that fail in every way: what is safe is asked again, what is not is not, and nothing is believed that is not what it says."""

from __future__ import annotations

import json
import socket
import time

import pytest

from asking import QUICK, Asked, BadServer, answer, asking
from fondaco.client import Malformed, NotThere, Refused, Retries, TooMany, Unauthorised, Unavailable
from fondaco.core import Money
from server_ports import free_port

pytestmark = pytest.mark.server
MEMBERS = json.dumps({"union": "Straits", "hub": "ZZHBSG00", "members": []}).encode()
KEPT = (
    b'{"number":7,"kind":"set_own_cap","bank":"ZZBASG01","currency":"SGD","towards":"","amount":"1000.50","day":"","by":"anna","second":"limit.approve",'
    b'"made_at":"2026-11-24T01:00:00.000Z","until":"2026-11-25T01:00:00.000Z","state":"PROPOSED","decided_by":"","decided_at":""}'
)
MESSAGE = b"<Document><FIToFICstmrCdtTrf><UETR>6f1f3c52-1d1e-4b7c-8f3e-2a1b3c4d5e6f</UETR></FIToFICstmrCdtTrf></Document>"
PROBLEM = "application/problem+json"


def problem(status: int, name: str, **more: str) -> bytes:
    return json.dumps({"type": f"/docs#problem-{name}", "title": "No", "status": status, "detail": "so it is", **more}).encode()


def cut(connection: socket.socket, _: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def half(connection: socket.socket, _: bytes) -> None:
    connection.sendall(answer(200, MEMBERS)[:-5])


def mute(connection: socket.socket, _: bytes) -> None:
    connection.settimeout(5)
    connection.recv(1)  # ends when who asked has gone


def dripping(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b" ")
        time.sleep(0.1)


@pytest.mark.parametrize("broken", [cut, half], ids=["cut", "half an answer"])
def test_what_changes_nothing_is_asked_again(asked: type[Asked], broken: object) -> None:
    with BadServer(broken, broken, answer(200, MEMBERS)) as server, asking(asked, server.base) as client:  # type: ignore[arg-type]
        assert client.ask("members").hub == "ZZHBSG00"
        assert len(server.requests) == 3 and len(client.pauses) == 2


def test_a_deed_is_asked_again_under_the_same_key_and_the_next_deed_has_another(asked: type[Asked]) -> None:
    with BadServer(cut, answer(503), answer(200, KEPT), answer(200, KEPT)) as server, asking(asked, server.base) as client:
        assert client.ask("set_cap", Money("SGD", 100_050)).number == 7
        assert client.ask("set_cap", Money("SGD", 100_050)).number == 7
        keys = [server.header(at, "Idempotency-Key") for at in range(4)]
        assert keys[0] == keys[1] == keys[2] != keys[3]
        assert server.requests[0].endswith(b'{"currency":"SGD","amount":"1000.50"}')
        assert client.ask("set_cap", Money("SGD", 1), key="mine").number == 7
        assert server.header(4, "Idempotency-Key") == "mine"


def test_a_message_is_sent_again_to_the_byte(asked: type[Asked]) -> None:
    told = answer(202, b"<b/>", "application/xml", Location="/v1/messages?after=3", X_Message_Number="4")
    with BadServer(half, answer(500), told) as server, asking(asked, server.base) as client:
        sent = client.ask("send", MESSAGE)
        assert (sent.complete, sent.place, [one.number for one in sent.answers]) == (False, "/v1/messages?after=3", [4])
        assert len({raw.partition(b"\r\n\r\n")[2] for raw in server.requests}) == 1
        assert sent.uetrs == ("6f1f3c52-1d1e-4b7c-8f3e-2a1b3c4d5e6f",)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 431])
def test_a_no_is_not_asked_again(asked: type[Asked], status: int) -> None:
    said = problem(status, "refused", reason="ABOVE_CAP", code="AM14", article="7.8", advice="ask for less")
    with BadServer(answer(status, said, PROBLEM)) as server, asking(asked, server.base) as client:
        with pytest.raises((Refused, Unauthorised)) as caught:
            client.ask("set_cap", Money("SGD", 1))
        fault = caught.value
        assert len(server.requests) == 1 and client.pauses == []
        assert (fault.status, fault.problem.detail, fault.problem.article) == (status, "so it is", "7.8")
        assert isinstance(fault, Unauthorised) == (status == 401) and isinstance(fault, NotThere) == (status == 404)
        if isinstance(fault, Refused):
            assert (fault.kind, fault.reason, fault.code, fault.advice) == ("refused", "ABOVE_CAP", "AM14", "ask for less")


def test_retry_after_is_honoured_in_seconds_and_as_a_date(asked: type[Asked]) -> None:
    dated = answer(503, Date="Fri, 27 Nov 2026 03:00:00 GMT", Retry_After="Fri, 27 Nov 2026 03:00:21 GMT")
    with (
        BadServer(answer(503, Retry_After="7"), answer(429, Retry_After="3"), dated, answer(200, MEMBERS)) as server,
        asking(asked, server.base) as client,
    ):
        client.ask("members")
        assert client.pauses == [7.0, 3.0, 21.0]


def test_who_is_told_to_wait_too_long_is_told_so_at_once(asked: type[Asked]) -> None:
    for status, kind in ((503, Unavailable), (429, TooMany)):
        with BadServer(answer(status, Retry_After="3600")) as server, asking(asked, server.base) as client:
            with pytest.raises(kind) as caught:
                client.ask("members")
            assert caught.value.retry_after_s == 3600 and client.pauses == []


def test_it_ends_after_the_retries_and_pauses_grow_as_they_are_drawn(asked: type[Asked]) -> None:
    with BadServer(answer(502, b"<html>", "text/html")) as server, asking(asked, server.base) as client:
        with pytest.raises(Unavailable) as caught:
            client.ask("members")
        assert caught.value.status == 502 and len(server.requests) == 5
        first = list(client.pauses)
    with BadServer(answer(502)) as server, asking(asked, server.base) as client:
        with pytest.raises(Unavailable):
            client.ask("members")
        assert client.pauses == first, "the same seed draws the same"
    for at, pause in enumerate(first):
        whole = min(QUICK.most_s, QUICK.first_s * 2**at)
        assert whole / 2 <= pause < whole


def test_a_server_that_says_nothing_or_too_slowly_is_given_up(asked: type[Asked]) -> None:
    once = Retries(times=0)
    for slow in (mute, dripping):
        with BadServer(slow) as server, asking(asked, server.base, timeout_s=0.5, retries=once) as client:
            begun = time.monotonic()
            with pytest.raises(Unavailable):
                client.ask("members")
            assert time.monotonic() - begun < 9, "its answer would take ten seconds"


def test_nobody_at_all_is_unavailable(asked: type[Asked]) -> None:
    with asking(asked, f"http://127.0.0.1:{free_port()}") as client:
        with pytest.raises(Unavailable) as caught:
            client.ask("members")
        assert caught.value.status == 0 and len(client.pauses) == QUICK.times


@pytest.mark.parametrize(
    "lie",
    [
        answer(200, MEMBERS, "text/html"),
        answer(200, b"<html></html>"),
        answer(200, b'{"union":"x","hub":1,"members":[]}'),
        answer(200, b'{"union":"x"}'),
        answer(200, b"[" * 100_000),
        answer(200, b"\xff\xfe"),
        answer(200, b""),
        answer(200, MEMBERS, Content_Encoding="gzip"),
        answer(302, Location="https://elsewhere.example/"),
    ],
    ids=["html", "html as json", "a number as a text", "half", "endlessly deep", "no text", "nothing", "gzip", "elsewhere"],
)
def test_an_answer_that_is_not_what_it_says_is_not_believed(asked: type[Asked], lie: bytes) -> None:
    with BadServer(lie) as server, asking(asked, server.base) as client:
        with pytest.raises(Malformed):
            client.ask("members")
        assert len(server.requests) == 1


@pytest.mark.parametrize("amount", ['"1e3"', "12.5", '"12.345"', '"--1"', "null", '""', '"99999999999999999999"'])
def test_an_amount_that_is_none_is_not_believed(asked: type[Asked], amount: str) -> None:
    row = '"bank":"ZZBASG01","currency":"SGD",' + ",".join(
        f'"{name}":{amount if name == "net" else chr(34) + "1.00" + chr(34)}'
        for name in "booked reserved available net limit headroom pay_in shortfall".split()
    )
    raw = f'{{"cycle":1,"positions":[{{{row}}}]}}'.encode()
    with BadServer(answer(200, raw)) as server, asking(asked, server.base) as client, pytest.raises(Malformed):
        client.ask("positions")


def test_what_a_later_hub_adds_is_passed_over(asked: type[Asked]) -> None:
    raw = b'{"union":"x","hub":"y","members":[],"moon":{"phase":[1,2]}}'
    with BadServer(answer(200, raw)) as server, asking(asked, server.base) as client:
        assert client.ask("members").union == "x"


@pytest.mark.parametrize(
    "lie",
    [
        answer(202, b"not xml", "application/xml"),
        answer(200, b"{}", "application/json"),
        answer(200, b"--b\r\n\r\n<a/>", 'multipart/mixed; boundary="b"'),
        answer(200, b"--b\r\nno body\r\n--b--", 'multipart/mixed; boundary="b"'),
        answer(200, b"<a/>", "multipart/mixed"),
    ],
)
def test_answers_to_a_message_that_are_none_are_not_believed(asked: type[Asked], lie: bytes) -> None:
    with BadServer(lie) as server, asking(asked, server.base) as client, pytest.raises(Malformed):
        client.ask("send", MESSAGE)


def event(seq: int) -> bytes:
    return f'id: {seq}\r\nevent: message\r\ndata: {{"seq":{seq},"kind":"k","about":"a","xml":"<a/>"}}\r\n\r\n'.encode()


def events(*pieces: bytes) -> object:
    def tell(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.02)

    return tell


def test_a_stream_goes_on_behind_what_was_heard_over_broken_connections(asked: type[Asked]) -> None:
    first = events(b": you are heard\n\n", event(5)[:20], event(5)[20:] + event(7) + event(9)[:30])
    second = events(event(7) + event(9), b": nothing yet\n\n")
    with (
        BadServer(first, answer(503, Retry_After="2"), second, cut, events(event(12))) as server,  # type: ignore[arg-type]
        asking(asked, server.base) as client,
    ):
        assert [one.seq for one in client.ask("stream", 4, most=4)] == [5, 7, 9, 12]
        assert [server.header(at, "Last-Event-ID") for at in range(5)] == ["4", "7", "7", "9", "9"]
        assert 2.0 in client.pauses


def test_a_stream_that_is_refused_or_is_none_ends(asked: type[Asked]) -> None:
    for bad, kind in (
        (answer(401, problem(401, "not-recognised"), PROBLEM), Unauthorised),
        (answer(200, b"{}"), Malformed),
        (answer(503), Unavailable),
        (answer(200, b"id: 1\ndata: {}\n\n", "text/event-stream"), Malformed),
    ):
        with BadServer(bad) as server, asking(asked, server.base) as client, pytest.raises(kind):
            client.ask("stream", most=1)


def test_a_token_does_not_go_in_the_clear_and_no_address_is_guessed(asked: type[Asked]) -> None:
    for base in ("http://hub.example", "http://127.0.0.1.hub.example"):
        with pytest.raises(ValueError, match="in the clear"):
            asking(asked, base, token="t").__enter__()
    for base in ("hub.example", "ftp://hub.example", "https://a:b@hub.example", "https://hub.example?x=1"):
        with pytest.raises(ValueError, match="no address"):
            asking(asked, base).__enter__()


def test_amounts_and_rates_that_a_hub_cannot_take_are_not_sent(asked: type[Asked]) -> None:
    with BadServer(answer(200, KEPT)) as server, asking(asked, server.base) as client:
        for wrong in (Money("SGD", -1), Money("XXX", 1)):
            with pytest.raises(ValueError, match="no amount"):
                client.ask("set_cap", wrong)
        with pytest.raises(ValueError, match="a limit in"):
            client.ask("limit_flow", "TH", "SGD", Money("THB", 1))
        assert server.requests == []


def test_pages_that_do_not_move_on_end(asked: type[Asked]) -> None:
    page = b'{"payments":[],"after":5,"more":true}'
    with BadServer(answer(200, page)) as server, asking(asked, server.base) as client:
        assert client.ask("payments") == []
        assert len(server.requests) == 2
    letters = b'{"messages":[{"seq":3,"kind":"k","about":"a","xml":"<a/>"}],"after":3}'
    with (
        BadServer(answer(200, letters), answer(200, letters.replace(b"3", b"2"))) as server,
        asking(asked, server.base) as client,
    ):
        assert [one.seq for one in client.ask("mailbox", 1)] == [3, 2]


def test_a_message_that_only_speaks_of_a_payment_is_not_waited_for(asked: type[Asked]) -> None:
    told = answer(202, b"", "application/xml", Location="/v1/messages?after=3")
    with BadServer(told) as server, asking(asked, server.base) as client:
        sent = client.ask("send", MESSAGE.replace(b"FIToFICstmrCdtTrf", b"InvstgtnReq"))
        assert (sent.complete, sent.answers, sent.uetrs, sent.place) == (False, (), (), "/v1/messages?after=3")


def test_every_payment_of_a_message_is_followed_in_its_order(asked: type[Asked]) -> None:
    names = [f"6f1f3c52-1d1e-4b7c-8f3e-2a1b3c4d5e{at:02}" for at in range(2)]

    def story(uetr: str, state: str) -> bytes:
        row = {
            "number": 1, "uetr": uetr, "state": state, "sender": "ZZBASG01", "creditor_agent": "ZZBATH01", "currency": "SGD", "pays": "1.00",
            "target_currency": "THB", "urgent": True, "received_at": "2026-11-24T01:00:00.000Z", "settlement_date": "2026-11-24",
        }  # fmt: skip
        return answer(200, json.dumps({"payment": row, "steps": [], "mail": [], "transfers": [], "waits": ""}).encode())

    both = b"".join(b"<UETR>%b</UETR>" % name.encode() for name in names)
    told = answer(202, b"", "application/xml")
    follow = (story(names[0], "OFFERED"), story(names[0], "OFFERED"), story(names[0], "SETTLED"), story(names[1], "REJECTED"))
    with BadServer(told, *follow) as server, asking(asked, server.base) as client:
        sent = client.ask("send", b"<FICdtTrf>" + both + b"</FICdtTrf>")
        stories = client.ask("wait", sent, 60)
        assert [(one.payment.uetr, one.payment.state) for one in stories] == [(names[0], "SETTLED"), (names[1], "REJECTED")]
        assert client.pauses == [0.05, 0.1]

"""The banks of `bench door`, all in one process: they send payments over connections with their certificates, fetch what is offered to them, and answer it.

A connection sends its bank's next message when the one before was answered; what a bank has to answer goes before what it has to send. A bank reads its mailbox by a
long poll of its own connection, and gathers for a moment before it asks again.
"""

from __future__ import annotations

import asyncio
import re
import resource
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fondaco.access import SIGN, sign_message
from fondaco.core import Instant, utc_text
from fondaco.hub import scheme_of
from fondaco.messages import Status, pacs_002, wrap
from fondaco.simulation import DEMO_DAY, Traffic, World

CONNECTIONS = 128
GATHER_S = 0.2
QUIET_S = 2.0
SIZE = 1024 * 1024
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_UETR = re.compile(r"<UETR>([0-9a-f-]{36})</UETR>")
_MSG_ID = re.compile(r"<MsgId>([^<]{1,35})</MsgId>")


class Letter(msgspec.Struct):
    seq: int
    kind: str
    xml: str = ""


class Mailbox(msgspec.Struct):
    messages: list[Letter]
    after: int


_MAILBOX = msgspec.json.Decoder(Mailbox)
Heard = Callable[["Line", int, bytes, float], None]


class Line(asyncio.Protocol):
    """One connection with TLS: a request, its answer, the next."""

    def __init__(self, bank: str, heard: Heard, lost: Callable[[Line], None] = lambda _: None) -> None:
        self.bank = bank
        self._heard = heard
        self._lost = lost
        self._buffer = bytearray()
        self._end = 0
        self.begun = 0.0
        self.transport: Any = None
        self.about: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def send(self, request: bytes, about: Any = None) -> None:
        self.about = about
        self.begun = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._end:
            head = self._buffer.find(b"\r\n\r\n")
            if head < 0:
                return
            found = _LENGTH.search(self._buffer, 0, head)
            assert found is not None, bytes(self._buffer[:head])
            self._end = head + 4 + int(found[1])
            self._head = head + 4
        if len(self._buffer) >= self._end:
            status, body = int(self._buffer[9:12]), bytes(self._buffer[self._head : self._end])
            del self._buffer[: self._end]
            self._end = 0
            self._heard(self, status, body, time.perf_counter() - self.begun)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._lost(self)


class Banks:
    """All banks, their keys and their connections."""

    def __init__(self, folder: Path, tls: Path, port: int, ahead: int) -> None:
        self._tls, self._port, self._ahead = tls, port, ahead
        self.rules = scheme_of(folder).on(DEMO_DAY)
        self.bics = [one.bic[:8] for one in self.rules.members() if one.roles == {"member"}]
        self.agents = sorted({one.agent_bic[:8] for one in self.rules.currencies.values()})
        self._contexts = {bic: self._context(bic) for bic in (*self.bics, *self.agents)}
        self._signers = {
            bic: (
                load_pem_private_key((tls / f"{bic}-{SIGN}.key").read_bytes(), None),
                x509.load_pem_x509_certificate((tls / f"{bic}-{SIGN}.pem").read_bytes()),
            )
            for bic in self.bics
        }
        self.after = dict.fromkeys((*self.bics, *self.agents), 0)
        self._number = 0

    def _context(self, bic: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self._tls / "ca.pem"))
        context.load_cert_chain(self._tls / f"{bic}-connect.pem", self._tls / f"{bic}-connect.key")
        return context

    def now(self) -> Instant:
        return Instant(time.time_ns() + self._ahead)

    def signed(self, bic: str, raw: bytes) -> bytes:
        key, certificate = self._signers[bic]
        return sign_message(raw, key, certificate, SIZE)

    async def line(self, bic: str, heard: Heard, lost: Callable[[Line], None] = lambda _: None) -> Line:
        _, found = await asyncio.get_running_loop().create_connection(
            lambda: Line(bic, heard, lost), "127.0.0.1", self._port, ssl=self._contexts[bic], server_hostname="127.0.0.1"
        )
        return found  # type: ignore[return-value]

    def payments(self, count: int, seed: int, signed: bool) -> dict[str, deque[bytes]]:
        """By bank, as requests that are ready to be sent."""
        traffic, now = Traffic(self.rules, seed, parties=20_000), self.now()
        found: dict[str, deque[bytes]] = {bic: deque() for bic in self.bics}
        for one in traffic.messages(count, now, Instant(int(now) + 1_000_000_000), bulk_share=0.0, bad_share=0.0):
            sender = one.sender[:8]
            found[sender].append(posted(self.signed(sender, one.raw) if signed else one.raw))
        return found

    def answer(self, bic: str, letter: Letter) -> bytes:
        """The creditor's bank accepts what it is offered."""
        uetr, message_id = _UETR.search(letter.xml), _MSG_ID.search(letter.xml)
        assert uetr is not None and message_id is not None
        self._number += 1
        name, now = f"A{self._number:x}-{uetr[1][:13]}", utc_text(self.now())
        report = pacs_002(name, now, message_id[1], letter.kind, [Status("", "", "", uetr[1], "ACSP", "", "", now)])
        return wrap("pacs.002.001.10", bic, self.rules.hub_bic, name, now, report)


def posted(raw: bytes) -> bytes:
    return b"POST /v1/messages HTTP/1.1\r\nHost: hub\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%b" % (
        len(raw),
        raw,
    )


def asked(after: int, wait: int) -> bytes:
    return b"GET /v1/messages?after=%d&limit=500&wait=%d HTTP/1.1\r\nHost: hub\r\n\r\n" % (after, wait)


def letters_of(status: int, body: bytes) -> Mailbox:
    assert status == 200, body
    return _MAILBOX.decode(body)


class Round:
    """One measurement: banks send what they have, as fast as they are answered or at `rate()` payments a second, until `seconds` have passed."""

    def __init__(
        self,
        banks: Banks,
        waiting: dict[str, deque[bytes]],
        signed: bool,
        rate: Callable[[float], float] | None = None,
        connections: int = CONNECTIONS,
    ) -> None:
        self._banks, self._send, self._signed, self._rate, self._connections = banks, waiting, signed, rate, connections
        self._answers: dict[str, deque[bytes]] = {bic: deque() for bic in banks.bics}
        self._idle: dict[str, list[Line]] = {bic: [] for bic in banks.bics}
        self._lines: list[Line] = []
        self._allowance = float("inf")
        self.late: list[float] = []
        self.sent = self.settled = 0
        self.statuses: Counter[tuple[str, int]] = Counter()
        self._open, self._ended = True, False
        self._opening: list[asyncio.Future[None]] = []

    async def run(self, warm_s: float, seconds: float, watched: Callable[[], Any]) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        for bic, count in self._shared_out().items():
            for _ in range(count):
                await self._open_line(bic)
            mailbox = await self._banks.line(bic, self._fetched)
            self._lines.append(mailbox)
            mailbox.send(asked(self._banks.after[bic], 5))
        begun = loop.time()
        if self._rate is not None:
            pacing = asyncio.create_task(self._pace(begun))
        self._push_all()
        await asyncio.sleep(warm_s)
        self.late, first, before, at = [], self.settled, watched(), time.perf_counter()
        sent = self.sent
        await asyncio.sleep(seconds)
        took, after = time.perf_counter() - at, watched()
        late, settled, sent = sorted(self.late), self.settled - first, self.sent - sent
        # What was begun is brought to its end, outside the time.
        self._open = False
        quiet, seen = loop.time(), self.settled
        while self.settled < self.sent and loop.time() < quiet + QUIET_S:  # what screening holds has no end today
            await asyncio.sleep(0.05)
            if self.settled > seen:
                quiet, seen = loop.time(), self.settled
        self._ended = True
        if self._rate is not None:
            if pacing.done():
                pacing.result()  # raises what ended it before its time
            pacing.cancel()
        for line in self._lines:
            if line.transport is not None:
                line.transport.abort()
        return {
            "payments_per_s": settled / took, "offered_per_s": sent / took, "late_ms": [1000 * late[min(len(late) - 1, int(len(late) * q))] for q in (0.5, 0.99)],
            "seconds": took, "before": before, "after": after, "statuses": {f"{kind} {status}": n for (kind, status), n in self.statuses.items()},
            "left": sum(map(len, self._send.values())), "unsettled": self.sent - self.settled,
        }  # fmt: skip

    async def _open_line(self, bic: str) -> None:
        line = await self._banks.line(bic, self._posted, self._closed)
        self._lines.append(line)
        if line.transport is not None:
            self._idle[bic].append(line)

    def _closed(self, line: Line) -> None:
        """The door ends connections that were idle for long: a bank opens another one. One that had a request on it is counted, and its request lost."""
        if not self._ended:
            if line in self._idle[line.bank]:
                self._idle[line.bank].remove(line)
            else:
                self.statuses["ended", 0] += 1
            self._opening.append(asyncio.ensure_future(self._open_line(line.bank)))

    async def _pace(self, begun: float) -> None:
        assert self._rate is not None
        self._allowance, last = 0.0, begun
        while True:  # ends with the round
            await asyncio.sleep(0.01)
            now = asyncio.get_running_loop().time()
            self._allowance += (now - last) * self._rate(now - begun)
            last = now
            self._push_all()

    def _shared_out(self) -> dict[str, int]:
        """Connections by how much each bank has to send; each has one at least, and banks answer about as much as they send."""
        whole = sum(len(one) for one in self._send.values()) or 1
        return {bic: max(1, round(self._connections * len(one) / whole)) for bic, one in self._send.items()}

    def _push_all(self) -> None:
        for bic in self._banks.bics:
            self._push(bic)

    def _push(self, bic: str) -> None:
        idle, answers, send = self._idle[bic], self._answers[bic], self._send[bic]
        while not self._ended and idle and (answers or (self._open and send and self._allowance >= 1)):
            line = idle.pop()
            if line.transport is None:
                continue
            if answers:
                line.send(answers.popleft(), "answer")
            else:
                self.sent += 1
                self._allowance -= 1
                line.send(send.popleft(), "payment")

    def _posted(self, line: Line, status: int, _body: bytes, seconds: float) -> None:
        self.statuses[line.about, status] += 1
        if line.about is None:
            return  # nothing was asked on it for too long (408), and it is about to end
        self.late.append(seconds)
        if line.about == "answer":
            self.settled += 1
        self._idle[line.bank].append(line)
        self._push(line.bank)

    def _fetched(self, line: Line, status: int, body: bytes, _seconds: float) -> None:
        found = letters_of(status, body)
        bic = line.bank
        self._banks.after[bic] = found.after
        for letter in found.messages:
            if letter.kind.startswith("pacs.008"):
                raw = self._banks.answer(bic, letter)
                self._answers[bic].append(posted(self._banks.signed(bic, raw) if self._signed else raw))
        self._push(bic)
        asyncio.get_running_loop().call_later(GATHER_S, self._again, line)

    def _again(self, line: Line) -> None:
        if line.transport is not None:
            line.send(asked(self._banks.after[line.bank], 5))


async def listen(banks: Banks, count: int, watched: Callable[[], Any]) -> dict[str, Any]:
    """`count` idle listeners to mailboxes by SSE; then each bank sends one payment, and every listener is to hear what its bank is told."""
    got = asyncio.Event()
    heard: set[int] = set()
    ready: set[int] = set()

    class Listener(asyncio.Protocol):
        def __init__(self, number: int, bic: str) -> None:
            self._number, self._bic, self._tail = number, bic, b""

        def connection_made(self, transport: Any) -> None:
            self.transport = transport
            transport.write(
                b"GET /v1/messages?after=%d HTTP/1.1\r\nHost: hub\r\nAccept: text/event-stream\r\n\r\n" % banks.after[self._bic]
            )

        def data_received(self, data: bytes) -> None:
            ready.add(self._number)
            if b"event: message" in self._tail + data:
                heard.add(self._number)
                if len(heard) == count:
                    got.set()
            self._tail = data[-20:]

    loop = asyncio.get_running_loop()
    before = watched()
    for bic in banks.bics:  # whatever came before is not waited for
        await _caught_up(banks, bic)
    transports = []
    for number in range(count):
        bic = banks.bics[number % len(banks.bics)]
        transport, _ = await loop.create_connection(
            lambda number=number, bic=bic: Listener(number, bic),
            "127.0.0.1",
            banks._port,
            ssl=banks._contexts[bic],
            server_hostname="127.0.0.1",  # type: ignore[misc]
        )
        transports.append(transport)
    until = loop.time() + 60
    while len(ready) < count and loop.time() < until:
        await asyncio.sleep(0.1)
    idle = watched()
    begun = time.perf_counter()
    answered = 0

    def counted(line: Line, _status: int, _body: bytes, _seconds: float) -> None:
        nonlocal answered
        answered += 1

    first = banks.payments(2_000, 7_777, False)
    lines = []
    for bic, waiting in first.items():
        line = await banks.line(bic, counted)
        lines.append(line)
        if waiting:
            line.send(waiting.popleft())
    with suppress(TimeoutError):
        await asyncio.wait_for(got.wait(), 30)
    took = time.perf_counter() - begun
    for one in [*transports, *(line.transport for line in lines)]:
        one.abort()
    return {"listeners": len(ready), "heard": len(heard), "seconds": took, "before": before, "idle": idle}


async def _caught_up(banks: Banks, bic: str) -> None:
    done = asyncio.Event()

    def fetched(line: Line, status: int, body: bytes, _seconds: float) -> None:
        found = letters_of(status, body)
        if not found.messages:
            done.set()
            return
        banks.after[bic] = found.after
        line.send(asked(found.after, 0))

    line = await banks.line(bic, fetched)
    line.send(asked(banks.after[bic], 0))
    await done.wait()
    line.transport.abort()


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def drive(pipe: Pipe, folder: Path, tls: Path, port: int, ahead: int, hub: int, world: World) -> None:
    """The process of the banks: does what it is asked by the pipe, and says what it measured."""
    from door_hub import cpu_s, is_door, processes_of, rss_mb

    def watched() -> dict[str, Any]:
        pids = processes_of(hub)
        doors = [pid for pid in pids if is_door(pid)]
        return {
            "driver_cpu": own_cpu(), "hub_cpu": cpu_s(hub), "doors_cpu": sum(map(cpu_s, doors)),
            "hub_mb": rss_mb(hub), "doors_mb": sum(map(rss_mb, doors)),
        }  # fmt: skip

    banks = Banks(folder, tls, port, ahead)
    pipe.send("ready")
    while True:  # ends when nobody asks any more
        try:
            word, arguments = pipe.recv()
        except EOFError:
            return
        if word == "round":
            waiting = banks.payments(arguments["count"], arguments["seed"], arguments["signed"])
            pipe.send("made")
            pipe.recv()
            played = Round(banks, waiting, arguments["signed"], connections=arguments["connections"])
            pipe.send(uvloop.run(played.run(arguments["warm_s"], arguments["seconds"], watched)))
        elif word == "listen":
            pipe.send(uvloop.run(listen(banks, arguments["count"], watched)))
        elif word == "soak":
            from door_soak import soak

            pipe.send(uvloop.run(soak(banks, world, arguments["minutes"], arguments["peak"], watched)))

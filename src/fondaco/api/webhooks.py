"""Webhooks: what stands in a member's mailbox is also brought to it, in order, at least once, signed, until it is taken or given up.

Whom to call stands in `webhooks.toml` in the hub's folder: an operator writes it with the member, and nobody can send the hub elsewhere through its door.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import logging
import socket
import ssl
import threading
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import Annotated
from urllib.parse import urlsplit

import msgspec

from fondaco.api.mailbox import Mailboxes
from fondaco.api.route import JSON, XML
from fondaco.api.signatures import Seal
from fondaco.api.webhook_store import DeadLetter, HookPlace, WebhookStore
from fondaco.api.writer import Writer, WriterFull, WriterStopped
from fondaco.core import Clock, Instant
from fondaco.journal import Mail

log = logging.getLogger("fondaco.api")
FILE = "webhooks.toml"
# For each word of a receiver, and for its whole answer, in seconds.
TIMEOUT_S, DEADLINE_S = 10.0, 30.0
_THREADS_MAX = 64
_ANSWER_BYTES_MAX = 64 * 1024
_LISTEN_S = 30.0
_AFTER_FAULT_S = 60.0
_S = 1_000_000_000


class WebhooksWrong(Exception):
    """`webhooks.toml` cannot be followed; the text says where."""


class Hook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one institution (BIC of eight) is called. `authorities` is a PEM file of whom its server's certificate is from, those of the system where empty;
    a relative path is beside `webhooks.toml`."""

    institution: Annotated[str, msgspec.Meta(pattern=r"^[A-Z0-9]{8}\Z")]
    url: Annotated[str, msgspec.Meta(max_length=2_000)]
    authorities: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    webhooks: list[Hook] = []


def read_hooks(folder: Path) -> list[Hook]:
    """What the folder's file says; nothing where there is none. Raises `WebhooksWrong`."""
    path = folder / FILE
    try:
        found = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File).webhooks
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as fault:
        raise WebhooksWrong(f"{path}: {fault}") from fault
    if len({one.institution for one in found}) != len(found):
        raise WebhooksWrong(f"{path}: one place for an institution")
    for one in found:
        fault_text = _url_fault(one.url)
        if fault_text:
            raise WebhooksWrong(f"{path}: {one.url}: {fault_text}")
        _context(folder, one)
    return found


def _url_fault(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as fault:
        return str(fault)
    if not host or parts.username is not None or parts.fragment or not url.isascii() or any(one <= " " for one in url):
        return "an address without a name, a password, a fragment or spaces is expected"
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)):
        return ""
    return "https, or http to 127.0.0.1 or ::1"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Patience(msgspec.Struct, frozen=True):
    """The first wait after a failure and the longest, in seconds, and after how many failures a letter is given up: of the defaults, after one to three hours."""

    first_s: float = 1.0
    most_s: float = 3_600.0
    tries_max: int = 14


def wait_s(patience: Patience, tries: int, drawn: float) -> float:
    """How long to wait after so many failures, in seconds: twice as long each time, of which the second half is by lot (`drawn` from 0 to 1), so that not
    all who failed together come back together."""
    most = min(patience.most_s, patience.first_s * 2.0 ** min(tries - 1, 30))
    return most * (0.5 + drawn / 2)


def after_failure(
    patience: Patience, place: HookPlace, seq: int, why: str, at: Instant, drawn: float
) -> tuple[HookPlace, DeadLetter | None]:
    """Where a hook stands after message `seq` failed once more: it waits, or the letter is given up and the next one's turn comes. Pure."""
    tries = place.tries + 1
    if tries >= patience.tries_max:
        return HookPlace(seq), DeadLetter(seq, why[:200], at)
    return HookPlace(place.after, tries, Instant(int(at) + int(wait_s(patience, tries, drawn) * _S))), None


class Webhooks:
    """Brings mail to every hook. `start` and `stop` on the event loop that serves."""

    def __init__(self, folder: Path, hooks: list[Hook], seal: Seal, clock: Clock, patience: Patience | None = None) -> None:
        self._hooks = {one.institution: one for one in hooks}
        self._seal = seal
        self._clock = clock
        # What is drawn decides how long is waited, and nothing else.
        self._lots = Random()  # noqa: S311
        self._patience = patience or Patience()
        self._contexts = {name: _context(folder, one) for name, one in self._hooks.items()}
        self.store = WebhookStore(folder)
        self._tasks: list[asyncio.Task[None]] = []
        # Threads of their own: a receiver that does not answer holds up nobody but itself.
        self._threads = ThreadPoolExecutor(max(1, min(len(hooks), _THREADS_MAX)), "webhook")
        self._live: set[http.client.HTTPConnection] = set()

    def find(self, institution: str) -> Hook | None:
        return self._hooks.get(institution)

    def start(self, boxes: Mailboxes, writer: Writer) -> None:
        for institution in self._hooks:
            if self.store.place(institution) is None:
                self.store.keep(institution, HookPlace(boxes.last(institution)))
            self._tasks.append(asyncio.create_task(self._bring(institution, boxes, writer)))

    async def stop(self) -> None:
        """End. What is under way may be brought again after the next start."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self._live):
            _cut(connection)
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.store.close()

    async def _bring(self, institution: str, boxes: Mailboxes, writer: Writer) -> None:
        while not boxes.ended:  # until the server stops
            try:
                await self._bring_next(institution, boxes, writer)
            except WriterFull:
                await asyncio.sleep(WriterFull.retry_after_s)
            except WriterStopped:
                return
            except Exception:
                log.exception("a webhook cannot go on", extra={"facts": {"institution": institution}})
                await asyncio.sleep(_AFTER_FAULT_S)

    async def _bring_next(self, institution: str, boxes: Mailboxes, writer: Writer) -> None:
        """Wait for the next message, or for its next try, and bring it."""
        place = self.store.place(institution)
        assert place is not None, "kept when it started"
        left = (int(place.next_at) - int(self._clock.now())) / _S
        if left > 0:
            await asyncio.sleep(min(left, self._patience.most_s))
            return
        if not await boxes.wait(institution, place.after, _LISTEN_S):
            return
        found, after = await boxes.after(writer, institution, place.after, 1)
        if not found:  # erased after its retention
            self.store.keep(institution, HookPlace(after))
            return
        (mail,) = found
        loop = asyncio.get_running_loop()
        why = await loop.run_in_executor(self._threads, self._sent, self._hooks[institution], mail)
        if not why:
            self.store.keep(institution, HookPlace(mail.seq))
            return
        place, dead = after_failure(self._patience, place, mail.seq, why, self._clock.now(), self._lots.random())
        self.store.keep(institution, place, dead)
        facts = {"institution": institution, "message": mail.seq, "tries": place.tries, "why": why, "given_up": dead is not None}
        log.warning("a webhook failed", extra={"facts": facts})

    def _sent(self, hook: Hook, mail: Mail) -> str:
        """Send one message; "" when it was taken (2xx), and what was wrong otherwise. No redirect is followed."""
        body, parts = self._seal.on(mail).raw, urlsplit(hook.url)
        headers = {
            "Content-Type": XML if body.startswith(b"<") else JSON,
            "X-Message-Number": str(mail.seq),
            "X-Message-Kind": mail.kind,
        }
        headers |= self._seal.of_request("POST", hook.url, body, self._clock.now())
        context = self._contexts[hook.institution]
        make: Callable[..., http.client.HTTPConnection] = http.client.HTTPConnection
        more = {}
        if parts.scheme == "https":
            make, more = http.client.HTTPSConnection, {"context": context}
        try:
            connection = make(parts.hostname, parts.port, timeout=TIMEOUT_S, **more)
            self._live.add(connection)
            # A receiver that says a byte every few seconds is not waited for.
            late = threading.Timer(DEADLINE_S, _cut, (connection,))
            late.daemon = True
            late.start()
            try:
                connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
                answer = connection.getresponse()
                answer.read(_ANSWER_BYTES_MAX)
            finally:
                late.cancel()
                self._live.discard(connection)
                connection.close()
        except (OSError, http.client.HTTPException, ValueError) as fault:
            return f"{type(fault).__name__}: {fault}"
        return "" if 200 <= answer.status < 300 else f"status {answer.status}"


def _cut(connection: http.client.HTTPConnection) -> None:
    """End what is under way: who reads from it is told that it is over."""
    with contextlib.suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _context(folder: Path, hook: Hook) -> ssl.SSLContext:
    """Raises `WebhooksWrong` for authorities that cannot be read."""
    try:
        made = ssl.create_default_context(cafile=str(folder / hook.authorities) if hook.authorities else None)
    except (OSError, ssl.SSLError) as fault:
        raise WebhooksWrong(f"{hook.authorities}: {fault}") from fault
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made

"""Webhooks: in order, at least once, signed; what fails waits longer each time and is given up in the end, and nothing of it leaves the mailbox."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from access_world import World, bank, registering
from doors import wait_until
from fondaco.access import CLIENT, SIGN, DemoAuthority, Grant, Request, from_pem, verify_request
from fondaco.api import Hook, Patience, Seal, Webhooks, WebhooksWrong, read_hooks
from fondaco.api.mailbox import Mailboxes
from fondaco.api.webhook_store import DEAD_MAX, DeadLetter, HookPlace, WebhookStore
from fondaco.api.webhooks import after_failure, wait_s
from fondaco.core import Instant
from fondaco.journal import Mail
from fondaco.messages import read
from server_ports import free_port
from tls_doors import TlsDoor
from union import SG1, TH1, pacs_008

SIZE = 1 << 20


class Brought(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def seq(self) -> int:
        return int(self.headers["x-message-number"])


class Receiver:
    """A bank's server on loopback. `says` is asked for the status of each delivery; what it takes is in `taken`."""

    def __init__(self, says: Callable[[Brought], int]) -> None:
        self.says = says
        self.came: list[Brought] = []
        self.taken: list[Brought] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                one = Brought(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver.came.append(one)
                status = receiver.says(one)
                if 200 <= status < 300:
                    receiver.taken.append(one)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/in?bank=sg1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@contextmanager
def receiving(says: Callable[[Brought], int]) -> Iterator[Receiver]:
    receiver = Receiver(says)
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()


class RealClock:
    def now(self) -> Instant:
        return Instant(time.time_ns())


def seal_in(folder: Path) -> Seal:
    now = Instant(time.time_ns())
    authority = DemoAuthority.create(folder, now)
    authority.issue("hub", CLIENT, now, 30)
    return Seal((folder / "hub.pem").read_bytes(), (folder / "hub.key").read_bytes(), SIZE)


def notice(seq: int) -> Mail:
    return Mail(seq, SG1, "notice", f"n{seq}", b'{"n":%d}' % seq)


def bring(
    folder: Path, url: str, mail: list[Mail], until: Callable[[HookPlace, list[DeadLetter]], bool], patience: Patience
) -> tuple[HookPlace, list[DeadLetter]]:
    """Run the webhooks of one bank until something holds of their place and of what was given up."""

    async def run() -> tuple[HookPlace, list[DeadLetter]]:
        boxes = Mailboxes()
        webhooks = Webhooks(folder, [Hook(SG1, url)], seal_in(folder / f"ca{time.time_ns()}"), RealClock(), patience)
        webhooks.start(boxes, None)  # type: ignore[arg-type] - what is remembered is not asked of the writer
        boxes.heard(mail)
        deadline = time.monotonic() + 60
        place, dead = HookPlace(0), list[DeadLetter]()
        while not until(place, dead):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
            place, dead = webhooks.store.place(SG1) or place, webhooks.store.dead(SG1)
        boxes.end()
        await webhooks.stop()
        return place, dead

    return asyncio.run(run())


def test_what_fails_comes_again_in_order_and_signed_anew(tmp_path: Path) -> None:
    failures = {2: 2}

    def says(one: Brought) -> int:
        failures[one.seq] = failures.get(one.seq, 0) - 1
        return 503 if failures[one.seq] >= 0 else 204

    with receiving(says) as receiver:
        patience = Patience(0.05, 0.1, 9)
        place, dead = bring(tmp_path, receiver.url, [notice(n) for n in (1, 2, 5)], lambda place, _: place.after == 5, patience)
    assert [one.seq for one in receiver.came] == [1, 2, 2, 2, 5]
    assert [one.body for one in receiver.taken] == [b'{"n":1}', b'{"n":2}', b'{"n":5}']
    assert len({one.headers["signature"] for one in receiver.came}) == 5
    assert (place, dead) == (HookPlace(5), [])


def test_what_fails_to_the_end_is_a_dead_letter_and_the_next_one_comes(tmp_path: Path) -> None:
    def says(one: Brought) -> int:
        return 302 if one.seq == 1 else 200

    with receiving(says) as receiver:
        patience = Patience(0.02, 0.04, 3)
        place, dead = bring(tmp_path, receiver.url, [notice(1), notice(2)], lambda place, _: place.after == 2, patience)
    assert [one.seq for one in receiver.came] == [1, 1, 1, 2], "no redirect is followed"
    assert place == HookPlace(2)
    assert [(one.seq, one.why) for one in dead] == [(1, "status 302")]


def test_a_receiver_that_is_not_there_is_waited_for(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/in?bank=sg1"  # of nobody, also while this runs
    place, dead = bring(tmp_path, url, [notice(1)], lambda place, _: place.tries >= 2, Patience(0.05, 0.1, 99))
    assert place.after == 0 and place.tries >= 2 and dead == []
    with receiving(lambda _: 200) as receiver:
        place, _ = bring(tmp_path, receiver.url, [notice(1)], lambda place, _: place.after == 1, Patience(0.05, 0.1, 99))
    assert place == HookPlace(1), "the place was kept, and the tries begin anew"


def test_a_receiver_that_never_answers_holds_up_nobody_and_no_stop(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        place, dead = bring(tmp_path, url, [notice(1)], lambda *_: time.monotonic() > started + 0.5, Patience())
    assert (place, dead) == (HookPlace(0), [])
    deadline = time.monotonic() + 60
    while [one for one in threading.enumerate() if one.name.startswith("webhook")]:
        assert time.monotonic() < deadline, "its thread was cut loose when the webhooks ended"
        time.sleep(0.02)


@given(st.integers(1, 200), st.floats(0, 1), st.floats(0.001, 60), st.floats(60, 86_400))
def test_a_wait_grows_to_its_bound_and_at_least_half_of_it_is_waited(tries: int, drawn: float, first: float, most: float) -> None:
    patience = Patience(first, most, 14)
    waited = wait_s(patience, tries, drawn)
    whole = min(most, first * 2.0 ** min(tries - 1, 30))
    assert whole / 2 <= waited <= whole
    assert wait_s(patience, tries + 1, drawn) >= waited


def test_the_last_try_gives_up_and_no_other() -> None:
    place, patience = HookPlace(7), Patience()
    for tries in range(1, patience.tries_max):
        place, dead = after_failure(patience, place, 8, "no", Instant(10**9), 1.0)
        assert dead is None and (place.after, place.tries) == (7, tries) and place.next_at > 10**9
    place, dead = after_failure(patience, place, 8, "no" * 500, Instant(5), 1.0)
    assert place == HookPlace(8) and dead == DeadLetter(8, ("no" * 500)[:200], Instant(5))


def test_of_dead_letters_the_newest_are_kept(tmp_path: Path) -> None:
    store = WebhookStore(tmp_path)
    for seq in range(1, DEAD_MAX + 3):
        store.keep(SG1, HookPlace(seq), DeadLetter(seq, "no", Instant(seq)))
    store.keep(TH1, HookPlace(1), DeadLetter(1, "other", Instant(1)))
    assert [one.seq for one in store.dead(SG1)] == list(range(3, DEAD_MAX + 3))
    store.close()
    again = WebhookStore(tmp_path)
    assert again.place(SG1) == HookPlace(DEAD_MAX + 2) and len(again.dead(TH1)) == 1
    again.close()


@pytest.mark.parametrize(
    "text",
    [
        'url = "http://bank.example/"', 'url = "ftp://bank.example/"', 'url = "https://user:secret@bank.example/"', 'url = "https://"', 'url = "/in"',
        'url = "https://bank.example/#x"', 'url = "https://bank.example/ x"', 'url = "https://bank.example:99999/"', 'url = "http://localhost/"',
        'url = "https://bank.example/"\nauthorities = "missing.pem"', 'url = "https://bank.example/"\nsecret = "x"',
    ],
)  # fmt: skip
def test_an_address_that_is_no_lawful_one_is_not_followed(tmp_path: Path, text: str) -> None:
    (tmp_path / "webhooks.toml").write_text(f'[[webhooks]]\ninstitution = "{SG1}"\n{text}\n')
    with pytest.raises(WebhooksWrong):
        read_hooks(tmp_path)


def test_no_file_is_no_webhook_and_one_house_has_one_place(tmp_path: Path) -> None:
    assert read_hooks(tmp_path) == []
    entry = f'[[webhooks]]\ninstitution = "{SG1}"\nurl = "https://bank.example/in"\n'
    (tmp_path / "webhooks.toml").write_text(entry)
    assert read_hooks(tmp_path) == [Hook(SG1, "https://bank.example/in")]
    (tmp_path / "webhooks.toml").write_text(entry * 2)
    with pytest.raises(WebhooksWrong):
        read_hooks(tmp_path)


@pytest.mark.server
def test_a_served_hub_brings_the_mailbox_signed_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    with receiving(lambda _: 200) as receiver:
        door = TlsDoor(tmp_path, hooks=f'[[webhooks]]\ninstitution = "{SG1}"\nurl = "{receiver.url}"\n')

        def send_and_see() -> None:
            raw = pacs_008(SG1, TH1, "3.00", "SGD", day=door.today.isoformat())
            assert door.ask("sg1", "POST", "/v1/messages", raw).status in (200, 202)
            # What was brought and is not yet kept as brought would come again after a restart, and may.
            wait_until(kept_as_brought)
            mine = [one["seq"] for one in door.ask("sg1", "GET", "/v1/messages?limit=500").json["messages"]]
            assert [one.seq for one in receiver.taken] == mine

        def kept_as_brought() -> bool:
            last: int = door.ask("sg1", "GET", "/v1/messages?limit=500").json["after"]
            return bool(last) and door.ask("sg1", "GET", "/v1/webhook").json["after"] == last

        try:
            send_and_see()
            door.end()
            door.open()
            send_and_see()
            state = door.ask("sg1", "GET", "/v1/webhook").json
            assert (state["url"], state["after"], state["dead_letters"]) == (receiver.url, receiver.taken[-1].seq, [])
            assert door.ask("sg2", "GET", "/v1/webhook").status == 404
        finally:
            door.stop()
    (tmp_path / "bank").mkdir()
    world = World(tmp_path / "bank")
    hub_sign = from_pem((door.tls / "hub-sign.pem").read_bytes())
    world.done(registering(hub_sign.der, bank("hub-sign", SG1), SIGN), Instant(time.time_ns()))
    (one,) = receiver.taken[:1]
    assert read(one.body).kind.startswith("pacs.002")
    at = Instant(time.time_ns())
    names = ("signature", "signature-input", "content-digest")
    headers = {name: one.headers[name] for name in names}
    for body, url, good in (
        (one.body, receiver.url, True),
        (one.body + b" ", receiver.url, False),
        (one.body, receiver.url + "x", False),
    ):
        found = verify_request(Request("POST", url, headers), body, world.register, world.seen, at)
        assert isinstance(found, Grant) is good, found
    world.store.close()

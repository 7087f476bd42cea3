"""A hub that is killed while clients send: they go on by themselves when it is back, nothing is lost, and nothing is done twice."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from doors import Door, door_on
from fondaco.client import AsyncClient, Client, Retries, Sent
from fondaco.core import Money
from fondaco.hub import close_hub, open_hub, prove_hub
from fondaco.payments import DECODER
from union import SG1, SG2, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server
# A hub of this machine is back within seconds; who sends has patience for two minutes.
PATIENT = Retries(times=60, first_s=0.1, most_s=2.0, seed=1)


class Standing:
    """One address for a door that comes back at another: what a name, or a proxy, is in front of a hub. Bytes go through as they are."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.up = threading.Event()
        self.up.set()
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:  # ends when it is closed
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            if not self.up.is_set():
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.door.port))
            except OSError:
                near.close()
                continue
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(one, other), daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def _carry(source: socket.socket, target: socket.socket) -> None:
    try:
        while part := source.recv(65536):
            target.sendall(part)
    except OSError:
        pass
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@contextmanager
def standing(ready: tuple[Path, int], folder: Path) -> Iterator[tuple[Door, Standing]]:
    with door_on(ready, folder) as door:
        front = Standing(door)
        try:
            yield door, front
        finally:
            front.close()


def restarted(door: Door, front: Standing) -> None:
    """Killed, and started again; nobody gets through before its new keys can be read."""
    front.up.clear()
    door.kill()
    time.sleep(0.3)
    door.open()
    front.up.set()


def kept(folder: Path) -> list[str]:
    hub = open_hub(folder)
    try:
        assert list(prove_hub(hub).faults) == []
        return [DECODER.decode(raw).uetr for _, raw in hub.journal.payments()]
    finally:
        close_hub(hub)


def messages(count: int) -> dict[str, bytes]:
    uetrs = [calm_uetr() for _ in range(count)]
    return {uetr: pacs_008(SG1, TH1, "1.00", "SGD", uetr=uetr, message_id=f"K{n:06}") for n, uetr in enumerate(uetrs)}


def test_killed_in_mid_load_clients_of_threads_lose_nothing_and_double_nothing(ready: tuple[Path, int], tmp_path: Path) -> None:
    asked = messages(200)
    with standing(ready, tmp_path / "hub") as (door, front):
        done: list[Sent] = []
        enough = threading.Event()

        def token() -> str:
            return door.keys[f"{SG1}-maker"]

        with Client(f"http://127.0.0.1:{front.port}", token=token, retries=PATIENT) as client:

            def send(raw: bytes) -> Sent:
                found = client.send(raw)
                done.append(found)
                if len(done) >= 40:
                    enough.set()
                return found

            with ThreadPoolExecutor(8) as pool:
                sent = [pool.submit(send, raw) for raw in asked.values()]
                assert enough.wait(timeout=120)
                restarted(door, front)
                told = [one.result(timeout=120) for one in sent]
            assert [one.uetrs for one in told] == [(uetr,) for uetr in asked]
            assert {one.answers[0].read().body.statuses[0].status for one in told} == {"ACTC"}  # type: ignore[union-attr]
            seen = [row.uetr for row in client.payments()]
            assert sorted(seen) == sorted(asked), "each once"
        assert door.stop() == 0
    assert sorted(kept(tmp_path / "hub")) == sorted(asked)


def test_killed_in_mid_load_clients_of_a_loop_and_a_listener_go_on(ready: tuple[Path, int], tmp_path: Path) -> None:
    asked = messages(120)
    with standing(ready, tmp_path / "hub") as (door, front):
        base = f"http://127.0.0.1:{front.port}"

        async def play() -> None:
            heard: list[int] = []
            uetrs: list[str] = []
            client = AsyncClient(base, token=lambda: door.keys[f"{SG1}-maker"], retries=PATIENT)
            listener = AsyncClient(base, token=lambda: door.keys[f"{TH1}-maker"], retries=PATIENT)
            officer = AsyncClient(base, token=lambda: door.keys[f"{SG2}-desk"], retries=PATIENT)
            after = (await listener.letters()).after

            async def listen() -> None:
                async for letter in listener.stream(after):
                    if letter.kind.startswith("pacs.008"):
                        heard.append(letter.seq)
                        uetrs.append(next(uetr for uetr in asked if uetr in letter.xml))
                    if len(uetrs) == len(asked):
                        return

            async with client, listener, officer:
                listening = asyncio.create_task(listen())
                room = asyncio.Semaphore(8)

                async def send(raw: bytes) -> Sent:
                    async with room:
                        return await client.send(raw)

                sending = [asyncio.create_task(send(raw)) for raw in asked.values()]
                while sum(one.done() for one in sending) < 30:
                    await asyncio.sleep(0.01)
                restarting = asyncio.create_task(asyncio.to_thread(restarted, door, front))
                capped = [await officer.set_cap(Money("SGD", 100_000), key="cap-of-today") for _ in range(2)]
                await restarting
                capped.append(await officer.set_cap(Money("SGD", 100_000), key="cap-of-today"))
                told = await asyncio.wait_for(asyncio.gather(*sending), 120)
                await asyncio.wait_for(listening, 120)
            assert [one.uetrs for one in told] == [(uetr,) for uetr in asked]
            assert sorted(uetrs) == sorted(asked) and heard == sorted(set(heard))
            assert capped[0].state == "PROPOSED" and capped[0] == capped[1] == capped[2]

        asyncio.run(play())
        assert door.stop() == 0
    assert sorted(kept(tmp_path / "hub")) == sorted(asked)

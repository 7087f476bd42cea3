"""A server that is killed in the middle of its work: nothing that was answered is lost, and nothing is done twice."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest

from doors import Waiting, door_on
from fondaco.hub import close_hub, open_hub, prove_hub
from fondaco.payments import DECODER
from union import SG1, TH1, calm_uetr, pacs_008

pytestmark = pytest.mark.server
BOTH = pytest.mark.parametrize("fronts", [0, 2], ids=["one process", "behind doors"])


def payments_of(folder: Path) -> list[str]:
    hub = open_hub(folder)
    try:
        assert list(prove_hub(hub).faults) == []
        return [DECODER.decode(raw).uetr for _, raw in hub.journal.payments()]
    finally:
        close_hub(hub)


@BOTH
def test_killed_in_mid_load_nothing_is_lost_and_nothing_doubled(ready: tuple[Path, int], tmp_path: Path, fronts: int) -> None:
    messages: dict[str, bytes] = {}
    answered: set[str] = set()
    enough = threading.Event()
    with door_on(ready, tmp_path / "hub", fronts=fronts) as door:

        def send(uetr: str) -> None:
            try:
                found = door.ask("POST", "/v1/messages", messages[uetr], who=f"{SG1}-maker")
            except (OSError, HTTPException):
                return  # whether it was taken in is not known: it is sent again
            if found.status == 202:
                answered.add(uetr)
                if len(answered) >= 100:
                    enough.set()

        def send_until_it_dies() -> None:
            uetr = ""
            while not uetr or uetr in answered:  # the load does not end before the hub does, however late that is killed
                uetr = calm_uetr()
                messages[uetr] = pacs_008(SG1, TH1, "1.00", "SGD", uetr=uetr, message_id=f"K{uetr[:12]}")
                send(uetr)

        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(send_until_it_dies) for _ in range(8)]
            assert enough.wait(timeout=120)
            door.kill()
            for one in sent:
                one.result()
        assert 100 <= len(answered) == len(messages) - 8
        door.open()
        for uetr in messages:
            found = door.ask("GET", f"/v1/payments/{uetr}", who=f"{SG1}-maker")
            assert found.status == 200 if uetr in answered else found.status in (200, 404)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(send, messages))
        assert answered == set(messages)
        assert door.stop() == 0
    kept = payments_of(tmp_path / "hub")
    assert sorted(kept) == sorted(messages)


@BOTH
def test_told_to_stop_it_keeps_what_it_answered_and_lets_who_waits_go(
    ready: tuple[Path, int], tmp_path: Path, fronts: int
) -> None:
    with door_on(ready, tmp_path / "hub", fronts=fronts) as door:
        last = door.ask("GET", "/v1/messages?limit=500", who=f"{TH1}-maker").json["after"]
        connection = HTTPConnection("127.0.0.1", door.port, timeout=120)
        key = {"Authorization": f"Bearer {door.keys[f'{TH1}-maker']}"}
        waiting = Waiting(connection, f"/v1/messages?after={last}&wait=60", key)
        uetrs = [calm_uetr() for _ in range(20)]
        for uetr in uetrs[:-1]:
            assert door.ask(
                "POST", "/v1/messages", pacs_008(SG1, "ZZBAMY01", "1.00", "SGD", uetr=uetr), who=f"{SG1}-maker"
            ).status in (200, 202)
        assert door.stop() == 0
        waiting.join(timeout=60)
        assert waiting.status == 200
    assert set(uetrs[:-1]) == set(payments_of(tmp_path / "hub"))

"""What a hub tells the system's supervisor: heard on a socket as systemd has it, from a hub that is served in a process of its own."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.api.supervised import Supervisor
from tls_doors import TlsDoor


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind(str(tmp_path / "notify"))
        bound.settimeout(60)
        yield bound


def heard(ear: socket.socket) -> list[str]:
    return ear.recv(4096).decode().split("\n")


@pytest.mark.parametrize("settings", ["doors = 0\n", "doors = 1\n"])
def test_a_served_hub_says_that_it_serves_that_it_lives_and_that_it_stops(
    ear: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    door = TlsDoor(tmp_path, settings)
    try:
        assert heard(ear)[0] == "READY=1"
        assert [heard(ear) for _ in range(3)] == [["WATCHDOG=1"]] * 3
        door.process.terminate()
        # Heard as it is said: the system keeps ten words for who does not listen, and a hub waits for nobody's ear.
        while (last := heard(ear))[0] != "STOPPING=1":
            assert last == ["WATCHDOG=1"]
        assert door.process.wait(timeout=60) == 0
    finally:
        door.process.kill()
        door.process.wait()
        door.world.store.close()
    ear.setblocking(False)
    with pytest.raises(BlockingIOError):
        ear.recv(4096)


def test_a_hub_that_decides_nothing_gives_no_sign_of_life(ear: socket.socket, tmp_path: Path) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"})
    decides, asked = True, 0

    async def answers() -> bool:
        nonlocal asked
        asked += 1
        return decides

    async def until_asked(times: int) -> None:
        wanted = asked + times
        while asked < wanted:  # ends with its next questions
            await asyncio.sleep(0.01)

    async def tale() -> None:
        nonlocal decides
        supervisor.started(answers)
        ear.setblocking(False)
        assert _next(ear) == "READY=1\nSTATUS=serves"
        for _ in range(3):
            await until_asked(1)
            assert _next(ear) == "WATCHDOG=1"
        decides = False
        while _next(ear) is not None:
            continue
        await until_asked(4)
        assert _next(ear) is None
        decides = True
        await until_asked(1)
        assert _next(ear) == "WATCHDOG=1"
        supervisor.stopping()

    asyncio.run(tale())


def _next(ear: socket.socket) -> str | None:
    try:
        return ear.recv(4096).decode()
    except BlockingIOError:
        return None


def test_an_abstract_address_is_known() -> None:
    name = f"fondaco-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bound:
        bound.bind("\0" + name)
        bound.settimeout(60)
        Supervisor({"NOTIFY_SOCKET": "@" + name}).tell("READY=1")
        assert bound.recv(100) == b"READY=1"


def test_without_a_supervisor_nothing_is_told_and_one_that_is_gone_harms_nobody(tmp_path: Path) -> None:
    assert Supervisor({}).every_s == 0.0
    gone = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "nobody"), "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
    gone.tell("READY=1")
    assert gone.every_s == 0.0, "the watchdog was meant for another process"

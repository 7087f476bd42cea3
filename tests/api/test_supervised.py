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
        bound.settimeout(30)
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
    finally:
        door.stop()
    last: list[str] = []
    ear.setblocking(False)
    while not last or not last[0].startswith("STOPPING"):
        last = heard(ear)
    with pytest.raises(BlockingIOError):
        ear.recv(4096)


def test_a_hub_that_decides_nothing_gives_no_sign_of_life(ear: socket.socket, tmp_path: Path) -> None:
    supervisor = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"})
    decides = True

    async def answers() -> bool:
        return decides

    async def tale() -> None:
        nonlocal decides
        supervisor.started(answers)
        await asyncio.sleep(0.3)
        decides = False
        await asyncio.sleep(0.2)
        ear.setblocking(False)
        before = []
        while not before or before[-1] is not None:
            before.append(_next(ear))
        assert before[0] == "READY=1\nSTATUS=serves" and before.count("WATCHDOG=1") >= 2
        await asyncio.sleep(0.3)
        assert _next(ear) is None
        decides = True
        await asyncio.sleep(0.3)
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
        bound.settimeout(5)
        Supervisor({"NOTIFY_SOCKET": "@" + name}).tell("READY=1")
        assert bound.recv(100) == b"READY=1"


def test_without_a_supervisor_nothing_is_told_and_one_that_is_gone_harms_nobody(tmp_path: Path) -> None:
    assert Supervisor({}).every_s == 0.0
    gone = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "nobody"), "WATCHDOG_USEC": "100000", "WATCHDOG_PID": "1"})
    gone.tell("READY=1")
    assert gone.every_s == 0.0, "the watchdog was meant for another process"

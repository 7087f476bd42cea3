"""A real server on loopback for tests, and a plain client of it."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from server_ports import free_port
from union import Desk

HERE = Path(__file__).parent


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


def wait_until(holds: Callable[[], object], *told: object) -> None:
    """Look again and again until something holds. A minute ends a hang, and nothing else: no test is about how long a machine takes."""
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until, told
        time.sleep(0.02)


def is_read(connection: socket.socket) -> bool:
    """Whether the server at the other end, on this machine, has taken the connection on and read all that was sent to it: the system tells what waits
    for it (`proc_pid_net(5)`, tcp). That a request was sent says neither."""
    own, other = (f"0100007F:{end[1]:04X}" for end in (connection.getsockname(), connection.getpeername()))
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    return [row[4].partition(":")[2] for row in rows if (row[1], row[2]) == (other, own)] == ["00000000"]


class Waiting(threading.Thread):
    """Somebody who waits for the answer to a request that the server has read; `status` is there when it has come."""

    def __init__(self, connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> None:
        super().__init__()
        self.status = 0
        self._connection = connection
        connection.request("GET", path, headers=headers)
        wait_until(lambda: is_read(connection.sock), path)
        self.start()

    def run(self) -> None:
        self.status = self._connection.getresponse().status
        self._connection.close()


def all_open(said: str, doors: int) -> bool:
    """Whether the last of so many doors takes connections, by what the log said since the start: one that is late would read files, or be told
    things, that a test has changed meanwhile."""
    return not doors or f'"open":{doors},"of":{doors}}}' in said


class Door:
    """A hub's door in a process of its own; with `fronts`, the hub behind so many doors that are processes."""

    def __init__(self, folder: Path, start_ns: int, fronts: int = 0) -> None:
        self.folder = folder
        self._fronts = fronts
        self._start = start_ns
        self.keys: dict[str, str] = {}
        self.open()

    def open(self) -> None:
        self.port = free_port()
        place = self.folder.with_name(self.folder.name + "-keys.json")
        place.unlink(missing_ok=True)
        self.log = self.folder.with_name(self.folder.name + "-log.jsonl")
        before = len(self.log.read_text()) if self.log.exists() else 0
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "door_process.py"), str(self.folder), str(self.port), str(place), str(self._start)],
                stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(HERE), "FONDACO_TEST_DOORS": str(self._fronts)},
            )  # fmt: skip
        while True:  # ends with an answer or with the process
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            # A server that another one's end has left behind may still break an answer off.
            with suppress(OSError, http.client.HTTPException):
                if self.ask("GET", "/health/live").status == 200 and all_open(self.log.read_text()[before:], self._fronts):
                    break
            time.sleep(0.05)
        self.keys = json.loads(place.read_text())

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Any = None,
        *,
        who: str = "",
        media: str = "",
        timeout: float = 60,
        **headers: str,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            if who:
                sent["Authorization"] = f"Bearer {self.keys.get(who, who)}"
            if body is not None and not isinstance(body, bytes):
                body, media = json.dumps(body).encode(), media or "application/json"
            if body is not None:
                sent.setdefault("Content-Type", media or "application/xml")
            connection.request(method, path, body, sent)
            found = connection.getresponse()
            return Answer(found.status, {name.lower(): value for name, value in found.getheaders()}, found.read())
        finally:
            connection.close()

    def raw(self, sent: bytes, *, wait_s: float = 30) -> bytes:
        """Send these bytes as they are, and read until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait_s) as connection:
            connection.sendall(sent)
            found = b""
            while True:
                try:
                    part = connection.recv(65536)
                except ConnectionResetError:
                    return found
                if not part:
                    return found
                found += part

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=120)


def prepared(folder: Path) -> int:
    """Lay out a funded and quoted hub on the demo's day; returns the instant at which it was left."""
    desk = Desk(folder)
    desk.hub.flush()
    left = int(desk.now)
    desk.close()
    return left


@contextmanager
def door_on(ready: tuple[Path, int], folder: Path, settings: str = "", fronts: int = 0) -> Iterator[Door]:
    """A door on a copy of a prepared hub."""
    shutil.copytree(ready[0], folder)
    if settings:
        (folder / "api.toml").write_text(settings)
    door = Door(folder, ready[1], fronts)
    try:
        yield door
    finally:
        door.stop()

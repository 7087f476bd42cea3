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
import time
from collections.abc import Iterator
from contextlib import contextmanager
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
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(HERE / "door_process.py"), str(self.folder), str(self.port), str(place), str(self._start)],
                stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(HERE), "FONDACO_TEST_DOORS": str(self._fronts)},
            )  # fmt: skip
        while True:
            assert self.process.poll() is None, self.log.read_text()[-3000:]
            try:
                if self.ask("GET", "/health/live").status == 200:
                    break
            except OSError:
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

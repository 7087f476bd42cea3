"""A TigerBeetle cluster on loopback, in a folder of its own, for tests and drills: formatted, started, killed, stopped by process id.

`FONDACO_TIGERBEETLE` names the server's program, or the addresses (`HOST:PORT,...`) of a cluster that somebody else runs and that is
empty. Without it nothing is started: no package registry has the server.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

VARIABLE = "FONDACO_TIGERBEETLE"
ABSENT = f"no TigerBeetle server: {VARIABLE} names neither its program nor the addresses of a cluster"
NO_PROGRAM = f"no TigerBeetle server to start: {VARIABLE} does not name its program"
# Starting takes a second or two; a machine that needs longer than this has another trouble.
_READY_S = 120
_DATA_FILE_BYTES = 1_200_000_000


def program() -> Path | None:
    """The server's program, where the variable names one."""
    named = shutil.which(os.environ.get(VARIABLE, ""))
    return Path(named).resolve() if named else None


def addresses() -> list[str]:
    """The addresses of a running cluster, where the variable names those."""
    named = os.environ.get(VARIABLE, "")
    return named.split(",") if named and program() is None else []


def obstacle(folder: Path, replicas: int) -> str | None:
    """Why this folder cannot hold the data files of so many replicas; None if it can."""
    free = shutil.disk_usage(folder).free
    if free < replicas * _DATA_FILE_BYTES:
        return f"{replicas} data files need {replicas * _DATA_FILE_BYTES // 10**6} MB of disk, and {free // 10**6} MB are free"
    probe = folder / "direct"
    try:
        os.close(os.open(probe, os.O_CREAT | os.O_RDWR | os.O_DIRECT, 0o600))
    except OSError as fault:
        return f"the file system does not write past its cache (O_DIRECT): {fault.strerror}"
    finally:
        probe.unlink(missing_ok=True)
    return None


class Cluster:
    """Replicas of one cluster. Leaving it stops what it started and removes their files."""

    def __init__(self, server: Path, folder: Path, replicas: int, cache_grid: str = "256MiB") -> None:
        self._server = server
        self._folder = folder
        self._cache_grid = cache_grid
        self.addresses = [f"127.0.0.1:{port}" for port in _free_ports(replicas)]
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * replicas

    def __enter__(self) -> Cluster:
        with ExitStack() as undo:
            undo.callback(self._remove)
            for number in range(len(self.addresses)):
                subprocess.run(
                    [
                        str(self._server), "format", "--cluster=0", f"--replica={number}",
                        f"--replica-count={len(self.addresses)}", str(self._data(number)),
                    ],
                    check=True, capture_output=True,
                )  # fmt: skip
            for number in range(len(self.addresses)):
                self.start(number)
            for number in range(len(self.addresses)):
                self.wait_until_ready(number)
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._remove()

    def start(self, number: int) -> None:
        """Start one replica; its log begins anew."""
        with self._log(number).open("wb") as log:
            self._processes[number] = subprocess.Popen(
                [
                    str(self._server), "start", f"--addresses={','.join(self.addresses)}", f"--cache-grid={self._cache_grid}",
                    str(self._data(number)),
                ],
                stdout=log, stderr=log,
            )  # fmt: skip

    def wait_until_ready(self, number: int) -> None:
        """Wait until a replica says that it listens. Raises `RuntimeError` with the end of its log when it stops instead."""
        until = time.monotonic() + _READY_S
        process = self._processes[number]
        assert process is not None
        while b"listening" not in self._log(number).read_bytes():
            if process.poll() is not None or time.monotonic() > until:
                end = self._log(number).read_text(errors="replace")[-2000:]
                raise RuntimeError(f"replica {number} does not listen (exit code {process.poll()}):\n{end}")
            time.sleep(0.05)

    def kill(self, number: int) -> None:
        """Kill one replica as a power cut would: it gets no chance to say or write anything more."""
        process = self._processes[number]
        assert process is not None
        process.kill()
        process.wait()
        self._processes[number] = None

    def _remove(self) -> None:
        for number, process in enumerate(self._processes):
            if process is not None:
                self.kill(number)
            self._data(number).unlink(missing_ok=True)

    def _data(self, number: int) -> Path:
        return self._folder / f"0_{number}.tigerbeetle"

    def _log(self, number: int) -> Path:
        return self._folder / f"replica-{number}.log"


def _free_ports(count: int) -> list[int]:
    """Ports that nobody had a moment ago; all are held until the last is found, so that they differ."""
    with ExitStack() as held:
        ports = []
        for _ in range(count):
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            ports.append(one.getsockname()[1])
        return ports

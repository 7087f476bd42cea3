"""Ports for the servers of tests. The kernel gives those from 32,768 on to whoever connects somewhere, so one of them may be gone between being found free and being
listened on, or while a server is started again; what is given here lies below, and to each worker of a run once only."""

from __future__ import annotations

import os
import re
import secrets
import socket

_FIRST, _EACH, _WORKERS = 20_000, 1_500, 8
_given: list[int] = []


def free_port() -> int:
    """A port of 127.0.0.1 that nobody has and no other test gets."""
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) % _WORKERS
    if not _given:  # two runs beside each other begin in different places
        _given.append(secrets.randbelow(_EACH))
    for _ in range(_EACH):
        _given[0] = (_given[0] + 1) % _EACH
        port = _FIRST + worker * _EACH + _given[0]
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
    raise AssertionError("no port is free")

"""What a disk that once refused is owed before it is believed again."""

from __future__ import annotations

import os
from pathlib import Path


def write_again(log: Path) -> None:
    """Write what a process that died left in a write-ahead log once more, and sync it; nothing where there is no such file.

    A system that could not write a page tells one fsync, then takes the page for written: it is read back from memory as if it stood on
    the disk, and the next fsync says yes. What is answered behind it would stand behind a hole. Written again, it is written.

    Raises `OSError`. Source: PostgreSQL's fsync errors of 2018, and Rebello et al., "Can Applications Recover from fsync
    Failures?", USENIX ATC 2020.
    """
    if not log.exists():
        return
    content = log.read_bytes()
    with log.open("r+b") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

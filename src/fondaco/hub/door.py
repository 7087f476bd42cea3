"""A door: reads messages in a process of its own, so that the hub spends its core on deciding.

A door holds no lists, no books, no journal, and decides nothing. It is started before the hub builds its index: a large heap
slows the gate. What it cannot read it hands on unread, and the hub says no itself.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.connection import Connection

import msgspec

from fondaco.core import MalformedMessage
from fondaco.hub.commands import Arrive
from fondaco.messages import read

_FRAMES = msgspec.msgpack.Decoder(list[tuple[str, bytes]])
_COMMANDS = msgspec.msgpack.Decoder(list[Arrive])


class DoorGone(Exception):
    """The door's process ended; what it was given and did not hand on must be given to another."""


class Door:
    """One door. Frames come back in the order in which they were given, each of them once."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True, name="door")
        self._process.start()
        theirs.close()

    def give(self, frame: Sequence[tuple[str, bytes]]) -> None:
        """Hand in messages as (sender BIC, raw). Does not wait until they are read."""
        try:
            self._pipe.send_bytes(msgspec.msgpack.encode(list(frame)))
        except (BrokenPipeError, OSError) as fault:
            raise DoorGone("the door's process has ended") from fault

    def take(self) -> list[Arrive]:
        """The commands of the oldest frame that was given and not taken yet; waits for it."""
        try:
            return _COMMANDS.decode(self._pipe.recv_bytes())
        except (EOFError, OSError) as fault:
            raise DoorGone("the door's process has ended") from fault

    def close(self) -> None:
        self._pipe.close()
        self._process.join(timeout=10)


def _serve(pipe: Connection) -> None:
    while True:  # ends when the hub's end of the pipe is closed
        try:
            frame = _FRAMES.decode(pipe.recv_bytes())
        except EOFError:
            return
        commands = []
        for sender, raw in frame:
            try:
                commands.append(Arrive(sender, raw, read(raw, bulk=True)))
            except MalformedMessage:
                commands.append(Arrive(sender, raw))
        try:
            pipe.send_bytes(msgspec.msgpack.encode(commands))
        except (BrokenPipeError, OSError):
            return

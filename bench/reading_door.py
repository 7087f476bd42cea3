"""The reading of a door (`fondaco.api.front`) without what is HTTP about it, in a process of its own: what the two-core figures of `bench pipeline` are measured with.

It is started before the hub builds its index: a large heap slows the gate. What it cannot read it hands on unread, and the hub says no itself.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
from collections.abc import Sequence
from multiprocessing.connection import Connection
from queue import SimpleQueue

import msgspec

from fondaco.core import MalformedMessage
from fondaco.hub import Arrive
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
        # Frames are received as they come: a door that waits to be heard would not listen, and neither would the hub.
        self._read: SimpleQueue[bytes | None] = SimpleQueue()
        self._receiver = threading.Thread(target=self._receive, daemon=True, name="door's frames")
        self._receiver.start()

    def _receive(self) -> None:
        while True:
            try:
                self._read.put(self._pipe.recv_bytes())
            except (EOFError, OSError):
                self._read.put(None)
                return

    def give(self, frame: Sequence[tuple[str, bytes]]) -> None:
        """Hand in messages as (sender BIC, raw). Does not wait until they are read."""
        try:
            self._pipe.send_bytes(msgspec.msgpack.encode(list(frame)))
        except (BrokenPipeError, OSError) as fault:
            raise DoorGone("the door's process has ended") from fault

    def take(self) -> list[Arrive]:
        """The commands of the oldest frame that was given and not taken yet; waits for it."""
        frame = self._read.get()
        if frame is None:
            self._read.put(None)  # gone for whoever asks next, too
            raise DoorGone("the door's process has ended")
        return _COMMANDS.decode(frame)

    def close(self) -> None:
        """End the door's process; what was given and not taken is not handed on."""
        with contextlib.suppress(OSError):
            self._pipe.send_bytes(b"")
        self._process.join(timeout=10)
        self._receiver.join(timeout=10)
        self._pipe.close()


def _serve(pipe: Connection) -> None:
    while True:  # ends when the hub says so, or is gone
        try:
            raw_frame = pipe.recv_bytes()
        except EOFError:
            return
        if not raw_frame:
            return
        frame = _FRAMES.decode(raw_frame)
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

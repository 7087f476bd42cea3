"""Words of the command line at a hub that is being served: asked of the serving process through a socket in the hub's folder, by whoever owns that folder.

Only questions are answered. What changes a served hub comes through its doors, where it takes two people; nobody who is merely at the machine changes anything.
"""

from __future__ import annotations

import asyncio
import io
import os
import pwd
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from fondaco.hub import Hub

FILE = "control.sock"
# Questions that are short: everybody waits for them. Those that write files, read a whole journal or need a key are asked of a hub that is not served.
QUESTIONS = frozenset({
    "positions", "checklist", "asked", "trace", "exposures", "queue list", "limits list", "quotes list", "motion list", "rules list",
    "member list", "case list", "case alerts", "collateral list", "default list", "default show",
})  # fmt: skip
_REQUEST_BYTES_MAX, _ANSWER_BYTES_MAX = 64 * 1024, 64 * 1024 * 1024
_PATIENCE_S = 60.0
_LENGTH = struct.Struct("!I")
_PEER = struct.Struct("3i")


class Asked(msgspec.Struct, frozen=True):
    """What stood behind `fondaco`, and how wide the terminal is."""

    said: list[str]
    width: int


class Answered(msgspec.Struct, frozen=True):
    """What the word printed, and the exit code with which it ended."""

    code: int
    out: str
    err: str


def question_in(said: Sequence[str]) -> str:
    """The word that is asked, "" for none of those that are answered."""
    return next((word for word in (" ".join(said[:1]), " ".join(said[:2])) if word in QUESTIONS), "")


# Who asks


def asked_of(folder: Path, said: Sequence[str], width: int) -> Answered | None:
    """What the process that serves the hub of a folder answers; None where nobody does. Raises `OSError` when the connection breaks."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE_S)
        try:
            connection.connect(str(folder / FILE))
        except (FileNotFoundError, ConnectionRefusedError):
            return None
        raw = msgspec.msgpack.encode(Asked(list(said), width))
        connection.sendall(_LENGTH.pack(len(raw)) + raw)
        (size,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
        if size > _ANSWER_BYTES_MAX:
            raise OSError(f"an answer of {size} bytes")
        return msgspec.msgpack.decode(_exactly(connection, size), type=Answered)


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:  # ends with the answer, or with the connection
        part = connection.recv(min(65536, size - len(parts)))
        if not part:
            raise OSError("the hub ended the connection before it had answered")
        parts += part
    return bytes(parts)


# Who answers


class Control:
    """The socket of one served hub. `ask` puts a question to the hub between two batches; `run` runs a word upon it and gives its exit code; `note` writes down who asked what, before it
    is answered."""

    def __init__(
        self,
        folder: Path,
        ask: Callable[[Callable[[Hub], Answered]], Awaitable[Answered]],
        run: Callable[[Hub, Sequence[str], int], int],
        prepare: Callable[[Sequence[str]], None],
        note: Callable[[str, str, str], None],
    ) -> None:
        self._path = folder / FILE
        self._ask = ask
        self._run = run
        self._prepare = prepare
        self._note = note

    async def answer(self) -> None:
        """Answer until it is cancelled."""
        listening = socket.socket(socket.AF_UNIX)
        # The hub is ours alone while it is open: what stands there was left by a process that is gone.
        self._path.unlink(missing_ok=True)
        try:
            listening.bind(str(self._path))
            self._path.chmod(0o600)  # before anybody can connect
            server = await asyncio.start_unix_server(self._one, sock=listening)
            async with server:
                await server.serve_forever()
        finally:
            listening.close()
            self._path.unlink(missing_ok=True)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answered = await self._answered(reader, writer.get_extra_info("socket"))
                raw = msgspec.msgpack.encode(answered)
                writer.write(_LENGTH.pack(len(raw)) + raw)
                await writer.drain()
        except (TimeoutError, OSError, asyncio.IncompleteReadError, msgspec.MsgspecError):
            return  # whoever asked has gone, or never spoke as we do
        finally:
            writer.close()

    async def _answered(self, reader: asyncio.StreamReader, connection: socket.socket) -> Answered:
        pid, uid, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
        (size,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if uid not in (0, os.geteuid()) or size > _REQUEST_BYTES_MAX:
            return Answered(3, "", "fondaco: the hub answers whoever owns its folder\n")
        asked = msgspec.msgpack.decode(await reader.readexactly(size), type=Asked)
        word = question_in(asked.said)
        if not word:
            return Answered(
                3, "", f"fondaco: the hub is being served, and answers questions alone: {', '.join(sorted(QUESTIONS))}\n"
            )
        said = " ".join(asked.said)[:200]
        await asyncio.to_thread(self._note, f"{_account(uid)} at the machine", f"word {word}", f"process {pid}: {said}")
        await asyncio.to_thread(self._prepare, asked.said)
        return await self._ask(lambda hub: self._told(hub, asked))

    def _told(self, hub: Hub, asked: Asked) -> Answered:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = self._run(hub, asked.said, max(40, min(400, asked.width)))
            except SystemExit as ended:
                code = ended.code if isinstance(ended.code, int) else 1
        return Answered(code, out.getvalue(), err.getvalue())


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"account {uid}"


def shown(answered: Answered) -> int:
    """Print what a word printed; its exit code."""
    sys.stdout.write(answered.out)
    sys.stderr.write(answered.err)
    return answered.code

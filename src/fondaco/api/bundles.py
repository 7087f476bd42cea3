"""Has the bundle of evidence of an ended day made by a process of its own, one at a time, and hands its archive out piece by piece."""

from __future__ import annotations

import asyncio
import logging
import tempfile
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from fondaco.api.problem import Problem
from fondaco.hub import Bundling, NotReady, bundling_command, must_be_embedded

log = logging.getLogger("fondaco.api")
MEDIA = "application/x-tar"
# So long may a bundle take to be made, in seconds; so much of it is in memory at once, in bytes.
MADE_WITHIN_S, PIECE_BYTES = 1_800, 256 * 1024
_REFUSED = 1


class Archive(NamedTuple):
    """A bundle as it is handed out: the archive's name, its bytes, and its pieces, of which each is read when it is asked for. Nothing is left on the disk
    when they end, or when nobody asks on."""

    name: str
    size: int
    pieces: AsyncIterator[bytes]


class Bundles:
    """Makes the bundles of one hub. `looks` gives the head of the log of looks; `key` signs, None where this server signs nothing."""

    def __init__(self, folder: Path, looks: Callable[[], tuple[int, str] | None], key: EllipticCurvePrivateKey | None) -> None:
        self._folder = folder
        self._looks = looks
        self._key = key
        self._making = asyncio.Lock()

    def can_be_made(self) -> bool:
        """Whether this server has a key to sign with, and the hub its stores in its folder."""
        try:
            must_be_embedded(self._folder)
        except NotReady:
            return False
        return self._key is not None

    async def of(self, day: str) -> Archive:
        """The bundle of an ended day (YYYY-MM-DD), made now: asked again, it is made again, up to the journal's head of then.

        Raises `Problem` where it cannot be made here, while another one is made, for a day that never opened, and where it failed or took too long.
        """
        if self._key is None or not self.can_be_made():
            raise Problem(
                "conflict",
                "this server makes no bundles: they want a signing key and a hub whose stores lie in its folder; see `fondaco evidence`",
            )
        if self._making.locked():
            raise Problem("busy", "another bundle is being made", headers={"Retry-After": "10"})
        async with self._making:
            with tempfile.TemporaryDirectory(prefix="fondaco-evidence-") as place:
                archive = Path(place) / "archive"
                await self._made(day, archive, self._key)
                # Open without a name from here on: it goes with who reads it.
                file = archive.open("rb")
        return Archive(f"evidence-{day}.tar", file.seek(0, 2), _pieces(file))

    async def _made(self, day: str, archive: Path, key: EllipticCurvePrivateKey) -> None:
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        told = msgspec.json.encode(Bundling(pem, self._looks()))
        process = await asyncio.create_subprocess_exec(
            *bundling_command(self._folder.resolve(), day, archive), stdin=PIPE, stdout=DEVNULL, stderr=PIPE
        )
        try:
            _, said = await asyncio.wait_for(process.communicate(told), MADE_WITHIN_S)
        except TimeoutError as late:
            raise Problem("busy", "the bundle took too long to be made", headers={"Retry-After": "60"}) from late
        finally:
            if process.returncode is None:  # it took too long, or whoever asked is let go with the server
                process.kill()
        if process.returncode == _REFUSED:
            raise Problem("not-found", f"the hub was not open on {day}")
        if process.returncode != 0:
            log.error("a bundle failed", extra={"facts": {"day": day, "said": said.decode("utf-8", "replace")[-2000:]}})
            raise Problem("busy", "the bundle could not be made now", headers={"Retry-After": "60"})


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):  # ends with the file
            yield piece

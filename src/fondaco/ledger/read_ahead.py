"""Work on what comes next while another thread fetches what comes after: for reading a log, whose digests cost as much as its transfers."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class _End(NamedTuple):
    fault: BaseException | None


def read_ahead(source: Iterable[T], most: int) -> Generator[T]:
    """The same things in the same order, at most `most` of them fetched before they are asked for, by a thread of this generator.

    What `source` raises is raised here, in its place. The thread has ended when this ends, be it exhausted, closed, or left by an exception;
    `source` is then closed where it can be.
    """
    ready: queue.Queue[T | _End] = queue.Queue(most)
    stop = threading.Event()

    def fetch() -> None:
        fault: BaseException | None = None
        try:
            for one in source:
                ready.put(one)
                if stop.is_set():
                    break
        except BaseException as raised:
            fault = raised
        ready.put(_End(fault))

    thread = threading.Thread(target=fetch, name="read-ahead", daemon=True)
    thread.start()
    one: T | _End | None = None
    try:
        while not isinstance(one := ready.get(), _End):
            yield one
        if one.fault is not None:
            raise one.fault
    finally:
        stop.set()
        while not isinstance(one, _End):  # ends: the thread says last that it ends
            one = ready.get()
        thread.join()

"""A file that arrives in pieces: it has its name when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def arriving(target: Path) -> Iterator[BinaryIO]:
    """A file to write to, beside `target`, for the owner's eyes alone; it becomes `target` where nothing was raised, and goes where something was. Raises `OSError`."""
    draft = target.with_name(target.name + ".part")
    descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)

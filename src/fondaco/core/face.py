"""A package's face may show a name before it reads the room behind it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def shown_late(package: str, rooms: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """The `__getattr__` of the face of `package`: each room is read when somebody first asks for one of its names.

    For what takes long to read and is seldom needed. Raises `AttributeError` for a name of no room, as any module does.
    """
    room_of = {name: room for room, names in rooms.items() for name in names}

    def shown(name: str) -> Any:
        if name not in room_of:
            raise AttributeError(f"module {package} has no attribute {name}")
        value = getattr(import_module(f"{package}.{room_of[name]}"), name)
        setattr(sys.modules[package], name, value)
        return value

    return shown

"""Loops over arrays that numba compiles where it is installed (extra `fast`), and Python runs as they are where it is not: the same
whole numbers either way, a hundred times slower."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """`loop`, compiled if it can be. Its plain form stays reachable as `py_func` where it was."""
    try:
        from numba import njit
    except ImportError:
        return loop
    return cast(Loop, njit(cache=True, nogil=True)(loop))

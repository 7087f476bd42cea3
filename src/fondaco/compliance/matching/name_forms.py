"""One name's spellings across languages: a table made by `tools/name_forms.py`, read once a process."""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def groups() -> Mapping[str, tuple[int, ...]]:
    """For each spelling the numbers of the names that it may be."""
    found: dict[str, tuple[int, ...]] = {}
    packed = files("fondaco.compliance.matching").joinpath("name_forms.txt.xz").read_bytes()
    for number, line in enumerate(lzma.decompress(packed).decode().splitlines()):
        for form in line.split(" "):
            known = found.get(form)
            found[form] = (number,) if known is None else (*known, number)
    return found

"""The ISO 20022 external code sets that we speak, with their edition; made by tools/build_codes.py."""

from __future__ import annotations

import importlib.resources
from functools import cache

import msgspec


class _File(msgspec.Struct):
    edition: str
    taken_from: str
    sets: dict[str, frozenset[str]]


@cache
def _file() -> _File:
    raw = (importlib.resources.files("fondaco.messages") / "external_codes.json").read_bytes()
    return msgspec.json.decode(raw, type=_File)


def edition() -> str:
    """The quarter and version of ISO's publication, such as `2Q2026_v3`."""
    return _file().edition


@cache
def code_set(name: str) -> frozenset[str]:
    """The codes of one set, by ISO's name of its type. Raises `KeyError` for a set that we do not carry."""
    return _file().sets[name]


def is_code(name: str, value: str) -> bool:
    return value in code_set(name)

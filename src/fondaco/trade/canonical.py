"""One spelling for what is hashed and signed: JSON by RFC 8785, for the values that a document of trade holds.

Keys stand in the order of their UTF-16 code units, nothing stands between the tokens, texts are escaped no more than they must be, and numbers
are written as ECMAScript writes them. Numbers that need an exponent (not zero and below 0.000001) and those that ECMAScript cannot tell from their
neighbours (from 2^53) are refused: no document that we keep has them, and two readers might not agree on them.
"""

from __future__ import annotations

import json
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

WHOLE_MAX = 2**53 - 1
DEPTH_MAX = 64


class NotCanonical(ValueError):
    """There is no canonical form of this, or the text is not in it; says where."""


def canonical(value: object) -> str:
    """`value` (None, bool, int, float, str, list or tuple, dict with text keys) in canonical form. Raises `NotCanonical`."""
    text = _written(value, None, DEPTH_MAX)
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        raise NotCanonical(f"character {fault.start}: half of a surrogate pair") from None
    return text


def read_canonical(text: str) -> Any:
    """What a canonical text says. Raises `NotCanonical` where it is no JSON, or says it with other bytes than the canonical ones."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise NotCanonical(f"$: {fault}") from None
    again = canonical(value)
    if again != text:
        at = next(
            (i for i, (one, other) in enumerate(zip(again, text, strict=False)) if one != other), min(len(again), len(text))
        )
        raise NotCanonical(f"character {at}: {text[at : at + 20]!r} where the canonical form has {again[at : at + 20]!r}")
    return value


# Where a value stands: the place of what it stands in, and its key or index there. A text is made of it only for a refusal.
_Where = tuple["_Where", str | int] | None


def _written(value: object, where: _Where, depth: int) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        if abs(value) > WHOLE_MAX:
            raise NotCanonical(f"{_path(where)}: {value} is beyond 2^53")
        return str(value)
    if isinstance(value, float):
        return _number(value, where)
    if depth == 0:
        raise NotCanonical(f"{_path(where)}: deeper than {DEPTH_MAX}")
    if isinstance(value, (list, tuple)):
        return f"[{','.join([_written(one, (where, i), depth - 1) for i, one in enumerate(value)])}]"
    if isinstance(value, dict):
        parts = [f"{encode_basestring(key)}:{_written(value[key], (where, key), depth - 1)}" for key in _in_order(value, where)]
        return f"{{{','.join(parts)}}}"
    raise NotCanonical(f"{_path(where)}: a {type(value).__name__} has no form in JSON")


def _in_order(value: dict[Any, object], where: _Where) -> list[str]:
    if not all(isinstance(key, str) for key in value):
        raise NotCanonical(f"{_path(where)}: a key that is no text")
    if all(map(str.isascii, value)):
        return sorted(value)
    # "surrogatepass": half a pair gets a place in the order here, and is refused with the whole text.
    return sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))


def _number(value: float, where: _Where) -> str:
    if value == 0:
        return "0"
    # So written that NaN and the infinities are refused as well.
    if not 1e-6 <= abs(value) <= WHOLE_MAX:
        raise NotCanonical(f"{_path(where)}: {value} has no form that every reader agrees on")
    # Python's repr finds the shortest digits that read back as the same number, as ECMAScript does; only the layout differs.
    return format(Decimal(repr(value)).normalize(), "f")


def _path(where: _Where) -> str:
    if where is None:
        return "$"
    parent, step = where
    return f"{_path(parent)}[{step}]" if isinstance(step, int) else f"{_path(parent)}.{step}"

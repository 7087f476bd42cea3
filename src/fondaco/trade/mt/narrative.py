"""Free text that has a shape: paragraphs that begin with a plus sign, and pieces that begin with a code between slashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from fondaco.core import Money
from fondaco.trade.mt.field import amount_fault, money_of

_CODED = re.compile(r"/([A-Z0-9]{1,8})/(.*)", re.DOTALL)
_CURRENCY_AMOUNT = re.compile(r"([A-Z]{3})([0-9]+,[0-9]*)(.*)", re.DOTALL)


class Coded(NamedTuple):
    """A piece of structured text: its code ("" for text without one), the amount that stands right behind the code, and the rest, its lines
    joined by one space."""

    code: str
    amount: Money | None
    text: str


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a goods, documents or conditions field, lines joined by one space.

    Where a line begins with `+`, as is the custom, paragraphs begin there; else every line is one.
    """
    lines = [line.rstrip() for line in text.split("\n")]
    if not any(line.startswith("+") for line in lines):
        return tuple(line.strip() for line in lines if line)
    found: list[list[str]] = []
    for line in lines:
        if line.startswith("+") or not found:
            found.append([])
        found[-1].append(line.removeprefix("+").strip())
    return tuple(joined for rows in found if (joined := " ".join(row for row in rows if row)))


def coded(text: str) -> tuple[Coded, ...]:
    """The pieces of a structured text: `/CODE/[currency amount]text`, continued on lines that begin with `//` or with no slash."""
    return tuple(_pieces(text))


def _pieces(text: str) -> Iterator[Coded]:
    pending: list[str] = []
    code = ""
    for line in text.split("\n"):
        met = _CODED.fullmatch(line)
        if met:
            if pending or code:
                yield _piece(code, pending)
            code, pending = met[1], [met[2]]
        else:
            pending.append(line.removeprefix("//"))
    yield _piece(code, pending)


def _piece(code: str, lines: list[str]) -> Coded:
    said = " ".join(line.strip() for line in lines if line.strip())
    met = _CURRENCY_AMOUNT.fullmatch(said) if code else None
    if met is None or amount_fault(met[1], met[2]) is not None:
        return Coded(code, None, said)
    return Coded(code, money_of({"currency": met[1], "amount": met[2]}), met[3].strip())

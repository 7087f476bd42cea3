"""A folder that is to be a rulebook, and the mistakes found in it so far."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from fondaco.core import CURRENCIES, AmountFault, minor_of


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to mend: in which file, at which key, and why."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}"


class Draft:
    """Collects mistakes while a folder is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mistakes: list[Mistake] = []
        self.digest = hashlib.sha256()

    def read(self, name: str, into: Any) -> Any:
        path = self.folder / name
        try:
            raw = path.read_bytes()
        except OSError as fault:
            self.wrong(name, "the file", fault.strerror or "cannot be read")
            return None
        self.digest.update(name.encode() + b"\0" + len(raw).to_bytes(8, "big") + raw)
        try:
            return _said(raw, into)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            self.wrong(name, "the file", f"not TOML: {fault}")
        except msgspec.ValidationError as fault:
            reason, _, key = str(fault).partition(" - at ")
            self.wrong(name, key.strip("`") or "the file", reason)
        return None

    def wrong(self, file: str, key: str, reason: str) -> None:
        self.mistakes.append(Mistake(file, key, reason))

    def amount(self, file: str, key: str, text: str, currency: str) -> int:
        known = CURRENCIES.get(currency)
        if known is None:
            self.wrong(file, key, f"{currency} is not a currency of ISO 4217 that we know")
            return 0
        try:
            return minor_of(text, known.exponent)
        except AmountFault as fault:
            self.wrong(file, key, str(fault))
            return 0

    def known_article(self, key: str, number: str, numbers: set[str]) -> None:
        if number not in numbers:
            self.wrong("union.toml", key, f"article {number} does not exist")


@lru_cache(maxsize=64)
def _said(raw: bytes, into: Any) -> Any:
    """What a file says. Who opens a hub reads its rulebook several times, and the same bytes say the same: nobody changes what is given out."""
    return msgspec.convert(tomllib.loads(raw.decode()), into, strict=True)

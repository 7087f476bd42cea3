"""Tables of a scenario's TOML read strictly: every mistake is collected with its place, and none hides another."""

from __future__ import annotations

from collections.abc import Set
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from fondaco.core import AmountFault, minor_of

_Table = TypeVar("_Table", bound=msgspec.Struct)


class Reader:
    """Collects mistakes while a scenario is read; of one place the first alone. `required` are keys such as `scenario.depth`."""

    def __init__(self, file: Path, raw: dict[str, Any], required: Set[str]) -> None:
        self.file = file
        self.raw = raw
        self._required = required
        self.mistakes: dict[str, str] = {}

    def wrong(self, place: str, reason: str) -> None:
        self.mistakes.setdefault(place, reason)

    def table(self, name: str, into: type[_Table]) -> _Table:
        """A table of the file."""
        return self._read(name, name, self.raw.get(name, {}), into)

    def tables(self, name: str, into: type[_Table]) -> list[_Table]:
        """A row of tables of the file."""
        given = self.raw.get(name, [])
        if not isinstance(given, list):
            self.wrong(name, f"is to be a row of tables: [[{name}]]")
            given = []
        return [self._read(f"{name}[{at}]", name, one, into) for at, one in enumerate(given)]

    def _read(self, place: str, kind: str, given: Any, into: type[_Table]) -> _Table:
        """Each key is read for itself, so that one mistake hides no other; what is wrong counts as not written."""
        if not isinstance(given, dict):
            self.wrong(place, "is to be a table")
            given = {}
        fields = {field.encode_name: field for field in msgspec.structs.fields(into)}
        for key in sorted(given.keys() - fields.keys()):
            self.wrong(f"{place}.{key}", f"is no key of this table; there are {', '.join(fields)}")
        values = {}
        for key, field in fields.items():
            if key not in given:
                if f"{kind}.{key}" in self._required:
                    self.wrong(f"{place}.{key}", "is missing")
                continue
            try:
                values[field.name] = msgspec.convert(given[key], field.type, strict=True)
            except msgspec.ValidationError as fault:
                reason, _, where = str(fault).partition(" - at ")
                self.wrong(f"{place}.{key}{where.strip('`').removeprefix('$')}", reason)
        return into(**values)

    def amount(self, place: str, text: str, exponent: int) -> int:
        try:
            return minor_of(text, exponent)
        except AmountFault as fault:
            self.wrong(place, str(fault))
            return 0

    def number(self, place: str, text: str, low: str, high: str) -> Decimal:
        try:
            found = Decimal(text)
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite() or not Decimal(low) <= found <= Decimal(high):
            self.wrong(place, f"a decimal number from {low} to {high}, as text; not {text!r}")
            return Decimal(low)
        return found

    def within(self, place: str, value: int, low: int, high: int) -> None:
        if not low <= value <= high:
            self.wrong(place, f"{value} is not from {low} to {high}")

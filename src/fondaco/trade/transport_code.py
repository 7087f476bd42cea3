"""Numbers of containers and ships, and codes of places, each with what is wrong with one: ISO 6346, IMO resolution A.1117(30), UN/LOCODE."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from fondaco.compliance import imo_holds
from fondaco.core import COUNTRIES

_REMEMBERED = 1 << 12  # the containers of a presentation stand on many of its documents
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ]\d{7}", re.ASCII)
# The manual has digits from 2 to 9; the published list has places with 0 as well, so every digit is read.
_LOCODE = re.compile(r"[A-Z]{2}[A-Z0-9]{3}", re.ASCII)
_FUNCTIONS = re.compile(r"[0-9B-]{8}")
# UN/LOCODE manual: XZ is for installations in international waters.
_WATERS = "XZ"
# ISO 6346: letters are worth 10 and up, and the multiples of eleven are passed over, since the check digit is taken by eleven.
_WORTH = {char: number for number, char in enumerate("0123456789")} | dict(
    zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (number for number in range(10, 39) if number % 11), strict=True)
)


@lru_cache(maxsize=_REMEMBERED)
def container_fault(number: str) -> str:
    """What is wrong with a container's number (`CSQU3054383`, `csqu 305438-3`: owner, category, serial number, check digit), "" for nothing."""
    joined = number.upper().replace(" ", "").replace("-", "")
    if not _CONTAINER.fullmatch(joined):
        return "a container number has three letters, U, J or Z, and seven digits"
    if container_check_digit(joined[:10]) != int(joined[10]):
        return "the check digit of the container number is wrong"
    return ""


def container_check_digit(stem: str) -> int:
    """The check digit of the first ten characters of a container's number."""
    return sum(_WORTH[char] << at for at, char in enumerate(stem)) % 11 % 10


def imo_fault(number: str) -> str:
    """What is wrong with a ship's IMO number (seven digits, with or without IMO before them), "" for nothing."""
    digits = number.strip().upper().removeprefix("IMO").strip()
    if not re.fullmatch(r"\d{7}", digits, re.ASCII):
        return "an IMO number has seven digits"
    return "" if imo_holds(digits) else "the check digit of the IMO number is wrong"


def locode_fault(code: str) -> str:
    """What is wrong with the form of a UN/LOCODE (`SGSIN`, `SG SIN`), "" for nothing. Whether there is such a place is for `Locations`."""
    joined = code.replace(" ", "", 1)
    if not _LOCODE.fullmatch(joined):
        return "a UN/LOCODE is a country and three letters or digits"
    if joined[:2] != _WATERS and joined[:2] not in COUNTRIES:
        return f"{joined[:2]} is not a country of ISO 3166"
    return ""


class Location(NamedTuple):
    """A place of the code list: its code (five characters), its name in plain letters, and its functions (`1` port, `4` airport, ...)."""

    code: str
    name: str
    functions: str

    @property
    def port(self) -> bool:
        return "1" in self.functions

    @property
    def airport(self) -> bool:
        return "4" in self.functions


class Locations:
    """The places of a code list that an operator loaded. Immutable once built."""

    def __init__(self, places: Iterable[Location]) -> None:
        self._by_code = {place.code: place for place in places}

    def __len__(self) -> int:
        return len(self._by_code)

    def get(self, code: str) -> Location | None:
        """The place of a code (`SGSIN`, `SG SIN`), None for one that is not listed."""
        return self._by_code.get(code.replace(" ", "", 1))

    def fault(self, code: str) -> str:
        """What is wrong with a code, "" for nothing."""
        wrong = locode_fault(code)
        if wrong:
            return wrong
        return "" if self.get(code) is not None else f"the loaded code list has no {code}"


def read_locations(lines: Iterable[str]) -> Locations | list[str]:
    """The places of the lines of a UN/LOCODE table, or all of its mistakes, each with its line.

    The columns are those of the published tables (change, country, place, name, name in plain letters, subdivision, status, function, ...); status and function
    are told apart by what they hold, since editions differ in their order. Rows of countries, references (`=`) and places marked for removal (`X`) are passed over.
    """
    mistakes: list[str] = []
    found: list[Location] = []
    reader = csv.reader(lines, strict=True)
    try:
        for row in reader:
            if len(row) < 8 and row:
                mistakes.append(f"line {reader.line_num}: {len(row)} columns, of at least 8")
                continue
            if not row or row[0] in ("=", "X") or not row[2].strip() or row[1].strip().casefold() == "country":
                continue
            code = row[1].strip() + row[2].strip()
            wrong = locode_fault(code)
            if wrong:
                mistakes.append(f"line {reader.line_num}: {code!r}: {wrong}")
                continue
            functions = next((cell for cell in row[6:8] if _FUNCTIONS.fullmatch(cell)), "")
            found.append(Location(code, (row[4] or row[3]).strip(), functions.replace("-", "")))
    except csv.Error as fault:
        mistakes.append(f"line {reader.line_num}: {fault}")
    return mistakes or Locations(found)

"""CSV lists: rows by the names of their columns, so that the order of columns does not matter where a format has a header."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain

from fondaco.compliance.lists.gates import Unreadable

_UNKNOWN_MAX = 12


def rows(raw: bytes, delimiter: str = ",") -> Iterator[list[str]]:
    """Rows that are not empty, cells without outer white space. Raises `Unreadable` with the line."""
    text = raw.decode("utf-8-sig", "replace")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if any(row) and row != ["\x1a"]:
                yield [cell.strip() for cell in row]
    except csv.Error as fault:
        raise Unreadable(f"line {reader.line_num}: {fault} (truncated?)") from None


class Table:
    """The rows of a CSV with a header. `needed` columns must be there; a column that is not `known` is noted."""

    def __init__(
        self, lines: Iterator[list[str]], needed: Sequence[str], known: frozenset[str] = frozenset(), *, folded: bool = False
    ) -> None:
        header = next(lines, None)
        if header is None:
            raise Unreadable("no header")
        self._folded = folded
        names = [self._key(name) for name in header]
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise Unreadable(f"columns that stand twice: {', '.join(twice)}")
        missing = [name for name in needed if self._key(name) not in names]
        if missing:
            raise Unreadable(f"columns missing: {', '.join(missing)}: another format, or its schema has changed")
        self._at = {name: at for at, name in enumerate(names)}
        self._width = len(header)
        self._lines = lines
        strange = [name for name in header if name and known and self._key(name) not in {self._key(one) for one in known}]
        self.unknown = [
            f"column {name} is not known in this format: what stands in it is not read" for name in strange[:_UNKNOWN_MAX]
        ]

    def _key(self, name: str) -> str:
        name = " ".join(name.split())
        return name.casefold() if self._folded else name

    def __iter__(self) -> Iterator[Row]:
        for number, cells in enumerate(self._lines, 1):
            if len(cells) != self._width:
                raise Unreadable(f"row {number} has {len(cells)} columns where the header has {self._width}: truncated")
            yield Row(self, cells)

    def cell(self, cells: Sequence[str], name: str) -> str:
        at = self._at.get(self._key(name))
        return cells[at] if at is not None else ""


class Row:
    """One row; a column that the file does not have reads as empty."""

    __slots__ = ("_cells", "_table")

    def __init__(self, table: Table, cells: list[str]) -> None:
        self._table = table
        self._cells = cells

    def __getitem__(self, name: str) -> str:
        return self._table.cell(self._cells, name)

    def joined(self, *names: str) -> str:
        """The cells of these columns that hold something, with a blank between."""
        return " ".join(cell for name in names if (cell := self[name]))


def own_table(raw: bytes, needed: Sequence[str], columns: frozenset[str]) -> tuple[str, Table]:
    """A table in a format of ours: its date, from a first line `published,YYYY-MM-DD` where there is one, and its rows.

    A column that is none of `columns` is refused, for a misspelt one would be lost in silence.
    """
    lines = rows(raw)
    first = next(lines, [""])
    published = ""
    if first[0] == "published":
        published = first[1] if len(first) > 1 else ""
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", published):
            raise Unreadable(f"published {published[:20]}: a date as YYYY-MM-DD")
    else:
        lines = chain([first], lines)
    table = Table(lines, needed, columns)
    if table.unknown:
        raise Unreadable("; ".join(table.unknown))
    return published, table

"""Who pays whom how much, from an operator's own tables: what banks pay and receive, and what flows between countries (docs/simulator.md).

Weights are whole numbers and fitted in whole numbers, so that the same tables give the same draws on every machine.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

import msgspec

Wrong = Callable[[str, str], None]
# Weights add up to about so much. Draws are remainders of 43 bits, so the smaller it is the more even they are: here to one in eight thousand.
_TOTAL = 10**9
_ROUNDS = 60
_SCALE = 10**15


class Pairs(NamedTuple):
    """Who pays whom: banks by number, with whole weights above zero."""

    payers: tuple[int, ...]
    payees: tuple[int, ...]
    weights: tuple[int, ...]


class Table(msgspec.Struct):
    """A table in CSV (`.gz` as well): the columns that name and weigh, and which rows count (`where`, column to text)."""

    file: str = ""
    bank: str = ""
    country: str = ""
    pays: list[str] = []
    receives: list[str] = []
    payer: str = ""
    payee: str = ""
    weight: str = ""
    where: dict[str, str] = {}


class Given(msgspec.Struct):
    """What a scenario says of its calibration: a table of banks, one of corridors, or both; `most` of the banks at most."""

    banks: Table = msgspec.field(default_factory=Table)
    corridors: Table = msgspec.field(default_factory=Table)
    most: int = 100


def calibrated(given: Given, folder: Path, wrong: Wrong) -> tuple[tuple[str, ...], Pairs] | None:
    """The banks by name, the largest first, and who pays whom; None after a mistake, which `wrong` was told by place and reason.

    Banks alone: weights whose sums are what each bank pays and receives, nobody paying itself (iterative proportional fitting). Corridors alone:
    each payer and payee is a bank of its own. Both: a corridor's weight is parted among the banks of its two countries by what they pay and
    receive; a country's payments to itself are its corridor to itself.
    """
    if not given.banks.file and not given.corridors.file:
        wrong("calibration", "a table of banks, of corridors, or both")
        return None
    if not 2 <= given.most <= 1_000:
        wrong("calibration.most", f"{given.most} is not from 2 to 1000")
        return None
    corridors = _corridors(given.corridors, folder, wrong) if given.corridors.file else {}
    if not given.banks.file:
        found = None if corridors is None else _of_corridors(corridors, given.most)
    else:
        banks = _banks(given.banks, folder, bool(given.corridors.file), wrong)
        if banks is None or corridors is None:
            return None
        kept = sorted(banks, key=lambda one: (-(one.pays + one.receives), one.name))[: given.most]
        found = _parted(kept, corridors) if given.corridors.file else _fitted(kept)
    if found is None:
        return None
    names, pairs = found
    if len(pairs.weights) < 1:
        wrong("calibration", "nobody pays anybody: the tables name no two banks with something between them")
        return None
    return names, pairs


class _Bank(NamedTuple):
    name: str
    country: str
    pays: Decimal
    receives: Decimal


def _banks(table: Table, folder: Path, by_country: bool, wrong: Wrong) -> list[_Bank] | None:
    wanted = {"bank": table.bank, "pays": " ".join(table.pays), "receives": " ".join(table.receives)}
    wanted |= {"country": table.country} if by_country else {}
    for key, said in wanted.items():
        if not said:
            wrong(f"calibration.banks.{key}", "is missing: the column of the table")
            return None
    found: dict[str, _Bank] = {}
    columns = [table.bank, *table.pays, *table.receives, *([table.country] if by_country else [])]
    for line, row in _rows("banks", table, columns, folder, wrong):
        if line < 0:
            return None
        pays, receives = (_sum("banks", table, line, row, names, wrong) for names in (table.pays, table.receives))
        if pays is None or receives is None:
            return None
        name, country = row[table.bank].strip(), row[table.country].strip() if by_country else ""
        before = found.get(name, _Bank(name, country, Decimal(0), Decimal(0)))
        if before.country != country:
            wrong("calibration.banks", f"{table.file}, line {line}: {name} is of {before.country} and of {country}")
            return None
        found[name] = _Bank(name, country, before.pays + pays, before.receives + receives)
    return [one for one in found.values() if one.pays or one.receives]


def _corridors(table: Table, folder: Path, wrong: Wrong) -> dict[tuple[str, str], Decimal] | None:
    for key, said in (("payer", table.payer), ("payee", table.payee), ("weight", table.weight)):
        if not said:
            wrong(f"calibration.corridors.{key}", "is missing: the column of the table")
            return None
    found: dict[tuple[str, str], Decimal] = {}
    for line, row in _rows("corridors", table, [table.payer, table.payee, table.weight], folder, wrong):
        if line < 0:
            return None
        weight = _sum("corridors", table, line, row, [table.weight], wrong)
        if weight is None:
            return None
        corridor = (row[table.payer].strip(), row[table.payee].strip())
        found[corridor] = found.get(corridor, Decimal(0)) + weight
    return found


def _rows(kind: str, table: Table, columns: list[str], folder: Path, wrong: Wrong) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows that count, with their lines; a line of -1 is told to be wrong and the last."""
    place, path = f"calibration.{kind}.file", folder / table.file
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        reader = csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), strict=True, restval="")
        lacking = [name for name in (*columns, *table.where) if name not in (reader.fieldnames or ())]
        if lacking:
            wrong(place, f"{table.file} has no column {lacking[0]!r}; it has {', '.join(reader.fieldnames or ())}")
            yield -1, {}
            return
        for row in reader:
            if all(row[name] == value for name, value in table.where.items()):
                yield reader.line_num, row
    except OSError as fault:
        wrong(place, f"{table.file}: {fault.strerror or 'is not gzip'}")
        yield -1, {}
    except (EOFError, UnicodeDecodeError, csv.Error) as fault:
        wrong(place, f"{table.file}: {fault}")
        yield -1, {}


def _sum(kind: str, table: Table, line: int, row: Mapping[str, str], columns: list[str], wrong: Wrong) -> Decimal | None:
    total = Decimal(0)
    for name in columns:
        text = row[name].strip()
        try:
            value = Decimal(text or 0)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite() or value < 0:
            wrong(f"calibration.{kind}", f"{table.file}, line {line}, {name}: {text!r} is no amount")
            return None
        total += value
    return total


def _whole(weights: Mapping[tuple[int, int], Decimal]) -> Pairs:
    """The weights as whole numbers that add up to about `_TOTAL`, in the order of the pairs; what is nothing beside it is left out."""
    total = sum(weights.values())
    rows = [(pair, int(weight * _TOTAL / total)) for pair, weight in sorted(weights.items())] if total else []
    kept = [(payer, payee, weight) for (payer, payee), weight in rows if weight]
    return Pairs(tuple(one[0] for one in kept), tuple(one[1] for one in kept), tuple(one[2] for one in kept))


def _of_corridors(corridors: Mapping[tuple[str, str], Decimal], most: int) -> tuple[tuple[str, ...], Pairs]:
    sizes: dict[str, Decimal] = {}
    for (payer, payee), weight in corridors.items():
        if payer != payee:
            for name in (payer, payee):
                sizes[name] = sizes.get(name, Decimal(0)) + weight
    names = sorted((name for name, size in sizes.items() if size), key=lambda name: (-sizes[name], name))[:most]
    place = {name: number for number, name in enumerate(names)}
    between = {
        (place[payer], place[payee]): weight
        for (payer, payee), weight in corridors.items()
        if payer != payee and payer in place and payee in place
    }
    return tuple(names), _whole(between)


def _parted(banks: list[_Bank], corridors: Mapping[tuple[str, str], Decimal]) -> tuple[tuple[str, ...], Pairs]:
    paid: dict[str, Decimal] = {}
    received: dict[str, Decimal] = {}
    for one in banks:
        paid[one.country] = paid.get(one.country, Decimal(0)) + one.pays
        received[one.country] = received.get(one.country, Decimal(0)) + one.receives
    between = {}
    for payer, one in enumerate(banks):
        for payee, other in enumerate(banks):
            weight = corridors.get((one.country, other.country))
            if payer != payee and weight and paid[one.country] and received[other.country]:
                between[payer, payee] = weight * one.pays / paid[one.country] * other.receives / received[other.country]
    return tuple(one.name for one in banks), _whole(between)


def _fitted(banks: list[_Bank]) -> tuple[tuple[str, ...], Pairs]:
    """Iterative proportional fitting of a matrix without a diagonal to what each bank pays and receives, in whole numbers."""
    count = len(banks)
    paid, received = sum(one.pays for one in banks), sum(one.receives for one in banks)
    if not paid or not received:
        return tuple(one.name for one in banks), Pairs((), (), ())
    rows = [int(one.pays * _SCALE / paid) for one in banks]
    columns = [int(one.receives * _SCALE / received) for one in banks]
    cells = [[rows[i] * columns[j] // _SCALE if i != j else 0 for j in range(count)] for i in range(count)]
    for _ in range(_ROUNDS):
        sums = [sum(cells[i]) for i in range(count)]
        cells = [[cell * rows[i] // sums[i] if sums[i] else 0 for cell in cells[i]] for i in range(count)]
        below = [sum(cells[i][j] for i in range(count)) for j in range(count)]
        cells = [[cell * columns[j] // below[j] if below[j] else 0 for j, cell in enumerate(row)] for row in cells]
    weights = {(i, j): Decimal(cells[i][j]) for i in range(count) for j in range(count) if cells[i][j]}
    return tuple(one.name for one in banks), _whole(weights)

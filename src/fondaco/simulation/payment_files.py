"""Payments that a scenario names: a table in CSV or Parquet, or a folder of pacs.008 messages, read as the hub reads them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fondaco.core import CURRENCIES, AmountFault, MalformedMessage, minor_of, minor_text
from fondaco.messages import CustomerTransfers, read
from fondaco.rulebook import Mistake
from fondaco.simulation.scenario import PAYMENTS_MAX, TOTAL_MAX, Scenario, seconds_of

COLUMNS = ("time", "payer", "payee", "currency", "amount", "priority")
# A seventh column, which a table may have: the currency in which the payment arrives; empty where that is its own.
ARRIVES = "arrives"
_MISTAKES_MAX = 50
# One line of a table: the file, the place in it, its fields as texts.
Line = tuple[str, str, list[str]]


def read_rows(scenario: Scenario, file: Path) -> NDArray[np.int64] | list[Mistake]:
    """Six rows of whole numbers, a column for each payment in the order of time, those of the same second in the order of the file:
    seconds since midnight, payer, payee, minor units, 1 for urgent, the number of the currency in which it
    arrives (-1 its own). Or the first 50 mistakes, each with its place.

    A folder holds pacs.008 messages (`*.xml`, in the order of their names), a name that ends in `.parquet` is a Parquet file, and any other a
    table in CSV.
    """
    lines: Iterator[Line | Mistake]
    if file.is_dir():
        lines = _messages(scenario, file)
    elif file.suffix == ".parquet":
        lines = _parquet(file)
    else:
        lines = _csv(file)
    rows: list[tuple[int, int, int, int, bool, int]] = []
    mistakes: list[Mistake] = []
    total = 0
    place = _places(scenario)
    for line in lines:
        if _is_beside(scenario, line):
            continue
        found = [line] if isinstance(line, Mistake) else _row(scenario, place, line)
        if isinstance(found, tuple):
            rows.append(found)
            total += found[3]
        else:
            mistakes += found
        if len(mistakes) >= _MISTAKES_MAX:
            break
    # Where currencies change, payments may arrive in one in which nobody pays.
    if not rows and not mistakes and scenario.exchange is None:
        mistakes.append(Mistake(file.name, "the file", f"no payments{f' in {scenario.currency}' if scenario.beside else ''}"))
    if len(rows) > PAYMENTS_MAX or total > TOTAL_MAX:
        mistakes.append(Mistake(file.name, "the file", f"more than {PAYMENTS_MAX} payments, or than {TOTAL_MAX} minor units"))
    if mistakes:
        return mistakes[:_MISTAKES_MAX]
    rows.sort(key=lambda one: one[0])
    return np.array(rows, np.int64).reshape(-1, 6).T


def _csv(file: Path) -> Iterator[Line | Mistake]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.reader(opened, strict=True)
            if tuple(next(reader, ())) not in (COLUMNS, (*COLUMNS, ARRIVES)):
                yield Mistake(file.name, "line 1", f"the columns are {','.join(COLUMNS)}, and {ARRIVES} where currencies change")
                return
            for row in reader:
                yield file.name, f"line {reader.line_num}", row
    except OSError as fault:
        yield Mistake(file.name, "the file", fault.strerror or "cannot be read")
    except (UnicodeDecodeError, csv.Error) as fault:
        yield Mistake(file.name, "the file", str(fault))


def _parquet(file: Path) -> Iterator[Line | Mistake]:
    """The same columns as in CSV. An instant or a time of day is read as it is written on the clock, an amount is a decimal, a whole number or
    a text: a floating-point number has lost its cents already."""
    try:
        from pyarrow import parquet
    except ImportError:
        yield Mistake(file.name, "the file", "Parquet needs the extra of that name: pip install 'fondaco[parquet]'")
        return
    try:
        opened = parquet.ParquetFile(file)
        names = tuple(opened.schema_arrow.names)
        if not set(COLUMNS) <= set(names):
            yield Mistake(file.name, "the columns", f"are to be {','.join(COLUMNS)}; there are {','.join(names)}")
            return
        number = 0
        wanted = [*COLUMNS, *([ARRIVES] if ARRIVES in names else [])]
        for batch in opened.iter_batches(columns=wanted):
            columns = [batch.column(name).to_pylist() for name in wanted]
            for values in zip(*columns, strict=True):
                number += 1
                yield file.name, f"row {number}", [_as_text(value) for value in values]
    except OSError as fault:
        yield Mistake(file.name, "the file", fault.strerror or "cannot be read")
    except ValueError as fault:  # pyarrow's own errors are of it
        yield Mistake(file.name, "the file", f"not Parquet: {fault}")


def _as_text(value: Any) -> str:
    """A value of a column as the text that a table in CSV would have; a number of another kind is no amount, and no time."""
    if isinstance(value, datetime):
        return value.time().isoformat()
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, Decimal):
        # A column of decimals writes them all with as many places: zeros that no currency has are no part of the amount.
        return format(value.normalize(), "f")
    if isinstance(value, float):
        return f"{value} as a floating-point number"
    return value if isinstance(value, str) else repr(value)


def _messages(scenario: Scenario, folder: Path) -> Iterator[Line | Mistake]:
    """Every transaction: from the debtor's agent to the creditor's, at the time that the message says it was made, as its clock was."""
    known = _places(scenario)
    for file in sorted(folder.glob("*.xml")):
        try:
            message = read(file.read_bytes(), bulk=True)
        except OSError as fault:
            yield Mistake(file.name, "the file", fault.strerror or "cannot be read")
            continue
        except MalformedMessage as fault:
            yield Mistake(file.name, "the message", fault.refusal.sentence())
            continue
        if not isinstance(message.body, CustomerTransfers):
            yield Mistake(file.name, "the message", f"is a {message.kind}, not a pacs.008")
            continue
        faults = [fault.sentence() for fault in message.faults]
        for number, one in enumerate(message.body.transfers, 1):
            place = f"transaction {number}"
            if faults or one.faults:
                yield Mistake(file.name, place, "; ".join([*faults, *(fault.sentence() for fault in one.faults)]))
                continue
            payer, payee = (_as_named(known, bic) for bic in (one.debtor_agent, one.creditor_agent))
            amount = minor_text(one.amount_minor, CURRENCIES[one.currency].exponent)
            priority = "urgent" if one.urgent else "normal"
            arrives = one.instructed_currency or one.currency
            yield file.name, place, [message.created[11:19], payer, payee, one.currency, amount, priority, arrives]


def _as_named(known: dict[str, int], bic: str) -> str:
    """A bank is named in a scenario by its BIC, with its branch or without."""
    return bic if bic in known else bic[:8]


def _places(scenario: Scenario) -> dict[str, int]:
    return {bank: number for number, bank in enumerate(scenario.banks)}


def _is_beside(scenario: Scenario, line: Line | Mistake) -> bool:
    """Whether a line is in another currency that is played with this one."""
    return not isinstance(line, Mistake) and len(line[2]) >= len(COLUMNS) and line[2][3] in scenario.beside


def _row(scenario: Scenario, place: dict[str, int], line: Line) -> tuple[int, int, int, int, bool, int] | list[Mistake]:
    """One payment, or everything that is wrong with its line."""
    file, where, row = line
    if len(row) not in (len(COLUMNS), len(COLUMNS) + 1):
        return [Mistake(file, where, f"{len(COLUMNS)} fields are wanted, or {len(COLUMNS) + 1}; {len(row)} are there")]
    at, payer, payee, currency, amount, priority, *more = row
    arrives = more[0] if more and more[0] else currency
    wrong = []
    arrived = minor = -1
    try:
        arrived = seconds_of(time.fromisoformat(at))
    except ValueError:
        wrong.append(f"{at!r} is no time such as 09:30:00")
    if arrived >= 0 and not scenario.opens_s <= arrived < scenario.closes_s:
        wrong.append(f"{at} is before the opening, or not before the closing")
    wrong += [f"{bank} is no bank of this scenario" for bank in dict.fromkeys((payer, payee)) if bank not in place]
    if payer == payee:
        wrong.append(f"{payer} pays itself")
    if currency != scenario.currency:
        codes = " and ".join(sorted([scenario.currency, *scenario.beside]))
        wrong.append(f"the scenario is in {codes}, not in {currency}")
    try:
        minor = minor_of(amount, scenario.exponent)
    except AmountFault as fault:
        wrong.append(str(fault))
    if minor == 0:
        wrong.append("an amount of nothing")
    if priority not in ("urgent", "normal"):
        wrong.append(f"priority is urgent or normal, not {priority!r}")
    elif priority == "normal" and not scenario.cut_offs_s:
        wrong.append("normal payments wait for a cut-off, and the scenario has none")
    target = -1
    if arrives != currency and scenario.exchange is None:
        wrong.append(f"it changes into {arrives}, and the scenario has no table [fx] that says at what rates")
    elif arrives != currency and scenario.exchange is not None:
        known = scenario.exchange.currencies
        target = known.index(arrives) if arrives in known else -1
        if target < 0:
            wrong.append(f"{arrives} is none of the scenario's currencies")
    if wrong:
        return [Mistake(file, where, reason) for reason in wrong]
    return arrived, place[payer], place[payee], minor, priority == "urgent", target

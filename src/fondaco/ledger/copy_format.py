"""Records in PostgreSQL's binary forms: rows for COPY and columns for arrays, made and read by numpy without a loop over rows.

A `uuid` holds a number of 128 bits, the high half first, so that the server's order is that of the numbers. A number of 64 bits is a
`bigint` of the same bits: where it is the booker's (`user_data_64`) it may show as a negative one. No field is ever NULL, so that every
row of a table has the same width.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# The signature of the format, flags, and the length of an extension: none.
_HEAD = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TAIL = struct.pack(">h", -1)


class Column(NamedTuple):
    """One field of a record, and how the server holds it: `wide` is a number of 128 bits cut to its low half."""

    name: str
    type: str
    wide: bool = False


class _Form(NamedTuple):
    oid: int
    dtype: str


_FORMS = {"uuid": _Form(2950, "V16"), "bigint": _Form(20, ">i8"), "integer": _Form(23, ">i4")}


def uuids(halves: NDArray[Any]) -> NDArray[Any]:
    """Numbers of 128 bits, of shape (n, 2) with the low half first, as 16 bytes each, the high half first."""
    return np.ascontiguousarray(halves[:, ::-1].astype(">u8")).view("V16").reshape(len(halves))


def halves_of(raw: NDArray[Any]) -> NDArray[Any]:
    """What `uuids` made, undone."""
    return np.ascontiguousarray(raw).view(">u8").reshape(-1, 2)[:, ::-1].astype("<u8")


def uuids_of(numbers: Iterable[int]) -> NDArray[Any]:
    """Numbers of 128 bits as 16 bytes each."""
    return np.frombuffer(b"".join(number.to_bytes(16, "big") for number in numbers), "V16")


def server_form(column: Column, values: NDArray[Any]) -> NDArray[Any]:
    """A field of records as the server's type holds it."""
    if column.type == "uuid":
        return uuids(values) if values.dtype.kind == "u" else values
    if column.wide:
        values = values[:, 0]
    return values.astype(_FORMS[column.type].dtype)


def rows_to_copy(columns: Sequence[Column], values: Sequence[NDArray[Any]]) -> bytes:
    """What COPY FROM STDIN (FORMAT binary) takes for these columns, each of one length."""
    rows = np.empty(len(values[0]), _row_type(columns))
    rows["fields"] = len(columns)
    for column, one in zip(columns, values, strict=True):
        form = server_form(column, one)
        rows[f"{column.name} size"] = form.itemsize
        rows[column.name] = form
    return _HEAD + rows.tobytes() + _TAIL


def rows_copied(columns: Sequence[Column], raw: bytes) -> NDArray[Any]:
    """The rows that COPY TO STDOUT (FORMAT binary) gave: an array with one field for each column, in the server's form."""
    dtype = _row_type(columns)
    body = memoryview(raw)[len(_HEAD) : len(raw) - len(_TAIL)]
    assert raw.startswith(_HEAD) and raw.endswith(_TAIL) and len(body) % dtype.itemsize == 0, (
        "rows of this width and nothing else"
    )
    rows = np.frombuffer(body, dtype)
    assert (rows["fields"] == len(columns)).all() if len(rows) else True, "rows of these columns"
    return rows


def array_value(column: Column, values: NDArray[Any]) -> bytes:
    """The binary form of an array parameter with these values."""
    form = server_form(column, values)
    rows = np.empty(len(form), np.dtype([("size", ">i4"), ("value", form.dtype)]))
    rows["size"] = form.itemsize
    rows["value"] = form
    # One dimension, no NULLs, the type of its elements, then how many there are, counted from 1.
    head = struct.pack(">iiI", 1, 0, _FORMS[column.type].oid) + struct.pack(">ii", len(form), 1)
    return head + rows.tobytes()


def into_records(columns: Sequence[Column], rows: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Rows that were copied, as records of ours; what the rows do not hold is zero."""
    records = np.zeros(len(rows), dtype)
    for column in columns:
        if column.name not in (dtype.names or ()):
            continue
        values = rows[column.name]
        if column.type == "uuid":
            records[column.name] = halves_of(values)
        elif column.wide:
            records[column.name][:, 0] = values.astype("<i8").view("<u8")
        else:
            records[column.name] = values.astype("<i8").view("<u8")
    return records


def _row_type(columns: Sequence[Column]) -> np.dtype[Any]:
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for column in columns:
        fields += [(f"{column.name} size", ">i4"), (column.name, _FORMS[column.type].dtype)]
    return np.dtype(fields)

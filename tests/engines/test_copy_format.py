"""PostgreSQL's binary forms: what numpy makes of records is what the server reads, and the other way round."""

from __future__ import annotations

import numpy as np
import psycopg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.ledger.copy_format import Column, array_value, halves_of, into_records, rows_copied, rows_to_copy, uuids
from fondaco.ledger.engine import TRANSFER, Transfer, decode, transfer_records
from fondaco.ledger.postgres_schema import TRANSFER_COLUMNS, names

wide, middle, narrow, short = (st.integers(0, 2**bits - 1) for bits in (128, 64, 32, 16))
stamps = st.integers(0, 2**63 - 1)
transfers = st.builds(Transfer, wide, wide, wide, stamps, narrow, short, short, wide, narrow, middle, wide, narrow, stamps)


@given(st.lists(transfers, max_size=20))
def test_any_transfer_survives_the_copy_format(events: list[Transfer]) -> None:
    records = transfer_records(events)
    fields = [np.arange(len(events)), *(records[column.name] for column in TRANSFER_COLUMNS[1:])]
    rows = rows_copied(TRANSFER_COLUMNS, rows_to_copy(TRANSFER_COLUMNS, fields))
    assert rows["position"].tolist() == list(range(len(events)))
    assert decode(into_records(TRANSFER_COLUMNS, rows, TRANSFER).tobytes()) == events


@given(st.lists(wide, max_size=20))
def test_a_number_of_128_bits_and_its_16_bytes_are_one(numbers: list[int]) -> None:
    halves = np.array([[n & (1 << 64) - 1, n >> 64] for n in numbers], np.uint64).reshape(-1, 2)
    made = uuids(halves)
    assert made.tobytes() == b"".join(n.to_bytes(16, "big") for n in numbers)
    assert halves_of(made).tolist() == halves.tolist()


@given(st.lists(transfers, min_size=1, max_size=8))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_server_reads_what_was_made_and_gives_it_back(postgres: str, events: list[Transfer]) -> None:
    records = transfer_records(events)
    fields = [np.arange(len(events)), *(records[column.name] for column in TRANSFER_COLUMNS[1:])]
    table = ", ".join(f"{column.name} {column.type}" for column in TRANSFER_COLUMNS)
    with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE t ({table}) ON COMMIT DROP".encode())
        with cursor.copy("COPY t FROM STDIN (FORMAT binary)") as copy:
            copy.write(rows_to_copy(TRANSFER_COLUMNS, fields))
        rows = cursor.execute("SELECT id, user_data_64, amount, flags FROM t ORDER BY position").fetchall()
        assert [(row[0].int, row[1] % 2**64, row[2], row[3]) for row in rows] == [
            (event.id, event.user_data_64, event.amount, event.flags) for event in events
        ]
        with cursor.copy(
            f"COPY (SELECT {names(TRANSFER_COLUMNS)} FROM t ORDER BY position) TO STDOUT (FORMAT binary)".encode()
        ) as copy:
            copied = rows_copied(TRANSFER_COLUMNS, b"".join(copy))
        assert decode(into_records(TRANSFER_COLUMNS, copied, TRANSFER).tobytes()) == events


@given(st.lists(wide, max_size=9), st.lists(st.integers(-(2**63), 2**63 - 1), max_size=9))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_server_reads_arrays(postgres: str, keys: list[int], numbers: list[int]) -> None:
    halves = np.array([[n & (1 << 64) - 1, n >> 64] for n in keys], np.uint64).reshape(-1, 2)
    with psycopg.connect(postgres) as connection:
        made = (array_value(Column("", "uuid"), halves), array_value(Column("", "bigint"), np.array(numbers, np.int64)))
        found = connection.pgconn.exec_params(
            b"SELECT array_to_string($1::uuid[], ','), array_to_string($2::bigint[], ',')", made, param_formats=[1, 1]
        )
    texts = [(found.get_value(0, at) or b"").decode() for at in (0, 1)]
    assert [int(text.replace("-", ""), 16) for text in texts[0].split(",") if text] == keys
    assert [int(text) for text in texts[1].split(",") if text] == numbers

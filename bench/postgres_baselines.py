"""The books on PostgreSQL beside what one would write without a kernel: how many transfers a second, durable.

Two baselines on the same server, with tables of the same columns, every flush on:

    loop        PL/pgSQL checks and books a whole batch in one call, event by event
    function    one call of a function for each transfer, by pgbench (C, prepared) at 1, 16 and 64 connections

Both check what the kernel checks of a plain transfer: the id, both accounts, their ledgers, the limits of both sides. Neither has chains,
pending transfers or burnt ids, so they are ahead where the comparison is not even. `measure` runs them and `PostgresEngine` in turns
and takes medians; the flush of the disk is measured in the same minute, since it is most of a small commit.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))

from fondaco.ledger import Account, PostgresEngine
from fondaco.ledger.engine import TRANSFER, Transfers
from postgres_server import PostgresServer

ACCOUNTS = 10_000
LEDGER = 7
CONNECTIONS = (1, 16, 64)
BATCHES = (8189, 1000, 64, 1)
SETTINGS = {"shared_buffers": "512MB", "max_wal_size": "4GB", "max_connections": "120"}

_TABLES = """
CREATE TABLE account (
    debits_pending bigint NOT NULL DEFAULT 0, debits_posted bigint NOT NULL DEFAULT 0, credits_pending bigint NOT NULL DEFAULT 0,
    credits_posted bigint NOT NULL DEFAULT 0, flags integer NOT NULL DEFAULT 0, id uuid PRIMARY KEY, ledger bigint NOT NULL
) WITH (fillfactor = 50);
CREATE TABLE transfer (
    timestamp bigint NOT NULL, amount bigint NOT NULL, ledger bigint NOT NULL, user_data_64 bigint NOT NULL DEFAULT 0,
    user_data_32 bigint NOT NULL DEFAULT 0, timeout bigint NOT NULL DEFAULT 0, code integer NOT NULL, flags integer NOT NULL DEFAULT 0,
    id uuid PRIMARY KEY, debit_account_id uuid NOT NULL, credit_account_id uuid NOT NULL,
    pending_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    user_data_128 uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000'
);
CREATE FUNCTION account_of(n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$ SELECT lpad(to_hex(n), 32, '0')::uuid $$;
CREATE FUNCTION book_one(key uuid, debit uuid, credit uuid, moved bigint, book bigint, kind integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE d account; c account;
BEGIN
    IF EXISTS (SELECT FROM transfer WHERE id = key) THEN RETURN 46; END IF;
    -- In one order whoever pays whom, or two calls would wait for each other for ever.
    IF debit < credit THEN
        SELECT * INTO d FROM account WHERE id = debit FOR UPDATE;
        SELECT * INTO c FROM account WHERE id = credit FOR UPDATE;
    ELSE
        SELECT * INTO c FROM account WHERE id = credit FOR UPDATE;
        SELECT * INTO d FROM account WHERE id = debit FOR UPDATE;
    END IF;
    IF d.id IS NULL THEN RETURN 21; END IF;
    IF c.id IS NULL THEN RETURN 22; END IF;
    IF d.ledger <> c.ledger THEN RETURN 23; END IF;
    IF d.ledger <> book THEN RETURN 24; END IF;
    IF d.flags & 2 <> 0 AND d.debits_pending + d.debits_posted + moved > d.credits_posted THEN RETURN 54; END IF;
    IF c.flags & 4 <> 0 AND c.credits_pending + c.credits_posted + moved > c.debits_posted THEN RETURN 55; END IF;
    UPDATE account SET debits_posted = debits_posted + moved WHERE id = debit;
    UPDATE account SET credits_posted = credits_posted + moved WHERE id = credit;
    INSERT INTO transfer (timestamp, amount, ledger, code, id, debit_account_id, credit_account_id)
        VALUES ((extract(epoch FROM clock_timestamp()) * 1000000000)::bigint, moved, book, kind, key, debit, credit);
    RETURN 0;
END $$;
CREATE FUNCTION book_loop(keys uuid[], debits uuid[], credits uuid[], moved bigint[], book bigint, kind integer) RETURNS integer[]
LANGUAGE plpgsql AS $$
DECLARE answers integer[] := '{}';
BEGIN
    FOR n IN 1 .. cardinality(keys) LOOP
        answers := answers || book_one(keys[n], debits[n], credits[n], moved[n], book, kind);
    END LOOP;
    RETURN answers;
END $$;
"""


class Speed(NamedTuple):
    """Transfers a second, and how long a caller waited for one answer."""

    per_s: float
    p50_ms: float
    p99_ms: float


def prepare(dsn: str) -> None:
    """Tables, functions and accounts of the baselines in an empty database."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_TABLES.encode())
        connection.execute(
            "INSERT INTO account (id, ledger) SELECT account_of(n), %s FROM generate_series(1, %s) AS n", (LEDGER, ACCOUNTS)
        )
        connection.execute("VACUUM ANALYZE")


def open_engine(dsn: str) -> PostgresEngine:
    """Our engine with as many accounts."""
    engine = PostgresEngine(dsn)
    assert engine.create_accounts([Account(n, LEDGER, 1) for n in range(1, ACCOUNTS + 1)], 1) == [0] * ACCOUNTS
    return engine


class Workload:
    """Transfers of one minor unit and more between accounts drawn with a seed; ids increase."""

    def __init__(self, seed: int, hot: bool = False) -> None:
        self._draw, self._hot, self._next = np.random.default_rng(seed), hot, 1

    def records(self, count: int) -> Transfers:
        """One message. With `hot` every one of them debits account 1."""
        records = np.zeros(count, TRANSFER)
        debits = np.ones(count, np.int64) if self._hot else self._draw.integers(1, ACCOUNTS + 1, count)
        records["id"][:, 1], records["id"][:, 0] = np.arange(self._next, self._next + count), 1
        records["debit_account_id"][:, 0] = debits
        records["credit_account_id"][:, 0] = (debits + self._draw.integers(1, ACCOUNTS, count) - 1) % ACCOUNTS + 1
        records["amount"][:, 0] = self._draw.integers(1, 100, count)
        records["ledger"], records["code"] = LEDGER, 1
        self._next += count
        return records


def _timed(deeds: Sequence[Callable[[], None]], transfers: int) -> Speed:
    waits = []
    began = time.perf_counter()
    for deed in deeds:
        start = time.perf_counter()
        deed()
        waits.append((time.perf_counter() - start) * 1000)
    return Speed(transfers / (time.perf_counter() - began), *_percentiles(waits))


def _percentiles(waits_ms: Sequence[float]) -> tuple[float, float]:
    ordered = sorted(waits_ms)
    return ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def engine_batches(engine: PostgresEngine, work: Workload, size: int, rounds: int) -> Speed:
    """Messages of `size`, each one commit."""
    messages = [work.records(size) for _ in range(rounds)]

    def book(message: Transfers) -> Callable[[], None]:
        def deed() -> None:
            assert not engine.book(message, 1).any()

        return deed

    return _timed([book(message) for message in messages], size * rounds)


def engine_singles(engine: PostgresEngine, work: Workload, in_flight: int, rounds: int) -> Speed:
    """`in_flight` callers with one transfer each, all of whom one commit serves: what a gateway in front of the engine hands it."""
    groups = []
    for _ in range(rounds):
        records = work.records(in_flight)
        groups.append([records[at : at + 1] for at in range(in_flight)])

    def book(group: list[Transfers]) -> Callable[[], None]:
        def deed() -> None:
            assert not any(answer.any() for answer in engine.book_all(group, 1))

        return deed

    return _timed([book(group) for group in groups], in_flight * rounds)


def loop(dsn: str, work: Workload, size: int, rounds: int) -> Speed:
    """Baseline (a): a batch in one call of PL/pgSQL, which is one transaction."""
    batches = []
    for _ in range(rounds):
        records = work.records(size)
        keys = [f"{high:016x}{low:016x}" for low, high in records["id"].tolist()]
        sides = [[f"{low:032x}" for low, _ in records[name].tolist()] for name in ("debit_account_id", "credit_account_id")]
        batches.append((keys, *sides, records["amount"][:, 0].tolist()))
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Ids begin anew with each workload; those of the round before would answer that they exist.
        connection.execute("TRUNCATE transfer")

        def book(batch: tuple[Any, ...]) -> Callable[[], None]:
            def deed() -> None:
                query = "SELECT book_loop(%s::uuid[], %s::uuid[], %s::uuid[], %s::bigint[], %s, 1)"
                row = connection.execute(query, (*batch, LEDGER), prepare=True).fetchone()
                assert row is not None and not any(row[0])

            return deed

        return _timed([book(batch) for batch in batches], size * rounds)


def function(server: PostgresServer, dsn: str, connections: int, seconds: int, hot: bool = False) -> Speed:
    """Baseline (b): one call for each transfer, by pgbench with so many connections."""
    debit = "1" if hot else f"random(1, {ACCOUNTS})"
    script = (
        f"\\set debit {debit}\n\\set credit (:debit + random(1, {ACCOUNTS - 1}) - 1) % {ACCOUNTS} + 1\n\\set moved random(1, 99)\n"
        f"SELECT book_one(uuidv7(), account_of(:debit), account_of(:credit), :moved, {LEDGER}, 1);\n"
    )
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "one.sql"
        path.write_text(script)
        parts = psycopg.conninfo.conninfo_to_dict(dsn)
        subprocess.run(
            [
                server.program("pgbench"), "-n", "-M", "prepared", "-f", path, "-c", str(connections), "-j", str(min(connections, 2)),
                "-T", str(seconds), "-h", parts["host"], "-U", parts["user"], "-l", "--log-prefix", str(Path(home) / "log"),
                parts["dbname"],
            ],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        # Of each line: client, number, microseconds, script, seconds and microseconds of the end.
        lines = [line.split() for log in Path(home).glob("log*") for line in log.read_text().splitlines()]
    waits = [int(line[2]) / 1000 for line in lines]
    ends = [int(line[4]) + int(line[5]) / 1e6 for line in lines]
    return Speed(len(lines) / (max(ends) - min(ends)), *_percentiles(waits))


def flush_ms(folder: Path, rounds: int = 200) -> float:
    """The median of appending 8 KiB to a file there and flushing it."""
    waits = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(rounds):
            start = time.perf_counter()
            file.write(bytes(8192))
            file.flush()
            os.fdatasync(file.fileno())
            waits.append((time.perf_counter() - start) * 1000)
    return statistics.median(waits)


def contenders(server: PostgresServer, seconds: int, scale: float) -> Iterator[tuple[str, Callable[[], Speed]]]:
    """Everything that is compared, by name; each is a function that measures once."""
    plain, ours, hot_ours = server.fresh_database(), server.fresh_database(), server.fresh_database()
    prepare(plain)
    engine, hot_engine = open_engine(ours), open_engine(hot_ours)
    work, hot_work = Workload(1), Workload(2, hot=True)
    # The kernel is compiled, and statements are prepared, before the clock runs.
    for size in BATCHES:
        engine_batches(engine, work, size, 6)
    for one, its_work in ((engine, work), (hot_engine, hot_work)):
        engine_singles(one, its_work, 64, 6)
    rounds = {8189: 12, 1000: 40, 64: 200, 1: 300}
    for size in BATCHES:
        count = max(2, int(rounds[size] * scale))
        yield f"engine {size}", lambda size=size, count=count: engine_batches(engine, work, size, count)
        if size > 1:
            few = max(2, count // 4)
            yield f"loop {size}", lambda size=size, few=few: loop(plain, Workload(3), size, few)
    many = max(2, int(200 * scale))
    yield "engine 64 singles", lambda: engine_singles(engine, work, 64, many)
    yield "engine 64 singles, one hot account", lambda: engine_singles(hot_engine, hot_work, 64, many)
    for connections in CONNECTIONS:
        yield f"function c{connections}", lambda c=connections: function(server, plain, c, seconds)
        yield f"function c{connections}, one hot account", lambda c=connections: function(server, plain, c, seconds, hot=True)


def measure(rounds: int = 5, seconds: int = 3, scale: float = 1.0) -> dict[str, Any]:
    """All contenders in turns, `rounds` times; medians, and the ratios that the goals speak of."""
    with PostgresServer(SETTINGS) as server:
        found: dict[str, list[Speed]] = {}
        flushes = []
        measured = list(contenders(server, seconds, scale))
        for _ in range(rounds):
            flushes.append(flush_ms(server.folder))
            for name, once in measured:
                found.setdefault(name, []).append(once())
        speeds = {name: Speed(*map(statistics.median, zip(*all_, strict=True))) for name, all_ in found.items()}
    best = max(speeds[f"function c{c}"].per_s for c in CONNECTIONS)
    best_hot = max(speeds[f"function c{c}, one hot account"].per_s for c in CONNECTIONS)
    ratios = {f"loop {size}": speeds[f"engine {size}"].per_s / speeds[f"loop {size}"].per_s for size in BATCHES if size > 1}
    ratios["function at its best, 64 singles"] = speeds["engine 64 singles"].per_s / best
    ratios["function at its best, one hot account"] = speeds["engine 64 singles, one hot account"].per_s / best_hot
    return {
        "speeds": {
            name: {"per_s": round(s.per_s), "p50_ms": round(s.p50_ms, 2), "p99_ms": round(s.p99_ms, 2)}
            for name, s in speeds.items()
        },
        "times_faster_than": {name: round(ratio, 1) for name, ratio in ratios.items()},
        "flush_ms": round(statistics.median(flushes), 3),
        "load": os.getloadavg()[0],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="of how much the engine and the loop are given to do")
    chosen = parser.parse_args()
    print(json.dumps(measure(chosen.rounds, chosen.seconds, chosen.scale), indent=1))

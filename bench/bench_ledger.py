"""How fast are the books, each engine beside the others in one run, durable before answered?

    ./run bench ledger [--seconds 2] [--rounds 5] [--growth 20000000] [--no-servers]

Rounds are interleaved, so that a noisy machine disturbs all engines alike; figures are medians of the rounds. TigerBeetle takes part
when `FONDACO_TIGERBEETLE` names a cluster's addresses or a program; where there is none its figures and ratios are null.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from fondaco.ledger import Account, SqliteEngine, account_records
from fondaco.ledger.engine import TRANSFER, Transfers
from fondaco.ledger.gateway import Gateway

SIZES = (8189, 1000, 64, 1)
ACCOUNTS = 10_000
CALLERS = 64
# A function for each transfer is given the concurrency that suits it best; so are we, beside the 64.
MANY_CALLERS = 1_000
SEED = 20_261_126


class Draw:
    """Plain transfers between random accounts of one ledger, with ids that increase as the hub's do."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        self._next = 1

    def transfers(self, count: int, hot: int | None = None) -> Transfers:
        records = np.zeros(count, TRANSFER)
        ids = np.arange(self._next, self._next + count, dtype=np.uint64)
        self._next += count
        records["id"][:, 1] = ids  # intent in the high half, leg 1 in the low
        records["id"][:, 0] = 1
        debit = self._random.integers(0, ACCOUNTS, count, dtype=np.uint64)
        step = self._random.integers(1, ACCOUNTS, count, dtype=np.uint64)
        if hot is not None:
            debit[:] = hot
        records["debit_account_id"][:, 0] = 1 + debit
        records["credit_account_id"][:, 0] = 1 + (debit + step) % np.uint64(ACCOUNTS)
        records["amount"][:, 0] = self._random.integers(1, 10_000, count, dtype=np.uint64)
        records["ledger"], records["code"] = 7, 1
        return records


def open_accounts(engine: Any) -> None:
    for start in range(1, ACCOUNTS + 1, 5000):
        records = account_records(Account(key, 7, 1) for key in range(start, start + 5000))
        assert not engine.open_accounts(records, time.time_ns()).any()


def rate_of_batches(engine: Any, draw: Draw, size: int, seconds: float, hot: int | None = None) -> float:
    """Transfers a second of one caller who asks for a message, waits for its answer, and asks for the next."""
    messages = [draw.transfers(size, hot) for _ in range(max(1, min(2000, 400_000 // size)))]
    done, started = 0, time.perf_counter()
    spent = 0.0
    for message in messages:
        statuses = engine.book(message, time.time_ns())
        done += size
        assert not statuses.any()
        spent = time.perf_counter() - started
        if spent >= seconds:
            break
    return done / spent


def rate_of_singles(
    engine: Any, draw: Draw, seconds: float, hot: int | None = None, callers: int = CALLERS
) -> tuple[float, float, float]:
    """(transfers a second, p50 ms, p99 ms) of so many callers at once, each with one transfer at a time, through the gateway."""
    stock = draw.transfers(600_000, hot)
    taken = iter(range(len(stock)))
    delays: list[float] = []

    async def caller(gateway: Gateway, until: float) -> None:
        while time.perf_counter() < until:
            at = next(taken, None)
            if at is None:
                return
            asked = time.perf_counter()
            statuses = await gateway.book(stock[at : at + 1])
            delays.append(time.perf_counter() - asked)
            assert not statuses[0]

    async def all_callers() -> float:
        gateway = Gateway(engine, time.time_ns)
        started = time.perf_counter()
        await asyncio.gather(*(caller(gateway, started + seconds) for _ in range(callers)))
        return time.perf_counter() - started

    spent = asyncio.run(all_callers())
    ordered = sorted(delays)
    return len(delays) / spent, ordered[len(ordered) // 2] * 1e3, ordered[len(ordered) * 99 // 100] * 1e3


def fsync_ms(folder: Path) -> float:
    """What it costs here to append 4 KiB and have them on the disk: the median of 200."""
    costs = []
    with (folder / "fsync").open("wb", buffering=0) as file:
        for _ in range(200):
            started = time.perf_counter()
            file.write(bytes(4096))
            os.fdatasync(file.fileno())
            costs.append(time.perf_counter() - started)
    return statistics.median(costs) * 1e3


def replay(folder: Path) -> float:
    """Transfers a second of applying the whole log again: no snapshot, one opening."""
    shutil.rmtree(folder / "snapshot", ignore_errors=True)
    started = time.perf_counter()
    engine = SqliteEngine(folder, "compiled")
    spent = time.perf_counter() - started
    count = engine._kernel.position
    engine.close()
    return count / spent


def growth(folder: Path, most: int) -> dict[str, Any]:
    """Rates at 8,189 and what is held, while a log grows from a million transfers on."""
    engine, draw = SqliteEngine(folder, "compiled"), Draw(SEED + 9)
    open_accounts(engine)
    steps = []
    for target in (1_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000):
        if target > most:
            break
        while engine._kernel.position < target - 400_000:
            engine.book(draw.transfers(8189), time.time_ns())
        rate = rate_of_batches(engine, draw, 8189, 5)
        steps.append({"transfers": engine._kernel.position, "per_s_8189": round(rate), "rss_mb": rss_mb()})
        print(f"  growth: {steps[-1]}", file=sys.stderr, flush=True)
    count = engine._kernel.position
    engine.close()
    on_disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    opened = time.perf_counter()
    SqliteEngine(folder, "compiled").close()
    return {
        "steps": steps,
        "bytes_per_transfer_on_disk": round(on_disk / count, 1),
        "bytes_per_transfer_in_memory": round(
            (steps[-1]["rss_mb"] - steps[0]["rss_mb"]) * 2**20 / (count - steps[0]["transfers"]), 1
        )
        if len(steps) > 1
        else None,
        "open_with_snapshot_s": round(time.perf_counter() - opened, 2),
    }


def rss_mb() -> int:
    """What of the process is in memory now, without pages of files that can be read again."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", type=int, default=20_000_000, help="how far a log is let grow, 0 for not at all")
    parser.add_argument("--no-servers", action="store_true", help="the embedded engines alone")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tools"))
    folder = Path(tempfile.mkdtemp(prefix="fondaco-ledger-", dir=Path.cwd()))
    try:
        print(json.dumps(run(options, folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Everything once through, in rounds; one flat object of figures, null where there was nothing to measure."""
    with ExitStack() as stack:
        figures, also = in_rounds(options, folder, stack)
    result: dict[str, Any] = {"fsync_ms": also.pop("fsync_ms")}
    for name in ("reference", "sqlite", "postgres", "tigerbeetle"):
        for key in (*map(str, SIZES), "singles64"):
            result[f"{name}_per_s_{key}"] = whole(figures.get(f"{name} {key}"))
        for part in ("p50", "p99"):
            delay = figures.get(f"{name} {part}")
            result[f"{name}_singles64_{part}_ms"] = None if delay is None else round(delay, 2)
    result |= ratios(figures)
    result["baselines_per_s"] = {name: whole(figures.get(name)) for name in BASELINES}
    result["replay_per_s"] = round(replay(folder / "sqlite"))
    if options.growth:
        result["growth"] = growth(folder / "growth", options.growth)
    return result | {
        "postgres": also.get("postgres"),
        "tigerbeetle": also.get("tigerbeetle"),
        "tigerbeetle_does_besides": "replication, repair of damaged disks from replicas, indexes over all transfers on disk",
        "load_before": also["load"],
        "seed": SEED,
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "numpy": np.__version__,
        "numba": version("numba"),
        "apsw": version("apsw"),
    }


BASELINES = (
    "plpgsql 8189", "function best", "function hot best", f"postgres singles{MANY_CALLERS}", "postgres hot singles64",
    f"postgres hot singles{MANY_CALLERS}", "postgres hot 8189", "stock 8189",
)  # fmt: skip


def whole(figure: float | None) -> int | None:
    return None if figure is None else round(figure)


def ratios(figures: dict[str, float]) -> dict[str, float | None]:
    def ratio(one: str, other: str) -> float | None:
        return round(figures[one] / figures[other], 2) if one in figures and other in figures else None

    return {
        "sqlite_vs_tigerbeetle_8189": ratio("sqlite 8189", "tigerbeetle 8189"),
        "sqlite_vs_tigerbeetle_1000": ratio("sqlite 1000", "tigerbeetle 1000"),
        "sqlite_vs_tigerbeetle_singles64": ratio("sqlite singles64", "tigerbeetle singles64"),
        "reference_vs_tigerbeetle_8189": ratio("reference 8189", "tigerbeetle 8189"),
        "postgres_vs_plpgsql_ratio": ratio("postgres 8189", "plpgsql 8189"),
        "postgres_vs_function_ratio": ratio("postgres singles best", "function best"),
        "postgres_vs_function_hot_ratio": ratio("postgres hot best", "function hot best"),
        "tigerbeetle_vs_stock_ratio": ratio("tigerbeetle 8189", "stock 8189"),
    }


def in_rounds(options: argparse.Namespace, folder: Path, stack: ExitStack) -> tuple[dict[str, float], dict[str, Any]]:
    """Medians of the rounds by contender and measurement, and what else is to be said."""
    also: dict[str, Any] = {"load": [round(one, 2) for one in os.getloadavg()]}
    contenders: list[tuple[str, Callable[[], dict[str, float]]]] = []
    for name, kernel in (("reference", "reference"), ("sqlite", "compiled")):
        contenders.append((name, apart(name, folder / name, kernel, options.seconds, stack)))
    if not options.no_servers:
        contenders += postgres(options.seconds, stack, also)
        contenders += tigerbeetle(options.seconds, folder, stack, also)
    rounds: dict[str, list[float]] = {}
    costs = []
    for number in range(options.rounds):
        costs.append(fsync_ms(folder))
        for name, once in contenders:
            os.sync()  # what the one before left in memory is on the disk before the clock of the next runs
            found = once()
            shown = {key.removeprefix(f"{name} "): round(value, 2 if value < 100 else None) for key, value in found.items()}
            print(f"  round {number + 1} of {options.rounds}, {name}: {shown}", file=sys.stderr, flush=True)
            for key, value in found.items():
                rounds.setdefault(key, []).append(value)
    also["fsync_ms"] = round(statistics.median(costs), 3)
    figures = {key: statistics.median(values) for key, values in rounds.items()}
    for best, parts in (
        ("function best", "function c"),
        ("function hot best", "function hot c"),
        ("postgres singles best", "postgres singles"),
        ("postgres hot best", "postgres hot "),
    ):
        found_best = [value for key, value in figures.items() if key.startswith(parts)]
        if found_best:
            figures[best] = max(found_best)
    return figures, also


def apart(name: str, folder: Path, kernel: str, seconds: float, stack: ExitStack) -> Callable[[], dict[str, float]]:
    """An embedded engine in a process of its own, as a hub has it: what others keep in memory would slow it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=measured_apart, args=(there, name, folder, kernel, seconds))
    process.start()
    there.close()
    stack.callback(process.join)
    stack.callback(here.close)

    def once() -> dict[str, float]:
        here.send(True)
        found: dict[str, float] = here.recv()
        return found

    return once


def measured_apart(asked: Connection, name: str, folder: Path, kernel: str, seconds: float) -> None:
    """Measure each time it is asked, until nobody asks any more."""
    with ExitStack() as stack, suppress(EOFError):
        once = ours(name, SqliteEngine(folder, kernel), Draw(SEED), seconds, stack)
        while asked.recv():
            asked.send(once())


def ours(name: str, engine: Any, draw: Draw, seconds: float, stack: ExitStack) -> Callable[[], dict[str, float]]:
    """One of our engines with its accounts open and everything compiled before the clock runs."""
    stack.callback(engine.close)
    open_accounts(engine)
    for size in SIZES:
        engine.book(draw.transfers(size), time.time_ns())

    def once() -> dict[str, float]:
        found = {f"{name} {size}": rate_of_batches(engine, draw, size, seconds) for size in SIZES}
        os.sync()  # a delay is of what is asked now, not of the batches before it
        found[f"{name} singles64"], found[f"{name} p50"], found[f"{name} p99"] = rate_of_singles(engine, draw, seconds)
        return found

    return once


def postgres(seconds: float, stack: ExitStack, also: dict[str, Any]) -> list[tuple[str, Callable[[], dict[str, float]]]]:
    """Our engine on a server of its own, and the two baselines on the same server."""
    import postgres_baselines as baselines
    from fondaco.ledger import PostgresEngine

    try:
        server = stack.enter_context(baselines.PostgresServer(baselines.SETTINGS))
    except Exception as fault:
        also["postgres"] = f"no server: {fault}"
        return []
    plain = server.fresh_database()
    baselines.prepare(plain)
    engine = PostgresEngine(server.fresh_database())
    draw = Draw(SEED)  # one for both measurements: ids increase
    once = ours("postgres", engine, draw, seconds, stack)
    hot = PostgresEngine(server.fresh_database())
    stack.callback(hot.close)
    open_accounts(hot)
    hot_draw = Draw(SEED)
    hot.book(hot_draw.transfers(64, 1), time.time_ns())
    also["postgres"] = f"PostgreSQL {engine._connection.info.server_version // 10_000}"

    def singles() -> dict[str, float]:
        return {
            f"postgres singles{MANY_CALLERS}": rate_of_singles(engine, draw, seconds, None, MANY_CALLERS)[0],
            "postgres hot singles64": rate_of_singles(hot, hot_draw, seconds, 1)[0],
            f"postgres hot singles{MANY_CALLERS}": rate_of_singles(hot, hot_draw, seconds, 1, MANY_CALLERS)[0],
            "postgres hot 8189": rate_of_batches(hot, hot_draw, 8189, seconds, 1),
        }

    def loop() -> dict[str, float]:
        return {"plpgsql 8189": baselines.loop(plain, baselines.Workload(SEED), 8189, max(2, int(4 * seconds))).per_s}

    def function() -> dict[str, float]:
        whole_seconds = max(1, round(seconds))
        return {
            f"function {'hot ' if is_hot else ''}c{connections}": baselines.function(
                server, plain, connections, whole_seconds, is_hot
            ).per_s
            for connections in baselines.CONNECTIONS
            for is_hot in (False, True)
        }

    def settle() -> dict[str, float]:
        # What the server still has to write it would write while the next round's first contenders are timed.
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        return {}

    return [
        ("postgres", once),
        ("postgres singles", singles),
        ("plpgsql", loop),
        ("function", function),
        ("postgres settled", settle),
    ]


def tigerbeetle(
    seconds: float, folder: Path, stack: ExitStack, also: dict[str, Any]
) -> list[tuple[str, Callable[[], dict[str, float]]]]:
    """A cluster where `FONDACO_TIGERBEETLE` names one; nothing otherwise, and nothing remembered."""
    import tigerbeetle_cluster as cluster
    import tigerbeetle_rates

    found = cluster.addresses()
    if not found:
        reason = cluster.obstacle(folder, 1)
        program = cluster.program()
        if reason is not None or program is None:
            also["tigerbeetle"] = reason or "FONDACO_TIGERBEETLE names no program"
            return []
        found = stack.enter_context(cluster.Cluster(program, folder / "tigerbeetle", 1)).addresses

    def once() -> dict[str, float]:
        rates = tigerbeetle_rates.rates(found, seconds) or {}
        taken = {f"tigerbeetle {size}": rates[f"packets {size}"]["per_second"] for size in SIZES}
        alone = rates["async 64 x 1"]
        return taken | {
            "stock 8189": rates["objects 8189"]["per_second"],
            "tigerbeetle singles64": alone["per_second"],
            "tigerbeetle p50": alone["p50_ms"],
            "tigerbeetle p99": alone["p99_ms"],
        }

    also["tigerbeetle"] = f"client {version('tigerbeetle')}"
    return [("tigerbeetle", once)]


if __name__ == "__main__":
    main()

"""How fast are the books, each engine beside the others in one run, durable before answered?

    ./run bench ledger [--seconds 2] [--rounds 5] [--growth 20000000] [--memory 0] [--no-servers]

Rounds are interleaved, so that a noisy machine disturbs all engines alike; figures are medians of the rounds. TigerBeetle takes part
when `FONDACO_TIGERBEETLE` names a cluster's addresses or a program; where there is none its figures and ratios are null.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fondaco.ledger import Account, MemoryEngine, SqliteEngine, account_records
from fondaco.ledger.engine import TRANSFER, Transfers
from fondaco.ledger.gateway import Gateway

SIZES = (8189, 1000, 64, 1)
ACCOUNTS = 10_000
CALLERS = 64
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


def rate_of_batches(engine: Any, draw: Draw, size: int, seconds: float) -> float:
    """Transfers a second of one caller who asks for a message, waits for its answer, and asks for the next."""
    messages = [draw.transfers(size) for _ in range(max(1, min(2000, 400_000 // size)))]
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


def rate_of_singles(engine: Any, draw: Draw, seconds: float, hot: int | None = None) -> tuple[float, float, float]:
    """(transfers a second, p50 ms, p99 ms) of 64 callers at once, each with one transfer at a time, through the gateway."""
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
        await asyncio.gather(*(caller(gateway, started + seconds) for _ in range(CALLERS)))
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


def measured(engine: Any, draw: Draw, seconds: float) -> dict[str, float]:
    figures = {str(size): rate_of_batches(engine, draw, size, seconds) for size in SIZES}
    figures["singles64"], figures["singles64_p50_ms"], figures["singles64_p99_ms"] = rate_of_singles(engine, draw, seconds)
    return figures


def median_of(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}


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


def engines(folder: Path, servers: bool) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield "reference", lambda: SqliteEngine(folder / "reference", "reference")
    yield "sqlite", lambda: SqliteEngine(folder / "sqlite", "compiled")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", type=int, default=20_000_000)
    parser.add_argument("--no-servers", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fondaco-ledger-", dir=Path.cwd()))
    try:
        print(json.dumps(run(options, folder)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    MemoryEngine("compiled")  # compiled before anything is timed
    draw = Draw(SEED)
    made: dict[str, Any] = {}
    for name, make in engines(folder, not options.no_servers):
        made[name] = make()
        open_accounts(made[name])
        made[name].book(draw.transfers(8189), time.time_ns())
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in made}
    for number in range(options.rounds):
        for name, engine in made.items():
            rounds[name].append(measured(engine, draw, options.seconds))
            shown = {key: round(value, 2 if key.endswith("ms") else 0) for key, value in rounds[name][-1].items()}
            print(f"  round {number + 1} {name}: {shown}", file=sys.stderr, flush=True)
    result: dict[str, Any] = {"fsync_ms": round(fsync_ms(folder), 3)}
    for name, its in rounds.items():
        for key, value in median_of(its).items():
            result[
                f"{name}_{key}" if key.endswith("_ms") else f"{name}_per_s_{key}" if key != "singles64" else f"{name}_singles64"
            ] = round(value, 2) if key.endswith("_ms") else round(value)
    for engine in made.values():
        engine.close()
    result["replay_per_s"] = round(replay(folder / "sqlite"))
    if options.growth:
        result["growth"] = growth(folder / "growth", options.growth)
    result |= {
        "seed": SEED,
        "commit": subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "numpy": np.__version__,
    }
    return result


if __name__ == "__main__":
    main()

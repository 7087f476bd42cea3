"""A hub's own register on disk as it grows: what an event costs, how long the hub takes to open, and what it holds in memory.

    .venv/bin/python bench/trade_growth.py [--records 1000000]

Composed by `./run bench trade`. Records are issued and accepted by the register's own decisions, booked on the books and kept in the journal, a thousand to a
batch; signatures and screening are left out, since they do not grow (`trade_register.py` and `trade_delivery.py` have them). An event's cost is that of the
last tenth, in the core's own time. At each mark the hub is opened in a process of its own: wall seconds, memory in use then, and how long the log's head
and one record's proof take. No offer waits.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tools")]

import msgspec  # noqa: E402

from fondaco.core import Instant, utc_text  # noqa: E402
from fondaco.hub import close_hub, open_hub  # noqa: E402
from fondaco.hub.machines import Outcome  # noqa: E402
from fondaco.hub.state import Batch  # noqa: E402
from fondaco.journal import Inputs  # noqa: E402
from fondaco.trade import Deed  # noqa: E402
from fondaco.trade.canonical import canonical  # noqa: E402
from titles import lading  # noqa: E402
from trade_register import resident_mb  # noqa: E402
from trades import CARRIER, EXPORTER, TradeDesk  # noqa: E402
from union import HUB, S  # noqa: E402

MARKS = (10_000, 100_000, 1_000_000)
BATCH = 1_000
_CONTENT = canonical(lading("SERIAL"))
_UNSIGNED = ((b"", b""),)


def issue(number: int) -> Deed:
    body = {
        "kind": "BILL_OF_LADING", "serial": f"S{number:08d}", "recipient": EXPORTER, "title": "ORDER", "named": EXPORTER,
        "content": _CONTENT.replace("SERIAL", f"S{number:08d}"), "law": "SG",
    }  # fmt: skip
    return Deed(HUB, CARRIER, "", 0, "ISSUE", msgspec.json.encode(body), _UNSIGNED)


def accept(desk: TradeDesk, instrument: str) -> Deed:
    record = desk.record(instrument)
    return Deed(HUB, EXPORTER, instrument, record.seq, "ACCEPT", msgspec.json.encode({"head": record.head}), _UNSIGNED)


def fill(desk: TradeDesk, first: int, last: int) -> None:
    """One batch of records with these numbers: each issued and accepted."""
    hub, trading = desk.hub, desk.hub.trading
    desk.now = Instant(desk.now + S)
    counters = hub.desk.counters
    number = hub.kept()[0] + 1
    inputs = Inputs(
        number, int(desk.now), counters.intent, counters.list_set, msgspec.msgpack.encode([]), number.to_bytes(32, "big")
    )
    hub._keep(inputs)
    batch = Batch(number, desk.now, utc_text(desk.now))
    batch.inputs, counters.last_instant = inputs, int(desk.now)
    trading.begin([])
    for serial in range(first, last + 1):
        for deed in (issue(serial), None):
            given = deed or accept(desk, f"ETR-{serial:06d}")
            found = trading.records.decide(given, batch.at, (given.actor,))
            assert isinstance(found, Outcome), found
            assert trading._booked(batch, found) is None
            trading.take(batch, trading.records, found, given.action, given.actor)
    with hub.books.together():
        hub.book(batch)
    hub._unkept = batch
    hub.flush()
    hub.take_mail()


def opened(folder: Path) -> dict[str, Any]:
    """What opening takes, in this process."""
    begun = time.perf_counter()
    hub = open_hub(folder)
    seconds = time.perf_counter() - begun
    memory = resident_mb()
    log = hub.trading.records.log
    begun = time.perf_counter()
    log.root()
    log.inclusion(log.size // 2)
    proof = (time.perf_counter() - begun) * 1_000
    found = {"open_s": round(seconds, 2), "open_mb": memory, "proof_ms": round(proof, 1), "events": log.size}
    close_hub(hub)
    return found


def growth(records: int, folder: Path) -> list[dict[str, Any]]:
    marks = sorted({mark for mark in MARKS if mark < records} | {records})
    desk, found, spent, counted, done = TradeDesk(folder), [], 0.0, 0, 0
    for mark in marks:
        last_tenth = mark - mark // 10
        while done < mark:
            begun, before = time.process_time(), done
            done = min(done + BATCH, mark)
            fill(desk, before + 1, done)
            if done > last_tenth:
                spent, counted = spent + time.process_time() - begun, counted + 2 * (done - before)
        now, inbox, day = desk.now, desk.inbox, desk.day
        desk.close()
        told = subprocess.run([sys.executable, __file__, "--open", str(folder)], stdout=subprocess.PIPE, text=True, check=True)
        row = {"records": mark, "events_per_s": round(counted / spent), **json.loads(told.stdout)}
        row["disk_mb"] = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file()) // 2**20
        print(json.dumps(row), file=sys.stderr, flush=True)
        found.append(row)
        spent, counted = 0.0, 0
        if mark != marks[-1]:
            desk = TradeDesk.__new__(TradeDesk)
            super(TradeDesk, desk).__init__(folder, fresh=False, day=day)
            desk.now, desk.inbox = now, inbox
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--open", type=Path, default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.open is not None:
        print(json.dumps(opened(given.open)))
        return
    with tempfile.TemporaryDirectory(prefix="fondaco-growth-") as folder:
        print(json.dumps({"register_kept_growth": growth(given.records, Path(folder) / "hub")}))


if __name__ == "__main__":
    main()

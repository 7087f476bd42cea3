"""How fast MT messages are read and written: a plain credit, one near the network's limit, and a collection of ten items.

    ./run bench trade_mt

Prints only; no issue asks for a figure. One process, its processor time, medians of seven rounds.
"""

from __future__ import annotations

import json
import platform
import statistics
import time
from collections.abc import Callable

from fondaco.trade import mt

ROUNDS = 7
SECONDS = 0.4
HEAD = [
    ("27", "1/1"),
    ("40A", "IRREVOCABLE"),
    ("20", "LC-000001"),
    ("31C", "261102"),
    ("40E", "UCP LATEST VERSION"),
    ("31D", "270131SINGAPORE"),
]
PARTIES = [
    ("50", "TAN WEI TRADING\n12 CYCLE SQUARE\nSINGAPORE"),
    ("59", "SOMCHAI FOODS\nBANGKOK"),
    ("32B", "SGD100000,5"),
    ("39A", "10/05"),
]
TERMS = [("41D", "ANY BANK\nBY NEGOTIATION"), ("42C", "SIGHT"), ("42A", "ZZBASG01"), ("43P", "ALLOWED"), ("43T", "ALLOWED")]
PLACES = [("44E", "LAEM CHABANG"), ("44F", "SINGAPORE"), ("44C", "270110")]
LAST = [("71D", "ALL CHARGES OUTSIDE SINGAPORE ARE\nFOR THE BENEFICIARY"), ("48", "15"), ("49", "WITHOUT")]


def credit(lines: int) -> bytes:
    texts = [
        (tag, "\n".join(["+SIGNED COMMERCIAL INVOICE IN THREE COPIES SHOWING THE CREDIT'S NUM"[:65]] * lines))
        for tag in ("45A", "46A")
    ]
    return mt.write(mt.compose("700", HEAD + PARTIES + TERMS + PLACES + texts + LAST, mt.headers("700", "ZZBASG01", "ZZBATH01")))


def collection() -> bytes:
    items = [pair for at in range(10) for pair in (("20", f"COL-{at:06}"), ("21", f"REM-{at}"), ("32A", "261120SGD1000,"))]
    return mt.write(mt.compose("410", items, mt.headers("410", "ZZBASG01", "ZZBATH01")))


def rate(doing: Callable[[], object]) -> float:
    """Calls in a second, the median of some rounds."""
    found = []
    for _ in range(ROUNDS):
        done, start = 0, time.process_time()
        while time.process_time() - start < SECONDS:
            doing()
            done += 1
        found.append(done / (time.process_time() - start))
    return statistics.median(found)


def main() -> None:
    figures = {}
    for name, raw in (("credit", credit(5)), ("credit_near_limit", credit(70)), ("collection_of_ten", collection())):
        message = mt.read(raw)
        read, written = rate(lambda raw=raw: mt.read(raw)), rate(lambda message=message: mt.write(message))
        figures[name] = {"bytes": len(raw), "reads_per_s": round(read), "writes_per_s": round(written)}
        print(f"{name}: {len(raw)} bytes, {read:,.0f} read/s, {written:,.0f} written/s (each is read again before it leaves)")
    print(json.dumps({"trade_mt": figures, "python": platform.python_version()}))


if __name__ == "__main__":
    main()

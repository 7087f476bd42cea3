"""What does the door over HTTP carry, with everything on: mutual TLS, certificates, signatures, screening, durable before answered?

    ./run bench door [--doors 1] [--signed-doors 2] [--seconds 12] [--rounds 3] [--write] [--soak MINUTES]

A payment is pacs.008 in, its offer fetched from the mailbox by the creditor's bank, and that bank's pacs.002 in, both answered; the hub is the one of `bench pipeline` with the
same lists and traffic, which runs in the same minutes beside it, in turns. Signed messages go to a hub of their own, which has the two doors that docs/api.md
advises for them; whichever hub is not asked has nothing to do. The banks are one process (`door_driver`) with 128 connections and a mailbox's for each bank;
`driver_cores` says how much of the machine they took. Latencies are of posted messages, from the first byte sent to the answer.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import multiprocessing
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench_pipeline import SEED, SHARED, Remote
from door_driver import CONNECTIONS, drive
from door_hub import serve, told
from fondaco import __version__

ROOT = Path(__file__).resolve().parent.parent
WARM_S = 4.0
LISTENERS = 2_000
# How many connections else are looked at, once each: few are answered sooner, many carry more.
OTHERS = (16, 64, 256)
# Payments that are made before a round, so that no bank runs out: so many a second of it.
MADE_PER_S = {False: 3_000, True: 1_500}


class Side:
    """A hub behind its doors, and the banks, each in a process of its own."""

    def __init__(self, home: Path, doors: int, quiet: bool, cycles: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._hub_pipe, theirs = context.Pipe()
        self._hub = context.Process(target=serve, args=(theirs, home, doors, quiet, cycles), name="hub")
        self._hub.start()
        port, tls, ahead, self.entries, world = told(self._hub_pipe, self._hub)
        self._pipe, theirs = context.Pipe()
        self._banks = context.Process(
            target=drive, args=(theirs, home / "hub", tls, port, ahead, self._hub.pid, world), name="banks", daemon=True
        )
        self._banks.start()
        told(self._pipe, self._banks)
        self._wait_until_open(port)
        self._rounds = 0

    @staticmethod
    def _wait_until_open(port: int) -> None:
        import socket
        import time

        while True:  # ends with the hub, whose end `told` tells
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                time.sleep(2)  # a door that starts has its first imports before it
                return
            except OSError:
                time.sleep(0.1)

    def round(self, signed: bool, seconds: float, connections: int = CONNECTIONS) -> dict[str, Any]:
        self._rounds += 1
        count = int(MADE_PER_S[signed] * (seconds + WARM_S))
        asked = {
            "count": count, "seed": SEED + 5_000 + self._rounds, "signed": signed, "warm_s": WARM_S, "seconds": seconds,
            "connections": connections,
        }  # fmt: skip
        self._pipe.send(("round", asked))
        assert told(self._pipe, self._banks) == "made"
        self._pipe.send("go")
        found: dict[str, Any] = told(self._pipe, self._banks)
        wrong = {what: n for what, n in found["statuses"].items() if what.split()[1] not in ("200", "202")}
        if wrong:
            print(f"answered otherwise: {wrong}", file=sys.stderr)
        if found["unsettled"] > 0.1 * found["payments_per_s"] * found["seconds"]:
            raise SystemExit(f"{found['unsettled']} payments did not go the whole way: the figure would say nothing")
        if not found["left"]:
            print("a round ran out of payments: its figure is too low", file=sys.stderr)
        return found

    def ask(self, word: str, **arguments: Any) -> dict[str, Any]:
        self._pipe.send((word, arguments))
        found: dict[str, Any] = told(self._pipe, self._banks)
        return found

    def end(self) -> dict[str, Any]:
        os.kill(self._hub.pid or 0, signal.SIGTERM)
        found: dict[str, Any] = told(self._hub_pipe, self._hub)
        self._hub.join(timeout=60)
        return found

    def hang_up(self) -> None:
        self._pipe.close()
        if self._hub.is_alive():
            self._hub.kill()
            self._hub.join()


def cores(found: dict[str, Any], who: str) -> float:
    return float((found["after"][f"{who}_cpu"] - found["before"][f"{who}_cpu"]) / found["seconds"])


def measured(side: Side, signed: Side, pipeline: Remote | None, rounds: int, seconds: float) -> dict[str, Any]:
    """Rounds of the pipeline, of payments as they come, and of signed ones at the hub that is `signed`, in turns."""
    rows: dict[str, list[dict[str, Any]]] = {"mtls": [], "signed": []}
    alone = []
    for number in range(rounds):
        if pipeline is not None:
            alone.append(pipeline("run", 3_000, SEED + number))
        for name in rows:
            row = (signed if name == "signed" else side).round(name == "signed", seconds)
            rows[name].append(row)
            shares = ", ".join(f"{who} {cores(row, who):.2f}" for who in ("hub", "doors", "driver"))
            ms = "/".join(f"{one:.1f}" for one in row["late_ms"])
            beside = f" (pipeline {alone[-1]:,.0f}/s)" if alone else ""
            print(
                f"round {number + 1} {name}: {row['payments_per_s']:,.0f}/s, p50/p99 {ms} ms, cores: {shares}{beside}", flush=True
            )
    median = statistics.median
    by_connections = {str(count): side.round(False, seconds, count) for count in OTHERS}
    figures: dict[str, Any] = {
        "payments_per_s": round(median(row["payments_per_s"] for row in rows["mtls"])),
        "p50_ms": round(median(row["late_ms"][0] for row in rows["mtls"]), 1),
        "p99_ms": round(median(row["late_ms"][1] for row in rows["mtls"]), 1),
        "signed_per_s": round(median(row["payments_per_s"] for row in rows["signed"])),
        "signed_p99_ms": round(median(row["late_ms"][1] for row in rows["signed"]), 1),
    }
    figures["per_s_p50_p99_by_connections"] = {
        count: [round(row["payments_per_s"]), *(round(ms, 1) for ms in row["late_ms"])] for count, row in by_connections.items()
    }
    if alone:
        figures["pipeline_per_s_per_core"] = round(median(alone))
        for name, found in rows.items():
            figures[f"share_of_pipeline_{name}"] = round(
                median(row["payments_per_s"] / one for row, one in zip(found, alone, strict=True)), 2
            )
    for who in ("hub", "doors", "driver"):
        figures[f"{who}_cores"] = round(median(cores(row, who) for row in rows["mtls"]), 2)
        figures[f"signed_{who}_cores"] = round(median(cores(row, who) for row in rows["signed"]), 2)
    return figures


def listeners(side: Side) -> dict[str, Any]:
    found = side.ask("listen", count=LISTENERS)
    print(f"listeners: {found}", flush=True)
    grown = {who: found["idle"][f"{who}_mb"] - found["before"][f"{who}_mb"] for who in ("hub", "doors")}
    return {
        "sse_listeners": found["heard"],
        "sse_heard_within_s": round(found["seconds"], 2),
        **{f"sse_{who}_kb_each": round(1000 * mb / LISTENERS, 1) for who, mb in grown.items()},
    }


def pages() -> dict[str, Any]:
    """First paint and the main thread, where the console's measurement is there."""
    if importlib.util.find_spec("door_pages") is None:
        return {"first_paint_ms": None, "main_thread_busy": None}
    from door_pages import measure_pages

    found: dict[str, Any] = measure_pages()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--doors", type=int, default=1)
    parser.add_argument("--signed-doors", type=int, default=2, help="of the hub that is sent what is signed")
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--soak",
        type=float,
        default=0.0,
        metavar="MINUTES",
        help="instead: a day's shape of load in so many minutes, behind one of as many payments in half of them",
    )
    parser.add_argument("--peak", type=float, default=400.0, help="payments a second at the soak's noon")
    parser.add_argument("--alone", action="store_true", help="without the pipeline beside it, listeners and pages")
    parser.add_argument("--logged", action="store_true", help="with a line of log for each request (to /dev/null)")
    parser.add_argument("--write", action="store_true", help="keep the figures in bench/results.json")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="bench-door-"))
    side: Side | None = None
    signed: Side | None = None
    pipeline: Remote | None = None
    figures: dict[str, Any] = {}
    try:
        side = Side(home / "served", given.doors, not given.logged, cycles=given.soak > 0)
        if given.soak:
            figures |= side.ask("soak", minutes=given.soak, peak=given.peak)
        else:
            if not given.alone:
                pipeline = Remote(home / "pipeline", real_lists=SHARED.is_dir(), screening=True)
                pipeline("run", 2_000, SEED + 99)
            signed = Side(home / "signed", given.signed_doors, not given.logged, cycles=False)
            figures |= measured(side, signed, pipeline, given.rounds, given.seconds)
            signed.end()
            if not given.alone:
                figures |= listeners(side)
        ended = side.end()
        print(f"at the end: {ended}", flush=True)
        figures |= {"batch_mean": ended["batch_mean"], "payments_by_state": ended["states"]}
    finally:
        if pipeline is not None:
            pipeline.hang_up()
        for one in (side, signed):
            if one is not None:
                one.hang_up()
        shutil.rmtree(home, ignore_errors=True)
    if not (given.alone or given.soak):
        figures |= pages()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    figures |= {
        "doors": given.doors, "signed_doors": given.signed_doors, "connections": CONNECTIONS, "list_entries": side.entries, "seed": SEED, "commit": commit, "fondaco": __version__,
        "python": platform.python_version(), "load": round(os.getloadavg()[0], 1),
    }  # fmt: skip
    if given.write:
        path = ROOT / "bench" / "results.json"
        results = json.loads(path.read_text())
        results["door_soak" if given.soak else "door"] = figures
        path.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps({"door": figures}))


if __name__ == "__main__":
    main()

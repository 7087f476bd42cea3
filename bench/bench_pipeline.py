"""How many payments a second does the hub carry, on one core, with everything on?

    ./run bench pipeline [--payments N] [--million]

One payment is both messages that it needs (pacs.008 in, the creditor agent's pacs.002 in) and all that go out. Everything is
on: durable, screened against the full OFAC list (where ../shared is; the shipped invented lists otherwise, and it says so),
priced, booked, answered, stated. Names repeat by Zipf's law over 20,000 parties. The messages are made before the clock runs.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
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
from datetime import UTC, datetime
from datetime import time as clock_time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fondaco import __version__
from fondaco.compliance import Quarantined, Verdict
from fondaco.compliance.screening import message_digest
from fondaco.core import Instant, at, utc_text
from fondaco.hub import (
    Arrive,
    CloseCycle,
    Command,
    OpenDay,
    PostQuotes,
    SwapLists,
    close_hub,
    list_set,
    load_list,
    open_hub,
    scheme_of,
    settle_heap,
)
from fondaco.messages import Status, pacs_002, wrap
from fondaco.simulation import DEMO_DAY, Traffic, World, day_bounds, lay_out, provider_quotes
from reading_door import Door

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FONDACO_SHARED", ROOT.parent / "shared")) / "data" / "lists" / "ofac"
SEED = 20261124
BATCH = 1024
# Between a door and the hub: frames small enough that both have something to do.
FRAME = 128


class Bench:
    """One hub in a folder of its own, funded and quoted, with endless money and caps."""

    def __init__(self, folder: Path, *, real_lists: bool, screening: bool = True) -> None:
        lay_out(folder)
        if importlib.util.find_spec("numba") is not None:
            (folder / "hub.toml").write_text('kernel = "compiled"\n')
        text = (folder / "union" / "participants.toml").read_text()
        for code, cap in (
            ("IDR", "2500000000000"),
            ("MYR", "700000000"),
            ("PHP", "9000000000"),
            ("SGD", "210000000"),
            ("THB", "5500000000"),
            ("KRW", "210000000000"),
        ):
            text = text.replace(f'{code} = "{cap}"', f'{code} = "{cap}0000"' if len(cap) < 13 else f'{code} = "{cap}000"')
        (folder / "union" / "participants.toml").write_text(text)
        union = folder / "union" / "union.toml"
        head, _, tail = union.read_text().partition("[[cycles]]")
        cycles = "".join(f"[[cycles]]\nnumber = {n + 1}\ncut_off = {5 + n // 60:02d}:{n % 60:02d}:00\n" for n in range(200))
        union.write_text(head + cycles + tail[tail.index("# One hub fee") :])
        self.scheme = scheme_of(folder)
        self.entries = 0
        if real_lists:
            files = [gzip.decompress((SHARED / f"{name}_20210707_full.csv.gz").read_bytes()) for name in ("sdn", "alt", "add")]
            loaded = load_list(folder, self.scheme, "ofac", files, at(datetime.combine(DEMO_DAY, clock_time(0), UTC)))
            assert not isinstance(loaded, Quarantined), loaded
            self.entries = len(loaded.entries)
        self.rules = self.scheme.on(DEMO_DAY)
        self.hub = open_hub(folder)
        self.now = Instant(int(day_bounds(DEMO_DAY)[0]))
        self.do([OpenDay(DEMO_DAY.isoformat())])
        self.do([SwapLists(list_set(folder, self.scheme).version)])
        if not screening:
            # For this figure alone, and in this benchmark alone: a screener that clears everything, put in by hand.
            screener = self.hub.holding.screener_in_force()
            version, bare = screener.lists.version, screener._bare

            def clear_all(batch: Any, at: Instant, judging: Any = None, _ends: Any = None, _lacking: Any = None) -> list[Verdict]:
                by = (judging or bare).digest
                return [Verdict("CLEAR", version, screener.engine, "", (), message_digest(said), by, int(at)) for said in batch]

            screener.screen = clear_all  # type: ignore[method-assign,assignment]
        self.world = World(self.rules)
        for bic, quotes in provider_quotes(self.rules, self.now, 8 * 3600, 1):
            self.do([PostQuotes(bic, tuple(_wide(q) for q in quotes))])
        from fondaco.core import CURRENCIES, minor_of
        from fondaco.messages import LiquidityTransfer, camt_050

        for n, member in enumerate(self.rules.members()):
            for code in sorted(member.currencies):
                minor = minor_of("9" * 13, CURRENCIES[code].exponent)
                name = f"P{n}{code}"
                asked = LiquidityTransfer(name, name, self.rules.hub_bic, member.bic, code, minor)
                raw = wrap(
                    "camt.050.001.07",
                    member.bic,
                    self.rules.hub_bic,
                    name,
                    utc_text(self.now),
                    camt_050(name, utc_text(self.now), asked),
                )
                self.do([Arrive(member.bic, raw)])
                mail = self.mail()
                self.do([Arrive(sender, back) for sender, back in self.world.exchange(mail, self.now)])
        self.mail()

    def do(self, commands: list[Command]) -> None:
        self.now = Instant(self.now + 100_000)
        self.hub.process(commands, self.now)
        self.hub.flush()

    def settle(self) -> None:
        """Close the open cycle and let the agents answer until it is settled."""
        self.do([CloseCycle()])
        for _ in range(6):
            agents = {one.agent_bic[:8] for one in self.rules.currencies.values()}
            mail = [one for one in self.mail() if one[0] in agents]
            if not mail:
                return
            self.do([Arrive(sender, back) for sender, back in self.world.exchange(mail, self.now)])

    def mail(self) -> list[tuple[str, str, bytes]]:
        return [(one.recipient, one.kind, one.raw) for one in self.hub.take_mail()]


def _wide(quote: object) -> object:
    import msgspec

    return msgspec.structs.replace(quote, capacity_minor=10**17)


def answers(mail: list[tuple[str, str, bytes]], now: Instant, hub_bic: str) -> list[Command]:
    """What creditor agents answer; made outside the measured time."""
    found: list[Command] = []
    for recipient, kind, raw in mail:
        if not kind.startswith("pacs.008"):
            continue
        start = raw.index(b"<UETR>") + 6
        uetr = raw[start : start + 36].decode()
        start = raw.index(b"<MsgId>") + 7
        message_id = raw[start : raw.index(b"<", start)].decode()
        name = f"{recipient}-{uetr[:13]}"
        report = pacs_002(name, utc_text(now), message_id, kind, [Status("", "", "", uetr, "ACSP", "", "", utc_text(now))])
        found.append(Arrive(recipient, wrap("pacs.002.001.10", recipient, hub_bic, name, utc_text(now), report)))
    return found


def run(bench: Bench, traffic: list[tuple[str, bytes]], batch: int) -> float:
    """CPU-bound seconds for these payments: both messages in, everything out, durably. Returns the time measured."""
    spent = 0.0
    offered = 0
    waiting: list[Command] = []
    hub = bench.hub
    for start in range(0, len(traffic), batch):
        commands: list[Command] = [*waiting, *(Arrive(sender, raw) for sender, raw in traffic[start : start + batch])]
        bench.now = Instant(bench.now + 10_000_000)
        begun = time.perf_counter()
        hub.process(commands, bench.now)
        hub.flush()
        spent += time.perf_counter() - begun
        waiting = answers(bench.mail(), bench.now, bench.rules.hub_bic)
        offered += len(waiting)
    if offered < 0.9 * len(traffic):
        raise SystemExit(f"only {offered} of {len(traffic)} payments went the whole way: the figure would say nothing")
    bench.now = Instant(bench.now + 10_000_000)
    begun = time.perf_counter()
    hub.process(waiting, bench.now)
    hub.flush()
    spent += time.perf_counter() - begun
    bench.mail()
    return spent


def run_two_cores(bench: Bench, door: Door, traffic: list[tuple[str, bytes]], batch: int) -> float:
    """The same with a door in a process of its own, up to two frames ahead of the hub. Making the creditor agents' answers
    is left out of the time, while the door reads on; the wall clock of everything else is in it."""
    spent = 0.0
    hub = bench.hub
    frames = [traffic[start : start + batch] for start in range(0, len(traffic), batch)]
    late: list[tuple[str, bytes]] = []
    given = 0
    while given or frames or late:
        begun = time.perf_counter()
        while given < 2 and (frames or late):
            door.give([*late, *(frames.pop(0) if frames else [])])
            late = []
            given += 1
        commands: list[Command] = [*door.take()]
        given -= 1
        if frames:
            door.give([*late, *frames.pop(0)])
            late = []
            given += 1
        bench.now = Instant(bench.now + 10_000_000)
        hub.process(commands, bench.now)
        hub.flush()
        spent += time.perf_counter() - begun
        late += [
            (one.sender, one.raw) for one in answers(bench.mail(), bench.now, bench.rules.hub_bic) if isinstance(one, Arrive)
        ]
    return spent


def traffic_of(bench: Bench, count: int, seed: int) -> list[tuple[str, bytes]]:
    traffic = Traffic(bench.rules, seed, parties=20_000)
    opens, closes = day_bounds(DEMO_DAY)
    return [(one.sender, one.raw) for one in traffic.messages(count, opens, closes, bulk_share=0.0, bad_share=0.0)]


def singles(bench: Bench, traffic: list[tuple[str, bytes]], rate: int) -> list[float]:
    """Latencies in ms at `rate` payments a second, one message at a time, both of a payment's messages counted."""
    late = []
    waiting: list[Command] = []
    begun = time.perf_counter()
    for number, (sender, raw) in enumerate(traffic):
        due = begun + number / rate
        pause = due - time.perf_counter()
        if pause > 0:
            time.sleep(pause)
        for commands in ([Arrive(sender, raw)], waiting):
            if not commands:
                continue
            bench.now = Instant(bench.now + 1_000_000)
            start = time.perf_counter()
            bench.hub.process(commands, bench.now)
            bench.hub.flush()
            late.append((time.perf_counter() - start) * 1000)
        waiting = answers(bench.mail(), bench.now, bench.rules.hub_bic)
    return sorted(late)


_GATE = """
import sys, time, pickle
from fondaco.messages import known_form, read
raws = pickle.load(open(sys.argv[1], 'rb'))
known_form._EARNED = 1 << 60  # libxml2 alone, so that machines can be compared by it
for raw in raws[:200]: read(raw)
begun = time.perf_counter()
for raw in raws: read(raw)
print((time.perf_counter() - begun) / len(raws))
"""


def gate_alone(raws: list[bytes]) -> float:
    """Seconds for one message to be parsed, schema-checked and extracted in a clean process."""
    import pickle

    with tempfile.NamedTemporaryFile(suffix=".pickle") as file:
        file.write(pickle.dumps(raws))
        file.flush()
        done = subprocess.run([sys.executable, "-c", _GATE, file.name], capture_output=True, text=True, check=True)
    return float(done.stdout)


def rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


class Remote:
    """One hub in a process of its own, as hubs are: two in one process slow each other by their heaps. With its door."""

    def __init__(self, folder: Path, *, real_lists: bool, screening: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs, folder, real_lists, screening), name="hub")
        self._process.start()
        theirs.close()
        self.entries: int = self._pipe.recv()

    def __call__(self, word: str, *args: int) -> Any:
        self._pipe.send((word, *args))
        return self._pipe.recv()

    def close(self) -> None:
        self._pipe.send(("end",))
        self._process.join(timeout=60)

    def hang_up(self) -> None:
        """Nothing more is asked, whatever happened: a process that still waits for a word ends."""
        self._pipe.close()


def _work(pipe: Connection, folder: Path, real_lists: bool, screening: bool) -> None:
    cores = sorted(os.sched_getaffinity(0))
    door = Door()
    os.sched_setaffinity(door._process.pid or 0, {cores[-1]})
    os.sched_setaffinity(0, {cores[0]})
    bench = Bench(folder, real_lists=real_lists, screening=screening)
    settle_heap()
    pipe.send(bench.entries)
    while True:  # ends with "end", or when nobody asks any more
        try:
            word, *args = pipe.recv()
        except EOFError:
            word = "end"
        if word == "end":
            door.close()
            close_hub(bench.hub)
            return
        if word == "rss":
            pipe.send(rss_mb())
            continue
        count, seed = args
        traffic = traffic_of(bench, count, seed)
        if word == "run":
            pipe.send(count / run(bench, traffic, BATCH))
        elif word == "frames":
            pipe.send(count / run(bench, traffic, FRAME))
        elif word == "two":
            pipe.send(count / run_two_cores(bench, door, traffic, FRAME))
        elif word == "singles":
            pipe.send(singles(bench, traffic, 200))
        elif word == "gate":
            pipe.send(gate_alone([raw for _, raw in traffic]))
        bench.settle()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", type=int, default=100_000, help="payments in the store for the growth figures")
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    home = Path(tempfile.mkdtemp(prefix="bench-pipeline-"))
    figures: dict[str, Any] = {}
    median = statistics.median
    hubs: list[Remote] = []
    try:
        for name, screening in (("full", True), ("bare", False)):
            hubs.append(Remote(home / name, real_lists=SHARED.is_dir(), screening=screening))
        full, bare = hubs
        share = options.payments // options.rounds
        rows = []
        for hub in (full, bare):
            hub("run", 2_000, SEED + 99)
        stored = 2_000
        for number in range(options.rounds):
            with_screening, without = full("run", share, SEED + number), bare("run", share, SEED + number)
            gate = full("gate", 1_000, SEED + number)
            rows.append((with_screening, without, 1 / with_screening / gate))
            stored += share
            print(
                f"round {number + 1}: {rows[-1][0]:,.0f}/s with screening, {rows[-1][1]:,.0f}/s without, gate {gate * 1e6:.0f} us",
                flush=True,
            )
        figures["payments_per_s_per_core"] = round(median(row[0] for row in rows))
        figures["without_screening_per_s_per_core"] = round(median(row[1] for row in rows))
        figures["screening_share"] = round(1 - median(row[0] / row[1] for row in rows), 3)
        figures["parse_bound_ratio"] = round(median(row[2] for row in rows), 2)
        late = full("singles", 1_000, SEED + 50)
        figures["p50_ms"] = round(late[len(late) // 2], 2)
        figures["p99_ms"] = round(late[int(len(late) * 0.99)], 2)
        if len(cores) > 1:
            for name, hub in (("", full), ("_without_screening", bare)):
                ratios = []
                for number in range(options.rounds):
                    alone = hub("frames", share, SEED + 300 + number)
                    both = hub("two", share, SEED + 400 + number)
                    ratios.append((both, both / alone))
                figures[f"per_s_two_cores{name}"] = round(median(row[0] for row in ratios))
                figures[f"two_cores_ratio{name}"] = round(median(row[1] for row in ratios), 2)
            stored += 2 * options.rounds * share
        entries = full.entries
        full.close()
        figures["rss_mb_before_growth"] = round(bare("rss"))
        for mark, name in ((10_000, "per_s_at_10k"), (100_000, "per_s_at_100k"), (1_000_000, "per_s_at_1m")):
            if mark > options.growth:
                figures[name] = None
                continue
            while stored < mark:
                count = min(10_000, mark - stored)
                bare("run", count, SEED + 1_000 + stored)
                stored += count
                if stored >= 200_000 and "rss_mb" not in figures:
                    figures["rss_mb"] = round(bare("rss"))
            # Long enough to hold its share of what comes once in thirty thousand payments (ids are sealed).
            probes = []
            for part in range(4):
                probes.append(bare("run", 10_000, SEED + 7 * mark + part))
                stored += 10_000
            figures[name] = round(median(probes))
            print(f"at {stored:,} payments: {figures[name]:,}/s, {bare('rss'):.0f} MB", flush=True)
        figures["rss_mb_at_the_end"] = round(bare("rss"))
        figures["payments_stored"] = stored
        bare.close()
    finally:
        for hub in hubs:
            hub.hang_up()
        shutil.rmtree(home, ignore_errors=True)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    figures |= {
        "list_entries": entries,
        "seed": SEED,
        "commit": commit,
        "fondaco": __version__,
        "python": platform.python_version(),
        "batch": BATCH,
    }
    print(json.dumps({"pipeline": figures}))


if __name__ == "__main__":
    main()

"""What does the everyday life of a hub cost: a return, a verification, the story of one payment, the end of a day?

    ./run bench everyday [--payments N] [--growth N]

Everything is on, as in `bench pipeline`. The end of the day is measured over `--payments` (100,000) payments with statements for every
bank and currency; the story of one payment with `--growth` payments stored (the issue asks for a million; it takes ten minutes).
Medians of five rounds where a figure is a rate; the 99th percentile of all where it is a time.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from bench_pipeline import BATCH, ROOT, SEED, SHARED, Bench, run, traffic_of
from fondaco import __version__
from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.hub import Arrive, CloseCycle, Command, EndDay, close_hub
from fondaco.messages import Status, Verified, acmt_023, acmt_024, pacs_002, pacs_004, verification, wrap
from fondaco.payments import DECODER, Payment, State
from fondaco.reporting import story
from fondaco.simulation import DEMO_DAY


def carried(bench: Bench, count: int, seed: int) -> None:
    """Carry `count` payments the whole way, in parts, each settled by a cycle."""
    part = 20_000
    for number, start in enumerate(range(0, count, part)):
        run(bench, traffic_of(bench, min(part, count - start), seed + number), BATCH)
        bench.settle()


def settled(bench: Bench, count: int) -> list[Payment]:
    found: list[Payment] = []
    for _, raw in bench.hub.journal.payments():
        payment = DECODER.decode(raw)
        if payment.state is State.SETTLED and not payment.returned_by and not payment.returns:
            found.append(payment)
            if len(found) == count:
                break
    return found


def decide(bench: Bench, commands: list[Command]) -> float:
    """Wall seconds until these are decided and kept."""
    bench.now = Instant(bench.now + 10_000_000)
    begun = time.perf_counter()
    bench.hub.process(commands, bench.now)
    bench.hub.flush()
    return time.perf_counter() - begun


def returned(bench: Bench, payments: list[Payment]) -> float:
    """Returns a second: the creditor agent's pacs.004 in, the debtor agent's pacs.002 in, everything out, durably."""
    bics = {one.bic[:8]: one.bic for one in bench.rules.members()}
    hub, day, text = bench.rules.hub_bic, DEMO_DAY.isoformat(), utc_text(bench.now)
    commands: list[Command] = []
    replies: list[Command] = []
    for payment in payments:
        name = f"RT{payment.number:012d}"
        amount = minor_text(payment.target_minor, CURRENCIES[payment.target_currency].exponent)
        document = pacs_004(name, text, payment.uetr, payment.target_currency, amount, day, "AC04")
        commands.append(
            Arrive(bics[payment.creditor_agent], wrap("pacs.004.001.09", bics[payment.creditor_agent], hub, name, text, document))
        )
        answer = pacs_002(name, text, name, "pacs.004.001.09", [Status("", "", "", payment.uetr, "ACSP", "", "", text)])
        replies.append(Arrive(bics[payment.sender], wrap("pacs.002.001.10", bics[payment.sender], hub, name, text, answer)))
    spent = sum(
        decide(bench, part[start : start + BATCH]) for part in (commands, replies) for start in range(0, len(part), BATCH)
    )
    bench.mail()
    accepted = sum(1 for payment in payments if (bench.hub.payment(payment.number) or payment).returned_by)
    if accepted < 0.98 * len(payments):
        raise SystemExit(f"only {accepted} of {len(payments)} returns went the whole way: the figure would say nothing")
    return len(payments) / spent


def verified(bench: Bench, count: int) -> list[float]:
    """Milliseconds of the hub for one verification: question in and passed on, answer in and passed back."""
    members = [one for one in bench.rules.members() if "fx_provider" not in one.roles]
    hub = bench.rules.hub_bic
    found = []
    for number in range(count):
        asks, answers = members[number % len(members)], members[(number + 7) % len(members)]
        name, text = f"V{number:09d}", utc_text(bench.now)
        question = acmt_023(name, text, (asks.bic, hub), verification("V1", answers.bic, "9876543210", "Contoh Trading"))
        spent = decide(bench, [Arrive(asks.bic, wrap("acmt.023.001.04", asks.bic, hub, name, text, question))])
        (key,) = [key for key, one in bench.hub.desk.assignments.items() if one.message_id == name]
        report = acmt_024(f"A{number:09d}", text, (answers.bic, hub), key, Verified("V1", True, "", "Contoh Trading"))
        spent += decide(bench, [Arrive(answers.bic, wrap("acmt.024.001.04", answers.bic, hub, f"A{number:09d}", text, report))])
        found.append(spent * 1000)
    bench.mail()
    return sorted(found)


def traced(bench: Bench, count: int) -> list[float]:
    """Milliseconds to tell the whole story of one payment, drawn among all that are stored."""
    last = bench.hub.desk.counters.payment - 1
    draw = random.Random(SEED)
    found = []
    while len(found) < count:
        one = bench.hub.payment(draw.randint(1, last))
        assert one is not None
        begun = time.perf_counter()
        known = bench.hub.by_uetr(one.uetr)
        if known is not None:
            story(known, bench.hub.journal)
            found.append((time.perf_counter() - begun) * 1000)
    return sorted(found)


def ended(bench: Bench) -> tuple[float, int]:
    """Seconds from the end of the day to its last statement, and how many statements."""
    bench.do([CloseCycle(last=True)])
    for _ in range(6):
        mail = bench.mail()
        if not mail:
            break
        bench.do(
            [
                Arrive(sender, back)
                for sender, back in bench.world.exchange([m for m in mail if m[1][:4] in ("pacs", "camt")], bench.now)
            ]
        )
    spent = decide(bench, [EndDay()])
    statements = sum(1 for _, kind, _ in bench.mail() if kind.startswith("camt.053"))
    if not statements:
        raise SystemExit("the day did not end: the figure would say nothing")
    return spent, statements


def percentile(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * share))]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--payments", type=int, default=100_000)
    parser.add_argument("--growth", type=int, default=0, help="payments in the store for the story's figure, of a hub of its own")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="fondaco-bench-"))
    try:
        bench = Bench(folder / "day", real_lists=SHARED.is_dir())
        carried(bench, options.payments, SEED)
        chosen = settled(bench, 5_000)
        rates = [returned(bench, chosen[start : start + 1_000]) for start in range(0, len(chosen), 1_000)]
        checks = verified(bench, 1_000)
        stories = traced(bench, 1_000)
        bench.settle()
        seconds, statements = ended(bench)
        stored = options.payments
        close_hub(bench.hub)
        shutil.rmtree(folder / "day")
        if options.growth:
            grown = Bench(folder / "grown", real_lists=SHARED.is_dir())
            carried(grown, options.growth, SEED)
            stories, stored = traced(grown, 1_000), options.growth
            close_hub(grown.hub)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    result = {
        "bench": "everyday",
        "returns_per_s": round(statistics.median(rates)),
        "verification_p50_ms": round(percentile(checks, 0.5), 2),
        "verification_p99_ms": round(percentile(checks, 0.99), 2),
        "trace_p50_ms": round(percentile(stories, 0.5), 2),
        "trace_p99_ms": round(percentile(stories, 0.99), 2),
        "trace_stored": stored,
        "end_of_day_s": round(seconds, 1),
        "end_of_day_payments": options.payments,
        "statements": statements,
        "seed": SEED,
        "commit": commit,
        "version": __version__,
        "python": platform.python_version(),
    }
    path = ROOT / "bench" / "results.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept["everyday"] = result
    path.write_text(json.dumps(kept, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()

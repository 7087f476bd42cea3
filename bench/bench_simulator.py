"""How many payments a second does the simulator play at each depth, beside PSSimPy on the same day?

    ./run bench simulator [--payments 10000] [--banks 50] [--rounds 5] [--large 1000000]

The day: urgent payments alone, drawn from the seed; fifteen-minute windows for everybody, as PSSimPy's own; first in, first out, no credit. The
whole hub is also held against it in windows of one minute, with half the payments, since gross settlement is settlement at once.
Ours looks for offsets at every window too, which PSSimPy cannot. Each figure of a round is taken in a process of its own, one after the
other; ratios are of the same round, and medians over the rounds. What the clock runs over:

- PSSimPy: its `run`, the logs that it writes in it (`simulator_peer.py`).
- policy: `play_policy` with all measures and the course of the day, compiled before (extra `fast`).
- hub: `process` and `flush` of the production hub on instructions and answers that a door has read: screening (invented lists), books,
  journal, cycles and all messages that go out. Writing what banks send, and opening and funding the hub, is not in it.

PSSimPy is installed into `.bench/simulator`, pinned by `requirements-bench-simulator.txt`. The results are written to results.json.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fondaco import __version__
from fondaco.hub import settle_heap
from fondaco.simulation import (
    CurrencyDay,
    HubDay,
    Payments,
    Scenario,
    course,
    funded,
    measures,
    payments_of,
    play_policy,
    read_scenario,
)

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".bench" / "simulator"
WINDOW_S, MINUTE_S = 900, 60
MINUTE_ROUNDS = 3
SEED = 20261126
DAY = """
[scenario]
depth = "hub"
seed = {seed}
currency = "SGD"
opens = 08:00:00
closes = 17:00:00
step_s = {window}
[banks]
count = {banks}
balance_percent = 20
[payments]
count = {payments}
median = "2500.00"
sigma = "1.5"
"""


def install() -> None:
    """Make the peer's environment, if it is not there as pinned."""
    uv, python, pins = ROOT / ".uv" / "bin" / "uv", HOME / "bin" / "python", ROOT / "requirements-bench-simulator.txt"
    stamp = HOME / ".pins"
    if stamp.exists() and stamp.read_text() == pins.read_text():
        return
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, HOME], check=True)
    subprocess.run([uv, "pip", "sync", "--quiet", "--require-hashes", "--python", python, pins], check=True)
    stamp.write_text(pins.read_text())


def day_of(payments: int, banks: int, seed: int, window_s: int = WINDOW_S) -> tuple[Scenario, Payments]:
    with tempfile.TemporaryDirectory(prefix="bench-simulator-") as folder:
        file = Path(folder) / "day.toml"
        file.write_text(DAY.format(seed=seed, banks=banks, payments=payments, window=window_s))
        scenario = read_scenario(file)
    assert isinstance(scenario, Scenario), scenario
    drawn = payments_of(scenario)
    assert isinstance(drawn, Payments), drawn
    return scenario, drawn


def policy(scenario: Scenario, payments: Payments) -> dict[str, Any]:
    """The median of nine plays after one that compiles."""
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    spent, played = [], []
    for _ in range(10):
        begun = time.perf_counter()
        settled = play_policy(scenario, payments, opening, caps)
        played.append(time.perf_counter() - begun)
        measures(scenario, payments, opening, settled.at_s)
        course(scenario, payments, opening, settled.at_s)
        spent.append(time.perf_counter() - begun)
    return _told(statistics.median(spent[1:]), settled.at_s, settled.left) | {"play_seconds": statistics.median(played[1:])}


def hub(scenario: Scenario, payments: Payments) -> dict[str, Any]:
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    with tempfile.TemporaryDirectory(prefix="bench-simulator-") as folder:
        day = HubDay(Path(folder) / "hub", [CurrencyDay(scenario, payments, opening, caps)])
        settle_heap()
        spent = [0.0]

        def timed(deed: Callable[..., Any]) -> Callable[..., Any]:
            def run(*given: Any) -> Any:
                begun = time.perf_counter()
                try:
                    return deed(*given)
                finally:
                    spent[0] += time.perf_counter() - begun

            return run

        day.hub.process = timed(day.hub.process)  # type: ignore[method-assign]
        day.hub.flush = timed(day.hub.flush)  # type: ignore[method-assign]
        (settled,) = day.play()
        seconds = spent[0]
        day.close()
    return _told(seconds, settled.at_s, settled.left)


def _told(seconds: float, at_s: Any, left: Any) -> dict[str, Any]:
    return {
        "seconds": seconds,
        "settled": int((at_s >= 0).sum()),
        "digest": int(np.dot(at_s % 1_000_003, np.arange(1, len(at_s) + 1) % 1_009)),
        "below_zero": int((left < 0).sum()),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def apart(depth: str, payments: int, banks: int, seed: int, window_s: int = WINDOW_S) -> dict[str, Any]:
    """One depth in a process of its own."""
    told = {"--inside": depth, "--payments": payments, "--banks": banks, "--seed": seed, "--window": window_s}
    words = [sys.executable, __file__, *(str(word) for pair in told.items() for word in pair)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench simulator: {depth}: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def peer(scenario: Scenario, payments: Payments, window_s: int = WINDOW_S) -> dict[str, Any]:
    day = {
        "banks": scenario.banks, "opening": funded(scenario.balances, payments).tolist(), "opens": "08:00", "closes": "17:00",
        "window_minutes": window_s // 60, **{name: getattr(payments, name).tolist() for name in ("arrived_s", "payers", "payees", "minor")},
    }  # fmt: skip
    words = [HOME / "bin" / "python", ROOT / "bench" / "simulator_peer.py"]
    done = subprocess.run(words, input=json.dumps(day), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench simulator: PSSimPy: {done.stderr[-500:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--payments", type=int, default=10_000)
    parser.add_argument("--banks", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--large", type=int, default=1_000_000, help="payments of the day that is played at the depth of the policy alone"
    )
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--window", type=int, default=WINDOW_S, help=argparse.SUPPRESS)
    parser.add_argument("--inside", choices=("policy", "hub"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        scenario, payments = day_of(options.payments, options.banks, options.seed, options.window)
        print(json.dumps({"policy": policy, "hub": hub}[options.inside](scenario, payments)))
        return
    install()
    count, banks = options.payments, options.banks
    rounds: list[dict[str, dict[str, Any]]] = []
    loads = [os.getloadavg()[0]]
    for number in range(options.rounds):
        seed = options.seed + number
        scenario, payments = day_of(count, banks, seed)
        found = {depth: apart(depth, count, banks, seed) for depth in ("policy", "hub")} | {"peer": peer(scenario, payments)}
        assert found["policy"]["digest"] == found["hub"]["digest"], "both depths settle the same at the same instants"
        assert found["policy"]["below_zero"] == found["hub"]["below_zero"] == 0
        rounds.append(found)
        loads.append(os.getloadavg()[0])
        rates = ", ".join(f"{name} {count / one['seconds']:,.0f}/s settled {one['settled']}" for name, one in found.items())
        print(f"round {number + 1}: {rates}", file=sys.stderr, flush=True)
    by_minutes = []
    for number in range(MINUTE_ROUNDS):
        seed = options.seed + number
        scenario, payments = day_of(count // 2, banks, seed, MINUTE_S)
        ours, theirs = apart("hub", count // 2, banks, seed, MINUTE_S), peer(scenario, payments, MINUTE_S)
        by_minutes.append((ours["seconds"], theirs["seconds"]))
        print(
            f"by minutes {number + 1}: hub {count / 2 / ours['seconds']:,.0f}/s, PSSimPy {count / 2 / theirs['seconds']:,.0f}/s",
            file=sys.stderr,
            flush=True,
        )
    few = apart("hub", max(1, count // 5), banks, options.seed)
    large = apart("policy", options.large, 200, options.seed)

    def median(of: Callable[[dict[str, dict[str, Any]]], float]) -> float:
        return statistics.median(of(one) for one in rounds)

    figures = {
        "hub_payments_per_s": round(median(lambda one: count / one["hub"]["seconds"])),
        "hub_pssimpy_ratio": round(median(lambda one: one["peer"]["seconds"] / one["hub"]["seconds"]), 2),
        "hub_payments_per_s_by_minutes": round(statistics.median(count / 2 / ours for ours, _ in by_minutes)),
        "hub_pssimpy_ratio_by_minutes": round(statistics.median(theirs / ours for ours, theirs in by_minutes), 2),
        "policy_payments_per_s": round(median(lambda one: count / one["policy"]["seconds"])),
        "policy_pssimpy_ratio": round(median(lambda one: one["peer"]["seconds"] / one["policy"]["seconds"])),
        "rss_mb": max(one["hub"]["rss_mb"] for one in rounds),
        "rss_mb_of_a_fifth": few["rss_mb"],
        "policy_without_measures_per_s": round(median(lambda one: count / one["policy"]["play_seconds"])),
        "policy_payments_per_s_large": round(options.large / large["seconds"]),
        "policy_rss_mb_large": large["rss_mb"],
        "large": options.large,
        "pssimpy_payments_per_s": round(median(lambda one: count / one["peer"]["seconds"])),
        "pssimpy_accounts_below_zero": round(median(lambda one: one["peer"]["below_zero"])),
        "pssimpy_rss_mb": max(one["peer"]["rss_mb"] for one in rounds),
        "settled": [one["hub"]["settled"] for one in rounds],
        "pssimpy_settled": [one["peer"]["settled"] for one in rounds],
        "payments": count,
        "banks": banks,
        "windows": 9 * 3600 // WINDOW_S,
        "rounds": options.rounds,
        "seed": options.seed,
        "pssimpy": rounds[0]["peer"]["version"],
        **_where(),
        "load": [round(load, 1) for load in (min(loads), max(loads))],
    }
    file = ROOT / "bench" / "results.json"
    kept = json.loads(file.read_text())
    kept["simulator"] = figures
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps({"simulator": figures}))


def _where() -> dict[str, Any]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return {
        "commit": commit,
        "fondaco": __version__,
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} cores (shared)",
    }


if __name__ == "__main__":
    main()

"""Seeded walks over all machines of trade, as many steps as are asked for, with a count of what came of them.

    ./run walk trade [--steps 20000] [--seed 1] [--each 600] [--kept FILE] [--depth hub|policy]

Each seed is a hub of its own on stores in memory, and its own auditor (`tests/trade_walk`). A finished seed is a line in the file that `--kept` names;
those that stand there are counted and not walked again, so that a long walk may be interrupted. Ends with 1 and the seed at the first law that is broken.
`--depth policy` walks the pure deciders of credits and of the register without a hub; keep its seeds in a file of their own.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from trade_walk.ground import TradeGround  # noqa: E402
from trade_walk.policy import PolicyWalk  # noqa: E402
from trade_walk.walk import Walk  # noqa: E402

TOLD_S = 30.0


def kept_in(path: Path | None) -> dict[int, dict[str, int]]:
    """The counts of the seeds that were finished before, by seed."""
    if path is None or not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text().splitlines() if line]
    return {row.pop("seed"): row for row in rows}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20_000, help="in all, those of kept seeds included")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--each", type=int, default=600, help="steps of one seed")
    parser.add_argument("--kept", type=Path, default=None, help="a file of finished seeds, one JSON object a line")
    parser.add_argument("--depth", choices=("hub", "policy"), default="hub")
    given = parser.parse_args()
    kept = kept_in(given.kept)
    totals: Counter[str] = Counter()
    for row in kept.values():
        totals.update(row)
    seed, told = given.seed, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="fondaco-walk-") as folder:
        ground = TradeGround(Path(folder) / "hub") if given.depth == "hub" else None
        while totals["steps"] < given.steps:
            if seed not in kept:
                row = walked(ground, seed, given.each)
                if row is None:
                    return 1
                totals.update(row)
                if given.kept is not None:
                    with given.kept.open("a") as file:
                        file.write(json.dumps({"seed": seed, **row}) + "\n")
            seed += 1
            if time.monotonic() - told > TOLD_S:
                told = time.monotonic()
                print(f"walk trade: seed {seed}, {totals['steps']} of {given.steps} steps", file=sys.stderr, flush=True)
    acts = {name: count for name, count in totals.items() if name[0].isupper()}
    print(json.dumps({**{name: count for name, count in sorted(totals.items()) if name not in acts}, "kinds of acts": len(acts)}))
    return 0


def walked(ground: TradeGround | None, seed: int, steps: int) -> dict[str, int] | None:
    """The counts of one seed; None where a law was broken, which is told with the command that walks it again."""
    begun, walk = time.process_time(), Walk(ground, seed) if ground is not None else PolicyWalk(seed)
    try:
        walk.walk(steps)
    except AssertionError:
        traceback.print_exc()
        print(
            f"seed {seed}, step {walk.steps}: ./run walk trade --seed {seed} --each {steps} --steps 1 --depth {'hub' if ground is not None else 'policy'}",
            file=sys.stderr,
        )
        return None
    return {**walk.done, "steps": walk.steps, "seeds": 1, "cpu_ms": round(1000 * (time.process_time() - begun))}


if __name__ == "__main__":
    sys.exit(main())

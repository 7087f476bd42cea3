"""Every check of the project, in the order in which a mistake is cheapest to find."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: list[tuple[str, list[str]]] = [
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("types", [str(BIN / "mypy")]),
    ("floors", [str(BIN / "lint-imports")]),
    ("audit", [sys.executable, "tools/audit.py"]),
    ("tests", [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal", *sys.argv[1:]]),
    # In a process of its own: what drives the browser keeps an event loop running.
    ("pages", [sys.executable, "-m", "pytest", "tests/browser"]),
]


def main() -> int:
    failed = []
    for name, command in CHECKS:
        started = time.monotonic()
        print(f"== {name}", flush=True)
        if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
            failed.append(name)
        print(f"   {name}: {time.monotonic() - started:.1f} s", flush=True)
    if failed:
        print(f"check: failed: {', '.join(failed)}")
        return 1
    print("check: all passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

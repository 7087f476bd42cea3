"""Every check of the project, in the order in which a mistake is cheapest to find."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

FIRST: list[tuple[str, list[str]]] = [
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("floors", [str(BIN / "lint-imports")]),
]
TESTS: tuple[str, list[str]] = (
    "tests",
    [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "2",
        "--dist",
        "worksteal",
        "-p",
        "no:playwright",
        "--ignore=tests/browser",
        *sys.argv[1:],
    ],
)
# What a browser looks at waits for it half of the time, and types and advisories need one core: these run one by one beside the tests, which
# take what is left of two. In a process of its own: what drives the browser keeps an event loop running.
BESIDE: list[tuple[str, list[str]]] = [
    ("types", [str(BIN / "mypy")]),
    ("audit", [sys.executable, "tools/audit.py"]),
    ("pages", [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "tests/browser"]),
]


def checked(name: str, command: list[str], failed: list[str], *, aloud: bool) -> None:
    """Run one check, and put its name into `failed` where it failed. What it prints is seen at once, or whole when it has ended."""
    started = time.monotonic()
    if aloud:
        print(f"== {name}", flush=True)
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
    else:
        with tempfile.TemporaryFile() as told:
            code = subprocess.run(command, cwd=ROOT, check=False, stdout=told, stderr=subprocess.STDOUT).returncode
            told.seek(0)
            # In one piece: the tests print their dots meanwhile.
            print(f"\n== {name}\n{told.read().decode(errors='replace').rstrip()}", flush=True)
    if code != 0:
        failed.append(name)
    print(f"   {name}: {time.monotonic() - started:.1f} s", flush=True)


def main() -> int:
    failed: list[str] = []
    for name, command in FIRST:
        checked(name, command, failed, aloud=True)

    def beside() -> None:
        for name, command in BESIDE:
            checked(name, command, failed, aloud=False)

    other = threading.Thread(target=beside)
    other.start()
    checked(*TESTS, failed, aloud=True)
    other.join()
    if failed:
        print(f"check: failed: {', '.join(failed)}")
        return 1
    print("check: all passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The example of the client does what it says, against a real door."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from doors import Door

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.server
def test_a_banks_day(door: Door) -> None:
    keys = door.folder.with_name(door.folder.name + "-keys.json")
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "client" / "bank_day.py"), f"http://127.0.0.1:{door.port}", str(keys)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert next(line for line in lines if "takes a payment" in line).startswith("ZZBASG01: takes a payment of")
    assert len([line for line in lines if "takes a payment" in line]) == 2
    assert [line.rpartition(": ")[2] for line in lines if " paid " in line] == ["SETTLED", "SETTLED"]
    assert "ZZBATH01: paid 2500.00 THB, ZZBASG01 receives" in done.stdout
    assert lines[-1].startswith("ZZBASG01: ") and lines[-1].endswith(" SGD available")

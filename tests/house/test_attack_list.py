"""The list of attacks names tests that are there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_attack_of_the_list_has_a_test() -> None:
    lines = (ROOT / "docs" / "operate" / "attacks.md").read_text().splitlines()
    rows = [
        line.strip("|").split(" | ") for line in lines if line.startswith("| ") and not line.startswith(("| attack", "| ---"))
    ]
    assert len(rows) > 25
    for row in rows:
        assert len(row) == 3, row
        named = re.findall(r"`([\w/]+\.py)::(\w+)`", row[2])
        assert named, row[0]
        for path, name in named:
            assert f"def {name}(" in (ROOT / "tests" / path).read_text(), f"{path}::{name}"

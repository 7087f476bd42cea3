"""What waits is listed, moved and taken back at the command line."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import fondaco
from union import SG1, SG2, TH1, Desk


def test_a_payer_orders_its_queue_at_the_command_line(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    large, middle, small = (
        desk.pay(SG1, SG2, amount, "SGD", urgent=True).uetr for amount in ("1500000.00", "1400000.00", "900.00")
    )
    desk.close()
    at = ("--hub", tmp_path / "hub")
    rows = json.loads(fondaco("queue", "list", *at, "--json"))["queued"]
    assert [row["uetr"] for row in rows] == [large, middle, small]
    assert rows[0]["amount"] == "1500000.00 SGD" and rows[0]["kind"] == "urgent"
    assert "nothing waits" in fondaco("queue", "list", TH1, *at)
    assert "last, QUEUED" in fondaco("queue", "move", SG1, large, "last", *at)
    assert "NOT_FOUND" in fondaco("queue", "move", SG2, middle, "first", *at, code=1)
    assert "out, CANCELLED" in fondaco("queue", "revoke", SG1, middle, *at)
    assert "OUT_OF_TURN" in fondaco("queue", "move", SG1, small, "first", *at, code=1), "it went on when nobody stood before it"
    assert [line.split()[-1] for line in fondaco("queue", "list", SG1, *at).splitlines()] == [large]

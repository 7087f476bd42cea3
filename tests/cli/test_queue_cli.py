"""What waits is listed, moved and taken back at the command line."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import fondaco
from fondaco.hub import LimitFlow
from union import SG1, SG2, TH1, Desk


def test_limits_are_set_listed_and_tell_what_they_hold(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    at = ("--hub", tmp_path / "hub")
    desk.answer(desk.pay(SG1, SG2, "900.00", "SGD", urgent=True))
    desk.do(LimitFlow(SG1, "SGD", SG2, 100_000))
    held = desk.pay(SG1, SG2, "200.00", "SGD", urgent=True)
    desk.close()
    assert "ABOVE_CAP" in fondaco("limits", "set", SG1, "SGD", SG2, "899.99", *at, code=1)
    assert "limit 5000.00" in fondaco("limits", "set", SG1, "SGD", "SG", "5000.00", *at)
    shown = fondaco("limits", "list", SG1, *at).splitlines()
    assert f"{SG1} to {SG2}: limit 1000.00 SGD, used 900.00 SGD, left 100.00 SGD" in shown and len(shown) == 2
    (row,) = json.loads(fondaco("queue", "list", *at, "--json"))["queued"]
    assert row["uetr"] == held.uetr and row["limit"] == SG2
    assert f"limit to {SG2}" in fondaco("queue", "list", *at)
    assert f"waits    for room under a limit towards {SG2} (article 7.15)" in fondaco("trace", held.uetr, *at)
    assert "no limit" in fondaco("limits", "remove", SG1, "SGD", SG2, *at)
    assert "nothing waits" in fondaco("queue", "list", *at)
    assert "not a currency" in fondaco("limits", "set", SG1, "ZZZ", SG2, "1.00", *at, code=1)
    assert "no limits" in fondaco("limits", "list", TH1, *at)


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

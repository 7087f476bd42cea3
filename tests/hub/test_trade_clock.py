"""What time brings to many instruments at once comes in one order, whether the hub ran on or was opened again in between."""

from __future__ import annotations

import shutil
from pathlib import Path

from hub.test_delivery_recovery import opened
from trades import EXPORTER, TradeDesk
from union import SG2


def test_an_offer_that_was_made_anew_lapses_in_its_new_turn_whoever_decides(tmp_path: Path) -> None:
    # Found by a walk (seed 27): the clock of a running hub still had the first time of an instrument whose time had changed, and took it in
    # another turn than a hub that was opened again. It could not be opened any more, since its books had other transfers under those numbers.
    desk = TradeDesk(tmp_path / "hub")
    first, second = desk.issue(), desk.issue("SLT0002")
    desk.offer(second, f"SGD 1.00 {SG2}", seconds=50)
    desk.offer(first, f"SGD 1.00 {SG2}", seconds=100)
    assert isinstance(desk.act(EXPORTER, "WITHDRAW", second), str)
    desk.offer(second, f"SGD 1.00 {SG2}", seconds=200)
    desk.wait(300)
    assert desk.record(first).lock_id() == desk.record(second).lock_id() == ""
    links = list(desk.hub.journal.links())
    inputs = [desk.hub.journal.inputs_of(link.number) for link in links]
    desk.close()
    for gone in ("journal.sqlite", "books", "seen"):
        path = desk.folder / gone
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for left in desk.folder.glob("journal.sqlite-*"):
        left.unlink()
    again = opened(desk.folder, desk.now, [])
    for one in inputs[:-1]:
        assert one is not None
        again.hub.decide_again(one)
    again.close()
    again = opened(desk.folder, desk.now, [])
    assert inputs[-1] is not None
    again.hub.decide_again(inputs[-1])
    assert [one.hash for one in again.hub.journal.links()] == [one.hash for one in links]
    again.close()

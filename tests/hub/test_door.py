"""A door reads what a hub would read, and hands on what it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal
from fondaco.hub import Door, DoorGone
from fondaco.messages import read
from fondaco.payments import State
from union import SG1, TH1, Desk, pacs_008


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.close()


def test_frames_come_back_in_order_and_as_the_hub_would_read_them(door: Door) -> None:
    raws = [pacs_008(SG1, TH1, f"{n}.00", "SGD") for n in range(1, 6)]
    door.give([(SG1, raw) for raw in raws[:3]])
    door.give([(SG1, raw) for raw in raws[3:]])
    commands = door.take() + door.take()
    assert [command.raw for command in commands] == raws
    assert [command.message for command in commands] == [read(raw) for raw in raws]


def test_what_a_door_cannot_read_the_hub_refuses(door: Door, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    good, broken = pacs_008(SG1, TH1, "1.00", "SGD", uetr="8a562c67-ca16-48ba-b074-65581be6f001"), b"<half"
    door.give([(SG1, good), (SG1, broken)])
    refusal = desk.do(*door.take())
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.MALFORMED
    payment = desk.hub.by_uetr("8a562c67-ca16-48ba-b074-65581be6f001")
    assert payment is not None and payment.state is State.OFFERED
    desk = desk.again()
    assert desk.see(payment).state is State.OFFERED
    desk.close()


def test_a_door_that_died_is_told(door: Door) -> None:
    door._process.kill()
    door._process.join()
    with pytest.raises(DoorGone):
        door.give([(SG1, b"<x/>")])
        door.take()

"""Who follows the log sees no content, and every lie about it."""

from __future__ import annotations

import json
import random

import pytest

from fondaco.trade import leaf
from fondaco.trade.log_follower import LogFollower
from fondaco.trade.tree_head import RecordHead, TreeHead
from random_titles import Lots
from titles import HUB


def lived(seed: int, steps: int = 150) -> tuple[Lots, list[bytes]]:
    """A register that lived, and its leaves in order."""
    walk = Lots(random.Random(seed))
    for _ in range(steps):
        walk.step()
    placed = sorted(
        (walk.desk.log_places[change.hash], leaf(change.event, change.hash))
        for changes in walk.desk.events.values()
        for change in changes
    )
    return walk, [one for _, one in placed]


@pytest.mark.parametrize("seed", range(3))
def test_a_true_log_is_followed_and_every_true_word_of_it_is_believed(seed: int) -> None:
    walk, leaves = lived(seed)
    follower = LogFollower()
    middle = len(leaves) // 2
    assert follower.take(leaves[:middle]) is None
    assert follower.take(leaves[middle:]) is None
    assert follower.root() == walk.desk.log.root()
    assert follower.head_fault(walk.desk.head()) is None
    for instrument in walk.desk.events:
        said = json.loads(walk.desk.proof(instrument, ()))["record_head"]
        assert follower.record_fault(RecordHead(**said)) is None


def test_two_events_in_one_place_are_seen_and_nothing_of_them_is_taken() -> None:
    _, leaves = lived(1)
    follower = LogFollower()
    assert follower.take(leaves) is None
    second = leaves[-1][:40] + bytes(32)
    for wrong in (second, leaves[0], b"short"):
        found = follower.take([leaves[-1][:32] + (99).to_bytes(8, "big") + bytes(32), wrong])
        assert found is not None
        assert found.article == "T.6"
    assert follower.take([second]) is not None
    assert follower.size == len(leaves)


def test_an_event_that_the_hub_keeps_silent_about_is_seen() -> None:
    walk, leaves = lived(2)
    follower = LogFollower()
    assert follower.take(leaves) is None
    instrument = max(walk.desk.events, key=lambda one: len(walk.desk.events[one]))
    changes = walk.desk.events[instrument]
    before = changes[-2]
    said = RecordHead(HUB, before.event.etr, before.event.seq, before.hash, follower.size)
    found = follower.record_fault(said)
    assert found is not None
    assert (found.where, found.article) == ("head.event", "T.6")
    # It was true while the log ended there.
    place = walk.desk.log_places[changes[-1].hash]
    assert follower.record_fault(RecordHead(HUB, said.etr, said.seq, said.event, place)) is None
    assert follower.record_fault(RecordHead(HUB, "0" * 64, 1, said.event, follower.size)) is not None


def test_another_log_is_seen() -> None:
    _, leaves = lived(1)
    _, others = lived(2)
    follower, other = LogFollower(), LogFollower()
    size = min(len(leaves), len(others))
    follower.take(leaves[:size])
    other.take(others[:size])
    found = follower.head_fault(TreeHead(HUB, size, other.root().hex(), "2026-11-26T12:00:00.000Z"))
    assert found is not None
    assert found.where == "head.root"
    later = TreeHead(HUB, size + 1, other.root().hex(), "2026-11-26T12:00:00.000Z")
    assert follower.head_fault(later) is not None

"""A deed under a key is done once, however often it is asked, and whatever happens in between."""

from __future__ import annotations

from pathlib import Path

from fondaco.core import Reason, Refusal
from fondaco.hub import Once, SetLimit, close_hub, open_hub
from kept import fingerprint, fingerprint_of
from union import SG1, SG2, Desk, S


def test_asked_again_it_is_answered_as_before_and_not_done(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    once = Once("me", "k1", b"one")
    assert desk.do(once, SetLimit(SG1, "SGD", 500)) is None
    assert desk.do(SetLimit(SG1, "SGD", 700)) is None
    desk = desk.again()
    assert desk.do(once, SetLimit(SG1, "SGD", 500)) is None
    assert sorted(desk.hub.desk.limits.values()) == [700]
    other = desk.do(Once("me", "k1", b"two"), SetLimit(SG1, "SGD", 600))
    assert isinstance(other, Refusal) and other.reason is Reason.DUPLICATE_MESSAGE
    assert desk.do(Once("somebody", "k1", b"two"), SetLimit(SG2, "SGD", 600)) is None
    assert sorted(desk.hub.desk.limits.values()) == [600, 700]
    desk.close()


def test_a_refusal_is_an_answer_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    once = Once("me", "k1", b"one")
    first = desk.do(once, SetLimit(SG1, "SGD", 10**15))
    assert isinstance(first, Refusal) and first.reason is Reason.ABOVE_CAP
    assert desk.again().do(once, SetLimit(SG1, "SGD", 10**15)) == first


def test_twice_in_one_batch_is_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    once = Once("me", "k1", b"one")
    desk.now = type(desk.now)(desk.now + S)
    results = desk.hub.process(
        [once, SetLimit(SG1, "SGD", 500), SetLimit(SG1, "SGD", 900), once, SetLimit(SG1, "SGD", 500)], desk.now
    )
    assert results == [None] * 5
    assert list(desk.hub.desk.limits.values()) == [900]
    desk.close()


def test_a_crash_before_the_outcome_was_kept_changes_nothing_of_it(tmp_path: Path) -> None:
    """The inputs were kept, the outcomes were not: decided again, the deed is done and its key is known."""
    desk = Desk(tmp_path)
    desk.now = type(desk.now)(desk.now + S)
    once = Once("me", "k1", b"one")
    desk.hub.process([once, SetLimit(SG1, "SGD", 500)], desk.now)
    desk.hub.books.close()
    desk.hub.journal.close()  # as a crash leaves it: nothing was flushed
    hub = open_hub(tmp_path)
    assert list(hub.desk.limits.values()) == [500]
    before = fingerprint(hub)
    close_hub(hub)
    assert fingerprint_of(tmp_path) == before
    desk = Desk(tmp_path, fresh=False)
    desk.now = type(desk.now)(desk.hub.desk.counters.last_instant)
    desk.do(SetLimit(SG1, "SGD", 700))
    assert desk.do(once, SetLimit(SG1, "SGD", 500)) is None
    assert list(desk.hub.desk.limits.values()) == [700]
    desk.close()

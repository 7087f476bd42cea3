"""Two engines are asked the same and answer the same: every status, every balance, every flag.

`FONDACO_EVENTS` says how many events each pair is asked (a million in `docs/books.md`), `FONDACO_SEED` from which seed on.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from books import EMBEDDED
from fondaco.ledger import Engine, Status, prove
from fondaco.ledger.engine import AccountStatus
from random_events import Message, Source

EVENTS = int(os.environ.get("FONDACO_EVENTS", "6000"))
SEED = int(os.environ.get("FONDACO_SEED", "1"))
BOOKS_EVENTS = 10_000
# What 6,000 events reach of the 66 statuses; more reach more.
STATUSES_LEAST = 60


def ask(engine: Engine, message: Message) -> list[int]:
    if message.accounts is not None:
        return engine.create_accounts(message.accounts, message.at_ns)
    if message.transfers is not None:
        return engine.create_transfers(message.transfers, message.at_ns)
    return [part for released in engine.expire(message.at_ns) for part in released]


def compare(one: Engine, other: Engine, seed: int, events: int, *, narrow: bool = False) -> Counter[Status]:
    """Ask both the same messages; returns how often each status was given."""
    met: Counter[Status] = Counter()
    for number, message in enumerate(Source(seed, narrow=narrow).messages(events)):
        first, second = ask(one, message), ask(other, message)
        if first != second:
            at = next(i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b)
            asked = (message.transfers or message.accounts or [message.at_ns] * (at + 1))[at]
            raise AssertionError(f"seed {seed}, message {number}, event {at}: {first[at]} and {second[at]} for {asked}")
        if message.transfers is not None:
            met.update(map(Status, first))
        if number % 50 == 0:
            assert list(one.accounts()) == list(other.accounts()), f"seed {seed}, after message {number}"
    assert list(one.accounts()) == list(other.accounts())
    assert list(one.sums()) == list(other.sums())
    assert list(one.history()) == list(other.history())
    assert prove(one).faults == prove(other).faults == ()
    return met


@pytest.mark.parametrize("name", ["compiled", "sqlite", "sqlite-compiled", "postgres", "postgres-compiled"])
def test_every_engine_answers_as_the_reference_does(name: str, make_engine: Callable[[str], Engine]) -> None:
    """Books of so many events at most: counters that are full, accounts that are closed would fill the answers of longer ones."""
    met: Counter[Status] = Counter()
    for number in range(-(-EVENTS // BOOKS_EVENTS)):
        one, other = make_engine("reference"), make_engine(name)
        met += compare(one, other, SEED + number, min(EVENTS, BOOKS_EVENTS))
        one.close()
        other.close()
    print(f"{name}: {met.total()} events, {len(met)} statuses: { {status.name: count for status, count in met.most_common()} }")
    assert len(met) >= STATUSES_LEAST


def test_the_random_events_meet_every_status_that_an_account_can_get() -> None:
    met = set()
    for seed in range(16):
        engine = EMBEDDED["reference"](Path())
        for message in Source(seed).messages(3000):
            statuses = ask(engine, message)
            met |= set(statuses) if message.accounts is not None else set()
    # Not by the tuples of `Account`: counters and reserved fields (test_law), and imports, which have tales of their own.
    by_tuple = {int(status) for status in AccountStatus} - {4, 9, 10, 11, 12, 22, 23, 24, 25, 26}
    assert by_tuple <= met


@pytest.mark.parametrize("seed", range(20, 24))
def test_small_windows_and_many_segments_change_nothing(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from fondaco.ledger.kernel import Ids
    from fondaco.ledger.kernel_numba import CompiledKernel

    one, other = EMBEDDED["reference"](tmp_path), EMBEDDED["compiled"](tmp_path)
    monkeypatch.setattr(Ids, "RECENT_MAX", 64)
    monkeypatch.setattr(CompiledKernel, "RECENT_MAX", 100)
    compare(one, other, seed, 3000)


def test_messages_side_by_side_in_one_commit_answer_as_one_after_the_other(tmp_path: Path) -> None:
    from fondaco.ledger import MemoryEngine, transfer_records

    one, other = MemoryEngine("reference"), MemoryEngine("compiled")
    group: list[Message] = []

    def flush() -> None:
        records = [transfer_records(message.transfers or []) for message in group]
        answers = other.book_all(records, group[0].at_ns) if group else []
        for message, answer in zip(group, answers, strict=True):
            # The instants of a group follow each other: the other engine is asked at the same ones.
            assert one.book(transfer_records(message.transfers or []), group[0].at_ns).tolist() == answer.tolist()
        group.clear()

    for message in Source(7).messages(5000):
        if message.transfers is None or len(group) == 9:
            flush()
        if message.transfers is None:
            assert ask(one, message) == ask(other, message)
        else:
            group.append(message)
    flush()
    assert list(one.accounts()) == list(other.accounts())
    assert list(one.history()) == list(other.history())

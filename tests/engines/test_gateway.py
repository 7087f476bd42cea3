"""Many callers of one writer: each gets its own answer, and a failure is told to all who wait."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from books import LINKED, four_accounts, t
from fondaco.ledger import EngineUnavailable, MemoryEngine, SqliteEngine, Status, prove, transfer_records
from fondaco.ledger.engine import Statuses, Transfers
from fondaco.ledger.gateway import GROUP_EVENTS_MAX, Gateway


class Counting(MemoryEngine):
    """Counts commits."""

    def __init__(self) -> None:
        super().__init__("compiled")
        self.groups: list[int] = []

    def book_all(self, messages: list[Transfers], at_ns: int) -> list[Statuses]:  # type: ignore[override]
        self.groups.append(len(messages))
        return super().book_all(messages, at_ns)


def test_what_waits_together_is_one_commit_and_each_gets_its_own_answer() -> None:
    engine = Counting()
    engine.create_accounts(four_accounts(), 1)

    async def all_at_once() -> list[list[int]]:
        gateway = Gateway(engine, iter(range(10, 1000)).__next__)
        asked = [[t(n)] if n % 3 else [t(n, debit=3), t(1000 + n)] for n in range(1, 65)]
        answers = await asyncio.gather(*(gateway.book(transfer_records(message)) for message in asked))
        again = await gateway.book(transfer_records([t(1)]))
        return [answer.tolist() for answer in [*answers, again]]

    answers = asyncio.run(all_at_once())
    assert engine.groups == [64, 1]
    assert answers[:-1] == [[0] if n % 3 else [Status.EXCEEDS_CREDITS, 0] for n in range(1, 65)]
    assert answers[-1] == [Status.EXISTS]


def test_a_chain_left_open_does_not_go_on_in_the_next_callers_message() -> None:
    engine = Counting()
    engine.create_accounts(four_accounts(), 1)

    async def two() -> list[list[int]]:
        gateway = Gateway(engine, iter(range(10, 1000)).__next__)
        asked = [[t(1, flags=LINKED)], [t(2)], [t(3), t(4, flags=LINKED)], [t(5)]]
        return [a.tolist() for a in await asyncio.gather(*(gateway.book(transfer_records(message)) for message in asked))]

    assert asyncio.run(two()) == [[Status.LINKED_EVENT_CHAIN_OPEN], [0], [0, Status.LINKED_EVENT_CHAIN_OPEN], [0]]
    assert engine.groups == [4] and prove(engine).faults == ()


def test_a_flood_is_cut_into_commits_of_bounded_size() -> None:
    engine = Counting()
    engine.create_accounts(four_accounts(), 1)

    async def flood() -> list[Statuses]:
        gateway = Gateway(engine, iter(range(10, 10**9, 10**6)).__next__)
        messages = [transfer_records([t(5000 * m + n) for n in range(1, 4000)]) for m in range(20)]
        return await asyncio.gather(*map(gateway.book, messages))

    assert not np.concatenate(asyncio.run(flood())).any()
    assert max(engine.groups) * 3999 <= GROUP_EVENTS_MAX and sum(engine.groups) == 20


def test_a_failed_commit_is_told_to_all_and_the_same_ids_are_asked_again(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path, "compiled")
    engine.create_accounts(four_accounts(), 1)
    pages = engine._connection.execute("PRAGMA page_count").fetchone()[0]
    engine._connection.execute(f"PRAGMA max_page_count={pages}")
    messages = [transfer_records([t(1000 * m + n) for n in range(1, 900)]) for m in range(8)]

    async def ask(books: SqliteEngine) -> list[object]:
        gateway = Gateway(books, iter(range(10, 10**9, 10**6)).__next__)
        return await asyncio.gather(*map(gateway.book, messages), return_exceptions=True)

    assert all(isinstance(answer, EngineUnavailable) for answer in asyncio.run(ask(engine)))
    with pytest.raises(EngineUnavailable):
        engine.book(messages[0], 10**9)
    engine.close()
    again = SqliteEngine(tmp_path, "compiled")
    assert not np.concatenate(asyncio.run(ask(again))).any()  # type: ignore[arg-type]
    assert again.balance(2) == (0, 0, 0, 8 * 899 * 10)
    again.close()

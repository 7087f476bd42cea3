"""Rows for people follow the log, whatever was stopped in between, and say what the books say."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from books import LINKED, PENDING, POST, VOID, t
from fondaco.ledger import Account, SqliteEngine, project
from random_events import Source

HISTORY = 8


def asked(folder: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "rows.sqlite")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def agree(folder: Path, engine: SqliteEngine) -> None:
    rows = asked(folder, "SELECT id, debits_pending, debits_posted, credits_pending, credits_posted FROM account ORDER BY id")
    assert rows == [(f"{one.id:032x}", *balance) for one, balance in engine.accounts()]
    rows = asked(folder, "SELECT at_ns, id, amount, flags, pending_id FROM transfer ORDER BY seq")
    assert rows == [(at, f"{e.id:032x}", moved, e.flags, f"{e.pending_id:032x}") for at, e, moved in engine.history()]


@pytest.mark.parametrize("seed", [3, 4])
def test_rows_say_what_the_books_say_however_often_they_are_brought_up(tmp_path: Path, seed: int) -> None:
    engine = SqliteEngine(tmp_path, "compiled")
    for number, message in enumerate(Source(seed).messages(2500)):
        if message.accounts is not None:
            engine.create_accounts(message.accounts, message.at_ns)
        elif message.transfers is not None:
            engine.create_transfers(message.transfers, message.at_ns)
        else:
            engine.expire(message.at_ns)
        if number % 17 == 0:
            project(tmp_path)
        if number % 40 == 0:
            shutil.rmtree(tmp_path / "rows.state", ignore_errors=True)  # a state that is gone is made again from the log
    done = project(tmp_path)
    assert done.transfers == sum(1 for _ in engine.history())
    agree(tmp_path, engine)
    assert project(tmp_path).added == 0
    assert project(tmp_path, rebuild=True) == (done.log_rows, done.transfers, done.accounts, done.transfers)
    agree(tmp_path, engine)
    engine.close()


def test_rows_of_another_log_are_made_anew(tmp_path: Path) -> None:
    for name, amount in (("one", 5), ("two", 6)):
        engine = SqliteEngine(tmp_path / name)
        engine.create_accounts([Account(1, 7, 1), Account(2, 7, 1)], 1)
        engine.create_transfers([t(1, amount=amount)], 2)
        engine.close()
    project(tmp_path / "one")
    shutil.copy(tmp_path / "one" / "rows.sqlite", tmp_path / "two" / "rows.sqlite")
    assert project(tmp_path / "two").added == 1
    assert asked(tmp_path / "two", "SELECT amount FROM transfer") == [(6,)]


def test_an_account_with_a_history_has_its_balance_after_every_transfer(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path)
    engine.create_accounts([Account(1, 7, 1, HISTORY), Account(2, 7, 1)], 1)
    engine.create_transfers([t(1, amount=10), t(2, amount=4, flags=PENDING)], 10)
    project(tmp_path)
    engine.create_accounts([Account(3, 7, 1, HISTORY)], 20)
    engine.create_transfers([t(3, amount=3, flags=POST, pending=2), t(4, flags=LINKED), t(5, debit=99)], 30)
    engine.create_transfers([t(6, amount=7, flags=PENDING, timeout=1), t(7, debit=3, credit=1, amount=2)], 40)
    engine.create_transfers([t(8, amount=1, flags=PENDING)], 50)
    project(tmp_path)
    engine.create_transfers([t(9, amount=0, flags=VOID, pending=8)], 60)
    engine.expire(10 * 10**9)
    project(tmp_path)
    first, third = f"{1:032x}", f"{3:032x}"
    query = "SELECT debits_pending, debits_posted, credits_pending, credits_posted FROM balance WHERE account='{}' ORDER BY seq"
    assert asked(tmp_path, query.format(first)) == [
        (0, 10, 0, 0), (4, 10, 0, 0), (0, 13, 0, 0), (7, 13, 0, 0), (7, 13, 0, 2), (8, 13, 0, 2), (7, 13, 0, 2), (0, 13, 0, 2),
    ]  # fmt: skip
    assert asked(tmp_path, query.format(third)) == [(0, 2, 0, 0)]
    agree(tmp_path, engine)
    engine.close()


def test_the_running_books_are_projected_beside_their_writer_and_survive_its_end(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path)
    engine.create_accounts([Account(1, 7, 1), Account(2, 7, 1)], 1)
    for number in range(1, 50):
        engine.create_transfers([t(number)], number * 10)
        if number % 10 == 0:
            assert project(tmp_path).transfers == number
    (tmp_path / "rows.sqlite").unlink()
    engine.close()
    again = SqliteEngine(tmp_path)
    assert project(tmp_path).transfers == 49
    agree(tmp_path, again)
    again.close()

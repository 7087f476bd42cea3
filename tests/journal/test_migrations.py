"""Migrations of stores: in order, whole or not at all, whatever kills them."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import Migration, UnfitStore, bring_up, copy_path
from fondaco.journal import JournalFile, WrongStore
from fondaco.journal.migrations import MIGRATIONS
from fondaco.ledger.migrations import MIGRATIONS as BOOKS
from store import content, rebuild

SMALL = (
    Migration(1, "first", ("CREATE TABLE a (n INTEGER)",)),
    Migration(2, "more", ("CREATE TABLE b (n INTEGER)", "INSERT INTO b SELECT n + 1 FROM a")),
    Migration(3, "less", ("DROP TABLE a", lambda connection: connection.execute("UPDATE b SET n = n * 10") and None)),
)


class Dying(sqlite3.Connection):
    """Ends its process at once before the statement that `left` counts down to."""

    left = 0

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        if Dying.left == 0:
            os._exit(9)
        Dying.left -= 1
        return super().execute(*arguments)


def killed(left: int, deed: Any) -> bool:
    """Do `deed` in a process of its own, killed before the statement numbered `left`; whether it was killed."""
    child = os.fork()
    if child == 0:
        Dying.left = left
        sqlite3.connect = partial(sqlite3.connect, factory=Dying)  # type: ignore[assignment]
        try:
            deed()
        except BaseException:
            os._exit(7)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9), f"the child came to {code}"
    return code == 9


def small(path: Path, migrations: tuple[Migration, ...]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        bring_up(connection, path, migrations)


def made(path: Path) -> None:
    small(path, SMALL[:1])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO a VALUES (4)")


def test_migrations_are_numbered_and_say_what_they_do() -> None:
    for table in (MIGRATIONS, BOOKS):
        assert [one.number for one in table] == list(range(1, len(table) + 1))
        assert all(one.does and one.steps for one in table)


def test_a_new_store_and_one_that_was_brought_up_are_the_same(tmp_path: Path) -> None:
    small(tmp_path / "new", SMALL)
    small(tmp_path / "old", SMALL[:1])
    small(tmp_path / "old", SMALL)
    assert content(tmp_path / "new") == content(tmp_path / "old")
    assert content(tmp_path / "new")[0] == 3
    assert not copy_path(tmp_path / "new", 0).exists(), "of nothing no copy is kept"


def test_a_migration_keeps_a_copy_with_the_old_version_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    made(path)
    before = content(path)
    small(path, SMALL)
    assert content(copy_path(path, 1)) == before
    assert content(path)[1][-3:-1] == ["CREATE TABLE b (n INTEGER);", 'INSERT INTO "b" VALUES(50);']
    small(path, SMALL)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.sqlite", "a.sqlite.version-1"]


def test_the_copy_is_for_nobody_who_may_not_read_the_store(tmp_path: Path) -> None:
    path = tmp_path / "access.db"
    made(path)
    path.chmod(0o600)
    small(path, SMALL)
    assert copy_path(path, 1).stat().st_mode & 0o777 == 0o600


def test_a_fault_in_a_step_leaves_the_version_before_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    made(path)
    before = content(path)

    def refuses(_: sqlite3.Connection) -> None:
        raise UnfitStore("not now")

    with pytest.raises(UnfitStore, match="not now"):
        small(path, (SMALL[0], Migration(2, "more", (*SMALL[1].steps, refuses))))
    assert content(path) == before
    with pytest.raises(sqlite3.Error):
        small(path, (*SMALL[:2], Migration(3, "wrong", ("DROP TABLE a", "DROP TABLE nothing"))))
    assert content(path)[0] == 2, "what was taken before the fault stays taken"
    small(path, SMALL)
    assert content(path)[0] == 3


def test_a_store_of_a_later_release_or_of_somebody_else_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    small(path, SMALL)
    with pytest.raises(UnfitStore, match="later release wrote it; open it with that one"):
        small(path, SMALL[:2])
    with closing(sqlite3.connect(tmp_path / "b")) as connection:
        connection.execute("CREATE TABLE theirs (n)")
    with pytest.raises(UnfitStore, match="move it away"):
        small(tmp_path / "b", SMALL)


def test_a_migration_killed_before_any_statement_leaves_the_old_version_or_the_new(tmp_path: Path) -> None:
    made(tmp_path / "whole")
    whole = [content(tmp_path / "whole")]
    for upto in (2, 3):
        small(tmp_path / "whole", SMALL[:upto])
        whole.append(content(tmp_path / "whole"))
    seen = set()
    for left in range(100):
        path = tmp_path / str(left) / "a.sqlite"
        path.parent.mkdir()
        made(path)
        died = killed(left, partial(small, path, SMALL))
        now = content(path)
        assert now in whole, f"something between two versions, killed before statement {left}"
        seen.add(now[0])
        small(path, SMALL)
        assert content(path) == whole[-1]
        if not died:
            break
    assert seen == {1, 2, 3} and left > 10


def test_the_journal_of_the_first_release_survives_a_kill_before_every_statement(tmp_path: Path) -> None:
    first = rebuild(tmp_path / "whole")
    old = content(first / "journal.sqlite")
    JournalFile(first).close()
    new = content(first / "journal.sqlite")
    assert (old[0], new[0]) == (1, len(MIGRATIONS))

    def opened(folder: Path) -> None:
        JournalFile(folder)._connection.close()
        os._exit(0)

    for left in range(100):
        folder = rebuild(tmp_path / str(left))
        died = killed(left, partial(opened, folder))
        now = content(folder / "journal.sqlite")
        assert now[0] in range(1, len(MIGRATIONS) + 1)
        assert now[0] != 1 or now == old
        JournalFile(folder).close()
        assert content(folder / "journal.sqlite") == new
        if not died:
            break
    assert left > 8


def test_a_new_journal_killed_before_any_statement_is_made_whole_the_next_time(tmp_path: Path) -> None:
    JournalFile(tmp_path / "whole").close()
    whole = content(tmp_path / "whole" / "journal.sqlite")

    def opened(folder: Path) -> None:
        JournalFile(folder)._connection.close()
        os._exit(0)

    for left in range(100):
        folder = tmp_path / str(left)
        died = killed(left, partial(opened, folder))
        JournalFile(folder).close()
        assert content(folder / "journal.sqlite") == whole
        if not died:
            break
    assert left > 8


def test_a_batch_that_the_release_before_began_is_ended_by_it(tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "hub")
    path = folder / "journal.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM link WHERE batch = (SELECT max(batch) FROM link)")
    before = content(path)
    with pytest.raises(WrongStore, match="open the hub once with the release before"):
        JournalFile(folder)
    assert content(path) == before
    with pytest.raises(WrongStore):
        JournalFile(folder)

"""What is PostgreSQL's own about the books: one writer, commits whose end is not known, kills, and what a restart reads."""

from __future__ import annotations

import os
import random
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from books import BAL_D, CLOSE_D, LINKED, NO_OVERDRAFT, PENDING, POST, VOID, four_accounts, t
from fondaco.ledger import (
    AMOUNT_MAX,
    BATCH_MAX,
    Account,
    BooksLocked,
    BooksTaken,
    BrokenBooks,
    Engine,
    EngineUnavailable,
    MemoryEngine,
    PostgresEngine,
    Role,
    Status,
    Transfer,
    account_id,
    prove,
    transfer_records,
)
from fondaco.ledger import postgres as postgres_engine
from fondaco.ledger.postgres_schema import MIGRATIONS
from postgres_server import CannotStart, PostgresServer

S = Status
KILLS = int(os.environ.get("FONDACO_KILLS", "4"))
SECOND = 10**9


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may break."""
    try:
        server = PostgresServer()
    except CannotStart as fault:
        pytest.skip(f"PostgreSQL cannot be started here: {fault}")
    with server:
        yield server


def opened(dsn: str, **more: int | str) -> PostgresEngine:
    return PostgresEngine(dsn, **{"kernel": "reference", "patience_s": 30, **more})  # type: ignore[arg-type]


def begun(dsn: str, **more: int | str) -> PostgresEngine:
    engine = opened(dsn, **more)
    engine.create_accounts(four_accounts(), 1)
    return engine


def sql(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(f"SET search_path TO fondaco_books; {statement}".encode())
        while cursor.nextset():
            pass
        return cursor.fetchall() if cursor.description else []


def many(first: int, count: int, amount: int = 1) -> list[Transfer]:
    return [t(n << 64 | 1, amount=amount) for n in range(first, first + count)]


def everything(engine: Engine) -> tuple[object, ...]:
    return list(engine.accounts()), list(engine.history())


# One writer


def test_a_second_writer_is_refused_as_long_as_the_first_one_lives(postgres: str) -> None:
    first = begun(postgres)
    with pytest.raises(BooksTaken, match="another process has schema fondaco_books"):
        opened(postgres, patience_s=0)
    assert issubclass(BooksTaken, BooksLocked)
    code = f"from fondaco.ledger import PostgresEngine; PostgresEngine({postgres!r}, patience_s=0)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert other.returncode != 0 and "BooksTaken" in other.stderr
    assert first.create_transfers(many(1, 1), 10) == [0], "the first one did not notice"
    first.close()
    first.close()
    opened(postgres).close()


def test_books_of_the_first_form_are_brought_up_and_go_on(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_engine, "MIGRATIONS", MIGRATIONS[:1])
    engine = begun(postgres)
    engine.create_transfers([t(1 << 64 | 1, amount=9, flags=PENDING), *many(2, 300)], 10)
    before = everything(engine)
    engine.close()
    monkeypatch.undo()
    engine = opened(postgres, ids_kept=8)
    assert everything(engine) == before and prove(engine).faults == ()
    assert engine.create_transfers([t(1 << 64 | 1, amount=9, flags=PENDING), *many(2, 1), *many(302, 1)], 20) == [
        S.EXISTS,
        S.EXISTS,
        S.OK,
    ]
    assert engine.create_transfers([t(400 << 64, amount=9, flags=POST, pending=1 << 64 | 1)], 30) == [S.OK]
    assert prove(engine).faults == ()
    engine.close()
    found = sql(
        postgres, "SELECT indexname FROM pg_indexes WHERE schemaname = 'fondaco_books' AND tablename = 'transfer' ORDER BY 1"
    )
    assert [name for (name,) in found] == ["resolved_once", "transfer_id_key", "transfer_in_order"]


def test_books_of_two_schemas_in_one_database_do_not_meet(postgres: str) -> None:
    one, two = opened(postgres, schema="one"), opened(postgres, schema="two")
    one.create_accounts(four_accounts(), 1)
    assert list(two.accounts()) == [] and len(list(one.accounts())) == 4
    one.close()
    two.close()


@pytest.mark.parametrize("deed", ["one transfer", "many transfers", "accounts", "expiry"])
def test_a_writer_that_was_overtaken_commits_nothing_more(postgres: str, deed: str) -> None:
    engine = begun(postgres)
    engine.create_transfers([t(1, flags=PENDING, timeout=1)], 10)
    before = everything(engine)
    # As on a server that took over in a failover: it knows of no advisory lock.
    sql(postgres, "UPDATE fence SET epoch = epoch + 1")
    deeds = {
        "one transfer": lambda: engine.create_transfers([t(2)], 20),
        "many transfers": lambda: engine.create_transfers(many(2, 1000), 20),
        "accounts": lambda: engine.create_accounts([Account(9, 7, 1)], 20),
        "expiry": lambda: engine.expire(2 * SECOND),
    }
    with pytest.raises(EngineUnavailable, match="taken the books over"):
        deeds[deed]()
    for refused in (*deeds.values(), lambda: engine.balance(1), lambda: list(engine.history()), lambda: list(engine.accounts())):
        with pytest.raises(EngineUnavailable, match="open the books again"):
            refused()  # type: ignore[no-untyped-call]
    engine.close()
    again = opened(postgres)
    assert everything(again) == before
    again.close()


# Commits whose end is not known


def asked_until_answered(dsn: str, engine: PostgresEngine, events: list[Transfer], at: int) -> tuple[PostgresEngine, list[int]]:
    """Ask with the same ids until there is an answer, as the hub does."""
    while True:  # ends when nobody breaks the server any more
        try:
            return engine, engine.create_transfers(events, at)
        except EngineUnavailable:
            engine.close()
            while True:  # ends as the loop above
                with suppress(EngineUnavailable):
                    engine = opened(dsn)
                    break


def test_sessions_that_are_ended_at_any_moment_lose_and_double_nothing(postgres: str) -> None:
    engine = begun(postgres)
    source = random.Random(7)

    def end_sessions() -> None:
        with psycopg.connect(postgres, autocommit=True) as connection:
            for _ in range(3 * KILLS):
                time.sleep(source.random() * 0.2)
                connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")

    thread = threading.Thread(target=end_sessions)
    thread.start()
    last, sizes = 0, random.Random(8)
    while thread.is_alive():  # ends with the last session that is ended
        events = many(last + 1, sizes.choice([1, 7, 300]))
        engine, answers = asked_until_answered(postgres, engine, events, 10)
        assert set(answers) in ({S.OK}, {S.EXISTS}), "a message is on the books whole or not at all"
        last += len(events)
    engine, _ = asked_until_answered(postgres, engine, many(last + 1, 1), 10)
    assert engine.balance(2) == (0, 0, 0, last + 1)
    assert prove(engine).faults == () and prove(engine).transfers == last + 1
    engine.close()


def test_an_error_in_commit_leaves_nothing_and_the_object_refuses_everything(postgres: str) -> None:
    engine = begun(postgres)
    sql(
        postgres,
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'in commit'; END $$; "
        "CREATE CONSTRAINT TRIGGER fails AFTER UPDATE ON fence DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail()",
    )
    with pytest.raises(EngineUnavailable, match="in commit"):
        engine.create_transfers(many(1, 300), 10)
    with pytest.raises(EngineUnavailable, match="open the books again"):
        engine.room(1)
    engine.close()
    sql(postgres, "DROP TRIGGER fails ON fence")
    again = opened(postgres)
    assert again.balance(2) == (0, 0, 0, 0) and again.create_transfers(many(1, 300), 10) == [0] * 300
    again.close()


@pytest.mark.parametrize("size", [1, 300])
def test_a_commit_that_was_made_and_not_answered_is_found_afterwards(own_server: PostgresServer, size: int) -> None:
    """The session ends while it waits for a standby that never comes: the commit is on the disk by then, and nobody was told."""
    dsn = own_server.fresh_database()
    engine = begun(dsn)
    for statement in ("ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"):
        _alone(own_server.dsn(), statement)
    pid = engine._connection.info.backend_pid

    def end_it() -> None:
        with psycopg.connect(own_server.dsn(), autocommit=True) as connection:
            waits = "SELECT FROM pg_stat_activity WHERE pid = %s AND wait_event = 'SyncRep'"
            while connection.execute(waits, (pid,)).fetchone() is None:  # ends when the commit waits
                time.sleep(0.01)
            connection.execute("SELECT pg_terminate_backend(%s)", (pid,))

    thread = threading.Thread(target=end_it)
    thread.start()
    first = 1
    with pytest.raises(EngineUnavailable):
        while first < 100_000 * size:  # the server heeds its new setting in its own time; until then it answers
            engine.create_transfers(many(first, size), 10)
            first += size
            time.sleep(0.02)
    thread.join()
    engine.close()
    for statement in ("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"):
        _alone(own_server.dsn(), statement)
    again = opened(dsn)
    assert again.balance(2) == (0, 0, 0, first - 1 + size)
    assert again.create_transfers(many(first, size), 10) == [S.EXISTS] * size
    assert again.balance(2) == (0, 0, 0, first - 1 + size)
    again.close()


def _alone(dsn: str, statement: str) -> None:
    """A statement that must not wait for a standby, nor stand in a transaction."""
    with psycopg.connect(dsn, autocommit=True, options="-c synchronous_commit=local") as connection:
        connection.execute(statement.encode())


def test_a_server_that_is_killed_and_started_again_has_everything_it_answered(own_server: PostgresServer) -> None:
    dsn = own_server.fresh_database()
    engine = begun(dsn)
    source = random.Random(3)
    first = 1
    for _ in range(3):
        timer = threading.Timer(0.1 + source.random() * 0.5, own_server.kill)
        timer.start()
        answered = first
        with pytest.raises(EngineUnavailable):
            while True:  # ends with the server
                size = source.choice([1, 10, 400])
                events = many(first, size)
                first += size
                assert set(engine.create_transfers(events, 10)) == {0}
                answered = first
        timer.join()
        engine.close()
        with pytest.raises(EngineUnavailable):
            opened(dsn)
        own_server.start()
        engine = opened(dsn)
        balance = engine.balance(2)
        assert balance is not None and balance.credits_posted in (answered - 1, first - 1), (
            "all that was answered, or the last too"
        )
        # Asked again, the last message is there once.
        engine.create_transfers(many(answered, first - answered), 10)
        assert engine.balance(2) == (0, 0, 0, first - 1)
    assert prove(engine).faults == ()
    engine.close()


_WRITER = """
import sys
from fondaco.ledger import Account, PostgresEngine, Transfer
engine = PostgresEngine(sys.argv[1], kernel="reference", patience_s=30)
engine.create_accounts([Account(1, 7, 1), Account(2, 7, 1)], 1)
n, size = int(sys.argv[2]), 0
print("ready", flush=True)
while True:
    size = (size * 7 + 1) % 300
    events = [Transfer(n + k << 64 | 1, 1, 2, 1, 7, 1, 2 if k % 5 == 4 else 0) for k in range(size)]
    assert set(engine.create_transfers(events, n * 10)) <= {0}
    n += size
    print(n, flush=True)
"""


def test_a_writer_killed_at_random_moments_has_everything_it_answered(postgres: str) -> None:
    source = random.Random(20261126)
    first = 1
    for _ in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", _WRITER, postgres, str(first)], stdout=subprocess.PIPE, text=True, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(source.random() * 0.4)
        process.send_signal(signal.SIGKILL)
        lines = process.stdout.read().split("\n")[:-1]
        process.wait()
        answered = int(lines[-1]) if lines else first
        engine = opened(postgres)
        found = prove(engine)
        assert found.faults == ()
        assert answered <= found.transfers + 1 <= answered + 300, "all that was answered, and at most the message in hand"
        first = found.transfers + 1
        ids = [event.id >> 64 for _, event, _ in engine.history()]
        assert ids == list(range(1, first)), "in order, each once"
        engine.close()


# What a restart reads


def test_what_was_burnt_stays_burnt(postgres: str) -> None:
    engine = begun(postgres)
    burns = [t(1, 3, 1, 5), t(2, 77, 1, 5), t(3, flags=POST, pending=99), t(4, 1, 2, 5, LINKED), t(5, 3, 1, 5)]
    answers = [
        S.EXCEEDS_CREDITS,
        S.DEBIT_ACCOUNT_NOT_FOUND,
        S.PENDING_TRANSFER_NOT_FOUND,
        S.LINKED_EVENT_FAILED,
        S.EXCEEDS_CREDITS,
    ]
    assert engine.create_transfers(burns, 10) == answers
    again = [S.ID_ALREADY_FAILED] * 3 + [S.LINKED_EVENT_FAILED, S.ID_ALREADY_FAILED]
    assert engine.create_transfers(burns, 20) == again
    for kept in (0, 1, 10**6):
        engine.close()
        engine = opened(postgres, ids_kept=kept)
        assert engine.create_transfers(burns, 30) == again
    engine.create_transfers([t(10, 1, 3, 50)], 40)
    assert engine.create_transfers(burns, 50) == again, "room makes no difference"
    engine.close()


def test_open_pending_transfers_and_their_times_come_back(postgres: str) -> None:
    engine = begun(postgres)
    long, short = t(1, flags=PENDING, amount=7, timeout=100), t(2, flags=PENDING, amount=5, timeout=1)
    assert engine.create_transfers([long, short, t(3, flags=PENDING, amount=3), t(4, 3, 1, 0, PENDING | CLOSE_D)], 10) == [0] * 4
    assert engine.create_transfers([t(5, flags=POST, pending=3, amount=2, user_data_64=2**64 - 1)], 20) == [0]
    assert sql(postgres, "SELECT count(*) FROM reserved") == [(3,)]
    before = everything(engine)
    for kept in (0, 10**6):
        engine.close()
        engine = opened(postgres, ids_kept=kept)
        assert everything(engine) == before
        assert engine.create_transfers([t(6, 3, 1)], 30) == [S.DEBIT_ACCOUNT_ALREADY_CLOSED if kept == 0 else S.ID_ALREADY_FAILED]
    assert engine.expire(5 * SECOND) == [(2, 5)] and engine.expire(6 * SECOND) == []
    engine.close()
    engine = opened(postgres, ids_kept=0)
    assert engine.create_transfers([t(7, amount=AMOUNT_MAX, flags=POST, pending=2), t(8, amount=0, flags=VOID, pending=4), t(9, amount=0, flags=POST, pending=3)], 7 * SECOND) == [
        S.PENDING_TRANSFER_EXPIRED, S.OK, S.PENDING_TRANSFER_ALREADY_POSTED,
    ]  # fmt: skip
    assert engine.create_transfers([t(10, flags=POST, pending=1, amount=AMOUNT_MAX)], 8 * SECOND) == [0]
    assert sql(postgres, "SELECT count(*) FROM reserved") == [(0,)]
    history = list(engine.history())
    assert [event.flags for _, event, _ in history] == [PENDING, PENDING, PENDING, PENDING | CLOSE_D, POST, VOID, VOID, POST]
    assert history[5][1].pending_id == 2 and history[5][2] == 5, "what ran out of time stands where it was released"
    assert prove(engine).faults == ()
    engine.close()


def test_time_that_ran_out_before_and_after_everything_else_is_told_in_order(postgres: str) -> None:
    engine = begun(postgres)
    reference = MemoryEngine("reference")
    reference.create_accounts(four_accounts(), 1)
    for one in (engine, reference):
        one.create_transfers([t(n, flags=PENDING, timeout=n) for n in (1, 2, 3)], 10)
        for at in (2, 3, 4):
            one.expire(at * SECOND)
    assert everything(engine) == everything(reference)
    engine.close()


def test_a_kernel_never_has_more_ids_in_memory_than_it_may(postgres: str) -> None:
    engine = begun(postgres, ids_kept=50, ids_max=200)
    first_pending = t(1, flags=PENDING, amount=9)
    engine.create_transfers([first_pending], 10)
    for first in range(2, 2002, 40):
        assert set(engine.create_transfers(many(first, 40), 10)) == {0}
        state = engine._kernel.state()
        assert len(state.recent.highs) + sum(len(one) for one in state.sealed if one is not engine._forgotten) < 300
    assert engine._forgotten.last > 1000 << 64
    assert engine.create_transfers([*many(2, 3), *many(1990, 3), first_pending], 20) == [S.EXISTS] * 7
    assert engine.create_transfers(many(100, 2, amount=3), 20) == [S.EXISTS_WITH_DIFFERENT_AMOUNT] * 2
    assert engine.create_transfers([t(3000 << 64, flags=POST, pending=2 << 64 | 1)], 20) == [S.PENDING_TRANSFER_NOT_PENDING]
    assert engine.create_transfers([t(3001 << 64, flags=POST, pending=1, amount=AMOUNT_MAX)], 20) == [0]
    assert prove(engine).faults == ()
    engine.close()


steps = st.lists(
    st.tuples(
        st.sampled_from(["plain", "pending", "post", "void", "chain", "open chain", "again", "balancing", "poor", "expire", "restart"]),
        st.integers(1, 4), st.integers(1, 4), st.integers(0, 40), st.integers(0, 30),
    ),
    max_size=50,
)  # fmt: skip


@given(steps, st.sampled_from([0, 3, 10**6]), st.sampled_from(["reference", "compiled"]), st.booleans())
@settings(max_examples=int(os.environ.get("FONDACO_EXAMPLES", "25")), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_server_gives_the_answers_of_the_reference_whatever_it_forgot(
    postgres: str, sequence: list[tuple[str, int, int, int, int]], kept: int, kernel: str, backwards: bool
) -> None:
    schema = f"s{secrets.token_hex(8)}"  # hypothesis seeds the other source, and replays
    more: dict[str, int | str] = {"schema": schema, "kernel": kernel, "ids_kept": kept, "ids_max": kept + 5}
    engine, reference = begun(postgres, **more), MemoryEngine("reference")
    reference.create_accounts(four_accounts(), 1)
    sent: list[Transfer] = [t(1 << 64, 1, 3, 100)]
    at, group = 10, []
    for number, (kind, debit, credit, amount, pick) in enumerate(sequence, start=2):
        key = ((10**6 - number) if backwards else number) << 64 | pick
        old = sent[pick % len(sent)]
        if kind == "expire":
            at += SECOND
            assert engine.expire(at) == reference.expire(at)
            continue
        if kind == "restart":
            engine.close()
            engine = opened(postgres, **more)
            continue
        events = {
            "plain": [t(key, debit, credit, amount)],
            "pending": [t(key, debit, credit, amount, PENDING, timeout=pick % 3)],
            "post": [t(key, amount=AMOUNT_MAX if amount > 20 else amount, flags=POST, pending=old.id)],
            "void": [t(key, amount=0, flags=VOID, pending=old.id)],
            "chain": [t(key, 1, 2, amount, LINKED), t(key + 100, debit, credit, amount)],
            "open chain": [t(key, 1, 2, amount, LINKED)],
            "again": [old, old._replace(amount=amount)],
            "balancing": [t(key, debit, credit, amount, BAL_D)],
            "poor": [t(key, 3, 1, 10_000)],
        }[kind]
        sent += events
        group.append(transfer_records(events))
        if pick % 3 == 0:
            answers, expected = engine.book_all(group, at), reference.book_all(group, at)
            assert [one.tolist() for one in answers] == [one.tolist() for one in expected]
            group = []
    assert everything(engine) == everything(reference)
    assert prove(engine).faults == ()
    engine.close()


# What is not ours, and what a server must be


def test_a_schema_of_a_later_release_or_of_somebody_else_is_refused(postgres: str) -> None:
    begun(postgres).close()
    sql(postgres, "INSERT INTO version (number, does) VALUES (99, 'what is to come')")
    with pytest.raises(BrokenBooks, match=r"version 99.*later release wrote it; open it with that one"):
        opened(postgres)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA theirs; CREATE TABLE theirs.account (n integer)")
    with pytest.raises(BrokenBooks, match="not Fondaco's; name another schema"):
        opened(postgres, schema="theirs")


def test_a_server_that_does_not_flush_is_refused(own_server: PostgresServer) -> None:
    dsn = own_server.fresh_database()
    _alone(dsn, "ALTER SYSTEM SET fsync = off")
    _alone(dsn, "SELECT pg_reload_conf()")
    with pytest.raises(BrokenBooks, match="fsync off, so that what it acknowledges may be lost"):
        while True:  # ends when the server has read its settings
            opened(dsn).close()


def test_a_server_that_only_reads_is_no_server_and_the_next_host_is_tried(postgres: str, own_server: PostgresServer) -> None:
    _alone(own_server.dsn(), "ALTER DATABASE postgres SET default_transaction_read_only = on")
    with pytest.raises(EngineUnavailable, match="read-only"):
        opened(own_server.dsn())
    parts = psycopg.conninfo.conninfo_to_dict(postgres)
    with psycopg.connect(own_server.dsn(), autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"CREATE DATABASE {parts['dbname']}".encode())
        connection.execute(f"ALTER DATABASE {parts['dbname']} SET default_transaction_read_only = on".encode())
    both = f"host={own_server.folder},{parts['host']} port=5432,5432 user=postgres dbname={parts['dbname']}"
    engine = opened(both)
    assert sql(postgres, "SELECT count(*) FROM account") == [(0,)], "the books were begun on the host that writes"
    engine.close()


def test_without_a_server_nothing_is_known() -> None:
    with pytest.raises(EngineUnavailable):
        opened("host=/nonexistent dbname=none")


def test_a_group_of_messages_is_one_commit_and_a_message_that_is_too_long_none(postgres: str) -> None:
    engine = begun(postgres)
    commits = sql(postgres, "SELECT commits FROM fence")[0][0]
    answers = engine.book_all([transfer_records(many(n * 10, 3)) for n in range(1, 65)], 10)
    assert len(answers) == 64 and not np.concatenate(answers).any()
    assert sql(postgres, "SELECT commits FROM fence")[0][0] == commits + 1  # type: ignore[operator]
    assert engine.book_all([], 10) == [] and engine.create_transfers([], 10) == []
    with pytest.raises(ValueError, match=str(BATCH_MAX)):
        engine.book(transfer_records(many(10**6, BATCH_MAX + 1)), 10)
    assert sql(postgres, "SELECT commits FROM fence")[0][0] == commits + 1, "nothing to keep, nothing kept"  # type: ignore[operator]
    assert engine.create_transfers(many(10**6, 1), 10) == [0], "and the books are open still"
    engine.close()


def test_what_a_program_reads_by_sql_is_what_the_books_say(postgres: str) -> None:
    engine = begun(postgres)
    engine.create_transfers([t(5, flags=PENDING, amount=30), *many(10, 400), t(6, flags=POST, pending=5, amount=12)], 10)
    added_up = sql(
        postgres,
        "SELECT a.id::text, debits_posted, (SELECT coalesce(sum(amount), 0)::bigint FROM transfer WHERE debit_account_id = a.id AND flags & 10 = 0) "
        "FROM account AS a ORDER BY id",
    )
    assert [(row[1], row[2]) for row in added_up] == [(412, 412), (0, 0), (0, 0), (0, 0)]
    assert added_up[0][0] == "00000000-0000-0000-0000-000000000001"
    engine.close()


def test_a_balance_that_was_altered_on_the_server_is_found(postgres: str) -> None:
    engine = opened(postgres)
    payer, payee = account_id(Role.AGENT, 7), account_id(Role.PREFUNDED, 7, 1)
    engine.create_accounts([Account(payer, 7, 1), Account(payee, 7, 1)], 1)
    engine.create_transfers([t(1, payer, payee)], 10)
    engine.close()
    sql(postgres, "UPDATE account SET credits_posted = credits_posted + 1 WHERE credits_posted > 0")
    engine = opened(postgres)
    assert [fault.split(":")[0] for fault in prove(engine).faults] == ["account PREFUNDED/7/participant 1", "ledger 7"]
    engine.close()


def test_the_same_pending_transfer_cannot_be_resolved_twice_by_anybody(postgres: str) -> None:
    engine = begun(postgres)
    engine.create_transfers([t(1, flags=PENDING), t(2, flags=POST, pending=1)], 10)
    with pytest.raises(psycopg.errors.UniqueViolation):
        sql(
            postgres,
            "INSERT INTO transfer SELECT 99, timestamp, amount, ledger, user_data_64, user_data_32, timeout, code, flags, "
            "gen_random_uuid(), debit_account_id, credit_account_id, pending_id, user_data_128 FROM transfer WHERE flags = 4",
        )
    engine.close()


def test_any_limit_holds_over_a_restart(postgres: str) -> None:
    engine = opened(postgres)
    engine.create_accounts([Account(1, 7, 1, NO_OVERDRAFT, 2**64 - 1, 2**128 - 1, 2**32 - 1), Account(2, 7, 1)], 1)
    engine.create_transfers([t(1, 2, 1, 2**62)], 10)
    engine.close()
    engine = opened(postgres)
    account, _ = next(iter(engine.accounts()))
    assert account[:7] == (1, 7, 1, NO_OVERDRAFT, 2**64 - 1, 2**128 - 1, 2**32 - 1)
    assert engine.create_transfers([t(2, amount=2**62 + 1)], 20) == [S.EXCEEDS_CREDITS]
    assert engine.create_transfers([t(3, amount=2**62)], 20) == [0] and engine.room(1) == 0
    engine.close()

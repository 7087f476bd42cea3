"""One suite for every engine: the law of the books, told as tales, held as laws, and broken on purpose."""

from __future__ import annotations

import io
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.ledger import (
    AMOUNT_MAX,
    BATCH_MAX,
    Account,
    AccountFlag,
    AccountStatus,
    BooksLocked,
    BrokenBooks,
    EngineUnavailable,
    MemoryEngine,
    Role,
    SqliteEngine,
    Status,
    Transfer,
    account_id,
    export_hledger,
    place_of,
    prove,
)
from fondaco.ledger.engine import decode, decode_accounts, encode, encode_accounts, messages_of
from fondaco.ledger.kernel import Ids

LINKED, PENDING, POST, VOID, BAL_D, BAL_C, CLOSE_D = 1, 2, 4, 8, 16, 32, 64
NO_OVERDRAFT = int(AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
S = Status


@pytest.fixture(params=["memory", "sqlite"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MemoryEngine]:
    made = MemoryEngine() if request.param == "memory" else SqliteEngine(tmp_path)
    made.create_accounts([Account(1, 7, 1), Account(2, 7, 1), Account(3, 7, 1, NO_OVERDRAFT), Account(4, 8, 1)], 1)
    yield made
    assert prove(made).faults == ()
    made.close()


clock = iter(range(10, 10**9, 20_000))


def book(engine: MemoryEngine, *events: Transfer) -> list[Status]:
    return [Status(status) for status in engine.create_transfers(events, next(clock))]


def t(key: int, debit: int = 1, credit: int = 2, amount: int = 10, flags: int = 0, pending: int = 0, **more: int) -> Transfer:
    resolves = flags & (POST | VOID)
    return Transfer(
        key, 0 if resolves else debit, 0 if resolves else credit, amount, more.get("ledger", 0 if resolves else 7),
        more.get("code", 0 if resolves else 1), flags, pending, more.get("timeout", 0), more.get("user_data", 0),
    )  # fmt: skip


def test_a_transfer_is_two_entries(engine: MemoryEngine) -> None:
    assert book(engine, t(1)) == [S.OK]
    assert engine.balance(1) == (0, 10, 0, 0) and engine.balance(2) == (0, 0, 0, 10)


def test_the_same_again_exists_and_changes_nothing_and_a_changed_one_says_what_differs(engine: MemoryEngine) -> None:
    book(engine, t(1))
    assert book(engine, t(1)) == [S.EXISTS]
    assert book(engine, t(1, amount=11)) == [S.EXISTS_WITH_DIFFERENT_AMOUNT]
    assert book(engine, t(1, credit=3)) == [S.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID]
    assert book(engine, t(1, flags=PENDING)) == [S.EXISTS_WITH_DIFFERENT_FLAGS]
    assert book(engine, t(1, code=2)) == [S.EXISTS_WITH_DIFFERENT_CODE]
    assert engine.balance(1) == (0, 10, 0, 0)


FAULTS = [
    (t(0), S.ID_MUST_NOT_BE_ZERO),
    (t(2**128 - 1), S.ID_MUST_NOT_BE_INT_MAX),
    (t(1, flags=512), S.RESERVED_FLAG),
    (t(1, debit=0), S.DEBIT_ACCOUNT_ID_MUST_NOT_BE_ZERO),
    (t(1, credit=0), S.CREDIT_ACCOUNT_ID_MUST_NOT_BE_ZERO),
    (t(1, debit=2**128 - 1), S.DEBIT_ACCOUNT_ID_MUST_NOT_BE_INT_MAX),
    (t(1, credit=1), S.ACCOUNTS_MUST_BE_DIFFERENT),
    (t(1, pending=5), S.PENDING_ID_MUST_BE_ZERO),
    (t(1, timeout=5), S.TIMEOUT_RESERVED_FOR_PENDING_TRANSFER),
    (t(1, ledger=0), S.LEDGER_MUST_NOT_BE_ZERO),
    (t(1, code=0), S.CODE_MUST_NOT_BE_ZERO),
    (t(1, debit=99), S.DEBIT_ACCOUNT_NOT_FOUND),
    (t(1, credit=99), S.CREDIT_ACCOUNT_NOT_FOUND),
    (t(1, credit=4), S.ACCOUNTS_MUST_HAVE_THE_SAME_LEDGER),
    (t(1, ledger=8), S.TRANSFER_MUST_HAVE_THE_SAME_LEDGER_AS_ACCOUNTS),
    (t(1, debit=3, credit=2), S.EXCEEDS_CREDITS),
    (t(1, flags=CLOSE_D), S.CLOSING_TRANSFER_MUST_BE_PENDING),
    (t(1, amount=2**63), S.OVERFLOWS_DEBITS_POSTED),
    (t(1, amount=2**63, flags=PENDING), S.OVERFLOWS_DEBITS_PENDING),
    (t(1, flags=POST), S.PENDING_ID_MUST_NOT_BE_ZERO),
    (t(1, flags=POST, pending=1), S.PENDING_ID_MUST_BE_DIFFERENT),
    (t(1, flags=POST, pending=5), S.PENDING_TRANSFER_NOT_FOUND),
    (t(1, flags=POST | VOID, pending=5), S.FLAGS_ARE_MUTUALLY_EXCLUSIVE),
    (t(1, flags=LINKED), S.LINKED_EVENT_CHAIN_OPEN),
]


@pytest.mark.parametrize(("event", "status"), FAULTS, ids=[s.name for _, s in FAULTS])
def test_each_fault_has_its_status_and_moves_nothing(engine: MemoryEngine, event: Transfer, status: Status) -> None:
    before = list(engine.accounts())
    assert book(engine, event) == [status]
    assert list(engine.accounts()) == before
    transient = status in (S.DEBIT_ACCOUNT_NOT_FOUND, S.CREDIT_ACCOUNT_NOT_FOUND, S.EXCEEDS_CREDITS, S.PENDING_TRANSFER_NOT_FOUND)
    if transient:
        assert book(engine, event) == [S.ID_ALREADY_FAILED], "what may pass burns its id"
    else:
        assert book(engine, event) == [status]


def test_a_pending_transfer_is_posted_once(engine: MemoryEngine) -> None:
    book(engine, t(1, flags=PENDING))
    assert engine.balance(1) == (10, 0, 0, 0)
    assert book(engine, t(2, amount=11, flags=POST, pending=1)) == [S.EXCEEDS_PENDING_TRANSFER_AMOUNT]
    assert book(engine, t(3, amount=4, flags=POST, pending=1)) == [S.OK]
    assert engine.balance(1) == (0, 4, 0, 0) and engine.balance(2) == (0, 0, 0, 4)
    assert book(engine, t(4, amount=AMOUNT_MAX, flags=POST, pending=1)) == [S.PENDING_TRANSFER_ALREADY_POSTED]
    assert book(engine, t(5, amount=0, flags=VOID, pending=1)) == [S.PENDING_TRANSFER_ALREADY_POSTED]
    assert book(engine, t(3, amount=4, flags=POST, pending=1)) == [S.EXISTS]


def test_a_pending_transfer_is_voided_once_and_a_plain_one_never(engine: MemoryEngine) -> None:
    book(engine, t(1, flags=PENDING), t(9))
    assert book(engine, t(2, amount=3, flags=VOID, pending=1)) == [S.PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT]
    assert book(engine, t(3, amount=0, flags=VOID, pending=1)) == [S.OK]
    assert engine.balance(1) == (0, 10, 0, 0)
    assert book(engine, t(4, amount=0, flags=POST, pending=1)) == [S.PENDING_TRANSFER_ALREADY_VOIDED]
    assert book(engine, t(5, amount=0, flags=VOID, pending=9)) == [S.PENDING_TRANSFER_NOT_PENDING]


def test_pending_credits_do_not_count_and_pending_debits_do(engine: MemoryEngine) -> None:
    book(engine, t(1, credit=3, amount=100, flags=PENDING))
    assert book(engine, t(2, debit=3, credit=2, amount=1)) == [S.EXCEEDS_CREDITS]
    book(engine, t(3, amount=AMOUNT_MAX, flags=POST, pending=1))
    assert book(engine, t(4, debit=3, credit=2, amount=60, flags=PENDING)) == [S.OK]
    assert book(engine, t(5, debit=3, credit=2, amount=41)) == [S.EXCEEDS_CREDITS]
    assert book(engine, t(6, debit=3, credit=2, amount=40)) == [S.OK]


def test_an_expired_transfer_cannot_be_posted_and_its_money_comes_back(engine: MemoryEngine) -> None:
    engine.create_transfers([t(1, flags=PENDING, timeout=5)], 10**12)
    assert engine.create_transfers([t(2, amount=AMOUNT_MAX, flags=POST, pending=1)], 10**12 + 5 * 10**9) == [
        S.PENDING_TRANSFER_EXPIRED
    ]
    assert engine.expire(10**12 + 5 * 10**9) == [(1, 10)]
    assert engine.balance(1) == (0, 0, 0, 0)
    assert engine.create_transfers([t(3, amount=0, flags=VOID, pending=1)], 10**12 + 6 * 10**9) == [S.PENDING_TRANSFER_EXPIRED]


def test_a_chain_is_all_or_nothing_and_only_the_culprit_is_named(engine: MemoryEngine) -> None:
    before = list(engine.accounts())
    events = [t(1, flags=LINKED), t(2, flags=LINKED | PENDING), t(3, debit=3, credit=2, flags=LINKED), t(4), t(5)]
    assert book(engine, *events) == [S.LINKED_EVENT_FAILED, S.LINKED_EVENT_FAILED, S.EXCEEDS_CREDITS, S.LINKED_EVENT_FAILED, S.OK]
    after = list(engine.accounts())
    assert [b for _, b in after][2:] == [b for _, b in before][2:] and engine.balance(1) == (0, 10, 0, 0)
    assert book(engine, t(1), t(2), t(3, debit=3, credit=2)) == [S.OK, S.OK, S.ID_ALREADY_FAILED]


def test_a_chain_undoes_what_it_posted(engine: MemoryEngine) -> None:
    book(engine, t(1, flags=PENDING))
    assert book(engine, t(2, amount=AMOUNT_MAX, flags=POST | LINKED, pending=1), t(3, debit=99))[1] == S.DEBIT_ACCOUNT_NOT_FOUND
    assert engine.balance(1) == (10, 0, 0, 0)
    assert book(engine, t(4, amount=AMOUNT_MAX, flags=POST, pending=1)) == [S.OK]


def test_an_open_chain_at_the_end_of_a_message_is_refused(engine: MemoryEngine) -> None:
    assert book(engine, t(1, flags=LINKED), t(2, flags=LINKED)) == [S.LINKED_EVENT_FAILED, S.LINKED_EVENT_CHAIN_OPEN]
    assert engine.balance(1) == (0, 0, 0, 0) and book(engine, t(1)) == [S.OK]


def test_balancing_takes_what_is_there(engine: MemoryEngine) -> None:
    book(engine, t(1, credit=3, amount=30))
    assert book(engine, t(2, debit=3, credit=2, amount=100, flags=BAL_D)) == [S.OK]
    assert engine.balance(3) == (0, 30, 0, 30)
    assert book(engine, t(3, debit=1, credit=2, amount=AMOUNT_MAX, flags=BAL_C)) == [S.OK]
    assert engine.balance(2) == (0, 0, 0, 30)


def test_a_closed_account_accepts_nothing_but_the_void_that_opens_it(engine: MemoryEngine) -> None:
    assert book(engine, t(1, amount=0, flags=PENDING | CLOSE_D)) == [S.OK]
    assert book(engine, t(2)) == [S.DEBIT_ACCOUNT_ALREADY_CLOSED]
    assert book(engine, t(3, debit=2, credit=1)) == [S.CREDIT_ACCOUNT_ALREADY_CLOSED]
    assert book(engine, t(4, amount=0, flags=VOID, pending=1)) == [S.OK]
    assert book(engine, t(5)) == [S.OK]


def test_accounts_are_opened_once_and_their_faults_named(engine: MemoryEngine) -> None:
    one = Account(10, 7, 1)
    assert engine.create_accounts([one, one], 2) == [AccountStatus.OK, AccountStatus.EXISTS]
    wrong = [one._replace(ledger=8), one._replace(code=2), one._replace(flags=2), one._replace(user_data=3)]
    assert engine.create_accounts(wrong, 3) == [
        AccountStatus.EXISTS_WITH_DIFFERENT_LEDGER, AccountStatus.EXISTS_WITH_DIFFERENT_CODE, AccountStatus.EXISTS_WITH_DIFFERENT_FLAGS, AccountStatus.EXISTS_WITH_DIFFERENT_USER_DATA_64,
    ]  # fmt: skip
    faulty = [Account(0, 7, 1), Account(11, 0, 1), Account(12, 7, 0), Account(13, 7, 1, 6), Account(2**128 - 1, 7, 1)]
    assert engine.create_accounts(faulty, 4) == [
        AccountStatus.ID_MUST_NOT_BE_ZERO, AccountStatus.LEDGER_MUST_NOT_BE_ZERO, AccountStatus.CODE_MUST_NOT_BE_ZERO, AccountStatus.FLAGS_ARE_MUTUALLY_EXCLUSIVE, AccountStatus.ID_MUST_NOT_BE_INT_MAX,
    ]  # fmt: skip
    chain = [Account(20, 7, 1, 1), Account(21, 0, 1)]
    assert engine.create_accounts(chain, 5) == [AccountStatus.LINKED_EVENT_FAILED, AccountStatus.LEDGER_MUST_NOT_BE_ZERO]
    assert engine.balance(20) is None


def test_more_events_than_a_message_holds_are_cut_between_chains(engine: MemoryEngine) -> None:
    events = [t(n, amount=1, flags=LINKED if n % 3 else 0) for n in range(1, 2 * BATCH_MAX + 3)]
    assert set(book(engine, *events)) == {S.OK}
    assert next(len(m) for m in messages_of(events)) % 3 == 0
    with pytest.raises(ValueError, match="chain"):
        list(messages_of([t(n, flags=LINKED) for n in range(1, BATCH_MAX + 5)]))


# An independent model: it keeps the list of what was applied and adds it up anew each time.

steps = st.lists(
    st.tuples(
        st.sampled_from(["plain", "pending", "post", "void", "chain", "again"]), st.integers(1, 4), st.integers(1, 4),
        st.integers(0, 50), st.integers(0, 30),
    ),
    max_size=40,
)  # fmt: skip


@given(steps)
@settings(max_examples=150)
def test_any_sequence_adds_up_to_what_a_naive_model_says(sequence: list[tuple[str, int, int, int, int]]) -> None:
    engine = MemoryEngine()
    engine.create_accounts([Account(n, 7, 1, NO_OVERDRAFT if n == 3 else 0) for n in (1, 2, 3, 4)], 1)
    posted: list[tuple[int, int, int]] = []
    pending: dict[int, tuple[int, int, int]] = {}
    sent: list[Transfer] = []

    def room(account: int) -> int:
        credits = sum(m for _, c, m in posted if c == account)
        debits = sum(m for d, _, m in posted if d == account) + sum(m for d, _, m in pending.values() if d == account)
        return credits - debits

    for number, (kind, debit, credit, amount, pick) in enumerate(sequence, start=1):
        key = number << 64 | 1
        if kind in ("plain", "pending"):
            event = t(key, debit, credit, amount, PENDING if kind == "pending" else 0)
            good = debit != credit and not (debit == 3 and amount > room(3))
            assert (engine.create_transfers([event], number * 10) == [0]) == good
            if good and kind == "plain":
                posted.append((debit, credit, amount))
            elif good:
                pending[key] = (debit, credit, amount)
            sent.append(event)
        elif kind in ("post", "void") and pending:
            target = sorted(pending)[pick % len(pending)]
            whole = pending[target]
            moved = min(amount, whole[2]) if kind == "post" else 0
            event = t(key, amount=moved, flags=POST if kind == "post" else VOID, pending=target)
            assert engine.create_transfers([event], number * 10) == [0]
            del pending[target]
            if kind == "post":
                posted.append((whole[0], whole[1], moved))
            sent.append(event)
        elif kind == "chain":
            events = [t(key, 1, 2, amount, LINKED), t(key + 1, 3, 4, amount)]
            good = amount <= room(3)
            assert (engine.create_transfers(events, number * 10) == [0, 0]) == good
            if good:
                posted += [(1, 2, amount), (3, 4, amount)]
        elif kind == "again" and sent:
            before = list(engine.accounts())
            assert engine.create_transfers([sent[pick % len(sent)]], number * 10)[0] not in (0,)
            assert list(engine.accounts()) == before
    for account, balance in engine.accounts():
        assert balance.debits_posted == sum(m for d, _, m in posted if d == account.id)
        assert balance.credits_posted == sum(m for _, c, m in posted if c == account.id)
        assert balance.debits_pending == sum(m for d, _, m in pending.values() if d == account.id)
        assert balance.credits_pending == sum(m for _, c, m in pending.values() if c == account.id)
    assert prove(engine).faults == ()


@given(st.integers(1, 2**128 - 1), st.integers(0, 2**128 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**16 - 1))
def test_a_record_survives_its_128_bytes(key: int, amount: int, user_data: int, code: int) -> None:
    event = Transfer(key, key ^ 1, key ^ 2, amount, 7, code, 3, key, 9, user_data)
    assert decode(encode([event, event])) == [event, event] and len(encode([event])) == 128
    account = Account(key, 7, code, 2, user_data)
    assert decode_accounts(encode_accounts([account])) == [account]


@given(st.sampled_from(Role), st.integers(1, 2**31), st.integers(0, 2**24 - 1), st.integers(0, 2**40 - 1))
def test_an_account_number_says_what_it_stands_for(role: Role, ledger: int, participant: int, cycle: int) -> None:
    assert place_of(account_id(role, ledger, participant, cycle)) == (role, ledger, participant, cycle)


# The embedded engine and its disk


def filled(folder: Path, batches: int = 30) -> SqliteEngine:
    engine = SqliteEngine(folder)
    engine.create_accounts([Account(n, 7, 1) for n in range(1, 6)], 1)
    source = random.Random(1)
    for batch in range(batches):
        events = []
        for n in range(20):
            key = (batch * 20 + n + 1) << 64 | 1
            debit, credit = source.sample(range(1, 6), 2)
            events.append(t(key, debit, credit, source.randrange(100), PENDING if n % 4 == 0 else 0))
        engine.create_transfers(events, 1_000 * (batch + 1))
    return engine


def test_what_was_answered_is_there_after_reopening_with_and_without_the_snapshot(tmp_path: Path) -> None:
    engine = filled(tmp_path)
    before = list(engine.accounts())
    engine.close()
    with_snapshot = SqliteEngine(tmp_path)
    assert list(with_snapshot.accounts()) == before
    key = 1 << 64 | 1
    assert with_snapshot.create_transfers([t(2**100, amount=AMOUNT_MAX, flags=POST, pending=key)], 10**9) == [0]
    after = list(with_snapshot.accounts())
    with_snapshot.close()
    (tmp_path / "books.snapshot").write_bytes(b"broken")
    replayed = SqliteEngine(tmp_path)
    assert list(replayed.accounts()) == after and prove(replayed).faults == ()
    replayed.close()


@pytest.mark.parametrize("column", ["events", "digest"])
def test_a_flipped_byte_in_the_log_is_refused_with_its_place(tmp_path: Path, column: str) -> None:
    filled(tmp_path).close()
    (tmp_path / "books.snapshot").unlink()
    database = sqlite3.connect(tmp_path / "books.sqlite")
    (raw,) = database.execute(f"SELECT {column} FROM log WHERE seq=7").fetchone()
    database.execute(f"UPDATE log SET {column}=? WHERE seq=7", (bytes([raw[0] ^ 1]) + raw[1:],))
    database.commit()
    database.close()
    with pytest.raises(BrokenBooks, match="row 7 "):
        SqliteEngine(tmp_path)


def test_a_row_that_is_missing_is_noticed(tmp_path: Path) -> None:
    filled(tmp_path).close()
    (tmp_path / "books.snapshot").unlink()
    database = sqlite3.connect(tmp_path / "books.sqlite")
    database.execute("DELETE FROM log WHERE seq=9")
    database.commit()
    database.close()
    with pytest.raises(BrokenBooks, match="row 9 "):
        SqliteEngine(tmp_path)


def test_two_writers_and_foreign_files_are_refused(tmp_path: Path) -> None:
    engine = filled(tmp_path, 1)
    with pytest.raises(BooksLocked):
        SqliteEngine(tmp_path)
    engine.close()
    database = sqlite3.connect(tmp_path / "books.sqlite")
    database.execute("PRAGMA user_version=9")
    database.close()
    with pytest.raises(BrokenBooks, match="version 9"):
        SqliteEngine(tmp_path)


def test_a_full_disk_stops_the_engine_and_keeps_what_was_answered(tmp_path: Path) -> None:
    engine = filled(tmp_path, 5)
    before = list(engine.accounts())
    pages = engine._connection.execute("PRAGMA page_count").fetchone()[0]
    engine._connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(EngineUnavailable):
        engine.create_transfers([t(2**90 + n) for n in range(5_000)], 10**9)
    with pytest.raises(EngineUnavailable, match="open the books again"):
        engine.create_transfers([t(2**91)], 10**9)
    engine.close()
    again = SqliteEngine(tmp_path)
    assert list(again.accounts()) == before
    again.close()


_WRITER = """
import sys
from pathlib import Path
from fondaco.ledger import Account, SqliteEngine, Transfer
engine = SqliteEngine(Path(sys.argv[1]))
engine.create_accounts([Account(1, 7, 1), Account(2, 7, 1)], 1)
print("ready", flush=True)
for n in range(1, 10**6):
    engine.create_transfers([Transfer(n << 64 | 1, 1, 2, 1, 7, 1)], n * 10)
    print(n, flush=True)
"""


@pytest.mark.parametrize("seed", range(int(os.environ.get("FONDACO_KILLS", "3"))))
def test_a_killed_engine_has_everything_it_answered(tmp_path: Path, seed: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).random() * 0.3)
    process.send_signal(signal.SIGKILL)
    answered = [int(line) for line in process.stdout.read().split("\n")[:-1] if line]
    process.wait()
    engine = SqliteEngine(tmp_path)
    balance = engine.balance(2)
    assert balance is not None
    assert max(answered, default=0) <= balance.credits_posted <= max(answered, default=0) + 1
    assert prove(engine).faults == ()
    engine.close()


def test_hledger_adds_the_books_up_again(tmp_path: Path) -> None:
    program = shutil.which("hledger")
    if program is None:
        pytest.skip("hledger is not installed")
    engine = MemoryEngine()
    accounts = [account_id(Role.PREFUNDED, 70202, n) for n in (1, 2)]
    agent = account_id(Role.AGENT, 70202)
    engine.create_accounts([Account(a, 70202, 2) for a in [*accounts, agent]], 1)
    events = [
        Transfer(1 << 64 | 1, agent, accounts[0], 12_345, 70202, 1),
        Transfer(2 << 64 | 1, accounts[0], accounts[1], 45, 70202, 1, PENDING),
    ]
    engine.create_transfers([*events, Transfer(3 << 64 | 1, 0, 0, 40, 0, 0, POST, 2 << 64 | 1)], 10)
    out = io.StringIO()
    export_hledger(engine, out, {70202: ("SGD", 2)}.__getitem__, lambda n: f"bank {n}", lambda _: "2026-11-24")
    path = tmp_path / "books.journal"
    path.write_text(out.getvalue())
    assert subprocess.run([program, "check", "--strict", "-f", str(path)], check=False).returncode == 0
    shown = subprocess.run([program, "bal", "-f", str(path), "--no-total"], capture_output=True, text=True, check=True).stdout
    assert "123.05 SGD" in shown and "0.40 SGD" in shown
    path.write_text(out.getvalue().replace("= 123.05", "= 123.06"))
    assert subprocess.run([program, "check", "--strict", "-f", str(path)], capture_output=True, check=False).returncode != 0


def test_a_proof_finds_a_balance_that_was_tampered_with() -> None:
    engine = MemoryEngine()
    engine.create_accounts([Account(account_id(Role.AGENT, 7), 7, 1), Account(account_id(Role.PREFUNDED, 7, 1), 7, 1)], 1)
    engine.create_transfers([Transfer(1, account_id(Role.AGENT, 7), account_id(Role.PREFUNDED, 7, 1), 10, 7, 1)], 2)
    assert prove(engine).faults == ()
    engine._kernel.holdings[account_id(Role.PREFUNDED, 7, 1)].cpo += 1
    assert "PREFUNDED/7/participant 1" in prove(engine).faults[0]


@given(
    st.dictionaries(
        st.one_of(
            st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)), st.tuples(st.integers(500, 520), st.integers(1, 12))
        ),
        st.tuples(st.integers(0, 2**40), st.integers(0, 5)),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 20),
)
def test_sealed_ids_are_found_as_if_they_were_not_sealed(known: dict[tuple[int, int], tuple[int, int]], size: int) -> None:
    ids = Ids()
    for number, ((high, low), (position, outcome)) in enumerate(known.items(), start=1):
        ids.recent[(high << 64) | low] = (position << 3) | outcome
        if number % size == 0:
            ids.RECENT_MAX = 1  # type: ignore[misc]
            ids.seal()
    for (high, low), (position, outcome) in known.items():
        key = (high << 64) | low
        assert ids.get(key) == (position << 3) | outcome
        assert (key + 1 in [(h << 64) | b for h, b in known]) == (ids.get(key + 1) is not None)
        ids.resolve(key, 7 - outcome)
        assert ids.get(key) == (position << 3) | (7 - outcome)
    columns = ids.columns()
    assert list(zip(*(column.tolist() for column in columns[:2]), strict=True)) == sorted(known)

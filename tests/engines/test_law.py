"""One suite for every engine: the law of the books, told as tales."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from books import (
    BAL_C,
    BAL_D,
    CLOSE_C,
    CLOSE_D,
    IMPORTED,
    LINKED,
    NO_SURPLUS,
    PENDING,
    POST,
    VOID,
    book,
    four_accounts,
    next_instant,
    t,
)

from fondaco.ledger import AMOUNT_MAX, BATCH_MAX, Account, AccountStatus, Engine, Status, prove, transfer_records
from fondaco.ledger.engine import messages_of

S = Status


@pytest.fixture
def engine(any_engine: Engine) -> Iterator[Engine]:
    any_engine.create_accounts(four_accounts(), 1)
    yield any_engine
    assert prove(any_engine).faults == ()


def test_a_transfer_is_two_entries(engine: Engine) -> None:
    assert book(engine, t(1)) == [S.OK]
    assert engine.balance(1) == (0, 10, 0, 0) and engine.balance(2) == (0, 0, 0, 10)


def test_the_same_again_exists_and_changes_nothing_and_a_changed_one_says_what_differs(engine: Engine) -> None:
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
def test_each_fault_has_its_status_and_moves_nothing(engine: Engine, event: Transfer, status: Status) -> None:
    before = list(engine.accounts())
    assert book(engine, event) == [status]
    assert list(engine.accounts()) == before
    transient = status in (S.DEBIT_ACCOUNT_NOT_FOUND, S.CREDIT_ACCOUNT_NOT_FOUND, S.EXCEEDS_CREDITS, S.PENDING_TRANSFER_NOT_FOUND)
    if transient:
        assert book(engine, event) == [S.ID_ALREADY_FAILED], "what may pass burns its id"
    else:
        assert book(engine, event) == [status]


def test_a_pending_transfer_is_posted_once(engine: Engine) -> None:
    book(engine, t(1, flags=PENDING))
    assert engine.balance(1) == (10, 0, 0, 0)
    assert book(engine, t(2, amount=11, flags=POST, pending=1)) == [S.EXCEEDS_PENDING_TRANSFER_AMOUNT]
    assert book(engine, t(3, amount=4, flags=POST, pending=1)) == [S.OK]
    assert engine.balance(1) == (0, 4, 0, 0) and engine.balance(2) == (0, 0, 0, 4)
    assert book(engine, t(4, amount=AMOUNT_MAX, flags=POST, pending=1)) == [S.PENDING_TRANSFER_ALREADY_POSTED]
    assert book(engine, t(5, amount=0, flags=VOID, pending=1)) == [S.PENDING_TRANSFER_ALREADY_POSTED]
    assert book(engine, t(3, amount=4, flags=POST, pending=1)) == [S.EXISTS]


def test_a_pending_transfer_is_voided_once_and_a_plain_one_never(engine: Engine) -> None:
    book(engine, t(1, flags=PENDING), t(9))
    assert book(engine, t(2, amount=3, flags=VOID, pending=1)) == [S.PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT]
    assert book(engine, t(3, amount=0, flags=VOID, pending=1)) == [S.OK]
    assert engine.balance(1) == (0, 10, 0, 0)
    assert book(engine, t(4, amount=0, flags=POST, pending=1)) == [S.PENDING_TRANSFER_ALREADY_VOIDED]
    assert book(engine, t(5, amount=0, flags=VOID, pending=9)) == [S.PENDING_TRANSFER_NOT_PENDING]


def test_pending_credits_do_not_count_and_pending_debits_do(engine: Engine) -> None:
    book(engine, t(1, credit=3, amount=100, flags=PENDING))
    assert book(engine, t(2, debit=3, credit=2, amount=1)) == [S.EXCEEDS_CREDITS]
    book(engine, t(3, amount=AMOUNT_MAX, flags=POST, pending=1))
    assert book(engine, t(4, debit=3, credit=2, amount=60, flags=PENDING)) == [S.OK]
    assert book(engine, t(5, debit=3, credit=2, amount=41)) == [S.EXCEEDS_CREDITS]
    assert book(engine, t(6, debit=3, credit=2, amount=40)) == [S.OK]


def test_an_expired_transfer_cannot_be_posted_and_its_money_comes_back(engine: Engine) -> None:
    engine.create_transfers([t(1, flags=PENDING, timeout=5)], 10**12)
    assert engine.create_transfers([t(2, amount=AMOUNT_MAX, flags=POST, pending=1)], 10**12 + 5 * 10**9) == [
        S.PENDING_TRANSFER_EXPIRED
    ]
    assert engine.expire(10**12 + 5 * 10**9) == [(1, 10)]
    assert engine.balance(1) == (0, 0, 0, 0)
    assert engine.create_transfers([t(3, amount=0, flags=VOID, pending=1)], 10**12 + 6 * 10**9) == [S.PENDING_TRANSFER_EXPIRED]


def test_a_chain_is_all_or_nothing_and_only_the_culprit_is_named(engine: Engine) -> None:
    before = list(engine.accounts())
    events = [t(1, flags=LINKED), t(2, flags=LINKED | PENDING), t(3, debit=3, credit=2, flags=LINKED), t(4), t(5)]
    assert book(engine, *events) == [S.LINKED_EVENT_FAILED, S.LINKED_EVENT_FAILED, S.EXCEEDS_CREDITS, S.LINKED_EVENT_FAILED, S.OK]
    after = list(engine.accounts())
    assert [b for _, b in after][2:] == [b for _, b in before][2:] and engine.balance(1) == (0, 10, 0, 0)
    assert book(engine, t(1), t(2), t(3, debit=3, credit=2)) == [S.OK, S.OK, S.ID_ALREADY_FAILED]


def test_a_chain_undoes_what_it_posted(engine: Engine) -> None:
    book(engine, t(1, flags=PENDING))
    assert book(engine, t(2, amount=AMOUNT_MAX, flags=POST | LINKED, pending=1), t(3, debit=99))[1] == S.DEBIT_ACCOUNT_NOT_FOUND
    assert engine.balance(1) == (10, 0, 0, 0)
    assert book(engine, t(4, amount=AMOUNT_MAX, flags=POST, pending=1)) == [S.OK]


def test_an_open_chain_at_the_end_of_a_message_is_refused(engine: Engine) -> None:
    assert book(engine, t(1, flags=LINKED), t(2, flags=LINKED)) == [S.LINKED_EVENT_FAILED, S.LINKED_EVENT_CHAIN_OPEN]
    assert engine.balance(1) == (0, 0, 0, 0) and book(engine, t(1)) == [S.OK]


def test_balancing_takes_what_is_there(engine: Engine) -> None:
    book(engine, t(1, credit=3, amount=30))
    assert book(engine, t(2, debit=3, credit=2, amount=100, flags=BAL_D)) == [S.OK]
    assert engine.balance(3) == (0, 30, 0, 30)
    assert book(engine, t(3, debit=1, credit=2, amount=AMOUNT_MAX, flags=BAL_C)) == [S.OK]
    assert engine.balance(2) == (0, 0, 0, 30)


def test_a_closed_account_accepts_nothing_but_the_void_that_opens_it(engine: Engine) -> None:
    assert book(engine, t(1, amount=0, flags=PENDING | CLOSE_D)) == [S.OK]
    assert book(engine, t(2)) == [S.DEBIT_ACCOUNT_ALREADY_CLOSED]
    assert book(engine, t(3, debit=2, credit=1)) == [S.CREDIT_ACCOUNT_ALREADY_CLOSED]
    assert book(engine, t(4, amount=0, flags=VOID, pending=1)) == [S.OK]
    assert book(engine, t(5)) == [S.OK]


def test_accounts_are_opened_once_and_their_faults_named(engine: Engine) -> None:
    one = Account(10, 7, 1)
    assert engine.create_accounts([one, one], 2) == [AccountStatus.OK, AccountStatus.EXISTS]
    wrong = [one._replace(ledger=8), one._replace(code=2), one._replace(flags=2), one._replace(user_data_64=3)]
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


def test_more_events_than_a_message_holds_are_cut_between_chains(engine: Engine) -> None:
    events = [t(n, amount=1, flags=LINKED if n % 3 else 0) for n in range(1, 2 * BATCH_MAX + 3)]
    assert set(book(engine, *events)) == {S.OK}
    assert next(len(m) for m in messages_of(transfer_records(events))) % 3 == 0
    with pytest.raises(ValueError, match="chain"):
        book(engine, *[t(n, flags=LINKED) for n in range(1, BATCH_MAX + 5)])

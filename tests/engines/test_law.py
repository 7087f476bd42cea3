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
from fondaco.ledger import (
    AMOUNT_MAX,
    BATCH_MAX,
    Account,
    AccountStatus,
    Engine,
    Status,
    Transfer,
    account_records,
    prove,
    transfer_records,
)
from fondaco.ledger.engine import Accounts, messages_of

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


# Statuses that no short tale above needs


def raw_accounts(count: int, start: int = 50) -> Accounts:
    return account_records(Account(start + n, 7, 1) for n in range(count)).copy()


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ("debits_pending", AccountStatus.DEBITS_PENDING_MUST_BE_ZERO),
        ("debits_posted", AccountStatus.DEBITS_POSTED_MUST_BE_ZERO),
        ("credits_pending", AccountStatus.CREDITS_PENDING_MUST_BE_ZERO),
        ("credits_posted", AccountStatus.CREDITS_POSTED_MUST_BE_ZERO),
        ("reserved", AccountStatus.RESERVED_FIELD),
        ("timestamp", AccountStatus.TIMESTAMP_MUST_BE_ZERO),
    ],
)
def test_an_account_brings_no_counters_of_its_own(engine: Engine, field: str, status: AccountStatus) -> None:
    records = raw_accounts(1)
    records[field][0] = 1
    assert engine.open_accounts(records, next_instant()).tolist() == [status]
    assert engine.balance(50) is None


def test_a_counter_never_passes_63_bits(engine: Engine) -> None:
    top = 2**63 - 1
    assert book(engine, t(1, amount=top - 5)) == [S.OK]
    assert book(engine, t(2, amount=6)) == [S.OVERFLOWS_DEBITS_POSTED]
    engine.create_accounts([Account(11, 7, 1), Account(12, 7, 1)], next_instant())
    assert book(engine, t(3, debit=11, amount=6)) == [S.OVERFLOWS_CREDITS_POSTED]
    assert book(engine, t(13, flags=PENDING, amount=3)) == [S.OK]
    assert book(engine, t(4, flags=PENDING, amount=3)) == [S.OVERFLOWS_DEBITS]
    assert book(engine, t(5, debit=11, flags=PENDING, amount=3)) == [S.OVERFLOWS_CREDITS]
    assert book(engine, t(6, debit=11, credit=12, flags=PENDING, amount=top)) == [S.OK]
    assert book(engine, t(7, debit=11, credit=1, flags=PENDING, amount=1)) == [S.OVERFLOWS_DEBITS_PENDING]
    assert book(engine, t(8, debit=1, credit=12, flags=PENDING, amount=1)) == [S.OVERFLOWS_CREDITS_PENDING]
    assert book(engine, t(9, debit=11, credit=1, amount=1)) == [S.OVERFLOWS_DEBITS]
    for key, amount in ((10, 2**63), (11, 2**64), (12, AMOUNT_MAX)):
        assert book(engine, t(key, debit=2, credit=1, amount=amount)) == [S.OVERFLOWS_DEBITS_POSTED]
        assert book(engine, t(key, debit=2, credit=1, amount=amount, flags=PENDING)) == [S.OVERFLOWS_DEBITS_PENDING]


def test_a_timeout_beyond_all_time_is_refused(engine: Engine) -> None:
    late = 2**63 - 10**18
    assert engine.create_transfers([t(1, flags=PENDING, timeout=2**32 - 1)], late) == [S.OVERFLOWS_TIMEOUT]
    assert engine.create_transfers([t(1, flags=PENDING, timeout=10**8)], late) == [S.OK]


def test_a_balancing_transfer_sent_again_may_name_more_but_not_less_than_what_moved(engine: Engine) -> None:
    book(engine, t(1, credit=3, amount=30))
    assert book(engine, t(2, debit=3, credit=2, amount=100, flags=BAL_D)) == [S.OK]
    assert book(engine, t(2, debit=3, credit=2, amount=30, flags=BAL_D)) == [S.EXISTS]
    assert book(engine, t(2, debit=3, credit=2, amount=AMOUNT_MAX, flags=BAL_D)) == [S.EXISTS]
    assert book(engine, t(2, debit=3, credit=2, amount=29, flags=BAL_D)) == [S.EXISTS_WITH_DIFFERENT_AMOUNT]


def test_a_post_sent_again_is_compared_with_what_it_took_from_its_pending_transfer(engine: Engine) -> None:
    book(engine, t(1, flags=PENDING, user_data_64=7))
    assert book(engine, t(2, amount=AMOUNT_MAX, flags=POST, pending=1)) == [S.OK]
    assert book(engine, t(2, amount=10, flags=POST, pending=1, debit=1, credit=2, ledger=7, code=1, user_data_64=7)) == [S.EXISTS]
    assert book(engine, t(2, amount=9, flags=POST, pending=1)) == [S.EXISTS_WITH_DIFFERENT_AMOUNT]
    assert book(engine, t(2, amount=10, flags=POST, pending=1, user_data_64=8)) == [S.EXISTS_WITH_DIFFERENT_USER_DATA_64]
    assert book(engine, t(2, amount=10, flags=POST, pending=9)) == [S.EXISTS_WITH_DIFFERENT_PENDING_ID]
    assert book(engine, t(2, amount=10, flags=POST, pending=1, ledger=8)) == [S.EXISTS_WITH_DIFFERENT_LEDGER]


def test_a_void_names_nothing_or_all(engine: Engine) -> None:
    book(engine, t(1, flags=PENDING))
    assert book(engine, t(2, amount=11, flags=VOID, pending=1)) == [S.EXCEEDS_PENDING_TRANSFER_AMOUNT]
    assert book(engine, t(3, amount=AMOUNT_MAX, flags=VOID, pending=1)) == [S.EXCEEDS_PENDING_TRANSFER_AMOUNT]
    assert book(engine, t(4, amount=9, flags=VOID, pending=1)) == [S.PENDING_TRANSFER_HAS_DIFFERENT_AMOUNT]
    assert book(engine, t(5, amount=10, flags=VOID, pending=1)) == [S.OK]


def test_what_an_account_may_not_receive_beyond_its_debits_is_refused(engine: Engine) -> None:
    engine.create_accounts([Account(11, 7, 1, NO_SURPLUS)], next_instant())
    assert book(engine, t(1, credit=11)) == [S.EXCEEDS_DEBITS]
    assert book(engine, t(2, debit=11, credit=1, amount=5), t(3, credit=11, amount=5)) == [S.OK, S.OK]


def test_both_sides_of_a_closing_transfer_are_closed_and_a_post_finds_them_closed(engine: Engine) -> None:
    assert book(engine, t(1, amount=3, flags=PENDING | CLOSE_D | CLOSE_C)) == [S.OK]
    assert book(engine, t(2, amount=3, flags=POST, pending=1)) == [S.DEBIT_ACCOUNT_ALREADY_CLOSED]
    assert book(engine, t(3, debit=1, credit=3), t(4, debit=3, credit=2)) == [
        S.DEBIT_ACCOUNT_ALREADY_CLOSED,
        S.CREDIT_ACCOUNT_ALREADY_CLOSED,
    ]
    assert book(engine, t(5, amount=0, flags=VOID, pending=1), t(6)) == [S.OK, S.OK]


def test_an_expiry_opens_what_its_transfer_closed(engine: Engine) -> None:
    at = next_instant()
    assert engine.create_transfers([t(1, flags=PENDING | CLOSE_C, timeout=1)], at) == [S.OK]
    assert engine.expire(at + 2 * 10**9) == [(1, 10)]
    assert engine.create_transfers([t(2)], at + 3 * 10**9) == [S.OK]


def test_expiries_come_in_the_order_of_their_time_then_of_their_coming(engine: Engine) -> None:
    at = 10**13
    engine.create_transfers([t(1, flags=PENDING, timeout=9), t(2, flags=PENDING, timeout=3), t(3, flags=PENDING, timeout=3)], at)
    assert engine.expire(at + 2 * 10**9) == []
    assert [key for key, _ in engine.expire(at + 20 * 10**9)] == [2, 3, 1]


# What is brought from other books with its own time


def imported(key: int, at_ns: int, **more: int) -> Transfer:
    return t(key, flags=IMPORTED | more.pop("flags", 0), timestamp=at_ns, **more)


def test_imported_transfers_keep_their_time_and_never_go_back(engine: Engine) -> None:
    now = 10**12
    first = [imported(1, 50), imported(2, 60), imported(3, 55), imported(4, 60)]
    assert engine.create_transfers(first, now) == [S.OK, S.OK] + [S.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS] * 2
    bad = [imported(5, 0), imported(6, 2**63), imported(7, now + 10), t(8), imported(9, 70, flags=PENDING, timeout=3)]
    assert engine.create_transfers(bad, now + 5) == [
        S.IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE,
        S.IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE,
        S.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE,
        S.IMPORTED_EVENT_EXPECTED,
        S.IMPORTED_EVENT_TIMEOUT_MUST_BE_ZERO,
    ]
    assert engine.create_transfers([t(10), imported(11, 80)], now + 20) == [S.OK, S.IMPORTED_EVENT_NOT_EXPECTED]
    assert engine.create_transfers([imported(12, 90)], now + 30) == [S.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS]
    assert [event.timestamp for _, event, _ in engine.history()] == [50, 60, now + 20]


def test_an_imported_transfer_is_later_than_its_accounts(engine: Engine) -> None:
    engine.create_accounts([Account(21, 7, 1), Account(22, 7, 1)], 1_000)
    late = [imported(1, 900, debit=21), imported(2, 900, credit=22), imported(3, 1_000), imported(4, 1_002)]
    assert engine.create_transfers(late, 10_000) == [
        S.IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_DEBIT_ACCOUNT,
        S.IMPORTED_EVENT_TIMESTAMP_MUST_POSTDATE_CREDIT_ACCOUNT,
        S.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS,
        S.OK,
    ]


def test_imported_accounts_take_no_time_that_is_taken(engine: Engine) -> None:
    engine.create_transfers([t(1), t(2, debit=99), imported(3, 5)], 1_000)
    engine.create_transfers([imported(4, 2_000), imported(5, 2_050, debit=99)], 3_000)
    flag = 16

    def opened(*accounts: Account) -> list[AccountStatus]:
        return [AccountStatus(status) for status in engine.create_accounts(accounts, 10**6)]

    assert opened(Account(31, 7, 1, flag, timestamp=1_000)) == [AccountStatus.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS]
    assert opened(Account(31, 7, 1, flag, timestamp=2_000)) == [AccountStatus.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS]
    assert opened(Account(31, 7, 1, flag, timestamp=1_001), Account(32, 7, 1, flag, timestamp=2_050)) == [
        AccountStatus.OK,
        AccountStatus.OK,
    ]
    assert opened(Account(33, 7, 1, flag, timestamp=2_049), Account(33, 7, 1)) == [
        AccountStatus.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_REGRESS,
        AccountStatus.IMPORTED_EVENT_EXPECTED,
    ]
    assert opened(Account(33, 7, 1), Account(34, 7, 1, flag, timestamp=9)) == [
        AccountStatus.OK,
        AccountStatus.IMPORTED_EVENT_NOT_EXPECTED,
    ]
    assert opened(Account(35, 7, 1, flag), Account(36, 7, 1, flag, timestamp=10**15)) == [
        AccountStatus.IMPORTED_EVENT_TIMESTAMP_OUT_OF_RANGE,
        AccountStatus.IMPORTED_EVENT_TIMESTAMP_MUST_NOT_ADVANCE,
    ]


def test_timestamps_increase_whatever_the_clock_says(engine: Engine) -> None:
    for key, at in ((1, 10**12), (2, 10**12), (3, 5)):
        assert engine.create_transfers([t(key), t(100 + key)], at) == [S.OK, S.OK]
    stamps = [at for at, _, _ in engine.history()]
    assert stamps == sorted(set(stamps)) and stamps[0] == 10**12

"""A machine that does whatever it likes to an engine, beside a model that keeps a list of what stands and adds it up each time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from books import CLOSE_D, LINKED, NO_OVERDRAFT, NO_SURPLUS, PENDING, POST, VOID, t
from fondaco.ledger import AMOUNT_MAX, Account, Engine, SqliteEngine, Status, Transfer, prove

NS = 1_000_000_000
PLAIN, LIMITED, CAPPED = (1, 2), 3, 4
ACCOUNTS = [Account(1, 7, 1), Account(2, 7, 1), Account(LIMITED, 7, 1, NO_OVERDRAFT), Account(CAPPED, 7, 1, NO_SURPLUS)]
places = st.sampled_from([1, 2, LIMITED, CAPPED])
amounts = st.integers(0, 60)


class Books:
    """The model: what stands, in lists."""

    def __init__(self) -> None:
        self.posted: list[tuple[int, int, int]] = []
        self.pending: dict[int, tuple[int, int, int, int]] = {}  # debit, credit, amount, expires

    def counters(self, account: int) -> tuple[int, int, int, int]:
        return (
            sum(m for d, _, m, _ in self.pending.values() if d == account),
            sum(m for d, _, m in self.posted if d == account),
            sum(m for _, c, m, _ in self.pending.values() if c == account),
            sum(m for _, c, m in self.posted if c == account),
        )

    def allows(self, debit: int, credit: int, amount: int) -> Status:
        if debit == credit:
            return Status.ACCOUNTS_MUST_BE_DIFFERENT
        dp, dpo, _, cpo = self.counters(debit)
        if debit == LIMITED and dp + dpo + amount > cpo:
            return Status.EXCEEDS_CREDITS
        _, dpo, cp, cpo = self.counters(credit)
        if credit == CAPPED and cp + cpo + amount > dpo:
            return Status.EXCEEDS_DEBITS
        return Status.OK


class Machine(RuleBasedStateMachine):
    open = Bundle("open")
    sent = Bundle("sent")

    def __init__(self, engine: Engine, reopened: Callable[[Engine], Engine]) -> None:
        super().__init__()
        self.engine, self._reopened = engine, reopened
        self.model = Books()
        self.now = 10**12
        self.keys = itertools.count(1)

    @initialize()
    def open_accounts(self) -> None:
        assert set(self.engine.create_accounts(ACCOUNTS, self.now)) == {0}

    def book(self, *events: Transfer) -> list[int]:
        self.now += 1_000
        return self.engine.create_transfers(events, self.now)

    def key(self) -> int:
        return next(self.keys) << 64 | 1

    @rule(target=sent, debit=places, credit=places, amount=amounts)
    def transfer(self, debit: int, credit: int, amount: int) -> Any:
        event = t(self.key(), debit, credit, amount)
        expected = self.model.allows(debit, credit, amount)
        assert self.book(event) == [expected]
        if expected == Status.OK:
            self.model.posted.append((debit, credit, amount))
        return event if expected == Status.OK else multiple()

    @rule(target=open, debit=places, credit=places, amount=amounts, timeout=st.sampled_from([0, 0, 5, 60]))
    def reserve(self, debit: int, credit: int, amount: int, timeout: int) -> Any:
        event = t(self.key(), debit, credit, amount, PENDING, timeout=timeout)
        expected = self.model.allows(debit, credit, amount)
        assert self.book(event) == [expected]
        if expected != Status.OK:
            return multiple()
        self.model.pending[event.id] = (debit, credit, amount, self.now + timeout * NS if timeout else 0)
        return event.id

    def held(self, pending: int) -> tuple[int, int, int, int] | None:
        """What is reserved and may still be posted; None when its time has run out."""
        found = self.model.pending.get(pending)
        return None if found is None or (found[3] and found[3] <= self.now + 1_000) else found

    @rule(pending=consumes(open), part=st.sampled_from([None, 0, 1, 1000]))
    def post(self, pending: int, part: int | None) -> None:
        held = self.held(pending)
        if held is None:
            assert self.book(t(self.key(), amount=AMOUNT_MAX, flags=POST, pending=pending)) == [Status.PENDING_TRANSFER_EXPIRED]
            return
        debit, credit, amount, _ = held
        asked = AMOUNT_MAX if part is None else part
        if part is not None and part > amount:
            assert self.book(t(self.key(), amount=asked, flags=POST, pending=pending)) == [Status.EXCEEDS_PENDING_TRANSFER_AMOUNT]
            return
        assert self.book(t(self.key(), amount=asked, flags=POST, pending=pending)) == [Status.OK]
        del self.model.pending[pending]
        self.model.posted.append((debit, credit, amount if part is None else part))

    @rule(pending=consumes(open))
    def void(self, pending: int) -> None:
        held = self.held(pending)
        expected = Status.OK if held else Status.PENDING_TRANSFER_EXPIRED
        assert self.book(t(self.key(), amount=0, flags=VOID, pending=pending)) == [expected]
        if held:
            del self.model.pending[pending]
            again = self.book(t(self.key(), amount=0, flags=VOID, pending=pending))
            assert again == [Status.PENDING_TRANSFER_ALREADY_VOIDED]

    @rule(legs=st.lists(st.tuples(places, places, amounts), min_size=2, max_size=5))
    def chain(self, legs: list[tuple[int, int, int]]) -> None:
        """All or nothing: the first leg that may not be names the reason, and the others say that they failed with it."""
        before = list(self.model.posted)
        culprit, reason = None, Status.OK
        for at, leg in enumerate(legs):
            reason = self.model.allows(*leg)
            if reason != Status.OK:
                culprit = at
                break
            self.model.posted.append(leg)
        events = [t(self.key(), *leg, LINKED if at < len(legs) - 1 else 0) for at, leg in enumerate(legs)]
        statuses = self.book(*events)
        if culprit is None:
            assert set(statuses) == {0}
            return
        self.model.posted = before
        assert statuses == [reason if at == culprit else Status.LINKED_EVENT_FAILED for at in range(len(legs))]

    @rule(event=sent, field=st.sampled_from([None, "amount", "credit", "code"]))
    def again(self, event: Transfer, field: str | None) -> None:
        expected = {
            None: Status.EXISTS,
            "amount": Status.EXISTS_WITH_DIFFERENT_AMOUNT,
            "credit": Status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT_ID,
            "code": Status.EXISTS_WITH_DIFFERENT_CODE,
        }[field]
        assert self.book(event if field is None else event._replace(**{field: getattr(event, field) + 100})) == [expected]

    @rule(event=sent)
    def close_and_open_an_account(self, event: Transfer) -> None:
        """A closing transfer of nothing, and its void: in between the account takes nothing."""
        closing, key = self.key(), self.key()
        assert self.book(t(closing, 1, 2, 0, PENDING | CLOSE_D), t(key, 1, 2, 5)) == [0, Status.DEBIT_ACCOUNT_ALREADY_CLOSED]
        assert self.book(t(self.key(), amount=0, flags=VOID, pending=closing), t(key, 1, 2, 5)) == [0, Status.ID_ALREADY_FAILED]

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * NS
        due = {key for key, (_, _, _, expires) in self.model.pending.items() if expires and expires <= self.now}
        assert {key for key, _ in self.engine.expire(self.now)} == due
        for key in due:
            del self.model.pending[key]

    @rule()
    def reopen(self) -> None:
        self.engine = self._reopened(self.engine)

    @invariant()
    def counters_are_the_models(self) -> None:
        for account, balance in self.engine.accounts():
            assert tuple(balance) == self.model.counters(account.id)

    def teardown(self) -> None:
        assert prove(self.engine).faults == ()
        self.engine.close()


STEPS = settings(max_examples=25, stateful_step_count=30, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", ["reference", "compiled"])
def test_a_machine_finds_no_way_past_the_law_in_memory(name: str, make_engine: Callable[[str], Engine]) -> None:
    run_state_machine_as_test(lambda: Machine(make_engine(name), lambda engine: engine), settings=STEPS)


def test_a_machine_finds_no_way_past_the_embedded_books_however_often_they_are_opened(tmp_path: Path) -> None:
    folders = (tmp_path / str(number) for number in itertools.count())
    turns = itertools.count()

    def reopened(engine: Engine) -> Engine:
        assert isinstance(engine, SqliteEngine)
        folder = engine.path.parent
        if next(turns) % 2:
            engine._failed = True  # as after a crash: no snapshot is written
        engine.close()
        return SqliteEngine(folder, "compiled" if next(turns) % 3 else "reference")

    run_state_machine_as_test(lambda: Machine(SqliteEngine(next(folders), "compiled"), reopened), settings=STEPS)


def test_a_machine_finds_no_way_past_the_books_on_postgresql(postgres: str) -> None:
    from fondaco.ledger import PostgresEngine

    numbers = itertools.count()

    def opened(engine: Engine | None = None) -> Engine:
        """New books, or the same once more: each machine has a schema of its own, and one is open at a time."""
        if engine is None:
            next(numbers)
        else:
            engine.close()
        return PostgresEngine(postgres, schema=f"books_{numbers}".translate({ord(c): "_" for c in "()"}))

    run_state_machine_as_test(lambda: Machine(opened(), opened), settings=settings(STEPS, max_examples=10))

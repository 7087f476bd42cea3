"""A proof agrees with honest books, and finds whatever was altered in them: a figure, a name, an order, a flag."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fondaco.ledger import (
    AMOUNT_MAX,
    Account,
    AccountFlag,
    Balance,
    Engine,
    MemoryEngine,
    Role,
    Transfer,
    TransferFlag,
    account_id,
    prove,
    transfer_id,
)

LEDGER = 70202
AGENT = account_id(Role.AGENT, LEDGER)
BANKS = [account_id(Role.PREFUNDED, LEDGER, number) for number in (1, 2, 3)]
PENDING, POST, VOID = TransferFlag.PENDING, TransferFlag.POST_PENDING, TransferFlag.VOID_PENDING
Event = tuple[int, Transfer, int]


@dataclass
class Altered:
    """Real books read through somebody's pencil."""

    engine: Engine
    change: Callable[[list[Event]], list[Event]] = field(default=lambda events: events)
    restate: Callable[[Account, Balance], tuple[Account, Balance]] = field(default=lambda account, balance: (account, balance))

    def history(self) -> Iterator[Event]:
        yield from self.change(list(self.engine.history()))

    def accounts(self) -> Iterator[tuple[Account, Balance]]:
        for account, balance in self.engine.accounts():
            yield self.restate(account, balance)


@st.composite
def books(draw: st.DrawFn) -> MemoryEngine:
    """Money paid in, then payments between three banks: at once, pending and posted whole, in part, or voided."""
    engine = MemoryEngine()
    limited = int(AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
    engine.create_accounts([Account(AGENT, LEDGER, 1), *(Account(bank, LEDGER, 2, limited) for bank in BANKS)], 1)
    events = [Transfer(transfer_id(n + 1, 1), AGENT, bank, 500, LEDGER, 1) for n, bank in enumerate(BANKS)]
    intent, open_ones = 10, []
    for _ in range(draw(st.integers(1, 12))):
        intent += 1
        deed = draw(st.sampled_from(["plain", "pending", "post", "part", "void"]))
        if deed in ("plain", "pending") or not open_ones:
            payer, payee = draw(st.permutations(BANKS))[:2]
            flags = PENDING if deed == "pending" else 0
            events.append(Transfer(transfer_id(intent, 1), payer, payee, draw(st.integers(2, 300)), LEDGER, 5, flags))
            open_ones += [events[-1]] if flags else []
            continue
        ended = open_ones.pop(draw(st.integers(0, len(open_ones) - 1)))
        amount = {"post": AMOUNT_MAX, "part": 1, "void": 0}[deed]
        events.append(Transfer(transfer_id(intent, 1), 0, 0, amount, 0, 0, VOID if deed == "void" else POST, ended.id))
    engine.create_transfers(events, 1_000)
    return engine


@given(books())
def test_honest_books_are_proved(engine: MemoryEngine) -> None:
    found = prove(engine)
    assert found.faults == () and found.accounts == 4 and found.transfers == len(list(engine.history()))


@given(books(), st.data())
def test_an_altered_transfer_is_found(engine: MemoryEngine, data: st.DataObject) -> None:
    events = list(engine.history())
    place = data.draw(st.integers(0, len(events) - 1))
    at_ns, event, moved = events[place]
    kinds = ["moved", "amount", "gone", "twice", "earlier"]
    if event.flags & (POST | VOID):
        kinds = ["pending id", "gone", "twice", "earlier", *(["moved"] if event.flags & POST else [])]
    else:
        kinds += ["ledger", "nobody"]
    kind = data.draw(st.sampled_from(kinds))
    more = data.draw(st.integers(1, 9))
    altered = {
        "moved": [(at_ns, event, moved + more)],
        "amount": [(at_ns, event._replace(amount=event.amount + more), moved)],
        "pending id": [(at_ns, event._replace(pending_id=event.pending_id ^ (more << 64)), moved)],
        "ledger": [(at_ns, event._replace(ledger=LEDGER + more), moved)],
        "nobody": [(at_ns, event._replace(credit=event.credit + (more << 40)), moved)],
        "gone": [],
        "twice": [(at_ns, event, moved)] * 2,
        "earlier": [(at_ns - 10_000, event, moved)],
    }[kind]
    if kind == "earlier" and place == 0:
        return  # nothing stands before it
    assert prove(Altered(engine, lambda them: them[:place] + altered + them[place + 1 :])).faults != ()  # type: ignore[arg-type]


@given(books(), st.data())
def test_money_that_a_posted_transfer_moved_between_others_is_found(engine: MemoryEngine, data: st.DataObject) -> None:
    events = list(engine.history())
    voided = {event.pending_id for _, event, _ in events if event.flags & VOID}
    places = [n for n, (_, e, _) in enumerate(events) if not e.flags & (POST | VOID) and e.id not in voided]
    place = data.draw(st.sampled_from(places))
    at_ns, event, moved = events[place]
    side = data.draw(st.sampled_from(["debit", "credit"]))
    other = data.draw(st.sampled_from([one for one in (AGENT, *BANKS) if one not in (event.debit, event.credit)]))
    both = (at_ns, event._replace(**{side: other}), moved)  # type: ignore[arg-type]
    assert prove(Altered(engine, lambda them: [*them[:place], both, *them[place + 1 :]])).faults != ()  # type: ignore[arg-type]
    if event.flags & PENDING:
        return  # of what was pending and not posted, no balance tells: the digests of the log do
    more = (at_ns, event._replace(amount=event.amount + 1), moved + 1)
    assert prove(Altered(engine, lambda them: [*them[:place], more, *them[place + 1 :]])).faults != ()  # type: ignore[arg-type]


@given(books(), st.sampled_from([AGENT, *BANKS]), st.integers(0, 3), st.sampled_from([-1, 1, 10, 1_000_000]))
def test_an_altered_balance_is_found_and_named(engine: MemoryEngine, key: int, counter: int, by: int) -> None:
    def restate(account: Account, balance: Balance) -> tuple[Account, Balance]:
        figures = list(balance)
        figures[counter] += by if account.id == key else 0
        return account, Balance(*figures)

    faults = prove(Altered(engine, restate=restate)).faults  # type: ignore[arg-type]
    assert any("the books state" in fault and ("AGENT" if key == AGENT else "PREFUNDED") in fault for fault in faults)
    assert any("not to zero" in fault for fault in faults), "and the ledger does not add up any more"


@given(books(), st.sampled_from([AGENT, *BANKS]))
def test_an_account_that_says_it_is_closed_and_was_not_is_found(engine: MemoryEngine, key: int) -> None:
    def restate(account: Account, balance: Balance) -> tuple[Account, Balance]:
        return (account._replace(flags=account.flags | 32) if account.id == key else account), balance

    # One that no transfer ever moved may have been opened closed: nothing of the record tells.
    assume(any(key in (event.debit, event.credit) for _, event, _ in engine.history()))
    assert any("closed" in fault for fault in prove(Altered(engine, restate=restate)).faults)  # type: ignore[arg-type]


def _closed() -> MemoryEngine:
    engine = MemoryEngine()
    engine.create_accounts([Account(AGENT, LEDGER, 1), Account(BANKS[0], LEDGER, 2), Account(BANKS[1], LEDGER, 2)], 1)
    closing = int(PENDING | TransferFlag.CLOSING_CREDIT)
    engine.create_transfers(
        [Transfer(1 << 64 | 1, AGENT, BANKS[0], 10, LEDGER, 1), Transfer(2 << 64 | 1, AGENT, BANKS[0], 0, LEDGER, 1, closing)], 10
    )
    return engine


def test_a_closed_account_is_proved_closed_and_one_that_was_opened_again_open() -> None:
    engine = _closed()
    assert prove(engine).faults == ()
    engine.create_transfers([Transfer(3 << 64 | 1, 0, 0, 0, 0, 0, int(VOID), 2 << 64 | 1)], 20)
    engine.create_transfers([Transfer(4 << 64 | 1, AGENT, BANKS[0], 5, LEDGER, 1)], 30)
    assert prove(engine).faults == ()


def test_a_transfer_on_a_closed_account_is_found() -> None:
    late = (100, Transfer(9 << 64 | 1, AGENT, BANKS[0], 5, LEDGER, 1), 5)
    faults = prove(Altered(_closed(), lambda events: [*events, late])).faults  # type: ignore[arg-type]
    assert any("closed" in fault and "9-1" in fault for fault in faults)


def test_an_account_beyond_its_limit_is_found_where_it_happened_though_it_came_back_later() -> None:
    engine = MemoryEngine()
    limited = int(AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
    engine.create_accounts([Account(AGENT, LEDGER, 1), Account(BANKS[0], LEDGER, 2, limited)], 1)
    engine.create_transfers(
        [Transfer(1 << 64 | 1, AGENT, BANKS[0], 10, LEDGER, 1), Transfer(2 << 64 | 1, BANKS[0], AGENT, 7, LEDGER, 1)], 10
    )

    def turned(events: list[Event]) -> list[Event]:
        (first, one, a), (second, two, b) = events
        return [(first, two, b), (second, one, a)]

    (fault,) = prove(Altered(engine, turned)).faults  # type: ignore[arg-type]
    assert "2-1" in fault and "beyond its limit" in fault


@pytest.mark.parametrize(("after_s", "late"), [(4, False), (5, True), (6, True)])
def test_a_pending_transfer_that_was_posted_after_its_time_is_found(after_s: int, late: bool) -> None:
    engine = MemoryEngine()
    engine.create_accounts([Account(AGENT, LEDGER, 1), Account(BANKS[0], LEDGER, 2)], 1)
    engine.create_transfers(
        [
            Transfer(1 << 64 | 1, AGENT, BANKS[0], 10, LEDGER, 1, int(PENDING), timeout=5),
            Transfer(2 << 64 | 1, 0, 0, 10, 0, 0, int(POST), 1 << 64 | 1),
        ],
        10,
    )

    def later(events: list[Event]) -> list[Event]:
        (first, one, a), (_, two, b) = events
        return [(first, one, a), (first + after_s * 1_000_000_000, two, b)]

    assert bool(prove(Altered(engine, later)).faults) is late  # type: ignore[arg-type]


def test_books_that_are_wrong_throughout_are_told_in_bounded_words() -> None:
    engine = MemoryEngine()
    engine.create_accounts([Account(AGENT, LEDGER, 1), Account(BANKS[0], LEDGER, 2)], 1)
    engine.create_transfers([Transfer(n << 64 | 1, AGENT, BANKS[0], 10, LEDGER, 1) for n in range(1, 501)], 10)
    seen: list[int] = []
    faults = prove(Altered(engine, lambda events: [(at, e, m + 1) for at, e, m in events]), seen.append).faults  # type: ignore[arg-type]
    assert len(faults) == 101 and faults[-1] == "and 402 more faults"
    assert seen == [], "so few transfers are no long work"


def test_a_pending_transfer_that_expired_is_released_in_the_proof_too() -> None:
    engine = MemoryEngine()
    engine.create_accounts([Account(AGENT, LEDGER, 1), Account(BANKS[0], LEDGER, 2)], 1)
    engine.create_transfers([Transfer(1 << 64 | 1, AGENT, BANKS[0], 10, LEDGER, 1, int(PENDING), timeout=1)], 10)
    assert prove(engine).open_pendings == 1
    assert engine.expire(10 + 1_000_000_000) == [(1 << 64 | 1, 10)]
    assert prove(engine).faults == () and prove(engine).open_pendings == 0

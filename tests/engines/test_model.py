"""A naive model beside the reference: it keeps the list of what was applied and adds it up anew each time."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from books import LINKED, NO_OVERDRAFT, PENDING, POST, VOID, t
from fondaco.ledger import Account, MemoryEngine, Transfer, prove

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

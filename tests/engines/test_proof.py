"""A proof of real books that somebody's hand was in."""

from __future__ import annotations

from fondaco.ledger import Account, AccountFlag, MemoryEngine, Role, Transfer, account_id, prove


def test_a_proof_finds_a_balance_that_was_tampered_with() -> None:
    engine = MemoryEngine()
    engine.create_accounts([Account(account_id(Role.AGENT, 7), 7, 1), Account(account_id(Role.PREFUNDED, 7, 1), 7, 1)], 1)
    engine.create_transfers([Transfer(1, account_id(Role.AGENT, 7), account_id(Role.PREFUNDED, 7, 1), 10, 7, 1)], 2)
    assert prove(engine).faults == ()
    engine._kernel.holdings[account_id(Role.PREFUNDED, 7, 1)].cpo += 1
    assert "PREFUNDED/7/participant 1" in prove(engine).faults[0]


def test_an_account_that_was_opened_closed_is_no_fault() -> None:
    engine = MemoryEngine()
    engine.create_accounts([Account(1, 7, 1), Account(2, 7, 1), Account(3, 7, 1, int(AccountFlag.CLOSED))], 1)
    assert engine.create_transfers([Transfer(1, 1, 2, 5, 7, 1), Transfer(2, 1, 3, 5, 7, 1)], 10) == [0, 66]
    assert prove(engine).faults == ()

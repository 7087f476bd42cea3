"""A proof of real books that somebody's hand was in."""

from __future__ import annotations

from fondaco.ledger import Account, MemoryEngine, Role, Transfer, account_id, prove


def test_a_proof_finds_a_balance_that_was_tampered_with() -> None:
    engine = MemoryEngine()
    engine.create_accounts([Account(account_id(Role.AGENT, 7), 7, 1), Account(account_id(Role.PREFUNDED, 7, 1), 7, 1)], 1)
    engine.create_transfers([Transfer(1, account_id(Role.AGENT, 7), account_id(Role.PREFUNDED, 7, 1), 10, 7, 1)], 2)
    assert prove(engine).faults == ()
    engine._kernel.holdings[account_id(Role.PREFUNDED, 7, 1)].cpo += 1
    assert "PREFUNDED/7/participant 1" in prove(engine).faults[0]

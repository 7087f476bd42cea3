"""Proofs and exports of the books."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pytest

from books import PENDING, POST
from fondaco.ledger import Account, MemoryEngine, Role, Transfer, account_id, export_hledger, prove


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

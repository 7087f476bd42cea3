"""`fondaco rows`: what any SQL program may ask, made from the books' log."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

from fondaco.ledger import Account, SqliteEngine, Transfer


def rows(hub: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "fondaco.cli", "rows", "--hub", str(hub), *more], capture_output=True, text=True, check=False
    )


def test_rows_are_made_while_the_books_are_open_and_a_server_has_its_own(tmp_path: Path) -> None:
    engine = SqliteEngine(tmp_path / "books")
    engine.create_accounts([Account(1, 7, 1), Account(2, 7, 1)], 1)
    engine.create_transfers([Transfer(n << 64 | 1, 1, 2, n, 7, 1) for n in range(1, 6)], 10)
    made = rows(tmp_path, "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["transfers"] == 5
    with sqlite3.connect(tmp_path / "books" / "rows.sqlite") as connection:
        assert connection.execute("SELECT sum(amount) FROM transfer WHERE debit LIKE '%1'").fetchone() == (15,)
    assert "0 new" in rows(tmp_path).stdout and "5 new" in rows(tmp_path, "--rebuild").stdout
    engine.close()
    (tmp_path / "hub.toml").write_text('ledger = "postgres"\ndsn = "service=books"\n')
    refused = rows(tmp_path)
    assert refused.returncode == 1 and "PostgreSQL" in refused.stderr
    assert rows(tmp_path / "nowhere").returncode == 3

"""The stores of a hub under test in a database."""

from __future__ import annotations

from pathlib import Path

import psycopg

from fondaco.hub import stores_of
from fondaco.journal import PostgresJournal


def stores_on(dsn: str) -> str:
    """The content of `hub.toml` for a database, whose journal is made and shows in its files what it holds."""
    PostgresJournal(dsn).close()
    with psycopg.connect(dsn, autocommit=True) as connection:
        # Long values are else compressed, and a name in them could not be looked for.
        for table, column in (("inputs", "commands"), ("mail", "raw"), ("record", "record"), ("payment", "record")):
            connection.execute(f"ALTER TABLE fondaco_journal.{table} ALTER {column} SET STORAGE EXTERNAL".encode())
    return f'ledger = "postgres"\njournal = "postgres"\ndsn = "{dsn}"\n'


def journal_on(folder: Path) -> str:
    """The address of the database that holds a hub's journal; "" for one that is in the folder."""
    return stores_of(folder).configuration.dsn

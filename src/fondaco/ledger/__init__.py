"""Double entry: who holds what, under TigerBeetle's semantics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core import shown_late
from fondaco.ledger.chart import (
    FIRST_PARTY,
    HUB,
    LAST_PARTY,
    RESIDUE_DIGITS,
    Counted,
    Place,
    Role,
    TransferCode,
    account,
    account_id,
    counted_on,
    instrument_number,
    ledger_of,
    memo_ledger_of,
    place_of,
    record_ledger_of,
    residue_ledger_of,
    transfer_id,
)
from fondaco.ledger.engine import (
    AMOUNT_MAX,
    BATCH_MAX,
    Account,
    AccountFlag,
    AccountStatus,
    Balance,
    Engine,
    EngineUnavailable,
    Status,
    Transfer,
    TransferFlag,
    account_records,
    chain_stands,
    transfer_records,
)
from fondaco.ledger.export import Commodity, Naming, PlainText, Written, account_name, amount_text, commodity_of, export_books
from fondaco.ledger.log import MemoryEngine
from fondaco.ledger.log_reading import (
    Damage,
    LogFound,
    LogReader,
    UnreadableLog,
    WalFound,
    copy_rows,
    cut_log,
    read_wal,
    rows_before,
    snapshot_row,
    walk_log,
)
from fondaco.ledger.projection import Projected, project
from fondaco.ledger.proof import Proof, prove, zero_sum_faults
from fondaco.ledger.sqlite import BooksLocked, BrokenBooks, SqliteEngine
from fondaco.ledger.tigerbeetle import DEADLINE_S, TigerbeetleEngine
from fondaco.ledger.tigerbeetle_client import ClusterRefused, address_fault, addresses_faults

if TYPE_CHECKING:
    from fondaco.ledger.postgres import BooksTaken, PostgresEngine
else:
    # The driver of PostgreSQL is an extra, and is read when somebody asks for it.
    __getattr__ = shown_late(__name__, {"postgres": ("BooksTaken", "PostgresEngine")})

__all__ = [
    "AMOUNT_MAX",
    "BATCH_MAX",
    "DEADLINE_S",
    "FIRST_PARTY",
    "HUB",
    "LAST_PARTY",
    "RESIDUE_DIGITS",
    "Account",
    "AccountFlag",
    "AccountStatus",
    "Balance",
    "BooksLocked",
    "BooksTaken",
    "BrokenBooks",
    "ClusterRefused",
    "Commodity",
    "Counted",
    "Damage",
    "Engine",
    "EngineUnavailable",
    "LogFound",
    "LogReader",
    "MemoryEngine",
    "Naming",
    "Place",
    "PlainText",
    "PostgresEngine",
    "Projected",
    "Proof",
    "Role",
    "SqliteEngine",
    "Status",
    "TigerbeetleEngine",
    "Transfer",
    "TransferCode",
    "TransferFlag",
    "UnreadableLog",
    "WalFound",
    "Written",
    "account",
    "account_id",
    "account_name",
    "account_records",
    "address_fault",
    "addresses_faults",
    "amount_text",
    "chain_stands",
    "commodity_of",
    "copy_rows",
    "counted_on",
    "cut_log",
    "export_books",
    "instrument_number",
    "ledger_of",
    "memo_ledger_of",
    "place_of",
    "project",
    "prove",
    "read_wal",
    "record_ledger_of",
    "residue_ledger_of",
    "rows_before",
    "snapshot_row",
    "transfer_id",
    "transfer_records",
    "walk_log",
    "zero_sum_faults",
]

"""Books for tests: every engine by name, and transfers in few words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fondaco.ledger import Account, AccountFlag, Engine, MemoryEngine, SqliteEngine, Status, Transfer

LINKED, PENDING, POST, VOID, BAL_D, BAL_C, CLOSE_D, CLOSE_C, IMPORTED = 1, 2, 4, 8, 16, 32, 64, 128, 256
NO_OVERDRAFT = int(AccountFlag.DEBITS_MUST_NOT_EXCEED_CREDITS)
NO_SURPLUS = int(AccountFlag.CREDITS_MUST_NOT_EXCEED_DEBITS)

# Engines that need nothing but a folder. Servers are added by their own fixtures.
EMBEDDED: dict[str, Callable[[Path], Engine]] = {
    "reference": lambda _: MemoryEngine("reference"),
    "compiled": lambda _: MemoryEngine("compiled"),
    "sqlite": lambda folder: SqliteEngine(folder / "books", "reference"),
    "sqlite-compiled": lambda folder: SqliteEngine(folder / "books", "compiled"),
}

# Each engine gives timestamps of its own to what it is handed with this one or an earlier one.
_instants = iter(range(10, 10**12, 20_000))


def next_instant() -> int:
    return next(_instants)


def book(engine: Engine, *events: Transfer) -> list[Status]:
    return [Status(status) for status in engine.create_transfers(events, next_instant())]


def t(key: int, debit: int = 1, credit: int = 2, amount: int = 10, flags: int = 0, pending: int = 0, **more: int) -> Transfer:
    """A transfer from account 1 to account 2 on ledger 7; a post or void names nothing but its pending transfer."""
    resolves = flags & (POST | VOID)
    return Transfer(
        key,
        0 if resolves and debit == 1 else debit,
        0 if resolves and credit == 2 else credit,
        amount,
        more.pop("ledger", 0 if resolves else 7),
        more.pop("code", 0 if resolves else 1),
        flags,
        pending,
        **more,
    )


def four_accounts() -> list[Account]:
    """Two plain ones, one that may not be overdrawn, one on another ledger."""
    return [Account(1, 7, 1), Account(2, 7, 1), Account(3, 7, 1, NO_OVERDRAFT), Account(4, 8, 1)]

"""A process that books until it is killed, and a line on its output for everything that was answered.

    killed_writer.py ENGINE PLACE alone SEED EVENTS FROM        deeds of a seed, one after the other
    killed_writer.py ENGINE PLACE crowd CALLERS [FROM,...]      callers of one gateway, each with messages of its own

Another engine is another row of `OPENERS`; what it is opened with is a folder, or the address of its server.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path

from books import LINKED, PENDING, POST, VOID
from deeds import ask, deeds_of
from fondaco.ledger import AMOUNT_MAX, Account, Engine, SqliteEngine, Transfer, chain_stands, transfer_records
from fondaco.ledger import kernel as law
from fondaco.ledger import sqlite as embedded
from fondaco.ledger.gateway import Gateway


def postgres(place: str) -> Engine:
    from fondaco.ledger import PostgresEngine

    # The session of a writer that was killed ends when its server process has noticed.
    return PostgresEngine(place, kernel="reference", patience_s=60)


OPENERS: dict[str, Callable[[str], Engine]] = {
    "sqlite": lambda place: SqliteEngine(Path(place), "reference"),
    "sqlite-compiled": lambda place: SqliteEngine(Path(place), "compiled"),
    "postgres": postgres,
}
CROWDED = [Account(1, 7, 1), Account(2, 7, 1)]


def measured_small() -> None:
    """Folding, snapshots and sealing all the time, as they come seldom otherwise."""
    embedded._CHECKPOINT_BYTES = 16 << 10
    embedded._SNAPSHOT_EVENTS = 200
    law.Ids.RECENT_MAX = 150
    try:
        from fondaco.ledger.kernel_numba import CompiledKernel
    except ImportError:
        return
    CompiledKernel.RECENT_MAX = 150


def message(caller: int, number: int) -> list[Transfer]:
    """The n-th message of a caller: a transfer, a chain, a reservation, and what posts or voids it."""

    def key(of: int, leg: int) -> int:
        return of << 64 | caller << 8 | leg

    kind = number % 4
    if kind == 1:
        return [Transfer(key(number, 1), 1, 2, caller, 7, 1)]
    if kind == 2:
        return [Transfer(key(number, leg), 1, 2, leg, 7, 1, LINKED if leg < 3 else 0) for leg in (1, 2, 3)]
    if kind == 3:
        return [Transfer(key(number, 1), 1, 2, 5, 7, 1, PENDING)]
    post = number % 8 == 0
    return [Transfer(key(number, 1), 0, 0, AMOUNT_MAX if post else 0, 0, 0, POST if post else VOID, key(number - 1, 1))]


def alone(engine: Engine, seed: int, events: int, first: int) -> None:
    for number, deed in enumerate(deeds_of(seed, events)[first:], first + 1):
        ask(engine, deed)
        print(number, flush=True)


async def crowd(engine: Engine, firsts: list[int]) -> None:
    engine.create_accounts(CROWDED, 1)
    gateway = Gateway(engine, time.time_ns)  # type: ignore[arg-type]

    async def call(caller: int, number: int) -> None:
        while True:  # ends with the process
            statuses = await gateway.book(transfer_records(message(caller, number)))
            assert chain_stands(statuses.tolist()), (caller, number, statuses)
            print(caller, number, flush=True)
            number += 1

    await asyncio.gather(*(call(caller, first + 1) for caller, first in enumerate(firsts, 1)))


def main(name: str, place: str, kind: str, *given: str) -> None:
    measured_small()
    engine = OPENERS[name](place)
    if kind == "alone":
        alone(engine, *map(int, given))
    else:
        asyncio.run(crowd(engine, [int(first) for first in given[0].split(",")]))
    engine.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

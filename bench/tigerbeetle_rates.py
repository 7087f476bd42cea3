"""What a TigerBeetle cluster takes from us: our way by packets, the client's by objects, and its concurrent singles.

`rates` measures and returns; it prints nothing and remembers nothing. Where no cluster is given there is no figure.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fondaco.ledger import Account, TigerbeetleEngine
from fondaco.ledger.engine import TRANSFER, Transfers

BATCHES = (8189, 1000, 64, 1)
CONCURRENT = 64
ACCOUNTS = 10_000
_LEDGER = 7
_NS = 1_000_000_000


@dataclass(frozen=True)
class Rate:
    """One measurement: transfers a second, and the time from asking to the answer of one request in milliseconds."""

    transfers: int
    per_second: float
    p50_ms: float
    p99_ms: float


def rates(addresses: Sequence[str], seconds: float = 5.0, cluster_id: int = 0) -> dict[str, dict[str, float]] | None:
    """Each way and batch for `seconds`, one after the other on the same cluster; None where no addresses are given.

    Accounts are without limits, pairs are drawn evenly, ids increase. Our way counts everything from the caller's records on. The objects
    of the client's ways are made beforehand and cost nothing here. Every answer is checked to be `created`.
    """
    if not addresses:
        return None
    traffic = _Traffic()
    found: dict[str, Rate] = {}
    engine = TigerbeetleEngine(addresses, cluster_id, deadline_s=120)
    assert engine.way == "packets", "the client is not the one whose packets we know"
    statuses = engine.create_accounts([Account(key, _LEDGER, 1) for key in traffic.accounts], 1)
    assert not any(statuses), "accounts of this run are new"
    for batch in BATCHES:
        found[f"packets {batch}"] = _measured(
            lambda made: _booked(engine, made), _endless(traffic.records, batch), batch, seconds
        )
    engine.close()
    found |= _by_objects(addresses, cluster_id, traffic, seconds)
    found[f"async {CONCURRENT} x 1"] = asyncio.run(_concurrent(addresses, cluster_id, traffic, seconds))
    return {name: asdict(rate) for name, rate in found.items()}


class _Traffic:
    """Transfers between accounts of this run alone, with ids that increase."""

    def __init__(self) -> None:
        self._base = time.time_ns()
        self._next = 1
        self._source = np.random.default_rng(20261124)
        self.accounts = [self._base << 64 | n for n in range(1, ACCOUNTS + 1)]

    def records(self, count: int) -> Transfers:
        debit = self._source.integers(0, ACCOUNTS, count)
        credit = (debit + self._source.integers(1, ACCOUNTS, count)) % ACCOUNTS
        made = np.zeros(count, TRANSFER)
        for name, low in (
            ("id", np.arange(self._next, self._next + count)),
            ("debit_account_id", debit + 1),
            ("credit_account_id", credit + 1),
        ):
            made[name][:, 0] = low
            made[name][:, 1] = self._base
        made["amount"][:, 0] = 1
        made["ledger"], made["code"] = _LEDGER, 1
        self._next += count
        return made

    def objects(self, count: int) -> list[Any]:
        import tigerbeetle

        return [
            tigerbeetle.Transfer(
                id=int(one["id"][0]) | int(one["id"][1]) << 64,
                debit_account_id=int(one["debit_account_id"][0]) | int(one["debit_account_id"][1]) << 64,
                credit_account_id=int(one["credit_account_id"][0]) | int(one["credit_account_id"][1]) << 64,
                amount=1, ledger=_LEDGER, code=1,
            )
            for one in self.records(count)
        ]  # fmt: skip


def _endless(make: Callable[[int], Any], batch: int) -> Iterator[Any]:
    while True:  # ends with the measurement's time
        yield make(batch)


def _booked(engine: TigerbeetleEngine, records: Transfers) -> None:
    assert not engine.book(records, time.time_ns()).any()


def _by_objects(addresses: Sequence[str], cluster_id: int, traffic: _Traffic, seconds: float) -> dict[str, Rate]:
    import tigerbeetle

    def sent(made: list[Any]) -> None:
        assert all(one.status == tigerbeetle.CreateTransferStatus.CREATED for one in client.create_transfers(made))

    with tigerbeetle.ClientSync(cluster_id, ",".join(addresses)) as client:
        return {f"objects {batch}": _measured(sent, _endless(traffic.objects, batch), batch, seconds) for batch in BATCHES}


def _measured(send: Callable[[Any], None], made: Iterator[Any], batch: int, seconds: float) -> Rate:
    """Only the time inside `send` counts; what is sent is made between."""
    send(next(made))  # the first request of a session also registers it
    times: list[int] = []
    elapsed = 0
    while elapsed < seconds * _NS:
        events = next(made)
        started = time.perf_counter_ns()
        send(events)
        times.append(time.perf_counter_ns() - started)
        elapsed += times[-1]
    return _rate(len(times) * batch, elapsed, times)


async def _concurrent(addresses: Sequence[str], cluster_id: int, traffic: _Traffic, seconds: float) -> Rate:
    import tigerbeetle

    times: list[int] = []

    async def member(client: Any, made: Iterator[Any], until: int) -> None:
        while time.perf_counter_ns() < until:
            event = next(made)
            started = time.perf_counter_ns()
            (result,) = await client.create_transfers([event])
            times.append(time.perf_counter_ns() - started)
            assert result.status == tigerbeetle.CreateTransferStatus.CREATED

    # More than any rate that this client has shown. Running out raises, so that no shorter measurement passes for a whole one.
    prepared = iter(traffic.objects(int(seconds * 40_000)))
    async with tigerbeetle.ClientAsync(cluster_id, ",".join(addresses)) as client:
        await client.create_transfers([next(prepared)])
        started = time.perf_counter_ns()
        until = started + int(seconds * _NS)
        await asyncio.gather(*(member(client, prepared, until) for _ in range(CONCURRENT)))
        return _rate(len(times), time.perf_counter_ns() - started, times)


def _rate(transfers: int, elapsed_ns: int, times_ns: list[int]) -> Rate:
    p50, p99 = (float(np.percentile(times_ns, q)) / 1e6 for q in (50, 99))
    return Rate(transfers, round(transfers / (elapsed_ns / _NS)), round(p50, 3), round(p99, 3))

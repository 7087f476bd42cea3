"""Figures for Prometheus. No UETR, no pair of banks and no account ever becomes a label."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from fondaco.core import Instant
from fondaco.hub import Hub
from fondaco.journal import Mail
from fondaco.settlement import CycleState

MEDIA = "text/plain; version=0.0.4; charset=utf-8"
# So many payments are remembered by when they came in; of more, the oldest are not measured.
_REMEMBERED_MAX = 100_000
_ENDED = re.compile(rb"<OrgnlUETR>([0-9a-f-]{36})</OrgnlUETR><TxSts>(?:RJCT|ACSC|CANC)<")
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 14_400, 86_400)


class Measures:
    """The figures of one door and its hub. Used on the event loop alone."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self._messages = Counter(
            "fondaco_messages", "Messages that came in, by what came of them", ("message", "result"), registry=registry
        )
        self._payment = Histogram(
            "fondaco_payment_duration_seconds", "From receipt to the final status", buckets=_SECONDS, registry=registry
        )
        self._cycle = Histogram(
            "fondaco_settlement_cycle_duration_seconds",
            "From a cycle's cut-off to its finality",
            buckets=_SECONDS,
            registry=registry,
        )
        self._depth = Gauge("fondaco_queue_depth", "What waits", ("queue",), registry=registry)
        self._batch = Histogram(
            "fondaco_writer_batch_size",
            "Commands decided by one commit",
            buckets=tuple(4**n for n in range(7)),
            registry=registry,
        )
        self._imbalance = Gauge(
            "fondaco_ledger_imbalance", "What all ledgers are out of balance by; must be 0", registry=registry
        )
        self._expiry = Gauge(
            "fondaco_list_expires_timestamp_seconds",
            "When a list in force is too old to screen by, and everything is held; seconds since 1970",
            ("list",),
            registry=registry,
        )
        self._fit = Gauge(
            "fondaco_screening_fit", "1 while the lists in force screen, 0 while they hold every payment", registry=registry
        )
        self._day = Gauge("fondaco_day_open", "1 while a business day is open, else 0", registry=registry)
        self._netting = Gauge(
            "fondaco_netting_ratio", "What netting saved of the last settled cycle's gross, 0 to 1", registry=registry
        )
        self._requests = Counter("fondaco_requests", "Requests, by route and status", ("route", "status"), registry=registry)
        self._request = Histogram(
            "fondaco_request_seconds", "From a request's headers to its answer", ("route",), registry=registry
        )
        self._missing = Gauge(
            "fondaco_doors_missing", "Doors that should take connections and do not; must be 0", registry=registry
        )
        # Finding a label's own figure costs more than counting it. Requests by (route, status), messages by (family, result).
        self._bound: dict[tuple[str, str], Any] = {}
        self._came: OrderedDict[bytes, float] = OrderedDict()
        self._last_cycle = 0

    def request(self, route: str, status: int, seconds: float) -> None:
        counted, timed = self._bound.get((route, str(status))) or self._bind(route, str(status))
        counted.inc()
        timed.observe(seconds)

    def _bind(self, route: str, status: str) -> Any:
        found = self._bound[route, status] = (self._requests.labels(route, status), self._request.labels(route))
        return found

    def message(self, kind: str, result: str) -> None:
        """A message of this family (`pacs.008`) came, and was `decided` or `refused`."""
        (self._bound.get((kind, result)) or self._bind_message(kind, result)).inc()

    def _bind_message(self, kind: str, result: str) -> Any:
        found = self._bound[kind, result] = self._messages.labels(kind, result)
        return found

    def came(self, uetr: str) -> None:
        self._came[uetr.encode()] = time.monotonic()
        if len(self._came) > _REMEMBERED_MAX:
            self._came.popitem(last=False)

    def heard(self, mail: Sequence[Mail]) -> None:
        """Mail that went out: what ended with it is measured."""
        for one in mail:
            if self._came and one.kind.startswith("pacs.002"):
                for uetr in _ENDED.findall(one.raw):
                    came = self._came.pop(uetr, None)
                    if came is not None:
                        self._payment.observe(time.monotonic() - came)

    def doors_missing(self, count: int) -> None:
        self._missing.set(count)

    def batches(self, sizes: Sequence[int]) -> None:
        for size in sizes:
            self._batch.observe(size)

    def told(self, figures: Figures, depth: int) -> bytes:
        """All figures as Prometheus reads them."""
        self._depth.labels("writer").set(depth)
        self._depth.labels("liquidity").set(figures.queued)
        self._depth.labels("held").set(figures.held)
        self._imbalance.set(figures.imbalance)
        self._day.set(figures.day_open)
        self._fit.set(figures.screening_fit)
        self._expiry.clear()  # a list that other rules do not name any more is none of ours
        for name, at in figures.lists:
            self._expiry.labels(name).set(at)
        for number, seconds, ratio in figures.cycles:
            if number > self._last_cycle:
                self._last_cycle = number
                self._cycle.observe(seconds)
                self._netting.set(ratio)
        return generate_latest(self.registry)


class Figures:
    """What a hub says of itself at one moment, `now`."""

    def __init__(self, hub: Hub, now: Instant) -> None:
        desk = hub.desk
        self.queued = len(desk.queues)
        self.held = sum(1 for one in desk.cases.values() if one.open)
        self.day_open = int(bool(desk.counters.day) and not desk.counters.day_ended)
        self.screening_fit = int(not hub.held_because(now))
        screener = hub.screener()
        lists = screener.lists if screener is not None else None
        self.lists = [(key, lists.valid_until(key) / 1e9) for key in sorted(lists.editions)] if lists is not None else []
        nets: dict[int, int] = {}
        for account, balance in hub.books.accounts():
            nets[account.ledger] = nets.get(account.ledger, 0) + balance.net
        self.imbalance = sum(abs(net) for net in nets.values())
        self.cycles: list[tuple[int, float, float]] = []
        for number, cycle in sorted(desk.cycles.items()):
            if cycle.state is CycleState.SETTLED and cycle.decided_at and not cycle.offset:
                gross = sum(one for _, one, _, _ in cycle.figures)
                net = sum(one for _, _, _, one in cycle.figures)
                saved = (gross - net) / gross if gross else 0.0
                self.cycles.append((number, max(0, cycle.decided_at - cycle.cut_off) / 1e9, saved))

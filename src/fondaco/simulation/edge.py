"""The edges of the simulated banks: a customer's pain.001 comes in and goes on as pacs.008; what the hub says comes back as pain.002.

What decides is `messages/initiation.py`, the code that a real bank's edge would run; here it only gets its post.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from fondaco.core import Instant, utc_text
from fondaco.messages import (
    CustomerReport,
    Initiation,
    Interbank,
    Message,
    StatusReport,
    bare,
    derived_names,
    derived_uetrs,
    orders_of,
    pacs_008_of,
    pain_002_of,
    read_edge,
    wrap,
)

_FINAL = frozenset({"ACSC", "ACCC", "RJCT", "CANC", "BLCK"})


@dataclass
class _File:
    """A customer's file at its bank, what became of it, and the UETRs of which nothing final was heard."""

    message: Message
    sent: Interbank
    waits: set[str]
    reports: list[StatusReport] = field(default_factory=list)


class Edge:
    """The edges of all simulated banks. `counts` says how many files, orders and reports there were, and what was reported."""

    def __init__(self, hub_bic: str) -> None:
        self._hub = hub_bic
        self._open: dict[str, _File] = {}
        self.counts: Counter[str] = Counter()

    def initiated(self, bank: str, raw: bytes, at: Instant) -> list[tuple[str, bytes]]:
        """The pacs.008 that `bank` (BIC) sends for a customer's pain.001. The same file again gives the same messages, which the hub
        answers with what it had answered."""
        message = read_edge(raw, bulk=True)
        body, text = message.body, utc_text(at)
        assert isinstance(body, Initiation), f"a {message.kind} initiates nothing"
        sent = pacs_008_of(message, bank, derived_names(body), text, derived_uetrs(body))
        file = _File(message, sent, {uetr for one in sent.messages for uetr in one.uetrs.values()})
        self.counts["files (pain.001)"] += 1
        self.counts["orders"] += len(orders_of(body))
        self.counts["orders refused at the edge"] += sum(refusal is not None for refusal in sent.refusals)
        self._open |= dict.fromkeys(file.waits, file)
        if not file.waits:
            self._report(file, at)
        return [(bank, wrap("pacs.008.001.08", bank, self._hub, one.message_id, text, one.document)) for one in sent.messages]

    def heard(self, report: StatusReport, at: Instant) -> None:
        """A pacs.002 of the hub: once the last order of a file is at its end, the customer is told."""
        for status in report.statuses:
            file = self._open.get(status.uetr)
            if file is None:
                continue
            if not file.reports or file.reports[-1] is not report:
                file.reports.append(report)
            if status.status in _FINAL:
                del self._open[status.uetr]
                file.waits.discard(status.uetr)
                if not file.waits:
                    self._report(file, at)

    def close(self, at: Instant) -> None:
        """The day is over: whose orders are not all at their end is told how far they are."""
        for file in {id(one): one for one in self._open.values()}.values():
            self._report(file, at)
        self._open.clear()

    def _report(self, file: _File, at: Instant) -> None:
        name = f"R{self.counts['reports (pain.002)'] + 1:09d}"
        content = pain_002_of(file.message, file.sent, file.reports, name, utc_text(at))
        told = read_edge(bare("pain.002.001.10", content), bulk=True).body
        assert isinstance(told, CustomerReport)
        self.counts["reports (pain.002)"] += 1
        for information in told.informations:
            self.counts.update(f"orders reported {one.status}" for one in information.statuses)

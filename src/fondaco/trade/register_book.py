"""The register in memory: every record as it stands, and what records claim. The hub rebuilds it from the events that it kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from fondaco.trade.register import Change, claims
from fondaco.trade.transferable_record import TransferableRecord


class RegisterBook:
    """What `register.decide` sees of it (`RegisterView`). `operator` and `supervisor` are whose keys a freeze needs."""

    def __init__(self, hub: str, operator: str, supervisor: str) -> None:
        self.hub = hub
        self.operator = operator
        self.supervisor = supervisor
        self.records: dict[str, TransferableRecord] = {}
        # By half of the claim's SHA-256: a million records make three million claims, and their texts would be most of the register's memory.
        self._claimants: dict[bytes, str] = {}

    def record(self, instrument: str) -> TransferableRecord | None:
        return self.records.get(instrument)

    def claimants(self, claim: str) -> Sequence[str]:
        found = self._claimants.get(_short(claim))
        return found.split(" ") if found is not None else ()

    def take(self, changes: Iterable[Change]) -> None:
        """Let the records that were decided take the place of what stood there, in order."""
        for record, event, _ in changes:
            former = self.records.get(record.instrument)
            assert event.seq == (former.seq + 1 if former is not None else 1), "an event of another state was decided"
            self.records[record.instrument] = record
            if former is None:
                for key in map(_short, claims(record)):
                    others = self._claimants.get(key)
                    self._claimants[key] = f"{others} {record.instrument}" if others is not None else record.instrument


def _short(claim: str) -> bytes:
    return hashlib.sha256(claim.encode()).digest()[:16]

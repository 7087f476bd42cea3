"""Transferable records as the hub keeps them: each as it stands, its events in their order, what it claims, and the leaves of the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from fondaco.core import Instant, Refusal, bic8, instant_of
from fondaco.hub.machines import Outcome, next_number
from fondaco.hub.register_log import RegisterLog
from fondaco.hub.state import Batch, Desk
from fondaco.hub.trade_parties import OPERATOR, SUPERVISOR
from fondaco.hub.trade_shelf import TradeShelf
from fondaco.trade import Change, Decided, Deed, TransferableRecord, event_text, leaf, register

PREFIX = "ETR"
RECORD, EVENT, CLAIM = "transferable_record", "control_event", "register_claim"


class KeptEvent(msgspec.Struct, frozen=True, array_like=True):
    """An event of a record: its bytes in canonical form, and which leaf of the log it is (from 0)."""

    text: bytes
    index: int


class _First(msgspec.Struct):
    body: str


class _Issued(msgspec.Struct):
    content: str


class RecordMachine:
    """The register of a desk, as `trade.register` sees it, and what the hub does with its answers."""

    begins = frozenset({"ISSUE", "CONVERT_IN"})

    def __init__(self, desk: Desk, shelf: TradeShelf) -> None:
        self._desk = desk
        self._shelf = shelf
        self.log = RegisterLog(shelf)

    # What deciding sees (`trade.RegisterView`)

    @property
    def hub(self) -> str:
        return bic8(self._desk.scheme.hub_bic)

    @property
    def operator(self) -> str:
        return OPERATOR

    @property
    def supervisor(self) -> str:
        return SUPERVISOR

    def record(self, instrument: str) -> TransferableRecord | None:
        return self._shelf.get(RECORD, instrument, TransferableRecord)

    def claimants(self, claim: str) -> Sequence[str]:
        return self._shelf.get(CLAIM, claim, tuple[str, ...]) or ()

    # A machine of the hub (`machines.Machine`)

    def decide(self, deed: Deed, at: Instant, signers: Sequence[str]) -> Outcome | Refusal:
        number = next_number(self._shelf, PREFIX)
        return outcome(register.decide(self, deed, at, signers, f"{PREFIX}-{number:06d}"))

    def elapse(self, instrument: str, at: Instant) -> Outcome | None:
        record = self.record(instrument)
        if record is None or not register.lapses(record, at):
            return None
        found = outcome(register.lapse(self, record.lock_id(), at))
        assert isinstance(found, Outcome), "an offer whose time has passed lapses"
        return found

    def due(self, instrument: str) -> int:
        """The instant at which an open offer's time has passed. A funded one waits for its money."""
        record = self.record(instrument)
        lock = record.lock if record is not None else None
        return int(instant_of(lock.until)) if lock is not None and lock.open else 0

    def keep(self, batch: Batch, change: Change) -> None:
        """Let a record that was decided take the place of what stood there; its event is a leaf of the log."""
        record, event, hashed = change
        if event.seq == 1:
            for claim in register.claims(record):
                self._shelf.put(batch, CLAIM, claim, (*self.claimants(claim), record.instrument))
        index = self.log.append(batch, leaf(event, hashed))
        self._shelf.put(batch, EVENT, f"{record.instrument}/{event.seq:08d}", KeptEvent(event_text(event), index))
        self._shelf.put(batch, RECORD, record.instrument, record)

    def all(self) -> Iterator[TransferableRecord]:
        """Every record that the journal has, in the order of their numbers."""
        return (one for _, one in self._shelf.all(RECORD, TransferableRecord))

    def events(self, record: TransferableRecord) -> list[KeptEvent]:
        """Every event of a record, in order."""
        found = [self._shelf.get(EVENT, f"{record.instrument}/{seq:08d}", KeptEvent) for seq in range(1, record.seq + 1)]
        assert None not in found, "every event of a record is kept"
        return [one for one in found if one is not None]

    def content(self, record: TransferableRecord) -> str:
        """The document of a record, as it was issued: canonical JSON."""
        first = self._shelf.get(EVENT, f"{record.instrument}/{1:08d}", KeptEvent)
        assert first is not None, "every event of a record is kept"
        return msgspec.json.decode(msgspec.json.decode(first.text, type=_First).body, type=_Issued).content


def outcome(decided: Decided[tuple[Change, ...]] | Refusal) -> Outcome | Refusal:
    """What the register decided, in the hub's form; what begins bears the number that was offered."""
    if isinstance(decided, Refusal):
        return decided
    first = decided.instrument[0].record
    begun = first.instrument if first.seq == 1 else ""
    return Outcome(first.instrument, first.seq, begun, decided.entries, decided.control, decided.tells, decided.instrument)

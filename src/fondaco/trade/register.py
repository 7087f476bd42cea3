"""The register of transferable records: what may be done, by whom, and what then changes. Decides; the hub journals, books and sends.

The face, whole:

- `decide(view, deed, at, signers, begins)`: a party's deed. `signers` are the parties whose keys signed it (`signers_of`); `begins` is the number that
  a new record would get (`ETR-000007`), used only by ISSUE and CONVERT_IN.
- `fund(view, lock, reference, at)`, `unfund(view, lock, at)`: money for an offer was set aside, or let go again. Optional: a payment that settles at once
  needs neither. While an offer is funded its holder cannot withdraw it and it does not lapse.
- `settle(view, lock, batch_hash, at)`: what the offer was against has happened, in the settlement batch with this hash (SHA-256, 64 hexadecimal
  digits). Put its control steps into the same chain on the books as the money. A refusal means that the money must not move either.
- `lapse(view, lock, at)`: the offer's time has passed. `lapses(record, at)` asks whether it has.

A lock's id is `record/number of the event that offered it` (`TransferableRecord.lock_id`). A recipient consents to a free transfer by ACCEPT, and to an
offer against something by doing that: its own deed stands in the batch. Two records that are swapped are two locks, settled with one batch.

Each answers with `Decided` or a `Refusal`. `Decided.instrument` is one `Change` or two (a reissue that is accepted also ends the record before it): keep
the event's bytes (`event_text`), add its leaf to the log, let `record` take the place of what stood there, and add `claims(record)` to the
index when it begins. `Decided.control` are the steps of units of one: giver "" when a record begins, taker "" when it ends.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from fondaco.core import Instant, Reason, Refusal, utc_text
from fondaco.trade import control_body as body
from fondaco.trade.canonical import canonical
from fondaco.trade.control_event import (
    GENESIS,
    ControlEvent,
    Signature,
    etr_claim,
    etr_id,
    event_hash,
    external_claim,
    serial_claim,
)
from fondaco.trade.control_replay import applied, begun
from fondaco.trade.control_rules import RULES, Ask, frozen
from fondaco.trade.deed import ControlStep, Decided, Deed, Tell
from fondaco.trade.record_content import content_fault, external_name
from fondaco.trade.transferable_record import LOCK, FreezeState, LockEvent, LockState, RecordKind, RecordState, TransferableRecord

Record = TransferableRecord


class RegisterView(Protocol):
    """What deciding sees of the register. `operator` and `supervisor` are the two parties whose keys a freeze needs; `hub` is the hub's BIC.

    `claimants` are the instruments that ever made a claim (a text that `claims` gives), in any order.
    """

    @property
    def hub(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def supervisor(self) -> str: ...
    def record(self, instrument: str) -> Record | None: ...
    def claimants(self, claim: str) -> Sequence[str]: ...


class Change(NamedTuple):
    """One record after one event, with the event's hash."""

    record: Record
    event: ControlEvent
    hash: str


Changes = tuple[Change, ...]


def claims(record: Record) -> tuple[str, str, str]:
    """What no other record may claim: its id ever, its serial and its name outside while it lives."""
    return etr_claim(record.etr), serial_claim(record.issuer, record.serial), external_claim(record.external)


def decide(view: RegisterView, deed: Deed, at: Instant, signers: Sequence[str], begins: str) -> Decided[Changes] | Refusal:
    """What a deed comes to. Nothing is changed where it is refused; every refusal names the rule and the place in the deed."""
    if deed.hub != view.hub:
        return Refusal(Reason.NOT_FOUND, "hub", deed.hub, "T.1")
    if deed.actor not in signers or len(signers) != len(deed.signatures):
        return Refusal(Reason.ROLE_NOT_HELD, "signatures", f"none by {deed.actor}", "MLETR 9")
    read = body.read_body(deed.action, deed.body)
    if isinstance(read, Refusal):
        return read
    if isinstance(read, body.Issue):
        return _issue(view, deed, read, at, signers, begins)
    record = view.record(deed.instrument)
    if record is None:
        return Refusal(Reason.NOT_FOUND, "instrument", deed.instrument, "T.1")
    assert not isinstance(read, body.Noted), "no deed has the body of what the hub records"
    fault = _order_fault(record, deed, read.head)
    if fault is None:
        ask = Ask(view, record, deed.actor, read, utc_text(at), frozenset(signers))
        fault = RULES[deed.action](ask)
    if fault is not None:
        return fault
    one = _changed(record, deed.action, deed.actor, deed.body.decode(), read, at, view.hub, _signed(deed, signers))
    old = view.record(record.supersedes) if deed.action == "ACCEPT" and record.state is RecordState.ISSUED else None
    if old is not None and not old.ended:
        noted = body.Noted(reference=one.hash)
        return _decided((record, one), (old, _noted(view, old, "SUPERSEDE", noted, at)))
    return _decided((record, one))


def fund(view: RegisterView, lock: str, reference: str, at: Instant) -> Decided[Changes] | Refusal:
    """Money for an offer is set aside under `reference`."""
    return _of_lock(view, lock, LockEvent.FUND, at, reference)


def unfund(view: RegisterView, lock: str, at: Instant) -> Decided[Changes] | Refusal:
    """It was let go again: the offer stands as before, and may lapse or be withdrawn."""
    return _of_lock(view, lock, LockEvent.UNFUND, at)


def settle(view: RegisterView, lock: str, batch_hash: str, at: Instant) -> Decided[Changes] | Refusal:
    """What the offer was against has happened in the batch with this hash: the record passes, or ends where its obligor paid it."""
    return _of_lock(view, lock, LockEvent.SETTLE, at, batch=batch_hash)


def lapse(view: RegisterView, lock: str, at: Instant) -> Decided[Changes] | Refusal:
    """The offer's time has passed; the record stays where it is."""
    return _of_lock(view, lock, LockEvent.LAPSE, at)


def lapses(record: Record, at: Instant) -> bool:
    """Whether an open offer's time has passed. A funded one waits for its money."""
    lock = record.lock
    return lock is not None and LOCK.can(lock.state, LockEvent.LAPSE) and utc_text(at) >= lock.until


def _issue(
    view: RegisterView, deed: Deed, read: body.Issue, at: Instant, signers: Sequence[str], begins: str
) -> Decided[Changes] | Refusal:
    old = view.record(read.supersedes) if read.supersedes else None
    etr = etr_id(read.content, deed.actor, read.serial, old.etr if old is not None else "")
    fault = _issue_fault(deed, read, old) or _singularity_fault(view, deed, read, etr)
    if fault is not None:
        return fault
    text, moment, signatures = deed.body.decode(), utc_text(at), _signed(deed, signers)
    event = ControlEvent(etr, begins, 1, GENESIS, deed.action, deed.actor, text, moment, view.hub, "", signatures)
    hashed = event_hash(event)
    record = begun(event, hashed, read)
    told = _tells(record, record, event)
    return Decided((Change(record, event, hashed),), control=(ControlStep(begins, "", record.holder),), tells=told)


def _issue_fault(deed: Deed, read: body.Issue, old: Record | None) -> Refusal | None:
    kind = RecordKind(read.kind)
    if deed.instrument:
        return Refusal(Reason.OUT_OF_TURN, "instrument", deed.instrument, "T.1")
    if deed.version:
        return Refusal(Reason.OUT_OF_TURN, "version", str(deed.version), "T.1")
    if (deed.action == "CONVERT_IN") != bool(read.paper):
        return Refusal(Reason.ELEMENT_MISSING, "body.paper", str(len(read.paper)), "MLETR 17")
    if deed.action == "CONVERT_IN" and not read.statement:
        return Refusal(Reason.ELEMENT_MISSING, "body.statement", "", "MLETR 17")
    if (read.title == "BLANK") == bool(read.named):
        return Refusal(Reason.ELEMENT_MISSING, "body.named", read.named, "MLETR 15")
    fault = content_fault(kind, read.content, deed.actor, read.serial, read.title, read.named)
    if fault is not None or not read.supersedes:
        return fault
    return _successor_fault(old, deed, read)


def _successor_fault(old: Record | None, deed: Deed, read: body.Issue) -> Refusal | None:
    """A record takes the place of one that was surrendered for that, for who surrendered it; or of one that ended on paper and comes back."""
    if old is None:
        return Refusal(Reason.NOT_FOUND, "body.supersedes", read.supersedes, "MLETR 16")
    if old.issuer != deed.actor:
        return Refusal(Reason.ROLE_NOT_HELD, "actor", deed.actor, "MLETR 16")
    if deed.action == "CONVERT_IN":
        if old.state is not RecordState.SWITCHED_TO_PAPER:
            return Refusal(Reason.OUT_OF_TURN, "body.supersedes", old.state.name, "MLETR 17")
        return None
    if old.state is not RecordState.SURRENDERED_FOR_AMENDMENT:
        return Refusal(Reason.OUT_OF_TURN, "body.supersedes", old.state.name, "MLETR 16")
    if read.recipient != old.surrendered_by:
        return Refusal(Reason.ROLE_NOT_HELD, "body.recipient", read.recipient, "MLETR 16")
    return None


def _singularity_fault(view: RegisterView, deed: Deed, read: body.Issue, etr: str) -> Refusal | None:
    """One record alive for an issuer and serial, one for the name outside, and one for ever with an id (MLETR 10(1)(b)(i))."""
    if view.claimants(etr_claim(etr)):
        return Refusal(Reason.OUT_OF_TURN, "body.content", f"the record {etr[:16]} was issued before", "MLETR 10")
    named = external_name(RecordKind(read.kind), deed.actor, read.content)
    for where, claim in (("body.serial", serial_claim(deed.actor, read.serial)), ("body.content", external_claim(named))):
        for instrument in view.claimants(claim):
            other = view.record(instrument)
            if other is not None and not other.ended and instrument != read.supersedes:
                return Refusal(Reason.OUT_OF_TURN, where, f"{instrument} is alive", "MLETR 10")
    return None


def _order_fault(record: Record, deed: Deed, head: str) -> Refusal | None:
    if record.ended:
        return Refusal(Reason.OUT_OF_TURN, "instrument", record.state.name, "T.2")
    if deed.version != record.seq:
        return Refusal(Reason.OUT_OF_TURN, "version", f"{deed.version}, and the record has {record.seq}", "T.1")
    if head != record.head:
        return Refusal(Reason.OUT_OF_TURN, "body.head", head, "T.1")
    return None


def _of_lock(
    view: RegisterView, lock: str, event: LockEvent, at: Instant, reference: str = "", batch: str = ""
) -> Decided[Changes] | Refusal:
    record = view.record(lock.partition("/")[0])
    if record is None or record.lock is None or record.lock_id() != lock:
        return Refusal(Reason.NOT_FOUND, "lock", lock, "T.3")
    fault = _lock_fault(record, event, utc_text(at), batch)
    if fault is not None:
        return fault
    noted = body.Noted(lock, reference)
    return _decided((record, _noted(view, record, event.name, noted, at, batch)))


def _lock_fault(record: Record, event: LockEvent, at: str, batch: str) -> Refusal | None:
    lock = record.lock
    assert lock is not None, "the caller found it"
    if not LOCK.can(lock.state, event):
        return Refusal(Reason.OUT_OF_TURN, "lock", lock.state.name, "T.3")
    if event is LockEvent.LAPSE:
        return None if at >= lock.until else Refusal(Reason.OUT_OF_TURN, "at", f"{at} is before {lock.until}", "T.3")
    if event is LockEvent.UNFUND:
        return None
    if record.freeze is not FreezeState.FREE:
        return frozen(record)
    if lock.state is LockState.OFFERED_AGAINST and at >= lock.until:
        return Refusal(Reason.EXPIRED, "at", f"{at} is not before {lock.until}", "T.3")
    if event is LockEvent.SETTLE and not re.fullmatch(r"[0-9a-f]{64}", batch):
        return Refusal(Reason.MALFORMED, "batch", batch, "T.3")
    return None


def _noted(view: RegisterView, record: Record, action: str, noted: body.Noted, at: Instant, batch: str = "") -> Change:
    text = canonical({"lock": noted.lock, "reference": noted.reference})
    return _changed(record, action, view.hub, text, noted, at, view.hub, (), batch)


def _changed(
    record: Record,
    action: str,
    actor: str,
    text: str,
    read: body.Body,
    at: Instant,
    hub: str,
    signatures: tuple[Signature, ...],
    batch: str = "",
) -> Change:
    event = ControlEvent(
        record.etr, record.instrument, record.seq + 1, record.head, action, actor, text, utc_text(at), hub, batch, signatures
    )
    hashed = event_hash(event)
    return Change(applied(record, event, hashed, read), event, hashed)


def _signed(deed: Deed, signers: Sequence[str]) -> tuple[Signature, ...]:
    return tuple(
        Signature(party, key.hex(), signature.hex()) for party, (key, signature) in zip(signers, deed.signatures, strict=True)
    )


def _decided(*steps: tuple[Record, Change]) -> Decided[Changes]:
    control = tuple(
        ControlStep(before.instrument, before.holder, change.record.holder)
        for before, change in steps
        if before.holder != change.record.holder
    )
    told = tuple(tell for before, change in steps for tell in _tells(before, change.record, change.event))
    return Decided(tuple(change for _, change in steps), control=control, tells=told)


def _tells(before: Record, after: Record, event: ControlEvent) -> tuple[Tell, ...]:
    """Everybody whom the event concerns, but its actor: both holders, and whoever is offered, secured, asked to pay, or has surrendered."""
    concerned = [before.holder, after.holder, after.surrendered_by, before.surrendered_by]
    if after.state is RecordState.ISSUED:
        concerned.append(after.first)
    if after.lock is not None and after.lock != before.lock:
        concerned.append(after.lock.recipient)
    if after.pledge is not None and after.pledge.open | (after.pledge != before.pledge):
        concerned.append(after.pledge.pledgee)
    if after.bill is not None and after.bill != before.bill:
        concerned.append(after.bill.obligor)
    told = msgspec.json.encode(
        {"record": after.instrument, "event": event.seq, "action": event.action, "actor": event.actor, "at": event.at}
    )
    return tuple(Tell(party, "trade.notice", told) for party in dict.fromkeys(concerned) if party not in ("", event.actor))

"""What an event makes of a record: the one writer of its state, for the event that happens and for the chain that is read again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from msgspec.structs import replace

from fondaco.trade import control_body as body
from fondaco.trade.control_event import GENESIS, ControlEvent, etr_id, event_hash
from fondaco.trade.record_content import external_name, obligation
from fondaco.trade.transferable_record import (
    BILL,
    FREEZE,
    LOCK,
    PLEDGE,
    RECORD,
    TITLE,
    Bill,
    BillEvent,
    FreezeEvent,
    Lock,
    LockEvent,
    Pledge,
    PledgeEvent,
    RecordEvent,
    RecordKind,
    RecordState,
    TitleEvent,
    TitleState,
    TransferableRecord,
)

Record = TransferableRecord


class BrokenHistory(Exception):
    """A chain of events does not follow from itself; says at which event."""


@dataclass(frozen=True, slots=True)
class _Act:
    """An event with its body read."""

    event: ControlEvent
    body: Any


def begun(event: ControlEvent, hashed: str, read: body.Issue) -> Record:
    """The record that an ISSUE or CONVERT_IN begins."""
    kind = RecordKind(read.kind)
    # A few hundred parties hold a million records: their names are kept once.
    issuer, first, named, law = map(sys.intern, (event.actor, read.recipient, read.named, read.law))
    owed = obligation(kind, read.content)
    bill = Bill(owed.obligor, owed.due, BILL.start) if owed is not None else None
    if bill is not None and kind is RecordKind.PROMISSORY_NOTE:
        bill = replace(bill, state=BILL.step(bill.state, BillEvent.MAKE).after)
    return Record(
        instrument=event.instrument,
        etr=event.etr,
        kind=kind,
        issuer=issuer,
        serial=read.serial,
        external=external_name(kind, event.actor, read.content),
        law=law,
        first=first,
        holder=issuer,
        titleholder=named,
        state=RECORD.step(RECORD.start, RecordEvent(event.action)).after,
        title=TITLE.step(TITLE.start, _ISSUED_AS[read.title]).after,
        seq=1,
        head=hashed,
        bill=bill,
        supersedes=read.supersedes,
    )


_ISSUED_AS = {"STRAIGHT": TitleEvent.ISSUE_STRAIGHT, "ORDER": TitleEvent.ISSUE_TO_ORDER, "BLANK": TitleEvent.ISSUE_IN_BLANK}


def applied(record: Record, event: ControlEvent, hashed: str, read: body.Body) -> Record:
    """The record after `event`, whose hash is `hashed` and whose body is `read`.

    Raises `UnlawfulStep` where a table has no row for it: deciding asked the tables first, so that is our own mistake.
    """
    changed = _EFFECTS[event.action](record, _Act(event, read))
    return replace(changed, seq=event.seq, head=hashed)


def states_of(events: Iterable[ControlEvent], superseded: str = "") -> Iterator[Record]:
    """The record after each of its events; `superseded` is the id of the record whose place it took.

    Raises `BrokenHistory` where an event does not follow from those before.
    """
    record, previous = None, GENESIS
    for number, event in enumerate(events, 1):
        if event.seq != number or event.previous != previous:
            raise BrokenHistory(f"event {number} does not follow the one before")
        hashed = event_hash(event)
        read = body.body_of(event.action, event.body.encode())
        if record is None:
            assert isinstance(read, body.Issue), "the first event begins the record"
            record = begun(event, hashed, read)
            if record.etr != etr_id(read.content, event.actor, read.serial, superseded):
                raise BrokenHistory("the record's id is not that of its document")
        else:
            record = applied(record, event, hashed, read)
        if event.etr != record.etr or event.instrument != record.instrument:
            raise BrokenHistory(f"event {number} is of another record")
        previous = hashed
        yield record


def replayed(events: Iterable[ControlEvent], superseded: str = "") -> Record:
    """The record after all of its events, as `states_of` tells them."""
    last = None
    for record in states_of(events, superseded):
        last = record
    if last is None:
        raise BrokenHistory("no event")
    return last


def _ended(record: Record, event: RecordEvent) -> Record:
    return replace(
        record,
        state=RECORD.step(record.state, event).after,
        holder="",
        titleholder="",
        title=TITLE.step(record.title, TitleEvent.END).after,
        freeze=FREEZE.step(record.freeze, FreezeEvent.END).after,
    )


def _passed(record: Record, event: RecordEvent, to: str) -> Record:
    return replace(record, state=RECORD.step(record.state, event).after, holder=to)


def _endorsed(record: Record, code: str, to: str) -> Record:
    title = TITLE.step(record.title, TitleEvent[code]).after
    liable = record.bill
    if liable is not None and record.holder not in liable.liable:
        liable = replace(liable, liable=(*liable.liable, record.holder))
    return replace(record, title=title, titleholder="" if title is TitleState.BLANK else to, bill=liable)


def _billed(record: Record, event: BillEvent) -> Record:
    assert record.bill is not None, "only a bill or a note has an obligor"
    return replace(record, bill=replace(record.bill, state=BILL.step(record.bill.state, event).after))


def _locked(record: Record, event: LockEvent) -> Record:
    assert record.lock is not None, "no offer is open"
    return replace(record, lock=replace(record.lock, state=LOCK.step(record.lock.state, event).after))


def _settled(record: Record, on: LockEvent, event: RecordEvent) -> Record:
    """The offer takes effect: endorsement first, while its holder still has the record, then possession."""
    assert record.lock is not None, "no offer is open"
    to, code = record.lock.recipient, record.lock.endorsement
    record = _locked(record, on)
    if code:
        record = _endorsed(record, code, to)
    return _passed(record, event, to)


def _accept(record: Record, act: _Act) -> Record:
    if record.state is RecordState.ISSUED:
        return _passed(record, RecordEvent.ACCEPT, record.first)
    return _settled(record, LockEvent.ACCEPT, RecordEvent.ACCEPT)


def _reject(record: Record, act: _Act) -> Record:
    if record.state is RecordState.ISSUED:
        return _ended(record, RecordEvent.REJECT)
    return _dishonoured(_locked(record, LockEvent.REJECT))


def _withdraw(record: Record, act: _Act) -> Record:
    return _ended(record, RecordEvent.WITHDRAW) if record.state is RecordState.ISSUED else _locked(record, LockEvent.WITHDRAW)


def _lapse(record: Record, act: _Act) -> Record:
    return _dishonoured(_locked(record, LockEvent.LAPSE))


def _dishonoured(record: Record) -> Record:
    assert record.lock is not None, "no offer is open"
    return _billed(record, BillEvent.DISHONOUR) if record.lock.presentment else record


def _settle(record: Record, act: _Act) -> Record:
    assert record.lock is not None, "no offer is open"
    if record.lock.presentment:
        return _ended(_billed(_locked(record, LockEvent.SETTLE), BillEvent.DISCHARGE), RecordEvent.DISCHARGE)
    return _settled(record, LockEvent.SETTLE, RecordEvent.SETTLE)


def _offered(event: LockEvent) -> Callable[[Record, _Act], Record]:
    def effect(record: Record, act: _Act) -> Record:
        read = act.body
        state = LOCK.step(LOCK.start, event).after
        if event is LockEvent.PRESENT_FOR_PAYMENT:
            assert record.bill is not None, "only a bill or a note has an obligor"
            lock = Lock(act.event.seq, record.bill.obligor, read.until, state, "PAYMENT", read.reference, "", True)
            return replace(_billed(record, BillEvent.PRESENT_FOR_PAYMENT), lock=lock)
        against, reference = ("", "") if event is LockEvent.TRANSFER else (read.against, read.reference)
        return replace(record, lock=Lock(act.event.seq, read.recipient, read.until, state, against, reference, read.endorsement))

    return effect


def _pledge(record: Record, act: _Act) -> Record:
    read, state = act.body, PLEDGE.step(PLEDGE.start, PledgeEvent.PLEDGE).after
    return replace(record, pledge=Pledge(read.pledgee, read.secured, read.power, read.due, state))


def _pledged(event: PledgeEvent) -> Callable[[Record, _Act], Record]:
    def effect(record: Record, act: _Act) -> Record:
        assert record.pledge is not None, "no pledge is open"
        return replace(record, pledge=replace(record.pledge, state=PLEDGE.step(record.pledge.state, event).after))

    return effect


def _enforce(record: Record, act: _Act) -> Record:
    record = _pledged(PledgeEvent.ENFORCE)(record, act)
    assert record.pledge is not None, "no pledge is open"
    to = record.pledge.pledgee
    titled = replace(record, title=TITLE.step(record.title, TitleEvent.ENFORCE).after, titleholder=to)
    return _passed(titled, RecordEvent.ENFORCE, to)


def _surrendered(event: RecordEvent) -> Callable[[Record, _Act], Record]:
    def effect(record: Record, act: _Act) -> Record:
        switched = isinstance(act.body, body.Surrender) and act.body.reasonCode == "SWTP"
        to_paper = RecordEvent.SURRENDER_FOR_PAPER if switched else event
        return _passed(replace(record, surrendered_by=record.holder), to_paper, record.issuer)

    return effect


def _returned(record: Record, act: _Act) -> Record:
    return replace(_passed(record, RecordEvent.SREJ, record.surrendered_by), surrendered_by="")


def _frozen(event: FreezeEvent) -> Callable[[Record, _Act], Record]:
    return lambda record, act: replace(record, freeze=FREEZE.step(record.freeze, event).after)


def _signed_bill(event: BillEvent) -> Callable[[Record, _Act], Record]:
    def effect(record: Record, act: _Act) -> Record:
        record = _billed(record, event)
        assert record.bill is not None, "only a bill or a note has an obligor"
        liable = (*record.bill.liable, act.event.actor) if event is BillEvent.AVAL else record.bill.liable
        return replace(record, bill=replace(record.bill, liable=liable))

    return effect


_EFFECTS: dict[str, Callable[[Record, _Act], Record]] = {
    "ACCEPT": _accept,
    "REJECT": _reject,
    "WITHDRAW": _withdraw,
    "SIGN": lambda record, act: record,
    "TRANSFER": _offered(LockEvent.TRANSFER),
    "OFFER_AGAINST": _offered(LockEvent.OFFER_AGAINST),
    "PRESENT_FOR_PAYMENT": _offered(LockEvent.PRESENT_FOR_PAYMENT),
    "FUND": lambda record, act: _locked(record, LockEvent.FUND),
    "UNFUND": lambda record, act: _locked(record, LockEvent.UNFUND),
    "SETTLE": _settle,
    "LAPSE": _lapse,
    "ENDORSE": lambda record, act: _endorsed(record, "ENDORSE", act.body.recipient),
    "ENDORSE_TO_ORDER": lambda record, act: _endorsed(record, "ENDORSE_TO_ORDER", act.body.recipient),
    "BLANK_ENDORSE": lambda record, act: _endorsed(record, "BLANK_ENDORSE", ""),
    "PLEDGE": _pledge,
    "ACCEPT_PLEDGE": _pledged(PledgeEvent.ACCEPT_PLEDGE),
    "DECLINE_PLEDGE": _pledged(PledgeEvent.DECLINE_PLEDGE),
    "WITHDRAW_PLEDGE": _pledged(PledgeEvent.WITHDRAW_PLEDGE),
    "RELEASE": _pledged(PledgeEvent.RELEASE),
    "ENFORCE": _enforce,
    "SURRENDER_FOR_DELIVERY": _surrendered(RecordEvent.SURRENDER_FOR_DELIVERY),
    "SURRENDER_FOR_AMENDMENT": _surrendered(RecordEvent.SURRENDER_FOR_AMENDMENT),
    "SACC": lambda record, act: _ended(record, RecordEvent.SACC),
    "SREJ": _returned,
    "SUPERSEDE": lambda record, act: _ended(record, RecordEvent.SUPERSEDE),
    "FREEZE": _frozen(FreezeEvent.FREEZE),
    "UNFREEZE": _frozen(FreezeEvent.UNFREEZE),
    "ACCEPT_BILL": _signed_bill(BillEvent.ACCEPT_BILL),
    "REFUSE_BILL": _signed_bill(BillEvent.REFUSE_BILL),
    "AVAL": _signed_bill(BillEvent.AVAL),
    "RECOURSE": _signed_bill(BillEvent.RECOURSE),
}

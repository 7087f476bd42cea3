"""Who may do what to a transferable record, and when not: one ladder for each act, in the order in which the no is given.

A rule that starts with T. is the house's (docs/transferable-records.md); ULB is the Geneva uniform law for bills of exchange and promissory notes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from fondaco.core import Reason, Refusal, instant_of
from fondaco.trade.record_content import AT_SIGHT
from fondaco.trade.transferable_record import (
    BILL,
    FREEZE,
    LOCK,
    PLEDGE,
    BillEvent,
    FreezeEvent,
    FreezeState,
    LockEvent,
    PledgeEvent,
    RecordKind,
    RecordState,
    TitleState,
    TransferableRecord,
)

Record = TransferableRecord


class _View(Protocol):
    @property
    def operator(self) -> str: ...
    @property
    def supervisor(self) -> str: ...
    def record(self, instrument: str) -> Record | None: ...


@dataclass(frozen=True, slots=True)
class Ask:
    """A deed that came in its turn. `at` is UTC text with milliseconds; `signers` are the parties whose keys signed."""

    view: _View
    record: Record
    actor: str
    body: Any
    at: str
    signers: frozenset[str]


def _no(reason: Reason, where: str, found: str, article: str) -> Refusal:
    return Refusal(reason, where, found, article)


def frozen(record: Record) -> Refusal:
    """A court's order keeps it where it is."""
    return _no(Reason.OUT_OF_TURN, "freeze", record.freeze.name, "T.5")


def _still(record: Record) -> Refusal | None:
    """What keeps a record where it is: an open offer, a pledge, a court's order."""
    if record.freeze is not FreezeState.FREE:
        return frozen(record)
    if record.locked:
        return _no(Reason.OUT_OF_TURN, "lock", record.lock_id(), "T.3")
    if record.pledged:
        assert record.pledge is not None, "a pledge is open"
        return _no(Reason.OUT_OF_TURN, "pledge", record.pledge.pledgee, "T.4")
    return None


def _in_hand(ask: Ask) -> Refusal | None:
    """The actor controls a record that is alive."""
    if ask.record.state is not RecordState.LIVE:
        return _no(Reason.OUT_OF_TURN, "action", ask.record.state.name, "T.2")
    if ask.actor != ask.record.holder:
        return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "MLETR 11")
    return None


def _movable(ask: Ask) -> Refusal | None:
    return _in_hand(ask) or _still(ask.record)


def _accept(ask: Ask) -> Refusal | None:
    record = ask.record
    if record.state is RecordState.ISSUED:
        return _first_holder(ask) or _unchanged_predecessor(ask)
    fault = _offered_to(ask, LockEvent.ACCEPT)
    if fault is not None:
        return fault
    assert record.lock is not None, "an offer is open"
    if record.freeze is not FreezeState.FREE:
        return frozen(record)
    if ask.at >= record.lock.until:
        return _no(Reason.EXPIRED, "at", f"{ask.at} is not before {record.lock.until}", "T.2")
    return None


def _first_holder(ask: Ask) -> Refusal | None:
    if ask.actor != ask.record.first:
        return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "MLETR 11")
    if ask.record.freeze is not FreezeState.FREE:
        return frozen(ask.record)
    return None


def _unchanged_predecessor(ask: Ask) -> Refusal | None:
    """A record that comes from paper follows one that has ended; a reissued one ends the one before, which must be waiting for it still."""
    if not ask.record.supersedes:
        return None
    old = ask.view.record(ask.record.supersedes)
    assert old is not None, "the issue named a record that is there"
    if old.state is RecordState.SWITCHED_TO_PAPER:
        return None
    if old.state is not RecordState.SURRENDERED_FOR_AMENDMENT or old.surrendered_by != ask.actor:
        # It was given back since, and perhaps surrendered by another who has no part in this reissue.
        return _no(Reason.OUT_OF_TURN, "supersedes", f"{old.instrument} {old.state.name} {old.surrendered_by}", "MLETR 16")
    if old.freeze is not FreezeState.FREE:
        return frozen(old)
    return None


def _offered_to(ask: Ask, event: LockEvent) -> Refusal | None:
    lock = ask.record.lock
    if ask.record.state is not RecordState.LIVE or lock is None or not lock.open:
        return _no(Reason.OUT_OF_TURN, "action", "nothing is offered", "T.2")
    if not LOCK.can(lock.state, event):
        return _no(Reason.OUT_OF_TURN, "lock", f"{lock.state.name} {lock.against}", "T.3")
    if ask.actor != lock.recipient:
        return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "MLETR 11")
    return None


def _reject(ask: Ask) -> Refusal | None:
    # Nothing moves when an offer to a holder is rejected, so a freeze does not keep it open.
    return _first_holder(ask) if ask.record.state is RecordState.ISSUED else _offered_to(ask, LockEvent.REJECT)


def _withdraw(ask: Ask) -> Refusal | None:
    record = ask.record
    if record.state is RecordState.ISSUED:
        if ask.actor != record.issuer:
            return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "MLETR 11")
        return frozen(record) if record.freeze is not FreezeState.FREE else None
    fault = _in_hand(ask)
    if fault is not None:
        return fault
    if record.lock is None or not record.lock.open:
        return _no(Reason.OUT_OF_TURN, "action", "nothing is offered", "T.2")
    if not LOCK.can(record.lock.state, LockEvent.WITHDRAW):
        return _no(Reason.OUT_OF_TURN, "lock", record.lock.state.name, "T.3")
    if record.lock.presentment:
        # The obligor may be paying; a presentment ends in payment or dishonour.
        return _no(Reason.OUT_OF_TURN, "lock", "a presentment", "ULB 38")
    return None


def _offer(ask: Ask) -> Refusal | None:
    record, read = ask.record, ask.body
    fault = _movable(ask)
    if fault is not None:
        return fault
    if read.recipient == record.holder:
        return _no(Reason.OUT_OF_TURN, "body.recipient", read.recipient, "T.2")
    late = _until(ask)
    if late is not None:
        return late
    if read.endorsement and not record.may_endorse():
        return _no(Reason.ROLE_NOT_HELD, "body.endorsement", record.title.name, "MLETR 15")
    if read.endorsement == "BLANK_ENDORSE" and record.title is TitleState.BLANK:
        return _no(Reason.OUT_OF_TURN, "body.endorsement", "it is in blank", "MLETR 15")
    return None


def _until(ask: Ask) -> Refusal | None:
    """An offer ends at an instant that is there and is still to come."""
    try:
        instant_of(ask.body.until)
    except ValueError:
        return _no(Reason.MALFORMED, "body.until", ask.body.until, "T.2")
    return _no(Reason.EXPIRED, "body.until", ask.body.until, "T.2") if ask.at >= ask.body.until else None


def _offer_against(ask: Ask) -> Refusal | None:
    fault = _offer(ask)
    if fault is not None or ask.body.against != "RECORD":
        return fault
    other = ask.view.record(ask.body.reference)
    if other is None or other.ended or other.instrument == ask.record.instrument:
        return _no(Reason.NOT_FOUND, "body.reference", ask.body.reference, "T.3")
    return None


def _present(ask: Ask) -> Refusal | None:
    record = ask.record
    bill = record.bill
    if bill is None:
        return _no(Reason.OUT_OF_TURN, "action", record.kind.name, "ULB 38")
    fault = _movable(ask)
    if fault is not None:
        return fault
    if record.title is not TitleState.BLANK and record.titleholder != ask.actor:
        return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "ULB 16")
    if bill.obligor == ask.actor:
        return _no(Reason.OUT_OF_TURN, "actor", ask.actor, "ULB 38")
    if not BILL.can(bill.state, BillEvent.PRESENT_FOR_PAYMENT):
        return _no(Reason.OUT_OF_TURN, "action", bill.state.name, "ULB 38")
    if bill.due != AT_SIGHT and ask.at[:10] < bill.due:
        return _no(Reason.OUT_OF_TURN, "at", f"{ask.at[:10]} is before {bill.due}", "ULB 38")
    return _until(ask)


def _endorse(ask: Ask) -> Refusal | None:
    fault = _movable(ask)
    if fault is not None:
        return fault
    if not ask.record.may_endorse():
        return _no(Reason.ROLE_NOT_HELD, "actor", f"{ask.record.title.name} {ask.record.titleholder}", "MLETR 15")
    if ask.body.recipient == ask.record.titleholder:
        return _no(Reason.OUT_OF_TURN, "body.recipient", ask.body.recipient, "MLETR 15")
    return None


def _blank_endorse(ask: Ask) -> Refusal | None:
    fault = _movable(ask)
    if fault is not None:
        return fault
    if ask.record.title is TitleState.BLANK or not ask.record.may_endorse():
        return _no(Reason.ROLE_NOT_HELD, "actor", f"{ask.record.title.name} {ask.record.titleholder}", "MLETR 15")
    return None


def _pledge(ask: Ask) -> Refusal | None:
    fault = _movable(ask)
    if fault is not None:
        return fault
    if not ask.record.may_endorse():
        return _no(Reason.ROLE_NOT_HELD, "actor", f"{ask.record.title.name} {ask.record.titleholder}", "T.4")
    if ask.body.pledgee == ask.actor:
        return _no(Reason.OUT_OF_TURN, "body.pledgee", ask.body.pledgee, "T.4")
    try:
        date.fromisoformat(ask.body.due)
    except ValueError:
        return _no(Reason.MALFORMED, "body.due", ask.body.due, "T.4")
    return None


def _of_pledge(event: PledgeEvent) -> Callable[[Ask], Refusal | None]:
    def rule(ask: Ask) -> Refusal | None:
        record, pledge = ask.record, ask.record.pledge
        if record.state is not RecordState.LIVE or pledge is None or not PLEDGE.can(pledge.state, event):
            return _no(Reason.OUT_OF_TURN, "action", pledge.state.name if pledge else "nothing is pledged", "T.4")
        if ask.actor != (record.holder if event is PledgeEvent.WITHDRAW_PLEDGE else pledge.pledgee):
            return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "T.4")
        if record.freeze is not FreezeState.FREE:
            return frozen(record)
        if event is PledgeEvent.ENFORCE and pledge.power != "ENFORCE":
            return _no(Reason.ROLE_NOT_HELD, "pledge", pledge.power, "T.4")
        if event is PledgeEvent.ENFORCE and ask.at[:10] < pledge.due:
            return _no(Reason.OUT_OF_TURN, "at", f"{ask.at[:10]} is before {pledge.due}", "T.4")
        return None

    return rule


def _surrender(ask: Ask) -> Refusal | None:
    record = ask.record
    fault = _movable(ask)
    if fault is not None:
        return fault
    entitled = (record.titleholder, record.first) if record.title is TitleState.STRAIGHT else (record.titleholder,)
    if record.title is not TitleState.BLANK and ask.actor not in entitled:
        return _no(Reason.ROLE_NOT_HELD, "actor", f"{record.title.name} {record.titleholder}", "PINT 3.0")
    return None


def _surrender_for_delivery(ask: Ask) -> Refusal | None:
    if ask.record.kind is not RecordKind.BILL_OF_LADING:
        return _no(Reason.OUT_OF_TURN, "action", ask.record.kind.name, "PINT 3.0")
    return _surrender(ask)


def _surrender_for_amendment(ask: Ask) -> Refusal | None:
    if not ask.body.reasonCode and not ask.body.comments:
        return _no(Reason.ELEMENT_MISSING, "body.reasonCode", "", "PINT 3.0")
    return _surrender(ask)


_SURRENDERED = (RecordState.SURRENDERED_FOR_DELIVERY, RecordState.SURRENDERED_FOR_AMENDMENT, RecordState.SURRENDERED_FOR_PAPER)


def _to_issuer(ask: Ask) -> Refusal | None:
    if ask.record.state not in _SURRENDERED:
        return _no(Reason.OUT_OF_TURN, "action", ask.record.state.name, "PINT 3.0")
    if ask.actor != ask.record.issuer:
        return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "PINT 3.0")
    return frozen(ask.record) if ask.record.freeze is not FreezeState.FREE else None


def _accept_surrender(ask: Ask) -> Refusal | None:
    fault = _to_issuer(ask)
    if fault is not None:
        return fault
    if ask.record.state is RecordState.SURRENDERED_FOR_AMENDMENT:
        # Else nobody would have a record between the end of the one and the beginning of the other.
        return _no(Reason.OUT_OF_TURN, "action", "issue the amended record with `supersedes`", "MLETR 16")
    to_paper = ask.record.state is RecordState.SURRENDERED_FOR_PAPER
    if to_paper != bool(ask.body.paper):
        return _no(Reason.ELEMENT_MISSING, "body.paper", str(len(ask.body.paper)), "MLETR 18")
    if to_paper and not ask.body.statement:
        return _no(Reason.ELEMENT_MISSING, "body.statement", "", "MLETR 18")
    return None


def _freeze(event: FreezeEvent) -> Callable[[Ask], Refusal | None]:
    def rule(ask: Ask) -> Refusal | None:
        if ask.actor != ask.view.operator:
            return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "T.5")
        if ask.view.supervisor not in ask.signers or ask.view.supervisor == ask.view.operator:
            return _no(Reason.ROLE_NOT_HELD, "signatures", f"none by {ask.view.supervisor}", "T.5")
        if not FREEZE.can(ask.record.freeze, event):
            return _no(Reason.OUT_OF_TURN, "freeze", ask.record.freeze.name, "T.5")
        return None

    return rule


def _by_obligor(event: BillEvent) -> Callable[[Ask], Refusal | None]:
    def rule(ask: Ask) -> Refusal | None:
        bill = ask.record.bill
        fault = _billed(ask, event)
        if fault is None and bill is not None and ask.actor != bill.obligor:
            return _no(Reason.ROLE_NOT_HELD, "actor", ask.actor, "ULB 25")
        return fault

    return rule


def _billed(ask: Ask, event: BillEvent) -> Refusal | None:
    record, bill = ask.record, ask.record.bill
    if bill is None or record.state is not RecordState.LIVE or not BILL.can(bill.state, event):
        return _no(Reason.OUT_OF_TURN, "action", bill.state.name if bill else record.kind.name, "ULB 25")
    return frozen(record) if record.freeze is not FreezeState.FREE else None


def _aval(ask: Ask) -> Refusal | None:
    fault = _billed(ask, BillEvent.AVAL)
    if fault is not None:
        return fault
    bill = ask.record.bill
    assert bill is not None, "the ladder above has seen it"
    if ask.actor in (bill.obligor, *bill.liable):
        return _no(Reason.OUT_OF_TURN, "actor", ask.actor, "ULB 31")
    return None


def _recourse(ask: Ask) -> Refusal | None:
    fault = _in_hand(ask) or _billed(ask, BillEvent.RECOURSE)
    if fault is not None:
        return fault
    bill = ask.record.bill
    assert bill is not None, "the ladder above has seen it"
    if ask.body.recipient not in (ask.record.issuer, *bill.liable) or ask.body.recipient == ask.actor:
        return _no(Reason.ROLE_NOT_HELD, "body.recipient", ask.body.recipient, "ULB 43")
    return None


RULES: dict[str, Callable[[Ask], Refusal | None]] = {
    "ACCEPT": _accept,
    "REJECT": _reject,
    "WITHDRAW": _withdraw,
    "SIGN": _in_hand,
    "TRANSFER": _offer,
    "OFFER_AGAINST": _offer_against,
    "PRESENT_FOR_PAYMENT": _present,
    "ENDORSE": _endorse,
    "ENDORSE_TO_ORDER": _endorse,
    "BLANK_ENDORSE": _blank_endorse,
    "PLEDGE": _pledge,
    "ACCEPT_PLEDGE": _of_pledge(PledgeEvent.ACCEPT_PLEDGE),
    "DECLINE_PLEDGE": _of_pledge(PledgeEvent.DECLINE_PLEDGE),
    "WITHDRAW_PLEDGE": _of_pledge(PledgeEvent.WITHDRAW_PLEDGE),
    "RELEASE": _of_pledge(PledgeEvent.RELEASE),
    "ENFORCE": _of_pledge(PledgeEvent.ENFORCE),
    "SURRENDER_FOR_DELIVERY": _surrender_for_delivery,
    "SURRENDER_FOR_AMENDMENT": _surrender_for_amendment,
    "SACC": _accept_surrender,
    "SREJ": _to_issuer,
    "FREEZE": _freeze(FreezeEvent.FREEZE),
    "UNFREEZE": _freeze(FreezeEvent.UNFREEZE),
    "ACCEPT_BILL": _by_obligor(BillEvent.ACCEPT_BILL),
    "REFUSE_BILL": _by_obligor(BillEvent.REFUSE_BILL),
    "AVAL": _aval,
    "RECOURSE": _recourse,
}

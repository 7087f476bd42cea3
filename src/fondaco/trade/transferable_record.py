"""An electronic transferable record: who controls it, whom it names, and what keeps it still. One table for each of its lives.

Control is possession: one party has it from issue to the end (MLETR 11), and it stands on the books as one unit. Title is whom the record names.
A lock, a pledge and a freeze keep a record where it is. A bill of exchange and a promissory note have one life more: what their obligor owes.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import Nothing, Step, Table


class RecordKind(Enum):
    BILL_OF_LADING = "BILL_OF_LADING"
    BILL_OF_EXCHANGE = "BILL_OF_EXCHANGE"
    PROMISSORY_NOTE = "PROMISSORY_NOTE"


class RecordState(Enum):
    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    LIVE = "LIVE"
    SURRENDERED_FOR_DELIVERY = "SURRENDERED_FOR_DELIVERY"
    SURRENDERED_FOR_AMENDMENT = "SURRENDERED_FOR_AMENDMENT"
    SURRENDERED_FOR_PAPER = "SURRENDERED_FOR_PAPER"
    ACCOMPLISHED = "ACCOMPLISHED"
    VOID = "VOID"
    SWITCHED_TO_PAPER = "SWITCHED_TO_PAPER"


class RecordEvent(Enum):
    ISSUE = "ISSUE"
    CONVERT_IN = "CONVERT_IN"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    WITHDRAW = "WITHDRAW"
    SETTLE = "SETTLE"
    ENFORCE = "ENFORCE"
    DISCHARGE = "DISCHARGE"
    SURRENDER_FOR_DELIVERY = "SURRENDER_FOR_DELIVERY"
    SURRENDER_FOR_AMENDMENT = "SURRENDER_FOR_AMENDMENT"
    SURRENDER_FOR_PAPER = "SURRENDER_FOR_PAPER"
    SACC = "SACC"
    SREJ = "SREJ"
    SUPERSEDE = "SUPERSEDE"


class Control(Enum):
    """What happens to the unit of control on the books."""

    CREATED = "CREATED"
    PASSED = "PASSED"
    ENDED = "ENDED"


S, E, C = RecordState, RecordEvent, Control

RECORD = Table(
    "transferable-record",
    start=S.DRAFT,
    ends=(S.ACCOMPLISHED, S.VOID, S.SWITCHED_TO_PAPER),
    rows=(
        # Between issue and the first holder's acceptance the issuer is in control: there is never a record that nobody holds.
        Step(S.DRAFT, E.ISSUE, S.ISSUED, C.CREATED, "", "MLETR 10"),
        Step(S.DRAFT, E.CONVERT_IN, S.ISSUED, C.CREATED, "", "MLETR 17"),
        Step(S.ISSUED, E.ACCEPT, S.LIVE, C.PASSED, "", "MLETR 11"),
        Step(S.ISSUED, E.REJECT, S.VOID, C.ENDED, "", "T.2"),
        Step(S.ISSUED, E.WITHDRAW, S.VOID, C.ENDED, "", "T.2"),
        Step(S.LIVE, E.ACCEPT, S.LIVE, C.PASSED, "", "MLETR 11"),
        Step(S.LIVE, E.SETTLE, S.LIVE, C.PASSED, "", "T.3"),
        Step(S.LIVE, E.ENFORCE, S.LIVE, C.PASSED, "", "T.4"),
        Step(S.LIVE, E.DISCHARGE, S.ACCOMPLISHED, C.ENDED, "", "ULB 39"),
        # Surrender gives the record to its issuer, and its no gives it back: control is never in between.
        Step(S.LIVE, E.SURRENDER_FOR_DELIVERY, S.SURRENDERED_FOR_DELIVERY, C.PASSED, "", "PINT 3.0"),
        Step(S.SURRENDERED_FOR_DELIVERY, E.SACC, S.ACCOMPLISHED, C.ENDED, "", "PINT 3.0"),
        Step(S.SURRENDERED_FOR_DELIVERY, E.SREJ, S.LIVE, C.PASSED, "", "PINT 3.0"),
        # An amended record is a new one. The old one ends when the new one's holder accepts it, not before.
        Step(S.LIVE, E.SURRENDER_FOR_AMENDMENT, S.SURRENDERED_FOR_AMENDMENT, C.PASSED, "", "MLETR 16"),
        Step(S.SURRENDERED_FOR_AMENDMENT, E.SUPERSEDE, S.VOID, C.ENDED, "", "MLETR 16"),
        Step(S.SURRENDERED_FOR_AMENDMENT, E.SREJ, S.LIVE, C.PASSED, "", "MLETR 16"),
        Step(S.LIVE, E.SURRENDER_FOR_PAPER, S.SURRENDERED_FOR_PAPER, C.PASSED, "", "MLETR 18"),
        Step(S.SURRENDERED_FOR_PAPER, E.SACC, S.SWITCHED_TO_PAPER, C.ENDED, "", "MLETR 18"),
        Step(S.SURRENDERED_FOR_PAPER, E.SREJ, S.LIVE, C.PASSED, "", "MLETR 18"),
    ),
)


class TitleState(Enum):
    UNNAMED = "UNNAMED"
    STRAIGHT = "STRAIGHT"
    ORDER = "ORDER"
    NAMED = "NAMED"
    BLANK = "BLANK"
    ENDED = "ENDED"


class TitleEvent(Enum):
    ISSUE_STRAIGHT = "ISSUE_STRAIGHT"
    ISSUE_TO_ORDER = "ISSUE_TO_ORDER"
    ISSUE_IN_BLANK = "ISSUE_IN_BLANK"
    ENDORSE = "ENDORSE"
    ENDORSE_TO_ORDER = "ENDORSE_TO_ORDER"
    BLANK_ENDORSE = "BLANK_ENDORSE"
    ENFORCE = "ENFORCE"
    END = "END"


T, TE, N = TitleState, TitleEvent, Nothing.NOTHING

TITLE = Table(
    "title",
    start=T.UNNAMED,
    ends=(T.ENDED,),
    rows=(
        Step(T.UNNAMED, TE.ISSUE_STRAIGHT, T.STRAIGHT, N, "", "MLETR 15"),
        Step(T.UNNAMED, TE.ISSUE_TO_ORDER, T.ORDER, N, "", "MLETR 15"),
        Step(T.UNNAMED, TE.ISSUE_IN_BLANK, T.BLANK, N, "", "MLETR 15"),
        # A plain ENDORSE ends the right to endorse further (PINT 3.0, action code ENDORSE).
        Step(T.ORDER, TE.ENDORSE, T.NAMED, N, "", "MLETR 15"),
        Step(T.ORDER, TE.ENDORSE_TO_ORDER, T.ORDER, N, "", "MLETR 15"),
        Step(T.ORDER, TE.BLANK_ENDORSE, T.BLANK, N, "", "MLETR 15"),
        Step(T.BLANK, TE.ENDORSE, T.NAMED, N, "", "MLETR 15"),
        Step(T.BLANK, TE.ENDORSE_TO_ORDER, T.ORDER, N, "", "MLETR 15"),
        Step(T.ORDER, TE.ENFORCE, T.ORDER, N, "", "T.4"),
        Step(T.BLANK, TE.ENFORCE, T.ORDER, N, "", "T.4"),
        Step(T.STRAIGHT, TE.END, T.ENDED, N, "", "T.2"),
        Step(T.ORDER, TE.END, T.ENDED, N, "", "T.2"),
        Step(T.NAMED, TE.END, T.ENDED, N, "", "T.2"),
        Step(T.BLANK, TE.END, T.ENDED, N, "", "T.2"),
    ),
)


class LockState(Enum):
    NONE = "NONE"
    OFFERED = "OFFERED"
    OFFERED_AGAINST = "OFFERED_AGAINST"
    FUNDED = "FUNDED"
    SETTLED = "SETTLED"
    LAPSED = "LAPSED"
    WITHDRAWN = "WITHDRAWN"
    REJECTED = "REJECTED"


class LockEvent(Enum):
    TRANSFER = "TRANSFER"
    OFFER_AGAINST = "OFFER_AGAINST"
    PRESENT_FOR_PAYMENT = "PRESENT_FOR_PAYMENT"
    ACCEPT = "ACCEPT"
    REJECT = "REJECT"
    WITHDRAW = "WITHDRAW"
    LAPSE = "LAPSE"
    FUND = "FUND"
    UNFUND = "UNFUND"
    SETTLE = "SETTLE"


L, LE = LockState, LockEvent

LOCK = Table(
    "lock",
    start=L.NONE,
    ends=(L.SETTLED, L.LAPSED, L.WITHDRAWN, L.REJECTED),
    rows=(
        Step(L.NONE, LE.TRANSFER, L.OFFERED, N, "", "T.2"),
        Step(L.NONE, LE.OFFER_AGAINST, L.OFFERED_AGAINST, N, "", "T.3"),
        Step(L.NONE, LE.PRESENT_FOR_PAYMENT, L.OFFERED_AGAINST, N, "", "ULB 38"),
        # A free transfer takes effect with its recipient's word; one against something only with that, in one chain on the books.
        Step(L.OFFERED, LE.ACCEPT, L.SETTLED, N, "", "MLETR 11"),
        Step(L.OFFERED, LE.REJECT, L.REJECTED, N, "", "T.2"),
        Step(L.OFFERED, LE.WITHDRAW, L.WITHDRAWN, N, "", "T.2"),
        Step(L.OFFERED, LE.LAPSE, L.LAPSED, N, "", "T.2"),
        Step(L.OFFERED_AGAINST, LE.FUND, L.FUNDED, N, "", "T.3"),
        Step(L.OFFERED_AGAINST, LE.SETTLE, L.SETTLED, N, "", "T.3"),
        Step(L.OFFERED_AGAINST, LE.REJECT, L.REJECTED, N, "", "T.3"),
        Step(L.OFFERED_AGAINST, LE.WITHDRAW, L.WITHDRAWN, N, "", "T.3"),
        Step(L.OFFERED_AGAINST, LE.LAPSE, L.LAPSED, N, "", "T.3"),
        # Once money is set aside neither the holder nor the clock takes the record away from who pays.
        Step(L.FUNDED, LE.SETTLE, L.SETTLED, N, "", "T.3"),
        Step(L.FUNDED, LE.UNFUND, L.OFFERED_AGAINST, N, "", "T.3"),
    ),
)


class PledgeState(Enum):
    NONE = "NONE"
    PROPOSED = "PROPOSED"
    PLEDGED = "PLEDGED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    RELEASED = "RELEASED"
    ENFORCED = "ENFORCED"


class PledgeEvent(Enum):
    PLEDGE = "PLEDGE"
    ACCEPT_PLEDGE = "ACCEPT_PLEDGE"
    DECLINE_PLEDGE = "DECLINE_PLEDGE"
    WITHDRAW_PLEDGE = "WITHDRAW_PLEDGE"
    RELEASE = "RELEASE"
    ENFORCE = "ENFORCE"


P, PE = PledgeState, PledgeEvent

PLEDGE = Table(
    "pledge",
    start=P.NONE,
    ends=(P.DECLINED, P.WITHDRAWN, P.RELEASED, P.ENFORCED),
    rows=(
        Step(P.NONE, PE.PLEDGE, P.PROPOSED, N, "", "T.4"),
        Step(P.PROPOSED, PE.ACCEPT_PLEDGE, P.PLEDGED, N, "", "T.4"),
        Step(P.PROPOSED, PE.DECLINE_PLEDGE, P.DECLINED, N, "", "T.4"),
        Step(P.PROPOSED, PE.WITHDRAW_PLEDGE, P.WITHDRAWN, N, "", "T.4"),
        Step(P.PLEDGED, PE.RELEASE, P.RELEASED, N, "", "T.4"),
        Step(P.PLEDGED, PE.ENFORCE, P.ENFORCED, N, "", "T.4"),
    ),
)


class FreezeState(Enum):
    FREE = "FREE"
    FROZEN = "FROZEN"
    ENDED = "ENDED"


class FreezeEvent(Enum):
    FREEZE = "FREEZE"
    UNFREEZE = "UNFREEZE"
    END = "END"


F, FE = FreezeState, FreezeEvent

FREEZE = Table(
    "freeze",
    start=F.FREE,
    ends=(F.ENDED,),
    rows=(
        Step(F.FREE, FE.FREEZE, F.FROZEN, N, "", "T.5"),
        Step(F.FROZEN, FE.UNFREEZE, F.FREE, N, "", "T.5"),
        # No row ends a frozen record: first the court's order is lifted.
        Step(F.FREE, FE.END, F.ENDED, N, "", "T.5"),
    ),
)


class BillState(Enum):
    DRAWN = "DRAWN"
    ACCEPTED = "ACCEPTED"
    PRESENTED = "PRESENTED"
    DISHONOURED = "DISHONOURED"
    DISCHARGED = "DISCHARGED"


class BillEvent(Enum):
    MAKE = "MAKE"
    ACCEPT_BILL = "ACCEPT_BILL"
    REFUSE_BILL = "REFUSE_BILL"
    AVAL = "AVAL"
    PRESENT_FOR_PAYMENT = "PRESENT_FOR_PAYMENT"
    DISHONOUR = "DISHONOUR"
    RECOURSE = "RECOURSE"
    DISCHARGE = "DISCHARGE"


B, BE = BillState, BillEvent

BILL = Table(
    "bill",
    start=B.DRAWN,
    ends=(B.DISCHARGED,),
    rows=(
        # A note's maker owes from the beginning as the acceptor of a bill does (ULB 78).
        Step(B.DRAWN, BE.MAKE, B.ACCEPTED, N, "", "ULB 78"),
        Step(B.DRAWN, BE.ACCEPT_BILL, B.ACCEPTED, N, "", "ULB 25"),
        Step(B.DRAWN, BE.REFUSE_BILL, B.DISHONOURED, N, "", "ULB 43"),
        Step(B.DRAWN, BE.AVAL, B.DRAWN, N, "", "ULB 31"),
        Step(B.ACCEPTED, BE.AVAL, B.ACCEPTED, N, "", "ULB 31"),
        # A bill at sight is presented for payment without having been accepted.
        Step(B.DRAWN, BE.PRESENT_FOR_PAYMENT, B.PRESENTED, N, "", "ULB 34"),
        Step(B.ACCEPTED, BE.PRESENT_FOR_PAYMENT, B.PRESENTED, N, "", "ULB 38"),
        Step(B.PRESENTED, BE.DISHONOUR, B.DISHONOURED, N, "", "ULB 43"),
        Step(B.PRESENTED, BE.DISCHARGE, B.DISCHARGED, N, "", "ULB 39"),
        Step(B.DISHONOURED, BE.RECOURSE, B.DISHONOURED, N, "", "ULB 43"),
        # Refused once, it may be honoured still.
        Step(B.DISHONOURED, BE.ACCEPT_BILL, B.ACCEPTED, N, "", "ULB 25"),
        Step(B.DISHONOURED, BE.PRESENT_FOR_PAYMENT, B.PRESENTED, N, "", "ULB 38"),
    ),
)


class Lock(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An offer that waits. `number` is that of the event that made it; `until` the first instant that is too late (UTC text, milliseconds).

    `against` is "" for a free transfer, else PAYMENT, ACCEPTANCE, UNDERTAKING or RECORD, and `reference` says which. `endorsement` is the action
    code of the endorsement that takes effect with it, "" for none. `presentment`: the record ends when it settles, since its obligor pays.
    """

    number: int
    recipient: str
    until: str
    state: LockState
    against: str = ""
    reference: str = ""
    endorsement: str = ""
    presentment: bool = False

    @property
    def open(self) -> bool:
        return self.state not in LOCK.ends


class Pledge(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A security over a record. `due` is the first day (ISO) on which a power to ENFORCE may be used; `secured` is a text such as `EUR 1200.00`."""

    pledgee: str
    secured: str
    power: str
    due: str
    state: PledgeState

    @property
    def open(self) -> bool:
        return self.state not in PLEDGE.ends


class Bill(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What the obligor (drawee of a bill, maker of a note) owes by it. `due` is an ISO date, or AT_SIGHT; `liable` who signed it besides, in order."""

    obligor: str
    due: str
    state: BillState
    liable: tuple[str, ...] = ()


class TransferableRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One record as it stands after `seq` events; `head` is the hash of the last (64 hexadecimal digits).

    `etr` is its id for ever, `instrument` its number in this hub. `holder` controls it ("" when it ended), `titleholder` is whom it names ("" in blank).
    `first` is to whom it was issued. `surrendered_by` is who gets it back if the issuer says no. `supersedes` is the instrument that it takes the place of.
    """

    instrument: str
    etr: str
    kind: RecordKind
    issuer: str
    serial: str
    external: str
    law: str
    first: str
    holder: str
    titleholder: str
    state: RecordState
    title: TitleState
    seq: int
    head: str
    freeze: FreezeState = FreezeState.FREE
    lock: Lock | None = None
    pledge: Pledge | None = None
    bill: Bill | None = None
    surrendered_by: str = ""
    supersedes: str = ""

    @property
    def ended(self) -> bool:
        return self.state in RECORD.ends

    @property
    def locked(self) -> bool:
        return self.lock is not None and self.lock.open

    @property
    def pledged(self) -> bool:
        return self.pledge is not None and self.pledge.open

    def may_endorse(self) -> bool:
        """Holder and title are in one hand: whom it names, or whoever has it where it is in blank."""
        return self.title is TitleState.BLANK or (self.title is TitleState.ORDER and self.titleholder == self.holder)

    def lock_id(self) -> str:
        """What an offer is called outside: `ETR-000001/3`; "" where none is open."""
        return f"{self.instrument}/{self.lock.number}" if self.lock is not None and self.lock.open else ""

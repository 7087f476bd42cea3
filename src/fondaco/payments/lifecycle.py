"""THE RULEBOOK of a payment: every lawful step of its life, and there is no other way to change its state.

`books` ties the life to the ledger: RESERVE books the legs as pending, POST makes them stand, VOID lets them go, UNWIND
takes posted obligations of a net cycle out again before that cycle is decided. `tells` is what the debtor agent hears.
"""

from __future__ import annotations

from enum import Enum

from fondaco.core import Step, Table


class State(Enum):
    # Each member is one of a kind. By their names, as enumerations do it, a look-up is a function in Python.
    __hash__ = object.__hash__

    RECEIVED = "RECEIVED"
    VALIDATED = "VALIDATED"
    SCREENED = "SCREENED"
    HELD = "HELD"
    PRICED = "PRICED"
    QUEUED = "QUEUED"
    RESERVED = "RESERVED"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    SETTLED = "SETTLED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"


class Event(Enum):
    __hash__ = object.__hash__

    ADMITTED = "ADMITTED"
    NOT_ADMITTED = "NOT_ADMITTED"
    CLEARED = "CLEARED"
    HIT_FOUND = "HIT_FOUND"
    SCREENING_UNSURE = "SCREENING_UNSURE"
    HIT_RELEASED = "HIT_RELEASED"
    HIT_CONFIRMED = "HIT_CONFIRMED"
    CASE_EXPIRED = "CASE_EXPIRED"
    HOLD_ESCALATED = "HOLD_ESCALATED"
    HOLD_EXPIRED = "HOLD_EXPIRED"
    RATE_LOCKED = "RATE_LOCKED"
    RATE_REFUSED = "RATE_REFUSED"
    RATE_EXPIRED = "RATE_EXPIRED"
    POSITION_RESERVED = "POSITION_RESERVED"
    CAP_REACHED = "CAP_REACHED"
    BOOKS_REFUSED = "BOOKS_REFUSED"
    OFFER_SENT = "OFFER_SENT"
    CREDITOR_ACCEPTED = "CREDITOR_ACCEPTED"
    CREDITOR_ACCEPTED_GROSS = "CREDITOR_ACCEPTED_GROSS"
    CREDITOR_REFUSED = "CREDITOR_REFUSED"
    ANSWER_TIMED_OUT = "ANSWER_TIMED_OUT"
    LIST_CHANGED = "LIST_CHANGED"
    CYCLE_SETTLED = "CYCLE_SETTLED"
    PAYER_FAILED = "PAYER_FAILED"
    NOT_CARRIED = "NOT_CARRIED"
    REVOKED = "REVOKED"
    DAY_ENDED = "DAY_ENDED"
    PARTICIPANT_STOPPED = "PARTICIPANT_STOPPED"
    INSTRUCTION_EXPIRED = "INSTRUCTION_EXPIRED"
    DELIVERY_BARRED = "DELIVERY_BARRED"


class Books(Enum):
    NOTHING = "NOTHING"
    RESERVE = "RESERVE"
    POST = "POST"
    VOID = "VOID"
    UNWIND = "UNWIND"


S, E, B = State, Event, Books

LIFE = Table(
    "payment",
    start=S.RECEIVED,
    ends=(S.SETTLED, S.REJECTED, S.CANCELLED),
    rows=(
        #    before        on                          after         books      tells   article
        Step(S.RECEIVED, E.ADMITTED, S.VALIDATED, B.NOTHING, "", "3.1"),
        Step(S.RECEIVED, E.NOT_ADMITTED, S.REJECTED, B.NOTHING, "RJCT", "3.2"),
        # Screening stands before price and money. Unsure is a hold, never a pass.
        Step(S.VALIDATED, E.CLEARED, S.SCREENED, B.NOTHING, "", "5.1"),
        Step(S.VALIDATED, E.HIT_FOUND, S.HELD, B.NOTHING, "PDNG", "5.2"),
        Step(S.VALIDATED, E.SCREENING_UNSURE, S.HELD, B.NOTHING, "PDNG", "5.3"),
        Step(S.HELD, E.CLEARED, S.SCREENED, B.NOTHING, "", "5.4"),
        Step(S.HELD, E.HIT_FOUND, S.HELD, B.NOTHING, "", "5.4"),
        Step(S.HELD, E.HIT_RELEASED, S.SCREENED, B.NOTHING, "", "5.5"),
        Step(S.HELD, E.HIT_CONFIRMED, S.REJECTED, B.NOTHING, "RJCT", "5.6"),
        # Nobody decided its hits in time: it ends, and is never released by waiting.
        Step(S.HELD, E.CASE_EXPIRED, S.REJECTED, B.NOTHING, "RJCT", "5.9"),
        # What is held without a case, since nothing could be known of it, has the same clock: officers are told, and it ends.
        Step(S.HELD, E.HOLD_ESCALATED, S.HELD, B.NOTHING, "", "5.8"),
        Step(S.HELD, E.HOLD_EXPIRED, S.REJECTED, B.NOTHING, "RJCT", "5.9"),
        # A list set that changes is met again by every payment that is not final.
        Step(S.SCREENED, E.LIST_CHANGED, S.HELD, B.NOTHING, "", "5.7"),
        Step(S.PRICED, E.LIST_CHANGED, S.HELD, B.NOTHING, "PDNG", "5.7"),
        Step(S.QUEUED, E.LIST_CHANGED, S.HELD, B.NOTHING, "", "5.7"),
        Step(S.RESERVED, E.LIST_CHANGED, S.HELD, B.VOID, "PDNG", "5.7"),
        Step(S.OFFERED, E.LIST_CHANGED, S.HELD, B.VOID, "PDNG", "5.7"),
        Step(S.ACCEPTED, E.LIST_CHANGED, S.HELD, B.UNWIND, "PDNG", "5.7"),
        # Price
        Step(S.SCREENED, E.RATE_LOCKED, S.PRICED, B.NOTHING, "", "6.1"),
        Step(S.SCREENED, E.RATE_REFUSED, S.REJECTED, B.NOTHING, "RJCT", "6.2"),
        Step(S.QUEUED, E.RATE_EXPIRED, S.SCREENED, B.NOTHING, "", "6.3"),
        Step(S.QUEUED, E.RATE_REFUSED, S.REJECTED, B.NOTHING, "RJCT", "6.4"),
        # Money: the cap binds in the ledger, and what it refuses waits
        Step(S.PRICED, E.POSITION_RESERVED, S.RESERVED, B.RESERVE, "", "7.1"),
        Step(S.PRICED, E.CAP_REACHED, S.QUEUED, B.NOTHING, "PDNG", "7.2"),
        Step(S.PRICED, E.BOOKS_REFUSED, S.REJECTED, B.NOTHING, "RJCT", "7.3"),
        Step(S.QUEUED, E.POSITION_RESERVED, S.RESERVED, B.RESERVE, "", "7.1"),
        Step(S.QUEUED, E.REVOKED, S.CANCELLED, B.NOTHING, "CANC", "7.4"),
        Step(S.QUEUED, E.DAY_ENDED, S.REJECTED, B.NOTHING, "RJCT", "7.5"),
        # A member's standing changed while its payment waited.
        Step(S.SCREENED, E.PARTICIPANT_STOPPED, S.REJECTED, B.NOTHING, "RJCT", "2.4"),
        Step(S.QUEUED, E.PARTICIPANT_STOPPED, S.REJECTED, B.NOTHING, "RJCT", "2.4"),
        # Its own expiry passed while it waited for officers, for its day or for money.
        Step(S.SCREENED, E.INSTRUCTION_EXPIRED, S.REJECTED, B.NOTHING, "RJCT", "3.2"),
        Step(S.QUEUED, E.INSTRUCTION_EXPIRED, S.REJECTED, B.NOTHING, "RJCT", "3.2"),
        # The creditor agent's word
        Step(S.RESERVED, E.OFFER_SENT, S.OFFERED, B.NOTHING, "ACTC", "8.1"),
        Step(S.OFFERED, E.CREDITOR_ACCEPTED, S.ACCEPTED, B.POST, "ACSP", "8.2"),
        Step(S.OFFERED, E.CREDITOR_ACCEPTED_GROSS, S.SETTLED, B.POST, "ACSC", "8.3"),
        Step(S.OFFERED, E.CREDITOR_REFUSED, S.REJECTED, B.VOID, "RJCT", "8.4"),
        Step(S.OFFERED, E.ANSWER_TIMED_OUT, S.REJECTED, B.VOID, "RJCT", "8.5"),
        # The record that it pays for may not pass any more: money moves with the title, or not at all.
        Step(S.PRICED, E.DELIVERY_BARRED, S.REJECTED, B.NOTHING, "RJCT", "8.6"),
        Step(S.QUEUED, E.DELIVERY_BARRED, S.REJECTED, B.NOTHING, "RJCT", "8.6"),
        Step(S.OFFERED, E.DELIVERY_BARRED, S.REJECTED, B.VOID, "RJCT", "8.6"),
        # The cycle
        Step(S.ACCEPTED, E.CYCLE_SETTLED, S.SETTLED, B.NOTHING, "ACSC", "9.1"),
        Step(S.ACCEPTED, E.PAYER_FAILED, S.REJECTED, B.UNWIND, "RJCT", "9.2"),
        # It had waited for money, and what was to carry it was refused: it waits again, in its old place.
        Step(S.ACCEPTED, E.NOT_CARRIED, S.QUEUED, B.UNWIND, "PDNG", "7.6"),
    ),
)

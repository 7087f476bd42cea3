"""Drawings or shipments by instalments within given periods (UCP 600 article 32): one that is missed ends the credit for itself and all that follow.

An instalment is shipped where the credit demands a transport document, else it is drawn. What was shipped in its period may still be presented within
the days that the credit gives after shipment; so its clock runs out when nothing of it can be presented any more.
"""

from __future__ import annotations

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.trade import deadline
from fondaco.trade.deadline import BankingPlace
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import FAILED, Presentation, State

ARTICLE = "UCP600.32"
INSTALMENTS_MAX = 60


def terms_fault(terms: Terms) -> Refusal | None:
    """Why instalments cannot be kept: periods out of their order, in one another or after the expiry, or parts that are not allowed."""
    if not terms.instalments:
        return None
    where = "terms.instalments"
    if len(terms.instalments) > INSTALMENTS_MAX:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, where, str(len(terms.instalments)), ARTICLE)
    if terms.partial_shipments == "NOT_ALLOWED":
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "terms.partial_shipments", terms.partial_shipments, ARTICLE)
    before = None
    for number, each in enumerate(terms.instalments, 1):
        if each.first_day > each.last_day or (before is not None and each.first_day <= before) or each.last_day > terms.expiry:
            found = f"{number}: {each.first_day.isoformat()} to {each.last_day.isoformat()}"
            return Refusal(Reason.MALFORMED, where, found, ARTICLE)
        before = each.last_day
    return None


def turn_fault(lc: LetterOfCredit, made: Presentation) -> Refusal | None:
    """Why documents cannot be those of the instalment that they name: there is none such, one before it is not there, or it is there already."""
    count = len(lc.terms.instalments)
    if not count or made.parent:
        return (
            Refusal(Reason.ELEMENT_NOT_ADMITTED, "instalment", str(made.instalment), ARTICLE)
            if made.instalment and not count
            else None
        )
    if not 0 < made.instalment <= count:
        return Refusal(Reason.ELEMENT_MISSING, "instalment", str(made.instalment), ARTICLE)
    absent = [number for number in range(1, made.instalment) if not _shown(lc, number)]
    if absent:
        return Refusal(Reason.OUT_OF_TURN, "instalment", f"{absent[0]} is not there", ARTICLE)
    again = [
        each for each in lc.roots()
        if each.instalment == made.instalment and each.number != made.corrects and lc.chain(each.number)[-1].state not in FAILED
    ]  # fmt: skip
    return (
        Refusal(Reason.OUT_OF_TURN, "instalment", f"{made.instalment} is presentation {again[0].number}", ARTICLE)
        if again
        else None
    )


def period_fault(lc: LetterOfCredit, made: Presentation) -> Refusal | None:
    """Why a complete presentation is not of its instalment's period, by the day of shipment that it states or its own; both days included."""
    if not made.instalment or made.parent:
        return None
    period = lc.terms.instalments[made.instalment - 1]
    where, day = ("shipped_on", made.shipped_on) if ships(lc.terms) else ("presented_on", made.presented_on)
    if not day:
        return Refusal(Reason.ELEMENT_MISSING, where, "", ARTICLE)
    # Shipment is never late by a holiday (29(c)); a day for presentation moves as every other does, to the day of the clock.
    last = period.last_day.isoformat() if ships(lc.terms) else _clock(lc, made.instalment).due_on
    if period.first_day.isoformat() <= day <= last:
        return None
    return Refusal(Reason.EXPIRED, where, f"{day}, and instalment {made.instalment} ends on {last}", ARTICLE)


def missed(lc: LetterOfCredit) -> int:
    """The instalment whose time ran out without documents, 0 for none: the credit is available no more."""
    found = [d for d in lc.deadlines if d.rule == deadline.INSTALMENT.name and d.state is deadline.State.MISSED]
    return int(found[0].id.split("/")[1].removeprefix("I")) if found else 0


def clocks_set(lc: LetterOfCredit, place: BankingPlace) -> LetterOfCredit | Refusal:
    """A clock for each instalment, once, when the credit binds its bank."""
    for number, each in enumerate(lc.terms.instalments, 1):
        identity = clock_id(lc, number)
        if any(d.id == identity for d in lc.deadlines):
            continue
        days = (
            deadline.PRESENT_AFTER_SHIPMENT.days if lc.terms.presentation_days is None else lc.terms.presentation_days
        ) * ships(lc.terms)
        clock = deadline.begin(identity, deadline.INSTALMENT, lc.beneficiary, each.last_day, place, days)
        if isinstance(clock, Refusal):
            return clock
        lc = msgspec.structs.replace(lc, deadlines=(*lc.deadlines, clock))
    return lc


def met(lc: LetterOfCredit, number: int) -> LetterOfCredit:
    """The documents of an instalment are there."""
    ended = deadline.ended(lc.deadlines, deadline.Event.ACT_DONE, deadline.INSTALMENT.name, under=clock_id(lc, number))
    return msgspec.structs.replace(lc, deadlines=ended) if number else lc


def clock_id(lc: LetterOfCredit, number: int) -> str:
    return f"{lc.id}/I{number}/{deadline.INSTALMENT.name}"


def ships(terms: Terms) -> bool:
    """Whether instalments are shipped: the credit demands a document of transport."""
    return any(each.kind == "TRANSPORT" for each in terms.documents)


def _shown(lc: LetterOfCredit, number: int) -> bool:
    """Whether documents of the instalment came in its time, whatever a bank found in them."""
    return any(each.instalment == number and each.state not in (State.INCOMPLETE, State.LAPSED) for each in lc.roots())


def _clock(lc: LetterOfCredit, number: int) -> deadline.Deadline:
    return next(each for each in lc.deadlines if each.id == clock_id(lc, number))

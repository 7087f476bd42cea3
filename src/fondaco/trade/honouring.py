"""What banks do with documents that bind them: pay, undertake to pay, negotiate, forward, release (UCP 600 articles 7, 8, 12 and 15)."""

from __future__ import annotations

from datetime import date

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.trade import deadline, notices, particulars, reimbursement, undertaking
from fondaco.trade.availability import candidates, tenor_of
from fondaco.trade.consequences import clocks_ended, undertaking_clock, with_clock
from fondaco.trade.credit_deeds import (
    Acts,
    Change,
    Doing,
    Forward,
    OfPresentation,
    OfUndertaking,
    Paid,
    PassOn,
    Undertake,
    role_fault,
)
from fondaco.trade.date_words import FIXED, maturity
from fondaco.trade.examination.terms import Terms
from fondaco.trade.examination.words import Tenor
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import Event, Presentation, State
from fondaco.trade.presenting import examined, notice_met, received, row
from fondaco.trade.undertaking import UNDERTAKING, Undertaking


def undertaken(lc: LetterOfCredit, body: Undertake, doing: Doing) -> Change | Refusal:
    """Honour by a promise: the bank undertakes a deferred payment, or accepts the draft (2, "honour" (b) and (c))."""
    found = examined(lc, body.presentation, Event.UNDERTAKEN, doing)
    if isinstance(found, Refusal):
        return found
    tenor = tenor_of(_terms(lc, found))
    if tenor is None:
        return Refusal(Reason.OUT_OF_TURN, "terms.available_by", lc.terms.available_by, "UCP600.6b")
    place = deadline.place_of(doing.places, found.bank, "bank")
    if isinstance(place, Refusal):
        return place
    falls_due = _falls_due(lc, found, tenor, body.counted_from, place, doing)
    if isinstance(falls_due, Refusal):
        return falls_due
    number = len(lc.undertakings) + 1
    clock = deadline.begin(undertaking_clock(lc, number), deadline.PAY_AT_MATURITY, found.bank, falls_due, place)
    if isinstance(clock, Refusal):
        return clock
    due = date.fromisoformat(clock.due_on)
    opens = int(place.calendar.opening(due))
    made = Undertaking(number, found.number, found.bank, found.presenter, found.minor, clock.due_on, opens)
    after = with_clock(honoured(lc, found, Event.UNDERTAKEN).with_undertaking(made), clock)
    fields = {"20": lc.id, "21": lc.id, "32A": notices.six(due) + notices.amount(found.minor, lc.currency)}
    return after, (notices.mt("754", found.presenter, fields),)


def covered(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    """The issuing bank takes up documents for which a reimbursing bank has paid already (13(b))."""
    found = examined(lc, body.presentation, Event.COVERED, doing)
    if isinstance(found, Refusal):
        return found
    if not any(each.state is reimbursement.State.PAID for each in _claims(lc, found)):
        return Refusal(Reason.OUT_OF_TURN, "claim", "", "UCP600.13b")
    return honoured(lc, found, Event.COVERED), ()


def forwarded(lc: LetterOfCredit, body: Forward, doing: Doing) -> Change | Refusal:
    """Documents go to the next bank, which examines them on its own. One that is bound to honour does so first."""
    found = examined(lc, body.presentation, Event.FORWARDED, doing)
    if isinstance(found, Refusal):
        return found
    if found.bank == lc.issuing_bank:
        return Refusal(Reason.ROLE_NOT_HELD, "actor", found.bank, "UCP600.7c")
    if lc.engaged(found.bank) and not found.honoured:
        return Refusal(Reason.OUT_OF_TURN, "presentation", found.state.value, "UCP600.8a")
    if body.to == found.bank or not lc.engaged(body.to):
        return Refusal(Reason.ROLE_NOT_HELD, "to", body.to, "UCP600.7c")
    child = Presentation(
        number=len(lc.presentations) + 1,
        root=found.root,
        bank=body.to,
        presenter=found.bank,
        minor=found.minor,
        parent=found.number,
        shipped_on=found.shipped_on,
        records=found.records,
        documents=found.documents,
        extended=found.extended,
    )
    sent = notice_met(lc, found.number).with_presentation(found.after(Event.FORWARDED))
    taken = received(sent, child, doing, complete=True)
    if isinstance(taken, Refusal):
        return taken
    # The covering schedule says so where the time was extended (29(b)).
    fields = {"20": lc.id, "21": lc.id, "32A": dated(lc, found), "72Z": "PRESENTED UNDER ARTICLE 29(A)" if found.extended else ""}
    after, told = taken
    return after, (*told, notices.mt("754", body.to, fields)) if found.honoured else told


def released(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    """The issuing bank hands documents and records to the applicant: it was reimbursed, or trusts that it will be."""
    found = examined(lc, body.presentation, Event.RELEASED, doing)
    if isinstance(found, Refusal):
        return found
    if found.bank != lc.issuing_bank:
        return Refusal(Reason.ROLE_NOT_HELD, "actor", found.bank, "UCP600.7c")
    told = notices.notice(lc.applicant, lc.id, "RELEASED", presentation=str(found.number))
    return lc.with_presentation(found.after(Event.RELEASED)), (told,)


def paid_at_sight(lc: LetterOfCredit, body: Paid, minor: int) -> Change | Refusal:
    """The settled payment of a bank for documents that bind it: never for more or less than was drawn, never a second time."""
    found = row(lc, body.presentation, Event.PAID)
    if isinstance(found, Refusal):
        return found
    fault = sight_fault(lc, found)
    if fault is not None:
        return fault
    if minor != found.minor:
        return Refusal(Reason.AMOUNT_DIFFERS, "amount", body.amount, "UCP600.15")
    told = notices.mt(
        "754", found.presenter, {"20": lc.id, "21": lc.id, "32A": dated(lc, found), "72Z": notices.lines(body.batch)}
    )
    return honoured(lc, found, Event.PAID), (told,)


def sight_fault(lc: LetterOfCredit, found: Presentation) -> Refusal | None:
    """Why documents may not be paid for now: their honour is an undertaking, or a reimbursing bank pays for them."""
    if tenor_of(_terms(lc, found)) is not None:
        return Refusal(Reason.OUT_OF_TURN, "terms.available_by", lc.terms.available_by, "UCP600.6b")
    if any(each.state in reimbursement.COVERS for each in _claims(lc, found)):
        return Refusal(Reason.OUT_OF_TURN, "claim", "", "UCP600.13b")
    return None


def paid_at_maturity(lc: LetterOfCredit, body: Paid, minor: int, doing: Doing) -> Change | Refusal:
    found = promised(lc, body.undertaking, undertaking.Event.PAID)
    if isinstance(found, Refusal):
        return found
    if minor != found.minor:
        return Refusal(Reason.AMOUNT_DIFFERS, "amount", body.amount, "UCP600.7c")
    after = clocks_ended(lc, deadline.Event.ACT_DONE, undertaking_clock(lc, found.number))
    money = notices.amount(minor, lc.currency)
    fields = {
        "20": lc.id,
        "21": lc.id,
        "32B": money,
        "33A": notices.six(notices.day_of(doing.at)) + money,
        "72Z": notices.lines(body.batch),
    }
    return after.with_undertaking(found.after(undertaking.Event.PAID)), (notices.mt("756", found.creditor, fields),)


def assigned(lc: LetterOfCredit, body: PassOn, doing: Doing) -> Change | Refusal:
    """The proceeds of an undertaking are assigned (39)."""
    return _passed_on(lc, body, doing, undertaking.Event.ASSIGNED)


def discounted(lc: LetterOfCredit, body: PassOn, doing: Doing) -> Change | Refusal:
    """Somebody bought what the bank owes; the price moves on the buyer's own books (12(b))."""
    return _passed_on(lc, body, doing, undertaking.Event.DISCOUNTED)


def written_off(lc: LetterOfCredit, body: OfUndertaking, doing: Doing) -> Change | Refusal:
    found = promised(lc, body.undertaking, undertaking.Event.WRITTEN_OFF)
    if isinstance(found, Refusal):
        return found
    fault = role_fault(doing, "UCP600.7c", found.creditor)
    return fault or (lc.with_undertaking(found.after(undertaking.Event.WRITTEN_OFF)), ())


def _passed_on(lc: LetterOfCredit, body: PassOn, doing: Doing, event: undertaking.Event) -> Change | Refusal:
    found = promised(lc, body.undertaking, event)
    if isinstance(found, Refusal):
        return found
    fault = role_fault(doing, "UCP600.39", found.creditor) or particulars.party_fault(body.to, "to", "UCP600.39")
    if fault is not None:
        return fault
    if body.to in (found.bank, found.creditor):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "to", body.to, "UCP600.39")
    after = msgspec.structs.replace(found.after(event), creditor=body.to)
    return lc.with_undertaking(after), (notices.notice(found.bank, lc.id, event.value, to=body.to),)


def honoured(lc: LetterOfCredit, found: Presentation, event: Event) -> LetterOfCredit:
    """The presentation honoured by its bank; there is nothing left to refuse."""
    after = msgspec.structs.replace(found.after(event), honoured=True)
    return notice_met(lc, found.number).with_presentation(after)


def _falls_due(
    lc: LetterOfCredit, found: Presentation, tenor: Tenor, counted_from: str, place: deadline.BankingPlace, doing: Doing
) -> date | Refusal:
    """The day that an undertaking matures. A bank reimburses what the bank before it owes on the same day (7(c))."""
    before = [each for each in lc.undertakings if each.presentation == found.parent]
    if before:
        return date.fromisoformat(before[0].matures_on)
    start: date | Refusal | str = counted_from
    if tenor.event == "AFTER_SHIPMENT":
        start = found.shipped_on
    elif tenor.event in ("AFTER_SIGHT", FIXED):
        # Sight of documents that comply is their presentation; of those that do not, the day on which the bank took them up all the same.
        waived = found.state is State.WAIVED
        start = deadline.counted_on(place, doing.at, "at") if waived else date.fromisoformat(found.presented_on)
    if isinstance(start, str):
        start = particulars.day(start, "counted_from", "UCP600.3")
    return start if isinstance(start, Refusal) else maturity(tenor, start)


def _terms(lc: LetterOfCredit, found: Presentation) -> Terms:
    """What is in force for the bank: the amendments that documents complied with count as accepted since."""
    return candidates(lc, found.bank)[0]


def _claims(lc: LetterOfCredit, found: Presentation) -> list[reimbursement.Claim]:
    """The claims that the banks before made on a reimbursing bank for the same documents."""
    return [each for each in lc.claims if each.presentation and each.presentation == found.parent]


def dated(lc: LetterOfCredit, found: Presentation) -> str:
    """Day of presentation and amount, as field 32A has them."""
    return notices.six(date.fromisoformat(found.presented_on)) + notices.amount(found.minor, lc.currency)


def promised(lc: LetterOfCredit, number: int, event: undertaking.Event) -> Undertaking | Refusal:
    """The undertaking, where the table has a row for `event` in its state."""
    if not 0 < number <= len(lc.undertakings):
        return Refusal(Reason.NOT_FOUND, "undertaking", str(number), "UCP600.7c")
    found = lc.undertakings[number - 1]
    if not UNDERTAKING.can(found.state, event):
        return Refusal(Reason.OUT_OF_TURN, "undertaking", found.state.value, "UCP600.7c")
    return found


ACTS: Acts = {
    "UNDERTAKEN": (Undertake, undertaken),
    "COVERED": (OfPresentation, covered),
    "FORWARDED": (Forward, forwarded),
    "RELEASED": (OfPresentation, released),
    "ASSIGNED": (PassOn, assigned),
    "DISCOUNTED": (PassOn, discounted),
    "WRITTEN_OFF": (OfUndertaking, written_off),
}

"""The deeds of amendments (UCP 600 article 10): the issuing bank is bound on issue, the beneficiary when it accepts, nobody by silence."""

from __future__ import annotations

import msgspec

from fondaco.core import MINOR_MAX, Reason, Refusal
from fondaco.trade import credit_notices, notices, particulars, second_beneficiary
from fondaco.trade.amendment import AMENDMENT, Amendment, Event, State, amended
from fondaco.trade.availability import available, open_presentations, reserved, tenor_of
from fondaco.trade.consequences import ended
from fondaco.trade.credit_deeds import AcceptAmendment, Acts, Amend, AmendmentNumber, Change, Doing, Extend, role_fault
from fondaco.trade.date_words import tenor_fault
from fondaco.trade.deed import Tell
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import ENGAGED, LetterOfCredit
from fondaco.trade.letter_of_credit import Event as CreditEvent
from fondaco.trade.letter_of_credit import State as CreditState
from fondaco.trade.transfer import State as TransferState
from fondaco.trade.transferred_terms import to_be_advised

AMENDMENTS_MAX = 99
PERCENT_MAX = 100


def terms_fault(terms: Terms, article: str) -> Refusal | None:
    """What no books could hold: an amount of nothing or of more than the counters, a tolerance beyond the amount itself, a maturity that never comes."""
    for where, percent in (("terms.plus", terms.plus), ("terms.minus", terms.minus)):
        if percent is not None and not 0 <= percent <= PERCENT_MAX:
            return Refusal(Reason.MALFORMED, where, str(percent), article)
    try:
        amount = terms.amount_minor()
    except ValueError as broken:
        return Refusal(Reason.MALFORMED, "terms.amount", str(broken), article)
    if amount <= 0:
        return Refusal(Reason.AMOUNT_NOT_POSITIVE, "terms.amount", str(terms.amount), article)
    if terms.available_by in ("DEFERRED_PAYMENT", "ACCEPTANCE"):
        tenor = tenor_of(terms)
        where = "terms.deferred" if terms.available_by == "DEFERRED_PAYMENT" else "terms.draft"
        if tenor is None:
            return Refusal(Reason.ELEMENT_MISSING, where, "", "UCP600.6b")
        if tenor_fault(tenor):
            return Refusal(Reason.MALFORMED, where, tenor_fault(tenor), "UCP600.3")
    # Twice the amount is the most that a tolerance can make of it.
    return Refusal(Reason.MALFORMED, "terms.amount", str(terms.amount), article) if 2 * amount > MINOR_MAX else None


def drafted(lc: LetterOfCredit, body: Amend, doing: Doing) -> Change | Refusal:
    """The applicant asks its bank for an amendment."""
    fault = role_fault(doing, "UCP600.10a", lc.applicant) or _unissued(lc)
    made = fault or _made(lc, body)
    if isinstance(made, Refusal):
        return made
    return lc.with_amendment(made), (notices.notice(lc.issuing_bank, lc.id, "AMENDMENT_DRAFTED", number=str(made.number)),)


def issued(lc: LetterOfCredit, body: Amend, doing: Doing) -> Change | Refusal:
    fault = role_fault(doing, "UCP600.10b", lc.issuing_bank) or _unissued(lc)
    if fault is not None:
        return fault
    found = _row(lc, body.number, Event.ISSUED) if body.number else _made(lc, body)
    if isinstance(found, Refusal):
        return found
    fault = _unfit(lc, found)
    if fault is not None:
        return fault
    after = found.after(Event.ISSUED)
    return lc.with_amendment(after), (credit_notices.amended(lc, after, doing.at),)


def withdrawn(lc: LetterOfCredit, body: AmendmentNumber, doing: Doing) -> Change | Refusal:
    fault = role_fault(doing, "UCP600.10a", lc.applicant, lc.issuing_bank)
    found = fault or _row(lc, body.number, Event.WITHDRAWN)
    if isinstance(found, Refusal):
        return found
    return lc.with_amendment(found.after(Event.WITHDRAWN)), ()


def advised(lc: LetterOfCredit, body: AmendmentNumber, doing: Doing) -> Change | Refusal:
    fault = role_fault(doing, "UCP600.10d", lc.advising_bank)
    found = fault or _row(lc, body.number, Event.ADVISED)
    if isinstance(found, Refusal):
        return found
    told = notices.notice(lc.beneficiary, lc.id, "AMENDMENT_ADVISED", number=str(found.number), changes=found.changes.decode())
    # The transferring bank hears for which parts it has to pass the amendment on (38(e)).
    parts = [str(each.number) for each in to_be_advised(lc, found) if each.state is TransferState.IN_FORCE]
    bank = second_beneficiary.transferring_bank(lc)
    more = (notices.notice(bank, lc.id, "AMENDMENT_FOR_TRANSFERS", number=str(found.number), transfers=" ".join(parts)),)
    return lc.with_amendment(found.after(Event.ADVISED)), (told, *(more if parts else ()))


def extended(lc: LetterOfCredit, body: Extend, doing: Doing) -> Change | Refusal:
    """The confirming bank is bound to an amendment from the moment it extends its confirmation to it."""
    fault = role_fault(doing, "UCP600.10b", lc.confirming_bank) if lc.confirming_bank else _no_confirmation()
    fault = fault or _unissued(lc)
    if fault is not None:
        return fault
    found = _numbered(lc, body.number)
    if isinstance(found, Refusal):
        return found
    if found.state in (State.DRAFT, State.REJECTED, State.WITHDRAWN, State.LAPSED) or found.extended is not None:
        return Refusal(Reason.OUT_OF_TURN, "extends", found.state.value, "UCP600.10b")
    after = msgspec.structs.replace(found, extended=body.extends)
    words = "EXTENDED" if body.extends else "NOT_EXTENDED"
    told = tuple(notices.notice(who, lc.id, words, number=str(found.number)) for who in (lc.issuing_bank, lc.beneficiary))
    return lc.with_amendment(after), told


def accepted(lc: LetterOfCredit, body: AcceptAmendment, doing: Doing) -> Change | Refusal:
    fault = role_fault(doing, "UCP600.10c", lc.beneficiary)
    found = fault or _row(lc, body.number, Event.ACCEPTED)
    if isinstance(found, Refusal):
        return found
    if body.only:
        return _rejected(lc, found, doing, "ACCEPTED IN PART ONLY")
    if found.cancels:
        return _cancelled(lc, found, doing)
    after = lc.with_amendment(found.after(Event.ACCEPTED))
    fault = over_drawn(after)
    if fault is not None:
        return fault
    return after, (_acknowledged(lc, found, doing, "ACCEPTED"),)


def rejected(lc: LetterOfCredit, body: AmendmentNumber, doing: Doing) -> Change | Refusal:
    fault = role_fault(doing, "UCP600.10c", lc.beneficiary)
    found = fault or _row(lc, body.number, Event.REJECTED)
    return found if isinstance(found, Refusal) else _rejected(lc, found, doing, "REJECTED")


def presented_under(lc: LetterOfCredit, numbers: tuple[int, ...]) -> LetterOfCredit | Refusal:
    """Documents that comply with pending amendments accept them (10(c))."""
    if particulars.repeated(tuple(str(each) for each in numbers)):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "under", str(numbers), "UCP600.10c")
    for number in numbers:
        found = _row(lc, number, Event.PRESENTED_UNDER)
        if isinstance(found, Refusal):
            return found
        if found.cancels:
            return Refusal(Reason.ELEMENT_NOT_ADMITTED, "under", str(number), "UCP600.10c")
        lc = lc.with_amendment(found.after(Event.PRESENTED_UNDER))
    return over_drawn(lc) or lc


def over_drawn(lc: LetterOfCredit) -> Refusal | None:
    """A decrease below what is drawn or transferred already agrees to nothing that could be kept."""
    left = available(lc, lc.issuing_bank) - reserved(lc)
    return Refusal(Reason.ABOVE_AVAILABLE, "amount", notices.amount(-left, lc.currency), "UCP600.10a") if left < 0 else None


def _rejected(lc: LetterOfCredit, found: Amendment, doing: Doing, words: str) -> Change | Refusal:
    """Who has drawn under an amendment cannot reject it any more."""
    after = lc.with_amendment(found.after(Event.REJECTED))
    return over_drawn(after) or (after, (_acknowledged(lc, found, doing, words),))


def _cancelled(lc: LetterOfCredit, found: Amendment, doing: Doing) -> Change | Refusal:
    """A credit ends before its time only if the issuing bank, the confirming bank and the beneficiary agree (10(a))."""
    if lc.confirming_bank and lc.confirming_bank != lc.issuing_bank and not found.extended:
        return Refusal(Reason.OUT_OF_TURN, "extends", lc.confirming_bank, "UCP600.10a")
    undecided = [each for each in open_presentations(lc) if not each.honoured]
    if undecided:
        return Refusal(Reason.OUT_OF_TURN, "presentation", str(undecided[0].number), "UCP600.10a")
    after = ended(lc.with_amendment(found.after(Event.ACCEPTED)), CreditEvent.CANCELLED)
    return after, (_acknowledged(lc, found, doing, "CANCELLED"),)


def _acknowledged(lc: LetterOfCredit, found: Amendment, doing: Doing, words: str) -> Tell:
    return credit_notices.acknowledged(lc, doing.at, f"AMENDMENT {found.number} {words}")


def _made(lc: LetterOfCredit, body: Amend) -> Amendment | Refusal:
    if len(lc.amendments) >= AMENDMENTS_MAX:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "number", str(len(lc.amendments)), "UCP600.10")
    if body.number:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "number", str(body.number), "UCP600.10")
    if body.increase and body.decrease:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "decrease", body.decrease, "UCP600.10")
    by: int | Refusal = 0
    if body.increase:
        by = particulars.minor(body.increase, lc.currency, "increase", "UCP600.10")
    elif body.decrease:
        by = particulars.minor(body.decrease, lc.currency, "decrease", "UCP600.10")
    if isinstance(by, Refusal):
        return by
    changes = bytes(body.changes)
    try:
        named = msgspec.json.decode(changes, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as broken:
        return Refusal(Reason.MALFORMED, "changes", str(broken), "UCP600.10")
    if body.cancel == bool(named or by):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED if body.cancel else Reason.ELEMENT_MISSING, "changes", "", "UCP600.10")
    made = Amendment(len(lc.amendments) + 1, changes=changes, by_minor=-by if body.decrease else by, cancels=body.cancel)
    return _unfit(lc, made) or made


def _unfit(lc: LetterOfCredit, made: Amendment) -> Refusal | None:
    """Whatever of the pending amendments is accepted with this one, terms must come of it that books can hold."""
    agreed = [each for each in lc.amendments if each.state in (State.ACCEPTED, State.DEEMED_ACCEPTED)]
    pending = [each for each in lc.pending if not each.cancels]
    only_down = [each for each in pending if each.by_minor < 0]
    only_up = [each for each in pending if each.by_minor > 0]
    for together in ([], only_down, only_up, pending):
        found = amended(lc.terms, [*agreed, *together, made], lc.exponent)
        fault = found if isinstance(found, Refusal) else terms_fault(found, "UCP600.10")
        if fault is not None:
            return fault
    return None


def _unissued(lc: LetterOfCredit) -> Refusal | None:
    """Only a credit that binds somebody, and has not run out, can be amended."""
    if lc.issue.state in (*ENGAGED, CreditState.EXHAUSTED):
        return None
    return Refusal(Reason.OUT_OF_TURN, "state", lc.issue.state.value, "UCP600.10a")


def _numbered(lc: LetterOfCredit, number: int) -> Amendment | Refusal:
    if 0 < number <= len(lc.amendments):
        return lc.amendments[number - 1]
    return Refusal(Reason.NOT_FOUND, "number", str(number), "UCP600.10")


def _row(lc: LetterOfCredit, number: int, event: Event) -> Amendment | Refusal:
    found = _numbered(lc, number)
    if isinstance(found, Refusal) or AMENDMENT.can(found.state, event):
        return found
    article = next(row.article for row in AMENDMENT.rows if row.on is event)
    return Refusal(Reason.OUT_OF_TURN, "number", found.state.value, article)


def _no_confirmation() -> Refusal:
    return Refusal(Reason.OUT_OF_TURN, "confirmation", "", "UCP600.10b")


ACTS: Acts = {
    "AMENDMENT_DRAFTED": (Amend, drafted),
    "AMENDMENT_ISSUED": (Amend, issued),
    "AMENDMENT_WITHDRAWN": (AmendmentNumber, withdrawn),
    "AMENDMENT_ADVISED": (AmendmentNumber, advised),
    "AMENDMENT_EXTENDED": (Extend, extended),
    "AMENDMENT_ACCEPTED": (AcceptAmendment, accepted),
    "AMENDMENT_REJECTED": (AmendmentNumber, rejected),
}

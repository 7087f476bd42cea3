"""The deeds of reimbursement (UCP 600 article 13, URR 725): a bank that honoured claims on the bank that the issuing bank named."""

from __future__ import annotations

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.trade import deadline, notices, reimbursement
from fondaco.trade.consequences import clocks_ended, paid_in_vain, reimbursement_clock, with_clock
from fondaco.trade.credit_deeds import Acts, Change, Doing, OfClaim, OfPresentation, Paid, Words, role_fault
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.reimbursement import OPEN, REIMBURSEMENT, Claim, Event

ARTICLE = "URR725.10"


def authorised(lc: LetterOfCredit, minor: int) -> LetterOfCredit:
    """The issuing bank's authority, given with the issue of the credit, for all that may be drawn then."""
    return lc.with_claim(Claim(len(lc.claims) + 1, minor)) if lc.reimbursing_bank else lc


def promised(lc: LetterOfCredit, body: Words, doing: Doing) -> Change | Refusal:
    """The reimbursing bank undertakes irrevocably to honour claims within the authority."""
    fault = _role(lc, doing, "URR725.9")
    found = fault or _authority(lc, "URR725.9")
    if isinstance(found, Refusal):
        return found
    if not REIMBURSEMENT.can(found.state, Event.UNDERTAKEN):
        return Refusal(Reason.OUT_OF_TURN, "claim", found.state.value, "URR725.9")
    after = msgspec.structs.replace(found.after(Event.UNDERTAKEN), irrevocable=True)
    return lc.with_claim(after), (notices.notice(lc.issuing_bank, lc.id, "REIMBURSEMENT_UNDERTAKEN"),)


def claimed(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    """A claim for what a bank has honoured: at sight at once, a maturity from the day on which it is due."""
    found = lc.presentation(body.presentation)
    if found is None:
        return Refusal(Reason.NOT_FOUND, "presentation", str(body.presentation), ARTICLE)
    fault = role_fault(doing, ARTICLE, found.bank)
    authority = fault or _authority(lc, ARTICLE)
    if isinstance(authority, Refusal):
        return authority
    if found.bank == lc.issuing_bank or not found.honoured:
        return Refusal(Reason.OUT_OF_TURN, "presentation", found.state.value, "UCP600.13b")
    if any(each.presentation == found.number and each.state in _LIVE for each in lc.claims):
        return Refusal(Reason.OUT_OF_TURN, "claim", str(found.number), ARTICLE)
    if any(each.parent == found.number and each.honoured for each in lc.presentations):
        return Refusal(Reason.OUT_OF_TURN, "presentation", "the issuing bank has honoured", ARTICLE)
    if any(each.presentation == found.number and int(doing.at) < each.matures_at for each in lc.undertakings):
        return Refusal(Reason.OUT_OF_TURN, "undertaking", "not yet due", "URR725.11")
    if found.minor > authority.minor:
        return Refusal(Reason.ABOVE_AVAILABLE, "amount", notices.amount(found.minor, lc.currency), ARTICLE)
    place = deadline.place_of(doing.places, lc.reimbursing_bank, "reimbursing_bank")
    if isinstance(place, Refusal):
        return place
    today = deadline.counted_on(place, doing.at, "at")
    if isinstance(today, Refusal):
        return today
    clock = deadline.begin(reimbursement_clock(lc, authority.number), deadline.REIMBURSE, lc.reimbursing_bank, today, place)
    if isinstance(clock, Refusal):
        return clock
    made = msgspec.structs.replace(
        authority.after(Event.CLAIMED), minor=found.minor, presentation=found.number, claimant=found.bank
    )
    after = with_clock(_left(lc.with_claim(made), authority, authority.minor - found.minor), clock)
    money = notices.amount(found.minor, lc.currency)
    fields = {"20": lc.id, "21": lc.id, "31C": notices.six(lc.terms.issued), "52A": lc.issuing_bank, "32B": money, "34B": money}
    return after, (notices.mt("742", lc.reimbursing_bank, fields),)


def refused(lc: LetterOfCredit, body: OfClaim, doing: Doing) -> Change | Refusal:
    """A claim that does not conform is refused; the authority stands again for what it asked."""
    fault = _role(lc, doing, "URR725.11")
    found = fault or _claim(lc, body.claim, Event.REFUSED)
    if isinstance(found, Refusal):
        return found
    after = clocks_ended(
        lc.with_claim(found.after(Event.REFUSED)), deadline.Event.ACT_DONE, reimbursement_clock(lc, found.number)
    )
    fields = {"20": lc.id, "21": lc.id, "32B": notices.amount(found.minor, lc.currency), "73R": body.text}
    return _left(after, found, found.minor), (notices.mt("744", found.claimant, fields),)


def withdrawn(lc: LetterOfCredit, body: OfClaim, doing: Doing) -> Change | Refusal:
    """A claim that was not paid in its time is withdrawn by its claimant: the issuing bank, which is not relieved, must pay instead (13(c)).

    Until then it must not, so that nobody is paid twice.
    """
    found = _claim(lc, body.claim, Event.WITHDRAWN, "UCP600.13c")
    if isinstance(found, Refusal):
        return found
    fault = role_fault(doing, "UCP600.13c", found.claimant)
    if fault is not None:
        return fault
    clock = next(each for each in lc.deadlines if each.id == reimbursement_clock(lc, found.number))
    if clock.state is not deadline.State.MISSED:
        return Refusal(Reason.OUT_OF_TURN, "claim", f"it may be paid until {clock.due_on}", "UCP600.13c")
    after = _left(lc.with_claim(found.after(Event.WITHDRAWN)), found, found.minor)
    money = notices.amount(found.minor, lc.currency)
    told = tuple(
        notices.notice(who, lc.id, "CLAIM_WITHDRAWN", amount=money, text=body.text)
        for who in (lc.reimbursing_bank, lc.issuing_bank)
    )
    return after, told


def refund_claimed(lc: LetterOfCredit, body: OfClaim, doing: Doing) -> Change | Refusal:
    """The issuing bank refused documents for which its money had gone: it may have it back, with interest (16(g))."""
    fault = role_fault(doing, "UCP600.16g", lc.issuing_bank)
    found = fault or _claim(lc, body.claim, Event.REFUND_CLAIMED)
    if isinstance(found, Refusal):
        return found
    if not paid_in_vain(lc, found):
        return Refusal(Reason.OUT_OF_TURN, "claim", "the documents are not refused", "UCP600.16g")
    told = notices.notice(found.claimant, lc.id, "REFUND_CLAIMED", amount=notices.amount(found.minor, lc.currency))
    return lc.with_claim(found.after(Event.REFUND_CLAIMED)), (told,)


def refund_received(lc: LetterOfCredit, body: OfClaim, doing: Doing) -> Change | Refusal:
    """The issuing bank has its refund elsewhere than through the hub, as where it holds no account in the credit's currency. Only it says so."""
    fault = role_fault(doing, "UCP600.16g", lc.issuing_bank)
    found = fault or _claim(lc, body.claim, Event.REFUNDED, "UCP600.16g")
    if isinstance(found, Refusal):
        return found
    told = notices.notice(found.claimant, lc.id, "REFUND_RECEIVED", amount=notices.amount(found.minor, lc.currency))
    return lc.with_claim(found.after(Event.REFUNDED)), (told,)


def paid(lc: LetterOfCredit, body: Paid, minor: int, doing: Doing) -> Change | Refusal:
    """The settled payment of a claim, or of the refund of one."""
    event = Event.REFUNDED if body.refund else Event.PAID
    found = _claim(lc, body.refund or body.claim, event)
    if isinstance(found, Refusal):
        return found
    if minor != found.minor:
        return Refusal(Reason.AMOUNT_DIFFERS, "amount", body.amount, "URR725.11")
    after = clocks_ended(lc.with_claim(found.after(event)), deadline.Event.ACT_DONE, reimbursement_clock(lc, found.number))
    money = notices.amount(minor, lc.currency)
    fields = {
        "20": lc.id,
        "21": lc.id,
        "32B": money,
        "33A": notices.six(notices.day_of(doing.at)) + money,
        "72Z": notices.lines(body.batch),
    }
    return after, (notices.mt("756", lc.issuing_bank if body.refund else found.claimant, fields),)


_LIVE = (reimbursement.State.CLAIMED, reimbursement.State.PAID, reimbursement.State.REFUND_DUE)


def _left(lc: LetterOfCredit, of: Claim, minor: int) -> LetterOfCredit:
    """The rest of an authority, as a row of its own that is as firm as it was."""
    if not minor:
        return lc
    rest = Claim(len(lc.claims) + 1, minor, irrevocable=of.irrevocable)
    return lc.with_claim(rest.after(Event.UNDERTAKEN) if of.irrevocable else rest)


def _authority(lc: LetterOfCredit, article: str) -> Claim | Refusal:
    standing = [each for each in lc.claims if each.state in OPEN]
    return standing[-1] if standing else Refusal(Reason.OUT_OF_TURN, "reimbursing_bank", lc.reimbursing_bank, article)


def _claim(lc: LetterOfCredit, number: int, event: Event, article: str = "URR725.11") -> Claim | Refusal:
    if not 0 < number <= len(lc.claims):
        return Refusal(Reason.NOT_FOUND, "claim", str(number), article)
    found = lc.claims[number - 1]
    if not REIMBURSEMENT.can(found.state, event):
        return Refusal(Reason.OUT_OF_TURN, "claim", found.state.value, article)
    return found


def _role(lc: LetterOfCredit, doing: Doing, article: str) -> Refusal | None:
    if not lc.reimbursing_bank:
        return Refusal(Reason.OUT_OF_TURN, "reimbursing_bank", "", article)
    return role_fault(doing, article, lc.reimbursing_bank)


ACTS: Acts = {
    "REIMBURSEMENT_UNDERTAKEN": (Words, promised),
    "CLAIMED": (OfPresentation, claimed),
    "CLAIM_REFUSED": (OfClaim, refused),
    "CLAIM_WITHDRAWN": (OfClaim, withdrawn),
    "REFUND_CLAIMED": (OfClaim, refund_claimed),
    "REFUND_RECEIVED": (OfClaim, refund_received),
}

"""Negotiation (UCP 600 article 2): a bank that is not the issuing one buys documents, for what they are worth less what it keeps off until it is reimbursed.

The money moves on that bank's own books. What it advanced, what it kept off, and what it may have back stand as memoranda of the hub, in pairs.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.trade import honouring, notices, particulars
from fondaco.trade.credit_deeds import Acts, Change, Doing, Negotiate, OfPresentation
from fondaco.trade.deed import Tell
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import Event, Negotiation, Presentation, State
from fondaco.trade.presenting import examined

ARTICLE = "UCP600.2"
RATE_MAX, RATE_DECIMALS_MAX, DAYS_MAX = Decimal(100), 6, 3_650


def negotiated(lc: LetterOfCredit, body: Negotiate, doing: Doing) -> Change | Refusal:
    """A bank buys documents that comply. One that confirmed buys without recourse always (8(a)(ii))."""
    found = examined(lc, body.presentation, Event.NEGOTIATED, doing)
    if isinstance(found, Refusal):
        return found
    if lc.terms.available_by != "NEGOTIATION" or found.bank == lc.issuing_bank:
        return Refusal(Reason.OUT_OF_TURN, "terms.available_by", lc.terms.available_by, "UCP600.6b")
    if body.recourse and found.bank == lc.confirming_bank:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "recourse", "true", "UCP600.8a.ii")
    kept = _discount(lc, found, body)
    if isinstance(kept, Refusal):
        return kept
    if kept >= found.minor:
        return Refusal(Reason.ABOVE_AVAILABLE, "discount", notices.amount(kept, lc.currency), ARTICLE)
    made = Negotiation(found.minor - kept, kept, body.recourse)
    told = notices.mt("754", lc.issuing_bank, {"20": lc.id, "21": lc.id, "32A": honouring.dated(lc, found)})
    paid = notices.notice(
        found.presenter, lc.id, "NEGOTIATED", presentation=str(found.number), advance=notices.amount(made.advance, lc.currency),
        discount=notices.amount(kept, lc.currency), recourse="WITH" if made.recourse else "WITHOUT",
    )  # fmt: skip
    return honouring.honoured(lc, msgspec.structs.replace(found, negotiation=made), Event.NEGOTIATED), (told, paid)


def advance_repaid(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    """The presenter gave the advance back. It has its documents again: as if the bank had never bought them."""
    found = examined(lc, body.presentation, Event.ADVANCE_REPAID, doing)
    if isinstance(found, Refusal):
        return found
    after = msgspec.structs.replace(found.after(Event.ADVANCE_REPAID), honoured=False)
    return lc.with_presentation(after), (
        notices.notice(found.presenter, lc.id, "ADVANCE_REPAID", presentation=str(found.number)),
    )


def recourse_given_up(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    """The bank asks for its advance no more, and keeps what it bought."""
    found = examined(lc, body.presentation, Event.RECOURSE_GIVEN_UP, doing)
    if isinstance(found, Refusal):
        return found
    told = notices.notice(found.presenter, lc.id, "RECOURSE_GIVEN_UP", presentation=str(found.number), text=body.text)
    return lc.with_presentation(found.after(Event.RECOURSE_GIVEN_UP)), (told,)


def without_recourse(lc: LetterOfCredit, bank: str) -> LetterOfCredit:
    """A bank that confirms has no recourse from then on: not for documents either that it bought before and has not been paid for (8(a)(ii))."""
    for each in lc.presentations:
        if each.bank == bank and each.negotiation is not None and each.state in (State.NEGOTIATED, State.FORWARDED):
            terms = msgspec.structs.replace(each.negotiation, recourse=False)
            lc = lc.with_presentation(msgspec.structs.replace(each, negotiation=terms))
    return lc


def told(before: LetterOfCredit, after: LetterOfCredit) -> tuple[Tell, ...]:
    """Who must give an advance back hears it when the documents came back refused."""
    found = []
    for each in after.presentations:
        was = before.presentation(each.number)
        if each.state is State.RECOURSE and (was is None or was.state is not State.RECOURSE) and each.negotiation is not None:
            advance = notices.amount(each.negotiation.advance, after.currency)
            found.append(notices.notice(each.presenter, after.id, "RECOURSE", presentation=str(each.number), advance=advance))
    return tuple(found)


def _discount(lc: LetterOfCredit, found: Presentation, body: Negotiate) -> int | Refusal:
    """What is kept off, in minor units: as it is said, or as rate and days come to, rounded down in the presenter's favour."""
    if body.discount:
        if body.rate or body.days:
            return Refusal(Reason.ELEMENT_NOT_ADMITTED, "rate", body.rate, ARTICLE)
        return particulars.minor(body.discount, lc.currency, "discount", ARTICLE)
    if not body.rate and not body.days:
        return 0
    try:
        rate = Decimal(body.rate)
    except InvalidOperation:
        return Refusal(Reason.MALFORMED, "rate", body.rate, ARTICLE)
    exponent = rate.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -RATE_DECIMALS_MAX or not 0 <= rate <= RATE_MAX:
        return Refusal(Reason.MALFORMED, "rate", body.rate, ARTICLE)
    if not 0 < body.days <= DAYS_MAX:
        return Refusal(Reason.MALFORMED, "days", str(body.days), ARTICLE)
    above, below = rate.as_integer_ratio()
    return found.minor * body.days * above // (below * 100 * body.basis)


ACTS: Acts = {
    "NEGOTIATED": (Negotiate, negotiated),
    "ADVANCE_REPAID": (OfPresentation, advance_repaid),
    "RECOURSE_GIVEN_UP": (OfPresentation, recourse_given_up),
}

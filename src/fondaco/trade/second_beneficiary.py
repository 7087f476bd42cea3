"""Who presents under a transferred credit, where, how much and until when (UCP 600 article 38)."""

from __future__ import annotations

from datetime import date

from fondaco.core import Reason, Refusal
from fondaco.trade import deadline, notices
from fondaco.trade.availability import available, candidates, reserved, under_transfer
from fondaco.trade.deadline import BankingPlace
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import Presentation
from fondaco.trade.transfer import State
from fondaco.trade.transferred_terms import days_of

ARTICLE = "UCP600.38"


def transferring_bank(lc: LetterOfCredit) -> str:
    """The bank with which the credit is available; the issuing bank where it is available with any (38(b))."""
    return lc.terms.available_with.id if lc.terms.available_with else lc.issuing_bank


def part_fault(lc: LetterOfCredit, made: Presentation) -> Refusal | None:
    """Why a second beneficiary's documents, or the first one's own, draw what is not theirs; by one minor unit too."""
    if not made.transfer or made.substitutes:
        left = available(lc, made.bank) - reserved(lc)
        return above(lc, made.minor) if made.minor > left else None
    found = lc.transfers[made.transfer - 1]
    if made.bank != transferring_bank(lc):
        return Refusal(Reason.ROLE_NOT_HELD, "bank", made.bank, "UCP600.38k")
    return above(lc, made.minor) if made.minor > found.minor - under_transfer(lc, found) else None


def presenter_of(lc: LetterOfCredit, number: int) -> str | Refusal:
    """Who may present under a transfer; the first beneficiary where none is named."""
    if not number:
        return lc.beneficiary
    found = lc.transfers[number - 1] if 0 < number <= len(lc.transfers) else None
    if found is None:
        return Refusal(Reason.NOT_FOUND, "transfer", str(number), ARTICLE)
    return found.second if found.state is State.IN_FORCE else Refusal(Reason.OUT_OF_TURN, "transfer", found.state.value, ARTICLE)


def time_fault(lc: LetterOfCredit, made: Presentation, place: BankingPlace) -> Refusal | None:
    """Why documents come too late under their transfer, whose expiry may be earlier than the credit's; it moves as that does (29(a))."""
    if not lc.transfers or made.substitutes:
        return None
    if not made.transfer:
        # A part that did not follow an earlier expiry keeps the credit open, and not for the first beneficiary.
        return _late(made, max(terms.expiry for terms in candidates(lc, lc.issuing_bank)), place, "expiry", "UCP600.6d")
    found = lc.transfers[made.transfer - 1]
    days = days_of(lc, found)
    if found.latest_shipment and days.latest_shipment is not None and made.shipped_on > days.latest_shipment.isoformat():
        return Refusal(Reason.EXPIRED, "shipped_on", made.shipped_on, "UCP600.38g")
    return _late(made, days.expiry, place, "transfer", "UCP600.38g")


def _late(made: Presentation, expiry: date, place: BankingPlace, where: str, article: str) -> Refusal | None:
    last = deadline.last_day(deadline.EXPIRY, expiry, place)
    if isinstance(last, Refusal):
        return last
    return Refusal(Reason.EXPIRED, where, last.isoformat(), article) if made.presented_on > last.isoformat() else None


def above(lc: LetterOfCredit, minor: int, article: str = "UCP600.18b") -> Refusal:
    """What is not there, by one minor unit too."""
    return Refusal(Reason.ABOVE_AVAILABLE, "amount", notices.amount(minor, lc.currency), article)

"""What each deed of a credit comes to, from the application to the close: the one door to all its machines. Pure; UCP 600 by article number."""

from __future__ import annotations

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.trade import (
    amending,
    credit_notices,
    honouring,
    instalments,
    negotiating,
    notices,
    own_books,
    particulars,
    presenting,
    reimbursing,
    transfer_amending,
    transferring,
)
from fondaco.trade.amendment import AMENDMENT
from fondaco.trade.availability import books, control, maximum
from fondaco.trade.consequences import clocks_set, elapsed, expiry_of, place_of_expiry, settled
from fondaco.trade.credit_deeds import Acts, Apply, Approve, Change, Doing, Paid, Words, role_fault
from fondaco.trade.deadline import Places
from fondaco.trade.deed import Decided, Deed, Tell
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import CREDIT, ENGAGED, Engagement, Event, LetterOfCredit, State
from fondaco.trade.standing import entries, steps

APPLIED = "APPLIED"


def begin(identity: str, deed: Deed, at: Instant, places: Places) -> Decided[LetterOfCredit] | Refusal:
    """A credit `identity` from its applicant's application (action `APPLIED`); nobody is bound yet."""
    if deed.action != APPLIED:
        return Refusal(Reason.CODE_UNKNOWN, "action", deed.action, "UCP600.4a")
    if deed.version:
        return Refusal(Reason.OUT_OF_TURN, "version", str(deed.version))
    body = particulars.read(deed.body, Apply)
    if isinstance(body, Refusal):
        return body
    fault = _terms_fault(body.terms)
    if fault is not None:
        return fault
    if deed.actor != body.terms.applicant.id:
        return Refusal(Reason.ROLE_NOT_HELD, "actor", deed.actor, "UCP600.2")
    made = LetterOfCredit(identity, 1, body.terms, Engagement(body.terms.issuing_bank.id, "ISSUE"))
    return Decided(made, (), (), (notices.notice(made.issuing_bank, identity, APPLIED),))


def decide(lc: LetterOfCredit, deed: Deed, at: Instant, places: Places) -> Decided[LetterOfCredit] | Refusal:
    """What `deed` comes to at `at`. Time that ran out before is reckoned first: whether a tick came in between changes nothing."""
    known = ACTS.get(deed.action)
    if known is None:
        return Refusal(Reason.CODE_UNKNOWN, "action", deed.action)
    if deed.version != lc.version:
        return Refusal(Reason.OUT_OF_TURN, "version", str(deed.version))
    form, act = known
    body = particulars.read(deed.body, form)
    if isinstance(body, Refusal):
        return body
    now, told = elapsed(lc, at, places)
    change = act(now, body, Doing(deed.actor, at, places))
    if isinstance(change, Refusal):
        return change
    after, tells = change
    timed = clocks_set(settled(after), places)
    if isinstance(timed, Refusal):
        return timed
    return _decided(lc, msgspec.structs.replace(timed, version=lc.version + 1), told + tells)


def elapse(lc: LetterOfCredit, at: Instant, places: Places) -> Decided[LetterOfCredit] | None:
    """What the clock alone brought by `at`, None for nothing: preclusion, expiry, maturity, default."""
    after, tells = elapsed(lc, at, places)
    return None if after == lc else _decided(lc, after, tells)


def _decided(before: LetterOfCredit, after: LetterOfCredit, tells: tuple[Tell, ...]) -> Decided[LetterOfCredit]:
    return Decided(
        after,
        entries(books(before), books(after)),
        steps(control(before), control(after)),
        (*tells, *negotiating.told(before, after)),
    )


def _terms_fault(terms: Terms) -> Refusal | None:
    """What no credit of ours can be issued on. Whether terms are wise is for the lint, not for us."""
    named = [
        ("terms.applicant", terms.applicant),
        ("terms.beneficiary", terms.beneficiary),
        ("terms.issuing_bank", terms.issuing_bank),
    ]
    others = ("advising_bank", "confirming_bank", "reimbursing_bank", "available_with")
    named += [(f"terms.{each}", getattr(terms, each)) for each in others if getattr(terms, each) is not None]
    for where, party in named:
        fault = particulars.party_fault(party.id, f"{where}.id", "UCP600.2")
        if fault is not None:
            return fault
    if terms.applicant.id == terms.beneficiary.id:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "terms.beneficiary", terms.beneficiary.id, "UCP600.2")
    if terms.transferable and terms.instalments:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "terms.instalments", str(len(terms.instalments)), "UCP600.38")
    fault = instalments.terms_fault(terms)
    if fault is not None:
        return fault
    return amending.terms_fault(terms, "UCP600.18b")


def _approved(lc: LetterOfCredit, body: Approve, doing: Doing) -> Change | Refusal:
    fault = _fault(lc, Event.APPROVED, doing, lc.issuing_bank)
    if fault is not None:
        return fault
    margin = particulars.minor(body.margin, lc.currency, "margin", "UCP600.4a") if body.margin else 0
    if isinstance(margin, Refusal):
        return margin
    if margin > lc.terms.maximum_minor():
        return Refusal(Reason.ABOVE_AVAILABLE, "margin", body.margin, "UCP600.4a")
    after = msgspec.structs.replace(lc, issue=lc.issue.after(Event.APPROVED), margin=margin)
    return after, (notices.notice(lc.applicant, lc.id, "APPROVED"),)


def _declined(lc: LetterOfCredit, body: Words, doing: Doing) -> Change | Refusal:
    fault = _fault(lc, Event.DECLINED, doing, lc.issuing_bank)
    if fault is not None:
        return fault
    after = msgspec.structs.replace(lc, issue=lc.issue.after(Event.DECLINED))
    return after, (notices.notice(lc.applicant, lc.id, "DECLINED", text=body.text),)


def _preadvised(lc: LetterOfCredit, body: Words, doing: Doing) -> Change | Refusal:
    fault = _fault(lc, Event.PREADVISED, doing, lc.issuing_bank)
    if fault is not None:
        return fault
    after = msgspec.structs.replace(lc, issue=lc.issue.after(Event.PREADVISED))
    return after, (credit_notices.pre_advice(lc),)


def _issued(lc: LetterOfCredit, body: Words, doing: Doing) -> Change | Refusal:
    """The issuing bank is irrevocably bound from this instant (7(b))."""
    fault = _fault(lc, Event.ISSUED, doing, lc.issuing_bank)
    if fault is not None:
        return fault
    place = place_of_expiry(lc, doing.places)
    if isinstance(place, Refusal):
        return place
    if expiry_of(lc) < place.calendar.local_date(doing.at):
        return Refusal(Reason.EXPIRED, "terms.expiry", lc.terms.expiry.isoformat(), "UCP600.6d")
    after = msgspec.structs.replace(lc, issue=lc.issue.after(Event.ISSUED))
    told: tuple[Tell, ...] = (credit_notices.issue(lc),)
    if lc.asked_to_confirm:
        after = msgspec.structs.replace(after, confirmation=Engagement(lc.asked_to_confirm, "CONFIRMATION"))
    if lc.reimbursing_bank:
        told += (credit_notices.authority(lc),)
    return reimbursing.authorised(after, maximum(after, lc.issuing_bank)), told


def _advised(lc: LetterOfCredit, body: Words, doing: Doing) -> Change | Refusal:
    """Advice gives the beneficiary the credit, and so makes it available (9)."""
    fault = _fault(lc, Event.ADVISED, doing, lc.advising_bank)
    if fault is not None:
        return fault
    after = msgspec.structs.replace(lc, issue=lc.issue.after(Event.ADVISED).after(Event.OPENED))
    told = notices.notice(lc.beneficiary, lc.id, "ADVISED", amount=notices.amount(lc.terms.amount_minor(), lc.currency))
    return after, (told, credit_notices.acknowledged(lc, doing.at, "ADVISED"))


def _confirmed(lc: LetterOfCredit, body: Words, doing: Doing) -> Change | Refusal:
    """A second bank is bound as the issuing bank is, to the credit with all its amendments up to now (8(b), 10(b))."""
    found = _asked(lc, Event.CONFIRMED, doing)
    if isinstance(found, Refusal):
        return found
    if lc.issue.state not in ENGAGED:
        return Refusal(Reason.OUT_OF_TURN, "state", lc.issue.state.value, "UCP600.8")
    after = msgspec.structs.replace(lc, confirmation=found.after(Event.CONFIRMED))
    for each in lc.amendments:
        if each.state is not AMENDMENT.start:
            after = after.with_amendment(msgspec.structs.replace(each, extended=True))
    told = credit_notices.acknowledged(lc, doing.at, "CONFIRMED")
    return negotiating.without_recourse(after, found.bank), (
        told,
        notices.notice(lc.beneficiary, lc.id, "CONFIRMED", bank=found.bank),
    )


def _confirmation_declined(lc: LetterOfCredit, body: Words, doing: Doing) -> Change | Refusal:
    """A bank that is asked to confirm and will not says so without delay (8(d))."""
    found = _asked(lc, Event.DECLINED, doing)
    if isinstance(found, Refusal):
        return found
    after = msgspec.structs.replace(lc, confirmation=found.after(Event.DECLINED))
    return after, (notices.notice(lc.issuing_bank, lc.id, "CONFIRMATION_DECLINED", text=body.text),)


def _paid(lc: LetterOfCredit, body: Paid, doing: Doing) -> Change | Refusal:
    """A payment that the hub has settled; its batch pays once."""
    fault = role_fault(doing, "UCP600.15", particulars.HUB)
    if fault is not None:
        return fault
    if not particulars.BATCH.fullmatch(body.batch):
        return Refusal(Reason.MALFORMED, "batch", body.batch, "UCP600.15")
    if body.batch in lc.batches:
        return Refusal(Reason.DUPLICATE_MESSAGE, "batch", body.batch, "UCP600.15")
    if body.currency != lc.currency:
        return Refusal(Reason.AMOUNT_DIFFERS, "currency", body.currency, "UCP600.18a")
    minor = particulars.minor(body.amount, lc.currency, "amount", "UCP600.15")
    if isinstance(minor, Refusal):
        return minor
    named = [each for each in (body.presentation, body.undertaking, body.claim, body.refund) if each]
    if len(named) != 1:
        return Refusal(Reason.ELEMENT_MISSING, "presentation", str(len(named)), "UCP600.15")
    if body.presentation:
        change = honouring.paid_at_sight(lc, body, minor)
    elif body.undertaking:
        change = honouring.paid_at_maturity(lc, body, minor, doing)
    else:
        change = reimbursing.paid(lc, body, minor, doing)
    if isinstance(change, Refusal):
        return change
    after, told = change
    return msgspec.structs.replace(after, batches=(*after.batches, body.batch)), told


def _fault(lc: LetterOfCredit, event: Event, doing: Doing, bank: str) -> Refusal | None:
    article = next(row.article for row in CREDIT.rows if row.on is event)
    if not CREDIT.can(lc.issue.state, event):
        return Refusal(Reason.OUT_OF_TURN, "state", lc.issue.state.value, article)
    return role_fault(doing, article, bank)


def _asked(lc: LetterOfCredit, event: Event, doing: Doing) -> Engagement | Refusal:
    if lc.confirmation is None or lc.confirmation.state is not State.APPLIED:
        return Refusal(Reason.OUT_OF_TURN, "confirmation", lc.terms.confirmation, "UCP600.8")
    return role_fault(doing, "UCP600.8", lc.confirmation.bank) or lc.confirmation


ACTS: Acts = {
    "APPROVED": (Approve, _approved),
    "DECLINED": (Words, _declined),
    "PREADVISED": (Words, _preadvised),
    "ISSUED": (Words, _issued),
    "ADVISED": (Words, _advised),
    "CONFIRMED": (Words, _confirmed),
    "CONFIRMATION_DECLINED": (Words, _confirmation_declined),
    "PAID": (Paid, _paid),
    **amending.ACTS,
    **presenting.ACTS,
    **honouring.ACTS,
    **own_books.ACTS,
    **negotiating.ACTS,
    **reimbursing.ACTS,
    **transferring.ACTS,
    **transfer_amending.ACTS,
}

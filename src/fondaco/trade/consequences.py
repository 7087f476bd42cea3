"""What follows in a credit from what was done, without a deed: banks are reimbursed, engagements run out, and what is settled closes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.trade import amendment, deadline, instalments, notices, presentation, reimbursement, transfer, undertaking
from fondaco.trade.availability import available, candidates, drawn, in_force, maximum
from fondaco.trade.credit_deeds import Change
from fondaco.trade.deadline import BankingPlace, Places, Rule
from fondaco.trade.deed import Tell
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import CREDIT, ENGAGED, RUN_OFF, Engagement, Event, LetterOfCredit, State
from fondaco.trade.transferred_terms import days_of

# A day of the credit's own that is over. MISSED where nothing came by it, and in what was kept before days could pass.
OVER = (deadline.State.PASSED, deadline.State.MISSED)


def presentation_clock(lc: LetterOfCredit, number: int, rule: Rule) -> str:
    """The id of a presentation's deadline."""
    return f"{lc.id}/P{number}/{rule.name}"


def undertaking_clock(lc: LetterOfCredit, number: int) -> str:
    return f"{lc.id}/U{number}/{deadline.PAY_AT_MATURITY.name}"


def reimbursement_clock(lc: LetterOfCredit, number: int) -> str:
    return f"{lc.id}/C{number}/{deadline.REIMBURSE.name}"


def with_clock(lc: LetterOfCredit, clock: deadline.Deadline) -> LetterOfCredit:
    return msgspec.structs.replace(lc, deadlines=(*lc.deadlines, clock))


def clocks_ended(lc: LetterOfCredit, event: deadline.Event, under: str, *rules: str) -> LetterOfCredit:
    return msgspec.structs.replace(lc, deadlines=deadline.ended(lc.deadlines, event, *rules, under=under))


def place_of_expiry(lc: LetterOfCredit, places: Places) -> BankingPlace | Refusal:
    """The place named for expiry; where it has no UN/LOCODE, that of the bank with which the credit is available (6(d)(ii))."""
    with_bank = lc.terms.available_with.id if lc.terms.available_with else ""
    name = lc.terms.expiry_place.locode or with_bank or lc.issuing_bank
    return deadline.place_of(places, name, "terms.expiry_place")


def expiry_of(lc: LetterOfCredit) -> date:
    """The last day for presentation that any set of terms allows, or any part that was transferred; before it is shifted."""
    parts = [days_of(lc, each).expiry for each in lc.transfers if each.state is transfer.State.IN_FORCE]
    return max([*(terms.expiry for terms in candidates(lc, lc.issuing_bank)), *parts])


def clocks_set(lc: LetterOfCredit, places: Places) -> LetterOfCredit | Refusal:
    """The deadlines for expiry and shipment, set anew where an amendment moved the day; refused where a calendar does not know it."""
    if lc.issue.state not in ENGAGED:
        return lc
    place = place_of_expiry(lc, places)
    if isinstance(place, Refusal):
        return place
    latest = latest_shipment(candidates(lc, lc.issuing_bank))
    for rule, day in ((deadline.EXPIRY, expiry_of(lc)), (deadline.LATEST_SHIPMENT, latest)):
        standing = [each for each in lc.deadlines if each.rule == rule.name and each.state is deadline.State.OPEN]
        if [each.starts_on for each in standing] == ([] if day is None else [day.isoformat()]):
            continue
        if rule is deadline.LATEST_SHIPMENT and not standing and _shipment_told(lc, day):
            continue
        lc = clocks_ended(lc, deadline.Event.NEEDED_NO_MORE, lc.id, rule.name)
        if day is not None:
            clock = deadline.begin(f"{lc.id}/{len(lc.deadlines) + 1}", rule, lc.beneficiary, day, place)
            if isinstance(clock, Refusal):
                return clock
            lc = with_clock(lc, clock)
    return instalments.clocks_set(lc, place)


def _shipment_told(lc: LetterOfCredit, day: date | None) -> bool:
    """Whether the credit's latest day for shipment has passed and was told: it says nothing about what was shipped before."""
    told = [d for d in lc.deadlines if d.rule == deadline.LATEST_SHIPMENT.name and d.state in OVER and "/P" not in d.id]
    return any(day is None or d.starts_on == day.isoformat() for d in told)


def latest_shipment(sets: Iterable[Terms]) -> date | None:
    """The latest day that any of these sets of terms allows; None where one of them has none, and lets goods go until the credit expires."""
    found = [terms.latest_shipment for terms in sets]
    return None if None in found else max(day for day in found if day is not None)


def settled(lc: LetterOfCredit) -> LetterOfCredit:
    """Everything that follows by itself from how the credit stands now."""
    lc = _presentations_settled(_drawn_under(lc))
    for engagement in (lc.issue, lc.confirmation):
        if engagement is not None:
            lc = _engaged(lc, _drawn(lc, engagement))
    return _closed(lc) if lc.issue.state in RUN_OFF else lc


def _drawn_under(lc: LetterOfCredit) -> LetterOfCredit:
    """What was honoured above the terms in force was presented under a pending increase, and accepts it: also where the bank was precluded (10(c))."""
    for each in lc.pending:
        if drawn(lc) <= in_force(lc).maximum_minor():
            break
        taken = lc.with_amendment(each.after(amendment.Event.PRESENTED_UNDER))
        if not each.cancels and in_force(taken).maximum_minor() > in_force(lc).maximum_minor():
            lc = taken
    return lc


def _engaged(lc: LetterOfCredit, changed: Engagement) -> LetterOfCredit:
    if changed.kind == "ISSUE":
        return msgspec.structs.replace(lc, issue=changed)
    return msgspec.structs.replace(lc, confirmation=changed)


def _drawn(lc: LetterOfCredit, engagement: Engagement) -> Engagement:
    # Also where all is drawn already: a bank may confirm after it bought the documents.
    if engagement.state is State.CONFIRMED and lc.issue.state in (State.AVAILABLE, State.EXHAUSTED):
        engagement = engagement.after(Event.OPENED)
    if engagement.state is State.AVAILABLE and maximum(lc, engagement.bank) <= drawn(lc):
        return engagement.after(Event.DRAWN_IN_FULL)
    reopens = engagement.state is State.EXHAUSTED and lc.issue.state in (State.AVAILABLE, State.EXHAUSTED)
    if reopens and maximum(lc, engagement.bank) > drawn(lc):
        return engagement.after(Event.INCREASED)
    return engagement


def _presentations_settled(lc: LetterOfCredit) -> LetterOfCredit:
    """From the last bank back to the first: what one is paid for, the one before it is reimbursed for."""
    events, states = presentation.Event, presentation.State
    for number in range(len(lc.presentations), 0, -1):
        each = lc.presentations[number - 1]
        if each.state is states.FORWARDED:
            child = [later for later in lc.presentations if later.parent == number][-1]
            if _reimbursed(lc, number) or (child.honoured and _paid_out(lc, child.number)):
                each = each.after(events.REIMBURSED)
            elif child.state in (states.RETURNED, states.AS_INSTRUCTED, states.UNREIMBURSED):
                recourse = each.negotiation is not None and each.negotiation.recourse
                unpaid = events.CAME_BACK_ON_RECOURSE if recourse else events.CAME_BACK_UNPAID
                each = each.after(unpaid if each.honoured else events.CAME_BACK)
        if each.state is states.REIMBURSED and _paid_out(lc, number):
            each = each.after(events.SETTLED_UP)
        lc = lc.with_presentation(each)
    return lc


def _paid_out(lc: LetterOfCredit, number: int) -> bool:
    """Whether a bank owes nothing more for what it honoured."""
    return not any(each.owed for each in lc.undertakings if each.presentation == number)


def _reimbursed(lc: LetterOfCredit, number: int) -> bool:
    paid = (reimbursement.State.PAID,)
    return any(each.presentation == number and each.state in paid for each in lc.claims)


def _closed(lc: LetterOfCredit) -> LetterOfCredit:
    """Close what is done: when no documents, no maturity and no claim are open, the credit is."""
    for shown in lc.presentations:
        if shown.state is presentation.State.INCOMPLETE:
            lc = lc.with_presentation(shown.after(presentation.Event.CREDIT_ENDED))
    waiting = any(not each.over for each in lc.presentations) or any(each.owed for each in lc.undertakings)
    claimed = (reimbursement.State.CLAIMED, reimbursement.State.REFUND_DUE)
    if waiting or any(each.state in claimed or paid_in_vain(lc, each) for each in lc.claims):
        return lc
    for claim in lc.claims:
        if claim.state is not reimbursement.State.CLOSED:
            lc = lc.with_claim(claim.after(reimbursement.Event.CREDIT_ENDED))
    for part in lc.transfers:
        if part.state not in transfer.TRANSFER.ends:
            lc = lc.with_transfer(part.after(transfer.Event.CREDIT_ENDED).lapsed())
    for change in lc.amendments:
        if change.state not in amendment.AMENDMENT.ends:
            lc = lc.with_amendment(change.after(amendment.Event.CREDIT_ENDED))
    for engagement in (lc.issue, lc.confirmation):
        if engagement is not None and engagement.state not in CREDIT.ends:
            asked = engagement.state is State.APPLIED
            lc = _engaged(lc, engagement.after(Event.DECLINED if asked else Event.SETTLED_UP))
    return clocks_ended(lc, deadline.Event.NEEDED_NO_MORE, lc.id)


def paid_in_vain(lc: LetterOfCredit, claim: reimbursement.Claim) -> bool:
    """Whether the issuing bank refused the documents for which its money had gone: it may have it back (16(g))."""
    if claim.state is not reimbursement.State.PAID:
        return False
    last = [each for each in lc.presentations if each.parent == claim.presentation][-1:]
    held = (*presentation.FAILED, presentation.State.HOLDING_PENDING_WAIVER)
    return any(each.disposal and each.state in held for each in last)


def ended(lc: LetterOfCredit, event: Event) -> LetterOfCredit:
    """Both banks' engagements ended by EXPIRED or CANCELLED; one that was asked to confirm and never did is no longer asked."""
    for engagement in (lc.issue, lc.confirmation):
        if engagement is None:
            continue
        if CREDIT.can(engagement.state, event):
            lc = _engaged(lc, engagement.after(event))
        elif engagement.state is State.APPLIED:
            lc = _engaged(lc, engagement.after(Event.DECLINED))
    return clocks_ended(
        lc, deadline.Event.NEEDED_NO_MORE, lc.id, deadline.EXPIRY.name, deadline.LATEST_SHIPMENT.name, deadline.INSTALMENT.name
    )


def elapsed(lc: LetterOfCredit, at: Instant, places: Places) -> Change:
    """What the clock alone brought by `at`: maturities come and pass, banks are precluded, the credit expires; in the order in which it happened."""
    told: tuple[Tell, ...] = ()
    now = msgspec.structs.replace(lc, deadlines=deadline.recounted(lc.deadlines, places))
    while True:  # ends: each round makes one undertaking due or ends one of the deadlines, and adds neither
        late = deadline.overdue(now.deadlines, at)
        due = min(
            (each for each in now.undertakings if int(at) >= each.matures_at and _matures(each)),
            key=lambda each: each.matures_at,
            default=None,
        )
        if due is not None and (late is None or due.matures_at <= late.due_at):
            now = now.with_undertaking(due.after(undertaking.Event.MATURITY_CAME))
            told += (
                notices.notice(due.bank, now.id, "MATURED", amount=notices.amount(due.minor, now.currency), due=due.matures_on),
            )
        elif late is not None:
            now = settled(_ran_out(now, late))
            told += _told(now, late)
        else:
            return now, told


def _told(lc: LetterOfCredit, late: deadline.Deadline) -> tuple[Tell, ...]:
    """Whoever had to act hears that its time has run out; whoever gains or loses by it hears what it means."""
    means: list[tuple[str, str]] = []
    if late.rule == deadline.EXPIRY.name and lc.issue.state in (State.EXPIRED, State.CLOSED):
        means = [(who, "EXPIRED") for who in (lc.applicant, lc.issuing_bank)]
    if late.rule == deadline.INSTALMENT.name:
        means += [(who, "INSTALMENT_MISSED") for who in (lc.applicant, lc.issuing_bank)]
    means += [
        (each.presenter, "PRECLUDED")
        for each in lc.presentations
        if late.id == presentation_clock(lc, each.number, deadline.GIVE_NOTICE)
    ]
    means += [(each.creditor, "DEFAULTED") for each in lc.undertakings if late.id == undertaking_clock(lc, each.number)]
    # Who claimed may turn to the issuing bank, which answers for the reimbursing one (13(c)).
    unpaid = [each for each in lc.claims if late.id == reimbursement_clock(lc, each.number)]
    means += [(who, "REIMBURSEMENT_LATE") for each in unpaid for who in (each.claimant, lc.issuing_bank)]
    what = "DAY_PASSED" if _day_alone(lc, late) else "DEADLINE_MISSED"
    missed = notices.notice(late.holder, lc.id, what, rule=late.rule, clock=late.id, due=late.due_on)
    return (missed, *(notices.notice(who, lc.id, what, clock=late.id) for who, what in means))


def _matures(each: undertaking.Undertaking) -> bool:
    return undertaking.UNDERTAKING.can(each.state, undertaking.Event.MATURITY_CAME)


def _day_alone(lc: LetterOfCredit, late: deadline.Deadline) -> bool:
    """Whether a day is over that nobody missed for all that is known. Of a shipment the documents tell (29(c)); before an expiry some came."""
    if late.rule == deadline.LATEST_SHIPMENT.name:
        return True
    return late.rule == deadline.EXPIRY.name and any(each.presented_on for each in lc.presentations)


def _ran_out(lc: LetterOfCredit, late: deadline.Deadline) -> LetterOfCredit:
    lc = clocks_ended(lc, deadline.Event.DAY_PASSED if _day_alone(lc, late) else deadline.Event.TIME_RAN_OUT, late.id)
    if late.rule == deadline.EXPIRY.name:
        return ended(lc, Event.EXPIRED)
    if late.rule == deadline.INSTALMENT.name:
        return ended(lc, Event.INSTALMENT_MISSED)
    for shown in lc.presentations:
        if late.id == presentation_clock(lc, shown.number, deadline.GIVE_NOTICE):
            return lc.with_presentation(shown.after(presentation.Event.FIFTH_DAY_CLOSED))
    for owed in lc.undertakings:
        if late.id == undertaking_clock(lc, owed.number):
            return lc.with_undertaking(owed.after(undertaking.Event.MATURITY_PASSED))
    return lc


def above_available(lc: LetterOfCredit, minor: int, bank: str) -> Refusal | None:
    """A drawing above what is left is refused, by one minor unit too (18(b), 30)."""
    left = available(lc, bank)
    if minor <= left:
        return None
    return Refusal(Reason.ABOVE_AVAILABLE, "amount", notices.amount(minor, lc.currency), "UCP600.18b")

"""The deeds of a presentation up to the bank's decision: who presents where and until when, what the bank finds, and its single notice."""

from __future__ import annotations

from datetime import date

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.trade import deadline, instalments, notices, particulars, second_beneficiary, shipping, transfer_amending
from fondaco.trade.amending import presented_under
from fondaco.trade.availability import candidates
from fondaco.trade.consequences import OVER, above_available, clocks_ended, place_of_expiry, presentation_clock, with_clock
from fondaco.trade.credit_deeds import (
    Acts,
    Change,
    Doing,
    FindComplying,
    FindDiscrepant,
    GiveNotice,
    OfPresentation,
    Present,
    role_fault,
)
from fondaco.trade.deadline import Places, Rule
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.letter_of_credit import State as CreditState
from fondaco.trade.presentation import DISPOSALS, FAILED, PRESENTATION, Discrepancy, Event, Presentation
from fondaco.trade.transferred_terms import days_of

RECORDS_MAX = 100
DISCREPANCIES_MAX = 100


def presented(lc: LetterOfCredit, body: Present, doing: Doing) -> Change | Refusal:
    """Documents come to a bank. Only what the books can tell is judged here: time, place, amount and records; the documents are the bank's."""
    old = lc.presentation(body.corrects)
    if body.corrects and old is None:
        return Refusal(Reason.NOT_FOUND, "corrects", str(body.corrects), "UCP600.6d")
    transfer = old.transfer if old else body.transfer
    presenter = old.presenter if old else second_beneficiary.presenter_of(lc, transfer)
    if isinstance(presenter, Refusal):
        return presenter
    fault = role_fault(doing, "UCP600.6", presenter)
    if fault is not None:
        return fault
    if lc.issue.state in (CreditState.EXPIRED, CreditState.CLOSED) and _expired(lc):
        return Refusal(Reason.EXPIRED, "expiry", _expiry(lc), "UCP600.6d")
    if instalments.missed(lc):
        return Refusal(Reason.EXPIRED, "instalment", str(instalments.missed(lc)), instalments.ARTICLE)
    if lc.issue.state is not CreditState.AVAILABLE:
        return Refusal(Reason.OUT_OF_TURN, "state", lc.issue.state.value, "UCP600.6a")
    if not lc.nominated(body.bank):
        return Refusal(Reason.ROLE_NOT_HELD, "bank", body.bank, "UCP600.6a")
    if body.currency != lc.currency:
        return Refusal(Reason.AMOUNT_DIFFERS, "currency", body.currency, "UCP600.18a")
    minor = particulars.minor(body.amount, lc.currency, "amount", "UCP600.18b")
    if isinstance(minor, Refusal):
        return minor
    number = len(lc.presentations) + 1
    made = Presentation(
        number,
        number,
        body.bank,
        doing.actor,
        minor,
        shipped_on=body.shipped_on,
        records=body.records,
        documents=body.documents,
        instalment=body.instalment,
        transfer=transfer,
        substitutes=old.substitutes if old else 0,
    )
    if old is not None:
        if not PRESENTATION.can(old.state, Event.PRESENTED_ANEW) or old.bank != body.bank:
            return Refusal(Reason.OUT_OF_TURN, "corrects", old.state.value, "UCP600.6d")
        # What a bank forwarded stays one drawing, whoever corrects it on the way.
        if old.parent and minor != old.minor:
            return Refusal(Reason.AMOUNT_DIFFERS, "amount", body.amount, "UCP600.18b")
        lc = lc.with_presentation(old.after(Event.PRESENTED_ANEW))
        made = msgspec.structs.replace(made, corrects=old.number, parent=old.parent, root=old.root if old.parent else number)
    if not made.parent:
        fault = above_available(lc, minor, body.bank) or second_beneficiary.part_fault(lc, made) or _second_drawing(lc)
        if fault is not None:
            return fault
    fault = instalments.turn_fault(lc, made) or _records_fault(lc, made)
    if fault is not None:
        return fault
    return received(lc, made, doing, complete=body.complete)


def received(lc: LetterOfCredit, made: Presentation, doing: Doing, *, complete: bool) -> Change | Refusal:
    """Take in a new presentation; its clocks run once it is complete."""
    if complete:
        return _complete(lc.with_presentation(made), made, doing)
    return lc.with_presentation(made.after(Event.LEFT_INCOMPLETE)), ()


def completed(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    """The notice of completeness (eUCP e6): only now were the documents presented."""
    found = row(lc, body.presentation, Event.COMPLETED)
    if isinstance(found, Refusal):
        return found
    return role_fault(doing, "eUCP.e6", found.presenter) or _complete(lc, found, doing)


def found_complying(lc: LetterOfCredit, body: FindComplying, doing: Doing) -> Change | Refusal:
    found = examined(lc, body.presentation, Event.FOUND_COMPLYING, doing)
    if isinstance(found, Refusal):
        return found
    part = lc.presentations[found.root - 1]
    second = part.transfer and not part.substitutes
    agreed = transfer_amending.presented_under(lc, found, body.under) if second else presented_under(lc, body.under)
    if isinstance(agreed, Refusal):
        return agreed
    after = msgspec.structs.replace(found.after(Event.FOUND_COMPLYING), under=body.under)
    weighed = shipping.weighed(agreed.with_presentation(after), after, candidates(agreed, found.bank)[:1], doing.places)
    if isinstance(weighed, Refusal):
        return weighed
    done = _acted(weighed, found.number, deadline.EXAMINE, deadline.GIVE_NOTICE)
    return done, (notices.notice(found.presenter, lc.id, "COMPLYING", presentation=str(found.number)),)


def found_discrepant(lc: LetterOfCredit, body: FindDiscrepant, doing: Doing) -> Change | Refusal:
    """The bank's own finding; it refuses nothing yet, and stops no clock but that of the examination."""
    found = examined(lc, body.presentation, Event.FOUND_DISCREPANT, doing)
    if isinstance(found, Refusal):
        return found
    if not 0 < len(body.discrepancies) <= DISCREPANCIES_MAX:
        return Refusal(Reason.ELEMENT_MISSING, "discrepancies", str(len(body.discrepancies)), "UCP600.16a")
    after = msgspec.structs.replace(found.after(Event.FOUND_DISCREPANT), discrepancies=body.discrepancies)
    weighed = shipping.weighed(lc.with_presentation(after), after, candidates(lc, found.bank), doing.places)
    return weighed if isinstance(weighed, Refusal) else (_acted(weighed, found.number, deadline.EXAMINE), ())


def waiver_asked(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    """The issuing bank may ask the applicant, any other the issuing bank; the five days run on (16(b))."""
    found = examined(lc, body.presentation, Event.WAIVER_ASKED, doing)
    if isinstance(found, Refusal):
        return found
    after = lc.with_presentation(found.after(Event.WAIVER_ASKED))
    if found.bank == lc.issuing_bank:
        return after, (notices.notice(lc.applicant, lc.id, "WAIVER_ASKED", text=_words(found.discrepancies)),)
    fields = {"20": lc.id, "21": lc.id, "32B": notices.amount(found.minor, lc.currency), "77J": _words(found.discrepancies)}
    return after, (notices.mt("750", lc.issuing_bank, fields),)


def waiver_given(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    found = row(lc, body.presentation, Event.WAIVER_GIVEN)
    if isinstance(found, Refusal):
        return found
    fault = role_fault(doing, "UCP600.16b", _waives(lc, found))
    if fault is not None:
        return fault
    after = lc.with_presentation(found.after(Event.WAIVER_GIVEN))
    if found.bank == lc.issuing_bank:
        return after, (notices.notice(found.bank, lc.id, "WAIVER_GIVEN", presentation=str(found.number)),)
    code = {"ACCEPTANCE": "ACCEPT", "NEGOTIATION": "NEGOTIATE"}.get(lc.terms.available_by, "SEE72Z")
    text = body.text or "DISCREPANCIES ARE WAIVED"
    day, money = notices.six(notices.day_of(doing.at)), notices.amount(found.minor, lc.currency)
    fields = {"20": lc.id, "21": lc.id, "23": code, "30": day, "32B": money, "72Z": text}
    return after, (notices.mt("752", found.bank, fields),)


def waiver_denied(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    found = row(lc, body.presentation, Event.WAIVER_DENIED)
    if isinstance(found, Refusal):
        return found
    fault = role_fault(doing, "UCP600.16b", _waives(lc, found))
    if fault is not None:
        return fault
    told = notices.notice(found.bank, lc.id, "WAIVER_DENIED", presentation=str(found.number), text=body.text)
    return lc.with_presentation(found.after(Event.WAIVER_DENIED)), (told,)


def notice_given(lc: LetterOfCredit, body: GiveNotice, doing: Doing) -> Change | Refusal:
    """The single notice of refusal. One that is not whole is no notice: it is not passed on, and the five days run on (16(c), (f))."""
    found = examined(lc, body.presentation, Event.NOTICE_GIVEN, doing)
    if isinstance(found, Refusal):
        return found
    if found.disposal:
        return Refusal(Reason.OUT_OF_TURN, "presentation", "notice was given", "UCP600.16c")
    if not 0 < len(body.discrepancies) <= DISCREPANCIES_MAX or not all(each.text.strip() for each in body.discrepancies):
        return Refusal(Reason.ELEMENT_MISSING, "discrepancies", str(len(body.discrepancies)), "UCP600.16c.ii")
    if not body.disposal:
        return Refusal(Reason.ELEMENT_MISSING, "disposal", "", "UCP600.16c.iii")
    refused = msgspec.structs.replace(
        found.after(Event.NOTICE_GIVEN), discrepancies=body.discrepancies, disposal=body.disposal
    ).after(DISPOSALS[body.disposal])
    fields = {
        "20": lc.id,
        "21": lc.id,
        "32A": notices.six(date.fromisoformat(found.presented_on)) + notices.amount(found.minor, lc.currency),
        "77J": _words(body.discrepancies),
        "77B": f"/{body.disposal}/",
    }
    done = _acted(lc.with_presentation(refused), found.number, deadline.EXAMINE, deadline.GIVE_NOTICE)
    return done, (notices.mt("734", found.presenter, fields),)


def sent_back(lc: LetterOfCredit, body: OfPresentation, doing: Doing) -> Change | Refusal:
    """After its notice a bank may return documents that it holds at any time (16(e))."""
    found = examined(lc, body.presentation, Event.SENT_BACK, doing)
    if isinstance(found, Refusal):
        return found
    if not found.disposal:
        return Refusal(Reason.OUT_OF_TURN, "presentation", found.state.value, "UCP600.16e")
    told = notices.notice(found.presenter, lc.id, "DOCUMENTS_RETURNED", presentation=str(found.number))
    return lc.with_presentation(found.after(Event.SENT_BACK)), (told,)


def row(lc: LetterOfCredit, number: int, event: Event) -> Presentation | Refusal:
    """The presentation, where the table has a row for `event` in its state."""
    found = lc.presentation(number)
    article = next(each.article for each in PRESENTATION.rows if each.on is event)
    if found is None:
        return Refusal(Reason.NOT_FOUND, "presentation", str(number), article)
    if not PRESENTATION.can(found.state, event):
        return Refusal(Reason.OUT_OF_TURN, "presentation", found.state.value, article)
    return found


def examined(lc: LetterOfCredit, number: int, event: Event, doing: Doing) -> Presentation | Refusal:
    """`row`, for what only the examining bank may do."""
    found = row(lc, number, event)
    if isinstance(found, Refusal):
        return found
    return role_fault(doing, "UCP600.14a", found.bank) or found


def notice_met(lc: LetterOfCredit, number: int) -> LetterOfCredit:
    """Honour, too, ends the time for a notice: there is nothing left to refuse."""
    return _acted(lc, number, deadline.EXAMINE, deadline.GIVE_NOTICE)


def _acted(lc: LetterOfCredit, number: int, *rules: Rule) -> LetterOfCredit:
    for rule in rules:
        lc = clocks_ended(lc, deadline.Event.ACT_DONE, presentation_clock(lc, number, rule))
    return lc


def _complete(lc: LetterOfCredit, found: Presentation, doing: Doing) -> Change | Refusal:
    """The day of presentation is known: was it in time, and until when may the bank refuse?"""
    place = deadline.place_of(doing.places, found.bank, "bank")
    if isinstance(place, Refusal):
        return place
    today = deadline.counted_on(place, doing.at, "at")
    if isinstance(today, Refusal):
        return today
    shipped = particulars.day(found.shipped_on, "shipped_on", "UCP600.14c") if found.shipped_on else None
    if isinstance(shipped, Refusal):
        return shipped
    extended = False
    if not found.parent:
        # A bank that forwards shows that documents were in time with it; the next bank's calendar does not ask again.
        expiry = next((d for d in lc.deadlines if d.rule == deadline.EXPIRY.name and d.state is deadline.State.OPEN), None)
        if expiry is None or today.isoformat() > expiry.due_on:
            return Refusal(Reason.EXPIRED, "expiry", _expiry(lc), "UCP600.6d")
        extended = today.isoformat() > expiry.starts_on
    after = msgspec.structs.replace(found.after(Event.COMPLETED), presented_on=today.isoformat(), extended=extended)
    fault = instalments.period_fault(lc, after)
    if fault is None and not found.parent:
        fault = _transfer_late(lc, after, doing)
    if fault is not None:
        return fault
    lc = instalments.met(lc.with_presentation(after), after.instalment)
    for rule in (deadline.EXAMINE, deadline.GIVE_NOTICE):
        # Only banks that are engaged lose their right to refuse by silence.
        if rule is deadline.EXAMINE or lc.engaged(found.bank):
            clock = deadline.begin(presentation_clock(lc, found.number, rule), rule, found.bank, today, place)
            if isinstance(clock, Refusal):
                return clock
            lc = with_clock(lc, clock)
    if shipped is not None and not found.parent:
        timed = _after_shipment(lc, after, shipped, today, doing.at, doing.places)
        if isinstance(timed, Refusal):
            return timed
        lc = timed
    told = notices.notice(
        found.bank, lc.id, "PRESENTED", presentation=str(found.number), amount=notices.amount(found.minor, lc.currency)
    )
    return lc, (told,)


def _after_shipment(
    lc: LetterOfCredit, found: Presentation, shipped: date, today: date, at: Instant, places: Places
) -> LetterOfCredit | Refusal:
    """The period after shipment (14(c)), kept with its outcome. Documents that pass it are discrepant: that is for the bank to find."""
    place = deadline.place_of(places, found.bank, "bank")
    if isinstance(place, Refusal):
        return place
    part = lc.transfers[found.transfer - 1] if found.transfer else None
    days = days_of(lc, part).presentation_days if part is not None else candidates(lc, found.bank)[0].presentation_days
    clock = deadline.begin(
        presentation_clock(lc, found.number, deadline.PRESENT_AFTER_SHIPMENT),
        deadline.PRESENT_AFTER_SHIPMENT,
        found.presenter,
        shipped,
        place,
        days,
    )
    if isinstance(clock, Refusal):
        return clock
    in_time = today.isoformat() <= clock.due_on
    return with_clock(lc, clock.after(deadline.Event.ACT_DONE if in_time else deadline.Event.TIME_RAN_OUT))


def _transfer_late(lc: LetterOfCredit, found: Presentation, doing: Doing) -> Refusal | None:
    place = place_of_expiry(lc, doing.places)
    return place if isinstance(place, Refusal) else second_beneficiary.time_fault(lc, found, place)


def _second_drawing(lc: LetterOfCredit) -> Refusal | None:
    """Where partial shipments are not allowed there is one drawing: a second one only after the first came to nothing (31(a))."""
    if all(terms.partial_shipments != "NOT_ALLOWED" for terms in candidates(lc, lc.issuing_bank)):
        return None
    taken = [each for each in lc.roots() if not each.substitutes and lc.chain(each.number)[-1].state not in FAILED]
    return Refusal(Reason.OUT_OF_TURN, "presentation", str(taken[0].number), "UCP600.31a") if taken else None


def _records_fault(lc: LetterOfCredit, made: Presentation) -> Refusal | None:
    """A transferable record is presented once at a time, and never again once a bank has it."""
    if len(made.records) > RECORDS_MAX or particulars.repeated(made.records):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "records", particulars.repeated(made.records), "UCP600.17")
    for each in lc.presentations:
        if each.root == made.root or (each.state in FAILED and not each.honoured):
            continue
        twice = sorted(set(each.records) & set(made.records))
        if twice:
            return Refusal(Reason.ELEMENT_NOT_ADMITTED, "records", twice[0], "UCP600.17")
    return None


def _waives(lc: LetterOfCredit, found: Presentation) -> str:
    return lc.applicant if found.bank == lc.issuing_bank else lc.issuing_bank


def _words(discrepancies: tuple[Discrepancy, ...]) -> str:
    return "\n".join(each.text for each in discrepancies)


def _expired(lc: LetterOfCredit) -> bool:
    return any(d.rule == deadline.EXPIRY.name and d.state in OVER for d in lc.deadlines)


def _expiry(lc: LetterOfCredit) -> str:
    return max(d.due_on for d in lc.deadlines if d.rule == deadline.EXPIRY.name)


ACTS: Acts = {
    "PRESENTED": (Present, presented),
    "COMPLETED": (OfPresentation, completed),
    "FOUND_COMPLYING": (FindComplying, found_complying),
    "FOUND_DISCREPANT": (FindDiscrepant, found_discrepant),
    "WAIVER_ASKED": (OfPresentation, waiver_asked),
    "WAIVER_GIVEN": (OfPresentation, waiver_given),
    "WAIVER_DENIED": (OfPresentation, waiver_denied),
    "NOTICE_GIVEN": (GiveNotice, notice_given),
    "SENT_BACK": (OfPresentation, sent_back),
}

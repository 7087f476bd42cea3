"""What each deed of a collection comes to: who may do it, when, and what moves. Pure; the rules are URC 522's, by article number."""

from __future__ import annotations

from datetime import date

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.trade import deadline, dishonouring, notices, particulars
from fondaco.trade.collection import COLLECTION, Collection, Event, State, books, control
from fondaco.trade.collection_deeds import Amend, Instruct, Pay, Receive, Say, Send
from fondaco.trade.collection_steps import Acts, Change, Doing, met, mt, place_of_presentation, step, void, with_clock
from fondaco.trade.date_words import AT_SIGHT, FIXED, maturity, tenor_fault
from fondaco.trade.deadline import Deadline, Places
from fondaco.trade.deed import Decided, Deed, Tell
from fondaco.trade.standing import entries, steps

INSTRUCTED = "INSTRUCTED"
RECORDS_MAX = 100


def begin(identity: str, deed: Deed, at: Instant, places: Places) -> Decided[Collection] | Refusal:
    """A collection `identity` from its principal's instruction (action `INSTRUCTED`)."""
    if deed.action != INSTRUCTED:
        return Refusal(Reason.CODE_UNKNOWN, "action", deed.action, "URC522.4")
    if deed.version:
        return Refusal(Reason.OUT_OF_TURN, "version", str(deed.version))
    body = particulars.read(deed.body, Instruct)
    if isinstance(body, Refusal):
        return body
    amount = particulars.minor(body.amount, body.currency, "amount", "URC522.4b")
    if isinstance(amount, Refusal):
        return amount
    made = Collection(
        id=identity,
        version=1,
        state=COLLECTION.start,
        principal=deed.actor,
        remitting_bank=body.remitting_bank,
        collecting_bank=body.collecting_bank,
        drawee=body.drawee,
        currency=body.currency,
        amount=amount,
        # A bill at a tenor without a word on its release goes against payment.
        terms=body.terms or "DP",
        tenor=body.tenor,
        tenor_from=body.tenor_from,
        records=body.records,
        bill=body.bill,
        documents=body.documents,
        part_payment=body.part_payment,
        protest=body.protest,
        answer_by=body.answer_by,
        case_of_need=body.case_of_need,
    )
    fault = _fault(made)
    if fault is not None:
        return fault
    told = notices.notice(
        made.remitting_bank, identity, INSTRUCTED, amount=notices.amount(amount, made.currency), terms=made.terms
    )
    return Decided(made, entries({}, books(made)), (), (told,))


def decide(collection: Collection, deed: Deed, at: Instant, places: Places) -> Decided[Collection] | Refusal:
    """What `deed` comes to at `at`. Time that ran out before is reckoned first: whether a tick came in between changes nothing."""
    event = next((each for each in ACTS if each.value == deed.action), None)
    if event is None:
        return Refusal(Reason.CODE_UNKNOWN, "action", deed.action)
    if deed.version != collection.version:
        return Refusal(Reason.OUT_OF_TURN, "version", str(deed.version))
    if deed.actor not in actors(collection, event):
        return Refusal(Reason.ROLE_NOT_HELD, "actor", deed.actor, _article(event))
    now, told = _elapsed(collection, at, places)
    if not COLLECTION.can(now.state, event):
        return Refusal(Reason.OUT_OF_TURN, "state", now.state.value, _article(event))
    form, act = ACTS[event]
    body = particulars.read(deed.body, form)
    if isinstance(body, Refusal):
        return body
    change = act(now, body, Doing(deed.actor, at, places))
    if isinstance(change, Refusal):
        return change
    after, tells = change
    return _decided(collection, msgspec.structs.replace(after, version=collection.version + 1), told + tells)


def paid(
    collection: Collection, batch: str, currency: str, minor: int, at: Instant, places: Places
) -> Decided[Collection] | Refusal:
    """What a payment of `minor` whole minor units comes to whose settlement batch has the hash `batch`. The hub alone says so."""
    body = msgspec.json.encode(Pay(batch, currency, particulars.text_of(minor, currency)))
    return decide(collection, Deed("", particulars.HUB, collection.id, collection.version, Event.PAID.value, body), at, places)


def elapse(collection: Collection, at: Instant, places: Places) -> Decided[Collection] | None:
    """What the clock alone brought by `at`, None for nothing: bills mature, and deadlines run out."""
    after, tells = _elapsed(collection, at, places)
    return None if after == collection else _decided(collection, after, tells)


def _decided(before: Collection, after: Collection, tells: tuple[Tell, ...]) -> Decided[Collection]:
    return Decided(after, entries(books(before), books(after)), steps(control(before), control(after)), tells)


def _elapsed(collection: Collection, at: Instant, places: Places) -> Change:
    told: tuple[Tell, ...] = ()
    now = msgspec.structs.replace(collection, deadlines=deadline.recounted(collection.deadlines, places))
    while True:  # ends: each round takes the one step to MATURED, or ends one of the deadlines
        late = deadline.overdue(now.deadlines, at)
        matured = now.state is State.ACCEPTED and int(at) >= now.matures_at
        if matured and (late is None or now.matures_at <= late.due_at):
            now = step(now, Event.MATURED)
            told += (notices.notice(now.drawee, now.id, "MATURED", due=now.matures_on),)
        elif late is not None:
            now = msgspec.structs.replace(now, deadlines=deadline.ended(now.deadlines, deadline.Event.TIME_RAN_OUT, late.rule))
            told += (notices.notice(late.holder, now.id, "DEADLINE_MISSED", rule=late.rule, due=late.due_on), *_unpaid(now, late))
        else:
            return now, told


def _unpaid(c: Collection, late: Deadline) -> tuple[Tell, ...]:
    """An accepted bill whose day closed without payment: the bank that presents it owes the advice without delay (26(c)(iii))."""
    if late.rule != deadline.PAY_ACCEPTED_BILL.name:
        return ()
    return (notices.notice(c.collecting_bank, c.id, "UNPAID_AT_MATURITY", due=late.due_on),)


def _fault(made: Collection) -> Refusal | None:
    """What is wrong with an instruction, as it was given or amended; None for nothing."""
    named = [("remitting_bank", made.remitting_bank), ("drawee", made.drawee), ("actor", made.principal)]
    for where, name in [*named, *([("collecting_bank", made.collecting_bank)] if made.collecting_bank else [])]:
        fault = particulars.party_fault(name, where, "URC522.3")
        if fault is not None:
            return fault
    if made.drawee == made.principal:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "drawee", made.drawee, "URC522.3b")
    if made.terms == "DA" and (made.tenor is None or made.tenor.event == AT_SIGHT):
        return Refusal(Reason.ELEMENT_MISSING, "tenor", "", "URC522.7a")
    if made.tenor is not None:
        wrong = tenor_fault(made.tenor)
        if wrong:
            return Refusal(Reason.MALFORMED, "tenor", wrong, "URC522.7")
        counted_from_a_day = made.tenor.event not in (AT_SIGHT, FIXED, "AFTER_SIGHT")
        if counted_from_a_day != bool(made.tenor_from):
            return Refusal(
                Reason.ELEMENT_MISSING if counted_from_a_day else Reason.ELEMENT_NOT_ADMITTED,
                "tenor_from",
                made.tenor_from,
                "URC522.7",
            )
    for where, text in (("tenor_from", made.tenor_from), ("answer_by", made.answer_by)):
        found = particulars.day(text, where, "URC522.5b") if text else None
        if isinstance(found, Refusal):
            return found
    if len(made.records) > RECORDS_MAX:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "records", str(len(made.records)), "URC522.4b")
    if particulars.repeated(made.records):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "records", particulars.repeated(made.records), "URC522.4b")
    if made.bill and made.bill not in made.records:
        return Refusal(Reason.ELEMENT_MISSING, "bill", made.bill, "URC522.4b")
    return None


def _sent(c: Collection, body: Send, doing: Doing) -> Change | Refusal:
    if c.collecting_bank and body.collecting_bank not in ("", c.collecting_bank):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "collecting_bank", body.collecting_bank, "URC522.5d")
    bank = c.collecting_bank or body.collecting_bank
    fault = particulars.party_fault(bank, "collecting_bank", "URC522.5d")
    if fault is not None:
        return fault
    # The deadlines of a collection are counted where the documents are presented.
    place = deadline.place_of(doing.places, bank, "collecting_bank")
    if isinstance(place, Refusal):
        return place
    after = msgspec.structs.replace(step(c, Event.SENT), collecting_bank=bank)
    return after, (notices.notice(bank, c.id, "SENT", amount=notices.amount(c.outstanding, c.currency), terms=c.terms),)


def _declined(c: Collection, body: Say, doing: Doing) -> Change | Refusal:
    told = c.principal if c.state is State.INSTRUCTED else c.remitting_bank
    return void(step(c, Event.DECLINED)), (notices.notice(told, c.id, "DECLINED", text=body.text),)


def _received(c: Collection, body: Receive, doing: Doing) -> Change | Refusal:
    after = msgspec.structs.replace(step(c, Event.RECEIVED), missing=body.missing)
    text = "MISSING " + ", ".join(body.missing) if body.missing else ""
    return after, (mt(c, "410", c.remitting_bank, {"32B": notices.amount(c.outstanding, c.currency), "72": text}),)


def _presented(c: Collection, body: particulars.Nothing, doing: Doing) -> Change | Refusal:
    if c.state is State.RE_INSTRUCTED and c.direction != "PRESENT":
        return Refusal(Reason.OUT_OF_TURN, "direction", c.direction, "URC522.26c")
    after = step(c, Event.PRESENTED)
    # Whoever presents again after dishonour has no day of the first instruction to remind of.
    if c.answer_by and c.state is State.RECEIVED:
        timed = with_clock(after, deadline.ANSWER_OF_DRAWEE, c.drawee, date.fromisoformat(c.answer_by), doing)
        if isinstance(timed, Refusal):
            return timed
        after = timed
    asked = "ACCEPTANCE" if c.terms == "DA" and not c.accepted_on else "PAYMENT"
    return after, (notices.notice(c.drawee, c.id, "PRESENTED", asked=asked, amount=notices.amount(c.outstanding, c.currency)),)


def _accepted(c: Collection, body: particulars.Nothing, doing: Doing) -> Change | Refusal:
    if c.terms != "DA" or c.tenor is None:
        return Refusal(Reason.OUT_OF_TURN, "terms", c.terms, "URC522.7c")
    if c.accepted_on:
        return Refusal(Reason.OUT_OF_TURN, "accepted_on", c.accepted_on, "URC522.22")
    place = place_of_presentation(c, doing)
    if isinstance(place, Refusal):
        return place
    today = deadline.counted_on(place, doing.at, "at")
    if isinstance(today, Refusal):
        return today
    falls_due = maturity(c.tenor, date.fromisoformat(c.tenor_from) if c.tenor_from else today)
    if isinstance(falls_due, Refusal):
        return falls_due
    if falls_due < today:
        return Refusal(Reason.EXPIRED, "tenor", falls_due.isoformat(), "URC522.22")
    after = msgspec.structs.replace(step(met(c), Event.ACCEPTED), accepted_on=today.isoformat())
    timed = with_clock(after, deadline.PAY_ACCEPTED_BILL, c.drawee, falls_due, doing)
    if isinstance(timed, Refusal):
        return timed
    due = date.fromisoformat(timed.deadlines[-1].due_on)
    after = msgspec.structs.replace(timed, matures_on=due.isoformat(), matures_at=int(place.calendar.opening(due)))
    money = notices.six(due) + notices.amount(c.outstanding, c.currency)
    return after, (mt(c, "412", c.remitting_bank, {"32A": money}),)


def _paid(c: Collection, body: Pay, doing: Doing) -> Change | Refusal:
    if c.terms == "DA" and not c.accepted_on:
        return Refusal(Reason.OUT_OF_TURN, "terms", c.terms, "URC522.7")
    if not particulars.BATCH.fullmatch(body.batch):
        return Refusal(Reason.MALFORMED, "batch", body.batch, "URC522.17")
    if body.batch in c.batches:
        return Refusal(Reason.DUPLICATE_MESSAGE, "batch", body.batch, "URC522.17")
    if body.currency != c.currency:
        return Refusal(Reason.AMOUNT_DIFFERS, "currency", body.currency, "URC522.17")
    amount = particulars.minor(body.amount, c.currency, "amount", "URC522.17")
    if isinstance(amount, Refusal):
        return amount
    if amount > c.outstanding:
        return Refusal(Reason.AMOUNT_DIFFERS, "amount", body.amount, "URC522.17")
    if amount < c.outstanding and not c.part_payment:
        return Refusal(Reason.AMOUNT_DIFFERS, "amount", body.amount, "URC522.19b")
    whole = amount == c.outstanding
    after = step(c, Event.PAID if whole else Event.PART_PAID)
    after = msgspec.structs.replace(after, paid=c.paid + amount, batches=(*c.batches, body.batch))
    money = notices.six(notices.day_of(doing.at)) + notices.amount(amount, c.currency)
    told = mt(c, "400", c.remitting_bank, {"32A": money, "33A": money, "72": notices.lines(body.batch)})
    return void(met(after)) if whole else after, (told,)


def _remitted(c: Collection, body: Say, doing: Doing) -> Change | Refusal:
    told = notices.notice(c.principal, c.id, "PROCEEDS_REMITTED", amount=notices.amount(c.paid, c.currency), text=body.text)
    return step(c, Event.PROCEEDS_REMITTED), (told,)


def _closed(c: Collection, body: particulars.Nothing, doing: Doing) -> Change | Refusal:
    return void(step(c, Event.CLOSED)), (notices.notice(c.principal, c.id, "CLOSED"),)


def _traced(c: Collection, body: Say, doing: Doing) -> Change | Refusal:
    fields = {"32B": notices.amount(c.outstanding, c.currency), "72": body.text}
    return step(c, Event.TRACED), (mt(c, "420", c.collecting_bank, fields),)


def _fate(c: Collection, body: Say, doing: Doing) -> Change | Refusal:
    fields = {"32B": notices.amount(c.outstanding, c.currency), "75": body.text}
    return step(c, Event.FATE_ADVISED), (mt(c, "422", c.remitting_bank, fields),)


def _amended(c: Collection, body: Amend, doing: Doing) -> Change | Refusal:
    if c.accepted_on and any(each is not None for each in (body.amount, body.terms, body.tenor, body.tenor_from)):
        return Refusal(Reason.OUT_OF_TURN, "accepted_on", c.accepted_on, "URC522.22")
    amount: int | Refusal = c.amount
    if body.amount is not None:
        amount = particulars.minor(body.amount, c.currency, "amount", "URC522.4b")
    if isinstance(amount, Refusal):
        return amount
    if amount <= c.paid:
        return Refusal(Reason.AMOUNT_DIFFERS, "amount", body.amount or "", "URC522.19b")
    given = {name: value for name, value in msgspec.structs.asdict(body).items() if value is not None}
    after = msgspec.structs.replace(step(c, Event.AMENDED), **{**given, "amount": amount})
    fault = _fault(after)
    if fault is not None:
        return fault
    told = {"74": f"{notices.amount(amount, c.currency)} {' '.join(sorted(given))}"}
    return after, (mt(c, "430", after.collecting_bank, told),)


def _article(event: Event) -> str:
    return next(row.article for row in COLLECTION.rows if row.on is event)


ACTS: Acts = {
    Event.SENT: (Send, _sent),
    Event.DECLINED: (Say, _declined),
    Event.RECEIVED: (Receive, _received),
    Event.PRESENTED: (particulars.Nothing, _presented),
    Event.ACCEPTED: (particulars.Nothing, _accepted),
    Event.PAID: (Pay, _paid),
    **dishonouring.ACTS,
    Event.PROCEEDS_REMITTED: (Say, _remitted),
    Event.CLOSED: (particulars.Nothing, _closed),
    Event.TRACED: (Say, _traced),
    Event.FATE_ADVISED: (Say, _fate),
    Event.AMENDED: (Amend, _amended),
}


def actors(c: Collection, event: Event) -> tuple[str, ...]:
    """Who may do it. MATURED is the clock's, and PART_PAID is what a payment turns out to be: neither is anybody's deed."""
    if event is Event.PAID:
        return (particulars.HUB,)
    if event is Event.ACCEPTED:
        return (c.drawee,)
    if event is Event.DISHONOURED:
        return (c.collecting_bank, c.drawee)
    if event is Event.DECLINED:
        return (c.remitting_bank if c.state is State.INSTRUCTED else c.collecting_bank,)
    if event in _OF_THE_REMITTING_BANK:
        return (c.remitting_bank,)
    return (c.collecting_bank,)


_OF_THE_REMITTING_BANK = frozenset(
    {Event.SENT, Event.RE_INSTRUCTED, Event.PROCEEDS_REMITTED, Event.CLOSED, Event.TRACED, Event.AMENDED}
)

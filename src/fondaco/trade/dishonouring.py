"""A collection that is not paid or not accepted: the advice with its reason, the instructions that are asked for, protest, and the way back.

URC 522 articles 24 (protest) and 26(c) (advices of non-payment and non-acceptance). Within what time a protest must be made is for the law of the
place; the days of the Geneva uniform law (ULB article 44) are kept as a clock that refuses nothing.
"""

from __future__ import annotations

from datetime import date

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.trade import deadline, notices, particulars
from fondaco.trade.collection import Collection, Dishonour, Event, Protest, State
from fondaco.trade.collection_deeds import Direct, Say
from fondaco.trade.collection_steps import (
    Acts,
    Change,
    Doing,
    clocks_ended,
    mt,
    place_of_presentation,
    running,
    step,
    void,
    with_clock,
)
from fondaco.trade.deed import Tell

ADVICE, INSTRUCTED = "URC522.26c", "URC522.24"
DISHONOURS_MAX = 99


def dishonoured(c: Collection, body: Say, doing: Doing) -> Change | Refusal:
    """The drawee, or for it the bank that presented, says that there is no payment or no acceptance; the remitting bank has the advice at once."""
    if c.state is State.MATURED and doing.actor == c.collecting_bank and running(c, deadline.PAY_ACCEPTED_BILL):
        # The drawee may pay until its bank closes. Only it can say before that it will not.
        return Refusal(Reason.OUT_OF_TURN, "matures_on", f"{c.drawee} may pay until {c.matures_on} is over", ADVICE)
    if len(c.dishonours) >= DISHONOURS_MAX:
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "dishonours", str(len(c.dishonours)), ADVICE)
    place = place_of_presentation(c, doing)
    if isinstance(place, Refusal):
        return place
    today = place.calendar.local_date(doing.at)
    made = Dishonour("NPAY" if c.accepted_on or c.terms == "DP" else "NACC", today.isoformat(), doing.actor, body.text)
    after = msgspec.structs.replace(void(step(c, Event.DISHONOURED)), direction="", dishonours=(*c.dishonours, made))
    waiting = _waiting(after, today, doing)
    timed = waiting if isinstance(waiting, Refusal) or not c.protest else _protest_clock(waiting, doing)
    if isinstance(timed, Refusal):
        return timed
    return timed, (_advice(timed, made), *_asked(timed, made))


def re_instructed(c: Collection, body: Direct, doing: Doing) -> Change | Refusal:
    """What the remitting bank wants done. It ends the sixty days; a word to protest leaves the days for that, or begins them."""
    after = clocks_ended(step(c, Event.RE_INSTRUCTED), deadline.Event.ACT_DONE, deadline.FURTHER_INSTRUCTIONS)
    after = msgspec.structs.replace(after, direction=body.direction)
    timed = _protest_clock(after, doing) if body.direction == "PROTEST" else void(after)
    if isinstance(timed, Refusal):
        return timed
    return timed, (notices.notice(c.collecting_bank, c.id, "RE_INSTRUCTED", direction=body.direction),)


def protested(c: Collection, body: Protest, doing: Doing) -> Change | Refusal:
    """The bank had the dishonour protested, where it was instructed to: else it need not, and does not (24)."""
    if not c.protest and c.direction != "PROTEST":
        return Refusal(Reason.OUT_OF_TURN, "protest", "not instructed", INSTRUCTED)
    place = place_of_presentation(c, doing)
    if isinstance(place, Refusal):
        return place
    today = place.calendar.local_date(doing.at)
    drawn_up = particulars.day(body.on, "on", INSTRUCTED) if body.on else today
    if isinstance(drawn_up, Refusal):
        return drawn_up
    last = c.dishonours[-1] if c.dishonours else None
    if drawn_up > today or (last is not None and drawn_up < date.fromisoformat(last.on)):
        return Refusal(Reason.ELEMENT_NOT_ADMITTED, "on", body.on, INSTRUCTED)
    act = msgspec.structs.replace(body, on=drawn_up.isoformat())
    after = clocks_ended(step(c, Event.PROTESTED), deadline.Event.ACT_DONE, deadline.PROTEST)
    if last is not None:
        after = msgspec.structs.replace(after, dishonours=(*c.dishonours[:-1], msgspec.structs.replace(last, protest=act)))
    if not running(after, deadline.FURTHER_INSTRUCTIONS):
        # The instruction to protest ended the sixty days; after it the bank waits for a word on the documents again.
        waiting = _waiting(after, today, doing)
        if isinstance(waiting, Refusal):
            return waiting
        after = waiting
    fate = "\n".join(each for each in (f"PROTESTED {act.on}", act.notary, act.place, act.reference) if each)
    return after, (mt(c, "422", c.remitting_bank, {"72": body.text, "75": fate}), _told(c, "PROTESTED", on=act.on))


def returned(c: Collection, body: particulars.Nothing, doing: Doing) -> Change | Refusal:
    """Documents go back as instructed, or without a word once the sixty days are over (26(c)(iii))."""
    rule, missed = deadline.FURTHER_INSTRUCTIONS.name, deadline.State.MISSED
    if c.direction != "RETURN" and not any(each.rule == rule and each.state is missed for each in c.deadlines):
        return Refusal(Reason.OUT_OF_TURN, "direction", c.direction, ADVICE)
    told = mt(c, "422", c.remitting_bank, {"75": "DOCUMENTS RETURNED"})
    return void(step(c, Event.DOCS_RETURNED)), (told, _told(c, "DOCS_RETURNED"))


def _waiting(c: Collection, today: date, doing: Doing) -> Collection | Refusal:
    """The sixty days run from the day of the advice, whether banks work on it or not."""
    return with_clock(c, deadline.FURTHER_INSTRUCTIONS, c.remitting_bank, today, doing)


def _protest_clock(c: Collection, doing: Doing) -> Collection | Refusal:
    """The days for the protest of an accepted bill, from its maturity; none where they were over before the instruction came."""
    if not c.accepted_on or running(c, deadline.PROTEST):
        return c
    timed = with_clock(c, deadline.PROTEST, c.collecting_bank, date.fromisoformat(c.matures_on), doing)
    return timed if isinstance(timed, Refusal) or int(doing.at) < timed.deadlines[-1].due_at else c


def _advice(c: Collection, made: Dishonour) -> Tell:
    """The advice of non-payment or non-acceptance (26(c)(iii)): what, since when, and why as far as the drawee says."""
    money = notices.amount(c.outstanding, c.currency)
    dated = {"32A": notices.six(date.fromisoformat(c.matures_on)) + money} if c.accepted_on else {"32B": money}
    return mt(
        c, "416", c.remitting_bank, {"23E": made.kind, "77A": made.text or "THE DRAWEE GAVE NO REASON", "21A": c.id, **dated}
    )


def _asked(c: Collection, made: Dishonour) -> tuple[Tell, ...]:
    """Who must say what is to be done now, and until when; who must protest hears it without being asked again."""
    until = next(each.due_on for each in reversed(c.deadlines) if each.rule == deadline.FURTHER_INSTRUCTIONS.name)
    found = [notices.notice(c.remitting_bank, c.id, "INSTRUCTIONS_ASKED", until=until)]
    found.append(_told(c, "DISHONOURED", kind=made.kind, text=made.text, until=until))
    if made.by == c.drawee:
        found.append(notices.notice(c.collecting_bank, c.id, "REFUSED_BY_DRAWEE", kind=made.kind, text=made.text))
    if c.protest:
        due = next((each.due_on for each in c.deadlines if each.rule == deadline.PROTEST.name), "")
        found.append(notices.notice(c.collecting_bank, c.id, "PROTEST_INSTRUCTED", until=due))
    return tuple(found)


def _told(c: Collection, what: str, **more: str) -> Tell:
    return notices.notice(c.principal, c.id, what, **more)


ACTS: Acts = {
    Event.DISHONOURED: (Say, dishonoured),
    Event.RE_INSTRUCTED: (Direct, re_instructed),
    Event.PROTESTED: (Protest, protested),
    Event.DOCS_RETURNED: (particulars.Nothing, returned),
}

"""What a bank pays its own customer (UCP 600 article 15): the money moves on that bank's own books, and its signed word says so.

Where presenter and bank are not customer and bank, only a payment that the hub settled will do: whoever decides this deed asks for that.
"""

from __future__ import annotations

import msgspec

from fondaco.core import Reason, Refusal
from fondaco.trade import deadline, honouring, notices, undertaking
from fondaco.trade.consequences import clocks_ended, undertaking_clock
from fondaco.trade.credit_deeds import Acts, Change, Credited, Doing, role_fault
from fondaco.trade.deed import Deed
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import Event
from fondaco.trade.presenting import examined

ARTICLE = "UCP600.15"


def credited(lc: LetterOfCredit, body: Credited, doing: Doing) -> Change | Refusal:
    """The bank credited its customer with all that it owes for a presentation at sight, or for an undertaking that is due."""
    named = [each for each in (body.presentation, body.undertaking) if each]
    if len(named) != 1:
        return Refusal(Reason.ELEMENT_MISSING, "presentation", str(len(named)), ARTICLE)
    return _at_sight(lc, body.presentation, doing) if body.presentation else _at_maturity(lc, body.undertaking, doing)


def customer(lc: LetterOfCredit, deed: Deed) -> str:
    """Who is credited by a deed that was decided: it must be the bank's own customer."""
    body = msgspec.json.decode(deed.body, type=Credited)
    if body.undertaking:
        return lc.undertakings[body.undertaking - 1].creditor
    return lc.presentations[body.presentation - 1].presenter


def _at_sight(lc: LetterOfCredit, number: int, doing: Doing) -> Change | Refusal:
    found = examined(lc, number, Event.CREDITED, doing)
    if isinstance(found, Refusal):
        return found
    fault = honouring.sight_fault(lc, found)
    if fault is not None:
        return fault
    told = notices.mt("754", lc.issuing_bank, {"20": lc.id, "21": lc.id, "32A": honouring.dated(lc, found)})
    return honouring.honoured(lc, found, Event.CREDITED), (told,) if found.bank != lc.issuing_bank else ()


def _at_maturity(lc: LetterOfCredit, number: int, doing: Doing) -> Change | Refusal:
    found = honouring.promised(lc, number, undertaking.Event.PAID)
    if isinstance(found, Refusal):
        return found
    fault = role_fault(doing, ARTICLE, found.bank)
    if fault is not None:
        return fault
    after = clocks_ended(lc, deadline.Event.ACT_DONE, undertaking_clock(lc, found.number))
    return after.with_undertaking(found.after(undertaking.Event.PAID)), ()


ACTS: Acts = {"CREDITED": (Credited, credited)}

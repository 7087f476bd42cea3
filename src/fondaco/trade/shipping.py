"""Whether goods went by the latest day for shipment (UCP 600 article 29(c)): what a transport document shows, told when a bank has examined it.

The day itself passes like any other. Nothing moves it, and neither a presentation before it nor one after it says when goods were shipped.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fondaco.core import Refusal
from fondaco.trade import deadline
from fondaco.trade.consequences import latest_shipment, place_of_expiry, presentation_clock, with_clock
from fondaco.trade.deadline import Places
from fondaco.trade.examination.terms import Terms
from fondaco.trade.letter_of_credit import LetterOfCredit
from fondaco.trade.presentation import Presentation
from fondaco.trade.transferred_terms import days_of


def weighed(lc: LetterOfCredit, found: Presentation, sets: Iterable[Terms], places: Places) -> LetterOfCredit | Refusal:
    """The credit with what became of the day for shipment of the documents that a bank examined: met or missed, by their own day.

    `sets` are the terms that they are held to: the latest day that any of them allows counts. Nothing is added where the documents show no day, or
    nothing asks for one. Refused where the calendar of the place of expiry does not know the day.
    """
    latest = _latest(lc, found, sets)
    if not found.shipped_on or latest is None:
        return lc
    place = place_of_expiry(lc, places)
    if isinstance(place, Refusal):
        return place
    rule = deadline.LATEST_SHIPMENT
    shipper = lc.presentations[found.root - 1].presenter
    clock = deadline.begin(presentation_clock(lc, found.number, rule), rule, shipper, latest, place)
    if isinstance(clock, Refusal):
        return clock
    in_time = found.shipped_on <= latest.isoformat()
    return with_clock(lc, clock.after(deadline.Event.ACT_DONE if in_time else deadline.Event.TIME_RAN_OUT))


def _latest(lc: LetterOfCredit, found: Presentation, sets: Iterable[Terms]) -> date | None:
    """The credit's day; of a second beneficiary's documents that of their transfer, with the amendments that it agreed to (38)."""
    transfer = lc.presentations[found.root - 1].transfer
    return days_of(lc, lc.transfers[transfer - 1]).latest_shipment if transfer else latest_shipment(sets)

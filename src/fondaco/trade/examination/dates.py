"""The days that an examination is measured by, counted on the calendar of the place: handed to the rules, which count nothing themselves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Protocol

import msgspec

from fondaco.trade.examination.documents import Presentation, TransportDocument
from fondaco.trade.examination.terms import Terms
from fondaco.trade.examination.words import Strict

# A bank has so many banking days after the day of presentation (UCP 600 art. 14(b)).
EXAMINATION_DAYS = 5
# Calendar days after shipment, where the credit is silent (art. 14(c)).
PRESENTATION_DAYS = 21
CLOSED_DAYS_MAX = 30


class OpenDays(Protocol):
    """A calendar of the place: `core.Calendar` is one, `BankingDays` another."""

    def business_day_from(self, day: date) -> date: ...
    def business_day_after(self, day: date, count: int) -> date: ...


class BankingDays(Strict, frozen=True, kw_only=True):
    """The simplest calendar of a place: its weekend (Monday is 0) and the days on which its banks are closed."""

    weekend: tuple[int, ...] = (5, 6)
    closed: tuple[date, ...] = ()

    def business_day_from(self, day: date) -> date:
        """The first banking day that is not before `day`. Raises `ValueError` when none comes within thirty days."""
        for ahead in range(CLOSED_DAYS_MAX):
            candidate = day + timedelta(days=ahead)
            if candidate.weekday() not in self.weekend and candidate not in self.closed:
                return candidate
        raise ValueError(f"no banking day within {CLOSED_DAYS_MAX} days of {day}")

    def business_day_after(self, day: date, count: int) -> date:
        """The `count`-th banking day after `day`, which itself does not count."""
        for _ in range(count):
            day = self.business_day_from(day + timedelta(days=1))
        return day


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """What the calendar says of one presentation.

    `presented` is the day that counts as the day of presentation: what comes after the bank has closed counts for the next banking day (art. 33).
    `expiry` is the last day on which documents may be presented under the credit, moved to the next banking day where the place is closed (art. 29(a));
    `last_after_shipment` the last one by the period after shipment, moved likewise, None where no period runs. `examined_by` is the last day for a
    notice of refusal (art. 14(b), 16(d)).
    """

    presented: date
    expiry: date
    last_after_shipment: date | None
    examined_by: date


def shipment_day(document: TransportDocument) -> date | None:
    """The day that counts as that of shipment: a dated notation first, then what the form's article takes (art. 19 to 25)."""
    if document.on_board_date is not None:
        return document.on_board_date
    if document.form in ("AIR_WAYBILL", "COURIER"):
        return document.shipped or document.issued
    if document.form in ("ROAD", "RAIL", "INLAND_WATERWAY"):
        return document.received_date or document.shipped or document.issued
    if document.form == "MULTIMODAL":
        return document.received_date or document.issued
    return document.issued if document.shipped_on_board else None


def carried(terms: Terms, presentation: Presentation) -> tuple[TransportDocument, ...]:
    """The transport documents that the credit demands; where it demands none, none counts (art. 14(g))."""
    if not any(demand.kind == "TRANSPORT" for demand in terms.documents):
        return ()
    return tuple(one for one in presentation.documents if isinstance(one, TransportDocument))


def shipment_of(terms: Terms, presentation: Presentation) -> date | None:
    """The latest day of shipment that the transport documents bear: it starts the period for presentation (art. 31(b))."""
    days = [shipment_day(one) for one in carried(terms, presentation)]
    return max((day for day in days if day is not None), default=None)


def days_of(terms: Terms, presentation: Presentation, calendar: OpenDays) -> Days:
    """The days of this presentation on the calendar of the place where it was made.

    Raises `ValueError` for a day that the calendar doesn't know.
    """
    received = presentation.received
    if presentation.complete is not None:
        received = max(
            received, presentation.complete
        )  # electronic records are presented with their notice of completeness (eUCP e6)
    presented = calendar.business_day_from(received)
    if presented == received and not presentation.in_banking_hours:
        presented = calendar.business_day_after(received, 1)
    return Days(
        presented=presented,
        expiry=calendar.business_day_from(terms.expiry),
        last_after_shipment=_last_after_shipment(terms, presentation, calendar),
        examined_by=calendar.business_day_after(presented, EXAMINATION_DAYS),
    )


def _last_after_shipment(terms: Terms, presentation: Presentation, calendar: OpenDays) -> date | None:
    shipped = shipment_of(terms, presentation)
    originals = any(one.originals > 0 or one.record for one in carried(terms, presentation))
    if shipped is None or (terms.presentation_days is None and not originals):
        return None
    count = PRESENTATION_DAYS if terms.presentation_days is None else terms.presentation_days
    return calendar.business_day_from(shipped + timedelta(days=count))

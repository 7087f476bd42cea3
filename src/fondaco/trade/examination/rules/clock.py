"""Rules of time: expiry, the period after shipment, dates of documents and of shipment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from fondaco.trade.examination.case import Case, found
from fondaco.trade.examination.dates import shipment_day, shipment_of
from fondaco.trade.examination.documents import TransportDocument
from fondaco.trade.examination.finding import Finding

# "On or about" a day (art. 3).
ABOUT_DAYS = 5


def expiry(case: Case) -> Iterator[Finding]:
    days, terms = case.days, case.terms
    if days.presented > days.expiry:
        yield found(
            "UCP600.6e", "DISCREPANCY", None, "received", days.presented, at="expiry", expected=days.expiry,
            advice="Nothing can be presented after expiry; only an amendment or a waiver helps.",
        )  # fmt: skip
    elif days.expiry != terms.expiry and days.presented > terms.expiry:
        yield found(
            "UCP600.6e",
            "INFO",
            None,
            "received",
            days.presented,
            at="expiry",
            expected=f"{terms.expiry}, moved to {days.expiry} (29a)",
        )
    if not case.presentation.in_banking_hours:
        yield found("UCP600.33", "INFO", None, "received", f"{case.presentation.received}, counts for {days.presented}")


def period(case: Case) -> Iterator[Finding]:
    last = case.days.last_after_shipment
    if last is not None and case.days.presented > last:
        yield found(
            "UCP600.14c", "DISCREPANCY", None, "received", case.days.presented,
            at="presentation_days", expected=f"{last}, shipment was {shipment_of(case.terms, case.presentation)}",
            advice="Documents are stale: ask for a waiver, or for an amendment of the period.",
        )  # fmt: skip


def dated_later(case: Case) -> Iterator[Finding]:
    for one in case.documents:
        if one.issued is not None and one.issued > case.days.presented:
            yield found(
                "UCP600.14i", "DISCREPANCY", one, "issued", one.issued, against="", at="received", expected=case.days.presented,
                advice="Have the document dated anew.",
            )  # fmt: skip


def periods(case: Case) -> Iterator[Finding]:
    """A period in words (44D) that nobody turned into an earliest and a latest day."""
    terms = case.terms
    if terms.shipment_period and terms.earliest_shipment is None and terms.latest_shipment is None:
        for one in case.of(TransportDocument):
            yield found(
                "UCP600.3/period", "QUERY", one, "on_board_date", shipment_day(one) or "", at="shipment_period", expected=terms.shipment_period,
                advice="Examine by eye.",
            )  # fmt: skip


def shipment(case: Case) -> Iterator[Finding]:
    terms = case.terms
    for one in case.of(TransportDocument):
        day = shipment_day(one)
        if day is None:
            continue
        number = case.article_of(one)
        where = "on_board_date" if one.on_board_date else "issued"
        if terms.latest_shipment is not None and day > terms.latest_shipment:
            part = "a.iii/latest" if number == "23" else "a.ii/latest"
            yield found(
                f"UCP600.{number}{part}", "DISCREPANCY", one, where, day, at="latest_shipment", expected=terms.latest_shipment,
                advice="The latest day of shipment is never moved (29c): ask for an amendment or a waiver.",
            )  # fmt: skip
        if terms.earliest_shipment is not None and day < terms.earliest_shipment:
            yield found(
                "CREDIT.44C/earliest", "DISCREPANCY", one, where, day, at="earliest_shipment", expected=terms.earliest_shipment
            )
        if terms.shipment_about is not None and abs(day - terms.shipment_about) > timedelta(days=ABOUT_DAYS):
            yield found(
                "UCP600.3/about", "DISCREPANCY", one, where, day, at="shipment_about",
                expected=f"{terms.shipment_about - timedelta(days=ABOUT_DAYS)} to {terms.shipment_about + timedelta(days=ABOUT_DAYS)}",
            )  # fmt: skip


RULES = (expiry, period, periods, dated_later, shipment)

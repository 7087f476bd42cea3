"""The examination: every rule over one presentation, its findings in a stable order. The engine proposes; the bank decides."""

from __future__ import annotations

from datetime import date
from typing import Literal

from fondaco.trade.examination.case import KINDS, case_of, kinds_demanded
from fondaco.trade.examination.compiling import compiled
from fondaco.trade.examination.dates import Days, OpenDays, days_of
from fondaco.trade.examination.documents import Presentation, kind_of
from fondaco.trade.examination.finding import SEVERITIES, Finding
from fondaco.trade.examination.rules import ALL
from fondaco.trade.examination.terms import Terms
from fondaco.trade.examination.words import Strict


class Report(Strict, frozen=True, kw_only=True):
    """What was found. `proposal` is DISCREPANT with one discrepancy or more, QUERIED where only a person can say, else COMPLYING.

    `examined_by` is the last day for a notice of refusal (UCP 600 art. 16(d)); `findings` stand by severity, then document, rule and field.
    """

    credit_number: str
    presented: date
    examined_by: date
    proposal: Literal["COMPLYING", "QUERIED", "DISCREPANT"]
    findings: tuple[Finding, ...] = ()

    def of(self, severity: str) -> tuple[Finding, ...]:
        return tuple(one for one in self.findings if one.severity == severity)


def examine(terms: Terms, presentation: Presentation, days: Days) -> Report:
    """Examine a presentation against the credit's terms in the version that it was made under.

    `days` are the calendar's (`days_of`). The same input gives the same report, whatever the order of the documents. Nothing is decided: a bank may
    take a discrepancy as none, and finds what no rule looks for.
    """
    case = case_of(compiled(terms), presentation, days)
    findings = _told_once({finding for rule in ALL for finding in rule(case)})
    order = {document.id: (KINDS.index(kind_of(document)), document.id) for document in presentation.documents}
    placed = sorted(
        findings,
        key=lambda one: (
            SEVERITIES.index(one.severity),
            order.get(one.document, (len(KINDS) if one.document else -1, one.document)),
            one.rule,
            one.where,
            one.found,
            one.other,
            one.other_where,
            one.expected,
        ),
    )
    worst = placed[0].severity if placed else "INFO"
    return Report(
        credit_number=terms.number,
        presented=days.presented,
        examined_by=days.examined_by,
        proposal="DISCREPANT" if worst == "DISCREPANCY" else "QUERIED" if worst == "QUERY" else "COMPLYING",
        findings=tuple(placed),
    )


def _told_once(findings: set[Finding]) -> set[Finding]:
    """Where a clause of the credit and a contradiction of data (art. 14(d)) say the same of one field, the clause alone."""
    told = {
        (one.document, one.where)
        for one in findings
        if one.rule in ("CREDIT.46A", "CREDIT.47A") and one.severity == "DISCREPANCY"
    }
    return {one for one in findings if one.article != "UCP600.14d" or (one.document, one.where) not in told}


def examine_on(terms: Terms, presentation: Presentation, calendar: OpenDays) -> Report:
    """The same, with the days counted on the calendar of the place of presentation."""
    return examine(terms, presentation, days_of(terms, presentation, calendar))


class Precheck(Strict, frozen=True, kw_only=True):
    """What an exporter learns before it presents: what is still to come, what would be refused, and by when to present.

    `missing` are the demanded kinds of which nothing is there yet. `last_day` is the last day to present what there is.
    """

    missing: tuple[str, ...]
    last_day: date
    report: Report


def precheck(terms: Terms, presentation: Presentation, calendar: OpenDays) -> Precheck:
    """Examine a presentation that is not made yet; `received` is the day on which it is meant to be."""
    days = days_of(terms, presentation, calendar)
    here = {kind_of(document) for document in presentation.documents}
    last = days.expiry if days.last_after_shipment is None else min(days.expiry, days.last_after_shipment)
    return Precheck(
        missing=tuple(kind for kind in KINDS if kind in kinds_demanded(terms) - here),
        last_day=last,
        report=examine(terms, presentation, days),
    )

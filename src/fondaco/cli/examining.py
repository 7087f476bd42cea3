"""Documents under a credit at the command line: examined by a bank, checked by an exporter, terms by an applicant. Needs no hub."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from cyclopts import App, Parameter

from fondaco.cli.terminal import Json, Misused, Refused, console, show
from fondaco.cli.trade_app import trade_app
from fondaco.core import MalformedMessage
from fondaco.hub import NotReady
from fondaco.trade import examination

T = TypeVar("T")
Weekend = Annotated[
    tuple[int, ...], Parameter(help="The weekend of the place, Monday is 0.", consume_multiple=True, negative="--no-weekend")
]
Closed = Annotated[tuple[str, ...], Parameter(help="Days on which the banks of the place are closed (ISO).", negative="")]
SATURDAY_SUNDAY = (5, 6)


def register(app: App) -> None:
    """Put these words into an app of trade."""
    app.command(examine)
    app.command(precheck_, name="precheck")
    app.command(lint_, name="lint")


def examine(
    terms: Path,
    presentation: Path,
    *,
    weekend: Weekend = SATURDAY_SUNDAY,
    closed: Closed = (),
    refuse: Literal["", "HOLD", "RETURN", "NOTIFY", "PREVINST"] = "",
    json: Json = False,
) -> None:
    """Examine a presentation (JSON) against a credit's terms (JSON); docs/examination.md. The engine proposes; the bank decides.

    With `--refuse` a notice of refusal is drafted that says what becomes of the documents. Exit code 1 where there is a discrepancy.
    """
    credit, made = _read(terms, examination.read_terms), _read(presentation, examination.read_presentation)
    report = _examined(credit, made, _calendar(weekend, closed))
    notice = (
        examination.refusal_notice(credit, report, refuse, str(made.claimed or ""))
        if refuse and report.of("DISCREPANCY")
        else None
    )

    def text() -> None:
        console.print(
            f"{report.credit_number}: {report.proposal}; presented {report.presented}, examined by {report.examined_by}"
        )
        _print(report.findings)
        if notice is not None:
            console.print(notice.text(), markup=False)

    show(json, {"report": _told(report), "notice": notice}, text)
    if report.proposal == "DISCREPANT":
        sys.exit(1)


def precheck_(
    terms: Path, presentation: Path, *, weekend: Weekend = SATURDAY_SUNDAY, closed: Closed = (), json: Json = False
) -> None:
    """Before presenting: what is still missing, what would be refused, and by when to present. Exit code 1 where anything is."""
    credit, made = _read(terms, examination.read_terms), _read(presentation, examination.read_presentation)
    try:
        found = examination.precheck(credit, made, _calendar(weekend, closed))
    except ValueError as fault:
        raise Misused(str(fault)) from fault

    def text() -> None:
        console.print(f"{credit.number}: present by {found.last_day}; missing: {', '.join(found.missing) or 'nothing'}")
        _print(found.report.findings)

    show(json, {"missing": found.missing, "last_day": found.last_day, "report": _told(found.report)}, text)
    if found.missing or found.report.proposal == "DISCREPANT":
        sys.exit(1)


def lint_(
    terms: Path,
    *,
    locodes: Annotated[Path | None, Parameter(help="UNECE's table of UN/LOCODE (CSV): ports must be in it.")] = None,
    json: Json = False,
) -> None:
    """Before a credit is issued: contradictions, impossible dates, conditions that nobody can show. Exit code 1 where the terms are unfit."""
    credit = _read(terms, examination.read_terms)
    ports = _ports(locodes) if locodes is not None else None
    findings = examination.lint(credit, ports)

    def text() -> None:
        console.print(f"{credit.number}: {len(findings)} findings" if findings else f"{credit.number}: nothing to say")
        _print(findings)

    show(json, {"credit_number": credit.number, "findings": [_row(one) for one in findings]}, text)
    if examination.unfit(credit, ports):
        sys.exit(1)


def _read(path: Path, reading: Callable[[bytes], T]) -> T:
    try:
        return reading(path.read_bytes())
    except OSError as fault:
        raise NotReady(f"{path}: {fault.strerror}") from fault
    except MalformedMessage as fault:
        raise Refused(f"{path}: {fault.refusal.sentence()}") from fault


def _ports(path: Path) -> frozenset[str]:
    """The codes of UNECE's table: country and location are its second and third columns; rows without a location are countries."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as table:
            codes = frozenset(row[1] + row[2] for row in csv.reader(table) if len(row) > 2 and row[2])
    except OSError as fault:
        raise NotReady(f"{path}: {fault.strerror}") from fault
    except (UnicodeDecodeError, csv.Error) as fault:
        raise Misused(f"{path}: {fault}") from fault
    if not codes:
        raise Misused(f"{path}: no row holds a code")
    return codes


def _calendar(weekend: tuple[int, ...], closed: tuple[str, ...]) -> examination.BankingDays:
    if any(not 0 <= day <= 6 for day in weekend):
        raise Misused("a weekday is a number from 0 (Monday) to 6")
    try:
        return examination.BankingDays(weekend=weekend, closed=tuple(date.fromisoformat(day) for day in closed))
    except ValueError as fault:
        raise Misused(f"a closed day is an ISO date: {fault}") from fault


def _examined(credit: examination.Terms, made: examination.Presentation, calendar: examination.BankingDays) -> examination.Report:
    try:
        return examination.examine_on(credit, made, calendar)
    except ValueError as fault:
        raise Misused(str(fault)) from fault


def _told(report: examination.Report) -> dict[str, Any]:
    return {
        "credit_number": report.credit_number,
        "proposal": report.proposal,
        "presented": report.presented,
        "examined_by": report.examined_by,
        "findings": [_row(one) for one in report.findings],
    }


def _row(one: examination.Finding) -> dict[str, str]:
    """A finding with every field, empty or not: a program that reads it needs no defaults."""
    fields = {name: getattr(one, name) for name in one.__struct_fields__}
    return {**fields, "article": one.article, "caption": one.caption}


def _print(findings: tuple[examination.Finding, ...]) -> None:
    for one in findings:
        console.print(f"  {one.severity:<11} {one.sentence()}", markup=False, highlight=False)


register(trade_app)

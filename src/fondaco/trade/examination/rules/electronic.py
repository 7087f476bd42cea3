"""Rules of electronic records: the eUCP, version 2.1."""

from __future__ import annotations

from collections.abc import Iterator

from fondaco.trade.examination.case import Case, found
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.normal import same_reference


def records(case: Case) -> Iterator[Finding]:
    electronic = [one for one in case.documents if one.electronic]
    if not electronic:
        return
    if case.terms.rules != "EUCP":
        for one in electronic:
            yield found(
                "eUCP2.1.e1", "QUERY", one, "electronic", "an electronic record", at="rules", expected=case.terms.rules,
                advice="A credit that is not subject to the eUCP admits electronic records only where it says so.",
            )  # fmt: skip
        return
    for one in electronic:
        if case.terms.formats and one.format.upper() not in {name.upper() for name in case.terms.formats}:
            yield found("eUCP2.1.e5", "DISCREPANCY", one, "format", one.format, at="formats", expected=case.terms.formats)


def credit(case: Case) -> Iterator[Finding]:
    """The covering schedule may say to which credit the records belong; here it is the presentation's own field."""
    said, wanted = case.presentation.credit_number, case.terms.number
    if case.terms.rules == "EUCP" and any(one.electronic for one in case.documents) and not same_reference(said, wanted):
        yield found("eUCP2.1.e6/credit", "DISCREPANCY", None, "credit_number", said, at="number", expected=wanted)


def completeness(case: Case) -> Iterator[Finding]:
    if case.terms.rules == "EUCP" and any(one.electronic for one in case.documents) and case.presentation.complete is None:
        yield found(
            "eUCP2.1.e6", "DISCREPANCY", None, "complete", "", expected="a notice of completeness",
            advice="Without the notice nothing counts as presented: send it.",
        )  # fmt: skip


RULES = (records, credit, completeness)

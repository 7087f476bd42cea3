"""The notice of refusal, drafted from a report: one notice, that refuses, with every discrepancy, and what becomes of the documents (UCP 600 art. 16(c))."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import date
from typing import Literal

from fondaco.trade.examination.case import text
from fondaco.trade.examination.examining import Report
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.terms import Terms
from fondaco.trade.examination.words import Strict

# What becomes of the documents, by its code in field 77B of SWIFT MT 734: held for the presenter's instructions, returned, held until the applicant waives
# and the bank agrees, or dealt with as instructed before (art. 16(c)(iii)).
Disposal = Literal["HOLD", "RETURN", "NOTIFY", "PREVINST"]
_DISPOSALS = {
    "HOLD": "We hold the documents until you instruct us.",
    "RETURN": "We return the documents.",
    "NOTIFY": "We hold the documents until we receive a waiver from the applicant and agree to it, or your instructions before that.",
    "PREVINST": "We act as you instructed us before.",
}
# Field 77J of MT 734 holds so many lines of so many characters.
LINES_MAX = 70
LINE_LENGTH = 50


class RefusalNotice(Strict, frozen=True, kw_only=True):
    """A draft: the bank decides whether to send it, and it must go by `by_day` (art. 16(d)), or the bank is precluded (art. 16(f))."""

    credit_number: str
    presented: date
    by_day: date
    claimed: str
    discrepancies: tuple[str, ...]
    disposal: Disposal

    def text(self) -> str:
        """The notice as people read it."""
        lines = [
            f"Credit {self.credit_number}, presentation of {self.presented}"
            + (f", claiming {self.claimed}" if self.claimed else ""),
            "We refuse to honour or negotiate, for these discrepancies:",
            *(f"{number}. {sentence}" for number, sentence in enumerate(self.discrepancies, start=1)),
            _DISPOSALS[self.disposal],
        ]
        return "\n".join(lines) + "\n"

    def lines(self) -> tuple[str, ...]:
        """The discrepancies in lines of fifty characters, as field 77J of MT 734 takes them; more than seventy don't fit into one message."""
        return tuple(
            line
            for number, sentence in enumerate(self.discrepancies, start=1)
            for line in textwrap.wrap(f"{number}. {sentence}", LINE_LENGTH)
        )


def refusal_notice(
    terms: Terms, report: Report, disposal: Disposal, claimed: str = "", upheld: Sequence[Finding] | None = None
) -> RefusalNotice:
    """Draft the notice from a report: from all its discrepancies, or from those (or further findings) that the bank upholds.

    A later notice cannot add what this one leaves out, so nothing is shortened. Raises `ValueError` where there is nothing to refuse for.
    """
    discrepancies = report.of("DISCREPANCY") if upheld is None else tuple(upheld)
    if not discrepancies:
        raise ValueError("a notice of refusal states a discrepancy")
    return RefusalNotice(
        credit_number=terms.number,
        presented=report.presented,
        by_day=report.examined_by,
        claimed=claimed,
        discrepancies=tuple(dict.fromkeys(_sentence(one) for one in discrepancies)),
        disposal=disposal,
    )


def _sentence(one: Finding) -> str:
    """What is wrong, in the words of a notice: the document, what it says, what it should."""
    field = one.where.replace("_", " ")
    subject = " ".join(part for part in (one.document or "presentation", field) if part)
    said = f"shows {one.found}" if one.found else "is missing"
    against = "the credit" if one.other == "CREDIT" else one.other
    wanted = f", {against + ': ' if against else ''}{text(one.expected)}" if one.expected else ""
    return f"{subject} {said}{wanted} ({one.article})"

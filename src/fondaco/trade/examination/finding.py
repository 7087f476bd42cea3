"""One finding: the rule that it comes from, both places, both values, and what can be done."""

from __future__ import annotations

from typing import Literal

from fondaco.trade.examination.captions import RULES, TERMS_RULES, article
from fondaco.trade.examination.words import Strict

Severity = Literal["DISCREPANCY", "QUERY", "INFO"]
SEVERITIES = ("DISCREPANCY", "QUERY", "INFO")
# Where a value stands that is not in a document: in the credit, or in what was told of the presentation.
CREDIT = "CREDIT"


class Finding(Strict, frozen=True, kw_only=True):
    """What one rule found.

    A DISCREPANCY is a ground to refuse; a QUERY needs a person's eyes; an INFO says why something is no discrepancy. `document` is the id of a document,
    the kind of one that is missing, or "" for the presentation as a whole; `where` the path of the field in it and `path` its place in the original,
    where that is known. `other` and `other_where` are the place that it is held against (`CREDIT`, or another document).
    """

    rule: str
    severity: Severity
    document: str
    where: str = ""
    found: str = ""
    other: str = ""
    other_where: str = ""
    expected: str = ""
    advice: str = ""
    path: str = ""

    def __post_init__(self) -> None:
        assert self.rule in RULES or self.rule in TERMS_RULES, f"{self.rule} is not in the captions"

    @property
    def caption(self) -> str:
        return RULES.get(self.rule) or TERMS_RULES[self.rule]

    @property
    def article(self) -> str:
        return article(self.rule)

    def sentence(self) -> str:
        """One line for a person: article, document and field, both values, what to do."""
        place = ".".join(part for part in (self.document or "presentation", self.where) if part)
        parts = [f"{self.article}: {self.caption}", f"{place}: {self.found or 'missing'}"]
        if self.expected:
            against = ".".join(part for part in (self.other, self.other_where) if part)
            parts.append(f"{against + ': ' if against else ''}{self.expected}")
        return "; ".join(parts) + (f". {self.advice}" if self.advice else "")

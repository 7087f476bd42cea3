"""What members, operators and supervisors read: statements, reconciliation, the story of a payment."""

from fondaco.reporting.calibration_report import calibration_html, share
from fondaco.reporting.case_report import CaseReport, case_html, case_report
from fondaco.reporting.deal_page import deal_html
from fondaco.reporting.deal_story import (
    DealStory,
    StoryDeadline,
    StoryEvent,
    StoryFinding,
    StoryMessage,
    StoryPaper,
    StoryParty,
    StoryPayment,
    StoryPosting,
    StoryStep,
    StoryTitle,
)
from fondaco.reporting.default_minutes import default_minutes, minutes
from fondaco.reporting.evidence import TABLES, DayRange, log_of, tables_of, write_evidence
from fondaco.reporting.invoice import Invoice, InvoiceLine, invoice
from fondaco.reporting.liquidity import Position, position, positions
from fondaco.reporting.page import escape
from fondaco.reporting.reconciliation import contradictions, differences
from fondaco.reporting.statement import statements
from fondaco.reporting.story import story
from fondaco.reporting.union_statement import UnionLine, UnionStatement, union_statement

__all__ = [
    "TABLES",
    "CaseReport",
    "DayRange",
    "DealStory",
    "Invoice",
    "InvoiceLine",
    "Position",
    "StoryDeadline",
    "StoryEvent",
    "StoryFinding",
    "StoryMessage",
    "StoryPaper",
    "StoryParty",
    "StoryPayment",
    "StoryPosting",
    "StoryStep",
    "StoryTitle",
    "UnionLine",
    "UnionStatement",
    "calibration_html",
    "case_html",
    "case_report",
    "contradictions",
    "deal_html",
    "default_minutes",
    "differences",
    "escape",
    "invoice",
    "log_of",
    "minutes",
    "position",
    "positions",
    "share",
    "statements",
    "story",
    "tables_of",
    "union_statement",
    "write_evidence",
]

"""May these parties be served: lists, screening, cases. It cannot be switched off, and fails closed."""

from fondaco.compliance.case import CASE, Case, Decision, Officer, decide, sign, supersede
from fondaco.compliance.case import State as CaseState
from fondaco.compliance.lists import Entry, ListEdition, Name, Quarantined, read_list
from fondaco.compliance.screening import ENGINE, Hit, ListSet, ListSetting, Screener, ScreeningUnfit, Verdict

__all__ = [
    "CASE",
    "ENGINE",
    "Case",
    "CaseState",
    "Decision",
    "Entry",
    "Hit",
    "ListEdition",
    "ListSet",
    "ListSetting",
    "Name",
    "Officer",
    "Quarantined",
    "Screener",
    "ScreeningUnfit",
    "Verdict",
    "decide",
    "read_list",
    "sign",
    "supersede",
]

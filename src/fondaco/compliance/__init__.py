"""May these parties be served: lists, screening, cases. It cannot be switched off, and fails closed."""

from fondaco.compliance.case import CASE, Case, Decision, Officer, decide, sign, supersede
from fondaco.compliance.case import State as CaseState
from fondaco.compliance.list_set import ENGINE, ListSet, ListSetting, ScreeningUnfit
from fondaco.compliance.lists import Entry, Identifier, ListEdition, Name, Owner, Quarantined, read_list
from fondaco.compliance.screening import Hit, Screener, Verdict

__all__ = [
    "CASE",
    "ENGINE",
    "Case",
    "CaseState",
    "Decision",
    "Entry",
    "Hit",
    "Identifier",
    "ListEdition",
    "ListSet",
    "ListSetting",
    "Name",
    "Officer",
    "Owner",
    "Quarantined",
    "Screener",
    "ScreeningUnfit",
    "Verdict",
    "decide",
    "read_list",
    "sign",
    "supersede",
]

"""May these parties be served: lists, screening, cases. It cannot be switched off, and fails closed."""

from fondaco.compliance.case import CASE, Case, Decision, Officer, decide, sign, supersede
from fondaco.compliance.case import State as CaseState
from fondaco.compliance.goods import Goods, GoodsHit, licence_references
from fondaco.compliance.list_set import ENGINE, ListSet, ListSetting, ScreeningUnfit
from fondaco.compliance.lists import (
    READER,
    READERS,
    EditionDifference,
    Entry,
    Good,
    Identifier,
    ListEdition,
    Name,
    Owner,
    Quarantined,
    changed_facts,
    country_code,
    edition_difference,
    read_list,
)
from fondaco.compliance.ownership import Blocked, blocked_by_ownership
from fondaco.compliance.screening import Hit, Screener, Verdict
from fondaco.compliance.vessels import VesselHit, Vessels

__all__ = [
    "CASE",
    "ENGINE",
    "READER",
    "READERS",
    "Blocked",
    "Case",
    "CaseState",
    "Decision",
    "EditionDifference",
    "Entry",
    "Good",
    "Goods",
    "GoodsHit",
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
    "VesselHit",
    "Vessels",
    "blocked_by_ownership",
    "changed_facts",
    "country_code",
    "decide",
    "edition_difference",
    "licence_references",
    "read_list",
    "sign",
    "supersede",
]

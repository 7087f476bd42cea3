"""May these parties be served: lists, screening, cases. It cannot be switched off, and fails closed."""

from fondaco.compliance.calibration import Calibration, Proposal, Rate, Sample, calibrate, disguised_names, honest_names
from fondaco.compliance.case import (
    CASE,
    CONFIRM,
    DECIDED,
    RELEASE,
    Case,
    Decision,
    Officer,
    chain_fault,
    decide,
    escalate,
    expire,
    sign,
    supersede,
)
from fondaco.compliance.case import State as CaseState
from fondaco.compliance.configuration import Configuration, CorridorThreshold, Embargo, Judging, Member
from fondaco.compliance.good_guy import GOOD_GUY, UNITED_NATIONS, VOUCH, WITHDRAW, GoodGuy, Word, end, sign_word, vouch, withdraw
from fondaco.compliance.good_guy import Event as GoodGuyEvent
from fondaco.compliance.good_guy import State as GoodGuyState
from fondaco.compliance.list_set import ENGINE, ListSet, ListSetting, ScreeningUnfit
from fondaco.compliance.lists import Entry, Identifier, ListEdition, Name, Owner, Quarantined, read_list
from fondaco.compliance.screening import Screener, message_digest
from fondaco.compliance.verdict import EMBARGO, JUDGE, PARTY_DATA, Hit, Spared, Verdict, alert_of, alerts_of
from fondaco.compliance.weighing import STRONG_MILLI

__all__ = [
    "CASE",
    "CONFIRM",
    "DECIDED",
    "EMBARGO",
    "ENGINE",
    "GOOD_GUY",
    "JUDGE",
    "PARTY_DATA",
    "RELEASE",
    "STRONG_MILLI",
    "UNITED_NATIONS",
    "VOUCH",
    "WITHDRAW",
    "Calibration",
    "Case",
    "CaseState",
    "Configuration",
    "CorridorThreshold",
    "Decision",
    "Embargo",
    "Entry",
    "GoodGuy",
    "GoodGuyEvent",
    "GoodGuyState",
    "Hit",
    "Identifier",
    "Judging",
    "ListEdition",
    "ListSet",
    "ListSetting",
    "Member",
    "Name",
    "Officer",
    "Owner",
    "Proposal",
    "Quarantined",
    "Rate",
    "Sample",
    "Screener",
    "ScreeningUnfit",
    "Spared",
    "Verdict",
    "Word",
    "alert_of",
    "alerts_of",
    "calibrate",
    "chain_fault",
    "decide",
    "disguised_names",
    "end",
    "escalate",
    "expire",
    "honest_names",
    "message_digest",
    "read_list",
    "sign",
    "sign_word",
    "supersede",
    "vouch",
    "withdraw",
]

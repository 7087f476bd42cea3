"""What a union agreed on, by date: participants, currencies, calendars, articles."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from fondaco.rulebook.article import Article, Articles
from fondaco.rulebook.clearing_union import (
    AGREED_ASSET,
    CARRY_OVER,
    DAY_COUNTS,
    LOCAL_CURRENCY,
    MONTH,
    TWO_MONTHS,
    WEEK,
    ClearingUnion,
    ResidualRule,
    UnionMember,
)
from fondaco.rulebook.difference import Difference, difference
from fondaco.rulebook.draft import Mistake
from fondaco.rulebook.limits import CAP, FLOW, SCHEME, TOTAL, SetLimitRule, who_must_agree
from fondaco.rulebook.membership import (
    CONFORMANCE_CASES,
    MEMBERSHIP,
    Application,
    CaseResult,
    Certificate,
    Membership,
    admitting_row,
    application_fault,
    certificate_fault,
    differs,
    sign_application,
    sign_certificate,
)
from fondaco.rulebook.membership import Event as MembershipEvent
from fondaco.rulebook.membership import State as MembershipState
from fondaco.rulebook.motion import (
    DECLARE,
    EXTENSION,
    KEY,
    LODGE,
    MOTION,
    RELEASE,
    RESIDUAL,
    RULES,
    STANDING,
    Deed,
    Electorate,
    Motion,
    Vote,
    join,
    lapse,
    sign_vote,
    vote_fault,
)
from fondaco.rulebook.motion import State as MotionState
from fondaco.rulebook.participant import OfficerRule, Participant, Standing
from fondaco.rulebook.proposal import PROPOSAL, ProposalEvent, ProposalState
from fondaco.rulebook.reading import read_scheme
from fondaco.rulebook.risk import BY_CAP, BY_DEALINGS, CASH, CollateralRule, FundShare, RiskRules
from fondaco.rulebook.scheme import (
    HUB_NUMBER,
    PRICING_REFERENCE,
    RETURN_AT_ORIGINAL_RATE,
    Corridor,
    CreditLine,
    CurrencyRules,
    CustomerLimit,
    CycleRule,
    EmbargoRule,
    ListRule,
    ListThreshold,
    RetailPurpose,
    Rules,
    Scheme,
    Tariff,
)
from fondaco.rulebook.succession import Edition, edition_on, succession_faults

UNIONS = ("straits", "bridge")


def union_folder(name: str) -> Path:
    """The folder of a ready union. It has no officers.toml: keys are made where the union is set up."""
    if name not in UNIONS:
        raise KeyError(f"no ready union {name!r}; there are {', '.join(UNIONS)}")
    return Path(str(importlib.resources.files("fondaco.rulebook") / "unions" / name))


__all__ = [
    "AGREED_ASSET",
    "BY_CAP",
    "BY_DEALINGS",
    "CAP",
    "CARRY_OVER",
    "CASH",
    "CONFORMANCE_CASES",
    "DAY_COUNTS",
    "DECLARE",
    "EXTENSION",
    "FLOW",
    "HUB_NUMBER",
    "KEY",
    "LOCAL_CURRENCY",
    "LODGE",
    "MEMBERSHIP",
    "MONTH",
    "MOTION",
    "PRICING_REFERENCE",
    "PROPOSAL",
    "RELEASE",
    "RESIDUAL",
    "RETURN_AT_ORIGINAL_RATE",
    "RULES",
    "SCHEME",
    "STANDING",
    "TOTAL",
    "TWO_MONTHS",
    "UNIONS",
    "WEEK",
    "Application",
    "Article",
    "Articles",
    "CaseResult",
    "Certificate",
    "ClearingUnion",
    "CollateralRule",
    "Corridor",
    "CreditLine",
    "CurrencyRules",
    "CustomerLimit",
    "CycleRule",
    "Deed",
    "Difference",
    "Edition",
    "Electorate",
    "EmbargoRule",
    "FundShare",
    "ListRule",
    "ListThreshold",
    "Membership",
    "MembershipEvent",
    "MembershipState",
    "Mistake",
    "Motion",
    "MotionState",
    "OfficerRule",
    "Participant",
    "ProposalEvent",
    "ProposalState",
    "ResidualRule",
    "RetailPurpose",
    "RiskRules",
    "Rules",
    "Scheme",
    "SetLimitRule",
    "Standing",
    "Tariff",
    "UnionMember",
    "Vote",
    "admitting_row",
    "application_fault",
    "certificate_fault",
    "difference",
    "differs",
    "edition_on",
    "join",
    "lapse",
    "read_scheme",
    "sign_application",
    "sign_certificate",
    "sign_vote",
    "succession_faults",
    "union_folder",
    "vote_fault",
    "who_must_agree",
]

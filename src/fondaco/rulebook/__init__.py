"""What a union agreed on, by date: participants, currencies, calendars, articles."""

from __future__ import annotations

import importlib.resources
from pathlib import Path

from fondaco.rulebook.article import Article, Articles
from fondaco.rulebook.participant import OfficerRule, Participant
from fondaco.rulebook.reading import Mistake, read_scheme
from fondaco.rulebook.scheme import (
    HUB_NUMBER,
    PRICING_REFERENCE,
    RETURN_AT_ORIGINAL_RATE,
    Corridor,
    CreditLine,
    CurrencyRules,
    CycleRule,
    ListRule,
    Rules,
    Scheme,
    Tariff,
)

UNIONS = ("straits", "bridge")


def union_folder(name: str) -> Path:
    """The folder of a ready union. It has no officers.toml: keys are made where the union is set up."""
    if name not in UNIONS:
        raise KeyError(f"no ready union {name!r}; there are {', '.join(UNIONS)}")
    return Path(str(importlib.resources.files("fondaco.rulebook") / "unions" / name))


__all__ = [
    "HUB_NUMBER",
    "PRICING_REFERENCE",
    "RETURN_AT_ORIGINAL_RATE",
    "UNIONS",
    "Article",
    "Articles",
    "Corridor",
    "CreditLine",
    "CurrencyRules",
    "CycleRule",
    "ListRule",
    "Mistake",
    "OfficerRule",
    "Participant",
    "Rules",
    "Scheme",
    "Tariff",
    "read_scheme",
    "union_folder",
]

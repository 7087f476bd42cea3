"""What a union agreed on for the day on which a participant cannot pay: how exposures are counted, and in which currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fondaco.rulebook.article import Articles

# None of them is required: a union without them has no figure over all currencies, and says so.
RISK_ARTICLES: dict[str, type] = {"exposure_currency": str, "fx_haircut_bps": int}
# The most that an article of these may say, and the least.
RISK_BOUNDS: dict[str, tuple[int, int]] = {"fx_haircut_bps": (1, 9_999)}


@dataclass(frozen=True, slots=True)
class RiskRules:
    """One day's articles on exposures. `exposure_currency` is that in which figures over several currencies are told, "" where no
    article names one; `fx_haircut_bps` is what an amount of another currency is taken to lose before it is turned into money."""

    exposure_currency: str = ""
    fx_haircut_bps: int = 0

    @classmethod
    def of(cls, articles: Articles, day: date) -> RiskRules:
        found = {key: one.value for key in RISK_ARTICLES if (one := articles.found(key, day)) is not None}
        return cls(str(found.get("exposure_currency", "")), int(found.get("fx_haircut_bps", 0)))

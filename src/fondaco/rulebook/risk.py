"""What a union agreed on for the day on which a participant cannot pay: exposures, collateral, and the shares of a common fund."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from fondaco.rulebook.article import Articles

# None of them is required: a union without them has no figure over all currencies, and its collateral raises no cap.
RISK_ARTICLES: dict[str, type] = {
    "exposure_currency": str,
    "fx_haircut_bps": int,
    "collateral": str,
    "default_fund": str,
    "survivors_bear": str,
    "assessment_cap_bps": int,
    "default_conversion": str,
    "default_answer_minutes": int,
    "price_max_age_days": int,
    "collateral_raises_caps_percent": int,
}
# The most that an article of these may say, and the least.
RISK_BOUNDS: dict[str, tuple[int, int]] = {
    "fx_haircut_bps": (1, 9_999),
    "price_max_age_days": (1, 10),
    "assessment_cap_bps": (1, 30_000),
    "default_answer_minutes": (1, 600),
}
# By what the survivors of a default bear its rest: their shares of the fund, their caps, or what those that fail owe them.
BY_SHARE, BY_CAP, BY_DEALINGS = "fund_share", "cap", "dealings"
# Who gives the short currency for what is borne in another, at the day's reference rate: its settlement agent.
BY_AGENT = "settlement_agent"
RISK_CHOICES: dict[str, tuple[str, ...]] = {"survivors_bear": (BY_SHARE, BY_CAP, BY_DEALINGS), "default_conversion": (BY_AGENT,)}
# How long an agent may be silent on what covers a default, where no article says.
_ANSWER_MINUTES = 60
# Money itself: its asset is the currency's code, its unit the minor unit, and it needs no price.
CASH = "cash"
_KIND = re.compile(r"[a-z][a-z_]{1,30}")


@dataclass(frozen=True, slots=True)
class CollateralRule:
    """A kind of asset that may be lodged, in basis points: the haircut, and the most that assets of one issuer, and all of this kind, may be of
    what their holder has lodged."""

    kind: str
    haircut_bps: int
    issuer_share_bps: int
    kind_share_bps: int
    article: str


@dataclass(frozen=True, slots=True)
class FundShare:
    """What `member` (BIC of eight; the hub's is the operator's own tranche) must have lodged in the common fund, in whole minor units."""

    member: str
    currency: str
    minor: int
    article: str


@dataclass(frozen=True, slots=True)
class RiskRules:
    """One day's articles on exposures and collateral.

    `exposure_currency` is that in which figures over several currencies are told, "" where no article names one; `fx_haircut_bps` is what an
    amount of another currency is taken to lose. A price or rate older than `price_max_age_days` is none (0: it must be of the day
    itself). `raises_caps_percent` is the share of a participant's collateral by which its net debit cap in its own currency is higher;
    0 where no article lets collateral raise a cap. `survivors_bear` is the formula of a default's rest; a survivor is assessed beyond its
    share of the fund by at most `assessment_cap_bps` of the share that the rulebook demands of it (0: by nothing). `converts` is whether money of
    one currency covers a loss in another (else no default can be declared); an agent that is silent on it for `default_answer_minutes` is taken to
    refuse.
    """

    exposure_currency: str = ""
    fx_haircut_bps: int = 0
    price_max_age_days: int = 0
    raises_caps_percent: int = 0
    assessment_cap_bps: int = 0
    survivors_bear: str = BY_SHARE
    converts: bool = False
    default_answer_minutes: int = _ANSWER_MINUTES

    @classmethod
    def of(cls, articles: Articles, day: date) -> RiskRules:
        found = {key: one.value for key in RISK_ARTICLES if (one := articles.found(key, day)) is not None}
        return cls(
            str(found.get("exposure_currency", "")),
            int(found.get("fx_haircut_bps", 0)),
            int(found.get("price_max_age_days", 0)),
            int(found.get("collateral_raises_caps_percent", 0)),
            int(found.get("assessment_cap_bps", 0)),
            str(found.get("survivors_bear", BY_SHARE)),
            "default_conversion" in found,
            int(found.get("default_answer_minutes", _ANSWER_MINUTES)),
        )


def collateral_faults(rules: Iterable[CollateralRule]) -> Iterable[tuple[str, str]]:
    """What is wrong with the kinds of assets, each as place and reason."""
    seen: set[str] = set()
    for one in rules:
        place = f"collateral {one.kind}"
        if not _KIND.fullmatch(one.kind) or one.kind in seen:
            yield place, "a kind is one word of small letters, once"
        seen.add(one.kind)
        if not 0 <= one.haircut_bps < 10_000:
            yield f"{place}.haircut_bps", "between 0 and 9999"
        for name in ("issuer_share_bps", "kind_share_bps"):
            if not 1 <= getattr(one, name) <= 10_000:
                yield f"{place}.{name}", "between 1 and 10000"


def fund_faults(
    shares: Iterable[FundShare], members: Mapping[str, frozenset[str]], hub: str, currencies: Iterable[str]
) -> Iterable[tuple[str, str]]:
    """What is wrong with the shares of the common fund. `members` are currencies by BIC of eight."""
    seen: set[tuple[str, str]] = set()
    for one in shares:
        place = f"fund_shares {one.member} {one.currency}"
        held = frozenset(currencies) if one.member == hub[:8] else members.get(one.member)
        if held is None or one.currency not in held:
            yield place, "a share is a participant's, or the operator's, in a currency that it holds"
        if (one.member, one.currency) in seen:
            yield place, "this share stands here twice"
        seen.add((one.member, one.currency))

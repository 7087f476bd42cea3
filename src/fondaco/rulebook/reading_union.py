"""What a rulebook says of the clearing union of its central banks, and what it may not say."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from fondaco.core import CURRENCIES
from fondaco.rulebook import forms as form
from fondaco.rulebook.clearing_union import ClearingUnion, ResidualRule, UnionMember, rate_of, union_faults
from fondaco.rulebook.draft import Draft
from fondaco.rulebook.participant import Participant
from fondaco.rulebook.scheme import CreditLine, CurrencyRules

_FILE, _PLACE = "union.toml", "clearing_union"


def clearing_union_of(
    draft: Draft,
    given: form.ClearingUnion | None,
    participants: list[Participant],
    currencies: Mapping[str, CurrencyRules],
    lines: list[CreditLine],
    numbers: set[str],
) -> ClearingUnion | None:
    if given is None:
        return None
    draft.known_article(f"{_PLACE}.article", given.article, numbers)
    if given.unit not in CURRENCIES:
        draft.wrong(_FILE, f"{_PLACE}.unit", f"{given.unit} is not a currency of ISO 4217 that we know")
    members = []
    for at, one in enumerate(given.members):
        debit, credit = (_rate(draft, f"members[{at}].{name}", getattr(one, name)) for name in ("debit_rate", "credit_rate"))
        members.append(UnionMember(one.central_bank[:8], debit, credit))
    residuals = []
    for at, rule in enumerate(given.residuals):
        draft.known_article(f"{_PLACE}.residuals[{at}].article", rule.article, numbers)
        first, second = sorted(bic[:8] for bic in rule.between)
        residuals.append(ResidualRule(first, second, rule.settled_by, rule.article))
    union = ClearingUnion(
        given.unit,
        given.day_count,
        given.period,
        given.close_day,
        given.due_days,
        given.article,
        tuple(members),
        tuple(residuals),
    )
    central = [one for one in participants if {"settlement_agent", "central_bank"} <= one.roles and one.currency in currencies]
    agents = {one.currency: one.bic[:8] for one in central if currencies[one.currency].agent_bic == one.bic}
    held = {one.bic[:8]: one.currencies for one in participants}
    for place, reason in union_faults(union, agents, held, [(one.debtor[:8], one.currency) for one in lines]):
        draft.wrong(_FILE, f"{_PLACE}.{place}", reason)
    return union


def _rate(draft: Draft, place: str, text: str) -> Decimal:
    rate = rate_of(text)
    if rate is None:
        draft.wrong(_FILE, f"{_PLACE}.{place}", f"{text} is no rate of interest for a year from 0 to 1, such as 0.0525")
    return rate if rate is not None else Decimal(0)

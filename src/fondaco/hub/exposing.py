"""What the union would be short of if participants failed now: read from the books as they stand, changed by nothing here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from fondaco.clearing import Cover, Owing, Rate, Uncovered, Valuation, credit, liquidity, uncovered, worth
from fondaco.core import Refusal
from fondaco.fx import reference, scaled
from fondaco.hub.state import Desk
from fondaco.ledger import Engine, Role, account_id
from fondaco.rulebook import Rules
from fondaco.settlement import CycleState

# In these a cycle's obligations are neither covered by reserved money nor settled.
_AT_RISK = (CycleState.OPEN, CycleState.CLOSING, CycleState.CLOSED)


class Means(Protocol):
    """What is lodged: for a participant's own debts, and in the common fund by (holder's BIC of eight, currency)."""

    def value(self, holder: str, target: str, rates: Mapping[str, Rate]) -> Valuation: ...

    def fund(self) -> dict[tuple[str, str], int]: ...


class CurrencyCover(NamedTuple):
    """Cover in one currency: as the cycles stand, and at the most that the caps let them come to."""

    currency: str
    now: Cover
    at_most: Cover


class ExposureReport(NamedTuple):
    """`home` is the currency of the figures over all currencies; where they cannot be told `unknown` says why, and both are None.

    `exposures` are every family's as the cycles stand, the largest uncovered first.
    """

    day: str
    cycles: tuple[int, ...]
    home: str
    liquid: tuple[CurrencyCover, ...]
    now: Cover | None
    at_most: Cover | None
    exposures: tuple[Uncovered, ...]
    unknown: str = ""


def families_of(rules: Rules) -> dict[int, str]:
    """Who is taken to fail together, by participant number: affiliates by their group, a sponsored participant with its sponsor."""
    heads = {one.number: rules.participants.get(one.sponsor, one) for one in rules.members()}
    return {number: head.group or head.bic[:8] for number, head in heads.items()}


def rates_of_day(rules: Rules, home: str) -> dict[str, Rate] | Refusal:
    """Reference rates of the business day into `home`, by currency; a no where one is missing or older than the article lets it be."""
    found = {}
    for currency in sorted(rules.currencies):
        if currency != home:
            rate = reference(currency, home, rules.day, rules.reference_max_age_days)
            if isinstance(rate, Refusal):
                return rate
            found[currency] = Rate(*scaled(rate.rate, currency, home))
    return found


def at_risk(desk: Desk) -> list[int]:
    """The cycles whose obligations nothing covers yet. An offset is none of them: its nets were reserved before it was formed."""
    return sorted(number for number, cycle in desk.cycles.items() if cycle.state in _AT_RISK and not cycle.offset)


def owing_of(desk: Desk, books: Engine, cycles: list[int]) -> list[Owing]:
    """Every member's standing in every currency, over these cycles. What one cycle owes a member pays nothing in another."""
    found = []
    for member in desk.in_force().members():
        for currency in sorted(member.currencies):
            ledger = desk.ledgers[currency]
            held = books.balance(account_id(Role.PREFUNDED, ledger, member.number))
            owed = at_most = 0
            for number in cycles:
                cycle = desk.cycles[number]
                cap = next((minor for c, n, minor in cycle.caps if (c, n) == (currency, member.number)), 0)
                own = books.balance(account_id(Role.CLEARING, ledger, member.number, number))
                if own is None:
                    continue
                owed += max(0, cap - own.net)
                # Once the cut-off has come nothing is added but what was offered before it.
                at_most += cap if cycle.state is CycleState.OPEN else max(0, cap - own.room)
            found.append(Owing(member.number, currency, owed, at_most, max(0, held.room) if held is not None else 0))
    return found


def exposure_report(desk: Desk, books: Engine, means: Means) -> ExposureReport:
    """Cover 1 and cover 2 of the open business day (article 15.1). Decides nothing, and may be asked at any time.

    The common fund is counted whole: what the failing ones have in it is theirs to lose first.
    """
    rules, cycles, fund = desk.in_force(), at_risk(desk), means.fund()
    owing, families, home = owing_of(desk, books, cycles), families_of(rules), rules.risk.exposure_currency
    liquid = []
    for currency in sorted(rules.currencies):
        own = [one for one in owing if one.currency == currency]
        money = sum(minor for (_, code), minor in fund.items() if code == currency)
        now, at_most = (liquidity(own, families, money, at_most=worst) for worst in (False, True))
        liquid.append(CurrencyCover(currency, now, at_most))
    blank = ExposureReport(rules.day.isoformat(), tuple(cycles), home, tuple(liquid), None, None, ())
    if not home:
        return blank._replace(unknown="no article exposure_currency says in which currency the figures are told")
    rates = rates_of_day(rules, home)
    if isinstance(rates, Refusal):
        return blank._replace(unknown=rates.sentence())
    haircut = rules.risk.fx_haircut_bps
    lodged = {one.number: means.value(one.bic[:8], home, rates).counted for one in rules.members()}
    now_, worst_ = (uncovered(owing, families, rates, home, haircut, lodged, at_most=worst) for worst in (False, True))
    resources = sum(in_home(minor, code, home, rates, haircut) for (_, code), minor in fund.items())
    return blank._replace(now=credit(now_, resources), at_most=credit(worst_, resources), exposures=tuple(now_))


def in_home(minor: int, currency: str, home: str, rates: Mapping[str, Rate], haircut_bps: int) -> int:
    """Money of one currency as a resource in the currency of exposures, rounded down."""
    return minor if currency == home else worth(minor, rates[currency], haircut_bps, up=False)

"""What central banks agreed on about what they owe each other: unit of account, interest, periods, and how a residual is settled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

# How a year is counted for interest: calendar days over 360 or 365 (ISDA 2006 definitions, section 4.16).
DAY_COUNTS: Mapping[str, int] = {"ACT/360": 360, "ACT/365": 365}
WEEK, MONTH, TWO_MONTHS = "week", "month", "two_months"
# The day of a period's close: a weekday (Monday is 0), or a day of the month, the last where the month is shorter.
CLOSE_DAYS: Mapping[str, tuple[int, int]] = {WEEK: (0, 6), MONTH: (1, 31), TWO_MONTHS: (1, 31)}
LOCAL_CURRENCY, CARRY_OVER, AGREED_ASSET = "local_currency", "carry_over", "agreed_asset"
RESIDUALS = (LOCAL_CURRENCY, CARRY_OVER, AGREED_ASSET)
DUE_DAYS_MAX = 60
RATE_DECIMALS_MAX = 8


@dataclass(frozen=True, slots=True)
class UnionMember:
    """A central bank (BIC of eight) in the clearing union: what it pays a year on what it owes, and is paid on what it is owed."""

    bic: str
    debit_rate: Decimal
    credit_rate: Decimal


@dataclass(frozen=True, slots=True)
class ResidualRule:
    """How what is left between two central banks (BICs of eight, in order) is settled when a period closes."""

    first: str
    second: str
    settled_by: str
    article: str


@dataclass(frozen=True, slots=True)
class ClearingUnion:
    """The clearing union of a scheme's central banks; its credit lines are the scheme's.

    `unit` is a currency of ISO 4217, of the union or not: positions are compared in it, nothing is paid in it. A residual is due `due_days`
    calendar days after the close.
    """

    unit: str
    day_count: str
    period: str
    close_day: int
    due_days: int
    article: str
    members: tuple[UnionMember, ...]
    residuals: tuple[ResidualRule, ...]

    def residual(self, one: str, other: str) -> ResidualRule:
        """The rule of two members (BICs of eight, in any order)."""
        return next(rule for rule in self.residuals if {rule.first, rule.second} == {one, other})

    def member(self, bic: str) -> UnionMember:
        return next(one for one in self.members if one.bic == bic)


def rate_of(text: str) -> Decimal | None:
    """A rate of interest for a year such as `0.0525`, from nothing to everything; None where the text is no such rate."""
    whole, _, fraction = text.partition(".")
    if (
        not whole.isdecimal()
        or not text.isascii()
        or len(fraction) > RATE_DECIMALS_MAX
        or (fraction and not fraction.isdecimal())
    ):
        return None
    rate = Decimal(text)
    return rate if rate <= 1 else None


def union_faults(
    union: ClearingUnion, agents: Mapping[str, str], held: Mapping[str, frozenset[str]], lines: Iterable[tuple[str, str]]
) -> Iterable[tuple[str, str]]:
    """What is wrong with a clearing union, each as place and reason.

    `agents` are settlement agents by their own currency's code, `held` the currencies of accounts by BIC, `lines` (debtor, currency); BICs
    of eight throughout.
    """
    low, high = CLOSE_DAYS[union.period]
    if not low <= union.close_day <= high:
        yield "close_day", f"between {low} and {high} where the period is a {union.period}"
    if not 0 <= union.due_days <= DUE_DAYS_MAX:
        yield "due_days", f"between 0 and {DUE_DAYS_MAX} calendar days"
    bics = [one.bic for one in union.members]
    currency_of = {bic: code for code, bic in agents.items()}
    if len(bics) < 2:
        yield "members", "a union has two members or more"
    for bic in sorted({bic for bic in bics if bics.count(bic) > 1}):
        yield f"members {bic}", "it stands here twice"
    known = [bic for bic in dict.fromkeys(bics) if bic in currency_of]
    for bic in sorted(set(bics) - set(known)):
        yield f"members {bic}", "it is the settlement agent of no currency of its own"
    codes = {currency_of[bic] for bic in known}
    there = set(lines)
    for bic in known:
        for code in sorted(codes - held[bic]):
            yield f"members {bic}", f"it holds no account in {code}"
        for code in sorted(codes - {currency_of[bic]}):
            if (bic, code) not in there:
                yield f"members {bic}", f"no credit line says what it may owe in {code}; write one, of 0 where it may owe nothing"
    if union.members and max(one.credit_rate for one in union.members) > min(one.debit_rate for one in union.members):
        yield "members", "somebody would be paid more interest than another pays: nobody would bear the difference"
    pairs = [frozenset((rule.first, rule.second)) for rule in union.residuals]
    wanted = [frozenset(pair) for pair in combinations(dict.fromkeys(bics), 2)]
    for rule, pair in zip(union.residuals, pairs, strict=True):
        if pair not in wanted or pairs.count(pair) > 1:
            yield f"residuals {rule.first} {rule.second}", "two members of the clearing union, once"
    for pair in wanted:
        if pair not in pairs:
            yield "residuals", f"nothing says how {' and '.join(sorted(pair))} settle what is left between them"

"""A union: participants, currencies, calendars, settlement agents, cycles, corridors, lists, fees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import cached_property

from fondaco.core import Calendar, Currency
from fondaco.rulebook.article import Articles
from fondaco.rulebook.clearing_union import ClearingUnion
from fondaco.rulebook.limits import CAP, SetLimitRule, in_force
from fondaco.rulebook.participant import OfficerRule, Participant, Standing
from fondaco.rulebook.risk import RISK_ARTICLES, RISK_BOUNDS, RISK_CHOICES, CollateralRule, FundShare, RiskRules

HUB_NUMBER = 0
PRICING_QUOTES, PRICING_REFERENCE = "quotes", "reference"
RETURN_AT_ORIGINAL_RATE, RETURN_AT_DAY_RATE = "original", "day"
# What becomes of a payment that does not tell what FATF Recommendation 16 asks for.
REFUSE_INCOMPLETE, HOLD_INCOMPLETE = "refuse", "hold"
QUEUE_FIRST_IN, QUEUE_MOST_VALUE = "first_in_first_out", "most_value"
# Where no article says otherwise.
QUEUE_EXCHANGES, QUEUE_PASS_MINUTES = 2_400, 15

# Keys that every scheme must have an article for, with the type of its value.
REQUIRED_ARTICLES: Mapping[str, type] = {
    "participants": str,
    "currencies": str,
    "corridors": str,
    "duplicates": str,
    "business_day": str,
    "ceilings": str,
    "party_data": str,
    "screening": str,
    "quotes": str,
    "finality": str,
    "answer_time_s": int,
    "answer_time_urgent_s": int,
    "quote_valid_s": int,
    "reference_max_age_days": int,
    "pricing": str,
    "return_rate": str,
    "requote_when_queued": bool,
    "cycle_attempts_max": int,
    "extension_minutes_max": int,
    "recall_answer_days": int,
    "investigation_answer_days": int,
    "verification_answer_s": int,
    "verifications_per_minute": int,
    "verification_misses_per_day": int,
}
# Articles whose value is one of a few words.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "pricing": (PRICING_QUOTES, PRICING_REFERENCE),
    "return_rate": (RETURN_AT_ORIGINAL_RATE, RETURN_AT_DAY_RATE),
    "queue_offset": (QUEUE_FIRST_IN, QUEUE_MOST_VALUE),
    "incomplete_party_data": (REFUSE_INCOMPLETE, HOLD_INCOMPLETE),
    "flags_open_case": ("REVIEW", "QUERY", "NEVER"),
    **RISK_CHOICES,
}
# The most that an article of these may say, and the least.
BOUNDS: Mapping[str, tuple[int, int]] = {
    "case_escalation_hours": (1, 80),
    "case_expiry_days": (1, 30),
    "good_guy_days_max": (1, 366),
    "queue_exchanges": (0, 100_000),
    "queue_pass_minutes": (0, 600),
    # Below it secondary data may lower a name's score under the threshold: a mark that only a perfect match reaches would protect nothing.
    "strong_name_milli": (880, 970),
    **RISK_BOUNDS,
}
# Articles of which a scheme has none where it does without what they govern. `retention_years` is required of every rulebook that takes
# over; one that was agreed on before there was such an article stays readable, and nothing is erased under it.
OPTIONAL_ARTICLES: Mapping[str, type] = {
    "credit_lines": str,
    "clearing_union": str,
    "clearing_union_residuals": str,
    "retail_purposes": str,
    "rule_change_members_percent": int,
    "retention_years": int,
    "case_escalation_hours": int,
    "case_expiry_days": int,
    "good_guy_days_max": int,
    "strong_name_milli": int,
    "incomplete_party_data": str,
    "queue_offset": str,
    "queue_exchanges": int,
    "queue_pass_minutes": int,
    "flags_open_case": str,
    **RISK_ARTICLES,
}
# FATF Recommendation 11: records are kept for at least five years after the transaction.
RETENTION_YEARS_MIN = 5


@dataclass(frozen=True, slots=True)
class CurrencyRules:
    """One settlement currency: its agent, its calendar, and the most that one payment may carry (whole minor units)."""

    currency: Currency
    calendar: Calendar
    agent_bic: str
    ceiling_minor: int
    # From this amount on the originator must be told in full (FATF R.16 lets a union begin at about 1,000 US dollars or euros).
    full_data_from_minor: int = 0


@dataclass(frozen=True, slots=True)
class CycleRule:
    """One net cycle of the day; its cut-off is a time of day in UTC."""

    number: int
    cut_off: time


@dataclass(frozen=True, slots=True)
class Tariff:
    """The hub's fee in the source currency: `flat_minor` plus basis points, between a floor and a ceiling.

    It may be narrower than the whole currency: for one `kind` (urgent or normal), for one corridor (`origin` and `target`
    together), for one retail `purpose`, for amounts from `from_minor` on, for a sender that has made `from_count` payments in this
    currency this month. Of those that fit, the narrowest holds: corridor before purpose before kind, then the highest `from_minor`,
    then the highest `from_count`.
    """

    currency: str
    flat_minor: int
    bps: int
    min_minor: int
    max_minor: int
    article: str
    kind: str = ""
    origin: str = ""
    target: str = ""
    from_minor: int = 0
    purpose: str = ""
    from_count: int = 0

    def fits(self, origin: str, target: str, urgent: bool, amount_minor: int, purpose: str = "", count: int = 0) -> bool:
        kind = "urgent" if urgent else "normal"
        return (
            amount_minor >= self.from_minor
            and count >= self.from_count
            and self.purpose in ("", purpose)
            and self.kind in ("", kind)
            and (not self.origin or (self.origin, self.target) == (origin, target))
        )

    def narrowness(self) -> tuple[bool, bool, bool, int, int]:
        return bool(self.origin), bool(self.purpose), bool(self.kind), self.from_minor, self.from_count

    def fee_minor(self, amount_minor: int) -> int:
        """Whole minor units, rounded half up on the basis points."""
        fee = self.flat_minor + (amount_minor * self.bps + 5_000) // 10_000
        return max(self.min_minor, min(self.max_minor, fee))


@dataclass(frozen=True, slots=True)
class ListRule:
    """A sanctions list that binds this union. `threshold_milli` is the score from which a name alerts, in thousandths."""

    list_id: str
    format: str
    required: bool
    max_age_days: int
    threshold_milli: int
    shrink_max_percent: int
    on_confirmed: str
    source: str


@dataclass(frozen=True, slots=True)
class ListThreshold:
    """From which score a list's names alert in payments from `origin` to `target`, from a day on."""

    list_id: str
    origin: str
    target: str
    threshold_milli: int
    article: str
    valid_from: date
    source: str


@dataclass(frozen=True, slots=True)
class EmbargoRule:
    """A country, or its region of these `towns` alone, whose payments are held for officers, from a day on. It is part of the verdict."""

    country: str
    towns: tuple[str, ...]
    article: str
    valid_from: date
    source: str


@dataclass(frozen=True, slots=True)
class CreditLine:
    """What `creditor`, the settlement agent of `currency`, lets `debtor` (BICs) owe it: at most `limit_minor` whole minor units."""

    creditor: str
    debtor: str
    currency: str
    limit_minor: int
    article: str


@dataclass(frozen=True, slots=True)
class CustomerLimit:
    """The most that one customer may send in a `period` (day, month, year) for these purposes (any, when none is named)."""

    name: str
    purposes: frozenset[str]
    currency: str
    minor: int
    period: str
    article: str


@dataclass(frozen=True, slots=True)
class RetailPurpose:
    """What people and shops pay for across the union, by ISO 20022 purpose codes: the most that one payment may carry by currency
    (whole minor units; a currency that is not named has the scheme's ceiling), and limits for each customer over all corridors."""

    name: str
    codes: frozenset[str]
    ceilings: Mapping[str, int]
    limits: tuple[CustomerLimit, ...]
    article: str


@dataclass(frozen=True, slots=True)
class Corridor:
    """What holds between two countries, in that direction: closed; purposes required, barred or alone allowed; purposes for which a
    document must be named; limits for each customer."""

    origin: str
    target: str
    closed: bool
    purpose_required: bool
    purposes_barred: frozenset[str]
    article: str
    purposes_allowed: frozenset[str] = frozenset()
    documents_required: frozenset[str] = frozenset()
    limits: tuple[CustomerLimit, ...] = ()


@dataclass(frozen=True)
class Scheme:
    """Everything a union agreed on, over all dates. `version` is the SHA-256 of the files that it was read from."""

    union: str
    title: str
    hub_bic: str
    version: str
    currencies: Mapping[str, CurrencyRules]
    participants: tuple[Participant, ...]
    officers: tuple[OfficerRule, ...]
    articles: Articles
    cycles: tuple[CycleRule, ...]
    tariffs: Mapping[str, tuple[Tariff, ...]]
    lists: tuple[ListRule, ...]
    corridors: Mapping[tuple[str, str], Corridor]
    credit_lines: tuple[CreditLine, ...] = ()
    # By purpose code.
    purposes: Mapping[str, RetailPurpose] = field(default_factory=dict)
    # Names this union's template in a merchant's QR code (EMVCo); "" where there is none.
    qr_identifier: str = ""
    list_thresholds: tuple[ListThreshold, ...] = ()
    embargoes: tuple[EmbargoRule, ...] = ()
    collateral: tuple[CollateralRule, ...] = ()
    fund_shares: tuple[FundShare, ...] = ()
    clearing_union: ClearingUnion | None = None
    limits: tuple[SetLimitRule, ...] = ()

    def on(self, day: date, standings: Mapping[str, Standing] | None = None) -> Rules:
        """The rules of one business day; `standings` (by BIC of eight characters) are those that operators set since. Raises `KeyError` when an article is not in force yet."""
        values = {key: self.articles.on(key, day) for key in REQUIRED_ARTICLES}
        optional = {key: one for key in OPTIONAL_ARTICLES if (one := self.articles.found(key, day)) is not None}
        set_since = standings or {}
        participants = [
            replace(one, standing=set_since[one.bic[:8]]) if one.bic[:8] in set_since else one for one in self.participants
        ]
        standing_of = {one.bic[:8]: one.standing for one in participants}
        participants = [replace(one, sponsor_standing=standing_of[one.sponsor]) if one.sponsor else one for one in participants]
        return Rules(
            self,
            day,
            {one.bic[:8]: one for one in participants},
            {one.number: one for one in participants},
            {key: article.number for key, article in (values | optional).items()},
            int(values["answer_time_s"].value),
            int(values["answer_time_urgent_s"].value),
            int(values["quote_valid_s"].value),
            int(values["reference_max_age_days"].value),
            bool(values["requote_when_queued"].value),
            int(values["cycle_attempts_max"].value),
            str(values["pricing"].value),
            str(values["return_rate"].value),
            int(values["extension_minutes_max"].value),
            int(values["recall_answer_days"].value),
            int(values["investigation_answer_days"].value),
            int(values["verification_answer_s"].value),
            int(values["verifications_per_minute"].value),
            int(values["verification_misses_per_day"].value),
            int(optional["rule_change_members_percent"].value) if "rule_change_members_percent" in optional else 0,
            int(optional["retention_years"].value) if "retention_years" in optional else 0,
            int(optional["case_escalation_hours"].value) if "case_escalation_hours" in optional else 0,
            int(optional["case_expiry_days"].value) if "case_expiry_days" in optional else 0,
            int(optional["good_guy_days_max"].value) if "good_guy_days_max" in optional else 0,
            int(optional["strong_name_milli"].value) if "strong_name_milli" in optional else 0,
            queue_most_value="queue_offset" in optional and optional["queue_offset"].value == QUEUE_MOST_VALUE,
            queue_exchanges=int(optional["queue_exchanges"].value) if "queue_exchanges" in optional else QUEUE_EXCHANGES,
            queue_pass_minutes=int(optional["queue_pass_minutes"].value)
            if "queue_pass_minutes" in optional
            else QUEUE_PASS_MINUTES,
            flags_open_case=str(optional["flags_open_case"].value) if "flags_open_case" in optional else "REVIEW",
            holds_incomplete="incomplete_party_data" in optional and optional["incomplete_party_data"].value == HOLD_INCOMPLETE,
        )


@dataclass(frozen=True)
class Rules:
    """What is in force on one business day, resolved for quick reading."""

    scheme: Scheme
    day: date
    participants: Mapping[str, Participant]
    by_number: Mapping[int, Participant]
    numbers: Mapping[str, str]
    answer_time_s: int
    answer_time_urgent_s: int
    quote_valid_s: int
    reference_max_age_days: int
    requote_when_queued: bool
    cycle_attempts_max: int
    # PRICING_QUOTES: the best firm quote of the providers; PRICING_REFERENCE: the reference rate, given by the central bank
    # of the currency that is paid.
    pricing: str
    # RETURN_AT_ORIGINAL_RATE: the original's provider takes a return back at the original's rate; RETURN_AT_DAY_RATE: as any.
    return_rate: str
    extension_minutes_max: int
    # Banking days of who is asked.
    recall_answer_days: int
    investigation_answer_days: int
    verification_answer_s: int
    verifications_per_minute: int
    verification_misses_per_day: int
    # The share of members that must agree to other rules, besides two operators; 0 where operators decide.
    rule_change_members_percent: int
    # For how many years people are remembered after what they took part in ended; 0 where no article says, and for ever then.
    retention_years: int
    # Banking hours after which an undecided case is escalated, banking days after which it ends; 0 where no article sets a clock.
    case_escalation_hours: int = 0
    case_expiry_days: int = 0
    # For how many days officers may vouch for a party; 0 where no article lets them.
    good_guy_days_max: int = 0
    # From this score of a name alone on nothing that is told beside it lowers it under the threshold; 0 for the engine's own mark.
    strong_name_milli: int = 0
    # Whether a payment without what FATF Recommendation 16 asks for is held for officers, instead of refused.
    holds_incomplete: bool = False
    # Whether queued payments that free each other are the set of most value, instead of first in, first out; how many exchanges are tried to
    # better it; and after how many minutes nobody of its queue passes a payment any more.
    queue_most_value: bool = False
    queue_exchanges: int = 0
    queue_pass_minutes: int = 0

    # From which grade on what guards of trade notice of a deed is a case of two officers, and not only a mark: REVIEW, QUERY or NEVER.
    flags_open_case: str = "REVIEW"

    def list_thresholds(self) -> tuple[ListThreshold, ...]:
        """The corridors' own thresholds in force: of each list and corridor the last that began."""
        found: dict[tuple[str, str, str], ListThreshold] = {}
        for one in sorted(self.scheme.list_thresholds, key=lambda one: one.valid_from):
            if one.valid_from <= self.day:
                found[one.list_id, one.origin, one.target] = one
        return tuple(found[key] for key in sorted(found))

    def embargoes(self) -> tuple[EmbargoRule, ...]:
        """The embargoes in force, in the order of the rulebook."""
        return tuple(one for one in self.scheme.embargoes if one.valid_from <= self.day)

    def set_limits(self) -> tuple[SetLimitRule, ...]:
        """The limits that the scheme and central banks set, in force, in the order of their places."""
        return in_force(self.scheme.limits, self.day) if self.scheme.limits else ()

    def most(self, bic: str, currency: str) -> int | None:
        """The strictest of the limits that others set of what a participant (BIC of eight) may owe in one currency in a cycle, None for none."""
        return self._most.get((bic, currency)) if self.scheme.limits else None

    def cap(self, member: Participant, currency: str) -> int:
        """A participant's net debit cap in one currency, whole minor units: its own row's, within what others set."""
        own, most = member.caps.get(currency, 0), self.most(member.bic[:8], currency)
        return own if most is None else min(own, most)

    @cached_property
    def _most(self) -> Mapping[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for one in self.set_limits():
            if one.kind == CAP:
                found[one.member, one.currency] = min(one.minor, found.get((one.member, one.currency), one.minor))
        return found

    @property
    def currencies(self) -> Mapping[str, CurrencyRules]:
        return self.scheme.currencies

    @property
    def risk(self) -> RiskRules:
        return RiskRules.of(self.scheme.articles, self.day)

    @property
    def hub_bic(self) -> str:
        return self.scheme.hub_bic

    def tariff(
        self, currency: str, origin: str, target: str, urgent: bool, amount_minor: int, purpose: str = "", count: int = 0
    ) -> Tariff:
        """The tariff that holds for a payment between two countries; every currency has one that fits everything. `purpose` is a code,
        `count` how many payments its sender made in this currency this month."""
        retail = self.scheme.purposes.get(purpose)
        name = retail.name if retail is not None else ""
        fitting = [one for one in self.scheme.tariffs[currency] if one.fits(origin, target, urgent, amount_minor, name, count)]
        return max(fitting, key=Tariff.narrowness)

    def counts_volume(self, currency: str) -> bool:
        """Whether a tariff of this currency depends on how much its sender pays."""
        return any(one.from_count for one in self.scheme.tariffs[currency])

    def corridor_article(self, origin: str, target: str) -> str:
        """The article of the rule for this corridor, or of corridors at large."""
        corridor = self.scheme.corridors.get((origin, target))
        return corridor.article if corridor is not None else self.cite("corridors")

    def cite(self, key: str) -> str:
        """The number of the article in force for `key`."""
        return self.numbers[key]

    def corridor_open(self, origin: str, target: str) -> bool:
        corridor = self.scheme.corridors.get((origin, target))
        return corridor is None or not corridor.closed

    def purpose_fault(self, origin: str, target: str, purpose: str, document: str = "") -> str:
        """What the corridor's article says against this purpose code and document, "" for nothing."""
        corridor = self.scheme.corridors.get((origin, target))
        if corridor is None:
            return ""
        if corridor.purpose_required and not purpose:
            return "a purpose code is required"
        if purpose in corridor.purposes_barred:
            return f"purpose {purpose} is barred"
        if corridor.purposes_allowed and purpose not in corridor.purposes_allowed:
            return f"purpose {purpose or 'unknown'} is not among {' '.join(sorted(corridor.purposes_allowed))}"
        if purpose in corridor.documents_required and not document:
            return f"purpose {purpose} needs the number of a customs or trade document"
        return ""

    def settling(self, number: int) -> int:
        """The number of who settles for a participant at the settlement agents: its sponsor's, or its own."""
        one = self.by_number.get(number)
        return self.participants[one.sponsor].number if one is not None and one.sponsor else number

    def members(self) -> list[Participant]:
        """Those who hold accounts, by number: all but those who are settlement agents and nothing else."""
        return [self.by_number[n] for n in sorted(self.by_number) if self.by_number[n].roles != {"settlement_agent"}]

"""The files of a rulebook as they are written: what each table may say, and what it says when it is silent."""

from __future__ import annotations

from datetime import date, time
from typing import Literal

import msgspec

from fondaco.rulebook.participant import RoleName, Standing


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """A table in which a key that nobody knows is a mistake."""


class Currency(Strict, frozen=True):
    """`[currencies.CODE]`."""

    agent: str
    zone: str
    opens: time
    cut_off: time
    weekend: list[int]
    ceiling: str
    full_data_from: str = "0"
    # The first form of a calendar, before years had files of their own. A kept rulebook stays readable for ever: its version is the
    # digest of its files, and the journal names it.
    last_day: date | None = None
    holidays: dict[str, str] = {}


class Holiday(Strict, frozen=True):
    """One day of a calendar: `[CODE]`, by date."""

    name: str = ""
    source: str = ""


class Participant(Strict, frozen=True):
    """`[[participants]]`."""

    number: int
    bic: str
    lei: str
    name: str
    country: str
    currency: str
    roles: list[RoleName]
    standing: Standing = "active"
    currencies: list[str] = []
    caps: dict[str, str] = {}
    sponsor: str = ""
    group: str = ""


class Article(Strict, frozen=True):
    """`[[articles]]`."""

    number: str
    key: str
    value: int | str | bool
    valid_from: date
    source: str


class Cycle(Strict, frozen=True):
    """`[[cycles]]`."""

    number: int
    cut_off: time


class Tariff(Strict, frozen=True):
    """`[[tariffs]]`."""

    currency: str
    flat: str
    bps: int
    min: str
    max: str
    article: str
    kind: Literal["", "urgent", "normal"] = ""
    corridor: str = ""
    from_amount: str = "0"
    purpose: str = ""
    from_count: int = 0


class List(Strict, frozen=True):
    """`[[lists]]`."""

    id: str
    format: str
    required: bool
    max_age_days: int
    threshold_milli: int
    shrink_max_percent: int
    on_confirmed: str
    source: str


class ListThreshold(Strict, frozen=True):
    """`[[list_thresholds]]`."""

    list: str
    origin: str
    target: str
    threshold_milli: int
    article: str
    valid_from: date
    source: str


class Embargo(Strict, frozen=True):
    """`[[embargoes]]`."""

    country: str
    article: str
    valid_from: date
    source: str
    towns: list[str] = []


class CustomerLimit(Strict, frozen=True):
    """A limit of customers: of a corridor or of a purpose."""

    name: str
    amount: str
    currency: str
    period: Literal["day", "month", "year"]
    article: str
    purposes: list[str] = []


class Corridor(Strict, frozen=True):
    """`[[corridors]]`."""

    origin: str
    target: str
    article: str
    closed: bool = False
    purpose_required: bool = False
    purposes_barred: list[str] = []
    purposes_allowed: list[str] = []
    documents_required: list[str] = []
    limits: list[CustomerLimit] = []


class Purpose(Strict, frozen=True):
    """`[[purposes]]`."""

    name: str
    codes: list[str]
    article: str
    ceilings: dict[str, str] = {}
    limits: list[CustomerLimit] = []


class CreditLine(Strict, frozen=True):
    """`[[credit_lines]]`."""

    creditor: str
    debtor: str
    currency: str
    limit: str
    article: str


class Collateral(Strict, frozen=True):
    """`[[collateral]]`."""

    kind: str
    haircut_bps: int
    issuer_share_bps: int
    kind_share_bps: int
    article: str


class FundShare(Strict, frozen=True):
    """`[[fund_shares]]`."""

    member: str
    currency: str
    amount: str
    article: str


class SetLimit(Strict, frozen=True):
    """`[[limits]]`."""

    member: str
    amount: str
    currency: str
    set_by: str
    article: str
    valid_from: date
    total: bool = False
    towards: str = ""


class UnionMember(Strict, frozen=True):
    """`[[clearing_union.members]]`."""

    central_bank: str
    debit_rate: str
    credit_rate: str


class Residual(Strict, frozen=True):
    """`[[clearing_union.residuals]]`."""

    between: tuple[str, str]
    settled_by: Literal["local_currency", "carry_over", "agreed_asset"]
    article: str


class ClearingUnion(Strict, frozen=True):
    """`[clearing_union]`."""

    unit: str
    day_count: Literal["ACT/360", "ACT/365"]
    period: Literal["week", "month", "two_months"]
    close_day: int
    due_days: int
    article: str
    members: list[UnionMember]
    residuals: list[Residual]


class Union(Strict, frozen=True):
    """`[union]`."""

    union: str
    title: str
    hub_bic: str
    qr_identifier: str = ""


class UnionFile(Strict, frozen=True):
    """`union.toml`."""

    union: Union
    articles: list[Article]
    cycles: list[Cycle]
    tariffs: list[Tariff]
    lists: list[List]
    corridors: list[Corridor] = []
    credit_lines: list[CreditLine] = []
    purposes: list[Purpose] = []
    list_thresholds: list[ListThreshold] = []
    embargoes: list[Embargo] = []
    collateral: list[Collateral] = []
    fund_shares: list[FundShare] = []
    limits: list[SetLimit] = []
    clearing_union: ClearingUnion | None = None


class CurrenciesFile(Strict, frozen=True):
    """`currencies.toml`."""

    currencies: dict[str, Currency]


class ParticipantsFile(Strict, frozen=True):
    """`participants.toml`."""

    participants: list[Participant]


class OfficerPasskey(Strict, frozen=True):
    """`[[officers.passkeys]]`: bytes in hexadecimal digits."""

    origin: str
    credential: str
    public_key: str


class Officer(Strict, frozen=True):
    """`[[officers]]`."""

    id: str
    name: str
    roles: list[str]
    public_key: str
    member: str = ""
    passkeys: list[OfficerPasskey] = []


class OfficersFile(Strict, frozen=True):
    """`officers.toml`."""

    officers: list[Officer]

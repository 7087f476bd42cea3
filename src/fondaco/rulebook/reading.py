"""A folder of TOML -> a Scheme, or all of its mistakes at once with file, key and reason."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import date, time
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from fondaco.core import COUNTRIES, CURRENCIES, MINOR_MAX, AmountFault, Calendar, Holiday, bic_fault, lei_fault, minor_of
from fondaco.rulebook.article import Article, Articles
from fondaco.rulebook.participant import OfficerRule, Participant, RoleName, Standing
from fondaco.rulebook.risk import CollateralRule, FundShare, collateral_faults, fund_faults
from fondaco.rulebook.scheme import (
    BOUNDS,
    CHOICES,
    OPTIONAL_ARTICLES,
    REQUIRED_ARTICLES,
    RETENTION_YEARS_MIN,
    Corridor,
    CreditLine,
    CurrencyRules,
    CustomerLimit,
    CycleRule,
    EmbargoRule,
    ListRule,
    ListThreshold,
    RetailPurpose,
    Scheme,
    Tariff,
)

LIST_FORMATS = frozenset(
    "un_xml ofac_xml ofac_csv ofac_advanced_xml eu_xml eu_csv uk_csv ofsi_csv seco_xml canada_xml opensanctions_csv ftm_json private_csv "
    "goods_csv".split()
)
THRESHOLD_BOUNDS = (800, 950)
_UN = "un"
_LIST_ID = re.compile(r"[a-z][a-z0-9_-]{0,30}")
# Hits of an article, not of a list, are kept under these names.
_NO_LISTS = frozenset({"embargo", "party_data"})
_CALENDARS = "calendars"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to mend: in which file, at which key, and why."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}"


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class _Currency(_Strict):
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


class _Holiday(_Strict):
    name: str = ""
    source: str = ""


class _Participant(_Strict):
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


class _Article(_Strict):
    number: str
    key: str
    value: int | str | bool
    valid_from: date
    source: str


class _Cycle(_Strict):
    number: int
    cut_off: time


class _Tariff(_Strict):
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


class _List(_Strict):
    id: str
    format: str
    required: bool
    max_age_days: int
    threshold_milli: int
    shrink_max_percent: int
    on_confirmed: str
    source: str


class _ListThreshold(_Strict):
    list: str
    origin: str
    target: str
    threshold_milli: int
    article: str
    valid_from: date
    source: str


class _Embargo(_Strict):
    country: str
    article: str
    valid_from: date
    source: str
    towns: list[str] = []


class _CustomerLimit(_Strict):
    name: str
    amount: str
    currency: str
    period: Literal["day", "month", "year"]
    article: str
    purposes: list[str] = []


class _Corridor(_Strict):
    origin: str
    target: str
    article: str
    closed: bool = False
    purpose_required: bool = False
    purposes_barred: list[str] = []
    purposes_allowed: list[str] = []
    documents_required: list[str] = []
    limits: list[_CustomerLimit] = []


class _Purpose(_Strict):
    name: str
    codes: list[str]
    article: str
    ceilings: dict[str, str] = {}
    limits: list[_CustomerLimit] = []


class _CreditLine(_Strict):
    creditor: str
    debtor: str
    currency: str
    limit: str
    article: str


class _Collateral(_Strict):
    kind: str
    haircut_bps: int
    issuer_share_bps: int
    kind_share_bps: int
    article: str


class _FundShare(_Strict):
    member: str
    currency: str
    amount: str
    article: str


class _Union(_Strict):
    union: str
    title: str
    hub_bic: str
    qr_identifier: str = ""


class _UnionFile(_Strict):
    union: _Union
    articles: list[_Article]
    cycles: list[_Cycle]
    tariffs: list[_Tariff]
    lists: list[_List]
    corridors: list[_Corridor] = []
    credit_lines: list[_CreditLine] = []
    purposes: list[_Purpose] = []
    list_thresholds: list[_ListThreshold] = []
    embargoes: list[_Embargo] = []
    collateral: list[_Collateral] = []
    fund_shares: list[_FundShare] = []


class _CurrenciesFile(_Strict):
    currencies: dict[str, _Currency]


class _ParticipantsFile(_Strict):
    participants: list[_Participant]


class _Officer(_Strict):
    id: str
    name: str
    roles: list[str]
    public_key: str
    member: str = ""


class _OfficersFile(_Strict):
    officers: list[_Officer]


class _Desk:
    """Collects mistakes while a folder is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mistakes: list[Mistake] = []
        self.digest = hashlib.sha256()

    def read(self, name: str, into: Any) -> Any:
        path = self.folder / name
        try:
            raw = path.read_bytes()
        except OSError as fault:
            self.wrong(name, "the file", fault.strerror or "cannot be read")
            return None
        self.digest.update(name.encode() + b"\0" + len(raw).to_bytes(8, "big") + raw)
        try:
            return msgspec.convert(tomllib.loads(raw.decode()), into, strict=True)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            self.wrong(name, "the file", f"not TOML: {fault}")
        except msgspec.ValidationError as fault:
            reason, _, key = str(fault).partition(" - at ")
            self.wrong(name, key.strip("`") or "the file", reason)
        return None

    def wrong(self, file: str, key: str, reason: str) -> None:
        self.mistakes.append(Mistake(file, key, reason))

    def amount(self, file: str, key: str, text: str, currency: str) -> int:
        known = CURRENCIES.get(currency)
        if known is None:
            self.wrong(file, key, f"{currency} is not a currency of ISO 4217 that we know")
            return 0
        try:
            return minor_of(text, known.exponent)
        except AmountFault as fault:
            self.wrong(file, key, str(fault))
            return 0


def read_scheme(folder: Path) -> Scheme | list[Mistake]:
    """Read `union.toml`, `currencies.toml`, `participants.toml`, `officers.toml` and `calendars/YEAR.toml`.

    A `Scheme`, or every mistake found. A currency's calendar begins and ends with the years whose files name the currency; one of the first
    form, with `last_day` and `holidays` in `currencies.toml`, ends with that day.
    """
    desk = _Desk(folder)
    union: _UnionFile | None = desk.read("union.toml", _UnionFile)
    currencies_file: _CurrenciesFile | None = desk.read("currencies.toml", _CurrenciesFile)
    participants_file: _ParticipantsFile | None = desk.read("participants.toml", _ParticipantsFile)
    officers_file: _OfficersFile | None = desk.read("officers.toml", _OfficersFile)
    years = _years(desk)
    currencies = _currencies(desk, currencies_file.currencies, years) if currencies_file else {}
    participants = _participants(desk, participants_file.participants, currencies) if participants_file else []
    officers = _officers(desk, officers_file.officers, {one.bic for one in participants}) if officers_file else []
    if participants_file and currencies_file:
        agents = {one.bic for one in participants if "settlement_agent" in one.roles}
        for code, rules in currencies.items():
            if rules.agent_bic not in agents:
                desk.wrong("currencies.toml", f"currencies.{code}.agent", f"{rules.agent_bic} is no settlement agent")
    if union is None:
        return sorted(desk.mistakes)
    name = "union.toml"
    if bic_fault(union.union.hub_bic):
        desk.wrong(name, "union.hub_bic", bic_fault(union.union.hub_bic))
    articles = _articles(desk, union.articles)
    numbers = {one.number for one in union.articles}
    _cycles(desk, union.cycles)
    if len(union.union.qr_identifier) > 32 or not union.union.qr_identifier.isascii():
        desk.wrong(name, "union.qr_identifier", "at most 32 characters of ASCII")
    purposes = _purposes(desk, union.purposes, set(currencies), numbers)
    tariffs = _tariffs(desk, union.tariffs, currencies, numbers, {one.name for one in purposes})
    lists = _lists(desk, union.lists, next((one.number for one in union.articles if one.key == "screening"), ""))
    thresholds = _list_thresholds(desk, union.list_thresholds, {one.list_id: one for one in lists}, numbers)
    embargoes = _embargoes(desk, union.embargoes, numbers)
    corridors = {}
    for at, corridor in enumerate(union.corridors):
        for end in (corridor.origin, corridor.target):
            if end not in COUNTRIES:
                desk.wrong(name, f"corridors[{at}]", f"{end} is not a country of ISO 3166")
        _known_article(desk, f"corridors[{at}].article", corridor.article, numbers)
        if (corridor.origin, corridor.target) in corridors:
            desk.wrong(name, f"corridors[{at}]", "this corridor has a rule already")
        corridors[corridor.origin, corridor.target] = Corridor(
            corridor.origin, corridor.target, corridor.closed, corridor.purpose_required,
            frozenset(corridor.purposes_barred), corridor.article, frozenset(corridor.purposes_allowed),
            frozenset(corridor.documents_required), _customer_limits(desk, corridor.limits, f"corridors[{at}]", set(currencies), numbers),
        )  # fmt: skip
    lines = _credit_lines(desk, union.credit_lines, participants, currencies, numbers) if currencies and participants else []
    kinds, shares = _risk(desk, union, participants, currencies, numbers)
    if desk.mistakes:
        return sorted(desk.mistakes)
    return Scheme(
        union.union.union,
        union.union.title,
        union.union.hub_bic,
        desk.digest.hexdigest(),
        currencies,
        tuple(sorted(participants, key=lambda one: one.number)),
        tuple(officers),
        articles,
        tuple(CycleRule(one.number, one.cut_off) for one in union.cycles),
        tariffs,
        tuple(lists),
        corridors,
        tuple(lines),
        {code: one for one in purposes for code in one.codes},
        union.union.qr_identifier,
        tuple(thresholds),
        tuple(embargoes),
        kinds,
        shares,
    )


def _risk(
    desk: _Desk, union: _UnionFile, participants: list[Participant], currencies: dict[str, CurrencyRules], numbers: set[str]
) -> tuple[tuple[CollateralRule, ...], tuple[FundShare, ...]]:
    file = "union.toml"
    for article in union.articles:
        if article.key == "exposure_currency" and article.value not in currencies:
            desk.wrong(file, "articles exposure_currency", f"{article.value} is not a currency of this union")
    cited = [(f"collateral[{at}].article", one.article) for at, one in enumerate(union.collateral)]
    cited += [(f"fund_shares[{at}].article", one.article) for at, one in enumerate(union.fund_shares)]
    for key, number in cited:
        _known_article(desk, key, number, numbers)
    kinds = tuple(CollateralRule(**msgspec.structs.asdict(one)) for one in union.collateral)
    shares = tuple(
        FundShare(one.member[:8], one.currency, desk.amount(file, "fund_shares.amount", one.amount, one.currency), one.article)
        for one in union.fund_shares
    )
    members = {one.bic[:8]: one.currencies for one in participants if one.roles != {"settlement_agent"}}
    for place, reason in [*collateral_faults(kinds), *fund_faults(shares, members, union.union.hub_bic, currencies)]:
        desk.wrong(file, place, reason)
    return kinds, shares


def _credit_lines(
    desk: _Desk,
    given: list[_CreditLine],
    participants: list[Participant],
    currencies: dict[str, CurrencyRules],
    numbers: set[str],
) -> list[CreditLine]:
    file = "union.toml"
    by_bic = {one.bic: one for one in participants}
    found: list[CreditLine] = []
    for at, one in enumerate(given):
        key = f"credit_lines[{at}]"
        _known_article(desk, f"{key}.article", one.article, numbers)
        if one.currency not in currencies:
            desk.wrong(file, f"{key}.currency", f"{one.currency} is not a currency of this union")
            continue
        if currencies[one.currency].agent_bic != one.creditor:
            desk.wrong(file, f"{key}.creditor", f"only the settlement agent of {one.currency} can give a line in it")
        debtor = by_bic.get(one.debtor)
        if debtor is None or one.currency not in debtor.currencies or one.debtor == one.creditor:
            desk.wrong(file, f"{key}.debtor", f"{one.debtor} holds no account in {one.currency} at another")
        if any((one.debtor, one.currency) == (other.debtor, other.currency) for other in found):
            desk.wrong(file, key, f"{one.debtor} has a line in {one.currency} already")
        limit = desk.amount(file, f"{key}.limit", one.limit, one.currency)
        if not 0 <= limit <= MINOR_MAX // 4:
            desk.wrong(file, f"{key}.limit", "not below zero, and within what the books can hold")
        found.append(CreditLine(one.creditor, one.debtor, one.currency, limit, one.article))
    return found


def _known_article(desk: _Desk, key: str, number: str, numbers: set[str]) -> None:
    if number not in numbers:
        desk.wrong("union.toml", key, f"article {number} does not exist")


def _years(desk: _Desk) -> dict[int, dict[str, dict[str, _Holiday]]]:
    """The calendars by year, currency and date as written. An unreadable year is told, and counts as one that names nothing."""
    found = {}
    for path in sorted((desk.folder / _CALENDARS).glob("*.toml")):
        name = f"{_CALENDARS}/{path.name}"
        if not re.fullmatch(r"20\d\d", path.stem):
            desk.wrong(name, "the file", "named for its year, such as 2027.toml")
            continue
        found[int(path.stem)] = desk.read(name, dict[str, dict[str, _Holiday]]) or {}
    return found


def _holidays(desk: _Desk, year: int, code: str, given: dict[str, _Holiday]) -> dict[date, Holiday]:
    """One currency's holidays of one year. One on a weekend is no mistake: laws list them, and weekends can be moved."""
    file, found = f"{_CALENDARS}/{year}.toml", {}
    for text, one in given.items():
        key = f"{code}.{text}"
        day: date | None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = None
        # Python reads more spellings of a date than one, and a day that stands twice would be seen by nobody.
        if day is None or day.isoformat() != text:
            desk.wrong(file, key, "not a date such as 2027-01-31")
            continue
        if day.year != year:
            desk.wrong(file, key, f"not a day of {year}")
        if not one.name:
            desk.wrong(file, key, "a holiday needs its name")
        if not one.source:
            desk.wrong(file, key, "a holiday needs its source")
        found[day] = Holiday(one.name, one.source)
    return found


def _calendars(
    desk: _Desk, codes: Iterable[str], years: dict[int, dict[str, dict[str, _Holiday]]], first_form: Set[str]
) -> dict[str, tuple[date, date, dict[date, Holiday]]]:
    """First day, last day and holidays of every currency, from the years that name it: each after the other, without a gap."""
    known, found = set(codes), {}
    for year, tables in years.items():
        for code in sorted(set(tables) - known):
            if code in first_form:
                desk.wrong("currencies.toml", f"currencies.{code}", f"a calendar of its own, and {year}.toml names it too")
            else:
                desk.wrong(f"{_CALENDARS}/{year}.toml", code, f"{code} is not a currency of this union")
    for code in known:
        named = [year for year, tables in years.items() if code in tables]
        holidays: dict[date, Holiday] = {}
        for year in named:
            holidays |= _holidays(desk, year, code, years[year][code])
        for before, after in pairwise(named):
            if after != before + 1:
                desk.wrong(f"{_CALENDARS}/{before + 1}.toml", code, f"no calendar, though {before} and {after} have one")
        if named:
            found[code] = date(named[0], 1, 1), date(named[-1], 12, 31), holidays
        else:
            desk.wrong(_CALENDARS, code, "no year's file names this currency")
    return found


def _first_form(desk: _Desk, code: str, one: _Currency) -> tuple[date, date, dict[date, Holiday]]:
    """A calendar that stands with its currency: every day up to `last_day`, holidays as date and source."""
    key, found = f"currencies.{code}", {}
    if one.last_day is None:
        desk.wrong("currencies.toml", f"{key}.last_day", "holidays without the day up to which they are known")
    for text, source in one.holidays.items():
        try:
            found[date.fromisoformat(text)] = Holiday(source.rpartition(": ")[2], source)
        except ValueError:
            desk.wrong("currencies.toml", f"{key}.holidays.{text}", "not a date")
        if not source:
            desk.wrong("currencies.toml", f"{key}.holidays.{text}", "a holiday needs its source")
    return date.min, one.last_day or date.min, found


def _currencies(
    desk: _Desk, given: dict[str, _Currency], years: dict[int, dict[str, dict[str, _Holiday]]]
) -> dict[str, CurrencyRules]:
    file = "currencies.toml"
    found = {}
    first_form = {code: _first_form(desk, code, one) for code, one in given.items() if one.last_day or one.holidays}
    calendars = _calendars(desk, given.keys() - first_form.keys(), years, first_form.keys()) | first_form
    for code, one in given.items():
        key = f"currencies.{code}"
        ceiling = desk.amount(file, f"{key}.ceiling", one.ceiling, code)
        try:
            ZoneInfo(one.zone)
        except (ZoneInfoNotFoundError, ValueError):
            desk.wrong(file, f"{key}.zone", f"{one.zone} is no time zone")
            continue
        if one.opens >= one.cut_off:
            desk.wrong(file, f"{key}.cut_off", "the cut-off is not after the opening")
        if not set(one.weekend) <= set(range(7)) or len(set(one.weekend)) == 7:
            desk.wrong(file, f"{key}.weekend", "weekdays are 0 (Monday) to 6, and not all of them")
        first, last, holidays = calendars.get(code, (date.max, date.min, {}))
        calendar = Calendar(one.zone, one.opens, one.cut_off, frozenset(one.weekend), last, holidays, first)
        if code in CURRENCIES:
            full = desk.amount(file, f"{key}.full_data_from", one.full_data_from, code)
            found[code] = CurrencyRules(CURRENCIES[code], calendar, one.agent, ceiling, full)
    return found


def _participants(desk: _Desk, given: list[_Participant], currencies: dict[str, CurrencyRules]) -> list[Participant]:
    file = "participants.toml"
    found: list[Participant] = []
    numbers: set[int] = set()
    bics: set[str] = set()
    for at, one in enumerate(given):
        key = f"participants[{at}] {one.bic}"
        if not 1 <= one.number < 2**24:
            desk.wrong(file, key, f"number {one.number} is not between 1 and 2^24")
        if one.number in numbers:
            desk.wrong(file, key, f"number {one.number} is taken")
        if one.bic[:8] in bics:
            desk.wrong(file, key, "the BIC is taken")
        numbers.add(one.number)
        bics.add(one.bic[:8])
        for fault in (bic_fault(one.bic), lei_fault(one.lei)):
            if fault:
                desk.wrong(file, key, fault)
        if one.country not in COUNTRIES:
            desk.wrong(file, key, f"{one.country} is not a country of ISO 3166")
        if not one.roles:
            desk.wrong(file, key, "no role")
        for code in {one.currency, *one.currencies, *one.caps} - set(currencies):
            desk.wrong(file, key, f"{code} is not a currency of this union")
        held = frozenset(one.currencies or [one.currency])
        if not set(one.caps) <= held:
            desk.wrong(file, key, "a cap in a currency in which it holds no account")
        caps = {code: desk.amount(file, f"{key}.caps.{code}", text, code) for code, text in one.caps.items()}
        if any(cap > MINOR_MAX // 4 for cap in caps.values()):
            desk.wrong(file, key, "a cap beyond what the books can hold")
        found.append(
            Participant(
                one.number,
                one.bic,
                one.lei,
                one.name,
                one.country,
                one.currency,
                frozenset(one.roles),
                one.standing,
                held,
                caps,
                one.sponsor[:8],
                group=one.group,
            )
        )
    _sponsors(desk, found)
    return found


def _sponsors(desk: _Desk, participants: list[Participant]) -> None:
    """A sponsored participant is a member like its sponsor, holds nothing that the sponsor does not, and dares no more."""
    by_bic = {one.bic[:8]: one for one in participants}
    for one in participants:
        if not one.sponsor:
            continue
        key = f"participants {one.bic}.sponsor"
        sponsor = by_bic.get(one.sponsor)
        if sponsor is None or sponsor.sponsor or "member" not in sponsor.roles:
            desk.wrong("participants.toml", key, f"{one.sponsor} is no member that settles for itself")
        elif one.roles != {"member"} or not one.currencies <= sponsor.currencies:
            desk.wrong("participants.toml", key, "a sponsored participant is a member, in currencies of its sponsor")
        elif any(cap > sponsor.caps.get(code, 0) for code, cap in one.caps.items()):
            desk.wrong("participants.toml", key, "a cap above its sponsor's")


def _tariffs(
    desk: _Desk, given: list[_Tariff], currencies: dict[str, CurrencyRules], numbers: set[str], purposes: set[str]
) -> dict[str, tuple[Tariff, ...]]:
    name = "union.toml"
    found: dict[str, list[Tariff]] = {}
    for at, one in enumerate(given):
        key = f"tariffs[{at}]"
        if not 0 <= one.bps <= 1_000:
            desk.wrong(name, f"{key}.bps", "between 0 and 1000 basis points")
        _known_article(desk, f"{key}.article", one.article, numbers)
        origin, dash, target = one.corridor.partition("-")
        if one.corridor and (not dash or origin not in COUNTRIES or target not in COUNTRIES):
            desk.wrong(name, f"{key}.corridor", "two countries of ISO 3166, such as ID-SG")
        flat, low, high, start = (
            desk.amount(name, f"{key}.{end}", text, one.currency)
            for end, text in (("flat", one.flat), ("min", one.min), ("max", one.max), ("from", one.from_amount))
        )
        if low > high:
            desk.wrong(name, key, "the floor is above the ceiling")
        if one.purpose and one.purpose not in purposes:
            desk.wrong(name, f"{key}.purpose", f"{one.purpose} is no retail purpose of this union")
        if one.from_count < 0:
            desk.wrong(name, f"{key}.from_count", "not below zero")
        tariff = Tariff(
            one.currency, flat, one.bps, low, high, one.article, one.kind, origin, target, start, one.purpose, one.from_count
        )
        same = replace(tariff, flat_minor=0, bps=0, min_minor=0, max_minor=0, article="")
        others = [replace(t, flat_minor=0, bps=0, min_minor=0, max_minor=0, article="") for t in found.get(one.currency, ())]
        if same in others:
            desk.wrong(name, key, f"a second tariff for {one.currency} of the same kind, corridor, purpose, amount and count")
        found.setdefault(one.currency, []).append(tariff)
    for code in currencies:
        if not any(one.narrowness() == (False, False, False, 0, 0) for one in found.get(code, ())):
            desk.wrong(name, "tariffs", f"no tariff for {code} that fits every payment")
    return {code: tuple(rows) for code, rows in found.items()}


def _purposes(desk: _Desk, given: list[_Purpose], currencies: set[str], numbers: set[str]) -> list[RetailPurpose]:
    """Each purpose with its codes; a code belongs to one purpose, and its limits cover its codes."""
    file = "union.toml"
    found: list[RetailPurpose] = []
    for at, one in enumerate(given):
        key = f"purposes[{at}] {one.name}"
        _known_article(desk, f"{key}.article", one.article, numbers)
        if not one.name or " " in one.name or any(one.name == other.name for other in found):
            desk.wrong(file, f"{key}.name", "one word, once in a union")
        taken = {code for other in found for code in other.codes}
        for code in one.codes:
            if len(code) != 4 or not code.isascii() or not code.isalnum() or code != code.upper() or code in taken:
                desk.wrong(file, f"{key}.codes", f"{code} is no purpose code of four characters, or another purpose has it")
        if not one.codes:
            desk.wrong(file, f"{key}.codes", "none")
        ceilings = {code: desk.amount(file, f"{key}.ceilings.{code}", text, code) for code, text in one.ceilings.items()}
        for code in set(ceilings) - currencies:
            desk.wrong(file, f"{key}.ceilings.{code}", "not a currency of this union")
        limits = _customer_limits(desk, one.limits, key, currencies, numbers)
        if any(limit.purposes for limit in limits):
            desk.wrong(file, f"{key}.limits", "their purposes are the codes of this one")
        codes = frozenset(one.codes)
        found.append(RetailPurpose(one.name, codes, ceilings, tuple(replace(x, purposes=codes) for x in limits), one.article))
    return found


def _customer_limits(
    desk: _Desk, given: list[_CustomerLimit], key: str, currencies: set[str], numbers: set[str]
) -> tuple[CustomerLimit, ...]:
    file = "union.toml"
    found = []
    for at, one in enumerate(given):
        place = f"{key}.limits[{at}]"
        if one.currency not in currencies:
            desk.wrong(file, f"{place}.currency", f"{one.currency} is not a currency of this union")
        if " " in one.name or not one.name or [other.name for other in given].count(one.name) > 1:
            desk.wrong(file, f"{place}.name", "one word, once in its place")
        _known_article(desk, f"{place}.article", one.article, numbers)
        minor = desk.amount(file, f"{place}.amount", one.amount, one.currency)
        found.append(CustomerLimit(one.name, frozenset(one.purposes), one.currency, minor, one.period, one.article))
    return tuple(found)


def _officers(desk: _Desk, given: list[_Officer], members: set[str]) -> list[OfficerRule]:
    file = "officers.toml"
    ids: set[str] = set()
    keys: set[str] = set()
    for at, one in enumerate(given):
        if one.id in ids:
            desk.wrong(file, f"officers[{at}]", f"officer {one.id} stands here twice")
        if one.public_key in keys:
            desk.wrong(file, f"officers[{at}]", "two officers with one key are one officer")
        if len(one.public_key) != 64 or set(one.public_key) - set("0123456789abcdef"):
            desk.wrong(file, f"officers[{at}].public_key", "an Ed25519 public key has 64 hexadecimal digits")
        if ("representative" in one.roles) != bool(one.member) or (one.member and one.member not in members):
            desk.wrong(
                file, f"officers[{at}].member", "a representative speaks for a participant (its BIC), and nobody else does"
            )
        ids.add(one.id)
        keys.add(one.public_key)
    if sum("compliance" in one.roles for one in given) < 2:
        desk.wrong(file, "officers", "fewer than two compliance officers: nobody could decide a case")
    return [OfficerRule(one.id, one.name, frozenset(one.roles), one.public_key, one.member[:8]) for one in given]


def _articles(desk: _Desk, given: list[_Article]) -> Articles:
    file = "union.toml"
    seen: set[tuple[str, date]] = set()
    for at, one in enumerate(given):
        key = f"articles[{at}] {one.key}"
        if (one.key, one.valid_from) in seen:
            desk.wrong(file, key, f"two articles from {one.valid_from}")
        seen.add((one.key, one.valid_from))
        wanted = {**REQUIRED_ARTICLES, **OPTIONAL_ARTICLES}.get(one.key)
        if wanted is None:
            desk.wrong(file, key, "no such key is read by the hub")
        elif type(one.value) is not wanted:
            desk.wrong(file, key, f"expected {wanted.__name__}, got {type(one.value).__name__}")
        elif one.key in CHOICES and one.value not in CHOICES[one.key]:
            desk.wrong(file, key, " or ".join(CHOICES[one.key]))
        elif isinstance(one.value, int) and not isinstance(one.value, bool) and one.value <= 0:
            desk.wrong(file, key, "must be above zero")
        elif one.key.endswith("_percent") and isinstance(one.value, int) and one.value > 100:
            desk.wrong(file, key, "at most 100")
        elif one.key in BOUNDS and isinstance(one.value, int) and not BOUNDS[one.key][0] <= one.value <= BOUNDS[one.key][1]:
            desk.wrong(file, key, f"between {BOUNDS[one.key][0]} and {BOUNDS[one.key][1]}")
        elif one.key == "retention_years" and isinstance(one.value, int) and one.value < RETENTION_YEARS_MIN:
            desk.wrong(file, key, f"at least {RETENTION_YEARS_MIN} years (FATF Recommendation 11)")
        if not one.source:
            desk.wrong(file, key, "an article needs its source")
    for key in REQUIRED_ARTICLES:
        if not any(one.key == key for one in given):
            desk.wrong(file, "articles", f"no article for {key}")
    return Articles(Article(one.number, one.key, one.value, one.valid_from, one.source) for one in given)


def _cycles(desk: _Desk, given: list[_Cycle]) -> None:
    if not given:
        desk.wrong("union.toml", "cycles", "no cycle: nothing would settle")
    for at, (one, following) in enumerate(pairwise(given)):
        if one.cut_off >= following.cut_off or one.number >= following.number:
            desk.wrong("union.toml", f"cycles[{at + 1}]", "cycles are numbered and cut off in order")


def _lists(desk: _Desk, given: list[_List], article: str) -> list[ListRule]:
    """Lists that no setting can starve: `article` is that of screening, which every one of these refusals names."""
    file = "union.toml"
    found = []
    for at, one in enumerate(given):
        key = f"lists[{at}] {one.id}"
        if not _LIST_ID.fullmatch(one.id) or one.id in _NO_LISTS:
            desk.wrong(file, f"{key}.id", f"no name of a list: a letter, then letters, digits, - or _ (article {article})")
        if one.format not in LIST_FORMATS:
            desk.wrong(file, f"{key}.format", f"one of {', '.join(sorted(LIST_FORMATS))}")
        if not THRESHOLD_BOUNDS[0] <= one.threshold_milli <= THRESHOLD_BOUNDS[1]:
            low, high = THRESHOLD_BOUNDS
            desk.wrong(
                file, f"{key}.threshold_milli", f"between {low} and {high}: a list that cannot alert is none (article {article})"
            )
        if not 1 <= one.max_age_days <= 31:
            desk.wrong(file, f"{key}.max_age_days", f"between 1 and 31 days (article {article})")
        if not 0 <= one.shrink_max_percent <= 50:
            desk.wrong(file, f"{key}.shrink_max_percent", f"between 0 and 50 (article {article})")
        if one.on_confirmed not in ("reject", "block"):
            desk.wrong(file, f"{key}.on_confirmed", "reject or block")
        if [other.id for other in given].count(one.id) > 1:
            desk.wrong(file, key, "the list stands here twice")
        found.append(
            ListRule(
                one.id,
                one.format,
                one.required,
                one.max_age_days,
                one.threshold_milli,
                one.shrink_max_percent,
                one.on_confirmed,
                one.source,
            )
        )
    if not any(one.id == _UN and one.required for one in given):
        desk.wrong(file, "lists", f"the United Nations list (id un, required) binds every union (article {article})")
    return found


def _list_thresholds(
    desk: _Desk, given: list[_ListThreshold], lists: dict[str, ListRule], numbers: set[str]
) -> list[ListThreshold]:
    file = "union.toml"
    seen: set[tuple[str, str, str, date]] = set()
    found = []
    for at, one in enumerate(given):
        key = f"list_thresholds[{at}] {one.list}"
        _known_article(desk, f"{key}.article", one.article, numbers)
        rule = lists.get(one.list)
        if rule is None:
            desk.wrong(file, key, f"no list {one.list} in [[lists]] (article {one.article})")
        elif one.list == _UN and one.threshold_milli > rule.threshold_milli:
            desk.wrong(file, key, f"no corridor narrows the United Nations list (article {one.article})")
        if not THRESHOLD_BOUNDS[0] <= one.threshold_milli <= THRESHOLD_BOUNDS[1]:
            low, high = THRESHOLD_BOUNDS
            desk.wrong(file, f"{key}.threshold_milli", f"between {low} and {high} (article {one.article})")
        for country in (one.origin, one.target):
            if country not in COUNTRIES:
                desk.wrong(file, key, f"{country} is not a country of ISO 3166")
        if not one.source.strip():
            desk.wrong(file, f"{key}.source", "a threshold needs its source: the law, or the calibration report it follows")
        if (one.list, one.origin, one.target, one.valid_from) in seen:
            desk.wrong(file, key, f"two thresholds of this corridor from {one.valid_from}")
        seen.add((one.list, one.origin, one.target, one.valid_from))
        found.append(
            ListThreshold(one.list, one.origin, one.target, one.threshold_milli, one.article, one.valid_from, one.source)
        )
    return found


def _embargoes(desk: _Desk, given: list[_Embargo], numbers: set[str]) -> list[EmbargoRule]:
    file = "union.toml"
    found = []
    for at, one in enumerate(given):
        key = f"embargoes[{at}] {one.country}"
        _known_article(desk, f"{key}.article", one.article, numbers)
        if one.country not in COUNTRIES:
            desk.wrong(file, key, f"{one.country} is not a country of ISO 3166")
        if not one.source.strip():
            desk.wrong(file, f"{key}.source", "an embargo needs its source")
        if any(len(town.strip()) < 3 for town in one.towns):
            desk.wrong(file, f"{key}.towns", "a town has at least three letters: less would be found in every address")
        found.append(EmbargoRule(one.country, tuple(one.towns), one.article, one.valid_from, one.source))
    return found

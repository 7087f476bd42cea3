"""A folder of TOML -> a Scheme, or all of its mistakes at once with file, key and reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from fondaco.core import COUNTRIES, CURRENCIES, MINOR_MAX, Calendar, PasskeyKey, bic_fault, lei_fault, passkey_key_fault
from fondaco.rulebook import forms as form
from fondaco.rulebook.article import Article, Articles
from fondaco.rulebook.draft import Draft, Mistake
from fondaco.rulebook.participant import OfficerRule, Participant
from fondaco.rulebook.reading_calendars import calendars_of, first_form_of, years_of
from fondaco.rulebook.reading_limits import set_limits_of
from fondaco.rulebook.reading_lists import embargoes_of, list_thresholds_of, lists_of
from fondaco.rulebook.reading_union import clearing_union_of
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
    RetailPurpose,
    Scheme,
    Tariff,
)


def read_scheme(folder: Path) -> Scheme | list[Mistake]:
    """Read `union.toml`, `currencies.toml`, `participants.toml`, `officers.toml` and `calendars/YEAR.toml`.

    A `Scheme`, or every mistake found. A currency's calendar begins and ends with the years whose files name the currency; one of the first
    form, with `last_day` and `holidays` in `currencies.toml`, ends with that day.
    """
    draft = Draft(folder)
    union: form.UnionFile | None = draft.read("union.toml", form.UnionFile)
    currencies_file: form.CurrenciesFile | None = draft.read("currencies.toml", form.CurrenciesFile)
    participants_file: form.ParticipantsFile | None = draft.read("participants.toml", form.ParticipantsFile)
    officers_file: form.OfficersFile | None = draft.read("officers.toml", form.OfficersFile)
    years = years_of(draft)
    currencies = _currencies(draft, currencies_file.currencies, years) if currencies_file else {}
    participants = _participants(draft, participants_file.participants, currencies) if participants_file else []
    officers = _officers(draft, officers_file.officers, {one.bic for one in participants}) if officers_file else []
    if participants_file and currencies_file:
        agents = {one.bic for one in participants if "settlement_agent" in one.roles}
        for code, rules in currencies.items():
            if rules.agent_bic not in agents:
                draft.wrong("currencies.toml", f"currencies.{code}.agent", f"{rules.agent_bic} is no settlement agent")
    if union is None:
        return sorted(draft.mistakes)
    name = "union.toml"
    if bic_fault(union.union.hub_bic):
        draft.wrong(name, "union.hub_bic", bic_fault(union.union.hub_bic))
    articles = _articles(draft, union.articles)
    numbers = {one.number for one in union.articles}
    _cycles(draft, union.cycles)
    if len(union.union.qr_identifier) > 32 or not union.union.qr_identifier.isascii():
        draft.wrong(name, "union.qr_identifier", "at most 32 characters of ASCII")
    purposes = _purposes(draft, union.purposes, set(currencies), numbers)
    tariffs = _tariffs(draft, union.tariffs, currencies, numbers, {one.name for one in purposes})
    lists = lists_of(draft, union.lists, next((one.number for one in union.articles if one.key == "screening"), ""))
    thresholds = list_thresholds_of(draft, union.list_thresholds, {one.list_id: one for one in lists}, numbers)
    embargoes = embargoes_of(draft, union.embargoes, numbers)
    corridors = {}
    for at, corridor in enumerate(union.corridors):
        for end in (corridor.origin, corridor.target):
            if end not in COUNTRIES:
                draft.wrong(name, f"corridors[{at}]", f"{end} is not a country of ISO 3166")
        draft.known_article(f"corridors[{at}].article", corridor.article, numbers)
        if (corridor.origin, corridor.target) in corridors:
            draft.wrong(name, f"corridors[{at}]", "this corridor has a rule already")
        corridors[corridor.origin, corridor.target] = Corridor(
            corridor.origin, corridor.target, corridor.closed, corridor.purpose_required,
            frozenset(corridor.purposes_barred), corridor.article, frozenset(corridor.purposes_allowed),
            frozenset(corridor.documents_required), _customer_limits(draft, corridor.limits, f"corridors[{at}]", set(currencies), numbers),
        )  # fmt: skip
    lines = _credit_lines(draft, union.credit_lines, participants, currencies, numbers) if currencies and participants else []
    kinds, shares = _risk(draft, union, participants, currencies, numbers)
    home = next((str(one.value) for one in union.articles if one.key == "exposure_currency"), "")
    limits = set_limits_of(draft, union.limits, participants, home, numbers)
    clearing_union = clearing_union_of(draft, union.clearing_union, participants, currencies, lines, numbers)
    if draft.mistakes:
        return sorted(draft.mistakes)
    return Scheme(
        union.union.union,
        union.union.title,
        union.union.hub_bic,
        draft.digest.hexdigest(),
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
        clearing_union,
        limits,
    )


def _risk(
    draft: Draft, union: form.UnionFile, participants: list[Participant], currencies: dict[str, CurrencyRules], numbers: set[str]
) -> tuple[tuple[CollateralRule, ...], tuple[FundShare, ...]]:
    file = "union.toml"
    for article in union.articles:
        if article.key == "exposure_currency" and article.value not in currencies:
            draft.wrong(file, "articles exposure_currency", f"{article.value} is not a currency of this union")
    cited = [(f"collateral[{at}].article", one.article) for at, one in enumerate(union.collateral)]
    cited += [(f"fund_shares[{at}].article", one.article) for at, one in enumerate(union.fund_shares)]
    for key, number in cited:
        draft.known_article(key, number, numbers)
    kinds = tuple(CollateralRule(**msgspec.structs.asdict(one)) for one in union.collateral)
    shares = tuple(
        FundShare(one.member[:8], one.currency, draft.amount(file, "fund_shares.amount", one.amount, one.currency), one.article)
        for one in union.fund_shares
    )
    members = {one.bic[:8]: one.currencies for one in participants if one.roles != {"settlement_agent"}}
    for place, reason in [*collateral_faults(kinds), *fund_faults(shares, members, union.union.hub_bic, currencies)]:
        draft.wrong(file, place, reason)
    return kinds, shares


def _credit_lines(
    draft: Draft,
    given: list[form.CreditLine],
    participants: list[Participant],
    currencies: dict[str, CurrencyRules],
    numbers: set[str],
) -> list[CreditLine]:
    file = "union.toml"
    by_bic = {one.bic: one for one in participants}
    found: list[CreditLine] = []
    for at, one in enumerate(given):
        key = f"credit_lines[{at}]"
        draft.known_article(f"{key}.article", one.article, numbers)
        if one.currency not in currencies:
            draft.wrong(file, f"{key}.currency", f"{one.currency} is not a currency of this union")
            continue
        if currencies[one.currency].agent_bic != one.creditor:
            draft.wrong(file, f"{key}.creditor", f"only the settlement agent of {one.currency} can give a line in it")
        debtor = by_bic.get(one.debtor)
        if debtor is None or one.currency not in debtor.currencies or one.debtor == one.creditor:
            draft.wrong(file, f"{key}.debtor", f"{one.debtor} holds no account in {one.currency} at another")
        if any((one.debtor, one.currency) == (other.debtor, other.currency) for other in found):
            draft.wrong(file, key, f"{one.debtor} has a line in {one.currency} already")
        limit = draft.amount(file, f"{key}.limit", one.limit, one.currency)
        if not 0 <= limit <= MINOR_MAX // 4:
            draft.wrong(file, f"{key}.limit", "not below zero, and within what the books can hold")
        found.append(CreditLine(one.creditor, one.debtor, one.currency, limit, one.article))
    return found


def _currencies(
    draft: Draft, given: dict[str, form.Currency], years: dict[int, dict[str, dict[str, form.Holiday]]]
) -> dict[str, CurrencyRules]:
    file = "currencies.toml"
    found = {}
    first_form = {code: first_form_of(draft, code, one) for code, one in given.items() if one.last_day or one.holidays}
    calendars = calendars_of(draft, given.keys() - first_form.keys(), years, first_form.keys()) | first_form
    for code, one in given.items():
        key = f"currencies.{code}"
        ceiling = draft.amount(file, f"{key}.ceiling", one.ceiling, code)
        try:
            ZoneInfo(one.zone)
        except (ZoneInfoNotFoundError, ValueError):
            draft.wrong(file, f"{key}.zone", f"{one.zone} is no time zone")
            continue
        if one.opens >= one.cut_off:
            draft.wrong(file, f"{key}.cut_off", "the cut-off is not after the opening")
        if not set(one.weekend) <= set(range(7)) or len(set(one.weekend)) == 7:
            draft.wrong(file, f"{key}.weekend", "weekdays are 0 (Monday) to 6, and not all of them")
        first, last, holidays = calendars.get(code, (date.max, date.min, {}))
        calendar = Calendar(one.zone, one.opens, one.cut_off, frozenset(one.weekend), last, holidays, first)
        if code in CURRENCIES:
            full = draft.amount(file, f"{key}.full_data_from", one.full_data_from, code)
            found[code] = CurrencyRules(CURRENCIES[code], calendar, one.agent, ceiling, full)
    return found


def _participants(draft: Draft, given: list[form.Participant], currencies: dict[str, CurrencyRules]) -> list[Participant]:
    file = "participants.toml"
    found: list[Participant] = []
    numbers: set[int] = set()
    bics: set[str] = set()
    for at, one in enumerate(given):
        key = f"participants[{at}] {one.bic}"
        if not 1 <= one.number < 2**24:
            draft.wrong(file, key, f"number {one.number} is not between 1 and 2^24")
        if one.number in numbers:
            draft.wrong(file, key, f"number {one.number} is taken")
        if one.bic[:8] in bics:
            draft.wrong(file, key, "the BIC is taken")
        numbers.add(one.number)
        bics.add(one.bic[:8])
        for fault in (bic_fault(one.bic), lei_fault(one.lei)):
            if fault:
                draft.wrong(file, key, fault)
        if one.country not in COUNTRIES:
            draft.wrong(file, key, f"{one.country} is not a country of ISO 3166")
        if not one.roles:
            draft.wrong(file, key, "no role")
        for code in {one.currency, *one.currencies, *one.caps} - set(currencies):
            draft.wrong(file, key, f"{code} is not a currency of this union")
        held = frozenset(one.currencies or [one.currency])
        if not set(one.caps) <= held:
            draft.wrong(file, key, "a cap in a currency in which it holds no account")
        caps = {code: draft.amount(file, f"{key}.caps.{code}", text, code) for code, text in one.caps.items()}
        if any(cap > MINOR_MAX // 4 for cap in caps.values()):
            draft.wrong(file, key, "a cap beyond what the books can hold")
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
    _sponsors(draft, found)
    return found


def _sponsors(draft: Draft, participants: list[Participant]) -> None:
    """A sponsored participant is a member like its sponsor, holds nothing that the sponsor does not, and dares no more."""
    by_bic = {one.bic[:8]: one for one in participants}
    for one in participants:
        if not one.sponsor:
            continue
        key = f"participants {one.bic}.sponsor"
        sponsor = by_bic.get(one.sponsor)
        if sponsor is None or sponsor.sponsor or "member" not in sponsor.roles:
            draft.wrong("participants.toml", key, f"{one.sponsor} is no member that settles for itself")
        elif one.roles != {"member"} or not one.currencies <= sponsor.currencies:
            draft.wrong("participants.toml", key, "a sponsored participant is a member, in currencies of its sponsor")
        elif any(cap > sponsor.caps.get(code, 0) for code, cap in one.caps.items()):
            draft.wrong("participants.toml", key, "a cap above its sponsor's")


def _tariffs(
    draft: Draft, given: list[form.Tariff], currencies: dict[str, CurrencyRules], numbers: set[str], purposes: set[str]
) -> dict[str, tuple[Tariff, ...]]:
    name = "union.toml"
    found: dict[str, list[Tariff]] = {}
    for at, one in enumerate(given):
        key = f"tariffs[{at}]"
        if not 0 <= one.bps <= 1_000:
            draft.wrong(name, f"{key}.bps", "between 0 and 1000 basis points")
        draft.known_article(f"{key}.article", one.article, numbers)
        origin, dash, target = one.corridor.partition("-")
        if one.corridor and (not dash or origin not in COUNTRIES or target not in COUNTRIES):
            draft.wrong(name, f"{key}.corridor", "two countries of ISO 3166, such as ID-SG")
        flat, low, high, start = (
            draft.amount(name, f"{key}.{end}", text, one.currency)
            for end, text in (("flat", one.flat), ("min", one.min), ("max", one.max), ("from", one.from_amount))
        )
        if low > high:
            draft.wrong(name, key, "the floor is above the ceiling")
        if one.purpose and one.purpose not in purposes:
            draft.wrong(name, f"{key}.purpose", f"{one.purpose} is no retail purpose of this union")
        if one.from_count < 0:
            draft.wrong(name, f"{key}.from_count", "not below zero")
        tariff = Tariff(
            one.currency, flat, one.bps, low, high, one.article, one.kind, origin, target, start, one.purpose, one.from_count
        )
        same = replace(tariff, flat_minor=0, bps=0, min_minor=0, max_minor=0, article="")
        others = [replace(t, flat_minor=0, bps=0, min_minor=0, max_minor=0, article="") for t in found.get(one.currency, ())]
        if same in others:
            draft.wrong(name, key, f"a second tariff for {one.currency} of the same kind, corridor, purpose, amount and count")
        found.setdefault(one.currency, []).append(tariff)
    for code in currencies:
        if not any(one.narrowness() == (False, False, False, 0, 0) for one in found.get(code, ())):
            draft.wrong(name, "tariffs", f"no tariff for {code} that fits every payment")
    return {code: tuple(rows) for code, rows in found.items()}


def _purposes(draft: Draft, given: list[form.Purpose], currencies: set[str], numbers: set[str]) -> list[RetailPurpose]:
    """Each purpose with its codes; a code belongs to one purpose, and its limits cover its codes."""
    file = "union.toml"
    found: list[RetailPurpose] = []
    for at, one in enumerate(given):
        key = f"purposes[{at}] {one.name}"
        draft.known_article(f"{key}.article", one.article, numbers)
        if not one.name or " " in one.name or any(one.name == other.name for other in found):
            draft.wrong(file, f"{key}.name", "one word, once in a union")
        taken = {code for other in found for code in other.codes}
        for code in one.codes:
            if len(code) != 4 or not code.isascii() or not code.isalnum() or code != code.upper() or code in taken:
                draft.wrong(file, f"{key}.codes", f"{code} is no purpose code of four characters, or another purpose has it")
        if not one.codes:
            draft.wrong(file, f"{key}.codes", "none")
        ceilings = {code: draft.amount(file, f"{key}.ceilings.{code}", text, code) for code, text in one.ceilings.items()}
        for code in set(ceilings) - currencies:
            draft.wrong(file, f"{key}.ceilings.{code}", "not a currency of this union")
        limits = _customer_limits(draft, one.limits, key, currencies, numbers)
        if any(limit.purposes for limit in limits):
            draft.wrong(file, f"{key}.limits", "their purposes are the codes of this one")
        codes = frozenset(one.codes)
        found.append(RetailPurpose(one.name, codes, ceilings, tuple(replace(x, purposes=codes) for x in limits), one.article))
    return found


def _customer_limits(
    draft: Draft, given: list[form.CustomerLimit], key: str, currencies: set[str], numbers: set[str]
) -> tuple[CustomerLimit, ...]:
    file = "union.toml"
    found = []
    for at, one in enumerate(given):
        place = f"{key}.limits[{at}]"
        if one.currency not in currencies:
            draft.wrong(file, f"{place}.currency", f"{one.currency} is not a currency of this union")
        if " " in one.name or not one.name or [other.name for other in given].count(one.name) > 1:
            draft.wrong(file, f"{place}.name", "one word, once in its place")
        draft.known_article(f"{place}.article", one.article, numbers)
        minor = draft.amount(file, f"{place}.amount", one.amount, one.currency)
        found.append(CustomerLimit(one.name, frozenset(one.purposes), one.currency, minor, one.period, one.article))
    return tuple(found)


def _officers(draft: Draft, given: list[form.Officer], members: set[str]) -> list[OfficerRule]:
    file = "officers.toml"
    ids: set[str] = set()
    keys: set[str] = set()
    credentials: set[str] = set()
    for at, one in enumerate(given):
        if one.id in ids:
            draft.wrong(file, f"officers[{at}]", f"officer {one.id} stands here twice")
        if one.public_key in keys:
            draft.wrong(file, f"officers[{at}]", "two officers with one key are one officer")
        if len(one.public_key) != 64 or set(one.public_key) - set("0123456789abcdef"):
            draft.wrong(file, f"officers[{at}].public_key", "an Ed25519 public key has 64 hexadecimal digits")
        if ("representative" in one.roles) != bool(one.member) or (one.member and one.member not in members):
            draft.wrong(
                file, f"officers[{at}].member", "a representative speaks for a participant (its BIC), and nobody else does"
            )
        ids.add(one.id)
        keys.add(one.public_key)
        for place, passkey in enumerate(one.passkeys):
            at_passkey = f"officers[{at}].passkeys[{place}]"
            said = _passkey(passkey)
            fault = passkey_key_fault(said) if said is not None else "credential and public_key are hexadecimal digits"
            if fault:
                draft.wrong(file, at_passkey, fault)
            if passkey.credential in credentials or passkey.public_key in keys:
                draft.wrong(file, at_passkey, "it stands here twice: two officers with one key are one officer")
            credentials.add(passkey.credential)
            keys.add(passkey.public_key)
    if sum("compliance" in one.roles for one in given) < 2:
        draft.wrong(file, "officers", "fewer than two compliance officers: nobody could decide a case")
    return [
        OfficerRule(
            one.id,
            one.name,
            frozenset(one.roles),
            one.public_key,
            one.member[:8],
            tuple(filter(None, map(_passkey, one.passkeys))),
        )
        for one in given
    ]


def _passkey(one: form.OfficerPasskey) -> PasskeyKey | None:
    """None where it is not written in lower hexadecimal digits: one key has one spelling."""
    if (one.credential + one.public_key).strip("0123456789abcdef") or len(one.credential) % 2 or len(one.public_key) % 2:
        return None
    return PasskeyKey(one.origin, bytes.fromhex(one.credential), bytes.fromhex(one.public_key))


def _articles(draft: Draft, given: list[form.Article]) -> Articles:
    file = "union.toml"
    seen: set[tuple[str, date]] = set()
    for at, one in enumerate(given):
        key = f"articles[{at}] {one.key}"
        if (one.key, one.valid_from) in seen:
            draft.wrong(file, key, f"two articles from {one.valid_from}")
        seen.add((one.key, one.valid_from))
        wanted = {**REQUIRED_ARTICLES, **OPTIONAL_ARTICLES}.get(one.key)
        if wanted is None:
            draft.wrong(file, key, "no such key is read by the hub")
        elif type(one.value) is not wanted:
            draft.wrong(file, key, f"expected {wanted.__name__}, got {type(one.value).__name__}")
        elif one.key in CHOICES and one.value not in CHOICES[one.key]:
            draft.wrong(file, key, " or ".join(CHOICES[one.key]))
        elif isinstance(one.value, int) and not isinstance(one.value, bool) and one.value <= 0:
            draft.wrong(file, key, "must be above zero")
        elif one.key.endswith("_percent") and isinstance(one.value, int) and one.value > 100:
            draft.wrong(file, key, "at most 100")
        elif one.key in BOUNDS and isinstance(one.value, int) and not BOUNDS[one.key][0] <= one.value <= BOUNDS[one.key][1]:
            draft.wrong(file, key, f"between {BOUNDS[one.key][0]} and {BOUNDS[one.key][1]}")
        elif one.key == "retention_years" and isinstance(one.value, int) and one.value < RETENTION_YEARS_MIN:
            draft.wrong(file, key, f"at least {RETENTION_YEARS_MIN} years (FATF Recommendation 11)")
        if not one.source:
            draft.wrong(file, key, "an article needs its source")
    for key in REQUIRED_ARTICLES:
        if not any(one.key == key for one in given):
            draft.wrong(file, "articles", f"no article for {key}")
    return Articles(Article(one.number, one.key, one.value, one.valid_from, one.source) for one in given)


def _cycles(draft: Draft, given: list[form.Cycle]) -> None:
    if not given:
        draft.wrong("union.toml", "cycles", "no cycle: nothing would settle")
    for at, (one, following) in enumerate(pairwise(given)):
        if one.cut_off >= following.cut_off or one.number >= following.number:
            draft.wrong("union.toml", f"cycles[{at + 1}]", "cycles are numbered and cut off in order")

"""What is told of a party besides its name raises or lowers a name's score, each time with its reason.

The floor: whatever is told, a name that alone reaches the strong mark stays a hit. A date of birth is easily made up; a name at or above
the mark is for officers to clear, not for data that came with it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from fondaco.compliance.lists import Entry
from fondaco.compliance.matching import normal_identifier, tokens
from fondaco.core import COUNTRIES, Mention

# In thousandths. All that agrees together, and all that contradicts, move a score by no more than the two bounds.
RAISE_MAX = 30
LOWER_MAX = 60
STRONG_MILLI = 950
_BORN_ON, _BORN_IN, _BORN_OTHERWISE = 30, 15, -40
_IDENTIFIER_SAME, _IDENTIFIER_OTHER = 30, -25
_COUNTRY_SAME, _COUNTRY_OTHER = 10, -10
_GENDER_OTHER = -20
_YEAR = re.compile(r"(?<!\d)(1[89]\d\d|20\d\d)(?!\d)")
# Days as the lists print them: 1970-12-31, 31/12/1970, 31 Dec 1970.
_ISO_DAY = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_SLASHED_DAY = re.compile(r"(?<!\d)(\d\d)/(\d\d)/(\d{4})(?!\d)")
_WORDED_DAY = re.compile(r"(?<!\d)(\d{1,2}) ([A-Za-z]{3})[a-z]* (\d{4})(?!\d)")
_MONTHS = {name: f"{at:02d}" for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,30}")
_GENDERS = {"MIST": "male", "MISS": "female", "MADM": "female"}


class Facts(NamedTuple):
    """What a message tells of one party besides its name; empty where it tells nothing."""

    birth_dates: frozenset[str]
    countries: frozenset[str]
    bics: frozenset[str]
    leis: frozenset[str]
    others: frozenset[str]
    genders: frozenset[str]


def party_path(path: str) -> str:
    """The path of the party whose name stands at `path`: an account's holder is who owns the account, an agent is one with its branch."""
    party = path.rpartition("/")[0]
    return party.removesuffix("Acct") if party.endswith("Acct") else party


def facts_of(party: str, mentions: Sequence[Mention]) -> Facts:
    """What stands at and below a party's element, and at its account."""
    below, account = party + "/", party + "Acct/"
    births, countries, bics, leis, others, genders = (set[str]() for _ in range(6))
    for mention in mentions:
        if not mention.path.startswith((below, account)):
            continue
        kind, text = mention.kind, mention.text.strip()
        if kind == "birth":
            births.add(text)
        elif kind == "country":
            countries.add(text.upper())
        elif kind == "prefix":
            genders.add(_GENDERS.get(text.upper(), ""))
        elif kind == "agent" and not mention.path.endswith(("/Nm", "/MmbId")):
            bics.add(normal_identifier(text)[:8])
            countries.add(text[4:6].upper())
        elif kind == "identifier":
            key = normal_identifier(text)
            if mention.path.endswith("/LEI"):
                leis.add(key)
            else:
                others.add(key)
                if mention.path.endswith("/IBAN") or _IBAN.fullmatch(key):
                    countries.add(key[:2])
    return Facts(
        frozenset(births), frozenset(countries & COUNTRIES), frozenset(bics), frozenset(leis), frozenset(others),
        frozenset(genders - {""}),
    )  # fmt: skip


def fingerprint_of(mention: Mention, facts: Facts | None) -> str:
    """The party by what was said of it. Free text has no party: there the text itself is meant, its digits aside."""
    if facts is None:
        said = " ".join(sorted(word for word in tokens(mention.text) if not word.isdigit()))
        body: list[object] = ["text", said or normal_identifier(mention.text)]
    else:
        body = ["party", sorted(tokens(mention.text)), *(sorted(one) for one in facts)]
    return hashlib.sha256(b"fondaco party 1\0" + msgspec.msgpack.encode(body)).hexdigest()[:32]


def weigh(facts: Facts, entry: Entry) -> tuple[tuple[str, int], ...]:
    """Why this party is more, or less, likely the listed one: reasons with their thousandths, the same for the same data.

    Where a party tells several values, one that agrees is enough: nobody lowers a score by telling one more.
    """
    if not any(facts):
        return ()
    reasons = []
    born = _birth(facts.birth_dates, entry.birth_dates)
    if born is not None:
        reasons.append(born)
    listed: dict[str, set[str]] = {}
    for identifier in entry.identifiers:
        key = normal_identifier(identifier.value)
        listed.setdefault(identifier.kind, set()).add(key[:8] if identifier.kind == "bic" else key)
    for kind, told in (("bic", facts.bics), ("lei", facts.leis)):
        known = listed.get(kind, set())
        if told & known:
            reasons.append((f"{kind} is the listed one", _IDENTIFIER_SAME))
        elif told and known:
            reasons.append((f"{kind} is another than the listed one", _IDENTIFIER_OTHER))
    if facts.others & set().union(*listed.values(), set()):
        reasons.append(("an identifier is a listed one", _IDENTIFIER_SAME))
    countries = {one for one in (*entry.countries, *entry.flags) if one in COUNTRIES}
    if facts.countries & countries:
        reasons.append(("country is a listed one", _COUNTRY_SAME))
    elif facts.countries and countries:
        reasons.append(("country is none of the listed ones", _COUNTRY_OTHER))
    gender = {"m": "male", "f": "female"}.get(entry.gender[:1].lower(), "")
    if gender and facts.genders and gender not in facts.genders:
        reasons.append(("gender is not the listed one", _GENDER_OTHER))
    return tuple(reasons)


def _birth(told: frozenset[str], listed: Sequence[str]) -> tuple[str, int] | None:
    years = {int(year) for one in listed for year in _YEAR.findall(one)}
    if not told or not years:
        return None
    if {day for one in told for day in _days(one)} & {day for one in listed for day in _days(one)}:
        return "born on a listed day", _BORN_ON
    born = {int(year) for one in told for year in _YEAR.findall(one)}
    if not born:
        return None
    # Lists print circa, between and ranges; a year beside a listed one, or within a range of them, contradicts nothing.
    low, high = min(years), max(years)
    if any(low - 1 <= year <= high + 1 for year in born):
        return ("born in a listed year", _BORN_IN) if born & years else None
    return "born in no listed year", _BORN_OTHERWISE


def _days(text: str) -> list[str]:
    """The full dates in a text as ISO dates."""
    return [
        *(f"{year}-{month}-{day}" for year, month, day in _ISO_DAY.findall(text)),
        *(f"{year}-{month}-{day}" for day, month, year in _SLASHED_DAY.findall(text)),
        *(f"{year}-{_MONTHS.get(name.lower(), '00')}-{int(day):02d}" for day, name, year in _WORDED_DAY.findall(text)),
    ]


def weighed(name_milli: int, reasons: Sequence[tuple[str, int]], threshold_milli: int, strong_milli: int) -> int:
    """The score that decides, from that of the name alone. A name that hits at or above the strong mark hits whatever the reasons."""
    move = max(-LOWER_MAX, min(RAISE_MAX, sum(milli for _, milli in reasons)))
    score = max(0, min(1000, name_milli + move))
    return max(score, threshold_milli) if name_milli >= max(strong_milli, threshold_milli) else score

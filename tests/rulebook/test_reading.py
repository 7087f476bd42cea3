"""A rulebook is read whole, or all of its mistakes are told at once."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from fondaco.rulebook import Article, Articles, Scheme, read_scheme, union_folder

OFFICERS = "".join(
    f'[[officers]]\nid = "o{n}"\nname = "Officer {n}"\nroles = ["compliance"]\npublic_key = "{n:064x}"\n' for n in (1, 2)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "union"
    shutil.copytree(union_folder("straits"), target)
    (target / "officers.toml").write_text(OFFICERS)
    return target


def test_the_ready_union_is_without_mistakes(folder: Path) -> None:
    scheme = read_scheme(folder)
    assert isinstance(scheme, Scheme)
    rules = scheme.on(date(2026, 11, 24))
    assert len(rules.members()) == 21 and set(rules.currencies) == {"IDR", "MYR", "PHP", "SGD", "THB", "KRW"}
    assert all(one.bic[:2] == "ZZ" for one in rules.participants.values()), "every member is marked as invented"
    assert len(scheme.cycles) == 4 and rules.cite("screening") == "5.1"


def test_a_ready_union_without_officers_is_refused(tmp_path: Path) -> None:
    shutil.copytree(union_folder("straits"), tmp_path / "u")
    mistakes = read_scheme(tmp_path / "u")
    assert isinstance(mistakes, list) and mistakes[0].file == "officers.toml"


THRESHOLD = (
    '[[list_thresholds]]\nlist = "{0}"\norigin = "SG"\ntarget = "TH"\nthreshold_milli = {1}\narticle = "5.1"\n'
    'valid_from = 2026-01-01\nsource = "a calibration"\n\n'
)
SHARE = '[[fund_shares]]\nmember = "{0}"\ncurrency = "{1}"\namount = "5.00"\narticle = "15.3"\n\n'
LAST_KEY = f'public_key = "{2:064x}"\n'


def passkey(origin: str, credential: str, public_key: str) -> str:
    return f'[[officers.passkeys]]\norigin = "{origin}"\ncredential = "{credential}"\npublic_key = "{public_key}"\n'


CHANGES = [
    ("participants.toml", 'bic = "ZZBASG01"', 'bic = "ZZBASG0"', "a BIC has 8 or 11"),
    ("participants.toml", "number = 2\n", "number = 1\n", "number 1 is taken"),
    ("participants.toml", 'currency = "SGD"', 'currency = "EUR"', "EUR is not a currency of this union"),
    ("participants.toml", 'caps = { SGD = "210000000" }', 'caps = { SGD = "1.005" }', "more than 2 decimals"),
    ("participants.toml", 'roles = ["member"]', 'roles = ["king"]', "Invalid enum value"),
    ("participants.toml", 'country = "SG"', 'country = "XX"', "not a country"),
    ("currencies.toml", 'zone = "Asia/Seoul"', 'zone = "Asia/Nowhere"', "no time zone"),
    ("currencies.toml", "weekend = [5, 6]", "weekend = [0, 1, 2, 3, 4, 5, 6]", "not all of them"),
    ("currencies.toml", 'agent = "ZZCBSG00"', 'agent = "ZZCBSG09"', "no settlement agent"),
    ("currencies.toml", 'ceiling = "12000000"', 'ceiling = "12000000"\nlast_day = 2027-01-08', "2026.toml names it too"),
    ("union.toml", 'id = "un"', 'id = "nu"', "United Nations list"),
    ("union.toml", "threshold_milli = 880", "threshold_milli = 990", "between 800 and 950"),
    ("union.toml", "max_age_days = 7", "max_age_days = 700", "between 1 and 31"),
    # What would starve screening, each refused by the article of screening.
    ("union.toml", "threshold_milli = 880", "threshold_milli = 1001", "cannot alert is none (article 5.1)"),
    (
        "union.toml",
        'id = "un"\nformat = "un_xml"\nrequired = true',
        'id = "un"\nformat = "un_xml"\nrequired = false',
        "(article 5.1)",
    ),
    ("union.toml", 'id = "ofac"', 'id = "../un"', "no name of a list"),
    ("union.toml", 'id = "ofac"', 'id = "embargo"', "no name of a list"),
    ("union.toml", "shrink_max_percent = 10", "shrink_max_percent = 99", "(article 5.1)"),
    ("union.toml", 'key = "strong_name_milli"\nvalue = 950', 'key = "strong_name_milli"\nvalue = 1000', "between 880 and 970"),
    ("union.toml", 'key = "good_guy_days_max"\nvalue = 180', 'key = "good_guy_days_max"\nvalue = 36500', "between 1 and 366"),
    ("union.toml", 'key = "case_expiry_days"\nvalue = 5', 'key = "case_expiry_days"\nvalue = 500', "between 1 and 30"),
    (
        "union.toml",
        'key = "exposure_currency"\nvalue = "SGD"',
        'key = "exposure_currency"\nvalue = "EUR"',
        "not a currency of this",
    ),
    ("union.toml", 'key = "fx_haircut_bps"\nvalue = 800', 'key = "fx_haircut_bps"\nvalue = 10000', "between 1 and 9999"),
    ("union.toml", "haircut_bps = 400", "haircut_bps = 10000", "between 0 and 9999"),
    ("union.toml", "issuer_share_bps = 6000", "issuer_share_bps = 0", "between 1 and 10000"),
    ("union.toml", 'kind = "central_bank_bill"', 'kind = "cash"', "a kind is one word"),
    ("union.toml", 'article = "15.3"', 'article = "15.33"', "article 15.33 does not exist"),
    ("union.toml", "[[embargoes]]", SHARE.format("ZZBASG01", "THB") + "[[embargoes]]", "in a currency that it holds"),
    ("union.toml", "[[embargoes]]", SHARE.format("ZZCBSG00", "SGD") + "[[embargoes]]", "a share is a participant's"),
    ("union.toml", "[[embargoes]]", SHARE.format("ZZHBSG00", "SGD") * 2 + "[[embargoes]]", "twice"),
    ("union.toml", 'value = "dealings"', 'value = "luck"', "fund_share or cap or dealings"),
    (
        "union.toml",
        'key = "assessment_cap_bps"\nvalue = 10000',
        'key = "assessment_cap_bps"\nvalue = 30001',
        "between 1 and 30000",
    ),
    ("union.toml", 'value = "refuse"', 'value = "pass"', "refuse or hold"),
    ("union.toml", 'country = "KP"', 'country = "KP"\ntowns = ["a"]', "at least three letters"),
    ("union.toml", 'country = "KP"', 'country = "XX"', "not a country"),
    ("union.toml", "[[embargoes]]", THRESHOLD.format("un", 900) + "[[embargoes]]", "no corridor narrows the United Nations list"),
    ("union.toml", "[[embargoes]]", THRESHOLD.format("ofac", 999) + "[[embargoes]]", "between 800 and 950"),
    ("union.toml", "[[embargoes]]", THRESHOLD.format("none", 900) + "[[embargoes]]", "no list none"),
    ("union.toml", "[[embargoes]]", THRESHOLD.format("ofac", 900) * 2 + "[[embargoes]]", "two thresholds"),
    ("union.toml", 'key = "answer_time_s"', 'key = "answer_time"', "no such key"),
    ("union.toml", "value = 600", 'value = "600"', "expected int, got str"),
    ("union.toml", "cut_off = 05:00:00", "cut_off = 02:00:00", "in order"),
    ("union.toml", 'article = "3.6"', 'article = "99"', "article 99 does not exist"),
    ("union.toml", "bps = 0", "bps = 0\nsurprise = 1", "unknown field"),
    ("union.toml", '[union]\nunion = "straits"', '[union\nunion = "straits"', "not TOML"),
    ("officers.toml", f"{2:064x}", f"{1:064x}", "two officers with one key"),
    ("officers.toml", 'id = "o2"', 'id = "o1"', "twice"),
    ("officers.toml", LAST_KEY, LAST_KEY + passkey("http://hub.example", "aa", "11" * 32), "an origin is https"),
    ("officers.toml", LAST_KEY, LAST_KEY + passkey("https://hub.example", "", "11" * 32), "1 to 1023 bytes"),
    ("officers.toml", LAST_KEY, LAST_KEY + passkey("https://hub.example", "aa", "04" + "11" * 64), "a point of P-256"),
    ("officers.toml", LAST_KEY, LAST_KEY + passkey("https://hub.example", "AA", "11" * 32), "hexadecimal digits"),
    ("officers.toml", LAST_KEY, LAST_KEY + passkey("https://hub.example", "aa", f"{1:064x}"), "one key are one officer"),
    (
        "officers.toml",
        LAST_KEY,
        LAST_KEY + passkey("https://hub.example", "aa", "11" * 32) + passkey("https://hub.example", "aa", "22" * 32),
        "twice",
    ),
    ("officers.toml", OFFICERS[OFFICERS.index("[[officers]]", 5) :], "", "fewer than two"),
    ("calendars/2026.toml", "2026-12-25 =", "2026-13-25 =", "not a date"),
    ("calendars/2026.toml", "2026-12-25 =", "20261225 =", "not a date"),
    ("calendars/2026.toml", "2026-12-25 =", "2027-12-25 =", "not a day of 2026"),
    ("calendars/2027.toml", 'source = "Holidays Act 1998"', 'source = ""', "needs its source"),
    ("calendars/2027.toml", ', source = "Holidays Act 1998"', "", "needs its source"),
    ("calendars/2027.toml", 'name = "Imlek 2578", ', "", "needs its name"),
    ("calendars/2027.toml", 'name = "Imlek 2578"', "name = 2578", "Expected `str`"),
    ("calendars/2027.toml", "[SGD]", "[EUR]", "EUR is not a currency of this union"),
    ("calendars/2027.toml", "[SGD]", "[SGD", "not TOML"),
]


@pytest.mark.parametrize(("file", "old", "new", "reason"), CHANGES, ids=[reason for *_, reason in CHANGES])
def test_each_mistake_is_told_with_file_key_and_reason(folder: Path, file: str, old: str, new: str, reason: str) -> None:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    mistakes = read_scheme(folder)
    assert isinstance(mistakes, list)
    assert any(reason in one.reason and one.file == file and one.key for one in mistakes), mistakes


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    for file, old, new, _ in (CHANGES[0], CHANGES[6], CHANGES[11]):
        path = folder / file
        path.write_text(path.read_text().replace(old, new, 1))
    mistakes = read_scheme(folder)
    assert isinstance(mistakes, list) and {one.file for one in mistakes} == {"participants.toml", "currencies.toml", "union.toml"}


def test_all_mistakes_of_a_calendar_are_told_at_once_with_file_and_key(folder: Path) -> None:
    path = folder / "calendars" / "2027.toml"
    text = path.read_text() + '\n[XXX]\n2027-01-01 = { name = "Day", source = "Law" }\n'
    path.write_text(text.replace("2027-01-22 =", "2028-01-22 =").replace('name = "Imlek 2578", ', ""))
    mistakes = read_scheme(folder)
    assert isinstance(mistakes, list)
    assert [(one.file, one.key) for one in mistakes] == [
        ("calendars/2027.toml", key) for key in ("IDR.2027-02-06", "MYR.2028-01-22", "XXX")
    ]


def test_a_calendar_ends_with_the_last_year_that_names_its_currency(folder: Path) -> None:
    path = folder / "calendars" / "2027.toml"
    begins, ends = path.read_text().index("[SGD]"), path.read_text().index("[THB]")
    path.write_text(path.read_text()[:begins] + path.read_text()[ends:])
    scheme = read_scheme(folder)
    assert isinstance(scheme, Scheme)
    known = {code: (one.calendar.first_day, one.calendar.last_day) for code, one in scheme.currencies.items()}
    assert known.pop("SGD") == (date(2026, 1, 1), date(2026, 12, 31))
    assert set(known.values()) == {(date(2026, 1, 1), date(2027, 12, 31))}
    with pytest.raises(ValueError, match="ends on 2026-12-31"):
        scheme.currencies["SGD"].calendar.is_business_day(date(2027, 1, 4))


def test_a_year_between_two_is_not_left_out(folder: Path) -> None:
    shutil.move(folder / "calendars" / "2027.toml", folder / "calendars" / "2028.toml")
    text = (folder / "calendars" / "2028.toml").read_text()
    (folder / "calendars" / "2028.toml").write_text(text.replace("\n2027-", "\n2028-"))
    mistakes = read_scheme(folder)
    assert isinstance(mistakes, list)
    assert {(one.file, one.key) for one in mistakes} == {
        ("calendars/2027.toml", code) for code in ("IDR", "MYR", "PHP", "SGD", "THB", "KRW")
    }


def test_a_union_without_calendars_or_with_a_misnamed_one_is_refused(folder: Path) -> None:
    (folder / "calendars" / "2027.toml").rename(folder / "calendars" / "next.toml")
    mistakes = read_scheme(folder)
    assert isinstance(mistakes, list) and [one.file for one in mistakes] == ["calendars/next.toml"]
    shutil.rmtree(folder / "calendars")
    mistakes = read_scheme(folder)
    assert isinstance(mistakes, list) and [one.key for one in mistakes] == ["IDR", "KRW", "MYR", "PHP", "SGD", "THB"]


def test_a_holiday_on_a_weekend_is_no_mistake(folder: Path) -> None:
    scheme = read_scheme(folder)
    assert isinstance(scheme, Scheme)
    calendar = scheme.currencies["SGD"].calendar
    assert date(2027, 5, 1) in calendar.holidays and date(2027, 5, 1).weekday() in calendar.weekend


def test_past_days_keep_their_articles() -> None:
    articles = Articles([Article("1", "k", 5, date(2026, 1, 1), "first"), Article("2", "k", 6, date(2026, 7, 1), "second")])
    assert [articles.on("k", day).value for day in (date(2026, 6, 30), date(2026, 7, 1))] == [5, 6]
    with pytest.raises(KeyError, match="in force"):
        articles.on("k", date(2025, 12, 31))


@pytest.mark.parametrize("file", ["union.toml", "calendars/2026.toml", "calendars/2027.toml"])
def test_the_version_changes_with_every_byte(folder: Path, file: str) -> None:
    first = read_scheme(folder)
    path = folder / file
    path.write_text(path.read_text() + "\n")
    second = read_scheme(folder)
    assert isinstance(first, Scheme) and isinstance(second, Scheme) and first.version != second.version


def test_a_corridors_threshold_holds_from_its_day_on_and_the_last_that_began_counts(folder: Path) -> None:
    path = folder / "union.toml"
    later = THRESHOLD.format("ofac", 940).replace("2026-01-01", "2026-12-01")
    path.write_text(path.read_text() + "\n" + THRESHOLD.format("ofac", 900) + later)
    scheme = read_scheme(folder)
    assert isinstance(scheme, Scheme)
    days = [scheme.on(day).list_thresholds() for day in (date(2026, 11, 24), date(2026, 12, 1))]
    assert [[one.threshold_milli for one in found] for found in days] == [[900], [940]]


def test_a_union_without_lists_is_refused(folder: Path) -> None:
    path = folder / "union.toml"
    text = path.read_text()
    begins, ends = text.index("[[lists]]"), text.index("[[embargoes]]")
    path.write_text(text[:begins].replace("[union]", "lists = []\n[union]", 1) + text[ends:])
    mistakes = read_scheme(folder)
    assert isinstance(mistakes, list) and any("binds every union (article 5.1)" in one.reason for one in mistakes)

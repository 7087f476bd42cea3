"""Whoever must say yes to a change of the rulebook sees every line of it, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.rulebook import Difference, Scheme, difference, read_scheme
from fondaco.simulation import lay_out


def changed(folder: Path, file: str, old: str, new: str) -> list[Difference]:
    lay_out(folder)
    before = read_scheme(folder / "union")
    path = folder / "union" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    after = read_scheme(folder / "union")
    assert isinstance(before, Scheme) and isinstance(after, Scheme), after
    return difference(before, after)


@pytest.mark.parametrize(
    ("file", "old", "new", "place", "before", "after"),
    [
        (
            "currencies.toml",
            'ceiling = "12000000"',
            'ceiling = "13000000"',
            "currencies/SGD/ceiling",
            "12000000.00 SGD",
            "13000000.00 SGD",
        ),
        (
            "calendars/2026.toml",
            '2026-11-30 = { name = "Bonifacio Day", source = "RA 9492; Proclamation 1006 of 2025" }\n',
            "",
            "currencies/PHP/calendar/holidays/2026-11-30",
            "Bonifacio Day (RA 9492; Proclamation 1006 of 2025)",
            "",
        ),
        (
            "calendars/2027.toml",
            'source = "provisional: RA 9177; proclaimed shortly before, by the moon"',
            'source = "RA 9177; as proclaimed"',
            "currencies/PHP/calendar/holidays/2027-03-10",
            "Eid'l Fitr (provisional: RA 9177; proclaimed shortly before, by the moon)",
            "Eid'l Fitr (RA 9177; as proclaimed)",
        ),
        (
            "participants.toml",
            "Merlion Sample Bank",
            "Merlion Bank",
            "participants/ZZBASG01/name",
            "Merlion Sample Bank",
            "Merlion Bank",
        ),
        (
            "participants.toml",
            'caps = { KRW = "210000000000" }',
            'caps = { KRW = "210000000001" }',
            "participants/ZZBAKR01/caps/KRW",
            "210000000000 KRW",
            "210000000001 KRW",
        ),
        ("union.toml", "haircut_bps = 400", "haircut_bps = 500", "collateral/government_bond/haircut_bps", "400", "500"),
        (
            "union.toml",
            'name = "remittance-SGD", amount = "13000"',
            'name = "remittance-SGD", amount = "13000.50"',
            "purposes/remittance/limits/3/amount",
            "13000.00 SGD",
            "13000.50 SGD",
        ),
        ("union.toml", "cut_off = 07:00:00", "cut_off = 07:30:00", "cycles/3", "07:00:00", "07:30:00"),
        ("union.toml", "threshold_milli = 880", "threshold_milli = 870", "lists/un/threshold_milli", "880", "870"),
        (
            "union.toml",
            'purposes_barred = ["GAMB"]',
            'purposes_barred = ["GAMB", "LOAN"]',
            "corridors/ID-SG/purposes_barred",
            "GAMB",
            "GAMB LOAN",
        ),
        ("union.toml", 'flat = "0.25"', 'flat = "0.30"', "tariffs/SGD/any/any/any/0.00/0/flat", "0.25 SGD", "0.30 SGD"),
    ],
)
def test_one_change_is_one_line(tmp_path: Path, file: str, old: str, new: str, place: str, before: str, after: str) -> None:
    assert changed(tmp_path / "hub", file, old, new) == [Difference(place, before, after)]


def test_a_year_more_is_its_holidays_and_the_new_last_day(tmp_path: Path) -> None:
    lay_out(tmp_path / "hub")
    folder = tmp_path / "hub" / "union"
    before = read_scheme(folder)
    tables = "".join(f"[{code}]\n" for code in ("IDR", "MYR", "PHP", "SGD", "THB"))
    day = '2028-01-01 = { name = "New Year", source = "Law" }'
    (folder / "calendars" / "2028.toml").write_text(f"{tables}[KRW]\n{day}\n")
    after = read_scheme(folder)
    assert isinstance(before, Scheme) and isinstance(after, Scheme), after
    lines = {one.place: (one.before, one.after) for one in difference(before, after)}
    assert lines.pop("currencies/KRW/calendar/holidays/2028-01-01") == ("", "New Year (Law)")
    assert set(lines) == {f"currencies/{code}/calendar/last_day" for code in ("IDR", "MYR", "PHP", "SGD", "THB", "KRW")}
    assert set(lines.values()) == {("2027-12-31", "2028-12-31")}


def test_a_new_dated_article_stands_beside_the_old_one(tmp_path: Path) -> None:
    later = '[[articles]]\nnumber = "8.1"\nkey = "answer_time_s"\nvalue = 90\nvalid_from = 2027-01-01\nsource = "second edition"\n\n[[cycles]]'
    (line,) = changed(tmp_path / "hub", "union.toml", "[[cycles]]", later)
    assert line == Difference("articles/answer_time_s/2027-01-01", "", "90 (article 8.1; second edition)")


def test_a_rulebook_does_not_differ_from_itself(tmp_path: Path) -> None:
    lay_out(tmp_path / "hub")
    scheme = read_scheme(tmp_path / "hub" / "union")
    assert isinstance(scheme, Scheme) and difference(scheme, scheme) == []

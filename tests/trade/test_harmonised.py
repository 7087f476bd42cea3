"""Codes of goods, containers, ships and places: what is none is said to be none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.trade.flag import Grade
from fondaco.trade.harmonised import CHAPTERS, HEADINGS, HarmonisedSystem, plain_code, read_harmonised, words_of
from fondaco.trade.transport_code import (
    Locations,
    container_check_digit,
    container_fault,
    imo_fault,
    locode_fault,
    read_locations,
)

CODES = Path(__file__).resolve().parents[3] / "shared" / "data" / "trade" / "codes"
HS_FILE = """section,hscode,description,parent,level
II,08,"Fruit and nuts, edible; peel of citrus fruit or melons",TOTAL,2
II,0801,"Nuts, edible; coconuts, Brazil nuts and cashew nuts",08,4
II,080111,"Nuts, edible; coconuts, desiccated",0801,6
II,080112,"Nuts, edible; coconuts, in the inner shell (endocarp)",0801,6
II,08011100,National line,080111,8
,TOTAL,Total,,0
""".splitlines()
LOCODES = ""","SG",,".SINGAPORE",,,,,,,,
,"SG","SIN","Singapore","Singapore",,"1--45---","AI","9601",,,
"+","TH","LCH","Laem Chabang","Laem Chabang","20","RL","1-3-----","0401",,"1305N 10053E",
"=","AE",,"Ruwais = Ar Ruways","Ruwais = Ar Ruways",,,,,,,
"X","TH","OLD","Gone","Gone",,"1-------","XX","0401",,,
,"ES","AGP","Málaga","Malaga",,"1234----","AI","9601",,,
""".splitlines()


def loaded() -> HarmonisedSystem:
    found = read_harmonised(HS_FILE)
    assert isinstance(found, HarmonisedSystem), found
    return found


def test_the_shipped_headings() -> None:
    assert len(CHAPTERS) == 96 and "77" not in CHAPTERS and len(HEADINGS) == 1_228
    assert {"0101", "8542", "9706", "9301"} <= HEADINGS and not {"0107", "7701", "9800", "0501 "} & HEADINGS


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("0801.11", None),
        ("0801 11 00", None),
        ("0801", None),
        ("0801110000", None),
        ("08", "HS_FORM"),
        ("080.111", "HS_FORM"),
        ("08011", "HS_FORM"),
        ("080111000", "HS_FORM"),
        ("０８０１１１", "HS_FORM"),
        ("", "HS_FORM"),
        ("7701.11", "HS_CHAPTER"),
        ("0001.11", "HS_CHAPTER"),
        ("0815.11", "HS_HEADING"),
        ("9899.00", "HS_NATIONAL"),
        ("0801.99", "HS_SUBHEADING"),
        ("8542.31", None),
    ],
)
def test_a_code_is_known_as_far_as_it_is_known(code: str, rule: str | None) -> None:
    flags = loaded().flags(code, "", "lines/0")
    assert [one.rule for one in flags] == ([rule] if rule else [])
    assert all(one.where == "lines/0" and one.text for one in flags)
    if rule == "HS_SUBHEADING":
        assert HarmonisedSystem().flags(code, "") == (), "without a loaded edition headings are all that is known"


@pytest.mark.parametrize(
    ("goods", "flagged"),
    [
        ("DESICCATED COCONUT, FINE GRADE", False),
        ("Cashew nuts W320", False),
        ("melon", False),
        ("Stainless steel screws", True),
        ("12 x 40", False),
        ("of other kinds", False),
    ],
)
def test_goods_that_share_no_word_with_their_code_are_asked_about(goods: str, flagged: bool) -> None:
    flags = loaded().flags("080111", goods)
    assert [one.rule for one in flags] == (["HS_WORDS"] if flagged else [])
    assert all(one.grade is Grade.QUERY for one in flags)


@given(st.text(max_size=20), st.text(max_size=40))
def test_no_text_crashes_the_check(code: str, goods: str) -> None:
    assert len(loaded().flags(code, goods)) <= 1
    digits = plain_code(code)
    assert digits == "" or (digits.isdecimal() and digits.isascii() and len(digits) in (4, 6, 8, 10))
    assert not words_of(goods) & {"the", "and", "other"}


def test_a_table_of_codes_is_loaded_whole_or_not_at_all() -> None:
    assert len(loaded()) == 4 and "coconuts" in loaded().description("080111")
    assert read_harmonised(["a,b"]) == ["line 1: there must be columns hscode and description"]
    assert read_harmonised([*HS_FILE, 'II,0801,"again",08,4', "II,8x,bad,,"]) == [
        "line 8: 0801 stands there twice",
        "line 9: '8x' is no code",
    ]


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("CSQU3054383", ""),
        ("MSKU0383250", ""),
        ("CSQU3054384", "check digit"),
        ("CSQX3054383", "U, J or Z"),
        ("CSQU305438", "seven digits"),
        ("csqu 305438-3", ""),
        ("ＣSQU3054383", "three letters"),
        ("", "three letters"),
    ],
)
def test_containers(number: str, fault: str) -> None:
    found = container_fault(number)
    assert (found == "") == (fault == "") and fault in found


@given(st.from_regex(r"[A-Z]{3}[UJZ][0-9]{6}", fullmatch=True), st.data())
def test_a_container_s_check_digit_finds_one_wrong_character(stem: str, data: st.DataObject) -> None:
    number = f"{stem}{container_check_digit(stem)}"
    assert container_fault(number) == ""
    at = data.draw(st.integers(4, 9))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[at]]))
    wrong = number[:at] + other + number[at + 1 :]
    # Ten and nought share a check digit: the standard advises against serial numbers that come to ten.
    assert container_fault(wrong) or {container_remainder(stem), container_remainder(wrong[:10])} == {0, 10}


def container_remainder(stem: str) -> int:
    worth = "0123456789A?BCDEFGHIJK?LMNOPQRSTU?VWXYZ"
    return sum(worth.index(char) * 2**at for at, char in enumerate(stem)) % 11


@pytest.mark.parametrize(
    ("number", "good"),
    [("9074729", True), ("IMO 9074729", True), ("imo9074729", True), ("9074728", False), ("907472", False), ("", False)],
)
def test_ships(number: str, good: bool) -> None:
    assert (imo_fault(number) == "") == good


def test_places() -> None:
    found = read_locations(LOCODES)
    assert isinstance(found, Locations) and len(found) == 3
    singapore, laem_chabang = found.get("SG SIN"), found.get("THLCH")
    assert singapore is not None and singapore.port and singapore.airport and singapore.name == "Singapore"
    assert laem_chabang is not None and laem_chabang.port and not laem_chabang.airport, "whichever column holds the functions"
    assert found.get("ESAGP") is not None and found.fault("ESAGP") == ""
    assert "has no THBKK" in found.fault("THBKK") and "has no THOLD" in found.fault("THOLD")


@pytest.mark.parametrize(
    ("code", "good"),
    [("SGSIN", True), ("SG SIN", True), ("XZSEA", True), ("QQABC", False), ("SGSI", False), ("sgsin", False), ("SG  SIN", False)],
)
def test_the_form_of_a_place(code: str, good: bool) -> None:
    assert (locode_fault(code) == "") == good


def test_a_table_of_places_that_is_none_is_told_line_by_line() -> None:
    assert read_locations(["a,b"]) == ["line 1: 2 columns, of at least 8"]
    found = read_locations([LOCODES[1], ',"QQ","AAA","A","A",,"1-------","AI","0",,,'])
    assert found == ["line 2: 'QQAAA': QQ is not a country of ISO 3166"]


@pytest.mark.skipif(not CODES.exists(), reason="the shared code lists are not there")
def test_the_published_lists_are_read_whole() -> None:
    codes = read_harmonised((CODES / "hs" / "data__harmonized-system.csv").read_text(encoding="utf-8").splitlines())
    assert isinstance(codes, HarmonisedSystem) and len(codes) > 6_900
    assert all(codes.description(heading) for heading in HEADINGS)
    places = read_locations((CODES / "unlocode" / "vocab-locode-all.csv").read_text(encoding="utf-8").splitlines())
    assert isinstance(places, Locations) and len(places) > 100_000

"""Goods and ships that a message names are hits of its verdict, as exact ones: nobody vouches for them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.compliance import (
    Entry,
    Goods,
    Identifier,
    ListEdition,
    ListSet,
    ListSetting,
    Name,
    Screener,
    ScreeningUnfit,
    Verdict,
    read_list,
)
from fondaco.compliance.cargo import may_hold_seven_digits
from fondaco.compliance.vessels import imo_numbers
from fondaco.core import Instant, Mention
from list_samples import SAMPLES

SHIP = Entry(
    "V1", "vessel", (Name("Ostrava Delmarin", kind="primary"), Name("Belgarath Star", kind="former")), (), (), (),
    (Identifier("imo", "9074729"),), (), "", ("PA", "KM"),
)  # fmt: skip
PERSON = Entry("P1", "person", (Name("Sorvemir Brulomarov"),))


def made() -> Screener:
    goods = read_list("goods", "goods_csv", SAMPLES["goods_csv"], 0, 10)
    assert isinstance(goods, ListEdition), goods
    un = ListEdition("un", "un_xml", "", 0, "d", (PERSON, SHIP))
    return Screener(ListSet([un, goods], [ListSetting("un", 880, 7, True), ListSetting("goods", 880, 7, True)]))


SCREENER = made()


def screen(text: str, kind: str = "text", path: str = "CdtTrfTxInf/RmtInf/Ustrd") -> Verdict:
    return SCREENER.screen([[Mention(kind, path, text)]], Instant(1))[0]


def test_controlled_goods_are_a_hit_with_tier_licence_and_law() -> None:
    good = SCREENER.lists.editions["goods"].goods[0]
    (hit,) = [hit for hit in screen(f"HS code {good.code}, licence no. AB-1234/26").hits if hit.entry_id == good.good_id]
    assert hit.list_id == "goods" and hit.exact and hit.score_milli == 1000 and hit.entry and hit.fingerprint
    assert any("AB-1234/26" in reason for reason, _ in hit.reasons), "a licence that is named does not pass them"
    assert screen("spare parts as agreed").outcome == "CLEAR"


@pytest.mark.parametrize(
    "said", ["MV Delta, IMO 9074729", "IMO9074729", "cargo on 90\u200b74729", "ＩＭＯ ９０７４７２９", "ship ٩٠٧٤٧٢٩"]
)
def test_a_listed_ship_is_a_hit_under_any_name(said: str) -> None:
    hits = [hit for hit in screen(said).hits if hit.entry_id == "V1"]
    assert len(hits) == 1 and hits[0].exact and hits[0].entry


def test_a_ship_is_found_by_its_former_name_as_well_and_a_number_that_is_no_ships_is_not() -> None:
    assert [hit.entry_id for hit in screen("Belgarath Star", "name", "CdtTrfTxInf/Cdtr/Nm").hits] == ["V1"]
    assert screen("account 19074729 and 9074728").outcome == "CLEAR"


def test_goods_of_a_list_that_are_not_found_make_no_screener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Goods, "find", lambda self, text, path="": ())
    with pytest.raises(ScreeningUnfit, match="goods"):
        made()


def test_the_same_message_gives_the_same_bytes_with_goods_and_ships() -> None:
    said = "HS 8482.10.90 on IMO 9074729"
    assert (
        made().screen([[Mention("text", "x", said)]], Instant(1))[0].digest()
        == SCREENER.screen([[Mention("text", "x", said)]], Instant(1))[0].digest()
    )


@given(
    st.text(st.sampled_from("9074729") | st.characters(), max_size=12),
    st.sampled_from(["", "IMO 9074729", "９０７４７２９", "٩٠٧٤٧٢٩"]),
)
def test_the_quick_look_for_a_ships_number_misses_none(text: str, number: str) -> None:
    for said in (text, text + number, f"{text} {number}"):
        assert may_hold_seven_digits(said) or not imo_numbers(said)


def test_no_letter_of_any_script_and_no_mark_is_made_of_digits() -> None:
    letters = (char for char in map(chr, range(0x110000)) if char.isalpha() or unicodedata.category(char)[0] == "M")
    assert not [char for char in letters if any(map(str.isdecimal, unicodedata.normalize("NFKC", char)))]


def test_names_in_letters_with_marks_hold_no_number() -> None:
    assert (
        not may_hold_seven_digits("रोजिन Cirino")
        and not may_hold_seven_digits("ครองพลขวัญ (กรุงเทพ)")
        and not may_hold_seven_digits(" - é.")
    )

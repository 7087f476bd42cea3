"""Names are found however they are written; honest ones pass; every score is explained; doubt is a hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.compliance import ListEdition, ListSet, ListSetting, Screener, ScreeningUnfit, Verdict, read_list
from fondaco.compliance.demo_lists import demo_list
from fondaco.compliance.matching import tokens
from fondaco.core import Instant, Mention


def edition(list_id: str, format_: str) -> ListEdition:
    found = read_list(list_id, format_, demo_list(list_id), 0, 10)
    assert isinstance(found, ListEdition)
    return found


EDITIONS = [edition("un", "un_xml"), edition("ofac", "ofac_csv"), edition("uk", "uk_csv")]
SETTINGS = [ListSetting(key, 880, 7, True) for key in ("un", "ofac", "uk")]
SCREENER = Screener(ListSet(EDITIONS, SETTINGS))
LISTED = [
    (e.list_id, entry.entry_id, entry.names[0].text)
    for e in EDITIONS
    for entry in e.entries
    if len(tokens(entry.names[0].text)) > 1
]


def screen(text: str, kind: str = "name") -> Verdict:
    return SCREENER.screen([[Mention(kind, "Cdtr/Nm", text)]], Instant(1))[0]


listed = st.sampled_from(LISTED)


@given(listed, st.permutations(range(4)))
def test_order_and_case_do_not_matter(one: tuple[str, str, str], order: list[int]) -> None:
    words = one[2].split()
    turned = " ".join(words[i] for i in order if i < len(words)).swapcase()
    assert one[1] in [hit.entry_id for hit in screen(turned).hits]


@given(listed, st.integers(1, 8), st.sampled_from(["\u200b", "\u00ad", "\u2060", "\u202e", "\u0301", "'", "’"]))
def test_invisible_characters_and_apostrophes_do_not_hide_a_name(one: tuple[str, str, str], at: int, char: str) -> None:
    hidden = one[2][:at] + char + one[2][at:]
    assert one[1] in [hit.entry_id for hit in screen(hidden).hits]


@given(listed)
def test_look_alike_letters_full_width_and_accents_do_not_hide_a_name(one: tuple[str, str, str]) -> None:
    for hidden in (
        one[2].lower().replace("o", "о").replace("a", "а").replace("e", "е"),  # Cyrillic in Latin words
        "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in one[2]),
        one[2].lower().replace("o", "ö").replace("a", "á"),
    ):
        assert one[1] in [hit.entry_id for hit in screen(hidden).hits], hidden


@given(listed, st.data())
@settings(max_examples=150)
def test_one_slip_of_the_keyboard_in_a_long_word_does_not_hide_a_name(one: tuple[str, str, str], data: st.DataObject) -> None:
    words = one[2].split()
    longest = max(range(len(words)), key=lambda i: len(words[i]))
    word = words[longest]
    at = data.draw(st.integers(1, len(word) - 2))
    slip = data.draw(st.sampled_from(["drop", "double", "swap"]))
    words[longest] = {
        "drop": word[:at] + word[at + 1 :],
        "double": word[:at] + word[at] + word[at:],
        "swap": word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    }[slip]
    assert one[1] in [hit.entry_id for hit in screen(" ".join(words)).hits]


@given(listed, st.sampled_from(["payment to {} for goods", "{} invoice 4711", "by order of {} as agreed with them"]))
def test_a_name_inside_free_text_is_found(one: tuple[str, str, str], frame: str) -> None:
    assert one[1] in [hit.entry_id for hit in screen(frame.format(one[2]), "text").hits]


@pytest.mark.parametrize(
    "name",
    [
        "Tan Wei Ling",
        "Somchai Foods Co Ltd",
        "Acme Trading",
        "Maria Santos Cruz",
        "Orchard Road 12",
        "PT",
        "",
        " ",
        "1234567890",
        "김민준 상사",
    ],
)
def test_honest_names_pass(name: str) -> None:
    assert screen(name).outcome == "CLEAR"


def test_identifiers_meet_exactly_wherever_they_stand() -> None:
    assert screen("X100037", "identifier").hits[0].entry_id == "90001"
    assert screen("passport X-100037", "text").hits[0].score_milli == 1000
    assert screen("X100038", "identifier").outcome == "CLEAR"


def test_a_score_says_which_word_met_which_by_what_rule() -> None:
    hit = screen("Sorvemir Brulomarow").hits[0]
    assert hit.list_id == "un" and hit.listed == "SORVEMIR BRULOMAROV" and 880 <= hit.score_milli < 1000
    assert {(said, listed) for said, listed, _, _ in hit.words} == {("sorvemir", "sorvemir"), ("brulomarow", "brulomarov")}
    assert {rule for _, _, rule, _ in hit.words} <= {"same", "spelling", "sound"}
    page = (Path(__file__).resolve().parents[2] / "docs" / "compliance.md").read_text()
    assert f"{hit.score_milli}  'Sorvemir Brulomarow'" in page, "the officer's page shows the real score"
    for said, listed, rule, similarity in hit.words:
        assert f"{said} = {listed}  ({rule}, {similarity})" in page


def test_the_same_question_has_the_same_answer_bit_for_bit() -> None:
    again = Screener(ListSet(EDITIONS, SETTINGS))
    for _, _, text in LISTED[:20]:
        mention = [[Mention("name", "x", text + " jr")]]
        assert again.screen(mention, Instant(1))[0].digest() == SCREENER.screen(mention, Instant(1))[0].digest()


def test_the_version_of_a_set_changes_with_any_list_or_setting() -> None:
    base = ListSet(EDITIONS, SETTINGS).version
    assert ListSet(list(reversed(EDITIONS)), list(reversed(SETTINGS))).version == base
    assert ListSet(EDITIONS, [ListSetting("un", 881, 7, True), *SETTINGS[1:]]).version != base
    assert ListSet(EDITIONS[:2], SETTINGS).version != base


def test_a_missing_required_list_or_a_canary_that_is_not_found_makes_no_screener() -> None:
    with pytest.raises(ScreeningUnfit, match="uk is missing"):
        Screener(ListSet(EDITIONS[:2], SETTINGS))
    starved = [ListSetting("un", 1001, 7, True), *SETTINGS[1:]]
    with pytest.raises(ScreeningUnfit, match="canary"):
        Screener(ListSet(EDITIONS, starved))


def test_a_list_too_old_holds_everything_from_that_instant_on() -> None:
    week = 7 * 86_400 * 10**9
    mention = [[Mention("name", "x", "Tan Wei Ling")]]
    assert SCREENER.screen(mention, Instant(week - 1))[0].outcome == "CLEAR"
    held = SCREENER.screen(mention, Instant(week))[0]
    assert held.outcome == "HOLD" and "older than 7 days" in held.why


def test_whatever_breaks_inside_is_a_hold_for_that_payment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    screener = Screener(ListSet(EDITIONS, SETTINGS))
    search = screener._index.search_many

    def breaks(texts: list[str], floor: int) -> object:
        if any("Poison" in text for text in texts):
            raise MemoryError
        return search(texts, floor)

    monkeypatch.setattr(screener._index, "search_many", breaks)
    verdicts = screener.screen([[Mention("name", "x", "Poison Pill")], [Mention("name", "x", "Tan Wei")]], Instant(1))
    assert [v.outcome for v in verdicts] == ["HOLD", "CLEAR"]

"""Words of every script are read, and compared by what hands, ears, scanners and alphabets do to them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fondaco.compliance.matching import name_forms, normalise, read, tokens, words
from fondaco.compliance.matching.vocabulary import FLOOR, Vocabulary
from fondaco.compliance.matching.words import (
    abjad_similarities,
    abjad_similarity,
    deletions,
    distances,
    is_pinyin,
    skeletons,
    sound_similarities,
    sound_similarity,
    sounds,
    spelling_similarities,
    spelling_similarity,
    without_vowels,
)

latin = st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ВАRАКАТ Ivan", "barakat ivan"),  # Cyrillic capitals in a Latin word
        ("Ѕidorov МОСТ", "sidorov moct"),  # a word of look-alikes alone, among Latin ones
        ("Иван МОСТ", "ivan most"),  # the same word, among Cyrillic ones
        ("Cидоров Иван", "sidorov ivan"),  # a Latin C in a Cyrillic word
        ("Григорьевич", "grigorevich"),
        ("Παπαδόπουλος Γεώργιος", "papadopulos georgios"),
        ("김정은", "kim jong un"),
        ("박철수", "pak chol su"),
        ("王伟", "wang wei"),
        ("玉梅 王", "yumei wang"),
        ("大连海运有限公司", "dalian shipping co ltd"),
        ("السيد", "al سيد"),
        ("عبد الرحمن", "abdul رحمن"),
        ("محمّد", "محمد"),
        ("Mo\u00a0hammad Fayez", "mohammad fayez"),
        ("Andrey\u00a0Krivosheyev", "andrey krivosheyev"),
        ("A\u200blex\u2060ey", "alexey"),
        ("O’Brien D'Arcy", "obrien darcy"),
        ("S.A.R.L. C.V.", "sarl c v"),
        ("P.C.C. (SINGAPORE)", "pcc singapore"),
        ("J.K. Smith", "j k smith"),
        ("PERE2 Kha1il lNDUSTRY", "perez khalil industry"),
        ("868B", "8688"),
        ("All-Russian Hill lNC", "all russian hill inc"),
        ("BALTIYSKIY111 ra-65996 RA65996 B17", "baltiyskiy 111 ra 65996 ra 65996 817"),
        ("Abd-al-Hamid as-Saadi", "abdul hamid al saadi"),
        ("Abdalrahman", "abdul rahman"),
        ("Abd ar-Rahman Abd-ar-Rahman abd ar rahman", "abdul rahman abdul rahman abdul rahman"),
        ("Sad at Trinidadi ash Shihri el Sayed", "sad al trinidadi al shihri el sayed"),
        ("at sea, an Ali, EL", "at sea an ali el"),
        ("Müller Ørsted Łukasz", "muller orsted lukasz"),
        ("किशोर", "kisor"),
        ("ｆｕｌｌ ＷＩＤＴＨ", "full width"),
    ],
)
def test_a_text_is_read_word_by_word(text: str, words: str) -> None:
    assert " ".join(tokens(text)) == words


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("Abd ar-Rahman", "abdarrahman"),
        ("GP-21", "gpzl"),
        ("GP21", "gpzl"),
        ("AlARABI", "alarabi"),
        ("YV2 726", "yvz7z6"),
        ("王伟", "wangwei"),
    ],
)
def test_letters_are_told_as_they_were_written(text: str, letters: str) -> None:
    assert read(text).letters == letters


@pytest.mark.parametrize(
    ("text", "otherwise"), [("АСЕ", "ace"), ("РАЕК МА", "paek ma"), ("АСЕ x", ""), ("Вера Ж", ""), ("12", ""), ("", "")]
)
def test_a_text_of_look_alikes_alone_is_read_both_ways(text: str, otherwise: str) -> None:
    assert " ".join(read(text).otherwise) == otherwise


@given(st.text(max_size=60))
def test_any_text_at_all_is_read_into_words_without_spaces(text: str) -> None:
    words = read(text).words
    assert all(word and not any(char.isspace() for char in word) for word in words)
    assert read(text) == read(text)


@example("AB lA Ali")
@example("abd al Ras ar Rahim")
@example("e\u0301 МОСТ 李")
@given(st.text("abdlrsuABDLIR \t\n", max_size=24) | st.text("abé١Ивאل李م ", max_size=12) | st.text(max_size=12))
def test_plain_letters_are_read_at_once_as_they_are_word_by_word(text: str) -> None:
    at_once = read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(normalise, "_plain", lambda text: "")
        patch.setattr(normalise, "_BESIDE", re.compile(""))
        assert read(text) == at_once


@pytest.mark.parametrize(
    ("width", "cut"), [(19, True), (20, True), (21, True), (23, False), (35, True), (36, False), (140, True)]
)
def test_a_text_as_long_as_a_field_may_be_cut(width: int, cut: bool) -> None:
    assert read("x" * width).cut is cut


@given(latin, latin)
def test_one_slip_is_near_and_many_are_far(one: str, other: str) -> None:
    similarity = spelling_similarity(one, other)
    assert 0.0 <= similarity <= 1.0 and (similarity == 1.0) == (one == other)
    if not deletions(one) & deletions(other) and min(len(one), len(other)) < 6:
        assert similarity == 0.0


@given(latin, st.lists(latin, min_size=1, max_size=20))
def test_many_sounds_at_once_are_compared_as_each_alone_bit_for_bit(one: str, others: list[str]) -> None:
    heard = [sounds(other) for other in others]
    parts = (distances([str(sounds(one)[part])] * len(others), [str(sound[part]) for sound in heard]) for part in range(3))
    together = sound_similarities(*parts, np.array([max(len(one), len(other)) for other in others]))
    assert together.tolist() == [sound_similarity(sounds(one), sounds(other)) for other in others]


@given(st.lists(st.tuples(latin, st.integers(0, 12), st.sampled_from("aekmzt"), st.integers(0, 3)), min_size=1, max_size=20))
def test_many_spellings_at_once_are_compared_as_each_alone_bit_for_bit(slips: list[tuple[str, int, str, int]]) -> None:
    ones = [word for word, *_ in slips]
    others = [word[:at] + letter * (count % 2) + word[at + count // 2 :] for word, at, letter, count in slips]
    for said, listed in ((ones, others), (ones, list(reversed(others)))):
        assert spelling_similarities(said, listed).tolist() == [
            spelling_similarity(*pair) for pair in zip(said, listed, strict=True)
        ]


@given(st.text("بتجحخدرسعفكلمنهويا", min_size=2, max_size=7), st.lists(latin, min_size=1, max_size=20))
def test_many_latin_words_are_compared_with_an_arabic_one_as_each_alone(word: str, listed: list[str]) -> None:
    listed = [*listed, *[other.replace("a", "e") for other in listed], *[other[::-1] for other in listed]]
    assert abjad_similarities(word, listed) == [abjad_similarity(word, other) for other in listed]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("khalid", "haled"),
        ("yusuf", "jusuf"),
        ("jaber", "gaber"),
        ("ivanov", "iwanoff"),
        ("qasim", "kassem"),
        ("zhukov", "joukov"),
    ],
)
def test_romanisations_of_one_name_share_a_skeleton(one: str, other: str) -> None:
    assert set(skeletons(one)) & set(skeletons(other))


@pytest.mark.parametrize(
    ("said", "listed", "rule"),
    [
        ("brulomarow", "brulomarov", "spelling"),
        ("tawakul", "tavakol", "sound"),
        ("moharnmad", "mohammad", "scanner"),
        ("yusuf", "joseph", "name"),
        ("محمد", "mohammed", "name"),
        ("mhmmd", "muhammad", "vowels"),
        ("بلكلام", "belkalem", "letters"),
        ("rl", "ri", "scanner"),
        ("8695", "8659", "spelling"),
        ("all", "al", "spelling"),
        ("lc", "llc", "spelling"),
        ("ql", "al", "spelling"),
    ],
)
def test_a_word_is_like_another_by_the_rule_that_says_why(said: str, listed: str, rule: str) -> None:
    assert [(like.rule, like.similarity < 1) for like in Vocabulary([listed, "zzyzx"]).alike(said)] == [(rule, True)]


@pytest.mark.parametrize(
    ("said", "listed"), [("ali", "omar"), ("wei", "wu"), ("ka", "li"), ("smith", "jones"), ("1234", "1299"), ("zz", "zzyzx")]
)
def test_strangers_are_not_alike(said: str, listed: str) -> None:
    assert Vocabulary([listed]).alike(said) == ()


@pytest.mark.parametrize(("said", "listed"), [("brulomarow", "brulomarov"), ("tarvqad", "tarvad"), ("drunem", "drunemm")])
def test_a_slip_that_nobody_bears_is_nearer_than_another_name(said: str, listed: str) -> None:
    nobodys = Vocabulary([listed]).alike(said)[0]
    anothers = next(one for one in Vocabulary([listed, said]).alike(said) if one.number == 0)
    assert nobodys.rule == anothers.rule and nobodys.similarity > anothers.similarity > FLOOR


@pytest.mark.parametrize(
    ("word", "chinese"), [("guiying", True), ("xue", True), ("brulo", False), ("tavakol", False), ("kyong", False)]
)
def test_chinese_syllables_are_told(word: str, chinese: bool) -> None:
    assert is_pinyin(word) == chinese


def test_what_is_borne_is_told_by_the_whole_set_and_figures_are_no_slips() -> None:
    whole = Vocabulary(["tavakol", "8659"])
    part = Vocabulary(["8659"], whole)
    assert part.bears("tavakol") and part.bears("8695") and not part.bears("tavakqol")
    assert part.alike("8695") == tuple(one._replace(number=0) for one in whole.alike("8695")) != ()


@given(st.lists(latin, min_size=1, max_size=30, unique=True), latin)
def test_what_is_alike_does_not_depend_on_what_was_asked_before(words: list[str], word: str) -> None:
    vocabulary = Vocabulary(words)
    for other in words:
        vocabulary.alike(other)
    assert vocabulary.alike(word) == Vocabulary(words).alike(word)


@given(latin)
def test_what_lost_its_vowels_is_found_by_what_is_left(word: str) -> None:
    bare = without_vowels(word)
    if len(bare) > 3 and bare != word:
        assert [like.number for like in Vocabulary([word]).alike(bare)] == [0]


def test_the_table_of_names_is_whole() -> None:
    groups = name_forms.groups()
    assert len({number for numbers in groups.values() for number in numbers}) == 44_656 + len(name_forms._SAME)
    assert set(groups["yusuf"]) & set(groups["joseph"]) and set(groups["محمد"]) & set(groups["mohammed"])
    assert max(name_forms.fame().values()) == 1.0 and name_forms.fame()["maria"] > name_forms.fame().get("brulomarov", 0.0)


@given(st.text("aeiouyhwckqszxtdjpgvbél", max_size=12))
def test_clusters_of_letters_are_missed_by_no_quick_look(word: str) -> None:
    assert not words._CLUSTER.search(word) or words._MAY_CLUSTER.search(word)

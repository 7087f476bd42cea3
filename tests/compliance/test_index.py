"""The quick way loses nothing that comparing every name would find, and the same text has the same answer, whatever else was asked."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.compliance import Entry, ListEdition, Name
from fondaco.compliance.matching import Index, normal_identifier, read

_NAMES = [
    "Sorvemir Brulomarov", "Abdul-Rahman Qasim al-Bazzaz", "Mohammad Fayez Tarvoush", "Mohammad Fayez", "ABDIKADIR Mohamed ABDIKADIR",
    "Drunemir Shipping Company Ltd", "J. K. Vostrikoff", "Li Wei", "RI SU YONG", "Kuk-Ryol O", "OOO Metallvorg Trading House of the South",
    "Fu Yuan Yu 8686", "Hussein Tavakol", "Tavakol", "Yusuf Konyar", "S. de R.L. de C.V. Gaxgar", "Крылов Сергей Брановский", "محمد الترفوشي",
    "Haji Basir and Sons Exchange", "Haji Basir", "P.C.C. (Portomar) Private Limited", "a b c d e f g h i j k l m n o p q r s t u v w x y z",
]  # fmt: skip


def edition(names: list[str], list_id: str = "x") -> ListEdition:
    return ListEdition(
        list_id, "made", "", 0, list_id, tuple(Entry(f"{list_id}{at}", "Person", (Name(text),)) for at, text in enumerate(names))
    )


INDEX = Index([edition(_NAMES)])
WORDS = sorted({word for name in _NAMES for word in read(name).words})


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Listed words, some mangled, some twice, with initials and strangers between; at times as long as fields are cut at."""
    found = []
    for word in draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6)):
        at = draw(st.integers(0, len(word)))
        how = draw(st.sampled_from(["same", "same", "drop", "vowels", "initial", "double", "join"]))
        changed = {
            "same": word, "drop": word[:at] + word[at + 1 :], "vowels": "".join(c for c in word if c not in "aeiou"), "initial": word[:1],
            "double": word[:at] + word[at : at + 1] + word[at:], "join": word + "\0",
        }[how]  # fmt: skip
        found.append(changed)
    found += draw(st.lists(st.text("aeiomrstk", min_size=1, max_size=7), max_size=1))
    text = " ".join(found).replace("\0 ", "").replace("\0", "")
    return text[: draw(st.sampled_from([20, 35, 400, 400]))]


@settings(max_examples=400, deadline=None)
@given(texts(), st.sampled_from([800, 850, 880, 950]))
def test_the_bound_loses_no_name_that_comparing_every_name_finds(text: str, floor: int) -> None:
    assert INDEX.search(text, floor) == INDEX.search(text, floor, exhaustive=True)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts(), min_size=1, max_size=150), st.randoms(use_true_random=False))
def test_an_answer_does_not_depend_on_its_batch_or_on_what_was_asked_before(asked: list[str], chance: random.Random) -> None:
    alone = {text: INDEX.search(text, 850) for text in asked}
    within = {text: INDEX.search_within([text], 850)[0] for text in asked}
    chance.shuffle(asked)
    INDEX.forget()
    assert INDEX.search_many(asked, 850) == [alone[text] for text in asked]
    assert INDEX.search_within(asked, 850) == [within[text] for text in asked]


@settings(max_examples=100, deadline=None)
@given(texts())
def test_a_part_of_a_list_set_scores_as_the_whole_does(text: str) -> None:
    part = Index([edition(_NAMES[:6])], among=INDEX)
    own = {f"x{at}" for at in range(6)}
    assert part.search(text, 850) == [one for one in INDEX.search(text, 850) if one.entry_id in own]


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        ("Abd al Rahman Qasim Albazzaz", "x1"),
        ("Abdulrahman Qassem el-Bazzaz", "x1"),
        ("al-Bazzaz Abd Qasim Rahman al", "x1"),
        ("Abdul-Rahman Qasim Elbazzaz", "x1"),
        ("Mhmmd Fyz Trvsh", "x2"),
        ("ABDIKADIR MOHAEMD ABDIKADIR", "x4"),
        ("J K Vostrikov", "x6"),
        ("Rl SU YONG", "x8"),
        ("KukRyol O", "x9"),
        ("Joseph Konyar", "x14"),
        ("Sergey Branovskiy Krylov", "x16"),
        ("Drunemlr Shipping", "x5"),
        ("Drunemir Ltd", "x5"),
        ("OO Metallvorg Trading House of the South", "x10"),
        ("Sorvemir Brulomarov\u202e", "x0"),
        ("Ѕorvеmіr Вrulоmаrоv", "x0"),
        ("ＳＯＲＶＥＭＩＲ Brulomarov", "x0"),
        ("Sor vemir Brulo marov", "x0"),
        ("Ab dul-Rahman Qasim al-Bazzaz", "x1"),
        ("FU YUAN YU86 86", "x11"),
        ("OOO METALLVORG TRADING HOUSE OF TH", "x10"),
    ],
)
def test_a_disguised_name_is_found(text: str, entry: str) -> None:
    assert entry in [one.entry_id for one in INDEX.search(text, 850)]


@pytest.mark.parametrize(
    "text",
    [
        "J K",
        "Mohammad Ali",
        "Shipping Company Ltd",
        "Li",
        "Haji",
        "Wei Chen",
        "8686",
        "Portomar",
        "al",
        "of the South",
        "\u200b",
        "-",
    ],
)
def test_a_part_that_many_share_names_nobody(text: str) -> None:
    assert INDEX.search(text, 880) == []
    assert INDEX.search_within([text], 880) == [[]]


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("invoice 7781 consignee Sorvemir Brulomarow attn accounts", {"x0"}),
        ("pay to s o r v e m i r b r u l o m a r o v now", {"x0"}),
        ("for Hussein Tavakol and Yusuf Konyar, goods", {"x12", "x14"}),
        ("thanks to Hussein, our friend of many years, and to Mr Konyar", set()),
        ("00020101021129370016A000000677010111011300668012345675303764540510.005802TH6304A13B", set()),
        ("Q7F2KX9 ZZ81LPQ 4471", set()),
        ("", set()),
    ],
)
def test_names_in_free_text_are_those_whose_words_stand_together(text: str, entries: set[str]) -> None:
    assert {one.entry_id for one in INDEX.search_within([text], 900)[0]} >= entries
    if not entries:
        assert INDEX.search_within([text], 880) == [[]]


def test_a_name_turned_round_that_is_as_long_as_a_field_is_found_though_another_is_its_last_word_and_more() -> None:
    index = Index([edition(["Tarvomad Hasvan Akhundo", "Tarvomadhasvan Quli", "Tarvomadhas Veli"])])
    assert read("Akhndo Hasvan Tarvomad").cut and read("Akhndo Hasvn Tarvomad").cut
    for text in ("Akhundo Hasvan Tarvomad", "Akhndo Hasvan Tarvomad", "Akhndo Hasvn Tarvomad"):
        assert "x0" in [one.entry_id for one in index.search(text, 850)], text


def test_very_letters_are_the_same_however_they_are_parted_and_whatever_script_they_pretend_to_be() -> None:
    index = Index([edition(["Az Zouz", "GP-21", "Abdolrahim Mousavi", "ACE", "Вера", "Il-U Cho"])])
    for text, number in (("AZZOUZ", 0), ("GP21", 1), ("Abdolra him MOUSAVI", 2), ("АСЕ", 3), ("ВЕРА", 4), ("IlU CHO", 5)):
        assert [one.score_milli for one in index.search(text, 850) if one.entry_id == f"x{number}"] == [1000], text
        assert index.search(text, 850, exhaustive=True) == index.search(text, 850)
    assert [one.name for one in Index([edition(["MAX BECKHOBA CAPEB"])]).search_within(["МАХ ВЕСКНОВА САРЕВ"], 850)[0]] == [
        "MAX BECKHOBA CAPEB"
    ]


@pytest.mark.parametrize(
    ("text", "listed"),
    [("نصیر الدین حقانی", "Nasiruddin HAQQANI"), ("عبد الله يحيى", "Abdullah YAHYA"), ("حبیب الله رشاد", "Habibullah RESHAD")],
)
def test_arabic_names_of_god_and_faith_are_met_as_one_word(text: str, listed: str) -> None:
    index = Index([edition([listed, *_NAMES])])
    assert "x0" in [one.entry_id for one in index.search(text, 850)]


def test_another_figure_is_another_number() -> None:
    for other in ("FU YUAN YU 8689", "FU YUAN YU 8986", "FUYUANYU 8696"):
        assert max([one.score_milli for one in INDEX.search(other, 800) if one.entry_id == "x11"], default=0) < 1000


def test_a_weak_alias_is_found_by_its_very_letters_alone() -> None:
    weak = Index([ListEdition("w", "made", "", 0, "w", (Entry("w1", "Person", (Name("Tarvoush Qasimi", weak=True),)),))])
    assert [one.weak for one in weak.search("Tarvoush Qasimi", 850)] == [True]
    assert weak.search("Tarvoush Qasimy", 850) == []


def test_an_index_of_no_names_finds_none() -> None:
    nobody = Index([])
    assert (
        len(nobody) == 0
        and nobody.search("Sorvemir Brulomarov", 850) == []
        and nobody.search_within(["a b", ""], 850) == [[], []]
    )
    assert normal_identifier("im o-91 2/x") == "IMO912X"

"""Every text in every language, and numbers as each writes them."""

from __future__ import annotations

import re

import pytest

import build_catalogs
from fondaco.console import LANGUAGES
from fondaco.console.language import chosen, words_of
from fondaco.console.rendering import Pages, moment, shown
from fondaco.core import instant_of

WORDS = words_of()
OTHERS = [code for code in LANGUAGES if code != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_a_catalog_has_every_text_and_none_that_nobody_shows(language: str) -> None:
    texts = build_catalogs.texts()
    assert len(texts) > 50
    assert set(WORDS[language].catalog) == set(texts)
    markup = [
        text for text in WORDS[language].catalog.values() if re.search(r"[<>&\u200e\u200f\u202a-\u202e\u2066-\u2069]", text)
    ]
    assert markup == [], "a translation is text, and turns nothing"


def test_amounts_have_the_decimals_of_their_currency_in_every_language() -> None:
    rows = [
        ("SGD", -123_450, "-1,234.50", "-1.234,50"),
        ("KRW", 52_000, "52,000", "52.000"),
        ("BHD", 1_234_567, "1,234.567", "1.234,567"),
    ]
    for currency, minor, english, german in rows:
        assert WORDS["en"].amount(minor, currency) == english
        assert WORDS["de"].amount(minor, currency) == german
        assert re.sub(r"[^0-9.,]", "", WORDS["ar"].amount(minor, currency)) == english.lstrip("-")
    assert WORDS["en"].amount(2**63 - 1, "SGD") == "92,233,720,368,547,758.07", "no float is near"
    assert (WORDS["en"].share(834), WORDS["de"].count(12_345)) == ("83.4%", "12.345")


def test_the_language_is_the_chosen_one_then_the_browsers_then_english() -> None:
    assert chosen("ar", "de") == "ar"
    assert chosen("xx", "fr, de-CH;q=0.8, en") == "de"
    assert chosen("", "AR-eg") == "ar"
    assert chosen("", "") == chosen("", ";;,,=q") == chosen("", "zh") == "en"
    assert (WORDS["ar"].direction, WORDS["de"].direction) == ("rtl", "ltr")


def test_what_people_wrote_is_text_and_what_nobody_sees_is_told() -> None:
    hostile = "<script>\"'&\u202egnp\u2066\u200f"
    assert str(shown(hostile)) == "&lt;script&gt;&quot;&#x27;&amp;[U+202E]gnp[U+2066][U+200F]"
    pages = Pages(WORDS, str)
    environment = pages._environments["ar"]
    made = environment.from_string('<a title="{{ x }}">{{ x }}</a>{{ 7 | count }}{{ x | urlencode }}').render(x=hostile)
    assert "<script" not in made and "\u202e" not in made and made.count("[U+202E]") == 2


def test_an_instant_is_told_in_utc_to_the_second() -> None:
    at = instant_of("2026-11-24T01:10:05.250Z")
    assert ">2026-11-24 01:10:05</time>" in moment(int(at)) and moment(0) == ""

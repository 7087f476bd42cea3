"""Every text in every language, and numbers as each writes them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import build_catalogs
import build_docs
from fondaco.console import LANGUAGES
from fondaco.console.language import chosen, words_of
from fondaco.console.rendering import Pages, coded, date, moment, shown, stamp
from fondaco.core import CURRENCIES, AmountFault, instant_of

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


@pytest.mark.parametrize("language", OTHERS)
def test_a_machines_name_has_a_word_in_every_language(language: str) -> None:
    names = set(build_catalogs.names())
    assert {of for of, _ in names} >= {
        "look",
        "command",
        "event",
        "term",
        "life",
        "account",
        "transfer",
        "term kind",
        "term effect",
    }
    assert [(of, name) for of, name in sorted(names) if WORDS[language].named(name, of) == name] == []
    assert [(of, name) for of, name in sorted(names) if WORDS["en"].named(name, of) != name] == []
    assert WORDS[language].named("of no set", "look") == "of no set"


@pytest.mark.parametrize("language", OTHERS)
def test_no_two_verbs_of_the_log_and_no_two_commands_are_called_the_same(language: str) -> None:
    for of in ("look", "command"):
        names = {name for one, name in build_catalogs.names() if one == of}
        assert len({WORDS[language].named(name, of) for name in names}) == len(names), of


def test_the_place_of_a_term_is_said_by_its_fields() -> None:
    assert WORDS["de"].term("applicant") == "Auftraggeber" and WORDS["de"].term("issuing bank") == "eröffnende Bank"
    assert WORDS["de"].term("goods 1: unit price") == "Waren 1: Stückpreis"
    assert WORDS["de"].term("goods 12: of nobody's form 3") == "Waren 12: of nobody's form 3"
    assert [WORDS["de"].term_value(*one) for one in (("SIGHT_PAYMENT", "available by"), ("OPEN", "deadlines 2: state"), ("False", "transferable"))] == [
        "Sichtzahlung", "offen", "nein",
    ]  # fmt: skip
    assert [WORDS["de"].term_value("SIGHT_PAYMENT", one) for one in ("number", "issuing bank", "available by 2: name")] == [
        "SIGHT_PAYMENT"
    ] * 3
    assert WORDS["en"].term("goods 1: unit price") == "goods 1: unit price" and WORDS["de"].term("") == ""


def test_what_is_to_be_typed_stands_as_code_and_no_page_shows_a_backtick() -> None:
    text = "Read `fondaco lists diff` & <b>"
    assert coded(text) == "Read <code>fondaco lists diff</code> &amp; &lt;b&gt;"
    ticked = [text for text in build_catalogs.texts() if "`" in text]
    assert ticked
    for text in ticked:
        used = [
            one.name
            for one in build_catalogs.CONSOLE.glob("templates/*.html")
            if f'_("{text}")' in one.read_text(encoding="utf-8")
        ]
        page = (build_catalogs.CONSOLE / "templates" / used[0]).read_text(encoding="utf-8")
        assert f'_("{text}") | code' in page, text
        for language in OTHERS:
            assert text.split("`")[1::2] == WORDS[language](text).split("`")[1::2], "what is typed is typed in no language"


def test_a_name_of_a_set_is_told_in_words_and_keeps_what_machines_call_it() -> None:
    asked = "{% from 'state.html' import named, named_each %}{{ named('case.look', of='look') }} {{ named_each('move, second', ', ', 'command') }}"
    pages = Pages(WORDS, str)
    english, german = (pages._environments[code].from_string(asked).render() for code in ("en", "de"))
    assert english == "<bdi>case.look</bdi> <bdi>move</bdi>, <bdi>second</bdi>"
    assert re.findall('title="([^"]*)"', german) == ["case.look", "move", "second"] and ">case.look<" not in german


def test_who_moved_a_deal_and_what_stands_on_its_books_is_told_in_words() -> None:
    asked = "{% from 'deal_words.html' import actor, begun, counted, side %}{{ actor(who) }}|{{ side(account) }}|{{ counted(what) }}|{{ begun(part, 'life') }}"

    def told(**said: str) -> str:
        page = Pages(WORDS, str)._environments["de"].from_string(asked).render(said)
        return re.sub("<[^>]*>", "", page)

    assert (
        told(who="payment for LC-000001", account="ZZBASG01, contingent claim", what="THB, memorandum", part="offer 3")
        == "eine Zahlung für LC-000001|ZZBASG01, Eventualforderung|THB, Merkposten|Angebot 3"
    )
    assert (
        told(who="APPROVED of INV-000001", account="the hub, residue", what="SGD, part of a minor unit", part="P1")
        == "INV-000001: gebilligt|der Hub, Rundungsrest|SGD, Teil einer kleinsten Einheit|P1"
    )
    assert (
        told(who="payment 7", account="A-B, prefunded", what="control of ETR-000001", part="title")
        == "Zahlung 7|A-B, vorfinanziert|Verfügung über ETR-000001|Recht aus dem Dokument"
    )
    assert told(who="round 2026-11", account="X, margin", what="SGD", part="") == "Aufrechnungsrunde 2026-11|X, Bardeckung|SGD|"
    assert told(who="the clock", account="X, margin", what="SGD", part="").startswith("die Uhr|")
    assert told(who="TAN-WEI-TRADING", account="X, margin", what="SGD", part="").startswith("TAN-WEI-TRADING|")


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


@pytest.mark.parametrize(
    ("language", "typed", "exponent", "minor"),
    [
        ("de", "250,50", 2, 25_050), ("de", "1.234,5", 2, 123_450), ("de", "1.234.567", 2, 123_456_700), ("de", "1 234,50", 2, 123_450),
        ("de", "250.50", 2, 25_050), ("de", "1000", 0, 1000), ("en", "1,234.50", 2, 123_450), ("en", "1234.5", 2, 123_450),
        ("ar", "1,234.50", 2, 123_450), ("de", "0,125", 3, 125),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_its_language_writes_it(language: str, typed: str, exponent: int, minor: int) -> None:
    assert WORDS[language].minor_of(typed, exponent) == minor


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("en", "250,50"), ("ar", "250,5"), ("en", "1,23,456"), ("en", "1,234,"), ("de", "1.234"), ("de", "1.23,50"), ("de", "1,234.50"),
        ("de", "1,2,3"), ("de", "-5"), ("en", ""), ("de", ","), ("de", "1.000.00,5"),
    ],
)  # fmt: skip
def test_an_amount_that_may_mean_two_things_is_refused(language: str, typed: str) -> None:
    with pytest.raises(AmountFault):
        WORDS[language].minor_of(typed, 2)


@given(st.integers(0, 10**18 - 1), st.sampled_from(["SGD", "KRW", "BHD"]), st.sampled_from(sorted(LANGUAGES)))
def test_what_a_page_shows_can_be_typed_again(minor: int, currency: str, language: str) -> None:
    exponent = CURRENCIES[currency].exponent
    shown_as = WORDS[language].amount(minor, currency)
    try:
        assert WORDS[language].minor_of(shown_as, exponent) == minor
    except AmountFault:  # whole thousands below a million look like a fraction where a point groups
        assert language == "de" and re.fullmatch(r"[0-9]{1,3}\.[0-9]{3}", shown_as)


def test_rates_are_written_with_all_digits_as_each_language_writes_numbers() -> None:
    assert [WORDS[code].rate("15.67264991") for code in ("en", "de", "ar")] == ["15.67264991", "15,67264991", "15.67264991"]
    assert WORDS["de"].rate("0.00007043739767") == "0,00007043739767" and WORDS["de"].rate("-1234.50") == "-1.234,50"
    assert [WORDS["de"].rate(one) for one in ("", "none", "1.2.3", "1e5")] == ["", "none", "1.2.3", "1e5"]


def test_a_day_and_the_facts_of_an_entry_stand_as_they_are_read() -> None:
    assert date("2026-11-24") == '<time datetime="2026-11-24" dir="ltr">2026-11-24</time>' and date("") == ""
    made = Pages(WORDS, str)._environments["de"].from_string("{{ x | facts }}")
    text = re.sub("<[^>]*>", "", made.render(x="fc09-9 5569239 KRW 532502 SGD LIMIT AM04 <b>"))
    assert text.replace("\xa0", " ").replace("&nbsp;", " ") == "fc09-9 5.569.239 KRW 5.325,02 SGD LIMIT AM04 &lt;b&gt;"


def test_a_record_tells_its_amounts_in_units_of_its_currency() -> None:
    made = (
        Pages(WORDS, str)._environments["de"].from_string("{% for one, text in x | amounts %}{{ one }}={{ text }};{% endfor %}")
    )

    def told(*lines: tuple[str, str]) -> str:
        return re.sub("<[^>]*>", "", made.render(x=lines)).replace("\xa0", " ").replace("&nbsp;", " ")

    assert told(("currency", "SGD"), ("minor", "264450"), ("open minor", "1"), ("number", "7")) == (
        "currency=SGD;amount=2.644,50 SGD;open=0,01 SGD;number=7;"
    )
    assert (
        told(("item 1: currency", "KRW"), ("item 1: minor", "5"), ("minor", "x"))
        == "item 1: currency=KRW;item 1: amount=5 KRW;minor=x;"
    )
    assert told(("currency", "SGD"), ("paid: currency", "THB"), ("minor", "5")).endswith("minor=5;"), (
        "of two currencies neither is guessed"
    )
    assert told(("minor", "5")) == "minor=5;"


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
    assert stamp("2026-11-24T01:10:05.250Z") == moment(int(at)) and stamp("") == ""


def test_a_state_is_told_in_the_pages_language_and_keeps_its_name() -> None:
    asked = "{% from 'state.html' import state %}{{ state('SETTLED') }}{{ state('HELD') }}"
    pages = Pages(WORDS, str)
    english, german = (pages._environments[code].from_string(asked).render() for code in ("en", "de"))
    assert english == '<bdi class="state">SETTLED</bdi><bdi class="state waits">HELD</bdi>'
    assert german == (
        '<bdi class="state" title="SETTLED">abgewickelt</bdi><bdi class="state waits" title="HELD">angehalten</bdi>'
    )


@pytest.mark.parametrize("language", OTHERS)
def test_a_state_is_found_by_what_the_page_calls_it(language: str) -> None:
    words = WORDS[language]
    states = {state.name for _, _, table in build_docs.TABLES for state in table.states()}
    assert {words.name_of(words(state)) for state in states} == states, "no two states are called the same"
    assert words.name_of(f"  {words('QUEUED').upper()} ") == "QUEUED"
    assert words.name_of("ZZBASG01") == "ZZBASG01" and words.name_of("") == ""

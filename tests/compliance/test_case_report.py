"""The evidence of a case, byte for byte: a page to sign must not change unseen."""

from __future__ import annotations

from pathlib import Path

import msgspec

from compliance.test_case import CASE_, HIT, OFFICERS, VERDICT, say
from fondaco.compliance import Entry, ListEdition, Name, Spared
from fondaco.reporting import case_html, case_report

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "case-report.html"
LISTS = [
    ListEdition(
        "ofac",
        "ofac_csv",
        "2026-11-23",
        1_764_000_000_000_000_000,
        "ab" * 32,
        (Entry("9", "person", (Name("ALFA BETTA"),), programmes=("owned 50 % by P1 & P2",)),),
    )
]


def page() -> str:
    said = msgspec.structs.replace(
        HIT, said='Alfa <b>Beta</b> & "Sons"', reasons=(("born in no listed year", -40),), name_milli=970
    )
    verdict = msgspec.structs.replace(VERDICT, hits=(said,), spared=(Spared("G-K1-2-0011", HIT),), at=1_764_028_800_000_000_000)
    case = say(
        msgspec.structs.replace(CASE_, verdict=verdict, due_at=1_764_500_000_000_000_000), ("a", "ASSIGN"), ("b", "RELEASE")
    )
    return case_html(case_report(case, "payment 1", LISTS, OFFICERS, "the same to the byte, SHA-256 " + "0" * 64))


def test_the_page_is_the_one_that_was_reviewed() -> None:
    """A change of one byte is a change to review: remove the file, run this twice, and read what is written."""
    if not GOLDEN.exists():
        GOLDEN.write_text(page(), encoding="utf-8")
        raise AssertionError(f"{GOLDEN.name} was written anew: review it")
    assert page() == GOLDEN.read_text(encoding="utf-8")


def test_what_people_wrote_is_text_and_never_markup() -> None:
    made = page()
    assert "<b>" not in made and "&lt;b&gt;Beta&lt;/b&gt; &amp; &quot;Sons&quot;" in made
    assert "<script" not in made and "http:" not in made and "https:" not in made and " src=" not in made


def test_every_table_says_what_it_is_and_every_cell_has_its_head() -> None:
    made = page()
    assert made.count("<table>") == made.count("<caption>") >= 4
    assert made.count('<th scope="col">') >= 15 and made.count('<th scope="row">') >= 4
    assert '<html lang="en">' in made and made.count("<h1>") == 1 and made.count("<main>") == 1


def test_the_page_says_for_what_a_party_is_listed() -> None:
    assert "Listed for: owned 50 % by P1 &amp; P2." in page()

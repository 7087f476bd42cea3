"""A deal's whole story as one page: from journal and books, whatever somebody wrote in it, and of any instrument."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from collections_desk import CollectionDesk
from fondaco.hub import deal_story, prove_hub
from fondaco.payments import State
from fondaco.reporting import DealStory, deal_html
from letters import AMOUNT, LetterDesk
from stories.test_credits import paid, presented
from trades import EXPORTER, IMPORTER
from union import SG1, TH1

# What somebody might write to run on a reader's machine, to break out of an attribute, or to turn the text around it.
HOSTILE = "<script>alert('x')</script> \"quoted\" & 'single' </td><img src=x onerror=y> \u202egnp.exe\u202c \u2066\u200f end"
_VOID = frozenset({"meta", "wbr"})
_TAGS = _VOID | {
    "html", "head", "title", "style", "body", "main", "h1", "h2", "h3", "p", "strong", "time", "nav", "ul", "li", "a", "section", "div", "table", "caption",
    "thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "ol", "span", "code", "pre",
}  # fmt: skip


class Outline(HTMLParser):
    """What stands open in a page; every tag must be one of ours and be closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in _TAGS, tag
        found = dict(attrs)
        assert not [name for name in found if name.startswith("on") or name in ("src", "action", "srcset")]
        self.ids += [found["id"] or ""] if "id" in found else []
        self.links += [found["href"] or ""] if "href" in found else []
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Outline:
    outline = Outline()
    outline.feed(page)
    outline.close()
    assert outline.open == [], "everything that was opened is closed"
    assert len(set(outline.ids)) == len(outline.ids) and all(one[1:] in outline.ids for one in outline.links)
    assert "default-src 'none'" in page and "url(" not in page and "@import" not in page
    return outline


def told(desk: LetterDesk | CollectionDesk, instrument: str) -> DealStory:
    found = deal_story(desk.hub, instrument)
    assert found is not None
    return found


@pytest.fixture
def letters(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    made.close()


def discrepant(desk: LetterDesk, text: str) -> tuple[str, str]:
    """A credit with a bill of lading that was presented, and found discrepant in these words."""
    credit, bill = desk.issued(), desk.issue()
    desk.offered(bill, credit)
    presented(desk, credit, records=[bill], documents=[f"INVOICE F-7 {'ab' * 32}", text])
    found = {
        "text": text,
        "rule": "UCP600.20a.iii",
        "where": "BL.loading",
        "found": text,
        "other": "CREDIT.loading",
        "expected": "Singapore",
    }
    desk.done(SG1, "FOUND_DISCREPANT", credit, presentation=1, discrepancies=[found])
    return credit, bill


def test_a_credits_story_has_everything_that_happened(letters: LetterDesk) -> None:
    credit, bill = discrepant(letters, "the port differs")
    letters.done(SG1, "WAIVER_ASKED", credit, presentation=1)
    letters.done(IMPORTER, "WAIVER_GIVEN", credit, presentation=1)
    paid(letters, credit, letters.lock(bill))
    story = told(letters, credit)
    assert [one.what for one in story.steps if one.subject == credit] == [
        "APPLIED", "APPROVED", "ISSUED", "ADVISED", "PRESENTED", "FOUND_DISCREPANT", "WAIVER_ASKED", "WAIVER_GIVEN", "PAID",
    ]  # fmt: skip
    given = next(one for one in story.steps if one.what == "WAIVER_GIVEN")
    assert (given.who, given.article, given.signatures) == (IMPORTER, "UCP 600 art. 16(b)", 1)
    (finding,) = story.findings
    assert (finding.where, finding.found, finding.other, finding.expected) == (
        "BL.loading",
        "the port differs",
        "CREDIT.loading",
        "Singapore",
    )
    assert {(one.article, one.state) for one in story.deadlines} >= {
        ("UCP 600 art. 16(d)", "MET"),
        ("UCP 600 art. 29(a)", "OPEN"),
    }
    (payment,) = story.payments
    assert (
        payment.state == "SETTLED"
        and payment.arrives == f"{AMOUNT} THB"
        and payment.pays.endswith(" SGD")
        and payment.delivers == f"{bill}/3"
    )
    posted = [one for one in story.postings if one.state == "posted"]
    assert {one.currency for one in posted} >= {"SGD", "THB", "THB, memorandum", f"control of {bill}"}
    assert next(one for one in posted if one.why == "target leg").amount == AMOUNT
    reserved = [one for one in story.postings if one.state == "reserved"]
    assert reserved and len({one.transfer.split("-")[0] for one in reserved}) == 1
    (title,) = story.titles
    assert (title.holder, title.in_books, title.state) == (SG1, SG1, "LIVE") and title.events[-1].batch in letters.letter(
        credit
    ).batches
    proof = dict(title.proof)
    assert "come to the record as it stands" in proof["events"] and "leads to that head" in proof["last event"]
    assert re.fullmatch(r"([1-9]) of \1 hold", proof["signatures"])
    presented_papers = [one for one in story.papers if one.kind == "presented"]
    assert (presented_papers[0].number, presented_papers[0].sha256) == ("INVOICE F-7", "ab" * 32)
    kinds = {(one.way, one.kind) for one in story.messages}
    assert {("out", "MT700"), ("out", "MT754"), ("in", "pacs.008.001.08"), ("out", "pacs.008.001.08")} <= kinds
    assert any("list set" in name and "passed it" in text for name, text in story.screening)
    assert {one.role for one in story.parties} >= {"applicant", "beneficiary", "issuing bank", "advising bank"}
    outline = read(deal_html(story))
    assert "the port differs" in outline.text and "UCP 600 art. 20(a)(iii)" in outline.text


def test_whatever_somebody_writes_is_text(letters: LetterDesk) -> None:
    credit, _ = discrepant(letters, HOSTILE)
    page = deal_html(told(letters, credit))
    assert "<script" not in page and "<img" not in page and "&lt;script&gt;alert(" in page
    assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", page), "nothing turns the text around it"
    assert "[U+202E]gnp.exe[U+202C]" in page
    outline = read(page)
    assert outline.text.count("alert('x')") >= 3 and "\"quoted\" & 'single'" in outline.text


def test_the_clock_has_its_line_and_says_what_ran_out(letters: LetterDesk) -> None:
    credit, _ = discrepant(letters, "a port")
    letters.to_day("2026-12-02")
    story = told(letters, credit)
    (late,) = [one for one in story.steps if one.who == "the clock" and "16(d)" in one.article]
    assert dict(late.facts)["UCP 600 art. 16(d)"] == f"{SG1} had until 2026-12-01; precluded"
    missed = next(one for one in story.deadlines if one.article == "UCP 600 art. 16(d)")
    assert (
        missed.state == "MISSED"
        and missed.effect == "precluded"
        and [one[:10] for one in missed.passed_over] == ["2026-11-28", "2026-11-29"]
    )
    assert 'class="missed">MISSED' in deal_html(story)


def test_goods_that_went_in_time_are_told_so_however_late_the_documents_come(letters: LetterDesk) -> None:
    credit, bill = letters.issued(latest_shipment="2026-11-26"), letters.issue()
    letters.offered(bill, credit)
    letters.to_day("2026-12-01")
    presented(letters, credit, records=[bill], shipped_on="2026-11-25")
    before = [one.state for one in told(letters, credit).deadlines if one.article == "UCP 600 art. 29(c)"]
    letters.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    story = told(letters, credit)
    days = [(one.state, one.effect) for one in story.deadlines if one.article == "UCP 600 art. 29(c)"]
    assert (before, days) == (["PASSED"], [("PASSED", "discrepancy"), ("MET", "discrepancy")])
    (passed,) = [one for one in story.steps if one.who == "the clock"]
    assert dict(passed.facts) == {"UCP 600 art. 29(c)": f"{EXPORTER} had until 2026-11-26; the day is over"}
    assert "MISSED" not in read(deal_html(story)).text


def test_goods_that_went_late_are_told_so_and_not_by_the_clock(letters: LetterDesk) -> None:
    credit, bill = letters.issued(latest_shipment="2026-11-26"), letters.issue()
    letters.offered(bill, credit)
    letters.to_day("2026-12-01")
    presented(letters, credit, records=[bill], shipped_on="2026-11-27")
    found = [{"text": "late shipment", "rule": "UCP600.29c"}]
    letters.done(SG1, "FOUND_DISCREPANT", credit, presentation=1, discrepancies=found)
    story = told(letters, credit)
    assert [one.state for one in story.deadlines if one.article == "UCP 600 art. 29(c)"] == ["PASSED", "MISSED"]
    (passed,) = [one for one in story.steps if one.who == "the clock"]
    assert [said for _, said in passed.facts] == [f"{EXPORTER} had until 2026-11-26; the day is over"]


def test_a_collections_story_and_its_records_own(tmp_path: Path) -> None:
    desk = CollectionDesk(tmp_path / "hub")
    baht, bill = desk.arrives(), desk.blank_bill()
    number = desk.instruct(baht, bill)
    desk.present(number, bill)
    desk.say(TH1, "TRACED", number, text=HOSTILE)
    payment = desk.pay_collection(desk.offered_under(bill, number), baht)
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED
    story = told(desk, number)
    assert story.title == "Documents against payment (URC 522)" and story.state == "PAID"
    assert [one.article for one in story.steps if one.what == "PRESENTED" and one.subject == number] == ["URC 522 art. 6"]
    assert [one.uetr for one in story.payments] == [payment.uetr], "the payment that tried the rate is none of this deal"
    assert "<script" not in deal_html(story) and "[U+202E]" in deal_html(story)
    own = told(desk, bill)
    assert own.title == "Bill of lading SLT0001" and [one.uetr for one in own.payments] == [payment.uetr]
    assert {one.subject for one in own.steps if one.subject.startswith(("ETR", "COL"))} == {bill}
    read(deal_html(own))
    for unknown in ("COL-000009", "LC-000001", "ETR-000009", "INV-000001", "nothing"):
        assert deal_story(desk.hub, unknown) is None
    assert prove_hub(desk.hub).faults == []
    desk.close()


def test_a_story_that_has_only_begun_says_so(letters: LetterDesk) -> None:
    credit = str(letters.apply()).split(" ")[0]
    story = told(letters, credit)
    assert story.payments == () and story.titles == () and story.postings == ()
    outline = read(deal_html(story))
    assert "Nothing was booked." in outline.text and "No clock ran." in outline.text and EXPORTER in outline.text

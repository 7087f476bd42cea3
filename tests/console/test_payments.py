"""Payments are found by what their summary knows; a story is whole for those whose it is, and what people wrote in it stays text."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console_door import Consoles
from console_tale import HOSTILE, UETR
from fondaco.access import Caller, Proof, Reach, Role
from fondaco.console.markup import highlighted
from fondaco.console.payments import found, told
from fondaco.hub import Hub, close_hub, open_hub
from union import MY1, SG1, SG2, TH1

OPERATOR = Caller("op", "", frozenset({Role.OPERATOR_MAKER}), Proof.SESSION)


@pytest.fixture(scope="module")
def hub(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("read") / "hub"
    shutil.copytree(ready[0], folder)
    opened = open_hub(folder)
    yield opened
    close_hub(opened)


def reach(hub: Hub, bic: str = "") -> Reach:
    caller = Caller("someone", bic, frozenset({Role.MEMBER_MAKER}), Proof.SESSION) if bic else OPERATOR
    return Reach(caller, hub.desk.scheme)


def test_a_payment_is_found_by_anything_that_its_summary_knows(hub: Hub) -> None:
    eyes = reach(hub)
    everything = found(hub, eyes, "").rows
    assert [one.number for one in everything] == sorted((one.number for one in everything), reverse=True), "newest first"
    for asked in (
        UETR,
        UETR.upper(),
        UETR[:8],
        f"E-{UETR[:8]}",
        f"m{UETR[:8]}",
        "12.34",
        "zzbasg01 ZZBBSG02 sgd 12.34",
        "accepted 12.34",
    ):
        assert [one.uetr for one in found(hub, eyes, asked).rows] == [UETR], asked
    assert {one.state for one in found(hub, eyes, "held").rows} == {"HELD"}
    for asked in ("12.3", "no such thing", "'; DROP TABLE payment", "%", "00000000-0000-4000-8000-000000000000"):
        assert found(hub, eyes, asked).rows == [], asked


def test_pages_of_payments_join_without_a_gap(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fondaco.console.payments.ROWS_MAX", 3)
    monkeypatch.setattr("fondaco.console.payments.LOOKED_AT_MAX", 5)
    seen: list[int] = []
    before = 0
    while True:  # ends: each page begins before the last
        page = found(hub, reach(hub), "", before)
        seen += [one.number for one in page.rows]
        if not page.before:
            break
        assert not before or page.before < before
        before = page.before
    assert seen == list(range(hub.desk.counters.payment - 1, 0, -1))


def test_the_first_page_of_payments_reads_no_more_of_them_than_it_shows(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fondaco.console.payments.ROWS_MAX", 3)
    read: list[int] = []
    journal = hub.journal
    kept = journal.payments_before
    monkeypatch.setattr(journal, "payments_before", lambda number: (read.append(one[0]) or one for one in kept(number)))
    top = hub.desk.counters.payment
    assert len(found(hub, reach(hub), "").rows) == 3 and read == [top - 1, top - 2, top - 3, top - 4]


def test_each_bank_finds_its_own_alone(hub: Hub) -> None:
    for bic in (SG1, TH1):
        rows = found(hub, reach(hub, bic), "").rows
        assert rows and all(bic in (one.sender, one.creditor_agent) for one in rows)
    assert found(hub, reach(hub, MY1), UETR).rows == [] and told(hub, reach(hub, MY1), UETR) is None


def test_a_story_is_whole_for_the_senders_side_and_begins_at_the_offer_for_the_creditors(hub: Hub) -> None:
    whole, other = told(hub, reach(hub, SG1), UETR), told(hub, reach(hub, SG2), UETR)
    assert whole is not None and other is not None
    assert whole.whole and whole.came is not None and UETR in whole.came.text and whole.entries
    assert len(whole.legs) == len(whole.transfers) > 0
    assert sum(leg.minor for leg in whole.legs if leg.currency == "SGD") >= 1234
    assert not other.whole and other.came is None and not other.entries and not other.legs
    assert other.steps and other.steps[0].state == "OFFERED" and len(other.steps) < len(whole.steps)
    assert {one.to for one in whole.sent} == {SG1} and {one.to for one in other.sent} == {SG2}
    assert [step.article for step in whole.steps if step.article]


def test_the_legs_are_those_that_the_books_hold(hub: Hub) -> None:
    held = {f"{one.id >> 64}-{one.id & (1 << 64) - 1}": one for _, one, _ in hub.books.history()}
    for payment in found(hub, reach(hub), "").rows:
        story = told(hub, reach(hub), payment.uetr)
        assert story is not None
        for leg in story.legs:
            booked = held[leg.transfer]
            assert (booked.amount, booked.ledger) == (leg.minor, leg.ledger)
            assert leg.currency or Decimal(leg.residue) > 0, "what is not money is told in units of one"


@given(st.text(max_size=60))
def test_a_message_is_shown_as_it_is_and_is_never_markup(said: str) -> None:
    raw = f'<a x="1"><b>{said}</b><c/></a>'.encode("utf-8", "replace")
    made = str(highlighted(raw))
    assert set(re.findall(r"<(\w+)", made)) <= {"span"}
    plain = unescape(re.sub(r"</?span[^>]*>", "", made))
    visible = [one for one in raw.decode() if one.isalnum()]
    assert (
        [one for one in re.sub(r"\[U\+[0-9A-F]{4,}\]", "", plain) if one.isalnum()] == visible or "[U+" in said or "U+" in plain
    )


def test_a_message_stands_one_element_a_line() -> None:
    made = re.sub(r"</?span[^>]*>", "", str(highlighted(b'<?xml version="1.0"?><a><b Ccy="SGD">1</b><c><d/></c></a>')))
    assert unescape(made).splitlines() == [
        '<?xml version="1.0"?>',
        "<a>",
        '  <b Ccy="SGD">1</b>',
        "  <c>",
        "    <d/>",
        "  </c>",
        "</a>",
    ]


@pytest.mark.server
def test_a_hostile_name_is_text_on_the_page(door: Consoles) -> None:
    page = door.ask(f"/console/payments/{UETR}", session=door.session("operator-1"))
    assert page.status == 200 and "alert(1)" in page.text
    assert "<script>alert" not in page.text and "\u202e" not in page.text and "[U+202E]" in page.text
    assert "\u202e" in HOSTILE
    asked = door.ask("/console/payments?q=%22%3E%3Cscript%3E%E2%80%AE", session=door.session("operator-1"))
    assert asked.status == 200 and "<script>" not in asked.text and "\u202e" not in asked.text


@pytest.mark.server
def test_payments_are_found_by_the_pages_word_for_their_state(door: Consoles) -> None:
    for said in ("angehalten", "held", "SGD%20angehalten"):
        page = door.ask(f"/console/payments?q={said}", session=door.session("operator-1"), Cookie="fondaco-language=de").text
        assert 'title="HELD">angehalten<' in page and 'title="ACCEPTED"' not in page, said


def test_what_is_anothers_is_not_there_and_a_look_names_the_payment(door: Consoles) -> None:
    path = f"/console/payments/{UETR}"
    assert door.ask(path, session=door.session("zzbasg01-maker")).status == 200
    assert door.ask(path, session=door.session("zzbamy01-maker")).status == 404
    assert door.ask("/console/payments/nonsense", session=door.session("operator-1")).status == 404
    assert door.ask(path, session=door.session("supervisor-sg")).status == 200
    assert "supervisor-sg" in [one.who for one in door.access.looks.about(f"payment {UETR}")]
    assert "zzbasg01-maker" not in [one.who for one in door.access.looks.about(f"payment {UETR}")]
    for before in ("x", "-1", "99999999999999999999", "%00"):
        assert door.ask(f"/console/payments?before={before}", session=door.session("operator-1")).status == 200


@pytest.mark.server
def test_a_story_is_told_in_the_language_of_the_page(door: Consoles) -> None:
    """Nothing of our own stays English, amounts stand in units of their currency, and a day is read from left to right."""
    session = door.session("operator-1")
    for language, net, amount in (("de", "netto, im Zyklus", "12,34"), ("ar", "صافية، في الدورة", "12.34")):
        page = door.ask(f"/console/payments/{UETR}", session=session, Cookie=f"fondaco-language={language}").text
        assert net in page and "net, cycle" not in page and amount in page
        assert " 1234 SGD" not in page, "no minor units"
        assert 'dir="ltr">2026-11-24</time>' in page


@pytest.mark.server
def test_accounts_and_entries_are_told_in_the_pages_words_and_keep_their_names(door: Consoles) -> None:
    page = door.ask(f"/console/payments/{UETR}", session=door.session("operator-1"), Cookie="fondaco-language=de").text
    for part in ("entries", "legs"):
        table = page.partition(f'aria-labelledby="{part}"')[2].partition("</table>")[0]
        told = re.findall(r'<bdi title="([^"]+)">([^<]+)</bdi>', table)
        assert told and all(name != said for name, said in told), part
    assert ("clearing", "Verpflichtungen im Zyklus") in told

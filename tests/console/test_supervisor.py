"""The supervisor's view: what is of its countries and nothing else, nothing changed, every look kept; sums that anybody can add up again."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console_door import Consoles
from fondaco.access import Caller, Paid, Proof, Reach, Role
from fondaco.console.course import HEIGHT, SLOTS_MAX, WIDTH, course
from fondaco.console.supervisor import corridors, of_day, shares, view
from fondaco.hub import SLOT_NS, Count, close_hub, open_hub
from fondaco.payments import State
from union import KR1, SG1, SG2, TH1

OPENED = 1_000 * SLOT_NS


def supervisor(*countries: str) -> Caller:
    return Caller("someone", "", frozenset({Role.SUPERVISOR}), Proof.SESSION, frozenset(countries))


def count(payer: str, payee: str, what: str, slot: int = 0) -> Count:
    return Count("2026-11-24", OPENED + slot * SLOT_NS, payer, payee, "SGD", what)


def test_a_supervisor_sees_its_own_members_with_what_they_hold_and_what_waits(ready: tuple[Path, int], tmp_path: Path) -> None:
    shutil.copytree(ready[0], tmp_path / "hub")
    hub = open_hub(tmp_path / "hub")
    try:
        sg, kr = (view(hub, Reach(one, hub.desk.scheme), one) for one in (supervisor("SG"), supervisor("KR")))
        before = hub.journal.head(), hub.desk.counters
        waiting = sum(1 for one in hub.desk.live.values() if one.state is State.QUEUED and one.sender.startswith(SG1))
        assert (hub.journal.head(), hub.desk.counters) == before
    finally:
        close_hub(hub)
    assert {one.country for one in sg.members} == {"SG"} and {SG1, SG2} <= {one.bic for one in sg.members}
    assert {one.bic[:8] for one in sg.positions} <= {one.bic for one in sg.members} and sg.positions
    assert next(one for one in sg.members if one.bic == SG1).waiting == waiting > 0
    assert sg.waiting.cases == 1 and sg.waiting.oldest > 0 and next(one for one in sg.members if one.bic == SG2).cases == 1
    assert kr.waiting.cases == 0 and {one.country for one in kr.members} == {"KR"} and not any(one.waiting for one in kr.members)
    assert SG1 not in repr(kr) and KR1 in repr(kr)
    assert [what for what, _ in sg.moves].count("queued") >= waiting and kr.moves == []


def test_corridors_are_of_those_that_touch_the_countries() -> None:
    sums = {
        count("SG", "TH", "settled"): (2, 500), count("SG", "TH", "settled", 3): (1, 70), count("TH", "SG", "held"): (1, 9),
        count("TH", "KR", "settled"): (5, 5), count("SG", "TH", "queued"): (4, 4),
    }  # fmt: skip
    found = corridors(sums, frozenset({"SG"}))
    assert [(one.payer, one.payee, one.settled, one.held, one.rejected) for one in found] == [
        ("SG", "TH", (3, 570), (0, 0), (0, 0)), ("TH", "SG", (0, 0), (1, 9), (0, 0)),
    ]  # fmt: skip


def test_concentration_is_of_all_payers_and_names_the_own_alone() -> None:
    paid = [Paid(f"ZZ{n}", "SGD", 1, 100) for n in range(6)] + [Paid(SG1, "SGD", 3, 400), Paid(TH1, "THB", 1, 7)]
    sgd, thb = shares(paid, [SG1])
    assert (sgd.payers, sgd.first_mille, sgd.five_mille, sgd.own) == (7, 400, 800, [(SG1, 400, 400)])
    assert (thb.currency, thb.payers, thb.first_mille, thb.own) == ("THB", 1, 1000, [])
    assert shares([], [SG1]) == []


moves = st.lists(st.tuples(st.integers(-3, 400), st.integers(0, 40)), max_size=20)


@given(moves, moves)
def test_the_course_of_a_day_loses_no_payment_that_it_draws_and_stays_within_the_picture(
    settled: list[tuple[int, int]], waits: list[tuple[int, int]]
) -> None:
    done = [(OPENED + max(at, 0) * SLOT_NS, many) for at, many in settled]
    began = [(OPENED + at * SLOT_NS + 7, many) for at, many in waits]
    over = [(at + SLOT_NS, -many) for at, many in began]
    found = course(done, began + over, OPENED + 5, OPENED + 450 * SLOT_NS)
    assert len(found.slots) == SLOTS_MAX
    shown = {one.at for one in found.slots}
    assert sum(one.settled for one in found.slots) == sum(many for at, many in done if at in shown)
    for one in found.slots:
        assert one.waiting == sum(many for at, many in began if at - at % SLOT_NS == one.at)
        assert 0 <= one.bar <= HEIGHT and 0 <= one.line <= HEIGHT and one.x + found.step <= WIDTH
    assert found.path.startswith("M") and "NaN" not in found.path


def test_a_day_that_never_opened_has_no_course() -> None:
    assert course([], [], 0, 5).slots == []
    assert len(course([], [], OPENED, OPENED).slots) == 1


def test_what_waits_still_is_added_to_what_the_index_knows() -> None:
    sums = {
        count("SG", "TH", "queued", 1): (2, 9),
        count("SG", "TH", "unqueued", 2): (2, 9),
        count("KR", "SG", "queued", 1): (7, 9),
    }
    found = of_day(sums, frozenset({"SG"}), OPENED, OPENED + 4 * SLOT_NS, [("queued", OPENED + 3 * SLOT_NS + 1)])
    assert [one.waiting for one in found.slots] == [0, 2, 0, 1, 1] and found.deepest == 2


@pytest.mark.server
def test_the_page_says_that_it_is_logged_and_shows_its_own_log(door: Consoles) -> None:
    session = door.session("supervisor-sg")
    head = door.hub.journal.head()
    page = door.ask("/console/supervisor", session=session)
    assert page.status == 200 and "Every look is logged" in page.text
    assert SG1 in page.text and KR1 not in page.text, "another country's bank is not told"
    assert "supervise.look" in page.text and "place supervisor" in page.text, "this look is in it already"
    assert ("supervise.look", "place supervisor") in [(one.verb, one.subject) for one in door.access.looks.of("supervisor-sg")]
    assert door.hub.journal.head() == head, "nothing was changed"
    assert re.findall(r"<form(?![^>]*(method=\"get\"|logout))", page.text) == [], "there is no deed on it"
    assert "Brulomarov" not in page.text, "no content of cases"
    for path in set(re.findall(r'href="(/console/(?!static|prefer)[^"#]+)"', page.text)):
        assert door.ask(path.replace("&amp;", "&"), session=session).status == 200, path


@pytest.mark.server
def test_the_page_counts_what_the_journal_says(door: Consoles) -> None:
    page = door.ask("/console/supervisor", session=door.session("zzcbsg00"))
    assert page.status == 200, "a central bank supervises as well"
    assert "SG → TH" in page.text and "TH → SG" in page.text and "KR → PH" not in page.text
    for who in ("operator-1", "auditor", "officer-1", "zzbasg01-maker"):
        assert door.ask("/console/supervisor", session=door.session(who)).status == 403, who
    other = door.ask("/console/supervisor?day=1999-01-01", session=door.session("supervisor-th"))
    assert other.status == 200 and "Nothing settled on this day." in other.text

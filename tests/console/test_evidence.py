"""The bundle of an ended day from a page: for who sees all of the union, and written down before it is made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console_door import Consoles, consoles_on, prepared_with
from fondaco.hub import CloseCycle, EndDay, OpenDay, Tick
from union import SG1, SG2, TH1, Desk

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """A day that ended, and the next one, which is open."""

    def tale(desk: Desk) -> None:
        desk.answer(desk.pay(SG1, SG2, "1000.00", "SGD", urgent=True))
        desk.answer(desk.pay(SG2, TH1, "250.00", "SGD"))
        desk.do(CloseCycle(last=True))
        desk.let_world_answer()
        desk.do(Tick())
        assert desk.do(EndDay()) is None
        assert desk.do(OpenDay("2026-11-25")) is None

    home = tmp_path_factory.mktemp("ended")
    with consoles_on((home / "hub", prepared_with(home / "hub", tale)), home / "console") as opened:
        yield opened


def test_the_page_offers_the_ended_days_to_who_may_take_them(ended: Consoles) -> None:
    for who, offered in (("auditor", True), ("operator-2", True), ("supervisor-sg", False)):
        page = ended.ask("/console/evidence", session=ended.session(who))
        assert page.status == 200 and "/console/evidence/2026-11-25" not in page.text
        assert ("/console/evidence/2026-11-24" in page.text) == offered, who
        assert ("oversees all of them" in page.text) != offered
        assert "/console/evidence" in ended.ask("/console/day", session=ended.session(who)).text
    assert ended.ask("/console/evidence", session=ended.session("operator-1")).status == 403
    assert '/console/evidence"' not in ended.ask("/console/day", session=ended.session("operator-1")).text


def test_the_archive_comes_and_the_look_is_in_the_log_that_it_holds_the_head_of(ended: Consoles) -> None:
    found = ended.ask("/console/evidence/2026-11-24", session=ended.session("auditor"))
    assert (found.status, found.headers["content-type"]) == (200, "application/x-tar")
    assert found.headers["content-disposition"] == 'attachment; filename="evidence-2026-11-24.tar"'
    (look,) = [one for one in ended.access.looks.of("auditor") if one.subject.startswith("evidence ")]
    assert (look.verb, look.subject) == ("evidence.bundle", "evidence 2026-11-24") and f'"lines":{look.seq},' in found.text


def test_nobody_else_takes_one_and_no_other_day_has_one(ended: Consoles) -> None:
    ask, session = ended.ask, ended.session
    assert ask("/console/evidence/2026-11-24", session=session("supervisor-sg")).status == 404
    assert ask("/console/evidence/2026-11-24", session=session("operator-1")).status == 403
    assert ask("/console/evidence/2026-11-24", session=session(f"{SG1.lower()}-maker")).status == 403
    for day in ("2026-11-25", "2020-01-01", "x", "..%2F..%2Fetc"):
        assert ask(f"/console/evidence/{day}", session=session("auditor")).status == 404, day

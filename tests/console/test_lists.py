"""The lists in the console: their state as it is, what changed by name, what was put aside and where it was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from console_door import Consoles, consoles_on, prepared_with
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant
from fondaco.hub import SwapLists, list_states, load_list
from fondaco.hub.list_state import DAY_NS, last_editions
from union import SG1, Desk, newly_listed

NAME = "<b>Velosta</b> Qeban"


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    folder = tmp_path_factory.mktemp("listed")

    def tale(desk: Desk) -> None:
        desk.do(SwapLists(newly_listed(desk, "&lt;b&gt;Velosta&lt;/b&gt; Qeban")))
        load_list(desk.folder, desk.rules.scheme, "un", [demo_list("un")[0][:700]], desk.now, "ben")
        load_list(desk.folder, desk.rules.scheme, "ofac", demo_list("ofac"), desk.now, "ana")

    with consoles_on((folder / "lived", prepared_with(folder / "lived", tale)), folder / "hub") as opened:
        yield opened


def test_a_list_is_stale_from_the_instant_on_and_then_fails_closed(listed: Consoles) -> None:
    scheme, folder = listed.house.scheme, listed.house.folder
    version = listed.hub.desk.counters.list_set
    rows = {one.list_id: one for one in list_states(folder, scheme, int(listed.clock.now()), version)}
    un = rows["un"]
    assert (un.state, un.fails_closed, un.in_force) == ("fresh", False, un.edition) and un.size > 0
    assert un.last is not None and (un.last.added, un.last.removed) == (1, 0)
    for at, state in ((un.valid_until - 1, "fresh"), (un.valid_until, "stale")):
        later = {one.list_id: one for one in list_states(folder, scheme, at, version)}["un"]
        assert (later.state, later.fails_closed) == (state, state == "stale")
    assert un.valid_until == un.received_at + next(r for r in scheme.lists if r.list_id == "un").max_age_days * DAY_NS
    assert list_states(folder, scheme, 0, "no-such-set")[0].in_force == ""


def test_a_list_that_is_damaged_or_missing_is_told_so(listed: Consoles, tmp_path: Path) -> None:
    scheme = listed.house.scheme
    assert {one.state for one in list_states(tmp_path, scheme, 0, "")} == {"missing"}
    load_list(tmp_path, scheme, "un", demo_list("un"), Instant(1))
    next((tmp_path / "lists" / "un").glob("*/0.raw")).write_bytes(b"other")
    (un,) = (one for one in list_states(tmp_path, scheme, 0, "") if one.list_id == "un")
    assert un.state == "damaged" and un.fails_closed and un.edition == ""


def test_the_last_two_editions_are_those_in_force_one_after_the_other(listed: Consoles) -> None:
    old, new = last_editions(listed.house.folder, listed.house.scheme, "un")
    assert old is not None and {one.entry_id for one in new.entries} - {one.entry_id for one in old.entries} == {"INi.999"}
    only, latest = last_editions(listed.house.folder, listed.house.scheme, "un", before=new.digest[:12], after=old.digest[:12])
    assert only is not None and (only.digest, latest.digest) == (new.digest, old.digest)


@pytest.mark.server
def test_pages_show_changes_by_name_as_text_and_what_was_put_aside(listed: Consoles) -> None:
    page = listed.ask("/console/lists", session=listed.session("officer-1"))
    assert page.status == 200 and listed.hub.desk.counters.list_set in page.text
    assert "ben" in page.text and "all hit" in page.text and ">fresh<" in page.text
    one = listed.ask("/console/lists/un", session=listed.session("supervisor-sg"))
    assert one.status == 200 and "INi.999" in one.text
    assert "&lt;b&gt;Velosta&lt;/b&gt;" in one.text and "<b>Velosta" not in one.text, NAME
    assert "put aside" in one.text
    assert "supervisor-sg" in [row.who for row in listed.access.looks.about("list un")]
    assert listed.ask("/console/lists/no-such", session=listed.session("officer-1")).status == 404
    for who in (f"{SG1.lower()}-maker", f"{SG1.lower()}-checker"):
        assert listed.ask("/console/lists", session=listed.session(who)).status == 403


@pytest.mark.server
def test_the_report_on_thresholds_is_given_as_a_file_and_nothing_else_is(listed: Consoles) -> None:
    session = listed.session("officer-1")
    assert listed.ask("/console/lists/calibration/calibration.html", session=session).status == 404
    assert "lists calibrate" in listed.ask("/console/lists", session=session).text
    (listed.house.folder / "lists" / "calibration.html").write_text("<p>thresholds</p>")
    page = listed.ask("/console/lists/calibration/calibration.html", session=session)
    assert page.status == 200 and page.headers["content-disposition"].startswith("attachment")
    assert listed.ask("/console/lists/calibration/history.jsonl", session=session).status == 404
    assert listed.ask("/console/lists/calibration/..%2Fhistory.jsonl", session=session).status == 404

"""The tables of disclosure beside a hub at work: those of the hub itself, made by a process of its own that ends."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from console_door import Consoles
from fondaco.hub import close_hub, disclosure, open_hub
from fondaco.hub.disclosing import disclosed


def test_from_a_copy_they_are_the_hubs_own(ready: tuple[Path, int], tmp_path: Path) -> None:
    shutil.copytree(ready[0], tmp_path / "hub")
    hub = open_hub(tmp_path / "hub")
    try:
        day = hub.desk.counters.day
        wanted = disclosure(hub, day)
        found = disclosed(tmp_path / "hub" / "journal.sqlite", day)
        assert isinstance(wanted, dict)
        assert found.tables == {name: rows for name, rows in wanted.items() if name != "lineage"} and found.tables["volumes"]
        assert found.size == hub.journal.head()[0]
        assert disclosed(tmp_path / "hub" / "journal.sqlite", "1999-01-01").tables == {}
    finally:
        close_hub(hub)


@pytest.mark.server
def test_the_page_shows_them_when_they_are_made_and_logs_the_look(door: Consoles) -> None:
    session, day = door.session("supervisor-sg"), door.hub.desk.counters.day
    until = time.monotonic() + 300
    while True:
        page = door.ask(f"/console/supervisor/disclosure?day={day}", session=session)
        assert page.status == 200
        if "being made" not in page.text or time.monotonic() > until:
            break
        time.sleep(0.5)
    assert "Volumes and values" in page.text and "value_minor" in page.text and "SGD" in page.text
    assert f"disclosure {day}" in [one.subject for one in door.access.looks.of("supervisor-sg")]
    assert door.ask("/console/supervisor/disclosure?day=x", session=session).status == 404
    assert door.ask("/console/supervisor/disclosure?day=%2Ftmp", session=session).status == 404
    assert door.ask("/console/supervisor/disclosure", session=door.session("auditor")).status == 403

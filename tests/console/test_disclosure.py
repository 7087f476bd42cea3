"""The tables of disclosure beside a hub at work: those of the hub itself, made by a process of its own that ends."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from jinja2 import ChoiceLoader, DictLoader

from console_door import Consoles
from fondaco import reporting
from fondaco.console.language import words_of
from fondaco.console.rendering import Pages
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
    assert "Volumes and values" in page.text and '<bdi title="value_minor">Value</bdi>' in page.text and "SGD" in page.text
    assert f"disclosure {day}" in [one.subject for one in door.access.looks.of("supervisor-sg")]
    assert door.ask("/console/supervisor/disclosure?day=x", session=session).status == 404
    assert door.ask("/console/supervisor/disclosure?day=%2Ftmp", session=session).status == 404
    assert door.ask("/console/supervisor/disclosure", session=door.session("auditor")).status == 403


def columns() -> dict[str, list[str]]:
    """Every table of disclosure with its columns, from the schema itself."""
    schema = Path(reporting.__file__).parent / "evidence" / "tables.sql"
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript(schema.read_text(encoding="utf-8"))
        views = [name for (name,) in made.execute("SELECT name FROM sqlite_master WHERE type='view' AND name LIKE 'table_%'")]
        return {name.removeprefix("table_"): [row[1] for row in made.execute(f"PRAGMA table_info({name})")] for name in views}


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_every_column_has_a_heading_in_every_language_and_keeps_its_name(language: str) -> None:
    tables = columns()
    assert len(tables) == 8
    values = {"mode": "net", "event": "NETS_POSTED", "currency": "SGD", "corridor": "SGD-THB", "what": "cycle-7"}
    found = {name: [{column: values.get(column, 1) for column in of}] for name, of in tables.items()}
    environment = Pages(words_of(), str)._environments[language]
    environment.loader = ChoiceLoader([DictLoader({"base.html": "{% block content %}{% endblock %}"}), environment.loader])  # type: ignore[list-item]
    frame = {"base": "/console", "day": "2026-11-24", "bundle": False, "state": "made", "found": {"size": 7, "tables": found}}
    text = environment.get_template("disclosure.html").render(frame)
    headings = re.findall(r'<th scope="col"[^>]*><bdi title="([^"]*)">([^<]*)</bdi></th>', text)
    assert [name for name, _ in headings] == [one for of in tables.values() for one in of if one != "exponent"]
    assert [name for name, said in headings if said == name] == [] and ">net<" not in text
    assert re.findall('<span title="cycle-7">([^<]*)</span> <bdi>7</bdi>', text) == [words_of()[language]("Cycle")]
    assert (">NETS_POSTED<" in text) == (language == "en")

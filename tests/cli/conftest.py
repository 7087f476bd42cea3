"""A hub laid out once for each file of commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import fondaco, open_at_all_hours
from fondaco.compliance.demo_lists import demo_list


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with its lists, whose first day is not open."""
    home = tmp_path_factory.mktemp("by-hand")
    hub = home / "hub"
    fondaco("init", "straits", hub)
    open_at_all_hours(hub / "union")
    for list_id in ("un", "ofac", "uk"):
        files = []
        for number, raw in enumerate(demo_list(list_id)):
            files.append(home / f"{list_id}{number}")
            files[-1].write_bytes(raw)
        shown = fondaco("lists", "load", *files, "--hub", hub)
        assert "day open" in shown and len(shown.splitlines()) == 1, "a line stays a line where nobody watches"
    return hub

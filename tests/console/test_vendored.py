"""What browsers are given is what the lock names, and nothing of it asks for anything elsewhere."""

from __future__ import annotations

import re

import vendor
from fondaco.console.visit import SECURITY


def test_vendored_files_are_those_of_the_lock() -> None:
    assert vendor.LOCK.read_text() == vendor.lock()
    named = {line.split()[0] for line in vendor.lock().splitlines()[1:]}
    ours = {"console.css", "mark.svg", "passkey.js", "vendor.lock"}
    assert {one.name for one in vendor.STATIC.iterdir()} == named | ours


def test_style_asks_for_nothing_elsewhere() -> None:
    assert not re.search(r"url\(|@import|https?:", (vendor.STATIC / "console.css").read_text())
    assert "unsafe" not in SECURITY["Content-Security-Policy"]

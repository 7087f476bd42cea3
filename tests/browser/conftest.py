"""Debian's Chromium before the console; where it is not installed, these tests say so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from console_deals import traded
from console_door import Consoles, consoles_on
from console_tale import lived

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip
# What is waited for comes, however much else the machine does; this ends a test that hangs, and no other.
PATIENCE_MS = 600_000
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    ours = [item for item in items if here in item.path.parents]
    why = ""
    if not CHROMIUM.exists():
        why = "Debian's chromium is not installed (apt-get install chromium)"
    elif len(ours) < len(items):
        # What drives the browser keeps an event loop running in its process, and other tests begin loops of their own.
        why = "pages are looked at in a process of their own: ./run test tests/browser"
    if why:
        for item in ours:
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, "executable_path": str(CHROMIUM), "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser(browser: Browser) -> Browser:
    """A browser whose every window waits that long: by itself it gives a page half a minute."""
    made = browser.new_context

    def patient(**given: Any) -> BrowserContext:
        context = made(**given)
        context.set_default_timeout(PATIENCE_MS)
        return context

    browser.new_context = patient  # type: ignore[method-assign, assignment]
    return browser


@pytest.fixture(scope="session")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    folder = tmp_path_factory.mktemp("browser")
    left = lived(folder / "lived")
    with consoles_on((folder / "lived", left), folder / "hub", "localhost") as opened:
        yield opened


@pytest.fixture(scope="session")
def deals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consoles]:
    """A hub with deals of trade."""
    folder = tmp_path_factory.mktemp("browser-deals")
    left = traded(folder / "lived")
    with consoles_on((folder / "lived", left), folder / "hub") as opened:
        yield opened

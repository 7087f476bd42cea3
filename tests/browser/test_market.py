"""The pages of trade, lists and exchange before a real browser, as the other pages are looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.test_pages import BOTH, PICTURES, looked_at, windows
from console_deals import BILL, CREDIT, WAITING
from console_door import Consoles

pytestmark = pytest.mark.server
PAGES = {
    "trade": ("operator-1", "/trade"),
    "deal": ("operator-1", f"/trade/{CREDIT}"),
    "deal-waiting": ("operator-1", f"/trade/{WAITING}"),
    "record": ("operator-1", f"/trade/{BILL}"),
    "lists": ("officer-1", "/lists"),
    "list": ("officer-1", "/lists/un"),
    "fx": ("operator-1", "/fx?source=SGD&target=THB&amount=1000.00"),
}


@pytest.mark.parametrize("language, theme, other", BOTH)
def test_every_page_is_fit_for_everybody(browser: Browser, deals: Consoles, language: str, theme: str, other: str) -> None:
    with windows(browser, deals, language, theme) as window_of:
        for name, (who, path) in PAGES.items():
            said = looked_at(window_of(who), deals, name, path, language, (theme, other))
            assert not said, (name, said)


def test_a_page_on_a_phone_is_no_wider_than_it(browser: Browser, deals: Consoles) -> None:
    for language in ("en", "ar"):
        with windows(browser, deals, language, "light") as window_of:
            for name, (who, path) in PAGES.items():
                page = window_of(who).page
                page.set_viewport_size({"width": 360, "height": 740})
                page.goto(f"{deals.address}/console{path}")
                assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
                if PICTURES:
                    page.screenshot(path=str(Path(PICTURES) / f"{name}-{language}-phone.png"), full_page=True)

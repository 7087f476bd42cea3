"""Without a mouse: every place of a page that does something is reached by the tabulator, in the order in which it is read, and is seen when it is reached."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from console_door import Consoles
from console_tale import UETR
from union import SG1, SG2, pacs_008

pytestmark = pytest.mark.server

PAGES = {
    "/login": "",
    "/day": "operator-1",
    "/payments": "operator-1",
    f"/payments/{UETR}": "operator-1",
    "/positions": "zzbasg01-maker",
    "/pay": "zzbasg01-maker",
    "/cases/{case}": "officer-1",
    "/audit": "auditor",
    "/supervisor": "supervisor-sg",
    "/simulator": "operator-1",
}
# What can be done something with, top to bottom; what a browser scrolls by itself is no stop of ours.
STOPS = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
  .filter((one) => one.type !== "hidden" && !one.disabled && one.checkVisibility()).map((one, at) => { one.dataset.stop = at; return at; }).length"""
HERE = """() => { const one = document.activeElement, style = getComputedStyle(one);
  return [Number(one.dataset.stop ?? -1), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, one.outerHTML.slice(0, 120)]; }"""
# A field of day and time has parts, and each is a stop of its own.
STOPS_MAX, PARTS_MAX = 400, 10


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_place_is_reached_in_order_and_seen(browser: Browser, door: Consoles, language: str) -> None:
    for path, who in PAGES.items():
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        kept = {"fondaco-language": language} | ({"fondaco-demo": door.session(who)} if who else {})
        context.add_cookies([{"name": name, "value": value, "url": door.address} for name, value in kept.items()])
        page = context.new_page()
        page.route("**/live*", lambda route: route.abort())  # a part that is told anew would be counted anew
        page.goto(f"{door.address}/console{path.replace('{case}', min(door.hub.desk.cases))}", wait_until="load")
        stops = page.evaluate(STOPS)
        assert 0 < stops <= STOPS_MAX, path
        for wanted in range(stops):
            for _ in range(PARTS_MAX):
                page.keyboard.press("Tab")
                found, seen, what = page.evaluate(HERE)
                if found != wanted - 1 or "datetime-local" not in what:
                    break
            assert found == wanted, (path, wanted, found, what)
            assert seen, (path, what)
        context.close()


def test_what_is_told_anew_takes_the_place_of_nobody(browser: Browser, door: Consoles) -> None:
    """Whoever reads a table on a live page stays in it when its figures change."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    kept = {"fondaco-language": "en", "fondaco-demo": door.session("operator-1")}
    context.add_cookies([{"name": name, "value": value, "url": door.address} for name, value in kept.items()])
    page = context.new_page()
    page.goto(f"{door.address}/console/day", wait_until="load")
    page.focus("[aria-labelledby=liquidity-title]")
    sent = door.ask(
        "/v1/messages",
        body=pacs_008(SG1, SG2, "77.01", "SGD", urgent=True),
        content_type="application/xml",
        authorization=f"Bearer {door.tokens[f'{SG1}-maker']}",
    )
    assert sent.status in (200, 202), sent.text
    page.wait_for_selector(r"#live >> text=/[0-9]77\.01\sSGD/")
    assert page.evaluate("document.activeElement.getAttribute('aria-labelledby')") == "liquidity-title"
    context.close()

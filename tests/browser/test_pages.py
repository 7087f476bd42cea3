"""Every page in every language and theme, before a real browser: nothing from outside, no fault of accessibility, no complaint of the browser."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from console_door import Consoles
from console_person import FORM, Person
from console_tale import UETR
from fondaco.console import LANGUAGES
from union import SG1, SG2, pacs_008

pytestmark = pytest.mark.server


# A small one, in which a bank fails.
SIMULATION = {"scenario": "failure", "seed": "7", "banks": "8", "payments": "400", "balance": "5", "cap": "10", "urgent": "80"}


@pytest.fixture(scope="module", autouse=True)
def waiting(door: Consoles) -> None:
    """A proposal and a draft that wait for a second person, and a simulation that was played."""
    maker, operator = Person(door, "zzbasg01-maker"), Person(door, "operator-1")
    assert operator.send("/simulator", operator.look("/simulator"), SIMULATION).status == 303
    assert maker.send("/pay", maker.look("/pay"), FORM).status == 303
    assert operator.send("/cycles/closing", operator.look("/cycles")).status == 303
    until = time.monotonic() + 600
    while "being played" in operator.look("/simulator/1").text:
        assert time.monotonic() < until
        time.sleep(0.3)


THEMES = ("light", "dark")
# Where the pictures of the pages go for somebody who looks at them; nowhere unless it is set.
PICTURES = os.environ.get("FONDACO_PICTURES", "")
# Each page with somebody who may see it.
PAGES = {
    "login": ("", "/login"),
    "missing": ("operator-1", "/no/such"),
    "day": ("operator-1", "/day"),
    "payments": ("operator-1", "/payments"),
    "payment": ("operator-1", f"/payments/{UETR}"),
    "positions": ("operator-1", "/positions?account=ZZBASG01+SGD&amount=250000.00&kind=urgent"),
    "queue": ("operator-1", "/queue"),
    "cycles": ("operator-1", "/cycles"),
    "cycle": ("operator-1", "/cycles/1"),
    "cases": ("officer-1", "/cases"),
    "case": ("officer-1", "/cases/{case}"),
    "account": ("operator-1", "/account"),
    "prove": ("operator-1", "/account/prove"),
    "enrol": ("", "/enrol/{link}"),
    "supervisor": ("supervisor-sg", "/supervisor"),
    "disclosure": ("supervisor-sg", "/supervisor/disclosure"),
    "evidence": ("auditor", "/evidence"),
    "not all countries": ("supervisor-sg", "/evidence"),
    "motions": ("operator-1", "/proposals"),
    "drill": ("operator-1", "/drill?bic=ZZBASG01"),
    "audit": ("auditor", "/audit"),
    "audited": ("supervisor-sg", f"/audit?kind=payment&name={UETR}&prove=yes"),
    "pay": ("zzbasg01-maker", "/pay"),
    "proposals": ("zzbasg01-checker", "/proposals"),
    "closing": ("operator-2", "/proposals"),
    "simulator": ("operator-1", "/simulator"),
    "simulated": ("operator-1", "/simulator/1"),
    "compared": ("operator-1", "/simulator/comparison?one=1&other=1"),
}


def opened(browser: Browser, door: Consoles, who: str, language: str, theme: str, *, scripts: bool = True) -> BrowserContext:
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 900})
    kept = {"fondaco-language": language, "fondaco-theme": theme} | ({"fondaco-demo": door.session(who)} if who else {})
    context.add_cookies([{"name": name, "value": value, "url": door.address} for name, value in kept.items()])
    return context


class Window(NamedTuple):
    """Where somebody looks at one page after another; what the browser complained of, and what it asked for, since a page began."""

    page: Page
    said: list[str]
    asked: list[str]


@contextmanager
def windows(browser: Browser, door: Consoles, language: str, theme: str) -> Iterator[Callable[[str], Window]]:
    """A window for each person, opened when it is first looked through: a browser takes as long to open one as to show a page."""
    found: dict[str, Window] = {}

    def window_of(who: str) -> Window:
        if who not in found:
            page = opened(browser, door, who, language, theme).new_page()
            found[who] = Window(page, *watched(page))
        return found[who]

    yield window_of
    for one in found.values():
        one.page.context.close()


# Each language with the theme in which its pages come; in the other one they are looked at where they stand.
BOTH = [(language, THEMES[at % 2], THEMES[1 - at % 2]) for at, language in enumerate(LANGUAGES)]


@pytest.mark.parametrize("language, theme, other", BOTH)
def test_every_page_is_fit_for_everybody(browser: Browser, door: Consoles, language: str, theme: str, other: str) -> None:
    with windows(browser, door, language, theme) as window_of:
        for name, (who, path) in PAGES.items():
            said = looked_at(window_of(who), door, name, placed(door, path), language, (theme, other))
            assert not [one for one in said if "404" not in one], (name, said)


def looked_at(window: Window, door: Consoles, name: str, path: str, language: str, themes: tuple[str, str]) -> list[str]:
    """One page with all its details open: nothing comes from elsewhere, and `fit` in both themes. What the browser complains of."""
    page, said, asked = window
    said.clear()
    asked.clear()
    page.goto(f"{door.address}/console{path}", wait_until="load")
    for summary in page.query_selector_all("summary"):
        summary.click()
    fit(page, name, language, themes)
    assert asked and all(one.startswith(door.address) for one in asked), asked
    return list(said)


def fit(page: Page, name: str, language: str, themes: tuple[str, str]) -> None:
    """The page as it came in the first theme, then in the other: axe finds nothing, and nothing is wider than the window.

    A theme is one attribute of the page for its style sheet, so the second is put on where the page stands.
    """
    assert page.get_attribute("html", "data-theme") == themes[0]
    for theme in themes:
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        found = Axe().run(page)
        assert found.violations_count == 0, (name, theme, found.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, f"{name} is wider than the window"
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"{name}-{language}-{theme}.png"), full_page=True)


def placed(door: Consoles, path: str) -> str:
    """A page's path, with the name of the first case, and with a link to enrol, where it names one."""
    if "{link}" in path:
        return path.replace("{link}", door.access.people.link("auditor", door.clock.now()))
    return path.replace("{case}", min(door.hub.desk.cases))


def watched(page: Page) -> tuple[list[str], list[str]]:
    """What the browser complains of, and everything that it asks for."""
    said: list[str] = []
    asked: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda fault: said.append(str(fault)))
    page.on("request", lambda request: asked.append(request.url))
    return said, asked


def test_a_page_on_a_phone_is_no_wider_than_it(browser: Browser, door: Consoles) -> None:
    for language in ("en", "ar"):
        context = opened(browser, door, "operator-1", language, "light")
        page = context.new_page()
        page.set_viewport_size({"width": 360, "height": 740})
        for who, path in PAGES.values():
            context.add_cookies([{"name": "fondaco-demo", "value": door.session(who or "operator-1"), "url": door.address}])
            page.goto(f"{door.address}/console{placed(door, path)}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        context.close()


def amounts_in(german: str) -> set[Decimal]:
    return {Decimal(one.replace(".", "").replace(",", ".")) for one in re.findall(r"\d[\d.]*,\d\d", german)}


def test_the_day_moves_by_itself_and_stands_still_without_scripts(browser: Browser, door: Consoles) -> None:
    context = opened(browser, door, "operator-1", "de", "light")
    page = context.new_page()
    said, _ = watched(page)
    page.goto(f"{door.address}/console/day")
    was = page.inner_text("#live")
    urgent = pacs_008(SG1, SG2, "100.00", "SGD", urgent=True)
    sent = door.ask(
        "/v1/messages", body=urgent, content_type="application/xml", authorization=f"Bearer {door.tokens[f'{SG1}-maker']}"
    )
    assert sent.status in (200, 202), sent.text
    wanted, told = {one + 100 for one in amounts_in(was)} - amounts_in(was), was
    while not wanted & amounts_in(told):  # ends when what was paid has moved a figure by as much; something else may move before
        page.wait_for_function("told => document.querySelector('#live').innerText !== told", arg=told)
        told = page.inner_text("#live")
    assert "Geschäftstag" in page.inner_text("#live"), "in the page's own language"
    assert said == []
    context.close()
    context = opened(browser, door, "operator-1", "en", "light", scripts=False)
    page = context.new_page()
    page.goto(f"{door.address}/console/day")
    assert "Who owes whom" in page.inner_text("main")
    context.close()


def test_the_keyboard_alone_enters_and_leaves(browser: Browser, door: Consoles) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(door.link("operator-1"))
    page.keyboard.press("Tab")
    assert "#content" in (page.evaluate("document.activeElement.href") or ""), "the first stop skips to the content"
    page.focus("main button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/day")
    page.focus(".who button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/login")
    context.close()

"""The guided tour in a real browser: walked whole, by the keyboard where it matters, and with scripts off; its pages in every language and theme."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browser.test_pages import BOTH, fit
from living_door import LivingDoor, living_on

pytestmark = pytest.mark.server
# For the end of a cycle, on a machine that has much else to do.
LONG_MS = 240_000


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingDoor]:
    with living_on(tmp_path_factory.mktemp("living") / "hub") as opened:
        yield opened


def entered(
    browser: Browser,
    living: LivingDoor,
    who: str = "operator-1",
    *,
    scripts: bool = True,
    language: str = "en",
    theme: str = "light",
) -> Page:
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 900})
    kept = {"fondaco-language": language, "fondaco-theme": theme}
    context.add_cookies([{"name": name, "value": value, "url": living.address} for name, value in kept.items()])
    page = context.new_page()
    page.goto(living.link(who))
    page.click("main button")
    page.wait_for_url("**/console/day")
    return page


def begin(page: Page, living: LivingDoor, chapter: str) -> None:
    page.goto(f"{living.address}/console/tour")
    press(page, f'form:has(input[value="{chapter}"]) button')
    expect(page.locator("#tour")).to_be_visible()


def press(page: Page, selector: str) -> None:
    """As somebody without a mouse does."""
    page.focus(selector)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def go_on(page: Page, person: str) -> None:
    press(page, f'#tour form:has(input[value="{person}"]) button')
    expect(page.locator(".who bdi")).to_have_text(person)


def is_over(page: Page, scripts: bool, within_ms: int) -> bool:
    """Whether the chapter is over in time: the bar says so by itself, or when the page is loaded again (with scripts that is seldom)."""
    link = page.locator('#tour a.button[href="/console/tour#chapters"]')
    patience_ms = 30_000 if scripts else 1_000
    for _ in range(within_ms // patience_ms):
        for _ in range(patience_ms // 500):
            if link.is_visible():
                return True
            page.wait_for_timeout(500)
        page.reload()
    return link.is_visible()


def over(page: Page, *, scripts: bool = True) -> None:
    assert is_over(page, scripts, LONG_MS), page.inner_text("#tour")


def walk_pay(page: Page, living: LivingDoor, *, scripts: bool = True) -> None:
    begin(page, living, "pay")
    go_on(page, "zzbath01-maker")
    assert re.search(r"/console/pay\?invoice=INV-[0-9]+#form$", page.url), "the bar led to the form"
    outline = page.evaluate("getComputedStyle(document.querySelector('#form')).outlineStyle") if scripts else "dashed"
    assert outline == "dashed", "the place is marked"
    press(page, "#form button")
    go_on(page, "zzbath01-checker")
    press(page, "#waiting form button")
    assert "/console/payments/" in page.url
    over(page, scripts=scripts)


def walk_close(page: Page, living: LivingDoor, *, scripts: bool = True) -> None:
    begin(page, living, "close")
    go_on(page, "operator-1")
    press(page, "#closing button")
    go_on(page, "operator-2")
    press(page, "#waiting form button")
    over(page, scripts=scripts)


def close_cycle(browser: Browser, living: LivingDoor) -> None:
    """Two other people close the open cycle, so that nobody waits for its cut-off."""
    for who, path, button in (("operator-1", "cycles", "#closing button"), ("operator-2", "proposals", "#waiting form button")):
        page = entered(browser, living, who)
        page.goto(f"{living.address}/console/{path}")
        press(page, button)
        page.context.close()


def break_banks(page: Page, living: LivingDoor) -> None:
    """Let the three banks fail that owe the most: one that owes now may be owed at the end of the cycle, and then nobody misses it."""
    page.goto(f"{living.address}/console/tour")
    broken: set[str] = set()
    while len(broken) < 3:  # ends: banks go on paying
        owing = [one.get_attribute("value") or "" for one in page.locator("#break option").all()]
        bank = next((one for one in owing if one not in broken), "")
        if bank:
            broken.add(bank)
            page.select_option("#break select", bank)
            press(page, "#break button")
        elif broken:
            return
        else:
            page.wait_for_timeout(1_000)
            page.reload()


def walk_break(page: Page, living: LivingDoor, *, scripts: bool = True) -> None:
    browser = page.context.browser
    assert browser is not None
    begin(page, living, "break")
    if page.locator('#tour form:has(input[value="operator-1"])').count():
        go_on(page, "operator-1")
    else:
        press(page, "#tour a")
    for _ in range(4):
        break_banks(page, living)
        close_cycle(browser, living)
        if is_over(page, scripts, LONG_MS // 4):
            return
    raise AssertionError(page.inner_text("#tour"))


def walk_decide(page: Page, living: LivingDoor, *, scripts: bool = True) -> None:
    cases = living.day.hub.desk.cases
    while not any(one.open and one.payment and not one.decisions for one in list(cases.values())):
        page.wait_for_timeout(500)  # ends: names like listed ones go on coming
    begin(page, living, "decide")
    for officer in ("officer-1", "officer-2"):
        go_on(page, officer)
        page.focus('input[value="RELEASE"]')
        page.keyboard.press("Space")
        page.fill("#note", "another birthday, another town")
        press(page, 'form[action*="/tour/word/"] button')
    over(page, scripts=scripts)


def walk_supervise(page: Page, living: LivingDoor, *, scripts: bool = True) -> None:
    begin(page, living, "supervise")
    go_on(page, "supervisor-sg")
    go_on(page, "auditor")
    expect(page.locator("#looks")).to_contain_text("place payments")
    over(page, scripts=scripts)


def walk_ask(page: Page, living: LivingDoor, *, scripts: bool = True) -> None:
    begin(page, living, "ask")
    go_on(page, "operator-1")
    go_on(page, "auditor")
    expect(page.locator("#content")).to_contain_text("payment.look")
    over(page, scripts=scripts)


@pytest.mark.parametrize("scripts", [True, False])
def test_the_tour_is_walked_whole(browser: Browser, living: LivingDoor, scripts: bool) -> None:
    page = entered(browser, living, scripts=scripts)
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" and "401" not in said.text else None)
    for walk in (walk_pay, walk_close, walk_break, walk_decide, walk_supervise, walk_ask):
        walk(page, living, scripts=scripts)
    assert faults == []
    page.click("#tour form:has-text('Leave') button")
    expect(page.locator("#tour")).to_have_count(0)
    page.context.close()


@pytest.mark.parametrize("language, theme, other", BOTH)
def test_the_tours_pages_are_fit_for_everybody(
    browser: Browser, living: LivingDoor, language: str, theme: str, other: str
) -> None:
    page = entered(browser, living, language=language, theme=theme)
    begin(page, living, "close")
    for name, path in (("tour", "/tour"), ("tour-day", "/day"), ("tour-cycles", "/cycles#closing")):
        page.goto(f"{living.address}/console{path}")
        fit(page, name, language, (theme, other))
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{living.address}/console/tour")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()

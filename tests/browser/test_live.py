"""Pages that move, in a browser whose first requests for their stream go wrong: they move all the same, and show no fault in between."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from console_door import Consoles

pytestmark = pytest.mark.server


def day(browser: Browser, door: Consoles) -> Page:
    context = browser.new_context()
    context.add_cookies([{"name": "fondaco-demo", "value": door.session("operator-1"), "url": door.address}])
    page = context.new_page()
    # Before any script of the page: what the stream brings first takes its place.
    old = "document.querySelector('#live').insertAdjacentHTML('beforeend', '<p id=old>from before</p>')"
    page.add_init_script(f"addEventListener('DOMContentLoaded', () => {old})")
    return page


@pytest.mark.parametrize("wrong", ["busy", "cut off", "never answered"])
def test_a_stream_that_did_not_begin_is_begun_again_by_itself(browser: Browser, door: Consoles, wrong: str) -> None:
    page, asked = day(browser, door), []
    # For what is never answered the page waits a third of a minute each time.
    times = 1 if wrong == "never answered" else 2

    def answered(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) > times:
            route.continue_()
        elif wrong == "busy":
            route.fulfill(status=503, content_type="text/html", body="<h1>not now</h1>")
        elif wrong == "cut off":
            route.abort("connectionfailed")

    page.route("**/day/live", answered)
    page.goto(f"{door.address}/console/day")
    begun(page)
    assert len(asked) == times + 1, "no more than one at a time"
    assert page.locator("#live table").count() and "not now" not in page.content()
    page.wait_for_timeout(7_000)
    assert len(asked) == times + 1, "one that stands is not begun again"
    page.context.close()


@pytest.mark.parametrize("late", ["htmx.min.js", "hx-sse.min.js"])
def test_a_page_moves_whichever_of_its_scripts_comes_last(browser: Browser, door: Consoles, late: str) -> None:
    page = day(browser, door)

    def brought(route: Route) -> None:
        page.wait_for_timeout(1_500)
        route.continue_()

    page.route(f"**/{late}*", brought)
    page.goto(f"{door.address}/console/day")
    begun(page)
    page.context.close()


def begun(page: Page) -> None:
    """The stream has begun: what the page had before has gone."""
    expect(page.locator("#old")).to_have_count(0)

"""Pictures of pages that stand still, held against those that were looked at and kept.

A page is compared in squares of sixteen pixels, so that another version of the browser or of a font is no difference, and a lost style, a wrong theme, the
wrong side or a part that is gone is one. `FONDACO_KEEP_PICTURES=1` keeps what is seen now: look at it before it is committed.
"""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from console_door import Consoles
from console_tale import UETR

pytestmark = pytest.mark.server

KEPT = Path(__file__).parent.parent / "golden" / "pages"
KEEP = bool(os.environ.get("FONDACO_KEEP_PICTURES"))
# What no other test of the session changes.
PAGES = {"login": ("", "/login"), "payment": ("operator-1", f"/payments/{UETR}"), "cycle": ("operator-1", "/cycles/1")}
LOOKS = [("en", "light"), ("ar", "dark")]
# Of 255 steps of light: what all squares may differ by on average. Another family of fonts makes about one, a table that is gone three, the wrong side nine, the
# wrong theme two hundred.
MEAN_MAX = 2.0
COMPARE = """async ([kept, seen]) => {
  const squares = async (text) => {
    const whole = await createImageBitmap(await (await fetch("data:image/png;base64," + text)).blob());
    const [wide, high] = [Math.round(whole.width / 16), Math.round(whole.height / 16)];
    const small = await createImageBitmap(whole, {resizeWidth: wide, resizeHeight: high, resizeQuality: "high"});
    const drawn = new OffscreenCanvas(wide, high).getContext("2d");
    drawn.drawImage(small, 0, 0);
    return [whole.width + "x" + whole.height, drawn.getImageData(0, 0, wide, high).data];
  };
  const [[size, one], [other_size, other]] = [await squares(kept), await squares(seen)];
  if (size !== other_size) return 255;
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += Math.abs(one[at] - other[at]);
  return sum / (one.length * 3 / 4);
}"""


def seen(browser: Browser, door: Consoles, name: str, language: str, theme: str, *, broken: str = "") -> bytes:
    """A picture of the first screen of a page; `broken` is style that is put over it."""
    who, path = PAGES[name]
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=bool(broken))
    kept = {"fondaco-language": language, "fondaco-theme": theme} | ({"fondaco-demo": door.session(who)} if who else {})
    context.add_cookies([{"name": one, "value": value, "url": door.address} for one, value in kept.items()])
    page = context.new_page()
    page.goto(f"{door.address}/console{path}", wait_until="load")
    if broken:
        page.add_style_tag(content=broken)
    picture = page.screenshot(animations="disabled")
    context.close()
    return picture


def difference(browser: Browser, one: bytes, other: bytes) -> float:
    """By how many steps of light the squares of two pictures differ, on average; 255 where their sizes do."""
    context: BrowserContext = browser.new_context()
    found = context.new_page().evaluate(COMPARE, [base64.b64encode(picture).decode() for picture in (one, other)])
    context.close()
    return float(found)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_looks_as_it_was_looked_at(browser: Browser, door: Consoles, name: str) -> None:
    for language, theme in LOOKS:
        picture = seen(browser, door, name, language, theme)
        file = KEPT / f"{name}-{language}-{theme}.png"
        if KEEP:
            KEPT.mkdir(parents=True, exist_ok=True)
            file.write_bytes(picture)
        assert difference(browser, file.read_bytes(), picture) <= MEAN_MAX, f"{file.name} is another picture; look at both"


def test_what_is_broken_is_another_picture_and_another_font_is_none(browser: Browser, door: Consoles) -> None:
    kept = (KEPT / "payment-en-light.png").read_bytes()
    assert (
        difference(browser, kept, seen(browser, door, "payment", "en", "light", broken="* { font-family: serif !important }"))
        <= MEAN_MAX
    )
    for broken in (
        "table { display: none !important }",
        ":root { direction: rtl }",
        ".top, .simulated { display: none !important }",
    ):
        assert difference(browser, kept, seen(browser, door, "payment", "en", "light", broken=broken)) > MEAN_MAX, broken
    assert difference(browser, kept, seen(browser, door, "payment", "en", "dark")) > 100
    assert difference(browser, kept, seen(browser, door, "payment", "ar", "light")) > MEAN_MAX

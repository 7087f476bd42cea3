"""Two officers decide a case in a real browser, each signing with the own authenticator."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, Page

from deciding_officers import Officers, officers_on
from fondaco.compliance import CaseState
from fondaco.hub import prove_hub

pytestmark = pytest.mark.server
PICTURES = os.environ.get("FONDACO_PICTURES", "")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Officers]:
    with officers_on(tmp_path_factory.mktemp("officers") / "hub", 2) as opened:
        yield opened


def before(browser: Browser, desk: Officers, who: str, case: str, language: str = "en", theme: str = "light") -> Page:
    """The page of a case, as somebody sees it whose device holds the passkey that the rulebook names."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    kept = {"fondaco-demo": desk.session(who), "fondaco-language": language, "fondaco-theme": theme}
    context.add_cookies([{"name": name, "value": value, "url": desk.address} for name, value in kept.items()])
    page = context.new_page()
    tools = context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }  # fmt: skip
    key = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    device = desk.held[who]
    device.count += 10
    private = device.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    credential = {
        "credentialId": b64encode(device.credential).decode(), "isResidentCredential": True, "rpId": "localhost",
        "privateKey": b64encode(private).decode(), "userHandle": b64encode(who.encode()).decode(), "signCount": device.count,
    }  # fmt: skip
    tools.send("WebAuthn.addCredential", {"authenticatorId": key, "credential": credential})
    page.goto(f"{desk.address}/console/cases/{case}")
    return page


def say(page: Page, verb: str, note: str) -> None:
    page.check(f"input[value={verb}]")
    page.fill("#note", note)
    page.click("text=Sign with your passkey")


def test_two_officers_release_a_case_and_the_signatures_are_proved(browser: Browser, desk: Officers) -> None:
    case = desk.case()
    first = before(browser, desk, "officer-1", case)
    say(first, "RELEASE", "born elsewhere")
    first.wait_for_selector("text=It is yours")
    second = before(browser, desk, "officer-2", case)
    assert "born elsewhere" in second.inner_text(".proposal")
    say(second, "RELEASE", "I see it, too")
    second.wait_for_selector("text=RELEASED")
    assert desk.hub.desk.cases[case].state is CaseState.RELEASED and prove_hub(desk.hub).faults == []
    for one in (first, second):
        one.context.close()


def test_a_refusal_stands_at_the_form_and_nothing_was_signed(browser: Browser, desk: Officers) -> None:
    case = desk.case()
    late, other = before(browser, desk, "officer-1", case), before(browser, desk, "officer-2", case)
    say(other, "NOTE", "wait")
    other.wait_for_selector("td:has-text('wait')")
    say(late, "CONFIRM", "it is he")
    late.wait_for_selector("[data-told]:has-text('somebody said something')")
    assert late.input_value("#note") == "it is he", "what was written is not lost"
    for one in (late, other):
        one.context.close()


@pytest.mark.parametrize("language, theme", [("en", "light"), ("de", "dark"), ("ar", "dark")])
def test_the_form_is_fit_for_everybody(browser: Browser, desk: Officers, language: str, theme: str) -> None:
    case = next(key for key, one in desk.hub.desk.cases.items() if one.open)
    page = before(browser, desk, "officer-1", case, language, theme)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"word-{language}-{theme}.png"), full_page=True)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()

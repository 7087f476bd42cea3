"""Passkeys in a real browser: Chromium's own virtual authenticator makes them and answers with them."""

from __future__ import annotations

import os
import re
from base64 import b32decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from console_door import Consoles
from fondaco.access.one_time_code import code_of, step_of

pytestmark = pytest.mark.server
PICTURES = os.environ.get("FONDACO_PICTURES", "")


class Device:
    """A browser with an authenticator inside."""

    def __init__(self, browser: Browser) -> None:
        self.context: BrowserContext = browser.new_context()
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.page.on("console", lambda one: self.said.append(one.text) if one.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda one: self.said.append(str(one)))
        self.tools: CDPSession = self.context.new_cdp_session(self.page)
        self.tools.send("WebAuthn.enable")
        self.key = self.plug()

    def plug(self) -> str:
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }  # fmt: skip
        return str(self.tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])

    def credentials(self) -> list[dict[str, Any]]:
        return list(self.tools.send("WebAuthn.getCredentials", {"authenticatorId": self.key})["credentials"])

    def holds(self, credential: dict[str, Any]) -> None:
        """Let this authenticator be another, with this credential as it was."""
        self.tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.key})
        self.key = self.plug()
        self.tools.send("WebAuthn.addCredential", {"authenticatorId": self.key, "credential": credential})

    def verifies(self, yes: bool) -> None:
        self.tools.send("WebAuthn.setUserVerified", {"authenticatorId": self.key, "isUserVerified": yes})

    def enrol(self, door: Consoles, who: str) -> None:
        self.page.goto(f"{door.address}/console/enrol/{door.access.people.link(who, door.clock.now())}")
        self.page.click("form[data-passkey] button")
        self.page.wait_for_selector("main a[href='/console/login']")

    def log_in(self, door: Consoles) -> None:
        self.page.goto(f"{door.address}/console/login")
        self.page.click("form[data-passkey] button")

    def log_out(self) -> None:
        self.page.click(".who button")
        self.page.wait_for_url("**/console/login")


@pytest.fixture
def device(browser: Browser) -> Iterator[Device]:
    made = Device(browser)
    yield made
    made.context.close()


def test_a_passkey_is_made_logs_in_and_stands_on_the_account_page(device: Device, door: Consoles) -> None:
    device.enrol(door, "auditor")
    (credential,) = device.credentials()
    assert credential["rpId"] == "localhost" and credential["isResidentCredential"]
    device.log_in(door)
    device.page.wait_for_url("**/console/day")
    device.page.click(".who a")
    device.page.wait_for_url("**/console/account")
    assert device.page.input_value("main table input[name=name]") == "passkey"
    # RSA is not taken (decision 0043), and Chromium says that some old authenticators know nothing else.
    assert [one for one in device.said if "pubKeyCredParams" not in one] == []


def test_a_passkey_is_added_named_and_removed_by_its_owner(device: Device, door: Consoles) -> None:
    device.context.add_cookies([{"name": "fondaco-demo", "value": door.session("zzbasg01-checker"), "url": door.address}])
    device.page.goto(f"{door.address}/console/account")
    device.page.fill("#new-name", "my laptop")
    device.page.click("form[data-passkey] button")
    device.page.wait_for_selector("input[value='my laptop']")
    device.page.fill("input[value='my laptop']", "my telephone")
    device.page.click("text=Rename")
    device.page.wait_for_selector("input[value='my telephone']")
    device.page.click("form[data-passkey] button")
    device.page.wait_for_selector(
        "form[data-passkey] [role=alert]:not(:empty)"
    )  # this authenticator has one of this account already
    device.page.click("text=Remove >> nth=-1")
    device.page.wait_for_selector("text=This is your last way in")
    device.log_out()
    device.log_in(door)
    device.page.wait_for_url("**/console/day")


def test_a_copied_authenticator_and_a_removed_passkey_open_nothing(device: Device, door: Consoles) -> None:
    device.enrol(door, "operator-1")
    (copied,) = device.credentials()
    for _ in range(2):
        device.log_in(door)
        device.page.wait_for_url("**/console/day")
        device.log_out()
    device.holds(copied | {"signCount": 1})
    device.log_in(door)
    device.page.wait_for_selector("text=The passkey was not recognised")
    device.holds(copied | {"signCount": 100})
    device.log_in(door)
    device.page.wait_for_url("**/console/day")
    device.log_out()
    with door.access.store.transaction() as connection:
        door.access.people.clear(connection, "operator-1")
    device.log_in(door)
    device.page.wait_for_selector("text=The passkey was not recognised")


def test_who_is_not_verified_is_not_let_in_and_told_so(device: Device, door: Consoles) -> None:
    device.enrol(door, "operator-2")
    device.verifies(False)
    device.log_in(door)
    device.page.wait_for_selector("form[data-passkey] [role=alert]:not(:empty)")
    assert device.page.url.endswith("/console/login")
    assert not device.page.is_disabled("form[data-passkey] button"), "it may be tried again"


def test_a_false_site_on_the_same_host_gets_an_answer_that_is_worth_nothing(device: Device, door: Consoles) -> None:
    """Another port is another origin under the same relying party: the authenticator answers it, and we do not."""
    device.enrol(door, "zzbasg01-maker")
    begun = door.ask("/console/login/passkey/begin", form={})
    challenge = re.search(r'"challenge":"([^"]+)"', begun.text)
    assert challenge is not None
    device.context.route(
        "http://localhost:1/", lambda route: route.fulfill(body="<title>false</title>", content_type="text/html")
    )
    device.page.goto("http://localhost:1/")
    answer = device.page.evaluate(
        """async (challenge) => {
          const raw = Uint8Array.from(atob(challenge.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
          const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
            .replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
          const found = await navigator.credentials.get({publicKey: {challenge: raw, rpId: "localhost", userVerification: "required"}});
          const response = {};
          for (const name of ["clientDataJSON", "authenticatorData", "signature", "userHandle"]) response[name] = text(found.response[name]);
          return JSON.stringify({id: found.id, rawId: text(found.rawId), type: found.type, response});
        }""",
        challenge[1],
    )
    cookie = f"fondaco-ceremony={begun.cookies['fondaco-ceremony']}"
    refused = door.ask("/console/login/passkey", form={"response": answer}, Cookie=cookie)
    assert refused.status == 401 and "fondaco-demo" not in refused.cookies


def test_the_page_that_shows_a_secret_is_fit_for_everybody(browser: Browser, door: Consoles) -> None:
    for language, theme in (("en", "light"), ("ar", "dark")):
        context = browser.new_context(viewport={"width": 360, "height": 740})
        kept = {"fondaco-language": language, "fondaco-theme": theme}
        context.add_cookies([{"name": name, "value": value, "url": door.address} for name, value in kept.items()])
        page = context.new_page()
        page.goto(f"{door.address}/console/enrol/{door.access.people.link('zzbbsg02-maker', door.clock.now())}")
        page.click("form:not([data-passkey]) button")
        page.wait_for_selector("svg.code")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        if PICTURES:
            page.screenshot(path=str(Path(PICTURES) / f"password-{language}-{theme}.png"), full_page=True)
        context.close()


def test_without_scripts_the_password_is_the_way_and_the_page_says_so(browser: Browser, door: Consoles) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{door.address}/console/login")
    assert page.is_disabled("form[data-passkey] button") and page.is_enabled("form >> nth=0 >> button")
    assert "scripts are off" in page.inner_text("main")
    page.goto(f"{door.address}/console/enrol/{door.access.people.link('supervisor-kr', door.clock.now())}")
    page.click("text=Go on with a password")
    page.wait_for_selector("svg.code")
    secret = b32decode(page.inner_text(".spelled").replace(" ", ""))
    page.fill("#password", "correct horse battery staple")
    page.fill("#code", code_of(secret, step_of(door.clock.now())))
    page.click("text=Set password and codes")
    page.wait_for_selector("text=You may log in now")
    context.close()

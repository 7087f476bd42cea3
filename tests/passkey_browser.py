"""A real browser that has an authenticator of ours, with the passkey that a test's software made."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, Page

from console_door import Consoles
from software_authenticator import Authenticator

# Where pictures of pages go that somebody wants to look at.
PICTURES = os.environ.get("FONDACO_PICTURES", "")


def with_device(
    browser: Browser, desk: Consoles, device: Authenticator, who: str, path: str, language: str = "en", theme: str = "light"
) -> Page:
    """A page of the console, as somebody sees it whose browser has this device."""
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
    device.count += 10
    private = device.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    credential = {
        "credentialId": b64encode(device.credential).decode(), "isResidentCredential": True, "rpId": "localhost",
        "privateKey": b64encode(private).decode(), "userHandle": b64encode(who.encode()).decode(), "signCount": device.count,
    }  # fmt: skip
    tools.send("WebAuthn.addCredential", {"authenticatorId": key, "credential": credential})
    page.goto(f"{desk.address}/console{path}")
    return page


def fit_for_everybody(page: Page, picture: str) -> None:
    """No fault of accessibility, and no wider than a phone; the page is closed."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{picture}.png"), full_page=True)
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()

"""Two officers decide a case in a real browser, each signing with the own authenticator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from deciding_officers import Officers, officers_on
from fondaco.compliance import CaseState
from fondaco.hub import prove_hub
from passkey_browser import fit_for_everybody, with_device

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Officers]:
    with officers_on(tmp_path_factory.mktemp("officers") / "hub", 2) as opened:
        yield opened


def before(browser: Browser, desk: Officers, who: str, case: str, language: str = "en", theme: str = "light") -> Page:
    return with_device(browser, desk, desk.held[who], who, f"/cases/{case}", language, theme)


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
    fit_for_everybody(page, f"word-{language}-{theme}")

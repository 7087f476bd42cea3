"""Two operators carry a motion in a real browser, each with the own authenticator; the page is fit for everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from fondaco.rulebook import MotionState
from passkey_browser import fit_for_everybody, with_device
from union import TH1
from voting_operators import Voting, voting_on

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def voting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voting]:
    with voting_on(tmp_path_factory.mktemp("voting") / "hub") as opened:
        yield opened


def test_a_member_is_suspended_by_two_passkeys(browser: Browser, voting: Voting) -> None:
    first = with_device(browser, voting, voting.held["operator-1"], "operator-1", "/proposals")
    form = first.locator("form:has(input[value=standing])")
    form.locator("select[name=subject]").select_option(TH1)
    form.locator("input[name=note]").fill("liquidity")
    form.locator("button").click()
    first.wait_for_selector("text=The next vote is another operator")
    second = with_device(browser, voting, voting.held["operator-2"], "operator-2", "/proposals")
    second.fill("#motions .waiting input[name=note]", "I see it, too")
    second.click("text=Vote for it with your passkey")
    second.wait_for_selector("text=CARRIED")
    (motion,) = voting.hub.desk.motions.values()
    assert motion.state is MotionState.CARRIED and [vote.officer_id for vote in motion.votes] == ["operator-1", "operator-2"]
    for one in (first, second):
        one.context.close()


@pytest.mark.parametrize("language, theme", [("en", "light"), ("de", "dark"), ("ar", "dark")])
@pytest.mark.parametrize("who", ["operator-1", "operator-2"])
def test_the_page_is_fit_for_everybody(browser: Browser, voting: Voting, who: str, language: str, theme: str) -> None:
    page = with_device(browser, voting, voting.held[who], who, "/proposals", language, theme)
    fit_for_everybody(page, f"motions-{who}-{language}-{theme}")

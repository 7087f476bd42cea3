"""The guided tour of the demo that lives: it is walked by deeds, and the hub says how far it got. In the browser: `tests/browser/test_tour.py`."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from console_door import Consoles
from fondaco.compliance import CaseState
from fondaco.payments import State
from living_door import LivingDoor, living_on
from plain_browser import PlainBrowser


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivingDoor]:
    with living_on(tmp_path_factory.mktemp("living") / "hub") as opened:
        yield opened


@pytest.fixture
def browser(living: LivingDoor) -> PlainBrowser:
    found = PlainBrowser(living.port)
    found.send(urlsplit(living.link("operator-1")).path, {})
    return found


def bar(browser: PlainBrowser) -> str:
    found = re.search(r'<section class="tour".*?</section>', browser.text, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", found[0])) if found else ""


def go_on(browser: PlainBrowser, person: str) -> None:
    """As the bar says, and nobody else."""
    assert f'name="person" value="{person}"' in browser.text, bar(browser)
    browser.send("/console/tour/person", {"person": person})


def begin(browser: PlainBrowser, chapter: str) -> None:
    browser.look("/console/tour")
    browser.send("/console/tour/chapter", {"chapter": chapter})


def until_over(browser: PlainBrowser, path: str, seconds: int) -> None:
    for _ in range(seconds * 2):
        browser.look(path)
        if "To the next chapter" in bar(browser):
            return
        time.sleep(0.5)
    raise AssertionError(bar(browser))


def test_an_invoice_is_paid_by_two_people_and_the_hub_says_so(living: LivingDoor, browser: PlainBrowser) -> None:
    begin(browser, "pay")
    browser.look("/console/day")
    assert "Step 1/3" in bar(browser) and "Write the payment" in bar(browser)
    go_on(browser, "zzbath01-maker")
    assert browser.fields()["payer"] == "Dok Mai Foods (invented)" and browser.fields()["currency"] == "SGD"
    invoice = browser.fields()["invoice"]
    browser.send("/console/pay", browser.fields("form"))
    assert "Step 2/3" in bar(browser)
    go_on(browser, "zzbath01-checker")
    (uetr,) = re.findall(r"/console/pay/([0-9a-f-]{36})/sending", browser.text)
    browser.send(f"/console/pay/{uetr}/sending", {})
    until_over(browser, f"/console/payments/{uetr}", 600)
    known = living.day.hub.trading.invoices.found(invoice)
    assert known is not None and known.open_minor == 0 and known.payments[0][0] == uetr
    begin(browser, "pay")
    browser.look("/console/day")
    assert "Step 1/3" in bar(browser), "another invoice, and what was done before does not count"


def test_the_tour_is_left_and_taken_up_again(browser: PlainBrowser) -> None:
    begin(browser, "close")
    browser.send("/console/tour/leaving", {})
    browser.look("/console/day")
    assert bar(browser) == ""
    browser.cookies["fondaco-tour"] = "nonsense.1."
    browser.look("/console/day")
    assert browser.status == 200 and bar(browser) == ""


def test_a_supervisor_sees_its_country_and_the_auditor_sees_the_look(browser: PlainBrowser) -> None:
    begin(browser, "supervise")
    browser.look("/console/payments")
    assert "Step 1/2" in bar(browser), "an operator's look is not the supervisor's"
    go_on(browser, "supervisor-sg")
    rows = re.findall(r"<tr>.*?</tr>", browser.text.partition("<tbody>")[2], re.DOTALL)
    assert rows and all("SG0" in row for row in rows)
    go_on(browser, "auditor")
    assert "To the next chapter" in bar(browser) and "place payments" in browser.text


def test_a_default_is_rehearsed_and_the_audit_page_is_asked(browser: PlainBrowser) -> None:
    for person, path in (("supervisor-sg", "/console/payments"), ("operator-1", "/console/tour")):
        browser.look("/console/tour")
        browser.send("/console/tour/person", {"person": person})
        browser.look(path)
    begin(browser, "ask")
    assert "Step 1/2" in bar(browser) and "Rehearse a default" in bar(browser)
    browser.look("/console/drill")
    assert "A dry run." in browser.text and "Step 2/2" in bar(browser)
    go_on(browser, "auditor")
    assert browser.path.startswith("/console/audit?kind=person") and "To the next chapter" in bar(browser)
    assert "payment.look" in browser.text, "what the supervisor looked at"


def test_a_hit_is_decided_by_two_officers_and_never_by_one(living: LivingDoor, browser: PlainBrowser) -> None:
    cases = living.day.hub.desk.cases
    for _ in range(240):
        if any(one.open and one.payment and not one.decisions for one in cases.values()):
            break
        time.sleep(0.5)
    begin(browser, "decide")
    assert "Step 1/2" in bar(browser), bar(browser)
    go_on(browser, "officer-1")
    name = browser.path.removeprefix("/console/cases/")
    page, deed = browser.path, f"/console/tour/word/{name}"

    def form(verb: str, note: str) -> dict[str, str]:
        browser.look(page)
        seen = {one: re.findall(f'name="{one}" value="([0-9a-f]{{64}})"', browser.text)[-1] for one in ("verdict", "seen")}
        return {**seen, "verb": verb, "note": note}

    browser.send(deed, form("RELEASE", ""))
    assert "A word needs its reason." in browser.text and cases[name].state is CaseState.OPENED
    browser.send(deed, form("RELEASE", "another birthday"))
    assert "Step 2/2" in bar(browser) and cases[name].state is CaseState.RELEASE_PROPOSED
    browser.send(deed, form("RELEASE", "I say so twice"))
    assert cases[name].state is CaseState.RELEASE_PROPOSED and "another officer" in browser.text
    go_on(browser, "officer-2")
    stale = form("RELEASE", "late")
    browser.send(deed, form("CONFIRM", "the same town"))
    assert cases[name].state is CaseState.CONFIRM_PROPOSED and "Step 2/2" in bar(browser)
    browser.send(deed, stale)
    assert cases[name].state is CaseState.CONFIRM_PROPOSED, "who has not read the last word says nothing"
    browser.look(page)
    go_on(browser, "officer-1")
    browser.send(deed, form("CONFIRM", "so it is"))
    assert cases[name].state is CaseState.CONFIRMED
    browser.look(page)
    assert "To the next chapter" in bar(browser)
    payment = living.day.hub.payment(cases[name].payment)
    assert payment is not None and payment.final and payment.state is State.REJECTED
    assert [one.officer_id for one in cases[name].decisions] == ["officer-1", "officer-2", "officer-1"]


def test_the_demos_key_signs_for_officers_alone_and_in_a_demo_alone(living: LivingDoor, door: Consoles) -> None:
    case = min(door.hub.desk.cases)
    session = door.session("officer-1")
    page = door.ask(f"/console/cases/{case}", session=session)
    assert "/console/tour/word" not in page.text and "the demo's key" not in page.text
    found = re.search(r'name="word" value="([0-9a-f]{64})"', page.text)
    assert found is not None
    told = {"word": found[1], "verb": "RELEASE", "note": "mine", "verdict": "0" * 64, "seen": "0" * 64}
    assert door.ask(f"/console/tour/word/{case}", session=session, form=told).status in (404, 405)
    plain = PlainBrowser(living.port)
    plain.send(urlsplit(living.link("operator-1")).path, {})
    plain.look("/console/tour")
    plain.send("/console/tour/word/K-0", told | {"word": plain.fields()["word"]})
    assert plain.status == 403


def test_only_a_demo_has_a_tour_and_lets_people_be_others(door: Consoles) -> None:
    session = door.session("operator-1")
    assert door.ask("/console/tour", session=session).status == 404
    assert "/console/tour" not in door.ask("/console/day", session=session).text
    word = re.search(r'name="word" value="([0-9a-f]{64})"', door.ask("/console/day", session=session).text)
    assert word is not None
    form = {"word": word[1], "person": "auditor"}
    assert door.ask("/console/tour/person", session=session, form=form).status in (404, 405)


def test_nobody_becomes_another_from_elsewhere(living: LivingDoor, browser: PlainBrowser) -> None:
    browser.look("/console/tour")
    browser.send("/console/tour/person", {"person": "nobody"})
    assert browser.status == 403
    browser.look("/console/tour")
    browser.send("/console/tour/person", {"person": "auditor", "word": "0" * 64})
    assert browser.status == 403
    stranger = PlainBrowser(living.port)
    stranger.send("/console/tour/person", {"person": "auditor"})
    assert "Log in" in stranger.text or stranger.status in (401, 403)


def test_payments_move_by_themselves(living: LivingDoor) -> None:
    hub = living.day.hub
    before = hub.desk.counters.payment
    for _ in range(1_200):
        if hub.desk.counters.payment > before + 5:
            break
        time.sleep(0.5)
    assert hub.desk.counters.payment > before + 5, "payments move"

"""Payments of which nothing could be known: the same clock as for cases runs, fresh lists screen them again, and waiting never passes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from fondaco.cli import terminal
from fondaco.compliance import Screener
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, ManualClock
from fondaco.hub import SwapLists, list_set, load_list
from fondaco.payments import Payment, State
from fondaco.reporting import story
from stories.test_cases import both
from stories.test_rules_change import TOMORROW, next_day
from union import SG1, TH1, Desk, agree, newly_listed

LISTED = "Sorvemir Brulomarov"
NS = 10**9


def one_day(home: Path) -> None:
    """Lists may be a day old and no more."""
    path = home / "union.toml"
    path.write_text(path.read_text().replace("max_age_days = 7", "max_age_days = 1"))


@pytest.fixture
def stale(tmp_path: Path) -> Iterator[Desk]:
    """The second day: its lists are those of the first, and too old since midnight."""
    made = Desk(tmp_path / "hub", amend=one_day)
    paid = made.pay(SG1, TH1, "5.00", "SGD", urgent=True)
    made.answer(paid)
    assert made.see(paid).state is State.SETTLED
    assert next_day(made) is None
    made.quotes()
    yield made
    agree(made)
    made.close()


def held(desk: Desk, **more: object) -> Payment:
    books = desk.books()
    payment = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True, day=TOMORROW, **more)
    assert payment.state is State.HELD and not payment.case and desk.books() == books
    assert payment.screened is not None and payment.screened.outcome == "HOLD"
    return payment


def until(desk: Desk, instant: int) -> None:
    """The first batch at or after an instant."""
    desk.now = Instant(instant - NS)
    desk.wait(0)


def events(desk: Desk, payment: Payment) -> list[str]:
    return [one.event for one in desk.see(payment).taken]


def same_lists_again(desk: Desk) -> str:
    """The official files did not change: they are received once more."""
    for rule in desk.rules.scheme.lists:
        load_list(desk.folder, desk.rules.scheme, rule.list_id, demo_list(rule.list_id), desk.now)
    return list_set(desk.folder, desk.rules.scheme).version


def test_what_cannot_be_screened_for_days_is_escalated_and_then_refused(stale: Desk) -> None:
    desk = stale
    payment = held(desk)
    calendar = desk.hub.desk.in_force().currencies["SGD"].calendar
    assert payment.hold_escalates == int(calendar.open_hours_after(Instant(payment.taken[-1].at), 8))
    # 25 November 2026 is a Wednesday: the fifth banking day after it is the next Wednesday.
    assert payment.hold_ends == int(calendar.cut_off_at(date(2026, 12, 2)))
    until(desk, payment.hold_escalates - NS)
    assert events(desk, payment)[-1] == "SCREENING_UNSURE"
    until(desk, payment.hold_escalates)
    assert events(desk, payment)[-1] == "HOLD_ESCALATED" and desk.told(SG1) == ["PDNG"], "its sender hears nothing of it"
    desk.hub = desk.again().hub
    until(desk, payment.hold_ends - NS)
    assert desk.see(payment).state is State.HELD
    until(desk, payment.hold_ends)
    ended = desk.see(payment)
    assert (ended.state, ended.taken[-1].event, ended.taken[-1].article) == (State.REJECTED, "HOLD_EXPIRED", "5.9")
    assert desk.told(SG1)[-1] == "RJCT RR04" and not ended.intent
    assert [step["event"] for step in story(ended, desk.hub.journal)["steps"]][-2:] == ["HOLD_ESCALATED", "HOLD_EXPIRED"]


def test_the_same_lists_received_anew_screen_it_again(stale: Desk) -> None:
    """A publisher that changes nothing for a week must not leave a hub without lists."""
    desk = stale
    honest, named = held(desk), held(desk, creditor=LISTED)
    before = desk.hub.desk.counters.list_set
    assert desk.hub.holding.waits_for_lists()
    version = same_lists_again(desk)
    assert version == before
    assert desk.do(SwapLists(version)) is None
    assert desk.see(honest).state is State.OFFERED and desk.see(honest).hold_ends == 0
    hit = desk.see(named)
    assert hit.state is State.HELD and hit.case and hit.hold_ends == 0, "now its case has the clock"
    assert not desk.hub.holding.waits_for_lists()
    both(desk, hit.case)
    assert desk.see(named).state is State.OFFERED


def test_a_case_on_lists_that_grew_too_old_is_decided_once_they_are_received_anew(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=one_day)
    payment = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True, creditor=LISTED)
    first = payment.case
    assert next_day(desk) is None
    desk.do(SwapLists(newly_listed(desk, "Kanya Wongrak")))
    assert desk.see(payment).screened.outcome == "HOLD"  # type: ignore[union-attr]
    for list_id in ("ofac", "uk"):
        load_list(desk.folder, desk.rules.scheme, list_id, demo_list(list_id), desk.now)
    raw = (desk.folder / "lists" / "un" / desk.hub.holding.screener_in_force().lists.editions["un"].digest / "0.raw").read_bytes()
    load_list(desk.folder, desk.rules.scheme, "un", [raw], desk.now)
    assert desk.do(SwapLists(list_set(desk.folder, desk.rules.scheme).version)) is None
    now = desk.see(payment)
    assert now.case != first and now.state is State.HELD
    desk.quotes()
    both(desk, now.case)
    assert desk.see(payment).state is State.OFFERED
    agree(desk)
    desk.close()


def test_an_error_that_passed_is_forgotten_and_the_clock_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path / "hub")
    with monkeypatch.context() as broken:
        broken.setattr(Screener, "_all", lambda *_: 1 / 0)
        payment = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True)
    assert payment.state is State.HELD and payment.hold_ends > payment.hold_escalates > 0
    escalates, ends = payment.hold_escalates, payment.hold_ends
    assert desk.do(SwapLists(desk.hub.desk.counters.list_set)) is None
    cleared = desk.see(payment)
    assert cleared.state is State.OFFERED and (cleared.hold_escalates, cleared.hold_ends) == (0, 0)
    desk.answer(cleared)
    for instant in (escalates, ends):
        until(desk, instant)
    assert events(desk, payment)[-1] == "CREDITOR_ACCEPTED_GROSS"
    agree(desk)
    desk.close()


def test_what_is_held_with_its_bank_has_the_clock_and_goes_on_with_the_banks_release(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    name = desk.rules.participants[TH1].name.partition(" (")[0]
    assert desk.do(SwapLists(newly_listed(desk, name))) is None
    payment = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True)
    assert payment.state is State.HELD and not payment.case and payment.hold_ends
    assert not desk.hub.holding.waits_for_lists(), "lists brought in once more would not help it"
    (case_id,) = [key for key in desk.hub.desk.cases if key.startswith("KP-")]
    both(desk, case_id)
    released = desk.see(payment)
    assert released.state is State.OFFERED and released.hold_ends == 0
    agree(desk)
    desk.close()


def test_the_day_by_day_refresh_at_the_command_line_screens_it_again(stale: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = stale
    payment = held(desk)
    same_lists_again(desk)
    monkeypatch.setattr(terminal, "clock", lambda _: ManualClock(Instant(desk.now + NS)))
    terminal.bring_into_force(desk.hub, desk.folder)
    assert desk.see(payment).state is State.OFFERED

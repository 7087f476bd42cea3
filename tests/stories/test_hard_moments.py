"""Moments at which two things meet: a release and other lists, an end of a day and what comes after it, a key that was changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fondaco.compliance import CaseState, Decision, sign
from fondaco.core import Instant, Reason, Refusal, at, utc_text
from fondaco.hub import (
    Apply,
    Arrive,
    CloseCycle,
    Command,
    DecideCase,
    EndDay,
    OpenDay,
    Rulebooks,
    SwapLists,
    TakeBack,
    list_set,
    open_hub,
)
from fondaco.messages import Status, pacs_002, wrap
from fondaco.payments import Payment, State
from fondaco.rulebook import Deed, MembershipState
from fondaco.simulation.day import demo_key
from stories.test_membership import NEW, application, up_to
from stories.test_membership import next_day as to_tomorrow
from stories.test_membership import state as standing_of_new
from stories.test_rules_change import LATER, TOMORROW, carry, draft, end_day, listed_name, next_day, replaced, vote
from stories.test_sponsored import move
from union import HUB, SG1, SG2, SMALL, TH1, Desk, agree, at_rest, newly_listed, sponsored

LISTED = "Sorvemir Brulomarov"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub")
    yield made
    agree(made)
    made.close()


def killed(desk: Desk, *commands: Command) -> list[Refusal | str | None]:
    """Decide these commands, lose the outcomes, and open again: what was decided the first time is what stands."""
    desk.now = Instant(desk.now + 1_000_000_000)
    results = desk.hub.process(list(commands), desk.now)
    first = desk.hub.desk.counters.payment, desk.hub.desk.counters.intent, {n: p.state for n, p in desk.hub.desk.live.items()}
    books = desk.books()
    desk.hub.books.close()  # type: ignore[attr-defined]
    desk.hub.journal.close()
    desk.hub = open_hub(desk.folder)
    again = desk.hub.desk
    assert first == (again.counters.payment, again.counters.intent, {n: p.state for n, p in again.live.items()})
    assert desk.books() == books
    return results


def decision(desk: Desk, case_id: str, who: str, verb: str = "RELEASE", key: str = "") -> DecideCase:
    case = desk.hub.desk.cases[case_id]
    made = Decision(case_id, who, verb, "looked into", int(desk.now), case.verdict.digest())
    return DecideCase(sign(made, demo_key(key or who)))


def both(desk: Desk, case_id: str, verb: str = "RELEASE") -> list[DecideCase]:
    return [decision(desk, case_id, who, verb) for who in ("officer-1", "officer-2")]


def held(desk: Desk, **more: object) -> Payment:
    payment = desk.pay(SG1, TH1, "5.00", "SGD", creditor=LISTED, **more)
    assert payment.state is State.HELD and payment.case
    return payment


# Screening


def test_a_case_made_on_the_lists_of_another_rulebook_is_decided_only_after_its_lists_came(desk: Desk) -> None:
    payment = held(desk)
    case = payment.case
    carry(desk, draft(desk, replaced("union.toml", "threshold_milli = 880", "threshold_milli = 810")))
    assert next_day(desk) is None
    desk.quotes()
    for verb in ("RELEASE", "CONFIRM"):
        refused = desk.do(decision(desk, case, "officer-1", verb))
        assert isinstance(refused, Refusal) and refused.reason is Reason.OUT_OF_TURN and refused.where == "the lists"
    assert desk.do(SwapLists(list_set(desk.folder, desk.hub.desk.scheme).version)) is None
    now = desk.see(payment)
    assert now.state is State.HELD and now.case != case
    assert desk.hub.desk.cases[case].state is CaseState.SUPERSEDED
    for one in both(desk, now.case):
        assert isinstance(desk.do(one), str)
    assert desk.see(payment).state is State.OFFERED


def test_lists_too_old_to_screen_with_leave_a_case_that_nobody_can_release(desk: Desk) -> None:
    payment = held(desk)
    desk.wait(60 * 86_400)
    assert desk.do(SwapLists(newly_listed(desk, "Somebody Else"))) is None
    for one in both(desk, payment.case):
        assert isinstance(desk.do(one), Refusal)
    assert desk.see(payment).state is State.HELD


def test_lists_too_old_to_screen_with_release_no_applicant(desk: Desk) -> None:
    assert desk.do(Apply(application(name=listed_name(desk)))) == f"{NEW} HELD"
    desk.wait(60 * 86_400)
    assert desk.do(SwapLists(newly_listed(desk, "Somebody Else"))) is None
    assert standing_of_new(desk) is MembershipState.HELD
    for one in both(desk, desk.hub.desk.memberships[NEW].case):
        assert isinstance(desk.do(one), Refusal)


@pytest.mark.parametrize("crash", [False, True])
def test_a_release_and_other_lists_in_one_batch_hold_the_payment_again(desk: Desk, crash: bool) -> None:
    payment = held(desk)
    case = payment.case
    batch = [*both(desk, case), SwapLists(newly_listed(desk, "Somebody Else"))]
    if crash:
        killed(desk, *batch)
    else:
        assert desk.do(*batch) is None
    now = desk.see(payment)
    assert now.state is State.HELD and now.case != case
    assert desk.hub.desk.cases[now.case].state is CaseState.OPENED


def test_the_case_of_an_application_that_was_taken_back_is_closed(desk: Desk) -> None:
    assert desk.do(Apply(application(name=listed_name(desk)))) == f"{NEW} HELD"
    case = desk.hub.desk.memberships[NEW].case
    decisions = both(desk, case)
    assert desk.do(decisions[0]) == "RELEASE_PROPOSED"
    assert desk.do(TakeBack(NEW)) == f"{NEW} WITHDRAWN"
    assert desk.hub.desk.cases[case].state is CaseState.SUPERSEDED
    assert isinstance(desk.do(decisions[1]), Refusal)
    assert desk.do(Apply(application())) == f"{NEW} SCREENED"
    assert isinstance(desk.do(decisions[1]), Refusal) and standing_of_new(desk) is MembershipState.SCREENED


@pytest.mark.parametrize("fresh", [True, False])
def test_who_was_refused_after_it_was_admitted_does_not_come_in_by_a_second_application(desk: Desk, fresh: bool) -> None:
    up_to(desk, "ADMITTED")
    assert desk.do(SwapLists(newly_listed(desk, "Bank Empat Contoh"))) is None
    for one in both(desk, desk.hub.desk.memberships[NEW].case, "CONFIRM"):
        desk.do(one)
    assert standing_of_new(desk) is MembershipState.REFUSED
    if not fresh:
        desk.hub.desk.counters.list_set = ""
    assert isinstance(desk.do(Apply(application(name="Koperasi Lain"))), Refusal)
    assert standing_of_new(desk) is MembershipState.REFUSED
    to_tomorrow(desk)
    assert desk.hub.desk.in_force().participants[NEW].standing == "suspended"


def test_an_application_that_the_lists_cannot_answer_leaves_the_one_before_it(desk: Desk) -> None:
    desk.do(Apply(application()))
    desk.do(TakeBack(NEW))
    desk.hub.desk.counters.list_set = ""
    assert isinstance(desk.do(Apply(application())), Refusal)
    assert standing_of_new(desk) is MembershipState.WITHDRAWN
    assert desk.hub.desk.cases == {}


# Two people


def other_key(who: str, new: str):  # type: ignore[no-untyped-def]
    old = demo_key(who).public_key().public_bytes_raw().hex()
    return replaced("officers.toml", old, demo_key(new).public_key().public_bytes_raw().hex())


def test_a_decision_under_a_key_that_was_changed_since_counts_no_more(desk: Desk) -> None:
    payment = held(desk)
    assert desk.do(decision(desk, payment.case, "officer-1")) == "RELEASE_PROPOSED"
    carry(desk, draft(desk, other_key("officer-1", "fresh")))
    assert next_day(desk) is None
    assert desk.do(decision(desk, payment.case, "officer-2")) == "RELEASE_PROPOSED", "the first of two"
    assert isinstance(desk.do(decision(desk, payment.case, "officer-1")), Refusal), "the old key"
    assert desk.do(decision(desk, payment.case, "officer-1", key="fresh")) == "RELEASED"


def test_a_vote_under_a_key_that_was_changed_since_counts_no_more(desk: Desk) -> None:
    first = draft(desk, other_key("operator-1", "fresh"))
    carry(desk, first)
    version = (
        Rulebooks(desk.folder)
        .keep(draft(desk, replaced("union.toml", "threshold_milli = 880", "threshold_milli = 810"), "b", first))
        .version
    )
    deed = Deed("rules", version, LATER)
    assert str(vote(desk, deed, "operator-1")).endswith("PROPOSED")
    assert next_day(desk) is None
    assert str(vote(desk, deed, "operator-2")).endswith("PROPOSED"), "a stolen key's vote is none"


# Sponsors


def test_who_settles_for_a_participant_is_not_changed_under_its_money(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=sponsored())
    move(desk, SG1, SG1, SMALL, "10.00")
    for number, other in enumerate((f'sponsor = "{SG2}"', "")):
        home = draft(desk, replaced("participants.toml", f'sponsor = "{SG1}"', other), f"draft {number}")
        version = Rulebooks(desk.folder).keep(home).version
        answer = vote(desk, Deed("rules", version, TOMORROW), "operator-1")
        assert isinstance(answer, Refusal) and answer.where.endswith("/sponsor")
    desk.close()

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
from fondaco.settlement import CycleState
from fondaco.simulation.day import demo_key
from stories.test_membership import NEW, application, up_to
from stories.test_membership import next_day as to_tomorrow
from stories.test_membership import state as standing_of_new
from stories.test_rules_change import LATER, TOMORROW, carry, draft, end_day, listed_name, next_day, replaced, vote
from stories.test_sponsored import move
from union import HUB, SG1, SG2, SMALL, TH1, Desk, agree, at_rest, newly_listed, sponsored

LISTED = "Sorvemir Brulomarov"


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


def patient(home: Path) -> None:
    """Officers may take longer than the lists hold."""
    path = home / "union.toml"
    path.write_text(path.read_text().replace('key = "case_expiry_days"\nvalue = 5', 'key = "case_expiry_days"\nvalue = 30'))


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub", amend=patient)
    yield made
    agree(made)
    made.close()


def test_lists_too_old_to_screen_with_leave_a_case_that_nobody_can_release(slow: Desk) -> None:
    desk = slow
    payment = held(desk)
    desk.wait(9 * 86_400)
    assert desk.do(SwapLists(newly_listed(desk, "Somebody Else"))) is None
    for one in both(desk, payment.case):
        assert isinstance(desk.do(one), Refusal)
    assert desk.see(payment).state is State.HELD


def test_lists_too_old_to_screen_with_release_no_applicant(slow: Desk) -> None:
    desk = slow
    assert desk.do(Apply(application(name=listed_name(desk)))) == f"{NEW} HELD"
    desk.wait(9 * 86_400)
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


# The end of a day


def morning(desk: Desk, day: str = TOMORROW) -> None:
    year, month, number = (int(part) for part in day.split("-"))
    desk.now = Instant(int(at(datetime(year, month, number, 1, 10, tzinfo=UTC))))


@pytest.mark.parametrize("how", ["release", "lists"])
@pytest.mark.parametrize("urgent", [True, False])
def test_what_is_released_after_the_end_of_a_day_goes_on_with_the_next(desk: Desk, how: str, urgent: bool) -> None:
    lists = desk.hub.desk.counters.list_set
    if how == "release":
        payment = held(desk, urgent=urgent)
    else:
        desk.hub.desk.counters.list_set = ""
        payment = desk.pay(SG1, TH1, "5.00", "SGD", urgent=urgent)
    end_day(desk)
    books = desk.books()
    for one in both(desk, payment.case) if how == "release" else [SwapLists(lists)]:
        assert not isinstance(desk.do(one), Refusal)
    assert desk.see(payment).state is State.SCREENED and desk.books() == books
    desk.hub = desk.again().hub
    morning(desk)
    assert desk.do(OpenDay(TOMORROW)) is None
    assert desk.see(payment).state is State.SCREENED, "no quote yet"
    desk.quotes()
    now = desk.see(payment)
    assert now.state is State.OFFERED and now.settlement_date == TOMORROW
    desk.let_world_answer()
    end_day(desk)
    assert desk.see(payment).state is State.SETTLED
    at_rest(desk)


@pytest.mark.parametrize("urgent", [True, False])
def test_what_is_released_after_its_cut_off_goes_on_with_the_next_day(desk: Desk, urgent: bool) -> None:
    payment = held(desk, urgent=urgent)
    door = desk.hub.desk.door
    assert door is not None
    desk.now = Instant(min(door.currencies[code].cut_off for code in ("SGD", "THB")))
    desk.let_world_answer()
    desk.wait(1)
    desk.let_world_answer()
    books = desk.books()
    for one in both(desk, payment.case):
        assert isinstance(desk.do(one), str)
    desk.quotes()
    assert desk.see(payment).state is State.SCREENED
    assert desk.books() == books, "nothing is reserved after the cut-off"
    assert next_day(desk) is None, "and the day ends without refusing it"
    desk.quotes()
    assert desk.see(payment).state is State.OFFERED and desk.see(payment).settlement_date == TOMORROW
    desk.let_world_answer()
    end_day(desk)
    assert desk.see(payment).state is State.SETTLED
    at_rest(desk)


def test_a_longer_day_takes_up_what_was_released_after_its_cut_off(desk: Desk) -> None:
    payment = held(desk, urgent=True)
    door = desk.hub.desk.door
    assert door is not None
    cut_off = min(door.currencies[code].cut_off for code in ("SGD", "THB"))
    desk.now = Instant(cut_off - 9 * 1_000_000_000)
    for currency in ("SGD", "THB"):
        for who in ("operator-1", "operator-2"):
            assert isinstance(vote(desk, Deed("extension", currency, "60"), who), str)
    desk.now = Instant(cut_off)
    desk.quotes()
    for one in both(desk, payment.case):
        assert isinstance(desk.do(one), str)
    assert desk.see(payment).state is State.OFFERED


def test_what_waits_for_the_next_day_meets_other_lists_as_everything_does(desk: Desk) -> None:
    payment = held(desk)
    end_day(desk)
    desk.do(*both(desk, payment.case))
    assert desk.see(payment).state is State.SCREENED
    assert desk.do(SwapLists(newly_listed(desk, "Somebody Else"))) is None
    assert desk.see(payment).state is State.HELD


@pytest.mark.parametrize("quoted", [True, False])
def test_a_held_payment_does_not_settle_on_a_day_on_which_its_currency_is_closed(desk: Desk, quoted: bool) -> None:
    carry(
        desk,
        draft(
            desk, replaced("calendars/2026.toml", "[THB]\n", f'[THB]\n{TOMORROW} = {{ name = "Invented", source = "nobody" }}\n')
        ),
    )
    payment = held(desk, urgent=True)
    assert next_day(desk) is None
    desk.quotes()
    for one in both(desk, payment.case):
        assert isinstance(desk.do(one), str)
    assert desk.see(payment).state is State.SCREENED
    assert next_day(desk, "2026-11-26") is None
    if quoted:
        desk.quotes()
    assert desk.see(payment).state is (State.OFFERED if quoted else State.SCREENED)
    desk.let_world_answer()
    end_day(desk)
    refusal = desk.see(payment).refusal
    assert desk.see(payment).state is State.SETTLED if quoted else refusal is not None and refusal.reason is Reason.NO_PRICE
    at_rest(desk)


LIMITS = """
[[corridors]]
origin = "SG"
target = "TH"
article = "3.3"

[[corridors.limits]]
name = "daily"
amount = "100000000.00"
currency = "SGD"
period = "day"
article = "3.6"
"""


def limited(home: Path) -> None:
    (home / "union.toml").write_text((home / "union.toml").read_text() + LIMITS)


@pytest.mark.parametrize("crash", [False, True])
def test_a_day_ends_and_the_next_opens_in_one_batch(tmp_path: Path, crash: bool) -> None:
    desk = Desk(tmp_path / "hub", amend=limited)
    queued = desk.pay(SG1, TH1, "11000000.00", "SGD", urgent=True)
    assert queued.state is State.QUEUED and queued.counted
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    morning(desk)
    if crash:
        killed(desk, EndDay(), OpenDay(TOMORROW))
    else:
        desk.do(EndDay(), OpenDay(TOMORROW))
    assert desk.hub.desk.counters.day == TOMORROW and desk.see(queued).state is State.REJECTED
    assert desk.hub.desk.used == {}
    used = dict(desk.hub.desk.used)
    desk.hub = desk.again().hub
    assert desk.hub.desk.used == used, "the counts of past periods do not come back"
    agree(desk)
    desk.close()


@pytest.mark.parametrize("crash", [False, True])
def test_what_is_answered_in_the_batch_that_ends_the_day_is_in_its_statement(desk: Desk, crash: bool) -> None:
    payment = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True)
    desk.do(CloseCycle(last=True))
    desk.let_agents_answer()
    mail = len(list(desk.hub.journal.mail()))
    raw = answer_of(desk, payment)
    (killed if crash else desk.do)(*([desk] if crash else []), Arrive(TH1, raw), EndDay())  # type: ignore[operator]
    assert desk.see(payment).state is State.SETTLED and desk.hub.desk.counters.day_ended
    own = [one for one in list(desk.hub.journal.mail())[mail:] if one.kind.startswith("camt.053") and one.recipient == SG1]
    assert sum(payment.uetr.encode() in one.raw for one in own) == 1


def answer_of(desk: Desk, payment: Payment) -> bytes:
    text = utc_text(desk.now)
    report = pacs_002("A1", text, payment.offered_as, payment.message_kind, [Status("", "", "", payment.uetr, "ACSP")])
    return wrap("pacs.002.001.10", TH1, HUB, "A1", text, report)


def test_what_moves_between_two_days_stands_in_a_statement_and_only_in_one(desk: Desk) -> None:
    end_day(desk)
    own = desk.balance(SG1, "SGD")
    desk.fund(SG1, "77.00", "SGD")
    assert desk.balance(SG1, "SGD") == own + 7_700
    morning(desk)
    assert desk.do(OpenDay(TOMORROW)) is None
    end_day(desk)
    found = []
    for one in desk.hub.journal.mail():
        if one.kind.startswith("camt.053") and one.recipient == SG1:
            text = one.raw.decode()
            if "SG1SGD" in text or f"{SG1}SGD" in text:
                found.append(text)
    assert len(found) == 2 and [text.count('<Amt Ccy="SGD">77.00') for text in found] == [0, 1]


@pytest.mark.parametrize("day", ["20261125", "2026-W48-3"])
def test_a_day_is_written_in_one_way(desk: Desk, day: str) -> None:
    end_day(desk)
    morning(desk)
    assert isinstance(desk.do(OpenDay(day)), Refusal)
    assert desk.do(OpenDay(TOMORROW)) is None


@pytest.mark.parametrize("day", ["20261201", "2026-W50-1"])
def test_the_day_of_other_rules_is_written_in_one_way(desk: Desk, day: str) -> None:
    version = (
        Rulebooks(desk.folder).keep(draft(desk, replaced("union.toml", "threshold_milli = 880", "threshold_milli = 810"))).version
    )
    assert isinstance(vote(desk, Deed("rules", version, day), "operator-1"), Refusal)


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


# Cycles


def test_what_moved_gross_is_told_to_the_agents_once_though_two_cycles_wait_for_them(desk: Desk) -> None:
    desk.answer(desk.pay(SG1, TH1, "25.00", "SGD", urgent=True))
    desk.do(CloseCycle())
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert all(one.state is CycleState.SETTLED for one in desk.hub.desk.cycles.values())
    assert not any(desk.hub.desk.gross.values())
    at_rest(desk)

"""What two operators decide about the running hub: a member's standing, a longer day. One alone decides nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal
from fondaco.hub import CloseCycle, EndDay, Move, Revoke
from fondaco.messages import read
from fondaco.payments import State
from fondaco.rulebook import Deed, MotionState, Vote, sign_vote
from fondaco.simulation.day import demo_key
from union import MY1, SG1, TH1, TH2, Desk, at_rest

SUSPEND = Deed("standing", TH1, "suspended")
RESUME = Deed("standing", TH1, "active")


def vote(
    desk: Desk, deed: Deed, who: str = "operator-1", *, key: str = "", note: str = "liquidity", day: str = "2026-11-24"
) -> Refusal | str | None:
    return desk.do(Move(sign_vote(Vote(deed, who, note, day, int(desk.now)), demo_key(key or who))))


def carry(desk: Desk, deed: Deed) -> None:
    assert str(vote(desk, deed)).endswith("PROPOSED")
    assert str(vote(desk, deed, "operator-2")).endswith("CARRIED")


def test_one_operator_proposes_and_another_carries(desk: Desk) -> None:
    vote(desk, SUSPEND)
    assert desk.pay(SG1, TH1, "10.00", "SGD").state is State.OFFERED, "a proposal changes nothing"
    refusal = vote(desk, SUSPEND)
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.ROLE_NOT_HELD
    vote(desk, SUSPEND, "operator-2")
    refused = desk.pay(SG1, TH1, "10.00", "SGD")
    assert refused.state is State.REJECTED and refused.refusal is not None
    assert refused.refusal.reason is Reason.PARTICIPANT_SUSPENDED
    assert desk.pay(TH1, SG1, "10.00", "THB").state is State.REJECTED
    assert desk.pay(SG1, TH2, "10.00", "SGD").state is State.OFFERED
    told = [one for one in desk.inbox if one.kind.startswith("admi.004")]
    assert len(told) == len(desk.rules.members()) and "ZZBATH01 is suspended" in getattr(read(told[0].raw).body, "text", "")
    carry(desk, RESUME)
    assert desk.pay(SG1, TH1, "10.00", "SGD").state is State.OFFERED


@pytest.mark.parametrize(
    ("who", "key", "note", "day"),
    [
        ("officer-1", "", "x", "2026-11-24"),
        ("nobody", "operator-1", "x", "2026-11-24"),
        ("operator-1", "operator-2", "x", "2026-11-24"),
        ("operator-1", "", " ", "2026-11-24"),
        ("operator-1", "", "x", "2026-11-23"),
    ],
)
def test_a_vote_that_is_not_an_operators_of_today_counts_nothing(desk: Desk, who: str, key: str, note: str, day: str) -> None:
    assert isinstance(vote(desk, SUSPEND, who, key=key, note=note, day=day), Refusal)
    assert desk.hub.desk.motions == {} and desk.hub.desk.standings == {}


def test_old_votes_cannot_be_played_again(desk: Desk) -> None:
    votes = [sign_vote(Vote(SUSPEND, who, "why", "2026-11-24", 7), demo_key(who)) for who in ("operator-1", "operator-2")]
    assert [str(desk.do(Move(one))).split()[-1] for one in votes] == ["PROPOSED", "CARRIED"]
    carry(desk, RESUME)
    assert all(isinstance(desk.do(Move(one)), Refusal) for one in votes)
    assert desk.hub.desk.in_force().participants[TH1].standing == "active"


def test_what_waits_is_refused_and_what_was_offered_goes_to_its_end(desk: Desk) -> None:
    offered = desk.pay(SG1, TH1, "100.00", "SGD")
    accepted = desk.pay(SG1, TH1, "200.00", "SGD")
    desk.answer(accepted)
    queued = desk.pay(SG1, TH1, "9000000.00", "SGD", urgent=True)
    other = desk.pay(SG1, TH2, "9000000.00", "SGD", urgent=True)
    assert queued.state is State.QUEUED
    carry(desk, SUSPEND)
    assert desk.see(queued).state is State.REJECTED and "RJCT AG01" in desk.told(SG1)
    assert desk.see(other).state is State.QUEUED
    desk.answer(offered)
    assert desk.see(offered).state is State.ACCEPTED
    desk.do(CloseCycle())
    desk.let_world_answer()
    assert desk.see(offered).state is State.SETTLED and desk.see(accepted).state is State.SETTLED
    at_rest(desk)


def test_a_standing_outlives_a_restart_and_is_nobody_elses(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    carry(desk, Deed("standing", SG1, "receive_only"))
    desk = desk.again()
    assert desk.pay(SG1, TH1, "10.00", "SGD").state is State.REJECTED
    assert desk.pay(TH1, SG1, "10.00", "THB").state is State.OFFERED
    desk.close()


@pytest.mark.parametrize(
    "deed",
    [
        Deed("standing", "ZZNOSG99", "suspended"),
        Deed("standing", "ZZCBSG00", "suspended"),
        Deed("standing", TH1, "active"),
        Deed("standing", TH1, "banished"),
        Deed("extension", "EUR", "30"),
        Deed("extension", "SGD", "121"),
        Deed("extension", "SGD", "-5"),
        Deed("extension", "SGD", "0"),
        Deed("extension", "SGD", "9" * 5_000),
        Deed("screening", "un", "off"),
    ],
)
def test_what_cannot_be_done_cannot_be_moved(desk: Desk, deed: Deed) -> None:
    assert isinstance(vote(desk, deed), Refusal) and desk.hub.desk.motions == {}


def test_a_suspended_provider_gives_no_price(desk: Desk) -> None:
    carry(desk, Deed("standing", "ZZFXSG01", "suspended"))
    payment = desk.pay(SG1, TH1, "10.00", "SGD")
    assert payment.locked is not None and payment.locked.provider == "ZZFYTH02"


def test_a_longer_day_lets_a_late_payment_in_today_and_not_beyond_the_article(desk: Desk) -> None:
    assert desk.hub.desk.door is not None
    cut_off = desk.hub.desk.door.currencies["SGD"].cut_off
    carry(desk, Deed("extension", "SGD", "90"))
    assert isinstance(vote(desk, Deed("extension", "SGD", "60")), Refusal), "150 minutes in all"
    desk.wait((cut_off - desk.now) // 1_000_000_000 + 60)
    desk.quotes()
    desk.let_world_answer()
    assert desk.pay(SG1, "ZZBBSG02", "10.00", "SGD", urgent=True).state is State.OFFERED
    late = desk.pay(MY1, "ZZBBMY02", "10.00", "MYR", urgent=True)
    assert late.refusal is not None and late.refusal.reason is Reason.AFTER_CUT_OFF
    assert isinstance(vote(desk, Deed("extension", "MYR", "30")), Refusal), "what is over is not made longer"


def test_a_motion_that_nobody_seconds_ends_with_its_day(desk: Desk) -> None:
    vote(desk, SUSPEND)
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.do(EndDay()) is None
    (motion,) = desk.hub.desk.motions.values()
    assert motion.state is MotionState.LAPSED


@pytest.mark.parametrize("how", ["suspended", "revoked"])
def test_who_stood_behind_what_left_the_queue_is_tried_at_once(desk: Desk, how: str) -> None:
    """Found by a simulated default: nothing was freed, so the next of the queue waited until something else was."""
    first = desk.pay(SG1, TH1, "9000000.00", "SGD", urgent=True)
    behind = desk.pay(SG1, TH2, "10.00", "SGD", urgent=True)
    assert (first.state, desk.see(behind).state) == (State.QUEUED, State.QUEUED), "nobody of a queue is passed"
    if how == "suspended":
        carry(desk, SUSPEND)
    else:
        assert desk.do(Revoke(SG1, first.uetr)) is None
    assert desk.see(behind).state is State.OFFERED

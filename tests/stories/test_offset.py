"""Queued payments that free each other: nobody has the money, and together they need little of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.core import Instant
from fondaco.hub import CloseCycle, Revoke, Tick
from fondaco.payments import Payment, State
from fondaco.settlement import CycleState
from union import SG1, SG2, TH1, Desk, at_rest

SG3 = "ZZBCSG03"
RING = ((SG1, SG2, "1500000.00"), (SG2, SG3, "1450000.00"), (SG3, SG1, "1400000.00"))


def gridlock(desk: Desk) -> list[Payment]:
    """Three banks with a million each, each to pay the next more than that: none can begin."""
    ring = [desk.pay(payer, payee, amount, "SGD", urgent=True) for payer, payee, amount in RING]
    assert [desk.see(one).state for one in ring] == [State.QUEUED] * 3
    desk.inbox.clear()
    return ring


def test_a_ring_of_payments_settles_from_its_nets(desk: Desk) -> None:
    ring = gridlock(desk)
    before = {bic: desk.balance(bic, "SGD") for bic in (SG1, SG2, SG3)}
    desk.do(Tick())
    assert [desk.see(one).state for one in ring] == [State.OFFERED] * 3
    for one in ring:
        desk.answer(desk.see(one))
    assert [desk.see(one).state for one in ring] == [State.SETTLED] * 3
    fee = sum(one.fee_minor for one in ring)
    after = {bic: desk.balance(bic, "SGD") for bic in (SG1, SG2, SG3)}
    assert sum(before.values()) - sum(after.values()) == fee
    assert after[SG1] - before[SG1] == 140_000_000 - 150_000_000 - ring[0].fee_minor
    offset = next(cycle for cycle in desk.hub.desk.cycles.values() if cycle.offset)
    assert offset.state is CycleState.SETTLED and not offset.asked and not offset.executed
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    at_rest(desk)


def test_whoever_stands_behind_in_a_queue_does_not_pass(desk: Desk) -> None:
    ring = gridlock(desk)
    small = desk.pay(SG1, TH1, "1.00", "SGD", urgent=True)
    desk.do(Tick())
    assert desk.see(ring[0]).state is State.OFFERED
    assert desk.see(small).state in (State.OFFERED, State.QUEUED)


def test_one_that_is_refused_takes_whom_it_carried_with_it_and_no_money_moves_wrongly(desk: Desk) -> None:
    ring = gridlock(desk)
    before = {bic: desk.balance(bic, "SGD") for bic in (SG1, SG2, SG3)}
    desk.do(Tick())
    desk.answer(desk.see(ring[2]), "RJCT", "AC04")  # what SG1 was to receive
    desk.answer(desk.see(ring[0]))
    desk.answer(desk.see(ring[1]))
    states = [desk.see(one).state for one in ring]
    # Without it SG1 is short of its payment, and without that one SG2 of its own.
    assert states == [State.REJECTED] * 3
    assert {bic: desk.balance(bic, "SGD") for bic in (SG1, SG2, SG3)} == before
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    at_rest(desk)


def test_silence_voids_and_the_books_come_to_rest(desk: Desk) -> None:
    ring = gridlock(desk)
    desk.do(Tick())
    desk.wait(25)
    assert {desk.see(one).state for one in ring} == {State.REJECTED}
    desk.do(CloseCycle(last=True))
    desk.let_agents_answer()
    at_rest(desk)


def test_who_is_revoked_in_the_same_batch_is_not_offset(desk: Desk) -> None:
    ring = gridlock(desk)
    assert desk.do(Revoke(SG2, ring[1].uetr)) is None
    assert [desk.see(one).state for one in ring] == [State.QUEUED, State.CANCELLED, State.QUEUED]


@pytest.mark.parametrize("moment", ["the offset", "the last answer"])
def test_a_crash_after_the_books_decides_the_same_again(tmp_path: Path, moment: str) -> None:
    found = []
    for crash in (False, True):
        desk = Desk(tmp_path / f"crash-{crash}")
        ring = []
        for n, (payer, payee, amount) in enumerate(RING):
            uetr = f"8a562c6{n}-ca16-48ba-b074-65581be6f001"
            ring.append(desk.pay(payer, payee, amount, "SGD", urgent=True, uetr=uetr))
        if moment == "the last answer":
            desk.do(Tick())
            for one in ring[:2]:
                desk.answer(desk.see(one))
        flush = desk.hub.flush
        if crash:
            desk.hub.flush = lambda: None  # type: ignore[method-assign]
        desk.do(Tick()) if moment == "the offset" else desk.answer(desk.see(ring[2]))
        if crash:
            desk.hub._unkept = None
            desk.hub.flush = flush  # type: ignore[method-assign]
        desk = desk.again()
        found.append((desk.hub.journal.head(), desk.books(), list(desk.hub.journal.payments())))
        wanted = State.OFFERED if moment == "the offset" else State.SETTLED
        assert {desk.see(one).state for one in ring} == {wanted}
        assert desk.now > Instant(0)
        desk.close()
    assert found[0] == found[1]

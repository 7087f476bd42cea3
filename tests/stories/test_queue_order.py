"""A payer orders what waits in its own queue: to the front, to the back, out of it. Nobody else's place changes by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal
from fondaco.hub import Arrive, CloseCycle, EndDay, Reorder, Revoke, Tick, prove_hub
from fondaco.messages import camt_056, cancellation, wrap
from fondaco.payments import Payment, State
from stories.test_offset import RING, SG3, gridlock, most_value, suspend
from union import HUB, SG1, SG2, TH1, Desk, agree, at_rest, pacs_008


def waiting(desk: Desk, *amounts: str, urgent: bool = True) -> list[Payment]:
    """Payments of SG1, which has a million, to SG2; all wait."""
    found = [desk.pay(SG1, SG2, amount, "SGD", urgent=urgent) for amount in amounts]
    assert {desk.see(one).state for one in found} == {State.QUEUED}
    return found


def states(desk: Desk, payments: list[Payment]) -> list[State]:
    return [desk.see(one).state for one in payments]


def test_the_last_comes_first_and_settles_at_once(desk: Desk) -> None:
    large, small = waiting(desk, "1500000.00", "900000.00")
    assert desk.do(Reorder(SG1, small.uetr, True)) is None
    assert states(desk, [large, small]) == [State.QUEUED, State.OFFERED]
    desk.answer(desk.see(small))
    assert states(desk, [large, small]) == [State.QUEUED, State.SETTLED]


def test_the_first_goes_last_and_lets_the_others_by(desk: Desk) -> None:
    large, second, third = waiting(desk, "1500000.00", "500000.00", "300000.00")
    assert desk.do(Reorder(SG1, large.uetr, False)) is None
    assert states(desk, [large, second, third]) == [State.QUEUED, State.OFFERED, State.OFFERED]
    late = desk.pay(SG1, SG2, "10.00", "SGD", urgent=True)
    assert desk.see(late).state is State.QUEUED, "whoever comes later stands behind it"


def test_an_order_outlives_a_restart_and_a_crash(tmp_path: Path) -> None:
    heads = []
    for crash in (False, True):
        desk = Desk(tmp_path / f"{crash}")
        uetrs = [f"8a562c6{n}-ca16-48ba-b074-65581be6f001" for n in range(3)]
        payments = [desk.pay(SG1, SG2, f"{n + 2}000000.00", "SGD", urgent=True, uetr=uetr) for n, uetr in enumerate(uetrs)]
        if crash:
            desk.hub.flush, kept = (lambda: None), desk.hub.flush  # type: ignore[method-assign]
        desk.do(Reorder(SG1, uetrs[2], True), Reorder(SG1, uetrs[0], False))
        if crash:
            desk.hub._unkept, desk.hub.flush = None, kept  # type: ignore[method-assign]
        desk = desk.again()
        assert [number for number, _ in desk.hub.desk.queues.waiting()] == [payments[n].number for n in (2, 1, 0)]
        assert [e.facts for link in desk.hub.journal.links() for e in link.entries() if e.event == "REORDERED"] == [
            "first",
            "last",
        ]
        assert prove_hub(desk.hub).faults == []
        heads.append(desk.hub.journal.head())
        desk.close()
    assert heads[0] == heads[1]


@pytest.mark.parametrize("first", [True, False])
def test_only_its_sender_moves_a_payment_and_only_while_it_waits(desk: Desk, first: bool) -> None:
    (queued,) = waiting(desk, "1500000.00")
    for sender, uetr in ((SG2, queued.uetr), (SG1, "00000000-0000-4000-8000-000000000099")):
        refused = desk.do(Reorder(sender, uetr, first))
        assert isinstance(refused, Refusal) and refused.reason is Reason.NOT_FOUND and refused.article == "7.14"
    offered = desk.pay(TH1, SG1, "100.00", "THB", urgent=True)
    refused = desk.do(Reorder(TH1, offered.uetr, first))
    assert isinstance(refused, Refusal) and refused.reason is Reason.OUT_OF_TURN
    assert desk.do(Reorder(SG1, queued.uetr, first)) is None, "alone in its queue it stays where it is"
    assert desk.see(queued).state is State.QUEUED


def test_the_ring_behind_settles_when_its_payer_moves_what_blocks_it(desk: Desk) -> None:
    head = desk.pay(SG1, SG2, "9000000.00", "SGD", urgent=True)
    ring = [desk.pay(payer, payee, amount, "SGD", urgent=True) for payer, payee, amount in RING]
    desk.do(Tick())
    assert set(states(desk, [head, *ring])) == {State.QUEUED}
    desk.do(Reorder(SG1, head.uetr, False))
    desk.do(Tick())
    assert states(desk, [head, *ring]) == [State.QUEUED] + [State.OFFERED] * 3
    for one in ring:
        desk.answer(desk.see(one))
    assert states(desk, ring) == [State.SETTLED] * 3
    agree(desk)


def test_an_offset_found_before_its_payer_moved_something_is_let_go(desk: Desk) -> None:
    ring = gridlock(desk)
    blocks = desk.pay(SG1, SG2, "9000000.00", "SGD", urgent=True)
    assert states(desk, ring) == [State.OFFERED] * 3
    desk.wait(25)  # nobody answers
    desk.inbox.clear()
    ring = [desk.pay(payer, payee, amount, "SGD", urgent=True) for payer, payee, amount in RING]
    desk.do(Reorder(SG1, blocks.uetr, False))
    assert states(desk, ring) == [State.QUEUED] * 3
    desk.do(Reorder(SG1, blocks.uetr, True))  # what was found at the beginning of this batch would pass it
    assert states(desk, [blocks, *ring]) == [State.QUEUED] * 4
    desk.do(Tick())
    assert states(desk, ring) == [State.QUEUED] * 3


def test_most_value_keeps_the_payers_order_once_the_articles_time_is_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=most_value)
    ring = [desk.pay(payer, payee, amount, "SGD", urgent=True) for payer, payee, amount in RING[:2]]
    blocks = desk.pay(SG1, SG2, "9000000.00", "SGD", urgent=True)
    desk.do(Reorder(SG1, blocks.uetr, True))
    desk.wait(9 * 60)
    desk.quotes()
    desk.wait(60)
    last = desk.pay(*RING[2], "SGD", urgent=True)
    desk.do(Tick())
    assert set(states(desk, [blocks, *ring, last])) == {State.QUEUED}, "it waits for its ten minutes, and is passed no more"
    desk.do(Reorder(SG1, blocks.uetr, False))
    desk.do(Tick())
    assert states(desk, [*ring, last]) == [State.OFFERED] * 3
    for one in (*ring, last):
        desk.answer(desk.see(one))
    assert states(desk, [blocks, *ring, last]) == [State.QUEUED] + [State.SETTLED] * 3
    desk.close()


@pytest.mark.parametrize("how", ["a command", "camt.056"])
def test_a_queued_payment_is_taken_back_and_the_next_goes_on(desk: Desk, how: str) -> None:
    large, small = waiting(desk, "1500000.00", "900000.00")
    if how == "a command":
        assert desk.do(Revoke(SG1, large.uetr)) is None
    else:
        content = camt_056("R1", "2026-11-24T01:20:00.000Z", (SG1, HUB), cancellation(large.uetr, "CUST"))
        desk.do(Arrive(SG1, wrap("camt.056.001.08", SG1, HUB, "R1", "2026-11-24T01:20:00.000Z", content)))
    assert states(desk, [large, small]) == [State.CANCELLED, State.OFFERED]
    assert [one for one in desk.told(SG1) if one.startswith("CANC")] != []
    desk.answer(desk.see(small))
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.do(EndDay()) is None
    at_rest(desk)


def test_urgent_goes_before_the_rest_and_each_has_a_queue_of_its_own(desk: Desk) -> None:
    (urgent,) = waiting(desk, "1500000.00")
    normal = desk.pay(SG1, SG3, "100.00", "SGD")
    assert desk.see(normal).state is State.OFFERED, "it needs room under the cap, not money"
    sent = [pacs_008(SG1, SG2, "10.00", "SGD", urgent=one) for one in (False, True)]
    desk.do(*(Arrive(SG1, raw) for raw in sent))
    assert desk.see(urgent).state is State.QUEUED


def test_who_stood_behind_a_payment_to_a_bank_that_was_stopped_goes_on(desk: Desk) -> None:
    (large,) = waiting(desk, "1500000.00")
    small = desk.pay(SG1, SG3, "900000.00", "SGD", urgent=True)
    suspend(desk, SG2)
    assert states(desk, [large, small]) == [State.REJECTED, State.OFFERED]

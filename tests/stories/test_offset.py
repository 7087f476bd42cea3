"""Queued payments that free each other: nobody has the money, and together they need little of it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from fondaco.clearing import __file__ as fondaco_clearing
from fondaco.clearing import faults_of_proof
from fondaco.core import Instant, Refusal
from fondaco.hub import Arrive, CloseCycle, EndDay, Move, OffsetQueues, Revoke, Tick, prove_hub, settlement_proofs
from fondaco.hub.state import Batch
from fondaco.payments import Payment, State
from fondaco.rulebook import Deed, Vote, sign_vote
from fondaco.settlement import CycleState
from fondaco.simulation.day import demo_key
from union import SG1, SG2, TH1, Desk, agree, at_rest, calm_uetr, pacs_008

SG3 = "ZZBCSG03"
RING = ((SG1, SG2, "1500000.00"), (SG2, SG3, "1450000.00"), (SG3, SG1, "1400000.00"))


def suspend(desk: Desk, bic: str) -> None:
    for who in ("operator-1", "operator-2"):
        vote = Vote(Deed("standing", bic, "suspended"), who, "trouble", desk.day.isoformat(), int(desk.now))
        desk.do(Move(sign_vote(vote, demo_key(who))))


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


def both_at_once(desk: Desk, *, urgent: bool, large: str) -> tuple[Payment, Payment]:
    """A payment for which SG1 has no room, and a small one behind it, in one batch."""
    uetrs = calm_uetr(), calm_uetr()
    sent = [
        pacs_008(SG1, payee, amount, "SGD", uetr=uetr, urgent=urgent)
        for uetr, payee, amount in zip(uetrs, (SG2, SG3), (large, "1.00"), strict=True)
    ]
    desk.do(*(Arrive(SG1, raw) for raw in sent))
    first, second = (desk.hub.by_uetr(uetr) for uetr in uetrs)
    assert first is not None and second is not None
    return first, second


@pytest.mark.parametrize("urgent", [True, False])
def test_nobody_is_passed_by_what_came_behind_it_in_the_same_batch(tmp_path: Path, urgent: bool) -> None:
    def low_cap(home: Path) -> None:
        path = home / "participants.toml"
        path.write_text(
            path.read_text().replace('SGD = "2000000"', 'SGD = "1000000"').replace('SGD = "210000000"', 'SGD = "1000000"')
        )

    desk = Desk(tmp_path / "hub", amend=low_cap)
    first, second = both_at_once(desk, urgent=urgent, large="1500000.00")
    assert [desk.see(one).state for one in (first, second)] == [State.QUEUED] * 2
    before = desk.balance(SG1, "SGD")
    back = desk.pay(SG2, SG1, "900000.00", "SGD", urgent=urgent)
    desk.answer(desk.see(back))
    desk.do(Tick())
    assert [desk.see(one).state for one in (first, second)] == [State.OFFERED] * 2, "in their order, as soon as there is room"
    assert desk.see(first).intent < desk.see(second).intent
    for one in (first, second):
        desk.answer(desk.see(one))
    if urgent:
        fees = sum(desk.see(one).fee_minor for one in (first, second))
        assert desk.balance(SG1, "SGD") == before + 90_000_000 - 150_000_000 - 100 - fees
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    agree(desk)
    desk.close()


def refused_ring(desk: Desk) -> list[Payment]:
    """A ring of which one is refused: without it SG1 is short of its payment, and without that one SG2 of its own."""
    ring = gridlock(desk)
    desk.do(Tick())
    desk.answer(desk.see(ring[2]), "RJCT", "AC04")  # what SG1 was to receive
    desk.answer(desk.see(ring[0]))
    return ring


def test_whom_a_refused_payment_carried_waits_again_and_settles_when_there_is_money(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    before = {bic: desk.balance(bic, "SGD") for bic in (SG1, SG2, SG3)}
    ring = refused_ring(desk)
    desk.answer(desk.see(ring[1]))
    assert [desk.see(one).state for one in ring] == [State.QUEUED, State.QUEUED, State.REJECTED]
    assert {bic: desk.balance(bic, "SGD") for bic in (SG1, SG2, SG3)} == before, "no money moved"
    assert desk.told(SG1)[-1] == "PDNG" and desk.told(SG2)[-1] == "PDNG", "both banks hear that it waits"
    agree(desk)
    desk.inbox.clear()
    desk = desk.again()
    desk.fund(SG1, "600000", "SGD")  # the banks answer what is offered then
    assert [desk.see(one).state for one in ring] == [State.SETTLED, State.SETTLED, State.REJECTED]
    assert [one.event for one in desk.see(ring[0]).taken].count("OFFER_SENT") == 2, "its bank was asked again"
    assert desk.balance(SG3, "SGD") - before[SG3] == 145_000_000
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    at_rest(desk)
    desk.close()


def test_whom_a_refused_payment_carried_is_refused_at_the_days_end_like_all_who_wait(desk: Desk) -> None:
    ring = refused_ring(desk)
    desk.answer(desk.see(ring[1]))
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.do(EndDay()) is None
    assert [desk.see(one).state for one in ring] == [State.REJECTED] * 3
    assert [desk.see(one).refusal.code for one in ring[:2]] == ["AM04"] * 2  # type: ignore[union-attr]
    at_rest(desk)


def test_whom_a_refused_payment_carried_does_not_wait_where_its_bank_was_stopped(desk: Desk) -> None:
    ring = refused_ring(desk)
    suspend(desk, SG2)
    desk.answer(desk.see(ring[1]))
    # SG1 pays SG2, and SG2 pays SG3: neither may go on.
    assert [desk.see(one).state for one in ring] == [State.REJECTED] * 3
    assert [desk.see(one).refusal.code for one in ring[:2]] == ["ED05"] * 2  # type: ignore[union-attr]
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


ARTICLE = """
[[articles]]
number = "{number}"
key = "{key}"
value = {value}
valid_from = 2026-01-01
source = "Rulebook of the straits union, first edition (example)"
"""


def most_value(union: Path) -> None:
    rules = union / "union.toml"
    articles = [
        ("7.11", "queue_offset", '"most_value"'),
        ("7.12", "queue_pass_minutes", "10"),
        ("7.13", "queue_exchanges", "600"),
    ]
    text = "".join(ARTICLE.format(number=number, key=key, value=value) for number, key, value in articles)
    rules.write_text(rules.read_text() + text)


def blocked_ring(desk: Desk) -> tuple[Payment, list[Payment]]:
    """What cannot settle today stands at the head of a queue, and a ring behind it."""
    head = desk.pay(SG1, SG2, "9000000.00", "SGD", urgent=True)
    ring = [desk.pay(payer, payee, amount, "SGD", urgent=True) for payer, payee, amount in RING]
    assert {desk.see(one).state for one in (head, *ring)} == {State.QUEUED}
    desk.inbox.clear()
    return head, ring


def test_by_first_in_first_out_a_ring_waits_behind_what_cannot_settle(desk: Desk) -> None:
    head, ring = blocked_ring(desk)
    desk.do(Tick())
    assert {desk.see(one).state for one in (head, *ring)} == {State.QUEUED}


def test_where_the_rulebook_asks_for_the_most_value_the_ring_passes_and_its_proof_is_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=most_value)
    head, ring = blocked_ring(desk)
    desk.do(Tick())
    assert [desk.see(one).state for one in ring] == [State.OFFERED] * 3 and desk.see(head).state is State.QUEUED
    offset = next(cycle for cycle in desk.hub.desk.cycles.values() if cycle.offset)
    desk.answer(desk.see(ring[0]))
    agree(desk)
    desk = desk.again()  # decided again from what was kept, proof and all
    for one in ring[1:]:
        desk.answer(desk.see(one))
    assert [desk.see(one).state for one in ring] == [State.SETTLED] * 3
    assert prove_hub(desk.hub).faults == []
    (kept,) = settlement_proofs(desk.hub.journal, offset.number)
    assert settlement_proofs(desk.hub.journal, offset.number + 1) == []
    proof = json.loads(kept)
    assert proof["currency"] == "SGD" and faults_of_proof(proof) == []
    assert proof["value"] == 435_000_000 and proof["numbers"] == [head.number, *[one.number for one in ring]]
    assert [row[3] for row in proof["payments"]] == [0, 1, 1, 1]
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.do(EndDay()) is None
    at_rest(desk)
    desk.close()

    # Anybody checks it, with one file of the hub and one of ours; a proof that was altered in the store is found.
    fondaco = [sys.executable, "-m", "fondaco.cli", "cycle", "proof", str(offset.number), "--hub", str(tmp_path / "hub")]
    handed_out = subprocess.run(fondaco, capture_output=True, text=True, check=True).stdout
    assert json.loads(handed_out)["banks"] == [SG1, SG2, SG3]
    check = Path(fondaco_clearing).parent / "settlement_check.py"
    checked = subprocess.run([sys.executable, "-I", check], input=handed_out, capture_output=True, text=True, check=True).stdout
    assert "holds: 3 of 4 payments, worth 435000000" in checked
    fondaco[5] = "999"
    refused = subprocess.run(fondaco, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and "nothing was proved" in refused.stderr
    with closing(sqlite3.connect(tmp_path / "hub" / "journal.sqlite")) as store, store:
        altered = msgspec.msgpack.encode([kept.replace(b'"value":435000000', b'"value":435000001')])
        store.execute("UPDATE record SET record=? WHERE kind='settlement_proof'", (altered,))
    desk = Desk(tmp_path / "hub", fresh=False)
    assert [fault for fault in prove_hub(desk.hub).faults if "not those that the chain names" in fault]
    desk.close()


def test_whom_nobody_may_pass_any_more_is_not_passed(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=most_value)
    head = desk.pay(SG1, SG2, "9000000.00", "SGD", urgent=True)
    desk.wait(601)
    ring = [desk.pay(payer, payee, amount, "SGD", urgent=True) for payer, payee, amount in RING]
    desk.do(Tick())
    assert {desk.see(one).state for one in (head, *ring)} == {State.QUEUED}
    desk.close()


def test_an_offset_whose_proof_says_another_thing_moves_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=most_value)
    _, ring = blocked_ring(desk)
    found = desk.hub.offsetting.found(desk.now)
    assert found is not None and len(found.proofs) == 1
    lying = msgspec.json.decode(found.proofs[0]) | {"value": 1}
    refused = desk.hub.offsetting.offset(Batch(1, desk.now, ""), OffsetQueues(found.payments, (msgspec.json.encode(lying),)))
    assert isinstance(refused, Refusal) and "proof claims" in refused.found
    assert {desk.see(one).state for one in ring} == {State.QUEUED}
    desk.close()

"""Sponsored participants: accounts of their own on the hub's books, one account of their sponsor at the settlement agent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.core import CURRENCIES, Reason, Refusal, minor_of, utc_text
from fondaco.hub import CloseCycle, EndDay, Move
from fondaco.messages import LiquidityTransfer, Receipt, camt_050, read, wrap
from fondaco.payments import State
from fondaco.rulebook import Deed, Mistake, Vote, read_scheme, sign_vote
from fondaco.simulation import lay_out
from fondaco.simulation.day import demo_key
from union import HUB, MY1, SG1, SG2, SMALL, TH1, Desk, at_rest, sponsored


def move(
    desk: Desk, sender: str, debtor: str, creditor: str, amount: str, currency: str = "SGD", name: str = ""
) -> Refusal | str | None:
    text = utc_text(desk.now)
    name = name or f"S{desk.now}"
    minor = minor_of(amount, CURRENCIES[currency].exponent)
    asked = LiquidityTransfer(name, name, creditor, debtor, currency, minor)
    return desk.send(wrap("camt.050.001.07", sender, HUB, name, text, camt_050(name, text, asked)), sender)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub", amend=sponsored())
    yield made
    made.close()


def test_its_money_comes_from_its_sponsor_and_the_agent_sees_the_sponsor_alone(desk: Desk) -> None:
    own = desk.balance(SG1, "SGD")
    assert desk.balance(SMALL, "SGD") == 0, "what it asked the hub for itself was refused"
    assert [m.kind for m in desk.hub.journal.mail() if m.recipient == SMALL][:1] == ["admi.002.001.01"]
    assert move(desk, SG1, SG1, SMALL, "1000.00") is None
    assert (desk.balance(SG1, "SGD"), desk.balance(SMALL, "SGD")) == (own - 100_000, 100_000)
    (receipt,) = [read(m.raw).body for m in desk.inbox if m.recipient == SG1 and m.kind.startswith("camt.025")][-1:]
    assert isinstance(receipt, Receipt) and receipt.status == "ACSC"
    at_rest(desk)
    assert SMALL not in desk.world.balances()["SGD"]


def test_the_same_move_again_moves_nothing(desk: Desk) -> None:
    move(desk, SG1, SG1, SMALL, "10.00", name="MOVE1")
    move(desk, SG1, SG1, SMALL, "10.00", name="MOVE1")
    assert desk.balance(SMALL, "SGD") == 1_000
    again = desk.again()
    move(again, SG1, SG1, SMALL, "10.00", name="MOVE1")
    assert again.balance(SMALL, "SGD") == 1_000
    desk.hub = again.hub


@pytest.mark.parametrize(
    ("sender", "debtor", "creditor", "amount"),
    [
        (SG1, SMALL, SG1, "1.00"),  # the sponsor takes what is not its own
        (SG2, SG2, SMALL, "1.00"),  # another bank
        (SG1, SG1, SG2, "1.00"),  # two that do not settle for each other
        (SG1, SG1, SMALL, "99999999.00"),  # more than there is
        (SMALL, SMALL, SG1, "0.01"),  # nothing there
    ],
)
def test_a_move_that_is_not_the_givers_or_not_covered_is_refused(
    desk: Desk, sender: str, debtor: str, creditor: str, amount: str
) -> None:
    books = desk.books()
    assert isinstance(move(desk, sender, debtor, creditor, amount), Refusal)
    assert desk.books() == books


def test_a_cycle_settles_the_sum_at_the_sponsors_account(desk: Desk) -> None:
    move(desk, SG1, SG1, SMALL, "1000.00")
    mine = desk.pay(SMALL, TH1, "400.00", "SGD")
    theirs = desk.pay(SG1, MY1, "50.00", "SGD")
    back = desk.pay(TH1, SMALL, "900.00", "THB")
    urgent = desk.pay(SMALL, TH1, "25.00", "SGD", urgent=True)
    desk.let_world_answer()
    held = dict(desk.world.balances()["SGD"])
    sums = desk.balance(SG1, "SGD") + desk.balance(SMALL, "SGD")
    desk.do(CloseCycle(last=True))
    asked = [read(m.raw).body for m in desk.inbox if m.kind.startswith("pacs.029")]
    named = {movement.participant[:8] for body in asked for movement in body.movements}  # type: ignore[union-attr]
    assert SG1 in named and SMALL not in named
    desk.let_world_answer()
    assert {desk.see(one).state for one in (mine, theirs, back, urgent)} == {State.SETTLED}
    moved = desk.balance(SG1, "SGD") + desk.balance(SMALL, "SGD") - held[SG1]
    assert desk.world.balances()["SGD"][SG1] - held[SG1] == moved != 0 and sums
    at_rest(desk)
    desk.do(EndDay())
    statements = [m for m in desk.inbox if m.recipient == SG1 and m.kind.startswith("camt.053")]
    assert sum(SMALL.encode() in m.raw for m in statements) == 1, "the sponsor reads the statement of whom it settles for"


def test_an_agent_that_refuses_the_sponsor_leaves_out_all_that_it_pays_for(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=sponsored(), failing=(("C1", SG1),))
    move(desk, SG1, SG1, SMALL, "1000.00")
    mine, theirs, other = (desk.pay(bank, TH1, "40.00", "SGD") for bank in (SMALL, SG1, SG2))
    desk.let_world_answer()
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert [desk.see(one).state for one in (mine, theirs, other)] == [State.REJECTED, State.REJECTED, State.SETTLED]
    at_rest(desk)
    desk.close()


def test_what_its_sponsor_may_not_it_may_not_either(desk: Desk) -> None:
    move(desk, SG1, SG1, SMALL, "1000.00")
    for who in ("operator-1", "operator-2"):
        vote = Vote(Deed("standing", SG1, "suspended"), who, "drill", "2026-11-24", int(desk.now))
        assert isinstance(desk.do(Move(sign_vote(vote, demo_key(who)))), str)
    refused = desk.pay(SMALL, TH1, "1.00", "SGD")
    assert refused.refusal is not None and refused.refusal.reason is Reason.PARTICIPANT_SUSPENDED
    assert desk.pay(TH1, SMALL, "10.00", "THB").state is State.REJECTED


@pytest.mark.parametrize(
    "change",
    [
        f'sponsor = "{SG1}" -> sponsor = "ZZNONE00"',
        f'sponsor = "{SG1}" -> sponsor = "{SMALL}"',
        f'sponsor = "{SG1}" -> sponsor = "ZZCBSG00"',
        'roles = ["member"] -> roles = ["fx_provider"]',
        'currency = "SGD" -> currency = "THB"|SGD = "5000" -> THB = "1"',
        'SGD = "5000" -> SGD = "50000000000"',
    ],
)
def test_a_sponsor_that_cannot_be_one_is_a_mistake_of_the_rulebook(tmp_path: Path, change: str) -> None:
    lay_out(tmp_path / "hub")
    sponsored(change)(tmp_path / "hub" / "union")
    found = read_scheme(tmp_path / "hub" / "union")
    assert isinstance(found, list) and all(isinstance(one, Mistake) for one in found)
    assert f"participants {SMALL}.sponsor" in [one.key for one in found]

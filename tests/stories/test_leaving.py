"""A member leaves in order: nothing new, what is owed comes back, the money goes home, and only then it has left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.core import CURRENCIES, Refusal, minor_text, utc_text
from fondaco.hub import CloseCycle, Move, Tick, open_hub
from fondaco.messages import LiquidityTransfer, camt_050, pacs_004, wrap
from fondaco.payments import State
from fondaco.rulebook import Deed, Vote, sign_vote
from fondaco.simulation.day import demo_key
from stories.test_assignments import heard, verify
from union import HUB, SG1, SG2, TH1, Desk, at_rest, sponsored


def carry(desk: Desk, deed: Deed) -> Refusal | str | None:
    answer: Refusal | str | None = None
    for who in ("operator-1", "operator-2"):
        answer = desk.do(Move(sign_vote(Vote(deed, who, "asked by letter", "2026-11-24", int(desk.now)), demo_key(who))))
    return answer


def withdraw(desk: Desk, bic: str, currency: str) -> None:
    minor, text, name = desk.balance(bic, currency), utc_text(desk.now), f"W{desk.now}"
    asked = LiquidityTransfer(name, name, bic, HUB, currency, minor)
    desk.send(wrap("camt.050.001.07", bic, HUB, name, text, camt_050(name, text, asked)), bic)
    desk.let_world_answer()
    assert desk.balance(bic, currency) == 0


def standing(desk: Desk, bic: str) -> str:
    return desk.hub.desk.in_force().participants[bic].standing


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub")
    yield made
    made.close()


def test_it_winds_down_and_has_left_when_nothing_is_left(desk: Desk) -> None:
    before = desk.pay(SG1, TH1, "100.00", "SGD")
    received = desk.pay(SG2, TH1, "20.00", "SGD", urgent=True)
    desk.let_world_answer()
    assert str(carry(desk, Deed("standing", TH1, "leaving"))).endswith("CARRIED")
    assert desk.pay(SG1, TH1, "1.00", "SGD").state is State.REJECTED and desk.pay(TH1, SG1, "1.00", "THB").state is State.REJECTED
    assert desk.see(before).state is State.ACCEPTED, "what it accepted settles"
    text = utc_text(desk.now)
    amount = minor_text(received.target_minor, CURRENCIES["THB"].exponent)
    back = pacs_004("R1", text, received.uetr, "THB", amount, "2026-11-24", "AC04")
    desk.send(wrap("pacs.004.001.09", TH1, HUB, "R1", text, back), TH1)
    desk.let_world_answer()
    returned = desk.see(received).returned_by
    assert returned, "it still gives back what it must"
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.see(before).state is State.SETTLED
    assert standing(desk, TH1) == "leaving", "its money is still here"
    withdraw(desk, TH1, "THB")
    desk.do(Tick())
    assert standing(desk, TH1) == "left"
    at_rest(desk)
    notice = [m for m in desk.inbox if m.kind.startswith("admi.004") and b"has left" in m.raw]
    assert len(notice) == len(desk.rules.members())
    again = desk.again()
    assert standing(again, TH1) == "left"
    assert isinstance(carry(again, Deed("standing", TH1, "active")), Refusal), "who left does not come back by a motion"
    desk.hub = again.hub
    text, name = utc_text(again.now), "LATE"
    asked = LiquidityTransfer(name, name, HUB, TH1, "THB", 100)
    refused = again.send(wrap("camt.050.001.07", TH1, HUB, name, text, camt_050(name, text, asked)), TH1)
    assert isinstance(refused, Refusal) and again.balance(TH1, "THB") == 0


def test_a_crash_right_after_the_departure_was_found_departs_once(desk: Desk) -> None:
    carry(desk, Deed("standing", TH1, "leaving"))
    withdraw(desk, TH1, "THB")
    if standing(desk, TH1) == "leaving":
        desk.now = type(desk.now)(desk.now + 1)
        desk.hub.process([Tick()], desk.now)
    desk.hub.books.close()  # type: ignore[attr-defined]
    desk.hub.journal.close()
    desk.hub = open_hub(desk.folder)
    assert standing(desk, TH1) == "left"
    desk.do(Tick())
    left = [one for one in desk.hub.journal.links() if b"LEFT" in one.encoded]
    assert len(left) == 1


@pytest.mark.parametrize("value", ["left", "gone", ""])
def test_nobody_leaves_by_a_word_alone(desk: Desk, value: str) -> None:
    assert isinstance(carry(desk, Deed("standing", TH1, value)), Refusal)
    assert standing(desk, TH1) == "active"


def test_who_is_needed_cannot_leave_and_who_changes_its_mind_may_stay(desk: Desk, tmp_path: Path) -> None:
    assert str(carry(desk, Deed("standing", TH1, "leaving"))).endswith("CARRIED")
    assert str(carry(desk, Deed("standing", TH1, "active"))).endswith("CARRIED")
    assert desk.pay(SG1, TH1, "1.00", "SGD").state is State.OFFERED
    other = Desk(tmp_path / "other", amend=sponsored())
    refused = carry(other, Deed("standing", SG1, "leaving"))
    assert isinstance(refused, Refusal) and "settles for" in refused.found
    other.close()


def test_a_sponsor_that_leaves_has_not_left_before_those_it_settles_for(desk: Desk) -> None:
    (small,) = [one.bic[:8] for one in desk.rules.members() if one.sponsor == SG1]
    withdraw(desk, SG1, "SGD")
    # A motion cannot bring this about; a participant that was admitted under a sponsor which had begun to leave can.
    desk.hub.desk.standings[SG1] = "leaving"
    desk.hub.desk.refresh()
    desk.do(Tick())
    assert standing(desk, SG1) == "leaving", "it has nothing left, but somebody it settles for is here"
    assert str(carry(desk, Deed("standing", small, "leaving"))).endswith("CARRIED")
    desk.do(Tick())
    desk.do(Tick())
    assert (standing(desk, small), standing(desk, SG1)) == ("left", "left")


def test_who_owes_what_an_agent_has_not_been_told_for_certain_has_not_left(desk: Desk) -> None:
    paid = desk.pay(TH1, SG1, "500.00", "THB", urgent=True)
    desk.let_world_answer()
    assert desk.see(paid).state is State.SETTLED
    carry(desk, Deed("standing", TH1, "leaving"))
    desk.inbox = []
    desk.do(CloseCycle(last=True))
    told, desk.inbox = desk.inbox, []
    assert desk.hub.desk.gross == {} and desk.hub.desk.cycles[1].gross != []
    withdraw(desk, TH1, "THB")
    desk.do(Tick())
    assert standing(desk, TH1) == "leaving", "the agent still holds what it paid: the cycle that tells it is not decided"
    desk.inbox = told
    desk.let_world_answer()
    desk.do(Tick())
    assert standing(desk, TH1) == "left"
    at_rest(desk)


def test_nobody_asks_a_bank_that_has_left_about_an_account(desk: Desk) -> None:
    carry(desk, Deed("standing", TH1, "leaving"))
    withdraw(desk, TH1, "THB")
    desk.do(Tick())
    assert standing(desk, TH1) == "left"
    desk.inbox = []
    assert verify(desk) is None
    assert "<Cd>RC04</Cd>" in heard(desk, SG1, "acmt.024")[-1] and heard(desk, TH1, "acmt.023") == []
    assert isinstance(verify(desk, sender=TH1, bank=SG1), Refusal), "and who has left asks nothing"
    assert desk.hub.desk.assignments == {}

"""The simulated banks' everyday life: which payment comes back, is recalled or is asked about follows from its UETR alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.hub import CloseCycle
from fondaco.payments import AssignmentState, Payment, State
from fondaco.reporting import story
from fondaco.simulation import World
from fondaco.simulation.world import ENQUIRED, INVESTIGATED, RECALLED, RETURNED
from union import SG1, TH1, Desk, at_rest

FIRST = 100


def uetr_of(lot: int, last: str = "0000") -> str:
    return f"{lot:08x}-0000-4000-8000-00000000{last}"


@pytest.fixture
def everyday(tmp_path: Path) -> Desk:
    desk = Desk(tmp_path / "hub")
    world = World(desk.rules, everyday=True)
    for old, new in zip(desk.world._agents.values(), world._agents.values(), strict=True):
        new.own, new.sub = old.own, old.sub
    desk.world = world
    return desk


def paid(desk: Desk, uetr: str) -> Payment:
    payment = desk.pay(SG1, TH1, "120.00", "SGD", urgent=True, uetr=uetr)
    for _ in range(6):
        desk.let_world_answer()
    payment = desk.see(payment)
    assert payment.state is State.SETTLED
    return payment


def kinds(desk: Desk, payment: Payment) -> list[tuple[str, str]]:
    return [(one["kind"], one["state"]) for one in story(payment, desk.hub.journal)["asked"]]


def test_each_share_does_its_deed_and_the_books_hold(everyday: Desk) -> None:
    desk = everyday
    agreed = paid(desk, uetr_of(FIRST))
    refused = paid(desk, uetr_of(FIRST + 1, "0001"))
    returned = paid(desk, uetr_of(FIRST + RECALLED))
    enquired = paid(desk, uetr_of(FIRST + RECALLED + RETURNED))
    investigated = paid(desk, uetr_of(FIRST + RECALLED + RETURNED + ENQUIRED))
    verified = paid(desk, uetr_of(FIRST + RECALLED + RETURNED + ENQUIRED + INVESTIGATED))
    plain = paid(desk, uetr_of(9_999))
    assert kinds(desk, refused) == [("recall", "ANSWERED")]
    assert kinds(desk, investigated) == [("investigation", "ANSWERED")]
    assert kinds(desk, agreed)[0][0] == "recall" and agreed.returned_by and returned.returned_by
    assert not enquired.returned_by and not verified.returned_by and not plain.returned_by
    # A return waits for its cycle like any normal payment.
    back = desk.hub.payment(returned.returned_by)
    assert back is not None and back.cycle and back.state is State.ACCEPTED
    answered = [raw for key, raw in desk.hub.journal.records("assignment")]
    assert len(answered) == 4, "recalls, an investigation and a verification"
    assert [one.state for one in desk.hub.desk.assignments.values()] == [AssignmentState.AGREED]
    desk.close()


def test_the_banks_books_are_the_hubs_at_the_end(everyday: Desk) -> None:
    desk = everyday
    paid(desk, uetr_of(FIRST + RECALLED))
    desk.do(CloseCycle())
    desk.let_world_answer()
    at_rest(desk)
    desk.close()

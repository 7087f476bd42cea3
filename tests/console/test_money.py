"""Positions, what-if, the queue and the cycles: what the books say, to those whose it is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console_door import Consoles
from fondaco.access import Caller, Proof, Reach, Role
from fondaco.console.cycles import proofs, shape, waiting
from fondaco.console.positions import held, limits, queued, what_if
from fondaco.console.tour import debtors
from fondaco.hub import Hub, LimitFlow, close_hub, open_hub
from fondaco.reporting import Position
from fondaco.settlement import CycleState
from union import SG1, SG2, TH1, Desk

OPERATOR = Caller("op", "", frozenset({Role.OPERATOR_MAKER}), Proof.SESSION)


@pytest.fixture(scope="module")
def hub(ready: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("read") / "hub"
    shutil.copytree(ready[0], folder)
    opened = open_hub(folder)
    yield opened
    close_hub(opened)


def reach(hub: Hub, bic: str = "") -> Reach:
    caller = Caller("someone", bic, frozenset({Role.MEMBER_MAKER}), Proof.SESSION) if bic else OPERATOR
    return Reach(caller, hub.desk.scheme)


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(1, 10**12), st.booleans())
def test_what_fits_leaves_room_and_what_does_not_says_what_is_lacking(
    available: int, headroom: int, minor: int, urgent: bool
) -> None:
    one = Position(1, SG1, "SGD", available, 0, available, 0, headroom, headroom)
    tried = what_if(one, minor, urgent=urgent)
    assert tried.room == (available if urgent else headroom)
    assert tried.fits == (minor <= tried.room) and tried.room - tried.left == minor


def test_positions_are_the_books_and_each_banks_own(hub: Hub) -> None:
    rows = held(hub, reach(hub))
    own = held(hub, reach(hub, SG1))
    assert own and {one.bic[:8] for one in own} == {SG1} and len(own) < len(rows)
    sgd = next(one for one in own if one.currency == "SGD")
    assert sgd.booked - sgd.reserved == sgd.available and sgd.booked < 100_000_000, "five urgent payments went from it"


def test_what_if_and_the_hub_agree(tmp_path: Path) -> None:
    with_room = Desk(tmp_path / "hub")
    try:
        hub = with_room.hub
        one = next(one for one in held(hub, reach(hub, SG1)) if one.currency == "SGD")
        tried = what_if(one, one.available + 1, urgent=True)
        amount = f"{tried.minor // 100}.{tried.minor % 100:02}"
        assert not tried.fits and tried.left == -1
        assert with_room.pay(SG1, TH1, amount, "SGD", urgent=True).state.name == "QUEUED"
        ahead = queued(hub)[one.number, "SGD", True]
        assert ahead == 1 and not what_if(one, 5_000_000, urgent=True, ahead=ahead).fits
        assert with_room.pay(SG1, SG2, "50000.00", "SGD", urgent=True).state.name == "QUEUED", "nobody overtakes"
        other = next(one for one in held(hub, reach(hub, SG2)) if one.currency == "SGD")
        assert what_if(other, 5_000_000, urgent=True, ahead=queued(hub).get((other.number, "SGD", True), 0)).fits
        assert with_room.pay(SG2, SG1, "50000.00", "SGD", urgent=True).state.name == "OFFERED"
        assert with_room.do(LimitFlow(SG1, "SGD", "TH", 1_000)) is None
        assert [(row.bank, row.towards, row.minor) for row in limits(hub, reach(hub, SG1))] == [(SG1, "TH", 1_000)]
        assert limits(hub, reach(hub, SG2)) == []
    finally:
        with_room.close()


def test_the_queue_is_in_its_order_and_the_payers_own(hub: Hub) -> None:
    rows, count = waiting(hub, reach(hub))
    assert len(rows) == count == 2 and all(one.urgent and one.minor == 19_000_000 for one in rows)
    assert [one.since for one in rows] == sorted(one.since for one in rows)
    assert waiting(hub, reach(hub, SG1)) == (rows, 2) and waiting(hub, reach(hub, SG2)) == ([], 0)
    assert waiting(hub, reach(hub), 1) == (rows[1:], 2) and waiting(hub, reach(hub), 2) == ([], 2)


def test_what_all_receive_and_pay_is_nothing(hub: Hub) -> None:
    settled = next(one for one in hub.desk.cycles.values() if one.state is CycleState.SETTLED)
    whole, own = shape(hub, reach(hub), settled), shape(hub, reach(hub, SG1), settled)
    assert whole.figures and all(one.sum == 0 and 0 <= one.net <= one.bilateral <= one.gross for one in whole.figures)
    assert {one.bank for one in own.nets} == {SG1} and own.figures == whole.figures
    assert proofs(hub, settled.number) == [], "a cycle by the clock needs none"


def test_who_received_urgent_money_owes_less_at_the_end_of_the_cycle(hub: Hub) -> None:
    bank, currency, minor = debtors(hub, reach(hub))[0]
    key = currency, hub.desk.in_force().participants[bank].number
    before = dict(hub.desk.gross)
    try:
        hub.desk.gross[key] = before.get(key, 0) + minor - 1
        assert (bank, currency, 1) in debtors(hub, reach(hub))
        hub.desk.gross[key] += 1
        assert (bank, currency) not in {row[:2] for row in debtors(hub, reach(hub))}, "its agent would not be asked for anything"
    finally:
        hub.desk.gross = before


@pytest.mark.server
def test_what_if_is_asked_on_the_page_and_books_nothing(door: Consoles) -> None:
    session = door.session("zzbasg01-maker")

    def tried(account: str, amount: str, kind: str) -> str:
        page = door.ask(f"/console/positions?account={account}&amount={amount}&kind={kind}", session=session)
        assert page.status == 200
        return page.text

    assert "<dd>reserved</dd>" in tried("ZZBASG01+SGD", "10.00", "net")
    text = tried("ZZBASG01+SGD", "10.00", "urgent")
    assert "<dd>queued</dd>" in text and "Waiting before it" in text
    text = tried("ZZBASG01+SGD", "99999999.00", "urgent")
    assert "<dd>queued</dd>" in text and "Lacking" in text
    for account, amount in (
        ("ZZBBSG02+SGD", "1"),
        ("ZZBASG01+XXX", "1"),
        ("ZZBASG01+SGD", "1.234"),
        ("ZZBASG01+SGD", "-5"),
        ("", "%3Cb%3E"),
    ):
        text = tried(account, amount, "net")
        assert "That is no amount" in text and "<dd>reserved" not in text and "<b>" not in text


@pytest.mark.server
def test_a_cycle_that_is_not_there_is_a_page_that_says_so(door: Consoles) -> None:
    session = door.session("operator-1")
    assert door.ask("/console/cycles/1", session=session).status == 200
    for number in ("99", "x", "-1", "1e3", "٣", "9" * 40):
        path = f"/console/cycles/{number}" if number.isascii() else "/console/cycles/%D9%A3"
        assert door.ask(path, session=session).status == 404

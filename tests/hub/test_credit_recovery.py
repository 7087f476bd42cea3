"""A crash at any call of the books or the journal leaves title, money, memoranda and the credit where they were, or all where they belong."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from fondaco.core import Instant
from fondaco.hub import prove_hub
from fondaco.journal import Mail
from fondaco.payments import Payment, State
from hub.test_delivery_recovery import CALLS, UETR, Clockwork, Died, fall
from letters import AMOUNT, MINOR, LetterDesk
from trades import EXPORTER, TradeDesk
from union import SG1, TH1, agree

CREDIT = "LC-000001"
Complying = tuple[Path, Instant, list[Mail], list[str]]
NOTHING = {("CONTINGENT_CLAIM", SG1): -MINOR, ("CONTINGENT_LIABILITY", SG1): MINOR}


@pytest.fixture(scope="module", params=[1, 3], ids=["one bill", "three bills"])
def complying(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Complying:
    """A folder in which documents with so many bills bind the issuing bank, and nothing is paid yet."""
    desk = LetterDesk(tmp_path_factory.mktemp("complying") / "hub")
    bills = [desk.issue(f"SLT{number:04d}") for number in range(1, request.param + 1)]
    assert desk.issued() == CREDIT
    for bill in bills:
        desk.offered(bill, CREDIT)
    desk.done(EXPORTER, "PRESENTED", CREDIT, bank=SG1, currency="THB", amount=AMOUNT, records=bills)
    desk.done(SG1, "FOUND_COMPLYING", CREDIT, presentation=1)
    desk.close()
    return desk.folder, desk.now, desk.inbox, bills


def opened(folder: Path, now: Instant, inbox: list[Mail]) -> LetterDesk:
    desk = LetterDesk.__new__(LetterDesk)
    super(TradeDesk, desk).__init__(folder, fresh=False)
    desk.now, desk.inbox = now, list(inbox)
    return desk


def honour(desk: LetterDesk, bills: list[str]) -> Payment:
    """Pay and accept, as banks do who are not sure: what came before is said again. One bill is named by its offer, several by the presentation."""
    payment = desk.hub.by_uetr(UETR)
    if payment is None:
        payment = desk.credit_payment(desk.lock(bills[0]) if len(bills) == 1 else f"{CREDIT}/P1", uetr=UETR)
    if desk.see(payment).state is State.OFFERED:
        desk.answer(desk.see(payment))
    return desk.see(payment)


def all_or_nothing(desk: LetterDesk, bills: list[str], before: int) -> bool:
    """Whether it is honoured; title, money, memoranda and the credit say the same, and all proofs hold."""
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    credit = desk.letter(CREDIT)
    (holder,) = {desk.record(bill).holder for bill in bills} | {desk.holder_in_books(bill) for bill in bills}
    state = credit.presentations[0].state.value
    found = holder, desk.balance(TH1, "THB") - before, desk.standing(CREDIT), state, len(credit.batches)
    everything = SG1, MINOR, {}, "HONOURED", 1
    assert found in ((EXPORTER, 0, NOTHING, "COMPLYING", 0), everything)
    payment = desk.hub.by_uetr(UETR)
    assert (payment is not None and payment.state is State.SETTLED) == (found == everything)
    return found == everything


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
def test_a_payment_that_dies_at_any_call_honours_all_or_nothing(tmp_path: Path, complying: Complying, done: bool) -> None:
    folder, now, inbox, bills = complying
    for at in range(1, CALLS):
        copy = tmp_path / str(at)
        shutil.copytree(folder, copy)
        desk = opened(copy, now, inbox)
        before = desk.balance(TH1, "THB")
        clockwork = Clockwork(desk.hub, at, done=done)
        with suppress(Died):
            honour(desk, bills)
        if not clockwork.dead:
            assert at > 4, "it asks the books and the journal several times"
            assert all_or_nothing(desk, bills, before)
            desk.close()
            return
        later = Instant(desk.now + 1_000_000_000)
        fall(desk)
        desk = opened(copy, later, inbox)
        all_or_nothing(desk, bills, before)
        assert honour(desk, bills).state is State.SETTLED
        assert all_or_nothing(desk, bills, before)
        desk.close()
        shutil.rmtree(copy)
    raise AssertionError("it ends")

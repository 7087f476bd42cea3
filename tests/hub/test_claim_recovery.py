"""A crash at any call of the books or the journal leaves a claim on the reimbursing bank open and no money moved, or paid and both currencies moved."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from fondaco.core import Instant
from fondaco.hub import prove_hub
from fondaco.payments import Payment, State
from hub.test_credit_recovery import opened
from hub.test_delivery_recovery import CALLS, UETR, Clockwork, Died, fall
from letters import LetterDesk
from trades import EXPORTER, named
from union import MY1, TH1, TH2, agree

CREDIT, AMOUNT, MINOR, GIVEN = "LC-000001", "41503.26", 41_503_26, ("5000.00", "MYR")


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> LetterDesk:
    """A folder in which a confirming bank has honoured and claims; its desk is closed."""
    desk = LetterDesk(tmp_path_factory.mktemp("claimed") / "hub")
    bank = {"name": "Bank B", "id": TH2}
    terms = {"confirmation": "CONFIRM", "confirming_bank": bank, "available_with": bank, "amount": AMOUNT}
    assert desk.issued(**terms, reimbursing_bank={"name": "Bank A", "id": MY1}) == CREDIT
    desk.done(TH2, "CONFIRMED", CREDIT)
    desk.done(EXPORTER, "PRESENTED", CREDIT, bank=TH2, currency="THB", amount=AMOUNT)
    desk.done(TH2, "FOUND_COMPLYING", CREDIT, presentation=1)
    desk.paid(desk.pay(TH2, TH1, AMOUNT, "THB", urgent=True, extra=named(f"{CREDIT}/P1")))
    desk.done(TH2, "CLAIMED", CREDIT, presentation=1)
    desk.close()
    return desk


def reimburse(desk: LetterDesk) -> Payment:
    """Pay and accept, as banks do who are not sure: what came before is said again."""
    payment = desk.hub.by_uetr(UETR)
    if payment is None:
        payment = desk.credit_payment(f"{CREDIT}/C1", AMOUNT, MY1, TH2, money=GIVEN, uetr=UETR)
    if desk.see(payment).state is State.OFFERED:
        desk.answer(desk.see(payment))
    return desk.see(payment)


def all_or_nothing(desk: LetterDesk, before: tuple[int, int]) -> bool:
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    letter = desk.letter(CREDIT)
    ringgit, baht = desk.balance(MY1, "MYR") - before[0], desk.balance(TH2, "THB") - before[1]
    state = letter.claims[0].state.value
    paid = desk.hub.by_uetr(UETR)
    if state == "CLAIMED":
        assert (ringgit, baht, len(letter.batches)) == (0, 0, 1)
        assert paid is None or paid.state is not State.SETTLED
        return False
    assert paid is not None and paid.state is State.SETTLED
    assert (state, ringgit, baht, len(letter.batches)) == ("PAID", -5_000_00 - paid.fee_minor, MINOR, 2)
    return True


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
def test_a_claims_payment_that_dies_at_any_call_pays_it_whole_or_not(tmp_path: Path, claimed: LetterDesk, done: bool) -> None:
    for at in range(1, CALLS):
        copy = tmp_path / str(at)
        shutil.copytree(claimed.folder, copy)
        desk = opened(copy, claimed.now, claimed.inbox)
        before = desk.balance(MY1, "MYR"), desk.balance(TH2, "THB")
        clockwork = Clockwork(desk.hub, at, done=done)
        with suppress(Died):
            reimburse(desk)
        if not clockwork.dead:
            assert at > 4, "it asks the books and the journal several times"
            assert all_or_nothing(desk, before)
            desk.close()
            return
        later = Instant(desk.now + 1_000_000_000)
        fall(desk)
        desk = opened(copy, later, claimed.inbox)
        all_or_nothing(desk, before)
        assert reimburse(desk).state is State.SETTLED
        assert all_or_nothing(desk, before)
        desk.close()
        shutil.rmtree(copy)
    raise AssertionError("it ends")

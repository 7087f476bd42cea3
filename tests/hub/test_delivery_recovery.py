"""A crash at any call of the books or the journal leaves title and money where they were, or both where they belong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import Instant
from fondaco.hub import Command, Hub, Perform, prove_hub
from fondaco.journal import Mail
from fondaco.payments import Payment, State
from trades import CARRIER, EXPORTER, IMPORTER, TradeDesk, signed
from union import SG1, SG2, agree

UETR = "8a562c67-ca16-48ba-b074-65581be6f001"
PRICE = 1250_00
# More calls than one delivery makes; a test says so.
CALLS = 60


class Died(BaseException):
    """The process ends here."""


class Clockwork:
    """Counts what is asked of the books and the journal, and dies at one call: before it is done, or after."""

    def __init__(self, hub: Hub, at: int, *, done: bool) -> None:
        self.left, self.done, self.dead = at, done, False
        for of, name in ((hub.books, "create_accounts"), (hub.books, "create_transfers"), (hub.journal, "commit")):
            setattr(of, name, self._counted(getattr(of, name)))

    def _counted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*words: Any, **more: Any) -> Any:
            assert not self.dead, "nothing happens after the end"
            self.left -= 1
            if self.left == 0 and not self.done:
                self.dead = True
                raise Died
            answer = call(*words, **more)
            if self.left == 0:
                self.dead = True
                raise Died
            return answer

        return counted


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Instant, list[Mail], str, str]:
    """A folder in which a bill of lading is offered against payment, and nobody has paid yet."""
    desk = TradeDesk(tmp_path_factory.mktemp("offered") / "hub")
    bill = desk.issue()
    lock = desk.offer(bill, f"SGD 1250.00 {SG2}")
    desk.close()
    return desk.folder, desk.now, desk.inbox, bill, lock


def opened(folder: Path, now: Instant, inbox: list[Mail]) -> TradeDesk:
    desk = TradeDesk.__new__(TradeDesk)
    super(TradeDesk, desk).__init__(folder, fresh=False)
    desk.now, desk.inbox = now, list(inbox)
    return desk


def fall(desk: TradeDesk) -> None:
    """Close what a process that died had open, without a word to the journal."""
    hub = desk.hub
    hub._unkept = None
    hub.books.close()
    hub.journal.close()


def deliver(desk: TradeDesk, lock: str) -> Payment:
    """Pay for the offer and let the payee's bank accept it, as banks do who are not sure: what came before is said again."""
    payment = desk.hub.by_uetr(UETR)
    if payment is None:
        payment = desk.pay_for(lock, uetr=UETR)
    if desk.see(payment).state is State.OFFERED:
        desk.answer(desk.see(payment))
    return desk.see(payment)


def both_or_neither(desk: TradeDesk, bill: str, before: tuple[int, int]) -> bool:
    """Whether it is paid for; title and money say the same, and all proofs hold."""
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    paid = desk.balance(SG2, "SGD") - before[1]
    holder = desk.holder(bill)
    assert (holder, paid) in ((EXPORTER, 0), (IMPORTER, PRICE))
    payment = desk.hub.by_uetr(UETR)
    assert (payment is not None and payment.state is State.SETTLED) == (holder == IMPORTER)
    return holder == IMPORTER


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
def test_a_delivery_that_dies_at_any_call_is_whole_or_has_not_been(
    tmp_path: Path, offered: tuple[Path, Instant, list[Mail], str, str], done: bool
) -> None:
    folder, now, inbox, bill, lock = offered
    for at in range(1, CALLS):
        copy = tmp_path / str(at)
        shutil.copytree(folder, copy)
        desk = opened(copy, now, inbox)
        before = desk.balance(SG1, "SGD"), desk.balance(SG2, "SGD")
        clockwork = Clockwork(desk.hub, at, done=done)
        with suppress(Died):
            deliver(desk, lock)
        if not clockwork.dead:
            assert at > 4, "a delivery asks the books and the journal several times"
            assert both_or_neither(desk, bill, before)
            desk.close()
            return
        later = Instant(desk.now + 1_000_000_000)
        fall(desk)
        desk = opened(copy, later, inbox)
        both_or_neither(desk, bill, before)
        assert deliver(desk, lock).state is State.SETTLED
        assert both_or_neither(desk, bill, before)
        desk.close()
        shutil.rmtree(copy)
    raise AssertionError("a delivery ends")


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
def test_a_deed_that_dies_at_any_call_counts_once(
    tmp_path: Path, offered: tuple[Path, Instant, list[Mail], str, str], done: bool
) -> None:
    folder, now, inbox, bill, _ = offered
    for at in range(1, CALLS):
        copy = tmp_path / str(at)
        shutil.copytree(folder, copy)
        desk = opened(copy, now, inbox)
        commands: list[Command] = [
            Perform(desk.deed(EXPORTER, "WITHDRAW", bill)),
            Perform(signed(desk.deed(EXPORTER, "SIGN", bill))),
        ]
        clockwork = Clockwork(desk.hub, at, done=done)
        with suppress(Died):
            desk.do(*commands)
        if not clockwork.dead:
            desk.close()
            return
        later = Instant(desk.now + 1_000_000_000)
        fall(desk)
        desk = opened(copy, later, inbox)
        taken = desk.record(bill).seq == 4
        assert desk.record(bill).seq in (3, 4) and prove_hub(desk.hub).faults == []
        answer = desk.do(commands[0])
        assert isinstance(answer, str) != taken, "given again it counts once"
        assert desk.record(bill).seq == 4 and desk.record(bill).lock_id() == ""
        desk.close()
        shutil.rmtree(copy)
    raise AssertionError("a deed ends")


def test_a_hub_that_is_opened_again_knows_offers_parties_and_who_pays(
    tmp_path: Path, offered: tuple[Path, Instant, list[Mail], str, str]
) -> None:
    folder, now, inbox, bill, lock = offered
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    desk = opened(copy, now, inbox)
    payment = desk.pay_for(lock, uetr=UETR)
    desk = opened_again(desk)
    second = desk.pay_for(lock)
    assert second.refusal is not None and "another payment" in second.refusal.found
    desk.answer(desk.see(payment))
    assert desk.holder(bill) == IMPORTER
    other = desk.issue("SLT0002")
    late = desk.offer(other, f"SGD 1.00 {SG2}", seconds=30)
    desk = opened_again(desk)
    desk.wait(31)
    assert desk.record(other).lock_id() == "" and late
    assert desk.party(CARRIER).state.name == "ACTIVE"
    desk.close()


def opened_again(desk: TradeDesk) -> TradeDesk:
    desk.close()
    return opened(desk.folder, desk.now, desk.inbox)

"""A crash at any call of the books or the journal leaves title, money, memoranda and the collection where they were, or all where they belong."""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

import pytest

from collections_desk import COL, CollectionDesk
from fondaco.core import Instant
from fondaco.hub import prove_hub
from fondaco.journal import Mail
from fondaco.payments import Payment, State
from fondaco.trade import collection
from hub.test_delivery_recovery import CALLS, UETR, Clockwork, Died, fall
from trades import IMPORTER, TradeDesk
from union import TH1, agree

Offered = tuple[Path, Instant, list[Mail], str, str, str]


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Offered:
    """A folder in which documents are presented against payment, and nobody has paid yet."""
    desk = CollectionDesk(tmp_path_factory.mktemp("presented") / "hub")
    baht, bill = desk.arrives(), desk.blank_bill()
    number = desk.instruct(baht, bill)
    desk.present(number, bill)
    lock = desk.offered_under(bill, number)
    desk.close()
    return desk.folder, desk.now, desk.inbox, bill, lock, baht


def opened(folder: Path, now: Instant, inbox: list[Mail]) -> CollectionDesk:
    desk = CollectionDesk.__new__(CollectionDesk)
    super(TradeDesk, desk).__init__(folder, fresh=False)
    desk.now, desk.inbox = now, list(inbox)
    return desk


def collect(desk: CollectionDesk, lock: str, baht: str) -> Payment:
    """Pay and accept, as banks do who are not sure: what came before is said again."""
    payment = desk.hub.by_uetr(UETR)
    if payment is None:
        payment = desk.pay_collection(lock, baht, uetr=UETR)
    if desk.see(payment).state is State.OFFERED:
        desk.answer(desk.see(payment))
    return desk.see(payment)


def all_or_nothing(desk: CollectionDesk, bill: str, baht: str, before: int) -> bool:
    """Whether it is paid; title, money, memoranda and the collection say the same, and all proofs hold."""
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    whole = int(baht.replace(".", ""))
    stands = {"COLLECTION_CLAIM": -whole, "COLLECTION_LIABILITY": whole}
    found = desk.with_whom(bill), desk.balance(TH1, "THB") - before, desk.memoranda("COL-000001"), desk.collection().state
    nothing = COL, 0, stands, collection.State.PRESENTED
    everything = IMPORTER, whole, {}, collection.State.PAID
    assert found in (nothing, everything)
    payment = desk.hub.by_uetr(UETR)
    assert (payment is not None and payment.state is State.SETTLED) == (found == everything)
    return found == everything


@pytest.mark.parametrize("done", [False, True], ids=["before the call", "after the call"])
def test_a_payment_that_dies_at_any_call_collects_all_or_nothing(tmp_path: Path, offered: Offered, done: bool) -> None:
    folder, now, inbox, bill, lock, baht = offered
    for at in range(1, CALLS):
        copy = tmp_path / str(at)
        shutil.copytree(folder, copy)
        desk = opened(copy, now, inbox)
        before = desk.balance(TH1, "THB")
        clockwork = Clockwork(desk.hub, at, done=done)
        with suppress(Died):
            collect(desk, lock, baht)
        if not clockwork.dead:
            assert at > 4, "it asks the books and the journal several times"
            assert all_or_nothing(desk, bill, baht, before)
            desk.close()
            return
        later = Instant(desk.now + 1_000_000_000)
        fall(desk)
        desk = opened(copy, later, inbox)
        all_or_nothing(desk, bill, baht, before)
        assert collect(desk, lock, baht).state is State.SETTLED
        assert all_or_nothing(desk, bill, baht, before)
        desk.close()
        shutil.rmtree(copy)
    raise AssertionError("it ends")


def test_every_batch_of_a_collection_is_decided_again_to_the_same_link(tmp_path: Path) -> None:
    desk = CollectionDesk(tmp_path / "hub")
    baht, bill, second = desk.arrives(), desk.blank_bill(), desk.blank_bill("SLT0002")
    number = desk.instruct(baht, bill)
    desk.present(number, bill)
    desk.answer(desk.pay_collection(desk.offered_under(bill, number), baht, uetr=UETR))
    other = desk.instruct(baht, second, terms="DA", tenor={"event": "AFTER_SIGHT", "days": 2})
    desk.present(other, second)
    desk.offered_under(second, other, "ACCEPTANCE")
    assert desk.say(IMPORTER, "ACCEPTED", other) == f"{other} 5"
    desk.close()
    again = opened(desk.folder, desk.now, [])
    assert [due for _, due in again.hub.trading.clock.waiting if due == other] == [other], "the clock of an accepted bill runs on"
    inputs = [again.hub.journal.inputs_of(link.number) for link in again.hub.journal.links()]
    links, books = list(again.hub.journal.links()), again.books()
    kept = [again.collection(one) for one in (number, other)]
    again.close()
    for gone in ("journal.sqlite", "books", "seen"):
        path = desk.folder / gone
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for left in desk.folder.glob("journal.sqlite-*"):
        left.unlink()
    anew = opened(desk.folder, desk.now, [])
    for one in inputs:
        assert one is not None
        anew.hub.decide_again(one)
    assert [one.hash for one in anew.hub.journal.links()] == [one.hash for one in links]
    assert anew.books() == books and [anew.collection(one) for one in (number, other)] == kept
    anew.close()

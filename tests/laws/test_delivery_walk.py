"""Acts, payments, answers, time, lists, courts and crashes in any order: title and money never part.

A walk is drawn with a seed: three bills of lading, three parties, and whatever may happen to them next. After each step the books, the register and
the payments are compared. `FONDACO_WALK` sets the number of steps.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.core import Refusal
from fondaco.hub import Perform, SwapLists, prove_hub, trade_shelf
from fondaco.payments import DECODER, Payment, State
from trades import CARRIER, EXPORTER, IMPORTER, TradeDesk, signed
from union import SG1, SG2, agree, newly_listed

STEPS = int(os.environ.get("FONDACO_WALK", "150"))
PRICES = ("10.00", "25.50", "700000.00")


class Walk:
    """A desk, the dice, and what the walk knows of its bills."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.desk = TradeDesk(folder)
        self.dice = random.Random(seed)
        self.bills = [self.desk.issue(f"SLT000{number}") for number in range(1, 4)]
        self.payments: dict[int, str] = {}
        self.hit = False
        self.done = {"settled": 0, "refused": 0, "crashed": 0, "acts": 0}

    def step(self) -> None:
        if self.hit and self.dice.random() < 0.3:
            self.lists(clean=True)
            return
        deeds: list[Callable[[], None]] = [
            self.offer, self.offer, self.pay, self.pay, self.pay, self.answer, self.answer, self.answer, self.act, self.act, self.wait,
            self.court, self.lists, self.crash, self.replay, self.give_back,
        ]  # fmt: skip
        self.dice.choice(deeds)()

    def bill(self) -> str:
        return self.dice.choice(self.bills)

    def offer(self) -> None:
        bill = self.bill()
        giver = self.desk.record(bill).holder
        recipient = self.dice.choice([one for one in (IMPORTER, IMPORTER, IMPORTER, EXPORTER, CARRIER) if one != giver])
        self.told(
            self.desk.act(
                giver, "OFFER_AGAINST", bill, recipient=recipient, until=self.desk.until(self.dice.choice((5, 30, 600))),
                against="PAYMENT", reference=f"SGD {self.dice.choice(PRICES)} {self.dice.choice((SG1, SG2, SG2, SG2))}",
            )
        )  # fmt: skip

    def pay(self) -> None:
        bill = self.bill()
        lock = self.desk.record(bill).lock
        if lock is None or not lock.open:
            return
        _, amount, bank = (lock.reference or f"SGD 10.00 {SG2}").split(" ")  # one offered for nothing cannot be paid for
        amount = self.dice.choice((amount, amount, amount, "9.99"))
        sender = self.dice.choice((SG1, SG1, SG1, SG1, SG2))
        if sender == bank:
            return
        payment = self.desk.pay_for(self.desk.record(bill).lock_id(), amount, sender=sender, creditor_agent=bank)
        self.payments[payment.number] = bill

    def answer(self) -> None:
        waiting = [one for one in self.desk.hub.desk.live.values() if one.state is State.OFFERED]
        if waiting:
            self.desk.answer(self.dice.choice(waiting), self.dice.choice(("ACSP", "ACSP", "RJCT")), "AC04")

    def act(self) -> None:
        bill = self.bill()
        action = self.dice.choice(("WITHDRAW", "TRANSFER", "ACCEPT", "REJECT", "SIGN"))
        record = self.desk.record(bill)
        actor = self.dice.choice((record.holder, IMPORTER, EXPORTER))
        body = {"recipient": self.dice.choice((IMPORTER, EXPORTER)), "until": self.desk.until(20)} if action == "TRANSFER" else {}
        self.told(self.desk.act(actor, action, bill, **body))

    def wait(self) -> None:
        self.desk.wait(self.dice.choice((1, 3, 40)))

    def court(self, bill: str = "") -> None:
        bill = bill or self.bill()
        action = "UNFREEZE" if self.desk.record(bill).freeze.name == "FROZEN" else "FREEZE"
        deed = self.desk.deed("OPERATOR", action, bill, order="HC 1/2026", court="High Court")
        self.told(self.desk.perform(signed(deed, "OPERATOR", "SUPERVISOR")))

    def lists(self, clean: bool = False) -> None:
        """Other lists, which name the exporter or do not."""
        self.hit = not clean and self.dice.random() < 0.5
        self.desk.do(SwapLists(newly_listed(self.desk, "Somchai Foods" if self.hit else "Nobody Whom We Know")))

    def give_back(self) -> None:
        """Who bought one returns it for nothing, so that it can be sold again; a court's order is lifted first."""
        bill = self.bill()
        record = self.desk.record(bill)
        if record.freeze.name == "FROZEN":
            self.court(bill)
        elif record.holder != EXPORTER and not record.locked:
            self.told(self.desk.act(record.holder, "TRANSFER", bill, recipient=EXPORTER, until=self.desk.until(60)))
            self.told(self.desk.act(EXPORTER, "ACCEPT", bill))

    def crash(self) -> None:
        """Decide something whose outcomes are lost with the process; it is decided again when the hub is opened."""
        hub, waiting = self.desk.hub, [one for one in self.desk.hub.desk.live.values() if one.state is State.OFFERED]
        keep = hub.flush
        hub.flush = lambda: None  # type: ignore[method-assign]
        try:
            if waiting:
                self.desk.answer(self.dice.choice(waiting))
            else:
                bill = self.bill()
                self.desk.do(Perform(self.desk.deed(self.desk.record(bill).holder, "SIGN", bill)))
        finally:
            hub.flush = keep  # type: ignore[method-assign]
        hub._unkept = None
        hub.books.close()
        hub.journal.close()
        again = TradeDesk.__new__(TradeDesk)
        super(TradeDesk, again).__init__(self.desk.folder, fresh=False)
        again.now, again.inbox = self.desk.now, self.desk.inbox
        self.desk = again
        self.done["crashed"] += 1

    def replay(self) -> None:
        """A deed that was taken is given again, and an old one."""
        bill = self.bill()
        deed = self.desk.deed(self.desk.record(bill).holder, "SIGN", bill)
        self.told(self.desk.perform(deed))
        assert isinstance(self.desk.perform(deed), Refusal)

    def told(self, answer: Refusal | str | None) -> None:
        if isinstance(answer, Refusal):
            assert answer.where or answer.reason.name == "REGULATORY", "a no says where"
            self.done["refused"] += 1
        else:
            self.done["acts"] += 1

    def check(self) -> None:
        """One holder for each, by the books and the register; as many titles settled as payments for them; nothing left reserved."""
        for bill in self.bills:
            self.desk.holder(bill)
        settles = 0
        for bill in self.bills:
            events = [one.text for one in self.desk.hub.trading.records.events(self.desk.record(bill))]
            settles += sum(b'"action":"SETTLE"' in text for text in events)
        paid = [self.payment(number) for number in self.payments]
        self.done["settled"] = sum(one.state is State.SETTLED for one in paid)
        assert settles == self.done["settled"]
        funded = {one.delivery.lock for one in paid if one.delivery and one.state in (State.RESERVED, State.OFFERED)}
        records = [self.desk.record(bill) for bill in self.bills]
        assert {one.lock_id() for one in records if one.lock is not None and one.lock.state.name == "FUNDED"} == funded

    def payment(self, number: int) -> Payment:
        found = self.desk.hub.payment(number)
        if found is not None:
            return found
        raw = self.desk.hub.journal.payment(number)
        assert raw is not None
        return DECODER.decode(raw)


@pytest.mark.parametrize(("seed", "remembered"), [(1, trade_shelf.REMEMBERED_MAX), (2, -1)])
def test_title_and_money_never_part(tmp_path: Path, seed: int, remembered: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # With nothing remembered from batch to batch every record is read from the journal, as of a register that is larger than memory.
    monkeypatch.setattr(trade_shelf, "REMEMBERED_MAX", remembered)
    walk = Walk(tmp_path / "hub", seed)
    for number in range(1, STEPS + 1):
        walk.step()
        walk.check()
        if number % 50 == 0:
            assert prove_hub(walk.desk.hub).faults == []
            agree(walk.desk)
    assert prove_hub(walk.desk.hub).faults == []
    assert all(walk.done[what] for what in ("settled", "refused", "crashed", "acts")), walk.done
    walk.desk.close()

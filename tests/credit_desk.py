"""One credit, the books that follow it, and the deals that tests play with it."""

from __future__ import annotations

from typing import Any

import msgspec

from fondaco.core import Instant, Reason, Refusal
from fondaco.trade import deadline
from fondaco.trade.availability import available, contingent, control, locks
from fondaco.trade.crediting import begin, decide, elapse
from fondaco.trade.letter_of_credit import LetterOfCredit, State
from trade_world import COL, HUB, PLACES, REM, Books, batch, deed, moment, taken

EXPORTER, IMPORTER = "MERLION-EXPORTS", "PADMA-MILLS"
# The issuing bank sits in Dhaka (open Sunday to Thursday), advising and confirming bank and the reimbursing one in Singapore.
ISSUER, ADVISER, REIMBURSER = COL, REM, "FNDESGSG"
START = moment("2027-03-08T05:00")  # a Monday
TERMS: dict[str, Any] = {
    "number": "DC-17", "issued": "2027-03-08", "expiry": "2027-05-30", "expiry_place": {"name": "SINGAPORE", "locode": "SGSIN"},
    "applicant": {"name": "Padma Mills", "id": IMPORTER}, "beneficiary": {"name": "Merlion Exports", "id": EXPORTER},
    "issuing_bank": {"name": "Fondaco Bank Dhaka", "id": ISSUER}, "advising_bank": {"name": "Fondaco Bank Singapore", "id": ADVISER},
    "available_with": {"name": "Fondaco Bank Singapore", "id": ADVISER}, "currency": "SGD", "amount": "1000.00", "available_by": "SIGHT_PAYMENT",
    "latest_shipment": "2027-05-09",
}  # fmt: skip
DEFERRED = {"available_by": "DEFERRED_PAYMENT", "deferred": {"event": "AFTER_SIGHT", "days": 60}}
DISCREPANCIES = [{"text": "B/L shows port of loading Port Klang", "rule": "UCP600.20a.iii", "where": "transport.loading"}]


class CreditDesk:
    """One credit and the books that follow it."""

    def __init__(self, at: Instant = START, margin: str = "", **changes: Any) -> None:
        self.at, self.books, self.number = at, Books(), 0
        made = taken(begin("LC-000001", deed(IMPORTER, "", 0, "APPLIED", terms={**TERMS, **changes}), at, PLACES))
        self.lc: LetterOfCredit = made.instrument
        self.books.take(made)
        self.margin = margin

    def ask(self, actor: str, action: str, **body: Any) -> Any:
        before = msgspec.json.encode(self.lc)
        answer = decide(self.lc, deed(actor, "LC-000001", self.lc.version, action, **body), self.at, PLACES)
        assert msgspec.json.encode(self.lc) == before
        return answer

    def do(self, actor: str, action: str, **body: Any) -> LetterOfCredit:
        self.take(taken(self.ask(actor, action, **body)))
        return self.lc

    def take(self, made: Any) -> None:
        self.lc = made.instrument
        for record, holder in control(self.lc).items():
            giver = next((step.giver for step in made.control if step.record == record), holder)
            self.books.holders.setdefault(record, giver)
        self.books.take(made)
        self.check()

    def refuse(self, reason: Reason, where: str, article: str, actor: str, action: str, **body: Any) -> None:
        answer = self.ask(actor, action, **body)
        assert isinstance(answer, Refusal), action
        assert (answer.reason, answer.where, answer.article) == (reason, where, article), answer.sentence()

    def pass_to(self, at: Instant | int) -> None:
        self.at = Instant(int(at))
        made = elapse(self.lc, self.at, PLACES)
        if made is not None:
            self.take(made)
        assert elapse(self.lc, self.at, PLACES) is None

    def issue(self) -> CreditDesk:
        self.do(ISSUER, "APPROVED", margin=self.margin)
        self.do(ISSUER, "ISSUED")
        self.do(ADVISER, "ADVISED")
        return self

    def confirm(self) -> CreditDesk:
        self.issue().do(ADVISER, "CONFIRMED")
        return self

    def present(self, bank: str, amount: str = "1000.00", **more: Any) -> int:
        """Documents of one record each to `bank`; the presentation's number."""
        body = {
            "bank": bank,
            "currency": "SGD",
            "amount": amount,
            "records": [f"ETR-{len(self.lc.presentations) + 1:06d}"],
            **more,
        }
        presenter = self.lc.presentations[body["corrects"] - 1].presenter if "corrects" in body else EXPORTER
        self.do(presenter, "PRESENTED", **body)
        return len(self.lc.presentations)

    def pay(self, amount: str = "1000.00", **what: int) -> LetterOfCredit:
        self.number += 1
        return self.do(HUB, "PAID", batch=batch(self.number), currency="SGD", amount=amount, **what)

    def state(self, number: int) -> str:
        return self.lc.presentations[number - 1].state.value

    def clock(self, number: int, rule: deadline.Rule = deadline.GIVE_NOTICE) -> deadline.Deadline:
        return next(d for d in self.lc.deadlines if d.id == f"LC-000001/P{number}/{rule.name}")

    def check(self) -> None:
        """What holds after every step, whoever did what."""
        lc = self.lc
        assert available(lc, lc.issuing_bank) >= 0
        for each in (lc.issue, lc.confirmation):
            if each is not None:
                assert contingent(lc, each) >= 0
        for record, holder in control(lc).items():
            assert self.books.holders[record] == holder
        for lock in locks(lc):
            assert self.books.holders[lock.record] == lock.giver
        assert len(set(lc.batches)) == len(lc.batches)
        if lc.issue.state in (State.CLOSED, State.DECLINED):
            assert self.books.standing() == {}
            assert lc.confirmation is None or lc.confirmation.state in (State.CLOSED, State.DECLINED)
            assert all(d.state is not deadline.State.OPEN for d in lc.deadlines)

"""Acts upon transferable records drawn by lot, lawful ones more often than not, and the laws that hold after each."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from fondaco.core import Instant, Refusal, utc_text
from fondaco.trade import Decided, register
from fondaco.trade.canonical import canonical
from fondaco.trade.control_body import BODIES
from titles import BANK, BATCH, BUYER, CARRIER, HOUR, OPERATOR, OTHER, SHIPPER, SUPERVISOR, Desk, bill, lading

TRADERS = (SHIPPER, BUYER, BANK, OTHER)
ACTIONS = tuple(action for action in BODIES if action not in ("ISSUE", "CONVERT_IN"))


class Lots:
    """A register on which one act after another is tried. `done` counts what was lawful, `refused` what was not, by action."""

    def __init__(self, lots: random.Random) -> None:
        self.lots = lots
        self.desk = Desk()
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def step(self) -> None:
        """One act, and the laws."""
        lots, desk = self.lots, self.desk
        desk.now = Instant(desk.now + lots.choice((1, HOUR // 60, HOUR // 4)))
        before = dict(desk.book.records)
        if not before or lots.random() < 0.08:
            action, answer = self._issue()
        elif lots.random() < 0.2:
            action, answer = self._note()
        else:
            action, answer = self._deed()
        if isinstance(answer, Refusal):
            self.refused[action] += 1
            assert desk.book.records == before, f"{action} was refused and changed something"
            assert answer.article, answer
            assert answer.where, answer
            return
        self.done[action] += 1
        self.done["SUPERSEDE"] += len(answer.instrument) - 1
        for change in answer.instrument:
            self._law(change.record.instrument, before)

    def _law(self, instrument: str, before: dict[str, Any]) -> None:
        record, former = self.desk.record(instrument), before.get(instrument)
        held = {party: units for party, units in self.desk.units[instrument].items() if units}
        assert held == ({} if record.ended else {record.holder: 1}), "never two holders, never none while it lives"
        last = self.desk.events[instrument][-1].event
        if former is not None and former.holder != record.holder:
            # Nothing that was locked against something moved without a batch, nothing that was pledged but to its pledgee, nothing frozen at all.
            assert former.freeze.name == "FREE"
            assert not former.pledged or last.action == "ENFORCE"
            assert not (former.locked and former.lock.against) or last.batch == BATCH
        alive = [r for r in self.desk.book.records.values() if r.serial == record.serial and r.issuer == record.issuer]
        assert sum(r.state.name == "LIVE" for r in alive) <= 1, "one live record for a serial"

    def _issue(self) -> tuple[str, Decided[Any] | Refusal]:
        lots, desk = self.lots, self.desk
        serial = f"S-{lots.randint(1, 12)}"
        words = f"Terms {lots.randint(1, 10_000)}."
        waits = [
            r.instrument for r in desk.book.records.values() if r.state.name in ("SURRENDERED_FOR_AMENDMENT", "SWITCHED_TO_PAPER")
        ]
        old = lots.choice((waits or [*desk.book.records] or [""]) if lots.random() < 0.6 else [""])
        if old:
            serial = desk.record(old).serial
        if desk.record(old).issuer == CARRIER if old else lots.random() < 0.6:
            title = lots.choice(("ORDER", "ORDER", "BLANK", "STRAIGHT"))
            content, actor = canonical(lading(serial, title, termsAndConditions=words)), CARRIER
            given = {"kind": "BILL_OF_LADING", "title": title, "named": {"ORDER": SHIPPER, "STRAIGHT": BUYER}.get(title, "")}
        else:
            note = desk.record(old).issuer == BUYER if old else lots.random() < 0.5
            maturity = lots.choice(("AT_SIGHT", "2026-11-27"))
            content = canonical(bill(serial, note, placeOfIssue=words, maturity=maturity))
            actor = BUYER if note else SHIPPER
            given = {"kind": "PROMISSORY_NOTE" if note else "BILL_OF_EXCHANGE", "title": "ORDER", "named": SHIPPER}
        action = "ISSUE"
        if old and desk.record(old).ended and lots.random() < 0.8:
            action, given = "CONVERT_IN", {**given, "paper": ["P-1"], "statement": "the paper is void"}
        recipient = desk.record(old).surrendered_by if old else ""
        recipient = recipient or lots.choice((SHIPPER, SHIPPER, *TRADERS))
        body = {**given, "serial": serial, "recipient": recipient, "content": content, "law": "SG", "supersedes": old}
        return action, desk.act(actor, action, "", **body)

    def _note(self) -> tuple[str, Decided[Any] | Refusal]:
        lots, desk = self.lots, self.desk
        locked = [r for r in desk.book.records.values() if r.locked]
        if not locked:
            return self._deed()
        record = lots.choice(locked)
        lock, due = record.lock_id(), register.lapses(record, desk.now)
        action = "LAPSE" if due else lots.choice(("FUND", "UNFUND", "SETTLE", "SETTLE", "LAPSE"))
        if action == "FUND":
            return action, desk.take(register.fund(desk.book, lock, "payment", desk.now))
        if action == "SETTLE":
            return action, desk.take(register.settle(desk.book, lock, BATCH, desk.now))
        return action, desk.take((register.lapse if action == "LAPSE" else register.unfund)(desk.book, lock, desk.now))

    def _deed(self) -> tuple[str, Decided[Any] | Refusal]:
        lots, desk = self.lots, self.desk
        open_ones = [r for r in desk.book.records.values() if not r.ended] or list(desk.book.records.values())
        record = lots.choice(open_ones)
        action = lots.choice(self._likely(record) if lots.random() < 0.75 else ACTIONS)
        actor, signed = self._actor(record, action), ()
        if action.endswith("FREEZE"):
            actor, signed = (OPERATOR, (OPERATOR, SUPERVISOR)) if lots.random() < 0.8 else (OPERATOR, (OPERATOR,))
        elif lots.random() < 0.15:
            actor = lots.choice((*TRADERS, CARRIER))
        return action, desk.act(actor, action, record.instrument, signed=signed, **self._body(record, action))

    def _likely(self, record: Any) -> tuple[str, ...]:
        if record.freeze.name == "FROZEN":
            return ("UNFREEZE", "UNFREEZE", "UNFREEZE", "TRANSFER", "REJECT", "WITHDRAW")
        if record.state.name == "ISSUED":
            return (*("ACCEPT",) * 8, "REJECT", "WITHDRAW")
        if record.state.name != "LIVE":
            return ("SACC", "SREJ")
        if record.bill is not None and record.bill.state.name == "DISHONOURED" and not record.locked:
            return (*("RECOURSE",) * 4, "ACCEPT_BILL", "PRESENT_FOR_PAYMENT", "TRANSFER")
        if record.locked and record.lock.presentment:
            return ("REJECT", "WITHDRAW", "SIGN")
        if record.locked:
            return ("ACCEPT", "ACCEPT", "ACCEPT", "REJECT", "WITHDRAW", "ACCEPT_BILL")
        if record.pledge is not None and record.pledge.open:
            return (*("ACCEPT_PLEDGE",) * 3, "DECLINE_PLEDGE", "WITHDRAW_PLEDGE", "RELEASE", "RELEASE", "ENFORCE", "TRANSFER")
        bills = (
            ("ACCEPT_BILL", "REFUSE_BILL", "AVAL", "PRESENT_FOR_PAYMENT", "PRESENT_FOR_PAYMENT", "RECOURSE")
            if record.bill
            else ()
        )
        return (
            *bills,
            *("TRANSFER", "TRANSFER", "OFFER_AGAINST", "OFFER_AGAINST", "PLEDGE", "PLEDGE", "ENDORSE", "ENDORSE_TO_ORDER"),
            *("BLANK_ENDORSE", "SIGN", "SURRENDER_FOR_DELIVERY", "SURRENDER_FOR_AMENDMENT"),
        )

    def _actor(self, record: Any, action: str) -> str:
        if action in ("ACCEPT", "REJECT") and record.lock is not None and record.locked:
            return str(record.lock.recipient)
        if record.state.name == "ISSUED":
            return str(record.issuer if action == "WITHDRAW" else record.first)
        if action in ("ACCEPT_PLEDGE", "DECLINE_PLEDGE", "RELEASE", "ENFORCE") and record.pledge is not None:
            return str(record.pledge.pledgee)
        if action in ("SACC", "SREJ"):
            return str(record.issuer)
        if action in ("ACCEPT_BILL", "REFUSE_BILL") and record.bill is not None:
            return str(record.bill.obligor)
        return BANK if action == "AVAL" else str(record.holder or SHIPPER)

    def _liable(self, record: Any) -> str:
        signed = (record.issuer, *(record.bill.liable if record.bill is not None else ()))
        return str(self.lots.choice([one for one in signed if one != record.holder] or [OTHER]))

    def _body(self, record: Any, action: str) -> dict[str, Any]:
        lots = self.lots
        until = utc_text(Instant(self.desk.now + lots.choice((HOUR // 2, 2 * HOUR, 24 * HOUR))))
        to = {"recipient": lots.choice([one for one in TRADERS if one != record.holder or lots.random() < 0.2])}
        if record.titleholder not in ("", record.holder) and lots.random() < 0.7:
            # Back to whom the record names: else before long nobody can do anything with it.
            to = {"recipient": record.titleholder}
        endorsed = {"endorsement": lots.choice(("", "", "", "ENDORSE", "ENDORSE_TO_ORDER", "ENDORSE_TO_ORDER", "BLANK_ENDORSE"))}
        if action == "TRANSFER":
            return {**to, **endorsed, "until": until}
        if action == "OFFER_AGAINST":
            return {
                **to,
                **endorsed,
                "until": until,
                "against": lots.choice(("PAYMENT", "UNDERTAKING")),
                "reference": "COL-000001",
            }
        if action == "PRESENT_FOR_PAYMENT":
            return {"until": until, "reference": "payment"}
        if action in ("ENDORSE", "ENDORSE_TO_ORDER", "RECOURSE"):
            return to if action != "RECOURSE" else {"recipient": self._liable(record)}
        if action == "PLEDGE":
            due = lots.choice(("2026-11-26", "2026-11-26", "2027-01-01"))
            return {
                "pledgee": lots.choice(TRADERS),
                "secured": "KRW 1",
                "power": lots.choice(("HOLD", "ENFORCE", "ENFORCE")),
                "due": due,
            }
        if action == "SURRENDER_FOR_AMENDMENT":
            return {"reasonCode": lots.choice(("SWTP", "COD", "SWI"))}
        if action == "SACC" and record.state.name == "SURRENDERED_FOR_PAPER":
            return {"paper": ["P-1"], "statement": "on paper from now on"}
        return {"order": "1/2026", "court": "High Court"} if action.endswith("FREEZE") else {}

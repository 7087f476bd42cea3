"""What parties do with documentary collections, and with the records that go with them."""

from __future__ import annotations

from typing import Any

from fondaco.trade import Collection, Lock, TransferableRecord, collection
from trade_walk.acts import Act, signed
from trade_walk.ground import BANK_OF, FACTOR, GROCER, HOME, IMPORTER
from trade_walk.records import SELLERS, Records
from trade_walk.world import TradeWorld

_ACTS = ("SENT", "DECLINED", "RECEIVED", "PRESENTED", "ACCEPTED", "DISHONOURED", "RE_INSTRUCTED", "PROTESTED", "DOCS_RETURNED", "TRACED",
         "PROCEEDS_REMITTED", "CLOSED", "FATE_ADVISED", "AMENDED", "PAID", "MATURED", "PART_PAID")  # fmt: skip
OPEN_MAX = 4


def on_its_way(records: Records, lock: Lock, reference: str) -> Act | None:
    """The next act by which a record gets where an instrument wants it: offered, accepted, or offered against what is asked."""
    record: TransferableRecord | None = records.world.hub.trading.records.record(lock.record)
    if record is None or record.ended or record.holder != lock.giver:
        return None
    open_lock = record.lock if record.locked else None
    free = lock.against == "MANDATE"
    wanted = ("", "") if free else (lock.against, reference)
    if open_lock is not None:
        if open_lock.recipient == lock.taker and (open_lock.against, open_lock.reference) == wanted:
            return records.deed(record, lock.taker, "ACCEPT") if free else None
        return records.deed(record, record.holder, "WITHDRAW")
    body = {"recipient": lock.taker, "until": records.until(3_600, 30 * 86_400)}
    if free:
        return records.deed(record, lock.giver, "TRANSFER", **body)
    more = {"endorsement": "ENDORSE_TO_ORDER"} if record.may_endorse() and reference.startswith("LC") else {}
    return records.deed(record, lock.giver, "OFFER_AGAINST", **body, against=lock.against, reference=reference, **more)


def _back(one: Collection) -> tuple[Lock, ...]:
    """The records that go back the way they came, once the instruction or the sixty days say so."""
    state = one.state.name
    if state in ("RE_INSTRUCTED", "PROTESTED", "DISHONOURED") and one.direction == "RETURN":
        giver, taker = one.collecting_bank, one.remitting_bank
    elif state == "DOCS_RETURNED":
        giver, taker = one.remitting_bank, one.principal
    else:
        return ()
    return tuple(Lock(record, giver, taker, "MANDATE", one.id) for record in one.records)


class Collecting:
    """The collections of a world."""

    def __init__(self, world: TradeWorld, records: Records) -> None:
        self.world, self.dice, self.records = world, world.dice, records

    def all(self) -> list[Collection]:
        found, number = [], 1
        while (one := self.world.hub.trading.collections.collection(f"COL-{number:06d}")) is not None:
            found.append(one)
            number += 1
        return found

    def open(self) -> list[Collection]:
        return [one for one in self.all() if one.state.name not in ("CLOSED", "DECLINED")]

    def act(self) -> Act | None:
        found, dice = self.open(), self.dice
        if not found or (len(found) < OPEN_MAX and dice.random() < 0.15):
            return self.instruct()
        one = dice.choice(found)
        if one.records and dice.random() < 0.05:
            return self._tempted(one)
        moving = [
            act for lock in (*collection.locks(one), *_back(one)) if (act := on_its_way(self.records, lock, one.id)) is not None
        ]
        if moving and dice.random() < 0.75:
            return dice.choice(moving)
        if one.state.name in ("PRESENTED", "MATURED") and (one.terms == "DP" or one.accepted_on) and dice.random() < 0.7:
            return None  # its payment is what is waited for
        action = self._likely(one) if dice.random() < 0.9 else dice.choice(_ACTS)
        actor = self._actor(one, action) if dice.random() < 0.93 else dice.choice(list(BANK_OF))
        return signed(actor, action, one.id, one.version, self._body(one, action))

    def _tempted(self, one: Collection) -> Act | None:
        """Who has the documents lets the drawee have them for nothing, and the drawee takes them."""
        record = self.world.hub.trading.records.record(self.dice.choice(one.records))
        if record is None or record.ended:
            return None
        if record.locked and record.lock is not None and record.lock.recipient == one.drawee:
            return self.records.deed(record, one.drawee, "ACCEPT")
        return self.records.deed(record, record.holder, "TRANSFER", recipient=one.drawee, until=self.records.until())

    def instruct(self) -> Act:
        dice = self.dice
        principal = dice.choice(SELLERS)
        bank = BANK_OF[principal]
        drawee = dice.choice((IMPORTER, IMPORTER, FACTOR, GROCER))
        terms = dice.choice(("DP", "DP", "DA"))
        own = [one.instrument for one in self.records.live() if one.holder == principal and not one.locked and not one.pledged]
        records = dice.sample(own, min(len(own), dice.choice((1, 1, 1, 1, 0, 2) if terms == "DA" else (1, 1, 1, 1, 0))))
        price = dice.choice(list(self.world.ground.prices)) if HOME[bank] == "THB" else dice.choice(("80.00", "1250.00"))
        body: dict[str, Any] = {
            "remitting_bank": bank, "collecting_bank": BANK_OF[drawee], "drawee": drawee, "currency": HOME[bank], "amount": price, "terms": terms,
            "records": records, "part_payment": dice.random() < 0.3, "protest": dice.random() < 0.3,
        }  # fmt: skip
        if terms == "DA":
            body["tenor"] = {"event": "AFTER_SIGHT", "days": dice.choice((1, 5, 20))}
        if dice.random() < 0.2:
            body["answer_by"] = "2026-12-04"
        return signed(principal, "INSTRUCTED", "", 0, body)

    def _likely(self, one: Collection) -> str:
        rows = [row.on.name for row in collection.COLLECTION.rows if row.before is one.state]
        plain = [
            name for name in rows if name not in ("TRACED", "FATE_ADVISED", "AMENDED", "DECLINED", "DISHONOURED", "PROTESTED")
        ]
        return self.dice.choice(plain if plain and self.dice.random() < 0.75 else rows)

    def _actor(self, one: Collection, action: str) -> str:
        if action in ("SENT", "RE_INSTRUCTED", "TRACED", "AMENDED", "PROCEEDS_REMITTED"):
            return one.remitting_bank
        if action == "CLOSED":
            return one.remitting_bank
        if action == "DECLINED":
            return one.remitting_bank if one.state.name == "INSTRUCTED" else one.collecting_bank
        if action == "ACCEPTED" or (action == "DISHONOURED" and self.dice.random() < 0.5):
            return one.drawee
        return one.collecting_bank

    def _body(self, one: Collection, action: str) -> dict[str, Any]:
        dice = self.dice
        if action == "RE_INSTRUCTED":
            return {"direction": dice.choice(("PRESENT", "PRESENT", "PROTEST", "RETURN"))}
        if action == "AMENDED":
            price = dice.choice(list(self.world.ground.prices)) if one.currency == "THB" else dice.choice(("80.00", "90.00"))
            return dice.choice(({"amount": price}, {"part_payment": True}, {"terms": "DP"}))
        if action == "PROTESTED":
            return dice.choice(
                ({"text": "as it is"}, {"notary": "A notary", "place": "SINGAPORE", "on": "2026-11-25", "reference": "N 1"})
            )
        if action in ("DECLINED", "DISHONOURED", "TRACED", "FATE_ADVISED", "PROCEEDS_REMITTED"):
            return {"text": "as it is"}
        if action == "PAID":
            return {"batch": "0" * 64, "currency": one.currency, "amount": "1.00"}
        return {}

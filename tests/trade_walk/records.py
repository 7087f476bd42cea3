"""What parties do with transferable records: what the tables allow more often than not."""

from __future__ import annotations

from typing import Any

from fondaco.core import Instant, utc_text
from fondaco.trade import TransferableRecord
from fondaco.trade.canonical import canonical
from fondaco.trade.control_body import BODIES
from titles import bill, lading
from trade_walk.acts import Act, signed
from trade_walk.ground import BANK_OF, CARRIER, EXPORTER, FACTOR, GROCER, HOME, IMPORTER, MILLER
from trade_walk.world import TradeWorld
from union import S

SELLERS = (EXPORTER, GROCER, MILLER)
BUYERS = (IMPORTER, IMPORTER, FACTOR, GROCER)
_ANY = tuple(action for action in BODIES if action not in ("ISSUE", "CONVERT_IN"))
_HELD = (
    *("TRANSFER",) * 3, *("OFFER_AGAINST",) * 6, "PLEDGE", "PLEDGE", "ENDORSE", "ENDORSE_TO_ORDER", *("BLANK_ENDORSE",) * 3, "SIGN",
    "SURRENDER_FOR_DELIVERY", "SURRENDER_FOR_AMENDMENT",
)  # fmt: skip
_BILLS = ("ACCEPT_BILL", "ACCEPT_BILL", "REFUSE_BILL", "AVAL", "PRESENT_FOR_PAYMENT", "PRESENT_FOR_PAYMENT")
ALIVE_MAX = 14


class Records:
    """Acts upon the records of a world."""

    def __init__(self, world: TradeWorld) -> None:
        self.world, self.dice = world, world.dice
        self.serial = 0

    def all(self) -> list[TransferableRecord]:
        """Every record that was begun, as it stands; numbers have no gaps."""
        found, number = [], 1
        while (one := self.world.hub.trading.records.record(f"ETR-{number:06d}")) is not None:
            found.append(one)
            number += 1
        return found

    def live(self) -> list[TransferableRecord]:
        return [one for one in self.all() if not one.ended]

    def act(self) -> Act | None:
        """Any act upon any record, or a new one."""
        alive = self.live()
        if not alive or (len(alive) < ALIVE_MAX and self.dice.random() < 0.12):
            return self.issue()
        record = self.dice.choice(alive)
        action = self.dice.choice(self._likely(record) if self.dice.random() < 0.85 else _ANY)
        if action == "ISSUE":
            return self.reissue(record)
        return self.deed(record, self._actor(record, action), action, **self._body(record, action))

    def deed(self, record: TransferableRecord, actor: str, action: str, **body: Any) -> Act:
        return signed(actor, action, record.instrument, record.seq, {"head": record.head, **body})

    def until(self, *seconds: int) -> str:
        return utc_text(Instant(self.world.now + self.dice.choice(seconds or (20, 3_600, 86_400, 30 * 86_400)) * S))

    # A new one

    def issue(self, **more: Any) -> Act:
        self.serial += 1
        serial, seller = f"S-{self.dice.choice((self.serial, self.serial, self.serial, 1))}", self.dice.choice(SELLERS)
        if self.dice.random() < 0.2 and not more:
            return self._draw(seller, serial)
        return self._lading(seller, serial, **more)

    def _lading(self, seller: str, serial: str, action: str = "ISSUE", **more: Any) -> Act:
        title = self.dice.choice(("ORDER", "ORDER", "ORDER", "BLANK", "STRAIGHT"))
        content = canonical(lading(serial, title, termsAndConditions=f"Terms {self.dice.randint(1, 10_000)}."))
        named = {"ORDER": seller, "STRAIGHT": self.dice.choice(BUYERS)}.get(title, "")
        body = {
            "kind": "BILL_OF_LADING", "serial": serial, "recipient": seller, "title": title, "named": named, "content": content, "law": "SG",
            **more,
        }  # fmt: skip
        return signed(CARRIER, action, "", 0, body)

    def _draw(self, seller: str, serial: str) -> Act:
        note, buyer = self.dice.random() < 0.5, self.dice.choice((IMPORTER, FACTOR))
        drawer = buyer if note else seller
        parties = {"drawer": drawer, "payee": seller, **({} if note else {"drawee": buyer})}
        maturity = self.dice.choice(("AT_SIGHT", "2026-11-27", "2026-12-10"))
        content = canonical(bill(serial, note, currency="SGD", amount="900.00", maturity=maturity, **parties))
        kind = "PROMISSORY_NOTE" if note else "BILL_OF_EXCHANGE"
        body = {
            "kind": kind,
            "serial": serial,
            "recipient": seller,
            "title": "ORDER",
            "named": seller,
            "content": content,
            "law": "SG",
        }
        return signed(drawer, "ISSUE", "", 0, body)

    def reissue(self, old: TransferableRecord) -> Act | None:
        """The amended record that takes the place of one which was surrendered; or one that comes back from paper."""
        if old.kind.name != "BILL_OF_LADING":
            return None
        if old.ended:
            more = {"supersedes": old.instrument, "paper": ["P-1"], "statement": "the paper is void"}
            return self._lading(self.dice.choice(SELLERS), old.serial, "CONVERT_IN", **more)
        return self._lading(old.surrendered_by, old.serial, supersedes=old.instrument)

    def from_paper(self) -> Act | None:
        switched = [one for one in self.all() if one.state.name == "SWITCHED_TO_PAPER"]
        return self.reissue(self.dice.choice(switched)) if switched else None

    # One that there is

    def _likely(self, record: TransferableRecord) -> tuple[str, ...]:
        if record.freeze.name == "FROZEN":
            return "UNFREEZE", "UNFREEZE", "UNFREEZE", "TRANSFER", "WITHDRAW", "ACCEPT"
        if record.state.name == "ISSUED":
            return (*("ACCEPT",) * 9, "REJECT", "WITHDRAW")
        if record.state.name == "SURRENDERED_FOR_AMENDMENT":
            return "ISSUE", "ISSUE", "SREJ"
        if record.state.name != "LIVE":
            return "SACC", "SREJ"
        if record.locked and record.lock is not None:
            return (
                ("WITHDRAW", "REJECT", "FREEZE") if record.lock.against else ("ACCEPT", "ACCEPT", "ACCEPT", "REJECT", "WITHDRAW")
            )
        if record.pledged:
            return (*("ACCEPT_PLEDGE",) * 3, "DECLINE_PLEDGE", "WITHDRAW_PLEDGE", "RELEASE", "RELEASE", "ENFORCE", "TRANSFER")
        return (*_HELD, *(_BILLS if record.bill is not None else ()), *(("FREEZE",) if self.dice.random() < 0.2 else ()))

    def _actor(self, record: TransferableRecord, action: str) -> str:
        bill_of = record.bill
        if self.dice.random() < 0.06:
            return self.dice.choice(list(BANK_OF))
        if action.endswith("FREEZE"):
            return "OPERATOR"
        if action in ("ACCEPT", "REJECT") and record.lock is not None and record.locked:
            return record.lock.recipient
        if record.state.name == "ISSUED":
            return record.issuer if action == "WITHDRAW" else record.first
        if action in ("ACCEPT_PLEDGE", "DECLINE_PLEDGE", "RELEASE", "ENFORCE") and record.pledge is not None:
            return record.pledge.pledgee
        if action in ("SACC", "SREJ"):
            return record.issuer
        if action in ("ACCEPT_BILL", "REFUSE_BILL") and bill_of is not None:
            return bill_of.obligor
        return record.holder

    def _body(self, record: TransferableRecord, action: str) -> dict[str, Any]:
        dice = self.dice
        taker = dice.choice([one for one in (*SELLERS, IMPORTER, FACTOR, *HOME) if one != record.holder])
        if record.titleholder not in ("", record.holder) and dice.random() < 0.7:
            taker = record.titleholder  # else before long nobody can do anything with it
        endorsement = dice.choice(("", "", "ENDORSE_TO_ORDER", "BLANK_ENDORSE")) if record.may_endorse() else ""
        if action == "TRANSFER":
            return {"recipient": taker, "until": self.until(), "endorsement": endorsement}
        if action == "OFFER_AGAINST":
            payee = BANK_OF.get(record.holder, "ZZBBSG02")
            terms = f"{HOME[payee]} {self._price(HOME[payee])} {payee}"
            buyer = dice.choice([one for one in (*BUYERS, *HOME) if one != record.holder])
            return {
                "recipient": buyer,
                "until": self.until(),
                "endorsement": endorsement,
                "against": "PAYMENT",
                "reference": terms,
            }
        if action == "PRESENT_FOR_PAYMENT":
            payee = BANK_OF.get(record.holder, "ZZBBSG02")
            return {"until": self.until(3_600, 86_400), "reference": f"{HOME[payee]} {self._price(HOME[payee])} {payee}"}
        if action in ("ENDORSE", "ENDORSE_TO_ORDER", "RECOURSE"):
            return {"recipient": taker}
        if action == "PLEDGE":
            due = dice.choice(("2026-11-24", "2026-11-30", "2027-02-01"))
            return {
                "pledgee": dice.choice((FACTOR, *HOME)),
                "secured": "SGD 1",
                "power": dice.choice(("HOLD", "ENFORCE")),
                "due": due,
            }
        if action == "SURRENDER_FOR_AMENDMENT":
            return {"reasonCode": dice.choice(("SWTP", "COD", "SWI"))}
        if action == "SACC" and record.state.name == "SURRENDERED_FOR_PAPER":
            return {"paper": ["P-1"], "statement": "on paper from now on"}
        return {"order": "1/2026", "court": "High Court"} if action.endswith("FREEZE") else {}

    def _price(self, currency: str) -> str:
        if currency == "THB":
            return self.dice.choice(list(self.world.ground.prices))
        return self.dice.choice(("10.00", "25.50", "1250.00", "700000.00"))

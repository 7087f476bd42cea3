"""A desk for stories of collections: an exporter in Bangkok sends documents through its bank to an importer in Singapore."""

from __future__ import annotations

import json
from typing import Any

from fondaco.core import Refusal
from fondaco.hub.trade_legs import record_number
from fondaco.ledger import Role, account_id, instrument_number, memo_ledger_of
from fondaco.payments import Payment
from fondaco.trade import Collection, Deed
from trades import EXPORTER, IMPORTER, TradeDesk, named, signed
from union import HUB, SG1, TH1

REM, COL = TH1, SG1
MEMO = memo_ledger_of(764, 2)


class CollectionDesk(TradeDesk):
    """What it pays is converted: the importer's bank gives dollars, the exporter's gets baht."""

    def collection(self, instrument: str = "COL-000001") -> Collection:
        found = self.hub.trading.collections.collection(instrument)
        assert found is not None
        return found

    def say(self, actor: str, action: str, instrument: str = "", *hands: str, **body: Any) -> Refusal | str | None:
        """A deed upon a collection as it stands."""
        version = self.collection(instrument).version if instrument else 0
        return self.perform(signed(Deed(HUB, actor, instrument, version, action, json.dumps(body).encode()), *hands))

    def arrives(self, dollars: str = "100.00") -> str:
        """What of so many dollars arrives in baht, tried with a payment."""
        tried = self.pay(SG1, TH1, dollars, "SGD", urgent=True, before='<InstdAmt Ccy="THB">1.00</InstdAmt>')
        assert tried.locked is not None
        self.answer(tried)
        return f"{tried.target_minor // 100}.{tried.target_minor % 100:02d}"

    def instruct(self, amount: str, *records: str, **more: Any) -> str:
        said = {
            "remitting_bank": REM, "collecting_bank": COL, "drawee": IMPORTER, "currency": "THB", "amount": amount, "records": records,
            **more,
        }  # fmt: skip
        answer = self.say(EXPORTER, "INSTRUCTED", **said)
        assert isinstance(answer, str), answer
        return answer.split(" ")[0]

    def hand_over(self, record: str, giver: str, taker: str) -> None:
        """A record passes as it does between banks: possession alone, by offer and acceptance."""
        assert isinstance(self.act(giver, "TRANSFER", record, recipient=taker, until=self.until(600)), str)
        assert isinstance(self.act(taker, "ACCEPT", record), str)

    def present(self, instrument: str, *records: str) -> None:
        """The documents go from the principal to the bank that presents them."""
        for record in records:
            self.hand_over(record, EXPORTER, REM)
        assert self.say(REM, "SENT", instrument) == f"{instrument} 2"
        for record in records:
            self.hand_over(record, REM, COL)
        assert self.say(COL, "RECEIVED", instrument) == f"{instrument} 3"
        assert self.say(COL, "PRESENTED", instrument) == f"{instrument} 4"

    def offered_under(self, record: str, instrument: str, against: str = "PAYMENT", seconds: int = 3_600) -> str:
        answer = self.act(
            COL, "OFFER_AGAINST", record, recipient=IMPORTER, until=self.until(seconds), against=against, reference=instrument
        )
        assert isinstance(answer, str), answer
        return self.record(record).lock_id()

    def pay_collection(self, what: str, baht: str, dollars: str = "100.00", **more: Any) -> Payment:
        exact = f'<InstdAmt Ccy="THB">{baht}</InstdAmt>'
        return self.pay(SG1, TH1, dollars, "SGD", urgent=True, before=exact, extra=named(what), **more)

    def blank_bill(self, serial: str = "SLT0001") -> str:
        """A bill of lading to the exporter's order, which it endorses in blank: whoever has it has the goods."""
        bill = self.issue(serial)
        assert isinstance(self.act(EXPORTER, "BLANK_ENDORSE", bill), str)
        return bill

    def memoranda(self, instrument: str) -> dict[str, int]:
        """What stands of a collection in memoranda, by kind of account: minor units of baht."""
        found = {}
        number = instrument_number(instrument)
        for role, holder in (
            (Role.COLLECTION_CLAIM, REM), (Role.COLLECTION_LIABILITY, REM),
            (Role.OBLIGATION_CLAIM, EXPORTER), (Role.OBLIGATION_LIABILITY, IMPORTER),
        ):  # fmt: skip
            balance = self.hub.books.balance(account_id(role, MEMO, self.hub.trading.parties.number_of(holder), number))
            if balance is not None and balance.net:
                found[role.name] = balance.net
        return found

    def with_whom(self, record: str) -> str:
        """Who has a record by the register; `prove` compares it with the books."""
        assert record_number(record)
        return self.record(record).holder

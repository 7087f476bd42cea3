"""What belongs to one deal: its instrument, the records and payments under it, the invoices that they pay, and their orders."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from fondaco.hub.collection_machine import PREFIX as COLLECTIONS
from fondaco.hub.credit_machine import PREFIX as CREDITS
from fondaco.hub.hub import Hub
from fondaco.hub.machines import prefix_of
from fondaco.hub.record_machine import PREFIX as RECORDS
from fondaco.payments import DECODER, Payment
from fondaco.trade import Collection, ControlEvent, LetterOfCredit, TradeInvoice, TradeOrder, TransferableRecord


@dataclass
class Belonging:
    """The instruments of a deal as they stand. Exactly one of `credit` and `collection` is there, or neither: then the deal is the record's or paper's own."""

    instrument: str
    credit: LetterOfCredit | None = None
    collection: Collection | None = None
    records: dict[str, TransferableRecord] = field(default_factory=dict)
    invoices: dict[str, TradeInvoice] = field(default_factory=dict)
    orders: dict[str, TradeOrder] = field(default_factory=dict)
    payments: dict[int, Payment] = field(default_factory=dict)

    @property
    def instruments(self) -> tuple[str, ...]:
        """Every one that the deal is made of, the deal's own first."""
        return tuple(dict.fromkeys((self.instrument, *self.records, *self.invoices, *self.orders)))


def belonging(hub: Hub, instrument: str) -> Belonging | None:
    """What belongs to a credit, a collection, a record or an invoice; None where the hub has none of this id. Reads every payment of the journal."""
    trading, prefix = hub.trading, prefix_of(instrument)
    found = Belonging(instrument)
    records: tuple[str, ...] = ()
    if prefix == CREDITS:
        found.credit = trading.credits.credit(instrument)
        records = tuple(r for each in found.credit.presentations for r in each.records) if found.credit is not None else ()
    elif prefix == COLLECTIONS:
        found.collection = trading.collections.collection(instrument)
        records = found.collection.records if found.collection is not None else ()
    elif prefix == RECORDS:
        records = (instrument,)
    elif prefix == trading.invoices.prefix:
        _add_invoice(hub, found, instrument)
    found.records = {one: record for one in records if (record := trading.records.record(one)) is not None}
    if found.credit is None and found.collection is None and not found.records and not found.invoices:
        return None
    _add_payments(hub, found)
    for paper in trading.invoices.all():
        if found.credit is not None and paper.letter_of_credit in (instrument, found.credit.terms.number):
            _add_invoice(hub, found, paper.id)
    return found


def _add_payments(hub: Hub, found: Belonging) -> None:
    asked = {lock for record in found.records.values() for lock in _locks(hub, record, found.instrument)}
    for number, raw in hub.journal.payments():
        payment = DECODER.decode(raw)
        lock = payment.delivery.lock if payment.delivery is not None else ""
        pays = payment.remitted.invoice if payment.remitted is not None else ""
        if lock in asked or (lock and lock.partition("/")[0] == found.instrument) or (pays and pays in found.invoices):
            found.payments[number] = payment
            _add_invoice(hub, found, pays)


def _locks(hub: Hub, record: TransferableRecord, instrument: str) -> list[str]:
    """The offers of a record that were made under the instrument; of a record's own story, all."""
    found = []
    for kept in hub.trading.records.events(record):
        event = msgspec.json.decode(kept.text, type=ControlEvent)
        if event.action == "OFFER_AGAINST":
            said: dict[str, Any] = msgspec.json.decode(event.body)
            if instrument in (record.instrument, said.get("reference")):
                found.append(f"{record.instrument}/{event.seq}")
    return found


def _add_invoice(hub: Hub, found: Belonging, number: str) -> None:
    paper = hub.trading.invoices.found(number) if number else None
    if paper is None:
        return
    found.invoices[number] = paper
    for order in hub.trading.orders.all():
        if paper.order in (order.id, order.number) and (order.buyer, order.seller) == (paper.buyer, paper.seller):
            found.orders[order.id] = order

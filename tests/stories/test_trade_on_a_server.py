"""Title against money on a PostgreSQL server's books and journal: a sale, a collection and a credit, each read again by a hub that was opened anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from collections_desk import CollectionDesk
from fondaco.hub import prove_hub
from fondaco.payments import State
from fondaco.trade import collection
from letters import AMOUNT, MINOR, LetterDesk
from server_stores import stores_on
from trades import EXPORTER, IMPORTER, TradeDesk
from union import SG1, SG2, TH1, agree

pytestmark = pytest.mark.server


def proved(desk: TradeDesk) -> None:
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    desk.close()


def test_a_sale_against_payment(tmp_path: Path, postgres: str) -> None:
    desk = TradeDesk(tmp_path / "hub", stores=stores_on(postgres))
    bill = desk.issue()
    lock = desk.offer(bill, f"SGD 1250.00 {SG2}")
    wrong = desk.pay_for(lock, "1249.99")
    assert wrong.state is State.REJECTED and desk.holder(bill) == EXPORTER
    before = desk.balance(SG2, "SGD")
    payment = desk.pay_for(lock)
    again = desk.again()
    again.answer(again.see(payment))
    assert again.holder(bill) == IMPORTER and again.balance(SG2, "SGD") - before == 1250_00
    proved(again)


def test_a_collection_in_two_currencies(tmp_path: Path, postgres: str) -> None:
    desk = CollectionDesk(tmp_path / "hub", stores=stores_on(postgres))
    baht, bill = desk.arrives(), desk.blank_bill()
    number = desk.instruct(baht, bill)
    desk.present(number, bill)
    whole, before = int(baht.replace(".", "")), desk.balance(TH1, "THB")
    assert desk.memoranda(number) == {"COLLECTION_CLAIM": -whole, "COLLECTION_LIABILITY": whole}
    desk.answer(desk.pay_collection(desk.offered_under(bill, number), baht))
    again = desk.again()
    assert again.collection(number).state is collection.State.PAID and again.memoranda(number) == {}
    assert again.holder(bill) == IMPORTER and again.balance(TH1, "THB") - before == whole
    proved(again)


def test_a_credit_at_sight(tmp_path: Path, postgres: str) -> None:
    desk = LetterDesk(tmp_path / "hub", stores=stores_on(postgres))
    credit, bill = desk.issued(), desk.issue()
    desk.offered(bill, credit)
    desk.done(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT, records=[bill])
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    before = desk.balance(TH1, "THB")
    desk.answer(desk.credit_payment(desk.lock(bill)))
    again = desk.again()
    assert again.letter(credit).presentations[0].state.value == "HONOURED" and again.standing(credit) == {}
    assert again.holder_in_books(bill) == SG1 and again.balance(TH1, "THB") - before == MINOR
    proved(again)

"""Several records against one payment: three bills of lading of one sale pass together with the money in both currencies, or none of them does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from collections_desk import CollectionDesk
from fondaco.core import Reason
from fondaco.hub import prove_hub
from fondaco.payments import State
from fondaco.trade import Deed
from letters import AMOUNT, MINOR, LetterDesk, refused
from trades import EXPORTER, IMPORTER, signed
from union import HUB, SG1, TH1, agree

SERIALS = ("SLT0001", "SLT0002", "SLT0003")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def complying(desk: LetterDesk) -> tuple[str, list[str]]:
    """A credit under which three bills were presented, and bind the issuing bank."""
    credit = desk.issued()
    bills = [desk.issue(serial) for serial in SERIALS]
    for bill in bills:
        desk.offered(bill, credit)
    desk.done(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT, records=bills)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    return credit, bills


def holders(desk: LetterDesk, bills: list[str]) -> set[str]:
    """Who has the bills, by register and books."""
    found = {desk.record(bill).holder for bill in bills}
    assert found == {desk.holder_in_books(bill) for bill in bills}
    return found


def test_three_bills_pass_with_one_payment_and_one_hash(desk: LetterDesk) -> None:
    credit, bills = complying(desk)
    baht = desk.balance(TH1, "THB")
    # One of them alone cannot be paid for: the others would stay behind.
    alone = desk.credit_payment(desk.lock(bills[1]))
    assert alone.state is State.REJECTED and alone.refusal is not None and f"is with {EXPORTER}" in alone.refusal.found
    payment = desk.credit_payment(f"{credit}/P1")
    assert payment.delivery is not None and [one.lock for one in payment.delivery.titles] == [desk.lock(one) for one in bills]
    assert {desk.record(bill).lock.state.value for bill in bills if desk.record(bill).lock} == {"FUNDED"}
    for name in (f"{credit}/P1", *map(desk.lock, bills)):
        second = desk.credit_payment(name)
        assert second.state is State.REJECTED and second.refusal is not None and "another payment" in second.refusal.found
    desk.paid(payment)
    assert holders(desk, bills) == {SG1} and desk.balance(TH1, "THB") == baht + MINOR and desk.standing(credit) == {}
    hashes = {json.loads(desk.hub.trading.records.events(desk.record(bill))[-1].text)["batch"] for bill in bills}
    assert hashes == set(desk.letter(credit).batches) and len(hashes) == 1
    assert desk.credit_payment(f"{credit}/P1").state is State.REJECTED


def test_one_bill_that_may_not_pass_holds_all_back(desk: LetterDesk) -> None:
    credit, bills = complying(desk)
    baht, dollars = desk.balance(TH1, "THB"), desk.balance(SG1, "SGD")
    payment = desk.credit_payment(f"{credit}/P1")
    record = desk.record(bills[2])
    said = json.dumps({"head": record.head, "order": "HC 17/2026", "court": "High Court"}).encode()
    frozen = Deed(HUB, "OPERATOR", bills[2], record.seq, "FREEZE", said)
    assert isinstance(desk.perform(signed(frozen, "OPERATOR", "SUPERVISOR")), str)
    desk.answer(payment)
    assert desk.see(payment).state is State.REJECTED
    assert holders(desk, bills) == {EXPORTER}
    assert (desk.balance(TH1, "THB"), desk.balance(SG1, "SGD")) == (baht, dollars)
    # The other two are free of the money again, and still wait for all three.
    assert {desk.record(bill).lock.state.value for bill in bills[:2] if desk.record(bill).lock} == {"OFFERED_AGAINST"}
    assert desk.letter(credit).presentations[0].state.value == "COMPLYING"


def test_an_offer_that_was_withdrawn_leaves_the_money_where_it_is(desk: LetterDesk) -> None:
    credit, bills = complying(desk)
    assert isinstance(desk.act(EXPORTER, "WITHDRAW", bills[0]), str)
    payment = desk.credit_payment(f"{credit}/P1")
    assert payment.state is State.REJECTED and payment.refusal is not None
    assert f"{bills[0]} is with {EXPORTER}" in payment.refusal.found
    desk.offered(bills[0], credit)
    desk.paid(desk.credit_payment(f"{credit}/P1"))
    assert holders(desk, bills) == {SG1}


def test_what_is_offered_under_another_credit_does_not_pass_for_this_one(desk: LetterDesk) -> None:
    """Its holder asked for the money of the other credit: the same bank pays both, and still it is another price."""
    credit, bills = complying(desk)
    other = desk.issued()
    assert isinstance(desk.act(EXPORTER, "WITHDRAW", bills[0]), str)
    desk.offered(bills[0], other)
    payment = desk.credit_payment(f"{credit}/P1")
    assert payment.state is State.REJECTED and payment.refusal is not None
    assert f"{bills[0]} is with {EXPORTER}" in payment.refusal.found and holders(desk, bills) == {EXPORTER}
    assert isinstance(desk.act(EXPORTER, "WITHDRAW", bills[0]), str)
    desk.offered(bills[0], credit)
    desk.paid(desk.credit_payment(f"{credit}/P1"))
    assert holders(desk, bills) == {SG1}


def test_a_hub_that_begins_anew_holds_all_three_for_their_payment(tmp_path: Path) -> None:
    desk = LetterDesk(tmp_path / "hub")
    credit, bills = complying(desk)
    payment = desk.credit_payment(f"{credit}/P1")
    again = desk.again()
    assert again.see(payment).delivery == payment.delivery
    for name in (f"{credit}/P1", again.lock(bills[2])):
        assert again.credit_payment(name).state is State.REJECTED
    refused(again.act(EXPORTER, "WITHDRAW", bills[1]), Reason.OUT_OF_TURN, "lock", "T.3")
    again.paid(again.see(payment))
    assert holders(again, bills) == {SG1}
    assert prove_hub(again.hub).faults == []
    agree(again)
    again.close()


def test_documents_for_collection_go_together_against_one_payment(tmp_path: Path) -> None:
    desk = CollectionDesk(tmp_path / "hub")
    baht = desk.arrives()
    bills = [desk.blank_bill(serial) for serial in SERIALS[:2]]
    number = desk.instruct(baht, *bills)
    desk.present(number, *bills)
    first = desk.offered_under(bills[0], number)
    assert desk.pay_collection(number, baht).state is State.REJECTED
    desk.offered_under(bills[1], number)
    assert desk.pay_collection(first, baht).state is State.REJECTED
    payment = desk.pay_collection(number, baht)
    assert payment.state is State.OFFERED, payment.refusal
    desk.answer(payment)
    assert {desk.holder(one) for one in bills} == {IMPORTER} and desk.memoranda(number) == {}
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    desk.close()

"""Collections that end without payment, through the hub: an accepted bill that is not paid at its maturity, and documents that nobody wants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from collections_desk import COL, REM, CollectionDesk
from fondaco.core import Reason, Refusal
from fondaco.hub import deal_story, prove_hub
from fondaco.payments import State as PaymentState
from fondaco.trade import collection
from stories.test_rules_change import next_day
from trades import EXPORTER, IMPORTER
from union import agree

S = collection.State
DUE = "2026-11-25"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[CollectionDesk]:
    made = CollectionDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def said(desk: CollectionDesk, bank: str, kind: str) -> list[dict[str, str]]:
    """What a bank was told in messages of one kind."""
    return [json.loads(one.raw)["said"] for one in desk.inbox if one.recipient == bank and one.kind == kind]


def accepted(desk: CollectionDesk, **more: object) -> tuple[str, str, str, str]:
    """The goods went against an acceptance that is due tomorrow; the bill is with the bank. The collection, the lading, the bill, the amount."""
    baht, lading = desk.arrives(), desk.blank_bill()
    bill = desk.blank_bill("SLT0002")  # stands for the bill: what the register moves is a record of any kind
    number = desk.instruct(baht, lading, bill, terms="DA", tenor={"event": "AFTER_SIGHT", "days": 1}, bill=bill, **more)
    desk.present(number, lading, bill)
    desk.offered_under(lading, number, "ACCEPTANCE")
    assert isinstance(desk.say(IMPORTER, "ACCEPTED", number), str)
    return number, lading, bill, baht


def until_the_close(desk: CollectionDesk) -> None:
    """The day of maturity comes, and its bank closes without payment."""
    assert next_day(desk) is None
    desk.quotes()
    desk.wait(3_600)
    assert desk.collection().state is S.MATURED
    early = desk.say(COL, "DISHONOURED", "COL-000001", text="no money came")
    assert isinstance(early, Refusal) and (early.reason, early.where) == (Reason.OUT_OF_TURN, "matures_on")
    (clock,) = [one for one in desk.collection().deadlines if one.rule == "URC522.6"]
    desk.wait((clock.due_at - int(desk.now)) // 1_000_000_000 + 1)


def test_an_accepted_bill_that_nobody_pays_is_advised_protested_and_goes_back(desk: CollectionDesk) -> None:
    number, lading, bill, _ = accepted(desk, protest=True)
    until_the_close(desk)
    assert isinstance(desk.say(COL, "DISHONOURED", number, text="the drawee has no funds"), str)
    (advice,) = said(desk, REM, "MT416")
    assert (advice["23E"], advice["77A"]) == ("NPAY", "the drawee has no funds") and advice["32A"].startswith("261125THB")
    asked = [one for one in said(desk, REM, "trade.notice") if one.get("what") == "INSTRUCTIONS_ASKED"]
    assert [one["until"] for one in asked] == ["2027-01-24"]
    assert "PROTEST_INSTRUCTED" in [one.get("what") for one in said(desk, COL, "trade.notice")]
    answer = desk.say(
        COL, "PROTESTED", number, notary="Tan & Lim", place="SINGAPORE", on=DUE, reference="NP 7", text="FOR NON-PAYMENT"
    )
    assert isinstance(answer, str), answer
    assert said(desk, REM, "MT422")[-1]["75"].splitlines()[0] == f"PROTESTED {DUE}"
    assert desk.collection().dishonours[0].protest is not None
    assert isinstance(desk.say(REM, "RE_INSTRUCTED", number, direction="RETURN"), str)
    desk.hand_over(bill, COL, REM)
    assert isinstance(desk.say(COL, "DOCS_RETURNED", number), str)
    whole = desk.collection().amount
    # The importer has the goods and owes what it accepted, until the bill is the exporter's own again.
    assert desk.memoranda(number) == {"OBLIGATION_CLAIM": -whole, "OBLIGATION_LIABILITY": whole}
    desk.hand_over(bill, REM, EXPORTER)
    assert isinstance(desk.say(REM, "CLOSED", number), str)
    assert desk.memoranda(number) == {} and (desk.with_whom(lading), desk.with_whom(bill)) == (IMPORTER, EXPORTER)
    story = deal_story(desk.hub, number)
    assert story is not None
    told = {step.what: dict(step.facts) for step in story.steps if step.subject == number}
    assert told["DISHONOURED"] == {"text": "the drawee has no funds"} and told["PROTESTED"]["notary"] == "Tan & Lim"
    articles = {step.what: step.article for step in story.steps if step.subject == number}
    assert (articles["DISHONOURED"], articles["PROTESTED"]) == ("URC 522 art. 26(c)", "URC 522 art. 24")
    assert [(one.article, one.state) for one in story.deadlines] == [
        ("URC 522 art. 6", "MISSED"), ("URC 522 art. 26(c)", "MET"), ("ULB art. 44", "MET"),
    ]  # fmt: skip


def test_an_unpaid_bill_that_is_presented_again_is_paid_late(desk: CollectionDesk) -> None:
    number, _, bill, baht = accepted(desk)
    until_the_close(desk)
    assert isinstance(desk.say(COL, "DISHONOURED", number, text="on Friday, says the drawee"), str)
    refused = desk.say(COL, "PROTESTED", number)
    assert isinstance(refused, Refusal) and refused.article == "URC522.24", "nobody asked for it"
    # Paid after the advice it is paid for nothing: the bank waits for its instruction.
    assert next_day(desk, "2026-11-26") is None
    desk.wait(3_600)
    desk.quotes()
    late = desk.pay_collection(number, baht, day="2026-11-26")
    assert late.state is PaymentState.REJECTED and late.refusal is not None and late.refusal.reason is Reason.OUT_OF_TURN
    assert isinstance(desk.say(REM, "RE_INSTRUCTED", number, direction="PRESENT"), str)
    assert isinstance(desk.say(COL, "PRESENTED", number), str)
    payment = desk.pay_collection(desk.offered_under(bill, number), baht, day="2026-11-26")
    assert payment.state is PaymentState.OFFERED, payment.refusal
    desk.answer(payment)
    assert desk.with_whom(bill) == IMPORTER and desk.collection().state is S.PAID and desk.memoranda(number) == {}


def test_refused_documents_wait_sixty_days_and_then_go_back_without_a_word(desk: CollectionDesk) -> None:
    baht, lading = desk.arrives(), desk.blank_bill()
    number = desk.instruct(baht, lading)
    desk.present(number, lading)
    desk.offered_under(lading, number)
    assert isinstance(desk.say(IMPORTER, "DISHONOURED", number, text="the goods are late"), str)
    (advice,) = said(desk, REM, "MT416")
    assert (advice["23E"], advice["77A"], "32B" in advice) == ("NPAY", "the goods are late", True)
    assert "REFUSED_BY_DRAWEE" in [one.get("what") for one in said(desk, COL, "trade.notice")]
    heard = [one for one in said(desk, REM, "trade.notice") if one.get("what") in ("INSTRUCTIONS_ASKED", "DISHONOURED")]
    # What a principal hears it hears through its bank.
    assert [one["until"] for one in heard] == ["2027-01-23", "2027-01-23"]
    assert isinstance(desk.act(COL, "WITHDRAW", lading), str)
    desk.hand_over(lading, COL, REM)
    early = desk.say(COL, "DOCS_RETURNED", number)
    assert isinstance(early, Refusal) and early.article == "URC522.26c"
    (sixty,) = [one for one in desk.collection().deadlines if one.rule == "URC522.26c"]
    assert sixty.due_on == "2027-01-23"
    desk.to_day("2027-01-25")
    assert isinstance(desk.say(COL, "DOCS_RETURNED", number), str)
    assert desk.collection().state is S.DOCS_RETURNED and desk.memoranda(number) == {}

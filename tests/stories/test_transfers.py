"""A transferable credit through the hub: a middleman's supplier is paid for its goods, the middleman the difference (UCP 600 article 38)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.core import Reason
from fondaco.hub import deal_story, prove_hub
from fondaco.payments import State
from fondaco.trade import Deed
from letters import AMOUNT, MINOR, LetterDesk, refused
from trades import EXPORTER, IMPORTER, public, signed
from union import HUB, SG1, TH1, TH2, agree

SUPPLIER, TWICE = "CHAO-PHRAYA-MILLS", "79059.90"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    said = {
        "party": SUPPLIER,
        "name": "Chao Phraya Mills",
        "country": "TH",
        "roles": ["trader"],
        "keys": [public(SUPPLIER).hex()],
    }
    answer = made.perform(signed(Deed(HUB, TH2, "", 0, "REGISTER_PARTY", json.dumps(said).encode())))
    assert answer == f"{SUPPLIER} ACTIVE", answer
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def test_a_supplier_is_paid_for_its_bill_and_the_middleman_the_difference(desk: LetterDesk) -> None:
    credit = desk.issued(transferable=True, amount=TWICE)
    for unknown, where in (("NOBODY-LTD", "party"), ("TAN-WEI-TRADING", "to")):
        answer = desk.say(EXPORTER, "TRANSFER_REQUESTED", credit, to=unknown, amount=AMOUNT)
        assert not isinstance(answer, str) and answer is not None and answer.where == where, answer
    desk.done(EXPORTER, "TRANSFER_REQUESTED", credit, to=SUPPLIER, amount=AMOUNT, expiry="2026-12-11")
    refused(desk.say(TH1, "TRANSFERRED", credit, transfer=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.38b")
    desk.inbox.clear()
    desk.done(SG1, "TRANSFERRED", credit, transfer=1)
    assert any(b"TRANSFERRED" in one.raw for one in desk.inbox if one.recipient == TH2)
    bill = desk.issue(recipient=SUPPLIER)
    desk.offered(bill, credit, giver=SUPPLIER)
    ask = {"bank": SG1, "currency": "THB", "records": [bill]}
    first = desk.say(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount="39529.96")
    refused(first, Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b")
    above = desk.say(SUPPLIER, "PRESENTED", credit, **ask, amount="39529.96", transfer=1)
    refused(above, Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b")
    desk.done(SUPPLIER, "PRESENTED", credit, **ask, amount=AMOUNT, transfer=1)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    # The supplier's bank is paid, and no other.
    assert desk.credit_payment(desk.lock(bill), to=TH1).state is State.REJECTED
    baht = desk.balance(TH2, "THB")
    desk.paid(desk.credit_payment(desk.lock(bill), to=TH2))
    assert desk.balance(TH2, "THB") == baht + MINOR and desk.record(bill).holder == SG1
    desk.done(EXPORTER, "SUBSTITUTED", credit, presentation=1, invoice=TWICE)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    assert desk.credit_payment(f"{credit}/P2", to=TH2).state is State.REJECTED
    desk.paid(desk.credit_payment(f"{credit}/P2"))
    assert desk.standing(credit) == {} and desk.letter(credit).issue.state.value == "EXHAUSTED"
    desk.handed(bill, SG1, IMPORTER)
    for number in (1, 2):
        desk.done(SG1, "RELEASED", credit, presentation=number)
    assert desk.letter(credit).issue.state.value == "CLOSED" and desk.record(bill).holder == IMPORTER


def test_a_part_expires_before_the_credit_does(desk: LetterDesk) -> None:
    credit = desk.issued(transferable=True)
    desk.done(EXPORTER, "TRANSFER_REQUESTED", credit, to=SUPPLIER, amount=AMOUNT, expiry="2026-11-26")
    desk.done(SG1, "TRANSFERRED", credit, transfer=1)
    desk.to_day("2026-11-27")
    late = desk.say(SUPPLIER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT, transfer=1)
    refused(late, Reason.EXPIRED, "transfer", "UCP600.38g")
    assert desk.letter(credit).issue.state.value == "AVAILABLE"


def test_an_amendment_reaches_a_supplier_as_the_transfer_says_and_binds_it_by_its_own_word(desk: LetterDesk) -> None:
    credit = desk.issued(transferable=True, available_with={"name": "Bank A", "id": TH1}, latest_shipment="2026-11-30")
    desk.done(
        EXPORTER,
        "TRANSFER_REQUESTED",
        credit,
        to=SUPPLIER,
        amount="100.00",
        amendments="NAMED",
        amended_fields=["latest_shipment"],
    )
    desk.done(TH1, "TRANSFERRED", credit, transfer=1)
    desk.done(SG1, "AMENDMENT_ISSUED", credit, changes={"latest_shipment": "2026-12-04"})
    desk.inbox.clear()
    desk.done(TH1, "AMENDMENT_ADVISED", credit, number=1)
    asked = [json.loads(one.raw)["said"] for one in desk.inbox if one.recipient == TH1 and one.kind == "trade.notice"]
    assert [one["transfers"] for one in asked if one["what"] == "AMENDMENT_FOR_TRANSFERS"] == ["1"]
    desk.done(EXPORTER, "AMENDMENT_ACCEPTED", credit, number=1)
    ask = {"transfer": 1, "number": 1}
    refused(desk.say(SUPPLIER, "TRANSFER_AMENDMENT_ACCEPTED", credit, **ask), Reason.NOT_FOUND, "number", "UCP600.38f")
    desk.done(TH1, "TRANSFER_AMENDMENT_ADVISED", credit, **ask)
    assert "AMENDMENT_ADVISED" in [json.loads(one.raw)["said"].get("what") for one in desk.inbox if one.recipient == TH2]
    desk.done(SUPPLIER, "TRANSFER_AMENDMENT_ACCEPTED", credit, **ask)
    desk.done(SUPPLIER, "PRESENTED", credit, bank=TH1, currency="THB", amount="100.00", transfer=1, shipped_on="2026-12-03")
    desk.done(TH1, "FOUND_COMPLYING", credit, presentation=1)
    days = [(one.due_on, one.state.value) for one in desk.letter(credit).deadlines if one.id == f"{credit}/P1/UCP600.29c"]
    assert days == [("2026-12-04", "MET")]
    story = deal_story(desk.hub, credit)
    assert story is not None
    articles = {step.what: (step.who, step.article) for step in story.steps if step.what.startswith("TRANSFER_AMENDMENT")}
    assert articles == {
        "TRANSFER_AMENDMENT_ADVISED": (TH1, "UCP 600 art. 38(e)"), "TRANSFER_AMENDMENT_ACCEPTED": (SUPPLIER, "UCP 600 art. 38(f)"),
    }  # fmt: skip

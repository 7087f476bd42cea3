"""Amendments of a credit through the hub: who is bound by which terms, and when (UCP 600 article 10)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fondaco.core import Reason, Refusal
from fondaco.hub import prove_hub
from fondaco.payments import State
from fondaco.trade import Deed
from letters import AMOUNT, MINOR, LetterDesk, refused
from trades import EXPORTER, IMPORTER, named, signed
from union import HUB, SG1, TH1, TH2, agree

UP, MORE = "1000.00", "40529.95"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def confirmed(desk: LetterDesk, **changes: Any) -> str:
    bank = {"name": "Bank B", "id": TH2}
    credit = desk.issued(confirmation="CONFIRM", confirming_bank=bank, available_with=bank, **changes)
    desk.done(TH2, "CONFIRMED", credit)
    return credit


def amended(desk: LetterDesk, credit: str, **body: Any) -> int:
    """An amendment that the beneficiary has heard of; its number."""
    desk.done(SG1, "AMENDMENT_ISSUED", credit, **body)
    number = len(desk.letter(credit).amendments)
    desk.done(TH1, "AMENDMENT_ADVISED", credit, number=number)
    return number


def owed(desk: LetterDesk, credit: str) -> dict[str, int]:
    """What each bank may have to pay yet, by the books."""
    return {who: minor for (role, who), minor in desk.standing(credit).items() if role == "CONTINGENT_LIABILITY"}


def state(desk: LetterDesk, credit: str, number: int = 1) -> str:
    return desk.letter(credit).amendments[number - 1].state.value


def test_each_role_is_bound_by_its_own_terms(desk: LetterDesk) -> None:
    credit = confirmed(desk)
    amended(desk, credit, increase=UP)
    # The issuing bank from its issue; the confirming bank when it extends; the beneficiary when it accepts.
    assert owed(desk, credit) == {SG1: MINOR + 1_000_00, TH2: MINOR}
    desk.done(TH2, "AMENDMENT_EXTENDED", credit, number=1, extends=False)
    desk.done(EXPORTER, "AMENDMENT_ACCEPTED", credit, number=1)
    assert owed(desk, credit) == {SG1: MINOR + 1_000_00, TH2: MINOR}
    ask = {"currency": "THB", "amount": MORE}
    refused(desk.say(EXPORTER, "PRESENTED", credit, bank=TH2, **ask), Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b")
    cent = {"currency": "THB", "amount": "39529.96"}
    refused(desk.say(EXPORTER, "PRESENTED", credit, bank=TH2, **cent), Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b")
    refused(desk.say(TH2, "AMENDMENT_EXTENDED", credit, number=1, extends=True), Reason.OUT_OF_TURN, "extends", "UCP600.10b")
    cent["amount"] = "40529.96"
    refused(desk.say(EXPORTER, "PRESENTED", credit, bank=SG1, **cent), Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b")
    desk.done(EXPORTER, "PRESENTED", credit, bank=SG1, **ask)


def test_a_confirming_bank_that_extends_is_bound_to_the_same(desk: LetterDesk) -> None:
    credit = confirmed(desk)
    amended(desk, credit, increase=UP)
    refused(desk.say(TH1, "AMENDMENT_EXTENDED", credit, number=1, extends=True), Reason.ROLE_NOT_HELD, "actor", "UCP600.10b")
    desk.done(TH2, "AMENDMENT_EXTENDED", credit, number=1, extends=True)
    assert owed(desk, credit) == {SG1: MINOR + 1_000_00, TH2: MINOR + 1_000_00}


def test_acceptance_of_a_part_is_rejection_and_silence_is_nothing(desk: LetterDesk) -> None:
    credit = desk.issued()
    amended(desk, credit, changes={"latest_shipment": "2026-12-01", "expiry": "2026-12-28"}, increase=UP)
    desk.to_day("2026-12-04")
    assert state(desk, credit) == "ADVISED" and owed(desk, credit) == {SG1: MINOR + 1_000_00}
    desk.inbox.clear()
    desk.done(EXPORTER, "AMENDMENT_ACCEPTED", credit, number=1, only=["expiry"])
    assert state(desk, credit) == "REJECTED" and owed(desk, credit) == {SG1: MINOR}
    assert "MT730" in [one.kind for one in desk.inbox if one.recipient == SG1]
    refused(desk.say(EXPORTER, "AMENDMENT_ACCEPTED", credit, number=1), Reason.OUT_OF_TURN, "number", "UCP600.10c")
    # The longer expiry fell with it.
    desk.to_day("2026-12-21")
    assert desk.letter(credit).issue.state.value == "CLOSED" and desk.standing(credit) == {}


def test_documents_that_comply_with_an_amendment_accept_it(desk: LetterDesk) -> None:
    """The beneficiary says nothing, and draws what only the amendment allows: it is paid, and the amendment is in force."""
    more = "41503.26"  # what 5000.00 MYR buys, and no concern here: the drawing is paid in baht
    credit = confirmed(desk)
    amended(desk, credit, increase="1973.31")
    desk.done(TH2, "AMENDMENT_EXTENDED", credit, number=1, extends=True)
    bill = desk.issue()
    desk.offered(bill, credit, to=TH2)
    above = {"currency": "THB", "amount": "41503.27", "records": [bill]}
    refused(desk.say(EXPORTER, "PRESENTED", credit, bank=TH2, **above), Reason.ABOVE_AVAILABLE, "amount", "UCP600.18b")
    desk.done(EXPORTER, "PRESENTED", credit, bank=TH2, currency="THB", amount=more, records=[bill])
    assert state(desk, credit) == "ADVISED"
    desk.done(TH2, "FOUND_COMPLYING", credit, presentation=1, under=[1])
    assert state(desk, credit) == "DEEMED_ACCEPTED"
    refused(desk.say(EXPORTER, "AMENDMENT_REJECTED", credit, number=1), Reason.OUT_OF_TURN, "number", "UCP600.10e")
    desk.paid(desk.pay(TH2, TH1, more, "THB", urgent=True, extra=named(desk.lock(bill))))
    assert owed(desk, credit) == {SG1: MINOR + 1_973_31} and desk.record(bill).holder == TH2


def test_a_decrease_that_nobody_accepted_takes_nothing_from_the_beneficiary(desk: LetterDesk) -> None:
    credit = desk.issued()
    amended(desk, credit, decrease="9529.95")
    assert owed(desk, credit) == {SG1: MINOR}
    bill = desk.issue()
    desk.offered(bill, credit)
    desk.done(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT, records=[bill])
    # The old terms hold: it draws the whole, and cannot agree to less afterwards.
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=1)
    refused(desk.say(EXPORTER, "AMENDMENT_ACCEPTED", credit, number=1), Reason.ABOVE_AVAILABLE, "amount", "UCP600.10a")
    desk.paid(desk.credit_payment(desk.lock(bill)))
    assert state(desk, credit) == "ADVISED" and desk.standing(credit) == {}


def test_a_credit_ends_before_its_time_by_all_three_alone_and_no_deed_counts_twice(desk: LetterDesk) -> None:
    credit = confirmed(desk)
    version = desk.letter(credit).version
    body = json.dumps({"cancel": True}).encode()
    deed = signed(Deed(HUB, SG1, credit, version, "AMENDMENT_ISSUED", body))
    assert desk.perform(deed) == f"{credit} {version + 1}"
    refused(desk.perform(deed), Reason.OUT_OF_TURN, "version", "")
    assert len(desk.letter(credit).amendments) == 1
    forged = Deed(HUB, SG1, credit, version + 1, "AMENDMENT_ISSUED", body, deed.signatures)
    answer = desk.perform(forged)
    assert isinstance(answer, Refusal) and answer.where.startswith("signatures"), answer
    desk.done(TH1, "AMENDMENT_ADVISED", credit, number=1)
    refused(desk.say(EXPORTER, "AMENDMENT_ACCEPTED", credit, number=1), Reason.OUT_OF_TURN, "extends", "UCP600.10a")
    refused(desk.say(IMPORTER, "AMENDMENT_ACCEPTED", credit, number=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.10c")
    desk.done(TH2, "AMENDMENT_EXTENDED", credit, number=1, extends=True)
    desk.done(EXPORTER, "AMENDMENT_ACCEPTED", credit, number=1)
    assert desk.letter(credit).issue.state.value == "CLOSED" and desk.standing(credit) == {}
    refused(
        desk.say(EXPORTER, "PRESENTED", credit, bank=SG1, currency="THB", amount=AMOUNT),
        Reason.OUT_OF_TURN, "state", "UCP600.6a",
    )  # fmt: skip
    assert desk.credit_payment(f"{credit}/P1").state is State.REJECTED

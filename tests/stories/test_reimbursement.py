"""Reimbursement through the hub: a bank that confirmed honours, claims on the bank that the issuing bank named, and is paid in two currencies;
whatever that bank does, the issuing bank stays bound (UCP 600 article 13, URR 725)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.core import Reason
from fondaco.hub import prove_hub
from fondaco.payments import Payment, State
from letters import AMOUNT, DISCREPANCIES, LetterDesk, refused
from trades import EXPORTER, IMPORTER, named
from union import MY1, SG1, TH1, TH2, agree


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[LetterDesk]:
    made = LetterDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


# What 5000.00 MYR buys at the demo's rates.
CLAIMED, GIVEN = "41503.26", ("5000.00", "MYR")
CLAIMED_MINOR = 41_503_26


def confirmed(desk: LetterDesk, amount: str = CLAIMED) -> str:
    """A credit that the second bank of Thailand confirmed; the issuing bank named one in Malaysia to reimburse it."""
    credit = desk.issued(
        amount=amount,
        confirmation="CONFIRM",
        confirming_bank={"name": "Bank B", "id": TH2},
        available_with={"name": "Bank B", "id": TH2},
        reimbursing_bank={"name": "Bank A", "id": MY1},
    )
    desk.done(TH2, "CONFIRMED", credit)
    return credit


def honoured(desk: LetterDesk, credit: str, amount: str = CLAIMED) -> str:
    """The confirming bank honours in baht, and has the bill; returns the bill."""
    bill = desk.issue()
    desk.offered(bill, credit, to=TH2)
    desk.done(EXPORTER, "PRESENTED", credit, bank=TH2, currency="THB", amount=amount, records=[bill])
    desk.done(TH2, "FOUND_COMPLYING", credit, presentation=1)
    desk.paid(desk.pay(TH2, TH1, amount, "THB", urgent=True, extra=named(desk.lock(bill))))
    assert desk.record(bill).holder == TH2
    return bill


def forwarded(desk: LetterDesk, credit: str, bill: str) -> None:
    desk.offered(bill, credit, giver=TH2)
    desk.done(TH2, "FORWARDED", credit, presentation=1, to=SG1)


def claim(desk: LetterDesk, credit: str, number: int = 1, **more: object) -> Payment:
    """The reimbursing bank's payment of a claim: ringgit from it, baht to the bank that claims."""
    asked = {"amount": CLAIMED, "sender": MY1, "to": TH2, "money": GIVEN, **more}
    return desk.credit_payment(f"{credit}/C{number}", **asked)  # type: ignore[arg-type]


def states(desk: LetterDesk, credit: str) -> tuple[list[str], list[str]]:
    letter = desk.letter(credit)
    return [one.state.value for one in letter.presentations], [one.state.value for one in letter.claims]


def kinds(desk: LetterDesk, recipient: str) -> list[str]:
    return [one.kind for one in desk.inbox if one.recipient == recipient and one.kind.startswith(("MT", "trade"))]


def said(desk: LetterDesk, recipient: str, word: str) -> bool:
    return any(one.recipient == recipient and one.kind == "trade.notice" and word.encode() in one.raw for one in desk.inbox)


def test_a_claim_is_paid_in_two_currencies_and_the_documents_follow(desk: LetterDesk) -> None:
    credit = confirmed(desk)
    refused(desk.say(TH2, "REIMBURSEMENT_UNDERTAKEN", credit), Reason.ROLE_NOT_HELD, "actor", "URR725.9")
    desk.done(MY1, "REIMBURSEMENT_UNDERTAKEN", credit)
    assert {who for _, who in desk.standing(credit)} == {SG1, TH2}
    refused(desk.say(TH2, "CLAIMED", credit, presentation=1), Reason.NOT_FOUND, "presentation", "URR725.10")
    bill = honoured(desk, credit)
    assert {who for _, who in desk.standing(credit)} == {SG1}
    refused(desk.say(SG1, "CLAIMED", credit, presentation=1), Reason.ROLE_NOT_HELD, "actor", "URR725.10")
    assert claim(desk, credit).state is State.REJECTED
    desk.inbox.clear()
    desk.done(TH2, "CLAIMED", credit, presentation=1)
    assert kinds(desk, MY1) == ["MT742"]
    refused(desk.say(TH2, "CLAIMED", credit, presentation=1), Reason.OUT_OF_TURN, "reimbursing_bank", "URR725.10")
    ringgit, baht = desk.balance(MY1, "MYR"), desk.balance(TH2, "THB")
    # A minor unit more, another payee, another payer: neither money nor the claim moves.
    for wrong in ({"amount": "41503.27"}, {"amount": "41503.25"}, {"to": TH1}, {"sender": SG1, "money": ("1574.89", "SGD")}):
        bad = claim(desk, credit, **wrong)
        assert bad.state is State.REJECTED and bad.refusal is not None, wrong
    assert (desk.balance(MY1, "MYR"), desk.balance(TH2, "THB")) == (ringgit, baht)
    desk.inbox.clear()
    payment = claim(desk, credit)
    desk.paid(payment)
    assert desk.balance(MY1, "MYR") == ringgit - 5_000_00 - payment.fee_minor and desk.balance(TH2, "THB") == baht + CLAIMED_MINOR
    assert kinds(desk, TH2).count("MT756") == 1 and len(desk.letter(credit).batches) == 2
    assert claim(desk, credit).state is State.REJECTED
    # The issuing bank takes up what is paid for already: its money moves nowhere a second time.
    forwarded(desk, credit, bill)
    refused(desk.say(SG1, "COVERED", credit, presentation=2), Reason.OUT_OF_TURN, "presentation", "UCP600.13b")
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    again = desk.credit_payment(desk.lock(bill), to=TH2, amount=CLAIMED)
    assert again.state is State.REJECTED and again.refusal is not None and "nothing is to be paid now" in again.refusal.found
    desk.done(SG1, "COVERED", credit, presentation=2)
    assert desk.record(bill).holder == desk.holder_in_books(bill) == SG1
    desk.handed(bill, SG1, IMPORTER)
    desk.done(SG1, "RELEASED", credit, presentation=2)
    assert desk.standing(credit) == {} and desk.letter(credit).issue.state.value == "CLOSED"
    assert states(desk, credit) == (["SETTLED", "SETTLED"], ["CLOSED"])


def test_a_claim_that_is_refused_leaves_the_issuing_bank_to_pay(desk: LetterDesk) -> None:
    credit = confirmed(desk, AMOUNT)
    bill = honoured(desk, credit, AMOUNT)
    desk.done(TH2, "CLAIMED", credit, presentation=1)
    refused(desk.say(SG1, "CLAIM_REFUSED", credit, claim=1), Reason.ROLE_NOT_HELD, "actor", "URR725.11")
    desk.inbox.clear()
    desk.done(MY1, "CLAIM_REFUSED", credit, claim=1, text="no authority with this reference")
    assert kinds(desk, TH2) == ["MT744"]
    assert claim(desk, credit).state is State.REJECTED
    forwarded(desk, credit, bill)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    refused(desk.say(SG1, "COVERED", credit, presentation=2), Reason.OUT_OF_TURN, "claim", "UCP600.13b")
    baht = desk.balance(TH2, "THB")
    desk.paid(desk.credit_payment(desk.lock(bill), to=TH2))
    assert desk.balance(TH2, "THB") == baht + 39_529_95 and desk.record(bill).holder == SG1
    # It was paid once: nobody claims for it again.
    refused(desk.say(TH2, "CLAIMED", credit, presentation=1), Reason.OUT_OF_TURN, "presentation", "URR725.10")
    assert desk.standing(credit) == {}


def test_a_reimbursing_bank_that_is_silent_relieves_the_issuing_bank_of_nothing(desk: LetterDesk) -> None:
    credit = confirmed(desk, AMOUNT)
    desk.done(MY1, "REIMBURSEMENT_UNDERTAKEN", credit)
    bill = honoured(desk, credit, AMOUNT)
    desk.done(TH2, "CLAIMED", credit, presentation=1)
    forwarded(desk, credit, bill)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    # While a claim stands the issuing bank must not pay beside it, and the claim has its days.
    assert desk.credit_payment(desk.lock(bill), to=TH2).state is State.REJECTED
    refused(desk.say(TH2, "CLAIM_WITHDRAWN", credit, claim=1), Reason.OUT_OF_TURN, "claim", "UCP600.13c")
    # Tuesday the 24th; three banking days of the reimbursing bank end on Friday the 27th.
    desk.to_day("2026-11-27")
    desk.inbox.clear()
    desk.to_day("2026-11-30")
    assert said(desk, TH2, "REIMBURSEMENT_LATE") and said(desk, SG1, "REIMBURSEMENT_LATE")
    desk.quotes()
    refused(desk.say(SG1, "CLAIM_WITHDRAWN", credit, claim=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.13c")
    desk.done(TH2, "CLAIM_WITHDRAWN", credit, claim=1)
    refused(desk.say(TH2, "CLAIM_WITHDRAWN", credit, claim=1), Reason.OUT_OF_TURN, "claim", "UCP600.13c")
    # Too late for the reimbursing bank; the issuing bank pays, once.
    assert claim(desk, credit).state is State.REJECTED
    payment = desk.credit_payment(desk.lock(bill), to=TH2)
    desk.paid(payment)
    assert desk.record(bill).holder == SG1 and desk.standing(credit) == {}
    desk.handed(bill, SG1, IMPORTER)
    desk.done(SG1, "RELEASED", credit, presentation=2)
    assert states(desk, credit) == (["SETTLED", "SETTLED"], ["CLOSED", "CLOSED"])


def test_a_claim_is_withdrawn_while_its_payment_waits_and_nothing_moves(desk: LetterDesk) -> None:
    credit = confirmed(desk)
    honoured(desk, credit)
    desk.done(TH2, "CLAIMED", credit, presentation=1)
    desk.to_day("2026-11-30")
    desk.quotes()
    ringgit, baht = desk.balance(MY1, "MYR"), desk.balance(TH2, "THB")
    payment = claim(desk, credit)
    assert payment.state is State.OFFERED
    desk.done(TH2, "CLAIM_WITHDRAWN", credit, claim=1)
    desk.answer(payment)
    assert desk.see(payment).state is State.REJECTED
    assert (desk.balance(MY1, "MYR"), desk.balance(TH2, "THB")) == (ringgit, baht)


def test_money_that_went_for_refused_documents_comes_back(desk: LetterDesk) -> None:
    credit = confirmed(desk)
    bill = honoured(desk, credit)
    desk.done(TH2, "CLAIMED", credit, presentation=1)
    desk.paid(claim(desk, credit))
    forwarded(desk, credit, bill)
    refused(desk.say(SG1, "REFUND_CLAIMED", credit, claim=1), Reason.OUT_OF_TURN, "claim", "UCP600.16g")
    desk.done(SG1, "FOUND_DISCREPANT", credit, presentation=2, discrepancies=DISCREPANCIES)
    desk.done(SG1, "NOTICE_GIVEN", credit, presentation=2, discrepancies=DISCREPANCIES, disposal="RETURN")
    desk.done(SG1, "REFUND_CLAIMED", credit, claim=1)
    assert desk.letter(credit).issue.state.value == "EXHAUSTED"
    # The issuing bank holds no baht with this hub: no payment can bring them, and only its own word says that it has them.
    back = desk.pay(TH2, SG1, CLAIMED, "THB", urgent=True, extra=named(f"{credit}/C1"))
    assert back.state is State.REJECTED
    refused(desk.say(TH2, "REFUND_RECEIVED", credit, claim=1), Reason.ROLE_NOT_HELD, "actor", "UCP600.16g")
    desk.done(SG1, "REFUND_RECEIVED", credit, claim=1)
    assert states(desk, credit)[1] == ["CLOSED"] and desk.letter(credit).issue.state.value == "CLOSED"
    assert desk.record(bill).holder == TH2 and desk.standing(credit) == {}


def test_a_nominated_bank_that_is_not_engaged_may_pay_and_is_reimbursed(desk: LetterDesk) -> None:
    """It need not: it is precluded by no silence. What it finds to comply it may pay through the hub all the same."""
    nominated = {"name": "Bank B", "id": TH2}
    credit = desk.issued(amount=CLAIMED, available_with=nominated, reimbursing_bank={"name": "Bank A", "id": MY1})
    bill = honoured(desk, credit)
    engaged = {("CONTINGENT_CLAIM", SG1): -CLAIMED_MINOR, ("CONTINGENT_LIABILITY", SG1): CLAIMED_MINOR}
    assert desk.standing(credit) == engaged
    desk.done(TH2, "CLAIMED", credit, presentation=1)
    desk.paid(claim(desk, credit))
    forwarded(desk, credit, bill)
    desk.done(SG1, "FOUND_COMPLYING", credit, presentation=2)
    desk.done(SG1, "COVERED", credit, presentation=2)
    assert desk.standing(credit) == {} and desk.record(bill).holder == SG1

"""What comes back, once, to where it came from; and what became of a payment, told to its two banks alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal, utc_text
from fondaco.fx import Locked
from fondaco.messages import read, wrap
from fondaco.messages.xml import parse
from fondaco.payments import Payment, State
from union import HUB, MY1, SG1, TH1, TH2, Desk, at_rest


def return_of(
    desk: Desk, uetr: str, amount: str, currency: str, *, sender: str = TH1, reason: str = "AC04", message_id: str = "", kind: str = "pacs.004.001.09",
    day: str = "2026-11-24",
) -> Refusal | str | None:  # fmt: skip
    name, text = message_id or f"R{desk.now}", utc_text(desk.now)
    document = (
        f"<PmtRtr><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm><NbOfTxs>1</NbOfTxs><SttlmInf><SttlmMtd>CLRG</SttlmMtd>"
        f"</SttlmInf></GrpHdr><TxInf><RtrId>RT1</RtrId><OrgnlUETR>{uetr}</OrgnlUETR>"
        f'<RtrdIntrBkSttlmAmt Ccy="{currency}">{amount}</RtrdIntrBkSttlmAmt><IntrBkSttlmDt>{day}</IntrBkSttlmDt>'
        f"<SttlmPrty>HIGH</SttlmPrty><RtrRsnInf><Rsn><Cd>{reason}</Cd></Rsn></RtrRsnInf></TxInf></PmtRtr>"
    )
    raw = wrap(kind, sender, HUB, name, text, document)
    parse(raw)
    return desk.send(raw, sender)


def enquiry(desk: Desk, uetr: str, sender: str, kind: str = "pacs.028.001.03") -> Refusal | str | None:
    name, text = f"Q{desk.now}", utc_text(desk.now)
    document = (
        f"<FIToFIPmtStsReq><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm></GrpHdr>"
        f"<TxInf><OrgnlUETR>{uetr}</OrgnlUETR></TxInf></FIToFIPmtStsReq>"
    )
    return desk.send(wrap(kind, sender, HUB, name, text, document), sender)


def settled(desk: Desk, amount: str = "100.00") -> Payment:
    payment = desk.pay(SG1, TH1, amount, "SGD", urgent=True)
    desk.answer(payment)
    payment = desk.see(payment)
    assert payment.state is State.SETTLED
    desk.inbox.clear()
    return payment


def the_return(desk: Desk, payment: Payment) -> Payment:
    found = desk.hub.payment(desk.see(payment).returned_by)
    assert found is not None
    return found


def baht(payment: Payment) -> str:
    return f"{payment.target_minor // 100}.{payment.target_minor % 100:02d}"


@pytest.mark.parametrize("kind", ["pacs.004.001.09", "pacs.004.001.14"])
def test_a_return_is_a_payment_of_its_own_back_to_the_debtor_agent(desk: Desk, kind: str) -> None:
    payment = settled(desk)
    before = desk.balance(TH1, "THB"), desk.balance(SG1, "SGD")
    assert return_of(desk, payment.uetr, baht(payment), "THB", kind=kind) is None
    back = the_return(desk, payment)
    assert back.state is State.OFFERED and back.returns == payment.number and back.fee_minor == 0
    onward = next(m for m in desk.inbox if m.recipient == SG1 and m.kind == kind)
    assert payment.uetr.encode() in onward.raw and b"<Cd>AC04</Cd>" in onward.raw and b'Ccy="SGD"' in onward.raw
    parse(onward.raw)
    desk.answer(back, sender=SG1)
    back = desk.see(back)
    assert back.state is State.SETTLED and desk.see(payment).state is State.SETTLED
    assert isinstance(back.locked, Locked) and back.target_currency == "SGD"
    assert desk.balance(TH1, "THB") == before[0] - payment.target_minor
    assert desk.balance(SG1, "SGD") == before[1] + back.target_minor


def test_a_payment_is_returned_once_and_the_same_message_again_changes_nothing(desk: Desk) -> None:
    payment = settled(desk)
    return_of(desk, payment.uetr, baht(payment), "THB", message_id="RET1")
    back = the_return(desk, payment)
    books = desk.books()
    return_of(desk, payment.uetr, baht(payment), "THB", message_id="RET1")
    return_of(desk, payment.uetr, "1.00", "THB", message_id="RET2")
    assert desk.books() == books and the_return(desk, payment).number == back.number
    assert desk.told(TH1)[-1] == "RJCT AM05"


def test_a_return_that_is_refused_leaves_the_payment_to_be_returned_again(desk: Desk) -> None:
    payment = settled(desk)
    books = desk.books()
    return_of(desk, payment.uetr, baht(payment), "THB")
    desk.answer(the_return(desk, payment), "RJCT", "AC04", sender=SG1)
    assert desk.see(payment).returned_by == 0
    assert [one[1][1] for one in desk.books()] == [one[1][1] for one in books], "nothing posted"
    return_of(desk, payment.uetr, baht(payment), "THB")
    assert the_return(desk, payment).state is State.OFFERED


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"uetr": "8a562c67-ca16-48ba-b074-65581be6f999"}, "AGNT"),
        ({"sender": TH2}, "AGNT"),
        ({"amount": "99999999.00"}, "AM09"),
        ({"currency": "SGD", "amount": "1.00"}, "AM09"),
        ({"reason": "ZZZZ"}, "CH16"),
        ({"day": "2026-11-23"}, "DT01"),
        ({"amount": "1.005"}, "CH20"),
    ],
)
def test_a_return_that_may_not_be_is_refused_with_its_code(desk: Desk, change: dict[str, str], code: str) -> None:
    payment = settled(desk)
    books = desk.books()
    asked = {"uetr": payment.uetr, "amount": baht(payment), "currency": "THB", **change}
    return_of(desk, asked.pop("uetr"), asked.pop("amount"), asked.pop("currency"), **asked)  # type: ignore[arg-type]
    assert desk.told(change.get("sender", TH1))[-1] == f"RJCT {code}"
    assert desk.books() == books and desk.see(payment).returned_by == 0


def test_a_return_of_nothing_is_refused_and_its_name_stays_free(desk: Desk) -> None:
    payment = settled(desk)
    books, text = desk.books(), utc_text(desk.now)
    document = (
        f"<PmtRtr><GrpHdr><MsgId>RET1</MsgId><CreDtTm>{text}</CreDtTm><NbOfTxs>1</NbOfTxs><SttlmInf><SttlmMtd>CLRG</SttlmMtd>"
        "</SttlmInf></GrpHdr></PmtRtr>"
    )
    outcome = desk.send(wrap("pacs.004.001.09", TH1, HUB, "RET1", text, document), TH1)
    assert isinstance(outcome, Refusal) and (outcome.reason, outcome.where) == (Reason.ELEMENT_MISSING, "TxInf")
    assert [mail.kind for mail in desk.inbox if mail.recipient == TH1] == ["admi.002.001.01"] and desk.books() == books
    return_of(desk, payment.uetr, baht(payment), "THB", message_id="RET1")
    assert the_return(desk, payment).state is State.OFFERED


def test_what_is_not_settled_or_was_rejected_cannot_be_returned(desk: Desk) -> None:
    open_ = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True)
    return_of(desk, open_.uetr, "1.00", "THB")
    assert desk.told(TH1)[-1] == "RJCT AG03"
    desk.answer(desk.see(open_), "RJCT", "AC04")
    return_of(desk, open_.uetr, "1.00", "THB")
    assert desk.told(TH1)[-1] == "RJCT AG03"


def test_the_parties_of_the_original_are_screened_again_with_its_return(desk: Desk) -> None:
    payment = settled(desk)
    said = desk.hub.instruction(payment).mentions
    return_of(desk, payment.uetr, baht(payment), "THB")
    back = the_return(desk, payment)
    assert set(said) <= set(desk.hub.instruction(back).mentions)
    assert back.list_set == desk.hub.desk.counters.list_set


def test_a_return_survives_a_restart_and_is_settled_by_a_cycle_as_well(desk: Desk, tmp_path: Path) -> None:
    payment = settled(desk)
    return_of(desk, payment.uetr, baht(payment), "THB")
    desk.hub.flush()
    again = desk.again()
    try:
        assert again.hub.by_uetr(payment.uetr).number == payment.number  # type: ignore[union-attr]
        back = the_return(again, payment)
        again.answer(back, sender=SG1)
        assert again.see(back).state is State.SETTLED
        again.let_world_answer()
    finally:
        desk.hub = again.hub


def test_a_status_request_is_answered_with_what_became_of_it_to_its_two_banks_alone(desk: Desk) -> None:
    payment = settled(desk)
    for who in (SG1, TH1):
        desk.inbox.clear()
        assert enquiry(desk, payment.uetr, who) is None
        assert desk.told(who) == ["ACSC"]
    desk.inbox.clear()
    refused = enquiry(desk, payment.uetr, MY1, kind="pacs.028.001.06")
    assert isinstance(refused, Refusal) and refused.reason is Reason.NOT_FOUND
    assert desk.told(MY1) == [] and [m.kind for m in desk.inbox] == ["admi.002.001.01"]
    rejected = desk.pay(SG1, TH1, "1.005", "SGD")
    desk.inbox.clear()
    enquiry(desk, rejected.uetr, SG1)
    assert desk.told(SG1) == [], "what was not admitted has no life: its sender was told at once, and its UETR is free"
    waiting = desk.pay(SG1, TH1, "11000000.00", "SGD", urgent=True)
    desk.inbox.clear()
    enquiry(desk, waiting.uetr, SG1, kind="pacs.028.001.06")
    assert desk.told(SG1) == ["PDNG"]
    answer = next(m for m in desk.inbox if m.recipient == SG1)
    assert answer.kind == "pacs.002.001.15" and read(answer.raw).kind == answer.kind


def test_books_are_at_rest_after_returns(desk: Desk) -> None:
    payments = [settled(desk, f"{n + 1}0.00") for n in range(3)]
    for payment in payments:
        return_of(desk, payment.uetr, baht(payment), "THB")
        desk.answer(the_return(desk, payment), sender=SG1)
    from fondaco.hub import CloseCycle

    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    at_rest(desk)

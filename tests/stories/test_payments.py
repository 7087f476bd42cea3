"""Tales of single payments, as the desk would tell them."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

import pytest

from fondaco.core import Instant, Reason, Refusal, utc_text
from fondaco.hub import Arrive, CloseCycle, EndDay, Revoke
from fondaco.messages import CustomerTransfers, Status, pacs_002, read, wrap
from fondaco.messages.xml import parse
from fondaco.payments import DECODER, Payment, State
from stories.test_screening_in_the_path import decide
from union import HUB, ID1, KR1, MY1, SG1, SG2, TH1, Desk, S, calm_uetr, pacs_008


def test_an_urgent_payment_is_final_when_the_creditor_agent_accepts(desk: Desk) -> None:
    before = desk.balance(SG1, "SGD"), desk.balance(TH1, "THB")
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    assert payment.state is State.OFFERED and payment.cycle == 0
    assert desk.balance(SG1, "SGD") == before[0]
    desk.answer(payment)
    payment = desk.see(payment)
    assert payment.state is State.SETTLED
    assert desk.balance(SG1, "SGD") == before[0] - 10_000 - payment.fee_minor
    assert desk.balance(TH1, "THB") == before[1] + payment.target_minor
    assert desk.told(SG1) == ["ACTC", "ACSC"] and desk.told(TH1) == ["ACSC"]


def test_what_passes_to_the_creditor_agent_is_unaltered_but_for_the_amount(desk: Desk) -> None:
    raw = pacs_008(SG1, TH1, "100.00", "SGD", debtor="Tan &amp; Söhne", extra="<RmtInf><Ustrd>Rechnung 7</Ustrd></RmtInf>")
    desk.send(raw, SG1)
    (offer,) = [m for m in desk.inbox if m.recipient == TH1]
    sent, arrived = read(raw).body, read(offer.raw).body
    assert isinstance(sent, CustomerTransfers) and isinstance(arrived, CustomerTransfers)
    was, now = sent.transfers[0], arrived.transfers[0]
    assert now.passed == was.passed and now.uetr == was.uetr and now.end_to_end_id == was.end_to_end_id
    assert now.currency == "THB" and now.instructed_minor == was.amount_minor and now.exchange_rate
    assert not now.faults


def test_a_net_payment_is_settled_by_its_cycle_and_both_banks_hear_of_it(desk: Desk) -> None:
    payment = desk.pay(SG1, TH1, "100.00", "SGD")
    desk.answer(payment)
    assert desk.see(payment).state is State.ACCEPTED
    sg, th = desk.balance(SG1, "SGD"), desk.balance(TH1, "THB")
    desk.inbox = []
    desk.do(CloseCycle())
    desk.let_agents_answer()
    settled = desk.see(payment)
    assert settled.state is State.SETTLED
    assert desk.balance(SG1, "SGD") == sg - 10_000 - settled.fee_minor
    assert desk.balance(TH1, "THB") == th + settled.target_minor
    assert desk.told(SG1) == ["ACSC"] and desk.told(TH1) == ["ACSC"]


def test_each_bank_hears_of_a_payment_in_the_generation_in_which_it_was_sent(desk: Desk) -> None:
    new, old = desk.pay(SG1, TH1, "100.00", "SGD", kind="pacs.008.001.13"), desk.pay(SG1, TH1, "100.00", "SGD")
    for payment in (new, old):
        desk.answer(payment)
    told = list(desk.inbox)
    desk.do(CloseCycle(last=True))
    for _ in range(4):
        told += desk.inbox
        desk.let_agents_answer()
    told += desk.inbox
    assert desk.see(new).state is desk.see(old).state is State.SETTLED
    for bank in (SG1, TH1):
        for payment, kind in ((new, "pacs.002.001.15"), (old, "pacs.002.001.10")):
            heard = [m.kind for m in told if m.recipient == bank and m.kind[:8] == "pacs.002" and payment.uetr.encode() in m.raw]
            assert heard and set(heard) == {kind}


def test_a_bank_that_refuses_gives_its_reason_and_no_money_moves(desk: Desk) -> None:
    books = desk.balance(SG1, "SGD")
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    desk.answer(payment, "RJCT", "AC04")
    assert desk.see(payment).state is State.REJECTED
    assert desk.balance(SG1, "SGD") == books and desk.told(SG1) == ["ACTC", "RJCT AC04"]


def test_a_bank_that_is_silent_is_timed_out_and_its_late_yes_changes_nothing(desk: Desk) -> None:
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    desk.wait(30)
    assert desk.see(payment).state is State.REJECTED and desk.told(SG1)[-1] == "RJCT AB05"
    books = desk.books()
    late = desk.answer(payment)
    assert isinstance(late, Refusal) and late.reason is Reason.NOT_FOUND
    assert desk.see(payment).state is State.REJECTED and desk.books() == books


def test_an_answer_is_late_from_its_time_on_though_nothing_came_between(desk: Desk) -> None:
    in_time = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    desk.now = Instant(in_time.deadline - 2 * S)
    assert desk.answer(in_time) is None and desk.see(in_time).state is State.SETTLED
    desk.now = Instant(payment.deadline - S)
    assert isinstance(desk.answer(payment), Refusal), "the first instant that is too late"
    assert desk.see(payment).state is State.REJECTED and desk.told(SG1)[-1] == "RJCT AB05"


def until(desk: Desk, expiry: str, amount: str = "100.00", creditor: str = "Somchai Foods") -> Payment:
    """An urgent payment that its sender lets go on until `expiry` alone."""
    uetr = calm_uetr()
    raw = pacs_008(SG1, TH1, amount, "SGD", uetr=uetr, urgent=True, creditor=creditor, kind="pacs.008.001.13").decode()
    desk.send(raw.replace("</CreDtTm><NbOfTxs>", f"</CreDtTm><XpryDtTm>{expiry}</XpryDtTm><NbOfTxs>").encode(), SG1)
    return DECODER.decode([kept for _, kept in desk.hub.journal.payments()][-1])


@pytest.mark.parametrize(
    ("expiry", "told"),
    [
        ("2026-11-24T01:00:00Z", "RJCT TM01"), ("2026-11-24T09:00:00+08:00", "RJCT TM01"), ("2026-11-24T24:00:00", "RJCT TM01"),
        ("2026-11-24T09:00:00Z", "ACTC"), ("2026-11-24T23:00:00+08:00", "ACTC"),
    ],
)  # fmt: skip
def test_an_instruction_enters_until_its_own_expiry(desk: Desk, expiry: str, told: str) -> None:
    books, desk.inbox = desk.books(), []
    payment = until(desk, expiry)
    assert desk.told(SG1) == [told]
    assert (payment.state is State.REJECTED) is (told != "ACTC") and (desk.books() == books) is (told != "ACTC")


def test_what_waits_for_money_past_its_own_expiry_is_refused_when_the_money_comes(desk: Desk) -> None:
    expiry = utc_text(Instant(desk.now + 60 * S))
    payment = until(desk, expiry, "9000000.00")
    assert payment.state is State.QUEUED
    desk.wait(61)
    desk.fund(SG1, "9000000.00", "SGD")
    refusal = desk.see(payment).refusal
    assert desk.see(payment).state is State.REJECTED and refusal is not None and refusal.reason is Reason.EXPIRED


def test_what_officers_held_past_its_own_expiry_is_refused_when_they_let_it_go(desk: Desk) -> None:
    payment = until(desk, utc_text(Instant(desk.now + 60 * S)), creditor="Sorvemir Brulomarov")
    assert payment.state is State.HELD
    desk.wait(61)
    for officer in ("officer-1", "officer-2"):
        decide(desk, payment.case, officer, "RELEASE")
    refusal = desk.see(payment).refusal
    assert desk.see(payment).state is State.REJECTED and refusal is not None and refusal.reason is Reason.EXPIRED


def _report(desk: Desk, payment: Payment, statuses: list[Status], group: str = "") -> Refusal | str | None:
    name, text = f"A{desk.now}", utc_text(desk.now)
    content = pacs_002(name, text, payment.offered_as, payment.message_kind, statuses, group)
    return desk.send(wrap("pacs.002.001.10", payment.creditor_agent, HUB, name, text, content), payment.creditor_agent)


@pytest.mark.parametrize("said", ["CANC", "BLCK", "ZZZZ", ""])
def test_an_answer_that_is_neither_yes_nor_no_is_told_to_be_none(desk: Desk, said: str) -> None:
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    books, desk.inbox = desk.books(), []
    statuses = [Status("", "", "", payment.uetr, said)] if said else []
    assert isinstance(_report(desk, payment, statuses, "" if said else "ACSP"), Refusal)
    assert [m.kind[:8] for m in desk.inbox] == ["admi.002"] and desk.inbox[0].recipient == TH1
    assert desk.see(payment).state is State.OFFERED and desk.books() == books
    assert desk.answer(payment) is None and desk.see(payment).state is State.SETTLED


def test_not_yet_is_no_answer_and_what_is_said_of_all_is_said_of_each(desk: Desk) -> None:
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    assert desk.answer(payment, "PDNG") is None and desk.see(payment).state is State.OFFERED
    text = utc_text(desk.now)
    whole = pacs_002("ALL", text, payment.offered_as, payment.message_kind, [Status("", "", "", payment.uetr, "ACSP")], "ACSC")
    desk.send(wrap("pacs.002.001.10", TH1, HUB, "ALL", text, whole.replace("<TxSts>ACSP</TxSts>", "")), TH1)
    assert desk.see(payment).state is State.SETTLED


@pytest.mark.parametrize("code", ["<Cd>ZZ99</Cd>", "<Prtry>A reason of our own, long as it is</Prtry>"])
def test_a_reason_of_no_code_set_is_told_as_a_narrative_in_a_message_true_to_its_schema(desk: Desk, code: str) -> None:
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    name, text = f"A{desk.now}", utc_text(desk.now)
    said = pacs_002(name, text, payment.offered_as, payment.message_kind, [Status("", "", "", payment.uetr, "RJCT", "AC04")])
    desk.inbox = []
    desk.send(wrap("pacs.002.001.10", TH1, HUB, name, text, said.replace("<Cd>AC04</Cd>", code)), TH1)
    assert desk.told(SG1) == ["RJCT NARR"]
    for mail in desk.inbox:
        parse(mail.raw)
    assert re.sub("<.*?>", "", code).encode() in next(m.raw for m in desk.inbox if m.recipient == SG1), (
        "and the sentence says which"
    )


def test_another_bank_cannot_answer_for_the_creditor_agent(desk: Desk) -> None:
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    wrong = desk.answer(payment, sender=MY1)
    assert isinstance(wrong, Refusal) and desk.see(payment).state is State.OFFERED


def test_the_same_message_again_is_answered_with_what_became_of_it(desk: Desk) -> None:
    raw = pacs_008(SG1, TH1, "100.00", "SGD", uetr=str(uuid.uuid4()), urgent=True)
    desk.send(raw, SG1)
    books = desk.books()
    first = [m.raw for m in desk.inbox if m.recipient == SG1 and m.kind.startswith("pacs.002")]
    desk.inbox = []
    assert desk.send(raw, SG1) is None
    assert desk.told(SG1) == ["ACTC"] and desk.books() == books
    assert [m.raw for m in desk.inbox if m.recipient == SG1] == first, "the stored answer, to the byte"
    assert not [m for m in desk.inbox if m.recipient == TH1], "the creditor agent is not asked twice"


def test_after_a_restart_the_same_message_again_is_answered_with_its_settlement(desk: Desk) -> None:
    uetr = str(uuid.uuid4())
    raw = pacs_008(SG1, TH1, "100.00", "SGD", uetr=uetr, urgent=True)
    desk.send(raw, SG1)
    payment = desk.hub.by_uetr(uetr)
    assert payment is not None
    desk.answer(payment)
    again = desk.again()
    desk.hub = again.hub
    books = again.books()
    again.inbox = []
    assert again.send(raw, SG1) is None
    assert again.told(SG1) == ["ACSC"] and again.books() == books


def test_the_same_uetr_in_another_message_is_refused(desk: Desk) -> None:
    first = desk.pay(SG1, TH1, "100.00", "SGD")
    desk.inbox = []
    desk.send(pacs_008(SG1, TH1, "100.00", "SGD", uetr=first.uetr, message_id="ANOTHER"), SG1)
    assert desk.told(SG1) == ["RJCT AM05"] and desk.see(first).state is State.OFFERED


def test_another_content_under_a_known_message_id_is_refused(desk: Desk) -> None:
    desk.send(pacs_008(SG1, TH1, "100.00", "SGD", message_id="ONE"), SG1)
    again = desk.send(pacs_008(SG1, TH1, "200.00", "SGD", message_id="ONE"), SG1)
    assert isinstance(again, Refusal) and again.reason is Reason.DUPLICATE_MESSAGE


def two_payments(sender: str, creditor_agent: str, amount: str, currency: str, uetrs: tuple[str, str]) -> bytes:
    """One message of two transactions that differ in their UETR alone."""
    text = pacs_008(sender, creditor_agent, amount, currency, uetr=uetrs[0], message_id="ONE").decode()
    start, end = text.index("<CdtTrfTxInf>"), text.index("</FIToFICstmrCdtTrf>")
    second = text[start:end].replace(uetrs[0], uetrs[1])
    return (text[:end].replace("<NbOfTxs>1<", "<NbOfTxs>2<") + second + text[end:]).encode()


@pytest.mark.parametrize("change", ["amount", "receiver", "more", "less", "kind"])
def test_a_message_that_says_more_less_or_something_else_is_not_the_same(desk: Desk, change: str) -> None:
    one, other = calm_uetr(), calm_uetr()
    both = two_payments(SG1, TH1, "10.00", "SGD", (one, other))
    first = pacs_008(SG1, TH1, "10.00", "SGD", uetr=one, message_id="ONE")
    again = {
        "amount": pacs_008(SG1, TH1, "99.00", "SGD", uetr=one, message_id="ONE"),
        "receiver": pacs_008(SG1, MY1, "10.00", "SGD", uetr=one, message_id="ONE"),
        "more": both,
        "less": first,
        "kind": pacs_008(SG1, TH1, "10.00", "SGD", uetr=one, message_id="ONE", kind="pacs.008.001.13"),
    }[change]
    desk.send(both if change == "less" else first, SG1)
    books, known = desk.books(), desk.hub.desk.counters.payment
    outcome = desk.send(again, SG1)
    assert isinstance(outcome, Refusal) and outcome.reason is Reason.DUPLICATE_MESSAGE
    assert desk.books() == books and desk.hub.desk.counters.payment == known


def test_the_same_message_twice_in_one_batch_is_one_payment_and_one_answer(desk: Desk) -> None:
    raw = two_payments(SG1, TH1, "10.00", "SGD", (calm_uetr(), calm_uetr()))
    desk.inbox = []
    assert desk.do(Arrive(SG1, raw), Arrive(SG1, raw)) is None
    assert desk.told(SG1) == ["ACTC", "ACTC"] and [m.kind[:8] for m in desk.inbox if m.recipient == SG1] == ["pacs.002"]
    assert len([m for m in desk.inbox if m.recipient == TH1]) == 2


def test_a_cap_binds_and_what_it_stops_waits_until_money_arrives(desk: Desk) -> None:
    cap = desk.rules.participants[SG1].caps["SGD"]
    ceiling = desk.rules.currencies["SGD"].ceiling_minor
    filled = 0
    accepted = []
    while filled + ceiling + 25 <= cap:
        payment = desk.pay(SG1, MY1, f"{ceiling // 100}.00", "SGD")
        assert payment.state is State.OFFERED
        accepted.append(payment)
        filled += ceiling + payment.fee_minor
    waiting = desk.pay(SG1, MY1, f"{ceiling // 100}.00", "SGD")
    behind = desk.pay(SG1, MY1, "1.00", "SGD")
    assert waiting.state is State.QUEUED
    assert behind.state is State.QUEUED, "nobody passes the head of the queue"
    assert desk.told(SG1)[-2:] == ["PDNG", "PDNG"]
    desk.answer(accepted[0], "RJCT", "AC04")  # room comes back
    assert desk.see(waiting).state is State.OFFERED
    assert desk.see(behind).state in (State.OFFERED, State.QUEUED)


def test_a_queued_payment_can_be_revoked_by_its_sender_alone(desk: Desk) -> None:
    payment = desk.pay(SG1, MY1, "11000000.00", "SGD", urgent=True)
    assert payment.state is State.QUEUED
    assert isinstance(desk.do(Revoke(SG2, payment.uetr)), Refusal)
    assert desk.do(Revoke(SG1, payment.uetr)) is None
    assert desk.see(payment).state is State.CANCELLED and desk.told(SG1)[-1].startswith("CANC")
    assert isinstance(desk.do(Revoke(SG1, payment.uetr)), Refusal)


def test_a_payment_inside_one_currency_needs_no_price(desk: Desk) -> None:
    payment = desk.pay(SG1, SG2, "50.00", "SGD", urgent=True)
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED and desk.see(payment).locked is None
    assert desk.see(payment).target_minor == 5_000


def test_a_won_payment_has_no_decimals_and_a_ringgit_one_two(desk: Desk) -> None:
    payment = desk.pay(KR1, MY1, "100000", "KRW", urgent=True)
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED
    wrong = desk.pay(KR1, MY1, "100000.5", "KRW")
    assert wrong.state is State.REJECTED and wrong.refusal is not None and wrong.refusal.reason is Reason.DECIMALS_WRONG


def test_the_day_ends_with_statements_that_add_up(desk: Desk) -> None:
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    desk.answer(payment)
    for _ in range(4):
        desk.wait(120)
        desk.do(CloseCycle(last=True))
        desk.let_agents_answer()
    desk.inbox = []
    assert desk.do(EndDay()) is None
    statements = [read(m.raw, bulk=True).body for m in desk.inbox if m.kind.startswith("camt.053")]
    assert len(statements) == sum(len(m.currencies) * (2 if m.sponsor else 1) for m in desk.rules.members())
    for one in statements:
        assert one.opening_minor + sum(e.minor for e in one.entries) == one.closing_minor  # type: ignore[union-attr]
        assert one.closing_minor == desk.balance(one.owner, one.currency)  # type: ignore[union-attr]


REFUSALS = [
    (Reason.RECEIVER_UNKNOWN, {"creditor_agent": "ZZNONE00"}),
    (Reason.DECIMALS_WRONG, {"amount": "1.005"}),
    (Reason.AMOUNT_NOT_POSITIVE, {"amount": "0.00"}),
    (Reason.CURRENCY_NOT_HELD, {"currency": "THB"}),
    (Reason.CURRENCY_NOT_SETTLED, {"currency": "EUR"}),
    (Reason.ABOVE_CEILING, {"amount": "12000000.01"}),
    (Reason.SETTLEMENT_DATE_WRONG, {"day": "2026-11-25"}),
    (Reason.ACCOUNT_WRONG, {"account": "<IBAN>DE88370400440532013000</IBAN>"}),
    (Reason.CODE_UNKNOWN, {"purpose": "QQQQ"}),
    (
        Reason.QUOTE_UNKNOWN,
        {
            "kind": "pacs.008.001.13",
            "before": "<AgrdRate><PreAgrdXchgRate>26</PreAgrdXchgRate><QtId>8a562c67-ca16-48ba-b074-65581be6f001</QtId></AgrdRate>",
        },
    ),
]


@pytest.mark.parametrize(("reason", "change"), REFUSALS, ids=[reason.name for reason, _ in REFUSALS])
def test_every_refusal_is_told_with_its_code_and_the_books_do_not_move(
    desk: Desk, reason: Reason, change: dict[str, str]
) -> None:
    what = {"creditor_agent": TH1, "amount": "10.00", "currency": "SGD", **change}
    books = desk.books()
    payment = desk.pay(SG1, what.pop("creditor_agent"), what.pop("amount"), what.pop("currency"), **what)
    assert payment.state is State.REJECTED
    assert payment.refusal is not None and payment.refusal.reason is reason
    assert payment.refusal.where
    assert desk.told(SG1) == [f"RJCT {reason.code}"]
    assert desk.books() == books


def test_a_uetr_that_is_none_fails_the_schema_with_its_place(desk: Desk) -> None:
    refusal = desk.send(pacs_008(SG1, TH1, "1.00", "SGD", uetr="8A562C67-CA16-48BA-B074-65581BE6F001"), SG1)
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.MALFORMED and "UETR" in refusal.where


def test_a_barred_purpose_is_refused_by_the_corridors_article(desk: Desk) -> None:
    payment = desk.pay(ID1, SG1, "100000.00", "IDR", purpose="GAMB")
    assert payment.refusal is not None and payment.refusal.reason is Reason.PURPOSE_BARRED and payment.refusal.article


def test_a_bank_does_not_pay_itself_through_the_hub(desk: Desk) -> None:
    payment = desk.pay(SG1, SG1, "10.00", "SGD")
    assert payment.refusal is not None and payment.refusal.reason is Reason.CORRIDOR_CLOSED


def test_after_the_cut_off_nothing_enters(desk: Desk) -> None:
    desk.wait(8 * 3600 + 1800)
    payment = desk.pay(SG1, TH1, "10.00", "SGD")
    assert payment.refusal is not None and payment.refusal.reason is Reason.AFTER_CUT_OFF


def test_an_expired_quote_prices_nothing(desk: Desk) -> None:
    desk.wait(601)
    payment = desk.pay(SG1, TH1, "10.00", "SGD")
    assert payment.refusal is not None and payment.refusal.reason is Reason.NO_PRICE and desk.told(SG1) == ["RJCT AB04"]


def test_a_named_quote_is_the_one_that_prices(desk: Desk) -> None:
    dearer = max(
        (q for q in desk.hub.desk.quotes.state() if (q.source, q.target) == ("SGD", "THB")), key=lambda q: (-q.rate, q.quote_id)
    )
    named = f"<AgrdRate><PreAgrdXchgRate>{dearer.rate}</PreAgrdXchgRate><QtId>{dearer.quote_id}</QtId></AgrdRate>"
    payment = desk.pay(SG1, TH1, "10.00", "SGD", kind="pacs.008.001.13", before=named)
    assert payment.locked is not None and payment.locked.quote_id == dearer.quote_id
    best = desk.pay(SG1, TH1, "10.00", "SGD")
    assert best.locked is not None and best.target_minor >= payment.target_minor


def test_an_unknown_sender_and_a_false_header_are_refused(desk: Desk) -> None:
    books = desk.books()
    nobody = desk.send(pacs_008("ZZNONE00", TH1, "1.00", "SGD"), "ZZNONE00")
    assert isinstance(nobody, Refusal) and nobody.reason is Reason.SENDER_UNKNOWN
    borrowed = desk.send(pacs_008(SG1, TH1, "1.00", "SGD"), SG2)
    assert isinstance(borrowed, Refusal) and borrowed.reason is Reason.SENDER_CONTRADICTS
    foreign = desk.pay(SG1, TH1, "1.00", "SGD", header_sender=SG1)
    assert foreign.state is State.OFFERED
    desk.send(pacs_008(SG2, TH1, "1.00", "SGD", header_sender=SG1), SG1)
    assert desk.told(SG1)[-1] == "RJCT RC03"
    assert [entry for entry in desk.books() if entry not in books], "the good one is reserved"


def test_a_suspended_participant_neither_sends_nor_receives(tmp_path: Path) -> None:
    def amend(union: Path) -> None:
        path = union / "participants.toml"
        path.write_text(path.read_text().replace('bic = "ZZBATH01"', 'bic = "ZZBATH01"\nstanding = "suspended"'))

    desk = Desk(tmp_path / "hub", amend=amend)
    assert desk.pay(SG1, TH1, "1.00", "SGD").refusal.reason is Reason.PARTICIPANT_SUSPENDED  # type: ignore[union-attr]
    assert desk.pay(TH1, SG1, "1.00", "THB").refusal.reason is Reason.PARTICIPANT_SUSPENDED  # type: ignore[union-attr]
    desk.close()


@pytest.mark.parametrize("cut", [0, 1, 10, 200, 900, -1])
def test_a_half_written_message_is_rejected_and_moves_nothing(desk: Desk, cut: int) -> None:
    raw = pacs_008(SG1, TH1, "1.00", "SGD")
    broken = raw[:cut] if cut >= 0 else raw.rstrip()[:-1]
    books = desk.books()
    refusal = desk.send(broken, SG1)
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.MALFORMED and refusal.where
    assert [m.kind for m in desk.inbox if m.recipient == SG1 and m.kind.startswith("admi")] == ["admi.002.001.01"]
    assert desk.books() == books

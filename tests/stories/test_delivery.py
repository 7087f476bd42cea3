"""Goods are paid for: the title moves in the payment's own chain, if and only if the payment is final."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.compliance import CONFIRM, RELEASE, Decision, sign
from fondaco.core import Reason, Refusal
from fondaco.hub import DecideCase, Move, Perform, Screeners, SwapLists, prove_hub, replay_all
from fondaco.payments import State, reserve, resolve
from fondaco.rulebook import STANDING, Vote, sign_vote
from fondaco.rulebook import Deed as Motion
from fondaco.simulation import demo_key
from fondaco.trade import settlement_batch_hash
from trades import CARRIER, EXPORTER, IMPORTER, TradeDesk, hands_of, named, party_deed, public, signed
from union import MY1, SG1, SG2, TH1, agree, newly_listed

TERMS = f"SGD 1250.00 {SG2}"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[TradeDesk]:
    made = TradeDesk(tmp_path / "hub")
    yield made
    assert prove_hub(made.hub).faults == []
    agree(made)
    made.close()


def test_title_and_money_are_final_together(desk: TradeDesk) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, TERMS)
    payer, payee = desk.balance(SG1, "SGD"), desk.balance(SG2, "SGD")
    payment = desk.pay_for(lock)
    assert payment.state is State.OFFERED and desk.holder(bill) == EXPORTER
    assert desk.record(bill).lock is not None and desk.record(bill).lock.state.name == "FUNDED"  # type: ignore[union-attr]
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED
    assert desk.holder(bill) == IMPORTER and desk.record(bill).titleholder == IMPORTER
    assert payer - desk.balance(SG1, "SGD") >= 1250_00 and desk.balance(SG2, "SGD") - payee == 1250_00


def test_the_titles_event_holds_the_hash_of_the_chain_that_moved_it(desk: TradeDesk) -> None:
    bill = desk.issue()
    payment = desk.pay_for(desk.offer(bill, TERMS))
    desk.answer(payment)
    done = desk.see(payment)
    last = json.loads(desk.hub.trading.records.events(desk.record(bill))[-1].text)
    assert last["action"] == "SETTLE"
    booked = {event.id: event for _, event, _ in desk.hub.books.history()}
    reserved = reserve(done, done.intent, desk.rules, desk.hub.desk.ledgers)
    posted = [one for one in booked.values() if one.pending_id in {leg.id for leg in reserved}]
    assert len(posted) == done.legs and all(booked[leg.id].amount == leg.amount for leg in reserved)
    assert last["batch"] == settlement_batch_hash(reserved, resolve(done, posted[0].id >> 64, post=True))
    assert last["batch"] == settlement_batch_hash([booked[leg.id] for leg in reserved], posted)


def test_two_currencies_and_the_title_move_in_one_chain(desk: TradeDesk) -> None:
    bill = desk.issue()
    first = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True, before='<InstdAmt Ccy="THB">1.00</InstdAmt>')
    assert first.locked is not None
    arrives = first.target_minor
    desk.answer(first)
    text = f"{arrives // 100}.{arrives % 100:02d}"
    lock = desk.offer(bill, f"THB {text} {TH1}")
    exact = f'<InstdAmt Ccy="THB">{text}</InstdAmt>'
    for wrong in (f'<InstdAmt Ccy="THB">{arrives // 100 + 1}.00</InstdAmt>', ""):
        refused = desk.pay_for(lock, "100.00", before=wrong, creditor_agent=TH1)
        assert refused.state is State.REJECTED and desk.holder(bill) == EXPORTER
    payment = desk.pay_for(lock, "100.00", before=exact, creditor_agent=TH1)
    assert payment.state is State.OFFERED, payment.refusal
    assert payment.target_minor == arrives and payment.legs >= 3
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED and desk.holder(bill) == IMPORTER


@pytest.mark.parametrize("answer", ["RJCT", ""])
def test_what_the_payees_bank_refuses_or_does_not_answer_moves_neither(desk: TradeDesk, answer: str) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, TERMS)
    before = desk.balance(SG1, "SGD"), desk.balance(SG2, "SGD")
    payment = desk.pay_for(lock)
    if answer:
        desk.answer(payment, answer, "AC04")
    else:
        desk.wait(60)
    assert desk.see(payment).state is State.REJECTED
    assert desk.holder(bill) == EXPORTER and (desk.balance(SG1, "SGD"), desk.balance(SG2, "SGD")) == before
    # The offer stands, and may be paid once more.
    again = desk.pay_for(lock)
    desk.answer(again)
    assert desk.see(again).state is State.SETTLED and desk.holder(bill) == IMPORTER


@pytest.mark.parametrize(
    ("more", "reason", "place"),
    [
        ({"amount": "1249.99"}, Reason.AMOUNT_DIFFERS, "CdtTrfTxInf/IntrBkSttlmAmt"),
        ({"amount": "1250.01"}, Reason.AMOUNT_DIFFERS, "CdtTrfTxInf/IntrBkSttlmAmt"),
        ({"creditor_agent": TH1}, Reason.AMOUNT_DIFFERS, "CdtTrfTxInf/CdtrAgt"),
        ({"creditor_agent": MY1}, Reason.AMOUNT_DIFFERS, "CdtTrfTxInf/CdtrAgt"),
        ({"sender": MY1, "currency": "MYR"}, Reason.SENDER_CONTRADICTS, "CdtTrfTxInf/DbtrAgt"),
        ({"urgent": False}, Reason.ELEMENT_NOT_ADMITTED, "CdtTrfTxInf/PmtTpInf/InstrPrty"),
    ],
)
def test_a_payment_that_is_not_what_was_asked_for_is_refused_before_anything_is_reserved(
    desk: TradeDesk, more: dict[str, object], reason: Reason, place: str
) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, TERMS)
    books = desk.books()
    payment = desk.pay_for(lock, **more)  # type: ignore[arg-type]
    assert payment.state is State.REJECTED and payment.refusal is not None
    assert (payment.refusal.reason, payment.refusal.where) == (reason, place), payment.refusal.sentence()
    assert desk.books() == books and desk.record(bill).lock.state.name == "OFFERED_AGAINST"  # type: ignore[union-attr]
    good = desk.pay_for(lock)
    desk.answer(good)
    assert desk.holder(bill) == IMPORTER


def test_an_offer_is_paid_once(desk: TradeDesk) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, TERMS)
    first, second = desk.pay_for(lock), desk.pay_for(lock)
    assert first.state is State.OFFERED and second.state is State.REJECTED
    assert second.refusal is not None and "another payment" in second.refusal.found
    desk.answer(first)
    third = desk.pay_for(lock)
    assert third.refusal is not None and third.refusal.reason is Reason.NOT_FOUND
    assert desk.holder(bill) == IMPORTER


def test_a_payment_names_its_offer_wherever_it_stands_among_its_documents(desk: TradeDesk) -> None:
    bill, other = desk.issue(), desk.issue("SLT0002")
    lock, second = desk.offer(bill, TERMS), desk.offer(other, TERMS)
    both = desk.pay(SG1, SG2, "1250.00", "SGD", urgent=True, extra=named(lock, second))
    assert both.state is State.REJECTED and both.refusal is not None and both.refusal.reason is Reason.ELEMENT_NOT_ADMITTED
    mixed = named("INV-77", code="CINV").replace("</Strd></RmtInf>", "") + named(lock).partition("<Strd>")[2]
    payment = desk.pay(SG1, SG2, "1250.00", "SGD", urgent=True, extra=mixed)
    desk.answer(payment)
    assert desk.holder(bill) == IMPORTER and desk.holder(other) == EXPORTER
    # A bill of lading on paper is no offer of ours.
    paper = desk.pay(SG1, TH1, "10.00", "SGD", urgent=True, extra=named("MAEU123456789"))
    assert paper.state is State.OFFERED and paper.delivery is None
    desk.answer(paper)


def test_an_offer_lapses_at_its_time_but_not_while_its_money_waits(desk: TradeDesk) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, TERMS, seconds=20)
    payment = desk.pay_for(lock)
    desk.wait(15)
    desk.answer(payment)
    assert desk.see(payment).state is State.SETTLED and desk.holder(bill) == IMPORTER
    other = desk.issue("SLT0002")
    late = desk.offer(other, TERMS, seconds=20)
    desk.wait(20)
    assert desk.record(other).lock is None or not desk.record(other).locked
    refused = desk.pay_for(late)
    assert refused.state is State.REJECTED and refused.refusal is not None and refused.refusal.where.endswith("RfrdDocInf/Nb")


def test_who_waits_for_money_pays_while_the_offer_stands_and_not_after(desk: TradeDesk) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, f"SGD 1500000.00 {SG2}", seconds=600)
    payment = desk.pay_for(lock, "1500000.00")
    assert payment.state is State.QUEUED and desk.holder(bill) == EXPORTER
    desk.wait(700)
    desk.fund(SG1, "1000000", "SGD")
    desk.wait(1)
    ended = desk.see(payment)
    assert ended.state is State.REJECTED and ended.refusal is not None and ended.refusal.reason is Reason.EXPIRED
    second = desk.offer(bill, f"SGD 1500000.00 {SG2}")
    paid = desk.pay_for(second, "1500000.00")
    desk.answer(paid)
    assert desk.see(paid).state is State.SETTLED and desk.holder(bill) == IMPORTER


def test_a_frozen_record_passes_neither_with_money_nor_without(desk: TradeDesk) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, TERMS)
    payment = desk.pay_for(lock)
    deed = desk.deed("OPERATOR", "FREEZE", bill, order="HC 12/2026", court="High Court")
    assert isinstance(desk.perform(signed(deed, "OPERATOR")), Refusal)
    assert isinstance(desk.perform(signed(deed, "OPERATOR", "SUPERVISOR")), str)
    before = desk.balance(SG2, "SGD")
    desk.answer(payment)
    ended = desk.see(payment)
    assert ended.state is State.REJECTED and desk.balance(SG2, "SGD") == before and desk.holder(bill) == EXPORTER
    assert "RJCT AG03" in desk.told(SG2) and desk.told(SG1)[-1] == "RJCT AG03"


# Deeds


def test_a_deed_counts_once_and_in_its_order(desk: TradeDesk) -> None:
    bill = desk.issue()
    deed = desk.deed(EXPORTER, "TRANSFER", bill, recipient=IMPORTER, until=desk.until(600))
    later = desk.deed(EXPORTER, "WITHDRAW", bill)
    assert isinstance(desk.perform(later), Refusal), "nothing is offered yet"
    assert desk.perform(deed) == f"{bill} 3"
    for replayed in (deed, later):
        answer = desk.perform(replayed)
        assert isinstance(answer, Refusal) and answer.where == "version"
    assert desk.holder(bill) == EXPORTER


def test_a_record_that_is_locked_is_offered_to_nobody_else(desk: TradeDesk) -> None:
    bill = desk.issue()
    desk.offer(bill, TERMS)
    for action, more in (
        ("TRANSFER", {"recipient": CARRIER, "until": desk.until(60)}),
        ("PLEDGE", {"pledgee": SG1, "secured": "SGD 1.00", "power": "HOLD", "due": "2026-12-01"}),
        ("SURRENDER_FOR_DELIVERY", {}),
    ):
        answer = desk.act(EXPORTER, action, bill, **more)
        assert isinstance(answer, Refusal) and answer.where == "lock", action
    assert desk.holder(bill) == EXPORTER


def test_who_signs_and_how_often(desk: TradeDesk) -> None:
    bill = desk.issue()
    deed = desk.deed(EXPORTER, "TRANSFER", bill, recipient=SG1, until=desk.until(600))
    for hands in (("nobody",), (IMPORTER,), (EXPORTER, EXPORTER)):
        answer = desk.perform(signed(deed, *hands))
        assert isinstance(answer, Refusal) and answer.reason is Reason.ROLE_NOT_HELD, hands
    bare = type(deed)(deed.hub, deed.actor, deed.instrument, deed.version, deed.action, deed.body)
    assert isinstance(desk.perform(bare), Refusal)
    altered = type(deed)(deed.hub, deed.actor, deed.instrument, deed.version, "WITHDRAW", deed.body, deed.signatures)
    assert isinstance(desk.perform(altered), Refusal)
    elsewhere = type(deed)("ZZHBTH00", deed.actor, deed.instrument, deed.version, deed.action, deed.body, deed.signatures)
    assert isinstance(desk.perform(elsewhere), Refusal)
    assert desk.perform(deed) == f"{bill} 3"
    taken = desk.deed(SG1, "ACCEPT", bill)
    once = desk.perform(signed(taken, f"{SG1} maker"))
    assert isinstance(once, Refusal) and "maker and checker" in once.found
    twice = desk.perform(signed(taken, f"{SG1} maker", f"{SG1} maker"))
    assert isinstance(twice, Refusal)
    assert desk.perform(taken) == f"{bill} 4"
    assert desk.record(bill).holder == SG1


UNPAYABLE = [
    ("SGD 1250.005 ZZBATH01", Reason.DECIMALS_WRONG),
    ("SGD 0.00 ZZBATH01", Reason.AMOUNT_NOT_POSITIVE),
    ("XXX 1.00 ZZBATH01", Reason.CURRENCY_NOT_SETTLED),
    ("SGD 1250 ZZBATH01", Reason.MALFORMED),
    ("SGD 1.00 ZZBAXX01", Reason.IDENTIFIER_WRONG),
    ("SGD 1.00 ZZNOSG01", Reason.RECEIVER_UNKNOWN),
    ("SGD 1.00 ZZBATH01", Reason.CURRENCY_NOT_HELD),
    ("whatever", Reason.MALFORMED),
]


def test_terms_that_nobody_could_pay_are_refused_when_they_are_offered(desk: TradeDesk) -> None:
    bill = desk.issue()
    for reference, reason in UNPAYABLE:
        answer = desk.act(
            EXPORTER, "OFFER_AGAINST", bill, recipient=IMPORTER, until=desk.until(60), against="PAYMENT", reference=reference
        )
        assert isinstance(answer, Refusal) and (answer.reason, answer.where) == (reason, "body.reference"), reference


def test_broken_particulars_move_nothing(desk: TradeDesk) -> None:
    bill = desk.issue()
    good, record = desk.deed(EXPORTER, "SIGN", bill), desk.record(bill)
    for body in (b"", b"{", b"[]", b'{"head":1}', b"\xff", b'{"head":"x","other":1}', b'{"head":"' + b"x" * 11_000_000 + b'"}'):
        answer = desk.perform(signed(type(good)(good.hub, EXPORTER, bill, record.seq, "SIGN", body)))
        assert isinstance(answer, Refusal) and answer.where.startswith("body"), body[:20]
    assert desk.record(bill) == record


def test_notices_go_to_the_parties_banks(desk: TradeDesk) -> None:
    desk.inbox.clear()
    bill = desk.issue()
    lock = desk.offer(bill, TERMS)
    told = [(one.recipient, json.loads(one.raw)) for one in desk.inbox if one.kind == "trade.notice"]
    assert (SG1, IMPORTER, lock.partition("/")[0]) in [(bank, body["party"], body["instrument"]) for bank, body in told]
    assert any(bank == TH1 and body["said"]["action"] == "ISSUE" for bank, body in told)


# Screening


def test_nobody_is_registered_unscreened_and_who_hits_can_do_nothing(desk: TradeDesk) -> None:
    held = desk.perform(party_deed("BRULO-TRADE", name="Sorvemir Brulomarov"))
    assert held == "BRULO-TRADE HELD"
    bill = desk.issue()
    answer = desk.act(EXPORTER, "TRANSFER", bill, recipient="BRULO-TRADE", until=desk.until(60))
    assert isinstance(answer, Refusal) and answer.reason is Reason.REGULATORY and not answer.found
    again = desk.perform(party_deed("BRULO-TRADE", name="Somebody Else"))
    assert isinstance(again, Refusal)


def test_every_text_of_a_deed_meets_the_lists(desk: TradeDesk) -> None:
    goods = desk.hub.trading.records.record("ETR-000001")
    assert goods is None
    with pytest.raises(AssertionError, match="REGULATORY"):
        desk.issue(
            documentParties={
                "shipper": {"partyName": "Sorvemir Brulomarov"},
                "issuingParty": {"partyName": "Selat Lines"},
                "endorsee": {"partyName": "Somchai Foods"},
            }
        )
    assert desk.hub.trading.records.record("ETR-000001") is None
    assert any(key.startswith("KM-") for key in desk.hub.desk.cases)


def both(desk: TradeDesk, case_id: str, verb: str = RELEASE) -> None:
    """Two officers say the same of a case."""
    case = desk.hub.desk.cases[case_id]
    for who in ("officer-1", "officer-2"):
        word = Decision(case_id, who, verb, "seen by both", int(desk.now), case.verdict.digest())
        desk.do(DecideCase(sign(word, demo_key(who))))


def test_what_officers_released_passes_when_the_same_deed_is_given_again(desk: TradeDesk) -> None:
    bill = desk.issue()
    deed = desk.deed(EXPORTER, "SIGN", bill, comments="for Sorvemir Brulomarov")
    answer = desk.perform(deed)
    assert isinstance(answer, Refusal) and answer.reason is Reason.REGULATORY and desk.record(bill).seq == 2
    (case_id,) = [key for key in desk.hub.desk.cases if key.startswith("KM-")]
    assert isinstance(desk.perform(deed), Refusal), "nobody has decided yet"
    both(desk, case_id)
    assert desk.perform(deed) == f"{bill} 3"
    assert [one.fault for one in replay_all(desk.hub, Screeners(desk.folder))] == [""]


def test_a_party_that_officers_released_acts_and_one_that_they_confirmed_never_does(desk: TradeDesk) -> None:
    for party, verb, state in (("BRULO-ONE", RELEASE, "ACTIVE"), ("BRULO-TWO", CONFIRM, "REFUSED")):
        assert desk.perform(party_deed(party, name="Sorvemir Brulomarow")) == f"{party} HELD"
        both(desk, desk.party(party).case, verb)
        assert desk.party(party).state.name == state
    desk.do(SwapLists(newly_listed(desk, "Somebody Else")))
    assert desk.party("BRULO-ONE").state.name == "ACTIVE", "the same entries say the same"
    bill = desk.issue()
    assert isinstance(desk.act(EXPORTER, "TRANSFER", bill, recipient="BRULO-TWO", until=desk.until(60)), Refusal)
    assert isinstance(desk.act(EXPORTER, "TRANSFER", bill, recipient="BRULO-ONE", until=desk.until(60)), str)


def test_a_bank_restates_its_own_customer_whole_and_old_keys_sign_no_more(desk: TradeDesk) -> None:
    bill = desk.issue()
    other = party_deed(EXPORTER, action="RESTATE_PARTY", version=1, keys=[public("new key").hex()])
    wrong = signed(type(other)(other.hub, SG1, EXPORTER, 1, other.action, other.body))
    assert isinstance(desk.perform(wrong), Refusal), "another bank's customer"
    assert desk.perform(other) == f"{EXPORTER} ACTIVE"
    assert isinstance(desk.perform(other), Refusal), "it counts once"
    deed = desk.deed(EXPORTER, "SIGN", bill)
    assert isinstance(desk.perform(deed), Refusal)
    assert isinstance(desk.perform(signed(deed, "new key")), str)
    taken = party_deed("NEW-TRADER", keys=[public(IMPORTER).hex()])
    answer = desk.perform(taken)
    assert isinstance(answer, Refusal) and answer.where == "keys", "nobody is two parties"


NOBODY: list[tuple[dict[str, object], str]] = [
    ({"party": "ZZBASG01"}, "party"), ({"party": "small"}, "party"), ({"party": "OPERATOR"}, "party"), ({"name": " "}, "name"),
    ({"country": "QQ"}, "country"), ({"lei": "X" * 20}, "lei"), ({"roles": ["spy"]}, "roles"), ({"roles": []}, "roles"),
    ({"keys": []}, "keys"), ({"keys": ["ab"]}, "keys"), ({"more": 1}, "body"),
]  # fmt: skip


def test_a_party_that_is_not_well_described_is_not_registered(desk: TradeDesk) -> None:
    known = dict(desk.hub.trading.parties.known)
    for more, where in NOBODY:
        said = dict(more)
        answer = desk.perform(party_deed(str(said.pop("party", "NEW-TRADER")), **said))
        assert isinstance(answer, Refusal) and answer.where == where, more
    answer = desk.perform(signed(party_deed("NEW-TRADER"), f"{SG1} maker"))
    assert isinstance(answer, Refusal) and answer.reason is Reason.ROLE_NOT_HELD
    assert desk.hub.trading.parties.known == known


def test_a_party_that_new_lists_name_sells_and_buys_nothing(desk: TradeDesk) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, TERMS)
    desk.do(SwapLists(newly_listed(desk, "Somchai Foods")))
    assert desk.party(EXPORTER).state.name == "HELD"
    payment = desk.pay_for(lock, creditor="Another Name")
    assert payment.state is State.REJECTED and payment.refusal is not None and payment.refusal.reason is Reason.REGULATORY
    assert desk.holder(bill) == EXPORTER
    answer = desk.act(EXPORTER, "WITHDRAW", bill)
    assert isinstance(answer, Refusal) and answer.reason is Reason.REGULATORY


def test_new_lists_between_offer_and_payments_end_hold_both_legs(desk: TradeDesk) -> None:
    bill = desk.issue()
    lock = desk.offer(bill, TERMS)
    payment = desk.pay_for(lock, creditor="Another Name", debtor="A Third Name")
    assert payment.state is State.OFFERED
    before = desk.balance(SG2, "SGD")
    desk.do(SwapLists(newly_listed(desk, "Somchai Foods")))
    held = desk.see(payment)
    assert held.state is State.HELD and held.intent == 0, "its own parties hit nothing, those of the title do"
    desk.answer(payment)
    assert desk.see(payment).state is State.HELD and desk.balance(SG2, "SGD") == before and desk.holder(bill) == EXPORTER
    assert {one.fault for one in replay_all(desk.hub, Screeners(desk.folder))} == {""}, "its verdict is of its parties too"
    # Officers release the party, and the payment; the offer still stands.
    both(desk, desk.party(EXPORTER).case)
    both(desk, desk.see(payment).case)
    assert desk.see(payment).state is State.OFFERED
    desk.answer(desk.see(payment))
    assert desk.see(payment).state is State.SETTLED and desk.holder(bill) == IMPORTER


def test_a_bank_leaves_when_it_has_handed_on_its_titles_and_its_customers(tmp_path: Path) -> None:
    desk = TradeDesk(tmp_path / "leaving", prefund="0")
    bill = desk.issue()
    assert isinstance(desk.act(EXPORTER, "TRANSFER", bill, recipient=TH1, until=desk.until(600)), str)
    assert isinstance(desk.act(TH1, "ACCEPT", bill), str)
    for who in ("operator-1", "operator-2"):
        vote = Vote(Motion(STANDING, TH1, "leaving"), who, "asked by letter", "2026-11-24", int(desk.now))
        voted = desk.do(Move(sign_vote(vote, demo_key(who))))
        assert isinstance(voted, str), voted
    moved = party_deed(EXPORTER, action="RESTATE_PARTY", version=1)
    moved = type(moved)(moved.hub, MY1, EXPORTER, 1, moved.action, moved.body)
    assert isinstance(desk.perform(signed(moved)), Refusal), "the customer has not agreed"
    assert desk.perform(signed(moved, *hands_of(MY1), EXPORTER)) == f"{EXPORTER} ACTIVE"
    assert desk.party(EXPORTER).bank == MY1
    desk.wait(1)
    assert desk.hub.desk.in_force().participants[TH1].standing == "leaving", "it has a title still"
    assert isinstance(desk.act(TH1, "TRANSFER", bill, recipient=IMPORTER, until=desk.until(600)), str)
    assert isinstance(desk.act(IMPORTER, "ACCEPT", bill), str)
    desk.wait(1)
    assert desk.hub.desk.in_force().participants[TH1].standing == "left"
    assert isinstance(desk.act(IMPORTER, "TRANSFER", bill, recipient=TH1, until=desk.until(600)), Refusal)
    assert prove_hub(desk.hub).faults == []
    desk.close()


def test_deeds_of_one_batch_are_decided_in_their_order(desk: TradeDesk) -> None:
    bill, other = desk.issue(), desk.issue("SLT0002")
    first = desk.deed(EXPORTER, "TRANSFER", bill, recipient=IMPORTER, until=desk.until(60))
    second = desk.deed(EXPORTER, "TRANSFER", other, recipient=IMPORTER, until=desk.until(60))
    desk.do(Perform(first), Perform(second), Perform(first))
    assert desk.record(bill).seq == desk.record(other).seq == 3
    desk.do(Perform(desk.deed(IMPORTER, "ACCEPT", bill)), Perform(desk.deed(IMPORTER, "ACCEPT", other)))
    assert desk.holder(bill) == desk.holder(other) == IMPORTER

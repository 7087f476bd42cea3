"""What banks ask each other through the hub: recalls, investigations, verification; each to who must answer, and no further."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal, utc_text
from fondaco.hub import editions
from fondaco.messages import (
    Verified,
    acmt_023,
    acmt_024,
    camt_029,
    camt_056,
    camt_110,
    camt_111,
    cancellation,
    cancellation_status,
    read,
    verification,
    wrap,
)
from fondaco.messages.xml import parse
from fondaco.payments import Assignment, AssignmentState, State
from fondaco.reporting import story
from stories.test_returns import baht, return_of, settled, the_return
from union import HUB, MY1, SG1, TH1, TH2, Desk

DAY = 24 * 3_600


def ask_back(
    desk: Desk, uetr: str, *, sender: str = SG1, reason: str = "DUPL", name: str = "", kind: str = "camt.056.001.08"
) -> Refusal | str | None:
    name, text = name or f"RC{desk.now}", utc_text(desk.now)
    raw = wrap(kind, sender, HUB, name, text, camt_056(name, text, (sender, HUB), cancellation(uetr, reason, "CX1")))
    parse(raw)
    return desk.send(raw, sender)


def answer_recall(
    desk: Desk, uetr: str, confirmation: str, reason: str = "", *, sender: str = TH1, kind: str = "camt.029.001.09"
) -> Refusal | str | None:
    name, text = f"RA{desk.now}", utc_text(desk.now)
    raw = wrap(
        kind, sender, HUB, name, text, camt_029(name, text, (sender, HUB), "", confirmation, cancellation_status(uetr, reason))
    )
    parse(raw)
    return desk.send(raw, sender)


def investigate(desk: Desk, uetr: str, *, sender: str = SG1, responder: str = TH1, name: str = "") -> Refusal | str | None:
    name, text = name or f"IN{desk.now}", utc_text(desk.now)
    rest = (
        f"<InvstgtnTp><Cd>CCNR</Cd></InvstgtnTp><Undrlyg><IntrBk><OrgnlUETR>{uetr}</OrgnlUETR></IntrBk></Undrlyg>"
        f"<Rqstr><Agt><FinInstnId><BICFI>{sender}</BICFI></FinInstnId></Agt></Rqstr>"
        f"<Rspndr><Agt><FinInstnId><BICFI>{responder}</BICFI></FinInstnId></Agt></Rspndr>"
    )
    data = "<InvstgtnData><Rsn><Cd>MINF</Cd></Rsn></InvstgtnData>"
    raw = wrap("camt.110.001.01", sender, HUB, name, text, camt_110(name, rest, data))
    parse(raw)
    return desk.send(raw, sender)


def findings(desk: Desk, key: str, status: str, *, sender: str = TH1) -> Refusal | str | None:
    name, text = f"FI{desk.now}", utc_text(desk.now)
    rest = (
        "<InvstgtnTp><Cd>CCNR</Cd></InvstgtnTp>"
        f"<Rqstr><Agt><FinInstnId><BICFI>{SG1}</BICFI></FinInstnId></Agt></Rqstr>"
        f"<Rspndr><Agt><FinInstnId><BICFI>{TH1}</BICFI></FinInstnId></Agt></Rspndr>"
    )
    content = camt_111(name, f"<InvstgtnSts><Sts>{status}</Sts></InvstgtnSts>", key, rest)
    raw = wrap("camt.111.001.01", sender, HUB, name, text, content)
    parse(raw)
    return desk.send(raw, sender)


def verify(
    desk: Desk,
    *,
    bank: str = TH1,
    account: str = "9876543210",
    holder: str = "Somchai Foods",
    sender: str = SG1,
    name: str = "",
    rows: int = 1,
) -> Refusal | str | None:
    name, text = name or f"VE{desk.now}", utc_text(desk.now)
    passed = "".join(verification(f"V{row}", bank, account, holder) for row in range(1, rows + 1))
    raw = wrap("acmt.023.001.04", sender, HUB, name, text, acmt_023(name, text, (sender, HUB), passed))
    parse(raw)
    return desk.send(raw, sender)


def report(desk: Desk, key: str, matched: bool, reason: str = "", holder: str = "", *, sender: str = TH1) -> Refusal | str | None:
    name, text = f"VR{desk.now}", utc_text(desk.now)
    content = acmt_024(name, text, (sender, HUB), key, Verified("V1", matched, reason, holder))
    raw = wrap("acmt.024.001.04", sender, HUB, name, text, content)
    parse(raw)
    return desk.send(raw, sender)


def the_open(desk: Desk) -> Assignment:
    (one,) = desk.hub.desk.assignments.values()
    return one


def heard(desk: Desk, recipient: str, kind: str) -> list[str]:
    """The messages of one kind to one bank, each true to its schema."""
    found = [mail.raw for mail in desk.inbox if mail.recipient == recipient and mail.kind.startswith(kind)]
    for raw in found:
        parse(raw)
    return [raw.decode() for raw in found]


# Recalls


@pytest.mark.parametrize(("kind", "answer"), [("camt.056.001.08", "camt.029.001.09"), ("camt.056.001.11", "camt.029.001.13")])
def test_a_recall_goes_to_the_creditor_agent_and_ends_with_the_return(desk: Desk, kind: str, answer: str) -> None:
    payment = settled(desk)
    assert ask_back(desk, payment.uetr, kind=kind) is None
    (passed,) = heard(desk, TH1, kind)
    assert payment.uetr in passed and "<Cd>DUPL</Cd>" in passed and "<CxlId>CX1</CxlId>" in passed
    assert answer_recall(desk, payment.uetr, "CNCL", kind=answer) is None
    (told,) = heard(desk, SG1, answer)
    assert "<Conf>CNCL</Conf>" in told and the_open(desk).state is AssignmentState.AGREED
    return_of(desk, payment.uetr, baht(payment), "THB", reason="FOCR")
    desk.answer(the_return(desk, payment), sender=SG1)
    assert desk.hub.desk.assignments == {}
    whole = story(desk.see(payment), desk.hub.journal)
    assert [step["event"] for step in whole["asked"][0]["steps"]] == ["CANCELLATION_AGREED", "RETURN_SETTLED"]
    assert whole["return"]["state"] == "SETTLED" and len(whole["asked"][0]["mail"]) == 2


def test_a_recall_may_be_put_off_and_then_refused_with_its_reason(desk: Desk) -> None:
    payment = settled(desk)
    books = desk.books()
    ask_back(desk, payment.uetr)
    assert answer_recall(desk, payment.uetr, "PDCR") is None
    assert the_open(desk).state is AssignmentState.PENDING
    assert isinstance(answer_recall(desk, payment.uetr, "RJCR"), Refusal), "a refusal needs its reason"
    assert answer_recall(desk, payment.uetr, "RJCR", "CUST") is None
    assert "<Cd>CUST</Cd>" in heard(desk, SG1, "camt.029")[-1]
    assert desk.hub.desk.assignments == {} and desk.books() == books


def test_a_return_that_comes_before_any_word_answers_the_recall(desk: Desk) -> None:
    payment = settled(desk)
    ask_back(desk, payment.uetr)
    one = the_open(desk)
    return_of(desk, payment.uetr, baht(payment), "THB", reason="FOCR")
    desk.answer(the_return(desk, payment), sender=SG1)
    assert one.state is AssignmentState.RETURNED and desk.hub.desk.assignments == {}


def test_an_answer_from_the_wrong_bank_is_refused_and_changes_nothing(desk: Desk) -> None:
    payment = settled(desk)
    ask_back(desk, payment.uetr)
    for bank in (TH2, SG1, MY1):
        refusal = answer_recall(desk, payment.uetr, "CNCL", sender=bank)
        assert isinstance(refusal, Refusal) and refusal.reason is Reason.NOT_FOUND
    assert the_open(desk).state is AssignmentState.ASSIGNED and heard(desk, SG1, "camt.029") == []


def test_recalls_that_cannot_be_are_answered_at_once_with_the_code(desk: Desk) -> None:
    payment = settled(desk)

    def told(bank: str) -> str:
        text = heard(desk, bank, "camt.029")[-1]
        assert "<Conf>RJCR</Conf>" in text
        found = re.search(r"<CxlStsRsnInf><Rsn><Cd>(\w+)</Cd>", text)
        assert found is not None
        return found[1]

    # another's payment and one that never was are answered alike
    for bank, uetr in ((MY1, payment.uetr), (TH1, payment.uetr), (SG1, "11111111-2222-4333-8444-555555555555")):
        assert isinstance(ask_back(desk, uetr, sender=bank), Refusal)
        assert told(bank) == "NOOR"
    # refused before
    rejected = desk.pay(SG1, TH1, "50.00", "SGD", urgent=True)
    desk.answer(rejected, "RJCT", "AC04")
    assert isinstance(ask_back(desk, rejected.uetr), Refusal) and told(SG1) == "NOOR"
    # asked twice
    assert ask_back(desk, payment.uetr) is None
    assert isinstance(ask_back(desk, payment.uetr), Refusal) and told(SG1) == "ARPL"
    # returned
    return_of(desk, payment.uetr, baht(payment), "THB")
    assert isinstance(ask_back(desk, payment.uetr), Refusal) and told(SG1) == "ARDT"


def test_the_same_recall_again_is_taken_once(desk: Desk) -> None:
    payment = settled(desk)
    for _ in range(3):
        assert ask_back(desk, payment.uetr, name="ONCE") is None
    assert len(heard(desk, TH1, "camt.056")) == 1


def test_a_recall_of_a_queued_payment_takes_it_out_of_the_queue(desk: Desk) -> None:
    payment = desk.pay(SG1, TH1, "9000000.00", "SGD", urgent=True)
    assert payment.state is State.QUEUED
    books = desk.books()
    for _ in range(2):
        assert ask_back(desk, payment.uetr, name="ONCE") is None
    assert desk.see(payment).state is State.CANCELLED and desk.books() == books
    assert ["<Conf>CNCL</Conf>" in told for told in heard(desk, SG1, "camt.029")] == [True], "the same again takes nothing back"
    assert [one["answer"] for one in story(desk.see(payment), desk.hub.journal)["asked"]] == ["CNCL"]


def test_what_screening_holds_is_not_told_by_a_recall(desk: Desk) -> None:
    held = desk.pay(SG1, TH1, "70.00", "SGD", urgent=True, creditor=_listed(desk))
    assert held.state is State.HELD
    assert isinstance(ask_back(desk, held.uetr), Refusal)
    text = heard(desk, SG1, "camt.029")[-1]
    assert "ARPL" in text and desk.see(held).state is State.HELD
    assert all(b"HELD" not in one.raw for one in desk.inbox), "in no message at all"


def test_a_refused_recall_has_one_answer_and_a_malformed_one_its_place(desk: Desk) -> None:
    ask_back(desk, "11111111-2222-4333-8444-555555555555")
    assert [one.kind[:8] for one in desk.inbox if one.recipient == SG1 and one.kind[:4] in ("camt", "admi")][-1:] == ["camt.029"]
    assert heard(desk, SG1, "admi.002") == []
    refusal = ask_back(desk, settled(desk).uetr, reason="XXXX")
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.CODE_UNKNOWN
    assert len(heard(desk, SG1, "admi.002")) == 1 and heard(desk, TH1, "camt.056") == []


def _listed(desk: Desk) -> str:
    return editions(desk.folder, desk.rules.scheme)["un"].entries[0].names[0].text


def test_the_clock_of_a_recall_runs_in_banking_days_of_who_is_asked(desk: Desk) -> None:
    payment = settled(desk)
    ask_back(desk, payment.uetr)
    one = the_open(desk)
    # Ten banking days after Tuesday 24 November in Thailand: 7 and 10 December are holidays there, so it is the 9th.
    assert utc_text(one.deadline) == "2026-12-09T09:30:00.000Z"  # type: ignore[arg-type]
    desk.wait((one.deadline - desk.now) // 1_000_000_000 - 2)
    assert one.state is AssignmentState.ASSIGNED
    desk.wait(2)
    assert one.state is AssignmentState.LAPSED and desk.hub.desk.assignments == {}
    assert "<Cd>NOAS</Cd>" in heard(desk, SG1, "camt.029")[-1]
    assert isinstance(answer_recall(desk, payment.uetr, "CNCL"), Refusal), "too late"


def test_who_agrees_and_sends_nothing_back_is_on_record(desk: Desk) -> None:
    payment = settled(desk)
    ask_back(desk, payment.uetr)
    answer_recall(desk, payment.uetr, "CNCL")
    one = the_open(desk)
    desk.wait(30 * DAY)
    assert one.state is AssignmentState.LAPSED
    assert "no return came" in heard(desk, SG1, "camt.029")[-1]


@pytest.mark.parametrize("word", ["", "PDCR", "CNCL"])
@pytest.mark.parametrize("end", ["refused", "silent"])
def test_a_recall_ends_with_its_payment_where_that_never_settles(desk: Desk, word: str, end: str) -> None:
    payment = desk.pay(SG1, TH1, "50.00", "SGD", urgent=True)
    ask_back(desk, payment.uetr)
    one = the_open(desk)
    if word:
        assert answer_recall(desk, payment.uetr, word) is None
    told_before = len(heard(desk, SG1, "camt.029"))
    if end == "refused":
        desk.answer(payment, "RJCT", "CUST")
    else:
        desk.wait(desk.rules.answer_time_urgent_s + 1)
    assert desk.see(payment).state is State.REJECTED
    assert desk.hub.desk.assignments == {} and one.state is AssignmentState.ANSWERED
    told = heard(desk, SG1, "camt.029")[told_before:]
    if word == "CNCL":
        assert told == [] and one.answer == "CNCL", "it was told as cancelled, and so it was"
    else:
        assert len(told) == 1 and "<Conf>RJCR</Conf>" in told[0] and "<Cd>NOOR</Cd>" in told[0]
    desk.wait(40 * DAY)
    assert len(heard(desk, SG1, "camt.029")) == told_before + len(told), "nobody hears of it again"


def test_open_recalls_outlive_a_restart(desk: Desk, tmp_path: Path) -> None:
    made = Desk(tmp_path / "other")
    payment = settled(made)
    ask_back(made, payment.uetr)
    deadline = the_open(made).deadline
    made = made.again()
    assert the_open(made).deadline == deadline
    assert answer_recall(made, payment.uetr, "RJCR", "LEGL") is None
    made = made.again()
    assert made.hub.desk.assignments == {}
    made.close()


# Investigations


def test_an_investigation_goes_to_the_other_bank_and_the_answer_comes_back_under_the_askers_name(desk: Desk) -> None:
    payment = settled(desk)
    assert investigate(desk, payment.uetr, name="INV-7") is None
    (passed,) = heard(desk, TH1, "camt.110")
    key = the_open(desk).key
    assert f"<MsgId>{key}</MsgId>" in passed and payment.uetr in passed
    assert isinstance(findings(desk, key, "CLSD", sender=TH2), Refusal)
    assert isinstance(findings(desk, key, "DONE"), Refusal), "no such status"
    assert findings(desk, key, "PDNG") is None and the_open(desk).state is AssignmentState.PENDING
    assert findings(desk, key, "CLSD") is None
    first, last = heard(desk, SG1, "camt.111")
    assert "<Sts>PDNG</Sts>" in first and "<Sts>CLSD</Sts>" in last and "<MsgId>INV-7</MsgId>" in last
    kept = story(desk.see(payment), desk.hub.journal)["asked"]
    assert [one["kind"] for one in kept] == ["investigation"] and len(kept[0]["mail"]) == 3


def test_an_investigation_of_anothers_payment_or_with_another_bank_is_refused(desk: Desk) -> None:
    payment = settled(desk)
    for sender, responder in ((MY1, TH1), (SG1, TH2)):
        assert isinstance(investigate(desk, payment.uetr, sender=sender, responder=responder), Refusal)
    assert desk.hub.desk.assignments == {} and heard(desk, TH1, "camt.110") == [] and heard(desk, TH2, "camt.110") == []


def test_an_investigation_that_nobody_answers_is_closed_and_told(desk: Desk) -> None:
    payment = settled(desk)
    investigate(desk, payment.uetr, name="INV-8")
    desk.wait(15 * DAY)
    assert "<MsgId>INV-8</MsgId>" in heard(desk, SG1, "camt.111")[-1] and desk.hub.desk.assignments == {}


# Verification


def test_an_account_is_verified_by_its_bank_and_the_name_comes_back_masked(desk: Desk) -> None:
    assert verify(desk, name="VER1") is None
    key = the_open(desk).key
    assert "Somchai Foods" in heard(desk, TH1, "acmt.023")[-1]
    assert isinstance(report(desk, key, True, sender=TH2), Refusal)
    assert report(desk, key, False, "PN02", "Somchai Food Trading") is None
    (told,) = heard(desk, SG1, "acmt.024")
    assert "<MsgId>VER1</MsgId>" in told and "<Cd>PN02</Cd>" in told and "S*** F*** T***" in told and "Food Trading" not in told
    body = read(told.encode()).body
    assert getattr(body, "rows", ())[0] == Verified("V1", False, "PN02", "S*** F*** T***")


def test_a_bank_that_does_not_answer_in_its_time_is_told_as_no_response(desk: Desk) -> None:
    verify(desk)
    desk.wait(desk.rules.verification_answer_s + 1)
    assert "<Cd>NORR</Cd>" in heard(desk, SG1, "acmt.024")[-1] and desk.hub.desk.assignments == {}


def test_unknown_banks_and_broken_accounts_are_refused_at_once(desk: Desk) -> None:
    assert verify(desk, bank="ZZNOTH99") is None
    assert "<Cd>RC04</Cd>" in heard(desk, SG1, "acmt.024")[-1] and desk.hub.desk.assignments == {}


def test_who_asks_too_often_or_misses_too_often_is_stopped_and_others_are_not(desk: Desk) -> None:
    refused = verify(desk, rows=11)
    assert isinstance(refused, Refusal) and refused.reason is Reason.ASKED_TOO_OFTEN
    misses = desk.rules.verification_misses_per_day
    assert misses == 200
    stopped = 0
    for number in range(0, misses + 40, 10):
        outcome = verify(desk, bank="ZZNOTH99", rows=10, name=f"N{number}")
        stopped += isinstance(outcome, Refusal)
    assert stopped == 4, "after two hundred misses nothing more is answered today"
    assert verify(desk, sender=MY1) is None
    assert isinstance(verify(desk), Refusal), "the limit stands for the day"


def test_the_limit_of_a_minute_ends_with_the_minute(desk: Desk) -> None:
    most = desk.rules.verifications_per_minute
    asked = desk.hub.desk.asked
    while (int(desk.now) // 60_000_000_000) == (int(desk.now) + 2_000_000_000) // 60_000_000_000 and len(asked) == 0:
        verify(desk)
    asked[SG1].count = most
    assert isinstance(verify(desk), Refusal)
    desk.wait(60)
    assert verify(desk) is None

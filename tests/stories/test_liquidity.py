"""What members ask about their money, what limits they set themselves, and when they are warned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal, minor_of, utc_text
from fondaco.hub import CloseCycle, SetLimit
from fondaco.messages import LiquidityTransfer, Receipt, camt_025, camt_050, read, wrap
from fondaco.messages.xml import parse
from fondaco.payments import State
from fondaco.settlement import Funding, FundingState
from union import HUB, MY1, SG1, TH1, Desk, at_rest


def query(desk: Desk, sender: str = SG1, currency: str = "") -> Refusal | str | None:
    name, text = f"BQ{desk.now}", utc_text(desk.now)
    asked = (
        f"<AcctQryDef><AcctCrit><NewCrit><SchCrit><Ccy>{currency}</Ccy></SchCrit></NewCrit></AcctCrit></AcctQryDef>"
        if currency
        else ""
    )
    document = f"<GetAcct><MsgHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm></MsgHdr>{asked}</GetAcct>"
    raw = wrap("camt.003.001.08", sender, HUB, name, text, document)
    parse(raw)
    return desk.send(raw, sender)


def report(desk: Desk, sender: str = SG1, kind: str = "camt.052.001.08") -> Refusal | str | None:
    name, text = f"RQ{desk.now}", utc_text(desk.now)
    document = (
        f"<AcctRptgReq><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm></GrpHdr><RptgReq><ReqdMsgNmId>{kind}</ReqdMsgNmId>"
        f"<AcctOwnr><Agt><FinInstnId><BICFI>{sender}</BICFI></FinInstnId></Agt></AcctOwnr></RptgReq></AcctRptgReq>"
    )
    raw = wrap("camt.060.001.05", sender, HUB, name, text, document)
    parse(raw)
    return desk.send(raw, sender)


def expect(desk: Desk, amount: str, currency: str, sender: str = SG1) -> Refusal | str | None:
    name, text = f"EX{desk.now}", utc_text(desk.now)
    document = (
        f"<NtfctnToRcv><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{text}</CreDtTm></GrpHdr><Ntfctn><Id>N1</Id>"
        f'<Itm><Id>1</Id><Amt Ccy="{currency}">{amount}</Amt></Itm></Ntfctn></NtfctnToRcv>'
    )
    raw = wrap("camt.057.001.08", sender, HUB, name, text, document)
    parse(raw)
    return desk.send(raw, sender)


def balances(desk: Desk, recipient: str = SG1) -> dict[str, str]:
    mail = [one.raw for one in desk.inbox if one.recipient == recipient and one.kind.startswith("camt.004")][-1]
    parse(mail)
    rows = re.findall(r"<MulBal><Amt>([\d.]+)</Amt><CdtDbtInd>(\w+)</CdtDbtInd><Tp><Cd>(\w+)</Cd>", mail.decode())
    found = {kind: ("-" if side == "DBIT" else "") + amount for amount, side, kind in rows}
    limit = re.search(r'<CurMulLmt><Amt><AmtWthCcy Ccy="\w+">([\d.]+)<', mail.decode())
    return {**found, "limit": limit[1] if limit else ""}


def test_a_member_sees_its_own_balances_limit_and_net_and_nobody_elses(desk: Desk) -> None:
    urgent = desk.pay(SG1, TH1, "1000.00", "SGD", urgent=True)
    assert urgent.state is State.OFFERED
    normal = desk.pay(SG1, TH1, "500.00", "SGD")
    desk.answer(normal)
    books = desk.books()
    assert query(desk) is None
    seen = balances(desk)
    assert seen == {"BOOK": "1000000.00", "PDNG": "-1000.25", "AVLB": "998999.75", "PIPO": "-500.25", "limit": "210000000.00"}
    assert desk.books() == books
    assert isinstance(query(desk, currency="THB"), Refusal), "it holds no baht"
    assert all(one.recipient == SG1 for one in desk.inbox if one.kind.startswith("camt.004"))


def test_a_report_of_balances_is_sent_when_it_is_asked_for(desk: Desk) -> None:
    assert report(desk) is None
    (mail,) = [one.raw for one in desk.inbox if one.recipient == SG1 and one.kind.startswith("camt.052")]
    parse(mail)
    assert mail.count(b"<Bal>") == 2 and b"1000000.00" in mail
    assert isinstance(report(desk, kind="camt.053.001.08"), Refusal)


def test_a_limit_binds_at_once_and_in_the_cycles_that_follow(desk: Desk) -> None:
    assert desk.do(SetLimit(SG1, "SGD", 60_000)) is None
    assert desk.pay(SG1, TH1, "500.00", "SGD").state is State.OFFERED
    assert desk.pay(SG1, TH1, "500.00", "SGD").state is State.QUEUED
    desk.let_world_answer()
    desk.do(CloseCycle())
    desk.let_world_answer()
    query(desk)
    assert balances(desk)["limit"] == "600.00"
    assert desk.do(SetLimit(SG1, "SGD", 21_000_000_000)) is None
    query(desk)
    assert balances(desk)["limit"] == "210000000.00"


@pytest.mark.parametrize(
    ("bic", "currency", "minor"), [(SG1, "SGD", 21_000_000_001), (SG1, "SGD", -1), (SG1, "THB", 0), ("ZZNOSG99", "SGD", 0)]
)
def test_a_limit_outside_the_schemes_bounds_is_refused(desk: Desk, bic: str, currency: str, minor: int) -> None:
    books = desk.books()
    assert isinstance(desk.do(SetLimit(bic, currency, minor)), Refusal)
    assert desk.books() == books and desk.hub.desk.limits == {}


def test_a_limit_below_what_is_reserved_is_refused_and_the_books_stay(desk: Desk) -> None:
    desk.pay(SG1, TH1, "500.00", "SGD")
    books = desk.books()
    refusal = desk.do(SetLimit(SG1, "SGD", 50_000))
    assert isinstance(refusal, Refusal) and refusal.reason is Reason.ABOVE_CAP
    assert desk.books() == books and desk.hub.desk.limits == {}
    assert desk.do(SetLimit(SG1, "SGD", 50_025)) is None
    query(desk)
    assert balances(desk)["limit"] == "500.25"


def test_a_limit_outlives_a_restart_and_the_cycle_settles_with_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    payment = desk.pay(SG1, TH1, "500.00", "SGD")
    desk.answer(payment)
    desk.do(SetLimit(SG1, "SGD", 70_000))
    desk = desk.again()
    query(desk)
    assert balances(desk)["limit"] == "700.00"
    desk.do(CloseCycle())
    desk.let_world_answer()
    at_rest(desk)
    assert desk.see(payment).state is State.SETTLED
    desk.close()


def test_who_could_not_pay_in_is_warned_once_a_cycle(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", prefund="1000")
    for amount in ("900.00", "400.00", "300.00"):
        payment = desk.pay(SG1, TH1, amount, "SGD")
        desk.answer(payment)
    warnings = [one.raw.decode() for one in desk.inbox if one.kind.startswith("admi.004")]
    assert len(warnings) == 1
    parse(warnings[0].encode())
    assert "pay-in 1300.50 SGD, available 1000.00: 300.50 more is needed" in warnings[0]
    desk.close()


def test_what_a_member_expects_is_noted_for_the_day(desk: Desk) -> None:
    assert expect(desk, "250.00", "SGD") is None
    assert isinstance(expect(desk, "250.00", "THB"), Refusal)
    assert list(desk.hub.desk.expected.values()) == [("2026-11-24", "SGD", 25_000)]
    assert isinstance(expect(desk, "250.00", "SGD", sender=MY1), Refusal)


# Money in and out


def move_money(desk: Desk, amount: str, *, name: str = "M1", out: bool = False) -> Refusal | str | None:
    """SG1 asks to bring in or take out dollars; nobody answers yet. `name` as it stands in the XML."""
    text = utc_text(desk.now)
    ends = (SG1, HUB) if out else (HUB, SG1)
    content = camt_050("NAME", text, LiquidityTransfer("I1", "E1", *ends, "SGD", minor_of(amount, 2)))
    return desk.send(wrap("camt.050.001.07", SG1, HUB, "H1", text, content.replace("NAME", name)), SG1)


def agent_says(desk: Desk, status: str, asked_as: str) -> Refusal | str | None:
    agent, name, text = desk.rules.currencies["SGD"].agent_bic, f"R{desk.now}", utc_text(desk.now)
    return desk.send(wrap("camt.025.001.08", agent, HUB, name, text, camt_025(name, text, Receipt(asked_as, status, ""))), agent)


def the_last(desk: Desk) -> Funding:
    return list(desk.hub.desk.fundings.values())[-1]


def test_whatever_a_member_calls_its_request_the_agent_can_read_it(desk: Desk) -> None:
    assert move_money(desk, "5.00", name="A&amp;B &lt;x&gt;") is None
    asked = desk.inbox[-1]
    assert asked.kind.startswith("camt.050")
    parse(asked.raw)
    assert read(asked.raw, bulk=True).body.end_to_end_id == "A&B <x>"  # type: ignore[union-attr]


@pytest.mark.parametrize("out", [False, True])
def test_only_a_plain_yes_or_no_of_the_agent_ends_a_request(desk: Desk, out: bool) -> None:
    before = desk.balance(SG1, "SGD")
    assert move_money(desk, "5.00", out=out) is None
    asked, books = the_last(desk).asked_as, desk.books()
    assert agent_says(desk, "PDNG", asked) is None
    assert isinstance(agent_says(desk, "ZZZZ", asked), Refusal)
    assert the_last(desk).state is FundingState.ASKED and desk.books() == books, "the money may still move at the agent"
    assert agent_says(desk, "ACSC", asked) is None
    assert the_last(desk).state is FundingState.CONFIRMED and desk.balance(SG1, "SGD") == before + (-500 if out else 500)


def test_another_request_under_a_known_name_is_refused_and_the_same_again_books_once(desk: Desk) -> None:
    before = desk.balance(SG1, "SGD")
    assert move_money(desk, "5.00") is None
    agent_says(desk, "ACSC", the_last(desk).asked_as)
    books = desk.books()
    for amount, out in (("50.00", False), ("5.00", True)):
        refusal = move_money(desk, amount, out=out)
        assert isinstance(refusal, Refusal) and refusal.reason is Reason.DUPLICATE_MESSAGE
    assert move_money(desk, "5.00") is None
    assert desk.books() == books and desk.balance(SG1, "SGD") == before + 500

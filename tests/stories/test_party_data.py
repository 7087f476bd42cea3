"""FATF Recommendation 16 where a union holds incomplete payments for officers instead of refusing them; and what is told passes unaltered."""

from __future__ import annotations

from pathlib import Path

from fondaco.compliance import Decision, sign
from fondaco.hub import DecideCase, Screeners, SwapLists, replay_verdict
from fondaco.payments import State
from fondaco.simulation import demo_key
from union import SG1, TH1, Desk, newly_listed


def holding(home: Path) -> None:
    path = home / "union.toml"
    path.write_text(path.read_text().replace('value = "refuse"', 'value = "hold"'))


def test_an_incomplete_payment_is_held_and_officers_decide(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=holding)
    books = desk.books()
    bare = desk.pay(SG1, TH1, "5.00", "SGD", debtor_data="", urgent=True)
    nameless = desk.pay(SG1, TH1, "5.00", "SGD", debtor="")
    assert bare.state is State.HELD and nameless.state is State.HELD and desk.books() == books
    told = [[(h.list_id, h.path, h.entry_id) for h in desk.hub.desk.cases[p.case].verdict.hits] for p in (bare, nameless)]
    assert told == [[("party_data", "CdtTrfTxInf/Dbtr/PstlAdr", "RR02")], [("party_data", "CdtTrfTxInf/Dbtr/Nm", "RR02")]]
    assert desk.told(SG1) == ["PDNG", "PDNG"]
    assert desk.pay(SG1, TH1, "5.00", "SGD").state is State.OFFERED, "a complete one passes"
    # Other lists ask again, and it is incomplete still.
    assert desk.do(SwapLists(newly_listed(desk, "Somebody Else"))) is None
    bare = desk.see(bare)
    assert bare.state is State.HELD
    assert (lambda one: (one.fault, one.told))(replay_verdict(desk.hub, bare, Screeners(desk.folder))) == ("", "")
    for who in ("officer-1", "officer-2"):
        case = desk.hub.desk.cases[bare.case]
        word = Decision(bare.case, who, "RELEASE", "the address came by letter", int(desk.now), case.verdict.digest())
        assert isinstance(desk.do(DecideCase(sign(word, demo_key(who)))), str)
    assert desk.see(bare).state is State.OFFERED
    desk.close()


def test_originator_and_beneficiary_leave_to_the_letter(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    data = (
        "<PstlAdr><TwnNm>Townville &amp; Bay</TwnNm><Ctry>SG</Ctry></PstlAdr><Id><PrvtId><DtAndPlcOfBirth><BirthDt>1980-01-31</BirthDt>"
        "<CityOfBirth>X</CityOfBirth><CtryOfBirth>SG</CtryOfBirth></DtAndPlcOfBirth></PrvtId></Id>"
    )
    payment = desk.pay(SG1, TH1, "5.00", "SGD", debtor="Tán Wéi 陳", debtor_data=data)
    assert payment.state is State.OFFERED
    (onward,) = [m.raw.decode() for m in desk.inbox if m.recipient == TH1 and m.kind.startswith("pacs.008")]
    for said in (f"<Dbtr><Nm>Tán Wéi 陳</Nm>{data}</Dbtr>", "<DbtrAcct><Id><Othr><Id>1234567890</Id></Othr></Id></DbtrAcct>"):
        assert said in onward
    assert "<Cdtr><Nm>Somchai Foods</Nm></Cdtr><CdtrAcct><Id><Othr><Id>9876543210</Id></Othr></Id></CdtrAcct>" in onward
    desk.close()

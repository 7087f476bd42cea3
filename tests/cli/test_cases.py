"""The compliance officer at the command line: cases, alerts, evidence, replay, good-guy entries, calibration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fondaco.cli import calibrating, cases, screening, terminal
from fondaco.cli.terminal import Misused, Refused
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, ManualClock, utc_text
from fondaco.hub import Arrive, NotReady, open_hub
from fondaco.messages import acmt_023, verification, wrap
from fondaco.payments import State
from fondaco.simulation import demo_key
from union import HUB, SG1, TH1, Desk

UN, OFAC = "Sorvemir Brulomarow", "Jorvubar Tikistanov"
NOTE = {"note": "looked into"}


class Folder:
    """A hub's folder with held payments, and the keys of its officers beside it. The machine's clock stands on the demo's day."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        desk = Desk(home / "hub")
        self.payments = [desk.pay(SG1, TH1, "5.00", "SGD", creditor=name) for name in (UN, UN, OFAC)]
        assert [one.state for one in self.payments] == [State.HELD] * 3
        self.at = int(desk.now)
        desk.close()
        self.hub = home / "hub"
        for officer in ("officer-1", "officer-2"):
            (home / officer).write_text(demo_key(officer).private_bytes_raw().hex())
        self.home = home
        for module in (terminal, cases, calibrating, screening):
            monkeypatch.setattr(module, "clock", self._clock)

    def _clock(self, _: object) -> ManualClock:
        self.at += 1_000_000_000
        return ManualClock(Instant(self.at))

    def signed(self, officer: str) -> dict[str, Any]:
        return {"officer": officer, "key": self.home / officer, "hub": self.hub}

    def state(self, place: int) -> State:
        hub = open_hub(self.hub)
        try:
            found = hub.payment(self.payments[place].number)
            assert found is not None
            return found.state
        finally:
            hub.books.close()  # type: ignore[attr-defined]
            hub.journal.close()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    yield Folder(tmp_path, monkeypatch)


def said(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_an_officers_morning(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    one, two, third = (payment.case for payment in folder.payments)
    cases.list_(hub=folder.hub, json=True)
    rows = said(capsys)
    assert [row["case"] for row in rows] == [one, two, third] and rows[0]["due"] and rows[0]["hits"][0]["listed"]
    cases.alerts(hub=folder.hub, json=True)
    (shared,) = [row for row in said(capsys) if len(row["open"]) == 2]
    assert set(shared["open"]) == {one, two}
    cases.list_(hub=folder.hub)
    assert "brulomarow = brulomarov" in capsys.readouterr().out

    cases.assign(one, "officer-2", **folder.signed("officer-1"), **NOTE)
    cases.note(one, "the town differs", **folder.signed("officer-2"))
    cases.escalate(one, **folder.signed("officer-2"), **NOTE)
    with pytest.raises(Refused, match="no case"):
        cases.release("K9", **folder.signed("officer-1"), **NOTE)
    # One word for every open case of the alert; each payment keeps its own record.
    capsys.readouterr()
    cases.release(one, same=True, json=True, **folder.signed("officer-1"), **NOTE)
    assert {row["state"] for row in said(capsys)} == {"RELEASE_PROPOSED"}
    with pytest.raises(Refused, match="another person"):
        cases.release(one, **folder.signed("officer-1"), **NOTE)
    cases.release(one, same=True, json=True, **folder.signed("officer-2"), **NOTE)
    assert [(row["case"], row["state"]) for row in said(capsys)] == [(one, "RELEASED"), (two, "RELEASED")]
    assert folder.state(0) is folder.state(1) is State.OFFERED

    page = folder.home / "case.html"
    cases.report(one, html=page, json=True, hub=folder.hub)
    found = said(capsys)
    assert found["state"] == "RELEASED" and len(found["words"]) == 5 and {w["signature"] for w in found["words"]} == {"holds"}
    assert found["replay"].startswith("the same to the byte") and found["chain"] == "every word is the one that was said"
    assert {one["list_id"] for one in found["lists"]} == {"un", "ofac", "uk"}
    assert "the town differs" in page.read_text()
    with pytest.raises(Refused, match="--html"):
        cases.report(one, hub=folder.hub)
    cases.replay_(every=True, hub=folder.hub)
    assert "3 verdicts came out the same to the byte" in capsys.readouterr().out
    cases.replay_(third, hub=folder.hub, json=True)
    assert said(capsys)["fault"] == ""
    with pytest.raises(Refused, match="name a case"):
        cases.replay_(hub=folder.hub)

    cases.release(third, **folder.signed("officer-1"), **NOTE)
    cases.release(third, **folder.signed("officer-2"), **NOTE)
    cases.vouch_(third, "ofac", "90001", days=30, **folder.signed("officer-1"), **NOTE)
    with pytest.raises(Refused, match="another person"):
        cases.vouch_(third, "ofac", "90001", days=30, **folder.signed("officer-1"), **NOTE)
    cases.vouch_(third, "ofac", "90001", days=30, **folder.signed("officer-2"), **NOTE)
    capsys.readouterr()
    cases.good_guys(hub=folder.hub, json=True)
    (guy,) = said(capsys)
    assert guy["state"] == "IN_FORCE" and len(guy["words"]) == 2
    cases.withdraw_(guy["entry"], **folder.signed("officer-1"), **NOTE)
    capsys.readouterr()
    cases.good_guys(hub=folder.hub, open_only=False)
    assert "WITHDRAWN" in capsys.readouterr().out
    with pytest.raises(Refused, match="binds everyone"):
        cases.vouch_(one, "un", found["hits"][0]["entry_id"], days=30, **folder.signed("officer-1"), **NOTE)


def test_a_message_without_payments_that_was_refused_is_a_case_with_evidence(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = open_hub(folder.hub)
    folder.at += 1_000_000_000
    text = utc_text(Instant(folder.at))
    asked = acmt_023("V1", text, (SG1, HUB), verification("1", TH1, "987", UN))
    hub.process([Arrive(SG1, wrap("acmt.023.001.04", SG1, HUB, "V1", text, asked))], Instant(folder.at))
    hub.flush()
    (case,) = [one for one in hub.desk.cases.values() if not one.payment]
    hub.books.close()  # type: ignore[attr-defined]
    hub.journal.close()
    cases.list_(hub=folder.hub)
    assert f"{case.case_id}  message of {SG1}  OPENED" in capsys.readouterr().out
    cases.alerts(hub=folder.hub, json=True)
    assert case.case_id in [key for row in said(capsys) for key in row["open"]]
    cases.report(case.case_id, hub=folder.hub, json=True)
    found = said(capsys)
    assert found["about"] == f"a message of {SG1} without payments" and found["replay"].startswith("the same to the byte")
    cases.replay_(case.case_id, hub=folder.hub)
    cases.replay_(every=True, hub=folder.hub)
    assert "4 verdicts came out the same to the byte" in capsys.readouterr().out


def test_an_officers_word_is_on_the_lists_that_wait_in_the_inbox(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """A release reserves money: lists that were delivered and not taken come first, and the case is asked anew on them."""
    third = folder.payments[2].case
    cases.release(third, **folder.signed("officer-1"), **NOTE)
    inbox = folder.hub / "lists" / "inbox" / "un"
    inbox.mkdir(parents=True)
    (inbox / "un.xml").write_bytes(demo_list("un")[0].replace(b"2026-11-23T", b"2026-11-24T"))
    with pytest.raises(Refused):
        cases.release(third, **folder.signed("officer-2"), **NOTE)
    assert folder.state(2) is State.HELD and not list(inbox.iterdir())
    capsys.readouterr()
    cases.list_(hub=folder.hub, json=True)
    rows = [row for row in said(capsys) if row["payment"] == folder.payments[2].number]
    assert len(rows) == 1 and rows[0]["case"] != third and not rows[0]["decisions"]


def test_a_document_is_looked_at_with_verdict_and_reasons_and_nothing_is_kept(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    clear, named, broken = (folder.home / f"{name}.json" for name in ("clear", "named", "broken"))
    clear.write_text('{"shipper": {"partyName": "Tan Wei Trading"}}')
    named.write_text('{"parties": [{"consignee": "Sorvemir Brulomarow"}]}')
    broken.write_text('{"parties": ')
    screening.screen(clear, hub=folder.hub)
    assert "CLEAR" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        screening.screen(clear, named, broken, hub=folder.hub, json=True)
    rows = said(capsys)
    assert ended.value.code == 1 and [row["outcome"] for row in rows] == ["CLEAR", "HIT", "HOLD"]
    assert rows[1]["hits"][0]["where"] == "parties/consignee" and rows[1]["hits"][0]["words"] and "JSON" in rows[2]["why"]
    with pytest.raises(SystemExit):
        screening.screen(named, hub=folder.hub)
    assert "brulomarow = brulomarov" in capsys.readouterr().out
    with pytest.raises(Misused):
        screening.screen(hub=folder.hub)
    with pytest.raises(NotReady, match="No such file"):
        screening.screen(folder.home / "none.json", hub=folder.hub)
    cases.list_(hub=folder.hub, json=True)
    assert len(said(capsys)) == 3, "a look opens no case"


def test_a_calibration_reads_the_journal_or_a_file_and_changes_nothing(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder.hub / "journal.sqlite").read_bytes()
    page = folder.home / "calibration.html"
    calibrating.calibrate_(hub=folder.hub, json=True, html=page)
    found = said(capsys)
    here = {(one["list_id"], one["corridor"]): one for one in found["rates"] if one["threshold_milli"] == 880}
    assert here["un", "SG-TH"]["messages"] == 3 and here["un", "SG-TH"]["alerts"] == 2
    assert "changes nothing" in page.read_text() and found["seed"] == 1
    traffic = folder.home / "traffic.csv"
    traffic.write_text(
        "message,origin,target,kind,path,text\n1,SG,TH,name,Cdtr/Nm,Tan Wei Ling\n1,SG,TH,country,Cdtr/PstlAdr/Ctry,SG\n"
        f"2,SG,TH,name,Cdtr/Nm,{UN}\n3,,,text,,for the account of {UN} as agreed\n"
    )
    calibrating.calibrate_(traffic=traffic, hub=folder.hub, json=True)
    rates = [one for one in said(capsys)["rates"] if one["threshold_milli"] == 880 and one["list_id"] == "un"]
    assert {one["corridor"]: (one["alerts"], one["messages"]) for one in rates} == {"any": (2, 3), "SG-TH": (1, 2)}
    for wrong, why in (("message,text\n", "first line"), ("message,origin,target,kind,path,text\n1,SG,TH,face,x,y\n", "line 2")):
        traffic.write_text(wrong)
        with pytest.raises(Refused, match=why):
            calibrating.calibrate_(traffic=traffic, hub=folder.hub)
    with pytest.raises(Refused, match="per cent"):
        calibrating.calibrate_(hub=folder.hub, recall=0.0)
    assert (folder.hub / "journal.sqlite").read_bytes() == before
    assert msgspec.json.encode(found)

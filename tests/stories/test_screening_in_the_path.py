"""Screening stands before every reservation, cannot be bypassed, and fails closed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fondaco.compliance import CaseState, Decision, Screener, ScreeningUnfit, sign
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, Refusal, at
from fondaco.hub import CloseCycle, DecideCase, SwapLists, list_set, load_list, open_hub
from fondaco.payments import State
from fondaco.simulation import demo_key
from union import SG1, TH1, Desk, at_rest, newly_listed, pacs_008

LISTED = "Sorvemir Brulomarov"


def decide(desk: Desk, case: str, officer: str, verb: str, key: str = "") -> Refusal | str | None:
    held = desk.hub.desk.cases[case]
    decision = Decision(case, officer, verb, "because", int(desk.now), held.verdict.digest())
    return desk.do(DecideCase(sign(decision, demo_key(key or officer))))


@pytest.mark.parametrize(
    "hidden",
    [
        LISTED, "BRULOMAROV, Sorvemir", "Sorvem\u200bir Bru\u00adlomarov", "Sоrvеmir Brulоmаrоv", "Sorvemir  BRULOMAROW",
        "Sorvemir<!-- --> Brulo<?x?>marov", "<![CDATA[Sorvemir Brulomarov]]>", "&#83;orvemir Brulomarov",
    ],
)  # fmt: skip
def test_a_listed_name_is_held_however_it_is_written_and_nothing_is_reserved(tmp_path: Path, hidden: str) -> None:
    desk = Desk(tmp_path)
    books = desk.books()
    payment = desk.pay(SG1, TH1, "10.00", "SGD", creditor=hidden)
    assert payment.state is State.HELD and payment.case
    assert desk.books() == books
    assert desk.told(SG1) == ["PDNG"] and not [m for m in desk.inbox if m.recipient == TH1]
    desk.close()


@pytest.mark.parametrize(
    "extra",
    [
        f"<RmtInf><Ustrd>for the account of {LISTED} as agreed</Ustrd></RmtInf>",
        "<RmtInf><Ustrd>on behalf of Sorvemir</Ustrd><Ustrd>Brulomarov</Ustrd></RmtInf>",
        f"<SplmtryData><Envlp><Note xmlns='urn:x'><Who>{LISTED}</Who></Note></Envlp></SplmtryData>",
        f"<SplmtryData><Envlp><Note xmlns='urn:x' who='{LISTED}'/></Envlp></SplmtryData>",
        f"<SplmtryData><Envlp><Note xmlns='urn:x'>{LISTED}<b/></Note></Envlp></SplmtryData>",
        f"<SplmtryData><Envlp><Note xmlns='urn:x'><b/>{LISTED}</Note></Envlp></SplmtryData>",
    ],
)
def test_a_listed_name_is_found_wherever_in_the_message_it_stands(tmp_path: Path, extra: str) -> None:
    desk = Desk(tmp_path)
    payment = desk.pay(SG1, TH1, "10.00", "SGD", extra=extra)
    assert payment.state is State.HELD
    desk.close()


def test_a_hit_is_released_by_two_officers_and_the_payment_goes_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    payment = desk.pay(SG1, TH1, "10.00", "SGD", creditor=LISTED)
    assert decide(desk, payment.case, "officer-1", "RELEASE") == "RELEASE_PROPOSED"
    assert desk.see(payment).state is State.HELD
    again = decide(desk, payment.case, "officer-1", "RELEASE")
    assert isinstance(again, Refusal), "one officer alone releases nothing"
    assert decide(desk, payment.case, "officer-2", "RELEASE") == "RELEASED"
    assert desk.see(payment).state is State.OFFERED
    desk.close()


def test_a_confirmed_hit_ends_the_payment_and_the_sender_hears_only_the_neutral_code(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    books = desk.books()
    payment = desk.pay(SG1, TH1, "10.00", "SGD", creditor=LISTED)
    decide(desk, payment.case, "officer-1", "CONFIRM")
    assert decide(desk, payment.case, "officer-2", "CONFIRM") == "CONFIRMED"
    assert desk.see(payment).state is State.REJECTED and desk.told(SG1) == ["PDNG", "RJCT RR04"]
    (answer,) = [m for m in desk.inbox if b"RR04" in m.raw]
    assert b"Sorvemir" not in answer.raw and b"INi." not in answer.raw and b"list" not in answer.raw.lower()
    assert desk.books() == books
    assert isinstance(decide(desk, payment.case, "officer-1", "RELEASE"), Refusal), "decided is decided"
    desk.close()


def test_decisions_that_do_not_hold_leave_the_case_as_it_was(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    payment = desk.pay(SG1, TH1, "10.00", "SGD", creditor=LISTED)
    assert isinstance(decide(desk, payment.case, "officer-9", "RELEASE"), Refusal), "nobody knows officer-9"
    assert isinstance(decide(desk, payment.case, "officer-1", "RELEASE", key="officer-2"), Refusal), "signed by another"
    assert isinstance(decide(desk, payment.case, "officer-1", "FORGET"), Refusal)
    held = desk.hub.desk.cases[payment.case]
    other = Decision(payment.case, "officer-1", "RELEASE", "because", 1, b"another verdict")
    assert isinstance(desk.do(DecideCase(sign(other, demo_key("officer-1")))), Refusal)
    silent = Decision(payment.case, "officer-1", "RELEASE", " ", 1, held.verdict.digest())
    assert isinstance(desk.do(DecideCase(sign(silent, demo_key("officer-1")))), Refusal)
    assert desk.hub.desk.cases[payment.case].state is CaseState.OPENED and desk.see(payment).state is State.HELD
    desk.close()


def test_an_error_while_matching_is_a_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    books = desk.books()

    def broken(*_: object) -> object:
        raise RuntimeError("the matcher broke")

    monkeypatch.setattr(Screener, "_learn", broken)
    payment = desk.pay(SG1, TH1, "10.00", "SGD")
    assert payment.state is State.HELD and desk.books() == books
    desk.close()


def test_a_stale_list_holds_everything_until_a_fresh_one_is_loaded(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    screener = desk.hub.holding.screener_in_force()
    screener._until = int(desk.now)
    payment = desk.pay(SG1, TH1, "10.00", "SGD")
    assert payment.state is State.HELD and desk.told(SG1) == ["PDNG"]
    fresh = demo_list("un")
    fresh[0] = fresh[0].replace(b"2026-11-23T", b"2026-11-24T")
    load_list(desk.folder, desk.rules.scheme, "un", fresh, Instant(int(at(datetime(2026, 11, 24, 1, tzinfo=UTC)))))
    assert desk.do(SwapLists(list_set(desk.folder, desk.rules.scheme).version)) is None
    assert desk.see(payment).state is State.OFFERED
    desk.close()


@pytest.mark.parametrize("state", [State.QUEUED, State.OFFERED, State.ACCEPTED])
def test_a_new_list_set_meets_everything_in_flight_before_it_settles(tmp_path: Path, state: State) -> None:
    desk = Desk(tmp_path)
    big = state is State.QUEUED
    payment = desk.pay(SG1, TH1, "11000000.00" if big else "10.00", "SGD", urgent=big, creditor="Kanya Wongrak")
    other = desk.pay(SG1, TH1, "20.00", "SGD")
    if state is State.ACCEPTED:
        desk.answer(payment)
    assert desk.see(payment).state is state
    assert desk.do(SwapLists(newly_listed(desk, "Kanya Wongrak"))) is None
    held = desk.see(payment)
    assert held.state is State.HELD and held.case
    assert desk.see(other).state is State.OFFERED
    desk.answer(other)
    desk.do(CloseCycle())
    desk.let_agents_answer()
    assert desk.see(other).state is State.SETTLED and desk.see(payment).state is State.HELD
    decide(desk, held.case, "officer-1", "CONFIRM")
    decide(desk, held.case, "officer-2", "CONFIRM")
    assert desk.see(payment).state is State.REJECTED
    at_rest(desk)
    desk.close()


def test_a_hub_without_a_required_list_does_not_start(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.close()
    (tmp_path / "lists" / "un" / "current.json").unlink()
    with pytest.raises(ScreeningUnfit, match=r"un is missing \(article 5.1\)"):
        open_hub(tmp_path)


def test_a_damaged_list_on_disk_does_not_start_the_hub(tmp_path: Path) -> None:
    from fondaco.hub import NotReady

    desk = Desk(tmp_path)
    desk.close()
    stored = json.loads((tmp_path / "lists" / "un" / "current.json").read_bytes())
    path = tmp_path / "lists" / "un" / stored["edition"] / "0.raw"
    path.write_bytes(path.read_bytes().replace(b"BRULOMAROV", b"BRULOMARXV"))
    with pytest.raises(NotReady, match="damaged"):
        open_hub(tmp_path)


def test_a_message_that_would_confuse_screening_is_still_one_text(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    raw = pacs_008(SG1, TH1, "10.00", "SGD", creditor="Nobody Inparticular", debtor="SORV<!--x-->EMIR BRULOMAROV")
    desk.send(raw, SG1)
    assert [p.state for p in desk.hub.desk.live.values()] == [State.HELD]
    desk.close()


def test_a_hub_whose_lists_find_no_canary_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)
    desk.close()
    monkeypatch.setattr(Screener, "_all", lambda *_: ())
    with pytest.raises(ScreeningUnfit, match=r"canary .* not found \(article 5.1\)"):
        open_hub(tmp_path)


def test_a_corridor_threshold_that_no_canary_reaches_does_not_start_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def narrow(home: Path) -> None:
        path = home / "union.toml"
        more = (
            '[[list_thresholds]]\nlist = "ofac"\norigin = "SG"\ntarget = "TH"\nthreshold_milli = 950\narticle = "5.1"\n'
            'valid_from = 2026-01-01\nsource = "a calibration"\n\n'
        )
        path.write_text(path.read_text().replace("[[embargoes]]", more + "[[embargoes]]"))

    desk = Desk(tmp_path, amend=narrow)
    assert desk.pay(SG1, TH1, "10.00", "SGD").state is State.OFFERED
    desk.close()
    real = Screener._canaries

    def dull(self: Screener) -> None:
        real(self)
        self.canary_milli["ofac"] = 940

    monkeypatch.setattr(Screener, "_canaries", dull)
    with pytest.raises(ScreeningUnfit, match=r"finds no canary .* \(article 5.1\)"):
        open_hub(tmp_path)

"""Controlled goods hold whatever licence the text names; officers release with the licence that covers them, and the evidence says which."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from fondaco.core import Refusal, at
from fondaco.hub import Screeners, SwapLists, list_set, load_list, officers_of, replay_verdict, scheme_of
from fondaco.payments import Payment, State
from fondaco.reporting import case_html, case_report
from fondaco.simulation import DEMO_DAY
from list_samples import SAMPLES
from stories.test_cases import guy, say
from union import SG1, TH1, Desk, agree

LICENCE = "STR-2026/0417"
SAID = f"HS 8542.31 processors, export licence no. {LICENCE}"


def with_goods(home: Path) -> None:
    path = home / "union.toml"
    entry = (
        '\n[[lists]]\nid = "goods"\nformat = "goods_csv"\nrequired = true\nmax_age_days = 31\nthreshold_milli = 900\n'
        'shrink_max_percent = 10\non_confirmed = "reject"\nsource = "invented"\n'
    )
    path.write_text(path.read_text().replace("\n[[lists]]", entry + "\n[[lists]]", 1))
    folder = home.parent
    loaded = load_list(folder, scheme_of(folder), "goods", SAMPLES["goods_csv"], at(datetime.combine(DEMO_DAY, time(0), UTC)))
    assert loaded.goods  # type: ignore[union-attr]
    assert list_set(folder, scheme_of(folder)).version


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub", amend=with_goods)
    yield made
    agree(made)
    made.close()


def held(desk: Desk, said: str) -> Payment:
    payment = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True, extra=f"<RmtInf><Ustrd>{said}</Ustrd></RmtInf>")
    assert payment.state is State.HELD and payment.case
    return payment


def evidence(desk: Desk, payment: Payment) -> tuple[object, str]:
    screeners = Screeners(desk.folder)
    case = desk.hub.desk.cases[payment.case]
    made = replay_verdict(desk.hub, desk.see(payment), screeners)
    assert made.fault == ""
    lists = list(screeners(case.verdict.list_set).lists.editions.values())
    report = case_report(case, "payment", lists, officers_of(desk.hub.desk.scheme), made.made)
    return report, case_html(report)


@pytest.mark.parametrize("said", [SAID, "HS 8542.31 processors", "HS 8542.31, licence XX-1 of nobody"])
def test_goods_hold_whatever_licence_the_text_names(desk: Desk, said: str) -> None:
    payment = held(desk, said)
    (hit,) = desk.hub.desk.cases[payment.case].verdict.hits
    assert hit.list_id == "goods" and hit.exact and any(reason.startswith("licence: ") for reason, _ in hit.reasons)
    refused = guy(desk, payment, "officer-1")
    assert isinstance(refused, Refusal), "nobody vouches for goods"
    assert desk.told(SG1) == ["PDNG"]


def test_officers_release_with_the_licence_and_the_evidence_says_which_and_who_checked_it(desk: Desk) -> None:
    payment = held(desk, SAID)
    note = f"licence {LICENCE} seen at the authority: valid until 2027-03-31, covers 500 pieces to this consignee"
    assert say(desk, payment.case, "officer-1", "RELEASE", note) == "RELEASE_PROPOSED"
    assert desk.see(payment).state is State.HELD
    assert say(desk, payment.case, "officer-2", "RELEASE", f"{LICENCE} checked by telephone") == "RELEASED"
    assert desk.see(payment).state is State.OFFERED
    report, page = evidence(desk, payment)
    (hit,) = report.hits  # type: ignore[attr-defined]
    needed = [reason for reason, _ in hit.reasons]
    assert any(reason.startswith("licence: ") for reason in needed), "what the law asks for"
    assert f"the text names licence {LICENCE}: whether it covers the goods is for an officer" in needed
    assert [word.note for word in report.words] == [note, f"{LICENCE} checked by telephone"]  # type: ignore[attr-defined]
    assert {word.signature for word in report.words} == {"holds"}  # type: ignore[attr-defined]
    assert page.count(LICENCE) >= 3 and note in page
    goods = next(one for one in report.lists if one.list_id == "goods")  # type: ignore[attr-defined]
    assert goods.entries > 0, "lines of goods are entries of a list, too"
    # The licence covered that payment: the next one with the same goods is held again.
    held(desk, SAID)


def test_new_lists_ask_again_what_a_licence_released(desk: Desk) -> None:
    payment = held(desk, SAID)
    for who in ("officer-1", "officer-2"):
        say(desk, payment.case, who, "RELEASE", f"licence {LICENCE}")
    assert desk.see(payment).state is State.OFFERED
    raw = SAMPLES["goods_csv"][0] + b"\n"
    load_list(desk.folder, desk.rules.scheme, "goods", [raw], desk.now)
    assert desk.do(SwapLists(list_set(desk.folder, desk.rules.scheme).version)) is None
    again = desk.see(payment)
    assert again.state is State.HELD and not desk.hub.desk.cases[again.case].decisions

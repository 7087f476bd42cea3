"""A real day again: equal under the same rules, and told apart payment by payment under others. The hub it was is never touched."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from datetime import date
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.compliance import Decision, sign
from fondaco.core import Refusal
from fondaco.hub import (
    CloseCycle,
    DecideCase,
    EndDay,
    NotReady,
    OpenDay,
    SwapLists,
    close_hub,
    editions,
    list_set,
    load_list,
    open_hub,
    prove_hub,
)
from fondaco.simulation import DEMO_DAY, DemoDay, RulesUnfit, demo_key, otherwise, replay_day, took
from union import MY1, SG1, SG2, TH1, Desk, demo_list

DAY, NEXT = DEMO_DAY.isoformat(), date(2026, 11, 25)


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix not in (".sqlite-shm", ".sqlite-wal")
    }


def settle(desk: Desk, *, last: bool = True) -> None:
    desk.do(CloseCycle(last=last))
    desk.let_world_answer()


def a_day(folder: Path) -> Desk:
    """Two queued payments, one of which room is found for; one refused by its bank, one that nobody answers, one held and released."""
    desk = Desk(folder, prefund="1000")
    desk.pay(SG1, SG2, "700", "SGD", urgent=True)
    desk.let_world_answer()
    desk.pay(SG1, SG2, "500", "SGD", urgent=True)  # waits for money
    desk.pay(SG2, SG1, "400", "SGD", urgent=True)
    desk.let_world_answer()
    refused = desk.pay(SG1, MY1, "10", "SGD")
    desk.answer(refused, "RJCT", "AC04")
    desk.pay(SG1, TH1, "11", "SGD")
    desk.inbox.clear()
    listed = editions(folder, desk.rules.scheme)["un"].entries[0].names[0].text.title()
    held = desk.pay(SG2, SG1, "12", "SGD", creditor=listed)
    case = desk.hub.desk.cases[desk.see(held).case]
    for officer in sorted(one.officer_id for one in desk.rules.scheme.officers if "compliance" in one.roles)[:2]:
        said = Decision(case.case_id, officer, "RELEASE", "the same name, somebody else", int(desk.now), case.verdict.digest())
        assert not isinstance(desk.do(DecideCase(sign(said, demo_key(officer)))), Refusal)
    assert desk.see(held).state.name != "HELD"
    desk.let_world_answer()
    desk.wait(3_600)
    settle(desk)
    assert desk.do(EndDay()) is None
    return desk


def another_day(desk: Desk) -> None:
    """The next business day: money stands from the day before, and a payment that was held is held still."""
    desk.day = NEXT
    desk.now = type(desk.now)(int(desk.now) + 24 * 3_600 * 1_000_000_000 - 3_700 * 1_000_000_000)
    assert desk.do(OpenDay(NEXT.isoformat())) is None
    for rule in desk.rules.scheme.lists:
        load_list(desk.folder, desk.rules.scheme, rule.list_id, demo_list(rule.list_id), desk.now)
    desk.do(SwapLists(list_set(desk.folder, desk.rules.scheme).version))
    desk.quotes()
    for amount in ("30", "40", "50"):
        desk.pay(SG2, SG1, amount, "SGD")
    desk.let_world_answer()
    settle(desk)
    assert desk.do(EndDay()) is None


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("real") / "hub"
    desk = a_day(folder)
    another_day(desk)
    desk.close()
    return folder


def draft(hub: Path, place: Path, file: str, old: str, new: str) -> Path:
    shutil.copytree(hub / "union", place)
    path = place / file
    text = path.read_text()
    assert re.search(old, text), old
    path.write_text(re.sub(old, new, text))
    return place


@pytest.mark.parametrize("day", [DAY, NEXT.isoformat()])
def test_a_day_under_its_own_rules_comes_to_the_same_chain_and_its_hub_is_not_touched(
    hub: Path, tmp_path: Path, day: str
) -> None:
    before = files(hub)
    found = replay_day(hub, day, tmp_path / "again")
    assert found.same and found.ended and not found.supposed
    assert otherwise(found) == [] and found.then == found.now
    assert {one.state.name for one in found.then} >= ({"SETTLED", "REJECTED"} if day == DAY else {"SETTLED"})
    assert files(hub) == before
    again = open_hub(tmp_path / "again")
    try:
        assert prove_hub(again).faults == []
    finally:
        close_hub(again)


def test_the_demos_day_comes_to_the_same_chain_again(tmp_path: Path) -> None:
    """Recalls, returns, enquiries, applicants, motions, suspensions, cases: whatever a day has."""
    day = DemoDay(tmp_path / "hub", 60, own_process=False)
    day.run()
    day.close()
    found = replay_day(tmp_path / "hub", DAY, tmp_path / "again")
    assert found.same and found.ended and otherwise(found) == []


def test_lower_caps_let_fewer_payments_settle_and_say_so_by_their_article(hub: Path, tmp_path: Path) -> None:
    rules = draft(hub, tmp_path / "draft", "participants.toml", r'caps = \{ SGD = "\d+" \}', 'caps = { SGD = "60" }')
    found = replay_day(hub, NEXT.isoformat(), tmp_path / "again", rules)
    assert not found.same and found.ended
    changed = otherwise(found)
    assert [(one.then.state, one.now.state) for one in changed] == [("SETTLED", "REJECTED")] * len(changed)
    assert [one.then.pays for one in changed] == [4_000, 5_000], "30 fit into a cap of 60, and neither 40 nor 50 fit beside them"
    assert changed[0].now.article == "7.5" and "ABOVE_CAP" in changed[0].now.refusal
    then, now = (
        took(payments, scheme, found.day) for payments, scheme in ((found.then, found.scheme_then), (found.now, found.scheme_now))
    )
    (sgd_then,), (sgd_now,) = ([one for one in side if one.currency == "SGD"] for side in (then, now))
    assert sgd_now.settled < sgd_then.settled and sgd_now.liquidity_minor < sgd_then.liquidity_minor


def test_other_rules_on_the_first_day_of_a_hub_let_officers_say_the_same_of_the_same_payments(hub: Path, tmp_path: Path) -> None:
    rules = draft(hub, tmp_path / "draft", "union.toml", r"cut_off = 03:00:00", "cut_off = 02:50:00")
    found = replay_day(hub, DAY, tmp_path / "again", rules)
    assert found.ended and not found.undecided and not found.supposed
    ends = {one.uetr: one.state for one in found.then}
    assert {one.uetr: one.state for one in found.now} == ends, "an earlier cut-off moves what settles, and ends nothing otherwise"


def test_rules_that_could_not_take_over_are_told_before_anything_is_played(hub: Path, tmp_path: Path) -> None:
    lists = draft(hub, tmp_path / "lists", "union.toml", r"max_age_days = \d+", "max_age_days = 99")
    with pytest.raises(RulesUnfit, match="lists"):
        replay_day(hub, DAY, tmp_path / "one", lists)
    with pytest.raises(RulesUnfit, match="nothing differs"):
        replay_day(hub, DAY, tmp_path / "one", hub / "union")
    past = draft(hub, tmp_path / "past", "union.toml", r'value = "the six currencies of the members"', 'value = "some"')
    with pytest.raises(RulesUnfit, match="articles/currencies"):
        replay_day(hub, NEXT.isoformat(), tmp_path / "one", past)
    (tmp_path / "past" / "union.toml").write_text("[")
    with pytest.raises(RulesUnfit, match="mistakes"):
        replay_day(hub, DAY, tmp_path / "one", past)
    assert not (tmp_path / "one").exists()


def test_a_day_that_never_was_and_a_folder_in_use_are_told(hub: Path, tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"2026-12-24 is no business day.*2026-11-24, 2026-11-25"):
        replay_day(hub, "2026-12-24", tmp_path / "one")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").write_text("mine")
    with pytest.raises(NotReady, match="not empty"):
        replay_day(hub, DAY, tmp_path / "used")
    with pytest.raises(NotReady, match="no journal"):
        replay_day(tmp_path, DAY, tmp_path / "one")


def test_a_hub_at_work_is_replayed_beside_its_work(tmp_path: Path) -> None:
    """Its day is not over: what is done so far comes to the same."""
    desk = Desk(tmp_path / "hub", prefund="1000")
    desk.pay(SG1, SG2, "700", "SGD", urgent=True)
    desk.let_world_answer()
    try:
        found = replay_day(tmp_path / "hub", DAY, tmp_path / "again")
        assert found.same and len(found.now) == 1
        assert not isinstance(desk.do(CloseCycle(last=True)), Refusal), "it goes on"
    finally:
        desk.close()


def test_the_command_tells_what_came_out_otherwise_and_writes_it(hub: Path, tmp_path: Path) -> None:
    same = json.loads(fondaco("replay", DAY, "--hub", hub, "--json"))
    assert same["same_chain"] and same["otherwise"] == [] and same["rules"] == []
    rules = draft(hub, tmp_path / "draft", "participants.toml", r'caps = \{ SGD = "\d+" \}', 'caps = { SGD = "60" }')
    said = fondaco("replay", NEXT.isoformat(), "--hub", hub, "--rules", rules, "--output", tmp_path / "told")
    assert "came out otherwise" in said and "ABOVE_CAP" in said and f"participants/{SG2}/caps/SGD" in said
    rows = list(csv.DictReader((tmp_path / "told" / "otherwise.csv").open()))
    assert rows and {row["then_state"] for row in rows} == {"SETTLED"} and {row["now_state"] for row in rows} == {"REJECTED"}
    assert "every payment" in fondaco("prove", "--hub", tmp_path / "told" / "hub")
    assert "new folder" in fondaco("replay", DAY, "--hub", hub, "--output", tmp_path / "told", code=3)
    assert "nothing differs" in fondaco("replay", DAY, "--hub", hub, "--rules", hub / "union", code=2)
    assert "no folder" in fondaco("replay", DAY, "--hub", hub, "--rules", tmp_path / "none", code=3)

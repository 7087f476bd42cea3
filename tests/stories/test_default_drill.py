"""The default drill: who would bear what if a member failed now, told from the real state, which stays as it is to the bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.core import Reason, Refusal
from fondaco.hub import CloseCycle, drill
from fondaco.ledger import prove
from fondaco.messages import read
from fondaco.payments import DECODER, State
from fondaco.reporting import minutes
from fondaco.rulebook import LODGE
from fondaco.settlement import ASSESSMENTS, COLLATERAL, OPERATOR, OTHER_MONEY, OWN_SHARE, SURVIVORS, Drill
from stories.test_collateral import carry
from union import HUB, ID1, MY1, SG1, SG2, TH1, Desk, agree, at_rest

SG3 = "ZZBCSG03"
SHARES = "".join(
    f'\n[[fund_shares]]\nmember = "{bic}"\ncurrency = "SGD"\namount = "{amount}"\narticle = "16.1"\n'
    for bic, amount in ((SG1, "20.00"), (SG2, "30.00"), (SG3, "60.00"))
)


def with_shares(formula: str = "dealings") -> Callable[[Path], None]:
    def amend(home: Path) -> None:
        path = home / "union.toml"
        path.write_text(path.read_text().replace('value = "dealings"', f'value = "{formula}"') + SHARES)

    return amend


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Everybody has 100.00 of each currency; Singapore's banks have shares in the fund, and the operator its tranche."""
    made = Desk(tmp_path / "hub", prefund="100.00", amend=with_shares())
    fill(made)
    yield made
    assert prove(made.hub.books).faults == ()
    agree(made)
    made.close()


def fill(desk: Desk) -> None:
    for bic, minor in ((SG1, 2_000), (SG2, 3_000), (SG3, 6_000), (HUB, 1_000)):
        assert str(carry(desk, LODGE, f"{bic} fund SGD", minor)).endswith("CARRIED")


def owes(desk: Desk, payee: str, amount: str, sender: str = SG1) -> None:
    desk.answer(desk.pay(sender, payee, amount, "SGD"))


def drilled(desk: Desk, bic: str = SG1, cycle: int = 0) -> Drill:
    found = drill(desk.hub.desk, desk.hub.books, desk.hub.journal, desk.hub.collateral, bic, cycle)
    assert isinstance(found, Drill), found
    return found


def bears(found: Drill) -> dict[str, dict[str, int]]:
    told: dict[str, dict[str, int]] = {}
    for one in found.fall.borne:
        if one.minor:
            told.setdefault(one.tranche, {})[one.bic] = one.minor
    return told


def bits(desk: Desk) -> dict[str, str]:
    """Every file of the hub's folder, by the digest of its bytes."""
    files = (path for path in sorted(desk.folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_loss_falls_through_the_tranches_in_the_order_of_the_articles(desk: Desk) -> None:
    carry(desk, LODGE, f"{SG1} collateral SGD", 1_500)
    assert drilled(desk).fall.loss == 0 and drilled(desk).short == ()
    owes(desk, SG2, "60.00")
    found = drilled(desk)
    assert found.fall.loss == 0 and found.short[0].paid == 6_025, "its own prefunded money pays"
    owes(desk, SG2, "50.00")
    # 110.00 and two fees of 0.25 against 100.00: collateral bears it.
    assert bears(drilled(desk)) == {COLLATERAL: {SG1: 1_050}}
    owes(desk, SG3, "40.00")
    found = drilled(desk)
    # 50.75 in all: 15.00 of collateral, 20.00 of its share, 10.00 of the operator's; 5.75 by what it owes to each, 110.00 and 40.00.
    assert found.fall.loss == 5_075 and found.formula == "dealings"
    assert bears(found) == {
        COLLATERAL: {SG1: 1_500}, OWN_SHARE: {SG1: 2_000}, OPERATOR: {HUB: 1_000}, SURVIVORS: {SG2: 422, SG3: 153},
    }  # fmt: skip
    assert found.fall.odd == ((SURVIVORS, 1),) and found.fall.unmet == 0 and found.leaving == ()


def test_beyond_the_fund_survivors_are_assessed_up_to_their_cap_and_the_rest_is_told(desk: Desk) -> None:
    owes(desk, SG2, "150.00")
    owes(desk, SG3, "50.00")
    found = drilled(desk)
    # 100.50: 20.00, 10.00; then 70.50 by 150 to 50: SG2 has 30.00, so SG3 bears 40.50.
    assert bears(found) == {OWN_SHARE: {SG1: 2_000}, OPERATOR: {HUB: 1_000}, SURVIVORS: {SG2: 3_000, SG3: 4_050}}
    owes(desk, SG2, "50.00")
    found = drilled(desk)
    assert bears(found)[ASSESSMENTS] == {SG2: 2_460, SG3: 615}, "30.75 by 200 to 50: neither is at its cap"
    owes(desk, MY1, "300.00")
    owes(desk, SG2, "120.00")
    found = drilled(desk)
    assert bears(found)[ASSESSMENTS] == {SG2: 3_000, SG3: 6_000} and found.fall.unmet > 0
    assert sum(one.minor for one in found.fall.borne) + found.fall.unmet == found.fall.loss
    live = desk.hub.desk.live
    assert [number for number, _ in found.leaving] == sorted(n for n, one in live.items() if one.sender == SG1)
    assert f"{len(found.leaving)} payments that are not final" in minutes(found)


@pytest.mark.parametrize(("formula", "expected"), [("fund_share", {SG2: 1_017, SG3: 2_033}), ("cap", {})])
def test_survivors_bear_by_the_formula_that_the_article_names(tmp_path: Path, formula: str, expected: dict[str, int]) -> None:
    desk = Desk(tmp_path / "hub", prefund="100.00", amend=with_shares(formula))
    fill(desk)
    owes(desk, SG2, "160.25")
    found = bears(drilled(desk))
    assert sum(found[SURVIVORS].values()) == 3_050
    if expected:
        assert found[SURVIVORS] == expected
    else:
        assert found[SURVIVORS] == {SG2: 1_525, SG3: 1_525}, "of those with a share, two with the same cap"
    desk.close()


def test_affiliates_fail_together_and_each_ones_means_stand_for_itself(tmp_path: Path) -> None:
    def group(home: Path) -> None:
        with_shares()(home)
        path = home / "participants.toml"
        text = path.read_text()
        for bic in (SG1, ID1):
            text = text.replace(f'bic = "{bic}"\n', f'bic = "{bic}"\ngroup = "merbau"\n')
        path.write_text(text)

    desk = Desk(tmp_path / "hub", prefund="100.00", amend=group)
    owes(desk, SG2, "160.00")
    desk.answer(desk.pay(ID1, "ZZBBID02", "5000000.00", "IDR"))
    found = drilled(desk, ID1)
    assert {SG1, ID1} < set(found.failing) and {one.currency for one in found.short} == {"SGD", "IDR"}
    assert {one.bic for one in found.fall.borne if one.tranche in (SURVIVORS, ASSESSMENTS)}.isdisjoint(found.failing)
    (rupiah,) = (one for one in found.short if one.currency == "IDR")
    assert 0 <= rupiah.residue_nano < 10**9 and rupiah.home > 0
    assert found.fall.loss == sum(one.home for one in found.short)
    desk.close()


def test_money_of_another_currency_stands_after_its_haircut(tmp_path: Path) -> None:
    provider = "ZZFXSG01"
    desk = Desk(tmp_path / "hub", prefund="100.00", amend=with_shares())
    desk.answer(desk.pay(provider, SG2, "150.00", "SGD"))
    found = drilled(desk, provider)
    (other,) = (one for one in found.fall.borne if one.tranche == OTHER_MONEY and one.bic == provider)
    # 100.00 of ringgit, baht and the others are some forty dollars together, less eight per cent.
    assert 2_500 < other.size < 4_500 and other.minor == min(other.size, found.fall.loss) > 0
    desk.close()


def test_a_drill_leaves_books_and_journal_bit_for_bit_as_they_were(desk: Desk) -> None:
    owes(desk, SG2, "250.00")
    settled = desk.pay(SG2, SG3, "20.00", "SGD", urgent=True)
    desk.answer(settled)
    assert desk.see(settled).state is State.SETTLED
    before = bits(desk), desk.books(), desk.hub.journal.head(), list(desk.hub.journal.payments()), desk.hub.desk.counters.intent
    found = drilled(desk)
    assert found.fall.loss > 0 and found.notices and minutes(found)
    after = bits(desk), desk.books(), desk.hub.journal.head(), list(desk.hub.journal.payments()), desk.hub.desk.counters.intent
    assert before == after and desk.hub.take_mail() == []
    assert drilled(desk) == found, "the same state tells the same"


def test_final_payments_are_not_in_a_drill(desk: Desk) -> None:
    desk.fund(SG1, "1000.00", "SGD")
    owes(desk, SG2, "250.00")
    first = desk.hub.desk.counters.open_cycle
    assert drilled(desk).cycles == (first,)
    desk.do(CloseCycle())
    desk.let_agents_answer()
    at_rest(desk)
    found = drilled(desk)
    assert found.settled == (first,) and found.fall.loss == 0 and found.short == () and found.leaving == ()
    refused = drill(desk.hub.desk, desk.hub.books, desk.hub.journal, desk.hub.collateral, SG1, first)
    assert isinstance(refused, Refusal) and refused.reason is Reason.OUT_OF_TURN and "SETTLED" in refused.found
    assert all(DECODER.decode(raw).state is State.SETTLED for _, raw in desk.hub.journal.payments())


@pytest.mark.parametrize("who", ["ZZZZZZ99", "ZZCBSG00", HUB])
def test_who_is_no_member_does_not_fail_here(desk: Desk, who: str) -> None:
    found = drill(desk.hub.desk, desk.hub.books, desk.hub.journal, desk.hub.collateral, who)
    assert isinstance(found, Refusal) and found.reason is Reason.NOT_FOUND


def test_messages_that_would_go_can_be_read_and_tell_each_survivor_its_part(desk: Desk) -> None:
    owes(desk, SG2, "160.00")
    found = drilled(desk)
    texts = {one.recipient: [] for one in found.notices}  # type: ignore[var-annotated]
    for one in found.notices:
        texts[one.recipient].append(getattr(read(one.raw.encode()).body, "text", ""))
    assert texts[SG2] == [f"{' '.join(found.failing)}: default declared", f"{' '.join(found.failing)}: you bear 30.00 SGD of the survivors' shares and 0.25 SGD of assessments of the survivors"]  # fmt: skip
    assert len(texts[TH1]) == 1 and "earmark nothing" in texts["ZZCBSG00"][0] and len(texts[SG1]) == 1


def test_the_command_line_writes_minutes_and_messages(tmp_path: Path) -> None:
    hub, out = tmp_path / "hub", tmp_path / "out"
    desk = Desk(hub, prefund="100.00", amend=with_shares())
    fill(desk)
    owes(desk, SG2, "160.25")
    head, books = desk.hub.journal.head(), desk.books()
    desk.close()
    found = json.loads(fondaco("default", "drill", SG1, "--hub", hub, "--output", out, "--json"))
    assert found["dry_run"] is True and found["loss"] == "60.50" and found["unmet"] == "0.00" and found["head"] == head[1].hex()
    assert {one["tranche"]: one["bears"] for one in found["borne"] if one["bears"] != "0.00"} == {
        OWN_SHARE: "20.00", OPERATOR: "10.00", SURVIVORS: "30.00", ASSESSMENTS: "0.50",
    }  # fmt: skip
    text = (out / "minutes.md").read_text()
    assert text.startswith(f"# Default drill: {SG1}, business day 2026-11-24\n") and head[1].hex() in text
    assert (
        "| 5 | the survivors' shares | ZZBBSG02 | 30.00 SGD | 30.00 SGD |" in text
        and "- 16.3 `assessment_cap_bps`: 10000" in text
    )
    assert len(list(out.glob("*.xml"))) == len(found["messages"]) > 20
    said = fondaco("default", "drill", SG1, "--hub", hub)
    assert "loss 60.50 SGD" in said and "nothing is changed" in said
    assert "is there already" in fondaco("default", "drill", SG1, "--hub", hub, "--output", out, code=1)
    assert "NOT_FOUND" in fondaco("default", "drill", "ZZZZZZ99", "--hub", hub, code=1)
    again = Desk(hub, fresh=False)
    assert (again.hub.journal.head(), again.books()) == (head, books)
    again.close()

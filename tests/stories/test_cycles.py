"""Tales of net cycles: who fails leaves, the rest is computed again, and what is decided stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.core import CURRENCIES, Instant, Refusal, utc_text
from fondaco.hub import CloseCycle, EndDay
from fondaco.messages import pacs_002, wrap
from fondaco.payments import State
from fondaco.reporting import differences
from fondaco.settlement import CycleState
from union import HUB, MY1, SG1, SG2, TH1, Desk, S, at_rest


def accepted(desk: Desk, sender: str, creditor_agent: str, amount: str, currency: str) -> object:
    payment = desk.pay(sender, creditor_agent, amount, currency)
    assert payment.state is State.OFFERED, payment.refusal
    desk.answer(payment)
    return desk.see(payment)


def test_two_banks_that_owe_each_other_pay_only_the_difference(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    there = accepted(desk, SG1, SG2, "300.00", "SGD")
    back = accepted(desk, SG2, SG1, "200.00", "SGD")
    before = desk.balance(SG1, "SGD"), desk.balance(SG2, "SGD")
    desk.do(CloseCycle())
    desk.let_agents_answer()
    assert desk.see(there).state is State.SETTLED and desk.see(back).state is State.SETTLED  # type: ignore[arg-type]
    assert desk.balance(SG1, "SGD") == before[0] - 10_000 - 25
    assert desk.balance(SG2, "SGD") == before[1] + 10_000 - 25
    (cycle,) = [c for c in desk.hub.desk.cycles.values() if c.state is CycleState.SETTLED]
    assert ("SGD", 50_050, 10_050, 10_025) in cycle.figures
    at_rest(desk)
    desk.close()


def test_a_payer_without_prefunded_money_leaves_with_its_payments_and_the_others_settle(tmp_path: Path) -> None:
    desk = Desk(tmp_path, prefund="1000")
    poor = accepted(desk, SG1, MY1, "900.00", "SGD")
    poorer = accepted(desk, SG1, TH1, "900.00", "SGD")  # 1,800 of prefunded 1,000: within the cap, beyond the money
    fine = accepted(desk, SG2, SG1, "50.00", "SGD")
    before = {bic: desk.balance(bic, "SGD") for bic in (SG1, SG2)}
    desk.do(CloseCycle())
    desk.let_agents_answer()
    assert desk.see(poor).state is State.REJECTED and desk.see(poorer).state is State.REJECTED  # type: ignore[arg-type]
    assert desk.see(fine).state is State.SETTLED  # type: ignore[arg-type]
    assert desk.balance(SG1, "SGD") == before[SG1] + 5_000 and desk.balance(SG2, "SGD") == before[SG2] - 5_025
    assert "RJCT ED05" in desk.told(SG1)
    at_rest(desk)
    desk.close()


def test_a_bank_that_its_agent_does_not_earmark_leaves_and_the_rest_is_asked_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path, failing=(("C1", SG1),))
    gone = accepted(desk, SG1, TH1, "100.00", "SGD")
    kept = accepted(desk, SG2, TH1, "70.00", "SGD")
    desk.do(CloseCycle())
    desk.let_agents_answer()
    cycle = desk.hub.desk.cycles[1]
    assert cycle.state is CycleState.SETTLED and cycle.attempt == 2
    assert desk.see(gone).state is State.REJECTED and desk.see(kept).state is State.SETTLED  # type: ignore[arg-type]
    at_rest(desk)
    desk.close()


def test_nothing_is_final_before_every_agent_has_earmarked(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    payment = accepted(desk, SG1, TH1, "100.00", "SGD")
    desk.inbox = []
    desk.do(CloseCycle())
    cycle = desk.hub.desk.cycles[1]
    asked = [m for m in desk.inbox if m.kind.startswith("pacs.029")]
    assert len(asked) == 2 and cycle.state is CycleState.RESERVED
    money = desk.balance(SG1, "SGD")
    first = desk.world.exchange([(asked[0].recipient, asked[0].kind, asked[0].raw)], desk.now)
    desk.send(first[0][1], first[0][0])
    assert desk.hub.desk.cycles[1].state is CycleState.RESERVED
    desk.send(first[0][1], first[0][0])  # told twice changes nothing
    assert desk.hub.desk.cycles[1].state is CycleState.RESERVED and desk.balance(SG1, "SGD") == money
    second = desk.world.exchange([(asked[1].recipient, asked[1].kind, asked[1].raw)], desk.now)
    desk.send(second[0][1], second[0][0])
    assert desk.hub.desk.cycles[1].state is CycleState.SETTLED
    assert desk.see(payment).state is State.SETTLED  # type: ignore[arg-type]
    desk.close()


def test_an_agent_that_says_nothing_yet_is_waited_for_and_nobody_is_left_out(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    payment = accepted(desk, SG1, TH1, "100.00", "SGD")
    desk.inbox = []
    desk.do(CloseCycle())
    asked = {m.recipient: m for m in desk.inbox if m.kind.startswith("pacs.029")}
    books, text = desk.books(), utc_text(desk.now)
    for said, is_told in (("PDNG", False), ("RCVD", False), ("CANC", True), ("", True)):
        content = pacs_002("X1", text, f"H{asked['ZZCBSG00'].seq:012d}", "pacs.029.001.02", [], said)
        outcome = desk.send(wrap("pacs.002.001.10", "ZZCBSG00", HUB, "X1", text, content), "ZZCBSG00")
        assert isinstance(outcome, Refusal) is is_told
        cycle = desk.hub.desk.cycles[1]
        assert (cycle.state, cycle.attempt, cycle.failing, desk.books()) == (CycleState.RESERVED, 1, [], books)
    desk.let_world_answer()
    assert desk.see(payment).state is State.SETTLED  # type: ignore[arg-type]
    at_rest(desk)
    desk.close()


def test_an_agent_cannot_answer_for_another_and_a_bank_not_at_all(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    accepted(desk, SG1, TH1, "100.00", "SGD")
    desk.inbox = []
    desk.do(CloseCycle())
    asked = {m.recipient: m for m in desk.inbox if m.kind.startswith("pacs.029")}
    mail = asked["ZZCBSG00"]
    text = utc_text(desk.now)
    for who in ("ZZCBTH00", SG2):
        report = pacs_002("X1", text, f"H{mail.seq:012d}", "pacs.029.001.02", [], "ACSP")
        answer = desk.send(wrap("pacs.002.001.10", who, HUB, "X1", text, report), who)
        if who == "ZZCBTH00":
            assert isinstance(answer, Refusal)
    assert desk.hub.desk.cycles[1].earmarked == []
    desk.close()


def test_a_cycle_waits_for_the_offers_that_are_out_and_a_new_payment_goes_to_the_next(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    out = desk.pay(SG1, TH1, "100.00", "SGD")
    desk.do(CloseCycle())
    assert desk.hub.desk.cycles[1].state is CycleState.CLOSING
    later = desk.pay(SG1, TH1, "1.00", "SGD")
    assert desk.see(out).cycle == 1 and later.cycle == 2
    desk.answer(out)
    desk.let_agents_answer()
    assert desk.hub.desk.cycles[1].state is CycleState.SETTLED and desk.see(out).state is State.SETTLED
    assert desk.see(later).state is State.OFFERED
    at_rest(desk)
    desk.close()


def test_a_payment_at_the_cut_off_belongs_to_the_next_cycle_though_nothing_came_between(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    cut_off = desk.hub.desk.cycles[1].cut_off
    desk.now = Instant(cut_off - 10 * S)
    desk.quotes()
    desk.now = Instant(cut_off - 2 * S)
    before, after = desk.pay(SG1, TH1, "10.00", "SGD"), desk.pay(SG1, TH1, "10.00", "SGD")
    assert (before.cycle, after.cycle) == (1, 2)
    assert desk.hub.desk.cycles[1].state is CycleState.CLOSING
    desk.close()


def test_an_empty_cycle_settles_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.do(CloseCycle())
    assert desk.hub.desk.cycles[1].state is CycleState.SETTLED
    at_rest(desk)
    desk.close()


def test_urgent_payments_reach_the_agents_with_the_next_cycle(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    payment = desk.pay(SG1, TH1, "100.00", "SGD", urgent=True)
    desk.answer(payment)
    assert differences(desk.hub.books, desk.rules, desk.hub.desk.ledgers, desk.world.balances()) != []
    desk.do(CloseCycle())
    desk.let_agents_answer()
    at_rest(desk)
    desk.close()


@pytest.mark.parametrize("amount", ["1000000.01", "99999999.00"])
def test_more_than_is_there_cannot_be_withdrawn_and_what_is_there_can(tmp_path: Path, amount: str) -> None:
    from fondaco.messages import LiquidityTransfer, camt_050

    desk = Desk(tmp_path)
    text = utc_text(desk.now)

    def withdraw(name: str, minor: int) -> Refusal | str | None:
        asked = LiquidityTransfer(name, name, SG1, HUB, "SGD", minor)
        return desk.send(wrap("camt.050.001.07", SG1, HUB, name, text, camt_050(name, text, asked)), SG1)

    money = desk.balance(SG1, "SGD")
    refused = withdraw("W1", int(amount.replace(".", "")))
    assert isinstance(refused, Refusal) and desk.balance(SG1, "SGD") == money
    assert withdraw("W2", 40_000) is None
    desk.let_world_answer()
    assert desk.balance(SG1, "SGD") == money - 40_000
    assert withdraw("W2", 40_000) is None, "the same request again is answered, not repeated"
    desk.let_world_answer()
    assert desk.balance(SG1, "SGD") == money - 40_000 and CURRENCIES["SGD"].exponent == 2
    at_rest(desk)
    desk.close()


def test_an_agent_that_refuses_what_is_final_already_does_not_stop_the_cycle(tmp_path: Path) -> None:
    """Only urgent payments moved this currency: nobody's net is to be earmarked in it, and nothing can be taken back."""
    desk = Desk(tmp_path / "hub", failing=(("C1", SG1),))
    urgent = desk.pay(SG1, TH1, "10.00", "SGD", urgent=True)
    desk.let_world_answer()
    assert desk.see(urgent).state is State.SETTLED
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    (cycle,) = desk.hub.desk.cycles.values()
    assert cycle.state is CycleState.SETTLED
    assert any(b"AGENT_REFUSED_FINAL" in one.encoded for one in desk.hub.journal.links()), "the operator reads of it"
    assert desk.do(EndDay()) is None
    at_rest(desk)
    desk.close()

"""Limits on what flows to one bank or one country: what meets one waits, and goes on when it is raised or money came back."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.core import Reason, Refusal
from fondaco.hub import Arrive, CloseCycle, LimitFlow, OpenDay, Tick, prove_hub
from fondaco.messages import Status, pacs_002, wrap
from fondaco.payments import Payment, State
from stories.test_offset import RING, SG3, gridlock, most_value
from stories.test_queue_order import states
from stories.test_rules_change import TOMORROW, end_day
from union import HUB, MY1, SG1, SG2, TH1, Desk, agree, at_rest, calm_uetr, pacs_008


def limit(desk: Desk, towards: str, minor: int, member: str = SG1, currency: str = "SGD") -> Refusal | str | None:
    return desk.do(LimitFlow(member, currency, towards, minor))


def used(desk: Desk) -> list[int]:
    return [one.used_minor for _, one in sorted(desk.hub.desk.flow_limits.items())]


@pytest.mark.parametrize("urgent", [True, False])
def test_what_would_pass_a_limit_waits_until_it_is_raised(desk: Desk, urgent: bool) -> None:
    assert limit(desk, SG2, 100_000) is None
    first, second = (desk.pay(SG1, SG2, "600.00", "SGD", urgent=urgent) for _ in range(2))
    other = desk.pay(SG1, TH1, "5000.00", "SGD", urgent=not urgent)
    assert states(desk, [first, second, other]) == [State.OFFERED, State.QUEUED, State.OFFERED]
    assert desk.told(SG1).count("PDNG") == 1
    entries = [e for link in desk.hub.journal.links() for e in link.entries() if e.event == "LIMIT_REACHED"]
    assert [(e.subject, e.article, e.facts.split()[1]) for e in entries] == [(f"payment {second.number}", "7.15", "SGD")]
    assert limit(desk, SG2, 119_999) is None
    assert states(desk, [second]) == [State.QUEUED] and used(desk) == [60_000]
    assert limit(desk, SG2, 120_000) is None
    assert states(desk, [second]) == [State.OFFERED] and used(desk) == [120_000]


def test_money_that_came_back_makes_room_once_it_is_final(desk: Desk) -> None:
    limit(desk, SG2, 100_000)
    desk.answer(desk.pay(SG1, SG2, "900.00", "SGD", urgent=True))
    waits = desk.pay(SG1, SG2, "500.00", "SGD", urgent=True)
    back = desk.pay(SG2, SG1, "450.00", "SGD", urgent=True)
    assert states(desk, [waits, back]) == [State.QUEUED, State.OFFERED] and used(desk) == [90_000]
    desk.answer(back)
    assert states(desk, [waits, back]) == [State.OFFERED, State.SETTLED] and used(desk) == [95_000]


@pytest.mark.parametrize("answer", ["RJCT", "silence"])
def test_what_is_refused_gives_its_part_of_the_limit_back(desk: Desk, answer: str) -> None:
    limit(desk, SG2, 100_000)
    first, second = (desk.pay(SG1, SG2, "900.00", "SGD", urgent=True) for _ in range(2))
    desk.answer(first, "RJCT", "AC04") if answer == "RJCT" else desk.wait(25)
    assert states(desk, [first, second]) == [State.REJECTED, State.OFFERED] and used(desk) == [90_000]


def test_two_of_one_batch_do_not_pass_a_limit_together(desk: Desk) -> None:
    limit(desk, SG2, 100_000)
    uetrs = [calm_uetr() for _ in range(4)]
    sent = [pacs_008(SG1, SG2, "600.00", "SGD", uetr=uetr, urgent=n < 2) for n, uetr in enumerate(uetrs)]
    desk.do(*(Arrive(SG1, raw) for raw in sent))
    found = [desk.hub.by_uetr(uetr) for uetr in uetrs]
    assert [one.state for one in found if one] == [State.OFFERED] + [State.QUEUED] * 3 and used(desk) == [60_000]
    assert limit(desk, SG2, 180_000) is None
    assert sorted(one.state.name for one in map(desk.see, found)) == ["OFFERED"] * 3 + ["QUEUED"]  # type: ignore[arg-type]
    assert used(desk) == [180_000]


def test_a_country_is_limited_as_a_whole_and_both_limits_bind(desk: Desk) -> None:
    """Legs count where they go: what is changed into baht is paid to the provider in Singapore."""
    assert limit(desk, "SG", 100_000) is None and limit(desk, SG2, 80_000) is None
    assert desk.see(desk.pay(SG1, SG2, "700.00", "SGD", urgent=True)).state is State.OFFERED
    assert desk.see(desk.pay(SG1, SG2, "200.00", "SGD")).state is State.QUEUED, "the bank's limit"
    assert desk.see(desk.pay(SG1, SG3, "400.00", "SGD", urgent=True)).state is State.QUEUED, "the country's"
    assert used(desk) == [70_000, 70_000]
    assert desk.see(desk.pay(SG2, SG3, "5000.00", "SGD", urgent=True)).state is State.OFFERED, (
        "another's payments are not limited"
    )


def test_a_limit_of_the_provider_is_a_position_that_is_full(desk: Desk) -> None:
    payment = desk.pay(SG1, TH1, "10.00", "SGD", urgent=True)
    assert payment.locked is not None
    for provider in ("ZZFXSG01", "ZZFYTH02"):
        assert limit(desk, TH1, 100_000, provider, "THB") is None
    refused = desk.pay(SG1, TH1, "1000.00", "SGD", urgent=True)
    assert refused.state is State.REJECTED and refused.refusal is not None
    assert refused.refusal.reason is Reason.NO_PRICE and refused.refusal.article == "7.15"


@pytest.mark.parametrize("urgent", [True, False])
def test_a_limit_below_what_is_used_is_refused(desk: Desk, urgent: bool) -> None:
    """What was paid before there was a limit counts as well: of payments that wait, were refused or came back, nothing does."""
    desk.answer(desk.pay(SG1, SG2, "900.00", "SGD", urgent=True))
    desk.pay(SG1, SG2, "500.00", "SGD", urgent=urgent)
    desk.answer(desk.pay(SG1, SG2, "700.00", "SGD", urgent=True), "RJCT", "AC04")
    desk.answer(desk.pay(SG2, SG1, "100.00", "SGD", urgent=True))
    desk.pay(SG2, SG1, "50.00", "SGD", urgent=True)
    refused = limit(desk, SG2, 129_999)
    assert isinstance(refused, Refusal) and refused.reason is Reason.ABOVE_CAP and refused.article == "7.15"
    assert "1300.00 SGD" in refused.sentence() and desk.hub.desk.flow_limits == {}
    assert limit(desk, SG2, 130_000) is None and used(desk) == [130_000]
    assert isinstance(limit(desk, SG2, 0), Refusal) and used(desk) == [130_000]
    waits = desk.pay(SG1, SG2, "0.01", "SGD", urgent=True)
    assert waits.state is State.QUEUED
    assert limit(desk, SG2, -1) is None and desk.see(waits).state is State.OFFERED, "without a limit it goes on"
    refused = limit(desk, SG2, -1)
    assert isinstance(refused, Refusal) and refused.reason is Reason.NOT_FOUND


@pytest.mark.parametrize(
    ("member", "currency", "towards"),
    [
        (SG1, "THB", SG2),
        ("ZZNOSG99", "SGD", SG2),
        (SG1, "SGD", "ZZNOSG99"),
        (SG1, "SGD", SG1),
        (SG1, "SGD", "XX"),
        (SG1, "SGD", ""),
    ],
)
def test_a_limit_towards_nobody_is_refused(desk: Desk, member: str, currency: str, towards: str) -> None:
    assert isinstance(limit(desk, towards, 100, member, currency), Refusal)


def ring_within(desk: Desk, minor: int) -> list[Payment]:
    limit(desk, SG2, minor)
    ring = [desk.pay(payer, payee, amount, "SGD", urgent=True) for payer, payee, amount in RING]
    assert set(states(desk, ring)) == {State.QUEUED}
    desk.inbox.clear()
    desk.do(Tick())
    return ring


@pytest.mark.parametrize("most", [False, True])
def test_an_offset_stays_within_limits(tmp_path: Path, most: bool) -> None:
    desk = Desk(tmp_path / "hub", amend=most_value if most else None)
    ring = ring_within(desk, 149_999_999)
    assert set(states(desk, ring)) == {State.QUEUED}, "what SG1 pays SG2 would pass it, and without it nobody is freed"
    assert limit(desk, SG2, 150_000_000) is None
    desk.do(Tick())
    assert states(desk, ring) == [State.OFFERED] * 3 and used(desk) == [0], "counted when it is final"
    for one in ring:
        desk.answer(desk.see(one))
    assert states(desk, ring) == [State.SETTLED] * 3 and used(desk) == [150_000_000]
    assert prove_hub(desk.hub).faults == []
    agree(desk)
    desk.close()


def test_within_an_offset_what_comes_back_counts_at_once(desk: Desk) -> None:
    limit(desk, SG2, 10_000_000)
    pair = [desk.pay(*leg, "SGD", urgent=True) for leg in ((SG1, SG2, "1500000.00"), (SG2, SG1, "1450000.00"))]
    desk.do(Tick())
    assert states(desk, pair) == [State.OFFERED] * 2
    desk.answer(desk.see(pair[0]))
    desk.answer(desk.see(pair[1]), "RJCT", "AC04")
    assert states(desk, pair) == [State.QUEUED, State.REJECTED] and used(desk) == [0]


def test_who_used_the_limit_while_an_offset_was_offered_comes_first(desk: Desk) -> None:
    ring = ring_within(desk, 150_000_000)
    assert states(desk, ring) == [State.OFFERED] * 3
    small = desk.pay(SG1, SG2, "100.00", "SGD", urgent=True)
    assert desk.see(small).state is State.OFFERED
    for one in ring:
        desk.answer(desk.see(one))
    assert states(desk, ring) == [State.QUEUED] * 3 and used(desk) == [10_000], "the ring would pass it now, and waits again"
    agree(desk)


def test_a_limit_is_of_the_day_and_outlives_a_restart(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    limit(desk, SG2, 100_000)
    desk.answer(desk.pay(SG1, SG2, "900.00", "SGD", urgent=True))
    net = desk.pay(SG1, SG2, "50.00", "SGD")
    desk.answer(net)
    desk = desk.again()
    assert used(desk) == [95_000] and desk.see(net).state is State.ACCEPTED
    assert desk.pay(SG1, SG2, "60.00", "SGD").state is State.QUEUED
    end_day(desk)
    desk = desk.again()
    assert desk.see(net).state is State.SETTLED
    at_rest(desk)
    desk.now = desk.now + 14 * 3_600 * 1_000_000_000  # type: ignore[assignment]
    assert desk.do(OpenDay(TOMORROW)) is None and used(desk) == [0]
    desk.close()


def test_a_crash_within_a_batch_comes_to_the_same_limits(tmp_path: Path) -> None:
    found = []
    for crash in (False, True):
        desk = Desk(tmp_path / f"{crash}")
        limit(desk, SG2, 100_000)
        uetrs = [f"8a562c6{n}-ca16-48ba-b074-65581be6f001" for n in range(3)]
        first = desk.pay(SG1, SG2, "600.00", "SGD", urgent=True, uetr=uetrs[0])
        if crash:
            desk.hub.flush, kept = (lambda: None), desk.hub.flush  # type: ignore[method-assign]
        text = "2026-11-24T01:30:00.000Z"
        said = pacs_002("A1", text, first.offered_as, first.message_kind, [Status("", "", "", first.uetr, "RJCT", "AC04")])
        sent = [pacs_008(SG1, SG2, "600.00", "SGD", uetr=uetr, urgent=True) for uetr in uetrs[1:]]
        desk.do(Arrive(SG2, wrap("pacs.002.001.10", SG2, HUB, "A1", text, said)), *(Arrive(SG1, raw) for raw in sent))
        if crash:
            desk.hub._unkept, desk.hub.flush = None, kept  # type: ignore[method-assign]
        desk = desk.again()
        assert [one.state for one in map(desk.hub.by_uetr, uetrs) if one] == [State.REJECTED, State.OFFERED, State.QUEUED]
        assert used(desk) == [60_000]
        found.append((desk.hub.journal.head(), desk.books(), list(desk.hub.journal.records("limits"))))
        desk.close()
    assert found[0] == found[1]


def test_a_normal_payment_that_meets_a_limit_waits_for_the_next_cycle(desk: Desk) -> None:
    limit(desk, SG2, 100_000)
    first, second = (desk.pay(SG1, SG2, "800.00", "SGD") for _ in range(2))
    desk.answer(first)
    desk.do(CloseCycle())
    desk.let_world_answer()
    assert states(desk, [first, second]) == [State.SETTLED, State.QUEUED], "the day's limit, not the cycle's"
    back = desk.pay(SG2, SG1, "700.00", "SGD", urgent=True)
    desk.answer(back)
    assert states(desk, [second]) == [State.OFFERED] and used(desk) == [90_000]
    assert desk.see(desk.pay(MY1, TH1, "5.00", "MYR", urgent=True)).state is State.OFFERED


def test_whose_ring_has_no_limit_is_not_touched(desk: Desk) -> None:
    assert set(states(desk, gridlock(desk))) == {State.QUEUED} and desk.hub.limiting.state() == ()

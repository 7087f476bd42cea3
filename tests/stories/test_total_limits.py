"""What a member may owe over all currencies together, and what the scheme and central banks let it: the strictest binds, only its setter raises it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.clearing import Rate, worth
from fondaco.core import Instant, Reason, Refusal
from fondaco.hub import (
    Arrive,
    CloseCycle,
    Hub,
    LimitFlow,
    LimitTotal,
    Move,
    OpenDay,
    Rulebooks,
    SetLimit,
    SwapLists,
    rates_of_day,
)
from fondaco.ledger import Role, account_id
from fondaco.payments import State
from fondaco.rulebook import RULES, Deed, Vote, read_scheme, sign_vote
from fondaco.simulation import lay_out
from fondaco.simulation.day import demo_key
from stories.test_offset import SG3
from stories.test_queue_order import states
from stories.test_rules_change import TOMORROW, end_day
from union import SG1, SG2, TH1, TH2, Desk, agree, at_rest, newly_listed, pacs_008

PROVIDER = "ZZFXSG01"
HAIRCUT = 800


def total(desk: Desk, minor: int, member: str = SG1) -> Refusal | str | None:
    return desk.do(LimitTotal(member, minor))


def used(desk: Desk, member: str = SG1) -> int | None:
    (found,) = (one for one in desk.hub.limiting.totals.state() if one.payer == desk.rules.participants[member].number)
    return found.used_minor


def in_dollars(desk: Desk, minor: int, currency: str = "THB") -> int:
    rates = rates_of_day(desk.hub.desk.in_force(), "SGD")
    assert not isinstance(rates, Refusal)
    return worth(minor, rates[currency], HAIRCUT, up=True)


def test_what_would_pass_the_limit_waits_until_it_is_raised(desk: Desk) -> None:
    assert total(desk, 100_000) is None
    first, second = (desk.pay(SG1, SG2, "600.00", "SGD") for _ in range(2))
    urgent = desk.pay(SG1, SG2, "5000.00", "SGD", urgent=True)
    assert states(desk, [first, second, urgent]) == [State.OFFERED, State.QUEUED, State.OFFERED], "urgent payments owe nothing"
    assert used(desk) == 60_025, "with its fee"
    assert desk.hub.limiting.keeps(desk.see(second)) == "all"
    notes = [e for link in desk.hub.journal.links() for e in link.entries() if e.event == "LIMIT_REACHED"]
    assert [(e.subject, e.article, e.facts.split()[1:]) for e in notes] == [(f"payment {second.number}", "7.16", ["SGD", "all"])]
    below = total(desk, 60_024)
    assert isinstance(below, Refusal) and below.reason is Reason.ABOVE_CAP and "600.25 SGD" in below.found
    assert total(desk, 120_050) is None and states(desk, [second]) == [State.OFFERED] and used(desk) == 120_050
    assert total(desk, -1) is None and desk.hub.limiting.totals.state() == []
    again = total(desk, -1)
    assert isinstance(again, Refusal) and again.reason is Reason.NOT_FOUND


def test_debts_of_all_currencies_count_with_the_haircut_and_are_rounded_up(desk: Desk) -> None:
    total(desk, 50_000, PROVIDER)
    desk.pay(PROVIDER, SG2, "100.00", "SGD")
    desk.pay(PROVIDER, TH2, "1000.01", "THB")
    state = desk.hub.limiting.totals
    number = desk.rules.participants[PROVIDER].number
    baht = state.owed(number, "THB")
    assert used(desk, PROVIDER) == state.owed(number, "SGD") + in_dollars(desk, baht) and baht > 100_000
    rate = rates_of_day(desk.hub.desk.in_force(), "SGD")["THB"]  # type: ignore[index]
    assert in_dollars(desk, baht) == -(-baht * rate.numerator * 10_800 // (rate.denominator * 10_000))
    assert worth(1, Rate(1, 10**6), HAIRCUT, up=True) == 1


def test_what_a_cycle_owes_it_makes_room_in_its_own_currency_alone(desk: Desk) -> None:
    total(desk, 100_000)
    back = desk.pay(SG2, SG1, "700.00", "SGD")
    first = desk.pay(SG1, SG2, "900.00", "SGD")
    waits = desk.pay(SG1, SG2, "500.00", "SGD")
    assert states(desk, [first, waits]) == [State.OFFERED, State.QUEUED], "what is only offered to it makes no room"
    desk.answer(back)
    assert states(desk, [first, waits]) == [State.OFFERED, State.OFFERED] and used(desk) == 70_050
    desk.answer(first, "RJCT", "AC04")
    assert used(desk) == 0


def test_a_providers_limit_is_a_position_that_is_full(desk: Desk) -> None:
    assert total(desk, 1_000, PROVIDER) is None
    refused = desk.pay(SG1, TH1, "500.00", "SGD", extra="")
    provider = refused.locked.provider if refused.locked is not None else PROVIDER
    if provider != PROVIDER:
        total(desk, 1_000, provider)
        refused = desk.pay(SG1, TH1, "500.00", "SGD")
    assert refused.state is State.REJECTED and refused.refusal is not None and refused.refusal.reason is Reason.NO_PRICE


def test_two_of_one_batch_do_not_pass_it_together(desk: Desk) -> None:
    total(desk, 100_000)
    raws = [Arrive(SG1, pacs_008(SG1, SG2, "600.00", "SGD")) for _ in range(2)]
    desk.do(*raws)
    found = sorted(one.state.name for one in desk.hub.desk.live.values())
    assert found == ["OFFERED", "QUEUED"] and used(desk) == 60_025


def test_it_begins_anew_with_each_cycle_and_survives_a_restart(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    total(desk, 100_000)
    first, waits = desk.pay(SG1, SG2, "900.00", "SGD"), desk.pay(SG1, SG3, "800.00", "SGD")
    desk.answer(first)
    desk = desk.again()
    assert used(desk) == 90_025 and states(desk, [waits]) == [State.QUEUED]
    desk.do(CloseCycle())
    assert states(desk, [waits]) == [State.OFFERED] and used(desk) == 80_025
    desk.let_agents_answer()
    desk.answer(desk.see(waits))
    desk.do(CloseCycle())
    desk.let_agents_answer()
    at_rest(desk)
    assert used(desk) == 0
    desk.close()


def test_what_was_accepted_and_is_held_again_stays_counted_as_in_the_ledger(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    total(desk, 100_000)
    first = desk.pay(SG1, SG2, "400.00", "SGD", creditor="Somsak Newly")
    desk.answer(first)
    desk.do(SwapLists(newly_listed(desk, "Somsak Newly")))
    assert desk.see(first).state is State.HELD and used(desk) == 40_025
    desk = desk.again()
    assert used(desk) == 40_025, "counted from the journal it is the same"
    cycle = desk.hub.desk.cycles[desk.hub.desk.counters.open_cycle]
    number = desk.rules.participants[SG1].number
    held = desk.hub.books.balance(account_id(Role.CLEARING, desk.hub.desk.ledgers["SGD"], number, cycle.number))
    (cap,) = (minor for code, who, minor in cycle.caps if (code, who) == ("SGD", number))
    assert held is not None and cap - held.room == 40_025
    assert states(desk, [desk.pay(SG1, SG2, "600.00", "SGD")]) == [State.QUEUED]
    desk.close()


def test_without_a_rate_of_the_day_nobody_with_a_limit_owes_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fondaco.hub.totalling.rates_of_day", lambda *_: Refusal(Reason.NO_PRICE, "rates", "THB of 2026-11-20"))
    refused = total(desk, 100_000)
    assert isinstance(refused, Refusal) and refused.reason is Reason.NO_PRICE and desk.hub.desk.own_totals == {}
    assert desk.pay(SG1, SG2, "1.00", "SGD").state is State.OFFERED


def set_limit(member: str, amount: str, by: str, currency: str = "SGD", more: str = "", since: str = "2026-01-01") -> str:
    return (
        f'\n[[limits]]\nmember = "{member}"\nset_by = "{by}"\ncurrency = "{currency}"\namount = "{amount}"\narticle = "15.1"\n'
        f"valid_from = {since}\n{more}"
    )


def ruled(*rows: str) -> Callable[[Path], None]:
    def amend(home: Path) -> None:
        path = home / "union.toml"
        path.write_text(path.read_text() + "".join(rows))

    return amend


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Desk]:
    return lambda *rows: Desk(tmp_path / "hub", amend=ruled(*rows))


def test_the_strictest_of_all_who_set_one_binds(made: Callable[..., Desk]) -> None:
    desk = made(
        set_limit(SG1, "900.00", "scheme", more="total = true\n"), set_limit(SG1, "700.00", "ZZCBSG00", more="total = true\n")
    )
    assert [one.minor for one in desk.hub.limiting.totals.state()] == [70_000]
    first = desk.pay(SG1, SG2, "650.00", "SGD")
    second = desk.pay(SG1, SG2, "100.00", "SGD")
    assert states(desk, [first, second]) == [State.OFFERED, State.QUEUED]
    assert total(desk, 10**9) is None and states(desk, [second]) == [State.QUEUED], "its own raises nobody else's"
    assert total(desk, 66_000) is None
    assert [(one.minor, one.set_by) for one in desk.hub.limiting.totals.state()] == [(66_000, "")]
    desk.close()


def test_a_cap_that_others_set_bounds_the_cycles_and_the_members_own(made: Callable[..., Desk]) -> None:
    desk = made(set_limit(SG1, "1000.00", "ZZCBSG00"), set_limit(SG1, "800.00", "scheme", since="2027-01-01"))
    cycle = desk.hub.desk.cycles[desk.hub.desk.counters.open_cycle]
    number = desk.rules.participants[SG1].number
    assert ("SGD", number, 100_000) in [tuple(one) for one in cycle.caps]
    above = desk.do(SetLimit(SG1, "SGD", 100_001))
    assert isinstance(above, Refusal) and "0 to 1000.00 SGD" in above.found
    assert desk.pay(SG1, SG2, "1100.00", "SGD").state is State.QUEUED
    assert desk.do(SetLimit(SG1, "SGD", 99_999)) is None
    assert desk.hub.desk.in_force().scheme.on(date(2027, 1, 4)).most(SG1, "SGD") == 80_000, (
        "of two setters the strictest, by date"
    )
    desk.close()


def test_a_flow_that_others_limit_waits_beside_the_members_own(made: Callable[..., Desk]) -> None:
    desk = made(
        set_limit(SG1, "500.00", "scheme", more=f'towards = "{SG2}"\n'),
        set_limit(SG1, "300.00", "ZZCBSG00", more='towards = "TH"\n'),
    )
    desk.do(LimitFlow(SG1, "SGD", SG2, 10**9))
    first, second = (desk.pay(SG1, SG2, "300.00", "SGD", urgent=True) for _ in range(2))
    assert states(desk, [first, second]) == [State.OFFERED, State.QUEUED] and desk.hub.limiting.keeps(desk.see(second)) == SG2
    out = desk.do(LimitFlow(SG1, "SGD", "TH", -1))
    assert isinstance(out, Refusal) and out.reason is Reason.NOT_FOUND, "it is not its own to take away"
    desk = desk.again()
    assert [one.used_minor for _, one in sorted(desk.hub.desk.set_flows.items())] == [30_000, 0]
    desk.answer(desk.see(first))
    end_day(desk)
    desk.do(OpenDay(TOMORROW))
    assert [one.used_minor for _, one in sorted(desk.hub.desk.set_flows.items())] == [0, 0]
    agree(desk)
    desk.close()


SPEAKER = f'''
[[officers]]
id = "bank-speaker"
name = "Speaker of the central bank"
roles = ["representative"]
member = "ZZCBSG00"
public_key = "{demo_key("bank-speaker").public_key().public_bytes_raw().hex()}"
'''


@pytest.mark.parametrize(
    ("old", "new", "needs"),
    [("700.00", "701.00", True), ("700.00", "699.00", False), ("900.00", "950.00", False), ("[[limits]]", "", True)],
)
def test_only_who_set_a_limit_lets_it_be_raised(tmp_path: Path, old: str, new: str, needs: bool) -> None:
    def amend(home: Path) -> None:
        ruled(
            set_limit(SG1, "900.00", "scheme", more="total = true\n"), set_limit(SG1, "700.00", "ZZCBSG00", more="total = true\n")
        )(home)
        path = home / "officers.toml"
        path.write_text(path.read_text() + SPEAKER)

    desk = Desk(tmp_path / "hub", amend=amend)
    path = desk.folder / "union" / "union.toml"
    text = path.read_text()
    if old == "[[limits]]":
        path.write_text(text[: text.rindex("[[limits]]")])
    else:
        path.write_text(text.replace(old, new))
    version = Rulebooks(desk.folder).keep(desk.folder / "union").version
    deed = Deed(RULES, version, TOMORROW)

    def vote(who: str) -> Refusal | str | None:
        return desk.do(Move(sign_vote(Vote(deed, who, "council", "2026-11-24", int(desk.now)), demo_key(who))))

    assert str(vote("operator-1")).endswith("PROPOSED")
    assert str(vote("operator-2")).endswith("PROPOSED" if needs else "CARRIED")
    if needs:
        assert str(vote("bank-speaker")).endswith("CARRIED")
    desk.close()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (set_limit("ZZZZZZ99", "1.00", "scheme"), "a limit is a participant's"),
        (set_limit(SG1, "1.00", "ZZCBTH00"), "the central bank of SG"),
        (set_limit(SG1, "1.00", SG2), "the central bank of SG"),
        (set_limit(SG1, "1.00", "scheme", currency="THB", more="total = true\n"), "in that of exposures (SGD)"),
        (set_limit(SG1, "1.00", "scheme", currency="THB"), "it holds no account in it"),
        (set_limit(SG1, "1.00", "scheme", more=f'towards = "{SG1}"\n'), "another participant's BIC, or a country"),
        (set_limit(SG1, "1.00", "scheme", more='towards = "XX"\n'), "another participant's BIC, or a country"),
        (set_limit(SG1, "1.00", "scheme", more='towards = "TH"\ntotal = true\n'), "towards nobody"),
        (set_limit(SG1, "-1.00", "scheme"), "amount"),
        (set_limit(SG1, "1.00", "scheme") * 2, "two limits from 2026-01-01"),
        (set_limit(SG1, "1.00", "scheme").replace("15.1", "99.1"), "99.1 does not exist"),
    ],
)
def test_a_wrong_limit_is_told_with_its_place(tmp_path: Path, row: str, reason: str) -> None:
    lay_out(tmp_path)
    ruled(row)(tmp_path / "union")
    found = read_scheme(tmp_path / "union")
    assert isinstance(found, list) and any("limits[" in str(one) and reason in str(one) for one in found), found


def test_limits_at_the_command_line(made: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = made(set_limit(SG1, "500.00", "ZZCBSG00", more=f'towards = "{SG2}"\n'))
    hub = desk.folder
    desk.close()

    class Beside:
        """A clock that goes on from the last batch: the machine's own is past the day's cycles."""

        def __init__(self, opened: Hub) -> None:
            self._last = opened.desk.counters.last_instant

        def now(self) -> Instant:
            self._last += 1
            return Instant(self._last)

    monkeypatch.setattr("fondaco.cli.terminal.clock", Beside)
    assert "to all: limit 1000.00" in fondaco("limits", "total", SG1, "1000.00", "--hub", hub)
    text = fondaco("limits", "list", SG1, "--hub", hub)
    assert f"{SG1} to {SG2}: limit 500.00 SGD, used 0.00 SGD, left 500.00 SGD, set by ZZCBSG00" in text
    assert f"{SG1} to all: limit 1000.00 SGD, used 0.00 SGD, left 1000.00 SGD\n" in text
    rows = json.loads(fondaco("positions", SG1, "--hub", hub, "--json"))
    assert rows[0]["total_owed"] == "0.00 SGD" and rows[0]["total_limit"] == "1000.00 SGD"
    assert "no limit" in fondaco("limits", "total", SG1, "none", "--hub", hub)
    assert "total_owed" not in fondaco("positions", SG1, "--hub", hub, "--json")
    assert "NOT_FOUND" in fondaco("limits", "total", SG1, "none", "--hub", hub, code=1)

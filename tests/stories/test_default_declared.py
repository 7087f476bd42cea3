"""A declared default: what two operators saw is what is done, to the unit; what is final stays, and what nobody bears leaves."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import fondaco
from fondaco.clearing import AssetPrice
from fondaco.core import Instant, Reason, Refusal, utc_text
from fondaco.hub import Arrive, CloseCycle, EndDay, Hub, Move, PostPrices, drill, naming_of, seen_text
from fondaco.ledger import PlainText, export_books, prove
from fondaco.messages import Status, pacs_002, read, wrap
from fondaco.payments import State
from fondaco.rulebook import DECLARE, LODGE, RELEASE, STANDING, Deed, Vote, sign_vote
from fondaco.settlement import ASSESSMENTS, COLLATERAL, OTHER_MONEY, SURVIVORS, Default, DefaultState, Drill
from fondaco.simulation.day import demo_key
from stories.test_collateral import carry
from stories.test_default_drill import SG3, bears, fill, owes, with_shares
from stories.test_hard_moments import killed
from union import HUB, MY1, SG1, SG2, TH1, TH2, Desk, agree, at_rest

AMEND = with_shares()
PROVIDER = "ZZFXSG01"


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """A union in which everybody has 100.00 of each currency, Singapore's banks have shares in the fund, and the operator its tranche."""
    made: list[Desk] = []

    def desk(amend: Callable[[Path], None] = AMEND, lodged: bool = True) -> Desk:
        one = Desk(tmp_path / f"hub{len(made)}", prefund="100.00", amend=amend)
        made.append(one)
        if lodged:
            fill(one)
        return one

    yield desk
    for one in made:
        assert prove(one.hub.books).faults == ()
        agree(one)
        one.close()


def seen(desk: Desk, bic: str = SG1) -> Drill:
    found = drill(desk.hub.desk, desk.hub.books, desk.hub.journal, desk.hub.collateral, bic)
    assert isinstance(found, Drill), found
    return found


def vote(desk: Desk, deed: Deed, who: str) -> Move:
    return Move(sign_vote(Vote(deed, who, "it cannot pay", desk.day.isoformat(), int(desk.now)), demo_key(who)))


def declare(desk: Desk, bic: str = SG1) -> Default:
    deed = Deed(DECLARE, bic, seen_text(seen(desk, bic)))
    assert str(desk.do(vote(desk, deed, "operator-1"))).endswith("PROPOSED")
    assert str(desk.do(vote(desk, deed, "operator-2"))).endswith("CARRIED")
    return last(desk)


def last(desk: Desk) -> Default:
    return desk.hub.desk.defaults[max(desk.hub.desk.defaults)]


def asked(desk: Desk) -> dict[str, tuple[int, str]]:
    """Open requests to set aside for a default, by agent: the number of the message, and its kind. They are taken out of the mail."""
    found = {
        one.recipient: (one.seq, one.kind)
        for one in desk.inbox
        if one.kind.startswith("pacs.029") and one.subject[:7] == "default"
    }
    desk.inbox = [one for one in desk.inbox if not (one.kind.startswith("pacs.029") and one.subject[:7] == "default")]
    return found


def say(desk: Desk, agent: str, request: tuple[int, str], status: str = "ACSP") -> Refusal | str | None:
    name, text = f"E{desk.now}", utc_text(desk.now)
    report = pacs_002(name, text, f"H{request[0]:012d}", request[1], [], status)
    return desk.send(wrap("pacs.002.001.10", agent, HUB, name, text, report), agent)


def earmark(desk: Desk) -> list[str]:
    requests = asked(desk)
    for agent, request in sorted(requests.items()):
        say(desk, agent, request)
    return sorted(requests)


def events(desk: Desk, code: str) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for one in desk.inbox:
        body = read(one.raw).body if one.kind.startswith("admi.004") else None
        if getattr(body, "code", "") == code:
            told.setdefault(one.recipient, []).append(getattr(body, "text", ""))
    return told


def fund(desk: Desk) -> dict[str, int]:
    return {holder: minor for (holder, _), minor in desk.hub.collateral.fund().items()}


def test_what_a_member_cannot_pay_is_paid_by_those_whom_the_articles_name(make: Callable[..., Desk]) -> None:
    desk = make()
    owes(desk, SG2, "160.25")
    before = seen(desk)
    assert before.fall.loss == 6_050 and before.fall.unmet == 0
    desk.inbox.clear()
    declared = declare(desk)
    assert declared.state is DefaultState.EARMARKING and declared.told is not None
    assert (declared.told.fall, declared.told.short, declared.told.takings) == (before.fall, before.short, before.takings)
    assert desk.hub.desk.in_force().participants[SG1].standing == "suspended"
    assert events(desk, "DFLT")[TH1] == [f"{' '.join(before.failing)}: default declared"]
    assert events(desk, "BEAR") == {SG2: [f"{' '.join(before.failing)}: you bear 30.00 SGD of the survivors' shares and 0.50 SGD of assessments of the survivors"]}  # fmt: skip
    (cycle,) = declared.cycles
    assert desk.hub.desk.cycles[cycle].state.name == "CLOSING" and desk.hub.desk.counters.open_cycle == cycle + 1
    assert fund(desk) == {SG1: 2_000, SG2: 3_000, SG3: 6_000, HUB: 1_000}, "nothing is spent before the agents have set it aside"
    assert earmark(desk) == ["ZZCBSG00"]
    assert last(desk).state is DefaultState.COVERED and fund(desk) == {SG3: 6_000}
    assert desk.balance(SG2, "SGD") == 10_000 - 50, "its assessment"
    desk.let_agents_answer()
    assert last(desk).state is DefaultState.CLOSED
    assert desk.hub.desk.cycles[cycle].state.name == "SETTLED"
    assert desk.balance(SG1, "SGD") == 0 and desk.balance(SG2, "SGD") == 10_000 - 50 + 16_025
    at_rest(desk)


def test_what_was_seen_must_be_what_stands(make: Callable[..., Desk]) -> None:
    desk = make()
    owes(desk, SG2, "160.25")
    deed = Deed(DECLARE, SG1, seen_text(seen(desk)))
    assert str(desk.do(vote(desk, deed, "operator-1"))).endswith("PROPOSED")
    owes(desk, SG2, "10.00")
    refused = desk.do(vote(desk, deed, "operator-2"))
    assert (
        isinstance(refused, Refusal)
        and refused.reason is Reason.AMOUNT_DIFFERS
        and "loss 60.50 SGD, now 70.75 SGD" in refused.found
    )
    assert desk.hub.desk.defaults == {} and desk.hub.desk.in_force().participants[SG1].standing == "active"
    for wrong in ("", "60.50", f"{'9' * 40} 0 x", "6050 0 0123456789abcdef", "x y z"):
        assert isinstance(desk.do(vote(desk, Deed(DECLARE, SG1, wrong), "operator-1")), Refusal)
    # In one batch with what changes the figures: what is counted is what stands when the vote is taken.
    deed = Deed(DECLARE, SG1, seen_text(seen(desk)))
    offered = desk.pay(SG1, SG2, "5.00", "SGD")
    report = pacs_002(
        "A1", utc_text(desk.now), offered.offered_as, offered.message_kind, [Status("", "", "", offered.uetr, "ACSP", "")]
    )
    raw = wrap("pacs.002.001.10", SG2, HUB, "A1", utc_text(desk.now), report)
    assert isinstance(desk.do(Arrive(SG2, raw), vote(desk, deed, "operator-1")), Refusal)


def test_nobody_alone_declares_and_nobody_is_declared_twice(make: Callable[..., Desk]) -> None:
    desk = make()
    owes(desk, SG2, "160.25")
    deed = Deed(DECLARE, SG1, seen_text(seen(desk)))
    desk.do(vote(desk, deed, "operator-1"))
    again = desk.do(vote(desk, deed, "operator-1"))
    assert isinstance(again, Refusal) and again.reason is Reason.ROLE_NOT_HELD and desk.hub.desk.defaults == {}
    desk.do(vote(desk, deed, "operator-2"))
    for moment in ("earmarking", "closed"):
        twice = desk.do(vote(desk, Deed(DECLARE, SG1, seen_text(seen(desk))), "operator-1"))
        assert isinstance(twice, Refusal) and "declared in default 1" in twice.found, moment
        earmark(desk)
        desk.let_agents_answer()
    assert last(desk).state is DefaultState.CLOSED
    for who in ("operator-1", "operator-2"):
        assert not isinstance(desk.do(vote(desk, Deed(STANDING, SG1, "active"), who)), Refusal)
    assert not isinstance(desk.do(vote(desk, Deed(DECLARE, SG1, seen_text(seen(desk))), "operator-1")), Refusal), (
        "it may fail again"
    )


def test_who_fails_moves_nothing_and_nothing_is_released_until_it_is_closed(make: Callable[..., Desk]) -> None:
    desk = make()
    owes(desk, SG2, "160.25")
    waiting = desk.pay(SG1, SG2, "200.00", "SGD", urgent=True)
    assert waiting.state is State.QUEUED
    declare(desk)
    assert desk.see(waiting).state is State.REJECTED
    refused = desk.pay(SG2, SG1, "1.00", "SGD")
    assert refused.refusal is not None and refused.refusal.reason is Reason.PARTICIPANT_SUSPENDED
    out = desk.do(vote(desk, Deed(STANDING, SG1, "active"), "operator-1"))
    assert isinstance(out, Refusal) and "default 1 is not closed" in out.found
    back = carry(desk, RELEASE, f"{SG3} fund SGD", 100)
    assert isinstance(back, Refusal) and "a default is not closed" in back.found
    ended = desk.do(EndDay())
    assert isinstance(ended, Refusal) and "not settled" in ended.found
    others = desk.pay(SG2, SG3, "1.00", "SGD")
    desk.answer(others)
    assert desk.see(others).state is State.ACCEPTED, "the others go on in the next cycle"
    earmark(desk)
    desk.let_agents_answer()
    assert last(desk).state is DefaultState.CLOSED and desk.see(others).state is State.ACCEPTED
    desk.do(CloseCycle())
    desk.let_agents_answer()
    at_rest(desk)


def test_money_paid_in_meanwhile_pays_first(make: Callable[..., Desk]) -> None:
    desk = make()
    owes(desk, SG2, "160.25")
    offered = desk.pay(SG1, SG3, "30.00", "SGD")
    declare(desk)
    assert last(desk).state is DefaultState.DECLARED, "what is offered goes to its end before anything is counted"
    desk.inbox = [one for one in desk.inbox if one.recipient != SG3]
    desk.fund(SG1, "50.00", "SGD")
    desk.answer(offered, "RJCT", "AC04")
    found = last(desk)
    assert found.state is DefaultState.EARMARKING and found.told is not None and found.told.fall.loss == 1_050
    earmark(desk)
    desk.let_agents_answer()
    at_rest(desk)
    assert fund(desk) == {SG1: 950, SG2: 3_000, SG3: 6_000, HUB: 1_000}


def test_nobody_bears_what_cannot_be_borne_whole_and_those_payments_leave(make: Callable[..., Desk]) -> None:
    desk = make()
    final = desk.pay(SG1, SG3, "20.00", "SGD", urgent=True)
    desk.answer(final)
    owes(desk, SG2, "900.00")
    other = desk.pay(SG3, SG2, "7.00", "SGD")
    desk.answer(other)
    before = fund(desk)
    found = declare(desk)
    assert found.state is DefaultState.UNMET and found.told is not None and found.told.fall.unmet > 0
    assert found.told.dropped == ((SG1, "SGD"),) and found.told.takings == () and len(found.told.leaving) == 1
    assert fund(desk) == before and asked(desk) == {}
    desk.let_agents_answer()
    assert last(desk).state is DefaultState.CLOSED
    assert desk.see(final).state is State.SETTLED and desk.see(other).state is State.SETTLED
    assert desk.balance(SG1, "SGD") == 10_000 - 2_000 - 25 and desk.balance(SG2, "SGD") == 10_700
    (gone,) = (desk.hub.payment(number) for number, _ in found.told.leaving)
    assert gone is not None and gone.refusal is not None and gone.refusal.reason is Reason.SETTLEMENT_FAILED
    at_rest(desk)


def fails_in_two(desk: Desk) -> None:
    """A provider that owes SG2 dollars and TH2 baht, and has means for one of them."""
    desk.answer(desk.pay(PROVIDER, SG2, "130.00", "SGD"))
    desk.answer(desk.pay(PROVIDER, TH2, "900.00", "THB"))


def test_money_of_other_currencies_is_given_for_the_short_one_at_the_days_rate(make: Callable[..., Desk]) -> None:
    desk = make()
    fails_in_two(desk)
    found = declare(desk, PROVIDER)
    told = found.told
    assert told is not None and {one.currency for one in told.covered if one.home} == {"SGD", "THB"}
    other = [one for one in told.takings if one.tranche == OTHER_MONEY]
    assert {one.asset for one in other} <= {"IDR", "MYR", "PHP", "KRW"} and other
    for currency in ("SGD", "THB"):
        (short,) = (one for one in told.covered if one.currency == currency)
        assert sum(one.minor for one in told.takings if one.currency == currency) == short.owed - short.paid
    before = {code: desk.balance(PROVIDER, code) for code in ("IDR", "MYR", "PHP", "KRW")}
    assert len(earmark(desk)) >= 3
    for one in other:
        before[one.asset] -= one.units
    assert {code: desk.balance(PROVIDER, code) for code in before} == before
    desk.let_agents_answer()
    assert last(desk).state is DefaultState.CLOSED
    at_rest(desk)


@pytest.mark.parametrize("how", ["refuses", "in part", "is silent"])
def test_an_agent_that_does_not_set_aside_takes_its_currency_out(make: Callable[..., Desk], how: str) -> None:
    desk = make()
    fails_in_two(desk)
    declare(desk, PROVIDER)
    requests = asked(desk)
    assert {"ZZCBSG00", "ZZCBTH00"} <= set(requests)
    for agent, request in requests.items():
        if agent != "ZZCBTH00":
            say(desk, agent, request)
    assert say(desk, "ZZCBTH00", requests["ZZCBTH00"], "PDNG") is None and last(desk).state is DefaultState.EARMARKING
    if how == "is silent":
        desk.wait(3_590)
        assert last(desk).state is DefaultState.EARMARKING
        desk.wait(30)
    else:
        say(desk, "ZZCBTH00", requests["ZZCBTH00"], "RJCT" if how == "refuses" else "PART")
    desk.wait(1)
    found = last(desk)
    assert found.without == ["THB"] and found.state is DefaultState.EARMARKING and found.told is not None and found.round == 2
    assert found.told.dropped == ((PROVIDER, "THB"),)
    assert all("THB" not in (one.asset, one.currency) for one in found.told.takings)
    assert say(desk, "ZZCBTH00", requests["ZZCBTH00"]) is None and last(desk).state is DefaultState.EARMARKING, "too late"
    earmark(desk)
    assert last(desk).state is DefaultState.UNMET
    desk.let_agents_answer()
    states = [one.state for one in (desk.hub.payment(n) for n in range(1, desk.hub.desk.counters.payment)) if one is not None]
    assert states == [State.SETTLED, State.REJECTED] and last(desk).state is DefaultState.CLOSED
    at_rest(desk)


def test_paper_is_given_in_whole_units_for_what_it_is_worth(make: Callable[..., Desk]) -> None:
    desk = make()
    desk.do(PostPrices((AssetPrice("SG30", "government_bond", "SG", "SGD", "9.99", "2026-11-24"),), ()))
    assert str(carry(desk, LODGE, f"{SG1} collateral SG30", 20)).endswith("CARRIED")
    owes(desk, SG2, "130.00")
    found = declare(desk)
    assert found.told is not None and bears(found.told).keys() == {COLLATERAL}
    (taken,) = found.told.takings
    # 30.25 are missing: four bonds of 9.99 are 39.96, and 9.71 more than that.
    assert (taken.asset, taken.units, taken.minor, taken.over) == ("SG30", 4, 3_025, 971)
    assert any("you are given 4 SG30" in text for text in events(desk, "DFLT")["ZZCBSG00"])
    earmark(desk)
    assert desk.hub.desk.collateral[f"{SG1} collateral SG30"] == 16
    desk.let_agents_answer()
    at_rest(desk)


def test_a_cycle_that_is_reserved_goes_to_its_own_end(make: Callable[..., Desk]) -> None:
    desk = make()
    owes(desk, SG2, "60.00")
    desk.do(CloseCycle())
    mail, desk.inbox = desk.inbox, []
    reserved = min(desk.hub.desk.cycles)
    assert desk.hub.desk.cycles[reserved].state.name == "RESERVED"
    owes(desk, SG3, "50.00")
    found = declare(desk)
    assert found.cycles == [reserved + 1] and desk.hub.desk.cycles[reserved].state.name == "RESERVED"
    assert found.told is not None and found.told.fall.loss == 6_025 + 5_025 - 10_000, "what is reserved is not there any more"
    earmark(desk)
    desk.inbox = mail + desk.inbox
    desk.let_agents_answer()
    assert all(desk.hub.payment(n).state is State.SETTLED for n in (1, 2)), "both are final"  # type: ignore[union-attr]
    at_rest(desk)


def test_without_an_article_or_a_rate_nothing_is_declared(make: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(home: Path) -> None:
        with_shares()(home)
        path = home / "union.toml"
        path.write_text(path.read_text().replace('key = "default_conversion"\nvalue = "settlement_agent"\nvalid_from = 2026', 'key = "default_conversion"\nvalue = "settlement_agent"\nvalid_from = 2036'))  # fmt: skip

    desk = make(silent)
    owes(desk, SG2, "160.25")
    refused = desk.do(vote(desk, Deed(DECLARE, SG1, seen_text(seen(desk))), "operator-1"))
    assert isinstance(refused, Refusal) and "default_conversion" in refused.found
    desk = make()
    owes(desk, SG2, "160.25")
    deed = Deed(DECLARE, SG1, seen_text(seen(desk)))
    monkeypatch.setattr("fondaco.hub.defaulting.rates_of_day", lambda *_: Refusal(Reason.NO_PRICE, "rates", "THB of 2026-11-20"))
    refused = desk.do(vote(desk, deed, "operator-1"))
    assert isinstance(refused, Refusal) and refused.reason is Reason.NO_PRICE and "THB of 2026-11-20" in refused.found


def test_affiliates_fail_with_it_and_bear_nothing_for_it(make: Callable[..., Desk]) -> None:
    def group(home: Path) -> None:
        with_shares()(home)
        path = home / "participants.toml"
        text = path.read_text()
        for bic in (SG1, MY1):
            text = text.replace(f'bic = "{bic}"\n', f'bic = "{bic}"\ngroup = "merbau"\n')
        path.write_text(text)

    desk = make(group)
    owes(desk, SG2, "160.25")
    found = declare(desk)
    assert {SG1, MY1} <= set(found.failing)
    members = desk.hub.desk.in_force().participants
    assert all(members[bic].standing == "suspended" for bic in found.failing)
    assert found.told is not None
    assert {one.bic for one in found.told.paid.borne if one.tranche in (SURVIVORS, ASSESSMENTS)}.isdisjoint(found.failing)
    earmark(desk)
    desk.let_agents_answer()
    at_rest(desk)


def test_a_hub_killed_at_every_step_goes_on_to_the_same_end(make: Callable[..., Desk]) -> None:
    ends = []
    for dies in (False, True):
        desk = make()
        for name, amount in (("1", "160.25"), ("2", "5.00")):
            desk.answer(desk.pay(SG1, SG2, amount, "SGD", uetr=f"0000000{name}-ca16-48ba-b074-65581be6f001"))
        deed = Deed(DECLARE, SG1, seen_text(seen(desk)))
        do = (lambda *commands, desk=desk: killed(desk, *commands)) if dies else desk.do
        for who in ("operator-1", "operator-2"):
            do(vote(desk, deed, who))
        desk.inbox = [one for one in desk.hub.journal.mail() if one.subject.startswith("default")]
        ((agent, request),) = asked(desk).items()
        name, text = f"E{desk.now}", utc_text(desk.now)
        do(
            Arrive(
                agent,
                wrap(
                    "pacs.002.001.10", agent, HUB, name, text, pacs_002(name, text, f"H{request[0]:012d}", request[1], [], "ACSP")
                ),
            )
        )
        desk.inbox = [one for one in desk.hub.journal.mail() if one.seq > request[0]]
        desk.let_agents_answer()
        assert last(desk).state is DefaultState.CLOSED
        at_rest(desk)
        ends.append((desk.books(), last(desk).told and last(desk).told.figures(), desk.hub.desk.collateral))
    assert ends[0] == ends[1]


def test_the_books_after_a_default_agree_with_hledger(make: Callable[..., Desk], tmp_path: Path) -> None:
    desk = make()
    fails_in_two(desk)
    declare(desk, PROVIDER)
    earmark(desk)
    desk.let_agents_answer()
    with (tmp_path / "books.journal").open("w") as out:
        written = export_books(desk.hub.books, out, PlainText.HLEDGER, naming_of(desk.hub))
    assert written.transactions and "default cover" in (tmp_path / "books.journal").read_text()
    if shutil.which("hledger") is None:
        pytest.skip("hledger is not here")
    said = subprocess.run(
        ["hledger", "-f", str(tmp_path / "books.journal"), "check", "-s"], check=False, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr


def test_the_command_line_declares_shows_and_keeps_the_minutes(
    make: Callable[..., Desk], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make()
    owes(desk, SG2, "160.25")
    hub = desk.folder
    keys = {who: tmp_path / f"{who}.key" for who in ("operator-1", "operator-2")}
    for who, path in keys.items():
        path.write_text(demo_key(who).private_bytes_raw().hex())
    desk.close()

    class Beside:
        """A clock that goes on from the last batch: the machine's own is past the day's cycles."""

        def __init__(self, hub: Hub) -> None:
            self._last = hub.desk.counters.last_instant

        def now(self) -> Instant:
            self._last += 1
            return Instant(self._last)

    monkeypatch.setattr("fondaco.cli.terminal.clock", Beside)
    rehearsed = json.loads(fondaco("default", "drill", SG1, "--hub", hub, "--json"))
    assert f'--seen "{rehearsed["seen"]}"' in fondaco("default", "drill", SG1, "--hub", hub)
    says = ["--seen", rehearsed["seen"], "--note", "it cannot pay", "--hub", hub]
    words = lambda who: ["default", "declare", SG1, "--officer", who, "--key", keys[who], *says]  # noqa: E731
    assert "PROPOSED" in fondaco(*words("operator-1"))
    assert "AMOUNT_DIFFERS" in fondaco(*[word if word != rehearsed["seen"] else "1 0 ff" for word in words("operator-2")], code=1)
    assert "CARRIED" in fondaco(*words("operator-2"))
    text = fondaco("default", "show", "1", "--hub", hub)
    assert text.startswith(f"# Default 1: {SG1}, business day 2026-11-24") and "EARMARKING" in text
    assert "| the survivors' shares | ZZBBSG02 | 30.00 SGD |" in text and rehearsed["figures"] in text
    document = json.loads(fondaco("default", "show", "1", "--hub", hub, "--json"))
    assert document["state"] == "EARMARKING" and document["loss"] == "60.50" and document["dry_run"] is False
    assert "1  EARMARKING  ZZBASG01" in fondaco("default", "list", "--hub", hub)
    assert "NOT_FOUND" in fondaco("default", "show", "2", "--hub", hub, code=1)
    again = Desk(hub, fresh=False)
    desk.hub = again.hub

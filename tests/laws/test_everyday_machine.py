"""Days of everything at once, in batches of any mix: whatever comes, a crash or a restart changes nothing and the books hold."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fondaco.compliance import CaseState, Decision, sign
from fondaco.core import CURRENCIES, Instant, at, utc_text
from fondaco.hub import (
    Arrive,
    CloseCycle,
    Command,
    DecideCase,
    EndDay,
    Hub,
    LimitFlow,
    Move,
    OpenDay,
    PostQuotes,
    Reorder,
    Revoke,
    Rulebooks,
    SetLimit,
    SwapLists,
    Tick,
)
from fondaco.hub.build import Screeners
from fondaco.journal import JournalFile, Seen
from fondaco.ledger import SqliteEngine, prove
from fondaco.messages import LiquidityTransfer, Status, camt_050, camt_056, cancellation, pacs_002, pacs_004, wrap
from fondaco.payments import DECODER, ENCODER, Payment, State
from fondaco.reporting import contradictions
from fondaco.rulebook import Deed, Vote, sign_vote
from fondaco.settlement import CycleState
from fondaco.simulation import DEMO_DAY, World, provider_quotes
from fondaco.simulation.day import demo_key
from union import HUB, MY1, SG1, SMALL, TH1, Desk, S, at_rest, newly_listed, pacs_008, sponsored

PAIRS = ((SG1, TH1, "SGD"), (TH1, SG1, "THB"), (SMALL, TH1, "SGD"), (TH1, SMALL, "THB"), (MY1, SG1, "MYR"), (SG1, MY1, "SGD"))
# The second is listed by one of the two list sets that take turns; some amounts are beyond what a payer has.
CREDITORS = ("Somchai Foods", "Somebody Else")
AMOUNTS = ("5.00", "40.00", "900.00", "40000.00")
_encode = msgspec.msgpack.encode


def a_salt(batch: int) -> bytes:
    """The same salts whenever the machine is played."""
    return batch.to_bytes(32, "big")


class Ground:
    """A hub's folder with money in it, made once and copied for each run; what screens is made once, too."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "hub"
        desk = Desk(self.folder, amend=sponsored(), prefund="1000")
        self.inbox, self.now, self.version = desk.inbox, desk.now, desk.hub.desk.counters.rulebook
        first = desk.hub.desk.counters.list_set
        other = newly_listed(desk, CREDITORS[1])
        self.lists = (other, first)
        desk.close()
        self.screeners = Screeners(self.folder)
        self.balances = {code: (dict(a.own), dict(a.sub)) for code, a in ((x.currency, x) for x in desk.world._agents.values())}
        for version in self.lists:
            self.screeners(version)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("ground"))


class Machine(Desk):
    """One run: commands are chosen by small numbers from what can be done now."""

    def __init__(self, ground: Ground, folder: Path) -> None:
        shutil.copytree(ground.folder, folder)
        self.ground, self.folder, self.now, self.inbox = ground, folder, ground.now, []
        self.rulebooks = Rulebooks(folder)
        self.hub = self.opened()
        self.rules = self.hub.desk.in_force()
        self.world = World(self.rules)
        for agent in self.world._agents.values():
            agent.own, agent.sub = (dict(one) for one in ground.balances[agent.currency])
        self.count = 0

    def opened(self) -> Hub:
        f = self.folder
        seen = Seen(f / "seen" / "uetr"), Seen(f / "seen" / "message")
        journal, books = JournalFile(f), SqliteEngine(f / "books")
        return Hub(self.rulebooks, self.ground.version, journal, books, *seen, self.ground.screeners, a_salt)

    def state(self) -> dict[str, object]:
        """Everything that the hub knows between two batches."""
        desk = self.hub.desk
        plain = ("cycles", "cases", "fundings", "lines", "assignments", "asked", "limits", "expected", "used", "motions", "standings",
                 "memberships", "extensions", "gross", "flow_limits")  # fmt: skip
        found: dict[str, object] = {name: sorted((str(k), _encode(v)) for k, v in getattr(desk, name).items()) for name in plain}
        found["counters"] = [(k, v) for k, v in msgspec.structs.asdict(desk.counters).items() if k != "oldest_live"]
        found["live"] = [(number, DECODER.decode(ENCODER.encode(one))) for number, one in desk.live.items()]
        found["quotes"], found["queues"] = _encode(desk.quotes.state()), desk.queues.waiting()
        found["warned"], found["carried"] = sorted(desk.warned), sorted(desk.carried)
        found["rules"] = desk.scheme.version, desk.editions, desk.door
        return found

    def shut(self) -> None:
        self.hub.books.close()  # type: ignore[attr-defined]
        self.hub.journal.close()

    def step(self, commands: list[Command], after: int) -> None:
        """Decide a batch; then go on, restart, or lose its outcomes and decide it again."""
        self.now = Instant(self.now + S)
        results = self.hub.process(commands, self.now)
        batch = self.hub._unkept
        assert batch is not None and len(results) == len(commands)
        before, books = self.state(), self.books()
        mail = [(one.seq, one.recipient, one.kind, one.subject) for one in batch.mail]
        raw = [one.raw for one in batch.mail if "balances" not in one.subject]
        entries = list(batch.entries)
        if after == 1:
            self.hub.flush()
            self.inbox += self.hub.take_mail()
        if after in (1, 2):
            self.shut()
            self.hub = self.opened()
            for part, known in self.state().items():
                assert known == before[part], (part, commands)
            assert self.books() == books
        self.hub.flush()
        told = self.hub.take_mail()
        if after == 2:
            assert [(one.seq, one.recipient, one.kind, one.subject) for one in told] == mail
            assert [one.raw for one in told if "balances" not in one.subject] == raw
            links = list(self.hub.journal.links())
            assert [list(e) for e in msgspec.msgpack.decode(links[-1].encoded)] == msgspec.to_builtins(entries)
        self.inbox += told
        self.check()

    def check(self) -> None:
        assert prove(self.hub.books).faults == ()
        payments = [DECODER.decode(raw) for _, raw in self.hub.journal.payments()]
        assert contradictions(self.hub.books, payments, self.hub.desk.in_force(), self.hub.desk.ledgers) == []
        for one in self.hub.desk.live.values():
            if one.state in (State.QUEUED, State.RESERVED, State.OFFERED, State.ACCEPTED):
                assert one.list_set == self.hub.desk.counters.list_set, "money waits or moves on the lists in force alone"
                assert not one.case or self.hub.desk.cases[one.case].state is CaseState.RELEASED
                assert not self.hub.desk.counters.day_ended

    # What can be done

    def name(self) -> str:
        self.count += 1
        return f"M{self.count:06d}"

    def message(self, sender: str, kind: str, content: Callable[[str, str], str]) -> Command:
        name, text = self.name(), utc_text(self.now)
        return Arrive(sender, wrap(kind, sender, HUB, name, text, content(name, text)))

    def pays(self, a: int, b: int) -> list[Command]:
        payer, payee, currency = PAIRS[a % len(PAIRS)]
        self.count += 1
        uetr = f"00000000-0000-4000-8000-{self.count:012d}"
        return [
            Arrive(payer, pacs_008(payer, payee, AMOUNTS[b % 4], currency, uetr=uetr, message_id=self.name(), urgent=bool(b & 4),
                                   creditor=CREDITORS[b % 5 == 0], day=self.hub.desk.counters.day))
        ]  # fmt: skip

    def answers(self, a: int, b: int) -> list[Command]:
        offered = [one for one in self.hub.desk.live.values() if one.state is State.OFFERED]
        if not offered:
            return []
        one = offered[a % len(offered)]
        status = "RJCT" if b % 4 == 0 else "ACSP"
        return [self._answer(one, status)]

    def _answer(self, one: Payment, status: str) -> Command:
        said = [Status("", "", "", one.uetr, status, "AC04" if status == "RJCT" else "")]
        return self.message(
            one.creditor_agent, "pacs.002.001.10", lambda name, text: pacs_002(name, text, one.offered_as, one.message_kind, said)
        )

    def agents(self, a: int = 0, b: int = 0) -> list[Command]:
        at_agents = {one.agent_bic[:8] for one in self.rules.currencies.values()}
        mail = [one for one in self.inbox if one.recipient in at_agents]
        self.inbox = []
        return [Arrive(bic, raw) for bic, raw in self.world.exchange([(m.recipient, m.kind, m.raw) for m in mail], self.now)]

    def day(self, a: int, b: int) -> list[Command]:
        tomorrow = date.fromisoformat(self.hub.desk.counters.day) + timedelta(days=1)
        ends: list[Command] = [EndDay()] if b % 3 else [EndDay(), OpenDay(tomorrow.isoformat())]
        if self.hub.desk.counters.day_ended:
            self.now = max(self.now, Instant(int(at(datetime.combine(tomorrow, time(1, 10), UTC)))))
            ends = [OpenDay(tomorrow.isoformat())]
        return [CloseCycle(last=bool(a % 2))] if a % 3 == 0 else ends

    def lists(self, a: int, b: int) -> list[Command]:
        return [SwapLists(self.ground.lists[a % 2])]

    def cases(self, a: int, b: int) -> list[Command]:
        made = [one for _, one in sorted(self.hub.desk.cases.items())]
        if not made:
            return []
        case = made[a % len(made)] if a % 3 == 0 else made[-1]
        found: list[Command] = []
        for who in ("officer-1", "officer-2")[: 1 + b % 4]:
            verb = "CONFIRM" if b % 5 == 0 else "RELEASE"
            decision = Decision(case.case_id, who, verb, "looked into", int(self.now), case.verdict.digest())
            found.append(DecideCase(sign(decision, demo_key(who))))
        return found

    def moves(self, a: int, b: int) -> list[Command]:
        payer, payee = ((HUB, SG1), (SG1, HUB), (SG1, SMALL), (SMALL, SG1), (HUB, TH1), (SMALL, HUB))[a % 6]
        sender = SG1 if HUB in (payer, payee) and SG1 in (payer, payee) else payer if payer != HUB else payee
        currency = "THB" if TH1 in (payer, payee) else "SGD"
        minor = (500, 4_000, 90_000)[b % 3]
        creditor, debtor = (payer, payee) if payer == HUB else (payee, payer)
        return [
            self.message(sender, "camt.050.001.07",
                         lambda name, text: camt_050(name, text, LiquidityTransfer(name, name, creditor, debtor, currency, minor)))
        ]  # fmt: skip

    def settled(self, a: int) -> Payment | None:
        found = [
            one
            for _, raw in self.hub.journal.payments()
            if (one := DECODER.decode(raw)).state is State.SETTLED and not one.returns
        ]
        return found[a % len(found)] if found else None

    def returns(self, a: int, b: int) -> list[Command]:
        one = self.settled(a)
        if one is None:
            return []
        exponent = CURRENCIES[one.target_currency].exponent
        text = f"{one.target_minor / 10**exponent:.{exponent}f}"
        return [
            self.message(one.creditor_agent, "pacs.004.001.09",
                         lambda name, created: pacs_004(name, created, one.uetr, one.target_currency, text, self.hub.desk.counters.day, "AC04"))
        ]  # fmt: skip

    def recalls(self, a: int, b: int) -> list[Command]:
        one = self.settled(a) or next(iter(self.hub.desk.live.values()), None)
        if one is None:
            return []
        wanted = cancellation(one.uetr, "DUPL")
        ends = (one.sender, HUB)
        return [self.message(one.sender, "camt.056.001.08", lambda name, text: camt_056(name, text, ends, wanted))]

    def votes(self, a: int, b: int) -> list[Command]:
        deed = Deed("standing", (TH1, SG1)[a % 5 == 0], ("active", "suspended", "active", "receive_only")[b % 4])
        if b % 7 == 0:
            deed = Deed("extension", "SGD", "5")
        day = self.hub.desk.counters.day
        return [
            Move(sign_vote(Vote(deed, who, "drill", day, int(self.now)), demo_key(who))) for who in ("operator-1", "operator-2")
        ]

    def quotes_come(self, a: int, b: int) -> list[Command]:
        rules = replace(self.rules, day=DEMO_DAY)
        return [PostQuotes(bic, quotes) for bic, quotes in provider_quotes(rules, self.now, rules.quote_valid_s, self.count + 2)]

    def limits(self, a: int, b: int) -> list[Command]:
        live = list(self.hub.desk.live.values())
        if b % 2 and live:
            one = live[a % len(live)]
            return [Revoke(one.sender, one.uetr) if b % 4 == 1 else Reorder(one.sender, one.uetr, b % 8 == 3)]
        if b % 4:
            return [LimitFlow(SG1, "SGD", ("SG", TH1, "ZZFXSG01")[a % 3], (-1, 1_000, 50_000, 5_000_000)[b % 5 % 4])]
        return [SetLimit(SG1, "SGD", (0, 1_000, 100_000)[a % 3])]

    def waits(self, a: int, b: int) -> list[Command]:
        self.now = Instant(self.now + (1, 61, 700)[a % 3] * S)
        return [Tick()]

    def end(self) -> None:
        """Bring the day to its end, whatever was left: then nothing is between the hub and the agents."""
        for _ in range(12):
            offered = [one for one in self.hub.desk.live.values() if one.state is State.OFFERED]
            batch = [*self.agents(), *(self._answer(one, "ACSP") for one in offered)]
            if self.hub.desk.counters.open_cycle:
                batch.append(CloseCycle(last=True))
            if not batch:
                break
            self.step(batch, 0)
        stuck = [one for one in self.hub.desk.cycles.values() if one.state is not CycleState.SETTLED]
        assert not stuck, stuck
        if not self.hub.desk.counters.day_ended:
            self.step([EndDay()], 2)
            assert self.hub.desk.counters.day_ended


DEEDS = ("pays", "pays", "pays", "answers", "answers", "agents", "day", "lists", "cases", "moves", "returns", "recalls", "votes", "quotes_come",
         "limits", "waits")  # fmt: skip
one_deed = st.tuples(st.sampled_from(DEEDS), st.integers(0, 30), st.integers(0, 30))
steps = st.lists(st.tuples(st.lists(one_deed, min_size=1, max_size=4), st.integers(0, 2)), min_size=6, max_size=25)


# A failing run is told as it came: making it smaller took minutes, and its steps can be read.
@settings(max_examples=15, phases=(Phase.explicit, Phase.generate), database=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_a_day_of_everything_at_once(ground: Ground, steps: list[tuple[list[tuple[str, int, int]], int]]) -> None:
    with tempfile.TemporaryDirectory() as home:
        machine = Machine(ground, Path(home) / "hub")
        try:
            for deeds, after in steps:
                batch = [command for deed, a, b in deeds for command in getattr(machine, deed)(a, b)]
                machine.step(batch or [Tick()], after)
            machine.end()
            if not machine.hub.desk.gross or not any(machine.hub.desk.gross.values()):
                at_rest(machine)
        finally:
            machine.shut()

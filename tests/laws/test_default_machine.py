"""Whatever members, agents and time do around a declared default: what is final stays, money adds up, it ends, and a crash anywhere comes to the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from fondaco.core import Instant, Refusal, utc_text
from fondaco.hub import Arrive, CloseCycle, Command, Move, Tick, drill, seen_text
from fondaco.journal import Mail
from fondaco.ledger import prove
from fondaco.messages import Status, pacs_002, wrap
from fondaco.payments import DECODER, State
from fondaco.reporting import contradictions
from fondaco.rulebook import DECLARE, LODGE, Deed, Vote, sign_vote
from fondaco.settlement import CycleState, DefaultState, Drill
from fondaco.simulation.day import demo_key
from small_worlds import CBSG, CBTH, FX, Ground, Opened, small
from stories.test_collateral import carry
from stories.test_offset import SG3
from union import HUB, SG1, SG2, TH1, Desk, S, pacs_008

SHARES = "".join(
    f'\n[[fund_shares]]\nmember = "{bic}"\ncurrency = "{code}"\namount = "{amount}"\narticle = "16.1"\n'
    for bic, code, amount in ((SG1, "SGD", "40.00"), (SG2, "SGD", "60.00"), (TH1, "THB", "3000.00"))
)
PAYERS = (SG1, SG1, SG1, FX, SG2, TH1)
AMOUNTS = ("110.00", "170.00", "210.00", "230.00", "470.00")


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    def amend(home: Path) -> None:
        small(home, (SG2, SG3))
        path = home / "union.toml"
        path.write_text(path.read_text() + SHARES)

    def scene(desk: Desk) -> None:
        desk.quotes()
        for bic, code, minor in ((SG1, "SGD", 4_000), (SG2, "SGD", 6_000), (TH1, "THB", 300_000), (HUB, "SGD", 2_000)):
            assert str(carry(desk, LODGE, f"{bic} fund {code}", minor)).endswith("CARRIED")
        desk.inbox.clear()

    return Ground(tmp_path_factory.mktemp("defaults") / "hub", scene, prefund="150", amend=amend)


def banks_answer(hub: Opened, now: int, count: int, a: int, b: int) -> Command:
    offered = [one for one in hub.hub.desk.live.values() if one.state is State.OFFERED]
    if not offered:
        return Tick()
    one = offered[a % len(offered)]
    status, name, text = ("RJCT" if b % 5 == 0 else "ACSP"), f"A{count:06d}", utc_text(Instant(now))
    report = pacs_002(
        name, text, one.offered_as, one.message_kind, [Status("", "", "", one.uetr, status, "AC04" if b % 5 == 0 else "")]
    )
    return Arrive(one.creditor_agent, wrap("pacs.002.001.10", one.creditor_agent, HUB, name, text, report))


def agents_answer(asked: list[Mail], now: int, count: int, a: int, status: str) -> Command:
    """One of the agents' answers, to a request of a default or of a cycle; the same request may be answered again."""
    if not asked:
        return Tick()
    one = asked[a % len(asked)]
    name, text = f"G{count:06d}", utc_text(Instant(now))
    if one.kind.startswith("pacs.009"):
        status = "ACSC"
    report = pacs_002(name, text, f"H{one.seq:012d}", one.kind, [], status)
    return Arrive(one.recipient, wrap("pacs.002.001.10", one.recipient, HUB, name, text, report))


class World:
    """One hub that is killed and opened again wherever the case says so."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.hub, self.count = ground, ground.open(ground.image), 0
        self.asked: list[Mail] = []

    def play(self, *commands: Command, seconds: int = 1, death: int = -1) -> None:
        now = self.hub.now + seconds * S
        mail = self.hub.play(commands, now)
        self.asked += [one for one in mail if one.recipient in (CBSG, CBTH) and one.kind.startswith(("pacs.029", "pacs.009"))]
        hold(self.hub)
        if death >= 0:
            left = self.hub.deaths()
            again = self.ground.open(left[death % len(left)])
            assert again.content() == self.hub.content()
            self.hub = again

    def next(self) -> int:
        self.count += 1
        return self.count

    def vote(self, deed: Deed, who: str) -> Move:
        day = self.hub.hub.desk.counters.day
        return Move(sign_vote(Vote(deed, who, "it cannot pay", day, self.hub.now), demo_key(who)))


def hold(hub: Opened) -> None:
    """What must be true after every batch."""
    desk = hub.hub.desk
    payments = [DECODER.decode(raw) for _, raw in hub.journal.payments()]
    assert contradictions(hub.books, payments, desk.in_force(), desk.ledgers) == []
    for default in desk.defaults.values():
        assert not (default.waits and any(desk.cycles[n].state is not CycleState.CLOSING for n in default.cycles))
        if default.told is not None:
            told = default.told
            assert told.paid.unmet == 0 and told.paid.loss == sum(one.home for one in told.covered)
            for one in told.covered:
                given = sum(t.minor for t in told.takings if (t.towards, t.currency) == (one.bic, one.currency))
                assert given == one.owed - one.paid


moves = st.lists(st.tuples(st.sampled_from(("bank", "agent", "agent", "refuse", "refuse", "wait", "pay")), st.integers(0, 20), st.integers(0, 20), st.integers(-1, 9)), max_size=14)  # fmt: skip
payments = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9), st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=6)


def instruct(world: World, payer: int, payee: int, amount: int, kind: int) -> Command:
    sender = PAYERS[payer]
    other = [bic for bic in (SG2, TH1, SG1, FX, SG3) if bic != sender][payee % 4]
    currency = "THB" if sender == TH1 else "SGD"
    number = world.next()
    raw = pacs_008(
        sender,
        other,
        AMOUNTS[amount],
        currency,
        uetr=f"00000000-0000-4000-8000-{number:012d}",
        message_id=f"M{number:06d}",
        urgent=kind == 0,
    )
    return Arrive(sender, raw)


@settings(max_examples=60, phases=(Phase.explicit, Phase.generate), database=None, suppress_health_check=list(HealthCheck))
@given(payments, st.sampled_from((SG1, SG1, FX)), st.integers(0, 3), moves, st.integers(-1, 9))
def test_a_default_ends_and_adds_up_whatever_comes(
    ground: Ground,
    paid: list[tuple[int, int, int, int]],
    fails: str,
    unanswered: int,
    moved: list[tuple[str, int, int, int]],
    death: int,
) -> None:
    world = World(ground)
    for row in paid:
        world.play(instruct(world, *row))
    for _ in range(max(0, len(paid) - unanswered)):
        now = world.hub.now + S
        world.play(banks_answer(world.hub, now, world.next(), 0, 1))
    hub = world.hub.hub
    final = {n: raw for n, raw in world.hub.journal.payments() if DECODER.decode(raw).state is State.SETTLED}
    seen = drill(hub.desk, hub.books, hub.journal, hub.collateral, fails)
    assert isinstance(seen, Drill)
    fund = dict(hub.desk.collateral)
    for who in ("operator-1", "operator-2"):
        world.play(world.vote(Deed(DECLARE, fails, seen_text(seen)), who), death=death)
    assert len(world.hub.hub.desk.defaults) == 1, "nothing had changed since the dry run"
    told = world.hub.hub.desk.defaults[1].told
    assert told is None or (told.short, told.fall, told.takings, told.leaving) == (
        seen.short,
        seen.fall,
        seen.takings,
        seen.leaving,
    )
    for deed, a, b, dies in moved:
        now = world.hub.now + S
        if deed == "bank":
            world.play(banks_answer(world.hub, now, world.next(), a, b), death=dies)
        elif deed in ("agent", "refuse"):
            world.play(agents_answer(world.asked, now, world.next(), a, "RJCT" if deed == "refuse" else "ACSP"), death=dies)
        elif deed == "pay":
            world.play(instruct(world, a % 6, b % 10, a % 5, b % 4), death=dies)
        else:
            world.play(Tick(), seconds=(1, 30, 3_700)[a % 3], death=dies)
    # From here on everybody answers.
    for _ in range(60):
        now = world.hub.now + S
        desk = world.hub.hub.desk
        if any(one.state is State.OFFERED for one in desk.live.values()):
            world.play(banks_answer(world.hub, now, world.next(), 0, 1))
        elif world.asked:
            world.play(agents_answer(world.asked, now, world.next(), 0, "ACSP"))
            world.asked.pop(0)
        elif desk.defaults[1].waits:
            world.play(Tick())
        elif desk.counters.open_cycle and desk.cycles[desk.counters.open_cycle].state is CycleState.OPEN:
            world.play(CloseCycle(last=True))
        else:
            break
    desk = world.hub.hub.desk
    one = desk.defaults[1]
    assert one.state is DefaultState.CLOSED and all(c.state is CycleState.SETTLED for c in desk.cycles.values())
    kept = dict(world.hub.journal.payments())
    assert all(DECODER.decode(kept[number]).state is State.SETTLED for number in final), "final payments are untouched"
    assert one.told is not None
    taken = {key: fund[key] - desk.collateral.get(key, 0) for key in fund if fund[key] != desk.collateral.get(key, 0)}
    spent: dict[str, int] = {}
    for t in one.told.takings:
        if t.lodged:
            spent[f"{t.bic} {t.purpose} {t.asset}"] = spent.get(f"{t.bic} {t.purpose} {t.asset}", 0) + t.units
    assert taken == spent, "what is lodged is written off by what was given, and by nothing else"
    assert prove(world.hub.books).faults == ()
    again = world.vote(Deed(DECLARE, fails, seen_text(seen)), "operator-1")
    assert isinstance(world.hub.hub.process([again], Instant(world.hub.now + S))[0], Refusal), "nobody fails twice"
    event(
        f"{[step for step, _, _ in one.steps]}, takings {sorted({t.tranche for t in one.told.takings})}, dropped {len(one.told.dropped)}"
    )

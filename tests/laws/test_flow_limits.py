"""Whatever comes, no limit is passed, what is used of it follows from the payments, and a crash anywhere comes to the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fondaco.core import Refusal
from fondaco.hub import Arrive, Command, LimitFlow
from fondaco.ledger import prove
from fondaco.payments import DECODER, State, obligations
from fondaco.reporting import contradictions
from laws.test_queue_fairness import BANKS, command, first_in, most
from small_worlds import FX, Ground, Opened
from union import TH1, Desk, S, pacs_008

# Each bank has two thousand.
PAID = ("30.00", "260.00", "300.00", "400.00", "450.00", "2100.00", "2300.00")
COMMITTED = (State.RESERVED, State.OFFERED, State.ACCEPTED, State.SETTLED)
# Of whom a limit is, in which currency, and towards whom.
LIMITS = ((BANKS[0], "SGD", BANKS[1]), (BANKS[0], "SGD", "SG"), (BANKS[1], "SGD", BANKS[2]), (FX, "THB", TH1), (FX, "THB", "TH"))


@pytest.fixture(scope="module", params=[first_in, most], ids=["first_in_first_out", "most_value"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    def scene(desk: Desk) -> None:
        desk.quotes()
        desk.fund(FX, "100000", "THB")

    return Ground(tmp_path_factory.mktemp("limits") / "hub", scene, prefund="2000", amend=request.param)


def limited(hub: Opened, now: int, count: int, deed: str, a: int, b: int) -> Command:
    if deed == "limits":
        member, currency, towards = LIMITS[a % len(LIMITS)]
        return LimitFlow(member, currency, towards, (-1, 0, 50_000, 50_000, 100_000, 150_000, 200_000)[b % 7])
    if deed == "changes":
        uetr, payer = f"00000000-0000-4000-8000-{count:012d}", BANKS[a % 3]
        raw = pacs_008(payer, TH1, PAID[b % 4], "SGD", uetr=uetr, message_id=f"M{count:06d}", urgent=b % 2 == 0)
        return Arrive(payer, raw)
    if deed == "pays":
        # The first bank, whose limits these are, pays more often than the others, and often to the second.
        payer, payee = ((0, 1), (0, 1), (1, 0), (0, 2), (1, 2), (2, 0), (2, 1), (0, 1))[a % 8]
        uetr = f"00000000-0000-4000-8000-{count:012d}"
        raw = pacs_008(
            BANKS[payer], BANKS[payee], PAID[b % len(PAID)], "SGD", uetr=uetr, message_id=f"M{count:06d}", urgent=a % 5 > 0
        )
        return Arrive(BANKS[payer], raw)
    return command(hub, now, count, deed, a, b)


def hold(hub: Opened) -> None:
    """Added up from the payments, apart from the hub."""
    desk = hub.hub.desk
    rules = desk.in_force()
    payments = [DECODER.decode(raw) for _, raw in hub.journal.payments()]
    for limit in desk.flow_limits.values():
        used = 0
        for one in payments:
            cycle = desk.cycles.get(one.cycle)
            freeing = cycle is not None and cycle.offset and one.state is not State.SETTLED
            for currency, payer, payee, minor in obligations(one, rules) if one.state in COMMITTED and not freeing else ():
                other = payee if payer == limit.payer else payer
                named = other and limit.towards in (str(other), rules.by_number[other].country)
                if currency == limit.currency and named:
                    used += minor if payer == limit.payer else 0
                    used -= minor if payee == limit.payer and one.state is State.SETTLED else 0
        assert used == limit.used_minor, limit
        assert used <= limit.minor, limit
    assert contradictions(hub.books, payments, rules, desk.ledgers) == []


DEEDS = (
    "pays",
    "pays",
    "pays",
    "pays",
    "changes",
    "changes",
    "answers",
    "answers",
    "answers",
    "answers",
    "limits",
    "limits",
    "moves",
    "time",
)
deeds = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=5)
steps = st.lists(st.tuples(deeds, st.integers(0, 9)), min_size=10, max_size=25)


@settings(max_examples=40, phases=(Phase.explicit, Phase.generate), database=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_no_limit_is_ever_passed(ground: Ground, steps: list[tuple[list[tuple[str, int, int]], int]]) -> None:
    hub, count = ground.open(ground.image), 0
    for batch, death in steps:
        now = hub.now + S
        commands = [limited(hub, now, count + n, *deed) for n, deed in enumerate(batch, start=1)]
        count += len(batch)
        hub.play(commands, now)
        hold(hub)
        left = hub.deaths()
        again = ground.open(left[death % len(left)])
        assert again.content() == hub.content()
        assert again.hub.limiting.state() == hub.hub.limiting.state()
        if death % 3 == 0:
            hub = again  # and goes on from there
    assert prove(hub.books).faults == ()


def test_a_limit_set_below_what_is_used_changes_nothing(ground: Ground) -> None:
    hub = ground.open(ground.image)
    hub.play([command(hub, hub.now + S, 1, "pays", 0, 1)], hub.now + S)
    now = hub.now + S
    before = hub.content()[1]
    assert isinstance(hub.hub.process([LimitFlow(BANKS[0], "SGD", BANKS[1], 39_999)], now)[0], Refusal)  # type: ignore[arg-type]
    hub.hub.flush()
    assert hub.hub.desk.flow_limits == {} and hub.content()[1] == before

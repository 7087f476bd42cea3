"""Whatever comes, nobody owes more over all currencies than it may, what is counted is what the ledger holds, nobody of its queue is passed, and a
crash anywhere comes to the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from fondaco.clearing import Rate, worth
from fondaco.core import Refusal
from fondaco.hub import Arrive, CloseCycle, Command, LimitTotal
from fondaco.ledger import Role, account_id, prove
from fondaco.payments import DECODER, State
from fondaco.reporting import contradictions
from laws.test_flow_limits import PAID
from laws.test_queue_fairness import BANKS, command, first_in, standing
from small_worlds import FX, Ground, Opened
from union import TH1, Desk, S, pacs_008

# Whose limits the rulebook of this union has: the scheme's for the first bank, the central bank's for it and for the one that changes money.
RULED = "".join(
    f'\n[[limits]]\nmember = "{member}"\nset_by = "{by}"\ncurrency = "SGD"\namount = "{amount}"\narticle = "15.1"\n'
    "valid_from = 2026-01-01\ntotal = true\n"
    for member, by, amount in ((BANKS[0], "scheme", "900.00"), (BANKS[0], "ZZCBSG00", "700.00"), (FX, "scheme", "500.00"))
)
MOST = {BANKS[0]: 70_000, FX: 50_000}


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    def amend(home: Path) -> None:
        first_in(home)
        path = home / "union.toml"
        path.write_text(path.read_text() + RULED)

    def scene(desk: Desk) -> None:
        desk.quotes()
        desk.fund(FX, "100000", "THB")

    return Ground(tmp_path_factory.mktemp("totals") / "hub", scene, prefund="2000", amend=amend)


def limited(hub: Opened, now: int, count: int, deed: str, a: int, b: int) -> Command:
    uetr, name = f"00000000-0000-4000-8000-{count:012d}", f"M{count:06d}"
    if deed == "limits":
        return LimitTotal((BANKS[0], BANKS[1], FX)[a % 3], (-1, 0, 50_000, 80_000, 100_000, 150_000, 10**9)[b % 7])
    if deed == "changes":
        payer = BANKS[a % 3]
        return Arrive(payer, pacs_008(payer, TH1, PAID[b % 4], "SGD", uetr=uetr, message_id=name, urgent=b % 4 == 0))
    if deed == "provider pays":
        payee, currency = ((BANKS[a % 3], "SGD"), (TH1, "THB"))[b % 2]
        return Arrive(FX, pacs_008(FX, payee, PAID[a % len(PAID)], currency, uetr=uetr, message_id=name))
    if deed == "pays":
        payer, payee = ((0, 1), (0, 1), (1, 0), (0, 2), (1, 2), (2, 0), (2, 1), (0, 1))[a % 8]
        raw = pacs_008(BANKS[payer], BANKS[payee], PAID[b % len(PAID)], "SGD", uetr=uetr, message_id=name, urgent=a % 5 == 0)
        return Arrive(BANKS[payer], raw)
    if deed == "closes":
        return CloseCycle()
    return command(hub, now, count, deed, a, b)


def hold(hub: Opened, before: set[int]) -> None:
    """Added up from the ledger, apart from the hub."""
    desk = hub.hub.desk
    rules, totals = desk.in_force(), hub.hub.limiting.totals
    cycle = desk.cycles.get(desk.counters.open_cycle)
    assert desk.day_rates.day == desk.counters.day or not before
    rates = {code: Rate(up, down) for code, up, down in desk.day_rates.rates}
    for one in totals.state():
        bic = rules.by_number[one.payer].bic[:8]
        owed = 0
        for currency in rules.by_number[one.payer].currencies:
            held = (
                hub.books.balance(account_id(Role.CLEARING, desk.ledgers[currency], one.payer, cycle.number))
                if cycle is not None
                else None
            )
            cap = next((m for c, n, m in cycle.caps if (c, n) == (currency, one.payer)), 0) if cycle is not None else 0
            debt = cap - held.room if held is not None else 0
            assert debt == totals.owed(one.payer, currency), (bic, currency)
            owed += max(0, debt) if currency == "SGD" else worth(max(0, debt), rates[currency], 800, up=True)
        own = desk.own_totals.get(one.payer)
        assert one.used_minor == owed <= one.minor == min([MOST.get(bic, 10**18), *([own] if own is not None else [])]), one
    payments = [DECODER.decode(raw) for _, raw in hub.journal.payments()]
    assert contradictions(hub.books, payments, rules, desk.ledgers) == []
    waiting = [desk.live[number] for number, _ in desk.queues.waiting()]
    for one in desk.live.values():
        if one.state is State.OFFERED and one.number in before:
            queue = (one.sender, one.source_currency, one.urgent)
            ahead = [w for w in waiting if (w.sender, w.source_currency, w.urgent) == queue and standing(w) < standing(one)]
            assert not ahead, f"{one.number} passed {ahead[0].number}"


DEEDS = (
    "pays", "pays", "pays", "pays", "pays", "changes", "provider pays", "provider pays", "answers", "answers", "answers", "answers", "limits",
    "limits", "time", "closes",
)  # fmt: skip
deeds = st.lists(st.tuples(st.sampled_from(DEEDS), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=5)
steps = st.lists(st.tuples(deeds, st.integers(0, 9)), min_size=8, max_size=20)


@settings(max_examples=40, phases=(Phase.explicit, Phase.generate), database=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_nobody_ever_owes_more_than_it_may(ground: Ground, steps: list[tuple[list[tuple[str, int, int]], int]]) -> None:
    hub, count, met = ground.open(ground.image), 0, 0
    for batch, death in steps:
        now = hub.now + S
        before = {number for number, _ in hub.hub.desk.queues.waiting()}
        commands = [limited(hub, now, count + n, *deed) for n, deed in enumerate(batch, start=1)]
        count += len(batch)
        hub.play(commands, now)
        hold(hub, before)
        met += sum(hub.hub.limiting.keeps(one) == "all" for one in hub.hub.desk.live.values())
        left = hub.deaths()
        again = ground.open(left[death % len(left)])
        assert again.content() == hub.content()
        assert again.hub.limiting.totals.state() == hub.hub.limiting.totals.state()
        if death % 3 == 0:
            hub = again  # and goes on from there
    event("somebody waited for a limit" if met else "nobody met a limit")
    assert prove(hub.books).faults == ()


def test_a_limit_below_what_is_owed_changes_nothing(ground: Ground) -> None:
    hub = ground.open(ground.image)
    hub.play([limited(hub, hub.now + S, 1, "pays", 1, 1)], hub.now + S)
    now = hub.now + S
    before = hub.content()[1]
    (found,) = hub.hub.process([LimitTotal(BANKS[0], 26_000)], now)  # type: ignore[arg-type]
    hub.hub.flush()
    assert isinstance(found, Refusal) and hub.hub.desk.own_totals == {} and hub.content()[1] == before

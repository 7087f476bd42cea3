"""What a page costs is bounded: four times as many payments in the store, and it reads and does no more. Counted in steps of SQLite and calls of functions,
never in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType

import pytest

from fondaco.access import Caller, Proof, Reach, Role
from fondaco.console import cycles, day, fx, payments, positions, supervisor, trade
from fondaco.console.owing import Owing
from fondaco.hub import Arrive, CloseCycle, Hub
from union import MY1, SG1, SG2, TH1, Desk, calm_uetr, pacs_008

OPERATOR = Caller("operator-1", "", frozenset({Role.OPERATOR_MAKER}), Proof.SESSION)
SUPERVISOR = Caller("supervisor-sg", "", frozenset({Role.SUPERVISOR}), Proof.SESSION, frozenset({"SG"}))
# A tree of rows is deeper by a level with every so many of them: so much more may a look-up take.
MORE = 1.15


def settle(desk: Desk, count: int) -> None:
    """So many payments more, each settled in a cycle."""
    ends = [(SG1, TH1), (SG2, MY1), (MY1, SG1), (TH1, SG2)]
    currency = {SG1: "SGD", SG2: "SGD", MY1: "MYR", TH1: "THB"}
    desk.do(
        *(
            Arrive(payer, pacs_008(payer, payee, "5.00", currency[payer], uetr=calm_uetr(), day=desk.day.isoformat()))
            for payer, payee in (ends[at % 4] for at in range(count))
        )
    )
    desk.let_world_answer()
    desk.do(CloseCycle())
    desk.let_world_answer()


def cost(hub: Hub, question: Callable[[Hub], object]) -> tuple[int, int]:
    """Steps of the journal's SQLite, and calls of functions, that a question takes."""
    steps = calls = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    def called(_: FrameType, event: str, __: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    question(hub)  # what is remembered from now on is
    connection = hub.journal._connection  # type: ignore[attr-defined]
    connection.set_progress_handler(step, 1)
    sys.setprofile(called)
    try:
        question(hub)
    finally:
        sys.setprofile(None)
        connection.set_progress_handler(None, 0)
    return steps, calls


def newest(hub: Hub) -> str:
    one = hub.payment(hub.desk.counters.payment - 1)
    assert one is not None
    return one.uetr


PAGES: dict[str, Callable[..., object]] = {
    "day": lambda hub, reach: day.glance(hub, reach, Owing()),
    "payments": lambda hub, reach: payments.found(hub, reach, ""),
    "payments, searched": lambda hub, reach: payments.found(hub, reach, "no such thing"),
    "payment": lambda hub, reach: payments.told(hub, reach, newest(hub)),
    "positions": lambda hub, reach: (positions.held(hub, reach), positions.queued(hub), positions.limits(hub, reach)),
    "queue": cycles.waiting,
    "cycle": lambda hub, reach: (cycles.shape(hub, reach, hub.desk.cycles[1]), cycles.proofs(hub, 1)),
    "supervisor": lambda hub, reach: supervisor.view(hub, Reach(SUPERVISOR, hub.desk.scheme), SUPERVISOR),
    "fx": lambda hub, reach: (fx.board(hub, int(hub.desk.counters.last_instant)), fx.used(hub, reach), fx.residues(hub)),
    "trade": trade.listed_for,
}


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[int, int]]]:
    """Of each page, with forty payments kept and with a hundred and sixty. Bounds are as much smaller than a hub's as its store is."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(payments, "ROWS_MAX", 5)
        patched.setattr(payments, "LOOKED_AT_MAX", 20)
        patched.setattr(fx, "LOOKED_AT_MAX", 20)
        desk = Desk(tmp_path_factory.mktemp("cost") / "hub")
        found: dict[str, list[tuple[int, int]]] = {name: [] for name in PAGES}
        for more in (40, 120):
            settle(desk, more)
            reach = Reach(OPERATOR, desk.hub.desk.scheme)
            for name, question in PAGES.items():
                found[name].append(cost(desk.hub, partial(question, reach=reach)))
        assert desk.hub.desk.counters.payment == 161 and not desk.hub.desk.live
        desk.close()
    return found


@pytest.mark.parametrize("page", PAGES)
def test_four_times_the_payments_cost_a_page_no_more(costs: dict[str, list[tuple[int, int]]], page: str) -> None:
    (steps, calls), (steps_after, calls_after) = costs[page]
    assert steps_after <= steps * MORE + 20, f"steps of SQLite: {steps}, then {steps_after}"
    assert calls_after <= calls * MORE + 20, f"calls: {calls}, then {calls_after}"
    assert calls > 0

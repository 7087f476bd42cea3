"""The union that is served alive: its first minutes, and what somebody who plays may break."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.core import Instant, Refusal
from fondaco.hub import CloseCycle, Tick, close_hub, prove_hub
from fondaco.payments import State
from fondaco.rulebook import read_scheme
from fondaco.settlement import CycleState
from fondaco.simulation.served_day import BROKEN_S, CYCLE_S, ServedDay

_S = 1_000_000_000


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedDay]:
    found = ServedDay(tmp_path_factory.mktemp("served") / "hub")
    yield found
    close_hub(found.hub)


def lived(day: ServedDay, now: Instant, seconds: int) -> Instant:
    """Let the day go on, answers and all."""
    until = now + seconds * _S
    mail = day.hub.take_mail()
    while now < until:
        now = Instant(now + 2 * _S)
        day.hub.process([*day.answers(mail, now), *day.sent(now, day.hub.desk.cases.values()), Tick()], now)
        day.hub.flush()
        mail = day.hub.take_mail()
    day.hub.process([*day.answers(mail, now), Tick()], Instant(now + 1))
    day.hub.flush()
    return Instant(now + 2)


def test_a_served_day_has_what_there_is_to_see_and_a_broken_bank_is_left_out(day: ServedDay) -> None:
    now = day.prepare(100)
    hub = day.hub
    assert hub.desk.cycles[1].state in (CycleState.SETTLED, CycleState.CLOSING) and hub.desk.counters.open_cycle == 2
    assert hub.desk.cycles[2].cut_off - hub.desk.cycles[1].cut_off == CYCLE_S * _S
    assert len(hub.desk.scheme.cycles) > 300 and not isinstance(read_scheme(hub_union(day)), list)
    owed = [one for one in hub.trading.invoices.all() if one.owed and one.open_minor]
    assert [one.id for one in owed] == list(day.sale.invoices) and len(owed) == 12
    trading = hub.trading
    assert [one.state.name for one in trading.collections.all()] == ["PRESENTED"] * 2
    assert [one.issue.state.name for one in trading.credits.all()] == ["AVAILABLE"] * 4
    holders = [one.holder for one in trading.records.all()]
    assert len(holders) == 6 and len(set(holders)) == 2, (
        "two bills of lading are with the bank that collects, four with the exporter"
    )
    now = lived(day, now, 20)
    kinds = {one.state for one in hub.desk.live.values()}
    assert {State.ACCEPTED, State.HELD} <= kinds, "some wait for the cycle, some for an officer"
    # Without a provider of exchange hardly anybody could pay; a bank's failure takes out what is its own, and whom it leaves short.
    banks = {one.number for one in hub.desk.scheme.participants if "fx_provider" not in one.roles}
    owing = sorted(
        (minor, number) for (currency, number, minor) in nets(day) if currency == "IDR" and minor < 0 and number in banks
    )
    bank = next(one.bic[:8] for one in hub.desk.scheme.participants if one.number == owing[0][1])
    day.break_bank(bank, now)
    (closed,) = hub.process([CloseCycle()], now)
    assert not isinstance(closed, Refusal)
    now = lived(day, Instant(now + 1), 64)
    second = hub.desk.cycles[2]
    assert second.state is CycleState.SETTLED and second.left_out and second.attempt > 1
    assert (owing[0][1], "IDR") in second.failing
    settled = set(second.members) - set(second.left_out)
    payers = {hub.payment(number).sender for number in settled if hub.payment(number) is not None}  # type: ignore[union-attr]
    assert settled and bank not in {payer[:8] for payer in payers}, "nothing that it pays settles"
    assert ("", bank) in day.world.failing
    day.sent(Instant(now + BROKEN_S * _S))
    assert day.world.failing == set(), "it pays again"
    assert not prove_hub(hub).faults


def hub_union(day: ServedDay) -> Path:
    return day.folder / "union"


def nets(day: ServedDay) -> list[tuple[str, int, int]]:
    """What everybody would receive (or, below zero, pay) if the open cycle closed now: net, and what urgent payments moved since the last."""
    desk = day.hub.desk
    gross = desk.gross
    wanted = [
        (one.number, one.bic, code)
        for one in desk.scheme.participants
        for code in sorted(one.currencies)
        if one.roles != {"settlement_agent"}
    ]
    return [
        (one.currency, one.number, one.net + gross.get((one.currency, one.number), 0)) for one in day.hub.positions.of(wanted)
    ]

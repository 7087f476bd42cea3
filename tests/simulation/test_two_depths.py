"""One scenario at both depths: the production hub, with its messages, books, screening and journal, settles what the policy settles."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fondaco.hub import NotReady, close_hub, open_hub, prove_hub
from fondaco.simulation import (
    CurrencyDay,
    HubDay,
    Payments,
    Scenario,
    funded,
    payments_of,
    play_hub,
    play_policy,
    raw_scenario,
    read_scenario,
    scenarios_of,
)
from fondaco.simulation.payments import instants
from fondaco.simulation.policy import Settled

DAY = """
[scenario]
depth = "hub"
currency = "{currency}"
opens = 08:00:00
closes = 17:00:00
seed = {seed}
step_s = {step}
cut_offs = [12:00:00, 17:00:00]
[banks]
count = {banks}
balance_percent = {percent}
cap_percent = 10
[payments]
count = {count}
median = "1000"
urgent_percent = 70
"""


def day(
    tmp_path: Path, *, seed: int, banks: int, percent: int, step: int, count: int, currency: str = "SGD"
) -> tuple[Scenario, Payments]:
    text = DAY.format(seed=seed, banks=banks, percent=percent, step=step, count=count, currency=currency)
    (tmp_path / "day.toml").write_text(text)
    read = read_scenario(tmp_path / "day.toml")
    assert isinstance(read, Scenario), read
    payments = payments_of(read)
    assert isinstance(payments, Payments)
    return read, payments


# Seed, banks, opening balances in per cent of what each pays, step, currency.
DAYS = [(1, 5, 10, 900, "SGD"), (4, 3, 5, 1_800, "KRW"), (3, 8, 15, 60, "SGD"), (5, 4, 0, 3_600, "THB")]


@pytest.mark.parametrize(("seed", "banks", "percent", "step", "currency"), DAYS)
def test_both_depths_settle_the_same_at_the_same_instants(
    tmp_path: Path, seed: int, banks: int, percent: int, step: int, currency: str
) -> None:
    scenario, payments = day(tmp_path, seed=seed, banks=banks, percent=percent, step=step, count=240, currency=currency)
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    policy = play_policy(scenario, payments, opening, caps)
    (hub,) = play_hub(tmp_path / "hub", [CurrencyDay(scenario, payments, opening, caps)])
    assert hub.at_s.tolist() == policy.at_s.tolist()
    assert hub.left.tolist() == policy.left.tolist()


def test_the_days_that_are_compared_have_queues_offsets_cycles_and_payers_that_fail(tmp_path: Path) -> None:
    """Else the comparison would say little."""
    found: set[str] = set()
    for seed, banks, percent, step, currency in DAYS:
        scenario, payments = day(tmp_path, seed=seed, banks=banks, percent=percent, step=step, count=240, currency=currency)
        opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
        at_s = play_policy(scenario, payments, opening, caps).at_s
        bare = play_policy(replace(scenario, offset_every_s=0), payments, opening, caps).at_s
        rich = play_policy(scenario, payments, opening + 10**12, caps).at_s
        normal, settled = ~payments.urgent, at_s >= 0
        signs = {
            "queues": bool((settled & payments.urgent & (at_s > instants(scenario, payments))).any()),
            "never": bool((~settled & payments.urgent).any()),
            "offsets": int(settled.sum()) > int((bare >= 0).sum()),
            "cycles": bool((settled & normal).any()),
            "payers that fail": int((rich >= 0)[normal].sum()) > int(settled[normal].sum()),
            "caps": bool((rich < 0)[normal].any()),
        }
        found |= {name for name, there in signs.items() if there}
    assert found == {"queues", "never", "offsets", "cycles", "payers that fail", "caps"}


def settled_alike(tmp_path: Path, more: str) -> tuple[Scenario, Payments, np.ndarray, np.ndarray, Settled]:
    """The day in `day.toml` with more in it, played at both depths, which must settle the same."""
    (tmp_path / "day.toml").write_text((tmp_path / "day.toml").read_text() + more)
    read = read_scenario(tmp_path / "day.toml")
    assert isinstance(read, Scenario), read
    sent = payments_of(read)
    assert isinstance(sent, Payments)
    opening, caps = funded(read.balances, sent), funded(read.caps, sent)
    policy = play_policy(read, sent, opening, caps)
    (hub,) = play_hub(tmp_path / "hub", [CurrencyDay(read, sent, opening, caps)])
    assert hub.at_s.tolist() == policy.at_s.tolist()
    return read, sent, opening, caps, policy


def test_both_depths_settle_the_same_where_banks_are_out(tmp_path: Path) -> None:
    scenario, payments = day(tmp_path, seed=1, banks=5, percent=20, step=900, count=150)
    _, sent, opening, caps, policy = settled_alike(tmp_path, OUT)
    out = (sent.payers == 0) & (sent.arrived_s >= 10 * 3600) & (sent.arrived_s < 14 * 3600)
    assert out.any() and (policy.at_s[out & (policy.at_s >= 0)] >= 14 * 3600).all()
    gone = (sent.payers == 1) & (sent.arrived_s >= 15 * 3600)
    assert gone.any() and (policy.at_s[gone] == -1).all()
    without = play_policy(scenario, payments, opening, caps)
    assert (without.at_s >= 0).sum() > (policy.at_s >= 0).sum()


OUT = """
[[outages]]
bank = "BANK0001"
from = 10:00:00
until = 14:00:00
[[outages]]
bank = "BANK0002"
from = 15:00:00
"""


FAILED = """
[[defaults]]
bank = "BANK0001"
at = 10:07:00
[[defaults]]
bank = "BANK0003"
at = 12:00:00
"""


# With seed 26 payments stood behind one that a default took out of the queue: the hub did not try them at once.
@pytest.mark.parametrize(("seed", "banks", "percent", "count"), [(1, 5, 10, 240), (26, 6, 10, 160)])
def test_both_depths_settle_the_same_where_banks_default(tmp_path: Path, seed: int, banks: int, percent: int, count: int) -> None:
    scenario, payments = day(tmp_path, seed=seed, banks=banks, percent=percent, step=1_800 if seed > 1 else 900, count=count)
    read, sent, opening, caps, policy = settled_alike(tmp_path, FAILED)
    failed = ((sent.payers == 0) | (sent.payees == 0)) & (policy.at_s > read.tick(36_420))
    assert not (failed & sent.urgent).any(), "from then on it neither pays nor is paid"
    without = play_policy(scenario, payments, opening, caps)
    assert (without.at_s >= 0).sum() > (policy.at_s >= 0).sum()


SEVERAL = """
[scenario]
depth = "hub"
currencies = ["SGD", "KRW", "THB"]
opens = 08:00:00
closes = 17:00:00
seed = {seed}
step_s = {step}
cut_offs = [12:00:00, 17:00:00]
[banks]
count = {banks}
balance_percent = 10
cap_percent = 10
[payments]
count = 110
median = "1000"
urgent_percent = 70
[currencies.KRW]
balance_percent = 4
median = "900000"
[currencies.THB]
balance = "4000"
count = 60
urgent_percent = 50
"""


@pytest.mark.parametrize(
    ("seed", "banks", "step", "more"), [(1, 5, 900, ""), (7, 4, 1_800, ""), (11, 5, 900, OUT), (5, 5, 900, FAILED)]
)
def test_both_depths_settle_the_same_in_each_of_several_currencies(
    tmp_path: Path, seed: int, banks: int, step: int, more: str
) -> None:
    """One hub plays them all at once, with cycles of all currencies; the policy plays each by itself."""
    file = tmp_path / "day.toml"
    file.write_text(SEVERAL.format(seed=seed, banks=banks, step=step) + more)
    raw = raw_scenario(file)
    assert isinstance(raw, dict)
    scenarios = [one for one in scenarios_of(file, raw) if isinstance(one, Scenario)]
    assert [one.currency for one in scenarios] == ["SGD", "KRW", "THB"]
    days = []
    for one in scenarios:
        sent = payments_of(one)
        assert isinstance(sent, Payments)
        days.append(CurrencyDay(one, sent, funded(one.balances, sent), funded(one.caps, sent)))
    waited: list[int] = []
    netted: list[int] = []
    for day, hub in zip(days, play_hub(tmp_path / "hub", days), strict=True):
        policy = play_policy(*day)
        assert hub.at_s.tolist() == policy.at_s.tolist()
        assert hub.left.tolist() == policy.left.tolist()
        urgent = day.payments.urgent
        waited.append(int(((policy.at_s > instants(day.scenario, day.payments)) & urgent).sum()))
        netted.append(int((policy.at_s[~urgent] >= 0).sum()))
    assert sum(waited) and all(netted), "else the comparison would say little"


def test_one_seed_comes_to_the_same_hub_to_the_byte(tmp_path: Path) -> None:
    scenario, payments = day(tmp_path, seed=2, banks=4, percent=10, step=3_600, count=60)
    opening, caps = funded(scenario.balances, payments), funded(scenario.caps, payments)
    heads = []
    for name in ("one", "other"):
        hub = HubDay(tmp_path / name, [CurrencyDay(scenario, payments, opening, caps)])
        hub.play()
        hub.hub.flush()
        heads.append((hub.hub.journal.head(), [(a.id, tuple(b)) for a, b in hub.hub.books.accounts()]))
        hub.close()
    assert heads[0] == heads[1]
    again = open_hub(tmp_path / "one")
    try:
        assert prove_hub(again).faults == [], "the books of a simulated day are proved like any other's"
    finally:
        close_hub(again)


def test_a_folder_that_is_in_use_is_not_played_in(tmp_path: Path) -> None:
    scenario, payments = day(tmp_path, seed=2, banks=4, percent=10, step=3_600, count=5)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "file").write_text("mine")
    nothing = np.zeros(4, np.int64)
    with pytest.raises(NotReady, match="not empty"):
        play_hub(tmp_path / "used", [CurrencyDay(scenario, payments, nothing, nothing)])

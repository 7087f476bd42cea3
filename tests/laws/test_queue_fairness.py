"""Whatever comes, nobody is passed in its queue for longer than the article says, and its payer's order is kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fondaco.core import Instant, utc_text
from fondaco.hub import Arrive, Command, Reorder, Revoke, Tick
from fondaco.ledger import prove
from fondaco.messages import Status, pacs_002, wrap
from fondaco.payments import DECODER, Payment, State
from small_worlds import Ground, Opened, small
from stories.test_offset import SG3, most_value
from union import HUB, SG1, SG2, Desk, S, pacs_008

BANKS = (SG1, SG2, SG3)
# Each bank has a thousand.
AMOUNTS = ("30.00", "400.00", "900.00", "1500.00", "2500.00", "9000.00")
PASS_MINUTES = 10
_NS_MINUTE = 60 * S


def most(home: Path) -> None:
    small(home, (SG2, SG3))
    most_value(home)


def first_in(home: Path) -> None:
    small(home, (SG2, SG3))


@pytest.fixture(scope="module", params=[first_in, most], ids=["first_in_first_out", "most_value"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ground, bool]:
    amend: Callable[[Path], None] = request.param

    def scene(desk: Desk) -> None:
        desk.inbox.clear()

    return Ground(tmp_path_factory.mktemp("fair") / "hub", scene, prefund="1000", amend=amend), amend is most


def command(hub: Opened, now: int, count: int, deed: str, a: int, b: int) -> Command:
    desk = hub.hub.desk
    queued = [desk.live[number] for number, _ in desk.queues.waiting()]
    offered = [one for one in desk.live.values() if one.state is State.OFFERED]
    if deed == "pays":
        payer, payee = BANKS[a % 3], BANKS[(a % 3 + 1 + a // 3 % 2) % 3]
        uetr = f"00000000-0000-4000-8000-{count:012d}"
        name = f"M{count:06d}"
        return Arrive(payer, pacs_008(payer, payee, AMOUNTS[b % 6], "SGD", uetr=uetr, message_id=name, urgent=True))
    if deed == "answers" and offered:
        one = offered[a % len(offered)]
        status, name, text = ("RJCT" if b % 7 == 0 else "ACSP"), f"A{count:06d}", utc_text(Instant(now))
        said = [Status("", "", "", one.uetr, status, "AC04" if status == "RJCT" else "")]
        report = pacs_002(name, text, one.offered_as, one.message_kind, said)
        return Arrive(one.creditor_agent, wrap("pacs.002.001.10", one.creditor_agent, HUB, name, text, report))
    if deed == "moves" and queued:
        one = queued[a % len(queued)]
        return Reorder(one.sender, one.uetr, b % 2 == 0)
    if deed == "revokes" and queued:
        one = queued[a % len(queued)]
        return Revoke(one.sender, one.uetr)
    return Tick()


def standing(one: Payment) -> tuple[tuple[int, int], int]:
    return (one.queue_place if one.queue_place != (0, 0) else (one.number, 0)), one.number


DEEDS = ("pays", "pays", "pays", "pays", "answers", "answers", "answers", "moves", "moves", "revokes", "time")
steps = st.lists(
    st.tuples(st.sampled_from(DEEDS), st.integers(0, 20), st.integers(0, 20), st.sampled_from((0, 0, 0, 1, 4, 11))), max_size=40
)


@settings(max_examples=40, phases=(Phase.explicit, Phase.generate), database=None, suppress_health_check=list(HealthCheck))
@given(steps)
def test_nobody_is_passed_for_longer_than_the_article_says(
    ground: tuple[Ground, bool], steps: list[tuple[str, int, int, int]]
) -> None:
    made, passes = ground
    hub = made.open(made.image)
    for count, (deed, a, b, minutes) in enumerate(steps, start=1):
        now = hub.now + S + minutes * _NS_MINUTE
        before = {number for number, _ in hub.hub.desk.queues.waiting()}
        hub.play([command(hub, now, count, deed, a, b)], now)
        live = hub.hub.desk.live
        still = [live[number] for number, _ in hub.hub.desk.queues.waiting()]
        went = [
            one
            for one in live.values()
            if one.state is State.OFFERED and (one.number in before or one.batch == hub.hub._head_number)
        ]
        for one in went:
            ahead = [other for other in still if other.sender == one.sender and standing(other) < standing(one)]
            for other in ahead:
                assert passes, f"{one.number} passed {other.number}, first in, first out"
                assert now - other.received_at < PASS_MINUTES * _NS_MINUTE, f"{one.number} passed {other.number}"
    assert prove(hub.books).faults == ()
    # Opened again, the hub knows the same order.
    again = made.open(hub.image())
    assert again.hub.desk.queues.waiting() == hub.hub.desk.queues.waiting()
    assert {p.number for p in map(DECODER.decode, (raw for _, raw in again.journal.payments())) if p.state is State.QUEUED} == {
        number for number, _ in hub.hub.desk.queues.waiting()
    }

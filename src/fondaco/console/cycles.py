"""What waits, and the cycles with what settled in them and the proof of it."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from fondaco.access import Reach, Right
from fondaco.console.day import saved_mille
from fondaco.console.visit import Shown, Visit
from fondaco.hub import Hub, settlement_proofs
from fondaco.settlement import Cycle

ROWS_MAX = 50


class Waiting(msgspec.Struct, frozen=True):
    """A payment that waits; `limit` names the bank or country towards which a limit keeps it."""

    uetr: str
    payer: str
    payee: str
    currency: str
    minor: int
    urgent: bool
    since: int
    limit: str


class Figure(msgspec.Struct, frozen=True):
    """A cycle in one currency, in whole minor units. `sum` is that of all nets: 0, or the netting is wrong."""

    currency: str
    gross: int
    bilateral: int
    net: int
    saved_mille: int
    sum: int


class Net(msgspec.Struct, frozen=True):
    """What a member receives in a cycle; below zero, what it pays."""

    bank: str
    currency: str
    minor: int


class Shape(msgspec.Struct, frozen=True):
    """A cycle. Of its nets those that the caller sees; the figures are everybody's."""

    number: int
    state: str
    offset: bool
    opened_at: int
    cut_off: int
    decided_at: int
    payments: int
    left_out: int
    attempts: int
    figures: list[Figure]
    nets: list[Net]


def waiting(hub: Hub, reach: Reach, first: int = 0) -> tuple[list[Waiting], int]:
    """What waits, each queue in the order in which it is tried: `ROWS_MAX` at most, behind the first so many. And how many wait in all."""
    rows, count = [], 0
    for number, (_, currency, urgent) in hub.desk.queues.waiting():
        one = hub.desk.live[number]
        if not reach.bank(one.sender):
            continue
        if first <= count < first + ROWS_MAX:
            keeps = hub.limiting.keeps(one)
            rows.append(
                Waiting(one.uetr, one.sender, one.creditor_agent, currency, one.source_minor, urgent, one.received_at, keeps)
            )
        count += 1
    return rows, count


def shape(hub: Hub, reach: Reach, one: Cycle) -> Shape:
    known = {bank.number: bank.bic[:8] for bank in hub.desk.scheme.participants}
    sums: dict[str, int] = {}
    for currency, _, minor in one.nets:
        sums[currency] = sums.get(currency, 0) + minor
    return Shape(
        one.number, one.state.name, one.offset, one.opened_at, one.cut_off, one.decided_at, len(one.members) - len(one.left_out),
        len(one.left_out), one.attempt,
        [Figure(code, gross, both, net, saved_mille(gross, net), sums.get(code, 0)) for code, gross, both, net in sorted(one.figures)],
        [Net(known[number], code, minor) for code, number, minor in one.nets if number in known and reach.bank(known[number])],
    )  # fmt: skip


def proofs(hub: Hub, number: int) -> list[str]:
    """The proofs of what settled together by most value, as JSON that `settlement_check.py` reads; none for other cycles."""
    bics = {str(one.number): one.bic for one in hub.desk.scheme.participants}
    rows = []
    for raw in settlement_proofs(hub.journal, number):
        proof = msgspec.json.decode(raw)
        named = proof | {"banks": [bics.get(bank, bank) for bank in proof["banks"]]}
        rows.append(msgspec.json.format(msgspec.json.encode(named), indent=1).decode())
    return rows


async def queue(visit: Visit) -> Response:
    visit.note(Right.QUEUE_LOOK, "place queue")
    reach, given = visit.reach, visit.asked("first", 9)
    first = int(given) if given.isascii() and given.isdigit() else 0
    rows, count = await visit.house.ask(lambda hub: waiting(hub, reach, first))
    more = first + len(rows) if rows and first + len(rows) < count else 0
    return visit.page("queue.html", rows=rows, count=count, first=first, more=more)


async def listed(visit: Visit) -> Response:
    """The newest cycles, `ROWS_MAX` to a page."""
    visit.note(Right.CYCLE_LOOK, "place cycles")
    reach, given = visit.reach, visit.asked("before", 18)
    before = int(given) if given.isascii() and given.isdigit() else 0

    def question(hub: Hub) -> tuple[list[Shape], int, int]:
        numbers = sorted((one for one in hub.desk.cycles if not before or one < before), reverse=True)
        rows = [shape(hub, reach, hub.desk.cycles[one]) for one in numbers[:ROWS_MAX]]
        return rows, numbers[ROWS_MAX - 1] if len(numbers) > ROWS_MAX else 0, hub.desk.counters.open_cycle

    rows, more, open_cycle = await visit.house.ask(question)
    return visit.page("cycles.html", rows=rows, more=more, open_cycle=open_cycle, may_close=visit.allows(Right.CYCLE_CLOSE))


async def one(visit: Visit) -> Response:
    given = visit.request.path_params["cycle"]
    if not (given.isascii() and given.isdigit() and len(given) <= 18):
        raise Shown(404)
    number = int(given)
    visit.note(Right.CYCLE_LOOK, f"cycle {number}")
    reach = visit.reach

    def question(hub: Hub) -> tuple[Shape, list[str]] | None:
        known = hub.desk.cycles.get(number)
        return None if known is None else (shape(hub, reach, known), proofs(hub, number))

    found = await visit.house.ask(question)
    if found is None:
        raise Shown(404)
    return visit.page("cycle.html", one=found[0], proofs=found[1])

"""Two runs of one day beside each other: which payments came out otherwise and why, and what each took in liquidity and time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from fondaco.payments import Payment, State, obligations
from fondaco.rulebook import Scheme
from fondaco.simulation.replay import Replayed


class Ending(NamedTuple):
    """How a payment stands at the end: its state, since when (ns), what happened last, by which article, and why not, "" if it is not refused.

    `pays` and `arrives` are whole minor units of its two currencies, `fee` of the first.
    """

    state: str
    at: int
    event: str
    article: str
    refusal: str
    pays: int
    arrives: int
    fee: int


class Otherwise(NamedTuple):
    """A payment that came out otherwise, by UETR and the banks of both sides."""

    uetr: str
    sender: str
    creditor_agent: str
    source_currency: str
    target_currency: str
    then: Ending
    now: Ending


class Took(NamedTuple):
    """What a day took in one currency. Whole minor units; `waited_s` is the mean wait of what settled, weighed by value, in seconds.

    `liquidity_minor` adds up how far each participant fell below what it began with, at the end of any instant, by settled payments alone.
    """

    currency: str
    payments: int
    settled: int
    value_minor: int
    settled_value_minor: int
    liquidity_minor: int
    waited_s: int


def otherwise(replayed: Replayed) -> list[Otherwise]:
    """The payments that came out otherwise, in the order in which they came: in another state, at another time, or for another amount.

    What is there in one run alone (a message that the hub did not take in) stands as ABSENT in the other.
    """
    then, now = _by_message(replayed.then), _by_message(replayed.now)
    found = []
    for key in [*then, *(key for key in now if key not in then)]:
        one = then.get(key) or now[key]
        before, after = _ending(then.get(key)), _ending(now.get(key))
        if before != after:
            found.append(
                Otherwise(one.uetr, one.sender, one.creditor_agent, one.source_currency, one.target_currency, before, after)
            )
    return found


def took(payments: Sequence[Payment], scheme: Scheme, day: str) -> list[Took]:
    """What the day took, by currency in the order of their codes; `scheme` is the rulebook under which it was."""
    rules = scheme.on(date.fromisoformat(day))
    counted: dict[str, list[int]] = {}
    moves: dict[str, list[tuple[int, int, int, int]]] = {}
    for one in payments:
        row = counted.setdefault(one.source_currency, [0, 0, 0, 0, 0])
        row[0] += 1
        row[2] += one.source_minor
        if one.state is not State.SETTLED:
            continue
        at = one.taken[-1].at
        row[1] += 1
        row[3] += one.source_minor
        row[4] += one.source_minor * (at - one.received_at)
        for currency, payer, payee, minor in obligations(one, rules):
            moves.setdefault(currency, []).append((at, payer, payee, minor))
    return [
        Took(
            code, row[0], row[1], row[2], row[3], _used(moves.get(code, ())),
            row[4] // row[3] // 1_000_000_000 if row[3] else 0,
        )
        for code in sorted(counted.keys() | moves.keys())
        for row in [counted.get(code, [0, 0, 0, 0, 0])]
    ]  # fmt: skip


def _used(moves: Iterable[tuple[int, int, int, int]]) -> int:
    """How far each participant fell below its beginning at the end of any instant, added up."""
    stood: dict[int, int] = {}
    lowest: dict[int, int] = {}
    touched: set[int] = set()
    before = 0
    for at, payer, payee, minor in sorted(moves):
        if at != before:
            _sink(touched, stood, lowest)
            before = at
        stood[payer] = stood.get(payer, 0) - minor
        stood[payee] = stood.get(payee, 0) + minor
        touched |= {payer, payee}
    _sink(touched, stood, lowest)
    return -sum(lowest.values())


def _sink(touched: set[int], stood: dict[int, int], lowest: dict[int, int]) -> None:
    for number in touched:
        lowest[number] = min(lowest.get(number, 0), stood[number])
    touched.clear()


def _by_message(payments: Iterable[Payment]) -> dict[tuple[str, str, int], Payment]:
    return {(one.sender, one.message_id, one.position): one for one in payments}


def _ending(one: Payment | None) -> Ending:
    if one is None:
        return Ending("ABSENT", 0, "", "", "", 0, 0, 0)
    last = one.taken[-1]
    why = one.refusal.sentence() if one.refusal is not None and one.state is not State.SETTLED else ""
    return Ending(one.state.name, last.at, last.event, last.article, why, one.source_minor, one.target_minor, one.fee_minor)

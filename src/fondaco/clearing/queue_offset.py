"""Which waiting payments settle together when the rulebook asks for the most value: the program's set, and the rules that it keeps.

First in, first out stays the floor and the judge of fairness. A union that chooses `most_value` gets, in each currency, at least what
first in, first out would settle there; small payments may be passed by larger ones that stand behind them, but only for so long as the
rulebook says: whom it may pass no more (`bound`), nobody of his queue passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any, NamedTuple

import numpy as np

from fondaco.clearing.crowd import Crowd
from fondaco.clearing.gridlock import Waiting, fifo_set
from fondaco.clearing.maximum import Budget, CheckFailed, proof_of, settle_most
from fondaco.clearing.queue import Key
from fondaco.clearing.settlement_check import faults_of_proof

Room = Mapping[tuple[int, str], int]
_HUB = 0


class Offset(NamedTuple):
    """Numbers of the payments that settle together, rising; and for each currency a proof, of what settles in it and what could at most.

    None of a currency where nothing settles, or where only the rulebook's protection of whom nobody may pass, or a fee that is not covered
    by what is there, made the order of arrival do. A proof is what `settlement_check.py` reads, with `currency`, `numbers` (of its payments, in their order) and `way` (how it was found)
    beside. Its caps are what each bank has, less the fees of all that it has waiting.
    """

    payments: tuple[int, ...]
    proofs: tuple[dict[str, Any], ...]


def most_value(waiting: Sequence[Waiting], room: Room, bound: Set[int], budget: Budget) -> Offset:
    """The payments to settle together: of one currency by most value, of several as first in, first out has them.

    `room` as for `fifo_set`; `bound` are numbers that nobody of their queue may pass any more. Deterministic for one budget. In the result
    nobody is short by more than its room; in each currency it settles no less than `fifo_set`; nobody in `bound` is passed.
    """
    fair = fifo_set(waiting, room)
    chosen = set(fair)
    proofs = []
    fixed = [one for one in waiting if one.number in chosen and not _is_single(one)]
    for currency in sorted({one.queue[1] for one in waiting}):
        queued = [one for one in waiting if one.queue[1] == currency]
        singles = _not_behind([one for one in queued if _is_single(one)], [one for one in queued if one.number in bound - chosen])
        before = {one.number for one in queued if _is_single(one)} & chosen
        found = _most_of(currency, singles, fixed, room, budget, before)
        if found is None:
            continue
        numbers, proof = found
        if _passes(queued, (chosen - before) | numbers, bound):
            continue  # for once in the order of arrival
        chosen = (chosen - before) | numbers
        proofs.append(proof)
    if len(chosen) < 2 or _short([one for one in waiting if one.number in chosen], room):
        return Offset(tuple(fair), ())
    return Offset(tuple(sorted(chosen)), tuple(proofs))


def offset_faults(payments: Sequence[int], proofs: Sequence[Mapping[str, Any]], waiting: Mapping[int, Waiting]) -> list[str]:
    """What an offset that claims these proofs claims wrongly, empty when it holds: for the batch that acts on it, and for every replay.

    `waiting` has the payments of `payments` as the hub knows them. Caps are not looked at here: the books refuse a net that is not covered.
    """
    faults = []
    named = {number: waiting[number] for number in payments}
    for proof in proofs:
        wrong = faults_of_proof(proof)
        numbers, rows = proof.get("numbers", []), proof.get("payments", [])
        if wrong or len(numbers) != len(rows):
            faults += wrong or [f"{proof.get('currency')}: {len(numbers)} numbers for {len(rows)} payments"]
            continue
        for number, (payer, payee, minor, settled) in zip(numbers, rows, strict=True):
            if settled != (number in named):
                faults.append(f"payment {number} is {'settled' if settled else 'held'} in the proof, and not in the offset")
            elif settled:
                legs = [leg for leg in named[number].legs if leg.payee != _HUB]
                said = [(str(leg.payer), str(leg.payee), leg.minor) for leg in legs]
                if said != [(proof["banks"][payer], proof["banks"][payee], minor)]:
                    faults.append(f"payment {number} is another in the proof")
    return faults


def _is_single(one: Waiting) -> bool:
    """Whether it moves one currency between two banks; the hub's fee beside it counts for nobody."""
    return len({leg.currency for leg in one.legs}) == 1 and sum(leg.payee != _HUB for leg in one.legs) == 1


def _owed(one: Waiting) -> int:
    return sum(leg.minor for leg in one.legs if leg.payee != _HUB)


def _not_behind(some: Sequence[Waiting], stops: Sequence[Waiting]) -> list[Waiting]:
    first: dict[Key, int] = {}
    for stop in stops:
        first[stop.queue] = min(stop.number, first.get(stop.queue, stop.number))
    return [one for one in some if one.number <= first.get(one.queue, one.number)]


def _passes(queued: Sequence[Waiting], chosen: Set[int], bound: Set[int]) -> bool:
    held: dict[Key, int] = {}
    for one in queued:
        if one.number in bound and one.number not in chosen:
            held[one.queue] = min(one.number, held.get(one.queue, one.number))
    return any(one.number in chosen and one.number > held.get(one.queue, one.number) for one in queued)


def _most_of(
    currency: str, singles: Sequence[Waiting], fixed: Sequence[Waiting], room: Room, budget: Budget, before: Set[int]
) -> tuple[set[int], dict[str, Any]] | None:
    """Numbers of the most value of one currency beside what is `fixed`, and the proof; None where the order of arrival must do.

    `before` is what the order of arrival settles: where nothing is worth more, that stays, and is what is proved.
    """
    caps = {who: minor for (who, of), minor in room.items() if of == currency}
    for one in fixed:
        for leg in one.legs:
            if leg.currency == currency:
                caps[leg.payer] = caps.get(leg.payer, 0) - leg.minor
                caps[leg.payee] = caps.get(leg.payee, 0) + leg.minor
    # Each pays the fees of all that it has waiting, settled or not: who has not even these leaves payments out, the last first.
    kept = []
    for one in sorted(singles):
        payer, fee = one.queue[0], sum(leg.minor for leg in one.legs if leg.payee == _HUB)
        if caps.get(payer, 0) >= fee:
            caps[payer] = caps.get(payer, 0) - fee
            kept.append(one)
    legs = [next(leg for leg in one.legs if leg.payee != _HUB) for one in kept]
    banks = sorted({leg.payer for leg in legs} | {leg.payee for leg in legs})
    if len(kept) < 2 or min(caps.get(bank, 0) for bank in banks) < 0:
        return None
    place = {bank: at for at, bank in enumerate(banks)}
    crowd = Crowd(
        np.array([place[leg.payer] for leg in legs], np.int64),
        np.array([place[leg.payee] for leg in legs], np.int64),
        np.array([leg.minor for leg in legs], np.int64),
        np.array([caps.get(bank, 0) for bank in banks], np.int64),
    )
    try:
        settled = settle_most(crowd, budget)
    except (CheckFailed, ValueError):
        return None
    worth = sum(_owed(one) for one in singles if one.number in before)
    if settled.value <= worth:
        marks = np.array([one.number in before for one in kept], settled.marks.dtype)
        settled = settled._replace(marks=marks, value=worth, way="first in, first out")
    proof = proof_of(crowd, settled, [str(bank) for bank in banks])
    if not settled.value or faults_of_proof(proof):
        return None  # the order of arrival need not cover the fees of what stays behind
    proof |= {"currency": currency, "numbers": [one.number for one in kept], "way": settled.way}
    return {one.number for one, mark in zip(kept, settled.marks.tolist(), strict=True) if mark}, proof


def _short(chosen: Sequence[Waiting], room: Room) -> bool:
    """Whether anybody would be short: added up over every leg, apart from what found the set."""
    positions = dict(room)
    for one in chosen:
        for currency, payer, payee, minor in one.legs:
            positions[payer, currency] = positions.get((payer, currency), 0) - minor
            positions[payee, currency] = positions.get((payee, currency), 0) + minor
    return any(position < 0 for position in positions.values())

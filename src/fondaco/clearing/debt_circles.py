"""Trade debts set off in circles: the most that debtors and creditors owe each other around, cleared without a cent moving.

If A owes B, B owes C and C owes A, the least of the three clears all three. The most that clears in a whole economy of such debts is a
circulation of maximum value: what stays must carry every firm's net position, so the least that must stay is a minimum-cost flow of the net positions along the
debts (Fleischman and Dini, JRFM 14:452, 2021). That is the relaxation of `flow_bound.py` with no caps at all, and its prices prove the same bound. Debts may be
cleared in part, so the optimum is whole and exact.

Nothing is financed here, and nobody's net position changes. Who takes part is decided before: `excluded_because`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from fondaco.clearing.crowd import TOTAL_MAX, Crowd, Whole, order_of
from fondaco.clearing.flow_bound import bound_of, cheapest_flow
from fondaco.clearing.path_flow import are_paths_compiled

# Of so many pairs on, shortest paths are looked for where they are compiled: for fewer, LEMON is done before their loops are loaded.
_PATHS_FROM = 50_000


class Claim(NamedTuple):
    """One invoice: `debtor` owes `creditor` whole `minor` units of `currency`; `reference` names it, `due` is an ISO date.

    It takes part when the debtor accepted it, both sides opted in, and nobody else has a right in it: `encumbrance` says which
    (financed, pledged, disputed), "" for none.
    """

    reference: str
    debtor: str
    creditor: str
    currency: str
    minor: int
    due: str
    accepted: bool
    debtor_opted_in: bool
    creditor_opted_in: bool
    encumbrance: str = ""


class Cleared(NamedTuple):
    """What set-off does to one claim: `cleared` of its amount is extinguished, `open_minor` stays owed. Whole minor units."""

    claim: Claim
    cleared: int
    open_minor: int


class SetOff(NamedTuple):
    """One currency's set-off. `bound` is proved by `prices` (by party, in the order of `parties`): no circulation clears more. `claims` are in the
    order in which they were given."""

    currency: str
    claims: tuple[Cleared, ...]
    parties: tuple[str, ...]
    owed: int
    cleared: int
    bound: int
    prices: tuple[int, ...]


class PartyStatement(NamedTuple):
    """One party's own lines in one currency, and what it owed and was owed before and after. The difference of the two never changes."""

    party: str
    currency: str
    owed_before: int
    owed_after: int
    due_before: int
    due_after: int
    lines: tuple[Cleared, ...]


def excluded_because(claim: Claim) -> str:
    """Why a claim takes no part, "" when it does."""
    if claim.minor <= 0:
        return "its amount is not above zero"
    if claim.debtor == claim.creditor:
        return "its debtor is its creditor"
    if not claim.accepted:
        return "its debtor has not accepted it"
    if not claim.debtor_opted_in or not claim.creditor_opted_in:
        return f"its {'creditor' if claim.debtor_opted_in else 'debtor'} has not opted in"
    return f"it is {claim.encumbrance}" if claim.encumbrance else ""


def set_off(claims: Iterable[Claim]) -> list[SetOff]:
    """The most that can be cleared in each currency, by currency. Of several claims of one debtor on one creditor the first due clears first.

    Deterministic. Raises `ValueError` for a claim that takes no part, a reference that stands twice, and sums that pass 2^56; `NoFlow` when the solver fails.
    """
    by_currency: dict[str, list[Claim]] = {}
    seen = set()
    for claim in claims:
        why = excluded_because(claim)
        if why or claim.reference in seen:
            raise ValueError(f"claim {claim.reference}: {why or 'stands twice'}")
        seen.add(claim.reference)
        by_currency.setdefault(claim.currency, []).append(claim)
    return [_set_off(currency, rows) for currency, rows in sorted(by_currency.items())]


def _set_off(currency: str, claims: Sequence[Claim]) -> SetOff:
    parties = sorted({claim.debtor for claim in claims} | {claim.creditor for claim in claims})
    place = {party: at for at, party in enumerate(parties)}
    order = sorted(range(len(claims)), key=lambda at: (claims[at].due, at))
    debts = Crowd(
        np.array([place[claims[at].debtor] for at in order], np.int64),
        np.array([place[claims[at].creditor] for at in order], np.int64),
        np.array([claims[at].minor for at in order], np.int64),
        np.zeros(len(parties), np.int64),
    )
    cleared, prices = circulation(debts)
    by_claim = dict(zip(order, cleared.tolist(), strict=True))
    rows = tuple(Cleared(claim, by_claim[at], claim.minor - by_claim[at]) for at, claim in enumerate(claims))
    total, owed = int(cleared.sum()), int(debts.minor.sum())
    return SetOff(currency, rows, tuple(parties), owed, total, bound_of(debts, prices), tuple(prices.tolist()))


def circulation(debts: Crowd) -> tuple[Whole, Whole]:
    """What clears of each debt, and the prices that prove that no more can. Earlier debts of a pair clear first. The caps are not looked at.

    Only debts inside a strongly connected part can clear at all; the others never reach the solver. Raises `ValueError` when sums pass 2^56,
    `NoFlow` when the solver fails.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    payers, payees, minor, _ = debts
    count = len(debts.caps)
    # Added up as whole numbers without bound only where they might pass 64 bits.
    if int(minor.max(initial=0)) * len(minor) > TOTAL_MAX and sum(map(int, minor)) > TOTAL_MAX:
        raise ValueError(f"the debts add up to more than {TOTAL_MAX}")
    prices = np.zeros(count, np.int64)
    if not len(minor):
        return minor.copy(), prices
    # One arc for each pair, from the creditor to the debtor: along it a debt is held, as `flow_bound` holds payments.
    pair = payees * count + payers
    by_pair = order_of(payers, count)
    by_pair = by_pair[order_of(payees[by_pair], count)]
    firsts = np.nonzero(np.append(True, pair[by_pair][1:] != pair[by_pair][:-1]))[0]
    gross = np.add.reduceat(minor[by_pair], firsts)
    arcs = pair[by_pair][firsts]
    starts, ends = arcs // count, arcs % count
    links = csr_array((np.ones(len(arcs), np.int8), (starts, ends)), shape=(count, count))
    _, part = connected_components(links, connection="strong")
    inside = part[starts] == part[ends]
    cleared_of_pair = np.zeros(len(arcs), np.int64)
    if inside.any():
        met = np.zeros(count, np.bool_)
        met[starts[inside]] = met[ends[inside]] = True
        nodes, number = np.nonzero(met)[0], np.cumsum(met) - 1
        first, last = number[starts[inside]], number[ends[inside]]
        left = np.zeros(len(nodes), np.int64)
        np.add.at(left, first, gross[inside])
        np.subtract.at(left, last, gross[inside])
        solver = "paths" if len(first) > _PATHS_FROM and are_paths_compiled() else "auto"
        held, found = cheapest_flow(first, last, gross[inside], left, solver)
        cleared_of_pair[inside] = gross[inside] - held
        prices[nodes] = found
    prices = _over_parts(prices, part, starts[~inside], ends[~inside])
    cleared = np.zeros(len(minor), np.int64)
    before = np.cumsum(minor[by_pair]) - minor[by_pair]
    before -= np.repeat(before[firsts], np.diff(np.append(firsts, len(minor))))
    room = np.repeat(cleared_of_pair, np.diff(np.append(firsts, len(minor)))) - before
    cleared[by_pair] = np.clip(room, 0, minor[by_pair])
    return cleared, prices - prices.min(initial=0)


def _over_parts(prices: Whole, part: Whole, starts: Whole, ends: Whole) -> Whole:
    """Prices under which debts between parts bound nothing: each part is raised above all that it is owed by.

    A debt counts nothing in the bound where its debtor's price is above its creditor's by one or more. Parts have no circles among them, so
    they have an order; of each part all prices are moved together, which changes nothing inside it.
    """
    from scipy.sparse import csr_array

    if not len(starts):
        return prices
    count = int(part.max()) + 1
    low, high = np.full(count, np.iinfo(np.int64).max), np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(low, part, prices)
    np.maximum.at(high, part, prices)
    # From the part of the creditor to the part of the debtor, which must stand above it.
    over = csr_array((np.ones(len(starts)), (part[starts], part[ends])), shape=(count, count))
    waits = np.diff(over.tocsc().indptr)
    base = np.zeros(count, np.int64)
    ready = np.nonzero(waits == 0)[0].tolist()
    while ready:
        one = ready.pop()
        for other in over.indices[over.indptr[one] : over.indptr[one + 1]].tolist():
            base[other] = max(base[other], base[one] + high[one] - low[one] + 1)
            waits[other] -= 1
            if waits[other] == 0:
                ready.append(other)
    raised: Whole = prices - low[part] + base[part]
    return raised


def statements(found: SetOff) -> list[PartyStatement]:
    """Each party's statement, by party: its own claims and debts, nobody else's."""
    lines: dict[str, list[Cleared]] = {party: [] for party in found.parties}
    for one in found.claims:
        lines[one.claim.debtor].append(one)
        lines[one.claim.creditor].append(one)
    made = []
    for party in found.parties:
        owes = [one for one in lines[party] if one.claim.debtor == party]
        due = [one for one in lines[party] if one.claim.creditor == party]
        made.append(
            PartyStatement(
                party,
                found.currency,
                sum(one.claim.minor for one in owes),
                sum(one.open_minor for one in owes),
                sum(one.claim.minor for one in due),
                sum(one.open_minor for one in due),
                tuple(lines[party]),
            )
        )
    return made

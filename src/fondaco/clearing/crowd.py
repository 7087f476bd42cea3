"""Payments of one currency that wait together, as arrays, and what is settled of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Marks = NDArray[np.bool_]

# Sums of everything that waits stay exact in 64 bits, also when they are weighed with the dearest price that a bound knows.
TOTAL_MAX = 1 << 56


class Crowd(NamedTuple):
    """Payments that wait for each other, in the order of arrival: `payers[k]` owes `payees[k]` `minor[k]` whole minor units.

    Banks are numbers from 0; `caps[b]` is what bank b may pay beyond what it receives. All arrays are int64.
    """

    payers: Whole
    payees: Whole
    minor: Whole
    caps: Whole


def faults_of(crowd: Crowd) -> list[str]:
    """What makes a crowd none that can be settled, each with its place; empty when it is in order."""
    payers, payees, minor, caps = crowd
    faults = []
    if not len(payers) == len(payees) == len(minor):
        return [f"payers, payees and amounts are {len(payers)}, {len(payees)} and {len(minor)}: not of one length"]
    for name, banks in (("payer", payers), ("payee", payees)):
        for at in np.nonzero((banks < 0) | (banks >= len(caps)))[0][:10].tolist():
            faults.append(f"payment {at}: {name} {banks[at]} is no bank of {len(caps)}")
    faults += [f"payment {at}: an amount of {minor[at]}" for at in np.nonzero(minor <= 0)[0][:10].tolist()]
    faults += [f"payment {at}: bank {payers[at]} pays itself" for at in np.nonzero(payers == payees)[0][:10].tolist()]
    faults += [f"bank {at}: a cap of {caps[at]}, below zero" for at in np.nonzero(caps < 0)[0][:10].tolist()]
    if sum(map(int, minor)) + sum(map(int, caps)) > TOTAL_MAX:
        faults.append(f"payments and caps add up to more than {TOTAL_MAX}")
    return faults


def room_after(crowd: Crowd, settled: Marks) -> Whole:
    """What each bank may still pay once these payments are settled together; below zero where its cap is passed."""
    room = crowd.caps.copy()
    np.subtract.at(room, crowd.payers[settled], crowd.minor[settled])
    np.add.at(room, crowd.payees[settled], crowd.minor[settled])
    return room


def value_of(crowd: Crowd, settled: Marks) -> int:
    """Whole minor units that these payments settle."""
    return int(crowd.minor[settled].sum())


def order_of(numbers: Whole, below: int) -> Whole:
    """The places of whole numbers from 0 to `below` - 1 in rising order, alike ones as they stand. Of sixteen bits they are sorted by their digits, in
    a fifth of the time."""
    return np.argsort(numbers.astype(np.uint16) if below <= 1 << 16 else numbers, kind="stable")

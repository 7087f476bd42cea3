"""Checks a proof that waiting payments were settled rightly. Runs by itself, on nothing but Python: `python settlement_check.py < FILE`.

The file is JSON: `banks` (names), `caps` (what each may pay beyond what it receives), `payments` ([payer, payee, amount, settled 0 or 1], by
places in `banks`), `prices` (a whole number for each bank), and what is claimed: `value` settled, and a `bound` that no set can pass.
All amounts are whole minor units of one currency. Written apart from what finds the set: it shares no line with it.

Why the prices prove the bound: let price p(b) >= 0 be paid for each unit that bank b pays beyond what it receives. A set within the caps
pays at most the sum of cap(b) p(b). So its value is at most that sum, plus for each payment in it amount * (1 - p(payer) + p(payee)),
of which only those above zero can raise it: weak duality of linear programs, whatever the prices are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

FAULTS_MAX = 20


def is_whole(number: object) -> bool:
    """Whether this is a whole number, and neither yes nor no."""
    return isinstance(number, int) and not isinstance(number, bool)


def form_faults(proof: Mapping[str, Any]) -> list[str]:
    """What keeps the proof from being read at all."""
    faults = [f"{key} is missing" for key in ("banks", "caps", "payments", "prices", "value", "bound") if key not in proof]
    if faults:
        return faults
    count = len(proof["banks"])
    for key in ("caps", "prices"):
        if len(proof[key]) != count:
            faults.append(f"{len(proof[key])} {key} for {count} banks")
        faults += [f"{key} of bank {at}: {one!r}" for at, one in enumerate(proof[key]) if not is_whole(one) or one < 0]
    for key in ("value", "bound"):
        if not is_whole(proof[key]):
            faults.append(f"{key} is {proof[key]!r}, no whole number")
    for at, payment in enumerate(proof["payments"]):
        if len(payment) != 4 or not all(map(is_whole, payment)):
            faults.append(f"payment {at} is {payment!r}, not payer, payee, amount and 0 or 1")
        elif not (0 <= payment[0] < count and 0 <= payment[1] < count and payment[0] != payment[1]):
            faults.append(f"payment {at} is between {payment[0]} and {payment[1]}, of {count} banks")
        elif payment[2] <= 0 or payment[3] not in (0, 1):
            faults.append(f"payment {at} has amount {payment[2]} and mark {payment[3]}")
    return faults


def faults_of_proof(proof: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with what the proof claims, the first `FAULTS_MAX`; empty when it holds."""
    faults = form_faults(proof)
    if faults:
        return faults[:FAULTS_MAX]
    caps: Sequence[int] = proof["caps"]
    prices: Sequence[int] = proof["prices"]
    paid, received = [0] * len(caps), [0] * len(caps)
    value, bound = 0, sum(cap * price for cap, price in zip(caps, prices, strict=True))
    for payer, payee, amount, settled in proof["payments"]:
        bound += amount * max(0, 1 - prices[payer] + prices[payee])
        if settled:
            value += amount
            paid[payer] += amount
            received[payee] += amount
    for at, cap in enumerate(caps):
        if paid[at] - received[at] > cap:
            faults.append(f"bank {proof['banks'][at]} pays {paid[at] - received[at]} more than it receives, its cap is {cap}")
    if sum(paid) != sum(received):
        faults.append(f"{sum(paid)} is paid and {sum(received)} received")
    if value != proof["value"]:
        faults.append(f"the payments settled are worth {value}, the proof claims {proof['value']}")
    if bound != proof["bound"]:
        faults.append(f"the prices bound every set by {bound}, the proof claims {proof['bound']}")
    if value > bound:
        faults.append(f"{value} is settled, more than the bound {bound}: one of the two is wrong")
    return faults[:FAULTS_MAX]


def main(text: str) -> int:
    """0 when the proof that this JSON states holds, 1 when it does not, 2 when it states none."""
    try:
        proof = json.loads(text)
        faults = faults_of_proof(proof)
    except (ValueError, TypeError, AttributeError) as unreadable:
        print(f"no proof: {unreadable}", file=sys.stderr)
        return 2
    for fault in faults:
        print(fault)
    if faults:
        return 1
    open_ppm = 0 if not proof["bound"] else (proof["bound"] - proof["value"]) * 1_000_000 // proof["bound"]
    settled = sum(payment[3] for payment in proof["payments"])
    print(
        f"holds: {settled} of {len(proof['payments'])} payments, worth {proof['value']}; no set can settle more than {proof['bound']}"
    )
    print(f"open: {open_ppm} millionths of the bound")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin.read()))

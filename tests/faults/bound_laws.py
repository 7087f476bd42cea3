"""The laws of bounds, told by the auditor from messages, the exported books and the exported journal, with arithmetic alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

# Of the books: roles by the high bits of an account's number, and flags of a transfer.
_CLEARING, _CAP_CONTROL = 3, 4
_PENDING, _POST, _VOID = 2, 4, 8
_CYCLES = (1 << 40) - 1
# When, subject, event and facts of one entry of the journal.
Noted = tuple[int, str, str, str]


class Moved(NamedTuple):
    """A payment in one currency that settled: when (as messages write it), between whom (numbers), minor units."""

    at: str
    payer: int
    payee: int
    currency: str
    minor: int


def flow_faults(noted: Iterable[Noted], moved: Sequence[Moved], at_text: Mapping[int, str]) -> list[str]:
    """Nothing that settled passed a limit on what flows to one participant: on a business day what flowed beyond what came back is at most what the
    limit says. `at_text` is how messages write the instant of a batch."""
    found: list[str] = []
    settled: dict[str, list[Moved]] = defaultdict(list)
    for one in moved:
        settled[one.at].append(one)
    limits: dict[tuple[int, str, int], int] = {}
    changes: dict[str, list[tuple[tuple[int, str, int], int | None]]] = defaultdict(list)
    for at, subject, event, facts in noted:
        words = subject.split(" ")
        if words[0] == "limit" and len(words) == 4 and words[3].isdigit() and event in ("LIMIT_SET", "LIMIT_REMOVED"):
            key = int(words[1]), words[2], int(words[3])
            changes[at_text[at]].append((key, int(facts) if event == "LIMIT_SET" else None))
    flowed: Counter[tuple[int, str, int]] = Counter()
    day = ""
    for at in sorted({*settled, *changes}):
        if at[:10] != day:
            day, flowed = at[:10], Counter()
        # A batch first hears commands, and a limit is never set below what is used: both orders within one must hold.
        for key, minor in changes.get(at, ()):
            if minor is None:
                limits.pop(key, None)
            else:
                limits[key] = minor
        for one in settled.get(at, ()):
            flowed[one.payer, one.currency, one.payee] += one.minor
            flowed[one.payee, one.currency, one.payer] -= one.minor
        found += [
            f"{key[0]} let {flowed[key]} {key[1]} flow to {key[2]} by {at}, and its limit is {minor}"
            for key, minor in sorted(limits.items())
            if flowed[key] > minor
        ]
    return found


def collateral_faults(
    noted: Sequence[Noted], history: Iterable[Sequence[int]], caps: Mapping[tuple[int, int], int], numbers: Mapping[str, int],
    ledgers: Mapping[str, int], paper_most: int,
) -> list[str]:  # fmt: skip
    """What is lodged adds up and is never below zero; and no cap is higher than the rulebook's and all that was lodged until then could raise it.

    `caps` by (participant, ledger); money raises a cap of its own currency by no more than it is, a unit of paper by `paper_most` minor units.
    """
    found: list[str] = []
    lodged: Counter[str] = Counter()
    most: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at, subject, event, facts in noted:
        if not subject.startswith("collateral ") or event not in ("LODGED", "RELEASED", "SPENT"):
            continue
        key = subject.removeprefix("collateral ")
        units, left = (int(one) for one in facts.split(", in all "))
        lodged[key] += units if event == "LODGED" else -units
        if lodged[key] != left or left < 0:
            found.append(f"{lodged[key]} of {key} must be lodged, and the journal says {left}")
        holder, purpose, _ = key.split(" ")
        if purpose == "collateral":
            worth = sum(
                quantity if asset in ledgers else quantity * paper_most
                for (who, why, asset), quantity in ((one.split(" "), number) for one, number in lodged.items())  # type: ignore[misc]
                if (who, why) == (holder, purpose)
            )
            most[holder].append((at, worth))
    granted: Counter[int] = Counter()
    by_number = {number: bic for bic, number in numbers.items()}
    # Of queued payments that settle together what each pays is granted for the moment: no cap of a cycle.
    opened = {int(subject.split(" ")[1]) for _, subject, event, _ in noted if event == "OPENED" and subject.startswith("cycle ")}
    for at, _, debit, credit, minor, ledger, flags, _ in history:
        if flags & (_PENDING | _POST | _VOID) or _CAP_CONTROL not in (debit >> 96, credit >> 96):
            continue
        account = credit if credit >> 96 == _CLEARING else debit
        if account >> 96 != _CLEARING:
            continue
        granted[account] += minor if account == credit else -minor
        holder = account >> 32 & 0xFFFFFF
        own = caps.get((holder, ledger))
        raised = max((worth for when, worth in most[by_number.get(holder, "")] if when <= at), default=0)
        if (account >> 56) & _CYCLES in opened and own is not None and granted[account] > own + raised:
            found.append(
                f"a cap of {granted[account]} was granted to {holder} in ledger {ledger}: the rulebook's is {own}, collateral {raised}"
            )
    return found

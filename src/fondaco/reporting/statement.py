"""What moved on each member's prefunded money in one business day: statements as camt.053, .052 and .054 carry them."""

from __future__ import annotations

from collections.abc import Mapping

from fondaco.core import Instant, utc_text
from fondaco.ledger import Engine, Role, Transfer, TransferCode, TransferFlag, account_id, place_of
from fondaco.messages import Entry, Statement
from fondaco.rulebook import Rules

_RESOLVES = int(TransferFlag.POST_PENDING | TransferFlag.VOID_PENDING)
_PENDING, _VOID = int(TransferFlag.PENDING), int(TransferFlag.VOID_PENDING)


def statements(
    books: Engine, rules: Rules, ledgers: Mapping[str, int], uetr_of: Mapping[int, str], first: int, until: int
) -> list[Statement]:
    """One statement for every member and currency it holds, by member number and currency code.

    The day is from the intent `first` to before `until`. `uetr_of` names the payment of a reservation's intent; other entries
    carry the transfer's own reference. Opening plus entries is closing, in whole minor units, or this stops.
    """
    wanted: dict[int, tuple[str, str]] = {}
    for member in rules.members():
        for currency in sorted(member.currencies):
            wanted[account_id(Role.PREFUNDED, ledgers[currency], member.number)] = (member.bic, currency)
    opening = dict.fromkeys(wanted, 0)
    entries: dict[int, list[Entry]] = {key: [] for key in wanted}
    pendings: dict[int, Transfer] = {}
    for timestamp, event, moved in books.history():
        if event.flags & _PENDING:
            pendings[event.id] = event
            continue
        original = pendings.pop(event.pending_id) if event.flags & _RESOLVES else event
        own = event.id >> 64
        if event.flags & _VOID or not moved or own >= until:
            continue
        for key, minor in ((original.debit, -moved), (original.credit, moved)):
            if key not in wanted:
                continue
            if own < first:
                opening[key] += minor
            else:
                intent = original.id >> 64
                code = TransferCode(original.code).name
                entries[key].append(
                    Entry(minor, f"{intent}-{original.id & 0xFFFF}", uetr_of.get(intent, ""), code, utc_text(Instant(timestamp)))
                )
    found = []
    for key in sorted(wanted, key=lambda one: (place_of(one).participant, wanted[one][1])):
        bic, currency = wanted[key]
        closing = opening[key] + sum(entry.minor for entry in entries[key])
        found.append(Statement(f"{bic[:8]}{currency}", bic, currency, opening[key], closing, tuple(entries[key])))
    return found

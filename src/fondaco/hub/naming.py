"""In whose words a hub's books are exported: currencies, participants of every rulebook, business days."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from fondaco.core import CURRENCIES, Instant, utc_text
from fondaco.hub.hub import Hub
from fondaco.ledger import Naming, ledger_of

_CODES = {ledger_of(one.numeric, one.exponent): (one.code, one.exponent) for one in CURRENCIES.values()}


def naming_of(hub: Hub) -> Naming:
    """The words of a hub as it stands now.

    A participant is named by its BIC, a party of trade by its id, one that no rulebook of the hub knows by its number. An instant is of the business day that was
    the last to open before it, or before the first one of the UTC day. An unknown ledger raises `KeyError`.
    """
    opened = sorted((msgspec.msgpack.decode(raw, type=int), day) for day, raw in hub.journal.records("day"))
    instants, days = [at for at, _ in opened], [day for _, day in opened]
    bics: dict[int, str] = {}
    for edition in hub.desk.editions:
        bics.update((one.number, one.bic) for one in hub.desk.scheme_of(edition.version).participants)
    bics.update((one.number, one.party) for one in hub.trading.parties.known.values())

    def day_of(at_ns: int) -> str:
        place = bisect_right(instants, at_ns)
        if place:
            return days[place - 1]
        utc = utc_text(Instant(at_ns))[:10]
        return min(utc, days[0]) if days else utc

    return Naming(_CODES.__getitem__, lambda number: bics.get(number, f"participant {number}"), day_of)

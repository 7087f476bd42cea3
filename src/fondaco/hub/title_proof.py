"""Whether books, register and events say the same of every title: one unit with one holder while a record lives, none when it has ended."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from fondaco.hub.hub import Hub
from fondaco.hub.record_machine import RECORD
from fondaco.hub.trade_legs import record_number
from fondaco.ledger import HUB, Role, place_of, record_ledger_of
from fondaco.trade import BrokenHistory, ControlEvent, TransferableRecord, event_text, replayed


def title_faults(hub: Hub) -> list[str]:
    """What does not hold; memory grows with the accounts of records."""
    units: dict[int, dict[int, int]] = {}
    for account, balance in hub.books.accounts():
        if account.code in (Role.CONTROL, Role.REGISTER) and balance.net:
            place = place_of(account.id)
            units.setdefault(place.ledger, {})[HUB if place.role is Role.REGISTER else place.participant] = balance.net
    faults: list[str] = []
    for key, record in hub.trading.shelf.all(RECORD, TransferableRecord):
        faults += _of_record(hub, key, record, units.pop(record_ledger_of(record_number(key)), {}))
    return faults + [f"ledger {ledger} holds a title that no record is" for ledger in sorted(units)]


def _of_record(hub: Hub, key: str, record: TransferableRecord, found: dict[int, int]) -> Iterator[str]:
    wanted = {} if record.ended else {HUB: -1, hub.trading.parties.number_of(record.holder): 1}
    if found != wanted:
        yield f"{key} is {record.state.name} with {record.holder or 'nobody'}, and the books say {found}"
    kept = hub.trading.records.events(record)
    former = hub.trading.records.record(record.supersedes) if record.supersedes else None
    try:
        events = [msgspec.json.decode(one.text, type=ControlEvent) for one in kept]
        again = replayed(events, former.etr if former is not None else "")
    except (BrokenHistory, ValueError, AssertionError) as fault:
        yield f"{key}: its events do not hold: {fault}"
        return
    if again != record or [event_text(one) for one in events] != [one.text for one in kept]:
        yield f"{key}: its events come to another record"

"""Whether books, register and events say the same of every title: one unit with one holder while a record lives, none when it has ended.

And the proof file of one title, which anybody checks without us.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fondaco.core import Instant, bic8, utc_text
from fondaco.hub.hub import Hub
from fondaco.hub.record_machine import RECORD
from fondaco.hub.trade_legs import record_number
from fondaco.ledger import HUB, Role, place_of, record_ledger_of
from fondaco.trade import (
    BrokenHistory,
    ControlEvent,
    TransferableRecord,
    TreeHead,
    event_text,
    head_material,
    replayed,
    title_proof,
)


def proof_file(hub: Hub, record: TransferableRecord, own: Ed25519PrivateKey, at: Instant) -> bytes:
    """The proof file of a record as the log stands now, its heads signed with the hub's `own` key and made at `at`."""
    records = hub.trading.records
    former = records.record(record.supersedes) if record.supersedes else None
    kept, log = records.events(record), records.log
    head = TreeHead(bic8(hub.desk.scheme.hub_bic), log.size, log.root().hex(), utc_text(at))
    events = [msgspec.json.decode(one.text, type=ControlEvent) for one in kept]
    public = own.public_key().public_bytes_raw()
    signature = own.sign(head_material(head))
    superseded = former.etr if former is not None else ""
    return title_proof(events, kept[-1].index, log, head, signature, public, own.sign, superseded=superseded)


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

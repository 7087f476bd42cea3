"""The title chains of a deal: each record's events, who has it by register and books, and its place in the log with whether that holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from fondaco.core import signature_holds
from fondaco.hub.deal_instruments import Belonging
from fondaco.hub.hub import Hub
from fondaco.hub.trade_legs import record_number
from fondaco.journal import HashTree, inclusion_holds, leaf_hash
from fondaco.ledger import Role, account_id, record_ledger_of
from fondaco.reporting import StoryEvent, StoryTitle
from fondaco.trade import BrokenHistory, ControlEvent, TransferableRecord, event_hash, event_text, leaf, replayed


def titles_of(hub: Hub, found: Belonging) -> Iterator[StoryTitle]:
    """One for each record of the deal."""
    for record in found.records.values():
        yield _title(hub, record, hub.trading.records.log)


def _title(hub: Hub, record: TransferableRecord, log: HashTree) -> StoryTitle:
    kept = hub.trading.records.events(record)
    events = [msgspec.json.decode(one.text, type=ControlEvent) for one in kept]
    rows = tuple(
        StoryEvent(
            one.seq,
            one.at,
            one.action,
            one.actor or hub.trading.records.hub,
            _recipient(one),
            one.batch,
            event_hash(one),
            place.index,
        )
        for one, place in zip(events, kept, strict=True)
    )
    index, last = kept[-1].index, events[-1]
    path, root = log.inclusion(index, log.size), log.root()
    holds = inclusion_holds(leaf_hash(leaf(last, event_hash(last))), index, log.size, path, root)
    proof = (
        ("events", f"{len(events)}; {_again(hub, record, events)}"),
        ("signatures", _signed(events)),
        ("log", f"{log.size} leaves, head {root.hex()}"),
        (
            "last event",
            f"leaf {index}: its path leads to that head" if holds else f"leaf {index}: ITS PATH DOES NOT LEAD TO THAT HEAD",
        ),
        ("path (RFC 6962)", " ".join(one.hex() for one in path) or "none is needed"),
    )
    return StoryTitle(
        record.instrument, record.kind.value.lower().replace("_", " "), record.etr, record.holder or "nobody: it has ended",
        _in_books(hub, record), record.state.value, rows, proof,
    )  # fmt: skip


def _recipient(event: ControlEvent) -> str:
    said: Any = msgspec.json.decode(event.body) if event.body.strip() else {}
    return str(said.get("recipient", "")) if isinstance(said, dict) else ""


def _signed(events: list[ControlEvent]) -> str:
    """How many of the signatures under the deeds hold, each by the key that stands with it."""
    found = [
        signature_holds(bytes.fromhex(one.key), bytes.fromhex(one.signature), event.deed().material())
        for event in events
        for one in event.signatures
    ]
    return f"{sum(found)} of {len(found)} hold"


def _again(hub: Hub, record: TransferableRecord, events: list[ControlEvent]) -> str:
    """Whether the events, taken one after the other, come to the record as it stands."""
    former = hub.trading.records.record(record.supersedes) if record.supersedes else None
    try:
        again = replayed(events, former.etr if former is not None else "")
    except (BrokenHistory, ValueError, AssertionError) as fault:
        return f"THEY DO NOT HOLD: {fault}"
    kept = [one.text for one in hub.trading.records.events(record)]
    same = again == record and [event_text(one) for one in events] == kept
    return "replayed they come to the record as it stands, hash by hash" if same else "THEY COME TO ANOTHER RECORD"


def _in_books(hub: Hub, record: TransferableRecord) -> str:
    """Who holds the record's single unit by the books."""
    ledger, parties = record_ledger_of(record_number(record.instrument)), hub.trading.parties
    found = []
    for party in (*parties.known, *hub.desk.in_force().participants):
        balance = hub.books.balance(account_id(Role.CONTROL, ledger, parties.number_of(party)))
        if balance is not None and balance.net:
            found.append(party)
    return ", ".join(found) or "nobody"

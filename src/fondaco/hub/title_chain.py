"""The title chain of a transferable record: every event replayed from the first, who had it after each, and its place in the register's log."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from fondaco.core import signature_holds
from fondaco.hub.hub import Hub
from fondaco.hub.trade_legs import record_number
from fondaco.journal import inclusion_holds, leaf_hash
from fondaco.ledger import Role, account_id, record_ledger_of
from fondaco.trade import ControlEvent, TransferableRecord, event_hash, leaf, states_of

# What a payment does to a record: its reference is the UETR.
_OF_PAYMENT = frozenset({"FUND", "UNFUND", "SETTLE"})


class Signed(NamedTuple):
    """Who signed with which key (64 hexadecimal digits), and whether the signature holds. `party` is "" for a key that nobody has any more."""

    party: str
    key: str
    holds: bool


class TitleStep(NamedTuple):
    """One event, with who controls the record and whom it names after it. `against` is what an offer waits for, `payment`
    (UETR) and `batch` the settlement that it moved with."""

    seq: int
    at: str
    action: str
    actor: str
    recipient: str
    against: str
    payment: str
    batch: str
    holder: str
    named: str
    hash: str
    leaf: int
    signers: tuple[Signed, ...]


class Title(NamedTuple):
    """A record's chain. `holds` says that the path of its last event leads to the log's root; `in_books` that the books have its unit with the same holder."""

    record: str
    kind: str
    serial: str
    etr: str
    state: str
    holder: str
    in_books: bool
    steps: tuple[TitleStep, ...]
    size: int
    root: str
    last_leaf: int
    path: tuple[str, ...]
    holds: bool


def events_of(hub: Hub, record: TransferableRecord) -> list[ControlEvent]:
    return [msgspec.json.decode(one.text, type=ControlEvent) for one in hub.trading.records.events(record)]


def body_of(event: ControlEvent) -> dict[str, Any]:
    """What the deed said, as JSON; empty for what the hub did itself."""
    said = msgspec.json.decode(event.body) if event.body.strip() else {}
    return said if isinstance(said, dict) else {}


def title_chain(hub: Hub, record: TransferableRecord) -> Title:
    """Raises `BrokenHistory` where the events do not follow from each other: then the store was changed."""
    records = hub.trading.records
    former = records.record(record.supersedes) if record.supersedes else None
    kept, events = records.events(record), events_of(hub, record)
    steps = tuple(
        _step(event, place.index, after, records.hub)
        for event, place, after in zip(events, kept, states_of(events, former.etr if former is not None else ""), strict=True)
    )
    log, index, last = records.log, kept[-1].index, events[-1]
    path, root = log.inclusion(index, log.size), log.root()
    holds = inclusion_holds(leaf_hash(leaf(last, event_hash(last))), index, log.size, path, root)
    return Title(
        record.instrument, record.kind.name, record.serial, record.etr, record.state.name, record.holder, _in_books(hub, record), steps, log.size,
        root.hex(), index, tuple(one.hex() for one in path), holds,
    )  # fmt: skip


def _step(event: ControlEvent, index: int, after: TransferableRecord, hub: str) -> TitleStep:
    body = body_of(event)
    material = event.deed().material()
    signers = tuple(
        Signed(one.party, one.key, signature_holds(bytes.fromhex(one.key), bytes.fromhex(one.signature), material))
        for one in event.signatures
    )
    against, reference = str(body.get("against", "")), str(body.get("reference", ""))
    return TitleStep(
        event.seq, event.at, event.action, event.actor or hub, str(body.get("recipient") or body.get("pledgee") or ""), f"{against} {reference}".strip() if against else "",
        reference if event.action in _OF_PAYMENT else "", event.batch,
        after.holder, after.titleholder, event_hash(event), index, signers,
    )  # fmt: skip


def _in_books(hub: Hub, record: TransferableRecord) -> bool:
    ledger, parties = record_ledger_of(record_number(record.instrument)), hub.trading.parties
    account = (
        account_id(Role.REGISTER, ledger) if record.ended else account_id(Role.CONTROL, ledger, parties.number_of(record.holder))
    )
    balance = hub.books.balance(account)
    return (balance.net if balance is not None else 0) == (0 if record.ended else 1)

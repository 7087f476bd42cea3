"""What moved in a deal: its payments, and every transfer of them, of its instruments' memoranda and margins, and of control of its records."""

from __future__ import annotations

from collections.abc import Iterator

from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.hub.deal_instruments import Belonging
from fondaco.hub.hub import Hub
from fondaco.hub.naming import naming_of
from fondaco.ledger import (
    HUB,
    Counted,
    Naming,
    Role,
    Transfer,
    TransferCode,
    TransferFlag,
    amount_text,
    commodity_of,
    counted_on,
    instrument_number,
    place_of,
    record_ledger_of,
)
from fondaco.payments import Payment
from fondaco.reporting import StoryPayment, StoryPosting

# What a posting is: money set aside, set free again, or moved.
POSTING_STATES = RESERVED, LET_GO, POSTED = "reserved", "let go", "posted"
_PENDING, _POST, _VOID = int(TransferFlag.PENDING), int(TransferFlag.POST_PENDING), int(TransferFlag.VOID_PENDING)


def postings_of(hub: Hub, found: Belonging) -> Iterator[StoryPosting]:
    """Transfers of the deal's payments, of its instruments' memoranda and margins, and of control of its records, in the order of the books."""
    naming = naming_of(hub)
    numbers = {instrument_number(one) for one in found.instruments}
    ledgers = {record_ledger_of(int(one.partition("-")[2])) for one in found.records}
    intents = {one.intent for one in found.payments.values() if one.intent}
    held: dict[int, Transfer] = {}
    for at_ns, event, moved in hub.books.history():
        if event.flags & _PENDING and event.id >> 64 in intents:
            held[event.id] = event
        entered = held.get(event.pending_id, event) if event.flags & (_POST | _VOID) else event
        if event.flags & (_POST | _VOID) and event.pending_id not in held:
            continue
        ours = event.id in held or event.pending_id in held or event.ledger in ledgers
        if not ours and not {place_of(entered.debit).cycle, place_of(entered.credit).cycle} & numbers:
            continue
        state = RESERVED if event.flags & _PENDING else LET_GO if event.flags & _VOID else POSTED
        yield _posting(utc_text(Instant(at_ns)), state, event, entered, moved if state == POSTED else entered.amount, naming)


def _posting(at: str, state: str, event: Transfer, entered: Transfer, moved: int, naming: Naming) -> StoryPosting:
    amount, _, code = amount_text(moved, commodity_of(entered.ledger, naming)).partition(" ")
    counted, number = counted_on(entered.ledger)
    name = {
        Counted.CONTROL: f"control of ETR-{number:06d}",
        Counted.MEMO: f"{code[:3]}, memorandum",
        Counted.RESIDUE: f"{code[:3]}, part of a minor unit",
    }.get(counted, code)
    why = TransferCode(entered.code).name.lower().replace("_", " ")
    return StoryPosting(
        at,
        state,
        _side(entered.debit, naming),
        _side(entered.credit, naming),
        amount,
        name,
        why,
        f"{event.id >> 64}-{event.id & 0xFFFF}",
    )


def _side(account: int, naming: Naming) -> str:
    place = place_of(account)
    holder = naming.participant_of(place.participant) if place.participant != HUB else "the hub"
    return f"{holder}, {Role(place.role).name.lower().replace('_', ' ')}"


def payment_row(one: Payment) -> StoryPayment:
    def text(minor: int, currency: str) -> str:
        return f"{minor_text(minor, CURRENCIES[currency].exponent)} {currency}"

    rate = f"{one.locked.rate} of {one.locked.provider}, quote {one.locked.quote_id}" if one.locked is not None else ""
    delivers = " and ".join(
        part
        for part in (
            one.delivery.lock if one.delivery is not None else "",
            one.remitted.invoice if one.remitted is not None else "",
        )
        if part
    )
    screened = f"list set {one.list_set}" + (f", case {one.case}" if one.case else ", no hit")
    refusal = f": {one.refusal.sentence()}" if one.refusal is not None else ""
    return StoryPayment(
        one.uetr, one.state.name + refusal, text(one.source_minor, one.source_currency),
        text(one.target_minor, one.target_currency) if one.target_minor else "", rate,
        text(one.fee_minor, one.source_currency) if one.fee_minor else "", delivers, screened if one.list_set else "not screened: refused before",
    )  # fmt: skip

"""An order: sent by the buyer, answered by the seller, changed or cancelled, despatched, received (Peppol's advanced ordering). It moves no money."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import CURRENCIES, Instant, Nothing, Reason, Refusal, Step, Table
from fondaco.trade.deed import Decided, Deed
from fondaco.trade.open_account import (
    TEXT_MAX,
    Why,
    body_of,
    day_fault,
    digest_fault,
    no_step,
    not_theirs,
    out_of_order,
    parties_fault,
    told,
)


class State(Enum):
    SENT = "SENT"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    ACCEPTED = "ACCEPTED"
    PARTLY_ACCEPTED = "PARTLY_ACCEPTED"
    CHANGED = "CHANGED"
    DESPATCHED = "DESPATCHED"
    RECEIVED = "RECEIVED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"
    CLOSED = "CLOSED"


class Event(Enum):
    ACKNOWLEDGED = "ACKNOWLEDGED"
    ACCEPTED = "ACCEPTED"
    ACCEPTED_WITH_CHANGE = "ACCEPTED_WITH_CHANGE"
    REJECTED = "REJECTED"
    CHANGE_AGREED = "CHANGE_AGREED"
    CHANGED = "CHANGED"
    CANCELLED = "CANCELLED"
    DESPATCHED = "DESPATCHED"
    RECEIVED = "RECEIVED"
    CLOSED = "CLOSED"


S, E, N = State, Event, Nothing.NOTHING
# Codes of the order's answer (UNCL 4343, Peppol transaction T76).
_T76 = "T76"
_OPEN = (S.SENT, S.ACKNOWLEDGED, S.CHANGED)
ORDER = Table(
    "order",
    start=S.SENT,
    ends=(S.REJECTED, S.CANCELLED, S.CLOSED),
    rows=(
        *(Step(one, E.ACKNOWLEDGED, S.ACKNOWLEDGED, N, "AB", _T76) for one in (S.SENT, S.CHANGED)),
        *(Step(one, E.ACCEPTED, S.ACCEPTED, N, "AP", _T76) for one in _OPEN),
        *(Step(one, E.ACCEPTED_WITH_CHANGE, S.PARTLY_ACCEPTED, N, "CA", _T76) for one in _OPEN),
        *(Step(one, E.REJECTED, S.REJECTED, N, "RE", _T76) for one in _OPEN),
        # What the seller would do otherwise binds nobody before the buyer says yes.
        Step(S.PARTLY_ACCEPTED, E.CHANGE_AGREED, S.ACCEPTED, N, "", ""),
        *(Step(one, E.CHANGED, S.CHANGED, N, "", "") for one in (*_OPEN, S.PARTLY_ACCEPTED, S.ACCEPTED)),
        *(Step(one, E.CANCELLED, S.CANCELLED, N, "", "") for one in (*_OPEN, S.PARTLY_ACCEPTED)),
        *(Step(one, E.DESPATCHED, S.DESPATCHED, N, "", "") for one in (S.ACCEPTED, S.DESPATCHED, S.RECEIVED)),
        Step(S.DESPATCHED, E.RECEIVED, S.RECEIVED, N, "", ""),
        *(Step(one, E.CLOSED, S.CLOSED, N, "", "") for one in (S.ACCEPTED, S.RECEIVED)),
    ),
)
_BY_BUYER = frozenset({E.CHANGE_AGREED, E.CHANGED, E.CANCELLED, E.RECEIVED, E.CLOSED})
_NAMES_DOCUMENT = frozenset({E.CHANGED, E.ACCEPTED_WITH_CHANGE, E.DESPATCHED, E.RECEIVED})
SEND = "SEND_ORDER"


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The particulars of a new order; `sha256` is of the document."""

    seller: str
    number: str
    currency: str
    issued: str
    sha256: str
    contract: str = ""


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The document of a change, despatch or receipt: its number and SHA-256."""

    number: str
    sha256: str


class TradeOrder(msgspec.Struct, frozen=True):
    """One order in the hub. `despatches` and `receipts` are (number, SHA-256) of their documents; `sha256` is of the order, or of its last change."""

    id: str
    buyer: str
    seller: str
    number: str
    currency: str
    issued: str
    sha256: str
    contract: str = ""
    state: State = State.SENT
    version: int = 1
    offered_sha256: str = ""
    despatches: tuple[tuple[str, str], ...] = ()
    receipts: tuple[tuple[str, str], ...] = ()
    reason: str = ""


def actors(order: TradeOrder, event: Event) -> tuple[str, ...]:
    """Whose deed a step is."""
    return (order.buyer if event in _BY_BUYER else order.seller,)


def decide(order: TradeOrder | None, deed: Deed, now: Instant, *, number: str = "") -> Decided[TradeOrder] | Refusal:
    """What a deed makes of an order, or why it makes nothing of it. For one that begins, `number` is the id that the hub gives it."""
    if order is None:
        return _send(deed, number)
    refusal = out_of_order(deed, order.id, order.version)
    if refusal is not None:
        return refusal
    event = Event.__members__.get(deed.action)
    if event is None:
        return Refusal(Reason.CODE_UNKNOWN, "deed, action", deed.action[:TEXT_MAX])
    refusal = not_theirs(deed, *actors(order, event))
    if refusal is not None:
        return refusal
    if not ORDER.can(order.state, event):
        return no_step("order", order.state.name, deed.action)
    other = order.seller if deed.actor == order.buyer else order.buyer
    if event is E.REJECTED:
        why = body_of(deed, Why)
        return why if isinstance(why, Refusal) else _made(order, event, other, reason=why.reason[: 10 * TEXT_MAX])
    if event not in _NAMES_DOCUMENT:
        agreed = {"sha256": order.offered_sha256, "offered_sha256": ""} if event is E.CHANGE_AGREED else {}
        return _made(order, event, other, **agreed)
    paper = body_of(deed, Paper)
    if isinstance(paper, Refusal):
        return paper
    return _named(order, event, paper, other)


def _send(deed: Deed, number: str) -> Decided[TradeOrder] | Refusal:
    if deed.action != SEND or deed.instrument or deed.version:
        return Refusal(Reason.NOT_FOUND, "deed, instrument", deed.instrument)
    sent = body_of(deed, Sent)
    if isinstance(sent, Refusal):
        return sent
    refusal = parties_fault(deed.actor, sent.seller) or day_fault("issued", sent.issued) or digest_fault("sha256", sent.sha256)
    if refusal is not None:
        return refusal
    if sent.currency not in CURRENCIES:
        return Refusal(Reason.CODE_UNKNOWN, "currency", sent.currency[:TEXT_MAX])
    made = TradeOrder(number, deed.actor, sent.seller, sent.number, sent.currency, sent.issued, sent.sha256, sent.contract)
    return Decided(made, tells=told("order", number, made.state.name, SEND, sent.seller))


def _named(order: TradeOrder, event: Event, paper: Paper, other: str) -> Decided[TradeOrder] | Refusal:
    refusal = digest_fault("sha256", paper.sha256)
    if refusal is not None:
        return refusal
    named = (paper.number, paper.sha256)
    held = order.despatches if event is E.DESPATCHED else order.receipts if event is E.RECEIVED else ()
    if any(one == paper.number for one, _ in held):
        return Refusal(Reason.DUPLICATE_MESSAGE, "number", paper.number[:TEXT_MAX])
    if event is E.DESPATCHED:
        return _made(order, event, other, despatches=(*order.despatches, named))
    if event is E.RECEIVED:
        return _made(order, event, other, receipts=(*order.receipts, named))
    if event is E.CHANGED:
        return _made(order, event, other, sha256=paper.sha256, offered_sha256="")
    return _made(order, event, other, offered_sha256=paper.sha256)


def _made(order: TradeOrder, event: Event, other: str, **marks: object) -> Decided[TradeOrder]:
    row = ORDER.step(order.state, event)
    made = msgspec.structs.replace(order, state=row.after, version=order.version + 1, **marks)
    return Decided(made, tells=told("order", made.id, row.after.name, row.tells or event.name, other))

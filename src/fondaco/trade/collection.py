"""A documentary collection: documents are handed over against payment (D/P) or acceptance (D/A). Rules: URC 522, by article number."""

from __future__ import annotations

from enum import Enum
from typing import Literal

import msgspec

from fondaco.core import Step, Table
from fondaco.trade import deadline
from fondaco.trade.deadline import Deadline
from fondaco.trade.deed import Kind
from fondaco.trade.examination.words import Tenor
from fondaco.trade.standing import Against, Books, Control, Lock, Payable, pair


class State(Enum):
    INSTRUCTED = "INSTRUCTED"
    SENT = "SENT"
    RECEIVED = "RECEIVED"
    PRESENTED = "PRESENTED"
    ACCEPTED = "ACCEPTED"
    MATURED = "MATURED"
    PAID = "PAID"
    DISHONOURED = "DISHONOURED"
    RE_INSTRUCTED = "RE_INSTRUCTED"
    PROTESTED = "PROTESTED"
    DOCS_RETURNED = "DOCS_RETURNED"
    PROCEEDS_REMITTED = "PROCEEDS_REMITTED"
    CLOSED = "CLOSED"
    DECLINED = "DECLINED"


class Event(Enum):
    SENT = "SENT"
    DECLINED = "DECLINED"
    RECEIVED = "RECEIVED"
    PRESENTED = "PRESENTED"
    ACCEPTED = "ACCEPTED"
    MATURED = "MATURED"
    PART_PAID = "PART_PAID"
    PAID = "PAID"
    DISHONOURED = "DISHONOURED"
    RE_INSTRUCTED = "RE_INSTRUCTED"
    PROTESTED = "PROTESTED"
    DOCS_RETURNED = "DOCS_RETURNED"
    PROCEEDS_REMITTED = "PROCEEDS_REMITTED"
    CLOSED = "CLOSED"
    TRACED = "TRACED"
    FATE_ADVISED = "FATE_ADVISED"
    AMENDED = "AMENDED"


class Moves(Enum):
    """What a step does to the memoranda: OBLIGE books the accepted debt; REDUCE takes off a part, REVERSE all that is left, ADJUST the difference."""

    NOTHING = "NOTHING"
    OBLIGE = "OBLIGE"
    REDUCE = "REDUCE"
    REVERSE = "REVERSE"
    ADJUST = "ADJUST"


S, E, M = State, Event, Moves

COLLECTION = Table(
    "collection",
    start=S.INSTRUCTED,
    ends=(S.CLOSED, S.DECLINED),
    rows=(
        Step(S.INSTRUCTED, E.SENT, S.SENT, M.NOTHING, "", "URC522.5"),
        # A bank that will not handle a collection says so without delay.
        Step(S.INSTRUCTED, E.DECLINED, S.DECLINED, M.REVERSE, "", "URC522.1c"),
        Step(S.SENT, E.RECEIVED, S.RECEIVED, M.NOTHING, "MT410", "URC522.12"),
        Step(S.SENT, E.DECLINED, S.DOCS_RETURNED, M.REVERSE, "", "URC522.1c"),
        Step(S.RECEIVED, E.DECLINED, S.DOCS_RETURNED, M.REVERSE, "", "URC522.1c"),
        Step(S.RECEIVED, E.PRESENTED, S.PRESENTED, M.NOTHING, "", "URC522.6"),
        Step(S.PRESENTED, E.PART_PAID, S.PRESENTED, M.REDUCE, "MT400", "URC522.19b"),
        Step(S.PRESENTED, E.PAID, S.PAID, M.REVERSE, "MT400", "URC522.17"),
        Step(S.PRESENTED, E.ACCEPTED, S.ACCEPTED, M.OBLIGE, "MT412", "URC522.22"),
        Step(S.PRESENTED, E.DISHONOURED, S.DISHONOURED, M.NOTHING, "MT416", "URC522.26c"),
        Step(S.ACCEPTED, E.MATURED, S.MATURED, M.NOTHING, "", "URC522.6"),
        Step(S.MATURED, E.PART_PAID, S.MATURED, M.REDUCE, "MT400", "URC522.19b"),
        Step(S.MATURED, E.PAID, S.PAID, M.REVERSE, "MT400", "URC522.17"),
        Step(S.MATURED, E.DISHONOURED, S.DISHONOURED, M.NOTHING, "MT416", "URC522.26c"),
        Step(S.DISHONOURED, E.RE_INSTRUCTED, S.RE_INSTRUCTED, M.NOTHING, "", "URC522.26c"),
        Step(S.DISHONOURED, E.PROTESTED, S.PROTESTED, M.NOTHING, "MT422", "URC522.24"),
        Step(S.DISHONOURED, E.DOCS_RETURNED, S.DOCS_RETURNED, M.REVERSE, "MT422", "URC522.26c"),
        Step(S.RE_INSTRUCTED, E.PRESENTED, S.PRESENTED, M.NOTHING, "", "URC522.6"),
        Step(S.RE_INSTRUCTED, E.PROTESTED, S.PROTESTED, M.NOTHING, "MT422", "URC522.24"),
        Step(S.RE_INSTRUCTED, E.DOCS_RETURNED, S.DOCS_RETURNED, M.REVERSE, "MT422", "URC522.26c"),
        Step(S.PROTESTED, E.RE_INSTRUCTED, S.RE_INSTRUCTED, M.NOTHING, "", "URC522.26c"),
        Step(S.PROTESTED, E.DOCS_RETURNED, S.DOCS_RETURNED, M.REVERSE, "MT422", "URC522.26c"),
        # What was collected is made available without delay.
        Step(S.PAID, E.PROCEEDS_REMITTED, S.PROCEEDS_REMITTED, M.NOTHING, "", "URC522.16"),
        Step(S.PROCEEDS_REMITTED, E.CLOSED, S.CLOSED, M.NOTHING, "", "URC522.16"),
        # A debt that was accepted and not paid stands until the principal's bank closes what came back to it: the bill is the claim from then on.
        Step(S.DOCS_RETURNED, E.CLOSED, S.CLOSED, M.REVERSE, "", "URC522.26c"),
        # Questions, answers and changed instructions leave the collection where it is.
        Step(S.SENT, E.TRACED, S.SENT, M.NOTHING, "MT420", "URC522.26"),
        Step(S.RECEIVED, E.TRACED, S.RECEIVED, M.NOTHING, "MT420", "URC522.26"),
        Step(S.PRESENTED, E.TRACED, S.PRESENTED, M.NOTHING, "MT420", "URC522.26"),
        Step(S.MATURED, E.TRACED, S.MATURED, M.NOTHING, "MT420", "URC522.26"),
        Step(S.RECEIVED, E.FATE_ADVISED, S.RECEIVED, M.NOTHING, "MT422", "URC522.26a"),
        Step(S.PRESENTED, E.FATE_ADVISED, S.PRESENTED, M.NOTHING, "MT422", "URC522.26a"),
        Step(S.MATURED, E.FATE_ADVISED, S.MATURED, M.NOTHING, "MT422", "URC522.26a"),
        # Why it was not paid or accepted, where the bank finds that out later.
        Step(S.DISHONOURED, E.FATE_ADVISED, S.DISHONOURED, M.NOTHING, "MT422", "URC522.26c"),
        Step(S.PROTESTED, E.FATE_ADVISED, S.PROTESTED, M.NOTHING, "MT422", "URC522.26c"),
        Step(S.SENT, E.AMENDED, S.SENT, M.ADJUST, "MT430", "URC522.4"),
        Step(S.RECEIVED, E.AMENDED, S.RECEIVED, M.ADJUST, "MT430", "URC522.4"),
        Step(S.PRESENTED, E.AMENDED, S.PRESENTED, M.ADJUST, "MT430", "URC522.4"),
        Step(S.DISHONOURED, E.AMENDED, S.DISHONOURED, M.ADJUST, "MT430", "URC522.4"),
    ),
)

ReleaseTerms = Literal["DP", "DA"]


class Listed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of document that goes with a collection: how many originals and copies."""

    kind: str
    originals: int = 1
    copies: int = 0


class Protest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A protest as it was drawn up (URC 522 art. 24): on which day, by whom, where and under which number. `on` is an ISO date."""

    text: str = ""
    on: str = ""
    notary: str = ""
    place: str = ""
    reference: str = ""


class Dishonour(msgspec.Struct, frozen=True):
    """That a collection was not paid (NPAY) or not accepted (NACC), on a day (ISO), as `by` says, with the reason in words; and its protest."""

    kind: Literal["NPAY", "NACC"]
    on: str
    by: str
    text: str = ""
    protest: Protest | None = None


class Collection(msgspec.Struct, frozen=True):
    """One collection. Amounts are whole minor units of `currency`; days are ISO dates.

    `records` are the transferable records among the documents; `bill` is the one of them that is an electronic bill of exchange, "" where the bill is
    on paper or there is none: it is handed over against payment alone. `tenor_from` is the day that the tenor is counted from, "" for sight and a fixed day.
    `part_payment` and `protest` are what the instruction authorises. `direction` is what the last further instruction asks for. `batches` are the hashes
    of the settlement batches that paid. `dishonours` are its refusals, in their order.
    """

    id: str
    version: int
    state: State
    principal: str
    remitting_bank: str
    collecting_bank: str
    drawee: str
    currency: str
    amount: int
    terms: ReleaseTerms
    tenor: Tenor | None = None
    tenor_from: str = ""
    records: tuple[str, ...] = ()
    bill: str = ""
    documents: tuple[Listed, ...] = ()
    part_payment: bool = False
    protest: bool = False
    answer_by: str = ""
    case_of_need: str = ""
    paid: int = 0
    batches: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    accepted_on: str = ""
    matures_on: str = ""
    matures_at: int = 0
    direction: str = ""
    deadlines: tuple[Deadline, ...] = ()
    dishonours: tuple[Dishonour, ...] = ()

    @property
    def outstanding(self) -> int:
        return self.amount - self.paid

    @property
    def released(self) -> bool:
        """Whether the drawee has the documents: against acceptance, or against the whole amount."""
        return self.state in _COLLECTED or (self.terms == "DA" and bool(self.accepted_on))


_COLLECTED = frozenset({S.PAID, S.PROCEEDS_REMITTED})
# What the drawee accepted is owed no more, or no more for this house to keep: the principal has its bill back.
_OVER = _COLLECTED | {S.CLOSED, S.DECLINED}


def books(collection: Collection) -> Books:
    """What stands in memoranda: what the remitting bank has out for its principal, and the debt that the drawee accepted."""
    if collection.state in _OVER:
        return {}
    found = {}
    if collection.state is not S.DOCS_RETURNED:
        bank = collection.remitting_bank
        out = pair(Kind.COLLECTION_CLAIM, bank, Kind.COLLECTION_LIABILITY, bank, collection.id, collection.currency)
        found[out] = collection.outstanding
    if collection.accepted_on:
        found[
            pair(
                Kind.OBLIGATION_CLAIM,
                collection.principal,
                Kind.OBLIGATION_LIABILITY,
                collection.drawee,
                collection.id,
                collection.currency,
            )
        ] = collection.outstanding
    return found


def control(collection: Collection) -> Control:
    """Who holds each record. Banks hold them for the principal and have no title of their own."""
    return {record: _holder(collection, record) for record in collection.records}


def _holder(collection: Collection, record: str) -> str:
    # An accepted bill stays with the bank that must present it for payment.
    if collection.paid == collection.amount or (collection.released and record != collection.bill):
        return collection.drawee
    if collection.state in (S.INSTRUCTED, S.DECLINED, S.CLOSED):
        return collection.principal
    if collection.state in (S.SENT, S.DOCS_RETURNED):
        return collection.remitting_bank
    return collection.collecting_bank


def locks(collection: Collection) -> tuple[Lock, ...]:
    """The records that are offered, each against one thing; every other one stays where it is."""
    state = collection.state
    if state is S.INSTRUCTED:
        taker, against = collection.remitting_bank, Against.MANDATE
    elif state is S.SENT:
        taker, against = collection.collecting_bank, Against.MANDATE
    elif state is S.PRESENTED and collection.terms == "DA" and not collection.accepted_on:
        taker, against = collection.drawee, Against.ACCEPTANCE
    elif state in (S.PRESENTED, S.MATURED):
        taker, against = collection.drawee, Against.PAYMENT
    else:
        return ()
    offered = (r for r in collection.records if _holder(collection, r) != taker)
    if against is Against.ACCEPTANCE:
        offered = (r for r in offered if r != collection.bill)
    return tuple(Lock(r, _holder(collection, r), taker, against.value, collection.id) for r in sorted(offered))


def payables(collection: Collection) -> tuple[Payable, ...]:
    """What the drawee must pay now: once the documents are presented for payment, or the accepted bill has matured."""
    wanted = collection.state is S.MATURED or (
        collection.state is S.PRESENTED and (collection.terms == "DP" or bool(collection.accepted_on))
    )
    if not wanted:
        return ()
    owed = collection.outstanding
    return (Payable(collection.id, collection.drawee, collection.principal, collection.currency, owed),)


def due(collection: Collection) -> int:
    """The next instant at which time alone changes something, 0 for none."""
    clocks = [each.due_at for each in collection.deadlines if each.state is deadline.State.OPEN]
    if collection.state is S.ACCEPTED:
        clocks.append(collection.matures_at)
    return min(clocks, default=0)

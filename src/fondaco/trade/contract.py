"""A contract of sale: offered by one side, countersigned by the other, changed by both, ended by both or by its last day. It moves no money."""

from __future__ import annotations

from enum import Enum

import msgspec

from fondaco.core import CURRENCIES, Instant, Nothing, Reason, Refusal, Step, Table
from fondaco.trade.deed import Decided, Deed
from fondaco.trade.invoice_terms import INCOTERMS
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
from fondaco.trade.price_reference import decimal_of


class State(Enum):
    DRAFT = "DRAFT"
    OFFERED = "OFFERED"
    AGREED = "AGREED"
    IN_FORCE = "IN_FORCE"
    AMENDING = "AMENDING"
    DISPUTED = "DISPUTED"
    DECLINED = "DECLINED"
    FULFILLED = "FULFILLED"
    TERMINATED = "TERMINATED"


class Event(Enum):
    OFFERED = "OFFERED"
    COUNTERSIGNED = "COUNTERSIGNED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"
    OFFER_LAPSED = "OFFER_LAPSED"
    FORCE_BEGAN = "FORCE_BEGAN"
    CHANGE_PROPOSED = "CHANGE_PROPOSED"
    CHANGE_AGREED = "CHANGE_AGREED"
    CHANGE_DECLINED = "CHANGE_DECLINED"
    DISPUTE_RAISED = "DISPUTE_RAISED"
    DISPUTE_SETTLED = "DISPUTE_SETTLED"
    FULFILMENT_AGREED = "FULFILMENT_AGREED"
    END_AGREED = "END_AGREED"
    LAST_DAY_PASSED = "LAST_DAY_PASSED"


S, E, N = State, Event, Nothing.NOTHING
CONTRACT = Table(
    "contract",
    start=S.DRAFT,
    ends=(S.DECLINED, S.FULFILLED, S.TERMINATED),
    rows=(
        Step(S.DRAFT, E.OFFERED, S.OFFERED, N, "", ""),
        Step(S.OFFERED, E.COUNTERSIGNED, S.AGREED, N, "", ""),
        Step(S.OFFERED, E.DECLINED, S.DECLINED, N, "", ""),
        Step(S.OFFERED, E.WITHDRAWN, S.DECLINED, N, "", ""),
        Step(S.OFFERED, E.OFFER_LAPSED, S.DECLINED, N, "", ""),
        Step(S.AGREED, E.FORCE_BEGAN, S.IN_FORCE, N, "", ""),
        Step(S.AGREED, E.END_AGREED, S.TERMINATED, N, "", ""),
        Step(S.IN_FORCE, E.CHANGE_PROPOSED, S.AMENDING, N, "", ""),
        # The old terms bind until both have signed the new ones; silence changes nothing.
        Step(S.AMENDING, E.CHANGE_AGREED, S.IN_FORCE, N, "", ""),
        Step(S.AMENDING, E.CHANGE_DECLINED, S.IN_FORCE, N, "", ""),
        Step(S.AMENDING, E.LAST_DAY_PASSED, S.TERMINATED, N, "", ""),
        Step(S.IN_FORCE, E.DISPUTE_RAISED, S.DISPUTED, N, "", ""),
        Step(S.DISPUTED, E.DISPUTE_SETTLED, S.IN_FORCE, N, "", ""),
        Step(S.DISPUTED, E.END_AGREED, S.TERMINATED, N, "", ""),
        Step(S.IN_FORCE, E.FULFILMENT_AGREED, S.FULFILLED, N, "", ""),
        Step(S.IN_FORCE, E.END_AGREED, S.TERMINATED, N, "", ""),
        Step(S.IN_FORCE, E.LAST_DAY_PASSED, S.TERMINATED, N, "", ""),
    ),
)
# What takes both sides: the first who says it proposes, the second makes it so.
_BY_BOTH = frozenset({E.FULFILMENT_AGREED, E.END_AGREED, E.DISPUTE_SETTLED})
_BY_OTHER = {E.COUNTERSIGNED, E.DECLINED, E.CHANGE_AGREED, E.CHANGE_DECLINED}


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is agreed: currency, rule of Incoterms and place, tolerance in percent, terms of payment; `sha256` is of the text that both sign."""

    currency: str
    sha256: str
    incoterm: str = ""
    place: str = ""
    tolerance_percent: str = "0"
    payment: str = ""


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The particulars of an offer: who buys, the terms, the days between which the contract is in force, and the last on which the offer stands."""

    buyer: str
    terms: Terms
    first_day: str
    last_day: str
    open_until: str


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """New terms."""

    terms: Terms


class Contract(msgspec.Struct, frozen=True):
    """One contract. `proposed` and `proposed_by` are a change that waits for the other side; `said` is what one side has said of what takes both."""

    id: str
    seller: str
    buyer: str
    terms: Terms
    first_day: str
    last_day: str
    open_until: str
    state: State = State.OFFERED
    version: int = 1
    proposed: Terms | None = None
    proposed_by: str = ""
    said: tuple[str, str] = ("", "")
    reason: str = ""


def actors(contract: Contract, event: Event) -> tuple[str, ...]:
    """Whose deed a step is; nobody's where the calendar brings it."""
    if event in (E.OFFER_LAPSED, E.FORCE_BEGAN, E.LAST_DAY_PASSED):
        return ()
    if event is E.WITHDRAWN:
        return (contract.seller,)
    proposer = contract.proposed_by or contract.seller
    return tuple(one for one in (contract.seller, contract.buyer) if event not in _BY_OTHER or one != proposer)


def decide(
    contract: Contract | None, deed: Deed, now: Instant, *, number: str = "", today: str = ""
) -> Decided[Contract] | Refusal:
    """What a deed makes of a contract. `today` is the business day (ISO date): a contract whose first day has come is in force once it is signed."""
    if contract is None:
        return _offer(deed, number, today)
    refusal = out_of_order(deed, contract.id, contract.version) or not_theirs(deed, contract.seller, contract.buyer)
    if refusal is not None:
        return refusal
    event = Event.__members__.get(deed.action)
    if event is None or event in (E.OFFERED, E.OFFER_LAPSED, E.FORCE_BEGAN, E.LAST_DAY_PASSED):
        return Refusal(Reason.CODE_UNKNOWN, "deed, action", deed.action[:TEXT_MAX])
    if not CONTRACT.can(contract.state, event):
        return no_step("contract", contract.state.name, deed.action)
    proposer = contract.proposed_by or contract.seller
    if event in _BY_OTHER and deed.actor == proposer:
        return Refusal(Reason.ROLE_NOT_HELD, f"deed {deed.action}, actor", "the other side answers")
    if event is E.WITHDRAWN and deed.actor != contract.seller:
        return Refusal(Reason.ROLE_NOT_HELD, f"deed {deed.action}, actor", "who offered withdraws")
    return _step(contract, deed, event, today)


def on_day(contract: Contract, today: str) -> Decided[Contract] | None:
    """What the beginning of `today` makes of a contract: an offer lapses, force begins or ends."""
    if contract.state is S.OFFERED and contract.open_until < today:
        return _made(contract, E.OFFER_LAPSED, contract.seller, contract.buyer)
    if contract.state is S.AGREED and contract.first_day <= today:
        return _made(contract, E.FORCE_BEGAN, contract.seller, contract.buyer)
    if contract.last_day < today and CONTRACT.can(contract.state, E.LAST_DAY_PASSED):
        return _made(contract, E.LAST_DAY_PASSED, contract.seller, contract.buyer)
    return None


def _offer(deed: Deed, number: str, today: str) -> Decided[Contract] | Refusal:
    if deed.action != E.OFFERED.name or deed.instrument or deed.version:
        return Refusal(Reason.NOT_FOUND, "deed, instrument", deed.instrument)
    offer = body_of(deed, Offer)
    if isinstance(offer, Refusal):
        return offer
    refusal = (
        parties_fault(deed.actor, offer.buyer)
        or day_fault("first_day", offer.first_day)
        or day_fault("last_day", offer.last_day)
        or day_fault("open_until", offer.open_until)
        or _terms_fault(offer.terms)
    )
    if refusal is not None:
        return refusal
    if offer.last_day < max(offer.first_day, today):
        return Refusal(Reason.MALFORMED, "last_day", offer.last_day)
    made = Contract(number, deed.actor, offer.buyer, offer.terms, offer.first_day, offer.last_day, offer.open_until)
    return Decided(made, tells=told("contract", number, made.state.name, deed.action, offer.buyer))


def _terms_fault(terms: Terms) -> Refusal | None:
    if terms.currency not in CURRENCIES:
        return Refusal(Reason.CODE_UNKNOWN, "terms, currency", terms.currency[:TEXT_MAX])
    if terms.incoterm and terms.incoterm not in INCOTERMS:
        return Refusal(Reason.CODE_UNKNOWN, "terms, incoterm", terms.incoterm[:TEXT_MAX])
    tolerance = decimal_of(terms.tolerance_percent)
    if tolerance is None or not 0 <= tolerance <= 100:
        return Refusal(Reason.MALFORMED, "terms, tolerance_percent", terms.tolerance_percent[:TEXT_MAX])
    return digest_fault("terms, sha256", terms.sha256)


def _step(contract: Contract, deed: Deed, event: Event, today: str) -> Decided[Contract] | Refusal:
    other = contract.buyer if deed.actor == contract.seller else contract.seller
    if event is E.CHANGE_PROPOSED:
        change = body_of(deed, Change)
        if isinstance(change, Refusal):
            return change
        refusal = _terms_fault(change.terms)
        if refusal is not None:
            return refusal
        return _made(msgspec.structs.replace(contract, proposed=change.terms, proposed_by=deed.actor), event, other)
    if event is E.DISPUTE_RAISED:
        why = body_of(deed, Why)
        if isinstance(why, Refusal):
            return why
        return _made(msgspec.structs.replace(contract, reason=why.reason[: 10 * TEXT_MAX]), event, other)
    if event in _BY_BOTH and contract.said != (other, event.name):
        said = msgspec.structs.replace(contract, said=(deed.actor, event.name), version=contract.version + 1)
        return Decided(said, tells=told("contract", contract.id, contract.state.name, f"{event.name} proposed", other))
    if event is E.CHANGE_AGREED:
        assert contract.proposed is not None
        contract = msgspec.structs.replace(contract, terms=contract.proposed)
    made = _made(contract, event, other)
    if made.instrument.state is S.AGREED and made.instrument.first_day <= today:
        made = _made(made.instrument, E.FORCE_BEGAN, other)
    return made


def _made(contract: Contract, event: Event, *tell: str) -> Decided[Contract]:
    row = CONTRACT.step(contract.state, event)
    waits = row.after is S.AMENDING
    made = msgspec.structs.replace(
        contract,
        state=row.after,
        version=contract.version + 1,
        said=("", ""),
        proposed=contract.proposed if waits else None,
        proposed_by=contract.proposed_by if waits else "",
    )
    return Decided(made, tells=told("contract", made.id, row.after.name, event.name, *tell))

"""The papers of a sale against the contract that they are under: currency, parties, terms of delivery, days, and how far they may be off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from fondaco.trade.contract import Contract, State
from fondaco.trade.documents import Invoice, Order, Party
from fondaco.trade.finding import ERROR, WARNING, Finding
from fondaco.trade.match import Tolerances


def tolerances_of(contract: Contract, given: Tolerances) -> Tolerances:
    """How far papers may be above each other: in quantity and in the whole by what the contract agreed on, where nothing wider is given; a price is the
    contract's to the unit."""
    agreed = Decimal(contract.terms.tolerance_percent)
    return Tolerances(max(agreed, given.quantity_percent), given.price_percent, max(agreed, given.total_percent))


def under_contract(contract: Contract, order: Order, invoice: Invoice, names: Mapping[str, tuple[str, ...]]) -> Iterator[Finding]:
    """Where order and invoice are not what the contract says. `names` are those under which the hub knows its parties: a party that it knows no name of is
    not compared."""
    at, terms = f"contract {contract.id}", contract.terms
    if contract.state in (State.OFFERED, State.DECLINED):
        yield Finding("3W-15", ERROR, at, contract.state.name, "a contract that both sides signed")
    papers: tuple[tuple[str, Order | Invoice], ...] = ((f"order {order.number}", order), (f"invoice {invoice.number}", invoice))
    for place, paper in papers:
        if paper.currency and paper.currency != terms.currency:
            yield Finding("3W-10", ERROR, f"{place}, currency", paper.currency, terms.currency, f"{at}, currency")
        for side, known, party in (("seller", contract.seller, paper.seller), ("buyer", contract.buyer, paper.buyer)):
            yield from _party(f"{place}, {side}", party, names.get(known, ()), f"{at}, {side}")
        delivery = paper.terms
        if terms.incoterm and delivery is not None and delivery.code and delivery.code != terms.incoterm:
            yield Finding("3W-12", ERROR, f"{place}, terms", delivery.code, terms.incoterm, f"{at}, incoterm")
        if terms.place and delivery is not None and delivery.place and _plain(delivery.place) != _plain(terms.place):
            yield Finding("3W-12", ERROR, f"{place}, place", delivery.place, terms.place, f"{at}, place")
        if paper.contract and paper.contract != contract.id:
            yield Finding("3W-14", WARNING, f"{place}, contract", paper.contract, contract.id, at)
    if not contract.first_day <= order.issued <= contract.last_day:
        days = f"{contract.first_day} to {contract.last_day}"
        yield Finding("3W-13", ERROR, f"order {order.number}, issued", order.issued, days, f"{at}, in force")


def _party(place: str, party: Party | None, known: tuple[str, ...], other: str) -> Iterator[Finding]:
    said = [name for name in (party.name, party.known_as) if name] if party is not None else []
    if said and known and not {_plain(one) for one in said} & {_plain(one) for one in known}:
        yield Finding("3W-11", ERROR, place, said[0], known[0], other)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())

"""Contracts of the hub at the command line: one side offers a text, the other signs it, and orders are sent under it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from cyclopts import App, Parameter

from fondaco.cli.terminal import HERE, Folder, Json, Refused, console, opened_hub, show
from fondaco.cli.trade_app import trade_app
from fondaco.cli.trading import Keys, Output, done, hub_of
from fondaco.hub import Hub, NotReady
from fondaco.trade import Contract, Deed, contract, open_account

contract_app = App(name="contract", help="Contracts of sale in the hub: offer, agree, change, act, show, list.")
trade_app.command(contract_app)
As = Annotated[str, Parameter(name="--as", help="Who acts: a registered party, or a member's BIC of eight.")]
_BOTH_SIGN = {contract.State.OFFERED: contract.Event.COUNTERSIGNED, contract.State.AMENDING: contract.Event.CHANGE_AGREED}


def _found(opened: Hub, number: str) -> Contract:
    found = opened.trading.contracts.found(number)
    if found is None:
        raise Refused(f"{number}: there is no such contract; `fondaco trade contract list` shows which there are")
    return found


def _digest(text: Path) -> str:
    try:
        return hashlib.sha256(text.read_bytes()).hexdigest()
    except OSError as fault:
        raise NotReady(f"{text}: {fault.strerror}") from fault


def _act(
    number: str, action: str, actor: str, body: bytes, keys: tuple[Path, ...], output: Path | None, hub: Path, json: bool
) -> None:
    with opened_hub(hub) as opened:
        found = _found(opened, number)
        done(Deed(hub_of(opened), actor, number, found.version, action, body), keys, output, opened, hub, json)


@contract_app.command
def offer(
    text: Path, buyer: str, *, actor: As, currency: str, first_day: Annotated[str, Parameter(name="--from")],
    last_day: Annotated[str, Parameter(name="--until")], open_until: str, incoterm: str = "", place: str = "", tolerance: str = "0",
    payment: str = "", key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Offer a contract to BUYER as the seller: TEXT is the file that both sign, by its digest; it stays where it is.

    The offer stands to the end of OPEN_UNTIL, the contract from its first to its last day. TOLERANCE is percent, of quantities and of the whole.
    """
    terms = contract.Terms(currency, _digest(text), incoterm, place, tolerance, payment)
    body = msgspec.json.encode(contract.Offer(buyer, terms, first_day, last_day, open_until))
    with opened_hub(hub) as opened:
        done(Deed(hub_of(opened), actor, "", 0, contract.Event.OFFERED.name, body), key, output, opened, hub, json)


@contract_app.command
def agree(
    number: str, text: Path, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """Sign what the other side offered: the contract NUMBER, or the change of it that waits. TEXT is the file that you read: it must be the very one."""
    with opened_hub(hub) as opened:
        found = _found(opened, number)
        event = _BOTH_SIGN.get(found.state)
        if event is None:
            raise Refused(f"{number} is {found.state.name}: nothing waits to be signed")
        terms = found.proposed or found.terms
        read = _digest(text)
        if read != terms.sha256:
            raise Refused(f"{text} is not what was offered: its SHA-256 is {read}, and {terms.sha256} stands in {number}")
        done(Deed(hub_of(opened), actor, number, found.version, event.name, b"{}"), key, output, opened, hub, json)


@contract_app.command
def change(
    number: str, text: Path, *, actor: As, currency: str, incoterm: str = "", place: str = "", tolerance: str = "0", payment: str = "",
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Propose new terms for the contract NUMBER, whole: the old ones bind until the other side agrees."""
    body = msgspec.json.encode(contract.Change(contract.Terms(currency, _digest(text), incoterm, place, tolerance, payment)))
    _act(number, contract.Event.CHANGE_PROPOSED.name, actor, body, key, output, hub, json)


@contract_app.command
def act(
    action: str, number: str, *, actor: As, reason: str = "", key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:  # fmt: skip
    """Any other deed by its name: DECLINED, WITHDRAWN, CHANGE_DECLINED, DISPUTE_RAISED with a REASON; DISPUTE_SETTLED, FULFILMENT_AGREED and END_AGREED, which
    both sides say."""
    body = msgspec.json.encode(open_account.Why(reason)) if reason else b"{}"
    _act(number, action.upper(), actor, body, key, output, hub, json)


@contract_app.command(name="show")
def show_contract(number: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Where the contract NUMBER stands: its terms, a change that waits, and the orders under it."""
    with opened_hub(hub) as opened:
        found = _found(opened, number)
        orders = [one.id for one in opened.trading.orders.all() if one.contract == number]
    facts = _row(found) | {
        "terms": msgspec.to_builtins(found.terms), "proposed": msgspec.to_builtins(found.proposed), "proposed_by": found.proposed_by,
        "said": list(found.said) if found.said[0] else [], "reason": found.reason, "version": found.version, "orders": orders,
    }  # fmt: skip

    def text() -> None:
        _tell(facts)
        for name, terms in (("terms", found.terms), (f"proposed by {found.proposed_by}", found.proposed)):
            if terms is not None:
                said = " ".join(
                    filter(None, (terms.currency, terms.incoterm, terms.place, f"{terms.tolerance_percent} %", terms.payment))
                )
                console.print(f"  {name}: {said}; sha256 {terms.sha256}", markup=False, highlight=False)
        if orders:
            console.print(f"  orders: {', '.join(orders)}", markup=False, highlight=False)

    show(json, facts, text)


@contract_app.command(name="list")
def list_contracts(*, party: str = "", hub: Folder = HERE, json: Json = False) -> None:
    """Every contract of the hub, or those of which PARTY is seller or buyer."""
    with opened_hub(hub) as opened:
        rows = [_row(one) for one in opened.trading.contracts.all() if party in ("", one.seller, one.buyer)]

    def text() -> None:
        for row in rows:
            _tell(row)
        if not rows:
            console.print("no contracts")

    show(json, rows, text)


def _row(found: Contract) -> dict[str, Any]:
    return {
        "instrument": found.id, "state": found.state.name, "seller": found.seller, "buyer": found.buyer, "currency": found.terms.currency,
        "first_day": found.first_day, "last_day": found.last_day, "open_until": found.open_until,
    }  # fmt: skip


def _tell(row: dict[str, Any]) -> None:
    console.print(
        f"{row['instrument']}  {row['state']}  {row['seller']} to {row['buyer']}, {row['first_day']} to {row['last_day']}",
        markup=False,
        highlight=False,
    )

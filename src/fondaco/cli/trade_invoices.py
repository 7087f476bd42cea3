"""Orders and invoices of the hub: every deed upon them, and where they stand. The papers themselves are the words of `invoicing`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter

from fondaco.cli.invoicing import invoice_app, paper_in
from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, console, opened_hub, show
from fondaco.cli.trade_app import trade_app
from fondaco.cli.trading import Keys, Output, done, hub_of
from fondaco.core import CURRENCIES, Refusal, minor_text
from fondaco.hub import Hub
from fondaco.trade import (
    Deed,
    InvoiceResponse,
    Order,
    TradeInvoice,
    TradeOrder,
    answer_of,
    credit_of,
    invoice,
    issue_of,
    open_account,
    order,
)

order_app = App(name="order", help="Orders in the hub: send, act, show, list.")
trade_app.command(order_app)
As = Annotated[str, Parameter(name="--as", help="Who acts: a registered party, or a member's BIC of eight.")]
Answer = Literal["AB", "IP", "UQ", "CA", "RE", "AP", "PD"]


def _found(opened: Hub, instrument: str) -> TradeInvoice | TradeOrder:
    kind, papers = ("invoice", opened.trading.invoices) if instrument.startswith("INV-") else ("order", opened.trading.orders)
    found: TradeInvoice | TradeOrder | None = papers.found(instrument)
    if found is None:
        raise Refused(f"{instrument}: there is no such {kind}; `fondaco trade {kind} list` shows which there are")
    return found


def _begin(
    action: str, actor: str, body: msgspec.Struct, keys: tuple[Path, ...], output: Path | None, hub: Path, json: bool
) -> None:
    with opened_hub(hub) as opened:
        done(Deed(hub_of(opened), actor, "", 0, action, msgspec.json.encode(body)), keys, output, opened, hub, json)


def _act(
    instrument: str, action: str, actor: str, body: bytes, keys: tuple[Path, ...], output: Path | None, hub: Path, json: bool
) -> None:
    """A deed upon a paper as it stands now."""
    with opened_hub(hub) as opened:
        found = _found(opened, instrument)
        done(Deed(hub_of(opened), actor, instrument, found.version, action, body), keys, output, opened, hub, json)


def _sure(file: Path, found: Any) -> Any:
    if isinstance(found, Refusal):
        raise Refused(f"{file}: {found.sentence()}")
    return found


# Invoices


@invoice_app.command
def issue(
    file: Path, buyer: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """Bring the invoice FILE (UBL, CII, Factur-X, JSON) into the hub: BUYER is the registered party that it is for. It is a debt once the buyer accepts it."""
    _begin(invoice.ISSUE, actor, _sure(file, issue_of(paper_in(file), buyer)), key, output, hub, json)


@invoice_app.command
def respond(
    instrument: str, code: Answer | None = None, *, actor: As, reason: str = "", file: Path | None = None,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Answer the invoice INSTRUMENT as its buyer, by Peppol's CODE, with a REASON where it is UQ, CA or RE; or by the answer that FILE is."""
    if (code is None) == (file is None):
        raise Misused("an answer is a CODE (AB, IP, UQ, CA, RE, AP, PD), or a --file that holds one")
    if file is None:
        assert code is not None, "one of them was named"
        body: msgspec.Struct = open_account.Why(reason) if reason else open_account.Nothing()
        _act(instrument, invoice.ANSWERS[code].name, actor, msgspec.json.encode(body), key, output, hub, json)
        return
    paper = paper_in(file).document
    if not isinstance(paper, InvoiceResponse):
        raise Misused(f"{file}: the answer to an invoice is wanted, and this is {type(paper).__name__}")
    with opened_hub(hub) as opened:
        found = _found(opened, instrument)
        event, said = _sure(file, answer_of(paper, found.number))
        deed = Deed(hub_of(opened), actor, instrument, found.version, event.name, msgspec.json.encode(said))
        done(deed, key, output, opened, hub, json)


@invoice_app.command
def accept(instrument: str, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False) -> None:
    """Accept the invoice INSTRUMENT as its buyer: it is a debt on the books from now on."""
    _act(instrument, invoice.Event.APPROVED.name, actor, b"{}", key, output, hub, json)


@invoice_app.command
def credit(
    instrument: str, file: Path, *, actor: As, key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False
) -> None:
    """Take the credit note FILE, which names it, off the invoice INSTRUMENT as its seller."""
    with opened_hub(hub) as opened:
        found = _found(opened, instrument)
        note = _sure(file, credit_of(paper_in(file), found.number))
        deed = Deed(hub_of(opened), actor, instrument, found.version, invoice.CREDIT, msgspec.json.encode(note))
        done(deed, key, output, opened, hub, json)


@invoice_app.command(name="act")
def act_on_invoice(
    action: str, instrument: str, *, actor: As, particulars: str = "{}",
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Any other deed by its name (DISPUTE_RAISED, ENCUMBER, RECEIPT, OPT_IN ...), its PARTICULARS as JSON. That it is paid, the hub alone says."""
    _act(instrument, action.upper(), actor, particulars.encode(), key, output, hub, json)


@invoice_app.command(name="show")
def show_invoice(instrument: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Where the invoice INSTRUMENT stands: what is open, and every payment (UETR), credit note and set-off."""
    with opened_hub(hub) as opened:
        found = _found(opened, instrument)
    if not isinstance(found, TradeInvoice):
        raise Misused(f"{instrument} is no invoice")
    exponent = CURRENCIES[found.currency].exponent
    moved = [
        {"kind": kind, "reference": reference, "amount": minor_text(minor, exponent)}
        for kind, rows in (("payment", found.payments), ("credit note", found.credits), ("set-off", found.set_offs))
        for reference, minor in rows
    ]
    facts = _row(found) | {
        "issued": found.issued, "sha256": found.sha256, "order": found.order, "letter_of_credit": found.letter_of_credit,
        "reason": found.reason, "version": found.version, "moved": moved,
    }  # fmt: skip

    def text() -> None:
        _tell(facts)
        for one in moved:
            console.print(f"  {one['kind']} {one['reference']}: {one['amount']}", markup=False, highlight=False)

    show(json, facts, text)


@invoice_app.command(name="list")
def list_invoices(*, party: str = "", hub: Folder = HERE, json: Json = False) -> None:
    """Every invoice of the hub, or those of which PARTY is seller or buyer."""
    with opened_hub(hub) as opened:
        rows = [_row(one) for one in opened.trading.invoices.all() if party in ("", one.seller, one.buyer)]
    _show_rows(json, rows, "no invoices")


# Orders


@order_app.command
def send(
    file: Path, seller: str, *, actor: As, contract: str = "",
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Bring the order FILE into the hub as its buyer: SELLER is the registered party that it is for, CONTRACT the contract that it is under:
    of this hub (CON-000001), which must be in force between the two and in its currency, or of elsewhere."""
    paper = paper_in(file)
    if not isinstance(paper.document, Order):
        raise Misused(f"{file}: an order is wanted, and this is {type(paper.document).__name__}")
    found = paper.document
    _begin(
        order.SEND, actor, order.Sent(seller, found.number, found.currency, found.issued, paper.sha256, contract),
        key, output, hub, json,
    )  # fmt: skip


@order_app.command(name="act")
def act_on_order(
    action: str, instrument: str, *, actor: As, reason: str = "", file: Path | None = None,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """A deed upon an order by its name (ACKNOWLEDGED, ACCEPTED, REJECTED with a REASON; CHANGED, DESPATCHED, RECEIVED with the FILE of that paper)."""
    body: msgspec.Struct = open_account.Nothing()
    if file is not None:
        paper = paper_in(file)
        body = order.Paper(paper.document.number, paper.sha256)
    elif reason:
        body = open_account.Why(reason)
    _act(instrument, action.upper(), actor, msgspec.json.encode(body), key, output, hub, json)


@order_app.command(name="show")
def show_order(instrument: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Where the order INSTRUMENT stands, and the papers of its despatches and receipts."""
    with opened_hub(hub) as opened:
        found = _found(opened, instrument)
    if not isinstance(found, TradeOrder):
        raise Misused(f"{instrument} is no order")
    papers = [
        {"kind": kind, "number": number, "sha256": digest}
        for kind, rows in (("despatch", found.despatches), ("receipt", found.receipts))
        for number, digest in rows
    ]
    facts = _row(found) | {
        "issued": found.issued, "sha256": found.sha256, "contract": found.contract, "reason": found.reason, "version": found.version,
        "papers": papers,
    }  # fmt: skip

    def text() -> None:
        _tell(facts)
        for one in papers:
            console.print(f"  {one['kind']} {one['number']}: sha256 {one['sha256']}", markup=False, highlight=False)

    show(json, facts, text)


@order_app.command(name="list")
def list_orders(*, party: str = "", hub: Folder = HERE, json: Json = False) -> None:
    """Every order of the hub, or those of which PARTY is seller or buyer."""
    with opened_hub(hub) as opened:
        rows = [_row(one) for one in opened.trading.orders.all() if party in ("", one.seller, one.buyer)]
    _show_rows(json, rows, "no orders")


def _row(found: TradeInvoice | TradeOrder) -> dict[str, Any]:
    row: dict[str, Any] = {
        "instrument": found.id, "state": found.state.name, "number": found.number, "seller": found.seller, "buyer": found.buyer,
        "currency": found.currency,
    }  # fmt: skip
    if isinstance(found, TradeOrder):
        return row
    exponent = CURRENCIES[found.currency].exponent
    return row | {
        "amount": minor_text(found.minor, exponent), "open": minor_text(found.open_minor, exponent), "due": found.due,
        "encumbrance": found.encumbrance, "encumbered_to": found.encumbered_to,
        "set_off": found.buyer_opted_in and found.seller_opted_in,
    }  # fmt: skip


def _tell(row: dict[str, Any]) -> None:
    money = f"  {row['open']} of {row['amount']} {row['currency']} open, due {row['due']}" if "open" in row else ""
    right = f"; {row['encumbrance']} to {row['encumbered_to']}" if row.get("encumbrance") else ""
    console.print(
        f"{row['instrument']}  {row['state']}  {row['number']} of {row['seller']} to {row['buyer']}{money}{right}"
        if "open" in row
        else f"{row['instrument']}  {row['state']}  {row['number']} of {row['buyer']} to {row['seller']}",
        markup=False,
        highlight=False,
    )


def _show_rows(json: bool, rows: list[dict[str, Any]], none: str) -> None:
    def text() -> None:
        for row in rows:
            _tell(row)
        if not rows:
            console.print(none)

    show(json, rows, text)

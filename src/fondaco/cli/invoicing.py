"""Invoices, orders and despatches at the command line: checked, read, written, compared, paid. None of it needs a hub but the draft of a payment, and what is held against
a contract of one."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter

from fondaco.cli.drafting import Draft, Output, customer_transfer
from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, console, opened_hub, show
from fondaco.cli.trade_app import trade_app
from fondaco.core import CURRENCIES, MalformedMessage, bic_fault, minor_of, minor_text
from fondaco.hub import NotReady
from fondaco.messages import Payee, Payer
from fondaco.trade import (
    Address,
    Contract,
    DespatchAdvice,
    Engine,
    ExtraMissing,
    Finding,
    Invoice,
    Kept,
    Order,
    ReceiptAdvice,
    Rules,
    Tolerances,
    contract_match,
    lost_in,
    read_document,
    remittance_of,
    to_json,
    write_document,
)
from fondaco.trade import check as check_invoice
from fondaco.trade import match as match_papers

invoice_app = App(name="invoice", help="Invoices and the papers around them: check, read, write, pay.")
trade_app.command(invoice_app)
Form = Literal["ubl", "cii", "factur-x", "json"]


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as fault:
        raise NotReady(f"{file}: {fault.strerror}") from fault


def paper_in(file: Path) -> Kept:
    """The paper that a file holds, in whichever form. Raises `Refused` with the place for one that cannot be read."""
    try:
        return read_document(_bytes(file))
    except MalformedMessage as fault:
        raise Refused(f"{file}: {fault.refusal.sentence()}") from fault
    except ExtraMissing as fault:
        raise NotReady(str(fault)) from fault


def _findings(found: tuple[Finding, ...]) -> None:
    for one in found:
        console.print(f"  {one.sentence()}", markup=False, highlight=False)


@invoice_app.command
def check(
    file: Path, *, rules: Literal["en16931", "peppol", "trade"] | None = None, letter_of_credit: str = "", json: Json = False
) -> None:
    """Check the invoice or credit note FILE (UBL, CII, Factur-X, JSON): schema, official rules, every sum. Exit code 1 where anything is wrong.

    RULES left out: those that the invoice itself names; one that names none is a trade invoice (parties, delivery, goods, weights). With LETTER_OF_CREDIT the
    invoice must name that credit.
    """
    with Engine() as engine:
        try:
            checked = check_invoice(_bytes(file), engine, Rules(rules) if rules else None, letter_of_credit)
        except MalformedMessage as fault:
            raise Refused(f"{file}: {fault.refusal.sentence()}") from fault
        except ExtraMissing as fault:
            raise NotReady(str(fault)) from fault
    value = {
        "file": str(file), "sha256": checked.kept.sha256, "form": checked.kept.form, "rules": checked.rules.value, "valid": checked.valid,
        "findings": checked.findings, "left": checked.kept.left,
    }  # fmt: skip

    def text() -> None:
        verdict = "valid" if checked.valid else "not valid"
        console.print(
            f"{file}: {verdict} by the rules {checked.rules.value} ({checked.kept.form}, sha256 {checked.kept.sha256})",
            markup=False,
        )
        _findings(checked.findings)

    show(json, value, text)
    if not checked.valid:
        sys.exit(1)


@invoice_app.command
def read(file: Path, *, json: Json = False) -> None:
    """What FILE says: an order, its response, a despatch, a receipt, an invoice, a credit note or the response to an invoice. `--json` is what `write` takes."""
    kept = paper_in(file)
    if json:
        sys.stdout.write(to_json(kept.document).decode())
        return
    document = kept.document
    console.print(
        f"{type(document).__name__} {document.number} of {document.issued}, {kept.form}, sha256 {kept.sha256}", markup=False
    )
    for name, party in (("seller", document.seller), ("buyer", document.buyer)):
        if party is not None:
            country = f", {party.address.country}" if party.address and party.address.country else ""
            console.print(f"  {name}: {party.name or party.known_as}{country}", markup=False)
    if isinstance(document, Invoice) and document.totals is not None:
        told = minor_text(document.totals.payable_minor, CURRENCIES[document.currency].exponent)
        console.print(f"  payable: {told} {document.currency}{f', due {document.due}' if document.due else ''}", markup=False)
    console.print(f"  lines: {len(getattr(document, 'lines', ()))}", markup=False)
    for place in kept.left:
        console.print(f"  not carried over: {place}", markup=False)


@invoice_app.command
def write(file: Path, *, format: Form, pdf: Path | None = None, output: Output = None) -> None:
    """Write FILE (JSON as `read --json` gives it, or any form that is read) as FORMAT. PDF is the face of a Factur-X file; left out, a plain page is made.

    What FORMAT cannot carry is said on standard error, field by field.
    """
    kept = paper_in(file)
    if format == "factur-x" and output is None:
        raise Misused("a Factur-X file is a PDF: say where with --output")
    try:
        raw = write_document(kept.document, format, _bytes(pdf) if pdf else b"")
        lost = lost_in(kept.document, format)
    except MalformedMessage as fault:
        raise Refused(f"{file}: {fault.refusal.sentence()}") from fault
    except ExtraMissing as fault:
        raise NotReady(str(fault)) from fault
    if output is None:
        sys.stdout.write(raw.decode())
    else:
        output.write_bytes(raw)
    if lost:
        sys.stderr.write(f"fondaco: {format} does not carry all of: {', '.join(lost)}\n")


@invoice_app.command
def pay(
    file: Path, sender: str, creditor_agent: str, *, account: str, creditor_account: str = "", town: str = "", amount: str = "", uetr: str = "", day: date | None = None,
    urgent: bool = False, purpose: str = "GDDS", instrument: str = "", hub: Folder = HERE, output: Output = None,
) -> None:  # fmt: skip
    """A pacs.008: SENDER's customer, the buyer of the invoice FILE, pays its seller at CREDITOR_AGENT (BICs), from ACCOUNT.

    The payment names the invoice and its reference in structured form. The seller's account and the buyer's town are the invoice's own, AMOUNT what is payable, unless told.
    With INSTRUMENT (`INV-000001`) it names the invoice of the hub, whose debt it ends when it is settled.
    """
    invoice = paper_in(file).document
    if not isinstance(invoice, Invoice) or invoice.totals is None or invoice.buyer is None or invoice.seller is None:
        raise Refused(f"{file}: an invoice with its parties and its total is paid")
    for bic in (sender, creditor_agent):
        if bic_fault(bic):
            raise Misused(f"{bic}: {bic_fault(bic)}")
    exponent = CURRENCIES[invoice.currency].exponent
    minor = minor_of(amount, exponent) if amount else invoice.totals.payable_minor
    if not 0 < minor <= invoice.totals.payable_minor:
        raise Refused(
            f"{file}: {minor_text(minor, exponent)} of {minor_text(invoice.totals.payable_minor, exponent)} {invoice.currency} cannot be paid"
        )
    to = creditor_account or next((one.account.id for one in invoice.payment if one.account is not None and one.account.id), "")
    if not to:
        raise Misused(f"{file} names no account: say it with --creditor-account")
    try:
        remittance = remittance_of(invoice, minor, instrument=instrument)
    except ValueError as fault:
        raise Refused(f"{file}: {fault}") from fault
    buyer, seller = invoice.buyer, invoice.seller
    address = buyer.address or Address()
    if not (town or address.city):
        raise Misused(f"{file} does not say where the buyer is: say it with --town")
    payer = Payer(buyer.name or buyer.known_as, account, town or address.city, uetr, day, urgent, address.country)
    payee = Payee(
        creditor_agent,
        seller.name or seller.known_as,
        to,
        invoice.currency,
        minor_text(minor, exponent),
        purpose,
        structured=remittance,
    )
    made = Draft(sender, hub)
    made.write("pacs.008.001.08", customer_transfer(made, payer, payee, hub), output)


@trade_app.command
def match(
    order: Path, despatch: Path, invoice: Path, *, quantity: Annotated[str, Parameter(help="Percent by which quantities may be above.")] = "0",
    price: Annotated[str, Parameter(help="Percent by which prices may be above.")] = "0",
    total: Annotated[str, Parameter(help="Percent by which the whole may be above.")] = "0", contract: str = "", hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Compare ORDER, DESPATCH (a despatch or receipt advice) and INVOICE: what is asked for against what was ordered and came. Exit code 1 where it isn't.

    With CONTRACT (CON-000001, in the hub) they are held against its terms as well, and its tolerance counts.
    """
    papers = [paper_in(file).document for file in (order, despatch, invoice)]
    ordered, moved, asked = papers
    if not isinstance(ordered, Order) or not isinstance(moved, DespatchAdvice | ReceiptAdvice) or not isinstance(asked, Invoice):
        raise Misused(
            f"an order, a despatch or receipt advice, an invoice; these are {', '.join(type(one).__name__ for one in papers)}"
        )
    tolerances = Tolerances(*(_percent(one) for one in (quantity, price, total)))
    under, names = _contract(hub, contract) if contract else (None, {})
    if under is not None:
        tolerances = contract_match.tolerances_of(under, tolerances)
    agreed = tuple(contract_match.under_contract(under, ordered, asked, names)) if under is not None else ()
    found = (*match_papers(ordered, moved, asked, tolerances), *agreed)
    may_be_paid = all(one.level != "error" for one in found)

    def text() -> None:
        console.print(
            f"order {ordered.number}, {moved.number}, invoice {asked.number}: {'they match' if may_be_paid else 'they differ'}",
            markup=False,
        )
        _findings(found)

    show(json, {"match": may_be_paid, "findings": [msgspec.to_builtins(one) for one in found]}, text)
    if not may_be_paid:
        sys.exit(1)


def _contract(hub: Path, number: str) -> tuple[Contract, dict[str, tuple[str, ...]]]:
    """A contract of the hub, and the names under which the hub knows its parties."""
    with opened_hub(hub) as opened:
        found = opened.trading.contracts.found(number)
        if found is None:
            raise Refused(f"{number}: there is no such contract; `fondaco trade contract list` shows which there are")
        known = opened.trading.parties.known
        sides = [known[side] for side in (found.seller, found.buyer) if side in known]
    return found, {one.party: (one.name, *one.other_names) for one in sides}


def _percent(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except ArithmeticError:
        raise Misused(f"{text!r} is not a number of percent") from None
    if not Decimal(0) <= found <= Decimal(100):
        raise Misused(f"{text} percent")
    return found

"""The financing register at the command line: a bank makes fingerprints from its papers where they are, and gives the hub those alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from cyclopts import App, Parameter

from fondaco.cli.invoicing import paper_in
from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, console, opened_hub, show
from fondaco.cli.trade_app import trade_app
from fondaco.cli.trading import Keys, Output, done, hub_of
from fondaco.core import Instant, utc_text
from fondaco.hub import Hub, NotReady
from fondaco.trade import Deed, Invoice, document_prints, financing, fingerprint

financing_app = App(name="financing", help="The register of what is financed: group-key, register, act, show, list.")
trade_app.command(financing_app)
As = Annotated[str, Parameter(name="--as", help="Who acts: a member's BIC of eight.")]


class _KeyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key of a group of banks as a file: its number, and its secret in hexadecimal digits."""

    number: int
    secret: str


@financing_app.command(name="group-key")
def group_key(file: Path, *, number: int = 1, json: Json = False) -> None:
    """Make the key of a group of banks (FILE, new): every bank of the group has it, and the hub never."""
    if number <= financing.HUB_KEY:
        raise Misused("a group's keys are numbered from 1")
    made = _KeyFile(number, secrets.token_bytes(fingerprint.KEY_BYTES).hex())
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(msgspec.json.encode(made) + b"\n")
    except OSError as fault:
        raise NotReady(f"{file}: {fault.strerror}") from fault
    show(json, {"key": str(file), "number": number}, lambda: console.print(f"key {number} of the group: {file}", markup=False))


def _key(file: Path) -> fingerprint.GroupKey:
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_KeyFile)
        if found.number <= financing.HUB_KEY:
            raise ValueError("a group's keys are numbered from 1")
        return fingerprint.GroupKey(found.number, bytes.fromhex(found.secret))
    except (OSError, msgspec.DecodeError, ValueError) as fault:
        raise NotReady(f"{file}: no group's key: {fault}; `fondaco trade financing group-key` makes one") from fault


def _prints(invoices: tuple[Path, ...], bills: tuple[Path, ...], key: fingerprint.GroupKey) -> tuple[fingerprint.Print, ...]:
    made: list[fingerprint.Print] = []
    for path in invoices:
        paper = paper_in(path).document
        if not isinstance(paper, Invoice):
            raise Misused(f"{path}: an invoice is wanted, and this is {type(paper).__name__}")
        try:
            made += fingerprint.invoice_prints(key, document_prints.invoice_facts(paper))
        except ValueError as fault:
            raise Refused(f"{path}: {fault}") from fault
    for path in bills:
        try:
            made += fingerprint.bill_prints(key, document_prints.bill_facts(path.read_bytes()))
        except OSError as fault:
            raise NotReady(f"{path}: {fault.strerror}") from fault
        except (msgspec.DecodeError, ValueError) as fault:
            raise Refused(f"{path}: no transport document, bill or note: {fault}") from fault
    return tuple(dict.fromkeys(made))


@financing_app.command
def register(
    subject: str = "", *, actor: As, invoice: tuple[Path, ...] = (), bill: tuple[Path, ...] = (), group_key: Path | None = None,
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Register what a bank is about to finance: SUBJECT where it stands in the hub (INV-000001, ETR-000001, LC-000001/P1, LC-000001/U1), papers by
    their files, or both. From the papers fingerprints are made with GROUP_KEY; nothing else of them leaves this place.

    Whose the subject is signs too, unless it is the bank's customer or offered it to the bank. The signed deed (--output) is a file that another
    place gives to the hub.
    """
    if not subject and not invoice and not bill:
        raise Misused("register a SUBJECT of the hub, an --invoice or a --bill")
    if (invoice or bill) and group_key is None:
        raise Misused("fingerprints of papers are made with --group-key FILE")
    prints = _prints(invoice, bill, _key(group_key)) if group_key is not None else ()
    body = msgspec.json.encode(financing.Registering(prints, subject))
    with opened_hub(hub) as opened:
        done(Deed(hub_of(opened), actor, "", 0, financing.REGISTER, body), key, output, opened, hub, json)


@financing_app.command
def act(
    action: Literal["PAY_OUT", "WITHDRAW", "REPAY"], instrument: str, *, actor: As, seen: str = "",
    key: Keys = (), output: Output = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Say that INSTRUMENT (FIN-000001) is paid out, withdrawn or repaid. SEEN says what people found where other banks registered what is alike."""
    body = msgspec.json.encode(financing.PayingOut(seen if action == "PAY_OUT" else ""))
    with opened_hub(hub) as opened:
        found = _found(opened, instrument)
        done(Deed(hub_of(opened), actor, instrument, found.version, action, body), key, output, opened, hub, json)


def _found(opened: Hub, instrument: str) -> financing.Financing:
    found = opened.trading.financings.found(instrument)
    if found is None:
        raise Refused(f"{instrument}: there is no such financing; `fondaco trade financing list` shows which there are")
    return found


@financing_app.command(name="show")
def show_financing(instrument: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Where INSTRUMENT stands, and which other banks registered what is alike: how alike, and whom to call."""
    with opened_hub(hub) as opened:
        found = _found(opened, instrument)
        alike = opened.trading.financings.book.matches(found.owner, found.prints, found.id) if found.live else ()
    calls = [{"likeness": one.likeness.value, "call": one.contact} for one in alike]
    row = _row(found) | {"fingerprints": len(found.prints), "seen": found.seen, "version": found.version, "alike": calls}

    def text() -> None:
        _tell(row)
        for one in calls:
            console.print(f"  {one['likeness']}: call {one['call']}", markup=False, highlight=False)

    show(json, row, text)


@financing_app.command(name="list")
def list_financings(*, bank: str = "", hub: Folder = HERE, json: Json = False) -> None:
    """Every registration of the hub, or those of BANK."""
    with opened_hub(hub) as opened:
        rows = [_row(one) for one in opened.trading.financings.all() if bank in ("", one.owner)]

    def text() -> None:
        for row in rows:
            _tell(row)
        if not rows:
            console.print("nothing is registered")

    show(json, rows, text)


def _row(found: financing.Financing) -> dict[str, Any]:
    return {
        "instrument": found.id, "state": found.state.name, "bank": found.owner, "subject": found.subject, "right_given": found.bound,
        "registered": utc_text(found.registered_at), "until": utc_text(Instant(int(found.until))),
    }  # fmt: skip


def _tell(row: dict[str, Any]) -> None:
    of = row["subject"] or "a document outside"
    until = f", until {row['until'][:16]}" if row["state"] == "REGISTERED" else ""
    console.print(f"{row['instrument']}  {row['state']}{until}  {row['bank']}  {of}", markup=False, highlight=False)

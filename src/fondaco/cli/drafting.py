"""Messages written by hand: what a bank or an agent without a system of its own sends, and what it answers."""

from __future__ import annotations

import sys
import time
import uuid
from datetime import date
from pathlib import Path
from typing import Annotated
from xml.sax.saxutils import escape

from cyclopts import Parameter

from fondaco.cli.shops import scanned
from fondaco.cli.terminal import HERE, Folder, Misused, Refused, draft_app
from fondaco.core import CURRENCIES, Instant, MalformedMessage, bic8, minor_of, minor_text, utc_text
from fondaco.hub import NotReady, scheme_of
from fondaco.messages import (
    BankTransfers,
    CustomerTransfers,
    Investigation,
    LiquidityTransfer,
    Message,
    NetSettlement,
    Payee,
    Payer,
    Recall,
    Receipt,
    Returns,
    Status,
    Verification,
    Verified,
    acmt_023,
    acmt_024,
    camt_003,
    camt_025,
    camt_029,
    camt_050,
    camt_056,
    camt_057,
    camt_060,
    camt_110,
    camt_111,
    cancellation,
    cancellation_status,
    carried,
    findings,
    handwritten,
    investigation,
    investigation_data,
    pacs_002,
    pacs_004,
    read,
    verification,
    wrap,
)

Output = Annotated[Path | None, Parameter(name=["--output", "-o"], help="The file to write; left out: standard output.")]


def _currency(code: str) -> int:
    if code not in CURRENCIES:
        raise Misused(f"{code} is not a currency of ISO 4217 that we know")
    return CURRENCIES[code].exponent


def _amount(amount: str, currency: str) -> str:
    exponent = _currency(currency)
    return minor_text(minor_of(amount, exponent), exponent)


class Draft:
    """One message of `sender` to the hub of a folder: its name and its time."""

    def __init__(self, sender: str, hub: Folder) -> None:
        self.sender, self.hub = sender, scheme_of(hub).hub_bic
        self.name = f"D{uuid.uuid4().hex[:24]}"
        self.at = utc_text(Instant(time.time_ns()))
        self.ends = (sender, self.hub)

    def write(self, kind: str, document: str, output: Path | None) -> None:
        """Nothing is written that the hub's gate would not read."""
        raw = wrap(kind, self.sender, self.hub, self.name, self.at, document)
        try:
            read(raw, bulk=True)
        except MalformedMessage as fault:
            raise Refused(fault.refusal.sentence()) from fault
        if output is None:
            sys.stdout.write(raw.decode())
        else:
            output.write_bytes(raw)


@draft_app.command
def pay(
    sender: str, creditor_agent: str, amount: str, currency: str, *, debtor: str = "Tan Wei Trading", creditor: str = "Somchai Foods",
    account: str = "1234567890", creditor_account: str = "9876543210", town: str = "Townville", purpose: str = "GDDS",
    urgent: bool = False, uetr: str = "", day: date | None = None, hub: Folder = HERE, output: Output = None,
) -> None:  # fmt: skip
    """A pacs.008: SENDER's customer pays AMOUNT to a customer of CREDITOR_AGENT (BICs). Names and accounts are invented if left out."""
    made = Draft(sender, hub)
    payee = Payee(creditor_agent, creditor, creditor_account, currency, _amount(amount, currency), purpose)
    payer = Payer(debtor, account, town, uetr, day, urgent)
    made.write("pacs.008.001.08", customer_transfer(made, payer, payee, hub), output)


@draft_app.command
def scan(
    sender: str, code: str, *, amount: str = "", debtor: str = "Tan Wei Trading", account: str = "1234567890", town: str = "Townville",
    uetr: str = "", hub: Folder = HERE, output: Output = None,
) -> None:  # fmt: skip
    """A pacs.008: SENDER's customer pays the merchant code CODE, at once. AMOUNT is the payer's own word where the code says none."""
    _, facts = scanned(code, amount, hub)
    made = Draft(sender, hub)
    exact = minor_text(facts.amount_minor, CURRENCIES[facts.currency].exponent)
    payee = Payee(facts.creditor_agent, facts.name, facts.account, facts.currency, exact, facts.purpose or "MP2B", carried(code))
    made.write("pacs.008.001.08", customer_transfer(made, Payer(debtor, account, town, uetr, None, True), payee, hub), output)


def customer_transfer(made: Draft, payer: Payer, payee: Payee, hub: Path) -> str:
    """The document of a pacs.008 with one payment; what the payer leaves out is the bank's country and a new UETR."""
    members = {one.bic[:8]: one for one in scheme_of(hub).participants}
    sender = made.sender
    country = payer.country or (members[sender[:8]].country if sender[:8] in members else sender[4:6])
    whole = payer._replace(country=country, uetr=payer.uetr or str(uuid.uuid4()))
    return handwritten(made.name, made.at, sender, whole, payee)[1]


@draft_app.command
def money(
    sender: str, amount: str, currency: str, *, home: bool = False, to: str = "", hub: Folder = HERE, output: Output = None
) -> None:
    """A camt.050: SENDER brings prefunded money in, or takes it home with `--home`. The currency's settlement agent confirms it.

    With `--to` SENDER, a sponsor or a bank that it settles for, gives of its money to the other (BIC), at once.
    """
    if home and to:
        raise Misused("--home takes money out of the hub, --to moves it inside")
    made = Draft(sender, hub)
    creditor, debtor = (to, sender) if to else (sender, made.hub) if home else (made.hub, sender)
    minor = minor_of(amount, _currency(currency))
    asked = LiquidityTransfer("M" if to else "W" if home else "F", made.name, creditor, debtor, currency, minor)
    made.write("camt.050.001.07", camt_050(made.name, made.at, asked), output)


@draft_app.command(name="return")
def return_(
    sender: str, uetr: str, amount: str, currency: str, *, reason: str = "AC04", day: date | None = None, hub: Folder = HERE,
    output: Output = None,
) -> None:  # fmt: skip
    """A pacs.004: SENDER, who received the payment UETR, gives AMOUNT of what arrived back."""
    made = Draft(sender, hub)
    content = pacs_004(made.name, made.at, uetr, currency, _amount(amount, currency), str(day or made.at[:10]), reason)
    made.write("pacs.004.001.09", content, output)


@draft_app.command
def recall(sender: str, uetr: str, *, reason: str = "DUPL", hub: Folder = HERE, output: Output = None) -> None:
    """A camt.056: SENDER, who sent the payment UETR, asks for it back."""
    made = Draft(sender, hub)
    made.write("camt.056.001.08", camt_056(made.name, made.at, made.ends, cancellation(uetr, reason, made.name)), output)


@draft_app.command
def enquire(sender: str, uetr: str, *, hub: Folder = HERE, output: Output = None) -> None:
    """A pacs.028: SENDER asks what became of the payment UETR."""
    made = Draft(sender, hub)
    head = f"<GrpHdr><MsgId>{made.name}</MsgId><CreDtTm>{made.at}</CreDtTm></GrpHdr>"
    asked = f"<TxInf><OrgnlUETR>{escape(uetr)}</OrgnlUETR></TxInf>"
    made.write("pacs.028.001.03", f"<FIToFIPmtStsReq>{head}{asked}</FIToFIPmtStsReq>", output)


@draft_app.command
def verify(sender: str, bank: str, account: str, name: str, *, hub: Folder = HERE, output: Output = None) -> None:
    """An acmt.023: SENDER asks BANK (BIC) whether ACCOUNT exists and is NAME's."""
    made = Draft(sender, hub)
    made.write("acmt.023.001.04", acmt_023(made.name, made.at, made.ends, verification("V1", bank, account, name)), output)


@draft_app.command
def investigate(
    sender: str, uetr: str, bank: str, *, kind: str = "RQFI", reason: str = "MINF", hub: Folder = HERE, output: Output = None
) -> None:
    """A camt.110: SENDER, one bank of the payment UETR, asks BANK (BIC), the other, about it; KIND and REASON are of the external code sets."""
    made = Draft(sender, hub)
    asked = camt_110(made.name, investigation(uetr, sender, bank, kind), investigation_data(reason))
    made.write("camt.110.001.01", asked, output)


@draft_app.command
def balances(sender: str, *, report: bool = False, currency: str = "", hub: Folder = HERE, output: Output = None) -> None:
    """A camt.003: SENDER asks what it has and what its limits are. With `--report` a camt.060: it asks for a camt.052 of its accounts, or of
    the one in CURRENCY."""
    if currency and not report:
        raise Misused("a camt.003 asks for all accounts; --currency goes with --report")
    made = Draft(sender, hub)
    if currency:
        _currency(currency)
    if report:
        made.write("camt.060.001.05", camt_060(made.name, made.at, sender, currency), output)
    else:
        made.write("camt.003.001.08", camt_003(made.name, made.at), output)


@draft_app.command
def expect(sender: str, amount: str, currency: str, *, hub: Folder = HERE, output: Output = None) -> None:
    """A camt.057: SENDER expects AMOUNT today; the hub counts it in the forecast of its position."""
    made = Draft(sender, hub)
    minor = minor_of(amount, _currency(currency))
    made.write("camt.057.001.08", camt_057(made.name, made.at, currency, minor), output)


@draft_app.command
def answer(file: Path, *, status: str = "", reason: str = "", hub: Folder = HERE, output: Output = None) -> None:
    """What the receiver of FILE, a message that the hub sent (`fondaco mail --output DIR`), answers.

    STATUS left out is yes; for a no say RJCT (a recall: RJCR or PDCR; a verification: NO; an investigation: its status) and a REASON of the external code sets.
    """
    try:
        asked = read(file.read_bytes(), bulk=True)
    except OSError as fault:
        raise NotReady(f"{file}: {fault.strerror}") from fault
    except MalformedMessage as fault:
        raise Refused(f"{file}: {fault.refusal.sentence()}") from fault
    if asked.header is None or bic8(asked.header.sender) != bic8(scheme_of(hub).hub_bic):
        raise Refused(f"{file}: only what the hub of {hub} sent is answered to it")
    made = Draft(asked.header.receiver, hub)
    made.write(*_answer(made, asked, status, reason, file), output)


def _answer(made: Draft, asked: Message, status: str, reason: str, file: Path) -> tuple[str, str]:
    """Kind and content of the answer."""
    body = asked.body
    if isinstance(body, CustomerTransfers | Returns):
        rows = [
            Status(
                one.instruction_id, one.end_to_end_id, one.transaction_id, one.uetr, status or "ACSP", reason, "",
                "" if status == "RJCT" else made.at,
            )
            for one in body.transfers
        ]  # fmt: skip
        kind = "pacs.002.001.15" if asked.kind.endswith((".13", ".14")) else "pacs.002.001.10"
        return kind, pacs_002(made.name, made.at, asked.message_id, asked.kind, rows)
    if isinstance(body, NetSettlement | BankTransfers):
        if status == "RJCT":
            raise Refused(f"{file}: an agent names each payment that it refuses; that is written by its own system")
        said = status or ("ACSP" if isinstance(body, NetSettlement) else "ACSC")
        return "pacs.002.001.10", pacs_002(made.name, made.at, asked.message_id, asked.kind, [], said, reason)
    if isinstance(body, LiquidityTransfer):
        return "camt.025.001.08", camt_025(made.name, made.at, Receipt(asked.message_id, status or "ACSC", reason))
    if isinstance(body, Recall):
        told = cancellation_status(body.rows[0].uetr, reason)
        kind = "camt.029.001.13" if asked.kind.endswith(".11") else "camt.029.001.09"
        return kind, camt_029(made.name, made.at, made.ends, "", status or "CNCL", told)
    if isinstance(body, Investigation):
        return "camt.111.001.01", camt_111(made.name, findings(status or "CLSD"), asked.message_id, body.passed)
    if isinstance(body, Verification):
        row = body.rows[0]
        found = Verified(row.row, status in ("", "YES"), reason, row.name if status in ("", "YES") else "")
        return "acmt.024.001.04", acmt_024(made.name, made.at, made.ends, asked.message_id, found)
    raise Refused(f"{file}: a {asked.kind} asks for no answer that could be drafted")

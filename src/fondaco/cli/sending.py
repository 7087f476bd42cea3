"""Messages in and payments traced: what members send, what the hub answers, and the story of a payment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, app, bring_into_force, console, decide, opened_hub, show
from fondaco.core import MalformedMessage, Refusal
from fondaco.hub import Arrive, Hub, NotReady
from fondaco.journal import Mail
from fondaco.messages import Message, Notice, Receipt, Resolution, Returns, StatusReport, read
from fondaco.reporting import story


@app.command
def send(*files: Path, hub: Folder = HERE, json: Json = False) -> None:
    """Hand messages to the hub as their senders (the header's Fr) would, and show what it answers.

    Exit code 1 when a message, or a payment in one, is refused.
    """
    if not files:
        raise Misused("which files?")
    try:
        given = [(path, path.read_bytes()) for path in files]  # all before any: what was sent can't be taken back
    except OSError as fault:
        raise NotReady(f"{fault.filename}: {fault.strerror}; nothing was sent") from fault
    answers: list[dict[str, Any]] = []
    refused = False
    with opened_hub(hub) as opened:
        bring_into_force(opened, hub)
        for path, raw in given:
            try:
                message = read(raw, bulk=True)
            except MalformedMessage as fault:
                answers.append({"file": str(path), "refused": fault.refusal.sentence()})
                refused = True
                continue
            if message.header is None:
                whose = "without a business header nobody knows whose message this is; not sent"
                answers.append({"file": str(path), "refused": whose})
                refused = True
                continue
            (result,) = decide(opened, [Arrive(message.header.sender, raw, message)])
            mail = opened.take_mail()
            refused = refused or isinstance(result, Refusal) or _rejected(message, mail)
            answers.append(
                {
                    "file": str(path),
                    "refused": result.sentence() if isinstance(result, Refusal) else "",
                    "payments": _states(opened, message),
                    "mail": [
                        {"to": one.recipient, "kind": one.kind, "says": _said(one), "raw": one.raw.decode()} for one in mail
                    ],
                }
            )

    def text() -> None:
        for answer in answers:
            console.print(answer["file"], answer["refused"] or "taken", markup=False)
            for one in answer.get("payments", ()):
                console.print(f"  {one['uetr']}  {one['state']}")
            for one in answer.get("mail", ()):
                console.print(f"  -> {one['to']}  {one['kind']}")
                for line in one["says"]:
                    console.print(f"       {line}", markup=False, highlight=False)

    show(json, answers, text)
    if refused:
        sys.exit(1)


def _states(hub: Hub, message: Message) -> list[dict[str, str]]:
    """The payments that a message opened: for a return its own life, not that of the payment whose UETR it carries."""
    states = []
    for transfer in getattr(message.body, "transfers", ()):
        payment = hub.by_uetr(transfer.uetr)
        if payment is not None and isinstance(message.body, Returns):
            payment = hub.payment(payment.returned_by) if payment.returned_by else None
        if payment is not None:
            states.append({"uetr": transfer.uetr, "state": payment.state.name})
    return states


def _rejected(message: Message, mail: list[Mail]) -> bool:
    """Whether a payment of this message is refused. The mail may also tell of others, whose time ran out just now."""
    sent = {transfer.uetr for transfer in getattr(message.body, "transfers", ())}
    own = [one for one in mail if message.header is not None and one.recipient == message.header.sender[:8]]
    bodies = [read(one.raw, bulk=True).body for one in own if one.kind.startswith("pacs.002")]
    told = [status for body in bodies if isinstance(body, StatusReport) for status in body.statuses]
    return any(status.status == "RJCT" and status.uetr in sent for status in told)


def _said(mail: Mail) -> list[str]:
    """What an answer says, a line for each thing answered; nothing of messages that only go on to another bank."""
    if not mail.kind.startswith(("pacs.002", "camt.025", "camt.029", "admi.002", "admi.004")):
        return []
    body = read(mail.raw, bulk=True).body
    if isinstance(body, StatusReport):
        found = [(one.uetr, one.status, one.reason, one.information) for one in body.statuses]
    elif isinstance(body, Receipt):
        found = [(body.original_id, body.status, body.reason, "")]
    elif isinstance(body, Resolution):
        found = [(one.uetr, body.confirmation, one.reason, "") for one in body.rows]
    elif isinstance(body, Notice):
        found = [(body.reference, body.code, "", body.text)]
    else:
        found = []
    return ["  ".join(filter(None, (name, f"{status} {reason}".strip(), text))) for name, status, reason, text in found]


@app.command
def trace(uetr: str, *, hub: Folder = HERE, json: Json = False, messages: bool = False) -> None:
    """The whole story of a payment: steps with their articles, books, rate, messages (`--messages` shows them whole)."""
    with opened_hub(hub) as opened:
        payment = opened.by_uetr(uetr)
        if payment is None:
            raise Refused(f"no payment {uetr} in {hub}")
        found = story(payment, opened.journal)
        limit = opened.limiting.keeps(payment)
        found["waits"] = f"for room under a limit towards {limit} (article 7.15)" if limit else ""

    def text() -> None:
        console.print(f"payment {found['payment']}  {found['uetr']}  [bold]{found['state']}[/bold]")
        for key in ("from", "to", "pays", "arrives", "fee", "settles", "waits", "refusal"):
            if found[key]:
                console.print(f"  {key:8} {found[key]}", markup=False)
        if "rate" in found:
            console.print(f"  rate     {found['rate']['rate']} by {found['rate']['provider']} ({found['rate']['quote']})")
        for step in found["steps"]:
            console.print(f"  {step['at']}  {step['event']:24} {step['state']:10} article {step['article']}")
        for asked in found["asked"]:
            console.print(
                f"  {asked['kind']} {asked['key']} of {asked['from']} to {asked['to']}: {asked['state']} {asked['answer']}"
            )
        if "return" in found:
            console.print(f"  returned by payment {found['return']['payment']}: {found['return']['state']}")
        for one in [*found["mail"], *(mail for asked in found["asked"] for mail in asked["mail"])]:
            console.print(f"  mail {one['seq']} to {one['to']}: {one['kind']}")
            if messages:
                console.print(one["raw"], markup=False, highlight=False)

    show(json, found, text)


@app.command(name="mail")
def mail_(*, after: int = 0, to: str = "", output: Path | None = None, hub: Folder = HERE, json: Json = False) -> None:
    """What the hub sent, oldest first: after the message number AFTER, to the BIC TO or to all; into the folder OUTPUT, a file each.

    Whoever delivers mail keeps the last number, and asks for what came after it. Erased messages are not listed.
    """
    rows: list[dict[str, Any]] = []
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    with opened_hub(hub) as opened:
        for one in opened.journal.mail(after):
            if to and one.recipient != to[:8]:
                continue
            row = {"seq": one.seq, "to": one.recipient, "kind": one.kind, "says": _said(one)}
            if output is None:
                rows.append({**row, "raw": one.raw.decode()} if json else row)
            else:
                path = output / f"{one.seq:09}-{one.recipient}-{one.kind}.xml"
                path.write_bytes(one.raw)
                rows.append({**row, "file": str(path)})

    def text() -> None:
        for row in rows:
            console.print(f"{row['seq']:>9}  {row['to']}  {row.get('file') or row['kind']}", highlight=False)
            for line in row["says"]:
                console.print(f"             {line}", markup=False, highlight=False)
        if not rows:
            console.print(f"no mail after {after}" + (f" to {to}" if to else ""))

    show(json, rows, text)

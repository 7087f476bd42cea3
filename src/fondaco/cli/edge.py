"""At a bank's edge: a customer's pain.001 to pacs.008 for the hub, the hub's pacs.002 to a pain.002. Needs no hub to run."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from fondaco.cli.terminal import HERE, Folder, Json, Refused, app, errors, show
from fondaco.core import Instant, MalformedMessage, utc_text
from fondaco.hub import NotReady, scheme_of
from fondaco.messages import (
    Initiation,
    Interbank,
    Message,
    StatusReport,
    bare,
    derived_names,
    derived_uetrs,
    orders_of,
    pacs_008_of,
    pain_002_of,
    read,
    read_edge,
    wrap,
)


def _initiation(path: Path, own: str, created: str) -> tuple[Message, Initiation, Interbank]:
    """A customer's pain.001 and what the bank `own` makes of it: the same every time, but for the time of creation."""
    try:
        message = read_edge(path.read_bytes(), bulk=True)
    except OSError as fault:
        raise NotReady(f"{path}: {fault.strerror}") from fault
    except MalformedMessage as fault:
        raise Refused(f"{path}: {fault.refusal.sentence()}") from fault
    body = message.body
    if not isinstance(body, Initiation):
        raise Refused(f"{path}: a {message.kind} is no pain.001")
    return message, body, pacs_008_of(message, own, derived_names(body), created, derived_uetrs(body))


@app.command
def initiate(
    file: Path,
    *,
    own: Annotated[str, Parameter(name="--as")],
    to: str = "",
    output: Path | None = None,
    hub: Folder = HERE,
    json: Json = False,
) -> None:
    """At a bank's edge: write the pacs.008 that the bank `--as` BIC sends for a customer's pain.001, into OUTPUT or to standard output.

    The same FILE gives the same message identifications and UETRs, so that sending it twice pays once. `--to` is the hub's BIC
    (left out: that of the hub in `--hub`). Exit code 1 where an order is refused; the others are written all the same.
    """
    created = utc_text(Instant(time.time_ns()))
    receiver = to or scheme_of(hub).hub_bic
    _, body, made = _initiation(file, own, created)
    rows = []
    for one in made.messages:
        raw = wrap("pacs.008.001.08", own, receiver, one.message_id, created, one.document)
        read(raw, bulk=True)
        row = {"message": one.message_id, "debtor_agent": one.debtor_agent, "day": one.day, "uetrs": list(one.uetrs.values())}
        if output is None:
            rows.append({**row, "raw": raw.decode()})
        else:
            output.mkdir(parents=True, exist_ok=True)
            (output / f"{one.message_id}.xml").write_bytes(raw)
            rows.append({**row, "file": str(output / f"{one.message_id}.xml")})
    noes = [
        {"payment_information": information.information_id, "order": order.end_to_end_id, "refused": refusal.sentence()}
        for (information, order), refusal in zip(orders_of(body), made.refusals, strict=True)
        if refusal is not None
    ]

    def text() -> None:
        for row in rows:
            sys.stdout.write(str(row.get("raw") or f"{row['file']}  {row['day']}  {len(row['uetrs'])} payments\n"))
        for no in noes:
            errors.print(f"{no['payment_information']} {no['order']}: {no['refused']}", markup=False, highlight=False)

    show(json, {"messages": rows, "refused": noes}, text)
    if noes:
        sys.exit(1)


@app.command
def report_back(file: Path, *answers: Path, own: Annotated[str, Parameter(name="--as")], json: Json = False) -> None:
    """At a bank's edge: write the pain.002 that tells a customer what became of its pain.001 (FILE), from the hub's pacs.002 (ANSWERS)."""
    message, body, made = _initiation(file, own, "")
    told, heard = [], hashlib.sha256()
    for path in answers:
        try:
            raw = path.read_bytes()
            answer = read(raw, bulk=True)
        except OSError as fault:
            raise NotReady(f"{path}: {fault.strerror}") from fault
        except MalformedMessage as fault:
            raise Refused(f"{path}: {fault.refusal.sentence()}") from fault
        if not isinstance(answer.body, StatusReport):
            raise Refused(f"{path}: a {answer.kind} is no pacs.002")
        told.append((answer.created, answer.body))
        heard.update(raw)
    name = f"R{body.digest[:16]}-{heard.hexdigest()[:16]}"
    reports = [report for _, report in sorted(told, key=lambda one: one[0])]
    document = pain_002_of(message, made, reports, name, utc_text(Instant(time.time_ns())))
    raw = bare("pain.002.001.10", document)
    found = read_edge(raw, bulk=True).body

    def text() -> None:
        sys.stdout.write(raw.decode())

    show(json, found, text)

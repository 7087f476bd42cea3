"""What a supervisor takes away of a day: the evidence bundle, and the tables of disclosure."""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, app, console, errors, opened_hub, print_table, show
from fondaco.core import Refusal
from fondaco.hub import NotReady, disclosure, write_bundle
from fondaco.journal import JournalHead


@app.command(name="evidence")
def evidence_(day: date, output: Path, *, key: Path, since: Path | None = None, hub: Folder = HERE, json: Json = False) -> None:
    """Write the evidence of a business day to the new folder OUTPUT, signed with the hub's KEY (PEM, ECDSA on P-256).

    `sh OUTPUT/verify.sh [HUB.pem]` verifies it on any machine that has openssl, sqlite3, xmlsec1 and hledger. `--since` is the `head.json` of an
    earlier bundle: refused where the journal does not continue it. It holds messages and names, and is as confidential as the hub. Make a key
    with `openssl ecparam -name prime256v1 -genkey -noout -out hub.key`, and keep it apart from the hub.
    """
    private = _signing_key(key)
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise Misused(f"{output} is not empty: name a folder of its own")
    head = _head(since) if since is not None else None
    try:
        with opened_hub(hub) as opened, errors.status("evidence ...") as status:
            looks = _looks(hub)
            made = write_bundle(
                opened, day.isoformat(), output, private, head, lambda what: status.update(f"evidence: {what}"), looks
            )
    except OSError as fault:
        raise NotReady(f"{output}: {fault}") from fault
    if isinstance(made, Refusal):
        raise Refused(made.sentence())
    show(
        json,
        made,
        lambda: console.print(
            f"{day}: links {made.first} to {made.last} of {made.size}, {made.statements} statements, {made.files} files, {made.bytes:,} bytes "
            f"in {output}\nroot {made.root}\nverify with: sh {output}/verify.sh",
            soft_wrap=True, markup=False,
        ),
    )  # fmt: skip


@app.command
def disclose(day: date, table: str | None = None, *, hub: Folder = HERE, json: Json = False, as_csv: bool = False) -> None:
    """The tables of disclosure of a business day: volumes, netting, queues and operation (PFMI), speed and cost by corridor (G20).

    Name a TABLE to see one alone: `lineage` leads from each row to the journal's entries. Amounts are whole minor units, shares and margins
    millionths. `--as-csv` writes one table for a spreadsheet.
    """
    with opened_hub(hub) as opened:
        found = disclosure(opened, day.isoformat())
    if isinstance(found, Refusal):
        raise Refused(found.sentence())
    if table is not None and table not in found:
        raise Misused(f"no table {table!r}; there are {', '.join(found)}")
    if as_csv and table is None:
        raise Misused("which table? --as-csv writes one")
    chosen = {name: rows for name, rows in found.items() if (name == table if table else name != "lineage")}
    if as_csv and table is not None:
        if found[table]:
            out = csv.DictWriter(sys.stdout, list(found[table][0]), lineterminator="\n")
            out.writeheader()
            out.writerows(found[table])
        return

    def text() -> None:
        for name, rows in chosen.items():
            print_table(name, rows) if rows else console.print(f"{name}: nothing on {day}")

    show(json, chosen, text)


def _looks(hub: Path) -> tuple[int, str] | None:
    """The head of the log of looks, None where there is none: nobody has entered over HTTP."""
    if not (hub / "access.db").exists():
        return None
    from fondaco.access import AccessStore, Looks  # read when a bundle is made

    with AccessStore(hub) as store:
        return Looks(store).head()


def _signing_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        private = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as fault:
        raise NotReady(f"{path}: not a readable private key without a password (PEM): {fault}") from fault
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise NotReady(f"{path}: the key is not ECDSA on P-256; `openssl ecparam -name prime256v1 -genkey -noout` makes one")
    return private


def _head(path: Path) -> JournalHead:
    try:
        return msgspec.json.decode(path.read_bytes(), type=JournalHead)
    except (OSError, msgspec.MsgspecError) as fault:
        raise NotReady(f"{path}: not the head of a journal: {fault}") from fault

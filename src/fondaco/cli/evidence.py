"""Cycles, statements, exports and proofs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Misused,
    Refused,
    app,
    console,
    cycle_app,
    decide,
    errors,
    lists_into_force,
    opened_hub,
    print_table,
    progress_of,
    show,
)
from fondaco.core import Instant, Refusal, utc_text
from fondaco.hub import CloseCycle, Hub, Tick, naming_of, prove_hub, settlement_proofs
from fondaco.ledger import PlainText, export_books
from fondaco.messages import camt_05x, read, wrap

# Cycles


@cycle_app.command
def close(*, last: bool = False, hub: Folder = HERE, json: Json = False) -> None:
    """Close the open net cycle now instead of at its cut-off. `--last` opens no next one."""
    with opened_hub(hub) as opened:
        lists_into_force(opened, hub)
        (result,) = decide(opened, [CloseCycle(last)])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())
    show(json, {"closed": result}, lambda: console.print(f"closed {result}"))


@cycle_app.command
def settle(*, hub: Folder = HERE, json: Json = False) -> None:
    """Take every step that is due: offers that ran out, nets to reserve. Agents' answers arrive as messages (`send`)."""
    with opened_hub(hub) as opened:
        lists_into_force(opened, hub)
        decide(opened, [Tick()])
        rows = _cycles(opened)
    show(json, rows, lambda: print_table("cycles", rows) if rows else console.print("no cycle is there"))


@cycle_app.command
def proof(number: int, *, output: Path | None = None, hub: Folder = HERE) -> None:
    """The proofs of what waiting payments settled together in the offset NUMBER, JSON a line for each currency.

    Anybody checks one, without us: `python settlement_check.py < LINE` (docs/settlement.md).
    """
    with opened_hub(hub) as opened:
        found = settlement_proofs(opened.journal, number)
        bics = {str(one.number): one.bic for one in opened.desk.scheme.participants}
    if not found:
        raise Refused(f"cycle {number} is no offset by most value: nothing was proved of it")
    lines = []
    for raw in found:
        one = msgspec.json.decode(raw)
        lines.append(msgspec.json.encode(one | {"banks": [bics.get(bank, bank) for bank in one["banks"]]}).decode())
    text = "".join(f"{line}\n" for line in lines)
    if output is None:
        _write(text)
    else:
        output.write_text(text)


def _cycles(hub: Hub) -> list[dict[str, Any]]:
    return [
        {
            "cycle": cycle.number,
            "state": cycle.state.name,
            "payments": len(cycle.members) - len(cycle.left_out),
            "left_out": len(cycle.left_out),
            "attempts": cycle.attempt,
        }
        for cycle in hub.desk.cycles.values()
    ]


# Evidence


@app.command
def statement(bic: str, currency: str, day: date, *, kind: str = "camt.053", hub: Folder = HERE, json: Json = False) -> None:
    """A member's statement of one currency and day: a camt.053 (or .052, .054) on standard output."""
    if kind not in ("camt.052", "camt.053", "camt.054"):
        raise Misused("--kind is camt.052, camt.053 or camt.054")
    with opened_hub(hub) as opened:
        try:
            found = [s for s in opened.days.statements(day.isoformat()) if s.owner[:8] == bic[:8] and s.currency == currency]
        except KeyError:
            raise Refused(f"the hub was not open on {day}") from None
        scheme = opened.desk.scheme
        last = utc_text(Instant(opened.desk.counters.last_instant))
    if not found:
        raise Refused(f"{bic} holds no account in {currency}")
    name = f"S{found[0].account}-{day:%Y%m%d}"
    raw = wrap(
        f"{kind}.001.08", scheme.hub_bic, found[0].owner, name, last, camt_05x(kind, name, last, day.isoformat(), found[0])
    )
    read(raw, bulk=True)
    show(json, found[0], lambda: _write(raw.decode()))


def _write(text: str) -> None:
    sys.stdout.write(text)


@app.command
def export(*, format: str = "hledger", output: Path | None = None, hub: Folder = HERE) -> None:
    """Write the posted books as plain text for `hledger`, `ledger` or `beancount`, which add them up again.

    Accounts and commodities are declared, every final balance is asserted. Check with `hledger check --strict -f FILE`,
    `ledger --pedantic -f FILE balance` or `bean-check FILE`.
    """
    forms = {form.value: form for form in PlainText}
    if format not in forms:
        raise Misused(f"--format is one of {', '.join(forms)}")
    with opened_hub(hub) as opened:
        if output is None:
            export_books(opened.books, sys.stdout, forms[format], naming_of(opened))
            return
        # A file that is cut off would be read as whole: it gets its name when it is.
        draft = output.with_name(output.name + ".draft")
        with draft.open("w") as out:
            written = export_books(opened.books, out, forms[format], naming_of(opened))
        draft.replace(output)
    errors.print(f"{written.transactions} transactions and {written.asserted} balances written to {output}")


def proof_of(hub: Hub, progress: Callable[[int], None] | None = None) -> dict[str, Any]:
    """`prove_hub` as a document."""
    found: dict[str, Any] = msgspec.to_builtins(prove_hub(hub, progress))
    return found


@app.command(name="prove")
def prove_(*, hub: Folder = HERE, json: Json = False) -> None:
    """Recompute every balance from all transfers, check that all ledgers add up to zero, and walk the journal's chain."""
    with opened_hub(hub) as opened, progress_of("proving", "transfers") as progress:
        found = proof_of(opened, progress)
    show(json, found, lambda: print_proof(found))
    if found["faults"]:
        sys.exit(1)


def print_proof(found: dict[str, Any]) -> None:
    console.print(
        f"{found['transfers']:,} transfers give the balances of all {found['accounts']} accounts; "
        f"{found['ledgers']} ledgers add up to zero; {found['open_pendings']:,} transfers are pending; "
        f"{found['log_rows']:,} rows of the log and {found['journal_entries']:,} journal entries chained"
    )
    batches = found["batches"]
    console.print(
        f"inputs and mail of {batches['true']:,} batches are those that the chain commits to; {batches['erased']:,} erased after their "
        f"retention; {batches['uncommitted']:,} of a release that did not commit to them"
    )
    if found["payments_compared"] and not found["faults"]:
        console.print("every payment of the journal has its legs in the books, as its state demands")
    for fault in found["faults"]:
        console.print(f"  [red]{fault}[/red]")

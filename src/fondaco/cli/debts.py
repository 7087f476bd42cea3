"""Trade debts at the command line: invoices set off in circles. Of a list it is a calculation; what the hub holds can be booked."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fondaco.clearing import Claim, NoFlow, SetOff, excluded_because, set_off, statements
from fondaco.cli.screening import in_force
from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, app, clock, console, decide, opened_hub, print_table, show
from fondaco.core import CURRENCIES, AmountFault, Mention, Refusal, minor_of, minor_text
from fondaco.hub import Hub, NotReady, SetOffDebts
from fondaco.trade import Round, invoice, obligations_for_set_off

_COLUMNS = (
    "reference", "debtor", "creditor", "currency", "amount", "due", "accepted", "debtor_opted_in", "creditor_opted_in", "encumbrance",
)  # fmt: skip
_YES_NO = {"yes": True, "no": False}


@app.command(name="set-off")
def set_off_(
    file: Path | None = None, *, from_hub: bool = False, book: bool = False, output: Path | None = None, hub: Folder = HERE, json: Json = False,
) -> None:  # fmt: skip
    """Set off the invoices of FILE (CSV, docs/set-off.md), or --from-hub those that stand in the hub, in circles: the most that clears in
    each currency, and who takes no part and why.

    Every party is screened against the lists in force first; claims of one that hits, or cannot be screened, take no part. With OUTPUT (a new
    folder) each party's statement is written there, its own lines alone. With --book what clears of the hub's invoices is taken off its books, each
    currency as one round. Exit code 1 when claims were left out.
    """
    if book and not from_hub:
        raise Misused("what is booked are the invoices of the hub: --from-hub")
    if (file is None) != from_hub:
        raise Misused("set off the invoices of a FILE, or those of the hub with --from-hub")
    if output is not None and output.exists():
        raise NotReady(f"{output} exists; statements are written into a new folder")
    claims = list(_claims(file)) if file is not None else []
    out: dict[str, str] = {}
    with opened_hub(hub) as opened:
        if from_hub:
            claims, out = _of_hub(opened)
        parties = sorted({one.debtor for one in claims} | {one.creditor for one in claims})
        held = _barred(opened, parties) if from_hub else _held(opened, parties)
        excluded = _excluded(claims, out, held)
        found = _found(claims, excluded, file or hub)
        booked = _booked(opened, found) if book else []
    if output is not None:
        _write(output, found)
    rows = [_row(one) for one in found]

    def text() -> None:
        if rows:
            print_table("set off", rows)
        for told in booked:
            console.print(f"  booked: {told}", markup=False, highlight=False)
        for reference, why in excluded.items():
            console.print(f"  {reference} takes no part: {why}", markup=False)

    show(json, {"set_off": rows, "excluded": excluded} | ({"booked": booked} if book else {}), text)
    if excluded:
        sys.exit(1)


def _excluded(claims: list[Claim], out: dict[str, str], held: set[str]) -> dict[str, str]:
    """What takes no part, by its reference, and why; `out` is what the hub leaves out itself."""
    return out | {
        one.reference: why
        for one in claims
        if (why := excluded_because(one) or ("a party of it is held by screening" if {one.debtor, one.creditor} & held else ""))
    }


def _found(claims: list[Claim], excluded: dict[str, str], source: Path) -> list[SetOff]:
    try:
        return set_off(one for one in claims if one.reference not in excluded)
    except (ValueError, NoFlow) as fault:
        raise Refused(f"{source}: {fault}") from fault


def _booked(opened: Hub, found: list[SetOff]) -> list[str]:
    """Give the hub each currency's round; it proves each again. Nothing is given where nothing clears."""
    booked = []
    for one in found:
        lines = tuple((row.claim.reference, row.cleared) for row in one.claims if row.cleared)
        if lines:
            made = Round(one.currency, lines, tuple(zip(one.parties, one.prices, strict=True)))
            (result,) = decide(opened, [SetOffDebts(made)])
            if isinstance(result, Refusal):
                raise Refused(f"{one.currency}: {result.sentence()}")
            booked.append(str(result))
    return booked


def _claims(file: Path) -> Iterator[Claim]:
    """The rows of a table of invoices. Raises `Misused` with every line that means nothing."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as opened:
            reader = csv.DictReader(opened)
            rows = list(reader)
            if tuple(reader.fieldnames or ()) != _COLUMNS:
                raise Misused(f"{file}: the first line is {','.join(_COLUMNS)}")
    except OSError as fault:
        raise NotReady(f"{file}: {fault.strerror}") from fault
    except (UnicodeDecodeError, csv.Error) as fault:
        raise Misused(f"{file}: {fault}") from fault
    faults = []
    references: set[str] = set()
    for line, row in enumerate(rows, start=2):
        why = _fault(row, references)
        if why:
            faults.append(f"line {line}: {why}")
        references.add(row["reference"])
    if faults:
        raise Misused(f"{file}: " + "; ".join(faults[:20]))
    for row in rows:
        minor = minor_of(row["amount"], CURRENCIES[row["currency"]].exponent)
        accepted, debtor, creditor = (_YES_NO[row[key]] for key in _COLUMNS[6:9])
        yield Claim(
            row["reference"], row["debtor"], row["creditor"], row["currency"], minor, row["due"], accepted, debtor, creditor, row["encumbrance"]
        )  # fmt: skip


def _fault(row: dict[str, str], references: set[str]) -> str:
    """Why a line means nothing, "" when it does."""
    if None in row.values() or None in row:
        return f"{len(_COLUMNS)} fields are wanted"
    if not row["reference"] or row["reference"] in references:
        return f"reference {row['reference'] or 'missing'}{' stands twice' if row['reference'] else ''}"
    if not row["debtor"].strip() or not row["creditor"].strip():
        return "a party is missing"
    if row["currency"] not in CURRENCIES:
        return f"{row['currency']} is not a currency of ISO 4217 that we know"
    for key in _COLUMNS[6:9]:
        if row[key] not in _YES_NO:
            return f"{key} is yes or no, not {row[key]!r}"
    try:
        minor_of(row["amount"], CURRENCIES[row["currency"]].exponent)
    except AmountFault as fault:
        return str(fault)
    return ""


def _held(opened: Hub, parties: list[str]) -> set[str]:
    """The parties that are not clear. Where nothing can be screened, that is everybody."""
    found = in_force(opened)
    if found is None:
        return set(parties)
    screener, judging = found
    verdicts = screener.screen([[Mention("name", "Pty/Nm", party)] for party in parties], clock(opened).now(), judging)
    return {party for party, verdict in zip(parties, verdicts, strict=True) if verdict.outcome != "CLEAR"}


def _of_hub(opened: Hub) -> tuple[list[Claim], dict[str, str]]:
    """The claims of the hub that take part, and of what else is owed why it takes none."""
    owed = [one for one in opened.trading.invoices.all() if one.owed]
    if in_force(opened) is None or opened.desk.rules is None:
        return obligations_for_set_off(owed), {one.id: why for one in owed if (why := invoice.excluded(one))}
    out = {one.id: why for one in owed if (why := opened.setting_off.excluded(one))}
    return obligations_for_set_off(one for one in owed if one.id not in out), out


def _barred(opened: Hub, parties: list[str]) -> set[str]:
    """The registered parties for which nothing can be done now: they were screened by their names when they were registered and with every list set
    since. Where no lists are in force, or no day is open, that is everybody."""
    if in_force(opened) is None or opened.desk.rules is None:
        return set(parties)
    return {party for party in parties if opened.trading.parties.bar(party) is not None}


def _row(found: SetOff) -> dict[str, Any]:
    exponent = CURRENCIES[found.currency].exponent
    return {
        "currency": found.currency,
        "claims": len(found.claims),
        "parties": len(found.parties),
        "owed": minor_text(found.owed, exponent),
        "cleared": minor_text(found.cleared, exponent),
        "at_most": minor_text(found.bound, exponent),
    }


def _write(folder: Path, found: list[SetOff]) -> None:
    try:
        folder.mkdir(parents=True)
    except OSError as fault:
        raise NotReady(f"{folder}: {fault.strerror}; statements are written into a new folder") from fault
    number = 0
    for one in found:
        exponent = CURRENCIES[one.currency].exponent
        for party in statements(one):
            number += 1
            with (folder / f"{number:06d}-{one.currency}.csv").open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(["party", "reference", "debtor", "creditor", "amount", "cleared", "open"])
                for line in party.lines:
                    claim = line.claim
                    amounts = (minor_text(minor, exponent) for minor in (claim.minor, line.cleared, line.open_minor))
                    writer.writerow([party.party, claim.reference, claim.debtor, claim.creditor, *amounts])

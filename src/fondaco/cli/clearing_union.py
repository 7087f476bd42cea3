"""The clearing union at the command line: what central banks owe each other, what a close would come to, and the close itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from fondaco.cli.terminal import (
    HERE,
    Folder,
    Json,
    Refused,
    console,
    decide,
    lists_into_force,
    opened_hub,
    show,
    union_app,
    vote_for,
)
from fondaco.core import CURRENCIES, Refusal, amount_text, minor_of, minor_text
from fondaco.hub import Central, Hub, NotReady, union_rates
from fondaco.reporting import UnionLine, union_statement
from fondaco.rulebook import RESIDUAL, Deed
from fondaco.settlement import Compensation, Row, UnionClose, UnionState, billed


def _central(hub: Hub) -> Central:
    if hub.desk.rules is None:
        raise Refused("no business day was opened yet: `fondaco day open` opens one")
    central = hub.unions.central()
    if central is None:
        raise Refused("this scheme has no clearing union")
    return central


def _amount(minor: int, currency: str) -> str:
    return minor_text(minor, CURRENCIES[currency].exponent)


def _exact(value: Fraction, currency: str) -> str:
    """An amount in the unit of account, rounded half to even."""
    return _amount(round(value), currency)


@union_app.command
def status(*, hub: Folder = HERE, json: Json = False) -> None:
    """What central banks owe each other, with interest so far, what their lines leave, and what all owe together at today's rates."""
    with opened_hub(hub) as opened:
        central = _central(opened)
        unit, book, due = central.union.unit, opened.desk.union_book, opened.unions.due()
        accounts, agrees = [], not opened.unions.faults()
        for one in central.accounts():
            debit, credit = (billed(parts).minor for parts in book.parts(one.key()))
            accounts.append(
                {
                    "who": central.bics[one.number],
                    "with": central.bics[central.number_of[one.currency]],
                    "currency": one.currency,
                    "standing": _amount(book.standings[one.key()], one.currency),
                    "line": _amount(opened.desk.lines.get((one.number, one.currency), 0), one.currency),
                    "room": _amount(opened.unions.room(one.number, one.currency) or 0, one.currency),
                    "interest_owed": _amount(debit, one.currency),
                    "interest_due": _amount(credit, one.currency),
                }
            )
        found = _at_the_days_rates(opened)
        nets = [] if isinstance(found, str) else [_net(central.bics[n], net, unit) for n, net in found.nets.items()]
        waiting = opened.unions.in_flight()
    document: dict[str, Any] = {
        "unit": unit,
        "period": central.union.period,
        "since": book.since,
        "closes_on": due.isoformat() if due is not None else "",
        "nights_counted_to": book.counted,
        "accounts": accounts,
        "nets": nets,
        "unknown": found if isinstance(found, str) else "",
        "waiting": None if waiting is None else _close_document(waiting, central),
        "books_agree": agrees,
    }

    def text() -> None:
        console.print(f"period of {book.since}, closes on {due}; nights are counted to {book.counted}")
        for row in accounts:
            console.print(
                f"  {row['who']} with {row['with']}: {row['standing']} {row['currency']}, line {row['line']}, room {row['room']}; "
                f"interest owed {row['interest_owed']}, of which {row['interest_due']} is the other's",
                highlight=False,
            )
        for row in nets:
            console.print(f"{row['who']}: {row['net']} {unit} of all together", highlight=False)
        if isinstance(found, str):
            console.print(f"all together: not known; {found}", markup=False, highlight=False)
        if waiting is not None:
            console.print(f"close {waiting.number} waits for its answers, until {waiting.due}")
        console.print("the books say the same" if agrees else "THE BOOKS SAY OTHERWISE")

    show(json, document, text)


def _at_the_days_rates(hub: Hub, nights: int = 0) -> Compensation | str:
    """What a close would come to; in words why it can't be told."""
    try:
        rates = dict(union_rates(hub.desk.in_force()).rates)
    except NotReady as fault:
        return str(fault)
    found = hub.unions.computed(rates, nights)
    return found.sentence() if isinstance(found, Refusal) else found


def _net(bic: str, net: Fraction, unit: str) -> dict[str, Any]:
    return {"who": bic, "net": _exact(net, unit)}


def _row(row: Row, central: Central) -> dict[str, Any]:
    owed_in, own = central.currency_of[row.creditor], central.currency_of[row.debtor]
    return {
        "debtor": central.bics[row.debtor],
        "creditor": central.bics[row.creditor],
        "currency": owed_in,
        "owed": _amount(row.before, owed_in),
        "interest": _amount(row.interest, owed_in),
        "credited": _amount(row.credited, owed_in),
        "margin": _amount(row.margin, owed_in),
        "written_off": _amount(row.written_off, owed_in),
        "carried": _amount(row.carried, owed_in),
        "paid": _amount(row.paid, own),
        "paid_in": own,
        "settled_by": row.settled_by,
    }


def _print_rows(rows: Iterable[dict[str, Any]]) -> None:
    for row in rows:
        console.print(
            f"  {row['debtor']} to {row['creditor']}: {row['owed']} {row['currency']} and interest {row['interest']}; carried "
            f"{row['carried']}, paid {row['paid']} {row['paid_in']} ({row['settled_by']})",
            highlight=False,
        )


@union_app.command
def forecast(*, hub: Folder = HERE, json: Json = False) -> None:
    """What the period's close would come to, if nothing more settled between the countries and today's rates held. Decides nothing."""
    with opened_hub(hub) as opened:
        central, due = _central(opened), opened.unions.due()
        counted = opened.desk.union_book.counted
        nights = max(0, (due - date.fromisoformat(counted)).days) if due is not None and counted else 0
        found = _at_the_days_rates(opened, nights)
    if isinstance(found, str):
        raise Refused(found)
    unit = central.union.unit
    rows = [_row(row, central) for row in found.rows]
    nets = [_net(central.bics[number], net, unit) for number, net in found.nets.items()]

    def text() -> None:
        console.print(f"if nothing more settled: close on {due}, {nights} more nights")
        _print_rows(rows)
        for row in nets:
            console.print(f"{row['who']}: {row['net']} {unit}", highlight=False)

    closes_on = due.isoformat() if due is not None else ""
    show(json, {"closes_on": closes_on, "nights": nights, "unit": unit, "rows": rows, "nets": nets}, text)


@union_app.command
def close(*, hub: Folder = HERE, json: Json = False) -> None:
    """Close the period whose day has come, at the day's reference rates. Every central bank is asked; when all have set their part aside it is
    final. What is not answered until its due day lapses whole, and can be closed again."""
    with opened_hub(hub) as opened:
        _central(opened)
        lists_into_force(opened, hub)
        (result,) = decide(opened, [union_rates(opened.desk.in_force())])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())
        central = _central(opened)
        made = opened.desk.union_closes[opened.desk.union_book.closes]
    document = _close_document(made, central)

    def text() -> None:
        console.print(f"close {made.number} {made.state.name}: {len(made.asked)} central banks are asked, until {made.due}")
        _print_rows(document["rows"])

    show(json, document, text)


def _close_document(made: UnionClose, central: Central) -> dict[str, Any]:
    return {
        "number": made.number,
        "state": made.state.name,
        "of": made.of,
        "day": made.day,
        "since": made.since,
        "due": made.due,
        "unit": made.unit,
        "rates": [{"currency": code, "rate": rate, "day": day} for code, rate, day in made.rates],
        "asked": len(made.asked),
        "earmarked": len(made.earmarked),
        "rows": [_row(row, central) for row in made.rows],
        "delivered": [{"debtor": central.bics[one], "creditor": central.bics[other]} for one, other in made.delivered],
    }


@union_app.command
def confirm(
    number: int, debtor: str, creditor: str, amount: str, *, officer: str, key: Path, note: str, hub: Folder = HERE, json: Json = False
) -> None:  # fmt: skip
    """Say that DEBTOR delivered the agreed asset to CREDITOR (BICs) for what close NUMBER left between them: AMOUNT of the creditor's currency.
    Two operators' votes make it so; each says in --note whose statement shows it. Then the creditor is asked to write the debt off."""
    with opened_hub(hub) as opened:
        central = _central(opened)
        currency = next((code for code, who in central.number_of.items() if central.bics[who] == creditor[:8]), "")
    if not currency:
        raise Refused(f"{creditor} is no member of the clearing union")
    minor = minor_of(amount, CURRENCIES[currency].exponent)
    vote_for(Deed(RESIDUAL, f"{number} {debtor[:8]} {creditor[:8]}", str(minor)), officer, key, note, hub, json)


@union_app.command
def statement(central_bank: str, *, number: int = 0, hub: Folder = HERE, json: Json = False) -> None:
    """What the last settled close, or close NUMBER, made of CENTRAL_BANK's (BIC) accounts with others and theirs with it."""
    with opened_hub(hub) as opened:
        central = _central(opened)
        last = opened.unions.last_settled()
        made = opened.desk.union_closes.get(number) if number else last
    own = next((who for who, bic in central.bics.items() if bic == central_bank[:8]), 0)
    if not own:
        raise Refused(f"{central_bank} is no member of the clearing union")
    if made is None or made.of or made.state is not UnionState.SETTLED:
        raise Refused(f"close {number} is no settled close of a period" if number else "no period was closed yet")
    found = union_statement(made, own, central.currency_of)
    lines = [_line(one, central) for one in found.lines]
    document: dict[str, Any] = {
        "central_bank": central.bics[own],
        "close": made.number,
        "since": made.since,
        "day": made.day,
        "unit": made.unit,
        "net": _exact(found.net, made.unit),
        "accounts": lines,
        "interest_earned": [{"currency": code, "amount": _amount(minor, code)} for code, minor in found.earned],
        "margin": [{"currency": code, "amount": _amount(minor, code)} for code, minor in found.margin],
        "paid": amount_text(found.paid, central.currency_of[own]),
    }

    def text() -> None:
        console.print(
            f"{central.bics[own]}, close {made.number}, period {made.since} to {made.day}: {document['net']} {made.unit}"
        )
        for row in lines:
            console.print(f"  account of {row['who']} with {row['with']}, {row['currency']}", highlight=False)
            for name in ("opening", "moved", "interest", "written_off", "received", "closing"):
                console.print(f"    {name.replace('_', ' '):12} {row[name]:>24}", highlight=False)
        for title in ("interest_earned", "margin"):
            for row in document[title]:
                console.print(f"  {title.replace('_', ' ')} {row['amount']} {row['currency']}", highlight=False)
        console.print(f"  paid {document['paid']}", highlight=False)

    show(json, document, text)


def _line(one: UnionLine, central: Central) -> dict[str, Any]:
    figures = {name: _amount(getattr(one, name), one.currency) for name in UnionLine._fields[3:]}
    return {"who": central.bics[one.holder], "with": central.bics[one.keeper], "currency": one.currency, **figures}

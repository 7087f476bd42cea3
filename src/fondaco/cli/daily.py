"""The daily work: positions, limits, fees, what must be done before the day ends."""

from __future__ import annotations

import re
import sys

from rich.table import Table

from fondaco.cli.terminal import HERE, Folder, Json, Misused, Refused, app, console, decide, lists_into_force, opened_hub, show
from fondaco.core import CURRENCIES, Instant, Refusal, amount_text, minor_of, minor_text, utc_text
from fondaco.hub import SetLimit, TotalLimit, checklist, scheme_of, volume_key
from fondaco.reporting import invoice


@app.command
def positions(member: str = "", *, hub: Folder = HERE, json: Json = False) -> None:
    """What members hold, what of it is reserved, and what the open cycle will ask them to pay in; of MEMBER (BIC) or of all."""
    with opened_hub(hub) as opened:
        scheme, desk = opened.desk.scheme, opened.desk
        wanted = [
            (one.number, one.bic, currency)
            for one in sorted(scheme.participants, key=lambda one: one.number)
            for currency in sorted(one.currencies)
            if one.roles != {"settlement_agent"} and (not member or one.bic[:8] == member[:8])
        ]
        if not wanted:
            raise Refused(f"{member} holds no accounts here; `fondaco member list` shows who does")
        if desk.rules is None:
            raise Refused("no business day was opened yet: `fondaco day open` opens the accounts")
        found = opened.positions.of(wanted)
        totals = {one.payer: one for one in opened.limiting.totals.state()}
        expected: dict[tuple[int, str], int] = {}
        for key, (day, currency, minor) in desk.expected.items():
            if day == desk.counters.day:
                number = int(key.split()[0])
                expected[number, currency] = expected.get((number, currency), 0) + minor
        queued: dict[tuple[str, str], int] = {}
        for number, (_, currency, _urgent) in desk.queues.waiting():
            payment = desk.live[number]
            queued[payment.sender, currency] = queued.get((payment.sender, currency), 0) + payment.source_minor
    rows = []
    for one in found:
        exponent = CURRENCIES[one.currency].exponent
        figures = {
            "booked": one.booked, "reserved": one.reserved, "available": one.available, "net": one.net, "limit": one.limit,
            "headroom": one.headroom, "queued": queued.get((one.bic[:8], one.currency), 0),
            "expected": expected.get((one.number, one.currency), 0), "pay_in": one.pay_in, "shortfall": one.shortfall,
        }  # fmt: skip
        rows.append({"member": one.bic, "currency": one.currency, **{k: _signed(v, exponent) for k, v in figures.items()}})
        if totals:
            rows[-1] |= _of_all(totals.get(one.number))

    def text() -> None:
        if console.width < 150:  # twelve columns of amounts need that much
            console.print(f"positions, cycle {desk.counters.open_cycle or '-'}")
            for row in rows:
                console.print(f"{row['member']}  {row['currency']}")
                for part in (
                    ("booked", "reserved", "available"),
                    ("net", "limit", "headroom"),
                    ("queued", "expected", "pay_in", "shortfall"),
                ):
                    console.print("    " + "  ".join(f"{name} {row[name]}" for name in part))
                if row.get("total_limit"):
                    console.print(f"    all currencies: owed {row['total_owed']}, limit {row['total_limit']}", highlight=False)
            return
        table = Table(title=f"positions, cycle {desk.counters.open_cycle or '-'}")
        for name in rows[0] if rows else ():
            table.add_column(name, justify="left" if name in ("member", "currency") else "right")
        for row in rows:
            table.add_row(*row.values())
        console.print(table)

    show(json, rows, text)


def _of_all(one: TotalLimit | None) -> dict[str, str]:
    """What a member owes in the open cycle over all currencies, and the most that it may; blanks where it has no such limit."""
    if one is None:
        return {"total_owed": "", "total_limit": ""}
    owed = "not known" if one.used_minor is None else amount_text(one.used_minor, one.currency)
    return {"total_owed": owed, "total_limit": amount_text(one.minor, one.currency)}


def _signed(minor: int, exponent: int) -> str:
    return ("-" if minor < 0 else "") + minor_text(abs(minor), exponent)


@app.command
def fee(
    sender: str,
    creditor_agent: str,
    amount: str,
    currency: str,
    *,
    urgent: bool = False,
    purpose: str = "",
    hub: Folder = HERE,
    json: Json = False,
) -> None:
    """What a payment would cost its sender, before it is sent, and by which article."""
    scheme = scheme_of(hub)
    members = {one.bic[:8]: one for one in scheme.participants}
    payer, payee = members.get(sender[:8]), members.get(creditor_agent[:8])
    if payer is None or payee is None:
        raise Refused(f"{sender if payer is None else creditor_agent} is no participant")
    if currency not in scheme.tariffs:
        raise Refused(f"{currency} is not a currency of this union")
    exponent = CURRENCIES[currency].exponent
    minor = minor_of(amount, exponent)
    with opened_hub(hub) as opened:
        rules = opened.desk.rules
        if rules is None:
            raise Refused("no business day is open: `fondaco day open` brings the tariffs of today into force")
        volume = opened.desk.used.get(volume_key(rules.day, sender[:8], currency), 0)
        tariff = rules.tariff(currency, payer.country, payee.country, urgent, minor, purpose, volume)
    cost = minor_text(tariff.fee_minor(minor), exponent)
    found = {"fee": cost, "currency": currency, "article": tariff.article, "kind": "urgent" if urgent else "normal"}
    show(json, found, lambda: console.print(f"{cost} {currency}, article {tariff.article}"))


@app.command(name="invoice")
def invoice_(member: str, month: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """The fees of MEMBER (BIC) in MONTH (such as 2026-11), line by line; they were booked with their payments."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month):
        raise Misused(f"{month!r} is no month such as 2026-11")
    if member[:8] not in {one.bic[:8] for one in scheme_of(hub).participants}:
        raise Refused(f"{member} is no participant")
    with opened_hub(hub) as opened:
        found = invoice(opened.days.payments_of_month(month), member[:8], month)
    rows = [
        {
            "settled_at": line.settled_at, "uetr": line.uetr, "article": line.article, "kind": line.kind, "currency": line.currency,
            "amount": minor_text(line.amount_minor, CURRENCIES[line.currency].exponent),
            "fee": minor_text(line.fee_minor, CURRENCIES[line.currency].exponent),
        }
        for line in found.lines
    ]  # fmt: skip
    totals = [
        {"currency": currency, "article": article, "payments": count, "fees": minor_text(total, CURRENCIES[currency].exponent)}
        for currency, article, count, total in found.totals
    ]

    def text() -> None:
        for row in rows:
            console.print(
                f"{row['settled_at']}  {row['uetr']}  {row['kind']:6}  {row['amount']:>20} {row['currency']}  {row['fee']:>10}"
            )
        for total in totals:
            console.print(
                f"{found.member} {found.month}: {total['payments']} payments, {total['fees']} {total['currency']}, article {total['article']}"
            )
        if not rows:
            console.print("no fees")

    show(json, {"member": found.member, "month": found.month, "lines": rows, "totals": totals}, text)


@app.command
def limit(member: str, currency: str, amount: str, *, hub: Folder = HERE, json: Json = False) -> None:
    """Set MEMBER's own net debit cap in CURRENCY, at most the scheme's: from now on, in the open cycle and in those that follow."""
    if currency not in CURRENCIES:
        raise Refused(f"{currency} is not a currency of ISO 4217 that we know")
    minor = minor_of(amount, CURRENCIES[currency].exponent)
    with opened_hub(hub) as opened:
        lists_into_force(opened, hub)
        outcome = decide(opened, [SetLimit(member, currency, minor)])[0]
    if isinstance(outcome, Refusal):
        raise Refused(outcome.sentence())
    show(
        json,
        {"member": member, "currency": currency, "limit": amount},
        lambda: console.print(f"{member} {currency}: limit {amount}"),
    )


@app.command(name="checklist")
def checklist_(*, hub: Folder = HERE, json: Json = False) -> None:
    """What must be done before the business day can end, and what should be. Exit code 1 while something needed is not."""
    with opened_hub(hub) as opened:
        day, found = opened.desk.counters.day, checklist(opened.desk)

    def text() -> None:
        console.print(f"business day {day or '-'}")
        for one in found:
            mark = "done" if one.done else "NEEDED" if one.needed else "open"
            console.print(f"  {mark:6}  {one.what}{': ' + one.found if one.found else ''}", markup=False, highlight=False)

    show(json, {"day": day, "checks": [one._asdict() for one in found]}, text)
    if any(one.needed and not one.done for one in found):
        sys.exit(1)


@app.command
def asked(*, hub: Folder = HERE, json: Json = False) -> None:
    """What members ask each other and is not answered yet: recalls, investigations, verifications, by deadline."""
    with opened_hub(hub) as opened:
        found = sorted(opened.desk.assignments.values(), key=lambda one: (one.deadline, one.key))
    rows = [
        {
            "kind": one.kind,
            "key": one.key,
            "uetr": one.uetr,
            "from": one.assigner,
            "to": one.assignee,
            "state": one.state.name,
            "asked_at": utc_text(Instant(one.asked_at)),
            "deadline": utc_text(Instant(one.deadline)),
        }
        for one in found
    ]

    def text() -> None:
        for row in rows:
            console.print(
                f"{row['deadline']}  {row['kind']} {row['key']}  {row['from']} to {row['to']}  {row['state']}  {row['uetr']}"
            )
        if not rows:
            console.print("nothing is open")

    show(json, rows, text)

"""The demo of trade: six deals through the real hub, told as they happen, and at the end what each came to and the proof of all of it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from fondaco.core import CURRENCIES, Instant, fingerprint, minor_text
from fondaco.hub import Hub, proof_file
from fondaco.ledger import HUB, Role, place_of, record_ledger_of
from fondaco.simulation.demonstration import Prover, clear, read_by_others
from fondaco.simulation.trade_deals import Deals, Sale
from fondaco.simulation.trade_desk import NotMeantToBe, TradeDesk, key_of
from fondaco.simulation.trade_papers import EXPORTERS_BANK, IMPORTERS_BANK, PAID_IN, SOLD_IN
from fondaco.simulation.trade_telling import Act, Posting, Teller, name_of, state_of
from fondaco.trade import verify_title

FOLDER = "fondaco-demo-trade"
# The key under which the demo's hub signs its log: known to everybody.
_HUB = "the hub"
_MEMO = "TRADE_MEMO"
# How far details stand from the edge.
_PAD = " " * 10

Stories = Callable[[Hub, str, Path], None]


def run_trade_demo(
    folder: Path,
    *,
    as_json: bool,
    force: bool,
    console: Console,
    proof: Prover,
    print_proof: Callable[[dict[str, Any]], None],
    write_story: Stories,
) -> bool:
    """Play the deals and show them; returns whether anything failed to hold. `write_story` writes the page of one instrument's story."""
    clear(folder, force=force or folder.name == FOLDER)
    quiet = Console(stderr=True, quiet=True) if as_json else console
    quiet.print(_INTRODUCTION)
    started = time.monotonic()
    desk = TradeDesk(folder)
    try:
        teller = Teller(desk, lambda act: _tell(quiet, act))
        deals, unexpected = Deals(desk, teller), ""
        try:
            _play(desk, deals, quiet)
        except NotMeantToBe as fault:
            unexpected = str(fault)
        found = _found(desk, deals, teller, proof, unexpected)
        for sale in deals.sales:
            if sale.instrument:
                write_story(desk.hub, sale.instrument, folder / f"deal-{sale.number}.html")
        found["seconds"] = round(time.monotonic() - started, 1)
    finally:
        desk.close()
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found), indent=1).decode() + "\n")
    else:
        _show(console, found, print_proof, folder)
    return bool(found["faults"])


_INTRODUCTION = (
    "[bold]Fondaco[/bold] demo of trade: six deals of an exporter in Singapore and an importer in Bangkok, through the real hub on its real "
    "books.\n[bold]Firms, banks, providers of exchange and central banks are invented and simulated.[/bold] Instants are UTC on the demo's own clock; "
    "articles are cited by number."
)


def _play(desk: TradeDesk, deals: Deals, console: Console) -> None:
    for number, (day, deed) in enumerate(deals.days()):
        if number:
            desk.to_day(day)
        console.print(f"\n[bold]{day:%A, %d %B %Y}[/bold]")
        deed()
    desk.end_day()


# What is told as it happens


def _tell(console: Console, act: Act) -> None:
    article = f"  [{act.article}]" if act.article else ""
    state = f"{act.instrument} {act.state}".strip()
    console.print(f"{act.at[11:16]} ({act.deal}) {act.who} {act.what}{article}", markup=False, highlight=False)
    if state:
        console.print(f"{_PAD}is     {state}", style="dim", markup=False, highlight=False)
    for one in act.books:
        console.print(f"{_PAD}{_posting(one)}", style="cyan", markup=False, highlight=False)
    for step in act.title:
        passed = f"{name_of(step.giver) or 'its register'} -> {name_of(step.taker) or 'its register'}"
        console.print(f"{_PAD}title  {step.record}: {passed}", style="green", markup=False, highlight=False)
    for text in act.clocks:
        console.print(f"{_PAD}clock  {text}", style="yellow", markup=False, highlight=False)
    told = [one for one in act.mail if not one.startswith("trade.")]
    if told:
        console.print(f"{_PAD}mail   {', '.join(told)}", style="dim", markup=False, highlight=False)


def _posting(one: Posting) -> str:
    where = "memo " if one.kind == _MEMO else "books"
    why = "" if one.kind == _MEMO else f"  {one.kind.lower().replace('_', ' ')}"
    return f"{where}  {one.amount:>18}  {one.debit} -> {one.credit}{why}"


# What it came to


def _found(desk: TradeDesk, deals: Deals, teller: Teller, proof: Prover, unexpected: str) -> dict[str, Any]:
    hub = desk.hub
    hub.flush()
    rows = [_row(hub, sale) for sale in deals.sales]
    holders, faults = _holders(hub)
    titles = _titles(desk)
    statements = list(desk.statements.faults)
    for sale in deals.sales:
        for uetr in sale.uetrs:
            payment = hub.by_uetr(uetr)
            assert payment is not None, "it settled"
            statements += desk.statements.show(payment)
    proved = proof(hub)
    others = read_by_others(hub, desk.folder)
    refuted = [f"{record}: {said}" for record, said in titles.items() if not said.startswith("holds")]
    disagree = [f"{program}: {said}" for program, said in others.items() if said.startswith("failed")]
    faults += [
        f"{sale['deal']}: {sale['holder']} holds {sale['record']} in the register"
        for sale in rows
        if holders.get(sale["record"]) != sale["holder"]
    ]
    return {
        "day": desk.day.isoformat(),
        "deals": rows,
        "acts": teller.acts,
        "holders": holders,
        "title_proofs": titles,
        "statements": _counted(desk),
        "proof": proved,
        "read_by_others": others,
        "faults": [*([unexpected] if unexpected else []), *proved["faults"], *faults, *statements, *refuted, *disagree],
    }


def _row(hub: Hub, sale: Sale) -> dict[str, Any]:
    trading = hub.trading
    record = trading.records.record(sale.record)
    payments = [one for uetr in sale.uetrs if (one := hub.by_uetr(uetr)) is not None]
    return {
        "deal": sale.number, "title": sale.deal.title, "asked": f"{SOLD_IN} {sale.deal.amount}", "instrument": sale.instrument,
        "state": state_of(hub, sale.instrument) if sale.instrument else "", "order": sale.order, "invoice": sale.invoice,
        "invoice_state": state_of(hub, sale.invoice) if sale.invoice else "", "record": sale.record,
        "holder": record.holder if record is not None else "",
        "paid": [f"{PAID_IN} {_text(one.source_minor, PAID_IN)}" for one in payments],
        "arrived": [f"{SOLD_IN} {_text(one.target_minor, SOLD_IN)}" for one in payments],
        "payments": list(sale.uetrs), "findings": [one.sentence() for one in sale.findings],
    }  # fmt: skip


def _text(minor: int, currency: str) -> str:
    return minor_text(minor, CURRENCIES[currency].exponent)


def _holders(hub: Hub) -> tuple[dict[str, str], list[str]]:
    """Who has each record by the books, and what of it is not so: one unit with one holder."""
    names = {one.number: one.party for one in hub.trading.parties.known.values()}
    names |= {one.number: one.bic for one in hub.desk.in_force().participants.values()}
    units: dict[int, list[tuple[int, int]]] = {}
    for account, balance in hub.books.accounts():
        place = place_of(account.id)
        if place.role is Role.CONTROL and place.participant != HUB and balance.net:
            units.setdefault(place.ledger, []).append((place.participant, balance.net))
    holders, faults = {}, []
    for record in hub.trading.records.all():
        found = units.get(record_ledger_of(int(record.instrument.partition("-")[2])), [])
        if [net for _, net in found] != [1]:
            faults.append(f"{record.instrument} has not one holder by the books: {found}")
            continue
        holders[record.instrument] = names[found[0][0]]
    return holders, faults


def _titles(desk: TradeDesk) -> dict[str, str]:
    """What the verifier that knows no hub says of each record's proof file: `holds` and by whom it is held, or why not."""
    own, found = key_of(_HUB), {}
    mark = fingerprint(own.public_key().public_bytes_raw())
    for record in desk.hub.trading.records.all():
        path = desk.folder / f"{record.instrument}.proof.json"
        path.write_bytes(proof_file(desk.hub, record, own, Instant(desk.now)))
        words = [sys.executable, str(verify_title.__file__), str(path), mark]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603
        held = f"held by {record.holder}," in done.stdout
        said = done.stdout.strip() or done.stderr.strip()
        found[record.instrument] = f"holds: {record.holder}" if done.returncode == 0 and held else f"failed: {said[-300:]}"
    return found


def _counted(desk: TradeDesk) -> dict[str, int]:
    """How many statements and reports each bank read."""
    found: dict[str, int] = {}
    for one in desk.statements.read:
        found[f"{one.kind} to {one.bank}"] = found.get(f"{one.kind} to {one.bank}", 0) + 1
    return dict(sorted(found.items()))


def _show(console: Console, found: dict[str, Any], print_proof: Callable[[dict[str, Any]], None], folder: Path) -> None:
    console.print("\n[bold]What the deals came to[/bold]")
    for row in found["deals"]:
        money = f"paid {', '.join(row['paid'])}, arrived {', '.join(row['arrived'])}" if row["paid"] else "nothing was paid"
        held = found["title_proofs"].get(row["record"], "there is no proof")
        for line in (
            f"({row['deal']}) {row['title']}, {row['asked']}",
            f"      {row['instrument']} {row['state']}; {row['invoice']} {row['invoice_state']}; {money}",
            f"      {row['record']} with {name_of(row['holder'])}; its proof {held}",
        ):
            console.print(line, markup=False, highlight=False)
    console.print("\n[bold]Proof[/bold]")
    print_proof(found["proof"])
    console.print(f"each of {len(found['holders'])} bills of lading has exactly one holder, and books and register name the same")
    proofs = found["title_proofs"]
    console.print(
        f"the verifier that knows no hub, in a process of its own: {sum(one.startswith('holds') for one in proofs.values())} of {len(proofs)} title proofs hold"
    )
    told = ", ".join(f"{count} {what}" for what, count in found["statements"].items())
    console.print(f"read and added up by their banks, each against the books and the payments: {told}")
    for program, verdict in found["read_by_others"].items():
        console.print(f"{program}: {verdict}")
    for fault in found["faults"]:
        console.print(f"[red]does not hold[/red]: {fault}")
    first = found["deals"][0]["instrument"]
    console.print(
        f"\n{found['seconds']} s. The hub stays in {folder}; the story of each deal is a page there, deal-1.html to deal-6.html. Try:\n"
        f"  fondaco trade credit show LC-000001 --hub {folder}\n  fondaco trade record show ETR-000001 --hub {folder}\n"
        f"  fondaco trade story {first} --html story.html --hub {folder}\n"
        f"  fondaco statement {IMPORTERS_BANK} {PAID_IN} 2026-12-02 --hub {folder}\n"
        f"  fondaco statement {EXPORTERS_BANK} {SOLD_IN} 2026-12-02 --hub {folder}\n  fondaco prove --hub {folder}",
        markup=False, highlight=False,
    )  # fmt: skip

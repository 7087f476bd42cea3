"""One word per deed. `--json` for machines; exit code 0 done, 1 refused, 2 usage, 3 environment."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NoReturn

import cyclopts
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from fondaco import __version__
from fondaco.compliance import CaseState, Decision, Quarantined, ScreeningUnfit, sign
from fondaco.core import (
    CURRENCIES,
    ClockWentBack,
    Instant,
    MalformedMessage,
    Refusal,
    SystemClock,
    minor_of,
    minor_text,
    utc_text,
)
from fondaco.hub import (
    Arrive,
    CloseCycle,
    Command,
    DecideCase,
    Hub,
    Move,
    NotReady,
    OpenDay,
    SetLimit,
    SwapLists,
    Tick,
    checklist,
    close_hub,
    editions,
    init,
    list_set,
    load_list,
    open_hub,
    recognised,
    reference_rates,
    scheme_of,
)
from fondaco.journal import BrokenChain, BrokenSegment, JournalLocked, JournalUnavailable, WrongStore, verify
from fondaco.ledger import BooksLocked, BrokenBooks, EngineUnavailable, export_hledger, prove
from fondaco.messages import (
    Initiation,
    Interbank,
    Message,
    StatusReport,
    bare,
    camt_05x,
    derived_names,
    derived_uetrs,
    explain,
    orders_of,
    pacs_008_of,
    pain_002_of,
    read,
    read_edge,
    wrap,
)
from fondaco.payments import DECODER
from fondaco.reporting import contradictions, invoice, story
from fondaco.rulebook import (
    EXTENSION,
    PRICING_REFERENCE,
    STANDING,
    UNIONS,
    Deed,
    OfficerRule,
    Scheme,
    Standing,
    Vote,
    difference,
    read_scheme,
    sign_vote,
)

app = App(
    name="fondaco",
    version=__version__,
    help="A hub through which the banks of a union pay each other directly, each in its own currency.",
)
lists_app = App(name="lists", help="Sanctions lists: load, status.")
case_app = App(name="case", help="Held hits: list, release, confirm. Two different officers decide.")
rules_app = App(name="rules", help="Rulebooks: what differs between two.")
motion_app = App(name="motion", help="What two operators decide: a member's standing, a longer day.")
cycle_app = App(name="cycle", help="Net cycles: close, settle.")
app.command(lists_app)
app.command(case_app)
app.command(motion_app)
app.command(rules_app)
app.command(cycle_app)

console = Console()
errors = Console(stderr=True)

Json = Annotated[bool, Parameter(name="--json", help="One JSON document instead of text.")]
Folder = Annotated[Path, Parameter(name=["--hub", "-C"], help="The hub's folder.", env_var="FONDACO_HUB")]
_HERE = Path("fondaco-demo")


class Refused(Exception):
    """A lawful no at the command line: exit code 1."""


@contextmanager
def _hub(folder: Path) -> Iterator[Hub]:
    hub = open_hub(folder)
    try:
        yield hub
    finally:
        close_hub(hub)


def _clock(hub: Hub) -> SystemClock:
    return SystemClock(Instant(hub.desk.counters.last_instant))


def _do(hub: Hub, commands: list[Command]) -> list[Refusal | str | None]:
    """Decide these commands now, by the machine's clock, and keep what was decided."""
    results = hub.process(commands, _clock(hub).now())
    hub.flush()
    return results


def _show(as_json: bool, value: Any, text: Callable[[], None]) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n")
    else:
        text()


# Setting up


@app.command(name="init")
def init_(union: str, folder: Path, *, officer_keys: Path | None = None, json: Json = False) -> None:
    """Lay out a new hub for a ready union, and make keys for its two compliance officers and its two operators.

    Private keys are written to OFFICER_KEYS (default: FOLDER-keys beside the hub's folder), one file an officer: hand
    each to its officer, and keep none beside the hub.
    """
    if union not in UNIONS:
        raise Refused(f"no ready union {union!r}; there are {', '.join(UNIONS)}")
    keys = officer_keys or folder.with_name(folder.name + "-keys")
    officers = []
    made = {}
    for who, title, role in (("officer", "Compliance officer", "compliance"), ("operator", "Operator", "operator")):
        for number in (1, 2):
            key = Ed25519PrivateKey.generate()
            made[f"{who}-{number}"] = key.private_bytes_raw().hex()
            public = key.public_key().public_bytes_raw().hex()
            officers.append(OfficerRule(f"{who}-{number}", f"{title} {number}", frozenset({role}), public))
    init(union, folder, officers)
    keys.mkdir(parents=True, exist_ok=True)
    for name, secret in made.items():
        path = keys / f"{name}.key"
        path.touch(mode=0o600)
        path.write_text(secret + "\n")
    lists = [rule.list_id for rule in scheme_of(folder).lists]
    _show(
        json,
        {"folder": str(folder), "keys": str(keys), "lists": lists},
        lambda: console.print(
            f"hub laid out in {folder}; officers' private keys in {keys}\n"
            f"next: load the lists {', '.join(lists)}: fondaco lists load FILE --hub {folder}"
        ),
    )


@app.command
def validate(*files: Path, json: Json = False) -> None:
    """Is each message well formed, true to its schema and to the standard's rules? If not: where, and by which rule.

    Says nothing of whom screening would hit.
    """
    found = {}
    for path in files:
        try:
            raw = path.read_bytes()
        except OSError as fault:
            raise NotReady(f"{path}: {fault.strerror}") from fault
        faults = explain(raw)
        kind = ""
        if not any(fault.reason.name == "MALFORMED" for fault in faults):
            kind = read_edge(raw, bulk=True).kind
        found[str(path)] = {"kind": kind, "faults": [fault.sentence() for fault in faults]}

    def text() -> None:
        for name, verdict in found.items():
            console.print(f"{name}: {verdict['kind'] or 'not read'}: {'good' if not verdict['faults'] else 'faults'}")
            for sentence in verdict["faults"]:
                console.print(f"  {sentence}", markup=False)

    _show(json, found, text)
    if any(verdict["faults"] for verdict in found.values()):
        sys.exit(1)


@lists_app.command
def load(*files: Path, list_id: Annotated[str, Parameter(name="--list")] = "", hub: Folder = _HERE, json: Json = False) -> None:
    """Load a list from its official files (OFAC CSV: SDN, ALT, ADD in that order). Quality gates may quarantine it.

    Which list it is, is told by the format of the files; `--list ID` says it where the rulebook names two of one format.
    """
    scheme = scheme_of(hub)
    raw = []
    for path in files:
        try:
            raw.append(path.read_bytes())
        except OSError as fault:
            raise NotReady(f"{path}: {fault.strerror}") from fault
    if not raw:
        raise Refused("which files?")
    if not list_id:
        fitting = recognised(scheme, raw)
        if len(fitting) != 1:
            known = ", ".join(fitting or [rule.list_id for rule in scheme.lists])
            what = "fit several lists" if fitting else "have the format of no list, or fail its quality gates"
            raise Refused(f"the files {what} of the rulebook ({known}); say which with --list ID")
        (list_id,) = fitting
    loaded = load_list(hub, scheme, list_id, raw, Instant(time.time_ns()))
    if isinstance(loaded, Quarantined):
        raise Refused(f"list {list_id} is quarantined, the one in force stays: " + "; ".join(loaded.reasons))
    version = list_set(hub, scheme).version
    _show(
        json,
        {"list": list_id, "entries": len(loaded.entries), "digest": loaded.digest, "list_set": version},
        lambda: console.print(f"list {list_id}: {len(loaded.entries)} entries; list set {version} is taken up at the next start"),
    )


@lists_app.command
def status(*, hub: Folder = _HERE, json: Json = False) -> None:
    """Each list that the rulebook names: entries, age, and until when it may be used."""
    scheme = scheme_of(hub)
    found = editions(hub, scheme)
    rows = []
    now = time.time_ns()
    for rule in scheme.lists:
        edition = found.get(rule.list_id)
        until = edition.received_at + rule.max_age_days * 86_400 * 10**9 if edition else 0
        rows.append(
            {
                "list": rule.list_id,
                "required": rule.required,
                "entries": len(edition.entries) if edition else 0,
                "published": edition.published if edition else "",
                "valid_until": utc_text(Instant(until)) if edition else "",
                "state": "missing" if edition is None else "stale" if now >= until else "fresh",
            }
        )
    _show(json, rows, lambda: _table("lists", rows))


def _table(title: str, rows: list[dict[str, Any]]) -> None:
    table = Table(title=title)
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)


# Payments


def _ready(hub: Hub) -> None:
    """Bring today's rules and the newest lists into force, if they are not."""
    today = time.strftime("%Y-%m-%d", time.gmtime())
    commands: list[Command] = []
    if not hub.desk.counters.day:
        commands.append(OpenDay(today))
    version = list_set(hub.journal.path.parent, hub.desk.scheme).version
    if hub.desk.counters.list_set != version:
        commands.append(SwapLists(version))
    for command in commands:
        (result,) = _do(hub, [command])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())
    # By what stands, not by whether the day was opened just now: a crash may lie between the two.
    rules, now = hub.desk.in_force(), _clock(hub).now()
    if rules.pricing == PRICING_REFERENCE and not any(one.valid_from <= now < one.valid_until for one in hub.desk.quotes.state()):
        (result,) = _do(hub, [reference_rates(rules)])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())


@app.command
def send(*files: Path, hub: Folder = _HERE, json: Json = False) -> None:
    """Hand messages to the hub as their senders (the header's Fr) would, and show what it answers."""
    answers: list[dict[str, Any]] = []
    refused = False
    with _hub(hub) as opened:
        _ready(opened)
        for path in files:
            try:
                raw = path.read_bytes()
                message = read(raw, bulk=True)
            except OSError as fault:
                raise NotReady(f"{path}: {fault.strerror}") from fault
            except MalformedMessage as fault:
                answers.append({"file": str(path), "refused": fault.refusal.sentence()})
                refused = True
                continue
            if message.header is None:
                raise Refused(f"{path}: without a business header nobody knows whose message this is")
            (result,) = _do(opened, [Arrive(message.header.sender, raw, message)])
            mail = opened.take_mail()
            states = []
            for transfer in getattr(message.body, "transfers", ()):
                payment = opened.by_uetr(transfer.uetr)
                if payment is not None:
                    states.append({"uetr": transfer.uetr, "state": payment.state.name})
            rejected = any(b"<TxSts>RJCT" in one.raw for one in mail)
            refused = refused or rejected or isinstance(result, Refusal)
            answers.append(
                {
                    "file": str(path),
                    "refused": result.sentence() if isinstance(result, Refusal) else "",
                    "payments": states,
                    "mail": [{"to": one.recipient, "kind": one.kind, "raw": one.raw.decode()} for one in mail],
                }
            )

    def text() -> None:
        for answer in answers:
            console.print(answer["file"], answer["refused"] or "taken", markup=False)
            for one in answer.get("payments", ()):
                console.print(f"  {one['uetr']}  {one['state']}")
            for one in answer.get("mail", ()):
                console.print(f"  -> {one['to']}  {one['kind']}")

    _show(json, answers, text)
    if refused:
        sys.exit(1)


@app.command
def trace(uetr: str, *, hub: Folder = _HERE, json: Json = False, messages: bool = False) -> None:
    """The whole story of a payment: steps with their articles, books, rate, messages (`--messages` shows them whole)."""
    with _hub(hub) as opened:
        payment = opened.by_uetr(uetr)
        if payment is None:
            raise Refused(f"no payment {uetr} in {hub}")
        found = story(payment, opened.journal)

    def text() -> None:
        console.print(f"payment {found['payment']}  {found['uetr']}  [bold]{found['state']}[/bold]")
        for key in ("from", "to", "pays", "arrives", "fee", "settles", "refusal"):
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

    _show(json, found, text)


@app.command
def positions(member: str = "", *, hub: Folder = _HERE, json: Json = False) -> None:
    """What members hold, what of it is reserved, and what the open cycle will ask them to pay in; of MEMBER (BIC) or of all."""
    with _hub(hub) as opened:
        scheme, desk = opened.desk.scheme, opened.desk
        wanted = [
            (one.number, one.bic, currency)
            for one in sorted(scheme.participants, key=lambda one: one.number)
            for currency in sorted(one.currencies)
            if one.roles != {"settlement_agent"} and (not member or one.bic[:8] == member[:8])
        ]
        if not wanted:
            raise Refused(f"{member} holds no accounts here")
        found = opened.positions.of(wanted)
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

    def text() -> None:
        table = Table(title=f"positions, cycle {desk.counters.open_cycle or '-'}")
        for name in rows[0] if rows else ():
            table.add_column(name, justify="left" if name in ("member", "currency") else "right")
        for row in rows:
            table.add_row(*row.values())
        console.print(table)

    _show(json, rows, text)


def _signed(minor: int, exponent: int) -> str:
    return ("-" if minor < 0 else "") + minor_text(abs(minor), exponent)


@app.command
def fee(
    sender: str, creditor_agent: str, amount: str, currency: str, *, urgent: bool = False, hub: Folder = _HERE, json: Json = False
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
    with _hub(hub) as opened:
        tariff = opened.desk.in_force().tariff(currency, payer.country, payee.country, urgent, minor)
    cost = minor_text(tariff.fee_minor(minor), exponent)
    found = {"fee": cost, "currency": currency, "article": tariff.article, "kind": "urgent" if urgent else "normal"}
    _show(json, found, lambda: console.print(f"{cost} {currency}, article {tariff.article}"))


@app.command(name="invoice")
def invoice_(member: str, month: str, *, hub: Folder = _HERE, json: Json = False) -> None:
    """The fees of MEMBER (BIC) in MONTH (such as 2026-11), line by line; they were booked with their payments."""
    with _hub(hub) as opened:
        found = invoice((DECODER.decode(raw) for _, raw in opened.journal.payments()), member[:8], month)
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

    _show(json, {"member": found.member, "month": found.month, "lines": rows, "totals": totals}, text)


@app.command
def limit(member: str, currency: str, amount: str, *, hub: Folder = _HERE, json: Json = False) -> None:
    """Set MEMBER's own net debit cap in CURRENCY, at most the scheme's: from now on, in the open cycle and in those that follow."""
    if currency not in CURRENCIES:
        raise Refused(f"{currency} is not a currency of ISO 4217 that we know")
    minor = minor_of(amount, CURRENCIES[currency].exponent)
    with _hub(hub) as opened:
        outcome = _do(opened, [SetLimit(member, currency, minor)])[0]
    if isinstance(outcome, Refusal):
        raise Refused(outcome.sentence())
    _show(
        json,
        {"member": member, "currency": currency, "limit": amount},
        lambda: console.print(f"{member} {currency}: limit {amount}"),
    )


@app.command(name="checklist")
def checklist_(*, hub: Folder = _HERE, json: Json = False) -> None:
    """What must be done before the business day can end, and what should be. Exit code 1 while something needed is not."""
    with _hub(hub) as opened:
        day, found = opened.desk.counters.day, checklist(opened.desk)

    def text() -> None:
        console.print(f"business day {day or '-'}")
        for one in found:
            mark = "done" if one.done else "NEEDED" if one.needed else "open"
            console.print(f"  {mark:6}  {one.what}{': ' + one.found if one.found else ''}", markup=False, highlight=False)

    _show(json, {"day": day, "checks": [one._asdict() for one in found]}, text)
    if any(one.needed and not one.done for one in found):
        sys.exit(1)


@app.command
def asked(*, hub: Folder = _HERE, json: Json = False) -> None:
    """What members ask each other and is not answered yet: recalls, investigations, verifications, by deadline."""
    with _hub(hub) as opened:
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

    _show(json, rows, text)


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
    hub: Folder = _HERE,
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
            _write(str(row.get("raw") or f"{row['file']}  {row['day']}  {len(row['uetrs'])} payments\n"))
        for no in noes:
            errors.print(f"{no['payment_information']} {no['order']}: {no['refused']}", markup=False, highlight=False)

    _show(json, {"messages": rows, "refused": noes}, text)
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
    _show(json, found, lambda: _write(raw.decode()))


# Rules


@rules_app.command
def diff(before: Path, after: Path, *, json: Json = False) -> None:
    """What the rulebook in folder AFTER says otherwise than the one in BEFORE, line by line; mistakes of either are told instead."""
    schemes = []
    for folder in (before, after):
        found = read_scheme(folder)
        if not isinstance(found, Scheme):
            raise Refused("\n".join(f"{folder}/{one}" for one in found))
        schemes.append(found)
    rows = [one._asdict() for one in difference(*schemes)]

    def text() -> None:
        for row in rows:
            console.print(f"{row['place']}\n  - {row['before']}\n  + {row['after']}", markup=False, highlight=False)
        if not rows:
            console.print("no difference")

    _show(json, rows, text)


# Motions


def _vote(deed: Deed, officer: str, key: Path, note: str, folder: Path, as_json: bool) -> None:
    private = _private(key)
    with _hub(folder) as opened:
        vote = Vote(deed, officer, note, opened.desk.counters.day, int(_clock(opened).now()))
        (result,) = _do(opened, [Move(sign_vote(vote, private))])
    if isinstance(result, Refusal):
        raise Refused(result.sentence())
    _show(as_json, {"motion": result}, lambda: console.print(f"motion {result}"))


@motion_app.command
def standing(
    member: str, value: Standing, *, officer: str, key: Path, note: str, hub: Folder = _HERE, json: Json = False
) -> None:
    """Set a member's standing. The second operator's vote for the same makes it so, at once."""
    _vote(Deed(STANDING, member[:8], value), officer, key, note, hub, json)


@motion_app.command
def extend(currency: str, minutes: int, *, officer: str, key: Path, note: str, hub: Folder = _HERE, json: Json = False) -> None:
    """Put a currency's cut-off later by MINUTES, today. The second operator's vote for the same makes it so."""
    _vote(Deed(EXTENSION, currency, str(minutes)), officer, key, note, hub, json)


@motion_app.command(name="list")
def list_motions(*, hub: Folder = _HERE, json: Json = False) -> None:
    """All motions: what was proposed, by whom and why, and what became of it."""
    with _hub(hub) as opened:
        rows = [
            {
                "motion": one.key,
                "state": one.state.name,
                "kind": one.deed.kind,
                "subject": one.deed.subject,
                "value": one.deed.value,
                "votes": [
                    {"officer": vote.officer_id, "note": vote.note, "at": utc_text(Instant(vote.at))} for vote in one.votes
                ],
            }
            for _, one in sorted(opened.desk.motions.items())
        ]

    def text() -> None:
        for row in rows:
            console.print(f"{row['motion']}  {row['state']}  {row['kind']} {row['subject']} {row['value']}")
            for vote in row["votes"]:
                console.print(f"  {vote['officer']}: {vote['note']}", markup=False)  # type: ignore[index]
        if not rows:
            console.print("no motions")

    _show(json, rows, text)


# Cases


@case_app.command(name="list")
def list_(*, hub: Folder = _HERE, json: Json = False, open_only: bool = True) -> None:
    """Cases with their hits, for officers. `--no-open-only` shows decided ones too."""
    done = (CaseState.RELEASED, CaseState.CONFIRMED, CaseState.SUPERSEDED)
    with _hub(hub) as opened:
        rows: list[dict[str, Any]] = [
            {
                "case": case.case_id,
                "payment": case.payment,
                "state": case.state.name,
                "opened": utc_text(Instant(case.opened_at)),
                "hits": [
                    {
                        "said": hit.said,
                        "where": hit.path,
                        "listed": hit.listed,
                        "list": hit.list_id,
                        "entry": hit.entry_id,
                        "score": hit.score_milli,
                        "words": hit.words,
                    }
                    for hit in case.verdict.hits
                ],
                "decisions": [{"officer": one.officer_id, "verb": one.verb, "note": one.note} for one in case.decisions],
            }
            for case in opened.desk.cases.values()
            if not open_only or case.state not in done
        ]

    def text() -> None:
        for row in rows:
            console.print(f"{row['case']}  payment {row['payment']}  {row['state']}  {row['opened']}")
            for hit in row["hits"]:
                console.print(f"  {hit['score']}  {hit['said']!r} at {hit['where']}", markup=False)
                console.print(f"       resembles {hit['listed']!r}, {hit['list']} {hit['entry']}", markup=False)
                for said, listed, rule, similarity in hit["words"]:
                    console.print(f"       {said} = {listed}  ({rule}, {similarity})", markup=False)
        if not rows:
            console.print("no cases")

    _show(json, rows, text)


def _private(key: Path) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.read_text().strip()))
    except (OSError, ValueError) as fault:
        raise NotReady(f"{key}: not a readable officer's key: {fault}") from fault


def _decide(case_id: str, verb: str, officer: str, key: Path, note: str, folder: Path, as_json: bool) -> None:
    private = _private(key)
    with _hub(folder) as opened:
        case = opened.desk.cases.get(case_id)
        if case is None:
            raise Refused(f"no case {case_id}")
        decision = sign(Decision(case_id, officer, verb, note, int(_clock(opened).now()), case.verdict.digest()), private)
        (result,) = _do(opened, [DecideCase(decision)])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())
    _show(as_json, {"case": case_id, "state": result}, lambda: console.print(f"case {case_id}: {result}"))


@case_app.command
def release(case_id: str, *, officer: str, key: Path, note: str, hub: Folder = _HERE, json: Json = False) -> None:
    """Say that the hit is somebody else. The second officer's word makes it so."""
    _decide(case_id, "RELEASE", officer, key, note, hub, json)


@case_app.command
def confirm(case_id: str, *, officer: str, key: Path, note: str, hub: Folder = _HERE, json: Json = False) -> None:
    """Say that the hit is the listed party. The second officer's word makes it so."""
    _decide(case_id, "CONFIRM", officer, key, note, hub, json)


# Cycles


@cycle_app.command
def close(*, last: bool = False, hub: Folder = _HERE, json: Json = False) -> None:
    """Close the open net cycle now instead of at its cut-off. `--last` opens no next one."""
    with _hub(hub) as opened:
        (result,) = _do(opened, [CloseCycle(last)])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())
    _show(json, {"closed": result}, lambda: console.print(f"closed {result}"))


@cycle_app.command
def settle(*, hub: Folder = _HERE, json: Json = False) -> None:
    """Take every step that is due: offers that ran out, nets to reserve. Agents' answers arrive as messages (`send`)."""
    with _hub(hub) as opened:
        _do(opened, [Tick()])
        rows = _cycles(opened)
    _show(json, rows, lambda: _table("cycles", rows))


def _cycles(hub: Hub) -> list[dict[str, Any]]:
    return [
        {
            "cycle": cycle.number,
            "state": cycle.state.name,
            "payments": len(cycle.members) - len(cycle.left_out),
            "left out": len(cycle.left_out),
            "attempts": cycle.attempt,
        }
        for cycle in hub.desk.cycles.values()
    ]


# Evidence


@app.command
def statement(bic: str, currency: str, day: date, *, kind: str = "camt.053", hub: Folder = _HERE, json: Json = False) -> None:
    """A member's statement of one currency and day: a camt.053 (or .052, .054) on standard output."""
    if kind not in ("camt.052", "camt.053", "camt.054"):
        raise Refused("--kind is camt.052, camt.053 or camt.054")
    with _hub(hub) as opened:
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
    _show(json, found[0], lambda: _write(raw.decode()))


def _write(text: str) -> None:
    sys.stdout.write(text)


@app.command
def export(*, format: str = "hledger", output: Path | None = None, hub: Folder = _HERE) -> None:
    """Write the books as a plain-text journal for hledger, with declared accounts and asserted balances."""
    if format != "hledger":
        raise Refused("--format is hledger")
    with _hub(hub) as opened:
        scheme = opened.desk.scheme
        codes = {ledger: (code, CURRENCIES[code].exponent) for code, ledger in opened.desk.ledgers.items()}
        names = {one.number: one.bic for one in scheme.participants}
        out = sys.stdout if output is None else output.open("w")
        count = export_hledger(opened.books, out, codes.__getitem__, names.__getitem__, lambda ns: utc_text(Instant(ns))[:10])
        if output is not None:
            out.close()
            errors.print(f"{count} transactions written to {output}")


def _proof(hub: Hub) -> dict[str, Any]:
    found = prove(hub.books)
    try:
        entries = verify(hub.journal.links())
        chain = ""
    except BrokenChain as fault:
        entries, chain = 0, str(fault)
    desk = hub.desk
    payments = (DECODER.decode(raw) for _, raw in hub.journal.payments())
    compared = desk.rules is not None
    disagree = contradictions(hub.books, payments, desk.rules, desk.ledgers) if desk.rules is not None else []
    return {
        "accounts": found.accounts,
        "transfers": found.transfers,
        "ledgers": found.ledgers,
        "journal_entries": entries,
        "payments_compared": compared,
        "faults": [*found.faults, *([chain] if chain else []), *disagree],
    }


@app.command(name="prove")
def prove_(*, hub: Folder = _HERE, json: Json = False) -> None:
    """Recompute every balance from all transfers, check that all ledgers add up to zero, and walk the journal's chain."""
    with _hub(hub) as opened:
        found = _proof(opened)
    _show(json, found, lambda: _print_proof(found))
    if found["faults"]:
        sys.exit(1)


def _print_proof(found: dict[str, Any]) -> None:
    console.print(
        f"{found['transfers']:,} transfers give the balances of all {found['accounts']} accounts; "
        f"{found['ledgers']} ledgers add up to zero; {found['journal_entries']:,} journal entries chained"
    )
    if found["payments_compared"] and not found["faults"]:
        console.print("every payment of the journal has its legs in the books, as its state demands")
    for fault in found["faults"]:
        console.print(f"  [red]{fault}[/red]")


# The main job


@app.command
def demo(
    folder: Path = _HERE,
    *,
    union: str = "straits",
    messages: int = 20_000,
    seed: int | None = None,
    json: Json = False,
    force: bool = False,
) -> None:
    """Run a business day of a ready union (`straits` or `bridge`): real hub and books, simulated banks and central banks.

    The result stays in FOLDER for `trace`, `statement`, `export` and `prove`. `--force` replaces an earlier demo there.
    """
    from fondaco.simulation.demonstration import run_demo

    if union not in UNIONS:
        raise Refused(f"no ready union {union!r}; there are {', '.join(UNIONS)}")
    failed = run_demo(
        folder, messages, seed, as_json=json, force=force, console=console, proof=_proof, print_proof=_print_proof, union=union
    )  # fmt: skip
    if failed:
        sys.exit(1)


_ENVIRONMENT = (
    NotReady, JournalLocked, JournalUnavailable, WrongStore, BooksLocked, BrokenBooks, BrokenSegment, EngineUnavailable,
    ScreeningUnfit, ClockWentBack,
)  # fmt: skip


def _fail(code: int, text: str) -> NoReturn:
    errors.print(f"fondaco: {text}", markup=False, highlight=False)
    sys.exit(code)


def main() -> None:
    """The program. Exit code 0 done, 1 refused, 2 usage, 3 environment."""
    try:
        app(exit_on_error=False)
    except cyclopts.CycloptsError:
        sys.exit(2)  # cyclopts has said what was wrong
    except Refused as refusal:
        _fail(1, str(refusal))
    except _ENVIRONMENT as fault:
        _fail(3, str(fault))
    except KeyboardInterrupt:
        _fail(3, "interrupted; what was decided is kept")


if __name__ == "__main__":
    main()

"""What every word of the command line shares: the program, its output, the hub of a folder, the keys of officers.

Every start of the program reads this file, so what only a command with a hub needs is imported where it is used: the hub alone takes longer to
read than most commands take to run.
"""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from fondaco import __version__
from fondaco.core import Instant, Refusal, SystemClock

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fondaco.hub import Command, Hub
    from fondaco.rulebook import Deed, Scheme

app = App(
    name="fondaco",
    version=__version__,
    help="A hub through which the banks of a union pay each other directly, each in its own currency.",
)
lists_app = App(name="lists", help="Sanctions lists: load, take, status, diff, history, calibrate.")
case_app = App(
    name="case",
    help="Held hits: list, alerts, assign, note, escalate, release, confirm, vouch, report, replay. Two different officers decide.",
)
rules_app = App(name="rules", help="Rulebooks: diff, propose, approve, list.")
motion_app = App(name="motion", help="What two operators decide: a member's standing, a longer day.")
member_app = App(name="member", help="Participants and applicants: sign, apply, key, report, admit, withdraw, list.")
qr_app = App(name="qr", help="Merchant codes (EMVCo QR): read, write.")
draft_app = App(
    name="draft",
    help="Messages written by hand: pay, scan, money, balances, expect, return, recall, enquire, investigate, verify, answer.",
)
quotes_app = App(name="quotes", help="Firm quotes of FX providers: post, list.")
day_app = App(name="day", help="Business days: open, end.")
cycle_app = App(name="cycle", help="Net cycles: close, settle.")
collateral_app = App(name="collateral", help="Collateral and the common fund: lodge, release, price, list.")
limits_app = App(name="limits", help="What may flow to one bank or country: set, remove, list.")
queue_app = App(name="queue", help="What waits for money or room: list, move, revoke.")
default_app = App(name="default", help="A participant that cannot pay: drill, declare, list, show.")
union_app = App(name="clearing-union", help="What central banks owe each other: status, forecast, close, confirm, statement.")
app.command(lists_app)
app.command(queue_app)
app.command(limits_app)
app.command(case_app)
app.command(motion_app)
app.command(rules_app)
app.command(member_app)
app.command(qr_app)
app.command(quotes_app)
app.command(draft_app)
app.command(day_app)
app.command(cycle_app)
app.command(collateral_app)
app.command(default_app)
app.command(union_app)

# A line stays a line, as long as it is: a program that reads it, or a terminal, breaks it better than we do.
console = Console(soft_wrap=True)
errors = Console(stderr=True, soft_wrap=True)

Json = Annotated[bool, Parameter(name="--json", help="One JSON document instead of text.")]
Folder = Annotated[Path, Parameter(name=["--hub", "-C"], help="The hub's folder.", env_var="FONDACO_HUB")]
HERE = Path("fondaco-demo")


class Refused(Exception):
    """A lawful no at the command line: exit code 1."""


class Misused(Exception):
    """Words of the command line that mean nothing: exit code 2."""


class Served(Exception):
    """The hub of this folder is open in another process, which may be asked; the text says that it is locked."""

    def __init__(self, folder: Path, locked: str) -> None:
        super().__init__(locked)
        self.folder = folder


# The hub that this process serves, while a word is asked of it: the word finds it open. Set by the one thread that owns it.
serving: list[Hub] = []


@contextmanager
def opened_hub(folder: Path) -> Iterator[Hub]:
    if serving:
        yield serving[0]
        return
    from fondaco.hub import close_hub, open_hub
    from fondaco.journal import JournalLocked
    from fondaco.ledger import BooksLocked

    try:
        hub = open_hub(folder)
    except (JournalLocked, BooksLocked) as locked:
        raise Served(folder, str(locked)) from locked
    try:
        yield hub
    finally:
        close_hub(hub)


def clock(hub: Hub) -> SystemClock:
    return SystemClock(Instant(hub.desk.counters.last_instant))


def decide(hub: Hub, commands: list[Command]) -> list[Refusal | str | None]:
    """Decide these commands now, by the machine's clock, and keep what was decided."""
    assert not serving, "a word that is asked of a served hub changes nothing"
    results = hub.process(commands, clock(hub).now())
    hub.flush()
    return results


def show(as_json: bool, value: Any, text: Callable[[], None]) -> None:
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=1).decode() + "\n")
    else:
        text()


@contextmanager
def progress_of(doing: str, of: str) -> Iterator[Callable[[int], None]]:
    """Where a person watches, a line on standard error that says how many were done so far; else nothing."""
    with errors.status(f"{doing} ...") as status:
        yield lambda done: status.update(f"{doing} ... {done:,} {of}")


def print_table(title: str, rows: list[dict[str, Any]]) -> None:
    table = Table(title=title)
    for name in rows[0] if rows else ():
        table.add_column(name)
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)


def who() -> str:
    """The account of this machine under which the program runs, as far as it is known."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def take_deliveries(folder: Path, scheme: Scheme) -> list[dict[str, Any]]:
    """Load the lists that wait in the inbox, and say on standard error what was quarantined, or lies where no list is."""
    from fondaco.compliance import Quarantined
    from fondaco.hub import strays, take_waiting

    rows = []
    for name in strays(folder, scheme):
        errors.print(f"fondaco: lists/inbox/{name} is of no list that the rulebook names; nothing there is read", markup=False)
    for list_id, name, loaded in take_waiting(folder, scheme, Instant(time.time_ns()), who()):
        reasons = loaded.reasons if isinstance(loaded, Quarantined) else ()
        count = 0 if isinstance(loaded, Quarantined) else len(loaded.entries) + len(loaded.goods)
        rows.append({"list": list_id, "delivery": name, "entries": count, "reasons": list(reasons)})
        if reasons:
            line = f"fondaco: delivery {name} of list {list_id} is quarantined, the one in force stays: {'; '.join(reasons)}"
            errors.print(line, markup=False, highlight=False)
    return rows


def bring_into_force(hub: Hub, folder: Path) -> None:
    """Bring today's rules and the newest lists into force, if they are not; lists that wait in the inbox are loaded first."""
    from fondaco.hub import OpenDay, reference_rates
    from fondaco.rulebook import PRICING_REFERENCE

    if not hub.desk.counters.day:
        (result,) = decide(hub, [OpenDay(time.strftime("%Y-%m-%d", time.gmtime()))])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())
    lists_into_force(hub, folder)
    # By what stands, not by whether the day was opened just now: a crash may lie between the two.
    rules, now = hub.desk.in_force(), clock(hub).now()
    if rules.pricing == PRICING_REFERENCE and not any(one.valid_from <= now < one.valid_until for one in hub.desk.quotes.state()):
        (result,) = decide(hub, [reference_rates(rules)])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())


def lists_into_force(hub: Hub, folder: Path) -> None:
    """Bring the newest lists into force, if they are not, and what waits in the inbox with them: whatever may reserve or settle meets them
    first. What is held because nothing could be known of it is screened again. Before the first day there is nothing to do."""
    from fondaco.hub import SwapLists, list_set

    take_deliveries(folder, hub.desk.scheme)
    if hub.desk.rules is None:
        return
    version = list_set(folder, hub.desk.scheme).version
    if hub.desk.counters.list_set != version or hub.holding.waits_for_lists():
        (result,) = decide(hub, [SwapLists(version)])
        if isinstance(result, Refusal):
            raise Refused(result.sentence())


def private_key(key: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fondaco.hub import NotReady

    try:
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key.read_text().strip()))
    except (OSError, ValueError) as fault:
        raise NotReady(f"{key}: not a readable officer's key: {fault}") from fault


def vote_for(deed: Deed, officer: str, key: Path, note: str, folder: Path, as_json: bool) -> None:
    from fondaco.hub import Move
    from fondaco.rulebook import Vote, sign_vote

    private = private_key(key)
    with opened_hub(folder) as opened:
        vote = Vote(deed, officer, note, opened.desk.counters.day, int(clock(opened).now()))
        (result,) = decide(opened, [Move(sign_vote(vote, private))])
    if isinstance(result, Refusal):
        raise Refused(result.sentence())
    show(as_json, {"motion": result}, lambda: console.print(f"motion {result}"))

"""What the demo shows: progress while it runs, figures of every cycle, and the proof at its end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from fondaco.core import CURRENCIES, Instant, minor_text, utc_text
from fondaco.hub import Hub, NotReady, naming_of, settle_heap
from fondaco.ledger import PlainText, export_books
from fondaco.payments import DECODER, State
from fondaco.simulation.day import SEED, DayResult, DemoDay, demo_day
from fondaco.simulation.flows import flows

# How each program is asked to check a file, and to say no with its exit code.
_READERS = {
    PlainText.HLEDGER: ("hledger", "check", "--strict", "-f"),
    PlainText.LEDGER: ("ledger", "--args-only", "--pedantic", "balance", "-f"),
    PlainText.BEANCOUNT: ("bean-check", "--no-cache"),
}

Prover = Callable[[Hub], dict[str, Any]]


def run_demo(
    folder: Path,
    messages: int,
    seed: int | None,
    *,
    as_json: bool,
    force: bool,
    console: Console,
    proof: Prover,
    print_proof: Callable[[dict[str, Any]], None],
    union: str = "straits",
) -> bool:
    """Run the day and show it; returns whether anything failed to hold."""
    clear(folder, force=force or folder.name == "fondaco-demo")
    seed = SEED if seed is None else seed
    quiet = Console(stderr=True, quiet=True) if as_json else console
    quiet.print(
        f"[bold]Fondaco[/bold] demo: union {union}, {demo_day(union)}, seed {seed}. The hub and its books are real; "
        "[bold]banks, providers and central banks are simulated[/bold] in a process of their own."
    )
    started = time.monotonic()
    day = DemoDay(folder, messages, seed, union=union)
    settle_heap()
    try:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=quiet,
            transient=False,
        ) as bar:
            task = bar.add_task("messages", total=messages)
            result = day.run(lambda done, _of, hub: bar.update(task, completed=done, description=_where(hub)))
        seconds = time.monotonic() - started
        day.hub.flush()
        summary = _summary(day, result, seconds)
        found = proof(day.hub)
        summary["proof"] = found
        summary["read_by_others"] = read_by_others(day.hub, folder)
    finally:
        day.close()
    if as_json:
        sys.stdout.write(json.dumps(summary, indent=1) + "\n")
    else:
        _show(console, summary, print_proof, folder)
    disagree = any(one.startswith("failed") for one in summary["read_by_others"].values())
    return bool(found["faults"] or result.differences or result.unexpected or disagree)


def clear(folder: Path, *, force: bool) -> None:
    """Make room for a demo: an earlier one goes where `force` says so. Raises `NotReady` for a folder with anything else in it."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / "journal.sqlite").exists() or not force:
            raise NotReady(f"{folder} is not empty; name another folder, or --force to replace an earlier demo")
        shutil.rmtree(folder)


def _where(hub: Hub) -> str:
    at = utc_text(Instant(hub.desk.counters.last_instant))[11:19]
    return f"{at} UTC  cycle {hub.desk.counters.open_cycle or '-'}"


def _summary(day: DemoDay, result: DayResult, seconds: float) -> dict[str, Any]:
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    held = 0
    example = ""
    payments = [DECODER.decode(raw) for _, raw in day.hub.journal.payments()]
    for payment in payments:
        states[payment.state.name] += 1
        held += any(one.state == State.HELD.name for one in payment.taken)
        if payment.state is State.REJECTED and payment.refusal is not None:
            reasons[f"{payment.refusal.reason.name} {payment.refusal.code}"] += 1
        if not example and payment.state is State.SETTLED and payment.locked is not None and payment.cycle:
            example = payment.uetr
    cycles = []
    for cycle in day.hub.desk.cycles.values():
        for currency, gross, bilateral, net in cycle.figures:
            cycles.append(
                {
                    "cycle": cycle.number,
                    "currency": currency,
                    "gross": minor_text(gross, CURRENCIES[currency].exponent),
                    "bilateral": minor_text(bilateral, CURRENCIES[currency].exponent),
                    "net": minor_text(net, CURRENCIES[currency].exponent),
                    "saved_percent": f"{(gross - net) * 1000 // gross / 10:.1f}" if gross else "",
                }
            )
    return {
        "seed": day.seed,
        "messages": result.messages,
        "transactions": result.transactions,
        "seconds": round(seconds, 1),
        "cycles": cycles,
        "cycle_states": [
            {
                "cycle": cycle.number,
                "state": cycle.state.name,
                "settled": len(cycle.members) - len(cycle.left_out),
                "left_out": len(cycle.left_out),
                "attempts": cycle.attempt,
                "nets_zero": _zero(cycle.nets),
            }
            for cycle in day.hub.desk.cycles.values()
        ],
        "states": dict(states.most_common()),
        "held": held,
        "flows": flows(day, result, payments),
        "kinds": {"to the hub": dict(sorted(result.received.items())), "from the hub": dict(sorted(result.sent.items()))},
        "rejected": dict(reasons.most_common()),
        "made_bad_on_purpose": {**result.bad, **result.wrong},
        "unexpected": result.unexpected,
        "checklist": [{"what": one.what, "done": one.done, "needed": one.needed, "found": one.found} for one in result.checklist],
        "reconciled_with_agents": result.reconciled,
        "differences": result.differences,
        "example_uetr": example,
        "day": day.day.isoformat(),
        **_comings(day),
        "example_member": {"straits": "ZZBASG01 SGD"}.get(day.union, "ZZBABR01 BRL"),
    }


def _comings(day: DemoDay) -> dict[str, Any]:
    """Who applied and who leaves, how long the kit took, and the day on which tomorrow's rules hold."""
    planned = day.governance
    assert planned is not None, "the day was run"
    return {
        "applicant": planned.applicant,
        "kit_seconds": round(planned.kit_seconds, 1),
        "certificate": str(planned.certificate_path),
        "leaver": planned.leaver,
        "leaver_state": {"left": "has left", "leaving": "is leaving"}.get(
            day.hub.desk.standings.get(planned.leaver[:8], ""), "stays"
        ),
        "next_day": planned.next_day,
    }


def _zero(nets: list[tuple[str, int, int]]) -> bool:
    total: Counter[str] = Counter()
    for currency, _, minor in nets:
        total[currency] += minor
    return not any(total.values())


def read_by_others(hub: Hub, folder: Path) -> dict[str, str]:
    """Let three programs that nobody here wrote add the books up again, each where it is installed."""
    told = {}
    for form, words in _READERS.items():
        path = folder / f"books.{form.value}"
        with path.open("w") as out:
            count = export_books(hub.books, out, form, naming_of(hub)).transactions
        program = shutil.which(words[0]) or _beside_python(words[0])
        if program is None:
            told[form.value] = f"not installed; {count} transactions stand in {path.name} for it"
            continue
        done = subprocess.run([program, *words[1:], str(path)], capture_output=True, text=True, check=False)  # noqa: S603
        agrees = f"agrees: {count} transactions, every balance asserted"
        told[form.value] = agrees if done.returncode == 0 else f"failed: {(done.stderr or done.stdout)[:300]}"
    return told


def _beside_python(name: str) -> str | None:
    """A program that was installed into the environment that runs us."""
    found = Path(sys.executable).parent / name
    return str(found) if found.exists() else None


def _show(console: Console, summary: dict[str, Any], print_proof: Callable[[dict[str, Any]], None], folder: Path) -> None:
    table = Table(title="net cycles")
    for name in ("cycle", "currency", "gross", "bilateral", "net", "saved %"):
        table.add_column(name, justify="right")
    for row in summary["cycles"]:
        table.add_row(*(str(value) for value in row.values()))
    console.print(table)
    for row in summary["cycle_states"]:
        console.print(
            f"cycle {row['cycle']}: {row['state']}, {row['settled']:,} payments settled, {row['left_out']} left out, "
            f"computed {row['attempts']} times, nets add up to zero: {row['nets_zero']}"
        )
    seconds = max(0.1, summary["seconds"])
    console.print(
        f"\n{summary['messages']:,} messages, {summary['transactions']:,} transactions in {summary['seconds']} s "
        f"({summary['transactions'] / seconds:,.0f}/s, simulated banks included)"
    )
    console.print("  ".join(f"{state} {count:,}" for state, count in summary["states"].items()), f" held {summary['held']}")
    for reason, count in summary["rejected"].items():
        console.print(f"  rejected {count:4}  {reason}")
    console.print("\n[bold]The day flow by flow[/bold]")
    grid = Table.grid(padding=(0, 2))
    for name, counts in summary["flows"].items():
        grid.add_row(name, ", ".join(f"{what} {count:,}" for what, count in counts.items()))
    console.print(grid)
    console.print(
        f"{summary['applicant']} passed the conformance kit (its own program against a hub of the kit's own, {summary['kit_seconds']} s) and is "
        f"a member from {summary['next_day']} on; {summary['leaver']}, which gave up its business, {summary['leaver_state']}"
    )
    for deed in summary["unexpected"]:
        console.print(f"[red]refused, and was not meant to be[/red]: {deed}", markup=True)
    console.print("\n[bold]Proof[/bold]")
    print_proof(summary["proof"])
    reconciled = "equal" if summary["reconciled_with_agents"] else f"[red]differ[/red]: {summary['differences']}"
    console.print(f"prefunded balances and the agents' sub-accounts: {reconciled}")
    for program, verdict in summary["read_by_others"].items():
        console.print(f"{program}: {verdict}")
    console.print(
        f"\nThe day stays in {folder}. Try:\n  fondaco trace {summary['example_uetr']} --hub {folder}\n"
        f"  fondaco statement {summary['example_member']} {summary['day']} --hub {folder}\n  fondaco export --format hledger --hub {folder}\n"
        f"  fondaco invoice {summary['example_member'].split()[0]} {summary['day'][:7]} --hub {folder}\n"
        f"  fondaco member report {summary['certificate']} --hub {folder}\n  fondaco day open {summary['next_day']} --hub {folder}"
    )

"""The program: its words put together, and what it ends with."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import cyclopts

from fondaco.cli.terminal import Misused, Refused, Served, app, console, errors, serving
from fondaco.core import AmountFault, ClockWentBack

if TYPE_CHECKING:
    from fondaco.hub import Hub

# Modules of words, and with which words a command of theirs begins: importing one is what puts them into the program. A start imports those
# of its own command and no others; reading them all takes longer than most commands do.
WORDS = {
    "accessing": ("access",),
    "authorities": ("ca",),
    "calibrating": ("lists",),
    "cases": ("case",),
    "clearing_union": ("clearing-union",),
    "daily": ("positions", "fee", "invoice", "limit", "checklist", "asked"),
    "debts": ("set-off",),
    "defaulting": ("default",),
    "demonstrating": ("demo",),
    "disclosing": ("evidence", "disclose"),
    "drafting": ("draft",),
    "edge": ("initiate", "report-back"),
    "evidence": ("cycle", "statement", "export", "prove"),
    "examining": ("trade examine", "trade precheck", "trade lint"),
    "exposing": ("exposures",),
    "governing": ("rules", "day", "motion"),
    "invoicing": ("trade invoice", "trade match"),
    "limiting": ("limits",),
    "lists": ("lists",),
    "lodging": ("collateral",),
    "members": ("member", "certify", "small-bank"),
    "mt": ("trade mt",),
    "queueing": ("queue",),
    "quoting": ("quotes",),
    "replaying": ("replay",),
    "retention": ("retention", "erase"),
    "rows": ("rows",),
    "safekeeping": ("backup", "restore", "doctor"),
    "screening": ("screen",),
    "sending": ("send", "trace", "mail"),
    "serving": ("serve",),
    "setting_up": ("init", "new-key", "validate", "calendar"),
    "shops": ("qr",),
    "simulating": ("simulate",),
    "trade_collections": ("trade collection",),
    "trade_contracts": ("trade contract",),
    "trade_credits": ("trade credit",),
    "trade_financing": ("trade financing",),
    "trade_guards": ("trade reference", "trade flag"),
    "trade_invoices": ("trade invoice", "trade order"),
    "trade_parties": ("trade party",),
    "trade_records": ("trade record",),
    "trade_stories": ("trade story",),
    "trading": ("trade sign", "trade give"),
}


def put_in(said: Sequence[str]) -> None:
    """Put in the words of the command that `said` begins with; all there are where it begins with none: help and a slip name every one."""
    if said[:1] == ["--version"]:
        return
    begun = {" ".join(said[:1]), " ".join(said[:2])}
    for module in [name for name, words in WORDS.items() if begun.intersection(words)] or WORDS:
        import_module(f"fondaco.cli.{module}")


def main() -> None:
    """The program. Exit code 0 done, 1 refused, 2 usage, 3 environment."""
    said = sys.argv[1:]
    try:
        code = run(said)
    except Served as served:
        code = _asked_of_who_serves(said, served)
    except KeyboardInterrupt:
        code = _told(3, "interrupted; what was decided is kept")
    if code:
        sys.exit(code)


def run(said: Sequence[str]) -> int:
    """Run one command; its exit code. Raises `Served` where another process has the hub open, `SystemExit` for a code that the command gives itself."""
    try:
        put_in(said)
        app(said, exit_on_error=False)
    except cyclopts.CycloptsError:
        return 2  # cyclopts has said what was wrong
    except (Misused, AmountFault) as misuse:
        return _told(2, str(misuse))
    except Refused as refusal:
        return _told(1, str(refusal))
    except Served:
        raise
    except Exception as fault:
        text = _of_the_environment(fault)
        if text is None:
            raise
        return _told(3, text)
    return 0


def run_at(hub: Hub, said: Sequence[str], width: int) -> int:
    """Run one command upon a hub that this process serves, in the thread that owns it; its exit code. What it prints goes where standard output leads."""
    console.width = width
    serving.append(hub)
    try:
        return run(said)
    finally:
        serving.clear()


def _asked_of_who_serves(said: Sequence[str], served: Served) -> int:
    """Ask the process that has the hub open, where there is one that answers."""
    from fondaco.cli.served import asked_of, question_in, shown

    try:
        answered = asked_of(served.folder, said, console.width)
    except OSError as fault:
        return _told(3, f"{served}, and did not answer: {fault}")
    if answered is not None:
        return shown(answered)
    advice = "" if question_in(said) else "; this word is not asked of a hub that is being served"
    return _told(3, f"{served}{advice}")


def _of_the_environment(fault: Exception) -> str | None:
    """What to say of a fault of the world around the program; none where it is a mistake of ours."""
    from fondaco.access import AccessUnavailable
    from fondaco.compliance import ScreeningUnfit
    from fondaco.hub import BrokenBackup, NotReady
    from fondaco.journal import BrokenChain, BrokenSegment, JournalLocked, JournalUnavailable, WrongStore
    from fondaco.ledger import BooksLocked, BrokenBooks, EngineUnavailable, UnreadableLog

    if isinstance(fault, ScreeningUnfit):
        return f"{fault}; `fondaco lists status` says of each list what it lacks, `fondaco lists load FILE...` loads one"
    environment = (
        NotReady, JournalLocked, JournalUnavailable, WrongStore, BooksLocked, BrokenBooks, BrokenSegment, EngineUnavailable,
        ClockWentBack, BrokenBackup, BrokenChain, UnreadableLog, AccessUnavailable,
    )  # fmt: skip
    return str(fault) if isinstance(fault, environment) else None


def _told(code: int, text: str) -> int:
    errors.print(f"fondaco: {text}", markup=False, highlight=False)
    return code

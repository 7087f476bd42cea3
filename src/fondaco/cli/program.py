"""The program: its words put together, and what it ends with."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import cyclopts

from fondaco.cli.terminal import Misused, Refused, app, errors
from fondaco.core import AmountFault, ClockWentBack

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
        put_in(said)
        app(said, exit_on_error=False)
    except cyclopts.CycloptsError:
        sys.exit(2)  # cyclopts has said what was wrong
    except (Misused, AmountFault) as misuse:
        _fail(2, str(misuse))
    except Refused as refusal:
        _fail(1, str(refusal))
    except KeyboardInterrupt:
        _fail(3, "interrupted; what was decided is kept")
    except Exception as fault:
        text = _of_the_environment(fault)
        if text is None:
            raise
        _fail(3, text)


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


def _fail(code: int, text: str) -> NoReturn:
    errors.print(f"fondaco: {text}", markup=False, highlight=False)
    sys.exit(code)

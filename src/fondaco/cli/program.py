"""The program: its words put together, and what it ends with."""

from __future__ import annotations

import sys
from typing import NoReturn

import cyclopts

from fondaco.cli import (
    calibrating,
    cases,
    clearing_union,
    daily,
    debts,
    defaulting,
    drafting,
    edge,
    evidence,
    examining,
    exposing,
    governing,
    invoicing,
    limiting,
    lists,
    lodging,
    members,
    mt,
    queueing,
    quoting,
    replaying,
    retention,
    rows,
    safekeeping,
    screening,
    sending,
    serving,
    setting_up,
    shops,
    simulating,
    trade_collections,
    trade_credits,
    trade_invoices,
    trade_parties,
    trade_records,
    trading,
)
from fondaco.cli.terminal import Misused, Refused, app, errors
from fondaco.compliance import ScreeningUnfit
from fondaco.core import AmountFault, ClockWentBack
from fondaco.hub import BrokenBackup, NotReady
from fondaco.journal import BrokenChain, BrokenSegment, JournalLocked, JournalUnavailable, WrongStore
from fondaco.ledger import BooksLocked, BrokenBooks, EngineUnavailable, UnreadableLog

_ENVIRONMENT = (
    NotReady, JournalLocked, JournalUnavailable, WrongStore, BooksLocked, BrokenBooks, BrokenSegment, EngineUnavailable,
    ScreeningUnfit, ClockWentBack, BrokenBackup, BrokenChain, UnreadableLog,
)  # fmt: skip


def _fail(code: int, text: str) -> NoReturn:
    errors.print(f"fondaco: {text}", markup=False, highlight=False)
    sys.exit(code)


# Modules of words: importing one is what puts them into the program.
WORDS = (
    setting_up,
    lists,
    calibrating,
    sending,
    serving,
    daily,
    quoting,
    drafting,
    edge,
    governing,
    cases,
    screening,
    members,
    evidence,
    rows,
    safekeeping,
    retention,
    shops,
    debts,
    simulating,
    replaying,
    defaulting,
    exposing,
    lodging,
    queueing,
    limiting,
    clearing_union,
    examining,
    mt,
    invoicing,
    trading,
    trade_invoices,
    trade_collections,
    trade_credits,
    trade_parties,
    trade_records,
)


def main() -> None:
    """The program. Exit code 0 done, 1 refused, 2 usage, 3 environment."""
    try:
        app(sys.argv[1:], exit_on_error=False)
    except cyclopts.CycloptsError:
        sys.exit(2)  # cyclopts has said what was wrong
    except (Misused, AmountFault) as misuse:
        _fail(2, str(misuse))
    except Refused as refusal:
        _fail(1, str(refusal))
    except ScreeningUnfit as unfit:
        _fail(3, f"{unfit}; `fondaco lists status` says of each list what it lacks, `fondaco lists load FILE...` loads one")
    except _ENVIRONMENT as fault:
        _fail(3, str(fault))
    except KeyboardInterrupt:
        _fail(3, "interrupted; what was decided is kept")

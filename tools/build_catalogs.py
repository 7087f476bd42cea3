"""The texts of the console: which there are, and which of them a language lacks. `python tools/build_catalogs.py` writes what is lacking into its catalog.

A text stands in a template as `_("...")`, or in a module of the console as `_("...")`; names of states are the tables' own. Names that stand in the log of looks, in the
journal and in deals are those of the sets that the code has, each under what it is one of (gettext's context). Catalogs are files of gettext (`.po`) and are read as they are.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from datetime import date
from enum import Enum
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from build_docs import TABLES
from fondaco.access import APPROVE, PROPOSE, TAKE_AWAY, WITHDRAW, Kind, Right, Role
from fondaco.compliance import VERBS
from fondaco.console.language import in_context
from fondaco.hub import Command
from fondaco.hub.deal_postings import POSTING_STATES
from fondaco.hub.deal_story import TIME
from fondaco.hub.trade_parties import OPERATOR, SUPERVISOR
from fondaco.ledger import Role as AccountRole
from fondaco.ledger import TransferCode
from fondaco.payments import Event
from fondaco.trade import (
    amendment,
    collection,
    collection_deeds,
    contract,
    control_body,
    control_rules,
    credit_deeds,
    crediting,
    deadline,
    financing,
    flag,
    flag_case,
    goods_line,
    invoice,
    letter_of_credit,
    order,
    presentation,
    reimbursement,
    transfer,
    transferable_record,
    undertaking,
)
from fondaco.trade.collecting import INSTRUCTED
from fondaco.trade.examination import terms, words

CONSOLE = Path(__file__).resolve().parent.parent / "src" / "fondaco" / "console"
SOURCE = CONSOLE.parent
COMPOSED = SOURCE / "cli" / "composing.py"
# Where people's own lines of the log of looks are written, and what writes them.
OWN_LINES = (SOURCE / "access" / "entering.py", CONSOLE / "account.py", COMPOSED)
NEXT_STEPS = SOURCE / "trade" / "next_steps.py"
# What the hub itself writes into the journal, by the names of functions that write an entry.
HUB = SOURCE / "hub"
WRITING = ("note", "take")
_EVENT = re.compile(r"[A-Z]+(?:_[A-Z]+)*")
# Records of deals and what deeds say of them: their fields are the names of terms, and of those who are named there.
RECORDS = (
    amendment, collection, collection_deeds, contract, control_body, credit_deeds, deadline, financing, flag, flag_case, goods_line, invoice, letter_of_credit, order,
    presentation, reimbursement, terms, transfer, transferable_record, undertaking, words,
)  # fmt: skip


def texts() -> list[str]:
    """Every text that may be shown, in the order in which the files have them."""
    found: dict[str, None] = {}
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for template in sorted((CONSOLE / "templates").glob("*.html")):
        for _, _, said in environment.extract_translations(template.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            if isinstance(said, str):  # what a variable says is marked where it is written
                found[said] = None
    for module in sorted(CONSOLE.glob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
                found[ast.literal_eval(node.args[0])] = None
    for node in ast.walk(ast.parse(COMPOSED.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "SIMULATED":
            found[ast.literal_eval(node.value)] = None
    # What a payment went through and the state of anything, by their names in the tables: English shows these, other languages their own words.
    found |= dict.fromkeys(event.name for event in Event)
    found |= dict.fromkeys(state.name for _, _, table in TABLES for state in table.states())
    found |= dict.fromkeys(in_context(name, of) for of, name in names())
    return list(found)


def names() -> Iterator[tuple[str, str]]:
    """Every name of a machine's set that a page says in words: what it is one of, and the name."""
    yield from (("look", right.value) for right in Right)
    yield from (("look", f"{verb} {kind.value}") for verb, kind in product((PROPOSE, APPROVE, WITHDRAW, TAKE_AWAY), Kind))
    yield from (("look", verb) for path in OWN_LINES for verb in _own_verbs(path))
    yield from (("role", role.value) for role in Role)
    yield from (("command", one.__struct_config__.tag) for one in get_args(Command))
    yield from (("event", name) for name in _events())
    yield from (("life", table.name) for _, source, table in TABLES if "/trade/" in source)
    yield from (("life", part) for part in _parts())
    yield from (("term", field) for module in RECORDS for field in _fields(module))
    yield from ((f"term {field}", value) for module in RECORDS for field, value in _values(module))
    yield from (("value", str(truth)) for truth in (True, False))
    yield from (("weekday", f"{date(2026, 11, 23 + day):%A}") for day in range(7))
    yield from (("signer", one) for one in (OPERATOR, SUPERVISOR))
    yield from (("account", _spoken(one)) for one in AccountRole)
    yield from (("transfer", _spoken(one)) for one in TransferCode)
    yield from (("posting", one) for one in POSTING_STATES)


def _spoken(one: Enum) -> str:
    """A name of the books as a story of a deal says it."""
    return one.name.lower().replace("_", " ")


def _own_verbs(path: Path) -> Iterator[str]:
    """What is written down of somebody's own way in: a verb after who it was, wherever such a line is written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("_note", "own", "note"):
            verb = node.args[1] if len(node.args) > 1 else None
            if isinstance(verb, ast.Constant) and isinstance(verb.value, str):
                yield verb.value


def _events() -> Iterator[str]:
    """What happens to whatever has a life, and what is done to an instrument of trade: events of the tables, and deeds that have another name than their event."""
    yield from (row.on.name for _, _, table in TABLES for row in table.rows)
    yield from (crediting.APPLIED, INSTRUCTED, TIME)
    yield from (*crediting.ACTS, *control_body.BODIES, *control_body.HUB_ACTIONS, *control_rules.RULES, *financing.DEEDS)
    yield from (
        invoice.ISSUE,
        invoice.CREDIT,
        invoice.RECEIPT,
        invoice.ENCUMBER,
        invoice.RELEASE,
        invoice.OPT_IN,
        invoice.OPT_OUT,
    )
    yield from (order.SEND, financing.REGISTER, *VERBS)
    for module in sorted(HUB.glob("*.py")):
        yield from _written(ast.parse(module.read_text(encoding="utf-8")))


def _written(module: ast.Module) -> Iterator[str]:
    """Events that a module of the hub writes by themselves: where an entry is written, or where what is written there was chosen."""
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    said = [argument for call in calls if call.func.attr in WRITING for argument in call.args[2:4]]  # type: ignore[attr-defined]
    chosen = {one.id for one in said if isinstance(one, ast.Name)}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and any(isinstance(one, ast.Name) and one.id in chosen for one in node.targets):
            said.append(node.value)
    for one in said:
        for part in ast.walk(one):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and _EVENT.fullmatch(part.value):
                yield part.value


def _parts() -> Iterator[str]:
    """Which life of an instrument it is, where that is said in a word (`offer 2`) and not by a letter (`P1`)."""
    for node in ast.walk(ast.parse(NEXT_STEPS.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_life":
            first = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            word = str(first.value).strip() if isinstance(first, ast.Constant) else ""
            if word.islower():
                yield word


def _records(module: ModuleType) -> Iterator[type[msgspec.Struct]]:
    for one in vars(module).values():
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one.__module__ == module.__name__:
            yield one


def _fields(module: ModuleType) -> Iterator[str]:
    for one in _records(module):
        for field in one.__struct_fields__:
            yield field
            # Whole minor units are shown as an amount.
            if field == "minor" or field.endswith("_minor"):
                yield field.removesuffix("minor").removesuffix("_") or "amount"


def _values(module: ModuleType) -> Iterator[tuple[str, str]]:
    """What a field may hold, where that is one of a few names. States have words already."""
    for one in _records(module):
        for field, form in get_type_hints(one).items():
            if field != "state":
                yield from ((field, value) for value in _choices(form))


def _choices(form: Any) -> Iterator[str]:
    if isinstance(form, type) and issubclass(form, Enum):
        yield from (one.name for one in form)
    elif get_origin(form) is Literal:
        yield from (one for one in get_args(form) if isinstance(one, str) and one)
    else:
        for part in get_args(form):
            yield from _choices(part)


def catalog_of(language: str) -> Catalog:
    with path_of(language).open("rb") as opened:
        return read_po(opened, locale=language)


def path_of(language: str) -> Path:
    return CONSOLE / "locale" / language / "LC_MESSAGES" / "console.po"


def main() -> None:
    for path in sorted((CONSOLE / "locale").iterdir()):
        catalog = catalog_of(path.name)
        wanted = texts()
        known = {in_context(str(one.id), one.context or ""): one for one in catalog if one.id}
        for text in wanted:
            if text not in known:
                of, _, name = text.rpartition("\x04")
                catalog.add(name, context=of or None)
        for text, one in known.items():
            if text not in wanted:
                catalog.delete(one.id, one.context)
        with path_of(path.name).open("wb") as out:
            write_po(out, catalog, width=0, no_location=True, omit_header=False, include_previous=False, ignore_obsolete=True)
        lacking = sum(1 for one in catalog if one.id and not one.string)
        sys.stdout.write(f"{path.name}: {len(wanted)} texts, {lacking} without a translation\n")


if __name__ == "__main__":
    main()

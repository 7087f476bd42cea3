"""The credit and the clean presentation of `examples/trade`, and what becomes of them when something is changed."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

from fondaco.trade.examination import BankingDays, Presentation, Report, Terms, examine_on, read_presentation, read_terms

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "trade"
CREDIT: dict[str, Any] = json.loads((FOLDER / "credit.json").read_text())
CLEAN: dict[str, Any] = json.loads((FOLDER / "clean.json").read_text())


def changed(tree: Any, path: str, value: Any) -> None:
    """Put `value` at a path; None takes away what is there. Items of a list go by their place, `+` adds one, `*` is the list itself."""
    *steps, last = path.split(".")
    value = copy.deepcopy(value)
    for step in steps:
        tree = tree[int(step)] if isinstance(tree, list) else tree.setdefault(step, {})
    if last == "+":
        tree.append(value)
    elif isinstance(tree, list):
        if value is None:
            del tree[int(last)]
        else:
            tree[int(last)] = value
    elif value is None:
        tree.pop(last, None)
    else:
        tree[last] = value


def build(changes: dict[str, Any]) -> tuple[Terms, Presentation]:
    """`terms.x` changes the credit, `made.x` the presentation, `INV.x` (or another id) a document; `INV` alone with None takes it away."""
    terms, made = copy.deepcopy(CREDIT), copy.deepcopy(CLEAN)
    for path, value in changes.items():
        head, _, rest = path.partition(".")
        documents = made["documents"]
        if head in ("terms", "made"):
            changed(terms if head == "terms" else made, rest, value)
        elif not rest:
            documents.remove(next(one for one in documents if one["id"] == head))
        else:
            changed(next(one for one in documents if one["id"] == head), rest, value)
    return read_terms(json.dumps(terms).encode()), read_presentation(json.dumps(made).encode())


def examined(changes: dict[str, Any], *closed: str) -> Report:
    terms, made = build(changes)
    return examine_on(terms, made, BankingDays(closed=tuple(date.fromisoformat(day) for day in closed)))

"""Presentations that were decided by hand, from the articles and before any rule was looked at; and how an examiner's findings are scored by them.

A case is one of three credits with what is changed of its terms and documents. `expected` are its discrepancies: each the articles under which it may be
cited and the documents (by id or kind, "" for the presentation itself) at which it may be told. `tolerated` are articles that may be cited beside them for
the same defect: neither a find nor a false alarm.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).resolve().parent / "adjudicated"


class Case(NamedTuple):
    """`terms` and `presentation` are JSON as the examination reads it; `banking` the weekend and the closed days of the place."""

    id: str
    terms: bytes
    presentation: bytes
    banking: dict[str, Any]
    expected: list[dict[str, list[str]]]
    tolerated: list[str]
    caption: str
    reasoning: str


class Score(NamedTuple):
    """Of one case: expected discrepancies that were found and missed, and findings that nothing asks for."""

    found: int
    missed: list[dict[str, list[str]]]
    false: list[tuple[str, str]]


def cases(name: str) -> list[Case]:
    """The cases of one half, `development` or `heldout`."""
    bases = json.loads((FOLDER / "bases.json").read_text(encoding="utf-8"))
    made = []
    for one in json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")):
        base = copy.deepcopy(bases[one["base"]])
        for part in ("terms", "presentation"):
            for path, value in one[part].items():
                _change(base[part], path.split("."), value)
        made.append(
            Case(
                one["id"],
                json.dumps(base["terms"]).encode(),
                json.dumps(base["presentation"]).encode(),
                base["banking"],
                one["expected"],
                one["tolerated"],
                one["caption"],
                one["reasoning"],
            )
        )
    return made


def score(case: Case, findings: Iterable[tuple[str, str, str]]) -> Score:
    """`findings` are discrepancies as (rule, id of the document, its kind), "" for the presentation. Each finding counts once."""
    found = set[int]()
    false = []
    for rule, document, kind in findings:
        fits = [
            place
            for place, one in enumerate(case.expected)
            if _cited(rule, one["articles"]) and {document, kind} & set(one["documents"])
        ]
        found.update(fits)
        if not fits and not _cited(rule, case.tolerated):
            false.append((rule, document))
    return Score(len(found), [one for place, one in enumerate(case.expected) if place not in found], false)


def _cited(rule: str, articles: Iterable[str]) -> bool:
    bare = rule.removeprefix("UCP600.").removeprefix("CREDIT.")
    return any(bare.startswith(one) and not (one[-1].isdigit() and bare[len(one) : len(one) + 1].isdigit()) for one in articles)


def _change(tree: Any, path: list[str], value: Any) -> None:
    """Put `value` at a path; None takes what is there away. Documents are named by their ids, other list items by their place."""
    for at, step in enumerate(path):
        last = at == len(path) - 1
        if isinstance(tree, list):
            place = next((n for n, item in enumerate(tree) if item.get("id") == step), None) if not step.isdigit() else int(step)
            if last and place is None:
                tree.append(value)
            elif last:
                assert place is not None
                if value is None:
                    del tree[place]
                else:
                    tree[place] = value
            else:
                assert place is not None, f"nothing is called {step}"
                tree = tree[place]
        elif last:
            if value is None:
                tree.pop(step, None)
            else:
                tree[step] = value
        else:
            tree = tree[step]

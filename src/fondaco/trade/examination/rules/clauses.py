"""Rules of the credit's own words: the clauses compiled from fields 46A and 47A, and what is left of them for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from fondaco.trade.examination.case import Case, found, text
from fondaco.trade.examination.documents import Document, Draft, kind_of
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.normal import contains, same_party, same_reference, same_text, words_of
from fondaco.trade.examination.terms import Clause
from fondaco.trade.examination.words import Amount, Party, Place, Quantity

_STEP = re.compile(r"([a-z_0-9]+)((?:\[[0-9]+\])*)")
# Where a document's words stand that are no data.
_TEXTS = ("title", "statements", "goods_text", "risks", "defects", "adverse", "marks")


class NoSuchField(Exception):
    """A clause names a field that its document cannot have: the clause was compiled wrongly."""


@lru_cache(maxsize=1024)
def steps(key: str) -> tuple[str | int, ...]:
    """A path in its steps: names and indices. Raises `NoSuchField` for what is no path."""
    path: list[str | int] = []
    for part in key.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise NoSuchField(key)
        path.append(match[1])
        path.extend(int(index) for index in re.findall(r"[0-9]+", match[2]))
    return tuple(path)


def fields_at(document: Document, key: str) -> list[Any]:
    """What stands at a path of a document, nothing where it is empty. Of a list any item will do, whatever the index: documents have no order of ours.

    Raises `NoSuchField` where nothing can stand.
    """
    values: list[Any] = [document]
    for step in steps(key):
        if isinstance(step, int):
            if any(not isinstance(value, tuple) for value in values):
                raise NoSuchField(key)
            values = [item for value in values for item in value]
        elif all(isinstance(value, msgspec.Struct) and step in value.__struct_fields__ for value in values):
            values = [getattr(value, step) for value in values]
        else:
            raise NoSuchField(key)
        values = [value for value in values if value is not None and value not in ("", ())]
    return values


def texts_of(document: Document) -> str:
    """All the words on a document that its fields don't hold one by one."""
    parts = [getattr(document, name, "") for name in _TEXTS] + [line.description for line in document.goods]
    return " | ".join(part if isinstance(part, str) else " | ".join(part) for part in parts if part)


def holds(clause: Clause, value: Any) -> bool:
    """Whether a value that stands there is what a clause wants. Raises `NoSuchField` where the two can't be compared."""
    if clause.operator == "EXISTS":
        return True  # what is empty is no value
    if isinstance(value, tuple):
        return any(holds(clause, one) for one in value)
    if isinstance(value, Party | Place):
        return holds(clause, value.name) or (isinstance(value, Place) and bool(value.locode) and holds(clause, value.locode))
    if clause.operator in ("GTE", "LTE"):
        here, wanted = _ordered(value, clause)
        return bool(here >= wanted if clause.operator == "GTE" else here <= wanted)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        here, wanted = _ordered(value, clause)
        return bool(here == wanted)
    said = str(value).lower() if isinstance(value, bool) else text(value)
    if clause.operator == "CONTAINS":
        return contains(said, clause.expected)
    number = clause.key.endswith("number")
    return (
        same_text(said, clause.expected)
        or same_party(said, clause.expected)
        or (number and same_reference(said, clause.expected))
    )


def _ordered(value: Any, clause: Clause) -> tuple[Any, Any]:
    if isinstance(value, Amount | Quantity):
        value = value.value
    try:
        if isinstance(value, date):
            return value, date.fromisoformat(clause.expected)
        return Decimal(value), Decimal(clause.expected.partition(" ")[0])
    except (ValueError, InvalidOperation, TypeError) as fault:
        raise NoSuchField(clause.key) from fault


def demanded_words(case: Case) -> Iterator[Finding]:
    for number, (demand, documents) in enumerate(case.answers):
        shift = number - (len(case.answers) - len(case.terms.documents))
        for position, clause in enumerate(demand.clauses):
            for one in documents:
                yield from _weigh(one, clause, "CREDIT.46A", f"documents[{shift}].clauses[{position}]")
        for words in demand.uncompiled:
            yield from (
                found(
                    "CREDIT.46A/uncompiled", "QUERY", one, "", at=f"documents[{shift}]", expected=words, advice="Examine by eye."
                )
                for one in documents
            )


def conditions(case: Case) -> Iterator[Finding]:
    for number, condition in enumerate(case.terms.conditions):
        at = f"conditions[{number}]"
        for position, clause in enumerate(condition.clauses):
            for one in case.documents:
                if clause.doc == kind_of(one) or (clause.doc == "ANY" and not isinstance(one, Draft)):
                    yield from _weigh(one, clause, "CREDIT.47A", f"{at}.clauses[{position}]")
        if condition.doc and not condition.clauses:
            yield found("CREDIT.47A/uncompiled", "QUERY", None, "", at=at, expected=condition.text, advice="Examine by eye.")


def _weigh(one: Document, clause: Clause, rule: str, at: str) -> Iterator[Finding]:
    expected = clause.text or f"{clause.key} {clause.operator} {clause.expected}".strip()
    try:
        values = [texts_of(one)] if clause.key == "text" else fields_at(one, clause.key)
        if any(holds(clause, value) for value in values) or _as_good(one, clause, values):
            return
    except NoSuchField:
        yield found(
            f"{rule}/uncompiled",
            "QUERY",
            one,
            clause.key,
            at=at,
            expected=expected,
            advice="The clause fits no field: examine by eye.",
        )
        return
    yield found(rule, "DISCREPANCY", one, clause.key, text(values), at=at, expected=expected)


def _as_good(one: Document, clause: Clause, values: list[Any]) -> bool:
    """What says the same in other words: a notation among the statements for an empty field; a shipper's own name for "to order of shipper"."""
    if clause.operator not in ("EQUALS", "CONTAINS") or not words_of(clause.expected):
        return False
    if clause.key == "order" and same_text(clause.expected, "SHIPPER"):
        own = ["TO_ORDER", *([one.shipper.name] if one.shipper else [])]
        return any(same_party(text(value), name) for value in values for name in own)
    return not values and any(contains(statement, clause.expected) for statement in one.statements)


RULES = (demanded_words, conditions)

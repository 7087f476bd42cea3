"""Rules between the fields of a message: what must, may or may not stand beside what (the network validated rules C1, C2, ... of each type).

Each rule carries the standard's own error code. What was seen in a published copy of the standard and what stands here by common knowledge of it is told
apart in docs/mt.md. Rules that only say how a field is used are not here: they bind people, not the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from fondaco.trade.mt.envelope import Placed
from fondaco.trade.mt.message import Fault
from fondaco.trade.mt.placing import Standing


class Stood(NamedTuple):
    """A field with its place in the type's table."""

    field: Placed
    standing: Standing
    values: dict[str, str]


Rule = Callable[[Sequence[Stood]], Iterator[Fault]]


def faults_between(kind: str, fields: Sequence[Stood]) -> list[Fault]:
    """Every rule of this type that its fields break, by line."""
    return sorted((fault for rule in RULES.get(kind, ()) for fault in rule(fields)), key=lambda fault: fault.line)


def _said(fields: Sequence[Stood], name: str) -> list[Stood]:
    """Fields by the standard's name: `42a` is any option of the choice of 42."""
    return [one for one in fields if one.standing.row.name == name or one.field.tag == name]


def _at(fields: Sequence[Stood]) -> int:
    return fields[-1].field.line if fields else 1


def _together(code: str, one: str, other: str) -> Rule:
    def rule(fields: Sequence[Stood]) -> Iterator[Fault]:
        here, there = _said(fields, one), _said(fields, other)
        if bool(here) != bool(there):
            met = (here or there)[0].field
            yield Fault(met.line, met.tag, code, f"fields {one} and {other} stand together or not at all")

    return rule


def _not_both(code: str, one: str, other: str) -> Rule:
    def rule(fields: Sequence[Stood]) -> Iterator[Fault]:
        if _said(fields, one) and (there := _said(fields, other)):
            yield Fault(there[0].field.line, there[0].field.tag, code, f"fields {one} and {other} exclude each other")

    return rule


def _one_of(code: str, one: str, other: str) -> Rule:
    excluded = _not_both(code, one, other)

    def rule(fields: Sequence[Stood]) -> Iterator[Fault]:
        yield from excluded(fields)
        if not _said(fields, one) and not _said(fields, other):
            yield Fault(_at(fields), one, code, f"one of the fields {one} and {other} must be there")

    return rule


def _needs(code: str, those: tuple[str, ...], all_of: bool, needed: str) -> Rule:
    """Where any (or all) of `those` are there, `needed` must be."""

    def rule(fields: Sequence[Stood]) -> Iterator[Fault]:
        here = [found[0] for name in those if (found := _said(fields, name))]
        if (len(here) == len(those) if all_of else here) and not _said(fields, needed):
            met = here[-1].field
            joined = " and ".join(those) if all_of else " or ".join(those)
            yield Fault(met.line, met.tag, code, f"with {joined} field {needed} must be there")

    return rule


def _only_with(code: str, one: str, needed: tuple[str, ...]) -> Rule:
    def rule(fields: Sequence[Stood]) -> Iterator[Fault]:
        here = _said(fields, one)
        if here and not all(_said(fields, name) for name in needed):
            yield Fault(here[0].field.line, here[0].field.tag, code, f"field {one} stands only beside {' and '.join(needed)}")

    return rule


def _some_of_the_rest(code: str, given: tuple[str, ...]) -> Rule:
    def rule(fields: Sequence[Stood]) -> Iterator[Fault]:
        if all(one.standing.row.name in given for one in fields):
            yield Fault(
                _at(fields), fields[-1].field.tag, code, "the message changes nothing: one of its optional fields must be there"
            )

    return rule


def _one_currency(*names: str) -> Rule:
    def rule(fields: Sequence[Stood]) -> Iterator[Fault]:
        met = [one for one in fields if one.standing.row.name in names and "currency" in one.values]
        for one in met[1:]:
            if one.values["currency"] != met[0].values["currency"]:
                text = f"{one.values['currency']}, but field {met[0].field.tag} is in {met[0].values['currency']}"
                yield Fault(one.field.line, one.field.tag, "C02", text)

    return rule


def _drafts(fields: Sequence[Stood]) -> Iterator[Fault]:
    kinds = [name for name in ("42C", "42M", "42P") if _said(fields, name)]
    if _said(fields, "42a") and "42C" not in kinds:
        kinds.append("42a")
    if len(kinds) > 1:
        met = _said(fields, kinds[-1])[0].field
        yield Fault(
            met.line, met.tag, "C90", f"drafts (42C and 42a), 42M and 42P exclude each other; here are {' and '.join(kinds)}"
        )


def _advice_type(fields: Sequence[Stood]) -> Iterator[Fault]:
    """MT 416 C1: the type of the advice is said for all items, or for each of them."""
    general = [one for one in _said(fields, "23E") if one.standing.sequence == "A"]
    items = [one for one in fields if one.standing.row.name == "21A"]
    each = {one.standing.occurrence: one for one in _said(fields, "23E") if one.standing.sequence == "B"}
    for one in items:
        mine = each.get(one.standing.occurrence)
        if general and mine:
            yield Fault(mine.field.line, "23E", "D78", "field 23E is said for all items already")
        if not general and not mine:
            yield Fault(one.field.line, "23E", "D78", "field 23E is said neither for all items nor for this one")


def _general_or_each(name: str) -> Rule:
    """MT 416 C2: what is said for all items is said for none of them."""

    def rule(fields: Sequence[Stood]) -> Iterator[Fault]:
        found = _said(fields, name)
        if any(one.standing.sequence == "A" for one in found):
            for one in found:
                if one.standing.sequence == "B":
                    yield Fault(one.field.line, name, "D83", f"field {name} is said for all items already")

    return rule


_CREDIT: tuple[Rule, ...] = (_together("C90", "42C", "42a"), _drafts, _not_both("D06", "44C", "44D"))
_AMENDMENT = ("27", "20", "21", "23", "52a", "50B", "31C", "26E", "30", "22A")
_CONTINUED_AMENDMENT = ("27", "20", "21", "23", "26E", "30")
RULES: dict[str, tuple[Rule, ...]] = {
    "400": (_only_with("C11", "57a", ("53a", "54a")), _one_currency("32a", "33A")),
    "410": (_one_currency("32a"),),
    "412": (_one_currency("32A"),),
    "416": (_advice_type, _general_or_each("71F"), _general_or_each("77A"), _one_currency("71F", "32a")),
    "420": (_one_currency("32a"),),
    "422": (_one_currency("32a"),),
    "700": _CREDIT,
    "705": (_not_both("D06", "44C", "44D"),),
    "707": (
        _some_of_the_rest("C30", _AMENDMENT),
        _not_both("C12", "32B", "33B"),
        _not_both("D06", "44C", "44D"),
        _not_both("C06", "52a", "50B"),
    ),
    "708": (_some_of_the_rest("C30", _CONTINUED_AMENDMENT),),
    "710": (*_CREDIT, _one_of("C06", "52a", "50B")),
    "720": (*_CREDIT, _one_of("C06", "52a", "50B")),
    "730": (_not_both("C77", "25", "57a"), _not_both("C78", "32D", "57a")),
    "734": (_needs("C17", ("73A",), True, "33a"), _one_currency("32A", "33a")),
    "740": (_together("C90", "42C", "42a"), _drafts, _not_both("D84", "58a", "59")),
    "742": (_one_currency("32B", "33B"),),
    "747": (_some_of_the_rest("C15", ("20", "21", "30")), _one_currency("32B", "33B", "34B")),
    "750": (_needs("C13", ("33B", "71D", "73A"), False, "34B"), _one_currency("32B", "34B")),
    "752": (_needs("C18", ("32B", "71D"), True, "33a"), _one_currency("32B", "33a")),
    "754": (_not_both("C19", "72Z", "77"), _not_both("C14", "53a", "57a"), _one_currency("32a", "34a")),
    "756": (_one_currency("32B", "33A"),),
}

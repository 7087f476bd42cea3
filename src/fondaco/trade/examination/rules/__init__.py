"""The rules, one file for each matter. Each is a pure function of a case and yields findings; their order decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fondaco.trade.examination.case import Case
from fondaco.trade.examination.finding import Finding
from fondaco.trade.examination.rules import (
    amounts,
    clauses,
    clock,
    conflicts,
    electronic,
    goods,
    insurance,
    parties,
    presented,
    transport,
)  # fmt: skip

Rule = Callable[[Case], Iterator[Finding]]

ALL: tuple[Rule, ...] = tuple(
    rule
    for matter in (clock, presented, clauses, amounts, goods, parties, conflicts, transport, insurance, electronic)
    for rule in matter.RULES
)

__all__ = ["ALL", "Rule"]

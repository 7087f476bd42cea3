"""One form for everything that has states: a table with one row per lawful step, and the laws all tables keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)
B = TypeVar("B", bound=Enum)


class Nothing(Enum):
    """For lives that never move the books."""

    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class Step(Generic[S, E, B]):
    """In state `before`, the event `on` leads to `after`.

    `books` is what the ledger does at this step; `tells` is what the sender hears (ISO
    ExternalPaymentTransactionStatus1Code, "" for nothing); `article` is the rulebook's.
    """

    before: S
    on: E
    after: S
    books: B
    tells: str
    article: str


class UnlawfulStep(AssertionError):
    """An event met a state in which the table has no row for it: our own mistake, and the process stops."""


class Table(Generic[S, E, B]):
    """A life: the only writer of a state.

    The laws of every table are checked when it is made: at most one row for a state and an event, no way out of an
    end, every state reachable from the start, and from every state a way to an end.
    """

    def __init__(self, name: str, start: S, ends: Iterable[S], rows: Iterable[Step[S, E, B]]) -> None:
        self.name = name
        self.start = start
        self.ends = frozenset(ends)
        self.rows = tuple(rows)
        self._rows: dict[tuple[S, E], Step[S, E, B]] = {}
        for row in self.rows:
            assert (row.before, row.on) not in self._rows, f"{name}: two rows for {row.before} on {row.on}"
            assert row.before not in self.ends, f"{name}: {row.before} is an end and has a way out"
            self._rows[row.before, row.on] = row
        self._check_reachable()

    def step(self, state: S, event: E) -> Step[S, E, B]:
        """The row for `event` in `state`. Raises `UnlawfulStep` when there is none."""
        row = self._rows.get((state, event))
        if row is None:
            raise UnlawfulStep(f"{self.name}: no step from {state.name} on {event.name}")
        return row

    def can(self, state: S, event: E) -> bool:
        return (state, event) in self._rows

    def states(self) -> list[S]:
        found = dict.fromkeys([self.start])
        for row in self.rows:
            found.setdefault(row.before)
            found.setdefault(row.after)
        return list(found)

    def paths(self, visits_max: int = 1) -> Iterator[tuple[Step[S, E, B], ...]]:
        """Every path from the start to an end that takes no row more than `visits_max` times."""

        def walk(state: S, taken: tuple[Step[S, E, B], ...]) -> Iterator[tuple[Step[S, E, B], ...]]:
            if state in self.ends:
                yield taken
                return
            for row in self.rows:
                if row.before is state and taken.count(row) < visits_max:
                    yield from walk(row.after, (*taken, row))

        return walk(self.start, ())

    def _check_reachable(self) -> None:
        forward = self._closure({self.start}, lambda row: (row.before, row.after))
        backward = self._closure(set(self.ends), lambda row: (row.after, row.before))
        for state in self.states():
            assert state in forward, f"{self.name}: {state.name} cannot be reached"
            assert state in backward, f"{self.name}: {state.name} has no way to an end"

    def _closure(self, seeds: set[S], arrow: Callable[[Step[S, E, B]], tuple[S, S]]) -> set[S]:
        reached = set(seeds)
        grown = True
        while grown:  # ends: each round adds a state, and there are finitely many
            new = {to for source, to in map(arrow, self.rows) if source in reached} - reached
            reached |= new
            grown = bool(new)
        return reached

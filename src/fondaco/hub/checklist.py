"""What must be true before a business day ends, and what only should be: for the operator who ends it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from fondaco.hub.state import Desk
from fondaco.payments import State
from fondaco.rulebook import MotionState
from fondaco.settlement import CycleState, FundingState, UnionState, close_after

# Recalls count ten banking days ahead, and a change of rules takes its time.
CALENDAR_DAYS_AHEAD = 45


class Check(NamedTuple):
    """One line: `needed` ones keep the day from ending while they are not `done`."""

    what: str
    done: bool
    needed: bool
    found: str


def checklist(desk: Desk) -> list[Check]:
    """The open day's lines, in the order in which an operator would see to them. Reads, and changes nothing."""
    live = desk.live.values()

    def line(what: str, names: list[str], *, needed: bool) -> Check:
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        return Check(what, not names, needed, shown)

    cycles = [f"cycle {n} {c.state.name}" for n, c in sorted(desk.cycles.items()) if c.state is not CycleState.SETTLED]
    cases = [key for key, case in sorted(desk.cases.items()) if case.open]
    held = [p.uetr for p in live if p.state is State.HELD]
    offered = [p.uetr for p in live if p.state in (State.RESERVED, State.OFFERED, State.ACCEPTED)]
    queued = [p.uetr for p in live if p.state is State.QUEUED]
    fundings = [key for key, one in sorted(desk.fundings.items()) if one.state is FundingState.ASKED]
    motions = [key for key, one in sorted(desk.motions.items()) if one.state is MotionState.PROPOSED]
    asked = [f"{one.kind} {key}" for key, one in sorted(desk.assignments.items())]
    closes = _closes(desk)
    ending: list[str] = []
    if desk.rules is not None:
        ahead = desk.rules.day + timedelta(days=CALENDAR_DAYS_AHEAD)
        ending = [code for code, one in sorted(desk.rules.currencies.items()) if not one.calendar.knows(ahead)]
    return [
        line("every cycle is settled", cycles, needed=True),
        line("every offer is answered, and what was accepted is settled", offered, needed=True),
        line("every case is decided: what is held is carried into the next day", cases, needed=False),
        line("nothing is held", held, needed=False),
        line("every funding and withdrawal is answered by its agent", fundings, needed=False),
        line("nothing waits for money: what does is refused when the day ends", queued, needed=False),
        line("every motion is seconded: what is not lapses when the day ends", motions, needed=False),
        line("what members asked each other is answered: what is not goes on tomorrow", asked, needed=False),
        *([] if closes is None else [line("the clearing union's period is closed when its day has come", closes, needed=False)]),
        line(f"every currency has a calendar for the next {CALENDAR_DAYS_AHEAD} days", ending, needed=False),
    ]


def _closes(desk: Desk) -> list[str] | None:
    """What is open of the clearing union's close, None where the scheme has no clearing union."""
    union, since = desk.scheme.clearing_union, desk.union_book.since
    if union is None or not since:
        return None
    waiting = [
        f"close {n} waits until {one.due}" for n, one in sorted(desk.union_closes.items()) if one.state is UnionState.RESERVED
    ]
    due = close_after(union.period, union.close_day, date.fromisoformat(since)).isoformat()
    return waiting or ([f"the period closes on {due}"] if desk.counters.day >= due else [])

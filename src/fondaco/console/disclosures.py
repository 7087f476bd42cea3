"""The page of the tables of disclosure of a day (PFMI, G20)."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response

from fondaco.access import Right
from fondaco.console.evidence import ended_days
from fondaco.console.visit import Shown, Visit


async def page(visit: Visit) -> Response:
    disclosing = visit.house.disclosing
    try:
        day = date.fromisoformat(visit.asked("day", 10) or await visit.house.ask(lambda hub: hub.desk.counters.day)).isoformat()
    except ValueError as fault:
        raise Shown(404) from fault
    visit.note(Right.SUPERVISE_LOOK, f"disclosure {day}")
    state = await disclosing.make(day)
    ended = await ended_days(visit)
    return visit.page("disclosure.html", day=day, bundle=day in ended, state=state, found=disclosing.made(day))

"""Bundles of evidence of ended days, taken away as archives by who sees all of the union."""

from __future__ import annotations

from datetime import date

from starlette.responses import Response, StreamingResponse

from fondaco.access import Right
from fondaco.console.visit import SECURITY, Shown, Visit

DAYS_SHOWN = 30


def takes(visit: Visit) -> bool:
    """Whether somebody takes bundles here: it holds the right upon every country, and this server signs them."""
    return visit.house.bundle is not None and visit.allows(Right.EVIDENCE_BUNDLE) and visit.reach.union()


async def ended_days(visit: Visit) -> list[str]:
    """The last ended days, newest first, for who may take their bundles; none for everybody else."""
    if not takes(visit):
        return []
    await visit.house.following.up()
    open_day = await visit.house.ask(lambda hub: "" if hub.desk.counters.day_ended else hub.desk.counters.day)
    days = sorted((one for one, _ in visit.house.following.trail.days() if one != open_day), reverse=True)
    return days[:DAYS_SHOWN]


async def page(visit: Visit) -> Response:
    """The ended days, each with its archive."""
    visit.note(Right.EVIDENCE_BUNDLE, "place evidence")
    return visit.page(
        "evidence.html", days=await ended_days(visit), made=visit.house.bundle is not None, whole=visit.reach.union()
    )


async def bundle(visit: Visit) -> Response:
    """The archive, made now: the page waits for it. Its look stands in the log that the bundle holds the head of."""
    make = visit.house.bundle
    if make is None or not takes(visit):
        raise Shown(404)
    try:
        day = date.fromisoformat(visit.request.path_params["day"]).isoformat()
    except ValueError as fault:
        raise Shown(404) from fault
    visit.note(Right.EVIDENCE_BUNDLE, f"evidence {day}")
    if await visit.house.ask(lambda hub: hub.desk.counters.day == day and not hub.desk.counters.day_ended):
        raise Shown(404)
    found = await make(day)
    if found is None:
        raise Shown(404)
    headers = {"Content-Length": str(found.size), "Content-Disposition": f'attachment; filename="{found.name}"'}
    return StreamingResponse(found.pieces, headers=SECURITY | headers, media_type="application/x-tar")

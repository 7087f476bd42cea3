"""The guided tour of a demo: a bar on every page while somebody is in a chapter, the page of the chapters, and what only a demo lets people do."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

from fondaco.access import Look, Right, set_cookie
from fondaco.console.positions import held
from fondaco.console.stage import Bar, Begun, Tour
from fondaco.console.tour_steps import BY_KEY, CHAPTERS, LOOKING, SUPERVISOR
from fondaco.console.visit import BASE, SECURITY, Shown, Visit
from fondaco.core import Instant, Refusal
from fondaco.hub import Hub

if TYPE_CHECKING:
    from fondaco.access import Reach

COOKIE = "fondaco-tour"
_COOKIE_S = 8 * 3_600
_SAID = re.compile(r"([a-z]{1,20})\.([0-9]{1,19})\.([A-Z0-9-]{0,35})")
LOOKS_MAX = 20


def begun(visit: Visit) -> Begun | None:
    """The chapter that the browser's cookie says; None for none, or one that is no more."""
    found = _SAID.fullmatch(visit.request.cookies.get(COOKIE, ""))
    if found is None or found[1] not in BY_KEY:
        return None
    return Begun(found[1], Instant(int(found[2])), found[3])


async def bar(visit: Visit, path: str) -> Bar | None:
    """The bar of a page at `path` for who looks at it; None where nobody is in a chapter. Asks the hub how far the chapter got."""
    house, caller, known = visit.house, visit.caller, begun(visit)
    tour = house.tour
    if tour is None or caller is None or known is None:
        return None
    chapter = BY_KEY[known.chapter]
    at, facts = await chapter.stands(house, tour, known)
    if at < len(chapter.steps) and chapter.key in LOOKING:
        # The look that is asked for now is written down while this page is made.
        step = chapter.steps[at]
        at += caller.name == step.person and path == _path(step.place)
    if at >= len(chapter.steps):
        return Bar(chapter, at, None, "", "", mine=True, here=False)
    step = chapter.steps[at]
    person, place = tour.person(step, facts), step.place.format(**facts)
    return Bar(chapter, at, step, person, place, caller.name == person, path == _path(place))


def _path(place: str) -> str:
    return BASE + place.partition("#")[0].partition("?")[0]


# The page


def debtors(hub: Hub, reach: Reach) -> list[tuple[str, str, int]]:
    """Members that would pay at the end of the open cycle: bank, currency, whole minor units; first who pays the largest part of what it may owe.

    What a member owes of net payments, less what it received of urgent ones since the last cycle: that is what its settlement agent is asked to earmark.
    """
    participants, gross = hub.desk.in_force().participants, hub.desk.gross
    rows = []
    for one in held(hub, reach):
        moves = one.net + gross.get((one.currency, participants[one.bic[:8]].number), 0)
        if one.net < 0 and moves < 0:
            rows.append((Decimal(moves) / one.limit if one.limit else Decimal(0), one.bic[:8], one.currency, -moves))
    return [(bic, currency, minor) for _, bic, currency, minor in sorted(rows)[:10]]


async def page(visit: Visit) -> Response:
    house, caller = visit.house, visit.caller
    tour = house.tour
    assert caller is not None and tour is not None, "the place is there with the tour alone"
    reach = visit.reach
    breaks = visit.allows(Right.SIMULATION_RUN) and visit.allows(Right.POSITION_LOOK)
    owing = await house.ask(lambda hub: debtors(hub, reach)) if breaks else []
    looks: list[Look] | None = None
    if visit.allows(Right.AUDIT_LOOK) and reach.all:
        visit.note(Right.AUDIT_LOOK, f"person {SUPERVISOR}")
        looks = _last_looks(visit)
    return visit.page(
        "tour.html", chapters=CHAPTERS, begun=begun(visit), breaks=breaks, owing=owing, broken=sorted(tour.broken), looks=looks,
        supervisor=SUPERVISOR, people=[one.name for one in house.access.people.all()],
    )  # fmt: skip


def _last_looks(visit: Visit) -> list[Look]:
    """The supervisor's last looks, newest first. Ends: each page of the log is behind the one before."""
    found: list[Look] = []
    more = visit.house.access.looks.of(SUPERVISOR)
    while more:
        found = [*found, *more][-LOOKS_MAX:]
        more = visit.house.access.looks.of(SUPERVISOR, more[-1].seq)
    return found[::-1]


async def live(visit: Visit) -> Response:
    """The bar as the hub moves, while the session lasts."""
    house, caller, session = visit.house, visit.caller, visit.session
    assert caller is not None
    if house.live.full:
        raise Shown(503)
    path, language = visit.asked("at", 200), visit.language

    async def make() -> str:
        facts = visit.frame() | {"tour": await bar(visit, path), "here": path}
        return house.pages.render("tour_bar.html", language, facts)

    def allowed() -> bool:
        return house.access.sessions.recognise(session, house.clock.now()) == caller

    key = ("tour", session, visit.request.cookies.get(COOKIE, ""), path, language)
    return StreamingResponse(house.live.watch(key, make, allowed), media_type="text/event-stream", headers=SECURITY)


# Deeds


def _tour(visit: Visit) -> Tour:
    assert visit.house.tour is not None, "the deed is there with the tour alone"
    return visit.house.tour


async def begin(visit: Visit) -> Response:
    """Begin a chapter, or begin it anew, and go to its first place."""
    tour, house = _tour(visit), visit.house
    key = visit.fields.get("chapter", "")
    if key not in BY_KEY:
        raise Shown(400)
    about = ""
    if key == "pay":
        about = await house.ask(lambda hub: next((one for one in tour.stage.invoices if _is_open(hub, one)), ""))
        if not about:
            raise Shown(410)
    elif key == "decide":
        about = await house.ask(_undecided)
        if not about:
            raise Shown(410)
        tour.stage.leave_case(about)
    elif key in LOOKING:
        about = str(house.access.looks.head()[0])
    since = int(house.clock.now())
    found = visit.to("/tour#chapters")
    found.set_cookie(
        COOKIE,
        f"{key}.{since}.{about}",
        max_age=_COOKIE_S,
        path=BASE,
        secure=house.access.secure,
        httponly=True,
        samesite="strict",
    )
    return found


def _is_open(hub: Hub, invoice: str) -> bool:
    known = hub.trading.invoices.found(invoice)
    return known is not None and known.owed and known.open_minor == known.minor


def _undecided(hub: Hub) -> str:
    """The newest case of a payment of which nobody has said anything yet; "" for none."""
    fresh = [one for one in hub.desk.cases.values() if one.open and one.payment and not one.decisions]
    return max(fresh, key=lambda one: one.opened_at).case_id if fresh else ""


async def leave(visit: Visit) -> Response:
    """Leave the tour. What was done stays done."""
    _tour(visit)
    found = visit.to("/tour")
    found.delete_cookie(COOKIE, path=BASE, secure=visit.house.access.secure, httponly=True, samesite="strict")
    return found


async def become(visit: Visit) -> Response:
    """Go on as another of the demo's made-up people, and to the place where the tour stands. Only a demo has a tour."""
    _tour(visit)
    house = visit.house
    at = house.clock.now()
    link = house.access.entrance.entering_link(visit.fields.get("person", "")[:100], at)
    entered = link if isinstance(link, Refusal) else house.access.entrance.enter(link, visit.peer, at, visit.session)
    if isinstance(entered, Refusal):
        raise Shown(403)
    shown = await bar(visit, "")
    found = visit.to(shown.place if shown is not None and shown.person == entered.person else "/")
    found.headers["Set-Cookie"] = set_cookie(entered.session, secure=house.access.secure)
    return found


async def break_bank(visit: Visit) -> Response:
    """Let a simulated bank have no money any more. Nothing of the hub is touched: its agents will say no."""
    tour = _tour(visit)
    bic = visit.fields.get("bank", "")
    if bic not in {bank.bic[:8] for bank in visit.house.scheme().participants if bank.roles != {"settlement_agent"}}:
        raise Shown(400)
    tour.break_bank(bic, visit.house.clock.now())
    return visit.to("/tour#break")

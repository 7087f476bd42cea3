"""The application: every page goes one road - recognised, allowed, looked up, shown - and whatever goes wrong is a page as well."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fondaco.access import PLAIN_COOKIE, SESSION_COOKIE, Right, csrf_fault, presented
from fondaco.console import (
    account,
    audit,
    cases,
    cycles,
    day,
    deciding,
    disclosures,
    drill,
    enrolling,
    entering,
    evidence,
    fx,
    lists,
    paying,
    payments,
    positions,
    proposals,
    simulator,
    supervisor,
    tour,
    trade,
    voting,
)
from fondaco.console.house import House, Unanswered
from fondaco.console.visit import SECURITY, Shown, Visit
from fondaco.core import Refusal
from fondaco.hub import Erased

log = logging.getLogger("fondaco.console")

View = Callable[[Visit], Awaitable[Response]]
# Every page of the hub with the right that opens it.
PAGES: tuple[tuple[str, Right, View], ...] = (
    ("/day", Right.CYCLE_LOOK, day.page),
    ("/day/live", Right.CYCLE_LOOK, day.live),
    ("/payments", Right.PAYMENT_LOOK, payments.listed),
    ("/payments/{uetr}", Right.PAYMENT_LOOK, payments.one),
    ("/positions", Right.POSITION_LOOK, positions.page),
    ("/queue", Right.QUEUE_LOOK, cycles.queue),
    ("/cycles", Right.CYCLE_LOOK, cycles.listed),
    ("/cycles/{cycle}", Right.CYCLE_LOOK, cycles.one),
    ("/cases", Right.CASE_LOOK, cases.listed),
    ("/cases/{case}", Right.CASE_LOOK, deciding.page),
    ("/drill", Right.DEFAULT_LOOK, drill.page),
    ("/supervisor", Right.SUPERVISE_LOOK, supervisor.page),
    ("/supervisor/disclosure", Right.SUPERVISE_LOOK, disclosures.page),
    ("/evidence", Right.EVIDENCE_BUNDLE, evidence.page),
    ("/evidence/{day}", Right.EVIDENCE_BUNDLE, evidence.bundle),
    ("/audit", Right.AUDIT_LOOK, audit.page),
    ("/audit/export", Right.AUDIT_LOOK, audit.export),
    ("/fx", Right.QUOTE_LOOK, fx.page),
    ("/fx/live", Right.QUOTE_LOOK, fx.live),
    ("/lists", Right.LISTS_LOOK, lists.listed),
    ("/lists/calibration/{name}", Right.LISTS_LOOK, lists.calibration),
    ("/lists/{list}", Right.LISTS_LOOK, lists.one),
    ("/trade", Right.TRADE_LOOK, trade.listed),
    ("/trade/{instrument}", Right.TRADE_LOOK, trade.one),
    ("/trade/{instrument}/proof", Right.TRADE_LOOK, trade.proof),
    ("/pay", Right.PAYMENT_DRAFT, paying.page),
    ("/proposals", Right.PROPOSAL_LOOK, proposals.page),
    ("/simulator", Right.SIMULATION_RUN, simulator.page),
    ("/simulator/comparison", Right.SIMULATION_RUN, simulator.compare),
    ("/simulator/{run}", Right.SIMULATION_RUN, simulator.one),
    ("/simulator/{run}/live", Right.SIMULATION_RUN, simulator.live),
    ("/simulator/{run}/result", Right.SIMULATION_RUN, simulator.result),
    ("/simulator/{run}/{picture}", Right.SIMULATION_RUN, simulator.picture),
)
# Every deed on a page of the hub, with the right that it takes.
DEEDS: tuple[tuple[str, Right, View], ...] = (
    ("/cases/{case}/word/begin", Right.CASE_DECIDE, deciding.begin),
    ("/cases/{case}/word", Right.CASE_DECIDE, deciding.say),
    ("/pay", Right.PAYMENT_DRAFT, paying.write),
    ("/pay/{uetr}/withdrawal", Right.PAYMENT_DRAFT, proposals.take_back),
    ("/pay/{uetr}/sending", Right.PAYMENT_SEND, proposals.send),
    ("/cycles/closing", Right.CYCLE_CLOSE, proposals.propose_closing),
    ("/proposals/{number}/approval", Right.PROPOSAL_SECOND, proposals.approve),
    ("/proposals/{number}/withdrawal", Right.PROPOSAL_TAKE_BACK, proposals.withdraw),
    ("/motions/proposal/begin", Right.MOTION_PROPOSE, voting.begin_proposal),
    ("/motions/proposal", Right.MOTION_PROPOSE, proposals.vote),
    ("/motions/{motion}/vote/begin", Right.MOTION_APPROVE, voting.begin_vote),
    ("/motions/{motion}/vote", Right.MOTION_APPROVE, proposals.vote),
    ("/simulator", Right.SIMULATION_RUN, simulator.begin),
)
# Deeds that a found browser must not do: each asks for a proof of its person that is minutes old, and leads back to the page of its form. What is signed by a passkey
# is its own proof, and so are words of cases and votes.
SENSITIVE: dict[str, str] = {
    "/pay/{uetr}/sending": "/proposals",
    "/cycles/closing": "/cycles",
    "/proposals/{number}/approval": "/proposals",
}
SIGNED = frozenset({"/cases/{case}/word", "/motions/proposal", "/motions/{motion}/vote"})
# What a demo has beside them, and no other hub: its guided tour.
TOUR_PAGES: tuple[tuple[str, Right, View], ...] = (
    ("/tour", Right.RULES_LOOK, tour.page),
    ("/tour/live", Right.RULES_LOOK, tour.live),
)
TOUR_DEEDS: tuple[tuple[str, Right, View], ...] = (
    ("/tour/chapter", Right.RULES_LOOK, tour.begin),
    ("/tour/leaving", Right.RULES_LOOK, tour.leave),
    ("/tour/person", Right.RULES_LOOK, tour.become),
    ("/tour/failure", Right.SIMULATION_RUN, tour.break_bank),
    ("/tour/word/{case}", Right.CASE_DECIDE, deciding.say_in_demo),
)

# How the path of a stream of events ends.
STREAM = "/live"


def console(house: House) -> Starlette:
    """The console of one hub, to be mounted at `BASE`."""
    pages, deeds = (PAGES, DEEDS) if house.tour is None else (PAGES + TOUR_PAGES, DEEDS + TOUR_DEEDS)
    routes = [
        Route("/", _endpoint(house, entering.home)),
        Route("/login", _endpoint(house, entering.login_page)),
        Route("/login", _deed(house, entering.log_in), methods=["POST"]),
        Route("/logout", _deed(house, entering.log_out), methods=["POST"]),
        Route("/enter/{link}", _endpoint(house, entering.enter_page)),
        Route("/enter/{link}", _deed(house, entering.enter), methods=["POST"]),
        Route("/login/passkey/begin", _deed(house, entering.begin_passkey), methods=["POST"]),
        Route("/login/passkey", _deed(house, entering.log_in_by_passkey), methods=["POST"]),
        Route("/enrol", _deed(house, enrolling.finish_password), methods=["POST"]),
        Route("/enrol/{link}", _endpoint(house, enrolling.page)),
        Route("/enrol/{link}/password", _deed(house, enrolling.begin_password), methods=["POST"]),
        Route("/enrol/{link}/passkey/begin", _deed(house, enrolling.begin_passkey), methods=["POST"]),
        Route("/enrol/{link}/passkey", _deed(house, enrolling.finish_passkey), methods=["POST"]),
        *(Route(path, _endpoint(house, _own(view))) for path, view in account.PAGES),
        *(Route(path, _deed(house, _own(view)), methods=["POST"]) for path, view in account.DEEDS),
        Route("/prefer", _endpoint(house, entering.prefer)),
        *(Route(path, _endpoint(house, view, right)) for path, right, view in pages),
        *(Route(path, _deed(house, _proven(path, view), right), methods=["POST"]) for path, right, view in deeds),
        Route("/static/{name}", _static(house)),
        Route("/{anything:path}", _endpoint(house, _nothing), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False
    return app


def _visit(house: House, request: Request) -> Visit:
    access = house.access
    shown = presented(request.scope, "", SESSION_COOKIE if access.secure else PLAIN_COOKIE)
    session = "" if isinstance(shown, Refusal) else shown.session
    known = access.sessions.recognise(session, house.clock.now()) if session else None
    if known is None or isinstance(known, Refusal):
        return Visit(house, request, None, session)
    return Visit(house, request, known, session)


def _endpoint(house: House, view: View, right: Right | None = None) -> Callable[[Request], Awaitable[Response]]:
    """A page: of the hub where a right opens it, of everybody's where none is named."""

    async def endpoint(request: Request) -> Response:
        visit = _visit(house, request)
        stream = request.url.path.endswith(STREAM)
        try:
            if right is not None and visit.caller is None:
                # A stream whose session is over ends with a status: led to the log-in page, a browser takes that page for a stream, and asks for it again and again.
                return Response(status_code=401, headers=SECURITY) if stream else visit.to("/login")
            if right is not None and not visit.allows(right):
                raise Shown(403)
            if house.tour is not None and request.method == "GET" and not stream:
                visit.tour = await tour.bar(visit, request.url.path)
            return await view(visit)
        except Shown as shown:
            return failed(visit, shown.status)
        except Unanswered:
            return failed(visit, 503)
        except Erased:
            return failed(visit, 410)
        except Exception:
            log.exception("a page failed", extra={"facts": {"page": request.url.path}})
            return failed(visit, 500)

    return endpoint


def _static(house: House) -> Callable[[Request], Awaitable[Response]]:
    """A file that pages load: anybody's, so that nobody is recognised for it."""

    async def one(request: Request) -> Response:
        return house.files.answer(request, SECURITY) or failed(Visit(house, request, None, ""), 404)

    return one


def _proven(path: str, view: View) -> View:
    return account.proven(view, SENSITIVE[path]) if path in SENSITIVE else view


def _own(view: View) -> View:
    """What everybody has who logged in, whatever the role."""

    async def one(visit: Visit) -> Response:
        return visit.to("/login") if visit.caller is None else await view(visit)

    return one


def _deed(house: House, view: View, right: Right | None = None) -> Callable[[Request], Awaitable[Response]]:
    """What a form does. It comes from our own page: a browser says so, and under a session the form says the session's word."""

    async def done(visit: Visit) -> Response:
        headers = visit.request.headers
        site, origin = headers.get("sec-fetch-site", ""), headers.get("origin", "")
        if site not in ("", "same-origin", "none") or origin not in ("", house.access.address):
            raise Shown(403)
        visit.fields = await visit.form()
        if visit.caller is not None and csrf_fault(visit.session, visit.fields.get("word", ""), site) is not None:
            raise Shown(403)
        if right is not None and house.tour is not None:  # a refused deed is answered by a page, which has the bar as any
            visit.tour = await tour.bar(visit, visit.request.url.path)
        return await view(visit)

    return _endpoint(house, done, right)


def failed(visit: Visit, status: int) -> Response:
    found = visit.page("failed.html", status=status, code=status)
    found.headers["Connection"] = "close"
    return found


async def _nothing(visit: Visit) -> Response:
    raise Shown(404)

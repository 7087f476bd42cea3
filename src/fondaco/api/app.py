"""The application: every request goes one road - recognised, allowed, counted, read, answered, told in the log."""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from math import ceil
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as Place

from fondaco.access import JWS_HEADER, Caller, Proof, Whose, may
from fondaco.api.ask import Ask, media_of, read_body, read_place, read_query, singular_headers
from fondaco.api.house import House
from fondaco.api.page import reference_page
from fondaco.api.problem import MEDIA as PROBLEM
from fondaco.api.problem import Problem
from fondaco.api.route import JSON, Reply, Route
from fondaco.api.routes import ROUTES
from fondaco.api.schema import description
from fondaco.api.token_places import token_places
from fondaco.api.uploads import Uploads
from fondaco.api.writer import WriterFull, WriterStopped
from fondaco.core import Instant, Refusal
from fondaco.hub import Erased, Hub

log = logging.getLogger("fondaco.api")

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def application(house: House) -> Starlette:
    """The door of one hub."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        house.start()
        try:
            yield
        finally:
            await house.stop()

    (by_message,) = [route for route in ROUTES if route.name == "send_message"]
    house.begin_uploads = lambda: Uploads(house, by_message)
    described = msgspec.json.encode(description(ROUTES, tokens=house.identity is not None, seal=house.seal is not None))
    page, style = reference_page(ROUTES)
    places: list[Place] = [Place(route.path, answered_by(house, route), methods=[route.method]) for route in ROUTES]
    places += [
        _fixed("/v1/openapi.json", described, JSON),
        _fixed("/docs", page, "text/html; charset=utf-8"),
        _fixed("/docs/style.css", style, "text/css; charset=utf-8"),
        Place("/health/live", _live),
        Place("/health/ready", _ready(house)),
    ]
    if house.identity is not None:
        places += token_places(house, house.identity)
    if house.seal is not None:
        places.append(_fixed("/.well-known/signing-certificate.pem", house.seal.published, "application/x-pem-file"))
    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {HTTPException: _not_a_place}
    app = Starlette(routes=_by_place(places), lifespan=lifespan, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


def _by_place(places: Sequence[Place]) -> list[Place]:
    """Routes of one path as one, so that another method is told which there are."""
    found: dict[str, dict[str, Callable[[Request], Awaitable[Response]]]] = {}
    for place in places:
        for method in place.methods or ():
            if method != "HEAD":
                found.setdefault(place.path, {})[method] = place.endpoint
    return [Place(path, _dispatch(methods), methods=[*methods]) for path, methods in found.items()]


def _dispatch(methods: dict[str, Callable[[Request], Awaitable[Response]]]) -> Callable[[Request], Awaitable[Response]]:
    async def dispatch(request: Request) -> Response:
        return await methods["GET" if request.method == "HEAD" else request.method](request)

    return dispatch


def answered_by(house: House, route: Route) -> Callable[[Request], Awaitable[Response]]:
    """What answers the requests of a route; whatever happens is an answer."""

    async def endpoint(request: Request) -> Response:
        begun = time.monotonic()
        facts: dict[str, Any] = {}
        try:
            response = await _answered(house, route, request, facts)
        except Problem as problem:
            response = problem_response(problem)
        except WriterFull as full:
            response = problem_response(Problem("busy", str(full), headers={"Retry-After": str(full.retry_after_s)}))
        except WriterStopped as stopped:
            response = problem_response(Problem("stopping", str(stopped), headers={"Retry-After": "5"}))
        except Erased as erased:
            response = problem_response(Problem("not-found", str(erased)))
        except Exception:
            log.exception("a request failed", extra={"facts": {"route": route.name} | facts})
            response = problem_response(Problem("failed", "the request could not be answered"))
        seconds = time.monotonic() - begun
        house.measures.request(route.name, response.status_code, seconds)
        if log.isEnabledFor(logging.INFO):
            told = {"route": route.name, "status": response.status_code, "ms": round(seconds * 1000, 2)} | facts
            log.info("request", extra={"facts": told})
        return response

    return endpoint


async def _answered(house: House, route: Route, request: Request, facts: dict[str, Any]) -> Response:
    singular_headers(request)
    caller = await _recognised(house, request)
    facts |= {"caller": caller.name, "institution": caller.institution}
    _allowed(house, route, caller, request)
    _count(house, caller, request)
    ask = Ask(house, route, request, caller)
    ask.place, ask.query = read_place(route, request), read_query(route, request)
    facts |= {"target": request.scope["path"]} if request.path_params else {}
    if route.body is not None or route.takes:
        await _read(ask, house)
    elif request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        raise Problem("bad-request", "no body is taken here", "the body", headers={"Connection": "close"})
    else:
        await _signed(ask)
    found = await route.handler(ask)
    facts |= {"signed_by": ask.signed_by} if ask.signed_by else {}
    uetr = getattr(ask.place, "uetr", "") or getattr(request.state, "uetr", "")
    if uetr:
        facts |= {"uetr": uetr, "trace_id": uetr.replace("-", "")}
    if isinstance(found, Response):
        found.headers.update(SECURITY)
        return found
    reply = found if isinstance(found, Reply) else Reply(found)
    body = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
    return Response(body, reply.status, {**SECURITY, **reply.headers}, reply.media)


async def _recognised(house: House, request: Request) -> Caller:
    found = house.authenticate(request)
    caller = await found if inspect.isawaitable(found) else found
    if isinstance(caller, Refusal):
        # RFC 6750 section 3.1: who showed a token is told that it is the token.
        shown = 'Bearer error="invalid_token"' if "authorization" in request.headers else "Bearer"
        raise Problem("not-recognised", caller.sentence(), headers={"WWW-Authenticate": shown})
    assert isinstance(caller, Caller), "who asks is a caller or nobody"
    return caller


def _allowed(house: House, route: Route, caller: Caller, request: Request) -> None:
    """Whether the caller holds the route's right upon what is its own; how far it sees beyond that is `Reach`'s to say. Raises `Problem`.

    A look of who watches over others is written down before it is answered.
    """
    own = Whose(caller.institution, min(caller.jurisdiction, default=""), caller.party)
    refusal = may(caller, route.right, own)
    if refusal is not None:
        raise Problem("not-allowed", refusal.sentence())
    if caller.proof is Proof.SESSION and request.method not in ("GET", "HEAD") and house.forged is not None:
        forged = house.forged(request)
        if forged is not None:
            raise Problem("not-recognised", forged.sentence())
    if house.look is not None:
        told = f"{request.method} {request.scope['path']}"
        house.look(caller, route.right, route.subject(request.path_params), told)


def _count(house: House, caller: Caller, request: Request) -> None:
    length = request.headers.get("content-length", "")
    tokens = 1 + (int(length) // house.settings.bytes_per_request if length.isdigit() and len(length) < 12 else 0)
    wait = house.buckets.take(caller.institution or caller.name, time.monotonic(), tokens)
    if wait:
        raise Problem("too-often", f"again in {wait:.1f} seconds", headers={"Retry-After": str(ceil(wait))})


async def _read(ask: Ask, house: House) -> None:
    """Read the body, and what it says where the route has a form for it."""
    settings, route = house.settings, ask.route
    media = media_of(ask.request)
    takes = route.takes or (JSON,)
    if media not in takes:
        raise Problem("media", f"{media[:80] or 'nothing'} is not taken here: {', '.join(takes)}", "Content-Type")
    most = settings.message_bytes_max if route.takes else settings.json_bytes_max
    ask.raw = await read_body(ask.request, most, settings.body_s)
    await _signed(ask)
    if route.body is not None and media == JSON:
        try:
            ask.body = msgspec.json.decode(ask.raw, type=route.body)
        except msgspec.ValidationError as fault:
            raise Problem("not-valid", str(fault), str(fault).rpartition(" at `")[2].rstrip("`")) from fault
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
            raise Problem("bad-request", f"not JSON: {fault}", "the body") from fault


async def _signed(ask: Ask) -> None:
    """Verify what the request is signed with. Raises `Problem`. Where callers are made up there is nobody whose signature could hold."""
    if ask.house.signatures is not None:
        ask.original = await ask.house.signatures.of_request(ask.route, ask.request, ask.caller, ask.raw)
    elif any(name in ask.request.headers for name in ("signature", "signature-input", JWS_HEADER)):
        raise Problem("signature", "nobody's signature is known here")


def problem_response(problem: Problem) -> Response:
    """What went wrong, as it is sent."""
    return Response(problem.encoded(), problem.status, {**SECURITY, **problem.headers}, PROBLEM)


async def _not_a_place(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    name = {404: "not-found", 405: "method"}.get(fault.status_code, "bad-request")
    return problem_response(Problem(name, f"{request.method[:20]} {request.url.path[:200]}", headers=fault.headers))


def _fixed(path: str, body: bytes, media: str) -> Place:
    async def fixed(_: Request) -> Response:
        return Response(body, headers=SECURITY | {"Cache-Control": "no-cache"}, media_type=media)

    return Place(path, fixed)


async def _live(_: Request) -> Response:
    return Response(b'{"live":true}', headers=SECURITY, media_type=JSON)


def _screening(hub: Hub, now: Instant) -> str:
    """What lacks of screening, "" where it decides."""
    why, screener = hub.held_because(now), hub.screener()
    if not why or screener is None:
        return why
    if screener.lists.unfit(now):
        return "a list is too old to screen by: every payment is held"
    return "the lists in force do not fit the rules of the day: every payment is held"


def _ready(house: House) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_: Request) -> Response:
        """Whether payments can be taken in: the hub decides, a day is open, the lists in force screen, and little waits.

        Whoever asks may be anybody: which list it is stands in the figures, and for those who may read lists.
        """
        lacks = []
        try:
            async with asyncio.timeout(5):
                day, ended, screening = await house.writer.ask(
                    lambda hub: (hub.desk.counters.day, hub.desk.counters.day_ended, _screening(hub, house.clock.now()))
                )
            lacks += [] if day and not ended else ["no business day is open"]
            lacks += [screening] if screening else []
        except WriterFull:
            lacks.append("too much waits to be decided")
        except WriterStopped:
            lacks.append("the hub has stopped")
        except TimeoutError:
            lacks.append("the hub did not answer within 5 seconds")
        body = msgspec.json.encode({"ready": not lacks, "lacks": lacks})
        return Response(body, 503 if lacks else 200, SECURITY, JSON)

    return ready

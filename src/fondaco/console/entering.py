"""How people come in and go: log in, a demo's link, log out; which language and theme they like."""

from __future__ import annotations

import json

from starlette.responses import Response

from fondaco.access import Entered, set_cookie
from fondaco.console.language import LANGUAGES
from fondaco.console.visit import BASE, LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Shown, Visit
from fondaco.core import Reason, Refusal

_PREFERENCE_S = 365 * 86_400
CEREMONY_COOKIE, CEREMONY_S = "fondaco-ceremony", 300


async def home(visit: Visit) -> Response:
    """The first page that its roles open."""
    if visit.caller is None:
        return visit.to("/login")
    links = visit.links()
    return visit.to(links[0].path) if links else visit.page("nothing.html")


async def login_page(visit: Visit) -> Response:
    return visit.to("/") if visit.caller is not None else _login(visit)


def _login(visit: Visit, status: int = 200, fault: str = "") -> Response:
    return visit.page(
        "login.html", status=status, fault=fault, passkeys=visit.house.access.passkeys.possible, back=f"{BASE}/login"
    )


async def log_in(visit: Visit) -> Response:
    """By password and code. The answer to a wrong one says no more than that something was wrong."""
    fields, house = visit.fields, visit.house
    name, password, code = (fields.get(one, "")[:1024] for one in ("name", "password", "code"))
    peer, at = visit.peer, house.clock.now()
    entrance = house.access.entrance
    found = await house.turnstile.run(lambda: entrance.log_in(name, password, code, peer, at, visit.session))
    return _refused(visit, found) if isinstance(found, Refusal) else begun(visit, found)


async def begin_passkey(visit: Visit) -> Response:
    """A challenge for whoever comes. Its ceremony is a cookie: the answer counts from the browser that asked, and from no other."""
    house = visit.house
    if not house.access.passkeys.possible:
        raise Shown(404)
    ceremony, options = house.access.passkeys.begin_log_in(house.clock.now())
    found = visit.json(ceremony="", options=json.loads(options))
    found.set_cookie(
        CEREMONY_COOKIE, ceremony, max_age=CEREMONY_S, path=BASE, secure=house.access.secure, httponly=True, samesite="strict"
    )
    return found


async def answered(visit: Visit, wanted: str = "") -> Entered | Refusal:
    """The session of whoever answered the challenge that this browser was given."""
    house, ceremony = visit.house, visit.request.cookies.get(CEREMONY_COOKIE, "")[:200]
    response, at = visit.fields.get("response", ""), house.clock.now()
    entrance = house.access.entrance
    # Each failure is written down and waits for the disk: not where the payments pass.
    return await house.turnstile.run(
        lambda: entrance.log_in_by_passkey(ceremony, response, visit.peer, at, visit.session, wanted)
    )


async def log_in_by_passkey(visit: Visit) -> Response:
    found = await answered(visit)
    return _refused(visit, found, "passkey") if isinstance(found, Refusal) else begun(visit, found)


def _refused(visit: Visit, fault: Refusal, what: str = "wrong") -> Response:
    late = fault.reason is Reason.ASKED_TOO_OFTEN
    return _login(visit, 429 if late else 401, "late" if late else what)


async def log_out(visit: Visit) -> Response:
    visit.house.access.entrance.log_out(visit.session)
    found = visit.to("/login")
    found.headers["Set-Cookie"] = set_cookie("", secure=visit.house.access.secure)
    return found


async def enter_page(visit: Visit) -> Response:
    """A demo's link shows a button: what only looks at links (a mail program, a preview) takes none of them."""
    return visit.page("enter.html", link=visit.request.path_params["link"])


async def enter(visit: Visit) -> Response:
    found = visit.house.access.entrance.enter(
        visit.request.path_params["link"][:100], visit.peer, visit.house.clock.now(), visit.session
    )
    if isinstance(found, Refusal):
        raise Shown(410)
    return begun(visit, found)


async def prefer(visit: Visit) -> Response:
    """Keep a language or a theme in a cookie that says nothing else, and go back to the page."""
    found = visit.to(way_back(visit.asked("back", 500)))
    for name, cookie, known in (("language", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
        value = visit.asked(name)
        if value in known:
            found.set_cookie(
                cookie, value, max_age=_PREFERENCE_S, path=BASE, secure=visit.house.access.secure, httponly=True, samesite="lax"
            )
    return found


def way_back(back: str) -> str:
    """Where a page of ours wants to go back to, behind the console's own path; its beginning for anything else."""
    fine = back.startswith(f"{BASE}/") and "\\" not in back and "//" not in back and back.isascii() and back.isprintable()
    return back.removeprefix(BASE) if fine else "/"


def begun(visit: Visit, entered: Entered, path: str = "/") -> Response:
    found = visit.to(path)
    found.headers["Set-Cookie"] = set_cookie(entered.session, secure=visit.house.access.secure)
    return found

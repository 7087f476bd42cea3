"""How people come in and go: log in, a demo's link, log out; which language and theme they like."""

from __future__ import annotations

from starlette.responses import Response

from fondaco.access import Entered, set_cookie
from fondaco.console.language import LANGUAGES
from fondaco.console.visit import BASE, LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Shown, Visit
from fondaco.core import Reason, Refusal

_PREFERENCE_S = 365 * 86_400


async def home(visit: Visit) -> Response:
    """The first page that its roles open."""
    if visit.caller is None:
        return visit.to("/login")
    links = visit.links()
    return visit.to(links[0].path) if links else visit.page("nothing.html")


async def login_page(visit: Visit) -> Response:
    return visit.to("/") if visit.caller is not None else visit.page("login.html", fault="")


async def log_in(visit: Visit) -> Response:
    """By password and code. The answer to a wrong one says no more than that something was wrong."""
    fields, house = visit.fields, visit.house
    name, password, code = (fields.get(one, "")[:1024] for one in ("name", "password", "code"))
    peer, at = _peer(visit), house.clock.now()
    entrance = house.access.entrance
    found = await house.turnstile.run(lambda: entrance.log_in(name, password, code, peer, at, visit.session))
    if isinstance(found, Refusal):
        late = found.reason is Reason.ASKED_TOO_OFTEN
        return visit.page("login.html", status=429 if late else 401, fault="late" if late else "wrong", back=f"{BASE}/login")
    return _begun(visit, found)


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
        visit.request.path_params["link"][:100], _peer(visit), visit.house.clock.now(), visit.session
    )
    if isinstance(found, Refusal):
        raise Shown(410)
    return _begun(visit, found)


async def prefer(visit: Visit) -> Response:
    """Keep a language or a theme in a cookie that says nothing else, and go back to the page."""
    back = visit.asked("back", 500)
    fine = back.startswith(f"{BASE}/") and "\\" not in back and "//" not in back and back.isascii() and back.isprintable()
    found = visit.to(back.removeprefix(BASE) if fine else "/")
    for name, cookie, known in (("language", LANGUAGE_COOKIE, LANGUAGES), ("theme", THEME_COOKIE, THEMES)):
        value = visit.asked(name)
        if value in known:
            found.set_cookie(
                cookie, value, max_age=_PREFERENCE_S, path=BASE, secure=visit.house.access.secure, httponly=True, samesite="lax"
            )
    return found


def _begun(visit: Visit, entered: Entered) -> Response:
    found = visit.to("/")
    found.headers["Set-Cookie"] = set_cookie(entered.session, secure=visit.house.access.secure)
    return found


def _peer(visit: Visit) -> str:
    return visit.request.client.host if visit.request.client is not None else ""

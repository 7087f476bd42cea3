"""One request as a page sees it: who asks, how far it sees, in which language and theme; and the bounds of a form."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from fondaco.access import Caller, Reach, Right, Whose, csrf_token, is_logged, may
from fondaco.console.language import Words, chosen
from fondaco.console.navigation import NAVIGATION, TOUR, Link

if TYPE_CHECKING:
    from fondaco.console.house import House
    from fondaco.console.stage import Bar

BASE = "/console"
LANGUAGE_COOKIE, THEME_COOKIE = "fondaco-language", "fondaco-theme"
THEMES = ("system", "light", "dark")
FORM_BYTES_MAX = 16 * 1024
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none, browsers send the origin `null` with our own forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Shown(Exception):
    """Ends a request with another page: not found, not allowed, not now."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Visit:
    """A request. `caller` is None for somebody who did not log in; `session` the cookie's value;
    `fields` what a form said."""

    def __init__(self, house: House, request: Request, caller: Caller | None, session: str) -> None:
        self.house = house
        self.request = request
        self.caller = caller
        self.session = session
        self.fields: dict[str, str] = {}
        # The bar of the guided tour on this page; None where nobody is in one.
        self.tour: Bar | None = None
        self.language = chosen(request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", "")[:400])
        theme = request.cookies.get(THEME_COOKIE, "")
        self.theme = theme if theme in THEMES else "system"

    @property
    def reach(self) -> Reach:
        assert self.caller is not None, "a page of the hub is for somebody"
        return Reach(self.caller, self.house.scheme())

    def allows(self, right: Right) -> bool:
        caller = self.caller
        return caller is not None and may(caller, right, own_of(caller)) is None

    def note(self, right: Right, *subjects: str) -> None:
        """Write a look down that reaches beyond one's own house; on the disk when this returns. Before anything is shown."""
        caller = self.caller
        assert caller is not None
        if is_logged(caller, right, Whose(caller.institution, "", caller.party)):
            self.house.access.looks.note(caller, right.value, [one[:200] for one in subjects], self.house.clock.now())

    @property
    def words(self) -> Words:
        return self.house.words[self.language]

    def links(self) -> list[Link]:
        return [one for one in NAVIGATION if self.allows(one.right) and (one.path != TOUR or self.house.tour is not None)]

    def render(self, template: str, facts: Mapping[str, Any]) -> str:
        return self.house.pages.render(template, self.language, facts)

    def frame(self) -> dict[str, Any]:
        """What every page says around its content. `key` is for the deeds of its forms: what is sent under it twice is done once."""
        request = self.request
        return {
            "theme": self.theme,
            "themes": THEMES,
            "base": BASE,
            "caller": self.caller,
            "word": csrf_token(self.session) if self.session else "",
            "key": secrets.token_hex(16),
            "links": self.links() if self.caller is not None else [],
            "here": request.url.path,
            "back": request.url.path if request.method == "GET" else f"{BASE}/",
            "simulated": self.house.simulated,
            "now": int(self.house.clock.now()),
            "live": "",
            "passkeys": False,
            "tour": self.tour,
        }

    def page(self, template: str, *, status: int = 200, **facts: Any) -> Response:
        return HTMLResponse(self.render(template, self.frame() | facts), status, headers=SECURITY)

    def json(self, status: int = 200, **facts: Any) -> JSONResponse:
        """An answer to a script of ours."""
        return JSONResponse(facts, status, headers=SECURITY)

    def said(self, name: str, most: int = 200) -> str:
        """What a form said under a name; "" where it did not. Longer than `most` characters is cut."""
        return self.fields.get(name, "")[:most].strip()

    @property
    def peer(self) -> str:
        return self.request.client.host if self.request.client is not None else ""

    def to(self, path: str) -> RedirectResponse:
        return RedirectResponse(BASE + path, 303, headers=SECURITY)

    def asked(self, name: str, most: int = 100) -> str:
        """What stands behind the path under a name; "" where it does not. Longer than `most` characters is cut."""
        return self.request.query_params.get(name, "")[:most].strip()

    async def form(self) -> dict[str, str]:
        """The fields of a form that was sent. Raises `Shown` for what is none, or is too large."""
        media = self.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/x-www-form-urlencoded":
            raise Shown(400)
        raw = b""
        async for part in self.request.stream():
            raw += part
            if len(raw) > FORM_BYTES_MAX:
                raise Shown(413)
        try:
            return dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=50))
        except ValueError as fault:  # not UTF-8, or too many fields
            raise Shown(400) from fault


def own_of(caller: Caller) -> Whose:
    """What is the caller's own: the door asks whether it holds the right upon that; how far it sees beyond is `Reach`'s to say."""
    return Whose(caller.institution, min(caller.jurisdiction, default=""), caller.party)

"""A person with an enrolment link makes the first way in: a passkey, or a password with codes. Looking at the link takes nothing of it."""

from __future__ import annotations

import json

from starlette.responses import Response

from fondaco.access import Enrolment
from fondaco.console.navigation import _
from fondaco.console.qr_code import svg
from fondaco.console.visit import Shown, Visit
from fondaco.core import Reason, Refusal

_LINK_LENGTH_MAX = 100


def _link(visit: Visit) -> str:
    return str(visit.request.path_params["link"])[:_LINK_LENGTH_MAX]


def _whose(visit: Visit) -> str:
    found = visit.house.access.entrance.enrolling(_link(visit), visit.house.clock.now())
    if not found:
        raise Shown(410)
    return found


async def page(visit: Visit) -> Response:
    return _page(visit)


def _page(visit: Visit, status: int = 200, fault: str = "") -> Response:
    person = _whose(visit)
    return visit.page(
        "enrol.html", status=status, person=person, link=_link(visit), fault=fault,
        passkeys=visit.house.access.passkeys.possible, back=visit.request.url.path.removesuffix("/passkey"),
    )  # fmt: skip


async def begin_passkey(visit: Visit) -> Response:
    house = visit.house
    found = house.access.entrance.enrol_passkey(_link(visit), house.clock.now())
    if isinstance(found, Refusal):
        return visit.json(410)
    ceremony, options = found
    return visit.json(ceremony=ceremony, options=json.loads(options))


async def finish_passkey(visit: Visit) -> Response:
    entrance, at = visit.house.access.entrance, visit.house.clock.now()
    name = visit.said("name", 100) or "passkey"
    found = entrance.finish_passkey(_link(visit), visit.said("ceremony"), visit.fields.get("response", ""), at, name)
    return _page(visit, 422, "passkey") if isinstance(found, Refusal) else visit.page("enrolled.html", person=found)


async def begin_password(visit: Visit) -> Response:
    """The link is taken: what was broken off needs another one."""
    found = visit.house.access.entrance.enrol_password(_link(visit), visit.house.clock.now())
    if isinstance(found, Refusal):
        raise Shown(410)
    return asking(visit, found, "/enrol")


async def finish_password(visit: Visit) -> Response:
    found = await set_password(visit)
    if isinstance(found, Refusal):
        return again(visit, found, "/enrol")
    return visit.page("enrolled.html", person=found)


async def set_password(visit: Visit, wanted: str = "") -> str | Refusal:
    """Who set password and code by this form, which a tenth of a second of a core is spent on."""
    house, fields = visit.house, visit.fields
    ceremony, password, code = (fields.get(one, "")[:1024] for one in ("ceremony", "password", "code"))
    at = house.clock.now()
    found: str | Refusal = await house.turnstile.run(
        lambda: house.access.entrance.finish_password(ceremony, password, code.strip(), at, wanted)
    )
    return found


def again(visit: Visit, fault: Refusal, action: str) -> Response:
    """The same form once more, with what was wrong; the end where it is over."""
    going_on = visit.house.access.entrance.enrolment(visit.said("ceremony"), visit.house.clock.now())
    if going_on is None:
        raise Shown(410)
    late = fault.reason is Reason.ASKED_TOO_OFTEN
    return asking(visit, going_on, action, 429 if late else 422, "late" if late else fault.where)


def asking(visit: Visit, one: Enrolment, action: str, status: int = 200, fault: str = "") -> Response:
    """The page that shows a new secret for codes, as a code to be read and as letters to be typed."""
    secret = one.uri.partition("secret=")[2].partition("&")[0]
    label = visit.house.words[visit.language](_("A code for your authenticator"))
    spelled = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return visit.page(
        "password.html", status=status, person=one.person, ceremony=one.ceremony, action=action, fault=fault,
        drawn=svg(one.uri, label), spelled=spelled,
    )  # fmt: skip

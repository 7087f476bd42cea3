"""What is one's own: passkeys, password and codes, sessions, looks. What changes how one gets in asks for a proof that is minutes old."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from starlette.responses import Response

from fondaco.access import Caller, Role
from fondaco.console.enrolling import again, asking, set_password
from fondaco.console.entering import answered, begun, way_back
from fondaco.console.navigation import _
from fondaco.console.visit import BASE, Shown, Visit
from fondaco.core import Reason, Refusal

View = Callable[[Visit], Awaitable[Response]]
LOOKS_SHOWN = 50
# Who signs what the hub keeps: words of cases, votes. The rulebook names their passkeys.
_SIGNING = frozenset({Role.COMPLIANCE_OFFICER, Role.OPERATOR_MAKER, Role.OPERATOR_CHECKER})


def _caller(visit: Visit) -> Caller:
    assert visit.caller is not None, "an own page is for somebody"
    return visit.caller


async def page(visit: Visit) -> Response:
    return _page(visit)


def _page(visit: Visit, status: int = 200, fault: str = "") -> Response:
    access, name, at = visit.house.access, _caller(visit).name, visit.house.clock.now()
    person = access.people.find(name)
    assert person is not None, "who has a session has an account"
    return visit.page(
        "account.html",
        status=status, fault=fault, person=person, passkeys=access.passkeys.possible, own=access.passkeys.of(name),
        fresh=access.sessions.is_fresh(visit.session, at), sessions=access.sessions.of(name, visit.session, at),
        looks=access.looks.latest_of(name, LOOKS_SHOWN), officer=bool(_SIGNING & _caller(visit).roles), back=f"{BASE}/account",
    )  # fmt: skip


def fresh(view: View) -> View:
    """For deeds that change how somebody gets in: whoever found a browser open does not keep the account."""

    async def one(visit: Visit) -> Response:
        if not visit.house.access.sessions.is_fresh(visit.session, visit.house.clock.now()):
            if visit.request.url.path.endswith("/passkeys/begin"):
                return visit.json(403, fault=visit.house.words[visit.language](_("Prove first that it is you.")))
            return visit.to(f"/account/prove?back={BASE}/account")
        return await view(visit)

    return one


def proven(view: View, back: str) -> View:
    """For deeds of the desk that are sensitive: whoever finds a browser open is no second person. `back` is the page of their forms.

    Whoever has no way in, as a demo's made-up people, has nothing to prove it with; everybody else has one (the last cannot be removed).
    """

    async def one(visit: Visit) -> Response:
        house, caller = visit.house, visit.caller
        person = house.access.people.find(caller.name) if caller is not None else None
        can = person is not None and (person.has_password or bool(person.passkeys))
        if can and not house.access.sessions.is_fresh(visit.session, house.clock.now()):
            return visit.to(f"/account/prove?back={BASE}{back}")
        return await view(visit)

    return one


# To prove again that it is you


async def prove_page(visit: Visit) -> Response:
    return _prove(visit)


def _prove(visit: Visit, status: int = 200, fault: str = "") -> Response:
    back = visit.fields.get("back") or visit.asked("back", 500)
    person = visit.house.access.people.find(_caller(visit).name)
    return visit.page(
        "prove.html", status=status, fault=fault, to=BASE + way_back(back), person=person,
        passkeys=visit.house.access.passkeys.possible, back=f"{BASE}/account",
    )  # fmt: skip


async def prove(visit: Visit) -> Response:
    """By password and code. The session is begun anew, as at any log-in."""
    house, fields, name = visit.house, visit.fields, _caller(visit).name
    password, code = fields.get("password", "")[:1024], fields.get("code", "")[:1024]
    at = house.clock.now()
    found = await house.turnstile.run(lambda: house.access.entrance.log_in(name, password, code, visit.peer, at, visit.session))
    return _proved(visit, found)


async def prove_by_passkey(visit: Visit) -> Response:
    return _proved(visit, await answered(visit, _caller(visit).name))


def _proved(visit: Visit, found: object) -> Response:
    if isinstance(found, Refusal):
        late = found.reason is Reason.ASKED_TOO_OFTEN
        return _prove(visit, 429 if late else 401, "late" if late else "wrong")
    return begun(visit, found, way_back(visit.said("back", 500)))  # type: ignore[arg-type]


# Passkeys


async def begin_passkey(visit: Visit) -> Response:
    house = visit.house
    if not house.access.passkeys.possible:
        raise Shown(404)
    ceremony, options = house.access.passkeys.begin_registration(_caller(visit).name, house.clock.now(), visit.session)
    return visit.json(ceremony=ceremony, options=json.loads(options))


async def add_passkey(visit: Visit) -> Response:
    access, person, at = visit.house.access, _caller(visit).name, visit.house.clock.now()
    name = visit.said("name", 100) or "passkey"
    response = visit.fields.get("response", "")
    found = access.passkeys.finish_registration(visit.said("ceremony"), response, at, person, visit.session, name)
    if isinstance(found, Refusal):
        return _page(visit, 422, "many" if found.reason is Reason.ASKED_TOO_OFTEN else found.where)
    access.entrance.own(person, "passkey added", name, at)
    return visit.to("/account")


async def name_passkey(visit: Visit) -> Response:
    fault = visit.house.access.passkeys.rename(_caller(visit).name, _credential(visit), visit.said("name", 100))
    return visit.to("/account") if fault is None else _page(visit, 422, fault.where)


async def remove_passkey(visit: Visit) -> Response:
    access, person = visit.house.access, _caller(visit).name
    fault = access.passkeys.remove(person, _credential(visit))
    if fault is not None:
        return _page(visit, 422, "last" if fault.reason is Reason.OUT_OF_TURN else fault.where)
    access.entrance.own(person, "passkey removed", "", visit.house.clock.now())
    return visit.to("/account")


def _credential(visit: Visit) -> bytes:
    try:
        return bytes.fromhex(visit.said("credential", 2048))
    except ValueError as fault:
        raise Shown(400) from fault


# Password and codes


async def begin_password(visit: Visit) -> Response:
    found = visit.house.access.entrance.begin_password(_caller(visit).name, visit.house.clock.now())
    return asking(visit, found, "/account/password")


async def finish_password(visit: Visit) -> Response:
    person = _caller(visit).name
    found = await set_password(visit, person)
    if isinstance(found, Refusal):
        return again(visit, found, "/account/password")
    visit.house.access.sessions.end_others(person, visit.session)
    return visit.to("/account")


async def change_password(visit: Visit) -> Response:
    """Only the password; codes stay. Every other session ends: it may be who knew the old one."""
    house, person = visit.house, _caller(visit).name
    old, new = (visit.fields.get(one, "")[:1024] for one in ("old", "new"))
    at = house.clock.now()
    fault = await house.turnstile.run(lambda: house.access.entrance.change_password(person, old, new, at))
    if fault is not None:
        wrong = "late" if fault.reason is Reason.ASKED_TOO_OFTEN else "old" if fault.reason is Reason.NOT_RECOGNISED else "poor"
        return _page(visit, 422, wrong)
    house.access.sessions.end_others(person, visit.session)
    return visit.to("/account")


# Sessions


async def end_session(visit: Visit) -> Response:
    """One of the own sessions, or all but this one. To end what may be a stranger's needs no proof."""
    access, person, key = visit.house.access, _caller(visit).name, visit.said("key", 100)
    if key:
        access.sessions.end_one(person, key)
    else:
        access.sessions.end_others(person, visit.session)
    access.entrance.own(person, "session ended", "", visit.house.clock.now())
    return visit.to("/account")


PAGES: tuple[tuple[str, View], ...] = (("/account", page), ("/account/prove", prove_page))
DEEDS: tuple[tuple[str, View], ...] = (
    ("/account/prove", prove),
    ("/account/prove/passkey", prove_by_passkey),
    ("/account/passkeys/begin", fresh(begin_passkey)),
    ("/account/passkeys", fresh(add_passkey)),
    ("/account/passkeys/name", name_passkey),
    ("/account/passkeys/remove", fresh(remove_passkey)),
    ("/account/password/begin", fresh(begin_password)),
    ("/account/password", fresh(finish_password)),
    ("/account/password/change", fresh(change_password)),
    ("/account/sessions/end", end_session),
)

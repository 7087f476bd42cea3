"""A person's session at the machines' door: a deed needs the word of its own pages, and a session that somebody planted is nobody's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from access_world import adding
from fondaco.access import SESSION_COOKIE, Grant, Role, Sessions, csrf_token
from fondaco.core import Instant
from tls_doors import TlsDoor
from union import SG1

pytestmark = pytest.mark.server
CAP = {"currency": "SGD", "amount": "9000.00"}


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsDoor]:
    opened = TlsDoor(tmp_path_factory.mktemp("sessions"), seals=False)
    opened.world.done(adding(Grant("sg1.desk", SG1, (Role.MEMBER_MAKER,))), opened.now())
    yield opened
    opened.stop()


def test_a_deed_that_another_site_sends_is_refused_and_one_of_our_own_page_is_taken(door: TlsDoor) -> None:
    session = Sessions(door.world.store).begin("sg1.desk", "test", door.now())
    other = Sessions(door.world.store).begin("sg1.desk", "test", door.now())
    cookie = {"Cookie": f"{SESSION_COOKIE}={session}"}
    assert door.ask("", "GET", "/v1/limits", **cookie).status == 200, "a look changes nothing"
    forged = [
        {}, {"X_CSRF_Token": ""}, {"X_CSRF_Token": "guessed"}, {"X_CSRF_Token": csrf_token(other)},
        {"X_CSRF_Token": csrf_token(session), "Sec_Fetch_Site": "cross-site"}, {"X_CSRF_Token": csrf_token(session), "Sec_Fetch_Site": "same-site"},
    ]  # fmt: skip
    for headers in forged:
        found = door.ask("", "POST", "/v1/limits/cap", CAP, **cookie, **headers)
        assert (found.status, found.json["type"]) == (401, "/docs#problem-not-recognised"), headers
    assert door.ask("", "GET", "/v1/proposals", **cookie).json["proposals"] == []
    found = door.ask("", "POST", "/v1/limits/cap", CAP, **cookie, X_CSRF_Token=csrf_token(session), Sec_Fetch_Site="same-origin")
    assert found.status == 202, found


def test_a_deed_asks_for_a_proof_of_the_last_minutes_and_a_look_for_none(door: TlsDoor) -> None:
    session = Sessions(door.world.store).begin("sg1.desk", "test", Instant(int(door.now()) - 700 * 10**9))
    with door.world.store.transaction() as connection:  # in use ever since
        connection.execute("UPDATE session SET seen_at=? WHERE made_at<?", (door.now(), int(door.now()) - 600 * 10**9))
    cookie = {"Cookie": f"{SESSION_COOKIE}={session}", "X_CSRF_Token": csrf_token(session)}
    assert door.ask("", "GET", "/v1/limits", **cookie).status == 200
    found = door.ask("", "POST", "/v1/limits/cap", CAP | {"amount": "8000.00"}, **cookie)
    assert found.status == 401 and "prove at the console" in found.json["detail"]


def test_a_session_that_was_planted_or_ended_lets_nobody_in(door: TlsDoor) -> None:
    sessions = Sessions(door.world.store)
    old = sessions.begin("sg1.desk", "test", door.now())
    new = sessions.begin("sg1.desk", "test", door.now(), old)
    assert old != new
    for session, status in ((old, 401), ("planted-by-somebody-who-waits-for-a-log-in", 401), ("", 401), (new, 200)):
        assert door.ask("", "GET", "/v1/limits", Cookie=f"{SESSION_COOKIE}={session}").status == status, session
    twice = door.ask("", "GET", "/v1/limits", Cookie=f"{SESSION_COOKIE}={old}; {SESSION_COOKIE}={new}")
    assert twice.status == 401, "two sessions are none"

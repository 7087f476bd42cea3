"""One's own account: ways in, sessions, looks; and what nobody may change who only found a browser open. Passkeys by an authenticator in software."""

from __future__ import annotations

import json
import re
from base64 import b32decode

import pytest

from console_door import Consoles, Page, word_in
from fondaco.access.one_time_code import code_of, step_of
from fondaco.core import Instant
from software_authenticator import PRESENT, Authenticator

pytestmark = pytest.mark.server
PASSWORD = "correct horse battery staple"


def authenticator(door: Consoles) -> Authenticator:
    return Authenticator(door.address, "localhost")


def enrolled(door: Consoles, who: str) -> Authenticator:
    """Somebody who made a passkey by the link that two operators give."""
    made = authenticator(door)
    path = f"/console/enrol/{door.access.people.link(who, door.clock.now())}"
    begun = json.loads(door.ask(f"{path}/passkey/begin", form={}).text)
    response = made.create(json.dumps(begun["options"]))
    done = door.ask(f"{path}/passkey", form={"ceremony": begun["ceremony"], "response": response, "name": "laptop"})
    assert done.status == 200 and who in done.text, done.text
    assert door.ask(path).status == 410, "the link is used up"
    return made


def challenged(door: Consoles, session: str = "", word: str = "") -> tuple[str, str]:
    """(options, the cookie of the ceremony)."""
    begun = door.ask("/console/login/passkey/begin", form={"word": word} if word else {}, session=session)
    assert begun.status == 200, begun.text
    return json.dumps(json.loads(begun.text)["options"]), f"fondaco-ceremony={begun.cookies['fondaco-ceremony']}"


def entered(door: Consoles, made: Authenticator) -> str:
    options, cookie = challenged(door)
    found = door.ask("/console/login/passkey", form={"response": made.get(options)}, Cookie=cookie)
    assert found.status == 303, found.text
    return found.cookies["fondaco-demo"]


def account(door: Consoles, session: str) -> Page:
    found = door.ask("/console/account", session=session)
    assert found.status == 200, found.text
    return found


def age(door: Consoles, who: str, seconds: int = 700) -> None:
    """Let the sessions of somebody have begun so long ago, in use ever since."""
    with door.access.store.transaction() as connection:
        connection.execute("UPDATE session SET made_at=made_at-? WHERE person=?", (seconds * 1_000_000_000, who))


def test_a_link_makes_a_passkey_that_logs_in_and_looking_takes_nothing(named: Consoles) -> None:
    made = enrolled(named, "zzbasg01-maker")
    session = entered(named, made)
    page = account(named, session)
    assert "laptop" in page.text and "passkey, from 127.0.0.1" in page.text and "enrolled" in page.text
    path = f"/console/enrol/{named.access.people.link('zzbbsg02-maker', named.clock.now())}"
    for _ in range(3):
        assert "zzbbsg02-maker" in named.ask(path).text
    assert named.ask("/console/enrol/no-such-link").status == 410
    assert named.ask(f"{path}/passkey/begin", form={}, sec_fetch_site="cross-site").status == 403


def test_an_answer_counts_once_from_the_browser_that_asked_and_for_this_origin(named: Consoles) -> None:
    made = enrolled(named, "auditor")
    options, cookie = challenged(named)
    _, others = challenged(named)
    answer = made.get(options)
    assert named.ask("/console/login/passkey", form={"response": answer}).status == 401, "without the browser's own ceremony"
    assert named.ask("/console/login/passkey", form={"response": answer}, Cookie=others).status == 401, "in another's"
    assert named.ask("/console/login/passkey", form={"response": answer}, Cookie=cookie).status == 303
    assert named.ask("/console/login/passkey", form={"response": answer}, Cookie=cookie).status == 401, "a second time"
    for wrong in (
        {"origin": "http://localhost:1"}, {"origin": f"https://localhost:{named.port}"}, {"origin": f"http://evil.localhost:{named.port}"},
        {"kind": "x", "challenge": "AAAA"}, {"counted": -4},
    ):  # fmt: skip
        options, cookie = challenged(named)
        refused = named.ask("/console/login/passkey", form={"response": made.get(options, **wrong)}, Cookie=cookie)
        assert refused.status == 401 and "not recognised" in refused.text, wrong
    made.flags = PRESENT  # touched by whoever was near
    options, cookie = challenged(named)
    assert named.ask("/console/login/passkey", form={"response": made.get(options)}, Cookie=cookie).status == 401


def test_a_passkey_is_named_removed_and_then_worth_nothing(named: Consoles) -> None:
    made = enrolled(named, "operator-2")
    session = entered(named, made)
    word = word_in(account(named, session))
    (only,) = named.access.passkeys.of("operator-2")
    form = {"word": word, "credential": only.key.credential.hex()}
    assert "last way in" in named.ask("/console/account/passkeys/remove", form=form, session=session).text
    second = authenticator(named)
    begun = json.loads(named.ask("/console/account/passkeys/begin", form={"word": word}, session=session).text)
    response = second.create(json.dumps(begun["options"]))
    add = {"word": word, "ceremony": begun["ceremony"], "response": response, "name": "key <b>"}
    assert named.ask("/console/account/passkeys", form=add, session=session).status == 303
    assert "key &lt;b&gt;" in account(named, session).text
    assert named.ask("/console/account/passkeys", form=add, session=session).status == 422, (
        "a ceremony ends with its first answer"
    )
    for name, status in (("", 422), ("x" * 61, 422), ("two\nlines", 422), ("phone", 303)):
        page = named.ask("/console/account/passkeys/name", form=form | {"name": name}, session=session)
        assert page.status == status, name
    assert named.ask("/console/account/passkeys/remove", form=form, session=session).status == 303
    options, cookie = challenged(named)
    assert named.ask("/console/login/passkey", form={"response": made.get(options)}, Cookie=cookie).status == 401
    assert entered(named, second)


def test_a_registration_is_of_the_session_and_person_that_began_it(named: Consoles) -> None:
    mine, other = named.session("zzbasg01-checker"), named.session("zzbbsg02-checker")
    again = named.session("zzbasg01-checker")
    for session in (other, again):
        begun = json.loads(
            named.ask("/console/account/passkeys/begin", form={"word": word_in(account(named, mine))}, session=mine).text
        )
        response = authenticator(named).create(json.dumps(begun["options"]))
        form = {"word": word_in(account(named, session)), "ceremony": begun["ceremony"], "response": response, "name": "x"}
        assert named.ask("/console/account/passkeys", form=form, session=session).status == 422
    assert not named.access.passkeys.of("zzbasg01-checker") and not named.access.passkeys.of("zzbbsg02-checker")


def test_what_changes_a_way_in_asks_for_a_fresh_proof_of_the_same_person(named: Consoles) -> None:
    made, stranger = enrolled(named, "supervisor-sg"), enrolled(named, "supervisor-kr")
    session = entered(named, made)
    word = word_in(account(named, session))
    age(named, "supervisor-sg")
    assert "Prove it now" in account(named, session).text
    for path in ("passkeys", "passkeys/remove", "password/begin", "password", "password/change"):
        page = named.ask(f"/console/account/{path}", form={"word": word, "credential": "00"}, session=session)
        assert (page.status, page.headers["location"]) == (303, "/console/account/prove?back=/console/account"), path
    assert named.ask("/console/account/passkeys/begin", form={"word": word}, session=session).status == 403
    assert "Prove it with a passkey" in named.ask("/console/account/prove", session=session).text
    for who, status in ((stranger, 401), (made, 303)):
        options, cookie = challenged(named, session, word)
        form = {"word": word, "response": who.get(options), "back": "//elsewhere.example"}
        page = named.ask("/console/account/prove/passkey", form=form, session=session, Cookie=cookie)
        assert page.status == status, page.text
    assert page.headers["location"] == "/console/", "and leads nowhere else"
    fresh = page.cookies["fondaco-demo"]
    assert named.ask("/console/account", session=session).status == 303, "the session was begun anew"
    assert (
        named.ask("/console/account/passkeys/begin", form={"word": word_in(account(named, fresh))}, session=fresh).status == 200
    )


def test_password_and_codes_are_set_and_the_password_changed_without_a_script(door: Consoles) -> None:
    """On an address that is a number, where no passkey is offered."""
    assert "passkey.js" not in door.ask("/console/login").text
    assert door.ask("/console/login/passkey/begin", form={}).status == 404
    session = door.session("operator-1")
    other = door.session("operator-1")
    page = account(door, session)
    assert "reached by a number" in page.text
    word = word_in(page)
    asked = door.ask("/console/account/password/begin", form={"word": word}, session=session)
    spelled = re.search(r'class="spelled" dir="ltr"><code>([A-Z2-7 ]+)</code>', asked.text)
    ceremony = re.search(r'name="ceremony" value="([^"]+)"', asked.text)
    assert spelled is not None and ceremony is not None and '<svg class="code"' in asked.text
    secret = b32decode(spelled[1].replace(" ", ""))

    def code(ahead: int = 0) -> str:
        return code_of(secret, step_of(door.clock.now()) + ahead)

    form = {"word": word, "ceremony": ceremony[1], "password": PASSWORD, "code": code()}
    for wrong in ({"password": "short"}, {"code": "000000"}):
        again = door.ask("/console/account/password", form=form | wrong, session=session)
        assert again.status == 422 and 'role="alert"' in again.text and spelled[1] in again.text
    thief = door.session("auditor")
    stolen = form | {"word": word_in(account(door, thief))}
    assert door.ask("/console/account/password", form=stolen, session=thief).status in (410, 422)
    assert not door.access.people.find("auditor").has_password  # type: ignore[union-attr]
    assert door.ask("/console/account/password", form=form, session=session).status == 303
    assert door.ask("/console/account", session=other).status == 303, "every other session ended"
    for old, new, status in (
        ("wrong " * 4, "another " * 4, 422),
        (PASSWORD, "short", 422),
        (PASSWORD, "a new one altogether", 303),
    ):
        page = door.ask("/console/account/password/change", form={"word": word, "old": old, "new": new}, session=session)
        assert page.status == status, (old, new)
    entering = {"name": "operator-1", "password": "a new one altogether", "code": code(1)}
    assert door.ask("/console/login", form=entering | {"password": PASSWORD}).status == 401
    assert door.ask("/console/login", form=entering).status == 303
    shown = account(door, session).text
    assert "password changed" in shown and PASSWORD not in shown


def test_own_sessions_are_seen_and_ended_and_anothers_are_not(door: Consoles) -> None:
    mine, old, third = (door.session("zzbasg01-maker") for _ in range(3))
    strangers = door.session("zzbbsg02-maker")
    now = door.clock.now()
    keys = {one.key for one in door.access.sessions.of("zzbasg01-maker", mine, now)}
    (strange,) = door.access.sessions.of("zzbbsg02-maker", strangers, now)
    page = account(door, mine)
    assert all(key in page.text for key in keys - {this(door, mine)}) and this(door, mine) not in page.text
    word = word_in(page)
    end = "/console/account/sessions/end"
    assert door.ask(end, form={"word": word, "key": strange.key}, session=mine).status == 303
    assert door.ask("/console/account", session=strangers).status == 200, "another's session is not one's own to end"
    assert door.ask(end, form={"word": word, "key": this(door, old)}, session=mine).status == 303
    assert [door.ask("/console/account", session=one).status for one in (old, third, mine)] == [303, 200, 200]
    assert door.ask(end, form={"word": word}, session=mine).status == 303
    assert [door.ask("/console/account", session=one).status for one in (third, mine)] == [303, 200]


def this(door: Consoles, session: str) -> str:
    return next(one.key for one in door.access.sessions.of("zzbasg01-maker", session, Instant(door.clock.now())) if one.this)


def test_a_reset_takes_two_and_takes_every_way_in_away(named: Consoles) -> None:
    """`fondaco access reset`, as two operators say it; one word alone changes nothing."""
    from fondaco.access import APPROVE, PROPOSE, AccessDeed, AccessWord, Caller, Kind, Outcome, Proof, Role

    made = enrolled(named, "zzbcsg01-maker" if named.access.people.find("zzbcsg01-maker") else "zzbamy01-maker")
    who = made.handle.decode()
    session, at = entered(named, made), named.clock.now()
    deed = AccessDeed(Kind.RESET, who)

    def say(verb: str, person: str, role: Role) -> object:
        speaker = Caller(person, "", frozenset({role}), Proof.SESSION)
        return named.access.deeds.say(speaker, AccessWord(verb, deed, person, "lost", at), frozenset(), at)

    assert isinstance(say(PROPOSE, "operator-1", Role.OPERATOR_MAKER), Outcome)
    assert named.ask("/console/account", session=session).status == 200
    done = say(APPROVE, "operator-2", Role.OPERATOR_CHECKER)
    assert isinstance(done, Outcome) and done.link
    assert named.ask("/console/account", session=session).status == 303
    options, cookie = challenged(named)
    assert named.ask("/console/login/passkey", form={"response": made.get(options)}, Cookie=cookie).status == 401
    assert named.ask(f"/console/enrol/{done.link}").status == 200

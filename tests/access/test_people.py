"""People: how they enrol and log in, and every way in which somebody else does not."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import b32decode
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from access_world import ISSUER, NOW, ORIGIN, SITE, World, adding, bank, later, registering, scope
from fondaco.access import (
    APPROVE,
    CLIENT,
    PROPOSE,
    SESSION_COOKIE,
    TAKE_AWAY,
    AccessDeed,
    AccessStore,
    AccessWord,
    Caller,
    Enrolment,
    Entered,
    Gate,
    Grant,
    Keys,
    Kind,
    Outcome,
    Passkeys,
    Proof,
    Role,
    Turnstile,
    csrf_fault,
    csrf_token,
    from_pem,
    make_demo,
    set_cookie,
)
from fondaco.access.lockout import wait_s
from fondaco.access.one_time_code import code_of, step_of, step_that_fits
from fondaco.access.passwords import fits, hashed, password_fault
from fondaco.core import Instant, Reason, Refusal
from fondaco.rulebook import ProposalState
from software_authenticator import Authenticator, raw_of, text

PASSWORD = "seven grey herons wait"
PEER = "192.0.2.7"


def reason(answer: object) -> Reason:
    assert isinstance(answer, Refusal), answer
    return answer.reason


def enrolled(world: World, name: str = "anna", *roles: Role, at: Instant = NOW) -> bytes:
    """An account with a password; the secret of its codes."""
    link = world.person(name, *(roles or (Role.AUDITOR,)))
    begun = world.entrance.enrol_password(link, at)
    assert isinstance(begun, Enrolment)
    shown = parse_qs(urlsplit(begun.uri).query)["secret"][0]
    secret = b32decode(shown + "=" * (-len(shown) % 8))
    assert world.entrance.finish_password(begun.ceremony, PASSWORD, code_of(secret, step_of(at)), at) == name
    return secret


def log_in(
    world: World, secret: bytes, at: Instant, name: str = "anna", password: str = PASSWORD, code: str = "", old: str = ""
) -> Entered | Refusal:
    return world.entrance.log_in(name, password, code or code_of(secret, step_of(at)), PEER, at, old)


def session(world: World, secret: bytes, at: Instant, name: str = "anna", old: str = "") -> str:
    entered = log_in(world, secret, at, name, old=old)
    assert isinstance(entered, Entered), entered
    return entered.session


# Codes (RFC 6238 appendix B, its secret and instants; six of the eight digits)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_of(b"12345678901234567890", seconds // 30) == code


def test_a_code_fits_one_step_around_and_never_one_that_was_used() -> None:
    secret, now = b"12345678901234567890", step_of(NOW)
    for offset, good in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        assert bool(step_that_fits(secret, code_of(secret, now + offset), NOW, 0)) is good
    assert not step_that_fits(secret, code_of(secret, now), NOW, now)
    assert not step_that_fits(secret, "", NOW, 0)
    assert not step_that_fits(secret, "ünïcode", NOW, 0)


def test_passwords_are_hashed_with_argon2id_and_compared_in_one_form() -> None:
    kept = hashed("pässwörd of some length")
    assert kept.startswith("$argon2id$")
    assert fits(kept, "pa\u0308sswo\u0308rd of some length"), "the same in another normal form"
    assert not fits(kept, "password of some length")
    assert not fits("", "")
    assert not fits("", "the password of nobody at all"), "the hash of nobody opens nothing"
    assert not fits("no hash", "x")


@pytest.mark.parametrize("poor", ["short", "x" * 257, "aaaaaaaaaaaaaaaaaaaa", "the name is anna and so on"])
def test_poor_passwords_are_not_taken(poor: str) -> None:
    assert password_fault(poor, "anna") is not None
    assert password_fault(PASSWORD, "anna") is None


# Log in


def test_who_enrolled_logs_in_and_is_who_two_people_said(world: World) -> None:
    secret = enrolled(world)
    found = world.sessions.recognise(session(world, secret, later(60)), later(60))
    assert found == Caller("anna", "", frozenset({Role.AUDITOR}), Proof.SESSION)


def test_every_wrong_log_in_is_answered_alike(world: World) -> None:
    secret = enrolled(world)
    at = later(60)
    disabled = enrolled(world, "bert", Role.AUDITOR)
    world.people.disable("bert")
    answers = {
        str(answer)
        for answer in (
            log_in(world, secret, at, password="another password here"),
            log_in(world, secret, at, code="000000"),
            log_in(world, secret, at, name="nobody"),
            log_in(world, disabled, at, name="bert"),
            log_in(world, secret, at, name="x" * 10_000),
            log_in(world, secret, at, name="ann\ud800"),
        )
        if isinstance(answer, Refusal)
    }
    assert len(answers) == 1, answers


def test_a_name_that_nobody_has_costs_what_a_wrong_password_costs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted in hashes, not in seconds: no test has a time."""
    from fondaco.access import passwords

    secret, asked = enrolled(world), []
    real = passwords._HASHER.verify
    monkeypatch.setattr(
        "fondaco.access.passwords.PasswordHasher.verify", lambda self, kept, given: asked.append(kept) or real(kept, given)
    )
    log_in(world, secret, later(60), name="nobody")
    log_in(world, secret, later(60), password="another password here")
    assert len(asked) == 2


def test_a_code_is_used_once(world: World) -> None:
    secret = enrolled(world)
    assert reason(log_in(world, secret, NOW)) is Reason.NOT_RECOGNISED, "the code of the enrolment"
    assert isinstance(log_in(world, secret, later(60)), Entered)
    assert reason(log_in(world, secret, later(61))) is Reason.NOT_RECOGNISED
    assert isinstance(log_in(world, secret, later(90)), Entered)


def test_failures_make_the_next_wait_longer_also_for_names_that_nobody_has(world: World) -> None:
    secret = enrolled(world)
    for name in ("anna", "nobody"):
        for i in range(5):
            assert (
                reason(log_in(world, secret, later(60 + i), name=name, password="wrong password here")) is Reason.NOT_RECOGNISED
            )
        assert reason(log_in(world, secret, later(64), name=name)) is Reason.ASKED_TOO_OFTEN
    assert isinstance(log_in(world, secret, later(66)), Entered), "after a second the right one counts"
    assert [wait_s(n, 5) for n in (4, 5, 6, 9, 14, 15, 100, 10**9)] == [0, 1, 2, 16, 512, 900, 900, 900]


def test_an_address_that_tries_many_names_is_slowed_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fondaco.access.passwords.fits", lambda kept, given: False)
    for i in range(50):
        assert reason(world.entrance.log_in(f"name{i}", "x", "000000", PEER, later(60))) is Reason.NOT_RECOGNISED
    assert reason(world.entrance.log_in("name51", "x", "000000", PEER, later(60))) is Reason.ASKED_TOO_OFTEN
    assert reason(world.entrance.log_in("name51", "x", "000000", "192.0.2.8", later(60))) is Reason.NOT_RECOGNISED


def test_a_link_enrols_once_within_a_day(world: World) -> None:
    link = world.person("anna", Role.AUDITOR)
    assert isinstance(world.entrance.enrol_password(link, NOW), Enrolment)
    assert reason(world.entrance.enrol_password(link, NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.entrance.enrol_passkey(link, NOW)) is Reason.NOT_RECOGNISED
    late = world.person("bert", Role.AUDITOR)
    assert reason(world.entrance.enrol_password(late, later(86_401))) is Reason.NOT_RECOGNISED
    assert reason(world.entrance.enter(world.person("carl", Role.AUDITOR), PEER, NOW)) is Reason.NOT_RECOGNISED, "of another kind"


def test_a_wrong_code_or_a_poor_password_enrols_nobody(world: World) -> None:
    begun = world.entrance.enrol_password(world.person("anna", Role.AUDITOR), NOW)
    assert isinstance(begun, Enrolment)
    assert reason(world.entrance.finish_password(begun.ceremony, "short", "000000", NOW)) is Reason.ELEMENT_NOT_ADMITTED
    for _ in range(5):
        assert reason(world.entrance.finish_password(begun.ceremony, PASSWORD, "abcdef", NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.entrance.finish_password(begun.ceremony, PASSWORD, "abcdef", NOW)) is Reason.ASKED_TOO_OFTEN
    assert reason(world.entrance.finish_password(begun.ceremony, PASSWORD, "abcdef", later(901))) is Reason.NOT_RECOGNISED
    person = world.people.find("anna")
    assert person is not None
    assert not person.has_password


def test_a_reset_takes_two_and_ends_everything_before(world: World) -> None:
    secret = enrolled(world)
    begun = session(world, secret, later(60))
    deed = AccessDeed(Kind.RESET, "anna")
    first = world.say(world.word(PROPOSE, "operator-1", deed, later(60)), later(60))
    assert isinstance(first, Outcome)
    assert first.link == ""
    assert isinstance(world.sessions.recognise(begun, later(60)), Caller), "one word alone changes nothing"
    second = world.say(world.word(APPROVE, "operator-2", deed, later(61)), later(61))
    assert isinstance(second, Outcome)
    assert second.link
    assert reason(world.sessions.recognise(begun, later(62))) is Reason.NOT_RECOGNISED
    assert reason(log_in(world, secret, later(90))) is Reason.NOT_RECOGNISED
    assert isinstance(world.entrance.enrol_password(second.link, later(62)), Enrolment)


def test_one_person_takes_access_away_and_two_give_it_back(world: World) -> None:
    secret = enrolled(world)
    begun = session(world, secret, later(60))
    assert world.people.disable("anna") is None
    assert reason(world.sessions.recognise(begun, later(61))) is Reason.NOT_RECOGNISED
    assert reason(world.people.disable("anna")) is Reason.NOT_FOUND
    world.done(AccessDeed(Kind.ENABLE, "anna"), later(62))
    assert reason(world.sessions.recognise(begun, later(63))) is Reason.NOT_RECOGNISED, "its sessions are gone for good"
    assert isinstance(log_in(world, secret, later(120)), Entered)


def test_other_roles_take_two_and_end_the_sessions_begun_before(world: World) -> None:
    secret = enrolled(world)
    begun = session(world, secret, later(60))
    world.done(adding(Grant("anna", "", (Role.OPERATOR_MAKER,))), later(61))
    assert reason(world.sessions.recognise(begun, later(62))) is Reason.NOT_RECOGNISED
    found = world.sessions.recognise(session(world, secret, later(120)), later(120))
    assert isinstance(found, Caller)
    assert found.roles == {Role.OPERATOR_MAKER}


def test_words_of_the_console_count_by_their_session(world: World) -> None:
    maker, checker = (
        Caller(name, "", frozenset({role}), Proof.SESSION)
        for name, role in (("mia", Role.OPERATOR_MAKER), ("cem", Role.OPERATOR_CHECKER))
    )
    deed = adding(Grant("anna", "", (Role.AUDITOR,)))
    places = frozenset[str]()
    assert (
        reason(world.deeds.say(checker, AccessWord(PROPOSE, deed, "cem", "new auditor", NOW), places, NOW))
        is Reason.RIGHT_NOT_HELD
    )
    assert (
        reason(world.deeds.say(maker, AccessWord(PROPOSE, deed, "cem", "new auditor", NOW), places, NOW)) is Reason.RIGHT_NOT_HELD
    )
    assert isinstance(world.deeds.say(maker, AccessWord(PROPOSE, deed, "mia", "new auditor", NOW), places, NOW), Outcome)
    assert (
        reason(world.deeds.say(maker, AccessWord(APPROVE, deed, "mia", "new auditor", NOW), places, NOW)) is Reason.RIGHT_NOT_HELD
    )
    answer = world.deeds.say(checker, AccessWord(APPROVE, deed, "cem", "known to me", NOW), places, NOW)
    assert isinstance(answer, Outcome)
    assert (answer.state, bool(answer.link)) == (ProposalState.DONE, True)


# Sessions


def test_a_session_is_new_at_every_log_in_and_what_was_planted_is_worth_nothing(world: World) -> None:
    secret = enrolled(world)
    first = session(world, secret, later(60))
    second = session(world, secret, later(90), old=first)
    assert second != first
    assert reason(world.sessions.recognise(first, later(90))) is Reason.NOT_RECOGNISED
    planted = session(world, secret, later(120), old="planted-by-somebody")
    assert planted != "planted-by-somebody"
    assert reason(world.sessions.recognise("planted-by-somebody", later(120))) is Reason.NOT_RECOGNISED


def test_a_session_ends_by_idleness_and_for_good(world: World) -> None:
    begun = session(world, enrolled(world), later(60))
    assert isinstance(world.sessions.recognise(begun, later(60 + 899)), Caller)
    assert reason(world.sessions.recognise(begun, later(60 + 899 + 900))) is Reason.NOT_RECOGNISED
    at = 60 + 899
    while at < 60 + 8 * 3600:  # ends: eight hours in steps of ten minutes
        assert isinstance(world.sessions.recognise(begun, later(at)), Caller)
        at += 600
    assert reason(world.sessions.recognise(begun, later(60 + 8 * 3600))) is Reason.NOT_RECOGNISED


def test_logging_out_ends_it_and_a_person_has_few_at_once(world: World) -> None:
    secret = enrolled(world)
    many = [session(world, secret, later(60 + 30 * i)) for i in range(7)]
    alive = [isinstance(world.sessions.recognise(one, later(300)), Caller) for one in many]
    assert alive == [False] * 2 + [True] * 5
    world.entrance.log_out(many[-1])
    assert reason(world.sessions.recognise(many[-1], later(300))) is Reason.NOT_RECOGNISED


def test_the_store_holds_no_secret_as_it_is(world: World, tmp_path: Path) -> None:
    secret = enrolled(world)
    begun = session(world, secret, later(60))
    link = world.person("bert", Role.AUDITOR)
    world.store.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (tmp_path / "access.db").read_bytes()
    for hidden in (begun.encode(), link.encode(), secret, PASSWORD.encode()):
        assert hidden not in content
    for name in ("access.db", "access.key"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0, name
    assert Keys(tmp_path).opened(Keys(tmp_path).sealed(b"x", "anna"), "anna") == b"x"
    assert Keys(tmp_path).opened(Keys(tmp_path).sealed(b"x", "anna"), "bert") is None


def test_the_cookie_is_bound_to_the_host_and_hidden_from_scripts(world: World) -> None:
    cookie = set_cookie("abc")
    assert cookie.startswith("__Host-fondaco=abc; ")
    assert {"Path=/", "HttpOnly", "SameSite=Strict", "Secure"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Max-Age=0" in set_cookie("")
    begun = session(world, enrolled(world), later(60))
    assert isinstance(world.gate.authenticate(scope(cookie=f"a=b; {SESSION_COOKIE}={begun}"), later(60)), Caller)
    plain = scope(cookie=f"fondaco-demo={begun}")
    assert reason(world.gate.authenticate(plain, later(60))) is Reason.NOT_RECOGNISED, "a cookie that any neighbour could set"
    demo = Gate(world.register, world.tokens, world.sessions, cookie="fondaco-demo")
    assert isinstance(demo.authenticate(plain, later(60)), Caller)
    twice = scope(cookie=f"{SESSION_COOKIE}={begun}; {SESSION_COOKIE}=other")
    assert reason(world.gate.authenticate(twice, later(60))) is Reason.NOT_RECOGNISED


def test_a_form_of_another_session_or_site_is_refused() -> None:
    token = csrf_token("one")
    assert csrf_fault("one", token) is None
    assert csrf_fault("one", token, "same-origin") is None
    for session_, given, site in (
        ("two", token, ""),
        ("one", "", ""),
        ("", csrf_token(""), ""),
        ("one", token, "cross-site"),
        ("one", token, "same-site"),
        ("one", "ü", ""),
    ):
        assert csrf_fault(session_, given, site) is not None


# Passkeys


@pytest.fixture
def passkey(world: World) -> Authenticator:
    """An authenticator that anna enrolled."""
    made = Authenticator(ORIGIN, SITE)
    link = world.person("anna", Role.AUDITOR)
    begun = world.entrance.enrol_passkey(link, NOW)
    assert not isinstance(begun, Refusal)
    assert reason(world.entrance.finish_passkey(link, begun[0], "broken off", NOW)) is Reason.NOT_RECOGNISED
    begun = world.entrance.enrol_passkey(link, NOW)
    assert not isinstance(begun, Refusal)
    ceremony, options = begun
    assert json.loads(options)["authenticatorSelection"]["userVerification"] == "required"
    assert world.entrance.finish_passkey(link, ceremony, made.create(options), NOW) == "anna"
    assert reason(world.entrance.enrol_passkey(link, NOW)) is Reason.NOT_RECOGNISED, "a link makes one passkey"
    assert reason(world.entrance.finish_passkey(link, ceremony, "{}", NOW)) is Reason.NOT_RECOGNISED
    return made


def by_passkey(world: World, response: str, ceremony: str, at: Instant = NOW) -> Entered | Refusal:
    return world.entrance.log_in_by_passkey(ceremony, response, PEER, at)


def test_a_passkey_logs_in_without_a_name(world: World, passkey: Authenticator) -> None:
    ceremony, options = world.passkeys.begin_log_in(NOW)
    assert "allowCredentials" not in json.loads(options) or json.loads(options)["allowCredentials"] == []
    entered = by_passkey(world, passkey.get(options), ceremony)
    assert isinstance(entered, Entered)
    assert entered.person == "anna"


def test_a_response_counts_once_for_its_challenge_and_in_time(world: World, passkey: Authenticator) -> None:
    ceremony, options = world.passkeys.begin_log_in(NOW)
    response = passkey.get(options)
    assert isinstance(by_passkey(world, response, ceremony), Entered)
    assert reason(by_passkey(world, response, ceremony)) is Reason.NOT_RECOGNISED
    other, _ = world.passkeys.begin_log_in(NOW)
    assert reason(by_passkey(world, response, other)) is Reason.NOT_RECOGNISED
    late, options = world.passkeys.begin_log_in(NOW)
    assert reason(by_passkey(world, passkey.get(options), late, later(301))) is Reason.NOT_RECOGNISED


def test_asking_for_a_challenge_writes_nothing_and_its_seal_is_this_processs_own(world: World, passkey: Authenticator) -> None:
    before = world.store.rows("SELECT * FROM once")
    asked = [world.passkeys.begin_log_in(NOW) for _ in range(20)]
    assert world.store.rows("SELECT * FROM once") == before and len({one for one, _ in asked}) == 20
    ceremony, options = asked[0]
    response = passkey.get(options)
    raw = raw_of(ceremony)
    longer = raw[:32] + (int(NOW) + 10**15).to_bytes(8, "big") + raw[40:]
    for wrong in (
        "",
        "A",
        "§",
        ceremony[:-2],
        text(raw[:-1] + bytes([raw[-1] ^ 1])),
        text(longer),
        text(raw[32:]),
        text(bytes(72)),
    ):
        assert reason(by_passkey(world, response, wrong)) is Reason.NOT_RECOGNISED, wrong
    restarted = Passkeys(world.store, world.once, SITE, ORIGIN)
    assert reason(restarted.finish_log_in(ceremony, response, NOW)) is Reason.NOT_RECOGNISED
    assert isinstance(by_passkey(world, response, ceremony), Entered)


def test_an_authenticator_that_keeps_no_count_is_not_let_in_twice_by_one_answer(world: World, passkey: Authenticator) -> None:
    """Passkeys that are carried from device to device tell 0 for ever (WebAuthn section 6.1.1)."""
    with world.store.transaction() as connection:
        connection.execute("UPDATE passkey SET count=0")
    passkey.count = 0
    for _ in range(2):
        ceremony, options = world.passkeys.begin_log_in(NOW)
        response = passkey.get(options, counted=0)
        assert isinstance(by_passkey(world, response, ceremony), Entered)
        for spelling in (ceremony, ceremony + "=", f"{ceremony}=="):
            assert reason(by_passkey(world, response, spelling)) is Reason.NOT_RECOGNISED


@pytest.mark.parametrize("changes", [
    {"origin": "https://hub.example.evil"}, {"origin": "http://hub.example"}, {"type": "webauthn.create"}, {"challenge": "AAAA"}, {"handle": b"bert"}, {"counted": 0},
])  # fmt: skip
def test_a_wrong_response_is_refused(world: World, passkey: Authenticator, changes: dict[str, object]) -> None:
    ceremony, options = world.passkeys.begin_log_in(NOW)
    assert isinstance(by_passkey(world, passkey.get(options), ceremony), Entered)
    ceremony, options = world.passkeys.begin_log_in(NOW)
    assert reason(by_passkey(world, passkey.get(options, **changes), ceremony)) is Reason.NOT_RECOGNISED


def test_another_key_site_or_a_touch_without_proof_of_the_person_is_refused(world: World, passkey: Authenticator) -> None:
    false = Authenticator(ORIGIN, SITE)
    false.credential, false.handle = passkey.credential, passkey.handle
    ceremony, options = world.passkeys.begin_log_in(NOW)
    assert reason(by_passkey(world, false.get(options), ceremony)) is Reason.NOT_RECOGNISED
    passkey.site = "evil.example"
    ceremony, options = world.passkeys.begin_log_in(NOW)
    assert reason(by_passkey(world, passkey.get(options), ceremony)) is Reason.NOT_RECOGNISED
    passkey.site, passkey.flags = SITE, 0x01
    ceremony, options = world.passkeys.begin_log_in(NOW)
    assert reason(by_passkey(world, passkey.get(options), ceremony)) is Reason.NOT_RECOGNISED
    for broken in ("", "{}", "[]", "null", '{"rawId": 7}', "x" * 100_000, '{"rawId": "AAAA", "response": []}'):
        ceremony, _ = world.passkeys.begin_log_in(NOW)
        assert reason(by_passkey(world, broken, ceremony)) is Reason.NOT_RECOGNISED


def test_a_registration_is_of_this_site_verified_and_new(world: World, passkey: Authenticator) -> None:
    for name, change in (("site", "evil.example"), ("origin", "https://evil.example"), ("flags", 0x01)):
        other = Authenticator(ORIGIN, SITE)
        setattr(other, name, change)
        ceremony, options = world.passkeys.begin_registration("anna", NOW)
        assert reason(world.passkeys.finish_registration(ceremony, other.create(options), NOW, "anna")) is Reason.NOT_RECOGNISED
    ceremony, options = world.passkeys.begin_registration("anna", NOW)
    assert reason(world.passkeys.finish_registration(ceremony, passkey.create(options), NOW, "anna")) is Reason.NOT_RECOGNISED, (
        "known already"
    )
    ceremony, options = world.passkeys.begin_registration("anna", NOW)
    other = Authenticator(ORIGIN, SITE)
    answer = world.passkeys.finish_registration(ceremony, other.create(options), NOW, "bert")
    assert reason(answer) is Reason.NOT_RECOGNISED, "another person's ceremony"
    ceremony, options = world.passkeys.begin_log_in(NOW)
    assert reason(world.passkeys.finish_registration(ceremony, "{}", NOW, "anna")) is Reason.NOT_RECOGNISED, (
        "of the other ceremony"
    )


def test_a_disabled_persons_passkey_opens_nothing(world: World, passkey: Authenticator) -> None:
    world.people.disable("anna")
    ceremony, options = world.passkeys.begin_log_in(NOW)
    assert reason(by_passkey(world, passkey.get(options), ceremony)) is Reason.NOT_RECOGNISED


def test_lockout_of_a_name_does_not_bar_its_passkey(world: World, passkey: Authenticator) -> None:
    for i in range(8):
        world.entrance.log_in("anna", "wrong password here", "000000", PEER, later(i))
    ceremony, options = world.passkeys.begin_log_in(later(8))
    assert isinstance(by_passkey(world, passkey.get(options), ceremony, later(8)), Entered)


# The demo's link, and the turnstile


def test_an_entering_link_works_once_and_in_a_demo_alone(world: World) -> None:
    world.person("guide", Role.AUDITOR)
    assert reason(world.entrance.entering_link("guide", NOW)) is Reason.RIGHT_NOT_HELD
    make_demo(world.store)
    link = world.entrance.entering_link("guide", NOW)
    assert isinstance(link, str)
    entered = world.entrance.enter(link, "127.0.0.1", NOW)
    assert isinstance(entered, Entered)
    assert reason(world.entrance.enter(link, "127.0.0.1", NOW)) is Reason.NOT_RECOGNISED
    assert reason(world.entrance.entering_link("nobody", NOW)) is Reason.NOT_FOUND
    late = world.entrance.entering_link("guide", NOW)
    assert isinstance(late, str)
    assert reason(world.entrance.enter(late, "127.0.0.1", later(601))) is Reason.NOT_RECOGNISED


def test_a_flood_of_log_ins_waits_outside() -> None:
    running, most = 0, 0

    def work() -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.01)
        running -= 1
        return "done"

    async def flood() -> list[str | Refusal]:
        turnstile = Turnstile(at_once=2, waiting_max=6)
        return await asyncio.gather(*[turnstile.run(work) for _ in range(20)])

    answers = asyncio.run(flood())
    assert most <= 2
    assert answers.count("done") == 6
    assert {reason(one) for one in answers if isinstance(one, Refusal)} == {Reason.ASKED_TOO_OFTEN}


# Looks


def test_every_look_and_every_change_is_found_again_and_an_altered_line_is_found(world: World, tmp_path: Path) -> None:
    supervisor = Caller("sup", "", frozenset({Role.SUPERVISOR}), Proof.SESSION, frozenset({"SG"}))
    world.looks.note(supervisor, "payment.look", ["payment U1", "participant ZZBASG01"], NOW, "page of 50")
    world.looks.note(supervisor, "case.look", ["payment U1"], later(5))
    found = world.looks.about("payment U1")
    assert [(one.who, one.verb, one.at) for one in found] == [("sup", "payment.look", NOW), ("sup", "case.look", later(5))]
    assert world.looks.about("payment U1", after=found[0].seq) == found[1:]
    world.person("anna", Role.AUDITOR)
    changed = world.looks.about("person anna")
    assert [(one.who, one.verb) for one in changed] == [("operator-1", "propose person"), ("operator-2", "approve person")]
    assert len(world.looks.of("sup")) == 3
    assert world.looks.broken() == 0
    assert world.looks.head()[0] == len(world.looks.all()) == 5
    world.store.close()
    world.open()
    assert world.looks.about("payment U1") == found, "on the disk"
    with world.store.transaction() as connection:
        connection.execute("UPDATE look SET who='nobody' WHERE seq=2")
    assert world.looks.broken() == 2
    with world.store.transaction() as connection:
        connection.execute("DELETE FROM look WHERE seq=1")
    assert world.looks.broken() == 1


def test_a_disk_that_refuses_shows_nothing(world: World) -> None:
    supervisor = Caller("sup", "", frozenset({Role.SUPERVISOR}), Proof.SESSION, frozenset({"SG"}))
    world.store.close()
    from fondaco.access import AccessUnavailable

    with pytest.raises(AccessUnavailable):
        world.looks.note(supervisor, "payment.look", ["payment U1"], NOW)
    with pytest.raises(AccessUnavailable):
        world.gate.authenticate(scope(cookie=f"{SESSION_COOKIE}=x"), NOW)


def test_a_store_of_a_later_release_is_not_opened(world: World, tmp_path: Path) -> None:
    from fondaco.core import UnfitStore

    world.store.rows("PRAGMA user_version=99")
    world.store.close()
    with pytest.raises(UnfitStore):
        AccessStore(tmp_path)


def test_a_machines_certificate_and_a_persons_session_are_two_callers(world: World) -> None:
    der = from_pem(world.authority.issue("bank-a", CLIENT, NOW, 9).read_bytes())
    world.done(registering(der.der, bank("bank-a")))
    begun = session(world, enrolled(world), later(60))
    pem = (world.folder / "ca" / "bank-a.pem").read_text()
    answer = world.gate.authenticate(scope(certificate=pem, cookie=f"{SESSION_COOKIE}={begun}"), later(60))
    assert isinstance(answer, Caller)
    assert (answer.name, answer.proof) == ("anna", Proof.SESSION)
    assert world.tokens.issuer == ISSUER


def test_a_members_checker_takes_access_from_its_own_house_alone(world: World) -> None:
    der = world.machine("bank-a")
    thumbprint = from_pem((world.folder / "ca" / "bank-a.pem").read_bytes()).thumbprint
    deed = AccessDeed(Kind.CERTIFICATE, thumbprint)
    callers = {
        name: Caller(name, house, frozenset({role}), proof)
        for name, house, role, proof in (
            ("other", "ZZBBSG02", Role.MEMBER_CHECKER, Proof.SESSION),
            ("maker", "ZZBASG01", Role.MEMBER_MAKER, Proof.SESSION),
            ("machine", "ZZBASG01", Role.MEMBER_CHECKER, Proof.TOKEN),
            ("sup", "", Role.SUPERVISOR, Proof.SESSION),
        )
    }
    for name, caller in callers.items():
        word = AccessWord(TAKE_AWAY, deed, name, "key lost", NOW)
        assert reason(world.deeds.take_away(caller, word, NOW)) is Reason.RIGHT_NOT_HELD, name
    own = Caller("cem", "ZZBASG01", frozenset({Role.MEMBER_CHECKER}), Proof.SESSION)
    assert reason(world.deeds.take_away(own, AccessWord(TAKE_AWAY, deed, "sup", "key lost", NOW), NOW)) is Reason.RIGHT_NOT_HELD
    assert reason(world.deeds.take_away(own, AccessWord(TAKE_AWAY, deed, "cem", " ", NOW), NOW)) is Reason.ELEMENT_MISSING
    assert reason(world.deeds.take_away(own, AccessWord(PROPOSE, deed, "cem", "x", NOW), NOW)) is Reason.OUT_OF_TURN
    unknown = AccessWord(TAKE_AWAY, AccessDeed(Kind.CERTIFICATE, "x"), "cem", "key lost", NOW)
    assert reason(world.deeds.take_away(own, unknown, NOW)) is Reason.RIGHT_NOT_HELD, "it learns nothing of what there is"
    assert world.deeds.take_away(own, AccessWord(TAKE_AWAY, deed, "cem", "key lost", NOW), NOW) is None
    assert reason(world.register.recognise(der, "connect", NOW)) is Reason.NOT_RECOGNISED
    assert world.looks.about("machine bank-a")[-1].verb == "take away certificate"

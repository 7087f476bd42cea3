"""What attackers try upon forms: sent from elsewhere, planted sessions, frames, ways out of the console, and names that are guessed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.routing import Route

from console_door import Consoles, word_in
from fondaco.access import passwords
from fondaco.console import House, console
from software_authenticator import Authenticator

pytestmark = pytest.mark.server
HOSTILE = (
    "//elsewhere.example", "https://elsewhere.example/console/", "/console//elsewhere.example", "/console/\\elsewhere.example", "/v1/day",
    "javascript:alert(1)", "/console/\r\nX: 1", "\\\\elsewhere.example", "/console/\u202e",
)  # fmt: skip


def deeds() -> list[str]:
    """Every path of the console that does something when a form is sent to it, with something in place of its names."""
    routes = [one for one in console(cast(House, SimpleNamespace(tour=None))).routes if isinstance(one, Route)]
    paths = [one.path for one in routes if "POST" in (one.methods or ()) and one.path != "/{anything:path}"]
    names = {"{link}": "x" * 43, "{case}": "K1-1", "{number}": "1", "{uetr}": "8a562c67-ca16-48ba-b074-65581be6f0a1"}
    for name, value in names.items():
        paths = [path.replace(name, value) for path in paths]
    return paths


def test_no_deed_is_done_that_another_site_or_another_session_sent(door: Consoles) -> None:
    assert len(deeds()) >= 18
    session = door.session("officer-1")
    word = word_in(door.ask("/console/account", session=session))
    strange = word_in(door.ask("/console/account", session=door.session("auditor")))
    before = len(door.access.looks.all())
    for path in deeds():
        for headers in (
            {"sec_fetch_site": "cross-site"},
            {"sec_fetch_site": "same-site"},
            {"origin": "null"},
            {"origin": "http://localhost"},
        ):
            page = door.ask(f"/console{path}", form={"word": word}, session=session, **headers)
            assert page.status == 403, (path, headers)
        for form in (
            {},
            {"word": ""},
            {"word": strange},
            {"word": word[:-1]},
            {"word": word + "0"},
            {"word": "\ud800".encode("utf-8", "replace").decode()},
        ):
            assert door.ask(f"/console{path}", form=form, session=session).status == 403, (path, form)
        for media in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
            page = door.ask(f"/console{path}", body=b"word=" + word.encode(), session=session, content_type=media)
            assert page.status in (400, 403), (path, media)  # 403: no deed of an officer
    assert door.ask("/console/account", session=session).status == 200, "nobody was logged out"
    assert len(door.access.looks.all()) == before, "and nothing was done"


def test_a_deed_is_not_done_by_looking(door: Consoles) -> None:
    session = door.session("operator-1")
    for path in deeds():
        if not path.startswith(("/login", "/enter", "/enrol", "/account")) or path.count("/") > 1:
            assert door.ask(f"/console{path}", session=session).status in (200, 303, 403, 404, 410), path
    assert door.ask("/console/account", session=session).status == 200


def test_a_planted_session_is_never_taken_over(named: Consoles) -> None:
    planted = "A" * 43
    made = Authenticator(named.address, "localhost")
    ceremony, options = named.access.passkeys.begin_registration("auditor", named.clock.now())
    done = named.access.passkeys.finish_registration(ceremony, made.create(options), named.clock.now(), "auditor")
    assert done == "auditor"
    page = named.ask("/console/login", session=planted)
    assert page.status == 200 and "fondaco-demo" not in page.cookies
    begun = named.ask("/console/login/passkey/begin", form={}, session=planted)
    cookie = f"fondaco-ceremony={begun.cookies['fondaco-ceremony']}"
    answer = made.get(json.dumps(json.loads(begun.text)["options"]))
    entered = named.ask("/console/login/passkey", form={"response": answer}, session=planted, Cookie=cookie)
    assert entered.status == 303 and entered.cookies["fondaco-demo"] != planted
    assert named.ask("/console/account", session=planted).status == 303, "the planted one opens nothing"
    assert named.ask("/console/account", session=entered.cookies["fondaco-demo"]).status == 200


def test_every_answer_forbids_frames_sniffing_and_keeping(named: Consoles) -> None:
    session = named.session("operator-1")
    word = word_in(named.ask("/console/account", session=session))
    link = named.access.people.link("auditor", named.clock.now())
    answers = [
        named.ask(path, session=who)
        for path, who in (
            ("/console/login", ""), ("/console/", ""), ("/console/account", session), ("/console/account/prove", session), ("/console/day", session),
            (f"/console/enrol/{link}", ""), ("/console/enrol/none", ""), ("/console/cases", session), ("/console/no/such", session),
            ("/console/static/passkey.js", ""),
        )
    ]  # fmt: skip
    answers += [
        named.ask("/console/login/passkey/begin", form={}),
        named.ask("/console/account/passkeys/begin", form={"word": word}, session=session),
        named.ask("/console/account/passkeys/begin", form={}, session=session),
        named.ask("/console/login", form={"name": "x", "password": "x", "code": "1"}),
        named.ask("/console/login", form={"name": "x" * 20_000}),
    ]
    for page in answers:
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"], page
        assert (
            "script-src 'self';" in page.headers["content-security-policy"]
            and "unsafe" not in page.headers["content-security-policy"]
        )
        assert page.headers["x-content-type-options"] == "nosniff" and page.headers["cross-origin-opener-policy"] == "same-origin"
        assert page.headers["cache-control"] in ("no-store", "no-cache")
        assert "access-control-allow-origin" not in page.headers


def test_no_way_back_leads_out(door: Consoles) -> None:
    session = door.session("operator-1")
    word = word_in(door.ask("/console/account", session=session))
    for back in HOSTILE:
        page = door.ask(
            "/console/account/prove", form={"word": word, "back": back, "password": "x", "code": "1"}, session=session
        )
        assert page.status in (401, 429) and "elsewhere" not in page.text and "javascript" not in page.text, back
        assert 'name="back" value="/console/"' in page.text or 'name="back"' not in page.text


def test_a_name_that_nobody_has_costs_and_says_what_a_known_one_does(door: Consoles, monkeypatch: pytest.MonkeyPatch) -> None:
    computed: list[str] = []
    fits = passwords.fits

    def counted(kept: str, password: str) -> bool:
        computed.append(password)
        return fits(kept, password)

    monkeypatch.setattr(passwords, "fits", counted)
    answers: list[tuple[Any, ...]] = []
    for name in ("zzbasg01-maker", "zzbasg01-makes", "", "x" * 900):
        page = door.ask("/console/login", form={"name": name, "password": "guessed by somebody", "code": "123456"})
        answers.append((page.status, sorted(page.headers), sorted(page.cookies), len(page.text)))
    assert len(set(map(str, answers))) == 1 and answers[0][0] == 401
    assert computed == ["guessed by somebody"] * 4, "one hash for each, whoever it is"
    # A challenge is the same kind of thing for everybody: no account is named by it.
    assert door.ask("/console/login/passkey/begin", form={"name": "zzbasg01-maker"}).status == 404

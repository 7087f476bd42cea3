"""Coming in, going, and what every page keeps to."""

from __future__ import annotations

import re
from base64 import b32decode

import pytest

from console_door import Consoles, word_in
from fondaco.access import SESSION_COOKIE, Enrolment, Role, roles_with
from fondaco.access.one_time_code import code_of, step_of
from fondaco.console import LANGUAGES
from fondaco.console.app import PAGES

pytestmark = pytest.mark.server
OWN_FORM = {"sec_fetch_site": "same-origin"}


def test_who_did_not_log_in_is_sent_to_the_log_in_and_sees_nothing_else(door: Consoles) -> None:
    for path, _, _ in PAGES:
        page = door.ask(f"/console{path.replace('{', '').replace('}', '')}")
        # A browser that is led on takes the log-in page for the stream.
        expected = (401, None) if path.endswith("/live") else (303, "/console/login")
        assert (page.status, page.headers.get("location")) == expected, path
        assert "ZZ" not in page.text
    assert door.ask("/console").headers["location"] == "/console/"
    assert door.ask("/console/login").status == 200


def test_a_link_lets_in_once_and_only_by_its_button(door: Consoles) -> None:
    path = door.link("operator-1").removeprefix(door.address)
    for _ in range(2):  # whoever only looks takes nothing
        assert door.ask(path).status == 200
    assert door.ask(path, form={}, sec_fetch_site="cross-site").status == 403
    assert door.ask(path, form={}, origin="http://elsewhere.example").status == 403
    entered = door.ask(path, form={}, **OWN_FORM)
    assert (entered.status, entered.headers["location"]) == (303, "/console/")
    session = entered.cookies["fondaco-demo"]
    assert "HttpOnly" in entered.headers["set-cookie"] and "SameSite=Strict" in entered.headers["set-cookie"]
    assert door.ask("/console/day", session=session).status == 200
    assert door.ask(path, form={}, **OWN_FORM).status == 410


def test_who_logs_in_anew_leaves_the_old_session(door: Consoles) -> None:
    old = door.session("auditor")
    path = door.link("operator-1").removeprefix(door.address)
    word = word_in(door.ask(path, session=old))
    assert door.ask(path, form={}, session=old, **OWN_FORM).status == 403
    entered = door.ask(path, form={"word": word}, session=old, **OWN_FORM)
    assert entered.status == 303 and entered.cookies["fondaco-demo"] != old
    assert door.ask("/console/day", session=old).status == 303


def test_logging_out_takes_the_sessions_word_and_ends_it(door: Consoles) -> None:
    session = door.session("operator-1")
    page = door.ask("/console/day", session=session)
    other = word_in(door.ask("/console/day", session=door.session("auditor")))
    for form in ({}, {"word": other}, {"word": "0" * 64}):
        assert door.ask("/console/logout", form=form, session=session).status == 403
    assert door.ask("/console/day", session=session).status == 200
    out = door.ask("/console/logout", form={"word": word_in(page)}, session=session)
    assert out.status == 303 and out.cookies["fondaco-demo"] == ""
    assert door.ask("/console/day", session=session).status == 303


def test_a_wrong_log_in_is_answered_alike_and_counted(door: Consoles) -> None:
    answers = {
        re.sub(
            r"<time.*?</time>", "", door.ask("/console/login", form={"name": name, "password": "x", "code": "1"}, **OWN_FORM).text
        )
        for name in ("operator-1", "nobody-at-all")
    }
    assert len(answers) == 1 and "wrong" in answers.pop()
    lines = [one.verb for one in door.access.looks.all()]
    assert "log in refused" in lines


def test_a_password_with_its_code_lets_in(door: Consoles) -> None:
    entrance, now = door.access.entrance, door.clock.now
    begun = entrance.enrol_password(door.access.people.link("officer-1", now()), now())
    assert isinstance(begun, Enrolment)
    found = re.search(r"secret=([A-Z2-7]+)", begun.uri)
    assert found is not None
    secret, password = b32decode(found[1]), "correct horse battery staple"
    assert entrance.finish_password(begun.ceremony, password, code_of(secret, step_of(now())), now()) == "officer-1"
    # A code counts once; the next one is good already, since a person's clock may be ahead of ours.
    following = {"name": "officer-1", "password": password, "code": code_of(secret, step_of(now()) + 1)}
    page = door.ask("/console/login", form=following, **OWN_FORM)
    assert page.status == 303 and page.cookies["fondaco-demo"]


def test_pages_say_who_they_trust_and_that_all_is_simulated(door: Consoles) -> None:
    page = door.ask("/console/day", session=door.session("operator-1"))
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    assert page.headers["cache-control"] == "no-store" and page.headers["x-content-type-options"] == "nosniff"
    assert "Simulation" in page.text
    assert not re.findall(r"(?:src|href|action)=\"(?!/console/|#)", page.text), "nothing is fetched or linked outside"
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|\sstyle=", page.text), "no script and no style within the page"


def test_languages_and_themes_are_kept_and_lead_nowhere_else(door: Consoles) -> None:
    for code in LANGUAGES:
        page = door.ask("/console/login", Cookie=f"fondaco-language={code}; fondaco-theme=dark")
        assert f'lang="{code}" dir="{"rtl" if code == "ar" else "ltr"}" data-theme="dark"' in page.text
    kept = door.ask("/console/prefer?language=ar&back=/console/login")
    assert (kept.status, kept.headers["location"], kept.cookies) == (303, "/console/login", {"fondaco-language": "ar"})
    for back in (
        "//elsewhere.example",
        "https://elsewhere.example",
        "/console/\\elsewhere",
        "/console//elsewhere",
        "/v1/day",
        "/console/%0d%0aX: 1",
    ):
        assert door.ask(f"/console/prefer?theme=dark&back={back.replace(' ', '%20')}").headers["location"] == "/console/"
    assert door.ask("/console/prefer?language=xx").cookies == {}
    assert 'lang="de"' in door.ask("/console/login", accept_language="fr;q=0.9, de-AT, en;q=0.1").text


def test_what_is_not_there_and_what_is_not_allowed_are_pages(door: Consoles) -> None:
    session = door.session("officer-1")
    assert door.ask("/console/no/such/page", session=session).status == 404
    assert door.ask("/console/<script>", session=session).text.count("<script>") == 0
    assert door.ask("/console/day", session=session).status == 403, "an officer has no business with cycles"
    assert door.ask("/console/static/../app.py", session=session).status == 404
    assert door.ask("/console/static/console.css").headers["content-type"].startswith("text/css")


def test_a_file_is_kept_for_ever_under_the_name_of_its_content_and_asked_about_again_without_it(door: Consoles) -> None:
    page = door.ask("/console/login").text
    named = re.search(r'href="(/console/static/console\.css\?v=[0-9a-f]{16})"', page)
    assert named is not None
    kept = door.ask(named[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert kept.headers["etag"].strip('"') == named[1].rpartition("=")[2]
    for other in ("/console/static/console.css", "/console/static/console.css?v=0123456789abcdef"):
        again = door.ask(other)
        assert again.headers["cache-control"] == "no-cache" and again.text == kept.text
    assert door.ask("/console/static/no-such.css").status == 404 and door.ask("/console/static/").status == 404


def test_no_page_waits_for_a_script_or_a_stream_before_it_is_painted(door: Consoles) -> None:
    for path in ("/console/day", "/console/fx"):
        page = door.ask(path, session=door.session("operator-1")).text
        painted, _, behind = page.rpartition("</footer>")
        assert all(one.endswith(" defer>") and " src=" in one for one in re.findall(r"<script[^>]*>", painted))
        assert [" src=" in one and "defer" not in one for one in re.findall(r"<script[^>]*>", behind)] == [True, True]
        moving = page.partition('<div id="live"')[2]
        assert "hx-sse:connect" in moving and "<table" in moving, "what moves is there before the stream tells it"


def test_every_page_answers_exactly_those_whose_role_holds_its_right(door: Consoles) -> None:
    people = {
        "operator-1": Role.OPERATOR_MAKER, "operator-2": Role.OPERATOR_CHECKER, "officer-1": Role.COMPLIANCE_OFFICER, "auditor": Role.AUDITOR,
        "supervisor-sg": Role.SUPERVISOR, "zzbasg01-maker": Role.MEMBER_MAKER, "zzbasg01-checker": Role.MEMBER_CHECKER,
    }  # fmt: skip
    for name, role in people.items():
        session = door.session(name)
        for path, right, _ in PAGES:
            if "{" not in path and not path.endswith("/live"):
                expected = 200 if role in roles_with(right) else 403
                assert door.ask(f"/console{path}", session=session).status == expected, (name, path)


def test_a_supervisors_look_is_written_down_before_it_is_answered(door: Consoles) -> None:
    door.ask("/console/day", session=door.session("supervisor-sg"))
    lines = [(one.who, one.verb, one.subject) for one in door.access.looks.of("supervisor-sg")]
    assert ("supervisor-sg", "cycle.look", "place day") in lines
    assert SESSION_COOKIE.startswith("__Host-")


def test_a_form_that_is_too_large_or_none_is_refused(door: Consoles) -> None:
    assert door.ask("/console/login", form={"name": "x" * 20_000}, **OWN_FORM).status == 413
    assert door.ask("/console/login", body=b"{}", content_type="application/json").status == 400
    assert door.ask("/console/login", body=b"name=%ff%fe", content_type="application/x-www-form-urlencoded").status in (400, 401)

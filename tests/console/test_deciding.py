"""Two officers decide a case on its page, each with the own passkey; and everything else that looks like their word is refused, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from console_door import Page, word_in
from deciding_officers import Officers, officers_on
from fondaco.compliance import CaseState
from fondaco.core import assertion_of
from fondaco.hub import prove_hub
from software_authenticator import PRESENT, VERIFIED, Authenticator

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Officers]:
    with officers_on(tmp_path_factory.mktemp("officers") / "hub", 13) as opened:
        yield opened


class Officer:
    """Somebody before the page of one case, in one session."""

    def __init__(self, desk: Officers, who: str, case: str) -> None:
        self.desk, self.who, self.path = desk, who, f"/console/cases/{case}"
        self.session = desk.session(who)
        self.look()

    def look(self) -> Page:
        self.page = self.desk.ask(self.path, session=self.session)
        assert self.page.status == 200, self.page.text
        return self.page

    def form(self, verb: str, note: str = "another birthday") -> dict[str, str]:
        found = dict(re.findall(r'name="(verdict|seen)" value="([0-9a-f]{64})"', self.page.text))
        return found | {"word": word_in(self.page), "verb": verb, "note": note}

    def begin(self, form: dict[str, str]) -> Page:
        return self.desk.ask(f"{self.path}/word/begin", form=form, session=self.session)

    def finish(self, ceremony: str, answer: str, **more: str) -> Page:
        sent = {"word": word_in(self.page), "ceremony": ceremony, "response": answer} | more
        return self.desk.ask(f"{self.path}/word", form=sent, session=self.session)

    def say(self, verb: str, note: str = "another birthday", device: Authenticator | None = None, **changes: object) -> Page:
        begun = self.begin(self.form(verb, note))
        assert begun.status == 200, begun.text
        asked = json.loads(begun.text)
        answer = (device or self.desk.held[self.who]).get(json.dumps(asked["options"]), **changes)
        return self.finish(asked["ceremony"], answer)


def state(desk: Officers, case: str) -> CaseState:
    return desk.hub.desk.cases[case].state


def fault(page: Page) -> str:
    found = re.search(r'role="alert">([^<]+)</p>', page.text)
    return found[1] if found is not None else json.loads(page.text).get("fault", "")


def test_one_proposes_with_a_reason_the_other_sees_it_and_agrees(desk: Officers) -> None:
    case = desk.case()
    first = Officer(desk, "officer-1", case)
    assert "I take it on" in first.page.text and "passkey.js" in first.page.text
    assert first.say("ASSIGN", "I know this party").status == 303
    assert desk.hub.desk.cases[case].assignee == "officer-1"
    first.look()
    done = first.say("RELEASE", "born elsewhere, <b>see file</b>")
    assert (done.status, done.headers["location"]) == (303, f"/console/cases/{case}")
    assert state(desk, case) is CaseState.RELEASE_PROPOSED
    assert "It is yours" in first.look().text and "I agree" not in first.page.text
    second = Officer(desk, "officer-2", case)
    assert "born elsewhere, &lt;b&gt;see file&lt;/b&gt;" in second.page.text and "I agree: release" in second.page.text
    assert second.say("RELEASE", "so I see it, too").status == 303
    assert state(desk, case) is CaseState.RELEASED
    assert "Sign with your passkey" not in second.look().text and "so I see it, too" in second.page.text
    kept = [assertion_of(one.signature) for one in desk.hub.desk.cases[case].decisions]
    assert all(one is not None and one.authenticator_data and one.client_data and one.signature for one in kept)


def test_the_second_may_turn_it_round_and_the_first_then_agrees(desk: Officers) -> None:
    case = desk.case()
    first, second = Officer(desk, "officer-1", case), Officer(desk, "officer-2", case)
    assert first.say("RELEASE").status == 303
    assert "propose to confirm instead" in second.look().text
    assert second.say("CONFIRM", "it is he").status == 303
    first.look()
    assert first.say("CONFIRM", "you are right").status == 303
    assert state(desk, case) is CaseState.CONFIRMED


def test_the_same_officer_is_told_no_before_signing_and_the_hub_says_it_as_well(desk: Officers) -> None:
    case = desk.case()
    one = Officer(desk, "officer-1", case)
    assert one.say("RELEASE").status == 303
    one.look()
    refused = one.begin(one.form("RELEASE"))
    assert refused.status == 409 and "another officer" in fault(refused)
    assert state(desk, case) is CaseState.RELEASE_PROPOSED


def test_a_stale_page_is_refused_before_and_after_the_signature(desk: Officers) -> None:
    case = desk.case()
    first, second = Officer(desk, "officer-1", case), Officer(desk, "officer-2", case)
    begun = json.loads(second.begin(second.form("CONFIRM")).text)
    answer = desk.held["officer-2"].get(json.dumps(begun["options"]))
    assert first.say("NOTE", "wait for the birth certificate").status == 303
    late = second.finish(begun["ceremony"], answer)
    assert late.status == 409 and "somebody said something" in fault(late)
    early = second.begin(second.form("CONFIRM"))
    assert early.status == 409 and "somebody said something" in fault(early)
    assert state(desk, case) is CaseState.OPENED


def test_what_was_signed_counts_once_and_for_what_was_signed(desk: Officers) -> None:
    case, other = desk.case(), desk.case(1)
    one = Officer(desk, "officer-1", case)
    begun = json.loads(one.begin(one.form("NOTE", "seen")).text)
    answer = desk.held["officer-1"].get(json.dumps(begun["options"]))
    elsewhere = Officer(desk, "officer-1", other)
    elsewhere.session = one.session
    wrong = elsewhere.finish(begun["ceremony"], answer, word=word_in(one.page))
    assert wrong.status == 400 and not desk.hub.desk.cases[other].decisions, "signed for another case"
    begun = json.loads(one.begin(one.form("NOTE", "seen")).text)
    answer = desk.held["officer-1"].get(json.dumps(begun["options"]))
    told = one.finish(begun["ceremony"], answer, verb="RELEASE", note="changed on the way", seen="00" * 32)
    assert told.status == 303
    (said,) = desk.hub.desk.cases[case].decisions
    assert (said.verb, said.note) == ("NOTE", "seen"), "what the form says beside the answer counts for nothing"
    one.look()
    again = one.finish(begun["ceremony"], answer)
    assert again.status == 422 and "not recognised" in fault(again)
    crossed = json.loads(one.begin(one.form("RELEASE")).text)
    assert one.finish(crossed["ceremony"], answer).status == 422, "an answer to another question"
    assert len(desk.hub.desk.cases[case].decisions) == 1


def test_another_origin_presence_alone_a_strangers_device_and_anothers_session_are_refused(desk: Officers) -> None:
    case = desk.case()
    one = Officer(desk, "officer-1", case)
    device = desk.held["officer-1"]
    for changes in ({"origin": "http://localhost:1"}, {"type": "webauthn.create"}):
        assert one.say("RELEASE", **changes).status == 422, changes
    device.flags = PRESENT
    assert one.say("RELEASE").status == 422
    device.flags = PRESENT | VERIFIED
    assert one.say("RELEASE", device=desk.held["officer-2"]).status == 422, "the other's passkey for my word"
    assert one.say("RELEASE", device=Authenticator(desk.address, "localhost")).status == 422
    begun = json.loads(one.begin(one.form("RELEASE")).text)
    answer = device.get(json.dumps(begun["options"]))
    two = Officer(desk, "officer-2", case)
    assert two.finish(begun["ceremony"], answer).status == 422, "in another's session"
    assert not desk.hub.desk.cases[case].decisions


def test_who_may_not_decide_sees_no_form_and_is_refused(desk: Officers) -> None:
    case = desk.case()
    form = Officer(desk, "officer-1", case).form("RELEASE")
    for who, status in (("auditor", 403), ("supervisor-sg", 403), ("operator-1", 403), ("zzbasg01-maker", 403)):
        session = desk.session(who)
        page = desk.ask(f"/console/cases/{case}", session=session)
        assert 'name="verb"' not in page.text
        mine = form | {"word": word_in(desk.ask("/console/account", session=session))}
        for path in ("word/begin", "word"):
            assert desk.ask(f"/console/cases/{case}/{path}", form=mine, session=session).status == status, (who, path)
    # An officer's account that the rulebook does not name, or whose passkey it does not.
    session = desk.session("officer-3")
    page = desk.ask(f"/console/cases/{case}", session=session)
    assert 'name="verb"' not in page.text and "names no compliance officer by your name" in page.text
    refused = desk.ask(f"/console/cases/{case}/word/begin", form=form | {"word": word_in(page)}, session=session)
    assert refused.status == 409 and "no compliance officer" in fault(refused)
    for broken in ({"verb": "EXPIRE"}, {"verdict": "zz"}, {"seen": ""}, {"note": "x" * 2001}):
        officer = Officer(desk, "officer-1", case)
        assert officer.begin(officer.form("RELEASE") | broken).status == 400, broken
    silent = Officer(desk, "officer-1", case)
    assert "needs its reason" in fault(silent.begin(silent.form("RELEASE", "  ")))


def test_an_officer_whose_account_or_passkey_was_taken_away_signs_nothing(desk: Officers) -> None:
    case = desk.case()
    one = Officer(desk, "officer-2", case)
    begun = json.loads(one.begin(one.form("RELEASE")).text)
    answer = desk.held["officer-2"].get(json.dumps(begun["options"]))
    with desk.access.store.transaction() as connection:
        connection.execute("UPDATE passkey SET person='auditor' WHERE person='officer-2'")
    assert one.finish(begun["ceremony"], answer).status == 422
    with desk.access.store.transaction() as connection:
        connection.execute("UPDATE passkey SET person='officer-2' WHERE person='auditor'")
    begun = json.loads(one.begin(one.form("RELEASE")).text)
    answer = desk.held["officer-2"].get(json.dumps(begun["options"]))
    assert desk.access.people.disable("officer-2") is None
    assert one.finish(begun["ceremony"], answer).status == 303, "to the log-in: the session ended"
    assert not desk.hub.desk.cases[case].decisions
    with desk.access.store.transaction() as connection:
        desk.access.people.enable(connection, "officer-2")


def test_the_hub_is_proved_with_what_passkeys_signed_and_the_account_shows_what_the_rulebook_writes(desk: Officers) -> None:
    case = desk.case()
    first, second = Officer(desk, "officer-1", case), Officer(desk, "officer-2", case)
    for one, verb in (
        (first, "ASSIGN"), (second, "NOTE"), (first, "NOTE"), (first, "RELEASE"), (second, "CONFIRM"), (first, "CONFIRM"),
    ):  # fmt: skip
        one.look()
        assert one.say(verb).status == 303, verb
    assert len(desk.hub.desk.cases[case].decisions) == 6
    assert prove_hub(desk.hub).faults == []
    page = desk.ask("/console/account", session=desk.session("officer-1"))
    assert f"credential = &quot;{desk.held['officer-1'].credential.hex()}" in page.text.replace('"', "&quot;")
    assert f'origin = "{desk.address}"' in page.text

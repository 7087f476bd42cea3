"""Motions at the console: two operators vote with their own passkeys, and everything else that looks like their vote is refused, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from console_door import Page, word_in
from fondaco.core import assertion_of
from fondaco.rulebook import MotionState
from software_authenticator import Authenticator
from union import TH1, TH2
from voting_operators import Voting, voting_on

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def voting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Voting]:
    with voting_on(tmp_path_factory.mktemp("voting") / "hub") as opened:
        yield opened


class Operator:
    """Somebody before the page of what waits, in one session."""

    def __init__(self, door: Voting, who: str) -> None:
        self.door, self.who, self.session = door, who, door.session(who)
        self.look()

    def look(self) -> Page:
        self.page = self.door.ask("/console/proposals", session=self.session)
        assert self.page.status == 200, self.page.text
        return self.page

    def begin(self, place: str, **fields: str) -> Page:
        return self.door.ask(f"/console{place}/begin", form={"word": word_in(self.page)} | fields, session=self.session)

    def finish(self, place: str, ceremony: str, answer: str) -> Page:
        form = {"word": word_in(self.page), "ceremony": ceremony, "response": answer}
        return self.door.ask(f"/console{place}", form=form, session=self.session)

    def say(self, place: str, *, device: Authenticator | None = None, **fields: str) -> Page:
        begun = self.begin(place, **fields)
        assert begun.status == 200, begun.text
        asked = json.loads(begun.text)
        return self.finish(place, asked["ceremony"], (device or self.door.held[self.who]).get(json.dumps(asked["options"])))


PROPOSAL = "/motions/proposal"


def suspending(member: str) -> dict[str, str]:
    return {"kind": "standing", "subject": member, "value": "suspended", "note": "liquidity"}


def fault(page: Page) -> str:
    found = re.search(r'role="alert"><bdi>([^<]+)</bdi></p>', page.text)
    return found[1] if found is not None else json.loads(page.text).get("fault", "")


def vote_place(door: Voting) -> str:
    (key,) = [key for key, one in door.hub.desk.motions.items() if one.state is MotionState.PROPOSED]
    return f"/motions/{key.replace(' ', '%20')}/vote"


def test_one_proposes_and_another_carries_each_with_the_own_passkey(voting: Voting) -> None:
    first = Operator(voting, "operator-1")
    assert "Propose a member" in first.page.text and "passkey.js" in first.page.text
    done = first.say(PROPOSAL, **suspending(TH1))
    assert (done.status, done.headers["location"]) == (303, "/console/proposals#motions")
    assert "The next vote is another operator" in first.look().text
    again = first.begin(PROPOSAL, **suspending(TH1))
    assert again.status == 409 and "You voted for it" in fault(again)
    second = Operator(voting, "operator-2")
    assert "liquidity" in second.page.text and "Vote for it with your passkey" in second.page.text
    assert "Propose a member" not in second.page.text, "a checker proposes nothing"
    place = vote_place(voting)
    assert second.begin(place, note=" ").status == 409
    assert second.say(place, note="so I see it, too").status == 303
    (motion,) = voting.hub.desk.motions.values()
    assert motion.state is MotionState.CARRIED and "CARRIED" in second.look().text
    kept = [assertion_of(one.signature) for one in motion.votes]
    assert all(one is not None and one.authenticator_data for one in kept)
    late = second.begin(place, note="once more")
    assert late.status == 409 and "does not wait any more" in fault(late)


def test_the_wrong_people_devices_and_ceremonies_carry_nothing(voting: Voting) -> None:
    first, second, third = (Operator(voting, who) for who in ("operator-1", "operator-2", "operator-3"))
    assert first.say(PROPOSAL, **suspending(TH2)).status == 303
    place, before = vote_place(voting), dict(voting.hub.desk.motions)
    assert first.begin(place, note="my own").status == 403, "a maker seconds nothing"
    assert second.begin(PROPOSAL, **suspending(TH1)).status == 403, "and a checker proposes nothing"
    unnamed = third.begin(place, note="who am I")
    assert unnamed.status == 409 and "names no operator" in fault(unnamed)
    assert second.say(place, note="with another's", device=voting.held["operator-1"]).status == 422
    begun = json.loads(second.begin(place, note="of another session").text)
    answer = voting.held["operator-2"].get(json.dumps(begun["options"]))
    assert Operator(voting, "operator-2").finish(place, begun["ceremony"], answer).status == 422
    assert second.finish(place, begun["ceremony"], answer).status == 422, "a ceremony ends with its first answer"
    other = json.loads(first.begin(PROPOSAL, kind="extension", subject="SGD", value="30", note="late").text)
    answer = voting.held["operator-1"].get(json.dumps(other["options"]))
    assert first.finish("/cases/K-1/word", other["ceremony"], answer).status == 403
    assert second.begin("/motions/2026-11-24%209999/vote", note="x").status == 404
    assert first.begin(PROPOSAL, kind="rules", subject="0" * 64, value="2026-11-25", note="x").status == 400
    assert voting.hub.desk.motions == before


def test_what_the_hub_refuses_is_told_on_the_page(voting: Voting) -> None:
    first = Operator(voting, "operator-1")
    refused = first.say(PROPOSAL, kind="standing", subject="ZZCBSG00", value="suspended", note="a settlement agent")
    assert refused.status == 409 and "ZZCBSG00" in fault(refused)
    refused = first.say(PROPOSAL, kind="extension", subject="SGD", value="x", note="no number")
    assert refused.status == 409


def test_motions_are_the_operators_and_who_watches_votes_on_nothing(voting: Voting) -> None:
    auditor = voting.ask("/console/proposals", session=voting.session("auditor"))
    assert "No motion waits." in auditor.text or "Motion" in auditor.text
    assert 'action="/console/motions' not in auditor.text
    assert 'id="motions"' not in voting.ask("/console/proposals", session=voting.session("zzbasg01-checker")).text

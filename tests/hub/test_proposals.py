"""What takes two people: the second is another, approves the very deed that the first proposed, in time, and once; also after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.core import Instant, Reason, Refusal
from fondaco.hub import CloseCycle, Once, OpenDay, Proposal, Propose, Second, SetLimit, TakeBackProposal, close_hub, open_hub
from fondaco.hub.proposal import HOURS_OPEN, OPEN_MAX, ended, propose, second_fault
from fondaco.rulebook import PROPOSAL, ProposalEvent, ProposalState
from kept import fingerprint, fingerprint_of
from union import SG1, SG2, Desk, S

CAP = SetLimit(SG1, "SGD", 500)


def reason(answer: object) -> Reason:
    assert isinstance(answer, Refusal), answer
    return answer.reason


def caps(desk: Desk) -> list[int]:
    return sorted(desk.hub.desk.limits.values())


def test_a_proposal_changes_nothing_until_another_approves_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.do(Propose("anna", SG1, CAP)) == "1"
    assert caps(desk) == []
    desk = desk.again()
    assert desk.do(Second(1, "bert", SG1), CAP) is None
    assert caps(desk) == [500]
    one = desk.hub.desk.proposals[1]
    assert (one.state, one.by, one.decided_by) == (ProposalState.DONE, "anna", "bert")
    said = [(e.event, e.facts) for link in desk.hub.journal.links() for e in link.entries() if e.subject == "proposal 1"]
    assert said == [("PROPOSED", f"cap of {SG1}: 500 SGD minor, by anna {SG1}"), ("DONE", "by bert")]
    desk.close()


def test_the_same_person_another_house_another_deed_and_a_second_time_are_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.do(Propose("anna", SG1, CAP))
    assert reason(desk.do(Second(1, "anna", SG1), CAP)) is Reason.RIGHT_NOT_HELD
    assert reason(desk.do(Second(1, "carl", SG2), CAP)) is Reason.NOT_FOUND
    assert reason(desk.do(Second(1, "carl", ""), CAP)) is Reason.NOT_FOUND
    assert reason(desk.do(Second(2, "bert", SG1), CAP)) is Reason.NOT_FOUND
    assert reason(desk.do(Second(1, "bert", SG1), SetLimit(SG1, "SGD", 501))) is Reason.OUT_OF_TURN
    assert reason(desk.do(Second(1, "bert", SG1), CloseCycle())) is Reason.OUT_OF_TURN
    assert caps(desk) == []
    assert desk.do(Second(1, "bert", SG1), CAP) is None
    assert reason(desk.do(Second(1, "bert", SG1), CAP)) is Reason.OUT_OF_TURN
    desk.close()


def test_a_word_lets_one_command_through_and_not_the_next(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.do(Propose("anna", SG1, CAP))
    desk.now = Instant(desk.now + S)
    results = desk.hub.process([Second(1, "anna", SG1), CAP, SetLimit(SG2, "SGD", 9)], desk.now)
    assert results[0] is None and reason(results[1]) is Reason.RIGHT_NOT_HELD and results[2] is None
    assert caps(desk) == [9]
    desk.close()


def test_what_is_refused_was_not_approved(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    high = SetLimit(SG1, "SGD", 10**15)
    desk.do(Propose("anna", SG1, high))
    assert reason(desk.do(Second(1, "bert", SG1), high)) is Reason.ABOVE_CAP
    assert desk.hub.desk.proposals[1].state is ProposalState.PROPOSED
    assert reason(desk.do(TakeBackProposal(1, "bert", SG1))) is Reason.RIGHT_NOT_HELD
    assert reason(desk.do(TakeBackProposal(1, "anna", SG2))) is Reason.NOT_FOUND
    assert desk.do(TakeBackProposal(1, "anna", SG1)) == "1"
    assert desk.hub.desk.proposals[1].state is ProposalState.WITHDRAWN
    assert reason(desk.do(Second(1, "bert", SG1), high)) is Reason.OUT_OF_TURN
    desk.close()


def test_what_nobody_approves_lapses(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.do(Propose("anna", SG1, CAP))
    desk.now = Instant(desk.now + HOURS_OPEN * 3600 * S)
    assert reason(desk.do(Second(1, "bert", SG1), CAP)) is Reason.OUT_OF_TURN
    one = desk.hub.desk.proposals[1]
    assert (one.state, one.decided_by) == (ProposalState.LAPSED, "")
    assert desk.do(Propose("anna", SG1, CAP)) == "2", "and may be proposed again"
    desk.close()


def test_the_same_twice_and_too_many_are_refused(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.do(Propose("anna", SG1, CAP))
    assert reason(desk.do(Propose("bert", SG1, CAP))) is Reason.OUT_OF_TURN
    for minor in range(1, OPEN_MAX):
        assert desk.do(Propose("anna", SG1, SetLimit(SG1, "SGD", minor))) == str(minor + 1)
    assert reason(desk.do(Propose("anna", SG1, SetLimit(SG1, "SGD", 10_000)))) is Reason.ASKED_TOO_OFTEN
    assert desk.do(Propose("carl", SG2, SetLimit(SG2, "SGD", 1))) == str(OPEN_MAX + 1), "of one house, not of all"
    desk.close()


def test_an_approval_under_a_key_is_done_once_and_answered_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.do(Propose("anna", "", CloseCycle()))
    once = Once("bert", "k", b"x")
    first = desk.do(once, Second(1, "bert", ""), CloseCycle())
    assert isinstance(first, str) and first.startswith("cycle ")
    cycle = desk.hub.desk.counters.open_cycle
    assert desk.again().do(once, Second(1, "bert", ""), CloseCycle()) == first
    assert desk.hub.desk.counters.open_cycle == cycle


def test_a_crash_between_inputs_and_outcomes_changes_nothing_of_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.do(Propose("anna", SG1, CAP))
    desk.now = Instant(desk.now + S)
    desk.hub.process([Second(1, "bert", SG1), CAP], desk.now)
    desk.hub.books.close()
    desk.hub.journal.close()  # as a crash leaves it: nothing was flushed
    hub = open_hub(tmp_path)
    assert list(hub.desk.limits.values()) == [500]
    assert hub.desk.proposals[1].state is ProposalState.DONE
    before = fingerprint(hub)
    close_hub(hub)
    assert fingerprint_of(tmp_path) == before


@pytest.mark.parametrize("path", list(PROPOSAL.paths()), ids=lambda path: "-".join(step.on.name for step in path))
def test_every_end_is_an_end(path: tuple[object, ...]) -> None:
    at = Instant(1_000)
    one = propose(1, Propose("anna", "", OpenDay("2026-11-24")), [], at)
    assert isinstance(one, Proposal)
    assert second_fault(one, Second(1, "bert", ""), one.deed, at) is None
    for step in path:
        one = ended(one, ProposalEvent(step.on.value), "bert", at)  # type: ignore[attr-defined]
    assert one.state in PROPOSAL.ends
    assert second_fault(one, Second(1, "bert", ""), one.deed, at) is not None

"""A case: two people, one table, a chain of what was said, a clock that never releases; and entries by which officers vouch."""

from __future__ import annotations

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.compliance import (
    CASE,
    GOOD_GUY,
    VOUCH,
    WITHDRAW,
    Case,
    CaseState,
    Decision,
    GoodGuy,
    GoodGuyEvent,
    GoodGuyState,
    Hit,
    Officer,
    Verdict,
    Word,
    alert_of,
    alerts_of,
    chain_fault,
    decide,
    end,
    escalate,
    expire,
    sign,
    sign_word,
    supersede,
    vouch,
    withdraw,
)
from fondaco.compliance.case import VERBS
from fondaco.core import Instant, Reason, Refusal

KEYS = {
    name: Ed25519PrivateKey.from_private_bytes(bytes([at]) * 32) for at, name in enumerate(("a", "b", "c", "boss", "clerk"), 1)
}


def officer(name: str, *roles: str, key: str = "") -> Officer:
    return Officer(name, name, frozenset(roles), KEYS[key or name].public_key().public_bytes_raw())


OFFICERS = {one: officer(one, "compliance") for one in "abc"} | {"clerk": officer("clerk", "operator")}
HEADED = OFFICERS | {"boss": officer("boss", "compliance", "compliance_head")}
HIT = Hit(
    "Cdtr/Nm", "Alfa Beta", "ofac", "9", "ALFA BETTA", 930, (("alfa", "alfa", "same", 1.0),), 930, (), "Cdtr", "f" * 32, "e" * 32
)
VERDICT = Verdict("HIT", "lists", "engine", "", (HIT,), b"m" * 32, "c" * 32, 7)
CASE_ = Case("K1-2", 1, 10, VERDICT)


def word(
    case: Case, who: str, verb: str, note: str = "because", *, at: int = 11, seen: bytes = b"", to: str = "", key: str = ""
) -> Decision:
    return sign(Decision(case.case_id, who, verb, note, at, case.verdict.digest(), b"", to, seen), KEYS[key or who])


def say(case: Case, *words: tuple[str, str], officers: dict[str, Officer] = OFFICERS) -> Case:
    for who, verb in words:
        found = decide(case, word(case, who, verb, at=20 + len(case.decisions), to="b" if verb == "ASSIGN" else ""), officers)
        assert isinstance(found, Case), found
        case = found
    return case


def test_two_officers_release_and_two_confirm() -> None:
    assert say(CASE_, ("a", "RELEASE")).state is CaseState.RELEASE_PROPOSED
    assert say(CASE_, ("a", "RELEASE"), ("b", "RELEASE")).state is CaseState.RELEASED
    assert say(CASE_, ("a", "ASSIGN"), ("b", "CONFIRM"), ("c", "CONFIRM")).state is CaseState.CONFIRMED
    turned = say(CASE_, ("a", "RELEASE"), ("b", "CONFIRM"))
    assert turned.state is CaseState.CONFIRM_PROPOSED
    assert isinstance(decide(turned, word(turned, "b", "CONFIRM"), OFFICERS), Refusal), "who turned it round proposed it"


def test_nobody_approves_his_own_proposal_by_whatever_name() -> None:
    proposed = say(CASE_, ("a", "RELEASE"))
    assert isinstance(decide(proposed, word(proposed, "a", "RELEASE", at=99), OFFICERS), Refusal)
    twins = OFFICERS | {"b": officer("b", "compliance", key="a")}
    refused = decide(proposed, word(proposed, "b", "RELEASE", key="a"), twins)
    assert isinstance(refused, Refusal) and refused.reason is Reason.ROLE_NOT_HELD


def test_a_note_between_two_words_changes_nothing_and_lets_nobody_approve_himself() -> None:
    noted = say(CASE_, ("a", "RELEASE"), ("b", "NOTE"))
    assert noted.state is CaseState.RELEASE_PROPOSED
    assert isinstance(decide(noted, word(noted, "a", "RELEASE", at=99), OFFICERS), Refusal)
    assert say(noted, ("b", "RELEASE")).state is CaseState.RELEASED
    assert say(say(CASE_, ("a", "CONFIRM"), ("b", "CONFIRM")), ("c", "NOTE")).state is CaseState.CONFIRMED, (
        "a note may come later"
    )


def test_who_lost_the_role_or_the_key_proposed_nothing() -> None:
    proposed = say(CASE_, ("a", "RELEASE"))
    for others in (OFFICERS | {"a": officer("a", "operator")}, OFFICERS | {"a": officer("a", "compliance", key="boss")}):
        found = decide(proposed, word(proposed, "b", "RELEASE"), others)
        assert isinstance(found, Case) and found.state is CaseState.RELEASE_PROPOSED, "the first of two"


def test_an_escalated_case_is_released_with_a_head_of_compliance_where_there_is_one() -> None:
    up = say(CASE_, ("a", "RELEASE"), ("b", "ESCALATE"), officers=HEADED)
    assert up.state is CaseState.ESCALATED
    proposed = say(up, ("a", "RELEASE"), officers=HEADED)
    refused = decide(proposed, word(proposed, "b", "RELEASE"), HEADED)
    assert isinstance(refused, Refusal) and refused.article == "5.8"
    assert say(proposed, ("boss", "RELEASE"), officers=HEADED).state is CaseState.RELEASED
    assert say(up, ("a", "CONFIRM"), ("b", "CONFIRM"), officers=HEADED).state is CaseState.CONFIRMED, "a stop needs no head"
    assert say(up, ("a", "RELEASE"), ("b", "RELEASE")).state is CaseState.RELEASED, "a rulebook that names none needs none"


def test_an_assignee_is_an_officer_and_a_word_on_an_older_state_does_not_count() -> None:
    assert isinstance(decide(CASE_, word(CASE_, "a", "ASSIGN", to="clerk"), OFFICERS), Refusal)
    assert say(CASE_, ("a", "ASSIGN")).assignee == "b"
    late = word(CASE_, "c", "RELEASE", seen=CASE_.link())
    assert isinstance(decide(CASE_, late, OFFICERS), Case)
    assert isinstance(decide(say(CASE_, ("a", "NOTE")), late, OFFICERS), Refusal), "something was said since"


def test_the_same_word_counts_once() -> None:
    first = word(CASE_, "a", "NOTE")
    once = decide(CASE_, first, OFFICERS)
    assert isinstance(once, Case) and isinstance(decide(once, first, OFFICERS), Refusal)


@pytest.mark.parametrize("state", [one for one in CaseState if one not in CASE.ends])
def test_the_clock_ends_every_undecided_case_and_releases_none(state: CaseState) -> None:
    case = msgspec.structs.replace(CASE_, state=state)
    ended = expire(case, 99)
    assert ended.state is CaseState.EXPIRED and not ended.open
    assert ended.decisions[-1].officer_id == "" and ended.decisions[-1].verb == "EXPIRE"
    assert isinstance(decide(ended, word(ended, "a", "RELEASE"), OFFICERS), Refusal)
    assert escalate(case, 50).state is CaseState.ESCALATED
    assert supersede(case).state is CaseState.SUPERSEDED


def test_no_road_to_released_has_fewer_than_two_releases() -> None:
    for path in CASE.paths():
        if path[-1].after is CaseState.RELEASED:
            assert [row.on.name for row in path][-2:] == ["RELEASE", "RELEASE"]
        assert not any(row.on.name == "TIME_RAN_OUT" and row.after is CaseState.RELEASED for row in path)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(VERBS)), max_size=7), st.data())
def test_the_chain_tells_any_word_that_was_altered_taken_out_or_moved(words: list[tuple[str, str]], data: st.DataObject) -> None:
    case = CASE_
    for at, (who, verb) in enumerate(words):
        found = decide(case, word(case, who, verb, at=20 + at, to="b" if verb == "ASSIGN" else ""), OFFICERS)
        case = found if isinstance(found, Case) else case
    assert chain_fault(case) == ""
    if not case.decisions:
        return
    at = data.draw(st.integers(0, len(case.decisions) - 1))
    others = list(case.decisions)
    altered = msgspec.structs.replace(others[at], note=others[at].note + "!")
    taken = others[:at] + others[at + 1 :]
    for wrong in (
        [*others[:at], altered, *others[at + 1 :]],
        taken,
        [*taken, others[at]] if others[-1] is not others[at] else taken,
    ):
        assert chain_fault(msgspec.structs.replace(case, decisions=tuple(wrong)))


def test_one_alert_for_a_party_and_the_entities_that_it_hits() -> None:
    twice = msgspec.structs.replace(VERDICT, hits=(HIT, msgspec.structs.replace(HIT, path="Dbtr/Nm")), message=b"another")
    assert alerts_of(VERDICT) == alerts_of(twice) == (alert_of(HIT.fingerprint, VERDICT.hits),)
    changed = msgspec.structs.replace(HIT, entry="d" * 32)
    assert alerts_of(msgspec.structs.replace(VERDICT, hits=(changed,))) != alerts_of(VERDICT)
    more = msgspec.structs.replace(HIT, list_id="uk", entry_id="77")
    assert len(alerts_of(msgspec.structs.replace(VERDICT, hits=(HIT, more)))) == 1, "entries of two lists are one cluster"


# Good-guy entries

RELEASED = say(CASE_, ("a", "RELEASE"), ("b", "RELEASE"))
DAY = 86_400 * 10**9
NOW = Instant(100)


def guy_word(who: str, verb: str = VOUCH, key: str = "", **other: object) -> Word:
    made = Word(verb, "K1-2", HIT.fingerprint, "ofac", "9", HIT.entry, NOW + 30 * DAY, who, "another person", 100)
    return sign_word(msgspec.structs.replace(made, **other), KEYS[key or who])


def in_force() -> GoodGuy:
    first = vouch(None, guy_word("a"), RELEASED, OFFICERS, NOW, 180)
    assert isinstance(first, GoodGuy) and first.state is GoodGuyState.PROPOSED
    second = vouch(first, guy_word("b"), RELEASED, OFFICERS, NOW, 180)
    assert isinstance(second, GoodGuy) and second.state is GoodGuyState.IN_FORCE
    return second


def test_two_officers_vouch_and_the_entry_answers_that_hit_alone() -> None:
    one = in_force()
    assert one.answers(HIT, 100) and not one.answers(HIT, one.until)
    for other in (
        {"fingerprint": "0" * 32}, {"entry": "d" * 32}, {"entry_id": "8"}, {"list_id": "uk"},
        {"words": (("x", "x", "identifier", 1.0),)},
    ):  # fmt: skip
        assert not one.answers(msgspec.structs.replace(HIT, **other), 100), other  # type: ignore[arg-type]
    assert end(one, GoodGuyEvent.ENTRY_CHANGED).state is GoodGuyState.VOID
    assert not end(one, GoodGuyEvent.TIME_RAN_OUT).answers(HIT, 100)


def test_one_officer_takes_an_entry_back() -> None:
    taken = withdraw(in_force(), guy_word("c", WITHDRAW), OFFICERS)
    assert isinstance(taken, GoodGuy) and taken.state is GoodGuyState.WITHDRAWN and not taken.answers(HIT, 100)


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"list_id": "un"}, "the United Nations list binds everyone"),
        ({"fingerprint": ""}, "an entry that is bound to nobody would answer for everybody"),
        ({"fingerprint": "0" * 32}, "no such party was hit"),
        ({"entry": ""}, "nor an entry that is bound to nothing"),
        ({"entry_id": "*"}, "no such entity was hit"),
        ({"list_id": "embargo"}, "an embargo is no likeness"),
        ({"until": NOW}, "it is over"),
        ({"until": NOW + 181 * DAY}, "longer than the article allows"),
        ({"note": " "}, "no reason"),
        ({"verb": "ALLOW"}, "no such verb"),
    ],
)
def test_what_no_entry_may_say(other: dict[str, object], why: str) -> None:
    assert isinstance(vouch(None, guy_word("a", **other), RELEASED, OFFICERS, NOW, 180), Refusal), why


def test_an_entry_needs_a_released_case_two_people_and_good_signatures() -> None:
    assert isinstance(vouch(None, guy_word("a"), CASE_, OFFICERS, NOW, 180), Refusal), "not yet released"
    assert isinstance(vouch(None, guy_word("a"), None, OFFICERS, NOW, 180), Refusal)
    assert isinstance(vouch(None, guy_word("clerk"), RELEASED, OFFICERS, NOW, 180), Refusal)
    assert isinstance(vouch(None, guy_word("a", key="b"), RELEASED, OFFICERS, NOW, 180), Refusal)
    first = vouch(None, guy_word("a"), RELEASED, OFFICERS, NOW, 180)
    assert isinstance(first, GoodGuy)
    assert isinstance(vouch(first, guy_word("a"), RELEASED, OFFICERS, NOW, 180), Refusal), "one person twice"
    assert isinstance(vouch(first, guy_word("b", until=NOW + DAY), RELEASED, OFFICERS, NOW, 180), Refusal), "another time"
    assert isinstance(vouch(in_force(), guy_word("c"), RELEASED, OFFICERS, NOW, 180), Refusal), "in force already"
    gone = OFFICERS | {"a": officer("a", "operator")}
    restarted = vouch(first, guy_word("b"), RELEASED, gone, NOW, 180)
    assert isinstance(restarted, GoodGuy) and restarted.state is GoodGuyState.PROPOSED, "the first of two"


def test_an_exact_number_is_never_answered() -> None:
    exact = msgspec.structs.replace(HIT, words=(("x", "x", "identifier", 1.0),))
    case = msgspec.structs.replace(RELEASED, verdict=msgspec.structs.replace(VERDICT, hits=(exact,)))
    assert isinstance(vouch(None, guy_word("a"), case, OFFICERS, NOW, 180), Refusal)


def test_every_end_of_an_entry_is_an_end() -> None:
    assert {row.after for row in GOOD_GUY.rows if row.before is GoodGuyState.IN_FORCE} == GOOD_GUY.ends

"""Rules change in the running hub: proposed, approved by who must, in force from a day that has not begun. Past days keep theirs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from fondaco.compliance import Decision, sign
from fondaco.core import Instant, Reason, Refusal, at
from fondaco.hub import (
    CloseCycle,
    DecideCase,
    EndDay,
    Move,
    NotReady,
    OpenDay,
    Rulebooks,
    SwapLists,
    editions,
    list_set,
    open_hub,
    scheme_of,
)
from fondaco.journal import Entry
from fondaco.payments import State
from fondaco.rulebook import Deed, MotionState, Vote, sign_vote
from fondaco.simulation.day import demo_key
from union import MY1, SG1, SG2, TH1, Desk, at_rest, newly_listed

TODAY, TOMORROW, LATER = "2026-11-24", "2026-11-25", "2026-11-27"
_FEE = 'currency = "SGD"\nflat = '


def draft(desk: Desk, change: Callable[[Path], None], name: str = "draft", base: Path | None = None) -> Path:
    """A copy of the folder's rulebook, changed."""
    home = desk.folder.parent / name
    shutil.copytree(base or desk.folder / "union", home)
    change(home)
    return home


def replaced(file: str, old: str, new: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        text = (home / file).read_text()
        assert old in text
        (home / file).write_text(text.replace(old, new, 1))

    return change


def appended(file: str, more: str) -> Callable[[Path], None]:
    def change(home: Path) -> None:
        (home / file).write_text((home / file).read_text() + more)

    return change


def other_fee(home: Path) -> None:
    path = home / "union.toml"
    pattern = r'(currency = "SGD"\nflat = )"[0-9.]+"(\nbps = \d+\nmin = )"[0-9.]+"(\nmax = )"[0-9.]+"'
    text, count = re.subn(pattern, r'\1"7.77"\2"7.77"\3"7.77"', path.read_text(), count=1)
    assert count == 1
    path.write_text(text)


def dearer(home: Path) -> None:
    """Another fee, and a longer answer time from tomorrow on."""
    other_fee(home)
    add_article(home, "8.5", "answer_time_s", 999, TOMORROW)


def add_article(home: Path, number: str, key: str, value: int, day: str) -> None:
    article = f'[[articles]]\nnumber = "{number}"\nkey = "{key}"\nvalue = {value}\nvalid_from = {day}\nsource = "Scheme rules, second edition"\n\n'
    replaced("union.toml", "[[articles]]", article + "[[articles]]")(home)


def vote(desk: Desk, deed: Deed, who: str, note: str = "agreed in council") -> Refusal | str | None:
    day = desk.hub.desk.counters.day
    return desk.do(Move(sign_vote(Vote(deed, who, note, day, int(desk.now)), demo_key(who))))


def carry(desk: Desk, home: Path, day: str = TOMORROW) -> str:
    version = Rulebooks(desk.folder).keep(home).version
    for who, state in (("operator-1", "PROPOSED"), ("operator-2", "CARRIED")):
        answer = vote(desk, Deed("rules", version, day), who)
        assert isinstance(answer, str) and answer.endswith(state), answer
    return version


def end_day(desk: Desk) -> None:
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.do(EndDay()) is None


def next_day(desk: Desk, day: str = TOMORROW) -> Refusal | str | None:
    end_day(desk)
    year, month, number = (int(part) for part in day.split("-"))
    desk.now = Instant(int(at(datetime(year, month, number, 1, 10, tzinfo=UTC))))
    return desk.do(OpenDay(day))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub")
    yield made
    made.close()


def test_a_rulebook_that_two_operators_agreed_on_holds_from_its_day_and_the_past_keeps_its_own(desk: Desk) -> None:
    before = desk.hub.desk.counters.rulebook
    old = desk.pay(SG1, TH1, "100.00", "SGD")
    desk.let_world_answer()
    version = carry(desk, draft(desk, dearer))
    told = [one for one in desk.inbox if one.kind.startswith("admi.004") and version[:16].encode() in one.raw]
    assert len(told) == len(desk.rules.members())
    same = desk.pay(SG1, TH1, "100.00", "SGD")
    assert same.fee_minor == old.fee_minor, "today keeps today's fee"
    desk.let_world_answer()
    assert next_day(desk) is None
    assert desk.hub.desk.counters.rulebook == version == scheme_of(desk.folder).version != before
    assert desk.hub.desk.in_force().answer_time_s == 999
    desk.quotes()
    new = desk.pay(SG1, TH1, "100.00", "SGD", day=TOMORROW)
    assert (new.fee_minor, desk.see(old).fee_minor) == (777, old.fee_minor)
    desk.let_world_answer()
    assert desk.see(new).state is State.ACCEPTED
    end_day(desk)
    at_rest(desk)
    notes = [entry for one in desk.hub.journal.links() for entry in msgspec_entries(one.encoded)]
    opened = [facts for subject, event, _, facts in notes if event == "OPENED" and subject.startswith("day")]
    assert opened == [f"rulebook {before[:16]}", f"rulebook {version[:16]}"], "the journal tells which rules held on which day"


def msgspec_entries(encoded: bytes) -> list[list[str]]:
    return [[one.subject, one.event, one.article, one.facts] for one in msgspec.msgpack.decode(encoded, type=list[Entry])]


def test_the_new_rules_come_after_a_restart_as_well_and_a_changed_file_changes_nothing(desk: Desk) -> None:
    version = carry(desk, draft(desk, dearer))
    dearer(desk.folder / "union")
    again = desk.again()
    assert again.hub.desk.counters.rulebook != version
    assert again.pay(SG1, TH1, "100.00", "SGD").fee_minor != 777
    again.let_world_answer()
    assert next_day(again) is None
    desk.hub = again.again().hub
    assert desk.hub.desk.counters.rulebook == version and desk.hub.desk.in_force().answer_time_s == 999


def test_an_altered_copy_of_an_agreed_rulebook_keeps_the_hub_from_starting(desk: Desk) -> None:
    version = desk.hub.desk.counters.rulebook
    path = desk.folder / "rulebooks" / version / "union.toml"
    text = path.read_text()
    desk.close()
    path.write_text(text + "\n")
    with pytest.raises(NotReady, match="altered"):
        open_hub(desk.folder)
    path.write_text(text)
    desk.hub = open_hub(desk.folder)


REFUSED: list[tuple[str, Callable[[Path], None], str]] = [
    ("today", dearer, TODAY),
    ("the past", dearer, "2026-11-02"),
    ("no date", dearer, "tomorrow"),
    ("nothing differs", lambda home: None, TOMORROW),
    (
        "an article of the past",
        replaced("union.toml", 'key = "answer_time_s"\nvalue = ', 'key = "answer_time_s"\nvalue = 1'),
        TOMORROW,
    ),
    ("another union", replaced("union.toml", 'union = "straits"', 'union = "strait"'), TOMORROW),
    (
        "a holiday of the past",
        replaced("calendars/2026.toml", "[SGD]\n", '[SGD]\n2026-11-02 = { name = "Invented", source = "nobody" }\n'),
        TOMORROW,
    ),
    ("another number", replaced("participants.toml", "number = 11\n", "number = 4011\n"), TOMORROW),
    ("another agent", replaced("currencies.toml", 'agent = "ZZCBSG00"', 'agent = "ZZCBTH00"'), TOMORROW),
    ("one operator", replaced("officers.toml", 'roles = ["operator"]', 'roles = ["auditor"]'), TOMORROW),
]


@pytest.mark.parametrize(("why", "change", "day"), REFUSED, ids=[row[0] for row in REFUSED])
def test_rules_that_contradict_what_stands_are_refused_at_the_first_vote(
    desk: Desk, why: str, change: Callable[[Path], None], day: str
) -> None:
    books = desk.books()
    version = Rulebooks(desk.folder).keep(draft(desk, change)).version
    answer = vote(desk, Deed("rules", version, day), "operator-1")
    assert isinstance(answer, Refusal) and answer.reason is Reason.OUT_OF_TURN and answer.where, answer
    assert not desk.hub.desk.motions and desk.books() == books


def test_an_unknown_rulebook_and_two_for_the_same_days_are_refused(desk: Desk) -> None:
    unknown = vote(desk, Deed("rules", "0" * 64, TOMORROW), "operator-1")
    assert isinstance(unknown, Refusal) and unknown.reason is Reason.NOT_FOUND
    first = draft(desk, other_fee)
    carry(desk, first, LATER)
    other = Rulebooks(desk.folder).keep(draft(desk, replaced("union.toml", "7.77", "8.88"), "other", first)).version
    for day in (TOMORROW, LATER):
        answer = vote(desk, Deed("rules", other, day), "operator-1")
        assert isinstance(answer, Refusal) and "takes over" in answer.found
    after = vote(desk, Deed("rules", other, "2026-11-30"), "operator-1")
    assert isinstance(after, str), "what follows is compared with what it follows"


def test_a_proposal_whose_copy_was_altered_finds_no_second_vote_and_stops_nothing(desk: Desk) -> None:
    deed = Deed("rules", Rulebooks(desk.folder).keep(draft(desk, other_fee)).version, TOMORROW)
    assert isinstance(vote(desk, deed, "operator-1"), str)
    path = desk.folder / "rulebooks" / deed.subject / "union.toml"
    for text in (path.read_text().replace("7.77", "0.01"), "no rulebook"):
        path.write_text(text)
        again = desk.again()
        desk.hub, desk.inbox = again.hub, again.inbox
        answer = vote(desk, deed, "operator-2")
        assert isinstance(answer, Refusal) and answer.reason is Reason.NOT_FOUND
    assert desk.pay(SG1, TH1, "10.00", "SGD").state is State.OFFERED
    assert next_day(desk) is None and desk.hub.desk.counters.rulebook != deed.subject


@pytest.mark.parametrize("harm", ["damaged", "without canaries"])
def test_a_list_set_that_cannot_screen_is_not_taken_and_the_one_in_force_stays(desk: Desk, harm: str) -> None:
    before, version = desk.hub.desk.counters.list_set, newly_listed(desk, "Nobody Inparticular")
    if harm == "damaged":
        current = msgspec.json.decode((desk.folder / "lists" / "un" / "current.json").read_bytes())
        raw = desk.folder / "lists" / "un" / current["edition"] / "0.raw"
        raw.write_bytes(raw.read_bytes().replace(b"Inparticular", b"Indifferent"))
    else:
        path = desk.folder / "lists" / "sets" / f"{version}.json"
        kept = msgspec.json.decode(path.read_bytes())
        kept["settings"][0][1] = 1_001  # nothing resembles anything so much
        path.write_bytes(msgspec.json.encode(kept))
    assert isinstance(desk.do(SwapLists(version)), Refusal) and desk.hub.desk.counters.list_set == before
    assert desk.pay(SG1, TH1, "10.00", "SGD").state is State.OFFERED


def test_a_proposal_that_finds_no_second_vote_before_its_day_lapses(desk: Desk) -> None:
    version = Rulebooks(desk.folder).keep(draft(desk, other_fee)).version
    deed = Deed("rules", version, LATER)
    vote(desk, deed, "operator-1")
    assert next_day(desk) is None
    (motion,) = desk.hub.desk.motions.values()
    assert motion.state is MotionState.PROPOSED, "it may find its votes on another day"
    assert isinstance(vote(desk, deed, "operator-1"), Refusal)
    assert next_day(desk, LATER) is None
    (motion,) = desk.hub.desk.motions.values()
    assert motion.state is MotionState.LAPSED
    assert isinstance(vote(desk, deed, "operator-2"), Refusal) and desk.hub.desk.counters.rulebook != version


def test_members_vote_where_the_article_says_so(tmp_path: Path) -> None:
    def amend(home: Path) -> None:
        add_article(home, "2.7", "rule_change_members_percent", 20, "2026-01-01")
        for number, bic in enumerate((SG1, SG2, MY1, TH1, "ZZBAID01"), 1):
            who = f"voice-{number}"
            public = demo_key(who).public_key().public_bytes_raw().hex()
            appended(
                "officers.toml",
                f'\n[[officers]]\nid = "{who}"\nname = "Voice {number}"\nroles = ["representative"]\nmember = "{bic}"\npublic_key = "{public}"\n',
            )(home)

    desk = Desk(tmp_path / "hub", amend=amend)
    members = [one for one in desk.rules.members() if one.standing == "active"]
    needed = -(-20 * len(members) // 100)
    assert 1 < needed <= 5
    deed = Deed("rules", Rulebooks(desk.folder).keep(draft(desk, dearer)).version, TOMORROW)
    assert str(vote(desk, deed, "operator-1")).endswith("PROPOSED")
    assert str(vote(desk, deed, "operator-2")).endswith("PROPOSED"), "operators alone do not suffice here"
    for number in range(1, needed + 1):
        answer = str(vote(desk, deed, f"voice-{number}"))
        assert answer.endswith("CARRIED" if number == needed else "PROPOSED"), (number, needed, answer)
    refused = vote(desk, Deed("standing", TH1, "suspended"), "voice-1")
    assert isinstance(refused, Refusal) and refused.reason is Reason.ROLE_NOT_HELD, "a voice decides rules, and nothing else"
    desk.close()


def test_other_lists_take_effect_only_with_a_list_set_made_for_them(desk: Desk) -> None:
    held_before = desk.hub.desk.counters.list_set
    carry(desk, draft(desk, replaced("union.toml", "threshold_milli = 880", "threshold_milli = 810")))
    assert next_day(desk) is None
    desk.quotes()
    assert desk.hub.desk.counters.list_set == ""
    payment = desk.pay(SG1, TH1, "1.00", "SGD", day=TOMORROW)
    assert payment.state is State.HELD, "nothing passes on the lists of another rulebook"
    old = desk.do(SwapLists(held_before))
    assert isinstance(old, Refusal) and old.reason is Reason.OUT_OF_TURN
    assert desk.do(SwapLists(list_set(desk.folder, desk.hub.desk.scheme).version)) is None
    assert desk.see(payment).state is State.OFFERED


def test_a_crash_while_the_next_day_opens_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    version = carry(desk, draft(desk, dearer))
    end_day(desk)
    desk.now = Instant(int(at(datetime(2026, 11, 25, 1, 10, tzinfo=UTC))))
    desk.hub.process([OpenDay(TOMORROW)], desk.now)  # inputs are kept, outcomes are not: as after a kill
    desk.hub.books.close()  # type: ignore[attr-defined]
    desk.hub.journal.close()
    desk.hub = open_hub(desk.folder)
    assert desk.hub.desk.counters.rulebook == version and desk.hub.desk.counters.day == TOMORROW


def test_what_is_held_waits_over_the_end_of_a_day_and_settles_under_the_day_of_its_release(desk: Desk) -> None:
    held = desk.pay(SG1, TH1, "5.00", "SGD", creditor=listed_name(desk))
    assert held.state is State.HELD
    assert next_day(desk) is None
    desk.quotes()
    assert desk.see(held).state is State.HELD
    case = desk.hub.desk.cases[held.case]
    for who in ("officer-1", "officer-2"):
        decision = Decision(case.case_id, who, "RELEASE", "another person", int(desk.now), case.verdict.digest())
        assert not isinstance(desk.do(DecideCase(sign(decision, demo_key(who)))), Refusal)
    offered = desk.see(held)
    assert offered.state is State.OFFERED and offered.settlement_date == TOMORROW
    (onward,) = [one for one in desk.inbox if one.recipient == TH1 and one.kind.startswith("pacs.008")]
    assert f"<IntrBkSttlmDt>{TOMORROW}</IntrBkSttlmDt>".encode() in onward.raw
    desk.let_world_answer()
    end_day(desk)
    assert desk.see(held).state is State.SETTLED
    at_rest(desk)


def listed_name(desk: Desk) -> str:
    edition = next(iter(editions(desk.folder, desk.hub.desk.scheme).values()))
    return next(name.text for one in edition.entries for name in one.names)


def test_a_day_ends_once_and_takes_nothing_in_afterwards(desk: Desk) -> None:
    offered = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True)
    refused = desk.do(CloseCycle(last=True))
    assert not isinstance(refused, Refusal)
    desk.let_agents_answer()
    answer = desk.do(EndDay())
    assert isinstance(answer, Refusal) and "offered" in answer.found
    desk.answer(offered)
    assert desk.do(EndDay()) is None
    statements = sum(one.kind.startswith("camt.053") for one in desk.inbox)
    again = desk.do(EndDay())
    assert isinstance(again, Refusal) and again.reason is Reason.OUT_OF_TURN
    late = desk.pay(SG1, TH1, "5.00", "SGD", urgent=True)
    assert late.refusal is not None and late.refusal.reason is Reason.DAY_CLOSED
    assert sum(one.kind.startswith("camt.053") for one in desk.inbox) == statements > 0
    open_again = desk.do(OpenDay(TODAY))
    assert isinstance(open_again, Refusal)

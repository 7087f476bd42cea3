"""What is past its retention goes, bytes and all, and nothing else: no proof breaks, nothing younger or open is touched, no crash matters."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.cli import retention as words
from fondaco.cli import terminal
from fondaco.compliance import CaseState, Decision, sign
from fondaco.compliance.demo_lists import demo_list
from fondaco.core import Instant, ManualClock, Refusal, at, utc_text
from fondaco.hub import (
    Arrive,
    CloseCycle,
    DecideCase,
    EndDay,
    Erase,
    Erased,
    OpenDay,
    Original,
    SwapLists,
    folded,
    kept_in,
    list_set,
    load_list,
)
from fondaco.hub.casework import place_of_message
from fondaco.journal import BrokenChain, verify, verify_contents
from fondaco.ledger import prove
from fondaco.messages import acmt_023, camt_056, cancellation, pacs_004, verification, wrap
from fondaco.payments import DECODER, Payment, State
from fondaco.reporting import contradictions, invoice, story
from fondaco.rulebook import Scheme, read_scheme, succession_faults
from fondaco.simulation import DEMO_DAY
from fondaco.simulation.day import demo_key
from server_stores import journal_on, stores_on
from union import HUB, SG1, TH1, Desk, pacs_008

LATER = date(2031, 12, 2)  # five years and a week
LISTED = "Sorvemir Brulomarov"


def five_years(home: Path) -> None:
    path = home / "union.toml"
    path.write_text(path.read_text().replace('key = "retention_years"\nvalue = 7', 'key = "retention_years"\nvalue = 5'))
    tables = "".join(f"[{code}]\n" for code in ("IDR", "MYR", "PHP", "SGD", "THB", "KRW"))
    for year in range(2028, 2034):
        (home / "calendars" / f"{year}.toml").write_text(tables)


def first_day(folder: Path) -> Desk:
    return Desk(folder, amend=five_years)


def name(number: int) -> str:
    return f"Zephyrine Quillfeather {'abcdefghij'[number % 10] * 3}{number}"


def settled(desk: Desk, number: int) -> Payment:
    paid = desk.pay(SG1, TH1, "10.00", "SGD", urgent=True, debtor=name(number), creditor=f"Kreditor {name(number)}")
    desk.answer(paid)
    return desk.see(paid)


def returned(desk: Desk, number: int) -> Payment:
    paid = settled(desk, number)
    text, own = utc_text(desk.now), f"RT{paid.number}"
    amount = f"{paid.target_minor // 100}.{paid.target_minor % 100:02d}"
    desk.send(
        wrap("pacs.004.001.09", TH1, HUB, own, text, pacs_004(own, text, paid.uetr, "THB", amount, desk.day.isoformat(), "AC04")),
        TH1,
    )
    back = desk.hub.payment(desk.see(paid).returned_by)
    assert back is not None
    if back.state is State.OFFERED:
        desk.answer(back)
    return desk.see(paid)


def recalled(desk: Desk, payment: Payment, own: str) -> Refusal | str | None:
    text = utc_text(desk.now)
    content = camt_056(own, text, (SG1, HUB), cancellation(payment.uetr, "DUPL"))
    return desk.send(wrap("camt.056.001.08", SG1, HUB, own, text, content), SG1)


def held(desk: Desk, number: int) -> Payment:
    return desk.pay(SG1, TH1, "5.00", "SGD", urgent=True, debtor=name(number), creditor=LISTED)


def confirmed(desk: Desk, number: int) -> Payment:
    payment = held(desk, number)
    case = desk.hub.desk.cases[payment.case]
    for officer in ("officer-1", "officer-2"):
        decision = Decision(case.case_id, officer, "CONFIRM", f"it is {name(number)}", int(desk.now), case.verdict.digest())
        assert not isinstance(desk.do(DecideCase(sign(decision, demo_key(officer)))), Refusal)
    return desk.see(payment)


def rejected(desk: Desk, number: int) -> Payment:
    return desk.pay(SG1, "ZZNOTH99", "5.00", "SGD", urgent=True, debtor=name(number))


def refused(desk: Desk, number: int) -> Payment:
    paid = desk.pay(SG1, TH1, "10.00", "SGD", urgent=True, debtor=name(number))
    desk.answer(paid, "RJCT", "AC04")
    return desk.see(paid)


KINDS: dict[str, Callable[[Desk, int], Payment]] = {
    "settled": settled, "returned": returned, "confirmed": confirmed, "rejected": rejected, "refused": refused, "held": held,
}  # fmt: skip


def years_later(desk: Desk, day: date = LATER) -> Desk:
    """The first day ended, and another one open long after, with lists that are fresh."""
    if not desk.hub.desk.counters.day_ended:
        desk.do(CloseCycle(last=True))
        desk.let_agents_answer()
        assert desk.do(EndDay()) is None
    later = Desk.__new__(Desk)
    later.__dict__.update(desk.__dict__)
    later.day = day
    later.now = Instant(int(at(datetime.combine(day, time(1, 10), UTC))))
    later.inbox = []
    scheme = desk.hub.desk.scheme
    for rule in scheme.lists:
        load_list(desk.folder, scheme, rule.list_id, demo_list(rule.list_id), later.now)
    list_set(desk.folder, scheme)
    later = (
        later.again()
    )  # the lists' content is the same as years ago, received anew: a screener that was made before does not know
    assert later.do(OpenDay(day.isoformat())) is None
    assert later.do(SwapLists(list_set(desk.folder, scheme).version)) is None
    return later


def figures(desk: Desk) -> tuple[object, ...]:
    hub = desk.hub
    payments = [DECODER.decode(raw) for _, raw in hub.journal.payments()]
    kept = [(p.number, p.uetr, p.state, p.source_minor, p.target_minor, p.fee_minor, tuple(p.taken)) for p in payments]
    return prove(hub.books), desk.books(), kept, hub.days.statements(DEMO_DAY.isoformat()), invoice(payments, SG1, "2026-11")


def holds(desk: Desk) -> None:
    assert prove(desk.hub.books).faults == ()
    verify(desk.hub.journal.links())
    verify_contents(desk.hub.journal)
    payments = [DECODER.decode(raw) for _, raw in desk.hub.journal.payments()]
    assert contradictions(desk.hub.books, payments, desk.hub.desk.in_force(), desk.hub.desk.ledgers) == []


def somewhere(folder: Path, text: str) -> list[str]:
    """The files of a hub whose bytes hold a text; lists and rulebook apart, which are nobody's data."""
    found = []
    for path in sorted(folder.rglob("*")):
        if (
            path.is_file()
            and not {"lists", "union", "rulebooks"} & set(path.relative_to(folder).parts)
            and text.encode() in path.read_bytes()
        ):
            found.append(path.name)
    address = journal_on(folder)
    return found + (on_server(address, text.encode()) if address else [])


def on_server(address: str, text: bytes) -> list[str]:
    """The files of a database that hold a text. Its server's write-ahead log is another matter: `docs/retention.md`."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute(
            "SELECT current_setting('data_directory'), oid FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    home = Path(row[0]) / "base" / str(row[1])
    assert home.is_dir()
    return [path.name for path in sorted(home.iterdir()) if text in path.read_bytes()]


def altered(folder: Path, change: str) -> None:
    """Change a journal behind the hub's back, in its own words."""
    address = journal_on(folder)
    if not address:
        with closing(sqlite3.connect(folder / "journal.sqlite")) as connection, connection:
            connection.execute(change)
        return
    change = re.sub(r"x'([0-9a-f]*)'", r"'\\x\1'::bytea", change).replace("randomblob(32)", "sha256('other'::bytea)")
    change = change.replace("raw || ' '", "raw || ' '::bytea")
    with psycopg.connect(address, options="-c search_path=fondaco_journal") as server:
        server.execute(change.encode())


@pytest.fixture
def early(tmp_path: Path, stores: Callable[[], str]) -> Iterator[Desk]:
    yield first_day(tmp_path / "hub")


def test_a_signed_original_goes_with_its_message(early: Desk) -> None:
    mark = "what only the signature of Quillfeather says"
    raw = pacs_008(SG1, "ZZNOTH99", "5.00", "SGD", debtor=name(1))
    signed = Original("request", "sg1.sender", folded(raw), mark.encode(), "POST", "https://hub.example/v1/messages")
    early.do(signed, Arrive(SG1, raw))
    (kept,) = kept_in(early.hub.journal, 1, early.hub.journal.head()[0])
    assert (kept.content, kept.original, early.hub.raw(kept.batch, kept.place)) == (raw, signed, raw)
    desk = years_later(early)
    assert somewhere(desk.folder, mark)
    assert isinstance(desk.do(Erase()), str)
    assert not somewhere(desk.folder, mark)
    assert list(kept_in(desk.hub.journal, 1, kept.batch)) == []
    holds(desk)


def test_the_name_is_gone_from_every_byte_and_every_figure_is_the_same(early: Desk) -> None:
    paid, back, hit = settled(early, 1), returned(early, 2), confirmed(early, 3)
    waits = held(early, 4)
    desk = years_later(early)
    before = figures(desk)
    assert all(somewhere(desk.folder, name(n)) for n in (1, 2, 3, 4))
    told = desk.do(Erase())
    assert isinstance(told, str) and told.startswith("erased before 2026-12-02: ")
    assert not any(somewhere(desk.folder, name(n)) for n in (1, 2, 3)), "file and write-ahead log"
    assert somewhere(desk.folder, name(4)), "a held payment is remembered as long as it lives"
    assert figures(desk) == before
    holds(desk)
    entry = [e for one in desk.hub.journal.links() for e in one.entries() if e.event == "ERASED"]
    assert len(entry) == 1 and entry[0].article == "14.1" and entry[0].facts.startswith("before 2026-12-02: ")
    for one in (paid, back, hit):
        with pytest.raises(Erased, match="after its retention"):
            desk.hub.instruction(desk.see(one))
        shown = story(desk.see(one), desk.hub.journal)
        assert "erased" in shown and shown["steps"] and not any(mail["raw"] for mail in shown["mail"])
    assert desk.hub.instruction(desk.see(waits)).uetr == waits.uetr
    case = desk.hub.desk.cases[hit.case]
    assert case.decisions[0].note == "" and case.verdict.hits[0].said == "" and case.verdict.hits[0].entry_id
    assert case.verdict.hits[0].fingerprint == "" and case.alerts == (), "no digest from which a name could be guessed"
    desk = desk.again()
    assert desk.hub.retaining.is_erased(paid.batch) and not desk.hub.retaining.is_erased(waits.batch)
    holds(desk)
    desk.close()
    assert not any(somewhere(desk.folder, name(n)) for n in (1, 2, 3))


def test_a_message_that_was_refused_is_remembered_as_long_as_its_case_is_open_and_then_goes(early: Desk) -> None:
    def ask(number: int) -> str:
        text = utc_text(early.now)
        asked = acmt_023(f"V{number}", text, (SG1, HUB), verification("1", TH1, name(number), LISTED))
        assert isinstance(early.send(wrap("acmt.023.001.04", SG1, HUB, f"V{number}", text, asked), SG1), Refusal)
        return next(reversed(early.hub.desk.cases))

    waits, gone = ask(1), ask(2)
    for officer in ("officer-1", "officer-2"):
        case = early.hub.desk.cases[gone]
        word = Decision(gone, officer, "CONFIRM", f"it is {name(2)}", int(early.now), case.verdict.digest())
        assert isinstance(early.do(DecideCase(sign(word, demo_key(officer)))), str)
    desk = years_later(early)
    # No clock of these articles leaves a case open for so long; those of other unions may.
    desk.hub.desk.cases[waits] = msgspec.structs.replace(desk.hub.desk.cases[waits], state=CaseState.OPENED)
    assert isinstance(desk.do(Erase()), str)
    assert somewhere(desk.folder, name(1)) and not somewhere(desk.folder, name(2))
    case = desk.hub.desk.cases[gone]
    assert case.decisions[0].note == "" and case.verdict.hits[0].said == "" and case.verdict.hits[0].entry_id
    with pytest.raises(Erased):
        desk.hub.message(*place_of_message(case))
    holds(desk)
    desk.close()


def test_erasing_twice_does_nothing(early: Desk) -> None:
    settled(early, 1)
    desk = years_later(early)
    assert str(desk.do(Erase())).startswith("erased")
    notes = len(desk.hub.retaining.done)
    assert desk.do(Erase()) == "nothing is due" and desk.do(Erase()) == "nothing is due"
    assert len(desk.hub.retaining.done) == notes == 1
    assert sum(e.event == "ERASED" for one in desk.hub.journal.links() for e in one.entries()) == 1
    desk.close()


@pytest.mark.parametrize(("day", "goes"), [(date(2031, 11, 24), False), (date(2031, 11, 25), True)])
def test_nothing_goes_a_day_early(tmp_path: Path, day: date, goes: bool) -> None:
    early = first_day(tmp_path / "hub")
    settled(early, 1)
    desk = years_later(early, day)
    assert (desk.do(Erase()) != "nothing is due") is goes
    assert bool(somewhere(desk.folder, name(1))) is not goes
    holds(desk)
    desk.close()


def test_a_day_that_was_opened_ahead_of_the_clock_lets_nothing_go_early(early: Desk) -> None:
    settled(early, 1)
    early.do(CloseCycle(last=True))
    early.let_agents_answer()
    early.do(EndDay())
    assert early.do(OpenDay(LATER.isoformat())) is None
    assert early.do(Erase()) == "nothing is due"
    early.close()


def test_a_return_that_is_younger_keeps_its_original(early: Desk) -> None:
    paid, other = settled(early, 1), settled(early, 2)
    middle = years_later(early, date(2027, 3, 2))
    middle.quotes()
    text = utc_text(middle.now)
    amount = f"{paid.target_minor // 100}.{paid.target_minor % 100:02d}"
    content = pacs_004("RT1", text, paid.uetr, "THB", amount, middle.day.isoformat(), "AC04")
    middle.send(wrap("pacs.004.001.09", TH1, HUB, "RT1", text, content), TH1)
    back = middle.hub.payment(middle.see(paid).returned_by)
    assert back is not None
    middle.answer(back)
    desk = years_later(middle)
    assert desk.see(back).state is State.SETTLED
    assert str(desk.do(Erase())).startswith("erased")
    assert somewhere(desk.folder, name(1)) and not somewhere(desk.folder, name(2))
    assert desk.hub.instruction(desk.see(paid)).uetr == paid.uetr and desk.hub.retaining.is_erased(other.batch)
    holds(desk)
    desk.close()


def test_a_recall_that_was_open_later_keeps_its_payment(early: Desk) -> None:
    paid = settled(early, 1)
    assert recalled(early, paid, "REC1") is None
    desk = years_later(early)  # the recall lapsed on the later day: that is when it ended
    assert not desk.hub.desk.assignments
    assert somewhere(desk.folder, name(1)) and not desk.hub.retaining.is_erased(paid.batch)
    desk.do(Erase())
    assert somewhere(desk.folder, name(1))
    holds(desk)
    desk.close()


def test_what_is_asked_about_an_erased_payment_gets_an_answer(early: Desk) -> None:
    uetr = "8a562c67-ca16-48ba-b074-65581be6f001"
    raw = pacs_008(SG1, TH1, "10.00", "SGD", uetr=uetr, urgent=True, debtor=name(1))
    early.send(raw, SG1)
    paid = early.hub.by_uetr(uetr)
    assert paid is not None
    early.answer(paid)
    desk = years_later(early)
    desk.do(Erase())
    desk.inbox = []
    desk.send(raw, SG1)  # the same message again
    assert desk.told(SG1) == ["ACSC"] and not somewhere(desk.folder, "never there")
    assert desk.hub.by_uetr(uetr).number == paid.number  # type: ignore[union-attr]
    answer = recalled(desk, paid, "REC1")
    assert isinstance(answer, Refusal) and answer.found == "NOOR"
    text = utc_text(desk.now)
    amount = f"{paid.target_minor // 100}.{paid.target_minor % 100:02d}"
    content = pacs_004("RT9", text, uetr, "THB", amount, desk.day.isoformat(), "AC04")
    desk.inbox = []
    desk.send(wrap("pacs.004.001.09", TH1, HUB, "RT9", text, content), TH1)
    assert desk.told(TH1) == ["RJCT AGNT"] and not desk.see(paid).returned_by
    newer = pacs_008(SG1, TH1, "10.00", "SGD", uetr=uetr, urgent=True, message_id="OTHER", day=desk.day.isoformat())
    desk.inbox = []
    desk.send(newer, SG1)
    assert desk.told(SG1) == ["RJCT AM05"], "a UETR names one payment for ever"
    again = desk.again()
    assert again.see(paid).state is State.SETTLED
    holds(again)
    again.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE inputs SET commands = commands || x'00' WHERE batch = 5", "inputs of batch 5 are not"),
        ("UPDATE inputs SET instant = instant + 1 WHERE batch = 5", "inputs of batch 5 are not"),
        ("UPDATE inputs SET salt = randomblob(32) WHERE batch = 5", "inputs of batch 5 are not"),
        ("UPDATE inputs SET commands = x'', salt = x'' WHERE batch = 5", "notes no erasure"),
        ("DELETE FROM inputs WHERE batch = 5", "inputs of batch 5 are gone"),
        ("UPDATE mail SET raw = raw || ' ' WHERE seq = 3", "the mail of batch"),
        ("UPDATE mail SET recipient = 'ZZXXSG01' WHERE seq = 3", "the mail of batch"),
        ("UPDATE mail SET raw = x'' WHERE seq = 3", "notes no erasure"),
        ("DELETE FROM mail WHERE seq = 3", "the mail of batch"),
        ("INSERT INTO mail SELECT 99999, batch, recipient, kind, subject, raw FROM mail WHERE seq = 3", "the mail of batch"),
    ],
)
def test_what_was_altered_beside_the_chain_is_found(early: Desk, change: str, said: str) -> None:
    holds(early)
    early.close()
    altered(early.folder, change)
    desk = Desk(early.folder, fresh=False)
    verify(desk.hub.journal.links())
    with pytest.raises(BrokenChain, match=said):
        verify_contents(desk.hub.journal)
    desk.close()


@pytest.mark.parametrize(
    "change", ["form = 1", "inputs = randomblob(32)", "mail = randomblob(32)", "form = 1, inputs = x'', mail = x''"]
)
def test_a_commitment_cannot_be_taken_out_of_its_link(early: Desk, change: str) -> None:
    early.close()
    altered(early.folder, f"UPDATE link SET {change} WHERE batch = 5")
    desk = Desk(early.folder, fresh=False)
    with pytest.raises(BrokenChain, match="batch 5"):
        verify(desk.hub.journal.links())
    desk.close()


def test_what_is_noted_as_erased_is_gone(early: Desk) -> None:
    paid = settled(early, 1)
    desk = years_later(early)
    desk.do(Erase())
    desk.close()
    altered(desk.folder, f"UPDATE inputs SET commands = x'90' WHERE batch = {paid.batch}")
    again = Desk(desk.folder, fresh=False)
    with pytest.raises(BrokenChain, match="noted as erased"):
        verify_contents(again.hub.journal)
    again.close()


def test_without_an_article_nothing_is_erased(tmp_path: Path) -> None:
    def silent(home: Path) -> None:
        five_years(home)
        path = home / "union.toml"
        text = path.read_text()
        begins = text.index('[[articles]]\nnumber = "14.1"')
        path.write_text(text[:begins] + text[text.index("[[articles]]", begins + 5) :])

    early = Desk(tmp_path / "hub", amend=silent)
    settled(early, 1)
    desk = years_later(early)
    answer = desk.do(Erase())
    assert isinstance(answer, Refusal) and "no article" in answer.found
    scheme = desk.hub.desk.scheme
    faults = succession_faults(scheme, scheme, LATER.isoformat(), "2031-12-09")
    assert "articles/retention_years" in [one.where for one in faults], "a rulebook that takes over must have one"
    assert somewhere(desk.folder, name(1))
    desk.close()


def test_less_than_five_years_is_no_article(tmp_path: Path) -> None:
    desk = first_day(tmp_path / "hub")
    desk.close()
    path = desk.folder / "union" / "union.toml"
    for years, fits in ((4, False), (5, True), (1, False), (30, True)):
        path.write_text(
            path.read_text().replace('key = "retention_years"\nvalue = 5', f'key = "retention_years"\nvalue = {years}')
        )
        found = read_scheme(desk.folder / "union")
        assert isinstance(found, Scheme) is fits
        assert fits or any("at least 5 years" in one.reason for one in found)  # type: ignore[union-attr]
        path.write_text(path.read_text().replace(f'"retention_years"\nvalue = {years}', '"retention_years"\nvalue = 5'))


@settings(max_examples=int(os.environ.get("FONDACO_ERASURES", "5")))
@given(kinds=st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=6))
def test_after_any_erasure_the_chain_verifies_and_every_figure_is_unchanged(
    kinds: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    early = first_day(tmp_path_factory.mktemp("any") / "hub")
    for number, kind in enumerate(kinds):
        KINDS[kind](early, number)
    desk = years_later(early)
    before = figures(desk)
    desk.do(Erase())
    assert figures(desk) == before
    holds(desk)
    for number, kind in enumerate(kinds):
        assert bool(somewhere(desk.folder, name(number))) == (kind == "held"), kind
    desk.close()


class Dying(sqlite3.Connection):
    """Ends its process before the writing statement that `left` counts down to."""

    left = 1 << 30

    def _count(self, query: str) -> None:
        if not query.startswith("SELECT"):
            if Dying.left == 0:
                os._exit(9)
            Dying.left -= 1

    def execute(self, query: str, *more: Any) -> sqlite3.Cursor:
        self._count(query)
        return super().execute(query, *more)

    def executemany(self, query: str, *more: Any) -> sqlite3.Cursor:
        self._count(query)
        return super().executemany(query, *more)


def test_a_crash_at_any_step_of_an_erasure_leaves_it_undone_or_done(tmp_path: Path) -> None:
    early = first_day(tmp_path / "whole")
    settled(early, 1)
    held(early, 2)
    desk = years_later(early)
    before, now = figures(desk), desk.now
    desk.close()
    statements = 0
    for left in range(100):
        folder = tmp_path / str(left)
        shutil.copytree(tmp_path / "whole", folder)
        child = os.fork()
        if child == 0:
            sqlite3.connect = partial(sqlite3.connect, factory=Dying)  # type: ignore[assignment]
            mine = Desk(folder, fresh=False, day=LATER)
            mine.now = now
            Dying.left = left
            mine.do(Erase())
            os._exit(0)
        died = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        assert died in (0, 9)
        again = Desk(folder, fresh=False, day=LATER)
        again.now = Instant(now + 60_000_000_000)
        holds(again)
        if again.hub.retaining.done:
            assert not somewhere(folder, name(1)), f"killed before statement {left}: noted, and the bytes are there"
        again.do(Erase())
        assert len(again.hub.retaining.done) == 1 and not somewhere(folder, name(1)) and somewhere(folder, name(2))
        assert figures(again) == before
        holds(again)
        again.close()
        shutil.rmtree(folder)
        statements = left
        if died == 0:
            break
    assert 10 < statements < 99


def test_an_old_snapshot_of_the_server_keeps_no_name_alive(tmp_path: Path, postgres: str) -> None:
    """A backup that began before the erasure sees what was: VACUUM FULL would have kept it for as long."""
    early = Desk(tmp_path / "hub", amend=five_years, stores=stores_on(postgres))
    settled(early, 1)
    desk = years_later(early)
    with psycopg.connect(postgres, autocommit=True) as other:
        other.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT txid_current_snapshot()")
        assert somewhere(desk.folder, name(1))
        assert str(desk.do(Erase())).startswith("erased")
        assert not desk.hub.journal.erased_bytes_are_left() and not somewhere(desk.folder, name(1))
        other.execute("ROLLBACK")
    desk.close()


def test_the_words_tell_what_is_due_erase_it_once_and_wait_for_copies_to_go(
    early: Desk, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "clock", lambda hub: ManualClock(Instant(hub.desk.counters.last_instant + 1_000_000_000)))
    settled(early, 1)
    held(early, 2)
    desk = years_later(early)
    desk.close()
    words.retention(hub=desk.folder, json=True)
    before = json.loads(capsys.readouterr().out)
    assert before["years"] == 5 and before["article"] == "14.1" and before["erased"] == [] and before["copies"] == []
    assert before["due"]["payments"] == 1 and before["needed"] > 0
    # Every store that is brought up leaves one: the journal, the books, who may enter, payments that were written by hand, what is uploaded.
    for store in ("journal.sqlite", "books/books.sqlite", "access.db", "drafts.db", "uploads.db"):
        for end in ("version-1", "version-12", "version-1.draft"):
            copy = desk.folder / f"{store}.{end}"
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(b"an earlier version")
            with pytest.raises(terminal.Refused, match=f"{store}.{end} would keep"):
                words.erase(hub=desk.folder)
            words.retention(hub=desk.folder, json=True)
            assert json.loads(capsys.readouterr().out)["copies"] == [f"{store}.{end}"]
            copy.unlink()
    words.erase(hub=desk.folder, json=True)
    told = json.loads(capsys.readouterr().out)["erased"]
    assert len(told) == 1 and told[0].endswith("1 payments") and not somewhere(desk.folder, name(1))
    words.erase(hub=desk.folder, json=True)
    assert json.loads(capsys.readouterr().out)["erased"] == []
    words.retention(hub=desk.folder)
    text = " ".join(capsys.readouterr().out.split())
    assert "0 batches with 0 payments are due" in text and "erased on 2031-12-02, before 2026-12-02" in text
    again = Desk(desk.folder, fresh=False, day=LATER)
    holds(again)
    again.close()


def test_a_large_erasure_is_taken_in_several(early: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2, 3):
        settled(early, number)
    desk = years_later(early)
    before = figures(desk)
    monkeypatch.setattr("fondaco.hub.retaining.PAYMENTS_MAX", 1)
    rounds = 0
    while desk.do(Erase()) != "nothing is due":
        rounds += 1
        assert rounds < 9
    assert rounds >= 3 and len(desk.hub.retaining.done) == rounds and figures(desk) == before
    holds(desk)
    desk.close()


def test_a_reader_that_holds_the_journal_delays_the_bytes_and_the_next_opening_takes_them(early: Desk) -> None:
    settled(early, 1)
    desk = years_later(early)
    address = journal_on(desk.folder)
    with closing(psycopg.connect(address) if address else sqlite3.connect(desk.folder / "journal.sqlite")) as reader:
        reader.execute("BEGIN")
        reader.execute(f"SELECT count(*) FROM {'fondaco_journal.' if address else ''}mail").fetchone()
        assert str(desk.do(Erase())).startswith("erased")
        assert desk.hub.journal.erased_bytes_are_left()
        holds(desk)
    desk = desk.again()
    assert not desk.hub.journal.erased_bytes_are_left() and not somewhere(desk.folder, name(1))
    holds(desk)
    desk.close()

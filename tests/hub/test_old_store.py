"""A hub that the first release ran for a day is opened by this one, and goes on. What may change in a record without a migration."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import msgspec
import pytest

from fondaco.cli.program import WORDS
from fondaco.core import Instant, Refusal
from fondaco.hub import EndDay, Erase, OpenDay, SwapLists, list_set, open_hub, scheme_of
from fondaco.hub.state import Counters
from fondaco.journal import WrongStore, verify, verify_contents
from fondaco.ledger import prove
from fondaco.payments import DECODER, State
from fondaco.reporting import contradictions, story
from fondaco.rulebook import edition_on
from fondaco.simulation import World
from store import GOLDEN, content, rebuild
from union import HUB, SG1, TH1, Desk, newly_listed

FIRST, NEXT = date(2026, 11, 24), date(2026, 11, 25)
URGENT, NORMAL, HELD = (
    "8a562c67-ca16-48ba-b074-65581be6f001", "9b562c67-ca16-48ba-b074-65581be6f002", "7c562c67-ca16-48ba-b074-65581be6f003",
)  # fmt: skip


def opened(folder: Path, day: date = FIRST) -> Desk:
    desk = Desk(folder, fresh=False, day=day)
    desk.now = Instant(desk.hub.desk.counters.last_instant + 24 * 3_600_000_000_000)
    return desk


def test_the_old_store_opens_and_its_day_proves(tmp_path: Path) -> None:
    assert WORDS
    folder = rebuild(tmp_path / "hub")
    _, before = content(folder / "journal.sqlite")
    desk = opened(folder)
    hub = desk.hub
    counters = hub.desk.counters
    assert (counters.day, counters.day_ended, counters.payment) == ("2026-11-24", True, 4)
    assert prove(hub.books).faults == ()
    assert verify(hub.journal.links()) > 20
    assert verify_contents(hub.journal).true == 0
    payments = [DECODER.decode(raw) for _, raw in hub.journal.payments()]
    assert contradictions(hub.books, payments, desk.rules, hub.desk.ledgers) == []
    assert [one.state for one in payments] == [State.SETTLED, State.SETTLED, State.HELD]
    for uetr, last in ((URGENT, "SETTLED"), (NORMAL, "SETTLED"), (HELD, "HELD")):
        payment = hub.by_uetr(uetr)
        assert payment is not None
        told = story(payment, hub.journal)
        assert told["steps"][-1]["state"] == last and len(told["mail"]) >= (1 if last == "SETTLED" else 0)
        assert hub.instruction(payment).uetr == uetr
    mine = {one.currency: one for one in hub.days.statements("2026-11-24") if one.owner[:8] == SG1}
    assert sum(1 for entry in mine["SGD"].entries if URGENT in repr(entry)) >= 1
    # The journal noted under which rulebook its day opened; the files that were kept of it have that version still.
    noted = next(
        e.facts for one in hub.journal.links() for e in one.entries() if e.event == "OPENED" and e.subject == "day 2026-11-24"
    )
    first = edition_on(hub.desk.editions, "2026-11-24").version
    assert noted == f"rulebook {first[:16]}" and (folder / "rulebooks" / first / "currencies.toml").is_file()
    links = [row for row in before if row.startswith('INSERT INTO "link"')]
    desk.close()
    after = content(folder / "journal.sqlite")[1]
    assert [row.partition(",")[0] for row in after if row.startswith('INSERT INTO "link"')] == [
        r.partition(",")[0] for r in links
    ]


def test_the_next_day_opens_and_a_payment_settles(tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "hub")
    desk = opened(folder, NEXT)
    assert isinstance(desk.do(OpenDay("2026-11-24")), Refusal)
    assert isinstance(desk.do(EndDay()), Refusal), "it ended"
    assert desk.do(OpenDay(NEXT.isoformat())) is None
    assert desk.do(SwapLists(list_set(folder, desk.hub.desk.scheme).version)) is None
    desk.quotes()
    assert desk.hub.by_uetr(HELD) is not None and desk.hub.by_uetr(HELD).state is State.HELD  # type: ignore[union-attr]
    paid = desk.pay(SG1, TH1, "12.00", "SGD", urgent=True)
    desk.answer(paid)
    assert desk.see(paid).state is State.SETTLED
    desk = desk.again()
    assert desk.see(paid).state is State.SETTLED
    assert prove(desk.hub.books).faults == ()
    verify(desk.hub.journal.links())
    contents = verify_contents(desk.hub.journal)
    assert contents.uncommitted == sum(one.form == 1 for one in desk.hub.journal.links()) > 15, (
        "old links commit to nothing, and say so"
    )
    assert contents.true > 3 and contents.erased == 0
    assert isinstance(desk.do(Erase()), Refusal), "its rulebook has no article of retention"
    assert desk.hub.desk.counters.rulebook == desk.hub.desk.scheme.version
    assert desk.hub.desk.assignments, "the recall of the first day is open still"
    desk.close()


def test_new_lists_find_what_the_old_set_had_clear_or_held(tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "hub")
    desk = opened(folder, NEXT)
    assert desk.do(OpenDay(NEXT.isoformat())) is None
    assert desk.do(SwapLists(newly_listed(desk, "Wei Trading"))) is None
    assert desk.hub.by_uetr(HELD).state is State.HELD  # type: ignore[union-attr]
    desk.close()


def test_an_old_list_set_says_how_its_lists_bind_and_is_brought_up_once(tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "hub")
    (path,) = (folder / "lists" / "sets").glob("*.json")
    assert set(msgspec.json.decode(path.read_bytes())) == {"un", "ofac", "uk"}
    desk = opened(folder)
    assert desk.hub.holding.screener_in_force().lists.version == path.stem
    desk.close()
    once = path.read_bytes()
    assert set(msgspec.json.decode(once)) == {"lists", "settings"}
    opened(folder).close()
    assert path.read_bytes() == once


def test_a_draft_that_changed_since_is_not_taken_for_the_rulebook_of_the_old_day(tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "hub")
    opened(folder).close()  # nothing decided: the counters are those of the first release
    draft = folder / "union" / "union.toml"
    draft.write_text(draft.read_text().replace("value = 600", "value = 601"))
    noted = scheme_of(folder).version
    desk = opened(folder)
    assert desk.hub.desk.scheme.version == noted == edition_on(desk.hub.desk.editions, "2026-11-24").version
    desk.close()


def test_a_store_of_a_later_release_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    folder = rebuild(tmp_path / "hub")
    with closing(sqlite3.connect(folder / "journal.sqlite")) as connection:
        connection.execute("PRAGMA user_version=77")
    with pytest.raises(WrongStore, match="later release"):
        open_hub(folder)
    assert content(folder / "journal.sqlite")[0] == 77 and not (folder / "rulebooks").exists()


def test_the_fixture_says_how_it_was_made() -> None:
    assert "1dfb290" in (GOLDEN / "README.md").read_text()
    assert HUB


# Which changes of a record are safe


class Before(msgspec.Struct):
    """A record as an earlier release wrote it: a map."""

    payment: int = 1
    day: str = ""


class BeforeRow(msgspec.Struct, array_like=True):
    """The same as a row: an array."""

    payment: int = 1
    day: str = ""


def read(raw: bytes, into: type[msgspec.Struct]) -> object:
    return msgspec.msgpack.decode(raw, type=into)


def test_a_map_may_gain_a_field_with_a_default_anywhere_and_lose_one() -> None:
    class After(msgspec.Struct):
        payment: int = 1
        ended: bool = False
        day: str = ""

    class Less(msgspec.Struct):
        day: str = ""

    raw = msgspec.msgpack.encode(Before(7, "2026-11-24"))
    assert read(raw, After) == After(7, False, "2026-11-24")
    assert read(raw, Less) == Less("2026-11-24")
    assert read(raw, Counters) == Counters(payment=7, day="2026-11-24")


def test_a_row_may_gain_fields_with_defaults_at_its_end_and_nowhere_else() -> None:
    class After(msgspec.Struct, array_like=True):
        payment: int = 1
        day: str = ""
        ended: bool = False

    class Between(msgspec.Struct, array_like=True):
        payment: int = 1
        ended: bool = False
        day: str = ""

    class SameType(msgspec.Struct, array_like=True):
        payment: int = 1
        rulebook: str = ""
        day: str = ""

    raw = msgspec.msgpack.encode(BeforeRow(7, "2026-11-24"))
    assert read(raw, After) == After(7, "2026-11-24", False)
    with pytest.raises(msgspec.ValidationError):
        read(raw, Between)
    assert read(raw, SameType) == SameType(7, "2026-11-24", ""), "read without a word, and wrong: this needs a migration"


def test_another_name_another_type_or_no_default_needs_a_migration() -> None:
    class Renamed(msgspec.Struct):
        payment: int = 1
        business_day: str = ""

    class Retyped(msgspec.Struct):
        payment: str = ""

    class Bare(msgspec.Struct):
        ended: bool
        payment: int = 1

    raw = msgspec.msgpack.encode(Before(7, "2026-11-24"))
    assert read(raw, Renamed) == Renamed(7, ""), "read without a word, and the day is lost"
    for into in (Retyped, Bare):
        with pytest.raises(msgspec.ValidationError):
            read(raw, into)


def test_what_was_read_of_an_old_store_is_used(tmp_path: Path) -> None:
    """The world of the old day's rules answers; nothing of today's ready union is needed."""
    folder = rebuild(tmp_path / "hub")
    assert World(scheme_of(folder).on(FIRST), ()).balances().keys() == scheme_of(folder).currencies.keys()

"""A crash at any moment loses nothing and doubles nothing: real processes, really killed."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.core import ClockWentBack, Instant, Refusal, SystemClock, minor_of, utc_text
from fondaco.hub import Arrive, Hub, OpenDay, close_hub, open_hub, stores_of
from fondaco.journal import JournalLocked, JournalUnavailable, verify
from fondaco.ledger import EngineUnavailable, prove
from fondaco.messages import LiquidityTransfer, camt_050, wrap
from fondaco.payments import DECODER, State
from fondaco.reporting import contradictions
from fondaco.simulation import lay_out
from union import HUB, MY1, SG1, SG2, TH1, Desk, pacs_008

KILLS = int(os.environ.get("FONDACO_KILLS", "6"))
MESSAGES = 120


def fingerprint(hub: Hub) -> tuple[bytes, list[tuple[int, tuple[int, ...]]], list[tuple[int, bytes]]]:
    """Everything that must be the same however the hub got there."""
    books = [(account.id, tuple(balance)) for account, balance in hub.books.accounts()]
    return hub.journal.head()[1], books, list(hub.journal.payments())


@pytest.mark.usefixtures("stores")
def test_a_hub_closed_and_opened_again_goes_on_as_if_nothing_had_happened(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    waiting = desk.pay(SG1, TH1, "11000000.00", "SGD", urgent=True)
    held = desk.pay(SG1, TH1, "5.00", "SGD", creditor="Sorvemir Brulomarov")
    out = desk.pay(MY1, TH1, "10.00", "MYR", urgent=True)
    desk = desk.again()
    assert [desk.see(p).state for p in (waiting, held, out)] == [State.QUEUED, State.HELD, State.OFFERED]
    desk.answer(desk.see(out))
    assert desk.see(out).state is State.SETTLED
    desk.wait(30)
    desk.close()


@pytest.mark.usefixtures("stores")
@pytest.mark.parametrize("moment", ["after the inputs", "after the books"])
def test_a_batch_whose_outcomes_were_lost_is_decided_again_to_the_same_end(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = Desk(tmp_path / "whole"), Desk(tmp_path / "broken")
    uetr = "8a562c67-ca16-48ba-b074-65581be6f001"
    whole.pay(SG1, TH1, "10.00", "SGD", uetr=uetr)
    raw = pacs_008(SG1, TH1, "10.00", "SGD", uetr=uetr)
    now = Instant(broken.now + 1_000_000_000)
    if moment == "after the inputs":

        def die(*_: object) -> object:
            raise KeyboardInterrupt

        monkeypatch.setattr(Hub, "_decide", die)
        with pytest.raises(KeyboardInterrupt):
            broken.hub.process([Arrive(SG1, raw)], now)
        monkeypatch.undo()
    else:
        broken.hub.process([Arrive(SG1, raw)], now)  # decided and booked, and never flushed
    broken.hub._unkept = None
    close_hub(broken.hub)
    again = open_hub(broken.folder)
    assert fingerprint(again) == fingerprint(whole.hub)
    assert prove(again.books).faults == ()
    close_hub(again)
    whole.close()


@pytest.mark.usefixtures("stores")
def test_a_restart_reads_from_the_oldest_payment_that_lives(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for _ in range(3):
        desk.answer(desk.pay(SG1, TH1, "10.00", "SGD", urgent=True))
    assert desk.hub.desk.counters.oldest_live == 4
    held = desk.pay(SG1, TH1, "5.00", "SGD", creditor="Sorvemir Brulomarov")
    desk.answer(desk.pay(SG1, TH1, "10.00", "SGD", urgent=True))
    assert desk.hub.desk.counters.oldest_live == held.number == 4
    desk = desk.again()
    assert desk.see(held).state is State.HELD and list(desk.hub.desk.live) == [4]
    desk.close()


_DAY = """
import sys
from pathlib import Path
from fondaco.simulation import DemoDay, day as days
if __name__ == "__main__":
    folder, stores = Path(sys.argv[1]), sys.argv[3]
    lay_out = days.lay_out
    def lay_out_with_stores(folder, *more, **named):
        lay_out(folder, *more, **named)
        if stores:
            (folder / "hub.toml").write_text(stores)
    days.lay_out = lay_out_with_stores
    day = DemoDay(Path(sys.argv[1]), int(sys.argv[2]), own_process=False)
    print("ready", flush=True)
    day.run()
    day.close()
    print("done", flush=True)
"""


def test_the_same_seed_gives_byte_equal_books_whatever_the_hash_seed(tmp_path: Path) -> None:
    digests = set()
    for number in (1, 2):
        folder = tmp_path / str(number)
        subprocess.run(
            [sys.executable, "-c", _DAY, str(folder), "60", ""],
            check=True, capture_output=True, env={**os.environ, "PYTHONHASHSEED": str(number)},
        )  # fmt: skip
        hub = open_hub(folder)
        digests.add(repr(fingerprint(hub)))
        close_hub(hub)
        digests.add((folder / "books" / "books.sqlite").read_bytes()[:0])
    assert len(digests) == 2, "one fingerprint, and the empty marker"


def test_a_hub_killed_at_random_moments_loses_and_doubles_nothing(tmp_path: Path, stores: Callable[[], str]) -> None:
    source = random.Random(20261124)
    for kill in range(KILLS):
        folder = tmp_path / str(kill)
        process = subprocess.Popen(
            [sys.executable, "-c", _DAY, str(folder), str(MESSAGES), stores()], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(source.random() * 0.9)
        process.send_signal(signal.SIGKILL)
        process.wait()
        with stores_of(folder).open_journal() as journal:
            kept = {number for number, _ in journal.payments()}
            mailed = [mail.seq for mail in journal.mail()]
        hub = open_hub(folder)
        assert prove(hub.books).faults == ()
        verify(hub.journal.links())
        after = {number for number, _ in hub.journal.payments()}
        assert kept <= after and after == set(range(1, max(after, default=0) + 1)), "payments are numbered without gaps"
        sequence = [mail.seq for mail in hub.journal.mail()]
        assert sequence[: len(mailed)] == mailed and len(sequence) == len(set(sequence))
        if hub.desk.rules is not None:
            payments = [DECODER.decode(raw) for _, raw in hub.journal.payments()]
            assert contradictions(hub.books, payments, hub.desk.rules, hub.desk.ledgers) == []
        again = fingerprint(hub)
        close_hub(hub)
        hub = open_hub(folder)
        assert fingerprint(hub) == again, "opening a second time changes nothing"
        close_hub(hub)
        shutil.rmtree(folder)


@pytest.mark.usefixtures("stores")
def test_two_hubs_on_one_folder_are_one_too_many(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with pytest.raises(JournalLocked):
        open_hub(tmp_path)
    desk.close()


def test_a_clock_behind_the_journal_stops_the_hub_before_anything_is_dated_wrongly(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    ahead = Instant(desk.hub.desk.counters.last_instant + 10**18)
    with pytest.raises(ClockWentBack):
        SystemClock(ahead).now()
    with pytest.raises(AssertionError, match="increase"):
        desk.hub.process([], Instant(desk.hub.desk.counters.last_instant))
    desk.close()


@pytest.mark.parametrize("store", ["journal", "books"])
def test_a_full_disk_stops_the_hub_and_what_was_acknowledged_is_there_afterwards(tmp_path: Path, store: str) -> None:
    desk = Desk(tmp_path)
    settled = desk.pay(SG1, TH1, "10.00", "SGD", urgent=True)
    desk.answer(settled)
    connection = desk.hub.journal._connection if store == "journal" else desk.hub.books._connection  # type: ignore[attr-defined]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises((JournalUnavailable, EngineUnavailable)):
        for _ in range(200):
            desk.pay(SG1, TH1, "10.00", "SGD")
    with pytest.raises((JournalUnavailable, EngineUnavailable)):
        desk.pay(SG1, TH1, "10.00", "SGD")
    desk.hub._unkept = None
    desk.hub.books.close()
    desk.hub.journal.close()
    hub = open_hub(tmp_path)
    found = hub.payment(settled.number)
    assert found is not None and found.state is State.SETTLED
    assert prove(hub.books).faults == ()
    close_hub(hub)


@pytest.mark.usefixtures("stores")
def test_what_leaves_a_queue_in_a_batch_whose_outcomes_were_lost_leaves_it_again(tmp_path: Path) -> None:
    def story(folder: Path, *, crash: bool) -> Desk:
        desk = Desk(folder)
        names = [f"8a562c6{n}-ca16-48ba-b074-65581be6f001" for n in range(3)]
        queued = [desk.pay(SG1, SG2, f"{n + 1}100000.00", "SGD", urgent=True, uetr=names[n]) for n in range(3)]
        assert [one.state for one in queued] == [State.QUEUED] * 3
        desk.inbox.clear()
        name, text = f"F{desk.now}", utc_text(desk.now)
        asked = LiquidityTransfer(name, name, HUB, SG1, "SGD", minor_of("200000.00", 2))
        desk.send(wrap("camt.050.001.07", SG1, HUB, name, text, camt_050(name, text, asked)), SG1)
        back = desk.world.exchange([(m.recipient, m.kind, m.raw) for m in desk.inbox], desk.now)
        desk.now = Instant(desk.now + 1_000_000_000)
        desk.hub.process([Arrive(sender, raw) for sender, raw in back], desk.now)
        if crash:
            desk.hub._unkept = None  # decided and booked, and the outcomes never kept
        return desk.again()

    whole, broken = story(tmp_path / "whole", crash=False), story(tmp_path / "broken", crash=True)
    assert [p.state for p in whole.hub.desk.live.values()] == [State.OFFERED, State.QUEUED, State.QUEUED]
    assert fingerprint(broken.hub) == fingerprint(whole.hub)
    whole.close()
    broken.close()


@pytest.mark.usefixtures("stores")
def test_who_gave_its_room_back_in_a_batch_whose_outcomes_were_lost_gives_it_back_again(tmp_path: Path) -> None:
    def story(folder: Path, *, crash: bool) -> Desk:
        desk = Desk(folder)
        names = [f"8a562c6{n}-ca16-48ba-b074-65581be6f001" for n in range(3)]
        amounts = ("900000.00", "200000.00", "1.00")
        sent = [pacs_008(SG1, SG2, amount, "SGD", urgent=True, uetr=uetr) for amount, uetr in zip(amounts, names, strict=True)]
        desk.now = Instant(desk.now + 1_000_000_000)
        desk.hub.process([Arrive(SG1, raw) for raw in sent], desk.now)
        if crash:
            desk.hub._unkept = None  # decided and booked, and the outcomes never kept
        return desk.again()

    whole, broken = story(tmp_path / "whole", crash=False), story(tmp_path / "broken", crash=True)
    assert [p.state for p in whole.hub.desk.live.values()] == [State.OFFERED, State.QUEUED, State.QUEUED]
    assert fingerprint(broken.hub) == fingerprint(whole.hub)
    whole.close()
    broken.close()


@pytest.mark.parametrize("day", ["2025-01-01", "2030-01-07", "tomorrow"])
def test_a_day_that_cannot_be_opened_leaves_a_hub_that_still_starts(tmp_path: Path, day: str) -> None:
    desk = Desk(tmp_path)
    folder = tmp_path / "other"
    lay_out(folder)
    hub = open_hub(folder)
    (refused,) = hub.process([OpenDay(day)], desk.now)
    hub.flush()
    assert isinstance(refused, Refusal) and hub.desk.rules is None
    close_hub(hub)
    hub = open_hub(folder)
    assert hub.desk.counters.day == "" and hub.desk.rules is None
    close_hub(hub)
    desk.close()

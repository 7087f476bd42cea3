"""The store beside its hub: backed up with it while it is open, restored with it; other processes beside it; kills."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import cbor2
import msgspec
import pytest

from access_world import NOW, ORIGIN, SITE, World, adding, later
from fondaco.access import AccessStore, Caller, Grant, Looks, Passkeys, People, Proof, Role, read_certificate
from fondaco.access.migrations import MIGRATIONS
from fondaco.access.one_use_secrets import OneUseSecrets
from fondaco.access.seen import SeenBefore, Sight
from fondaco.core import bring_up
from fondaco.hub import restore_backup, take_backup
from union import Desk

KILLS = int(os.environ.get("FONDACO_KILLS", "3"))


def test_a_backup_holds_who_may_enter_and_no_key(tmp_path: Path) -> None:
    Desk(tmp_path / "hub").close()
    world = World(tmp_path / "hub")
    world.person("anna", Role.AUDITOR)
    take_backup(tmp_path / "hub", tmp_path / "backup", "test", NOW)
    world.done(adding(Grant("late", "", (Role.AUDITOR,))))
    names = {path.name for path in (tmp_path / "backup").rglob("*")}
    assert "access.db" in names
    assert not {"access.key", "access.db-wal", "access.db.lock"} & names
    restore_backup(tmp_path / "backup", tmp_path / "again")
    with AccessStore(tmp_path / "again") as store:
        assert [one.name for one in People(store, OneUseSecrets(store)).all()] == ["anna"]
        assert Looks(store).broken() == 0
    assert (tmp_path / "again" / "access.db").stat().st_mode & 0o077 == 0
    world.store.close()


def test_two_processes_write_one_log(world: World, tmp_path: Path) -> None:
    caller = Caller("sup", "", frozenset({Role.SUPERVISOR}), Proof.SESSION, frozenset({"SG"}))
    with AccessStore(tmp_path) as other:
        for i in range(20):
            Looks(other if i % 2 else world.store).note(caller, "payment.look", [f"payment {i}"], NOW)
        assert Looks(other).broken() == 0
        assert world.looks.head()[0] == 20


def test_reading_waits_for_no_write_and_sees_what_is_kept(world: World) -> None:
    world.person("anna", Role.AUDITOR)
    inside, go = threading.Event(), threading.Event()

    def write() -> None:
        with world.store.transaction() as connection:
            connection.execute("DELETE FROM person")
            assert world.people.find("anna") is None, "its own transaction sees it"
            inside.set()
            assert go.wait(timeout=60)

    thread = threading.Thread(target=write)
    thread.start()
    assert inside.wait(timeout=60)
    assert world.people.find("anna") is not None, "answered while the write is open, from what is kept"
    go.set()
    thread.join(timeout=60)
    assert world.people.find("anna") is None


WRITER = """
import sys
from pathlib import Path
from fondaco.access import AccessStore, Caller, Looks, Proof, Role, SeenBefore, Sight
store = AccessStore(Path(sys.argv[1]))
looks, seen = Looks(store), SeenBefore(store)
caller = Caller("sup", "", frozenset({Role.SUPERVISOR}), Proof.SESSION, frozenset({"SG"}))
number = looks.head()[0]
while True:
    number += 1
    assert seen.note([Sight("m", str(number), b"", 10**18)], 0) == [None]
    looks.note(caller, "payment.look", [f"payment {number}"], 0)
    print(number, flush=True)
"""


def test_what_was_told_is_there_after_a_kill(tmp_path: Path) -> None:
    """A look that was answered is in the log, and what was seen is remembered, whenever the process dies."""
    draw = random.Random(4)
    for _ in range(KILLS):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        told = int(process.stdout.readline())
        time.sleep(draw.random() * 0.3)
        process.send_signal(signal.SIGKILL)
        told = max([told, *(int(line) for line in process.stdout.read().split() if line.isdecimal())])
        process.wait()
        with AccessStore(tmp_path) as store:
            looks = Looks(store)
            assert looks.broken() == 0
            assert looks.head()[0] >= told
            (count,) = store.rows("SELECT count(*) FROM seen")[0]
            assert count >= told
            # What was remembered and not yet told is forgotten here, so that the next writer goes on from the log.
            with store.transaction() as connection:
                connection.execute("DELETE FROM seen WHERE CAST(id AS INTEGER) > ?", (looks.head()[0],))


def test_a_store_of_the_first_form_comes_up_with_its_passkeys_and_a_copy_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "access.db"
    first = sqlite3.connect(path, isolation_level=None)
    bring_up(first, path, MIGRATIONS[:1])
    grant = msgspec.json.encode(Grant("anna", "", (Role.AUDITOR,)))
    first.execute("INSERT INTO person (name, granted, active, made_at) VALUES ('anna',?,1,1)", (grant,))
    cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32})
    first.execute("INSERT INTO passkey VALUES (x'aa','anna',?,0,2,3)", (cose,))
    first.close()
    with AccessStore(tmp_path) as store:
        with store.transaction() as connection:
            connection.execute("INSERT INTO crl VALUES ('ca', '1', 0, 1)")
        assert store.register_version() == 1, "the register's changes are counted from now on"
        (kept,) = Passkeys(store, OneUseSecrets(store), SITE, ORIGIN).of("anna")
        assert (kept.name, kept.used_at, kept.key.credential) == ("passkey", 3, b"\xaa")
        assert kept.key.public_key == b"\x04" + b"x" * 32 + b"y" * 32
    assert len(list(tmp_path.glob("access.db*1*"))) == 1, "what it was before is kept"


def test_what_the_register_answers_from_is_known_by_its_changes_alone(world: World, tmp_path: Path) -> None:
    """What was seen, looked at or said changes nothing of it; any change of a certificate or a list does, whoever makes it and however."""
    der = world.machine("bank-a")
    store, other = world.store, AccessStore(world.folder)
    try:
        before = store.register_version()
        assert before == other.register_version() >= 1
        SeenBefore(store).note([Sight("xml ZZBASG01", "M1", b"x", later(60))], NOW)
        Looks(other).note(Caller("auditor", "", frozenset({Role.AUDITOR}), Proof.SESSION), "audit", ["payment"], NOW)
        assert store.register_version() == other.register_version() == before
        thumbprint = read_certificate(der).thumbprint
        for change in (
            f"UPDATE certificate SET why='lost' WHERE thumbprint='{thumbprint}'",
            "INSERT INTO crl VALUES ('ca', '1', 0, 1)",
            "INSERT OR REPLACE INTO crl VALUES ('ca', '2', 0, 1)",
            "INSERT INTO crl_entry VALUES ('ca', '7', 0)",
            "DELETE FROM crl_entry",
            f"DELETE FROM certificate WHERE thumbprint='{thumbprint}'",
        ):
            with other.transaction() as connection:
                assert other.register_version() == -1
                connection.execute(change)
            now = store.register_version()
            assert now == other.register_version() > before, change
            before = now
        with pytest.raises(ZeroDivisionError), other.transaction() as connection:
            connection.execute("DELETE FROM crl")
            raise ZeroDivisionError
        assert store.register_version() == before, "what was not kept was no change"
    finally:
        other.close()

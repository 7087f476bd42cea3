"""What a register remembers of its file is forgotten when anybody writes to it, in whichever process."""

from __future__ import annotations

from pathlib import Path

from access_world import NOW, World, is_caller, later
from fondaco.access import CONNECT, AccessStore, Register, from_pem


def test_a_revocation_by_another_counts_for_the_very_next_question(tmp_path: Path) -> None:
    world = World(tmp_path)
    der = world.machine("bank-1")
    with AccessStore(tmp_path) as other:
        asking = Register(other)
        assert is_caller(asking.recognise(der, CONNECT, later(1))) and is_caller(asking.recognise(der, CONNECT, later(2)))
        (known,) = world.register.of_name("bank-1")
        assert world.register.revoke(known.facts.thumbprint, "operator-1", "key lost", later(3)) is None
        assert not is_caller(asking.recognise(der, CONNECT, later(4)))
        assert not is_caller(world.register.recognise(der, CONNECT, later(4)))
    world.store.close()


def test_an_authoritys_list_by_another_counts_at_once_and_runs_out_by_itself(tmp_path: Path) -> None:
    world = World(tmp_path)
    first, second = world.machine("bank-1"), world.machine("bank-2")
    with AccessStore(tmp_path) as other:
        asking = Register(other)
        assert is_caller(asking.recognise(first, CONNECT, later(1)))
        world.authority.revoke("bank-1", later(2))
        authority = from_pem((world.authority.folder / "ca.pem").read_bytes())
        crl = (world.authority.folder / "ca.crl").read_bytes()
        assert world.register.take_crl(crl, authority, later(3)) == 1
        assert not is_caller(asking.recognise(first, CONNECT, later(4)))
        assert is_caller(asking.recognise(second, CONNECT, later(4)))
        assert not is_caller(asking.recognise(second, CONNECT, later(40 * 86_400))), "the list is out of date by then"
    world.store.close()


def test_within_a_transaction_nothing_is_remembered(tmp_path: Path) -> None:
    world = World(tmp_path)
    der = world.machine("bank-1")
    (known,) = world.register.of_name("bank-1")
    assert is_caller(world.register.recognise(der, CONNECT, NOW))
    with world.store.transaction() as connection:
        connection.execute("UPDATE certificate SET revoked_at=?, revoked_by='x', why='y'", (NOW,))
        assert not is_caller(world.register.recognise(der, CONNECT, NOW)), "its own writing is seen"
        connection.execute("UPDATE certificate SET revoked_at=NULL, revoked_by='', why=''")
    assert is_caller(world.register.recognise(der, CONNECT, NOW)) and known.purpose == CONNECT
    world.store.close()

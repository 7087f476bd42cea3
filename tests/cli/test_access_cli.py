"""People and certificates at the command line: two operators give, one takes away, and the log tells it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import fondaco, now
from fondaco.access import Access, Enrolment, Entered
from fondaco.access.one_time_code import code_of, step_of
from fondaco.core import Instant


@pytest.fixture
def home(tmp_path: Path) -> Path:
    fondaco("init", "straits", tmp_path / "hub")
    return tmp_path


def by(home: Path, number: int, note: str = "council of 23 November") -> tuple[str | Path, ...]:
    name = f"operator-{number}"
    return ("--officer", name, "--key", home / "hub-keys" / f"{name}.key", "--note", note, "--hub", home / "hub")


def test_two_operators_give_an_account_and_one_takes_it_away(home: Path) -> None:
    at = ("--hub", home / "hub")
    add = ("access", "add", "anna", "--role", "supervisor", "--jurisdiction", "SG")
    assert "proposal 1 PROPOSED" in fondaco(*add, *by(home, 1))
    assert "supervisor of the operator SG  by operator-1" in fondaco("access", "pending", *at)
    assert "RIGHT_NOT_HELD" in fondaco(*add, *by(home, 1), code=1), "the same operator again"
    done = json.loads(fondaco(*add, *by(home, 2), "--json"))
    assert done["state"] == "DONE"
    assert "none" in fondaco("access", "pending", *at)
    given = now()
    with Access(home / "hub", "https://hub.example") as access:
        begun = access.entrance.enrol_password(done["link"], given)
        assert isinstance(begun, Enrolment)
        from base64 import b32decode

        secret = b32decode(begun.uri.partition("secret=")[2].partition("&")[0])
        access.entrance.finish_password(begun.ceremony, "seven grey herons wait", code_of(secret, step_of(given)), given)
        soon = Instant(int(given) + 30_000_000_000)
        assert isinstance(
            access.entrance.log_in("anna", "seven grey herons wait", code_of(secret, step_of(soon)), "p", soon), Entered
        )
    (row,) = json.loads(fondaco("access", "people", *at, "--json"))
    assert (row["name"], row["active"], row["password"], row["jurisdiction"]) == ("anna", True, True, ["SG"])
    assert "no access any more" in fondaco("access", "disable", "anna", *by(home, 1))
    assert "DISABLED" in fondaco("access", "people", *at)
    assert "NOT_FOUND" in fondaco("access", "disable", "anna", *by(home, 1), code=1)
    assert "PROPOSED" in fondaco("access", "enable", "anna", *by(home, 2))
    assert "OUT_OF_TURN" not in fondaco("access", "withdraw", "2", *by(home, 2))
    assert "NOT_FOUND" in fondaco("access", "reset", "nobody", *by(home, 1), code=1)
    said = fondaco("access", "looks", "--subject", "person anna", *at)
    for part in ("operator-1  propose person", "operator-2  approve person", "log in", "take away person", "withdraw enable"):
        assert part in said, part


def test_a_wrong_key_a_wrong_role_and_a_compliance_officer_are_refused(home: Path) -> None:
    add = ("access", "add", "anna", "--role", "auditor", "--note", "x", "--hub", home / "hub")
    keys = home / "hub-keys"
    assert "NOT_RECOGNISED" in fondaco(*add, "--officer", "operator-1", "--key", keys / "operator-2.key", code=1)
    assert "NOT_RECOGNISED" in fondaco(*add, "--officer", "officer-1", "--key", keys / "officer-1.key", code=1)
    fondaco("access", "add", "anna", "--role", "boss", *by(home, 1), code=2)
    assert "maker is no checker" in fondaco(
        "access", "add", "anna", "--role", "operator-maker", "--role", "operator-checker", *by(home, 1), code=1
    )


def test_certificates_are_issued_registered_rotated_and_revoked(home: Path) -> None:
    at, ca = ("--hub", home / "hub"), home / "ca"
    assert "DEMO" in fondaco("ca", "init", ca)
    fondaco("ca", "init", ca, code=1)
    fondaco("ca", "issue", home, "bank-a", code=3)
    assert "DEMO" in fondaco("ca", "issue", ca, "bank-a")
    assert (ca / "bank-a.key").stat().st_mode & 0o077 == 0
    words = ("bank-a", "--role", "member-maker", "--institution", "ZZBASG01", "--overlap-hours", "1")
    fondaco("access", "register", ca / "bank-a.pem", *words, *by(home, 1))
    fondaco("access", "register", ca / "bank-a.pem", *words, *by(home, 2))
    (first,) = json.loads(fondaco("access", "certificates", *at, "--json"))
    assert (first["name"], first["institution"], first["purpose"], first["revoked"]) == ("bank-a", "ZZBASG01", "connect", "")
    fondaco("ca", "issue", ca, "bank-a", "--edwards")
    for number in (1, 2):
        fondaco("access", "register", ca / "bank-a.pem", *words, *by(home, number))
    rows = json.loads(fondaco("access", "certificates", *at, "--json"))
    assert len(rows) == 2
    assert min(row["until"] for row in rows) < first["until"], "the old one ends after the overlap"
    assert "no access any more" in fondaco("access", "revoke", first["thumbprint"], *by(home, 2, "key lost"))
    assert fondaco("access", "certificates", *at).count("REVOKED") == 1
    fondaco("ca", "revoke", ca, "bank-a")
    assert "names 1" in fondaco("access", "crl", ca / "ca.crl", "--authority", ca / "ca.pem", *at)
    fondaco("access", "register", home / "none.pem", *words, *by(home, 1), code=3)
    fondaco("access", "crl", ca / "bank-a.pem", "--authority", ca / "ca.pem", *at, code=1)
    assert "take away certificate" in fondaco("access", "looks", "--subject", "machine bank-a", *at)


def test_an_altered_log_ends_with_a_code_that_says_so(home: Path) -> None:
    fondaco("access", "add", "anna", "--role", "auditor", *by(home, 1))
    import sqlite3

    with sqlite3.connect(home / "hub" / "access.db") as connection:
        connection.execute("UPDATE look SET who='somebody'")
    assert "line 1" in fondaco("access", "looks", "--hub", home / "hub", code=1)

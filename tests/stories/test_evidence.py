"""The evidence of a day: a third party verifies it with programs of its own, and whatever was changed is found."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import Refusal
from fondaco.hub import CloseCycle, Tick, disclosure, write_bundle
from fondaco.journal import JournalHead, Tree, head_text, leaf_hash, sided
from fondaco.journal.merkle import node_hash
from fondaco.payments import State
from union import SG1, SG2, TH1, Desk

PROGRAMS = ("openssl", "sqlite3", "xmlsec1", "hledger", "sha256sum")
KEY = ec.derive_private_key(0xF07DAC0, ec.SECP256R1())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Path]]:
    """A day with a payment settled gross, two in a cycle of which one changes currency, one refused and one queued; and its bundle."""
    home = tmp_path_factory.mktemp("evidence")
    desk = Desk(home / "hub")
    desk.answer(desk.pay(SG1, SG2, "1000.00", "SGD", urgent=True))
    across = desk.pay(SG2, TH1, "250.00", "SGD")
    desk.answer(across)
    desk.answer(desk.pay(SG2, SG1, "90.00", "SGD"))
    refused = desk.pay(SG1, SG2, "5.00", "SGD", urgent=True)
    desk.answer(refused, "RJCT", "AC04")
    waits = desk.pay(SG1, SG2, "9000000.00", "SGD", urgent=True)
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    desk.do(Tick())
    assert desk.see(across).state is State.SETTLED and desk.see(waits).state is State.QUEUED
    bundle = write_bundle(desk.hub, desk.day.isoformat(), home / "bundle", KEY, None, lambda _: None)
    assert not isinstance(bundle, Refusal) and bundle.statements > 5
    yield desk, home / "bundle"
    desk.close()


def rows_of(bundle: Path, table: str) -> list[dict[str, str]]:
    with (bundle / "tables" / f"{table}.csv").open() as lines:
        return list(csv.DictReader(lines))


def test_the_tables_say_what_was_done(made: tuple[Desk, Path]) -> None:
    desk, bundle = made
    volumes = {(row["currency"], row["mode"]): row for row in rows_of(bundle, "volumes")}
    assert (volumes["SGD", "gross"]["legs"], volumes["SGD", "gross"]["value_minor"]) == ("1", "100000")
    assert (volumes["SGD", "net"]["legs"], volumes["SGD", "net"]["value_minor"]) == ("2", "34000")
    (row,) = [row for row in rows_of(bundle, "netting") if row["currency"] == "SGD"]
    # SG2 owes 250.00 to who changes it and is owed nothing but by SG1 less 90.00 that it pays it: all of it stands.
    assert (row["gross_minor"], row["net_minor"]) == ("34000", "34000")
    outcomes = {(row["event"], row["article"]): row["steps"] for row in rows_of(bundle, "outcomes")}
    assert outcomes["CREDITOR_REFUSED", "8.4"] == "1" and outcomes["CAP_REACHED", "7.2"] == "1"
    assert outcomes["CYCLE_SETTLED", "9.1"] == "2" and outcomes["CREDITOR_ACCEPTED_GROSS", "8.3"] == "1"
    (queue,) = rows_of(bundle, "queue")
    assert queue == {"currency": "SGD", "queued": "1", "value_minor": "900000000", "settled": "0"}
    speed = {row["corridor"]: row for row in rows_of(bundle, "speed")}
    assert speed["SGD-SGD"]["payments"] == "2" and speed["SGD-THB"]["within_day_ppm"] == "1000000"
    assert disclosure(desk.hub, desk.day.isoformat()) == disclosure(desk.hub, desk.day.isoformat())


def test_each_row_leads_back_to_its_entries(made: tuple[Desk, Path]) -> None:
    desk, bundle = made
    entries = {(link.number, place): entry for link in desk.hub.journal.links() for place, entry in enumerate(link.entries())}
    lineage = rows_of(bundle, "lineage")
    of_volumes = [row for row in lineage if (row["of_table"], row["of_row"]) == ("volumes", "SGD net")]
    assert len(of_volumes) == 2
    minor = 0
    for row in of_volumes:
        entry = entries[int(row["link"]), int(row["place"])]
        assert entry.subject == f"payment {row['payment']}" and "CYCLE_SETTLED" in entry.event
        minor += int(entry.facts.split()[1])
    assert minor == 34_000
    for name in ("netting", "concentration", "queue", "outcomes", "speed", "cost"):
        assert [row for row in lineage if row["of_table"] == name], name


def test_what_is_not_there_is_refused(made: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, bundle = made
    never = write_bundle(desk.hub, "2020-01-01", tmp_path / "never", KEY, None, lambda _: None)
    assert isinstance(never, Refusal) and not list(tmp_path.iterdir())
    assert isinstance(disclosure(desk.hub, "2020-01-01"), Refusal)
    head = msgspec.json.decode((bundle / "head.json").read_bytes(), type=JournalHead)
    again = write_bundle(desk.hub, desk.day.isoformat(), tmp_path / "again", KEY, head, lambda _: None)
    assert not isinstance(again, Refusal) and again.root == head.root
    forked = msgspec.structs.replace(head, root="00" * 32)
    longer = msgspec.structs.replace(head, size=head.size + 1)
    for other in (forked, longer):
        refused = write_bundle(desk.hub, desk.day.isoformat(), tmp_path / "other", KEY, other, lambda _: None)
        assert isinstance(refused, Refusal) and "does not continue" in refused.found
    assert not (tmp_path / "other").exists()


def test_what_an_interrupted_attempt_left_is_removed(made: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, _ = made

    def stops(what: str) -> None:
        if what == "books":
            raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        write_bundle(desk.hub, desk.day.isoformat(), tmp_path / "night", KEY, None, stops)
    assert not (tmp_path / "night").exists()
    again = write_bundle(desk.hub, desk.day.isoformat(), tmp_path / "night", KEY, None, lambda _: None)
    assert not isinstance(again, Refusal) and [path.name for path in tmp_path.iterdir()] == ["night"]
    assert (tmp_path / "night").stat().st_mode & 0o077 == 0, "as confidential as the hub"
    named = {line.split("  ")[1] for line in (tmp_path / "night" / "MANIFEST.sha256").read_text().splitlines()}
    there = {path.relative_to(tmp_path / "night").as_posix() for path in (tmp_path / "night").rglob("*") if path.is_file()}
    assert there - named == {"MANIFEST.sha256", "MANIFEST.sha256.sig"} and not named - there


@given(st.integers(1, 70).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))))
def test_a_path_with_its_sides_leads_to_the_root(case: tuple[int, int]) -> None:
    size, index = case
    tree = Tree()
    for at in range(size):
        tree.append(bytes([at]))
    node = leaf_hash(bytes([index]))
    for side, one in sided(index, size, tree.inclusion(index, size)):
        node = node_hash(one, node) if side == "L" else node_hash(node, one)
    assert node == tree.root(size)


# With the programs of whoever verifies it


def verified(bundle: Path, *key: str) -> tuple[int, str]:
    done = subprocess.run(["sh", bundle / "verify.sh", *key], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(made: tuple[Desk, Path], tmp_path: Path) -> Path:
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not here")
    return Path(shutil.copytree(made[1], tmp_path / "copy"))


def signed_again(bundle: Path, key: ec.EllipticCurvePrivateKey = KEY) -> None:
    """What whoever holds the key can do: put its signature under what was changed."""
    paths = sorted(path for path in bundle.rglob("*") if path.is_file() and not path.name.startswith("MANIFEST"))
    text = "".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.relative_to(bundle).as_posix()}\n" for one in paths)
    (bundle / "MANIFEST.sha256").write_text(text)
    (bundle / "MANIFEST.sha256.sig").write_bytes(key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))


def test_it_verifies_with_debian_programs_alone(copy: Path) -> None:
    code, said = verified(copy)
    assert (code, said.splitlines()[-1]) == (0, "verify: everything holds"), said
    assert "FAULT" not in said and said.count("signature of statements/") == len(list((copy / "statements").iterdir()))


def run_sql(text: str) -> Callable[[Path], None]:
    def change(bundle: Path) -> None:
        with closing(sqlite3.connect(bundle / "evidence.sqlite")) as store, store:
            store.executescript(text)

    return change


def in_file(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(bundle: Path) -> None:
        path = next(bundle.glob(name))
        text = path.read_text()
        assert old in text, f"{old} is not in {path.name}"
        path.write_text(text.replace(old, new, 1))

    return change


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (run_sql("UPDATE entry SET facts = replace(facts, '100000', '100001')"), "fault_encoding"),
        (run_sql("UPDATE link SET encoded = x'90' WHERE number = (SELECT max(link) FROM entry)"), "hashes of link"),
        (run_sql("UPDATE link SET instant = instant + 1 WHERE number = 3"), "hashes of link"),
        (run_sql("UPDATE input SET commands = x'00' WHERE link = 3"), "hashes of inputs"),
        (run_sql("UPDATE mail SET raw = x'00' WHERE seq = (SELECT max(seq) FROM mail)"), "hashes of mail"),
        (run_sql("DELETE FROM mail WHERE seq = (SELECT max(seq) FROM mail)"), "hashes of mail"),
        (run_sql("DELETE FROM link WHERE number = 4"), "fault_chain"),
        (run_sql("DELETE FROM entry WHERE subject LIKE 'payment %' AND event LIKE '%CREDITOR_REFUSED%'"), "fault_encoding"),
        (run_sql("UPDATE step SET event = 'CYCLE_SETTLED' WHERE event = 'CREDITOR_REFUSED'"), "fault_step"),
        (run_sql("DELETE FROM step WHERE event = 'CAP_REACHED'"), "fault_step"),
        (run_sql("UPDATE payment SET source_minor = source_minor + 1 WHERE number = 1"), "fault_payment"),
        (run_sql("UPDATE payment SET received_at = received_at + 1 WHERE number = 1"), "fault_payment"),
        (run_sql("UPDATE path SET hash = x'00' WHERE level = 0"), "does not stand in the log"),
        (run_sql("UPDATE head SET root = x'00'"), "another root"),
        (in_file("tables/volumes.csv", "34000", "34001"), "table volumes"),
        (in_file("books.journal", "1000.00", "1000.01"), "books:"),
        (in_file("statements/*.xml", "<Ccy>", "<Ccy> "), "signature of statements/"),
        (in_file("head.json", '"size":', '"size": 1'), "signature of head.json"),
    ],
)  # fmt: skip
def test_who_holds_the_key_cannot_say_another_thing(copy: Path, change: Callable[[Path], None], told: str) -> None:
    change(copy)
    signed_again(copy)
    code, said = verified(copy)
    faults = [line for line in said.splitlines() if line.startswith("FAULT")]
    assert code == 1 and [line for line in faults if told in line], said


def test_who_does_not_hold_the_key_is_found_by_the_first_look(copy: Path) -> None:
    run_sql("UPDATE payment SET payer = 'ZZBBSG02' WHERE number = 1")(copy)
    code, said = verified(copy)
    assert code == 1 and "FAULT  files changed" in said


def test_a_file_that_is_missing_or_new_is_told(copy: Path) -> None:
    (copy / "statements" / "more.xml").write_text("<more/>")
    assert "missing or added" in verified(copy)[1]
    (copy / "statements" / "more.xml").unlink()
    next((copy / "statements").iterdir()).unlink()
    code, said = verified(copy)
    assert code == 1 and "missing or added" in said


def test_another_key_is_not_the_hubs(copy: Path, tmp_path: Path) -> None:
    shutil.copy(copy / "hub.pem", tmp_path / "known.pem")
    assert verified(copy, str(tmp_path / "known.pem"))[0] == 0
    other = ec.generate_private_key(ec.SECP256R1())
    head = msgspec.json.decode((copy / "head.json").read_bytes(), type=JournalHead)
    (copy / "head.json.sig").write_bytes(other.sign(head_text(head), ec.ECDSA(hashes.SHA256())))
    signed_again(copy, other)
    code, said = verified(copy, str(tmp_path / "known.pem"))
    assert code == 1 and "FAULT  signature of MANIFEST.sha256" in said and "FAULT  signature of head.json" in said


def test_the_head_of_the_log_of_looks_is_in_it_where_there_is_a_log(made: tuple[Desk, Path], tmp_path: Path) -> None:
    desk, without = made
    assert not (without / "looks.json").exists()
    again = write_bundle(desk.hub, desk.day.isoformat(), tmp_path / "night", KEY, None, lambda _: None, (7, "ab" * 32))
    assert not isinstance(again, Refusal)
    told = json.loads((tmp_path / "night" / "looks.json").read_text())
    assert (told["lines"], told["head"]) == (7, "ab" * 32)
    assert "looks.json" in (tmp_path / "night" / "MANIFEST.sha256").read_text()


def test_shares_are_whole_millionths_of_any_sum() -> None:
    """A million times a busy day's rupiah is more than 63 bits: SQLite would go over to fractions without a word."""
    store = sqlite3.connect(":memory:")
    store.executescript(files("fondaco.reporting.evidence").joinpath("tables.sql").read_text())
    store.execute("DROP VIEW leg")
    store.execute("CREATE TABLE leg (currency TEXT, payer TEXT, minor INTEGER)")
    for scale in (1, 10**6, 10**12, 10**16):
        store.execute("DELETE FROM leg")
        store.executemany(
            "INSERT INTO leg VALUES ('IDR', ?, ?)", [(f"ZZB{number}", (7 - number) * scale) for number in range(1, 7)]
        )
        (row,) = store.execute("SELECT payers, first_ppm, first_five_ppm FROM table_concentration")
        assert row == (6, 285_714, 952_380) and all(isinstance(one, int) for one in row), scale

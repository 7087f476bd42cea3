"""The evidence of an ended day over HTTP: an archive that verifies itself, for who oversees the whole union, and not held in memory."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from doors import Door, door_on
from fondaco.access import Grant, Looks, Role
from fondaco.client import Client, NotThere, Refused
from fondaco.hub import CloseCycle, EndDay, Tick
from fondaco.hub.bundling import write_archive
from tls_doors import TlsDoor
from union import SG1, SG2, TH1, Desk, at_rest

pytestmark = pytest.mark.server
PROGRAMS = ("openssl", "sqlite3", "xmlsec1", "hledger", "sha256sum")
KEY = ec.derive_private_key(0xF07DAC0, ec.SECP256R1())
COUNTRIES = "ID KR MY PH SG TH"


def watching(countries: str) -> str:
    """A supervisor of these countries, as a test's door believes it."""
    return f"caller:watch::supervisor:session:{countries}:"


@pytest.fixture(scope="module", params=[0, 1], ids=["one process", "a door before the hub"])
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A day with a payment settled gross and one in a cycle, which ended."""
    home = tmp_path_factory.mktemp("bundle")
    # For the hub alone: in the folder that all share, other tests of other processes make bundles too.
    scratch = home / "scratch"
    scratch.mkdir()
    desk = Desk(home / "hub")
    desk.answer(desk.pay(SG1, SG2, "1000.00", "SGD", urgent=True))
    desk.answer(desk.pay(SG2, TH1, "250.00", "SGD"))
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    desk.do(Tick())
    at_rest(desk)
    assert desk.do(EndDay()) is None
    desk.hub.flush()
    left = int(desk.now)
    desk.close()
    with pytest.MonkeyPatch.context() as given:
        given.setenv("TMPDIR", str(scratch))
        with door_on((home / "hub", left), home / "door", fronts=request.param) as opened:
            yield opened


def unpacked(raw: bytes, place: Path) -> Path:
    with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
        archive.extractall(place, filter="data")
    (folder,) = place.iterdir()
    return folder


def test_the_archive_verifies_itself_on_a_clean_machine(door: Door, tmp_path: Path) -> None:
    day = door.ask("GET", "/v1/day", who="auditor").json["day"]
    found = door.ask("GET", f"/v1/evidence/days/{day}/bundle", who="auditor", timeout=300)
    assert (found.status, found.headers["content-type"]) == (200, "application/x-tar"), found.raw[:500]
    assert found.headers["content-disposition"] == f'attachment; filename="evidence-{day}.tar"'
    assert int(found.headers["content-length"]) == len(found.raw) > 100_000
    folder = unpacked(found.raw, tmp_path / "there")
    assert folder.name == f"evidence-{day}"
    head = door.ask("GET", "/v1/evidence/head", who="auditor").json["batch"]
    assert json.loads((folder / "head.json").read_text())["size"] <= head
    assert json.loads((folder / "looks.json").read_text())["lines"] == 1
    assert list((door.folder.parent / "scratch").iterdir()) == [], "nothing is left on the disk"
    lacking = [one for one in PROGRAMS if shutil.which(one) is None]
    if lacking:
        pytest.skip(f"not installed: {', '.join(lacking)}")
    known = tmp_path / "known.pem"
    known.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    done = subprocess.run(["sh", folder / "verify.sh", known], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "verify: everything holds" in done.stdout, done.stdout + done.stderr


def test_it_is_for_who_oversees_every_country(door: Door) -> None:
    day = door.ask("GET", "/v1/day", who="auditor").json["day"]
    place = f"/v1/evidence/days/{day}/bundle"
    for who, status in {
        f"{SG1}-maker": 403, f"{SG1}-checker": 403, "officer": 403, "operator-1": 403, "ZZCBSG00": 403,
        watching("SG"): 404, watching("ID KR MY PH SG"): 404, watching(COUNTRIES): 200, "operator-2": 200,
    }.items():  # fmt: skip
        assert door.ask("GET", place, who=who, timeout=300).status == status, who
    assert door.ask("GET", "/v1/evidence/days/2020-01-01/bundle", who="auditor", timeout=300).status == 404
    assert door.ask("GET", "/v1/evidence/days/2026-13-01/bundle", who="auditor").status == 404


def test_the_client_writes_it_to_a_file_that_has_its_name_when_it_is_whole(door: Door, tmp_path: Path) -> None:
    day = date.fromisoformat(door.ask("GET", "/v1/day", who="auditor").json["day"])
    base = f"http://127.0.0.1:{door.port}"
    with Client(base, token=door.keys["auditor"]) as auditor:
        auditor.bundle(day, tmp_path / "day.tar", 300)
        with pytest.raises(NotThere):
            auditor.bundle(date(2020, 1, 1), tmp_path / "none.tar", 300)
    assert unpacked((tmp_path / "day.tar").read_bytes(), tmp_path / "there").name == f"evidence-{day}"
    with Client(base, token=door.keys[f"{SG1}-maker"]) as maker, pytest.raises(Refused):
        maker.bundle(day, tmp_path / "none.tar", 300)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["day.tar", "there"]


def test_an_open_day_has_none(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub")
    desk.hub.flush()
    left, day = int(desk.now), desk.day.isoformat()
    desk.close()
    with door_on((tmp_path / "hub", left), tmp_path / "door") as opened:
        found = opened.ask("GET", f"/v1/evidence/days/{day}/bundle", who="auditor")
        assert found.status == 409 and "has not ended" in found.json["detail"]


@pytest.mark.parametrize("seals", [True, False])
def test_a_served_hub_makes_them_where_it_has_a_key_and_writes_the_look_down(tmp_path: Path, seals: bool) -> None:
    opened = TlsDoor(tmp_path, seals=seals)
    try:
        opened.machine("audit", Grant("audit", "", (Role.AUDITOR,)))
        found = opened.ask("audit", "GET", "/v1/evidence/days/2020-01-01/bundle")
        assert (found.status, found.json["type"]) == (
            (404, "/docs#problem-not-found") if seals else (409, "/docs#problem-conflict")
        )
        assert "not open on 2020-01-01" in found.json["detail"] if seals else "signing key" in found.json["detail"]
        assert opened.ask("watch-sg", "GET", "/v1/evidence/days/2020-01-01/bundle").status == 404
        looks = [(one.who, one.verb, one.subject) for one in Looks(opened.world.store).all() if one.verb == "evidence.bundle"]
        assert looks == [(who, "evidence.bundle", "evidence 2020-01-01") for who in ("audit", "watch-sg")]
    finally:
        opened.stop()


def test_the_same_bundle_is_the_same_archive(tmp_path: Path) -> None:
    digests = set()
    for place, name in ((tmp_path / "a", "first"), (tmp_path / "b", "second")):
        folder = place / "evidence-2026-11-24"
        (folder / "tables").mkdir(parents=True)
        for at, one in enumerate(sorted(("head.json", "tables/cost.csv", "verify.sh"), reverse=name == "second")):
            (folder / one).write_text(one)
            (folder / one).chmod(0o600 if at else 0o755)
        write_archive(folder, tmp_path / name)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1

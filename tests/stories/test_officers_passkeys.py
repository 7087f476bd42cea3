"""An officer's passkey comes into force as an officer's key does: two operators vote for the rulebook that names it, for a day that has not begun."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from deciding_officers import devices, key_of, naming
from fondaco.compliance import Case, CaseState, Decision
from fondaco.core import Instant, PasskeyKey, Refusal, at
from fondaco.hub import CloseCycle, DecideCase, EndDay, Move, OpenDay, Rulebooks, officers_of, prove_hub
from fondaco.payments import State
from fondaco.reporting import case_html, case_report
from fondaco.rulebook import Deed, Vote, difference, read_scheme, sign_vote
from fondaco.simulation import demo_key
from software_authenticator import Authenticator, asserted
from union import SG1, TH1, Desk

TOMORROW = "2026-11-25"
HELD = devices("https://hub.example", "hub.example")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path / "hub")
    yield made
    made.close()


def say(desk: Desk, case: Case, who: str, verb: str = "RELEASE") -> Refusal | str | None:
    word = Decision(case.case_id, who, verb, "another birthday", int(desk.now), case.verdict.digest(), b"", "", case.link())
    return desk.do(DecideCase(msgspec.structs.replace(word, signature=asserted(HELD[who], word.material()).encoded())))


def voted(desk: Desk, version: str, who: str) -> Refusal | str | None:
    vote = Vote(Deed("rules", version, TOMORROW), who, "agreed in council", desk.hub.desk.counters.day, int(desk.now))
    return desk.do(Move(sign_vote(vote, demo_key(who))))


def drafted(desk: Desk, **held: Authenticator) -> Path:
    home = desk.folder.parent / f"draft-{len(held)}"
    shutil.copytree(desk.folder / "union", home)
    naming({name.replace("_", "-"): one for name, one in held.items()})(home)
    return home


def test_two_operators_register_it_and_it_signs_from_its_day_on(desk: Desk) -> None:
    home = drafted(desk, officer_1=HELD["officer-1"], officer_2=HELD["officer-2"])
    before, after = read_scheme(desk.folder / "union"), read_scheme(home)
    assert not isinstance(before, list) and not isinstance(after, list)
    places = {one.place: one.after for one in difference(before, after)}
    assert HELD["officer-1"].credential.hex() in places["officers/officer-1/passkeys/0"] and len(places) == 2
    assert after.officers[0].passkeys == (key_of(HELD["officer-1"]),)
    version = Rulebooks(desk.folder).keep(home).version
    assert str(voted(desk, version, "operator-1")).endswith("PROPOSED")
    assert isinstance(voted(desk, version, "operator-1"), Refusal), "one operator does not register it"
    first = desk.hub.desk.cases[desk.pay(SG1, TH1, "5.00", "SGD", creditor="Sorvemir Brulomarov").case]
    assert isinstance(say(desk, first, "officer-1"), Refusal)
    assert str(voted(desk, version, "operator-2")).endswith("CARRIED")
    assert isinstance(say(desk, first, "officer-1"), Refusal), "its day has not begun"
    desk.do(CloseCycle(last=True))
    desk.let_world_answer()
    assert desk.do(EndDay()) is None
    desk.now = Instant(int(at(datetime(2026, 11, 25, 1, 10, tzinfo=UTC))))
    assert desk.do(OpenDay(TOMORROW)) is None
    case = next(one for one in desk.hub.desk.cases.values() if one.open)
    assert say(desk, case, "officer-1") == "RELEASE_PROPOSED"
    assert isinstance(say(desk, desk.hub.desk.cases[case.case_id], "officer-1"), Refusal)
    assert say(desk, desk.hub.desk.cases[case.case_id], "officer-2") == "RELEASED"
    assert desk.hub.desk.cases[case.case_id].state is CaseState.RELEASED


def test_evidence_holds_the_whole_assertion_and_what_was_altered_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "hub", amend=naming(HELD))
    payment = desk.pay(SG1, TH1, "5.00", "SGD", creditor="Sorvemir Brulomarov")
    assert payment.state is State.HELD
    assert say(desk, desk.hub.desk.cases[payment.case], "officer-1", "CONFIRM") == "CONFIRM_PROPOSED"
    desk.hub = desk.again().hub
    case = desk.hub.desk.cases[payment.case]
    officers = officers_of(desk.hub.desk.scheme)
    report = case_report(case, "a payment", [], officers, "not made")
    (word,) = report.words
    assert word.signature == "holds" and word.assertion is not None
    key = PasskeyKey("https://hub.example", bytes.fromhex(word.assertion.credential), bytes.fromhex(word.assertion.public_key))
    assert key == key_of(HELD["officer-1"]) and b"webauthn.get" in bytes.fromhex(word.assertion.client_data)
    assert "holds" in case_html(report)
    assert prove_hub(desk.hub).faults == []
    stranger = asserted(HELD["officer-2"], case.decisions[0].material()).encoded()
    forged = msgspec.structs.replace(case.decisions[0], signature=stranger)
    desk.hub.desk.cases[payment.case] = msgspec.structs.replace(case, decisions=(forged,), links=())
    assert prove_hub(desk.hub).faults == [f"case {case.case_id}: word 1 bears no passkey's signature of officer-1"]
    altered = case_report(desk.hub.desk.cases[payment.case], "a payment", [], officers, "not made")
    assert altered.words[0].signature == "does not hold: it is no passkey of this officer's"
    desk.close()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_whoever_has_the_report_verifies_the_signature_with_openssl_alone(tmp_path: Path) -> None:
    """The steps of docs/compliance.md, with nothing of ours."""
    desk = Desk(tmp_path / "hub", amend=naming(HELD))
    case_id = desk.pay(SG1, TH1, "5.00", "SGD", creditor="Sorvemir Brulomarov").case
    assert say(desk, desk.hub.desk.cases[case_id], "officer-2", "RELEASE") == "RELEASE_PROPOSED"
    report = case_report(desk.hub.desk.cases[case_id], "a payment", [], officers_of(desk.hub.desk.scheme), "not made")
    desk.close()
    told = json.loads(msgspec.json.encode(report))["words"][0]["assertion"]
    for name, raw in told.items():
        (tmp_path / name).write_bytes(bytes.fromhex(raw))

    def run(script: str) -> str:
        found = subprocess.run(["bash", "-ec", script], cwd=tmp_path, capture_output=True, text=True, check=False)
        return found.stdout + found.stderr

    challenge = run("openssl dgst -sha256 -binary material | openssl base64 -A | tr '+/' '-_' | tr -d '='")
    assert f'"challenge": "{challenge}"' in (tmp_path / "client_data").read_text()
    verify = (
        "(printf '\\x30\\x59\\x30\\x13\\x06\\x07\\x2a\\x86\\x48\\xce\\x3d\\x02\\x01\\x06\\x08\\x2a\\x86\\x48\\xce\\x3d\\x03\\x01\\x07\\x03\\x42\\x00'; "
        "cat public_key) | openssl pkey -pubin -inform DER -out key.pem; "
        "(cat authenticator_data; openssl dgst -sha256 -binary client_data) > signed; "
        "openssl dgst -sha256 -verify key.pem -signature signature signed"
    )
    assert "Verified OK" in run(verify)
    (tmp_path / "client_data").write_bytes((tmp_path / "client_data").read_bytes() + b" ")
    assert "Verified OK" not in run(verify)

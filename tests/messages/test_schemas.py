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

from fondaco.messages import explain, known_kinds, read_edge
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


XS = "{http://www.w3.org/2001/XMLSchema}"


def shape(path: Path) -> dict[str, object]:
    """What a schema lets pass, whatever its types are called: for each place the order, number and facets of what may stand there.
    A type is told by the place where it is first met, so that recursive types end."""
    root = etree.parse(str(path)).getroot()
    named = {str(one.get("name")): one for one in root if one.tag in (XS + "complexType", XS + "simpleType")}
    shapes: dict[str, object] = {}
    met: dict[str, str] = {}

    def facets(simple: etree._Element) -> object:
        found: list[object] = []
        restriction = simple.find(XS + "restriction")
        assert restriction is not None
        base = str(restriction.get("base"))
        if base in named:
            found.append(facets(named[base]))
        else:
            found.append(base)
        for facet in restriction:
            value = str(facet.get("value"))
            number = value.lstrip("-").replace(".", "", 1).isdecimal() and not facet.tag.endswith("enumeration")
            found.append((facet.tag, float(value) if number else value))
        return sorted(map(repr, found))

    def enter(kind: etree._Element, place: str) -> None:
        name = str(kind.get("name"))
        if kind.tag == XS + "simpleType":
            shapes[place] = facets(kind)
            return
        if name in met:
            shapes[place] = f"as at {met[name]}"
            return
        met[name] = place
        rows: list[object] = []
        content = kind.find(f"{XS}simpleContent/{XS}extension")
        if content is not None:
            base = str(content.get("base"))
            rows.append(facets(named[base]) if base in named else base)
        for attribute in kind.iter(XS + "attribute"):
            rows.append((attribute.get("name"), attribute.get("use", "optional"), inner(attribute)))
        groups = [one for one in kind if one.tag in (XS + "sequence", XS + "choice")]
        for group in groups:
            rows.append(group.tag)
            for one in group:
                rows.append(
                    (one.tag, one.get("name"), one.get("minOccurs", "1"), one.get("maxOccurs", "1"), one.get("processContents"))
                )
                if one.tag == XS + "element":
                    own = one.find(XS + "simpleType")
                    if own is not None:
                        shapes[f"{place}/{one.get('name')}"] = facets(own)
                    elif str(one.get("type")) in named:
                        enter(named[str(one.get("type"))], f"{place}/{one.get('name')}")
                    else:
                        shapes[f"{place}/{one.get('name')}"] = [repr(one.get("type"))]
        shapes[place] = rows

    def inner(attribute: etree._Element) -> object:
        own = attribute.find(XS + "simpleType")
        if own is not None:
            return facets(own)
        name = str(attribute.get("type"))
        return facets(named[name]) if name in named else name

    (top,) = [one for one in root if one.tag == XS + "element"]
    enter(named[str(top.get("type"))], str(top.get("name")))
    return shapes


@needs_shared
@pytest.mark.parametrize("kind", sorted(known_kinds()))
def test_every_schema_has_the_shape_of_the_official_one(kind: str) -> None:
    official = SHARED / "xsd" / f"{kind}.xsd"
    if not official.exists():
        pytest.skip("no official copy at hand")
    ours, theirs = shape(ROOT / f"src/fondaco/messages/schemas/{kind}.xsd"), shape(official)
    assert set(ours) == set(theirs)
    differ = {place: (ours[place], theirs[place]) for place in ours if ours[place] != theirs[place]}
    assert not differ, sorted(differ.items())[:2]


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
            assert read_edge(raw, bulk=True).kind == message
        judged += 1
    assert judged >= 30

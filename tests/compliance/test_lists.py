"""Lists: every official format is read, and what is wrong with a file stops it at the gate."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import msgspec
import pytest

from fondaco.compliance import Entry, ListEdition, Name, Quarantined, read_list
from fondaco.compliance.demo_lists import demo_list

SHARED = Path(os.environ.get("FONDACO_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data" / "lists"

OFAC_XML = b"""<?xml version="1.0"?><sdnList xmlns="http://tempuri.org/sdnList.xsd"><publshInformation>
<Publish_Date>11/23/2026</Publish_Date><Record_Count>1</Record_Count></publshInformation><sdnEntry><uid>7</uid>
<firstName>Velosta</firstName><lastName>QEBANDRUOV</lastName><sdnType>Individual</sdnType><programList><program>INVENTED</program></programList>
<akaList><aka><uid>1</uid><category>weak</category><lastName>VEL</lastName></aka></akaList>
<idList><id><idType>Passport</idType><idNumber>X12345</idNumber></id></idList></sdnEntry></sdnList>"""
EU_XML = b"""<?xml version="1.0"?><export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-11-23T10:00:00.000+01:00">
<sanctionEntity euReferenceNumber="EU.1.1" logicalId="13"><subjectType code="person"/><nameAlias wholeName="Mosketh Nazaron" strong="true"/>
<nameAlias wholeName="Mosk" strong="false"/><citizenship countryIso2Code="ZZ"/><birthdate birthdate="1960-01-02"/></sanctionEntity></export>"""


def read_one(list_id: str, format_: str, *files: bytes, in_force: ListEdition | None = None) -> ListEdition | Quarantined:
    return read_list(list_id, format_, files, 1, 10, in_force)


FORMATS = {
    "un": ("un_xml", demo_list("un")),
    "ofac": ("ofac_csv", demo_list("ofac")),
    "uk": ("uk_csv", demo_list("uk")),
    "ofac-xml": ("ofac_xml", [OFAC_XML]),
    "eu": ("eu_xml", [EU_XML]),
}


@pytest.mark.parametrize("list_id", FORMATS)
def test_each_format_is_read(list_id: str) -> None:
    edition = read_one(list_id, FORMATS[list_id][0], *FORMATS[list_id][1])
    assert isinstance(edition, ListEdition), edition
    assert edition.entries and all(entry.names for entry in edition.entries)


def test_what_an_entry_keeps() -> None:
    ofac = read_one("ofac-xml", "ofac_xml", OFAC_XML)
    assert isinstance(ofac, ListEdition) and ofac.published == "2026-11-23"
    (entry,) = ofac.entries
    assert [(n.text, n.weak) for n in entry.names] == [("Velosta QEBANDRUOV", False), ("VEL", True)]
    assert (
        entry.schema == "person" and [one.value for one in entry.identifiers] == ["X12345"] and entry.programmes == ("INVENTED",)
    )
    eu = read_one("eu", "eu_xml", EU_XML)
    assert isinstance(eu, ListEdition)
    assert eu.entries[0].birth_dates == ("1960-01-02",) and eu.entries[0].names[1].weak
    csv = read_one("ofac", "ofac_csv", *demo_list("ofac"))
    assert isinstance(csv, ListEdition)
    assert csv.entries[1].names[0].text == "Jorvubar TIKISTANOV", "OFAC prints the surname first"
    assert [one.value for one in csv.entries[1].identifiers] == ["X100037"]


def test_what_an_earlier_release_encoded_is_still_read() -> None:
    old = msgspec.msgpack.encode(
        ["un", "un_xml", "", 1, "d", [["INi.1", "person", [["Ana Bea", True]], ["1960"], ["ZZ"], ["P"], []]]]
    )
    (entry,) = msgspec.msgpack.decode(old, type=ListEdition).entries
    assert entry == Entry("INi.1", "person", (Name("Ana Bea", True, "alias"),), ("1960",), ("ZZ",), ("P",))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(entry), type=Entry) == entry


UN = demo_list("un")[0]
UK = demo_list("uk")[0]
SDN, ALT, ADD = demo_list("ofac")
BROKEN = {
    "truncated XML": ("un_xml", [UN[: len(UN) // 2]], "not well-formed"),
    "another root": ("un_xml", [EU_XML], "the root is export"),
    "a DTD": ("un_xml", [UN.replace(b"<CONSOLIDATED_LIST", b"<!DOCTYPE a><CONSOLIDATED_LIST", 1)], "document type"),
    "a control character": ("uk_csv", [UK.replace(b"INV0003", b"INV\x0b003")], "control character 0x0b"),
    "no entries": ("un_xml", [b"<CONSOLIDATED_LIST dateGenerated='2026-11-23'/>"], "no entries"),
    "doubled ids": ("un_xml", [UN.replace(b"INi.002", b"INi.001")], "stands here twice"),
    "an entry without a name": ("eu_xml", [EU_XML.replace(b"nameAlias", b"nameGone")], "has no name"),
    "fewer records than stated": ("ofac_xml", [OFAC_XML.replace(b"Count>1<", b"Count>2<")], "truncated"),
    "a truncated CSV row": ("uk_csv", [UK[:-40]], "truncated"),
    "a missing column": ("uk_csv", [UK.replace(b"IMO number", b"Ship number")], "columns missing: IMO number"),
    "no report date": ("uk_csv", [UK[UK.index(b"\n") + 1 :]], "no report date"),
    "an OFAC row of another shape": ("ofac_csv", [SDN.replace(b'"INVENTED",', b"", 1), ALT, ADD], "a row of 11 columns"),
    "empty": ("ofac_csv", [b"", b"", b""], "no entries"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_with_a_fault_is_quarantined_with_its_reason(name: str) -> None:
    format_, files, reason = BROKEN[name]
    found = read_list("x", format_, files, 1, 10)
    assert isinstance(found, Quarantined)
    assert any(reason in one for one in found.reasons), found.reasons


def test_a_list_that_shrank_too_much_or_is_older_than_the_one_in_force_is_quarantined() -> None:
    now = read_one("un", "un_xml", UN)
    assert isinstance(now, ListEdition)
    fewer = UN[: UN.index(b"  <ENTITIES>")] + b"  <ENTITIES></ENTITIES></CONSOLIDATED_LIST>"
    found = read_one("un", "un_xml", fewer, in_force=now)
    assert isinstance(found, Quarantined) and "shrunk by more than 10 %" in found.reasons[0]
    older = read_one("un", "un_xml", UN.replace(b"2026-11-23T", b"2026-11-22T"), in_force=now)
    assert isinstance(older, Quarantined) and "older than" in older.reasons[0]
    assert isinstance(read_one("un", "un_xml", UN, in_force=now), ListEdition)


def test_names_that_stand_together_in_one_string_are_parted() -> None:
    several = EU_XML.replace(b"Mosketh Nazaron", b"Mosketh Nazaron; Orkemir Feltha (formerly Ork)")
    found = read_one("eu", "eu_xml", several)
    assert isinstance(found, ListEdition)
    assert [n.text for n in found.entries[0].names][:2] == ["Mosketh Nazaron", "Orkemir Feltha"]


REAL = [
    ("un_xml", ["un/un_consolidated_20260227.xml.gz"], 1_000),
    ("ofac_xml", ["ofac/sdn_20210310.xml.gz"], 8_832),
    ("ofac_csv", ["ofac/sdn_20210707_full.csv.gz", "ofac/alt_20210707_full.csv.gz", "ofac/add_20210707_full.csv.gz"], 8_976),
    ("eu_xml", ["eu/fsf_20210302.xml.gz"], 2_248),
]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not on this machine")
@pytest.mark.parametrize(("format_", "files", "fewest"), REAL, ids=[one[0] for one in REAL])
def test_the_real_lists_pass_their_gates(format_: str, files: list[str], fewest: int) -> None:
    found = read_list("x", format_, [gzip.decompress((SHARED / name).read_bytes()) for name in files], 1, 10)
    assert isinstance(found, ListEdition), found
    assert len(found.entries) >= fewest

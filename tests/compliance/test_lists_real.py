"""The real lists, read by our readers and counted again in another way: with plain XPath, CSV and patterns."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
from pathlib import Path

import pytest
from lxml import etree

from fondaco.compliance import Entry, ListEdition, edition_difference, read_list
from fondaco.compliance.lists.draft import imo_holds

SHARED = Path(os.environ.get("FONDACO_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data" / "lists"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the real lists are not on this machine")


def raw(name: str) -> bytes:
    content = (SHARED / name).read_bytes()
    return gzip.decompress(content) if name.endswith(".gz") else content


def read(format_: str, *names: str) -> dict[str, Entry]:
    found = read_list("x", format_, [raw(name) for name in names], 1, 10)
    assert isinstance(found, ListEdition), found
    return {entry.entry_id: entry for entry in found.entries}


def letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def holds(entry: Entry, printed: str) -> bool:
    """Do the names of the entry hold every letter of a printed name, as far as the cleaning may part it?"""
    names = "".join(letters(name.text) for name in entry.names)
    return all(letters(word) in names for word in re.split(r"[\W_]+", printed) if len(word) > 1)


@pytest.mark.parametrize(
    "name", ["un/un_consolidated_20201124.xml.gz", "un/un_consolidated_20210312.xml.gz", "un/un_consolidated_20260227.xml.gz"]
)
def test_un(name: str) -> None:
    entries, tree = read("un_xml", name), etree.fromstring(raw(name))
    printed = {item.findtext("REFERENCE_NUMBER").strip(): item for item in tree.xpath("//INDIVIDUAL | //ENTITY")}
    assert entries.keys() == printed.keys() and len(entries) > 1_000
    lost = []
    for key, item in printed.items():
        entry = entries[key]
        parts = " ".join(item.xpath("(FIRST_NAME|SECOND_NAME|THIRD_NAME|FOURTH_NAME)/text()"))
        aliases = item.xpath("*[self::INDIVIDUAL_ALIAS or self::ENTITY_ALIAS]/ALIAS_NAME/text()")
        lost += [(key, text) for text in (parts, *aliases) if not holds(entry, re.sub(r"(?s)[(,].*", "", text))]
        # A name that stands once as low and once as good quality is good.
        low = {letters(text) for text in item.xpath("INDIVIDUAL_ALIAS[QUALITY='Low']/ALIAS_NAME/text()")}
        good = {letters(text) for text in item.xpath("INDIVIDUAL_ALIAS[QUALITY='Good']/ALIAS_NAME/text()")}
        strong = {letters(name.text) for name in entry.names if not name.weak and name.kind != "primary"}
        assert not (low - good - {letters(parts)}) & strong, key
        assert len(entry.birth_dates) >= len(set(item.xpath("INDIVIDUAL_DATE_OF_BIRTH/DATE/text()")))
    assert not lost, lost[:5]
    numbers = tree.xpath("count(//INDIVIDUAL_DOCUMENT/NUMBER[normalize-space()])")
    assert sum(len(entry.identifiers) for entry in entries.values()) >= 0.9 * numbers
    assert sum(bool(entry.countries) for entry in entries.values()) == len(
        [
            1
            for item in printed.values()
            if any(
                text.strip() for text in item.xpath("NATIONALITY/VALUE/text() | *[contains(name(), '_ADDRESS')]/COUNTRY/text()")
            )
        ]
    )


def test_ofac_xml() -> None:
    entries = read("ofac_xml", "ofac/sdn_20210310.xml.gz")
    text = raw("ofac/sdn_20210310.xml.gz").decode()
    assert len(entries) == text.count("<sdnEntry>") == 8_832
    assert sum(entry.schema == "vessel" for entry in entries.values()) == text.count("<sdnType>Vessel<")
    assert sum(len(entry.birth_dates) > 0 for entry in entries.values()) == text.count("<dateOfBirthList>")
    former = sum(name.kind == "former" for entry in entries.values() for name in entry.names)
    assert abs(former - text.count("<type>f.k.a.<")) <= 5
    weak = sum(name.weak for entry in entries.values() for name in entry.names)
    acronyms = sum(name.weak and f"({name.text})" in text for entry in entries.values() for name in entry.names)
    assert 0 <= weak - text.count("<category>weak<") <= acronyms
    names = sum(len(entry.names) for entry in entries.values())
    assert 0.995 < names / (8_832 + text.count("<aka>")) < 1.02
    tree = etree.fromstring(text.encode())
    imo = set(re.findall(r"<idNumber>IMO (\d{7})<", text))
    assert imo <= {one.value for entry in entries.values() for one in entry.identifiers if one.kind == "imo"}
    lost = [
        item.findtext("{*}uid")
        for item in tree.iter("{*}sdnEntry")
        for one in (item, *item.iter("{*}aka"))
        if not holds(entries[item.findtext("{*}uid")], f"{one.findtext('{*}firstName') or ''} {one.findtext('{*}lastName')}")
    ]
    assert len(lost) <= 20, lost


def test_ofac_csv_and_ofac_xml_of_the_same_year_agree() -> None:
    names = ["ofac/sdn_20210707_full.csv.gz", "ofac/alt_20210707_full.csv.gz", "ofac/add_20210707_full.csv.gz"]
    entries = read("ofac_csv", *names)
    printed = [row for row in csv.reader(io.StringIO(raw(names[0]).decode())) if len(row) == 12]
    aliases = [row for row in csv.reader(io.StringIO(raw(names[1]).decode())) if len(row) == 5]
    assert len(entries) == len(printed) == 8_976
    assert all(holds(entries[row[0]], row[1]) for row in printed)
    assert all(holds(entries[row[0]], row[3]) for row in aliases)
    remarks = " ".join(row[11] for row in printed)
    assert sum(name.weak for entry in entries.values() for name in entry.names) >= len(re.findall(r"a\.k\.a\. '", remarks)) * 0.98
    assert set(re.findall(r"IMO (\d{7})", remarks)) <= {
        one.value for entry in entries.values() for one in entry.identifiers if one.kind == "imo"
    }
    other = read("ofac_xml", "ofac/sdn_20210310.xml.gz")
    both = [(entries[key], other[key]) for key in entries.keys() & other.keys()]
    assert len(both) > 8_500
    same = {
        "names": lambda one: frozenset(letters(name.text) for name in one.names if not name.weak),
        "weak": lambda one: frozenset(letters(name.text) for name in one.names if name.weak),
        "birth dates": lambda one: frozenset(one.birth_dates),
        "countries": lambda one: frozenset(one.countries),
        "programmes": lambda one: frozenset(one.programmes),
        "flags": lambda one: frozenset(one.flags),
        "gender": lambda one: one.gender,
        "imo": lambda one: frozenset(number.value for number in one.identifiers if number.kind == "imo"),
        "passports": lambda one: frozenset(number.value for number in one.identifiers if number.kind == "passport"),
    }  # fmt: skip
    agreeing: dict[str, float] = {what: sum(take(a) == take(b) for a, b in both) / len(both) for what, take in same.items()}
    assert min(agreeing.values()) > 0.97, agreeing


def test_the_consolidated_csv() -> None:
    entries = read("ofac_csv", "ofac/cons_prim_2025_full.csv.gz")
    printed = [row for row in csv.reader(io.StringIO(raw("ofac/cons_prim_2025_full.csv.gz").decode())) if len(row) == 12]
    assert len(entries) == len(printed) == 443 and all(holds(entries[row[0]], row[1]) for row in printed)
    words = re.compile(r"[A-Za-z0-9-]{3,}")
    assert all(set(words.findall(row[3])) == set(words.findall(" ".join(entries[row[0]].programmes))) for row in printed)


@pytest.mark.parametrize("name", ["eu/fsf_20210302.xml.gz", "excerpts/sample_eu.xml"])
def test_eu(name: str) -> None:
    entries, tree = read("eu_xml", name), etree.fromstring(raw(name))
    ns = {"e": "http://eu.europa.ec/fpi/fsd/export"}
    assert entries.keys() == {item.get("logicalId") for item in tree.iterfind("e:sanctionEntity", ns)}
    lost = []
    for item in tree.iterfind("e:sanctionEntity", ns):
        entry = entries[item.get("logicalId")]
        lost += [text for text in item.xpath("e:nameAlias/@wholeName", namespaces=ns) if text and not holds(entry, text)]
        assert set(item.xpath("e:birthdate[@circa='false']/@birthdate", namespaces=ns)) <= set(entry.birth_dates)
        assert (entry.schema == "person") == bool(item.xpath("e:subjectType[@code='person']", namespaces=ns))
    assert len(lost) <= 5, lost


def test_the_excerpts() -> None:
    (saddam,) = read("eu_csv", "excerpts/eu_fsf_csv_v1_1_cols1-21_20260805.csv").values()
    assert [name.text for name in saddam.names] == ["Saddam Hussein Al-Tikriti", "Abu Ali"] and saddam.schema == "person"
    advanced = read("ofac_advanced_xml", "excerpts/ofac_sdn_advanced_excerpt_20260521.xml")
    assert (advanced["4238"].schema, advanced["4238"].flags, advanced["4238"].programmes) == ("vessel", (), ("CUBA",)), (
        "its flag is of a type that the excerpt does not name"
    )
    assert set(read("ofsi_csv", "excerpts/sample_hmt.csv")) == {
        row[-1] for row in csv.reader(io.StringIO(raw("excerpts/sample_hmt.csv").decode())) if row[-1].isdecimal()
    }
    (ship,) = read("uk_csv", "excerpts/uksl_csv_header_and_row_20261008.csv").values()
    assert (ship.schema, ship.flags, [one.value for one in ship.identifiers]) == ("vessel", ("GA",), ["9826902"]) and imo_holds(
        "9826902"
    )
    seco = read("seco_xml", "excerpts/seco_whole_list_trimmed_20260827.xml")
    assert {entry.names[0].text for entry in seco.values()} == {"Belagroprombank", "Hui Chon"}, "the third is de-listed"
    assert len(read("un_xml", "excerpts/sample_unsc.xml")) == 7


def test_differences_of_real_editions_are_those_of_plain_sets() -> None:
    names = ["un/un_consolidated_20201124.xml.gz", "un/un_consolidated_20210312.xml.gz"]
    before, after = (read_list("un", "un_xml", [raw(name)], 1, 10) for name in names)
    assert isinstance(before, ListEdition) and isinstance(after, ListEdition)
    references = [set(re.findall(r"<REFERENCE_NUMBER>\s*([^<\s]+)\s*<", raw(name).decode())) for name in names]
    found = edition_difference(before, after)
    assert {one.entry_id for one in found.added if isinstance(one, Entry)} == references[1] - references[0]
    assert {one.entry_id for one in found.removed if isinstance(one, Entry)} == references[0] - references[1]
    assert found.added and found.removed and len(found.changed) < 100, "white space is no change"


def private(name: str) -> tuple[bytes, dict[str, list[str]]]:
    """A daily export of OFAC's list by a third party (uid, name, type, programmes, names) as a list of one's own."""
    kinds = {"entity": "organisation", "individual": "person", "vessel": "vessel", "aircraft": "aircraft"}
    rows = list(csv.DictReader(io.StringIO(raw(name).decode())))
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "type", "name", "aliases"])
    for row in rows:
        writer.writerow([row["uid"], kinds[row["type"]], row["name"], row["alternate_names"].replace("; ", "|")])
    return text.getvalue().encode(), {row["uid"]: list(row.values()) for row in rows}


@pytest.mark.parametrize(("older", "newer"), [("20260723", "20260724"), ("20260804", "20260806")])
def test_days_of_a_real_list_differ_as_their_rows_do(older: str, newer: str) -> None:
    (first, rows), (second, later) = (private(f"ofac/ofac-sdn_{day}.csv.gz") for day in (older, newer))
    before = read_list("x", "private_csv", [first], 1, 10)
    assert isinstance(before, ListEdition), before
    after = read_list("x", "private_csv", [second], 2, 10, before)
    assert isinstance(after, ListEdition) and len(after.entries) == len(later) > 18_000, after
    found = edition_difference(before, after)
    assert {one.entry_id for one in found.added if isinstance(one, Entry)} == later.keys() - rows.keys()
    assert {one.entry_id for one in found.removed if isinstance(one, Entry)} == rows.keys() - later.keys()
    changed = {key for key in rows.keys() & later.keys() if rows[key] != later[key]}
    assert {one.entry_id for one, _ in found.changed if isinstance(one, Entry)} <= changed
    assert found


def test_a_file_with_one_control_character_is_refused_with_byte_and_line() -> None:
    content = raw("un/un_consolidated_20260227.xml.gz")
    at = content.index(b"Rwanda")
    found = read_list("un", "un_xml", [content[:at] + b"\x1f" + content[at:]], 1, 10)
    assert not isinstance(found, ListEdition)
    assert found.reasons == (f"control character 0x1f at byte {at + 1}, line {content.count(chr(10).encode(), 0, at) + 1}",)

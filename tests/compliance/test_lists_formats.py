"""Every list format: what its reader keeps, and what it refuses."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from fondaco.compliance import READERS, Entry, ListEdition, Owner, Quarantined, read_list
from fondaco.compliance.demo_lists import demo_list
from fondaco.rulebook.reading_lists import LIST_FORMATS
from list_samples import CANADA_BILINGUAL, OFAC_ADVANCED, SAMPLES, SECO, TABLES, UN

NOW = 1_795_500_000 * 10**9  # 24 November 2026


def edition(format_: str, *files: bytes) -> ListEdition:
    found = read_list("x", format_, files or SAMPLES[format_], NOW, 10)
    assert isinstance(found, ListEdition), found
    return found


def reasons(format_: str, *files: bytes) -> str:
    found = read_list("x", format_, files, NOW, 10)
    assert isinstance(found, Quarantined), found
    return "; ".join(found.reasons)


def entry(format_: str, entry_id: str) -> Entry:
    return next(one for one in edition(format_).entries if one.entry_id == entry_id)


def said(one: Entry) -> set[tuple[str, bool, str]]:
    return {(name.text, name.weak, name.kind) for name in one.names}


def numbers(one: Entry) -> set[tuple[str, str, str]]:
    return {(number.kind, number.value, number.country) for number in one.identifiers}


def test_the_rulebook_names_exactly_the_formats_that_have_a_reader() -> None:
    assert frozenset(READERS) == LIST_FORMATS == frozenset(SAMPLES)


@pytest.mark.parametrize("format_", SAMPLES)
def test_each_format_is_read_with_nothing_to_note(format_: str) -> None:
    found = edition(format_)
    assert ((found.entries or found.goods) and not found.notes) or format_ == "seco_xml"
    assert all(one.names for one in found.entries) and found.reader
    assert found.published == ("" if format_ in ("ofac_csv", "canada_xml", "ftm_json") else "2026-11-23")


def test_un_keeps_kinds_of_names_dates_numbers_and_countries() -> None:
    one, other = edition("un_xml").entries
    assert said(one) == {
        ("VELOSTA QEBANDRUOV", False, "primary"), ("Велоста Кеб", False, "original"), ("Velosta Kebandro", False, "alias"),
        ("Velosto Keban", False, "alias"), ("V. Quebandro", False, "alias"), ("Vel", True, "alias"), ("Old Velosta", False, "former"),
    }  # fmt: skip
    assert one.birth_dates == ("1961-05-14", "1962", "1963") and one.countries == ("IR", "KE") and one.gender == "male"
    assert numbers(one) == {("passport", "X1234567", "KE")} and one.addresses == ("1 Made Up Street, Nowhere, Kenya",)
    assert said(other) == {
        ("ORKEMIR SHIPPING COMPANY", False, "primary"),
        ("OSC", True, "alias"),
        ("Feltha Lines", False, "former"),
    }
    assert numbers(other) == {("imo", "9074729", ""), ("bic", "ORKEKPA1", "")}
    assert other.countries == ("KP",) and other.programmes == ("INVENTED",)


def test_ofac_xml_keeps_vessels_with_former_names_and_flags() -> None:
    one, ship = edition("ofac_xml").entries
    assert said(one) == {("Velosta QEBANDRUOV", False, "primary"), ("VEL", True, "alias"), ("Velosto KEBAN", False, "former")}
    assert numbers(one) == {("passport", "X12345", "KE")} and one.gender == "male" and one.birth_dates == ("1961",)
    assert ship.schema == "vessel" and set(ship.flags) == {"MT", "IR"}
    assert ("imo", "9074729", "") in numbers(ship) and ("FELTHA MOON", False, "former") in said(ship)


def test_ofac_csv_reads_weak_names_dates_and_numbers_out_of_the_remarks() -> None:
    sdn = (
        b'7,"QEBANDRUOV, Velosta","individual","INV] [INW",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"DOB 14 May 1961; alt. DOB circa 1962; '
        b"nationality Iran; Gender Male; Passport X12345 (Kenya) issued 01 Jan 2001; National ID No. 998877 (Iran); a.k.a. 'VEL'; "
        b"f.k.a. 'O'KEBAN, Velosto'; Linked To: SOMEBODY 1.\"\n"
        b'8,"ORKEMIR STAR","vessel","INV",-0- ,"5INV1","Tanker",-0- ,-0- ,"Iran",-0- ,"Former Vessel Flag Malta; Vessel Registration '
        b'Identification IMO 9074729; MMSI 123456789."\n\x1a\n'
    )
    alt = b'7,1,"aka","KEBANDRO, Velosta",-0- \n8,2,"fka","FELTHA MOON",-0- \n'
    add = b'7,1,"1 Made Up Street","Nowhere","Kenya",-0- \n'
    one, ship = edition("ofac_csv", sdn, alt, add).entries
    assert said(one) == {
        ("Velosta QEBANDRUOV", False, "primary"), ("VEL", True, "alias"), ("Velosto O'KEBAN", True, "former"), ("Velosta KEBANDRO", False, "alias")
    }  # fmt: skip
    assert one.birth_dates == ("1961-05-14", "1962") and one.countries == ("IR", "KE") and one.programmes == ("INV", "INW")
    assert numbers(one) == {("passport", "X12345", "KE"), ("national_id", "998877", "IR")} and one.gender == "male"
    assert numbers(ship) == {("imo", "9074729", ""), ("registration", "123456789", ""), ("registration", "5INV1", "")}
    assert set(ship.flags) == {"IR", "MT"} and ("FELTHA MOON", False, "former") in said(ship)
    assert "which the first file does not hold" in reasons("ofac_csv", sdn, alt + b'9,3,"aka","NOBODY",-0- \n', add)
    assert edition("ofac_csv", sdn).notes, "names of the first file alone are worth a note"


def test_remarks_that_are_cut_go_on_in_the_fourth_file() -> None:
    remark = "x" * 980 + "; a.k.a. 'VELOS"
    remark = remark[:12] + "; " + remark[14:]
    sdn = f'7,"QEBANDRUOV, Velosta","individual","INV",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"{remark.ljust(1_000, "S")}"\n'.encode()
    alt, add = b'7,1,"aka","KEBANDRO, Velosta",-0- \n', b'7,1,"1 Made Up Street","Nowhere","Kenya",-0- \n'
    assert "SDN_COMMENTS" in edition("ofac_csv", sdn, alt, add).notes[0]
    (one,) = edition("ofac_csv", sdn, alt, add, b'7,"A\'; Passport X12345 (Kenya)."\n').entries
    assert any(name.text.endswith("SA") and name.weak for name in one.names) and numbers(one) == {("passport", "X12345", "KE")}
    assert not edition("ofac_csv", sdn, alt, add, b'7,"A\'."\n').notes
    assert "which the first file does not hold" in reasons("ofac_csv", sdn, alt, add, b'8,"more"\n')


def test_ofac_advanced_follows_what_points_at_other_parts() -> None:
    one, ship = edition("ofac_advanced_xml").entries
    assert said(one) == {("Velosta QEBANDRUOV", False, "primary"), ("VEL", True, "alias"), ("KEBAN", False, "former")}
    assert one.birth_dates == ("1961",) and one.countries == ("IR", "KE") and one.addresses == ("1 Made Up Street, Kenya",)
    assert numbers(one) == {("passport", "X12345", "KE")} and one.gender == "male" and one.programmes == ("INVENTED",)
    assert ship.flags == ("IR",) and numbers(ship) == {("imo", "9074729", "")} and ship.owners == (Owner("7"),)
    assert "is not there: truncated" in reasons(
        "ofac_advanced_xml", OFAC_ADVANCED.replace(b'ProfileID="80"><Sanc', b'ProfileID="99"><Sanc')
    )
    assert "no reference value names" in reasons(
        "ofac_advanced_xml", OFAC_ADVANCED.replace(b'PartySubTypeID="1"', b'PartySubTypeID="9"')
    )


def test_eu_joins_what_stands_once_for_each_act() -> None:
    (one,) = edition("eu_xml").entries
    assert {(name.text, name.weak) for name in one.names} == {
        ("Mosketh Nazaron", False),
        ("Mosk", True),
        ("Mosketh Nazaronov", False),
    }
    assert [name.kind for name in one.names] == ["primary", "alias", "alias"]
    assert one.programmes == ("INV", "INW") and one.birth_dates == ("1960-01-02", "1961") and one.countries == ("IR", "KE")
    assert (
        numbers(one) == {("passport", "X12345", "KE")}
        and one.gender == "female"
        and one.addresses == ("1 Made Up Street, Nowhere, KENYA",)
    )


def test_eu_csv_gathers_an_entity_from_its_rows() -> None:
    one, other = edition("eu_csv").entries
    assert [name.text for name in one.names] == ["Mosketh Nazaron", "Mosketh Nazaronov"] and one.schema == "person"
    assert one.birth_dates == ("1960-01-02",) and one.countries == ("IR", "KE") and numbers(one) == {("passport", "X12345", "KE")}
    assert other.schema == "organisation"


def test_the_uk_list_keeps_strength_script_ships_and_parents() -> None:
    one, ship, company = edition("uk_csv").entries
    assert said(one) == {("Velosta QEBANDRUOV", False, "primary"), ("Велоста Кеб", False, "original"), ("VEL", True, "alias")}
    assert (
        one.birth_dates == ("1961-05-14", "1962")
        and one.countries == ("IR", "KE")
        and numbers(one) == {("passport", "X12345", "")}
    )
    assert ship.schema == "vessel" and ship.flags == ("IR", "MT") and numbers(ship) == {("imo", "9074729", "")}
    assert company.owners == (Owner("", "Orkemir Holding"),) and numbers(company) == {("registration", "7704734000", "")}


def test_ofsi_keeps_strength_script_and_ships() -> None:
    one, ship = edition("ofsi_csv").entries
    assert (
        ("VEL", True, "alias") in said(one)
        and ("Velosto KEBAN", False, "former") in said(one)
        and ("Велоста Кеб", False, "original") in said(one)
    )
    assert one.birth_dates == ("1961-05-14", "1962") and one.countries == ("IR",)
    assert numbers(ship) == {("imo", "9074729", "")} and ship.flags == ("IR",)


def test_seco_leaves_out_what_is_delisted_and_reads_removed_names_as_former() -> None:
    found = edition("seco_xml")
    assert [one.entry_id for one in found.entries] == ["100", "300"], "200 is de-listed, 300 was listed again"
    assert any("1 de-listed" in note for note in found.notes)
    one, ship = found.entries
    assert said(one) == {
        ("Mosketh Nazaron", False, "primary"), ("Mosketh Nazaronov", False, "alias"), ("Mosk", True, "alias"), ("Mosketh Oldname", True, "former")
    }  # fmt: skip
    assert one.countries == ("IR", "KE") and one.birth_dates == ("1960-01-02",) and one.gender == "female"
    assert numbers(one) == {("passport", "X12345", "KE")} and one.programmes == ("Invented",)
    assert one.addresses == ("1 Made Up Street, Nowhere, KE",) and numbers(ship) == {("imo", "9074729", "")}
    assert "not its changes" in reasons("seco_xml", SECO.replace(b"whole-list", b"amendment"))


@pytest.mark.parametrize("raw", [SAMPLES["canada_xml"][0], CANADA_BILINGUAL], ids=["english", "bilingual"])
def test_canada_is_read_in_both_forms(raw: bytes) -> None:
    one, body, ship = edition("canada_xml", raw).entries
    assert [name.text for name in one.names] == ["Velosta Qebandruov", "Velosta Kebandro", "Vel Keban"] and one.birth_dates == (
        "1961-05-14",
    )
    assert one.countries == () and one.programmes == ("Invented / Inventé",), "the country is the regulation's"
    assert [name.text for name in body.names] == ["Orkemir Trading", "Feltha Trading, Ltd.", "Orkemir Group"]
    assert ship.schema == "vessel" and numbers(ship) == {("imo", "9074729", "")} and not ship.birth_dates
    assert one.entry_id == "Invented/1, Part 1/1" and len({one.entry_id, body.entry_id, ship.entry_id}) == 3


def test_open_sanctions_tables_are_read() -> None:
    one, ship = edition("opensanctions_csv").entries
    assert said(one) == {
        ("Velosta Qebandruov", False, "primary"),
        ("Velosta Kebandro", False, "alias"),
        ("Велоста Кеб", False, "original"),
    }
    assert one.countries == ("IR", "KE") and one.programmes == ("INV", "INW") and numbers(ship) == {("imo", "9074729", "")}


@pytest.mark.parametrize("format_", ["ftm_json", "private_csv"])
def test_what_listed_parties_own_by_half_or_more_is_an_entry_too(format_: str) -> None:
    found = edition(format_)
    names = {one.names[0].text: one for one in found.entries}
    owned = {"ftm_json": {"Orkemir Holding", "Feltha Daughter"}, "private_csv": {"Held By Velosta"}}[format_]
    assert set(names) == {"Velosta Qebandruov", "Orkemir Star"} | owned
    assert all(
        "owned" in " ".join(names[name].programmes) and "Velosta Qebandruov" in " ".join(names[name].programmes) for name in owned
    )
    ship = names["Orkemir Star"]
    assert (
        ship.flags == ("IR", "MT")
        and ("Feltha Moon", False, "former") in said(ship)
        and numbers(ship) == {("imo", "9074729", "")}
    )
    assert names["Velosta Qebandruov"].countries == ("IR",) and ("Vel", True, "alias") in said(names["Velosta Qebandruov"])


def test_nested_entities_are_read_like_plain_ones() -> None:
    nested = (
        b'{"id":"c","schema":"Company","target":false,"properties":{"name":["Orkemir Holding"],"ownershipAsset":[{"id":"o","schema":"Ownership",'
        b'"properties":{"percentage":["75"],"asset":["c"],"owner":[{"id":"p","schema":"Person","properties":{"name":["Velosta Q"]}}]}}]}}\n'
        b'{"id":"p","schema":"Person","target":true,"properties":{"name":["Velosta Q"]}}\n'
    )
    assert {one.entry_id for one in edition("ftm_json", nested).entries} == {"p", "c"}


def test_targets_that_are_no_parties_are_noted() -> None:
    bond = b'{"id":"b","schema":"Security","target":true,"properties":{"name":["Invented Bond"]}}\n'
    found = edition("ftm_json", SAMPLES["ftm_json"][0] + bond)
    assert found.notes == ("targets of schema Security are no parties, and are left out",) and "b" not in {
        one.entry_id for one in found.entries
    }


def test_goods_are_read_with_their_licence_and_source() -> None:
    one, other, dual = edition("goods_csv").goods
    assert (one.code, one.tier, one.licence, one.source) == ("854231", "1", "export licence", "Invented Act, annex 1")
    assert (
        one.phrases == ("integrated circuit", "microcontroller")
        and other.code == "8482"
        and (dual.good_id, dual.code) == ("dual-1", "")
    )


@pytest.mark.parametrize("format_", SAMPLES)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_truncated_file_is_quarantined_or_says_less(format_: str, share: float) -> None:
    """CSV cut at the very end of a row reads as a shorter list: then the gate of the list in force stops it."""
    whole = edition(format_)
    files = list(SAMPLES[format_])
    files[0] = files[0][: int(len(files[0]) * share)]
    found = read_list("x", format_, files, NOW + 1, 0, whole)
    assert isinstance(found, Quarantined), (found, files[0][-80:])


DRIFTS: dict[str, list[tuple[bytes, bytes]]] = {
    "un_xml": [(b"CONSOLIDATED_LIST", b"CONSOLIDATED"), (b"REFERENCE_NUMBER", b"REF"), (b"FIRST_NAME", b"NAME_ONE")],
    "ofac_xml": [(b"sdnList", b"list"), (b"sdnEntry", b"entry"), (b"lastName", b"surname"), (b"Publish_Date", b"Published")],
    "ofac_advanced_xml": [
        (b"DistinctParty", b"Party"),
        (b"NamePartValue", b"Part"),
        (b"DateOfIssue", b"Issue"),
        (b"SanctionsEntry ", b"Entry "),
    ],
    "ofac_csv": [(b'"INVENTED",', b""), (b'"INVENTED",', b'"INVENTED","x",')],
    "eu_xml": [(b"export", b"exported"), (b"nameAlias", b"alias"), (b"logicalId", b"id"), (b"generationDate", b"date")],
    "eu_csv": [(b"Entity_LogicalId", b"LogicalId"), (b"NameAlias_WholeName", b"WholeName"), (b";", b",")],
    "uk_csv": [(b"Unique ID", b"ID"), (b"Name 6", b"Surname"), (b"Report Date", b"Date"), (b"Alias strength", b"Strength")],
    "ofsi_csv": [(b"Group ID", b"ID"), (b"Name 6", b"Surname"), (b"Last Updated", b"Updated")],
    "seco_xml": [
        (b"swiss-sanctions-list", b"list"),
        (b"<target ", b"<aim "),
        (b"individual", b"person"),
        (b"name-part ", b"part "),
    ],
    "canada_xml": [(b"data-set", b"data"), (b"Item>", b"Number>"), (b"LastName", b"Surname"), (b"record>", b"row>")],
    "opensanctions_csv": [(b"aliases", b"alternatives"), (b"id,", b"key,"), (b"birth_date", b"dob")],
    "ftm_json": [(b'"schema"', b'"type"'), (b'"name"', b'"names"'), (b'"properties"', b'"facts"')],
    "private_csv": [(b"weak_aliases", b"weakaliases"), (b"id,", b"key,"), (b",vessel,", b",ship,"), (b"imo:", b"imonumber:")],
    "goods_csv": [(b"licence", b"license"), (b"8542.31", b"8542.3"), (b"Invented Act, annex 1", b"")],
}


@pytest.mark.parametrize(("format_", "old", "new"), [(format_, *drift) for format_, drifts in DRIFTS.items() for drift in drifts])
def test_a_drifted_schema_is_quarantined(format_: str, old: bytes, new: bytes) -> None:
    files = [raw.replace(old, new).replace(b"</aim ", b"</target ") for raw in SAMPLES[format_]]
    if b"<aim " in files[0]:
        files = [raw.replace(b"</target>", b"</aim>") for raw in files]
    assert files != SAMPLES[format_], "the drift touches the file"
    assert reasons(format_, *files)


def test_elements_and_columns_that_no_reader_knows_are_noted() -> None:
    found = edition("un_xml", UN.replace(b"<GENDER>", b"<SHOE_SIZE>44</SHOE_SIZE><GENDER>"))
    assert found.notes == ("element SHOE_SIZE is not known in this format: what stands in it is not read",)
    assert edition("uk_csv", SAMPLES["uk_csv"][0].replace(b"Website", b"Web page")).notes == (
        "column Web page is not known in this format: what stands in it is not read",
    )


@pytest.mark.parametrize("format_", TABLES)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_the_order_of_columns_changes_nothing(format_: str, seed: int) -> None:
    make: Callable[..., bytes] = TABLES[format_]
    plain, shuffled = edition(format_, make()), edition(format_, make(seed=seed))
    assert (plain.entries, plain.goods, plain.published) == (shuffled.entries, shuffled.goods, shuffled.published)


def content(one: Entry) -> tuple[object, ...]:
    names = frozenset((name.text, name.weak, name.kind == "primary", name.kind == "former") for name in one.names)
    parts = (one.birth_dates, one.countries, one.programmes, one.identifiers, one.addresses, one.flags, one.owners)
    return (one.entry_id, one.schema, one.gender, names, *map(frozenset, parts))


@pytest.mark.parametrize("format_", ["eu_xml", "ofac_xml", "un_xml", "seco_xml", "ofac_advanced_xml", "canada_xml"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=25, deadline=None)
def test_the_order_of_attributes_and_of_the_parts_of_an_entry_changes_nothing(format_: str, seed: int) -> None:
    draw = random.Random(seed)
    tree = etree.fromstring(SAMPLES[format_][0])
    for element in tree.iter():
        attributes = list(element.attrib.items())
        draw.shuffle(attributes)
        element.attrib.clear()
        for key, value in attributes:
            element.set(key, value)
    # Which of two aliases of one kind comes first is the list's own order; parts of different kinds have none.
    parts = {
        "eu_xml": "sanctionEntity",
        "ofac_xml": "sdnEntry",
        "un_xml": "INDIVIDUAL",
        "seco_xml": "individual",
        "ofac_advanced_xml": "Profile",
        "canada_xml": "record",
    }
    for element in tree.iter(f"{{*}}{parts[format_]}"):
        groups: dict[str, list[etree._Element]] = {}
        for child in list(element):
            groups.setdefault(str(child.tag), []).append(child)
            element.remove(child)
        order = list(groups)
        draw.shuffle(order)
        for tag in order:
            element.extend(groups[tag])
    shuffled = edition(format_, etree.tostring(tree))
    assert list(map(content, shuffled.entries)) == list(map(content, edition(format_).entries))


@given(st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_the_order_of_lines_and_keys_of_json_changes_nothing(draw: random.Random) -> None:
    lines = [json.loads(line) for line in SAMPLES["ftm_json"][0].splitlines()]
    draw.shuffle(lines)
    for line in lines:
        for part in (line, line["properties"]):
            items = list(part.items())
            draw.shuffle(items)
            part.clear()
            part.update(items)
    shuffled = edition("ftm_json", "\n".join(map(json.dumps, lines)).encode())
    assert set(map(content, shuffled.entries)) == set(map(content, edition("ftm_json").entries))


def test_the_demo_lists_are_read() -> None:
    for list_id, format_ in (("un", "un_xml"), ("ofac", "ofac_csv"), ("uk", "uk_csv")):
        assert len(edition(format_, *demo_list(list_id)).entries) >= 12

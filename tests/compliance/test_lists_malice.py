"""Files that were made to harm: nothing is expanded or fetched, and each is refused with the place of its fault."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.compliance import ListEdition, Quarantined, read_list
from list_samples import CANADA, EU_XML, FTM, OFAC_XML, SAMPLES, SECO, UN, private

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE CONSOLIDATED_LIST [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY a%d "%s">' % (n, b"&a%s;" % (b"%d" % (n - 1) if n else b"") * 10) for n in range(9))
    + b"]><CONSOLIDATED_LIST>&a8;</CONSOLIDATED_LIST>"
)


def refused(format_: str, *files: bytes) -> str:
    found = read_list("x", format_, files, 1, 10)
    assert isinstance(found, Quarantined), found
    return "; ".join(found.reasons)


def test_a_bomb_of_entities_is_not_expanded() -> None:
    begun = time.process_time()
    assert "document type declaration" in refused("un_xml", BOMB)
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("ahead", [b"", b"<!-- " + b"x" * 10_000 + b" -->"], ids=["at once", "behind a long comment"])
def test_a_foreign_entity_is_not_fetched(tmp_path: Path, ahead: bytes) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SECRET NAME")
    body = UN.split(b"?>", 1)[1].replace(b"VELOSTA", b"&out;")
    raw = b'<?xml version="1.0"?>' + ahead + f'<!DOCTYPE x [<!ENTITY out SYSTEM "{secret.as_uri()}">]>'.encode() + body
    assert "document type declaration" in refused("un_xml", raw)
    assert "not well-formed" in refused("un_xml", b'<?xml version="1.0"?>' + body), "an entity that nobody declared"


@pytest.mark.parametrize("format_", ["un_xml", "uk_csv", "ofac_csv", "ftm_json", "goods_csv"])
@pytest.mark.parametrize("control", [b"\x00", b"\x0b", b"\x1b", b"\x7f"])
def test_a_control_character_is_told_by_byte_and_line(format_: str, control: bytes) -> None:
    files = list(SAMPLES[format_])
    at = len(files[0]) // 2
    files[0] = files[0][:at] + control + files[0][at:]
    line = files[0].count(b"\n", 0, at) + 1
    where = f"control character {control[0]:#04x} at byte {at + 1}, line {line}"
    assert where in refused(format_, *files)


@pytest.mark.parametrize("format_", SAMPLES)
def test_mixed_encodings_are_told_by_byte_and_line(format_: str) -> None:
    files = list(SAMPLES[format_])
    at = len(files[0]) // 2
    files[0] = (
        files[0][:at].decode(errors="ignore").encode() + "Café".encode("latin-1") + files[0][at:].decode(errors="ignore").encode()
    )
    assert "is not UTF-8" in refused(format_, *files)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-7", "cp037"])
def test_another_encoding_hides_nothing(encoding: str) -> None:
    text = (
        UN.decode()
        .replace("UTF-8", encoding)
        .replace("<CONSOLIDATED_LIST", '<!DOCTYPE x [<!ENTITY a "b">]><CONSOLIDATED_LIST', 1)
    )
    assert refused("un_xml", text.encode(encoding, "replace"))


def test_an_encoding_that_is_declared_and_not_utf_8_is_refused() -> None:
    assert "ISO-8859-1" in refused("un_xml", UN.replace(b"UTF-8", b"ISO-8859-1"))


@pytest.mark.parametrize(
    ("format_", "raw"),
    [
        ("un_xml", UN.replace(b"VELOSTA", b"V" * 200_000)),
        ("eu_xml", EU_XML.replace(b"Mosketh Nazaron", b"M" * 200_000)),
        ("private_csv", private().replace(b"Velosta Qebandruov", b"V" * 200_000)),
        ("ftm_json", FTM.replace(b"Orkemir Star", b"O" * 200_000)),
        ("seco_xml", SECO.replace(b"Mosketh", b"M" * 12_000_000)),
    ],
    ids=["un", "eu", "private", "ftm", "seco"],
)
def test_a_huge_field_is_refused(format_: str, raw: bytes) -> None:
    assert refused(format_, raw)


def test_depth_is_bounded() -> None:
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    assert "not well-formed" in refused("canada_xml", CANADA.replace(b"<Schedule>", deep + b"<Schedule>", 1))
    assert refused("ftm_json", b'{"id":"a","schema":"Person","properties":{"name":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}}")


def test_files_of_absurd_number_are_refused() -> None:
    assert "2 files" in refused("un_xml", UN, UN) and "0 files" in refused("un_xml")
    assert "4 files" in refused("ofac_csv", *SAMPLES["ofac_csv"], b"")


def test_a_comment_inside_a_name_does_not_split_it() -> None:
    found = read_list("x", "ofac_xml", [OFAC_XML.replace(b"QEBANDRUOV", b"QEBAN<!-- x -->DRUOV")], 1, 10)
    assert isinstance(found, ListEdition) and found.entries[0].names[0].text == "Velosta QEBANDRUOV"


@pytest.mark.parametrize("format_", SAMPLES)
@given(st.data())
@settings(max_examples=40, deadline=None)
def test_damage_anywhere_gives_an_edition_or_reasons_and_never_another_error(format_: str, data: st.DataObject) -> None:
    files = list(SAMPLES[format_])
    which = data.draw(st.integers(0, len(files) - 1))
    raw = bytearray(files[which])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(raw) - 1))
        length = data.draw(st.sampled_from([0, 1, 1, 7, 300]))
        raw[at : at + length] = data.draw(
            st.sampled_from([b"", b'"', b"<", b">", b"&", b";", b",", b"\n", b"{", b"[", b"x", b"\xff", b"9", b"-0-"])
        )
        if not raw:
            break
    files[which] = bytes(raw)
    found = read_list("x", format_, files, 1, 10)
    assert isinstance(found, ListEdition) or (isinstance(found, Quarantined) and found.reasons)

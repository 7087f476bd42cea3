"""Documents of trade are screened whole, whatever their form; what cannot be read whole is held."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.compliance import (
    Configuration,
    Embargo,
    Judging,
    ListSet,
    ListSetting,
    Screener,
    UnreadableDocument,
    mentions_of_document,
    read_list,
    screen_document,
)
from fondaco.compliance.demo_lists import demo_list
from fondaco.compliance.lists import ListEdition
from fondaco.core import Instant
from list_samples import SAMPLES

NOW = Instant(1_764_000_000_000_000_000)
LISTED = "Sorvemir Brulomarov"
SHARED = Path(os.environ.get("FONDACO_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data" / "trade"
SETTINGS = [ListSetting("un", 880, 7, True), ListSetting("goods", 900, 31, True)]


def edition(list_id: str, form: str, files: list[bytes]) -> ListEdition:
    found = read_list(list_id, form, files, int(NOW), 10, None)
    assert isinstance(found, ListEdition)
    return found


SCREENER = Screener(
    ListSet([edition("un", "un_xml", demo_list("un")), edition("goods", "goods_csv", SAMPLES["goods_csv"])], SETTINGS)
)
JUDGING = Judging(
    Configuration(
        tuple(sorted(SETTINGS, key=lambda one: one.list_id)),
        embargoes=(Embargo("KP", (), "5.13"), Embargo("UA", ("Velmora",), "5.14")),
    )
)

# A bill of lading as JSON, invented; every value is honest.
BILL: dict[str, Any] = {
    "transportDocumentReference": "HHL71800000",
    "isElectronic": True,
    "documentParties": {
        "shipper": {
            "partyName": "Tan Wei Trading",
            "address": {"street": "1 Rope Walk", "city": "Townville", "countryCode": "SG"},
        },
        "other": [{"party": {"givenName": "Somchai", "familyName": "Foods"}}],
    },
    "consignmentItems": [{"descriptionOfGoods": ["paper cups", "and lids"], "HSCodes": ["482369"]}],
    "vessel": {"vesselName": "Calm Water", "vesselIMONumber": 9321483},
    "portOfLoading": {"UNLocationCode": "SGSIN"},
}


def xml(value: Any, name: str = "Bill") -> str:
    """The same as XML: keys are elements, texts of an `@` key an attribute."""
    if isinstance(value, dict):
        inside = "".join(xml(one, key) for key, one in value.items())
        return f"<{name} xmlns='urn:invented:bill' note={quoteattr('an attribute')}>{inside}</{name}>"
    if isinstance(value, list):
        return "".join(xml(one, name) for one in value)
    return f"<{name}>{escape(str(value))}</{name}>"


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for key, one in value.items() for found in leaves(one, (*path, key))]
    if isinstance(value, list):
        return [found for at, one in enumerate(value) for found in leaves(one, (*path, at))]
    return [path]


def planted(value: Any, path: tuple[Any, ...], text: Any) -> Any:
    if not path:
        return text
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = planted(value[path[0]], path[1:], text)
    return copy


def verdict(document: Any) -> tuple[str, set[str]]:
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    found = screen_document(raw, SCREENER, NOW, JUDGING)
    return found.outcome, {hit.listed for hit in found.hits}


def test_an_honest_document_is_clear_in_either_form() -> None:
    assert verdict(BILL)[0] == "CLEAR" and verdict(xml(BILL).encode())[0] == "CLEAR"


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("path", leaves(BILL), ids=lambda path: "/".join(map(str, path)))
def test_a_listed_name_is_found_wherever_in_the_tree_it_stands(path: tuple[Any, ...], form: str) -> None:
    document = planted(BILL, path, LISTED)
    outcome, listed = verdict(document if form == "json" else xml(document).encode())
    assert (outcome, listed) == ("HIT", {"SORVEMIR BRULOMAROV"})


@settings(max_examples=60)
@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(alphabet="abcdef xyz", max_size=12)),
        lambda inside: st.one_of(
            st.lists(inside, max_size=4), st.dictionaries(st.text(alphabet="abcde", min_size=1, max_size=6), inside, max_size=4)
        ),
        max_leaves=12,
    ),
    st.data(),
)
def test_no_tree_hides_a_name(tree: Any, data: st.DataObject) -> None:
    """Whatever the form: a name that is put in the place of any value is found there."""
    places = leaves(tree)
    path = data.draw(st.sampled_from(places)) if places else ()
    document = {"x": planted(tree, path, LISTED)}
    outcome, _ = verdict(document)
    assert outcome == "HIT"
    assert any(one.text == LISTED for one in mentions_of_document(json.dumps(document).encode()))


WRAPPED = base64.b64encode(json.dumps({"party": LISTED, "and": "more that makes it long"}).encode()).decode()


@pytest.mark.parametrize(
    "document",
    [
        {"lines": ["for the account of Sorvemir", "Brulomarov as agreed"]},
        {"party": {"givenName": "Sorvemir", "familyName": "Brulomarov"}},
        {LISTED: "a key"},
        {"payload": WRAPPED, "signature": "c2ln"},
        {"payload": WRAPPED.rstrip("=").replace("+", "-").replace("/", "_")},
        b'{"a": "Sorvemir Brulomarov", "a": "nobody"}',
        b"\xef\xbb\xbf" + json.dumps({"a": LISTED}).encode(),
        json.dumps({"a": LISTED}).replace("S", "\\u0053").encode(),
        f"<A><B>{LISTED[:9]}<!-- x -->{LISTED[9:]}</B></A>".encode(),
        f"<A><B x='{LISTED}'/></A>".encode(),
        f"<A><B/>{LISTED}</A>".encode(),
        f"<A>{LISTED}<B/></A>".encode(),
        f"<A><![CDATA[{LISTED}]]></A>".encode(),
        f"<A><File>{base64.b64encode(xml({'party': LISTED}).encode()).decode()}</File></A>".encode(),
    ],
    ids=str,
)
def test_a_name_that_is_cut_doubled_escaped_or_wrapped_is_found(document: Any) -> None:
    assert verdict(document)[0] == "HIT"


@pytest.mark.parametrize(
    ("document", "listed"),
    [
        ({"countryOfOrigin": "KP"}, "KP"),
        ({"made in": "Korea, Democratic People's Republic of"}, "KP"),
        ({"portOfLoading": {"UNLocationCode": "KPNAM"}}, "KP"),
        ({"bank": "ZZBAKP01"}, "KP"),
        ({"remarks": "shipped by way of Velmora"}, "Velmora"),
        ({"HSCodes": ["854231"]}, ""),
        ({"remarks": "HS 8542.31 processors"}, ""),
    ],
    ids=str,
)
def test_places_and_goods_of_a_document_hit_as_those_of_a_payment_do(document: Any, listed: str) -> None:
    outcome, found = verdict(document)
    assert outcome == "HIT" and (not listed or found == {listed})


@pytest.mark.parametrize(
    "raw",
    [
        b"", b" ", b"{}", b"[]", b"null", b"\x00\x01", b"%PDF-1.7", b'{"a": "b"', b'{"a": "b"} more', b'{"a": NaN}', b'{"a": "\xff"}',
        '{"a": "b"}'.encode("utf-16"), b"<A>", b"<A></B>", b"<!DOCTYPE a><A>b</A>", b"<A>&who;</A>", b"[" * 70 + b'"a"' + b"]" * 70,
        b"[" * 100_000 + b"]" * 100_000, b"<A>" * 70 + b"b" + b"</A>" * 70, b"<?xml version='1.0' encoding='UTF-16'?><A>b</A>",
        json.dumps({"file": base64.b64encode(bytes(range(256)) * 40).decode()}).encode(),
    ],
    ids=lambda raw: repr(raw[:20]),
)  # fmt: skip
def test_what_cannot_be_read_whole_is_held(raw: bytes) -> None:
    with pytest.raises(UnreadableDocument):
        mentions_of_document(raw)
    found = screen_document(raw, SCREENER, NOW, JUDGING)
    assert found.outcome == "HOLD" and found.why and found.list_set == SCREENER.lists.version


def test_lists_that_are_too_old_hold_a_document() -> None:
    late = Instant(int(NOW) + 8 * 86_400 * 10**9)
    assert screen_document(json.dumps(BILL).encode(), SCREENER, late, JUDGING).outcome == "HOLD"


def test_the_same_document_gives_the_same_verdict_to_the_byte() -> None:
    raw = json.dumps(planted(BILL, ("vessel", "vesselName"), LISTED)).encode()
    one, two = (screen_document(raw, SCREENER, NOW, JUDGING) for _ in range(2))
    assert one.digest() == two.digest() and one.message and one.hits[0].path == "vessel/vesselName"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collected documents are not here")
def test_collected_documents_are_read_and_a_name_in_them_is_found() -> None:
    """Every tenth document as others wrote it: read whole or refused with a reason, never half; a name in its last value is found."""
    files = sorted(path for ext in ("json", "xml") for path in SHARED.rglob(f"*.{ext}") if path.stat().st_size < 60_000)
    read = 0
    for path in files[::10]:
        raw = path.read_bytes()
        try:
            said = mentions_of_document(raw)
        except UnreadableDocument as fault:
            assert str(fault), path
            continue
        read += 1
        last = next(one.text for one in reversed(said) if one.kind == "text" and one.text.isascii() and len(one.text) > 5)
        if path.suffix == ".json" and raw.count(json.dumps(last).encode()):
            altered = raw.replace(json.dumps(last).encode(), json.dumps(LISTED).encode())
            assert screen_document(altered, SCREENER, NOW, JUDGING).outcome == "HIT", path
    assert read > len(files[::10]) // 2

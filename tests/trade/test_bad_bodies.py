"""Deeds whose bodies are broken, or say what no document may: each is answered with a refusal, none stops anything."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import Refusal
from fondaco.trade import Deed, register
from fondaco.trade.canonical import canonical
from fondaco.trade.control_body import BODIES
from titles import BANK, CARRIER, HUB, NOON, SHIPPER, SOON, Desk, bill, lading

DESK = Desk()
LIVE = DESK.live()
DRAFT = DESK.drawn()


def answer(deed: Deed) -> Any:
    before = dict(DESK.book.records)
    found = register.decide(DESK.book, deed, NOON, (deed.actor,) * len(deed.signatures), "ETR-000099")
    assert DESK.book.records == before
    return found


def deed(action: str, body: bytes, instrument: str = LIVE, actor: str = SHIPPER) -> Deed:
    record = DESK.book.record(instrument)
    return Deed(HUB, actor, instrument, record.seq if record else 0, action, body, ((b"", b""),))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*BODIES, "SETTLE", "", "issue"]), st.binary(max_size=60), st.sampled_from([LIVE, DRAFT, "", "ETR-9"]))
def test_bytes_that_say_nothing(action: str, body: bytes, instrument: str) -> None:
    found = answer(deed(action, body, instrument))
    assert isinstance(found, Refusal)
    assert found.article


WHOLE = {
    "kind": "BILL_OF_LADING",
    "serial": "SLT0077",
    "recipient": SHIPPER,
    "title": "ORDER",
    "named": SHIPPER,
    "content": canonical(lading("SLT0077")),
    "law": "SG",
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([*WHOLE, "supersedes", "paper", "statement", "place", "other"]), VALUES)
def test_an_issue_with_anything_in_one_place(field: str, value: Any) -> None:
    found = answer(deed("ISSUE", msgspec.json.encode({**WHOLE, field: value}), "", CARRIER))
    assert isinstance(found, Refusal) or found.instrument[0].record.holder == CARRIER


@settings(max_examples=200, deadline=None)
@given(st.data(), VALUES)
def test_a_document_with_anything_in_one_place(data: st.DataObject, value: Any) -> None:
    kind, whole = data.draw(st.sampled_from([("BILL_OF_LADING", lading("SLT0077")), ("BILL_OF_EXCHANGE", bill("BE-77"))]))
    whole = {**whole, data.draw(st.sampled_from([*whole])): value}
    try:
        content = canonical(whole)
    except ValueError:
        content = json.dumps(whole)
    named = {"serial": "SLT0077" if kind == "BILL_OF_LADING" else "BE-77", "kind": kind, "content": content}
    actor = CARRIER if kind == "BILL_OF_LADING" else SHIPPER
    found = answer(deed("ISSUE", json.dumps({**WHOLE, **named}).encode(), "", actor))
    assert isinstance(found, Refusal) or found.instrument[0].record.holder == actor


@pytest.mark.parametrize(
    "text", ['"\\ud800"', '"\\u0000"', "1" * 5000, "1e400", "[" * 2000 + "]" * 2000, '{"a":' * 2000 + "1" + "}" * 2000, "\ufeff1"]
)
def test_documents_that_break_readers(text: str) -> None:
    for content in (text, canonical(lading("SLT0077"))[:-1] + f',"zz":{text}}}'):
        body = json.dumps({**WHOLE, "content": content}).encode()
        found = answer(deed("ISSUE", body, "", CARRIER))
        assert isinstance(found, Refusal) or "\\u0000" in text


def test_half_a_pair_of_surrogates_is_no_text() -> None:
    head = DESK.record(LIVE).head
    for body in (
        f'{{"head":"{head}","recipient":"{BANK}","until":"{SOON}","comments":"\\ud800"}}'.encode(),
        f'{{"head":"{head}","recipient":"{BANK}","until":"{SOON}","comments":"'.encode() + b'\xff"}',
        f'{{"head":"{head}","recipient":"{BANK}","until":"{SOON}","head":"{head}","comments":"'.encode() + b'\xed\xa0\x80"}',
    ):
        assert isinstance(answer(deed("TRANSFER", body)), Refusal)

"""One spelling: RFC 8785 where we speak it, refused where we do not."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.trade import ControlEvent, event_text
from fondaco.trade.canonical import WHOLE_MAX, NotCanonical, canonical, read_canonical
from fondaco.trade.control_event import Signature


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # RFC 8785, 3.2.3: the order of keys, by UTF-16 code units; and 3.2.2: escapes and numbers.
        (
            {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7},
            '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}',
        ),
        ('\u20ac$\x0f\nA\'B"\\\\"/', '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
        (
            [333333333.33333329, 4.50, 2e-3, 0.000001, -0.0, 9007199254740991.0],
            "[333333333.3333333,4.5,0.002,0.000001,0,9007199254740991]",
        ),
        ([True, False, None, [], {}], "[true,false,null,[],{}]"),
        (12000.0, "12000"),
        (-5, "-5"),
        ({"b": {"z": 1, "a": 2}, "a": []}, '{"a":[],"b":{"a":2,"z":1}}'),
    ],
)
def test_as_the_standard_writes_it(value: object, text: str) -> None:
    assert canonical(value) == text


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        1e21,
        1e-7,
        WHOLE_MAX + 1,
        "\ud800",
        {"\ud800": 1},
        {1: 2},
        object(),
        b"x",
        json.loads("[" * 70 + "]" * 70),
    ],
)
def test_what_has_no_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


@pytest.mark.parametrize(
    "text",
    ['{"a":1, "b":2}', '{"b":1,"a":2}', '{"a":1,"a":1}', "1.0", "1e2", '"\\u0041"', "NaN", "", "{", "[" * 5000, " 1", '"\\/"'],
)
def test_another_spelling_is_not_read(text: str) -> None:
    with pytest.raises(NotCanonical):
        read_canonical(text)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-WHOLE_MAX, WHOLE_MAX)
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.floats(1e-6, WHOLE_MAX)
    | st.floats(-WHOLE_MAX, -1e-6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(VALUES)
def test_reading_and_writing_are_each_others_inverse(value: object) -> None:
    text = canonical(value)
    assert read_canonical(text) == value
    assert canonical(json.loads(text)) == text


ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(
    st.builds(
        ControlEvent,
        ANY,
        ANY,
        st.integers(1, 2**31),
        ANY,
        ANY,
        ANY,
        ANY,
        ANY,
        ANY,
        ANY,
        st.tuples(st.builds(Signature, ANY, ANY, ANY)),
    )
)
def test_an_event_is_kept_in_the_same_spelling(event: ControlEvent) -> None:
    # The event's bytes are written by another encoder, since it is ten times as fast; it must write no other bytes.
    told = {name: getattr(event, name) for name in event.__struct_fields__ if name != "signatures"}
    told["signatures"] = [{"party": s.party, "key": s.key, "signature": s.signature} for s in event.signatures]
    assert event_text(event).decode() == canonical(told)

"""Messages made from facts say these facts again when they are read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.core import MalformedMessage, Money
from fondaco.trade import mt

EASY = settings(max_examples=60, deadline=None)
WORDS = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,-/+:()'", min_size=1, max_size=20)
TEXTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join).filter(lambda text: text[0] not in "+/:-")
DAYS = st.dates(date(2000, 1, 1), date(2079, 12, 31)).map(date.isoformat)
MONEY = st.builds(Money, st.just("SGD"), st.integers(0, 10**9))
CODED = st.builds(
    mt.Coded,
    st.sampled_from(["OURCHA", "COMM"]),
    st.none() | MONEY,
    WORDS.filter(lambda word: word[0].isalpha() and "," not in word),
)
PARTIES = st.sampled_from([mt.Party("ZZBASG01"), mt.Party("ZZBATH01", (), "123-4"), mt.Party("", ("A BANK", "BANGKOK"), "77")])


@EASY
@given(st.sampled_from(["77J", "72Z", "45A"]), st.lists(TEXTS, min_size=1, max_size=3))
def test_what_is_folded_is_unfolded_to_the_same_texts(tag: str, texts: list[str]) -> None:
    try:
        said = mt.folded(tag, texts)
    except MalformedMessage:
        assert tag == "72Z", "only six lines are too few for three texts"
        return
    assert mt.FORMS[tag].split(said) is not None
    assert not any(line[0] in ":-/" for line in said.split("\n"))
    assert mt.paragraphs(said) == tuple(texts)


def test_a_word_longer_than_a_line_is_broken_and_nothing_is_lost() -> None:
    said = mt.folded("77J", ["A" * 120])
    assert said.replace("\n", "").replace("+", "") == "A" * 120 and all(len(line) <= 50 for line in said.split("\n"))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(MalformedMessage, match="rule characters"):
        mt.folded("77J", ["LATE SHIPMENT Ä"])
    with pytest.raises(MalformedMessage, match="rule length"):
        mt.folded("77J", ["LATE SHIPMENT"] * 71)
    assert mt.folded("77J", ["LATE SHIPMENT"] * 70).count("\n") == 69


@EASY
@given(st.sampled_from(["730", "732", "734", "750", "752", "754"]), st.data())
def test_a_drawing_comes_back_as_it_was(kind: str, data: st.DataObject) -> None:
    rows = {row.name for row in mt.LAYOUTS[kind].sequences[0].rows}
    draw = data.draw
    day, value_day = draw(DAYS), draw(DAYS)
    wants_total = kind in ("734", "750", "752", "754") and draw(st.booleans())
    charges = tuple(draw(st.lists(CODED, max_size=2))) if "71D" in rows and (kind not in ("750", "752") or wants_total) else ()
    added = tuple(draw(st.lists(CODED, max_size=2))) if "73A" in rows and (kind == "754" or wants_total) else ()
    disposal = draw(st.sampled_from(mt.DISPOSALS)) if "77B" in rows else ""
    said = mt.Drawing(
        reference="PRES-1",
        related="LC-000001",
        day=day if "30" in rows or kind in ("734", "754") else "",
        amount=draw(MONEY),
        additional=draw(st.none() | MONEY) if kind == "754" or (kind == "750" and wants_total) else None,
        total=draw(MONEY) if wants_total else None,
        value_day=value_day if wants_total and kind != "750" and draw(st.booleans()) else "",
        authority="ACCEPT" if "23" in rows else "",
        discrepancies=tuple(draw(st.lists(TEXTS, min_size=1, max_size=3))) if "77J" in rows else (),
        disposal=disposal,
        disposal_text=f"/{disposal}/" if disposal else "",
        charges=charges,
        charges_added=added,
        account_with=draw(st.none() | PARTIES) if "57a" in rows else None,
    )
    message = mt.draft_drawing(kind, said, mt.headers(kind, "ZZBASG01", "ZZBATH01"))
    assert (message.sender, message.receiver) == ("ZZBASG01", "ZZBATH01")
    assert mt.drawing(mt.read(mt.write(message))) == said


@EASY
@given(st.sampled_from(["400", "410", "412", "416", "420", "422"]), st.data())
def test_collections_come_back_as_they_were(kind: str, data: st.DataObject) -> None:
    draw = data.draw
    items = []
    for at in range(1 if kind == "400" else draw(st.integers(1, 3))):
        term = draw(st.sampled_from(["day", "tenor", "sight"])) if kind != "412" else "day"
        items.append(
            mt.CollectionItem(
                reference="COL-000001" if kind == "416" else f"COL-{at}",
                related=f"REM-{at}",
                group="REM" if kind == "416" else "",
                amount=draw(MONEY),
                due=draw(DAYS) if term == "day" else "",
                tenor=(draw(st.integers(0, 999)), draw(st.sampled_from("DM")), "ST") if term == "tenor" else None,
                proceeds=draw(MONEY) if kind == "400" else None,
                value_day=draw(DAYS) if kind == "400" else "",
                kind="NPAY" if kind == "416" else "",
                kind_text="NO FUNDS" if kind == "416" else "",
                reason=tuple(draw(st.lists(CODED, max_size=2))) if kind == "416" else (),
                charges=draw(st.none() | MONEY) if kind == "416" else None,
                charges_text="OURS" if kind == "400" else "",
            )
        )
    message = mt.draft_collection(kind, items, note="" if kind == "416" else "ALL FINE")
    assert mt.collection_items(mt.read(mt.write(message), kind)) == tuple(items)


def test_a_notice_without_what_its_type_demands_is_refused() -> None:
    bare = mt.Drawing("PRES-1", "LC-000001", "2026-11-10", Money("SGD", 1))
    with pytest.raises(MalformedMessage, match="77J"):
        mt.draft_drawing("734", bare)
    with pytest.raises(MalformedMessage, match="day"):
        mt.draft_drawing("734", mt.Drawing("PRES-1", "LC-000001", "", Money("SGD", 1)))
    with pytest.raises(MalformedMessage, match="repetition"):
        mt.draft_collection("410", [])

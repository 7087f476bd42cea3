"""The compiled walk says of whom a text may speak exactly as sparse products and plain alignment do: no answer depends on numba."""

from __future__ import annotations

import importlib.util
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from compliance.test_index import _NAMES, WORDS, edition, texts
from fondaco.compliance import honest_names
from fondaco.compliance.calibration import _disguised
from fondaco.compliance.matching import Index, alignment, read

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the extra `fast` is not installed")

_MANY = [*_NAMES, *honest_names(11, 300)]
WALKED = Index([edition(_MANY)], plain=False)
PLAIN = Index([edition(_MANY)], plain=True)


@settings(max_examples=300, deadline=None)
@example(["a a c su t trading"], 700)
@example(["a c su t trading"], 750)
@given(st.lists(texts(), min_size=1, max_size=12), st.sampled_from([700, 800, 880, 950]))
def test_compiled_and_plain_find_the_same_names_with_the_same_words(said: list[str], floor: int) -> None:
    assert WALKED.search_many(said, floor) == PLAIN.search_many(said, floor)
    assert WALKED.search_within(said, floor) == PLAIN.search_within(said, floor)


@pytest.mark.parametrize("index", [WALKED, PLAIN], ids=["compiled", "plain"])
@pytest.mark.parametrize("floor", [750, 850, 900])
def test_the_bound_loses_no_disguised_name_that_comparing_every_name_finds(index: Index, floor: int) -> None:
    lot = random.Random(floor)
    for name in _MANY[:200]:
        said = _disguised(name, lot)
        assert index.search(said, floor) == index.search(said, floor, exhaustive=True), said


@pytest.mark.parametrize("index", [WALKED, PLAIN], ids=["compiled", "plain"])
@settings(max_examples=400, deadline=None)
@given(st.data())
def test_the_bound_loses_no_name_of_which_initials_are_said(index: Index, data: st.DataObject) -> None:
    words = data.draw(st.sampled_from(_MANY)).lower().split()
    said = [word[0] if data.draw(st.booleans()) else word for word in words]
    said += data.draw(st.lists(st.sampled_from(["a", "t", "c", "su", "trading"]), max_size=3))
    text, floor = " ".join(data.draw(st.permutations(said))), data.draw(st.sampled_from([600, 700, 800, 880]))
    assert index.search(text, floor) == index.search(text, floor, exhaustive=True)


@settings(max_examples=300, deadline=None)
@given(texts())
def test_the_compiled_alignment_has_the_score_of_the_plain_one(text: str) -> None:
    """With a bound that stops nobody, and a floor at each name's own score the walk lets the name pass, and a hundredth of a thousandth above the slack it does not."""
    from fondaco.compliance.matching.walk_numba import Walk

    walk = WALKED._walk
    assert isinstance(walk, Walk)
    reading = read(text)
    asks = WALKED._asks([reading], False)
    asked = WALKED._ask(reading)
    for name in range(len(_NAMES)):
        score, chosen = WALKED._align(asked, name)
        if not chosen or score < 0.6:
            continue  # the very letters, or the beginning of a cut text's: found without the walk
        milli = score * 1000 + 0.5
        one = np.array([True])
        let_pass = walk.hopeful(asks, WALKED._heard.remembered, alignment.needed(220), milli, one, False)[0]
        stopped = walk.hopeful(asks, WALKED._heard.remembered, alignment.needed(220), milli + 0.0011, one, False)[0]
        assert name in let_pass and name not in stopped


def test_texts_and_names_of_more_words_than_bits_are_found_all_the_same() -> None:
    long = " ".join(WORDS + ["tarvo" + letter for letter in "abcdefghijklmnopqrstuvwxyz"])
    listed = [*_NAMES, long]
    walked, plain = Index([edition(listed)], plain=False), Index([edition(listed)], plain=True)
    assert len(read(long).words) > 60
    for said in (long, " ".join(reversed(long.split())), f"{_NAMES[0]} {long}"):
        found = walked.search(said, 850)
        assert found == plain.search(said, 850) == walked.search(said, 850, exhaustive=True)
        assert f"x{len(_NAMES)}" in [one.entry_id for one in found]
    assert walked.search_within([f"{_NAMES[0]} " * 40], 880) == plain.search_within([f"{_NAMES[0]} " * 40], 880)


def test_words_beyond_what_is_remembered_change_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [_disguised(name, random.Random(5)) for name in _MANY[:120]]
    known = WALKED.search_many(said, 850)
    monkeypatch.setattr("fondaco.compliance.matching.heard._MEMO_MAX", 20)
    monkeypatch.setattr("fondaco.compliance.matching.index._TOGETHER", 7)
    assert Index([edition(_MANY)], plain=False).search_many(said, 850) == known
    assert Index([edition(_MANY)], plain=True).search_many(said, 850) == known


def test_numba_is_taken_where_names_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Index([edition(_MANY)])._walk is None and WALKED._walk is not None
    monkeypatch.setattr("fondaco.compliance.matching.index._COMPILED_FROM", 100)
    assert Index([edition(_MANY)])._walk is not None


_COMPANIES = [
    f"{one} {other} S.A. de C.V." for one, other in pairwise(["Comercial", "Vesperia", "Construcciones", "Vaniamar", "Cherifan"])
]
_WITH_INITIALS = [
    "payment C.V. DE S.A. Joel",
    "for INMOBILIARIA COSTA S.A. DE C.V.",
    "Tarvoush A. Qasimi and J K Vostrikov, invoice",
]


@pytest.mark.parametrize("floor", [750, 850, 880])
@pytest.mark.parametrize("text", _WITH_INITIALS)
def test_what_a_text_with_initials_speaks_of_depends_on_no_bound(text: str, floor: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor on the texts beside it: a wide bound lets pass who is reached by initials alone, and these are nobody."""
    index = Index([edition([*_MANY, *_COMPANIES])], plain=True)
    found = index.search_within([text], floor)[0]
    assert index.search_within([text, "payment for goods", *_MANY[:20]], floor)[0] == found
    everyone = list(range(len(index._forms)))
    monkeypatch.setattr(index._candidates, "hopeful", lambda *_, **__: [everyone])
    assert index.search_within([text], floor)[0] == found


def test_very_letters_in_a_text_are_let_pass_though_the_words_are_others() -> None:
    listed = "Qasimov Abd ash-Shakur Tarvoush"
    walked, plain = (Index([edition([*_MANY, listed])], plain=one) for one in (False, True))
    for said in ("pay Qasimov abdash Shakur Tarvoush now", "Qasimov abda shShakur Tarvoush", "to qasimova bdashshakur tarvoush"):
        for floor in (800, 880, 950):
            assert walked.search_within([said], floor) == plain.search_within([said], floor)
    assert walked.search_within(["pay Qasimov abdash Shakur Tarvoush now"], 880)[0][0].score_milli == 1000

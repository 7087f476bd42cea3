"""Pairs of words that are compared compiled are as far apart, and as alike, as word by word without it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fondaco.compliance import honest_names
from fondaco.compliance.matching import read
from fondaco.compliance.matching.vocabulary import Vocabulary
from fondaco.compliance.matching.words import distances, slip_similarities, spelling_similarities

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numba") is None, reason="the extra `fast` is not installed")

some = (
    st.text("aeou", max_size=9)
    | st.text("abcdhilo01", max_size=12)
    | st.text("aяé李x", max_size=8)
    | st.text("ab", min_size=58, max_size=70)
)
listed = st.lists(some, min_size=1, max_size=6)


@st.composite
def slipped(draw: Callable[[st.SearchStrategy[int]], int]) -> tuple[str, str]:
    """A word, and the same with up to three slips of a hand."""
    letters = "aeohilbmnrs01yz"
    word = [letters[draw(st.integers(0, len(letters) - 1))] for _ in range(draw(st.integers(1, 11)))]
    other = list(word)
    for _ in range(draw(st.integers(0, 3))):
        at, kind, letter = (
            draw(st.integers(0, len(other))),
            draw(st.integers(0, 4)),
            letters[draw(st.integers(0, len(letters) - 1))],
        )
        match kind:
            case 0:
                other.insert(at, letter)
            case 1:
                del other[at : at + 1]
            case 2:
                other[at : at + 1] = [letter]
            case 3:
                other[at : at + 2] = reversed(other[at : at + 2])
            case _:
                other[at:at] = other[at - 1 : at]
    return "".join(word), "".join(other)


@settings(max_examples=400, deadline=None)
@given(st.lists(some, min_size=1, max_size=6), listed)
def test_distances_are_those_of_rapidfuzz(said: list[str], others: list[str]) -> None:
    from fondaco.compliance.matching.pairs_numba import Pairs

    begins = np.array([at % len(others) for at in range(len(said))])
    found = Pairs(others).distances(said, begins, np.full(len(said), len(others)))
    pairs = [(one, other) for one, begin in zip(said, begins.tolist(), strict=True) for other in others[begin:]]
    assert found.tolist() == distances([one for one, _ in pairs], [other for _, other in pairs]).tolist()


@settings(max_examples=600, deadline=None)
@example(
    [("aa", "a"), ("abba", "aba"), ("ab", "ba"), ("rnia", "mia"), ("он", "он"), ("он", "но"), ("oн", "он"), ("", "a"), ("", "")]
)
@example(
    [("abcdefg", "bcdefga"), ("abcdef", "abdcfe"), ("abcdef", "abxdyf"), ("abcdef", "abcdefgh"), ("abcdefgh", "abcdefghijk")]
)
@given(st.lists(slipped() | st.tuples(some, some), min_size=1, max_size=12))
def test_slips_are_worth_what_they_are_word_by_word_bit_for_bit(words: list[tuple[str, str]]) -> None:
    from fondaco.compliance.matching.pairs_numba import Pairs

    ones, others = [one for one, _ in words], [other for _, other in words]
    each = np.arange(len(words))
    slips = Pairs(others).slips(ones, each, each)
    lengths = np.array([list(map(len, ones)), list(map(len, others))])
    assert slip_similarities(slips, lengths.min(0), lengths.max(0)).tolist() == spelling_similarities(ones, others).tolist()


_LISTED = sorted({word for name in honest_names(5, 1500) for word in read(name).words})


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_LISTED), min_size=1, max_size=5), st.data())
def test_a_vocabulary_is_the_same_with_compiled_pairs_and_without(words: list[str], data: st.DataObject) -> None:
    from fondaco.compliance.matching.pairs_numba import Pairs

    said = [
        word[:at] + data.draw(st.text("aeirnk", max_size=2)) + word[at + data.draw(st.integers(0, 2)) :]
        for at, word in enumerate(words)
    ]
    said = [word for word in [*words, *said] if word]
    if not _BOTH:
        _BOTH.extend([Vocabulary(_LISTED), Vocabulary(_LISTED, pairs=Pairs)])
    plain, compiled = (one.alike_many(said) for one in _BOTH)
    assert len(plain.words) >= len(words)
    for one, other in zip(plain, compiled, strict=True):
        assert one.tolist() == other.tolist()


_BOTH: list[Vocabulary] = []

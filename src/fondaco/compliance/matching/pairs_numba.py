"""Pairs of words compared letter by letter, compiled: how many slips they are apart, and which slip one is.

Whole numbers alone come out of here. What they are worth is reckoned by `words` and `vocabulary` in either case, so a likeness is the same to the
bit with numba and without; `tests/compliance/test_pairs.py` holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from fondaco.compliance.matching.words import FAR, SAME, SLIP_COSTS, TWO_SLIPS, slip_cost

# Letters are bits of 64, and the sum of two must not lose one.
_LETTERS_MAX = 60
_ASCII = 128


def _slips() -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """By two letters of ASCII, which of `SLIP_COSTS` one for the other costs; and by a letter what it costs too much or too little."""
    letters = list(map(chr, range(_ASCII)))
    cost_of: dict[float | None, int] = {cost: at for at, cost in enumerate(SLIP_COSTS)}
    changed = [[cost_of[slip_cost(one, other, "", "", 1)] for other in letters] for one in letters]
    lost = [cost_of[slip_cost(one, "", "", "", 1)] for one in letters]
    return np.array(changed, np.int8), np.array(lost, np.int8)


_CHANGED, _LOST = _slips()
_DOUBLED, _STRANGE, _OTHER, _TURNED = (
    SLIP_COSTS.index(slip_cost(*slip))
    for slip in (("a", "", "a", "", 1), ("x", "", "", "", 0), ("x", "m", "", "", 1), ("xm", "mx", "", "", 1))
)
_KINDS = np.array([_DOUBLED, _STRANGE, _OTHER, _TURNED])


class Pairs:
    """Words, and the comparison of others with them."""

    def __init__(self, listed: Sequence[str]) -> None:
        self._codes, self._ends = _letters(listed)
        # What is compiled is fetched, or made the first time, now and not while a payment waits.
        none = np.zeros(0, np.int64)
        self.slips([], none, none)
        self.distances([], none, none)

    def slips(self, said: Sequence[str], ones: NDArray[np.int64], others: NDArray[np.int64]) -> NDArray[np.int8]:
        """For each pair of a word that was said and a listed one, both by their places: which of `words.SLIP_COSTS` parts them, or `words.SAME`,
        `words.TWO_SLIPS`, `words.FAR`."""
        found: NDArray[np.int8] = _all_slips(*_letters(said), ones, self._codes, self._ends, others, _CHANGED, _LOST, _KINDS)
        return found

    def distances(self, said: Sequence[str], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> NDArray[np.float64]:
        """`words.distances` of each word that was said and each listed one of its stretch, stretch after stretch."""
        found: NDArray[np.float64] = _all_distances(*_letters(said), begins, ends, self._codes, self._ends)
        return found


def _letters(words: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Words as code points, one after the other, and where each begins and ends."""
    codes = np.frombuffer("".join([*words, "."]).encode("utf-32-le"), np.int32)
    return codes, np.concatenate([[0], np.cumsum(list(map(len, words)), dtype=np.int64)])


@njit(cache=True)
def _all_distances(codes: Any, c_ends: Any, begins: Any, ends: Any, l_codes: Any, l_ends: Any) -> Any:
    found = np.empty((ends - begins).sum(), np.float64)
    places = np.zeros(_ASCII, np.uint64)
    at = 0
    for word in range(len(begins)):
        one = codes[c_ends[word] : c_ends[word + 1]]
        plain = 0 < len(one) <= _LETTERS_MAX
        for letter in one:
            plain = plain and letter < _ASCII
        if plain:
            for place in range(len(one)):
                places[one[place]] |= np.uint64(1) << np.uint64(place)
        for listed in range(begins[word], ends[word]):
            other = l_codes[l_ends[listed] : l_ends[listed + 1]]
            if plain:
                found[at] = _by_bits(places, len(one), other)
            else:
                found[at] = _by_table(one, other)
            at += 1
        if plain:
            for letter in one:
                places[letter] = 0
    return found


@njit(cache=True)
def _by_bits(places: Any, size: Any, other: Any) -> Any:
    """The distance of optimal string alignment, a column of the table at a time (Hyyro 2003)."""
    one = np.uint64(1)
    last = one << np.uint64(size - 1)
    vertical_more, vertical_less = ~np.uint64(0), np.uint64(0)
    diagonal = before = np.uint64(0)
    distance = size
    for letter in other:
        here = places[letter] if letter < _ASCII else np.uint64(0)
        turned = ((~diagonal & here) << one) & before
        diagonal = (((here & vertical_more) + vertical_more) ^ vertical_more) | here | vertical_less | turned
        more = vertical_less | ~(diagonal | vertical_more)
        less = diagonal & vertical_more
        if more & last:
            distance += 1
        if less & last:
            distance -= 1
        more = (more << one) | one
        less = less << one
        vertical_more = less | ~(diagonal | more)
        vertical_less = more & diagonal
        before = here
    return distance


@njit(cache=True)
def _by_table(one: Any, other: Any) -> Any:
    """The same distance, for any letters and any length."""
    above, row, last = np.zeros(len(other) + 1, np.int64), np.arange(len(other) + 1), np.zeros(len(other) + 1, np.int64)
    for at in range(len(one)):
        last[0] = at + 1
        for to in range(len(other)):
            cost = min(row[to] + (one[at] != other[to]), row[to + 1] + 1, last[to] + 1)
            if at and to and one[at] == other[to - 1] and one[at - 1] == other[to]:
                cost = min(cost, above[to - 1] + 1)
            last[to + 1] = cost
        above, row, last = row, last, above
    return row[len(other)]


@njit(cache=True)
def _all_slips(
    codes: Any, c_ends: Any, ones: Any, l_codes: Any, l_ends: Any, others: Any, changed: Any, lost: Any, kinds: Any
) -> Any:
    found = np.empty(len(ones), np.int8)
    for at in range(len(ones)):
        one = codes[c_ends[ones[at]] : c_ends[ones[at] + 1]]
        other = l_codes[l_ends[others[at]] : l_ends[others[at] + 1]]
        found[at] = _slip(one, other, changed, lost, kinds)
    return found


@njit(cache=True)
def _slip(one: Any, other: Any, changed: Any, lost: Any, kinds: Any) -> Any:
    size = min(len(one), len(other))
    start = 0
    while start < size and one[start] == other[start]:
        start += 1
    if start == len(one) and start == len(other):
        return SAME
    end = 0
    while end < size - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    if len(left) + len(right) == 1:
        letter = left[0] if len(left) else right[0]
        if (start and one[start - 1] == letter) or (end and one[len(one) - end] == letter):
            return kinds[0]
        return lost[letter] if start and letter < _ASCII else kinds[1]
    if len(left) == 1 and len(right) == 1:
        return changed[left[0], right[0]] if left[0] < _ASCII and right[0] < _ASCII else kinds[2]
    if len(left) == 2 and len(right) == 2 and left[0] == right[1] and left[1] == right[0]:
        return kinds[3]
    if size < 6 or abs(len(left) - len(right)) > 2 or _by_table(left, right) > 2:
        return FAR
    return TWO_SLIPS

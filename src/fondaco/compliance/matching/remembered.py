"""What is known of words that were said, in flat arrays: a word is a row, and what is like it a stretch of `numbers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fondaco.compliance.matching.vocabulary import RULES, Like, Likes

# The row of what meets nothing.
NOTHING = 0
# Words of one name in a text stand this near to each other.
GAP_MAX = 1


class Known(NamedTuple):
    """A word's row, its weight in a text, and whether it is bare of vowels.

    `light`: a letter, or a word that names nobody. `voiced`: a word of four letters or more with its vowels, so the text has its vowels.
    """

    row: int
    weight: float
    bare: bool
    light: bool
    voiced: bool


class Asks(NamedTuple):
    """Texts to be compared, one after the other: `ends` says where the words of each end in `words`, which holds their rows.

    `glued` are neighbours that are a listed word when written as one: `glued_at` tells the first of the two, `glued_ends` as `ends`. `cut` tells
    of each text whether it may have been cut, `letters` whether some word of it is an initial.
    """

    words: NDArray[np.int32]
    ends: NDArray[np.int64]
    glued: NDArray[np.int32]
    glued_at: NDArray[np.int32]
    glued_ends: NDArray[np.int64]
    cut: NDArray[np.bool_]
    letters: NDArray[np.bool_]


class Remembered:
    """The rows. They are only added to, until all are forgotten at once."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self._rows = self._likes = 0
        self._told: dict[int, dict[int, Like]] = {}
        # Of each word: what it weighs, where its likes begin and end, how many names hold these, its number if it is listed (else -1),
        # its first letter, and how many it has.
        self.weights = np.zeros(1024)
        self.begins, self.ends, self.held = (np.zeros(1024, np.int64) for _ in range(3))
        self.exact, self.first, self.length = (np.zeros(1024, np.int32) for _ in range(3))
        self.numbers = np.zeros(16_384, np.int32)
        self.alike = np.zeros(16_384)
        # What each of these listed words weighs.
        self.hefts = np.zeros(16_384)
        self.rules = np.zeros(16_384, np.int8)
        self.add(["  "], [0.0], Likes.of(()), np.zeros(0), np.zeros(1, np.int64), [-1])

    def add(
        self,
        words: Sequence[str],
        weights: Sequence[float],
        likes: Likes,
        hefts: NDArray[np.float64],
        held: NDArray[np.int64],
        exact: Sequence[int],
    ) -> int:
        """A row for each of these words, with its `likes`, which are in the words' order, and what these weigh. Returns the first row."""
        row, begin = self._rows, self._likes
        self._rows += len(words)
        self._likes += len(likes.words)
        while self._rows > len(self.weights):
            for name in ("weights", "begins", "ends", "held", "exact", "first", "length"):
                setattr(self, name, _doubled(getattr(self, name)))
        while self._likes > len(self.numbers):
            for name in ("numbers", "alike", "hefts", "rules"):
                setattr(self, name, _doubled(getattr(self, name)))
        rows = slice(row, self._rows)
        ends = begin + np.searchsorted(likes.words, np.arange(1, len(words) + 1))
        self.weights[rows] = weights
        self.begins[rows] = np.concatenate([[begin], ends[:-1]])
        self.ends[rows] = ends
        self.held[rows] = held
        self.exact[rows] = exact
        self.first[rows] = [ord(word[0]) for word in words]
        self.length[rows] = list(map(len, words))
        places = slice(begin, self._likes)
        self.numbers[places], self.alike[places], self.rules[places] = likes.numbers, likes.alike, likes.rules
        self.hefts[places] = hefts
        return row

    def stretch(self, rows: Sequence[int]) -> Likes:
        """What these rows are like."""
        begins, sizes = self.begins[rows], self.ends[rows] - self.begins[rows]
        places = np.arange(sizes.sum()) + np.repeat(begins - (np.cumsum(sizes) - sizes), sizes)
        numbers, rules = self.numbers[places].astype(np.int64), self.rules[places].astype(np.int64)
        return Likes(np.repeat(np.arange(len(rows)), sizes), numbers, self.alike[places], rules)

    def likes(self, row: int) -> dict[int, Like]:
        """What a row is like, by number."""
        told = self._told.get(row)
        if told is None:
            places = slice(int(self.begins[row]), int(self.ends[row]))
            numbers, alike, rules = (part[places].tolist() for part in (self.numbers, self.alike, self.rules))
            likes = {
                number: Like(number, similarity, RULES[rule])
                for number, similarity, rule in zip(numbers, alike, rules, strict=True)
            }
            told = self._told[row] = likes
        return told


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.zeros_like(array)])

"""What is known of words that were said, in flat arrays: a word is a row, and what is like it a stretch of `numbers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fondaco.compliance.matching.vocabulary import Like

# The row of what meets nothing.
NOTHING = 0


class Known(NamedTuple):
    """A word's row, its weight in a text, the listed words that it resembles, those of them that are two neighbours, and whether
    it is bare of vowels."""

    row: int
    weight: float
    likes: dict[int, Like]
    joins: tuple[Like, ...]
    bare: bool


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

    def __len__(self) -> int:
        return self._rows

    def clear(self) -> None:
        self._rows = self._likes = 0
        # Of each word: what it weighs, where its likes begin and end, how many names hold these, its number if it is listed (else -1),
        # its first letter, and whether that is all of it.
        self.weights = np.zeros(1024)
        self.begins, self.ends, self.held = (np.zeros(1024, np.int64) for _ in range(3))
        self.exact, self.first = (np.zeros(1024, np.int32) for _ in range(2))
        self.single = np.zeros(1024, np.bool_)
        self.numbers = np.zeros(16_384, np.int32)
        self.alike = np.zeros(16_384)
        self.add("", 0.0, (), 0, -1)

    def add(self, word: str, weight: float, likes: Sequence[Like], held: int, exact: int) -> int:
        row, begin, end = self._rows, self._likes, self._likes + len(likes)
        if row == len(self.weights):
            for name in ("weights", "begins", "ends", "held", "exact", "first", "single"):
                setattr(self, name, _doubled(getattr(self, name)))
        while end > len(self.numbers):
            self.numbers, self.alike = _doubled(self.numbers), _doubled(self.alike)
        self.weights[row] = weight
        self.begins[row] = begin
        self.ends[row] = end
        self.held[row] = held
        self.exact[row] = exact
        self.first[row] = ord(word[0]) if word else -1
        self.single[row] = len(word) == 1
        if likes:
            self.numbers[begin:end] = [like.number for like in likes]
            self.alike[begin:end] = [like.similarity for like in likes]
        self._rows, self._likes = row + 1, end
        return row


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.zeros_like(array)])
